//! What a writer must know of its events' tenants before it stores: whose events are erased, and how
//! long the others are kept.
//!
//! Each look at a month's parts also says which *version* the rules have. A writer that looks after a
//! rule was made therefore stores by that rule, and what was looked at before is stored within
//! [`crate::insert::LOOK_TO_STORED_MAX`] or never.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clickhouse::Row;
use daybook_event::{AuditEvent, OWN_SERVICE, never_expires};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::erasure::{ErasureKey, KEY, NEWEST, is_person};
use crate::error::StoreError;
use crate::insert::NewEvent;
use crate::lookup::RulesVersion;

#[cfg(test)]
pub(crate) use model::SharedRules;

const RULES_WAIT: Duration = Duration::from_secs(20);

/// Lets events in. Clones share what they know.
#[derive(Clone)]
pub(crate) struct Admission {
    source: Source,
    key: Option<ErasureKey>,
    known: Arc<Mutex<Option<Arc<Rules>>>>,
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
    /// Places of those that are not let in, whatever newer rules say.
    pub(crate) erased: HashSet<usize>,
    /// By which it was decided; none where only a look can tell.
    pub(crate) rules: Arc<Rules>,
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

    /// Leaves out what is erased, and says of the rest until when it is kept, as far as is known:
    /// there may be newer rules.
    pub(crate) async fn admit(&self, events: &[NewEvent]) -> Result<Admitted, StoreError> {
        let rules = self.rules(None).await?;
        let mut admitted = Admitted {
            expires_at: Vec::with_capacity(events.len()),
            erased: HashSet::new(),
            rules: rules.clone(),
        };
        for (index, new) in events.iter().enumerate() {
            if rules.is_erased_by(&new.event, |erasure| !erasure.is_new)? {
                admitted.erased.insert(index);
            } else if !rules.is_held(&new.event)
                && rules.is_erased_by(&new.event, |erasure| erasure.is_new)?
            {
                // A hold that these rules do not know may keep it.
                admitted.rules = Arc::default();
            }
            let expires_at = rules.expiry(&new.event).unwrap_or(new.event.expires_at);
            admitted.expires_at.push(expires_at);
        }
        Ok(admitted)
    }

    /// The rules of a version that a look has seen, or newer ones; without one, those that are known.
    pub(crate) async fn rules(
        &self,
        version: Option<&RulesVersion>,
    ) -> Result<Arc<Rules>, StoreError> {
        let mut known = self.known.lock().await;
        if let Some(rules) = known.as_ref()
            && version.is_none_or(|version| rules.is_of(version))
        {
            return Ok(rules.clone());
        }
        let mut rules = timeout(RULES_WAIT, self.read())
            .await
            .map_err(|_| StoreError::Timeout)??;
        rules.version = version.cloned();
        if self.key.as_ref().is_some_and(|key| rules.is_of_key(key)) {
            rules.key.clone_from(&self.key);
        } else if self.key.is_some() {
            tracing::error!(
                "persons were erased with another DAYBOOK_ERASURE_KEY: events that may be theirs wait"
            );
        }
        let rules = Arc::new(rules);
        *known = Some(rules.clone());
        Ok(rules)
    }

    async fn read(&self) -> Result<Rules, StoreError> {
        match &self.source {
            Source::ClickHouse(client) => Rules::read(client).await,
            #[cfg(test)]
            Source::Model(rules) => Ok(rules.read()),
        }
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Admission").finish_non_exhaustive()
    }
}

/// Whose events are erased, and how long the others are kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    /// The version that was seen before they were read.
    version: Option<RulesVersion>,
    key: Option<ErasureKey>,
    /// The check values of the keys that erasures were made with: one, or none where nobody has said.
    key_checks: HashSet<String>,
    erasures: HashMap<String, TenantErasures>,
    /// `None` is for ever.
    days: HashMap<String, Option<u32>>,
    /// What of a tenant is held, by kind and id; both are empty for all of it.
    holds: HashMap<String, HashSet<(String, String)>>,
}

