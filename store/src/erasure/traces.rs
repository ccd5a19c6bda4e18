//! Traces: where an identifier stands inside other texts, and what replaces it there.

use std::fmt::Write as _;

use crate::erasure::key::PSEUDONYM_PREFIX;
use crate::erasure::scope::UNIQUE_BYTES_MIN;
use crate::erasure::words::{has_word, in_words, is_random, unspaced};
use crate::packed::in_json;

/// Shorter identifiers would be found in words and numbers that have nothing to do with them.
pub(crate) const TRACE_BYTES_MIN: usize = 6;

/// Whether JSON may have an identifier outside of a text, or it has digits alone.
fn is_number(identifier: &str) -> bool {
    identifier.bytes().all(|byte| byte.is_ascii_digit())
        || serde_json::from_str::<serde_json::Number>(identifier).is_ok()
}

/// Whether an identifier that stands in a text is the subject's. A number of a few digits is often another
/// thing's.
pub(crate) fn is_telling(identifier: &str) -> bool {
    let least = if is_number(identifier) {
        UNIQUE_BYTES_MIN
    } else {
        TRACE_BYTES_MIN
    };
    // In a text it would be written in some other way; and a line's end is what stands between the texts.
    identifier.len() >= least && !identifier.chars().any(char::is_control)
}

/// Whether a text names an identifier, in any case: a short one as a word, since 4 is part of 24.
pub(crate) fn names(text: &str, identifier: &str) -> bool {
    let is_part = || text.to_lowercase().contains(&identifier.to_lowercase());
    has_word(text, identifier) || is_telling(identifier) && is_part()
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

/// Behind the pseudonym in the id or the name of a thing that has the subject's.
const NAMESAKE: &str = "-namesake";

/// Which rows are the subject's own, as SQL conditions, where they are kept under a pseudonym.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    pub(crate) as_actor: String,
    pub(crate) as_entity: String,
}

/// Where the subject is named by its id alone, as SQL conditions.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) as_parent: String,
    /// As one of several things, where it may be.
    pub(crate) among_others: Option<String>,
}

/// Whether one of several ids is looked for, whatever its length. `{one_of_several}` is to be bound.
///
/// A regular expression and no lambda: a mutation takes a lambda's variable for a column.
pub(crate) const AMONG_OTHERS: &str =
    "position(entity_id, ',') > 0 AND match(entity_id, {one_of_several:String})";

/// A regular expression (RE2) that finds any of these among ids with commas between them.
pub(crate) fn one_of_several<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let ids: Vec<_> = ids.map(quoted).collect();
    format!("(^|,)(?:{})(,|$)", ids.join("|"))
}

/// The assignments behind `ALTER TABLE … UPDATE`. `{pseudonym}` is to be bound, and `{pattern}` and `{numbers}` with
/// what replaces them where there are such.
pub(crate) fn assignments(
    has_pattern: bool,
    has_numbers: bool,
    named: &Named,
    own: Option<&Own>,
) -> String {
    let assignments: Vec<_> = COLUMNS
        .iter()
        .filter_map(|column| {
            let mut replaced = replacement(column, has_pattern, has_numbers, own);
            match *column {
                "parent_id" => {
                    let as_parent = &named.as_parent;
                    replaced = format!("if({as_parent}, {{pseudonym:String}}, {replaced})");
                }
                "entity_id" => {
                    if let Some(is_one) = &named.among_others {
                        replaced = replaced_among_others(is_one, &replaced);
                    }
                }
                _ => {}
            }
            (replaced != *column).then(|| format!("{column} = {replaced}"))
        })
        .collect();
    assignments.join(", ")
}

