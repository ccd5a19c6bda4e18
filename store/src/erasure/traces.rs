//! Traces: where an identifier stands inside other texts, and what replaces it there.

use std::fmt::Write as _;

use crate::erasure::scope::UNIQUE_BYTES_MIN;
use crate::packed::in_json;

/// Shorter identifiers would be found in words and numbers that have nothing to do with them.
pub(crate) const TRACE_BYTES_MIN: usize = 6;
/// The lengths of names from there on, and below, in SQL.
const IS_LONG: &str = ">= 6";
const IS_SHORT: &str = "BETWEEN 1 AND 5";

/// Whether an identifier that stands in a text is the subject's. A number of a few digits is often another
/// thing's.
pub(crate) fn is_telling(identifier: &str) -> bool {
    let is_number = identifier.bytes().all(|byte| byte.is_ascii_digit());
    let least = if is_number {
        UNIQUE_BYTES_MIN
    } else {
        TRACE_BYTES_MIN
    };
    // In a text it would be written in some other way; and a line's end is what stands between the texts.
    identifier.len() >= least && !identifier.chars().any(char::is_control)
}

/// Every column in which a person or thing may be named, but for those of a closed set of words. What
/// a row leaves out (see `packed.rs`) follows from these: a path from its template and parameters, a
/// parameter that is the entity's or the parent's id from that, and a sentence's parts from it.
const COLUMNS: &[&str] = &[
    "caller_user_id",
    "caller_user_email",
    "caller_name",
    "caller_token_id",
    "entity_id",
    "entity_name",
    "parent_id",
    "http_ip",
    "http_user_agent",
    "correlation_id",
    "activity",
    "detail",
    "told",
    "rest",
];

/// Which rows are the subject's own, as SQL conditions, where they are kept under a pseudonym.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    pub(crate) as_actor: String,
    pub(crate) as_entity: String,
}

/// The assignments behind `ALTER TABLE … UPDATE`. `{pattern}` and `{pseudonym}` are to be bound.
pub(crate) fn assignments(has_pattern: bool, own: Option<&Own>) -> String {
    let assignments: Vec<_> = COLUMNS
        .iter()
        .filter_map(|column| {
            let replaced = replacement(column, has_pattern, own);
            (replaced != *column).then(|| format!("{column} = {replaced}"))
        })
        .collect();
    assignments.join(", ")
}

/// Whether any text of a row has a trace. `{pattern}` is to be bound.
pub(crate) fn condition() -> String {
    // One after the other, with a character between them that no word goes across: the pattern is made for each
    // block of rows and each function anew, which takes longer than to look for it.
    format!(
        "match(concatWithSeparator('\\n', {}), {{pattern:String}})",
        COLUMNS.join(", ")
    )
}

fn replacement(column: &str, has_pattern: bool, own: Option<&Own>) -> String {
    let mut everywhere = column.to_owned();
    if has_pattern {
        // Two neighbours share the character between them, which a first pass takes away.
        for _ in 0..2 {
            everywhere =
                format!("replaceRegexpAll({everywhere}, {{pattern:String}}, {{replaced:String}})");
        }
    }
    let Some(own) = own else { return everywhere };
    let names = [
        (&own.as_actor, "caller_name"),
        (&own.as_entity, "entity_name"),
    ];
    // Nothing is replaced where there is nothing to look for.
    for (condition, name) in names {
        for Spelling {
            is_of,
            before,
            text,
            behind,
        } in spellings(column, name)
        {
            everywhere = format!(
                "replaceAll({everywhere}, if({condition} AND length({name}) {is_of}, \
                 concat('{before}', {text}, '{behind}'), ''), \
                 concat('{before}', {{pseudonym:String}}, '{behind}'))"
            );
        }
    }
    if matches!(column, "activity" | "entity_name") {
        everywhere = in_words(&everywhere);
        for (condition, name) in names.into_iter().filter(|(_, name)| *name != column) {
            let word = in_words(name);
            everywhere = format!(
                "replaceAll({everywhere}, if({condition} AND length({name}) {IS_SHORT}, {word}, ''), \
                 {{pseudonym:String}})"
            );
        }
        everywhere = format!("replaceAll(replaceAll({everywhere}, '\\x01', ''), '\\x02', '')");
    }
    let (condition, instead) = match column {
        "caller_user_id" | "caller_user_email" | "caller_name" => {
            (&own.as_actor, "{pseudonym:String}")
        }
        "caller_token_id" | "http_ip" | "http_user_agent" => (&own.as_actor, "''"),
        "entity_id" | "entity_name" => (&own.as_entity, "{pseudonym:String}"),
        _ => return everywhere,
    };
    format!("if({condition} AND {column} != '', {instead}, {everywhere})")
}