/// A tenant's erasures.
#[derive(Debug, Clone, Default)]
struct TenantErasures {
    /// Of all that it has.
    whole: Vec<Erasure>,
    /// Of persons and things, by each of their hashes.
    by_hash: HashMap<String, Vec<Erasure>>,
    /// The last time that one of those is about.
    last_ms: i64,
}

impl TenantErasures {
    fn add(&mut self, erasure: Erasure, is_whole: bool, hashes: Vec<String>) {
        if is_whole {
            self.whole.push(erasure);
            return;
        }
        self.last_ms = self.last_ms.max(erasure.up_to_ms);
        for hash in hashes {
            self.by_hash.entry(hash).or_default().push(erasure);
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Erasure {
    up_to_ms: i64,
    /// Nothing of it was ever hidden: a legal hold comes before it.
    is_new: bool,
}

#[derive(Row, Serialize, Deserialize)]
struct ErasedRow {
    org_id: String,
    scope: String,
    subject_hashes: Vec<String>,
    up_to: i64,
    is_new: bool,
    /// Empty where it is of an older version.
    key: String,
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
            .query(&format!(
                "SELECT org_id, any(scope) AS scope, any(subject_hashes) AS subject_hashes, \
                 any(up_to) AS up_to, toBool(argMax(state, {NEWEST}) = 'requested' \
                 AND NOT max(JSONExtractBool(report, 'repeated'))) AS is_new, \
                 max(JSONExtractString(report, '{KEY}')) AS key \
                 FROM erasures GROUP BY org_id, id"
            ))
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
            let erasure = Erasure {
                up_to_ms: row.up_to,
                is_new: row.is_new,
            };
            if !row.key.is_empty() {
                rules.key_checks.insert(row.key);
            }
            let erasures = rules.erasures.entry(row.org_id).or_default();
            erasures.add(erasure, row.scope == "tenant", row.subject_hashes);
        }
        for row in days {
            rules
                .days
                .insert(row.org_id, (row.days > 0).then_some(row.days));
        }
        for row in holds {
            let held = rules.holds.entry(row.org_id).or_default();
            held.insert((row.entity_type, row.entity_id));
        }
        Ok(rules)
    }

    pub(crate) fn is_of(&self, version: &RulesVersion) -> bool {
        self.version.as_ref() == Some(version)
    }

    /// Whether no erasure was made with another key.
    fn is_of_key(&self, key: &ErasureKey) -> bool {
        let check_value = key.check_value();
        self.key_checks.iter().all(|known| *known == check_value)
    }

    /// Whether an event is of somebody who was erased after it happened.
    ///
    /// # Errors
    /// [`StoreError::NoErasureKey`] where that cannot be told.
    pub(crate) fn is_erased(&self, event: &AuditEvent) -> Result<bool, StoreError> {
        let is_held = self.is_held(event);
        self.is_erased_by(event, |erasure| !(is_held && erasure.is_new))
    }

    /// The same by some erasures alone: no hold keeps what one erases that is not new.
    fn is_erased_by(
        &self,
        event: &AuditEvent,
        counts: impl Fn(&Erasure) -> bool,
    ) -> Result<bool, StoreError> {
        let Some(erasures) = self.erasures.get(&event.org_id) else {
            return Ok(false);
        };
        if event.service_name == OWN_SERVICE {
            return Ok(false);
        }
        let time_ms = event.timestamp.as_millisecond();
        let is_of_it = |erasure: &Erasure| time_ms <= erasure.up_to_ms && counts(erasure);
        if erasures.whole.iter().any(is_of_it) {
            return Ok(true);
        }
        if time_ms > erasures.last_ms {
            return Ok(false);
        }
        let Some(key) = &self.key else {
            if erasures.by_hash.values().flatten().any(is_of_it) {
                return Err(StoreError::NoErasureKey);
            }
            return Ok(false);
        };
        let hashes = hashes_of(event, key);
        let mut known = hashes.iter().filter_map(|hash| erasures.by_hash.get(hash));
        Ok(known.any(|erasures| erasures.iter().any(is_of_it)))
    }

    /// Until when an event is kept; nothing where nobody has said so.
    pub(crate) fn expiry(&self, event: &AuditEvent) -> Option<Timestamp> {
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
            let (entity, parent) = (&event.entity, &event.parent);
            // Of several things at once, with commas between their ids.
            let things = entity.ids().map(|id| (entity.kind.as_str(), id));
            [
                ("", ""),
                (&entity.kind, &entity.id),
                (&parent.kind, &parent.id),
            ]
            .into_iter()
            .chain(things)
            .any(|(kind, id)| held.contains(&(kind.to_owned(), id.to_owned())))
        })
    }
}

