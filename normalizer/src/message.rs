//! A queue message, decoded within bounds: a captured exchange, or a bare API Gateway event.

use daybook_event::{
    CapturedResponse, Entity, HandlerContext, MESSAGE_VERSION, Original, Overflow, Truncated,
    check_json_bounds, check_json_values, parse_json,
};
use daybook_overflow::OBJECT_BYTES_MAX;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::gateway_event::{text, whole_number};
use crate::{Poison, body};

/// SQS carries at most 1 MiB; a line over it is refused before it is parsed.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// No real API Gateway event nests deeper; serde_json itself refuses 128.
pub const MESSAGE_DEPTH_MAX: usize = 100;

/// The most memory that the values of a message take, those of each body in it, and once more those of the states that a
/// handler told: all of them are there at once, and no other message's, in a function of 512 MB. What 4 MiB usually hold
/// fits, and what is next to nothing but braces does not.
pub(crate) const VALUES_BYTES_MAX: usize = 64 << 20;

/// One decoded message.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// The message's own id.
    pub id: Option<String>,
    /// When the capture layer saw the response.
    pub captured_at: Option<Timestamp>,
    /// The API Gateway event.
    pub event: Value,
    /// The request's body, base64 taken off.
    pub body: Option<Vec<u8>>,
    /// What the service answered.
    pub response: Option<CapturedResponse>,
    /// What the handler chose to say.
    pub context: HandlerContext,
    /// Whether the capture layer sent it, so that the service has chosen to record it.
    pub captured: bool,
    /// What was cut so that the message fitted into the queue.
    pub truncated: Option<Truncated>,
    /// Where the whole message lies, as the message says.
    pub overflow: Option<Overflow>,
}

/// Decodes one message.
///
/// A text whose object has `v` or `event` is a captured exchange; one that has `requestContext` is
/// a bare API Gateway event.
///
/// # Errors
/// A [`Poison`] where the text is over a bound, no JSON, of another shape or of another version.
pub fn decode(text: &str) -> Result<Message, Poison> {
    decode_within(text, MESSAGE_BYTES_MAX)
}

/// Decodes a whole message that was too large for the queue and lay in the overflow bucket.
///
/// # Errors
/// As [`decode`].
pub fn decode_whole(text: &[u8]) -> Result<Message, Poison> {
    let text = std::str::from_utf8(text).map_err(|_| Poison::NotUtf8)?;
    decode_within(text, OBJECT_BYTES_MAX)
}

fn decode_within(text: &str, bytes_max: usize) -> Result<Message, Poison> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_ascii().is_empty() {
        return Err(Poison::Empty);
    }
    check_json_bounds(text.as_bytes(), bytes_max, MESSAGE_DEPTH_MAX)?;
    check_json_values(text.as_bytes(), VALUES_BYTES_MAX)?;
    let value = parse_json(text, MESSAGE_DEPTH_MAX).map_err(|error| Poison::not_json(&error))?;
    let Value::Object(members) = value else {
        return Err(Poison::Shape("it is not a JSON object"));
    };
    if let Some(version) = members.get("v") {
        if version.as_u64() != Some(u64::from(MESSAGE_VERSION)) {
            return Err(Poison::Version(short(version)));
        }
        return captured(members);
    }
    if members.contains_key("requestContext") {
        let event = Value::Object(members);
        return Ok(Message {
            body: body_bytes(&event),
            event,
            ..Message::default()
        });
    }
    Err(Poison::Shape(if members.contains_key("event") {
        "it has an event and no v"
    } else {
        "it has neither v and event nor requestContext"
    }))
}

/// Everything but the event may be missing, and what is there in a form that nobody can read counts
/// as missing: nobody's change is lost for the sake of a detail.
fn captured(mut members: Map<String, Value>) -> Result<Message, Poison> {
    let mut member = |name: &str| members.remove(name).unwrap_or_default();
    let event = member("event");
    if !event.is_object() {
        return Err(Poison::Shape("its event is not a JSON object"));
    }
    Ok(Message {
        id: Some(text(&member("id"))).filter(|id| !id.is_empty()),
        captured_at: text(&member("captured_at")).parse().ok(),
        body: body_bytes(&event),
        event,
        response: response(&member("response")),
        context: context(member("context")),
        captured: true,
        truncated: truncated(&member("truncated")),
        overflow: serde_json::from_value(member("overflow")).ok(),
    })
}