/// How a name may stand in a column.
struct Spelling {
    /// Names of which length are looked for so.
    is_of: &'static str,
    /// What stands around it, and stays.
    before: &'static str,
    text: String,
    behind: &'static str,
}

/// How a name stands in a column: as it is in a sentence, and in JSON with what JSON escapes. A change's
/// values are JSON inside the JSON of `told`, and a `detail` may hold JSON in its texts as well. `rest` has
/// addresses, and keys, which are shorter than any name that is looked for there. A short name is part of many
/// words and numbers: of JSON it is a whole text, and of a sentence a word ([`in_words`]).
fn spellings(column: &str, name: &str) -> Vec<Spelling> {
    let in_json = |text: &str| {
        // Of ClickHouse's escapes, that of the slash is nobody else's.
        format!(
            r"replaceAll(substring(toJSONString({text}), 2, length(toJSONString({text})) - 2), '\\/', '/')"
        )
    };
    let once = in_json(name);
    let twice = in_json(&once);
    let long = |text: &str| Spelling {
        is_of: IS_LONG,
        before: "",
        text: text.to_owned(),
        behind: "",
    };
    let short = |before, text: &str, behind| Spelling {
        is_of: IS_SHORT,
        before,
        text: text.to_owned(),
        behind,
    };
    match column {
        "activity" => vec![long(name)],
        "entity_name" if name != column => vec![long(name)],
        "detail" => vec![
            long(&twice),
            long(&once),
            long(name),
            short(r#"\\""#, &twice, r#"\\""#),
            short("\"", &once, "\""),
        ],
        "told" => vec![
            long(&twice),
            long(&once),
            short(r#"\\""#, &twice, r#"\\""#),
            short("\"", &once, "\""),
        ],
        "rest" => [
            once,
            format!("encodeURLComponent({name})"),
            as_browsers_encode(name),
            format!("encodeURLFormComponent({name})"),
        ]
        .iter()
        .map(|text| long(text))
        .collect(),
        _ => Vec::new(),
    }
}

/// A text with a mark in front of each word and one behind it: a name that stands in it so is not part of a word.
fn in_words(text: &str) -> String {
    format!(r"replaceRegexpAll({text}, '([\\pL\\pN_]+)', '\x01\\1\x02')")
}

/// A name as a part of an address: browsers leave a few marks that ClickHouse encodes.
fn as_browsers_encode(name: &str) -> String {
    let encoded = format!("encodeURLComponent({name})");
    let kept = [
        ("%21", "!"),
        ("%27", "''"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
    ];
    kept.iter().fold(encoded, |encoded, (escape, mark)| {
        format!("replaceAll({encoded}, '{escape}', '{mark}')")
    })
}

/// A regular expression (RE2) that finds the identifiers as they stand in texts, in JSON and in
/// URLs, but not inside a longer word or address; nothing where no identifier is long enough.
pub(crate) fn pattern<'a>(identifiers: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut alternatives: Vec<String> = Vec::new();
    for identifier in identifiers.filter(|identifier| is_telling(identifier)) {
        let json = in_json(identifier);
        let pointer = in_json(&identifier.replace('~', "~0").replace('/', "~1"));
        for spelling in [
            identifier.to_owned(),
            // Some who write JSON escape slashes.
            json.replace('/', "\\/"),
            // The value of a change is JSON inside of JSON, and so may be what a text of a body is.
            in_json(&json.replace('/', "\\/")),
            in_json(&json),
            json,
            // The place of a change.
            in_json(&pointer),
            pointer,
            percent_encoded(identifier, b"-._~"),
            // What some clients leave as it is in a path.
            percent_encoded(identifier, b"-._~@+"),
            percent_encoded(identifier, b"-._~+"),
        ] {
            // E-mail addresses have no case here; ids have one.
            let flags = if identifier.contains('@') {
                "(?i:"
            } else {
                "(?:"
            };
            let alternative = format!("{flags}{})", with_hex_in_any_case(&quoted(&spelling)));
            if !alternatives.contains(&alternative) {
                alternatives.push(alternative);
            }
        }
    }
    if alternatives.is_empty() {
        return None;
    }
    let any = alternatives.join("|");
    Some(format!(
        r"(^|[^\pL\pN_.+-]|%[0-9A-Fa-f]{{2}}|\\[bfnrt]|\\u[0-9A-Fa-f]{{4}})(?:{any})($|[^\pL\pN_.-]|[.-](?:$|[^\pL\pN_]))"
    ))
}

/// For `replaceRegexpAll`: the neighbours stay.
pub(crate) fn replaced(pseudonym: &str) -> String {
    format!(r"\1{pseudonym}\2")
}

fn quoted(text: &str) -> String {
    text.chars().fold(String::new(), |mut quoted, letter| {
        if letter.is_ascii() && !letter.is_ascii_alphanumeric() {
            // RE2 takes a backslash before any punctuation mark, but not before a control character.
            let _ = write!(quoted, r"\x{{{:x}}}", u32::from(letter));
        } else {
            quoted.push(letter);
        }
        quoted
    })
}

/// A pattern in which what is percent-encoded (RFC 3986, section 2.1) has no case.
fn with_hex_in_any_case(pattern: &str) -> String {
    let mut pieces = pattern.split(r"\x{25}");
    let mut found = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        found.push_str(r"\x{25}");
        let is_escape = |byte: &u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte);
        let digits = piece.bytes().take(2).take_while(is_escape).count();
        let (digits, rest) = piece.split_at(if digits == 2 { 2 } else { 0 });
        for digit in digits.chars() {
            if digit.is_ascii_digit() {
                found.push(digit);
            } else {
                let _ = write!(found, "[{digit}{}]", digit.to_ascii_lowercase());
            }
        }
        found.push_str(rest);
    }
    found
}