/// The hashes by which an erased subject would be known.
fn hashes_of(event: &AuditEvent, key: &ErasureKey) -> Vec<String> {
    let org_id = &event.org_id;
    let mut names = vec![&event.caller.user_id, &event.caller.user_email];
    if is_person(&event.entity.kind, &event.entity.id) {
        names.push(&event.entity.id);
    }
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

        pub(crate) fn version(&self) -> RulesVersion {
            let rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let erasures = rules.erasures.values();
            let erasures: usize = erasures.map(|erasures| erasures.whole.len()).sum();
            RulesVersion::from([("erasures".to_owned(), i64::try_from(erasures).unwrap_or(0))])
        }

        /// A whole tenant is erased up to a time.
        pub(crate) fn erase_tenant(&self, org_id: &str, up_to_ms: i64) {
            let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let erasures = rules.erasures.entry(org_id.to_owned()).or_default();
            let erasure = Erasure {
                up_to_ms,
                is_new: true,
            };
            erasures.add(erasure, true, Vec::new());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn event(time: &str) -> AuditEvent {
        AuditEvent {
            org_id: "acme".to_owned(),
            timestamp: time.parse().unwrap(),
            entity: daybook_event::Entity {
                kind: "order".to_owned(),
                id: "7".to_owned(),
                name: String::new(),
            },
            ..AuditEvent::default()
        }
    }

    #[test]
    fn a_tenants_own_days_come_before_the_default_and_a_hold_before_both() {
        let event = event("2026-11-01T00:00:00Z");
        let mut rules = Rules::default();
        assert_eq!(rules.expiry(&event), None);
        rules.days.insert(String::new(), Some(10));
        let day_11 = "2026-11-11T00:00:00Z".parse().unwrap();
        assert_eq!(rules.expiry(&event), Some(day_11));
        rules.days.insert("acme".to_owned(), None);
        assert_eq!(rules.expiry(&event), Some(never_expires()));
        rules.days.insert("acme".to_owned(), Some(1));
        let held = HashSet::from([("order".to_owned(), "7".to_owned())]);
        rules.holds.insert("acme".to_owned(), held);
        assert_eq!(rules.expiry(&event), Some(never_expires()));
    }

    #[test]
    fn an_event_is_erased_up_to_the_time_of_the_request() {
        let up_to: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
        let up_to_ms = up_to.as_millisecond();
        let erased = |is_new, is_whole| {
            let erasure = Erasure { up_to_ms, is_new };
            let mut erasures = TenantErasures::default();
            erasures.add(erasure, is_whole, vec!["jane".to_owned()]);
            HashMap::from([("acme".to_owned(), erasures)])
        };
        let mut rules = Rules {
            erasures: erased(true, true),
            ..Rules::default()
        };
        assert!(rules.is_erased(&event("2026-11-02T00:00:00Z")).unwrap());
        let newer = event("2026-11-02T00:00:00.001Z");
        assert!(!rules.is_erased(&newer).unwrap());
        // What is held is stored, until something of it was hidden: the erasure waits for the hold.
        let held = HashSet::from([("order".to_owned(), "7".to_owned())]);
        rules.holds.insert("acme".to_owned(), held);
        let held = event("2026-11-02T00:00:00Z");
        assert!(!rules.is_erased(&held).unwrap());
        rules.erasures = erased(false, true);
        assert!(rules.is_erased(&held).unwrap());
        rules.holds.clear();
        // Of a person nobody can tell without the key.
        rules.erasures = erased(true, false);
        let older = event("2026-11-01T00:00:00Z");
        assert!(matches!(
            rules.is_erased(&older),
            Err(StoreError::NoErasureKey)
        ));
    }
}
