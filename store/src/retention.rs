//! How long events are kept, and what a legal hold keeps from going.
//!
//! Both are rows that are only added, the newest of a key counts. Writers take `expires_at` of new
//! events from them; stored events are changed by a mutation, which readers see at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use clickhouse::Row;
use daybook_event::never_expires;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::connection::client;
use crate::endpoint::{Credentials, Endpoint};
use crate::erasure::{OWN_SERVICE, WRITERS_SETTLE};
use crate::error::StoreError;
use crate::tenant::TenantId;

const MS_PER_DAY: i64 = 24 * 60 * 60 * 1_000;
/// Most held entities of a tenant: they stand in the text of a mutation.
const HOLDS_MAX: usize = 500;
/// ClickHouse rewrites every month of a tenant: hours, for a very large one.
const SECONDS_MAX: u32 = 4 * 60 * 60;

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
        if others.count() >= HOLDS_MAX {
            return Err(StoreError::TooMuch {
                message: format!(
                    "{HOLDS_MAX} entities of the tenant are held already: hold the tenant"
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

    /// Brings stored events to what is set. Where nothing was ever set, nothing is changed.
    async fn apply(&self, tenant: Option<&TenantId>) -> Result<(), StoreError> {
        let rules: BTreeMap<String, u32> = self
            .rules()
            .await?
            .into_iter()
            .map(|rule| (rule.org_id, rule.days))
            .collect();
        let holds = self.holds().await?;
        if let Some(tenant) = tenant {
            let days = rules.get(tenant.as_str()).or_else(|| rules.get(""));
            return self.apply_to(tenant.as_str(), days.copied(), &holds).await;
        }
        let Some(&default_days) = rules.get("") else {
            return Ok(());
        };
        // Tenants that differ from all others: by days of their own, which stay, or by holds.
        let held: BTreeSet<_> = holds.iter().map(|hold| hold.org_id.clone()).collect();
        let apart: BTreeSet<_> = rules.keys().cloned().chain(held.iter().cloned()).collect();
        let apart: Vec<_> = apart.into_iter().filter(|org| !org.is_empty()).collect();
        self.update(
            "org_id NOT IN {orgs:Array(String)}",
            &apart,
            Some(default_days),
            &[],
        )
        .await?;
        for org_id in held.iter().filter(|org_id| !rules.contains_key(*org_id)) {
            self.apply_to(org_id, Some(default_days), &holds).await?;
        }
        Ok(())
    }

    async fn apply_to(
        &self,
        org_id: &str,
        days: Option<u32>,
        holds: &[LegalHold],
    ) -> Result<(), StoreError> {
        let mut holds: Vec<_> = holds.iter().filter(|hold| hold.org_id == org_id).collect();
        if holds.iter().any(|hold| hold.entity_type.is_empty()) {
            holds.retain(|hold| hold.entity_type.is_empty());
        }
        let orgs = [org_id.to_owned()];
        self.update("org_id IN {orgs:Array(String)}", &orgs, days, &holds)
            .await
    }

    /// Without days only what is held is changed: nobody has said how long the rest is kept.
    async fn update(
        &self,
        which: &str,
        orgs: &[String],
        days: Option<u32>,
        holds: &[&LegalHold],
    ) -> Result<(), StoreError> {
        if holds.len() > HOLDS_MAX {
            return Err(StoreError::TooMuch {
                message: format!("more than {HOLDS_MAX} entities of a tenant are held"),
            });
        }
        let never_ms = never_expires().as_millisecond();
        let is_whole = holds.iter().any(|hold| hold.entity_type.is_empty());
        let kept_ms = match days {
            Some(days) if days > 0 && !is_whole => i64::from(days) * MS_PER_DAY,
            _ => never_ms,
        };
        let entities = "arrayZip({kinds:Array(String)}, {ids:Array(String)})";
        let held = format!(
            "(has({entities}, (toString(entity_type), entity_id)) \
             OR has({entities}, (toString(parent_type), parent_id)))"
        );
        let expiry = format!(
            "fromUnixTimestamp64Milli(if({held}, {{never:Int64}}, \
             least(toUnixTimestamp64Milli(timestamp) + {{kept:Int64}}, {{never:Int64}})), 'UTC')"
        );
        let changed = if days.is_none() && !is_whole {
            &held
        } else {
            "1"
        };
        let condition = format!(
            "{which} AND service_name != '{OWN_SERVICE}' AND {changed} AND expires_at != {expiry}"
        );
        let kinds: Vec<_> = holds.iter().map(|hold| hold.entity_type.as_str()).collect();
        let ids: Vec<_> = holds.iter().map(|hold| hold.entity_id.as_str()).collect();
        let bind = |sql: &str| {
            self.client
                .query(sql)
                .param("orgs", orgs)
                .param("kinds", &kinds)
                .param("ids", &ids)
                .param("kept", kept_ms)
                .param("never", never_ms)
        };
        // A mutation goes through every part: none is made where nothing differs.
        let differing = bind(&format!("SELECT count() FROM events WHERE {condition}"))
            .fetch_one::<u64>()
            .await?;
        if differing == 0 {
            return Ok(());
        }
        let update = format!("ALTER TABLE events UPDATE expires_at = {expiry} WHERE {condition}");
        Ok(bind(&update).execute().await?)
    }
}

impl fmt::Debug for Retention {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Retention").finish_non_exhaustive()
    }
}
