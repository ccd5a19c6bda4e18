//! How long events are kept, and what a legal hold keeps from going.
//!
//! Both are rows that are only added, the newest of a key counts. Writers take `expires_at` of new
//! events from them; stored events are changed by a mutation, which readers see at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use clickhouse::Row;
use clickhouse::query::Query;
use daybook_event::{OWN_SERVICE, never_expires};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use uuid::Uuid;

use crate::condition::{PARAMETER_BYTES_MAX, parameter_bytes};
use crate::connection::client;
use crate::endpoint::{Credentials, Endpoint};
use crate::entity_ids::entity_ids;
use crate::erasure::{ErasureId, IS_FAILING, NEWEST, WRITERS_SETTLE, forget_mutations};
use crate::error::StoreError;
use crate::migrate::check_version;
use crate::tenant::TenantId;

const MS_PER_DAY: i64 = 24 * 60 * 60 * 1_000;
/// Most held entities of a tenant: they stand in the text of a mutation.
const HOLDS_MAX: usize = 500;
/// ClickHouse rewrites every month of a tenant: hours, for a very large one.
const SECONDS_MAX: u32 = 4 * 60 * 60;
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Stands in each mutation of `expires_at`, and in no other.
pub(crate) const MARK: &str = "daybook-retention";

/// The things that an event is of, each with its kind. One that is of several has their ids with commas between them.
/// (A function with a parameter of its own, such as `arrayMap`, would be no way: while a mutation with one is pending,
/// ClickHouse looks for its parameter among the columns, and nobody could read.)
pub(crate) const THINGS: &str = concat!(
    "arrayConcat([(toString(entity_type), entity_id), (toString(parent_type), parent_id)], \
     arrayZip(arrayWithConstant(length(",
    entity_ids!(),
    "), toString(entity_type)), ",
    entity_ids!(),
    "))"
);

/// How long a tenant's events are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Row)]
pub struct RetentionRule {
    /// The tenant; empty for the default of all that have no days of their own.
    pub org_id: String,
    /// Days from an event's time on; 0 is for ever.
    pub days: u32,
}

/// What must not go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Row)]
pub struct LegalHold {
    /// The tenant.
    pub org_id: String,
    /// The kind of the thing whose events are held; empty for all of the tenant's.
    pub entity_type: String,
    /// The thing's id; empty for all of the tenant's.
    pub entity_id: String,
    /// Why.
    pub reason: String,
}

/// Sets and lists retention and legal holds. Only one that can log in as the eraser can do it.
#[derive(Clone)]
pub struct Retention {
    client: clickhouse::Client,
}

/// What is said last counts, whatever the clocks of those who say it: it comes behind all that is there.
const NOW_AND_LAST: &str = "greatest(now64(3, 'UTC'), max(at) + INTERVAL 1 MILLISECOND)";

impl Retention {
    /// One that connects when it is first used.
    ///
    /// # Errors
    /// [`StoreError::InvalidEndpoint`].
    pub fn new(endpoint: &Endpoint, eraser: &Credentials) -> Result<Self, StoreError> {
        let client = client(endpoint, eraser)?
            .with_setting("async_insert", "0")
            .with_setting("wait_end_of_query", "1")
            .with_setting("mutations_sync", "1")
            .with_setting("max_execution_time", SECONDS_MAX.to_string());
        Ok(Self { client })
    }

    /// Says how many days a tenant's events are kept, or all others' (`None`); 0 is for ever. Returns
    /// when the stored events have it; setting it again goes on with what was interrupted.
    ///
    /// # Errors
    /// Whatever ClickHouse says.
    pub async fn set(&self, tenant: Option<&TenantId>, days: u32) -> Result<(), StoreError> {
        check_version(&self.client).await?;
        let org_id = tenant.map_or("", TenantId::as_str);
        let sql = format!(
            "INSERT INTO retention (org_id, at, days) \
             SELECT {{org_id:String}}, {NOW_AND_LAST}, {{days:UInt32}} \
             FROM retention WHERE org_id = {{org_id:String}}"
        );
        let query = self.client.query(&sql).param("org_id", org_id);
        query.param("days", days).execute().await?;
        self.apply(tenant).await
    }

