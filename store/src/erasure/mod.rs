//! Erasure on request: a customer's data vanishes for good, and the fact of it stays.
//!
//! An erasure goes through four states, each a row of the table `erasures`:
//!
//! 1. *requested*: writers do not store the subject's events up to now any more;
//! 2. *hidden*: a mutation is known, and the readers' view applies it as it reads;
//! 3. *removed*: the mutation is done, what it replaced is gone from the disk, and so is its text;
//! 4. *verified*: nothing is found, and the subject itself is forgotten.
//!
//! Each step can be done again, and what it needs is read from the database: whoever finds an
//! erasure half done can go on with it. The subject stands in `erasure_subjects` while the work
//! needs it; where it is lost, it is known again by its hashes from the events that are there.

mod again;
mod holds;
mod key;
mod known;
mod ledger;
mod ledger_file;
mod record;
mod restored;
mod scope;
mod steps;
mod traces;
mod words;

use std::time::Duration;

use daybook_event::OWN_SERVICE;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::endpoint::{Credentials, Endpoint};
use crate::error::StoreError;
use crate::insert::{LOOK_TO_STORED_MAX, Writer};
use crate::tenant::TenantId;
use ledger::Ledger;
use record::ErasureRow;
use scope::{Plan, Subject};

pub use key::ErasureKey;
pub use ledger::DROP_SEARCHED;
pub(crate) use ledger::{ErasureId, IS_FAILING, forget_mutations};
pub use ledger_file::{LedgerEntry, LedgerFile, LedgerSync};
pub use record::{
    BACKUP_DAYS_MAX, CopiesUntil, CopyLifetimes, ErasedRows, ErasureState, Receipt, Report,
};
pub(crate) use record::{KEY, NEWEST};
pub use restored::let_readers_in;
pub(crate) use restored::{is_of_cluster, is_restored};
pub(crate) use scope::is_person;
pub use scope::{ErasureMode, SUBJECT_BYTES_MAX, Scope};
#[cfg(test)]
pub(crate) use traces::TRACE_BYTES_MIN;

use key::folded;

/// Most bytes of a reason.
pub const REASON_BYTES_MAX: usize = 500;
/// How many of a tenant's newest erasures are looked through for one that was interrupted.
const INTERRUPTED_MAX: u32 = 1_000;

/// Whoever looks at the table from the request on knows of it (see `admission.rs`), and what was
/// looked at before is stored in this time, or never.
pub(crate) const WRITERS_SETTLE: Duration =
    Duration::from_secs(LOOK_TO_STORED_MAX.as_secs() + SERVER_MARGIN.as_secs());
/// What ClickHouse may go on with after it saw that a query's time was over.
const SERVER_MARGIN: Duration = Duration::from_secs(5);
const POLL_INTERVAL_MIN: Duration = Duration::from_millis(100);
const POLL_INTERVAL_MAX: Duration = Duration::from_secs(2);

/// What is to be erased, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureRequest {
    /// The tenant, always: ids repeat across tenants.
    pub tenant: TenantId,
    /// Whom or what it is about.
    pub scope: Scope,
    /// What becomes of the subject's own events.
    pub mode: ErasureMode,
    /// Why, in a few words that do not name the subject: they stay.
    pub reason: String,
}

impl ErasureRequest {
    fn check(&self) -> Result<(), StoreError> {
        self.scope.check()?;
        let refuse = |problem: &str| Err(StoreError::InvalidErasure(problem.to_owned()));
        if self.mode == ErasureMode::Anonymise && self.scope == Scope::Tenant {
            return refuse("a whole tenant has no pseudonym: name a person or a thing");
        }
        if is_unattributed(self.tenant.as_str()) && self.scope.has_short_id() {
            return refuse("without a tenant a short id may be anybody's: name an e-mail address");
        }
        if self.reason.trim().is_empty() || self.reason.len() > REASON_BYTES_MAX {
            return refuse("the reason is empty or longer than 500 bytes");
        }
        Ok(())
    }
}

