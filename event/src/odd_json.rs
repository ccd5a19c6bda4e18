//! JSON that a service may read and serde_json does not: one ignored member of a caller's must not hide the rest of a
//! body from the log.
//!
//! RFC 8259 leaves to each reader how large a number, how deep a text and what of a string without Unicode it takes
//! (sections 6, 8.2 and 9).

use std::ops::Range;

use serde_json::Value;

/// What stands in their place, as JSON.
const LEFT_OUT: &str = "\"[redacted]\"";

/// What half a surrogate pair becomes, as it does where text that is no Unicode is decoded.
const REPLACEMENT: &str = "\\ufffd";

/// A number of fewer digits, and without an exponent, is finite.
const FINITE_DIGITS_MAX: usize = 300;

/// `\uXXXX`
const ESCAPE_BYTES: usize = 6;

/// A JSON text, read once more as [`mend_json`] has it where serde_json refuses it for what it may hold.
///
/// # Errors
/// What serde_json says of the text as it came.
pub fn parse_json(text: &str, depth_max: usize) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        let is_container = text.trim_ascii_start().starts_with(['{', '[']);
        let mended = is_container.then(|| mend_json(text, depth_max)).flatten();
        mended
            .and_then(|mended| serde_json::from_str(&mended).ok())
            .ok_or(error)
    })
}

/// The text in one pass; none where there is nothing in it to mend.
///
/// A number that no `f64` holds becomes a string of its digits, as do Python's `NaN` and `Infinity`; half a surrogate pair
/// becomes U+FFFD; what lies deeper than `depth_max` arrays and objects is left out (serde_json itself refuses 128). All
/// else stays as it is, and what is no JSON stays so.
pub fn mend_json(text: &str, depth_max: usize) -> Option<String> {
    let mut scan = Scan {
        text,
        depth_max,
        at: 0,
        copied: 0,
        mended: String::new(),
    };
    scan.all();
    if scan.copied == 0 {
        return None;
    }
    scan.mended.push_str(&text[scan.copied..]);
    Some(scan.mended)
}

struct Scan<'a> {
    text: &'a str,
    depth_max: usize,
    at: usize,
    /// What of the text is in `mended` already.
    copied: usize,
    mended: String,
}

impl Scan<'_> {
    fn all(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.byte(0) {
            match byte {
                b'"' => self.string(),
                b'{' | b'[' if depth == self.depth_max => {
                    let start = self.at;
                    self.skip_container();
                    self.replace(start..self.at, LEFT_OUT);
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                b'-' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => self.literal(),
                _ => self.at += 1,
            }
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn replace(&mut self, range: Range<usize>, by: &str) {
        self.mended.push_str(&self.text[self.copied..range.start]);
        self.mended.push_str(by);
        self.copied = range.end;
    }

    /// A string, its quotes included, or what there is of one.
    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.byte(0) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => self.escape(),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) {
        let start = self.at;
        match self.unit(start) {
            Some(0xd800..=0xdbff)
                if matches!(self.unit(start + ESCAPE_BYTES), Some(0xdc00..=0xdfff)) =>
            {
                self.at += 2 * ESCAPE_BYTES;
            }
            Some(0xd800..=0xdfff) => {
                self.at += ESCAPE_BYTES;
                self.replace(start..self.at, REPLACEMENT);
            }
            Some(_) => self.at += ESCAPE_BYTES,
            None => self.at += 2,
        }
    }

    /// The UTF-16 code unit that is written as `\uXXXX` there.
    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.as_bytes().get(at..at + ESCAPE_BYTES)?;
        let digits = digits.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit: u16, digit| {
            let digit = char::from(*digit).to_digit(16)?;
            Some((unit << 4) | u16::try_from(digit).ok()?)
        })
    }

    /// A number, `true`, `false` or `null`, or a word that is no JSON.
    fn literal(&mut self) {
        let start = self.at;
        while matches!(
            self.byte(0),
            Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')
        ) {
            self.at += 1;
        }
        let literal = &self.text[start..self.at];
        if is_odd_number(literal) {
            let quoted = format!("\"{literal}\"");
            self.replace(start..self.at, &quoted);
        }
    }

    fn skip_container(&mut self) {
        let mut open = 0_usize;
        while let Some(byte) = self.byte(0) {
            match byte {
                b'"' => {
                    self.skip_string();
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return;
            }
        }
        // It has no end, and an escape may have led beyond that of the text.
        self.at = self.text.len();
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.byte(0) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }
}