    /// Holds a tenant's events, or those of one entity (kind and id), or releases them. Returns when
    /// the stored events have it. A released event expires as its
    /// tenant's retention says, and never where nothing is set.
    ///
    /// # Errors
    /// [`StoreError::InvalidErasure`] where the reason or the entity is empty, [`StoreError::TooMuch`]
    /// where 500 entities of the tenant are held; both change nothing. Whatever ClickHouse says.
    pub async fn hold(
        &self,
        tenant: &TenantId,
        entity: Option<(&str, &str)>,
        is_held: bool,
        reason: &str,
    ) -> Result<(), StoreError> {
        if reason.trim().is_empty()
            || entity.is_some_and(|(kind, id)| kind.is_empty() || id.is_empty())
        {
            return Err(StoreError::InvalidErasure(
                "a hold needs a reason, and an entity its type and its id".to_owned(),
            ));
        }
        check_version(&self.client).await?;
        let (entity_type, entity_id) = entity.unwrap_or_default();
        if is_held && entity.is_some() {
            self.check_room(tenant, (entity_type, entity_id)).await?;
        }
        let sql = format!(
            "INSERT INTO legal_holds (org_id, entity_type, entity_id, at, held, reason) \
             SELECT {{org_id:String}}, {{entity_type:String}}, {{entity_id:String}}, {NOW_AND_LAST}, \
             {{held:Bool}}, {{reason:String}} FROM legal_holds WHERE org_id = {{org_id:String}} \
             AND entity_type = {{entity_type:String}} AND entity_id = {{entity_id:String}}"
        );
        self.client
            .query(&sql)
            .param("org_id", tenant.as_str())
            .param("entity_type", entity_type)
            .param("entity_id", entity_id)
            .param("held", is_held)
            .param("reason", reason)
            .execute()
            .await?;
        self.apply(Some(tenant)).await
    }

    /// What could not be brought to the stored events is not written down as held either.
    async fn check_room(&self, tenant: &TenantId, thing: (&str, &str)) -> Result<(), StoreError> {
        let holds = self.holds().await?;
        let others = holds.iter().filter(|hold| {
            hold.org_id == tenant.as_str()
                && !hold.entity_type.is_empty()
                && (hold.entity_type.as_str(), hold.entity_id.as_str()) != thing
        });
        let mut count = 1;
        let mut bytes = [thing.0, thing.1].map(parameter_bytes);
        for hold in others {
            count += 1;
            bytes[0] += parameter_bytes(&hold.entity_type);
            bytes[1] += parameter_bytes(&hold.entity_id);
        }
        if count > HOLDS_MAX || bytes.iter().any(|bytes| *bytes > PARAMETER_BYTES_MAX) {
            return Err(StoreError::TooMuch {
                message: format!(
                    "as many entities of the tenant are held already as can be ({HOLDS_MAX}, or fewer with long \
                     ids): hold the tenant"
                ),
            });
        }
        Ok(())
    }

    /// Waits until every writer has heard of what was set, and looks after the events that were
    /// stored meanwhile.
    ///
    /// # Errors
    /// Whatever ClickHouse says.
    pub async fn settle(&self, tenant: Option<&TenantId>) -> Result<(), StoreError> {
        self.settle_after(tenant, WRITERS_SETTLE).await
    }

    /// As [`Retention::settle`], where writers are known to take less time.
    ///
    /// # Errors
    /// Whatever ClickHouse says.
    pub async fn settle_after(
        &self,
        tenant: Option<&TenantId>,
        writers_settle: Duration,
    ) -> Result<(), StoreError> {
        sleep(writers_settle).await;
        self.apply(tenant).await
    }

    /// The days that are set, the default first.
    ///
    /// # Errors
    /// Whatever ClickHouse says.
    pub async fn rules(&self) -> Result<Vec<RetentionRule>, StoreError> {
        Ok(self
            .client
            .query(
                "SELECT org_id, argMax(days, at) AS days FROM retention \
                 GROUP BY org_id ORDER BY org_id",
            )
            .fetch_all::<RetentionRule>()
            .await?)
    }

    /// The holds that are in force.
    ///
    /// # Errors
    /// Whatever ClickHouse says.
    pub async fn holds(&self) -> Result<Vec<LegalHold>, StoreError> {
        Ok(self
            .client
            .query(
                "SELECT org_id, entity_type, entity_id, argMax(reason, at) AS reason \
                 FROM legal_holds GROUP BY org_id, entity_type, entity_id \
                 HAVING argMax(held, at) ORDER BY org_id, entity_type, entity_id",
            )
            .fetch_all::<LegalHold>()
            .await?)
    }

