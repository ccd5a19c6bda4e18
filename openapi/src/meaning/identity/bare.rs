//! An answer that is one text or number: the id of what was made, where the document says so.

use serde_json::Value;

use crate::meaning::witness::Witnesses;
use crate::operation_source::OperationSource;
use crate::words;

/// How much of a text is looked at.
const TEXT_CHARS_MAX: usize = 500;

/// Whether what was made is answered with its bare id, as JSON: a text that is said to be one, that is a UUID, or
/// where other paths find such things (`is_found`) and nothing says that it is something else.
pub(crate) fn answers_with_bare_id(
    source: &OperationSource<'_>,
    noun: &str,
    is_found: bool,
) -> bool {
    let (Some(schema), Some(answer)) = (source.response, source.answer()) else {
        return false;
    };
    let schemas = source.schemas;
    let is_bare = (schemas.is_type(schema, "string") || schemas.is_type(schema, "integer"))
        && schemas.is_scalar(schema);
    if !is_bare || !is_json(answer) {
        return false;
    }
    let written = schemas.resolve(schema).unwrap_or(schema);
    let text = |holder: &'_ Value, key: &str| -> String {
        let text = holder.get(key).and_then(Value::as_str).unwrap_or_default();
        text.chars().take(TEXT_CHARS_MAX).collect()
    };
    let format = text(written, "format");
    let told = [text(written, "description"), text(answer, "description")];
    let is_else = |text: &String| words::split(text).iter().any(|word| is_no_id(word));
    if told.iter().any(is_else) {
        return false;
    }
    match format.as_str() {
        "uuid" => true,
        "" | "int32" | "int64" => is_found || told.iter().any(|text| is_id_of(text, noun)),
        _ => false,
    }
}

/// Whether one of a response's media types is JSON, which is read.
fn is_json(answer: &Value) -> bool {
    answer
        .get("content")
        .and_then(Value::as_object)
        .is_some_and(|content| {
            content
                .keys()
                .take(100)
                .any(|media_type| media_type.to_ascii_lowercase().contains("json"))
        })
}

/// What an answer is called that is no id.
fn is_no_id(word: &str) -> bool {
    matches!(
        words::singular(word).as_str(),
        "url"
            | "uri"
            | "link"
            | "token"
            | "message"
            | "secret"
            | "password"
            | "html"
            | "count"
            | "amount"
            | "status"
            | "signature"
            | "output"
            | "job"
    )
}

/// "The id of the newly created webhook"
fn is_id_of(text: &str, noun: &str) -> bool {
    let is_id = |word: &String| matches!(word.as_str(), "id" | "identifier" | "uuid" | "guid");
    words::split(text).iter().any(is_id) && Witnesses::of(&[text]).speak_of(words::head(noun))
}