fn percent_encoded(text: &str, kept: &[u8]) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_identifier_is_not_looked_for_in_texts() {
        assert_eq!(pattern(["7", "admin", "104233"].into_iter()), None);
        assert!(pattern(["104233104233"].into_iter()).is_some());
        assert!(pattern(["7", "abcdef"].into_iter()).is_some());
    }

    #[test]
    fn an_identifier_never_speaks_the_language_of_patterns() {
        assert_eq!(quoted("a.b*\\E"), r"a\x{2e}b\x{2a}\x{5c}E");
        assert_eq!(replaced("erased-1"), r"\1erased-1\2");
    }

    #[test]
    fn each_column_is_replaced_where_its_text_is_looked_for() {
        let assignments = assignments(true, None);
        let condition = condition();
        for column in COLUMNS {
            assert!(assignments.contains(&format!("{column} = ")), "{column}");
            assert!(condition.contains(column), "{column}");
        }
        assert!(!assignments.contains("{pseudonym"));
    }

    #[test]
    fn without_a_pattern_only_own_rows_change() {
        let own = Own {
            as_actor: "A".to_owned(),
            as_entity: "B".to_owned(),
        };
        let assignments = assignments(false, Some(&own));
        assert!(assignments.contains("http_ip = if(A AND http_ip != '', '', http_ip)"));
        assert!(!assignments.contains("parent_id =") && !assignments.contains("{pattern"));
        // What is looked for is of the rows that are their own.
        assert!(assignments.contains("rest = replaceAll("));
        let count = |text| assignments.matches(text).count();
        let looked_for =
            count("{pseudonym:String}, '") + count("\\x02'), ''), {pseudonym:String})");
        let own_rows = count("if(A AND length(") + count("if(B AND length(");
        assert_eq!(looked_for, own_rows);
    }
}
