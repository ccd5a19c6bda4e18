//! What is left out of an event that is too long for one answer: its `detail` says so as it says what was
//! cut before the event was stored.

use daybook_event::{AuditEvent, Change, Original, Truncated, read_detail, write_detail};
use serde_json::Value;

use crate::export_format::bytes_as_json_string;

/// A part that is no longer than this is never left out.
const PART_BYTES_KEPT: usize = 8 * 1024;
/// How much of what the handler said, as it is written, stays where the body beside it is left out.
const MESSAGE_BYTES_KEPT: usize = 4 * 1024;

/// The parts of an event that may be long.
#[derive(Debug, Clone, Copy)]
enum Part {
    Body,
    Changes,
    Context,
    Request,
}

const PARTS: [Part; 4] = [Part::Body, Part::Changes, Part::Context, Part::Request];

/// How long the event's longest part is.
pub(crate) fn longest_bytes(event: &AuditEvent) -> usize {
    let parts = PARTS.into_iter().map(|part| part.bytes(event));
    parts.max().unwrap_or_default()
}

/// How long changes are.
pub(crate) fn bytes_of_changes(changes: &[Change]) -> usize {
    let bytes = |it: &Change| it.field.len() + it.before.len() + it.after.len();
    changes.iter().map(bytes).sum()
}

/// Leaves the event's longest part out; says whether there was one worth it, which is shorter now.
pub(crate) fn leave_out_longest(event: &mut AuditEvent) -> bool {
    let longest = PARTS.into_iter().max_by_key(|part| part.bytes(event));
    let Some(part) = longest.filter(|part| part.bytes(event) > PART_BYTES_KEPT) else {
        return false;
    };
    let before = part.bytes(event);
    let (mut marks, mut message) = said(&event.detail);
    // It stands beside the body.
    let is_long =
        |message: &mut String| bytes_as_json_string(message.as_bytes()) > MESSAGE_BYTES_KEPT;
    if matches!(part, Part::Body)
        && let Some(message) = message.take_if(is_long)
    {
        mark(&mut marks.context, message.len());
    }
    part.leave_out(event, &mut marks);
    let body = read_detail(&event.detail).map(|body| body.value);
    let body = body.filter(|body| !body.is_null());
    let marks = serde_json::to_value(marks).unwrap_or_default();
    event.detail = write_detail(body.as_ref(), Some(marks), message);
    // Whoever asks until it says no would ask for ever.
    part.bytes(event) < before
}

impl Part {
    fn bytes(self, event: &AuditEvent) -> usize {
        match self {
            Self::Body => event.detail.len(),
            Self::Changes => bytes_of_changes(&event.changes),
            Self::Context => event.reason.len() + event.privacy.len(),
            Self::Request => {
                let http = &event.http;
                let maps = [&http.headers, &http.query, &http.path_params];
                let pairs = maps.into_iter().flatten();
                let bytes: usize = pairs.map(|(name, value)| name.len() + value.len()).sum();
                bytes + event.redacted.iter().map(String::len).sum::<usize>()
            }
        }
    }

    fn leave_out(self, event: &mut AuditEvent, marks: &mut Truncated) {
        let bytes = self.bytes(event);
        match self {
            Self::Body => {
                mark(&mut marks.request, bytes);
                event.detail.clear();
            }
            Self::Changes => {
                let bytes_of = |state: fn(&Change) -> &String| {
                    event.changes.iter().map(|change| state(change).len()).sum()
                };
                mark(&mut marks.before, bytes_of(|change| &change.before));
                mark(&mut marks.after, bytes_of(|change| &change.after));
                event.changes.clear();
            }
            Self::Context => {
                mark(&mut marks.context, bytes);
                event.reason.clear();
                event.privacy.clear();
            }
            Self::Request => {
                mark(&mut marks.event, bytes);
                event.redacted.clear();
                event.http.headers.clear();
                event.http.query.clear();
                event.http.path_params.clear();
            }
        }
    }
}

/// What was cut before it was stored says already how long it once was.
fn mark(mark: &mut Option<Original>, bytes: usize) {
    mark.get_or_insert_with(|| Original {
        original_bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
        sha256: String::new(),
    });
}