fn body_bytes(event: &Value) -> Option<Vec<u8>> {
    match &event["body"] {
        Value::Null => None,
        Value::String(body) => Some(body::bytes(body, text(&event["isBase64Encoded"]) == "true")),
        // A mapping template that hands a body on as JSON: `"body": $input.json('$')`.
        body => Some(body.to_string().into_bytes()),
    }
}

fn response(value: &Value) -> Option<CapturedResponse> {
    let status_code = &value["status_code"];
    value.is_object().then(|| CapturedResponse {
        status_code: text(status_code)
            .parse()
            .ok()
            .or_else(|| u16::try_from(whole_number(status_code)?).ok())
            .unwrap_or(0),
        body: match &value["body"] {
            Value::Null => None,
            // Who hands on a Lambda's own response hands on its encoding.
            Value::String(body) if text(&value["isBase64Encoded"]) == "true" => {
                String::from_utf8(body::bytes(body, true)).ok()
            }
            Value::String(body) => Some(body.clone()),
            body => Some(body.to_string()),
        },
        failure: serde_json::from_value(value["failure"].clone()).ok(),
    })
}

fn context(mut value: Value) -> HandlerContext {
    let mut state = |name: &str| {
        let state = value.get_mut(name).map(Value::take);
        state.filter(|state| !state.is_null())
    };
    let (before, after) = (state("before"), state("after"));
    let entity = |value: &Value| {
        value.is_object().then(|| Entity {
            kind: text(&value["type"]),
            id: text(&value["id"]),
            name: text(&value["name"]),
        })
    };
    let words = |value: &Value| Some(text(value)).filter(|words| !words.is_empty());
    HandlerContext {
        entity: entity(&value["entity"]),
        parent: entity(&value["parent"]),
        before,
        after,
        message: words(&value["message"]),
        reason: words(&value["reason"]),
        privacy: serde_json::from_value(value["privacy"].clone()).ok(),
    }
}

/// A mark that nobody can read is a mark all the same.
fn truncated(value: &Value) -> Option<Truncated> {
    let is_marked = !matches!(value, Value::Null | Value::Bool(false));
    is_marked.then(|| {
        let mut truncated: Truncated = serde_json::from_value(value.clone()).unwrap_or_default();
        if !truncated.is_any() {
            truncated.request = Some(Original::default());
        }
        truncated
    })
}