    /// Brings the stored events of all tenants to what is set: after a restore, where the backup may have been made
    /// between what was set and what became of it, and after something was set and interrupted.
    ///
    /// # Errors
    /// Whatever ClickHouse says; [`StoreError::TooMuch`] of a tenant with too many holds when the others have it.
    pub async fn reapply(&self) -> Result<(), StoreError> {
        let set = self.what_is_set().await?;
        // A change of days removes what has expired beside it, and a hold may not have reached that.
        let held: BTreeSet<_> = set.holds.into_iter().map(|hold| hold.org_id).collect();
        let days = set.days.into_keys();
        let others: Vec<_> = days
            .filter(|org_id| !org_id.is_empty() && !held.contains(org_id))
            .collect();
        let mut failed = None;
        for org_id in held.into_iter().chain(others) {
            match self.bring(Some(&org_id)).await {
                // What is too much of one tenant is no reason to leave the others.
                Err(error @ StoreError::TooMuch { .. }) => failed = failed.or(Some(error)),
                brought => brought?,
            }
        }
        self.apply(None).await?;
        failed.map_or(Ok(()), Err)
    }

    /// As [`Retention::settle`], for all tenants.
    ///
    /// # Errors
    /// Whatever ClickHouse says.
    pub async fn settle_all(&self) -> Result<(), StoreError> {
        sleep(WRITERS_SETTLE).await;
        self.reapply().await
    }