/// What the detail says of what was cut, and what the handler said.
fn said(detail: &str) -> (Truncated, Option<String>) {
    let mut detail: Value = serde_json::from_str(detail).unwrap_or_default();
    let mut member = |name: &str| detail.get_mut(name).map(Value::take).unwrap_or_default();
    let marks = serde_json::from_value(member("$truncated")).unwrap_or_default();
    let message = member("$message").as_str().map(str::to_owned);
    (marks, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CUT: &str = r#"{"$message":"Jane did it","$truncated":{"request":{"original_bytes":9},"response":{"original_bytes":7}},"a":1}"#;

    fn change(after: &str) -> Change {
        Change {
            field: "/rows".to_owned(),
            before: "[]".to_owned(),
            after: after.to_owned(),
        }
    }

    #[test]
    fn the_longest_part_goes_and_the_detail_says_which() {
        let long = "x".repeat(20_000);
        let mut event = AuditEvent {
            detail: json!({"rows": long, "$message": "Jane did it"}).to_string(),
            changes: vec![change(&long[..15_000]), change("[1]")],
            reason: long[..9_000].to_owned(),
            redacted: vec![long[..8_500].to_owned()],
            ..AuditEvent::default()
        };
        assert!(leave_out_longest(&mut event));
        let detail: Value = serde_json::from_str(&event.detail).unwrap();
        assert_eq!(detail["$message"], "Jane did it");
        assert!(detail["$truncated"]["request"]["original_bytes"].as_u64() > Some(20_000));
        assert_eq!(event.changes.len(), 2);
        for _ in 0..3 {
            assert!(leave_out_longest(&mut event));
        }
        assert!(!leave_out_longest(&mut event));
        let detail: Value = serde_json::from_str(&event.detail).unwrap();
        let bytes = |part: &str| {
            detail["$truncated"][part]["original_bytes"]
                .as_u64()
                .unwrap()
        };
        let told = ["before", "after", "context", "event"].map(bytes);
        assert_eq!(told, [4, 15_003, 9_000, 8_500]);
        assert_eq!(detail["$message"], "Jane did it");
        assert!(event.changes.is_empty() && event.reason.is_empty() && event.redacted.is_empty());
    }

    #[test]
    fn what_was_cut_before_and_what_is_short_stay() {
        let mut event = AuditEvent {
            detail: CUT.to_owned(),
            ..AuditEvent::default()
        };
        assert!(!leave_out_longest(&mut event));
        event.changes = vec![change(&"x".repeat(9_000))];
        assert!(leave_out_longest(&mut event));
        let detail: Value = serde_json::from_str(&event.detail).unwrap();
        assert_eq!(
            (&detail["a"], &detail["$message"]),
            (&json!(1), &json!("Jane did it"))
        );
        let marks = &detail["$truncated"];
        assert_eq!(marks["request"]["original_bytes"], 9);
        assert_eq!(marks["response"]["original_bytes"], 7);
        assert_eq!(marks["after"]["original_bytes"], 9_000);
        // A body that could be read as marks stands in a member of its own, as it was stored.
        event.detail = json!({"body": {"$message": "mine"}}).to_string();
        event.changes = vec![change(&"x".repeat(9_000))];
        assert!(leave_out_longest(&mut event));
        let body = read_detail(&event.detail).unwrap();
        assert_eq!(
            (body.value, body.is_cut),
            (json!({"$message": "mine"}), true)
        );
    }

    #[test]
    fn a_message_that_is_as_long_as_a_body_goes_with_it() {
        let mut event = AuditEvent {
            detail: json!({"$message": "x".repeat(20_000)}).to_string(),
            ..AuditEvent::default()
        };
        assert!(leave_out_longest(&mut event));
        assert!(!leave_out_longest(&mut event));
        let detail: Value = serde_json::from_str(&event.detail).unwrap();
        assert_eq!(detail["$truncated"]["context"]["original_bytes"], 20_000);
    }

    #[test]
    fn what_does_not_become_shorter_is_not_left_out_for_ever() {
        let long_as_written = "\u{1}".repeat(MESSAGE_BYTES_KEPT);
        let long_mark = json!({"request": {"original_bytes": 9, "sha256": "0".repeat(20_000)}});
        let details = [
            json!({"$message": long_as_written, "a": "x".repeat(20_000)}),
            json!({"$truncated": long_mark, "a": 1}),
        ];
        let said = details.map(|detail| {
            let mut event = AuditEvent {
                detail: detail.to_string(),
                ..AuditEvent::default()
            };
            let times = (0..5).take_while(|_| leave_out_longest(&mut event)).count();
            let detail: Value = serde_json::from_str(&event.detail).unwrap();
            let context = detail["$truncated"]["context"]["original_bytes"].as_u64();
            (times, context)
        });
        // What the handler said goes along at once.
        assert_eq!(said, [(1, Some(4096)), (1, None)]);
    }
}
