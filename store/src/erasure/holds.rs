//! What a legal hold keeps from an erasure.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use crate::erasure::Eraser;
use crate::erasure::folded;
use crate::erasure::ledger::{Ledger, WITHIN, within};
use crate::erasure::scope::{Plan, Subject, is_person};
use crate::error::StoreError;
use crate::retention;

/// Why an erasure waits for a hold.
const HELD: &str = "a legal hold came before anything was hidden";

/// The things of a tenant that are held; both are empty for all of it.
const HOLDS: &str = "SELECT entity_type, entity_id FROM legal_holds WHERE org_id = {org_id:String} \
     GROUP BY entity_type, entity_id HAVING argMax(held, at)";

#[derive(Row, Serialize, Deserialize)]
struct HeldThing {
    entity_type: String,
    entity_id: String,
}

impl StoreError {
    /// Whether an erasure waits for a legal hold to be released, and for nothing else.
    pub fn is_waiting_for_hold(&self) -> bool {
        matches!(self, Self::ErasureBlocked(why) if why.starts_with(HELD))
    }
}

impl Ledger {
    /// Refuses what a legal hold keeps.
    pub(crate) async fn check_holds(&self, plan: &Plan<'_>) -> Result<(), StoreError> {
        let said = "SELECT count() FROM legal_holds WHERE org_id = {org_id:String}";
        loop {
            let before = self.fetch_count(plan, said).await?;
            self.check_known_holds(plan).await?;
            // To look through the texts of a large tenant takes seconds, in which another hold may have come.
            if self.fetch_count(plan, said).await? == before {
                return Ok(());
            }
        }
    }

    async fn check_known_holds(&self, plan: &Plan<'_>) -> Result<(), StoreError> {
        let query = plan.bind_to(self.client.query(HOLDS));
        let holds = query.fetch_all::<HeldThing>().await?;
        if holds.is_empty() {
            return Ok(());
        }
        if holds.iter().any(HeldThing::is_tenant) {
            return Err(StoreError::LegalHold("the tenant is held".to_owned()));
        }
        // What is held may be in the queue still.
        if holds.iter().any(|thing| thing.is_of(plan.subject)) {
            return Err(StoreError::LegalHold(
                "it is of an entity that is held".to_owned(),
            ));
        }
        match self.held_rows(plan).await? {
            0 => Ok(()),
            rows => Err(StoreError::LegalHold(format!(
                "{rows} of the events are of an entity that is held"
            ))),
        }
    }

    /// How many rows of an erasure are held.
    async fn held_rows(&self, plan: &Plan<'_>) -> Result<u64, StoreError> {
        let (bounds, own, trace) = (Plan::bounds(), plan.own(), plan.trace());
        let things = retention::THINGS;
        let held = format!(
            "WITH (SELECT groupArray((entity_type, entity_id)) FROM ({HOLDS})) AS held \
             SELECT count() FROM events WHERE {bounds} AND {WITHIN} \
             AND hasAny(held, {things}) AND ({own} OR {trace})"
        );
        let mut rows = 0;
        for span in self.spans(plan).await? {
            let query = plan.bind_to(self.client.query(&held));
            rows += within(query, span).fetch_one::<u64>().await?;
        }
        Ok(rows)
    }
}

impl HeldThing {
    fn is_tenant(&self) -> bool {
        self.entity_type.is_empty() && self.entity_id.is_empty()
    }

    /// Whether it is what an erasure is about, as [`Plan::own`] says of the entity of an event.
    fn is_of(&self, subject: &Subject) -> bool {
        let (kind, id) = (&self.entity_type, &self.entity_id);
        match &subject.entity {
            Some((subject_kind, subject_id)) => (subject_kind, subject_id) == (kind, id),
            None => {
                subject.is_tenant()
                    || subject.user_ids.contains(id) && is_person(kind, id)
                    || subject.emails.contains(&folded(id))
            }
        }
    }
}

impl Eraser {
    /// A hold may have been set since the request. The request stands, and goes on when the hold is released.
    pub(super) async fn check_holds_again(&self, plan: &Plan<'_>) -> Result<(), StoreError> {
        match self.ledger.check_holds(plan).await {
            Err(StoreError::LegalHold(what)) => {
                Err(StoreError::ErasureBlocked(format!("{HELD}: {what}")))
            }
            checked => checked,
        }
    }
}
