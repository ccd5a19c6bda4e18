//! What was erased and is there again, as after a restore.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::erasure::Eraser;
use crate::erasure::record::{ErasureRow, ErasureState, Report, Versions};
use crate::erasure::scope::Subject;
use crate::error::StoreError;

impl Eraser {
    /// After a backup was restored: looks whether events are there again that were erased, and asks
    /// for each of those erasures once more. To be run to its end before any reader gets in.
    ///
    /// Each erasure of a person or a thing is looked for among all events of its tenant, so what was verified in
    /// the table that is there is left out. Which are not verified now.
    ///
    /// # Errors
    /// Whatever ClickHouse says, and then of the first that could not be looked for; the others were.
    pub async fn reapply(&self) -> Result<Vec<Uuid>, StoreError> {
        self.look_again(false).await
    }

    /// The same for whatever was verified in this very table, too: older parts may have been attached to it. What is
    /// not there is verified in this table from now on, so that [`Eraser::reapply`] leaves it out: for when a table
    /// has all of its parts.
    ///
    /// # Errors
    /// As [`Eraser::reapply`].
    pub async fn reapply_everything(&self) -> Result<Vec<Uuid>, StoreError> {
        self.look_again(true).await
    }

    async fn look_again(&self, is_everything: bool) -> Result<Vec<Uuid>, StoreError> {
        self.ledger.check().await?;
        self.hide_again().await?;
        let table_id = self.ledger.table_id().await?;
        let (mut again, mut failed) = (Vec::new(), None);
        let rows = self.ledger.rows().await?;
        let mut verified: BTreeMap<&str, Vec<&ErasureRow>> = BTreeMap::new();
        for row in &rows {
            if row.state()? != ErasureState::Verified {
                again.push(row.id);
            } else if is_everything || row.table_id() != table_id {
                verified.entry(&row.org_id).or_default().push(row);
            }
        }
        for (org_id, rows) in verified {
            // What is wrong with one is no reason to leave the others.
            let known = self.ledger.known_again(org_id, &rows, &self.key).await;
            let mut known = match known {
                Ok(known) => known,
                Err(error) => {
                    failed = failed.or(Some(error));
                    continue;
                }
            };
            for row in rows {
                let subject = known.remove(&row.id).unwrap_or_else(Subject::new);
                let mut report = row.report()?;
                self.tell_not_searched(row, &subject, &mut report);
                match self.is_there_again(row, subject).await {
                    Ok(true) => again.push(row.id),
                    Ok(false) if is_everything && row.table_id() != table_id => {
                        let verified = row.next(ErasureState::Verified, &report)?;
                        self.ledger
                            .append(&verified.in_table(&table_id, &Versions::new())?)
                            .await?;
                    }
                    Ok(false) => {}
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
        }
        failed.map_or(Ok(again), Err)
    }

    /// Looks for what was verified, and asks for it again if it is there.
    async fn is_there_again(
        &self,
        row: &ErasureRow,
        mut subject: Subject,
    ) -> Result<bool, StoreError> {
        self.add_pseudonyms(row, &mut subject).await?;
        if row.scope != "tenant" && subject.is_tenant() {
            return Ok(false); // nothing of it is there
        }
        let plan = self.plan(row, &subject)?;
        let rows = self.ledger.count(&plan, false).await?;
        if rows.is_empty() {
            return Ok(false);
        }
        let mut report = row.report()?;
        report.rows = rows;
        report.repeated = true;
        self.ask_again(row, report).await?;
        self.ledger.remember(row.id, &subject).await?;
        Ok(true)
    }

    /// Asks once more for what was hidden in the database of which this one is a restored copy; how many.
    pub(super) async fn hide_again(&self) -> Result<usize, StoreError> {
        let hidden = self.ledger.hidden_elsewhere().await?;
        for id in &hidden {
            let row = self.ledger.row(*id).await?;
            self.hide_once_more(&row).await?;
        }
        Ok(hidden.len())
    }

    /// Asks once more for what readers saw nothing of already.
    pub(super) async fn hide_once_more(&self, row: &ErasureRow) -> Result<(), StoreError> {
        let mut report = row.report()?;
        report.repeated = true;
        self.ask_again(row, report).await
    }

    async fn ask_again(&self, row: &ErasureRow, mut report: Report) -> Result<(), StoreError> {
        let requested = ErasureState::Requested;
        report.reached.push((requested, self.ledger.now().await?));
        report.blocked = None;
        self.ledger.append(&row.next(requested, &report)?).await
    }
}
