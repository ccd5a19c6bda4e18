//! The forms of an export: JSON lines, CSV, and OCSF.

mod csv;
mod ocsf;

use daybook_event::AuditEvent;
use serde::Serialize;

use crate::error::ProblemDocument;
use crate::wire_event::WireEvent;

/// How an export is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ExportFormat {
    /// A line of JSON per event, as in the answer to a search.
    #[default]
    Ndjson,
    /// A row per event (RFC 4180), in which no spreadsheet finds a formula.
    Csv,
    /// A line of JSON per event: API Activity (class 6003) of the Open Cybersecurity Schema Framework.
    Ocsf,
}

/// The words of a request.
pub(crate) const FORMATS: [(&str, ExportFormat); 3] = [
    ("ndjson", ExportFormat::Ndjson),
    ("csv", ExportFormat::Csv),
    ("ocsf", ExportFormat::Ocsf),
];

/// The last line of an export that is not whole.
#[derive(Debug, Serialize)]
pub(crate) struct CutOff<'a> {
    /// Why.
    pub(crate) error: ProblemDocument<'a>,
    /// How many events stand before it.
    pub(crate) events_written: u64,
}

impl ExportFormat {
    /// The media type.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Ndjson | Self::Ocsf => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// How a browser saves it.
    pub(crate) const fn content_disposition(self) -> &'static str {
        match self {
            Self::Ndjson => "attachment; filename=\"daybook-export.ndjson\"",
            Self::Csv => "attachment; filename=\"daybook-export.csv\"",
            Self::Ocsf => "attachment; filename=\"daybook-export.ocsf.ndjson\"",
        }
    }

    /// What stands before the first event.
    pub(crate) fn head(self, out: &mut Vec<u8>) {
        if self == Self::Csv {
            csv::head(out);
        }
    }

    /// Adds one event.
    pub(crate) fn event(self, out: &mut Vec<u8>, event: &AuditEvent) {
        match self {
            Self::Ndjson => line(out, &WireEvent::from(event)),
            Self::Csv => csv::row(out, event),
            Self::Ocsf => line(out, &ocsf::api_activity(event)),
        }
    }

    /// Adds that the export ends here and is not whole.
    pub(crate) fn cut_off(self, out: &mut Vec<u8>, cut_off: &CutOff<'_>) {
        match self {
            Self::Ndjson | Self::Ocsf => line(out, cut_off),
            Self::Csv => csv::cut_off(out, cut_off),
        }
    }
}

fn line(out: &mut Vec<u8>, value: &impl Serialize) {
    // A struct of strings, numbers and maps with string keys always has a JSON text, and a Vec takes
    // whatever is written.
    let _ = serde_json::to_writer(&mut *out, value);
    out.push(b'\n');
}