/// What came of a step of [`Eraser::work`].
#[derive(Debug)]
pub struct Worked {
    /// Of each erasure that was not verified how far it is, or why it does not go on.
    pub erasures: Vec<(Uuid, Result<Receipt, StoreError>)>,
    /// Whether what names a subject and is of no erasure any more could be dropped, as it is after an hour.
    pub forgotten: Result<(), StoreError>,
}

/// Erases. Only one that can log in as the eraser can do it.
#[derive(Debug, Clone)]
pub struct Eraser {
    ledger: Ledger,
    key: ErasureKey,
    /// Stores the fact of the erasure as an event.
    writer: Writer,
    writers_settle: Duration,
    copies: CopyLifetimes,
}

impl Eraser {
    /// One that connects when it is first used.
    ///
    /// # Errors
    /// [`StoreError::InvalidEndpoint`].
    pub fn new(
        endpoint: &Endpoint,
        eraser: &Credentials,
        key: ErasureKey,
        writer: Writer,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            ledger: Ledger::new(endpoint, eraser, &key)?,
            key,
            writer,
            writers_settle: WRITERS_SETTLE,
            copies: CopyLifetimes::default(),
        })
    }

    /// How long copies may lie outside the database, for the receipt.
    #[must_use]
    pub fn with_copy_lifetimes(mut self, copies: CopyLifetimes) -> Self {
        self.copies = copies;
        self
    }

    /// How long a writer may go on storing that has not heard of an erasure, where it is known to
    /// be less than a minute and a half.
    #[must_use]
    pub fn with_writers_settle(mut self, writers_settle: Duration) -> Self {
        self.writers_settle = writers_settle;
        self
    }

    /// What a request would be about, by month. Nothing is changed.
    ///
    /// # Errors
    /// As [`Eraser::request`].
    pub async fn preview(&self, request: &ErasureRequest) -> Result<Report, StoreError> {
        self.ledger.check().await?;
        let now = self.ledger.now().await?;
        Ok(self.prepare(request, Uuid::nil(), now).await?.2)
    }

    /// Takes a request on: from now on no writer stores what it is about.
    ///
    /// # Errors
    /// [`StoreError::InvalidErasure`] and [`StoreError::LegalHold`], which change nothing; and
    /// whatever ClickHouse says.
    pub async fn request(&self, request: &ErasureRequest) -> Result<Uuid, StoreError> {
        let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
        self.request_as(id, request).await?;
        Ok(id)
    }

    async fn request_as(&self, id: Uuid, request: &ErasureRequest) -> Result<(), StoreError> {
        self.ledger.check().await?;
        // Of those who ask, one's clock may be a day ahead, and a day's events would be lost.
        let now = self.ledger.now().await?;
        let (subject, subject_hashes, mut report) = self.prepare(request, id, now).await?;
        report.reached.push((ErasureState::Requested, now));
        let org_id = request.tenant.as_str();
        let row = ErasureRow {
            org_id: org_id.to_owned(),
            id,
            step: 0,
            at: now.as_millisecond(),
            state: ErasureState::Requested.as_str().to_owned(),
            scope: request.scope.as_str().to_owned(),
            mode: request.mode.as_str().to_owned(),
            subject_hashes,
            up_to: now.as_millisecond(),
            reason: request.reason.clone(),
            report: serde_json::to_string(&report).map_err(|_| record::unreadable("report"))?,
        };
        let row = self.ledger.with_key(row)?;
        self.tell_interrupted(&row, &subject).await?;
        // In this order: what ends in between is nothing that anybody was told of.
        if self.ledger.subject(id).await?.is_none() {
            self.ledger.remember(id, &subject).await?;
        }
        self.ledger.append(&row).await
    }

    /// Earlier requests for the same may not know whom they are about: a backup is not of all tables at one moment.
    async fn tell_interrupted(
        &self,
        asked: &ErasureRow,
        subject: &Subject,
    ) -> Result<(), StoreError> {
        for row in self.ledger.rows_of(&asked.org_id, INTERRUPTED_MAX).await? {
            let is_same = (&row.scope, &row.mode) == (&asked.scope, &asked.mode)
                && row.state()? == ErasureState::Requested
                && row
                    .subject_hashes
                    .iter()
                    .all(|hash| asked.subject_hashes.contains(hash));
            if is_same && self.ledger.subject(row.id).await?.is_none() {
                self.ledger.remember(row.id, subject).await?;
            }
        }
        Ok(())
    }

    /// Takes a request on and hides what it is about, which takes a second or two: all that a caller
    /// has to wait for. The rest is for whoever calls [`Eraser::work`].
    ///
    /// # Errors
    /// As [`Eraser::request`]. After any other error than those two the request may stand:
    /// [`Eraser::work`] goes on with it, and asking again makes a second one, which does no harm.
    pub async fn begin(&self, request: &ErasureRequest) -> Result<Receipt, StoreError> {
        let id = self.request(request).await?;
        self.advance(id).await
    }

    /// The same, once for each key: the same request with a key that came before is the erasure that
    /// it began, as far as that is by now. Two at once do no harm.
    ///
    /// # Errors
    /// As [`Eraser::begin`]; after an error, asking again with the same key goes on with what stands.
    pub async fn begin_once(
        &self,
        request: &ErasureRequest,
        idempotency_key: &str,
    ) -> Result<Receipt, StoreError> {
        let id = self.key.erasure_id(request, idempotency_key);
        match self.ledger.row(id).await {
            Ok(row) if row.state()? == ErasureState::Requested => {
                // It may have ended between the two rows of a request.
                if self.ledger.subject(id).await?.is_none() {
                    let up_to = self.receipt(&row)?.up_to;
                    let (subject, ..) = self.prepare(request, id, up_to).await?;
                    self.ledger.remember(id, &subject).await?;
                    // It may have come to its end meanwhile.
                    if self.ledger.row(id).await?.state()? == ErasureState::Verified {
                        self.ledger.forget(id).await?;
                    }
                }
            }
            Ok(row) => return self.receipt(&row),
            Err(StoreError::UnknownErasure(_)) => self.request_as(id, request).await?,
            Err(error) => return Err(error),
        }
        self.advance(id).await
    }

    /// A tenant's erasures, the newest first, at most `limit` of them.
    ///
    /// # Errors
    /// Whatever ClickHouse says.
    pub async fn list(&self, tenant: &TenantId, limit: u32) -> Result<Vec<Receipt>, StoreError> {
        let rows = self.ledger.rows_of(tenant.as_str(), limit).await?;
        rows.iter().map(|row| self.receipt(row)).collect()
    }

    /// How far a tenant's erasure is.
    ///
    /// # Errors
    /// [`StoreError::UnknownErasure`], of another tenant's as well; and whatever ClickHouse says.
    pub async fn status(&self, tenant: &TenantId, id: Uuid) -> Result<Receipt, StoreError> {
        let row = self.ledger.row(id).await?;
        if row.org_id != tenant.as_str() {
            return Err(StoreError::UnknownErasure(id));
        }
        self.receipt(&row)
    }

    /// Does what can be done now, and says how far it is. It never waits for long.
    ///
    /// # Errors
    /// [`StoreError::ErasureBlocked`] where somebody has to clear the way first, and whatever
    /// ClickHouse says. It can always be called again.
    pub async fn advance(&self, id: Uuid) -> Result<Receipt, StoreError> {
        self.ledger.check().await?;
        let row = self.ledger.row(id).await?;
        let row = self.step(row).await?;
        self.receipt(&row)
    }

    /// Goes on until the erasure is verified, or the time is over.
    ///
    /// # Errors
    /// As [`Eraser::advance`]; [`StoreError::Timeout`] where the time is over, which costs nothing
    /// but another call.
    pub async fn run_to_end(&self, id: Uuid, time_max: Duration) -> Result<Receipt, StoreError> {
        let deadline = Instant::now() + time_max;
        let mut interval = POLL_INTERVAL_MIN;
        loop {
            let receipt = self.advance(id).await?;
            if receipt.state == ErasureState::Verified {
                return Ok(receipt);
            }
            if Instant::now() >= deadline {
                return Err(StoreError::Timeout);
            }
            sleep(interval).await;
            interval = (interval * 3 / 2).min(POLL_INTERVAL_MAX);
        }
    }

    /// Goes a step on with every erasure that is not verified, and says of each how far it is, or why
    /// it does not go on. To be called every few seconds by whoever runs the work; two who do it at once
    /// do no harm.
    ///
    /// # Errors
    /// Whatever ClickHouse says when it is asked which there are; of each, as [`Eraser::advance`].
    pub async fn work(&self) -> Result<Worked, StoreError> {
        // That it fails is no reason to leave what was asked for.
        let forgotten = self.ledger.forget_the_unasked().await;
        let mut erasures = Vec::new();
        for id in self.unfinished().await? {
            erasures.push((id, self.advance(id).await));
        }
        Ok(Worked {
            erasures,
            forgotten,
        })
    }

    /// Every erasure that is not verified, oldest first.
    ///
    /// # Errors
    /// Whatever ClickHouse says.
    pub async fn unfinished(&self) -> Result<Vec<Uuid>, StoreError> {
        let rows = self.ledger.rows().await?;
        Ok(rows
            .iter()
            .filter(|row| row.state != ErasureState::Verified.as_str())
            .map(|row| row.id)
            .collect())
    }

    /// Whom or what it is about, the hashes that are kept of it, and what is there.
    async fn prepare(
        &self,
        request: &ErasureRequest,
        id: Uuid,
        now: Timestamp,
    ) -> Result<(Subject, Vec<String>, Report), StoreError> {
        request.check()?;
        let org_id = request.tenant.as_str();
        let up_to = now.as_millisecond();
        let mut report = Report::default();
        let mut are_more = false;
        let mut subject = Subject::of(&request.scope);
        let asked = subject.hashes(&self.key, org_id);
        // Without a tenant, ids of different customers' people stand side by side.
        if subject.entity.is_none() && !subject.is_tenant() && !is_unattributed(org_id) {
            let plan = Plan::new(
                id.to_string(),
                org_id,
                up_to,
                request.mode,
                &subject,
                &[],
                &self.key,
            );
            let links = self.ledger.links(&plan).await?;
            report.shared_identifiers = links.shared;
            are_more = links.are_more;
            subject.add_links(links.user_ids, links.emails);
            report.linked_identifiers = subject.identifiers().count() - 1;
        }
        if subject
            .identifiers()
            .any(|identifier| traces::names(&request.reason, identifier))
        {
            return Err(StoreError::InvalidErasure(
                "the reason names the subject, and the reason stays".to_owned(),
            ));
        }
        let hashes = subject.hashes(&self.key, org_id);
        let mut pseudonyms = Vec::new();
        if request.mode == ErasureMode::Delete {
            pseudonyms = self.pseudonyms(org_id, asked.first()).await?;
        }
        let has_anonymised_thing = subject.entity.is_some() && !pseudonyms.is_empty();
        if subject.entity.is_none() {
            // What was anonymised before is the person's still.
            subject.add_pseudonyms(pseudonyms);
        }
        let plan = Plan::new(
            id.to_string(),
            org_id,
            up_to,
            request.mode,
            &subject,
            &hashes,
            &self.key,
        );
        self.ledger.check_holds(&plan).await?;
        report.rows = self.ledger.count(&plan, false).await?;
        report.not_searched = not_searched(&plan, report.shared_identifiers, are_more);
        // By an address, whoever's it is.
        if request.scope.as_str() == "email" && !is_unattributed(org_id) {
            let others = "e-mail addresses that stand beside the given one where it is a user id: ask for them by themselves";
            report.not_searched.push(others.to_owned());
        }
        if has_anonymised_thing {
            let trail = "its events that were anonymised before, which stay under a pseudonym";
            report.not_searched.push(trail.to_owned());
        }
        Ok((subject, hashes, report))
    }

    fn plan<'a>(&self, row: &'a ErasureRow, subject: &'a Subject) -> Result<Plan<'a>, StoreError> {
        let mut plan = Plan::new(
            row.id.to_string(),
            &row.org_id,
            row.up_to,
            row.mode()?,
            subject,
            &row.subject_hashes,
            &self.key,
        );
        // Of one that was anonymised the pseudonym is looked for, and another one stands in its place.
        let is_looked_for = |pseudonym: &str| subject.identifiers().any(|id| id == pseudonym);
        while is_looked_for(&plan.pseudonym) {
            plan.pseudonym = self.key.pseudonym(&row.org_id, &plan.pseudonym);
        }
        Ok(plan)
    }

    fn receipt(&self, row: &ErasureRow) -> Result<Receipt, StoreError> {
        let up_to =
            Timestamp::from_millisecond(row.up_to).map_err(|_| record::unreadable("time"))?;
        let report = row.report()?;
        Ok(Receipt {
            id: row.id,
            org_id: row.org_id.clone(),
            state: row.state()?,
            scope: row.scope.clone(),
            mode: row.mode()?,
            subject_hashes: row.subject_hashes.clone(),
            up_to,
            reason: row.reason.clone(),
            copies_until: self.copies.after(up_to, &report),
            report,
        })
    }
}

