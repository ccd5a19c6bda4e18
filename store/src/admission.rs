//! What a writer must know of its events' tenants before it stores: whose events are erased, and how
//! long the others are kept.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clickhouse::Row;
use daybook_event::{AuditEvent, never_expires};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::erasure::{ErasureKey, OWN_SERVICE};
use crate::error::StoreError;
use crate::insert::NewEvent;

#[cfg(test)]
pub(crate) use model::SharedRules;

/// How old may be what a writer knows. An erasure waits for longer before it looks for late rows.
const RULES_AGE_MAX: Duration = Duration::from_secs(10);
const RULES_WAIT: Duration = Duration::from_secs(20);

/// Lets events in. Clones share what they know.
#[derive(Clone)]
pub(crate) struct Admission {
    source: Source,
    key: Option<ErasureKey>,
    known: Arc<Mutex<Option<Known>>>,
}

#[derive(Clone)]
enum Source {
    ClickHouse(Box<clickhouse::Client>),
    #[cfg(test)]
    Model(SharedRules),
}

/// What was decided of a batch, beside its events.
pub(crate) struct Admitted {
    /// Until when each event is kept.
    pub(crate) expires_at: Vec<Timestamp>,
    /// Places of those that are not let in.
    pub(crate) erased: HashSet<usize>,
}

impl Admission {
    pub(crate) fn new(client: clickhouse::Client) -> Self {
        Self {
            source: Source::ClickHouse(Box::new(client)),
            key: None,
            known: Arc::default(),
        }
    }

    pub(crate) fn with_key(mut self, key: ErasureKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Leaves out what is erased, and says of the rest until when it is kept.
    pub(crate) async fn admit(&self, events: &[NewEvent]) -> Result<Admitted, StoreError> {
        let rules = timeout(RULES_WAIT, self.rules())
            .await
            .map_err(|_| StoreError::Timeout)??;
        let mut admitted = Admitted {
            expires_at: Vec::with_capacity(events.len()),
            erased: HashSet::new(),
        };
        for (index, new) in events.iter().enumerate() {
            if rules.is_erased(&new.event, self.key.as_ref())? {
                admitted.erased.insert(index);
            }
            let expires_at = rules.expiry(&new.event).unwrap_or(new.event.expires_at);
            admitted.expires_at.push(expires_at);
        }
        Ok(admitted)
    }

    async fn rules(&self) -> Result<Arc<Rules>, StoreError> {
        let mut known = self.known.lock().await;
        if let Some((read_at, rules)) = known.as_ref()
            && read_at.elapsed() < RULES_AGE_MAX
        {
            return Ok(rules.clone());
        }
        let read_at = Instant::now();
        let rules = Arc::new(match &self.source {
            Source::ClickHouse(client) => Rules::read(client).await?,
            #[cfg(test)]
            Source::Model(rules) => rules.read(),
        });
        *known = Some((read_at, rules.clone()));
        Ok(rules)
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Admission").finish_non_exhaustive()
    }
}

/// What was read, and when it was asked for.
type Known = (Instant, Arc<Rules>);

#[derive(Debug, Clone, Default)]
struct Rules {
    erasures: HashMap<String, Vec<ErasedSubject>>,
    /// `None` is for ever.
    days: HashMap<String, Option<u32>>,
    /// What of a tenant is held, by kind and id; both are empty for all of it.
    holds: HashMap<String, HashSet<(String, String)>>,
}

#[derive(Debug, Clone)]
struct ErasedSubject {
    up_to_ms: i64,
    is_tenant: bool,
    hashes: HashSet<String>,
}

#[derive(Row, Serialize, Deserialize)]
struct ErasedRow {
    org_id: String,
    scope: String,
    subject_hashes: Vec<String>,
    up_to: i64,
}

#[derive(Row, Serialize, Deserialize)]
struct RetentionRow {
    org_id: String,
    days: u32,
}

#[derive(Row, Serialize, Deserialize)]
struct HoldRow {
    org_id: String,
    entity_type: String,
    entity_id: String,
}

impl Rules {
    async fn read(client: &clickhouse::Client) -> Result<Self, StoreError> {
        let mut rules = Self::default();
        let erasures = client
            .query("SELECT DISTINCT org_id, scope, subject_hashes, up_to FROM erasures")
            .fetch_all::<ErasedRow>();
        let days = client
            .query("SELECT org_id, argMax(days, at) AS days FROM retention GROUP BY org_id")
            .fetch_all::<RetentionRow>();
        let holds = client
            .query(
                "SELECT org_id, entity_type, entity_id FROM legal_holds \
                 GROUP BY org_id, entity_type, entity_id HAVING argMax(held, at)",
            )
            .fetch_all::<HoldRow>();
        let (erasures, days, holds) = futures::try_join!(erasures, days, holds)?;
        for row in erasures {
            rules
                .erasures
                .entry(row.org_id)
                .or_default()
                .push(ErasedSubject {
                    up_to_ms: row.up_to,
                    is_tenant: row.scope == "tenant",
                    hashes: row.subject_hashes.into_iter().collect(),
                });
        }
        for row in days {
            rules
                .days
                .insert(row.org_id, (row.days > 0).then_some(row.days));
        }
        for row in holds {
            rules
                .holds
                .entry(row.org_id)
                .or_default()
                .insert((row.entity_type, row.entity_id));
        }
        Ok(rules)
    }