    /// The tenant's erasures that are under way, but for those that a hold keeps from going on: what they have
    /// hidden no hold keeps.
    ///
    /// # Errors
    /// Whatever ClickHouse says.
    pub async fn erasures_under_way(&self, tenant: &TenantId) -> Result<Vec<Uuid>, StoreError> {
        let query = self.client.query(&format!(
            "SELECT id FROM (SELECT id, argMax(state, {NEWEST}) AS last_state, \
             argMax(report, {NEWEST}) AS last_report FROM erasures \
             WHERE org_id = {{org_id:String}} GROUP BY id) \
             WHERE last_state IN ('hidden', 'removed') OR last_state = 'requested' \
             AND JSONExtractString(last_report, 'blocked') = '' ORDER BY id"
        ));
        let rows = query
            .param("org_id", tenant.as_str())
            .fetch_all::<ErasureId>()
            .await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    async fn apply(&self, tenant: Option<&TenantId>) -> Result<(), StoreError> {
        self.bring(tenant.map(TenantId::as_str)).await
    }

    /// Brings stored events to what is set: a tenant's, or those of all that have no days of their own. Where nothing
    /// was ever set, nothing is changed.
    ///
    /// A mutation takes minutes or hours, and others set something meanwhile: after each it is looked again what is
    /// set, and it is over when no event differs but those of a tenant with too many holds.
    async fn bring(&self, org_id: Option<&str>) -> Result<(), StoreError> {
        check_version(&self.client).await?;
        loop {
            let set = self.what_is_set().await?;
            let (mut differing, mut failed) = (None, None);
            for update in set.updates(org_id) {
                let update = match update {
                    Ok(update) => update,
                    Err(error) => {
                        failed = failed.or(Some(error));
                        continue;
                    }
                };
                if self.has_differing(&update).await? {
                    differing = Some(update);
                    break;
                }
            }
            let Some(update) = differing else {
                self.wait_for_mutations().await?;
                return failed.map_or(Ok(()), Err);
            };
            // To look through a large tenant takes seconds.
            if self.what_is_set().await? == set {
                let changed = format!(
                    "ALTER TABLE events UPDATE expires_at = {} WHERE {{mark:String}} != '' AND {}",
                    update.expiry(),
                    update.condition()
                );
                update
                    .bind_to(self.client.query(&changed))
                    .execute()
                    .await?;
            }
        }
    }

    /// Waits for what is under way, of others as well: until then a merge removes what has expired as it is stored.
    /// Then the texts of these mutations are removed, which name what is held.
    async fn wait_for_mutations(&self) -> Result<(), StoreError> {
        loop {
            let query = self.client.query(&format!(
                "SELECT count() AS known, countIf(NOT is_done) AS unfinished, \
                 countIf({IS_FAILING}) AS failing \
                 FROM system.mutations WHERE database = currentDatabase() AND table = 'events' \
                 AND position(command, {{mark:String}}) > 0"
            ));
            let mutations = query.param("mark", MARK).fetch_one::<Mutations>().await?;
            if mutations.failing > 0 {
                return Err(StoreError::Refused {
                    message:
                        "a change of expires_at fails, see latest_fail_reason in system.mutations"
                            .to_owned(),
                    code: None,
                });
            }
            if mutations.unfinished == 0 {
                if mutations.known > 0 {
                    forget_mutations(&self.client, MARK).await?;
                }
                return Ok(());
            }
            sleep(POLL_INTERVAL).await;
        }
    }

    async fn what_is_set(&self) -> Result<WhatIsSet, StoreError> {
        let rules = self.rules().await?.into_iter();
        Ok(WhatIsSet {
            days: rules.map(|rule| (rule.org_id, rule.days)).collect(),
            holds: self.holds().await?,
        })
    }

    /// Whether readers see events that expire at another time.
    async fn has_differing(&self, update: &Update) -> Result<bool, StoreError> {
        let differing = format!(
            "SELECT count() FROM (SELECT 1 FROM events WHERE {} LIMIT 1)",
            update.condition()
        );
        let query = update
            .bind_to(self.client.query(&differing))
            // What an older mutation will change is as if it had.
            .with_setting("apply_mutations_on_fly", "1");
        Ok(query.fetch_one::<u64>().await? > 0)
    }
}

/// How many mutations of `expires_at` there are.
#[derive(Row, Serialize, Deserialize)]
struct Mutations {
    known: u64,
    unfinished: u64,
    failing: u64,
}

/// The days of each tenant, and the holds.
#[derive(Debug, PartialEq, Eq)]
struct WhatIsSet {
    days: BTreeMap<String, u32>,
    holds: Vec<LegalHold>,
}

impl WhatIsSet {
    /// What is to be made of a tenant's events, or of all those that have no days of their own.
    fn updates(&self, org_id: Option<&str>) -> Vec<Result<Update, StoreError>> {
        let default_days = self.days.get("").copied();
        if let Some(org_id) = org_id {
            let days = self.days.get(org_id).copied().or(default_days);
            return vec![self.of_tenant(org_id, days)];
        }
        if default_days.is_none() {
            return Vec::new();
        }
        // Tenants that differ from all others: by days of their own, which stay, or by holds.
        let held: BTreeSet<_> = self.holds.iter().map(|hold| &hold.org_id).collect();
        let apart: BTreeSet<_> = self.days.keys().chain(held.iter().copied()).collect();
        let apart = apart.into_iter().filter(|org| !org.is_empty());
        let mut updates = Vec::new();
        for (from, before, orgs) in ranges(apart.cloned()) {
            updates.push(Ok(Update {
                which: OTHERS,
                from,
                before,
                orgs,
                days: default_days,
                ..Update::default()
            }));
        }
        for org_id in held {
            if !self.days.contains_key(org_id) {
                updates.push(self.of_tenant(org_id, default_days));
            }
        }
        updates
    }

