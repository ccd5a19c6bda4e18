//! The start of a JSON text, closed where its last whole member or item ends, so that it is JSON.
//!
//! What a text says about itself must not be lost with the cut: an object in which a member `value` stands may
//! name it further behind (`{"value": "…", "name": "password"}`), so of such an object nothing is kept.

/// Deeper than any body that is worth reading.
const DEPTH_MAX: usize = 100;

/// An object or array that has not come to its end.
struct Open {
    closer: char,
    /// Where its first member or item begins.
    start: usize,
    /// Whether a member of it is called `value`.
    has_value: bool,
}

/// As much of the start of a JSON object or array as is whole, closed; none where the text does not
/// start so. A malformed text stays malformed.
pub(super) fn close(prefix: &str) -> Option<String> {
    if !prefix.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let bytes = prefix.as_bytes();
    let mut open: Vec<Open> = Vec::new();
    // Everything before this place is whole.
    let mut whole = 0;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' if open.len() == DEPTH_MAX => break,
            b'{' | b'[' => {
                whole = at + 1;
                open.push(Open {
                    closer: if *byte == b'{' { '}' } else { ']' },
                    start: whole,
                    has_value: false,
                });
            }
            b'}' | b']' => {
                open.pop()?;
                whole = at + 1;
            }
            b',' => whole = at,
            b'"' => match end_of_string(bytes, at) {
                Some(end) => {
                    if let Some(innermost) = open.last_mut() {
                        innermost.has_value |= is_value(&prefix[at..=end])
                            && prefix[end + 1..].trim_start().starts_with(':');
                    }
                    at = end;
                }
                None => break,
            },
            _ => {}
        }
        if open.is_empty() && whole > 0 {
            break;
        }
        at += 1;
    }
    if let Some(outermost) = open.iter().position(|open| open.has_value) {
        whole = open[outermost].start;
        open.truncate(outermost + 1);
    }
    let mut closed = prefix[..whole].to_owned();
    closed.extend(open.iter().rev().map(|open| open.closer));
    Some(closed)
}

/// Whether a string, with its quotes, reads `value`.
fn is_value(string: &str) -> bool {
    string == "\"value\""
        || string.contains('\\')
            && serde_json::from_str::<String>(string).is_ok_and(|text| text == "value")
}

/// Where the string that starts at `start` has its closing quote.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::credentials::remove_from_text;

    #[test]
    fn what_is_whole_is_kept() {
        for (prefix, closed) in [
            (
                r#"{"a":1,"b":[{"c":"x","d":"y"#,
                Some(r#"{"a":1,"b":[{"c":"x"}]}"#),
            ),
            (r#"{"a":1,"b":12"#, Some(r#"{"a":1}"#)),
            (" [1,2,3", Some(" [1,2]")),
            (r#"{"a":"\\\"","b"#, Some(r#"{"a":"\\\""}"#)),
            (r#"{"a":{"b":[]}"#, Some(r#"{"a":{"b":[]}}"#)),
            ("{", Some("{}")),
            ("{} ,", Some("{}")),
            (
                r#"{"a":1,"b":{"value":"x","name":"y"#,
                Some(r#"{"a":1,"b":{}}"#),
            ),
            (r#"[{"v\u0061lue":{"c":[1,2"#, Some("[{}]")),
            (
                r#"[{"value":1},{"a":2,"value":3},{"a"#,
                Some(r#"[{"value":1},{"a":2,"value":3},{}]"#),
            ),
            ("", None),
            ("plain text, no JSON", None),
        ] {
            assert_eq!(close(prefix).as_deref(), closed, "{prefix}");
        }
        assert!(close(&"[".repeat(10_000)).unwrap().len() < 300);
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            "[a\"\\\\é{}\\[\\],:]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map("[a-c\"\\\\]{0,3}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Objects whose members say of each other that they are secret, in any order.
    fn with_secrets() -> impl Strategy<Value = String> {
        let value_name = prop_oneof![Just("value"), Just("v\\u0061lue")];
        let secret = prop_oneof![Just("\"hunter2\""), Just(r#"["a",{"b":"hunter2"}]"#)];
        let naming = prop_oneof![
            Just(r#""name":"password""#),
            Just(r#""key" : "Authorization""#),
            Just(r#""path":"/a/password""#)
        ];
        let members =
            (value_name, secret, naming, json()).prop_map(|(value_name, secret, naming, other)| {
                vec![
                    format!("\"{value_name}\" :{secret}"),
                    naming.to_owned(),
                    format!("\"x\":{other}"),
                ]
            });
        let object = members
            .prop_shuffle()
            .prop_map(|members| format!("{{{}}}", members.join(",")));
        let item = prop_oneof![object, json().prop_map(|value| value.to_string())];
        prop::collection::vec(item, 1..4)
            .prop_map(|items| format!("[{{\"a\":[{}]}}]", items.join(",")))
    }

    fn place(text: &str, part: f64) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let place = 1 + ((text.len() - 1) as f64 * part) as usize;
        text.floor_char_boundary(place)
    }

    proptest! {
        #[test]
        fn each_start_of_json_becomes_json(value in json(), cut in 0.0..1.0_f64) {
            let text = Value::from(vec![value]).to_string();
            let closed = close(&text[..place(&text, cut)]).unwrap();
            prop_assert!(serde_json::from_str::<Value>(&closed).is_ok(), "{closed}");
            prop_assert_eq!(close(&text).unwrap(), text);
        }

        #[test]
        fn what_is_secret_as_a_whole_is_not_laid_open_by_a_cut(
            text in with_secrets(),
            cut in 0.0..1.0_f64,
        ) {
            let whole = remove_from_text(&text).unwrap_or(text.clone());
            prop_assert!(!whole.contains("hunter2"), "{whole}");
            let closed = close(&text[..place(&text, cut)]).unwrap();
            let cleaned = remove_from_text(&closed).unwrap_or(closed);
            prop_assert!(!cleaned.contains("hunter2"), "{cleaned}");
        }

        #[test]
        fn no_text_panics(text in "[\\[\\]{}\",:\\\\a1é ]{0,40}") {
            let _ = close(&text);
        }
    }
}
