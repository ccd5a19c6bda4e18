//! Traces: where an identifier stands inside other texts, and what replaces it there.

use std::fmt::Write as _;

use crate::row_omissions::PART_TEXTS;

/// Shorter identifiers would be found in words and numbers that have nothing to do with them.
pub(crate) const TRACE_BYTES_MIN: usize = 6;

/// How a column holds texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    /// Several texts, of this type of ClickHouse. They are searched and replaced as JSON: a lambda
    /// in a mutation fails every reader to whom it is applied on the fly (26.7: code 16).
    Several(&'static str),
}

const MAP: Shape = Shape::Several("Map(LowCardinality(String), String)");
const LIST: Shape = Shape::Several("Array(String)");
const PARTS: &str = "activity_parts";
const TRIPLES: Shape = Shape::Several("Array(Tuple(String, String, String))");

impl Shape {
    fn as_text(self, column: &str) -> String {
        match self {
            Self::Text => column.to_owned(),
            Self::Several(_) => format!("toJSONString({column})"),
        }
    }

    fn of_type(self) -> &'static str {
        match self {
            Self::Text => "String",
            Self::Several(of_type) => of_type,
        }
    }

    fn of_text(self, text: String) -> String {
        match self {
            Self::Text => text,
            Self::Several(of_type) => format!("JSONExtract({text}, '{of_type}')"),
        }
    }
}

/// Every column in which a person or thing may be named, but for those of a closed set of words. What
/// a row leaves out (see `row_omissions.rs`) follows from these: a path from its template and
/// parameters, and a parameter that is the entity's or the parent's id from that.
const COLUMNS: &[(&str, Shape)] = &[
    ("caller_user_id", Shape::Text),
    ("caller_user_email", Shape::Text),
    ("caller_name", Shape::Text),
    ("caller_token_id", Shape::Text),
    ("entity_id", Shape::Text),
    ("entity_name", Shape::Text),
    ("parent_id", Shape::Text),
    ("parent_name", Shape::Text),
    ("http_path", Shape::Text),
    ("http_resource", Shape::Text),
    ("http_ip", Shape::Text),
    ("http_user_agent", Shape::Text),
    ("http_headers", MAP),
    ("http_query", MAP),
    ("http_path_params", MAP),
    ("correlation_id", Shape::Text),
    ("activity", Shape::Text),
    (PARTS, TRIPLES),
    ("detail", Shape::Text),
    ("changes", TRIPLES),
    ("reason", Shape::Text),
    ("privacy", Shape::Text),
    ("source_url", Shape::Text),
    ("redacted", LIST),
];

/// Texts in which people are called by their names, too.
const TOLD: &[&str] = &["activity", PARTS, "detail", "changes", "reason"];

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
        .filter(|(column, _)| *column != PARTS)
        .filter_map(|&(column, shape)| {
            let replaced = replacement(column, shape, has_pattern, own);
            (replaced != column).then(|| format!("{column} = {replaced}"))
        })
        .collect();
    assignments
        .into_iter()
        .chain(cut_parts(has_pattern, own))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Parts whose texts are cut from the sentence: their lengths do not fit a sentence that was
/// rewritten. Without parts it is read as one, see `row_omissions.rs`.
fn cut_parts(has_pattern: bool, own: Option<&Own>) -> Vec<String> {
    let activity = replacement("activity", Shape::Text, has_pattern, own);
    if activity == "activity" {
        return Vec::new();
    }
    let is_cut = format!("bitAnd(omissions, {PART_TEXTS}) != 0 AND activity != {activity}");
    let parts = replacement(PARTS, TRIPLES, has_pattern, own);
    let of_type = TRIPLES.of_type();
    vec![
        format!("{PARTS} = if({is_cut}, CAST([], '{of_type}'), {parts})"),
        format!(
            "activity_part_bytes = if({is_cut}, CAST([], 'Array(UInt32)'), activity_part_bytes)"
        ),
    ]
}

/// Whether any text of a row has a trace. `{pattern}` is to be bound.
pub(crate) fn condition() -> String {
    let conditions: Vec<_> = COLUMNS
        .iter()
        .map(|&(column, shape)| format!("match({}, {{pattern:String}})", shape.as_text(column)))
        .collect();
    format!("({})", conditions.join(" OR "))
}

fn replacement(column: &str, shape: Shape, has_pattern: bool, own: Option<&Own>) -> String {
    let is_told = TOLD.contains(&column);
    let text = |mut replaced: String| {
        if has_pattern {
            // Two neighbours share the character between them, which a first pass takes away.
            for _ in 0..2 {
                replaced = format!(
                    "replaceRegexpAll({replaced}, {{pattern:String}}, {{replaced:String}})"
                );
            }
        }
        if let Some(own) = own.filter(|_| is_told) {
            for (condition, name) in [
                (&own.as_actor, "caller_name"),
                (&own.as_entity, "entity_name"),
            ] {
                replaced = format!(
                    "if({condition} AND {name} != '', \
                     replaceAll({replaced}, {name}, {{pseudonym:String}}), {replaced})"
                );
            }
        }
        replaced
    };
    let everywhere = if has_pattern || (own.is_some() && is_told) {
        shape.of_text(text(shape.as_text(column)))
    } else {
        column.to_owned()
    };
    let Some(own) = own else { return everywhere };
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

/// A regular expression (RE2) that finds the identifiers as they stand in texts, in JSON and in
/// URLs, but not inside a longer word or address; nothing where no identifier is long enough.
pub(crate) fn pattern<'a>(identifiers: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut alternatives: Vec<String> = Vec::new();
    for identifier in identifiers.filter(|identifier| identifier.len() >= TRACE_BYTES_MIN) {
        let json = serde_json::Value::from(identifier).to_string();
        let json = json[1..json.len() - 1].to_owned(); // without its quotation marks
        for spelling in [
            identifier.to_owned(),
            // As ClickHouse writes JSON, which escapes slashes, and as everybody else does.
            json.replace('/', "\\/"),
            json,
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
            let alternative = format!("{flags}{})", quoted(&spelling));
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
        assert_eq!(pattern(["7", "admin"].into_iter()), None);
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
        for (column, _) in COLUMNS {
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
        assert!(!assignments.contains("http_path ="));
    }
}