    fn of_tenant(&self, org_id: &str, days: Option<u32>) -> Result<Update, StoreError> {
        let of_tenant = |hold: &&LegalHold| hold.org_id == org_id;
        let holds = self.holds.iter().filter(of_tenant);
        let (things, whole): (Vec<_>, Vec<_>) =
            holds.partition(|hold| !hold.entity_type.is_empty());
        let mut update = Update {
            which: "org_id IN {orgs:Array(String)}",
            orgs: vec![org_id.to_owned()],
            days,
            is_whole: !whole.is_empty(),
            ..Update::default()
        };
        if !update.is_whole {
            update.kinds = things.iter().map(|hold| hold.entity_type.clone()).collect();
            update.ids = things.iter().map(|hold| hold.entity_id.clone()).collect();
            let bytes = |names: &[String]| names.iter().map(|name| parameter_bytes(name)).sum();
            let bytes: [usize; 2] = [bytes(&update.kinds), bytes(&update.ids)];
            if things.len() > HOLDS_MAX || bytes.iter().any(|bytes| *bytes > PARAMETER_BYTES_MAX) {
                return Err(StoreError::TooMuch {
                    message: format!(
                        "more entities of a tenant are held than can be ({HOLDS_MAX}, or fewer with long ids), see \
                         `daybook retention list`: hold the tenant"
                    ),
                });
            }
        }
        Ok(update)
    }
}

/// The tenants of a range that are not named. Names of thousands of tenants are more than ClickHouse takes in a parameter.
const OTHERS: &str = "org_id >= {from:String} AND ({before:String} = '' OR org_id < {before:String}) \
     AND org_id NOT IN {orgs:Array(String)}";

/// Cuts all that a tenant may be called into ranges with as many of these names in each as fit into a parameter: where
/// each begins, before which name it ends (the last one nowhere), and the names in it. The names are sorted.
fn ranges(names: impl Iterator<Item = String>) -> Vec<(String, String, Vec<String>)> {
    let mut ranges = vec![(String::new(), String::new(), Vec::new())];
    let mut bytes = 0;
    for name in names {
        bytes += parameter_bytes(&name);
        if let Some((_, before, orgs)) = ranges.last_mut() {
            if bytes <= PARAMETER_BYTES_MAX || orgs.is_empty() {
                orgs.push(name);
                continue;
            }
            before.clone_from(&name);
        }
        bytes = parameter_bytes(&name);
        ranges.push((name.clone(), String::new(), vec![name]));
    }
    ranges
}

/// When events of some tenants expire: fixed texts, with every value a bound parameter.
#[derive(Debug, Default)]
struct Update {
    which: &'static str,
    /// The first name of a range, and the name before which it ends; empty where there is no end.
    from: String,
    before: String,
    orgs: Vec<String>,
    /// Without days only what is held is changed: nobody has said how long the rest is kept.
    days: Option<u32>,
    /// Whether all of it is held.
    is_whole: bool,
    /// The kinds of the things that are held.
    kinds: Vec<String>,
    /// Their ids.
    ids: Vec<String>,
}

impl Update {
    fn condition(&self) -> String {
        let (which, expiry) = (self.which, self.expiry());
        let changed = if self.days.is_none() && !self.is_whole {
            self.held()
        } else {
            "1".to_owned()
        };
        format!(
            "{which} AND service_name != '{OWN_SERVICE}' AND {changed} AND expires_at != {expiry}"
        )
    }

    /// Whether an event is of a thing that is held.
    fn held(&self) -> String {
        if self.kinds.is_empty() {
            return "0".to_owned();
        }
        format!("hasAny(arrayZip({{kinds:Array(String)}}, {{ids:Array(String)}}), {THINGS})")
    }

    fn expiry(&self) -> String {
        let held = self.held();
        format!(
            "fromUnixTimestamp64Milli(if({held}, {{never:Int64}}, \
             least(toUnixTimestamp64Milli(timestamp) + {{kept:Int64}}, {{never:Int64}})), 'UTC')"
        )
    }

    fn bind_to(&self, query: Query) -> Query {
        let never_ms = never_expires().as_millisecond();
        let kept_ms = match self.days {
            Some(days) if days > 0 && !self.is_whole => i64::from(days) * MS_PER_DAY,
            _ => never_ms,
        };
        query
            .param("mark", MARK)
            .param("from", &self.from)
            .param("before", &self.before)
            .param("orgs", &self.orgs)
            .param("kinds", &self.kinds)
            .param("ids", &self.ids)
            .param("kept", kept_ms)
            .param("never", never_ms)
    }
}

impl fmt::Debug for Retention {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Retention").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_in_one_range_and_each_range_fits_into_a_parameter() {
        let names: Vec<String> = (0..9_999)
            .map(|number| format!("{number:036}"))
            .chain(["z".repeat(PARAMETER_BYTES_MAX)])
            .collect();
        let ranges = ranges(names.iter().cloned());
        assert_eq!(ranges.len(), 9);
        let mut before = String::new();
        for (from, end, orgs) in &ranges {
            assert_eq!(*from, before, "they leave nothing out");
            before.clone_from(end);
            let bytes: usize = orgs.iter().map(|org| parameter_bytes(org)).sum();
            assert!(bytes <= PARAMETER_BYTES_MAX || orgs.len() == 1);
            for org in orgs {
                assert!(org >= from && (end.is_empty() || org < end));
            }
        }
        assert_eq!(before, "", "the last one has no end");
        let cut = ranges.into_iter().flat_map(|(_, _, orgs)| orgs);
        assert_eq!(cut.collect::<Vec<_>>(), names);
        let nobody = super::ranges(std::iter::empty());
        assert_eq!(nobody, [(String::new(), String::new(), Vec::new())]);
    }
}