    fn is_erased(&self, event: &AuditEvent, key: Option<&ErasureKey>) -> Result<bool, StoreError> {
        let Some(erasures) = self.erasures.get(&event.org_id) else {
            return Ok(false);
        };
        if event.service_name == OWN_SERVICE {
            return Ok(false);
        }
        let time_ms = event.timestamp.as_millisecond();
        let mut erasures = erasures
            .iter()
            .filter(|erasure| time_ms <= erasure.up_to_ms)
            .peekable();
        if erasures.peek().is_none() {
            return Ok(false);
        }
        let mut hashes = None;
        for erasure in erasures {
            if erasure.is_tenant {
                return Ok(true);
            }
            let key = key.ok_or(StoreError::NoErasureKey)?;
            let hashes = hashes.get_or_insert_with(|| hashes_of(event, key));
            if hashes.iter().any(|hash| erasure.hashes.contains(hash)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Until when an event is kept; nothing where nobody has said so.
    fn expiry(&self, event: &AuditEvent) -> Option<Timestamp> {
        if event.service_name == OWN_SERVICE {
            return None; // not the tenant's
        }
        if self.is_held(event) {
            return Some(never_expires());
        }
        let days = self.days.get(&event.org_id).or_else(|| self.days.get(""))?;
        let Some(days) = days else {
            return Some(never_expires());
        };
        let kept = SignedDuration::from_hours(24 * i64::from(*days));
        let expires_at = event.timestamp.checked_add(kept).ok();
        Some(expires_at.map_or_else(never_expires, |time| time.min(never_expires())))
    }

    fn is_held(&self, event: &AuditEvent) -> bool {
        self.holds.get(&event.org_id).is_some_and(|held| {
            [
                ("", ""),
                (&event.entity.kind, &event.entity.id),
                (&event.parent.kind, &event.parent.id),
            ]
            .iter()
            .any(|(kind, id)| held.contains(&((*kind).to_owned(), (*id).to_owned())))
        })
    }
}

/// The hashes by which an erased subject would be known.
fn hashes_of(event: &AuditEvent, key: &ErasureKey) -> Vec<String> {
    let org_id = &event.org_id;
    let mut names = vec![
        &event.caller.user_id,
        &event.caller.user_email,
        &event.entity.id,
    ];
    if event.entity.name.contains('@') {
        names.push(&event.entity.name);
    }
    let mut hashes: Vec<_> = names
        .into_iter()
        .filter(|name| !name.is_empty())
        .map(|name| key.person(org_id, name))
        .collect();
    hashes.push(key.entity(org_id, &event.entity.kind, &event.entity.id));
    hashes
}

#[cfg(test)]
mod model {
    //! Rules without a database.

    use std::sync::PoisonError;

    use super::*;

    /// What the database of a model would say.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct SharedRules(Arc<std::sync::Mutex<Rules>>);

    impl SharedRules {
        pub(super) fn read(&self) -> Rules {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
        }

        /// A whole tenant is erased up to a time.
        pub(crate) fn erase_tenant(&self, org_id: &str, up_to_ms: i64) {
            let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let erasures = rules.erasures.entry(org_id.to_owned()).or_default();
            erasures.push(ErasedSubject {
                up_to_ms,
                is_tenant: true,
                hashes: HashSet::new(),
            });
        }
    }

    impl Admission {
        pub(crate) fn of_rules(rules: SharedRules) -> Self {
            Self {
                source: Source::Model(rules),
                key: None,
                known: Arc::default(),
            }
        }
    }
}