fn short(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::String(_) => "a text".to_owned(),
        _ => "something else".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_way_to_be_undecodable_has_its_reason() {
        let deep = format!("{{\"v\":1,\"event\":{}}}", "[".repeat(100_000));
        let big = format!(
            "{{\"v\":1,\"event\":{{\"body\":\"{}\"}}}}",
            "a".repeat(1 << 20)
        );
        let cases: [(&str, &str); 9] = [
            ("", "the message is empty"),
            (" \t", "the message is empty"),
            (
                "{",
                "the message is not JSON: it ends too early at line 1, column 1",
            ),
            (
                "[1]",
                "the message is neither a captured exchange nor an API Gateway event: it is not a JSON object",
            ),
            (
                "{}",
                "the message is neither a captured exchange nor an API Gateway event: it has neither v and event nor requestContext",
            ),
            (
                r#"{"event":{}}"#,
                "the message is neither a captured exchange nor an API Gateway event: it has an event and no v",
            ),
            (
                r#"{"v":2,"event":{}}"#,
                "the message has version v=2, and only v=1 is known",
            ),
            (
                &deep,
                "the message is over a bound: it nests deeper than 100 levels",
            ),
            (
                &big,
                "the message is over a bound: it has 1048603 bytes, more than 1048576",
            ),
        ];
        for (text, reason) in cases {
            assert_eq!(decode(text).unwrap_err().to_string(), reason);
        }
    }

    #[test]
    fn a_bare_event_is_not_a_captured_one() {
        let bare = decode(r#"{"requestContext":{},"httpMethod":"GET"}"#).unwrap();
        assert!(!bare.captured);
        let captured = decode(r#"{"v":1,"event":{"requestContext":{}},"later":[1]}"#).unwrap();
        assert!(captured.captured);
    }

    #[test]
    fn base64_is_taken_off_and_what_only_claims_to_be_base64_is_kept() {
        for (body, expected) in [
            ("eyJhIjoxfQ==", "{\"a\":1}"),
            ("{not base64}", "{not base64}"),
        ] {
            let event = json!({"requestContext": {}, "body": body, "isBase64Encoded": true});
            let read = decode(&event.to_string()).unwrap().body;
            assert_eq!(read.as_deref(), Some(expected.as_bytes()));
        }
    }

    #[test]
    fn a_body_that_is_json_and_no_text_is_its_text() {
        for (body, expected) in [
            (json!({"a": [1, null]}), Some(r#"{"a":[1,null]}"#)),
            (json!([]), Some("[]")),
            (json!(7), Some("7")),
            (json!("{}"), Some("{}")),
            (json!(""), Some("")),
            (Value::Null, None),
        ] {
            let message = json!({"v": 1, "event": {"requestContext": {}, "body": body}});
            let read = decode(&message.to_string()).unwrap().body;
            assert_eq!(read.as_deref(), expected.map(str::as_bytes), "{body}");
        }
    }

    #[test]
    fn an_optional_part_in_another_form_costs_no_event() {
        let message = decode(
            r#"{"v":1,"event":{"requestContext":{}},"id":5,"captured_at":5,"duration_ms":1.5,
                "response":{"status_code":"201","body":{"id":7}},
                "context":{"entity":{"type":"user","id":5},"reason":5,"privacy":[]}}"#,
        )
        .unwrap();
        assert_eq!(
            (message.id.as_deref(), message.captured_at),
            (Some("5"), None)
        );
        let response = message.response.unwrap();
        assert_eq!(
            (response.status_code, response.body.as_deref()),
            (201, Some(r#"{"id":7}"#))
        );
        let entity = message.context.entity.unwrap();
        assert_eq!((entity.kind.as_str(), entity.id.as_str()), ("user", "5"));
        assert_eq!(message.context.reason.as_deref(), Some("5"));
        for (status, code) in [("200.0", 200), ("null", 0), ("-1", 0), ("70000", 0)] {
            let text = format!(r#"{{"v":1,"event":{{}},"response":{{"status_code":{status}}}}}"#);
            assert_eq!(decode(&text).unwrap().response.unwrap().status_code, code);
        }
    }

    #[test]
    fn what_was_cut_and_where_the_whole_lies_is_read_and_bounded() {
        let decoded = |more: &str| decode(&format!(r#"{{"v":1,"event":{{}}{more}}}"#)).unwrap();
        let cut = decoded(
            r#","truncated":{"request":{"original_bytes":7,"sha256":"ab"}},
                "overflow":{"s3":{"bucket":"b","key":"k"},"bytes":9,"sha256":"cd"}"#,
        );
        assert_eq!(cut.truncated.unwrap().request.unwrap().original_bytes, 7);
        assert_eq!(cut.overflow.unwrap().s3.key, "k");
        assert_eq!(decoded("").truncated, None);
        assert!(
            decoded(r#","truncated":true,"overflow":5"#)
                .truncated
                .is_some()
        );
        let large = format!(r#"{{"v":1,"event":{{"body":"{}"}}}}"#, "a".repeat(1 << 20));
        assert!(decode(&large).is_err());
        assert!(decode_whole(large.as_bytes()).is_ok());
        let larger = " ".repeat(OBJECT_BYTES_MAX) + &large;
        assert!(decode_whole(larger.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,200}") {
            let _ = decode(&text);
        }

        #[test]
        fn the_reason_never_repeats_the_message(canary in "[A-Z]{12}") {
            let text = format!(r#"{{"v":"{canary}","event":{{"{canary}":1}}}}"#);
            prop_assert!(!decode(&text).unwrap_err().to_string().contains(&canary));
            let text = format!(r#"{{"v":1,"event":"{canary}"}}"#);
            prop_assert!(!decode(&text).unwrap_err().to_string().contains(&canary));
        }
    }
}
