//! A row per event, as RFC 4180 has it, in which no spreadsheet finds a formula.

use daybook_event::{AuditEvent, never_expires, timestamp_ms};
use serde::Serialize;

use super::CutOff;

const COLUMNS: [&str; 43] = [
    "timestamp",
    "activity",
    "action",
    "outcome",
    "service_name",
    "event_name",
    "caller_type",
    "caller_user_email",
    "caller_name",
    "caller_user_id",
    "caller_token_id",
    "entity_type",
    "entity_id",
    "entity_name",
    "parent_type",
    "parent_id",
    "parent_name",
    "status_code",
    "http_method",
    "http_path",
    "http_resource",
    "http_domain_name",
    "http_stage",
    "http_ip",
    "http_user_agent",
    "http_headers",
    "http_query",
    "http_path_params",
    "correlation_id",
    "reason",
    "detail",
    "changes",
    "privacy",
    "source_url",
    "source",
    "redacted",
    "described",
    "schema_version",
    "spec_version",
    "ingested_at",
    "expires_at",
    "org_id",
    "id",
];

/// Where a spreadsheet may see another cell begin, whatever stands in quotes: some countries' expect
/// semicolons.
const SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];

/// What a formula begins with, wide forms included.
const SIGNS: [char; 10] = ['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠'];

/// What the first cell says behind the last event, where there should be more.
const CUT_OFF: &str = "# This export was cut off here";

/// The names of the columns.
pub(super) fn head(out: &mut Vec<u8>) {
    cells(out, COLUMNS.iter().copied());
}

/// One event.
pub(super) fn row(out: &mut Vec<u8>, event: &AuditEvent) {
    let AuditEvent {
        caller,
        entity,
        parent,
        http,
        ..
    } = event;
    let expires_at = if event.expires_at >= never_expires() {
        String::new()
    } else {
        timestamp_ms(event.expires_at)
    };
    cells(
        out,
        [
            &*timestamp_ms(event.timestamp),
            &event.activity,
            event.action.as_str(),
            event.outcome.as_str(),
            &event.service_name,
            &event.event_name,
            caller.kind.as_str(),
            &caller.user_email,
            &caller.name,
            &caller.user_id,
            &caller.token_id,
            &entity.kind,
            &entity.id,
            &entity.name,
            &parent.kind,
            &parent.id,
            &parent.name,
            &event.status_code.to_string(),
            &http.method,
            &http.path,
            &http.resource,
            &http.domain_name,
            &http.stage,
            &http.ip,
            &http.user_agent,
            &json(&http.headers),
            &json(&http.query),
            &json(&http.path_params),
            &event.correlation_id,
            &event.reason,
            &event.detail,
            &json(&event.changes),
            &event.privacy,
            &event.source_url,
            &event.source,
            &json(&event.redacted),
            if event.described { "true" } else { "false" },
            &event.schema_version.to_string(),
            &event.spec_version,
            &timestamp_ms(event.ingested_at),
            &expires_at,
            &event.org_id,
            &event.id.to_string(),
        ],
    );
}

/// A row that is none of the log: it begins with a number sign, and says why.
pub(super) fn cut_off(out: &mut Vec<u8>, cut_off: &CutOff<'_>) {
    let (error, written) = (json(&cut_off.error), cut_off.events_written.to_string());
    let said = [CUT_OFF, &error, &written];
    let empty = std::iter::repeat_n("", COLUMNS.len() - said.len());
    cells(out, said.into_iter().chain(empty));
}

fn json(value: &impl Serialize) -> String {
    // Strings, numbers and maps with string keys always have a JSON text.
    serde_json::to_string(value).unwrap_or_default()
}