/// The ids of several things without those of the subject, where it is one of them. `{replaced_one}` is to be bound.
fn replaced_among_others(is_one: &str, replaced: &str) -> String {
    let replace = |text: &str| {
        format!("replaceRegexpAll({text}, {{one_of_several:String}}, {{replaced_one:String}})")
    };
    // Two neighbours share the comma between them, which a first pass takes away.
    format!("if({is_one}, {}, {replaced})", replace(&replace(replaced)))
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

fn replacement(column: &str, has_pattern: bool, has_numbers: bool, own: Option<&Own>) -> String {
    let mut everywhere = column.to_owned();
    let mut replace_all = |pattern: &str, replaced: &str| {
        // Two neighbours share the character between them, which a first pass takes away.
        for _ in 0..2 {
            everywhere = format!(
                "replaceRegexpAll({everywhere}, {{{pattern}:String}}, {{{replaced}:String}})"
            );
        }
    };
    // A body and the values of changes are JSON, and stay it.
    if has_numbers && matches!(column, "detail" | "told") {
        replace_all("numbers", "replaced_number");
    }
    if has_pattern {
        replace_all("pattern", "replaced");
    }
    // A thing of the same name is another one still when the person is deleted, who is looked for by the pseudonym.
    if has_pattern && matches!(column, "entity_id" | "entity_name" | "parent_id") {
        everywhere = format!(
            "if({everywhere} = {{pseudonym:String}} AND {column} != {{pseudonym:String}}, \
             concat({{pseudonym:String}}, '{NAMESAKE}'), {everywhere})"
        );
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
                "replaceAll({everywhere}, if({condition} AND {is_of}, \
                 concat('{before}', {text}, '{behind}'), ''), \
                 concat('{before}', {{pseudonym:String}}, '{behind}'))"
            );
        }
    }
    if matches!(column, "activity" | "entity_name") {
        everywhere = in_words(&everywhere);
        for (condition, name) in names.into_iter().filter(|(_, name)| *name != column) {
            let (word, is_short) = (in_words(name), is_short(name));
            everywhere = format!(
                "replaceAll({everywhere}, if({condition} AND {is_short}, {word}, ''), \
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

/// Which names are replaced wherever they stand, in SQL.
fn is_long(name: &str) -> String {
    format!("length({name}) >= {TRACE_BYTES_MIN} AND NOT match({name}, '^[-0-9][0-9.]*$')")
}

/// And which only where they stand alone: a short one is part of many words and numbers, and one that is a number may
/// stand in JSON outside of a text.
fn is_short(name: &str) -> String {
    format!("length({name}) > 0 AND NOT ({})", is_long(name))
}

/// How a name may stand in a column.
struct Spelling {
    /// Names of which kind are looked for so, in SQL.
    is_of: String,
    /// What stands around it, and stays.
    before: &'static str,
    text: String,
    behind: &'static str,
}

/// How a name stands in a column: as it is in a sentence, and in JSON with what JSON escapes. A change's
/// values are JSON inside the JSON of `told`, and a `detail` may hold JSON in its texts as well. `rest` has
/// addresses, and keys, which are shorter than any name that is looked for there. A short name ([`is_short`]) is a
/// whole text of JSON, and a word of a sentence ([`in_words`]).
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
        is_of: is_long(name),
        before: "",
        text: text.to_owned(),
        behind: "",
    };
    let short = |before, text: &str, behind| Spelling {
        is_of: is_short(name),
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
        "rest" => {
            // It is made of texts alone, and a path parameter's stands behind a mark.
            let number = |before| Spelling {
                is_of: format!("length({name}) >= {TRACE_BYTES_MIN} AND {}", is_short(name)),
                ..short(before, &once, "\"")
            };
            vec![
                long(&once),
                long(&format!("encodeURLComponent({name})")),
                long(&as_browsers_encode(name)),
                long(&format!("encodeURLFormComponent({name})")),
                number("\""),
                number("\"="),
            ]
        }
        _ => Vec::new(),
    }
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

/// What may stand on both sides of an identifier, beside what JSON and URLs escape: none of it makes the identifier a
/// part of a longer one. The first are of addresses, which other addresses may end with; the third of what was made
/// up by chance ([`is_random`]); the last of what begins or ends in another script itself, in which words may follow
/// each other without a space.
const NEIGHBOURS: [(&str, &str); 4] = [
    (r"[^\pL\pN_.+-]", OF_WORDS),
    (r"[^\pL\pN_.-]", OF_WORDS),
    (r"[^\pL\pN]", r"[^\pL\pN]"),
    (r"[^\pL\pN_.+-]", OF_WORDS),
];
/// A full stop ends a sentence.
const OF_WORDS: &str = r"[^\pL\pN_.-]|[.-](?:$|[^\pL\pN_])";
const OF_OTHER_SCRIPTS: usize = 3;

/// A regular expression (RE2) that finds identifiers as they stand in texts, in JSON and in URLs, but not inside
/// a longer word or address.
pub(crate) struct Pattern {
    pub(crate) text: String,
    /// Each is a neighbour, in turns on the left and on the right.
    groups: usize,
}

impl Pattern {
    /// Nothing where no identifier is long enough.
    pub(crate) fn of<'a>(identifiers: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut alternatives = NEIGHBOURS.map(|_| Vec::new());
        for identifier in identifiers.filter(|identifier| is_telling(identifier)) {
            for spelling in spellings_of(identifier) {
                let is_other = |letter: char| !letter.is_ascii();
                let place = if spelling.starts_with(is_other) || spelling.ends_with(is_other) {
                    OF_OTHER_SCRIPTS
                } else if spelling.contains('@') {
                    0
                } else {
                    1 + usize::from(
                        is_random(identifier) || identifier.starts_with(PSEUDONYM_PREFIX),
                    )
                };
                // E-mail addresses have no case here; ids have one.
                let flags = if identifier.contains('@') {
                    "(?i:"
                } else {
                    "(?:"
                };
                let alternative = format!("{flags}{})", with_hex_in_any_case(&quoted(&spelling)));
                if !alternatives[place].contains(&alternative) {
                    alternatives[place].push(alternative);
                }
            }
        }
        let unspaced = unspaced();
        let branches: Vec<_> = (0..)
            .zip(NEIGHBOURS)
            .zip(alternatives)
            .filter(|(_, alternatives)| !alternatives.is_empty())
            .map(|((place, (left, right)), alternatives)| {
                let any = alternatives.join("|");
                let (left, right) = if place == OF_OTHER_SCRIPTS {
                    (left.to_owned(), right.to_owned())
                } else {
                    // The next sentence may begin behind a full stop without a space.
                    let right = format!(r"{right}|\.?{unspaced}");
                    (format!("{left}|{unspaced}"), right)
                };
                format!(
                    r"(^|{left}|%[0-9A-Fa-f]{{2}}|\\[bfnrt]|\\u[0-9A-Fa-f]{{4}})(?:{any})($|{right})"
                )
            })
            .collect();
        (!branches.is_empty()).then(|| Self {
            text: branches.join("|"),
            groups: 2 * branches.len(),
        })
    }

    /// The same of those that JSON may have outside of a text.
    pub(crate) fn of_numbers<'a>(identifiers: impl Iterator<Item = &'a str>) -> Option<Self> {
        Self::of(identifiers.filter(|identifier| is_number(identifier)))
    }

    /// For `replaceRegexpAll`: the neighbours stay.
    pub(crate) fn replaced(&self, pseudonym: &str) -> String {
        let neighbours = |first: usize| -> String {
            let groups = (first..=self.groups).step_by(2);
            let groups: Vec<_> = groups.map(|group| format!(r"\{group}")).collect();
            groups.concat()
        };
        format!("{}{pseudonym}{}", neighbours(1), neighbours(2))
    }
}

