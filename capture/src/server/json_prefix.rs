//! The start of a JSON text, closed where its last whole member or item ends, so that it is JSON.

/// Deeper than any body that is worth reading.
const DEPTH_MAX: usize = 100;

/// As much of the start of a JSON object or array as is whole, closed; none where the text does not
/// start so. A malformed text stays malformed.
pub(super) fn close(prefix: &str) -> Option<String> {
    if !prefix.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let bytes = prefix.as_bytes();
    let mut closers = Vec::new();
    // Everything before this place is whole.
    let mut whole = 0;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' if closers.len() == DEPTH_MAX => break,
            b'{' | b'[' => {
                closers.push(if *byte == b'{' { '}' } else { ']' });
                whole = at + 1;
            }
            b'}' | b']' => {
                closers.pop()?;
                whole = at + 1;
            }
            b',' => whole = at,
            b'"' => match end_of_string(bytes, at) {
                Some(end) => at = end,
                None => break,
            },
            _ => {}
        }
        if closers.is_empty() && whole > 0 {
            break;
        }
        at += 1;
    }
    let mut closed = prefix[..whole].to_owned();
    closed.extend(closers.iter().rev());
    Some(closed)
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

    proptest! {
        #[test]
        fn each_start_of_json_becomes_json(value in json(), cut in 0.0..1.0_f64) {
            let text = Value::from(vec![value]).to_string();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let end = text.floor_char_boundary(1 + ((text.len() - 1) as f64 * cut) as usize);
            let closed = close(&text[..end]).unwrap();
            prop_assert!(serde_json::from_str::<Value>(&closed).is_ok(), "{closed}");
            prop_assert_eq!(close(&text).unwrap(), text);
        }

        #[test]
        fn no_text_panics(text in "[\\[\\]{}\",:\\\\a1é ]{0,40}") {
            let _ = close(&text);
        }
    }
}