/// Whether it is a number that serde_json refuses for its size alone, or one of those that only Python's reader knows.
fn is_odd_number(literal: &str) -> bool {
    if matches!(literal, "NaN" | "Infinity" | "-Infinity") {
        return true;
    }
    let may_be_large = literal.len() > FINITE_DIGITS_MAX || literal.contains(['e', 'E']);
    // serde_json decides, as what `f64::from_str` rounds down to a finite number it may refuse.
    may_be_large && is_number(literal) && serde_json::from_str::<Value>(literal).is_err()
}

/// RFC 8259, section 6.
fn is_number(literal: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = literal.strip_prefix('-').unwrap_or(literal);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> Result<Value, serde_json::Error> {
        parse_json(text, 100)
    }

    #[track_caller]
    fn check(text: &str, expected: &Value) {
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        assert_eq!(parse(text).unwrap(), *expected, "{text}");
    }

    #[test]
    fn a_number_that_nothing_holds_is_its_digits() {
        check(
            r#"{"role":"admin","x":1e400}"#,
            &json!({"role": "admin", "x": "1e400"}),
        );
        let long = "9".repeat(400);
        check(
            &format!(r#"[-1.5E+999 , {long},1e-400, 2, "1e400"]"#),
            &json!(["-1.5E+999", long, 0.0, 2, "1e400"]),
        );
        check(
            "[NaN,Infinity,-Infinity]",
            &json!(["NaN", "Infinity", "-Infinity"]),
        );
    }

    #[test]
    fn half_a_surrogate_pair_is_the_replacement_character() {
        check(
            r#"{"\ud800":1,"role":"admin"}"#,
            &json!({"\u{fffd}": 1, "role": "admin"}),
        );
        check(
            r#"["\uD83D\uDE00 \uDE00\uD83D", "\ud800\ud83d\ude00", "\\ud800", "\ud800\\udc00"]"#,
            &json!([
                "😀 \u{fffd}\u{fffd}",
                "\u{fffd}😀",
                "\\ud800",
                "\u{fffd}\\udc00"
            ]),
        );
    }

    #[test]
    fn what_lies_too_deep_is_left_out() {
        for (levels, kept) in [(128, 100), (5_000, 100)] {
            let deep = format!(
                r#"{{"role":"admin","x":{}"]\"]["{}, "y":2}}"#,
                "[".repeat(levels),
                "]".repeat(levels)
            );
            let read = parse(&deep).unwrap();
            assert_eq!((&read["role"], &read["y"]), (&json!("admin"), &json!(2)));
            let mut left = &read["x"];
            for _ in 1..kept {
                left = &left[0];
            }
            assert_eq!(left, "[redacted]");
        }
    }

    #[test]
    fn what_is_no_json_stays_so() {
        for text in [
            "",
            "{",
            "{\"a\":1e400",
            "[1e400x]",
            "[01e400]",
            "[1.e400]",
            "[1e]",
            "[tru]",
            "[NaNs]",
            "[\"\\ud80\"]",
            "[\"\\x\"]",
            "1e400",
            "plain \\ud800",
        ] {
            let error = parse(text).unwrap_err().to_string();
            let plain = serde_json::from_str::<Value>(text).unwrap_err();
            assert_eq!(error, plain.to_string(), "{text}");
        }
        let open = "[".repeat(200) + "\"\\";
        assert!(parse(&open).is_err());
    }

    /// JSON as a text, with numbers, strings and depths that serde_json does not read.
    fn any_odd_json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "-?(0|[1-9][0-9]{0,4})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,4})?",
            "(true|false|null|NaN|-?Infinity)",
            "\"([a-zé{}\\[\\],:]|\\\\[\"\\\\n/]|\\\\u[dD][89a-fA-F][0-9a-f]{2}){0,6}\"",
        ];
        let name = "\"([a-z]|\\\\u[dD][89a-fA-F][0-9a-f]{2}){0,3}\"";
        leaf.prop_recursive(4, 40, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| format!("[{}]", items.join(" , "))),
                prop::collection::vec((name, inner), 0..4).prop_map(|members| {
                    let members: Vec<_> = members
                        .iter()
                        .map(|(name, value)| format!("{name}:{value}"))
                        .collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn all_json_is_read_whatever_it_holds(value in any_odd_json(), levels in 0_usize..300) {
            let text = format!("{}{value}{}", "[".repeat(levels + 1), "]".repeat(levels + 1));
            prop_assert!(parse(&text).is_ok(), "{}", text);
        }

        #[test]
        fn no_text_panics_and_what_serde_json_reads_stays_as_it_is(
            text in "[\\[\\]{}\":,\\\\ud8cC0-9eE.+-]{0,80}|\\PC{0,80}"
        ) {
            let _ = mend_json(&text, 100);
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                prop_assert_eq!(parse(&text).unwrap(), value);
            }
        }
    }
}
