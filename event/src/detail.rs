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
/// does not; empty where there is nothing. A body that is no object, one with such members of its own, and
/// one that looks as if it stood there already, stands in the member `body`: a caller's words are never taken for the
/// handler's.
pub fn write_detail(
    body: Option<&Value>,
    truncated: Option<Value>,
    message: Option<String>,
) -> String {
    let is_marked = truncated.is_some() || message.is_some();
    if !is_marked && !body.is_some_and(looks_marked) {
        return body.map(Value::to_string).unwrap_or_default();
    }
    let mut members = match body {
        Some(Value::Object(members))
            if is_marked && !has_marks(members) && sole_body(members).is_none() =>
        {
            members.clone()
        }
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
        if sole_body(members).is_some_and(|body| is_marked || looks_marked(body)) {
            value = members.remove(BODY).unwrap_or_default();
        } else if is_marked && members.is_empty() {
            value = Value::Null;
        }
    }
    Some(StoredBody { value, is_cut })
}

/// Whether a body as it is would be read as another one.
fn looks_marked(body: &Value) -> bool {
    body.as_object()
        .is_some_and(|members| has_marks(members) || sole_body(members).is_some_and(looks_marked))
}

fn has_marks(members: &Map<String, Value>) -> bool {
    members.contains_key(TRUNCATED) || members.contains_key(MESSAGE)
}

/// The member `body`, where there is no other.
fn sole_body(members: &Map<String, Value>) -> Option<&Value> {
    members.get(BODY).filter(|_| members.len() == 1)
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
            json!({"body": "text"}),
            json!({"body": [1]}),
            json!({"body": {"$message": 1, "a": 1}}),
            json!({"body": {"body": {"$truncated": {}}}}),
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
