//! How long credentials are kept, and that a load outlives whoever waited for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_credential_types::provider::{ProvideCredentials, future};
use tokio::time::{advance, sleep};

use super::*;

/// What a provider does when it is asked.
type Load = fn(usize) -> BoxFuture<'static, Result<Credentials, CredentialsError>>;

#[derive(Debug, Clone)]
struct Provider {
    load: Load,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    fn of(load: Load) -> (Self, CachedCredentials) {
        let provider = Self {
            load,
            asked: Arc::default(),
        };
        let cached = CachedCredentials::new(SharedCredentialsProvider::new(provider.clone()));
        (provider, cached)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        future::ProvideCredentials::new((self.load)(number))
    }
}

/// Numbered credentials that are valid for so long from now.
fn numbered(number: usize, valid_for: Duration) -> Credentials {
    let expiry = SystemTime::now() + valid_for;
    Credentials::new(format!("id-{number}"), "s", None, Some(expiry), "test")
}

const HOUR: Duration = Duration::from_hours(1);

async fn id(cached: &CachedCredentials, now: SystemTime) -> Result<String, AccessError> {
    let given = cached.get(now).await?;
    Ok(given.credentials.access_key_id().to_owned())
}

#[tokio::test(start_paused = true)]
async fn they_are_kept_until_they_expire_soon_and_then_renewed_while_they_are_used() {
    let (provider, cached) =
        Provider::of(|number| async move { Ok(numbered(number, HOUR)) }.boxed());
    let now = SystemTime::now();
    for _ in 0..3 {
        assert_eq!(id(&cached, now).await.unwrap(), "id-0");
    }
    assert_eq!(provider.asked(), 1);
    advance(FRESH).await;
    let soon = now + HOUR - Duration::from_mins(2);
    let given = cached.get(soon).await.unwrap();
    assert_eq!(given.credentials.access_key_id(), "id-0");
    given.renewal.expect("it is time").await.unwrap();
    assert_eq!(id(&cached, soon).await.unwrap(), "id-1");
    assert_eq!(provider.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_load_that_takes_longer_than_each_flush_comes_to_its_end() {
    let (provider, cached) = Provider::of(|number| {
        async move {
            sleep(Duration::from_secs(10)).await;
            Ok(numbered(number, HOUR))
        }
        .boxed()
    });
    let mut flushes = 0;
    let flush = Duration::from_secs(1);
    while timeout(flush, id(&cached, SystemTime::now()))
        .await
        .is_err()
    {
        flushes += 1;
    }
    assert!((9..=10).contains(&flushes), "{flushes}");
    assert_eq!(provider.asked(), 1, "it was never begun again");
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_share_one_load() {
    let (provider, cached) = Provider::of(|number| {
        async move {
            sleep(Duration::from_secs(1)).await;
            Ok(numbered(number, HOUR))
        }
        .boxed()
    });
    let now = SystemTime::now();
    let ids = futures::future::join_all((0..5).map(|_| id(&cached, now))).await;
    assert!(ids.into_iter().all(|id| id.unwrap() == "id-0"));
    assert_eq!(provider.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_leaves_the_valid_ones_and_is_not_tried_again_at_once() {
    let (provider, cached) = Provider::of(|number| {
        async move {
            if number == 0 {
                return Ok(numbered(number, HOUR));
            }
            Err(CredentialsError::provider_error("away"))
        }
        .boxed()
    });
    let now = SystemTime::now();
    id(&cached, now).await.unwrap();
    advance(FRESH).await;
    let soon = now + HOUR - Duration::from_mins(2);
    for _ in 0..3 {
        let given = cached.get(soon).await.unwrap();
        assert_eq!(given.credentials.access_key_id(), "id-0");
        if let Some(renewal) = given.renewal {
            renewal.await.unwrap_err();
        }
    }
    assert_eq!(provider.asked(), 2);
    advance(FRESH).await;
    assert!(cached.get(soon).await.unwrap().renewal.is_some());
    let late = now + 2 * HOUR;
    let error = id(&cached, late).await.unwrap_err();
    assert!(error.may_succeed_later(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_ahead_does_not_ask_for_each_request() {
    let (provider, cached) =
        Provider::of(|number| async move { Ok(numbered(number, HOUR)) }.boxed());
    let ahead = SystemTime::now() + 3 * HOUR;
    for _ in 0..3 {
        assert_eq!(id(&cached, ahead).await.unwrap(), "id-0");
    }
    advance(FRESH).await;
    assert_eq!(id(&cached, ahead).await.unwrap(), "id-1");
    assert_eq!(provider.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_or_panics_is_asked_again() {
    let (_, cached) = Provider::of(|number| {
        async move {
            match number {
                0 => std::future::pending().await,
                1 => panic!("the provider's own panic"),
                _ => Ok(numbered(number, HOUR)),
            }
        }
        .boxed()
    });
    let now = SystemTime::now();
    for _ in 0..2 {
        assert!(id(&cached, now).await.unwrap_err().may_succeed_later());
    }
    assert_eq!(id(&cached, now).await.unwrap(), "id-2");
}
