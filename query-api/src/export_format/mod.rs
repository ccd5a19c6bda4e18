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

    /// How long what was written is as Lambda sends it: text as a JSON string, anything else as base64,
    /// which is longer by a third whatever it is.
    pub(crate) fn bytes_sent(self, written: &[u8]) -> usize {
        match self {
            Self::Ndjson | Self::Ocsf => written.len(),
            Self::Csv => bytes_as_json_string(written),
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

/// How long a text is as a string in a JSON text, which is how Lambda sends it.
pub(crate) fn bytes_as_json_string(text: &[u8]) -> usize {
    let escapes = text.iter().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        // Of six characters.
        0..0x20 => 5,
        _ => 0,
    });
    text.len() + escapes.sum::<usize>()
}

fn line(out: &mut Vec<u8>, value: &impl Serialize) {
    // A struct of strings, numbers and maps with string keys always has a JSON text, and a Vec takes
    // whatever is written.
    let _ = sonic_rs::to_writer(&mut *out, value);
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// What JSON escapes, what it need not, what is as long as a vector register, and its neighbours.
    fn texts() -> impl Strategy<Value = String> {
        let letters = prop_oneof![
            any::<char>(),
            (0_u8..=0x7f).prop_map(char::from),
            prop::sample::select(vec![
                '"', '\\', '\u{7f}', '\u{2028}', '\u{feff}', '\u{fffd}'
            ]),
            Just('a'),
        ];
        prop::collection::vec(letters, 0..80).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn a_csv_is_as_long_as_lambda_sends_it(texts in prop::collection::vec(texts(), 2)) {
            let [activity, detail] = <[String; 2]>::try_from(texts).unwrap();
            let event = AuditEvent { activity, detail, ..AuditEvent::default() };
            let mut out = Vec::new();
            ExportFormat::Csv.event(&mut out, &event);
            let sent = serde_json::to_string(std::str::from_utf8(&out).unwrap()).unwrap();
            prop_assert_eq!(ExportFormat::Csv.bytes_sent(&out), sent.len() - 2);
        }

        #[test]
        fn a_line_of_json_is_the_text_of_its_value(
            texts in prop::collection::vec(texts(), 6),
            status_code in any::<u16>(),
        ) {
            let [activity, detail, name, before, key, value] = <[String; 6]>::try_from(texts).unwrap();
            let mut event = AuditEvent {
                activity,
                detail,
                status_code,
                ..AuditEvent::default()
            };
            event.entity.name = name;
            event.changes = vec![daybook_event::Change {
                before,
                ..daybook_event::Change::default()
            }];
            event.http.headers.insert(key, value);
            for (format, expected) in [
                (ExportFormat::Ndjson, serde_json::to_string(&WireEvent::from(&event))),
                (ExportFormat::Ocsf, serde_json::to_string(&ocsf::api_activity(&event))),
            ] {
                let expected = expected.unwrap();
                let mut out = b"the line before\n".to_vec();
                format.event(&mut out, &event);
                let written = String::from_utf8(out).unwrap();
                let mut lines = written.split_inclusive('\n').skip(1);
                let line = lines.next().unwrap();
                prop_assert_eq!(lines.next(), None);
                prop_assert_eq!(
                    serde_json::from_str::<Value>(line).unwrap(),
                    serde_json::from_str::<Value>(&expected).unwrap()
                );
                prop_assert_eq!(line.trim_end_matches('\n'), expected);
            }
        }
    }
}
