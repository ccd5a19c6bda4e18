//! From one state of an erasure to the next.

use daybook_event::{
    Action, AuditEvent, Caller, CallerType, Entity, EventIdentity, OWN_SERVICE, Outcome, event_id,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::erasure::ledger::Mutation;
use crate::erasure::record::{ErasedRows, ErasureRow, ErasureState, Report, Versions, unreadable};
use crate::erasure::scope::{ErasureMode, Plan, Subject};
use crate::erasure::{Eraser, not_searched};
use crate::error::StoreError;
use crate::insert::NewEvent;

/// What a receipt does not say whose erasure was asked for again by the ledger.
const ONLY_IN_THE_FIRST_RECEIPT: &str = "e-mail addresses and ids that others use as well, or that are more than are \
     searched at once: the first receipt says whether there are any";
/// What one does not search that knows its subject by hashes alone.
const NOT_KNOWN_AGAIN: &str = "texts and parents for an id or address that no stored event names as its actor or entity, since \
     only its keyed hash is kept: if others may have told of it, ask for the erasure once more";

impl Eraser {
    /// The row after what could be done now; the same row where there is nothing to do but wait.
    pub(super) async fn step(&self, row: ErasureRow) -> Result<ErasureRow, StoreError> {
        let state = row.state()?;
        let known = row.clone();
        let stepped = match state {
            ErasureState::Requested => self.hide(row).await,
            ErasureState::Hidden => self.remove(row).await,
            ErasureState::Removed => self.verify(row).await,
            ErasureState::Verified => Ok(row),
        };
        if let Err(StoreError::ErasureBlocked(why)) = &stepped {
            let mut report = known.report()?;
            // How often it was tried is nobody's business.
            if report.blocked.is_none() {
                report.blocked = Some(why.clone());
                self.reach(&known, state, &report).await?;
            }
        }
        stepped
    }

    async fn hide(&self, row: ErasureRow) -> Result<ErasureRow, StoreError> {
        let subject = self.subject(&row).await?;
        let plan = self.plan(&row, &subject)?;
        // A writer may have stored what is held meanwhile.
        if !row.was_hidden()? {
            self.check_holds_again(&plan).await?;
        }
        let found = self.ledger.count(&plan, true).await?;
        // What another erasure hides is on the disk as long as that one is at work: this one has to see to it itself.
        if !found.is_empty() || self.is_left_alone(&plan, row.id).await? {
            // To count takes long with a large tenant.
            if self.has_gone_on(&row).await? {
                return Ok(row);
            }
            self.ledger.mutate(&plan).await?;
            if !self.ledger.count(&plan, true).await?.is_empty() {
                return Ok(row); // something came in between
            }
        }
        let check = "a reader finds no row of it";
        let mut report = self.reached(&row, ErasureState::Hidden, check).await?;
        if report.rows.is_empty() {
            report.rows = found; // nobody counted them when the ledger asked for it
        }
        // Neither did anybody say what was not searched, and the ledger does not keep it.
        if report.not_searched.is_empty() {
            report.not_searched = not_searched(&plan, 0, false);
            if !plan.subject.is_tenant() {
                report
                    .not_searched
                    .push(ONLY_IN_THE_FIRST_RECEIPT.to_owned());
            }
        }
        self.tell_not_searched(&row, &subject, &mut report);
        self.reach(&row, ErasureState::Hidden, &report).await
    }

    /// Says in a receipt of whom not all is known again that is known of them by its hash.
    pub(super) fn tell_not_searched(
        &self,
        row: &ErasureRow,
        subject: &Subject,
        report: &mut Report,
    ) {
        let known = subject.hashes(&self.key, &row.org_id);
        let is_told = report
            .not_searched
            .iter()
            .any(|told| told == NOT_KNOWN_AGAIN);
        if !is_told && !row.subject_hashes.iter().all(|hash| known.contains(hash)) {
            report.not_searched.push(NOT_KNOWN_AGAIN.to_owned());
        }
    }

    /// Whether another one has gone on with it meanwhile.
    async fn has_gone_on(&self, row: &ErasureRow) -> Result<bool, StoreError> {
        Ok(self.ledger.row(row.id).await?.step != row.step)
    }

    /// Whether rows are stored that no mutation of this erasure is about to remove.
    async fn is_left_alone(&self, plan: &Plan<'_>, id: Uuid) -> Result<bool, StoreError> {
        let mutations = self.ledger.mutations(id).await?;
        let is_at_work = mutations.iter().any(|mutation| mutation.is_done == 0);
        Ok(!is_at_work && !self.ledger.count(plan, false).await?.is_empty())
    }

    async fn remove(&self, row: ErasureRow) -> Result<ErasureRow, StoreError> {
        let subject = self.subject(&row).await?;
        let plan = self.plan(&row, &subject)?;
        let mutations = self.ledger.mutations(row.id).await?;
        if mutations.iter().any(|mutation| mutation.is_failing != 0) {
            return Err(StoreError::ErasureBlocked(
                "its mutation fails, see latest_fail_reason in system.mutations".to_owned(),
            ));
        }
        // Stored by a writer that had looked before it was asked for.
        let visible = self.ledger.visible(&plan).await?;
        if visible > 0 {
            return self.sweep(&row, &plan, visible).await;
        }
        let is_settled = self.ledger.since_writers_heard(row.id).await? >= self.writers_settle;
        if mutations.iter().any(|mutation| mutation.is_done == 0) || !is_settled {
            return Ok(row);
        }
        // No version means that there was nothing to remove.
        let versions = versions(&row, &self.ledger.table_id().await?, &mutations);
        if !versions.is_empty() && self.ledger.old_parts(&versions).await? > 0 {
            return Ok(row);
        }
        let late = self.ledger.count(&plan, false).await?;
        if !late.is_empty() {
            return self.sweep(&row, &plan, total(&late)).await;
        }
        let detached = self.ledger.detached_parts().await?;
        if detached > 0 {
            return Err(StoreError::ErasureBlocked(format!(
                "{detached} detached part(s) of the table events may hold copies: attach or drop them"
            )));
        }
        self.ledger.forget_mutations(row.id).await?;
        if !self.ledger.mutations(row.id).await?.is_empty() {
            return Ok(row);
        }
        self.ledger.forget_searched().await?;
        let check = "no part is on disk, active or not, that has not been through the mutation";
        let mut report = self.reached(&row, ErasureState::Removed, check).await?;
        report.checks.push("no part is detached".to_owned());
        report.checks.push(
            "this node's caches of unpacked columns and indexes and of the text index were emptied"
                .to_owned(),
        );
        report
            .checks
            .push("no mutation's text is left that names the subject".to_owned());
        self.reach(&row, ErasureState::Removed, &report).await
    }

    /// Erases what came late.
    async fn sweep(
        &self,
        row: &ErasureRow,
        plan: &Plan<'_>,
        late_rows: u64,
    ) -> Result<ErasureRow, StoreError> {
        self.ledger.mutate(plan).await?;
        let mut report = row.report()?;
        report.late_rows += late_rows;
        report.blocked = None;
        self.reach(row, ErasureState::Hidden, &report).await
    }

    async fn verify(&self, row: ErasureRow) -> Result<ErasureRow, StoreError> {
        // It is forgotten only after nothing was found: whoever finds it gone goes on from there.
        let subject = self.ledger.subject(row.id).await?;
        if let Some(subject) = &subject {
            let plan = self.plan(&row, subject)?;
            let found = self.ledger.count(&plan, false).await?;
            if !found.is_empty() && row.table_id() == self.ledger.table_id().await? {
                return self.sweep(&row, &plan, total(&found)).await;
            }
            // In another table it is not what came late, but what was hidden before.
            if !found.is_empty() {
                let mut report = row.report()?;
                report.late_rows += total(&found);
                (report.repeated, report.blocked) = (true, None);
                return self.reach(&row, ErasureState::Requested, &report).await;
            }
        }
        // Whoever finds it forgotten has not looked: the table may be another one by now. And where readers are
        // not let in, one is being restored, and its parts may come later.
        let is_nobody = subject == Some(Subject::nobody());
        let has_looked = subject.is_some() && !is_nobody && self.ledger.is_read().await?;
        if !self.ledger.forget(row.id).await? {
            return Ok(row);
        }
        if self.has_gone_on(&row).await? {
            return Ok(row); // and has found something, it may be
        }
        let event = erasure_event(&row)?;
        self.writer.insert(&[event]).await?;
        let check = if is_nobody {
            "no stored event named its subject as its actor or entity"
        } else {
            "no stored row is of its scope"
        };
        let mut report = self.reached(&row, ErasureState::Verified, check).await?;
        report
            .checks
            .push("the subject is kept nowhere but as a keyed hash".to_owned());
        self.reach_in(&row, ErasureState::Verified, &report, has_looked)
            .await
    }

    /// What there is to tell now that it has come so far.
    async fn reached(
        &self,
        row: &ErasureRow,
        state: ErasureState,
        check: &str,
    ) -> Result<Report, StoreError> {
        let mut report = row.report()?;
        report.blocked = None;
        report.reached.push((state, self.ledger.now().await?));
        report.checks.push(check.to_owned());
        Ok(report)
    }

    async fn reach(
        &self,
        row: &ErasureRow,
        state: ErasureState,
        report: &Report,
    ) -> Result<ErasureRow, StoreError> {
        let is_of_table = matches!(state, ErasureState::Hidden | ErasureState::Removed);
        self.reach_in(row, state, report, is_of_table).await
    }

    /// The same, with the table for which the state holds, where it does for one only.
    async fn reach_in(
        &self,
        row: &ErasureRow,
        state: ErasureState,
        report: &Report,
        is_of_table: bool,
    ) -> Result<ErasureRow, StoreError> {
        let mut next = row.next(state, report)?;
        if is_of_table {
            let mutations = self.ledger.mutations(row.id).await?;
            let table_id = self.ledger.table_id().await?;
            next = next.in_table(&table_id, &versions(row, &table_id, &mutations))?;
        }
        self.ledger.append(&next).await?;
        let is_blocked = report.blocked.is_some();
        tracing::info!(erasure = %row.id, state = state.as_str(), is_blocked, "an erasure went on");
        Ok(next)
    }

    /// The subject as it was kept, or as the events that are there still name it.
    async fn subject(&self, row: &ErasureRow) -> Result<Subject, StoreError> {
        if let Some(subject) = self.ledger.subject(row.id).await? {
            return Ok(subject);
        }
        let mut known = self
            .ledger
            .known_again(&row.org_id, &[row], &self.key)
            .await?;
        let mut subject = known.remove(&row.id).unwrap_or_else(Subject::new);
        let is_nobody = row.scope != "tenant" && subject.is_tenant();
        if is_nobody && !row.report()?.rows.is_empty() {
            return Err(StoreError::ErasureBlocked(
                "whom it is about was lost when its request was interrupted: ask for it once more"
                    .to_owned(),
            ));
        }
        self.add_pseudonyms(row, &mut subject).await?;
        if row.scope != "tenant" && subject.is_tenant() {
            // Nobody is named by it any more. An empty one would mean the whole tenant.
            subject = Subject::nobody();
            // Before it is hidden, whoever asks for it once more may tell whom it is about.
            if row.state()? == ErasureState::Requested {
                return Ok(subject);
            }
        }
        self.ledger.remember(row.id, &subject).await?;
        Ok(subject)
    }

    /// Looks for those whom a restored database has forgotten, once for all erasures of a tenant: each by itself would
    /// take as long.
    pub(super) async fn know_again(
        &self,
        org_id: &str,
        rows: &[ErasureRow],
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = rows.iter().collect();
        let mut known = self.ledger.known_again(org_id, &rows, &self.key).await?;
        for row in rows.into_iter().filter(|row| row.scope != "tenant") {
            let mut subject = known.remove(&row.id).unwrap_or_else(Subject::new);
            self.add_pseudonyms(row, &mut subject).await?;
            if !subject.is_tenant() {
                self.ledger.remember(row.id, &subject).await?;
            }
        }
        Ok(())
    }

    /// What was anonymised before is to go as well: it is the person's still.
    pub(super) async fn add_pseudonyms(
        &self,
        row: &ErasureRow,
        subject: &mut Subject,
    ) -> Result<(), StoreError> {
        if row.mode()? == ErasureMode::Delete && matches!(row.scope.as_str(), "user" | "email") {
            // Ids come before addresses.
            let asked = match row.scope.as_str() {
                "email" => row.subject_hashes.last(),
                _ => row.subject_hashes.first(),
            };
            let pseudonyms = self.pseudonyms(&row.org_id, asked).await?;
            subject.add_pseudonyms(pseudonyms);
        }
        Ok(())
    }

    /// Under which an anonymised subject goes on that has this hash, of what was asked for: an address that somebody is
    /// linked to now may have been another one's.
    pub(super) async fn pseudonyms(
        &self,
        org_id: &str,
        asked: Option<&String>,
    ) -> Result<Vec<String>, StoreError> {
        let Some(asked) = asked else {
            return Ok(Vec::new());
        };
        let firsts = self.ledger.anonymised(org_id, asked).await?;
        let pseudonym = |first: &String| self.key.pseudonym(org_id, first);
        Ok(firsts.iter().map(pseudonym).collect())
    }
}

/// What parts of the present table have to have been through. Another one, from which this was restored, counted
/// by itself.
fn versions(row: &ErasureRow, table_id: &str, mutations: &[Mutation]) -> Versions {
    let mut versions = if row.table_id() == table_id {
        row.versions()
    } else {
        Versions::new()
    };
    for mutation in mutations {
        for (partition, &version) in mutation.partitions.iter().zip(&mutation.versions) {
            let newest = versions.entry(partition.clone()).or_insert(version);
            *newest = version.max(*newest);
        }
    }
    versions
}

fn total(rows: &[ErasedRows]) -> u64 {
    rows.iter().map(|month| month.own + month.traces).sum()
}

/// The fact of an erasure, as an event of the tenant's log. The same erasure makes the same event,
/// however often it is made.
fn erasure_event(row: &ErasureRow) -> Result<NewEvent, StoreError> {
    let timestamp = Timestamp::from_millisecond(row.up_to).map_err(|_| unreadable("time"))?;
    let id = row.id.to_string();
    let report = row.report()?;
    let (own, traces) = report.rows.iter().fold((0, 0), |sums, month| {
        (sums.0 + month.own, sums.1 + month.traces)
    });
    let done = match row.mode()? {
        ErasureMode::Delete => "erased",
        ErasureMode::Anonymise => "anonymised",
    };
    let whom = match row.scope.as_str() {
        "tenant" => "the tenant",
        "entity" => "an entity",
        _ => "a person",
    };
    let detail = serde_json::json!({
        "scope": row.scope, "mode": row.mode, "subject_hashes": row.subject_hashes,
        "up_to": timestamp.to_string(), "own_events": own, "events_with_traces": traces,
    });
    let event = AuditEvent {
        id: event_id(&EventIdentity {
            request_time_ms: row.up_to,
            api_id: OWN_SERVICE,
            stage: "",
            request_id: &id,
            method: "POST",
            path: "/v1/erasures",
        }),
        org_id: row.org_id.clone(),
        timestamp,
        service_name: OWN_SERVICE.to_owned(),
        event_name: "erase".to_owned(),
        action: Action::Delete,
        outcome: Outcome::Success,
        caller: Caller {
            kind: CallerType::Service,
            name: OWN_SERVICE.to_owned(),
            ..Caller::default()
        },
        entity: Entity {
            kind: "erasure".to_owned(),
            id,
            name: String::new(),
        },
        activity: format!("daybook {done} the events of {whom} up to {timestamp}"),
        detail: detail.to_string(),
        reason: row.reason.clone(),
        source: OWN_SERVICE.to_owned(),
        ingested_at: Timestamp::now(),
        ..AuditEvent::default()
    };
    Ok(NewEvent {
        request_digest: *Uuid::nil().as_bytes(),
        event,
    })
}
