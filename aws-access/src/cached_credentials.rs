//! A provider's credentials: kept while they are valid, and loaded by one load at a time, whose progress
//! outlives whoever waited for it.

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use tokio::time::{Instant, timeout};

use crate::request::{AccessError, with_sources};

/// New ones are asked for when the old ones are valid for less than this: whoever gives them out has new
/// ones five minutes before.
const EXPIRES_SOON: Duration = Duration::from_mins(4);

/// So long what was just given out is used, whatever the clock says of its end: this machine's may be
/// wrong, and AWS refuses what has expired. It is also the pause between two attempts to renew.
const FRESH: Duration = Duration::from_mins(1);

/// When a load is given up: one that hangs would stand in the way of all that follow. Nobody waits so
/// long, so it is longer than what a chain of slow providers takes.
const LOAD_TIMEOUT: Duration = Duration::from_secs(30);

type Loaded = Result<Credentials, AccessError>;

/// A load under way. It goes on while anybody polls it, and keeps what it has reached when nobody does.
pub(crate) type Loading = Shared<BoxFuture<'static, Loaded>>;

/// A provider's credentials.
pub(crate) struct CachedCredentials {
    provider: SharedCredentialsProvider,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Option<Kept>,
    loading: Option<Loading>,
    renewal_failed_at: Option<Instant>,
}

struct Kept {
    credentials: Credentials,
    loaded_at: Instant,
}

/// Credentials to sign by.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) credentials: Credentials,
    /// They expire soon: new ones are being loaded, for which nobody needs to wait.
    pub(crate) renewal: Option<Loading>,
}

impl CachedCredentials {
    pub(crate) fn new(provider: SharedCredentialsProvider) -> Self {
        Self {
            provider,
            state: Mutex::default(),
        }
    }

    /// What is kept, or what is loaded; `now` is AWS's time as far as it is known.
    pub(crate) async fn get(&self, now: SystemTime) -> Result<Given, AccessError> {
        let loading = {
            let mut state = self.settled();
            let is_due = match &state.kept {
                Some(kept) if kept.is_valid_for(Duration::ZERO, now) => {
                    !kept.is_valid_for(EXPIRES_SOON, now) && !state.has_just_failed()
                }
                _ => {
                    state.kept = None;
                    true
                }
            };
            let loading = is_due.then(|| state.load(&self.provider));
            match (&state.kept, loading) {
                (Some(kept), renewal) => {
                    return Ok(Given {
                        credentials: kept.credentials.clone(),
                        renewal,
                    });
                }
                (None, loading) => loading.unwrap_or_else(|| state.load(&self.provider)),
            }
        };
        let loaded = loading.await;
        drop(self.settled());
        loaded.map(|credentials| Given {
            credentials,
            renewal: None,
        })
    }

    /// AWS does not take them: they are not given out again.
    pub(crate) fn refuse(&self, credentials: &Credentials) {
        let mut state = self.settled();
        if let Some(kept) = &state.kept
            && is_same(&kept.credentials, credentials)
        {
            state.kept = None;
        }
    }

    /// The state, after a load that has ended was taken into account.
    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = state
            .loading
            .as_ref()
            .and_then(|loading| loading.peek().cloned());
        if let Some(loaded) = loaded {
            state.loading = None;
            match loaded {
                Ok(credentials) => {
                    state.kept = Some(Kept {
                        credentials,
                        loaded_at: Instant::now(),
                    });
                    state.renewal_failed_at = None;
                }
                Err(_) => state.renewal_failed_at = Some(Instant::now()),
            }
        }
        state
    }
}

impl State {
    fn load(&mut self, provider: &SharedCredentialsProvider) -> Loading {
        self.loading
            .get_or_insert_with(|| load(provider.clone()).boxed().shared())
            .clone()
    }

    fn has_just_failed(&self) -> bool {
        self.renewal_failed_at
            .is_some_and(|failed_at| failed_at.elapsed() < FRESH)
    }
}

impl Kept {
    fn is_valid_for(&self, time: Duration, now: SystemTime) -> bool {
        let expiry = self.credentials.expiry();
        self.loaded_at.elapsed() < FRESH || expiry.is_none_or(|expiry| expiry > now + time)
    }
}

async fn load(provider: SharedCredentialsProvider) -> Loaded {
    // A service's own provider may panic, and a shared future that has panicked panics for ever.
    let asked = AssertUnwindSafe(async { provider.provide_credentials().await }).catch_unwind();
    match timeout(LOAD_TIMEOUT, asked).await {
        Ok(Ok(Ok(credentials))) => Ok(credentials),
        Ok(Ok(Err(error))) => Err(access_error(&error)),
        Ok(Err(_)) => Err(AccessError::CredentialsAway(
            "the provider panicked".to_owned(),
        )),
        Err(_) => Err(AccessError::CredentialsAway("no answer in time".to_owned())),
    }
}

fn access_error(error: &CredentialsError) -> AccessError {
    let reason = with_sources(error);
    match error {
        CredentialsError::ProviderTimedOut(_) | CredentialsError::ProviderError(_) => {
            AccessError::CredentialsAway(reason)
        }
        _ => AccessError::NoCredentials(reason),
    }
}

/// Whether they sign alike.
pub(crate) fn is_same(one: &Credentials, other: &Credentials) -> bool {
    one.access_key_id() == other.access_key_id()
        && one.secret_access_key() == other.secret_access_key()
        && one.session_token() == other.session_token()
}

#[cfg(test)]
#[path = "cached_credentials_tests.rs"]
mod tests;