/// How an identifier is written in texts, in JSON and in URLs.
fn spellings_of(identifier: &str) -> [String; 10] {
    let json = in_json(identifier);
    let pointer = in_json(&identifier.replace('~', "~0").replace('/', "~1"));
    [
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
    ]
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
        let is_looked_for =
            |identifiers: &[&str]| Pattern::of(identifiers.iter().copied()).is_some();
        assert!(!is_looked_for(&["7", "admin", "104233", "-104233"]));
        assert!(is_looked_for(&["104233104233"]));
        assert!(is_looked_for(&["7", "abcdef"]));
    }

    #[test]
    fn a_short_identifier_is_named_as_a_word_only() {
        let letter = "Letter 17 of 24 Nov, case A-7";
        for named in ["17", "24", "a-7", "nov", "A"] {
            assert!(names(letter, named), "{named}");
        }
        for part in ["4", "1", "lett", "v, ca", "7 of"] {
            assert!(!names(letter, part), "{part}");
        }
        assert!(names("for xJane@example.com", "jane@example.com"));
    }

    #[test]
    fn an_identifier_never_speaks_the_language_of_patterns() {
        assert_eq!(quoted("a.b*\\E"), r"a\x{2e}b\x{2a}\x{5c}E");
    }

    #[test]
    fn every_neighbour_stays() {
        let pattern = Pattern::of(["abcdef"].into_iter()).unwrap();
        assert_eq!(pattern.replaced("erased-1"), r"\1erased-1\2");
        let all = ["a@b.org", "7c9e6679-7425-40de"];
        let pattern = Pattern::of(all.into_iter()).unwrap();
        assert_eq!(pattern.replaced("erased-1"), r"\1\3\5erased-1\2\4\6");
    }

    fn named() -> Named {
        Named {
            as_parent: "P".to_owned(),
            among_others: Some("Q".to_owned()),
        }
    }

    #[test]
    fn each_column_is_replaced_where_its_text_is_looked_for() {
        let assignments = assignments(true, true, &named(), None);
        let condition = condition();
        for column in COLUMNS {
            assert!(assignments.contains(&format!("{column} = ")), "{column}");
            assert!(condition.contains(column), "{column}");
        }
        // Whatever its length, who is the parent is.
        assert!(assignments.contains("parent_id = if(P, {pseudonym:String}, if(replaceRegexpAll("));
        assert_eq!(assignments.matches("if(P, {pseudonym:String}, ").count(), 1);
        assert_eq!(assignments.matches("{numbers:String}").count(), 4);
        assert!(assignments.contains("entity_id = if(Q, replaceRegexpAll("));
    }

    #[test]
    fn without_a_pattern_only_own_rows_change() {
        let own = Own {
            as_actor: "A".to_owned(),
            as_entity: "B".to_owned(),
        };
        let assignments = assignments(false, false, &named(), Some(&own));
        assert!(assignments.contains("http_ip = if(A AND http_ip != '', '', http_ip)"));
        assert!(assignments.contains("parent_id = if(P, {pseudonym:String}, parent_id)"));
        assert!(!assignments.contains("correlation_id =") && !assignments.contains("{pattern"));
        // What is looked for is of the rows that are their own.
        assert!(assignments.contains("rest = replaceAll("));
        let count = |text| assignments.matches(text).count();
        let looked_for = count("{pseudonym:String}, '") + count("\\2'), ''), {pseudonym:String})");
        let own_rows = count("if(A AND length(") + count("if(B AND length(");
        assert_eq!(looked_for, own_rows);
    }
}
