//! An erasure as clients read it: its receipt, or what it would be about.

use daybook_event::timestamp_serde;
use daybook_store::{
    CopiesUntil, ErasedRows, ErasureMode, ErasureRequest, ErasureState, Receipt, Report,
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// The receipt of an erasure. Whom it is about stands in it as keyed hashes alone.
#[derive(Debug, Serialize)]
pub(crate) struct WireReceipt<'a> {
    id: Uuid,
    org_id: &'a str,
    state: ErasureState,
    scope: &'a str,
    mode: ErasureMode,
    reason: &'a str,
    subject_hashes: &'a [String],
    #[serde(with = "timestamp_serde")]
    up_to: Timestamp,
    reached: Vec<Reached>,
    rows: Vec<MonthRows>,
    late_rows: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<&'a str>,
    linked_identifiers: usize,
    shared_identifiers: usize,
    checks: &'a [String],
    not_searched: &'a [String],
    copies_until: WireCopies,
}

/// A state, and when it was reached.
#[derive(Debug, Serialize)]
struct Reached {
    state: ErasureState,
    #[serde(with = "timestamp_serde")]
    at: Timestamp,
}

#[derive(Debug, Serialize)]
struct MonthRows {
    /// `2026-11`.
    month: String,
    own: u64,
    traces: u64,
}

#[derive(Debug, Serialize)]
struct WireCopies {
    #[serde(with = "timestamp_serde")]
    queue: Timestamp,
    #[serde(with = "timestamp_serde")]
    dead_letter_queue: Timestamp,
    #[serde(with = "timestamp_serde")]
    backups: Timestamp,
}

/// What an erasure would be about.
#[derive(Debug, Serialize)]
pub(crate) struct WirePreview<'a> {
    scope: &'a str,
    mode: ErasureMode,
    rows: Vec<MonthRows>,
    linked_identifiers: usize,
    shared_identifiers: usize,
    not_searched: &'a [String],
}

impl<'a> WirePreview<'a> {
    /// What the store found out about a request.
    pub(crate) fn new(request: &'a ErasureRequest, report: &'a Report) -> Self {
        Self {
            scope: request.scope.as_str(),
            mode: request.mode,
            rows: months(&report.rows),
            linked_identifiers: report.linked_identifiers,
            shared_identifiers: report.shared_identifiers,
            not_searched: &report.not_searched,
        }
    }
}

impl<'a> From<&'a Receipt> for WireReceipt<'a> {
    fn from(receipt: &'a Receipt) -> Self {
        let Receipt {
            id,
            org_id,
            state,
            scope,
            mode,
            subject_hashes,
            up_to,
            reason,
            report,
            copies_until,
        } = receipt;
        let Report {
            rows,
            late_rows,
            repeated: _, // for operators: `reached` says it as well
            blocked,
            linked_identifiers,
            shared_identifiers,
            reached,
            checks,
            not_searched,
        } = report;
        let CopiesUntil {
            queue,
            dead_letter_queue,
            backups,
        } = *copies_until;
        let reached = reached.iter();
        Self {
            id: *id,
            org_id,
            state: *state,
            scope,
            mode: *mode,
            reason,
            subject_hashes,
            up_to: *up_to,
            reached: reached.map(|&(state, at)| Reached { state, at }).collect(),
            rows: months(rows),
            late_rows: *late_rows,
            blocked: blocked.as_deref(),
            linked_identifiers: *linked_identifiers,
            shared_identifiers: *shared_identifiers,
            checks,
            not_searched,
            copies_until: WireCopies {
                queue,
                dead_letter_queue,
                backups,
            },
        }
    }
}

fn months(rows: &[ErasedRows]) -> Vec<MonthRows> {
    let month = |rows: &ErasedRows| MonthRows {
        month: format!("{:04}-{:02}", rows.partition / 100, rows.partition % 100),
        own: rows.own,
        traces: rows.traces,
    };
    rows.iter().map(month).collect()
}
