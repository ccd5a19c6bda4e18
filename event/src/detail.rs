//! What of a request's body is stored, and what stands beside it: written by the normalizer, read by whoever
//! compares bodies.

use serde_json::{Map, Value};

/// The member that says what was cut before it came here.
const TRUNCATED: &str = "$truncated";
/// The member that holds what the handler said: of a call that did not succeed, or what was too long
/// for a sentence.
const MESSAGE: &str = "$message";
/// The member that holds a body which cannot have members beside its own.
const BODY: &str = "body";

/// A request's body, as an event's `detail` has it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredBody {
    /// The body; null where the request had none.
    pub value: Value,
    /// Whether something of the request was cut.
    pub is_cut: bool,
}

/// The body as JSON text, with members that say what was cut and what the handler said that the sentence
/// does not; empty where there is nothing. A body that is no object, and one with such members of its own,
/// stands in the member `body`: a caller's words are never taken for the handler's.
pub fn write_detail(
    body: Option<&Value>,
    truncated: Option<Value>,
    message: Option<String>,
) -> String {
    let has_own = body.is_some_and(has_marks);
    if truncated.is_none() && message.is_none() && !has_own {
        return body.map(Value::to_string).unwrap_or_default();
    }
    let mut members = match body {
        Some(Value::Object(members)) if !has_own => members.clone(),
        Some(body) => Map::from_iter([(BODY.to_owned(), body.clone())]),
        None => Map::new(),
    };
    members.extend(truncated.map(|truncated| (TRUNCATED.to_owned(), truncated)));
    members.extend(message.map(|message| (MESSAGE.to_owned(), Value::from(message))));
    Value::Object(members).to_string()
}

/// What [`write_detail`] was given; nothing where the text is no JSON.
pub fn read_detail(detail: &str) -> Option<StoredBody> {
    let mut value: Value = serde_json::from_str(detail).ok()?;
    let mut is_cut = false;
    if let Value::Object(members) = &mut value {
        is_cut = members.remove(TRUNCATED).is_some();
        let is_marked = members.remove(MESSAGE).is_some() || is_cut;
        let is_within = members.len() == 1
            && members
                .get(BODY)
                .is_some_and(|body| has_marks(body) || is_marked && !body.is_object());
        if is_within {
            value = members.remove(BODY).unwrap_or_default();
        } else if is_marked && members.is_empty() {
            value = Value::Null;
        }
    }
    Some(StoredBody { value, is_cut })
}

fn has_marks(body: &Value) -> bool {
    body.get(TRUNCATED).is_some() || body.get(MESSAGE).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let bodies = [
            Value::Null,
            json!({"a": 1}),
            json!([1, 2]),
            json!("text"),
            json!({"body": {"a": 1}}),
            json!({"$message": "Approved", "a": 1}),
            json!({"$truncated": {}}),
            json!({"body": 1, "$truncated": {}}),
        ];
        for value in bodies {
            let body = Some(&value).filter(|body| !body.is_null());
            for truncated in [None, Some(json!({"request": {"original_bytes": 9}}))] {
                for message in [None, Some("Jane did it".to_owned())] {
                    let is_cut = truncated.is_some();
                    let detail = write_detail(body, truncated.clone(), message.clone());
                    let is_bare = body.is_none() && !is_cut && message.is_none();
                    let expected = (!is_bare).then(|| StoredBody {
                        value: value.clone(),
                        is_cut,
                    });
                    assert_eq!(read_detail(&detail), expected, "{detail}");
                    let stored: Value = serde_json::from_str(&detail).unwrap_or_default();
                    assert_eq!(stored[MESSAGE].as_str(), message.as_deref(), "{detail}");
                }
            }
        }
    }
}