fn cells<'a>(out: &mut Vec<u8>, texts: impl IntoIterator<Item = &'a str>) {
    for (number, text) in texts.into_iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        out.push(b'"');
        if is_formula(text) {
            out.push(b'\'');
        }
        // Whether only blanks stand between a separator and this letter.
        let mut is_begin = false;
        for letter in text.chars() {
            if is_begin && SIGNS.contains(&letter) {
                out.push(b'\'');
            }
            if letter == '"' {
                out.push(b'"');
            }
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            // Two quotation marks are an empty cell to whom the separator ended one.
            let is_nothing = is_blank(letter) || letter == '"';
            is_begin = SEPARATORS.contains(&letter) || is_begin && is_nothing;
        }
        out.push(b'"');
    }
    out.extend_from_slice(b"\r\n");
}

/// Whether a spreadsheet might calculate the cell
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn is_formula(text: &str) -> bool {
    let is_control = text.starts_with(['\t', '\r', '\n']);
    is_control || begins_with_sign(text)
}

fn begins_with_sign(text: &str) -> bool {
    text.trim_start_matches(is_blank).starts_with(SIGNS)
}

fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads what was written, by RFC 4180 and nothing else.
    fn read(text: &str) -> Vec<Vec<String>> {
        let mut rows = vec![vec![String::new()]];
        let mut letters = text.chars().peekable();
        let mut is_quoted = false;
        while let Some(letter) = letters.next() {
            let row = rows.last_mut().unwrap();
            match letter {
                '"' if is_quoted && letters.next_if_eq(&'"').is_some() => {
                    row.last_mut().unwrap().push('"');
                }
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => row.push(String::new()),
                '\r' if !is_quoted => {
                    assert_eq!(letters.next(), Some('\n'));
                    rows.push(vec![String::new()]);
                }
                other => row.last_mut().unwrap().push(other),
            }
        }
        rows.pop();
        rows
    }

    fn written(event: &AuditEvent) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        head(&mut out);
        row(&mut out, event);
        read(&String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_formula_is_text() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            " =1",
            "＝1",
            "=HYPERLINK(\"http://x\")",
        ] {
            assert!(is_formula(text), "{text}");
        }
        for text in ["", "jane@example.com", "1-2", "a=b", "'x", "{\"a\":1}"] {
            assert!(!is_formula(text), "{text}");
        }
    }

    #[test]
    fn a_formula_behind_a_separator_is_text() {
        let event = AuditEvent {
            activity: "a;=HYPERLINK(\"http://x\");b\n@SUM(A1)".to_owned(),
            ..AuditEvent::default()
        };
        let expected = "a;'=HYPERLINK(\"http://x\");b\n'@SUM(A1)";
        assert_eq!(written(&event)[1][1], expected);
    }

    proptest! {
        #[test]
        fn every_text_is_read_back_and_none_is_a_formula(
            activity in "[\\PC\r\n\t;=]{0,20}|[=+@-]\\PC{0,9}",
            detail in "[\",;\r\n=a]{0,20}",
        ) {
            let event = AuditEvent { activity: activity.clone(), detail: detail.clone(), ..AuditEvent::default() };
            let rows = written(&event);
            prop_assert_eq!(rows.len(), 2);
            for (name, text) in [("activity", activity), ("detail", detail)] {
                let column = rows[0].iter().position(|column| column == name).unwrap();
                let cell = rows[1][column].as_str();
                prop_assert!(!is_formula(cell));
                let cells = cell.split(SEPARATORS).skip(1);
                let mut cells = cells.map(|cell| cell.replace('"', ""));
                prop_assert!(!cells.any(|cell| begins_with_sign(&cell)), "{cell:?}");
                // Nothing but quotation marks is put in.
                let without = |text: &str| text.replace('\'', "");
                prop_assert_eq!(without(cell), without(&text));
                let bare = text.replace('"', "");
                if !is_formula(&text) && !bare.split(SEPARATORS).any(begins_with_sign) {
                    prop_assert_eq!(cell, text);
                }
            }
            prop_assert!(rows.iter().all(|row| row.len() == COLUMNS.len()));
        }
    }
}