fn is_unattributed(org_id: &str) -> bool {
    org_id == TenantId::unattributed().as_str()
}

/// What a receipt must own up to.
fn not_searched(plan: &Plan<'_>, shared: usize, are_more: bool) -> Vec<String> {
    let mut places = vec![
        format!("events of the service {OWN_SERVICE}: who read the log, and what was erased"),
        "the queue, the dead-letter queue, the bucket of large messages and backups, which end by themselves, and the \
         file dead-letters.ndjson of a local Daybook, which does not"
            .to_owned(),
        "dead letters that are moved back into the queue: their days begin anew".to_owned(),
        "logs of ClickHouse, of Lambda and of other systems".to_owned(),
    ];
    let mut place = |text: &str| places.push(text.to_owned());
    if plan.subject.is_tenant() {
        return places;
    }
    if is_unattributed(plan.org_id) {
        place(
            "other ids and addresses of the person: events without a tenant do not tell whose they are",
        );
    } else {
        place("events without a tenant: calls that nobody was logged in for, such as logins");
    }
    place("names of services, operations and kinds of entities, and the hosts and stages of calls");
    if plan.searches_texts() {
        place("texts of others for anything but the identifiers: names, spellings, pictures");
        place(
            "identifiers that are part of a longer word (names of files, keys put together), but for long ones of \
             letters and digits at random between marks",
        );
    }
    if plan.mode == ErasureMode::Anonymise {
        place("addresses in the subject's own events for its name as no browser writes it");
        place(
            "bodies, changes, reasons, headers, queries, addresses and a parent's name in the subject's own events for a \
             name that is a number or has fewer than six bytes, but where it is a whole text; for the latter the last \
             four at all",
        );
        place(
            "the digest of each call, by which whoever has the database can test whether a guess at a whole call is right",
        );
    }
    if plan.subject.has_identifier_of_no_text() {
        place(
            "texts for identifiers that are too short to be told from other words and numbers, in the \
             subject's own events where they are kept, too; and such addresses among the ids of several things, and parents \
             that are several",
        );
    }
    if plan.subject.has_short_id() {
        place(
            "entities of other kinds than user, person and member: a short id may be another thing's",
        );
    }
    place("legal holds, which keep the types and ids of what they held");
    place(
        "texts and parents of others' events, and calls for several things at once, that arrive after the erasure",
    );
    if shared > 0 {
        place(&format!(
            "{shared} e-mail address(es) or id(s) that others use as well, or with other addresses: if they are the \
             person's, ask for them by themselves"
        ));
    }
    if are_more {
        place(
            "more e-mail addresses or ids of the person than are searched at once: ask for them by themselves",
        );
    }
    places
}
