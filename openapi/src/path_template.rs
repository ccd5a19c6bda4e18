//! A path template, cut into segments that a concrete path can be held against.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::selector::Condition;
use crate::{verbs, words};

/// A template such as `/v1/orders/{id}:cancel`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathTemplate {
    pub(crate) segments: Vec<Segment>,
    /// The parameters in the order in which they stand.
    pub(crate) param_names: Vec<String>,
    pub(crate) trailing_slash: bool,
    /// What stands behind its `?` or `#`.
    pub(crate) conditions: Vec<Condition>,
}

/// What two templates have in common that differ in their parameters' names alone.
pub(crate) type TemplateShape<'t> = (&'t [Segment], bool, &'t [Condition]);

/// What stands between two slashes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Segment {
    /// `orders`
    Literal(String),
    /// `{id}:cancel`, `{name}.{extension}`, `report({id})`
    Pattern(Vec<Part>),
    /// `{id}`
    Param,
    /// `{proxy+}`: all that is left of the path, API Gateway's way to say "anything below".
    Greedy,
}

/// A piece of a segment that is neither a literal nor a parameter as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Part {
    Literal(String),
    Param,
}

impl PathTemplate {
    pub(crate) fn parse(template: &str) -> Self {
        let template = &*in_braces(template);
        let (path, selector) = template.split_at(end_of_path(template));
        let (path, trailing_slash) = without_outer_slashes(path);
        let mut param_names = Vec::new();
        let segments = split_outside_braces(path)
            .into_iter()
            .map(|text| parse_segment(text, &mut param_names))
            .collect();
        Self {
            segments,
            param_names,
            trailing_slash,
            conditions: Condition::read_all(selector),
        }
    }

    pub(crate) fn shape(&self) -> TemplateShape<'_> {
        (&self.segments, self.trailing_slash, &self.conditions)
    }

    /// The parameters that take all that is left of a path.
    pub(crate) fn greedy_names(&self) -> impl Iterator<Item = &str> {
        let mut names = self.param_names.iter();
        self.segments.iter().filter_map(move |segment| {
            let params = match segment {
                Segment::Literal(_) => 0,
                Segment::Param | Segment::Greedy => 1,
                Segment::Pattern(parts) => parts
                    .iter()
                    .filter(|part| matches!(part, Part::Param))
                    .count(),
            };
            let last = names.by_ref().take(params).last()?;
            (*segment == Segment::Greedy).then_some(last.as_str())
        })
    }

    /// Whether it spells out nothing and takes any path.
    pub(crate) fn is_bare_catch_all(&self) -> bool {
        self.segments.contains(&Segment::Greedy) && self.literal_chars() == 0
    }

    /// How many characters of the path the template itself spells out: 0 for a bare catch-all, and
    /// of `/` its slash.
    pub(crate) fn literal_chars(&self) -> usize {
        if self.segments.is_empty() {
            1
        } else {
            literal_chars(&self.segments)
        }
    }

    /// The same of its last `count` segments.
    pub(crate) fn literal_chars_at_end(&self, count: usize) -> usize {
        literal_chars(&self.segments[self.segments.len().saturating_sub(count)..])
    }
}

fn literal_chars(segments: &[Segment]) -> usize {
    segments.iter().map(Segment::literal_chars).sum()
}

impl Segment {
    pub(crate) fn literal_chars(&self) -> usize {
        match self {
            Self::Literal(text) => text.chars().count(),
            Self::Pattern(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Literal(text) => text.chars().count(),
                    Part::Param => 0,
                })
                .sum(),
            Self::Param | Self::Greedy => 0,
        }
    }
}

/// Decodes a segment of a concrete path once; what is no UTF-8 afterwards keeps its place as `U+FFFD`.
pub(crate) fn decode_segment(segment: &str) -> Cow<'_, str> {
    if has_byte(segment, |byte| byte == b'%') {
        percent_decode_str(segment).decode_utf8_lossy()
    } else {
        Cow::Borrowed(segment)
    }
}

/// A path or a template without the slash that opens it and the one that ends it, and whether there
/// was one that ends it. Two slashes in a row hold an empty segment between them.
pub(crate) fn without_outer_slashes(path: &str) -> (&str, bool) {
    let path = path.strip_prefix('/').unwrap_or(path);
    match path.strip_suffix('/') {
        Some(path) => (path, true),
        None => (path, false),
    }
}

/// Whether some byte is such a one. Looking at all of a short text is faster than stopping early.
pub(crate) fn has_byte(text: &str, is_such: impl Fn(u8) -> bool) -> bool {
    text.bytes()
        .fold(false, |found, byte| found | is_such(byte))
}

/// How many slashes there are. Sums of single bytes are what compilers do many at once.
pub(crate) fn slash_count(path: &str) -> usize {
    path.as_bytes()
        .chunks(255)
        .map(|bytes| bytes.iter().map(|byte| u8::from(*byte == b'/')).sum::<u8>())
        .map(usize::from)
        .sum()
}

/// Holds a decoded segment against a pattern. Each parameter takes at least one character, and of
/// several ways the one in which earlier parameters are shortest.
pub(crate) fn match_pattern<'t>(parts: &[Part], text: &'t str) -> Option<Vec<&'t str>> {
    let mut values = Vec::new();
    let mut rest = text;
    let mut parts = parts;
    while let [part, following @ ..] = parts {
        parts = following;
        match part {
            Part::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
            Part::Param => {
                let first_char_bytes = rest.chars().next()?.len_utf8();
                let end = match following {
                    [] => rest.len(),
                    [Part::Param, ..] => first_char_bytes,
                    // The last literal must end the segment, so it is looked for from behind.
                    [Part::Literal(literal)] => rest
                        .strip_suffix(literal.as_str())
                        .map(str::len)
                        .filter(|end| *end >= first_char_bytes)?,
                    [Part::Literal(literal), ..] => {
                        first_char_bytes + rest.get(first_char_bytes..)?.find(literal.as_str())?
                    }
                };
                values.push(&rest[..end]);
                rest = &rest[end..];
            }
        }
    }
    rest.is_empty().then_some(values)
}

/// Where a path or a template ends and its query or fragment begins. A `#` with a slash behind it is
/// a letter: `/send/#env/v1/partners` goes on.
pub(crate) fn end_of_path(template: &str) -> usize {
    // Nearly no path has one, and looking for a byte is fast.
    if !has_byte(template, |byte| matches!(byte, b'?' | b'#')) {
        return template.len();
    }
    let last_slash = template.rfind('/').unwrap_or(0);
    let mut depth = 0_usize;
    for (position, byte) in template.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'?' if depth == 0 => return position,
            b'#' if depth == 0 && position >= last_slash => return position,
            _ => {}
        }
    }
    template.len()
}

/// A template whose parameters all stand in braces: `/webhooks/:id`, as routers write it, is `/webhooks/{id}`.
pub(crate) fn in_braces(template: &str) -> Cow<'_, str> {
    if !template.contains("/:") {
        return Cow::Borrowed(template);
    }
    let (path, selector) = template.split_at(end_of_path(template));
    let segments = split_outside_braces(path);
    let last = segments.iter().rposition(|text| !text.is_empty());
    let segments: Vec<Cow<'_, str>> = segments
        .into_iter()
        .enumerate()
        .map(|(at, text)| match colon_name(text, Some(at) == last) {
            Some(name) => format!("{{{name}}}").into(),
            None => text.into(),
        })
        .collect();
    Cow::Owned(format!("{}{selector}", segments.join("/")))
}

/// The name of a segment that is a parameter behind a colon: `:id`, `:bookId`, `:order`. `/:search` and
/// `/:bulkDelete` at the end of a path are custom methods.
fn colon_name(segment: &str, is_last: bool) -> Option<&str> {
    let name = segment.strip_prefix(':')?;
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name && !(is_last && is_custom_method(name))).then_some(name)
}

/// A verb that is no noun as well, alone or in front of what is no value: `export`, `bulkDelete`, `sendAll`,
/// but not `order` or `endDate`.
fn is_custom_method(name: &str) -> bool {
    let words = words::split(name);
    let is_value = words
        .last()
        .is_some_and(|last| VALUE_WORDS.contains(&last.as_str()));
    let mut verb = words.iter().map(String::as_str);
    let first = verb.find(|word| !matches!(*word, "bulk" | "batch"));
    let is_call = |word: &str| verbs::is_clear(word) || CALL_WORDS.contains(&word);
    // `softDelete`, `asyncExport`
    let ends_in_call = words.len() > 1 && words.last().is_some_and(|last| is_call(last));
    !is_value && (ends_in_call || first.is_none_or(is_call))
}

/// Nouns as well, and yet calls where they stand behind a colon.
const CALL_WORDS: &[&str] = &["search", "query", "export", "import", "lookup"];

/// What the name of a value ends with.
const VALUE_WORDS: &[&str] = &[
    "id", "uuid", "guid", "key", "slug", "name", "code", "token", "number", "email", "hash",
    "hashid", "date", "time", "type", "status", "title", "path", "version", "day", "month", "year",
];

fn split_outside_braces(path: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (position, character) in path.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => {
                segments.push(&path[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    if !path.is_empty() {
        segments.push(&path[start..]);
    }
    segments
}

fn parse_segment(text: &str, param_names: &mut Vec<String>) -> Segment {
    if !text.contains('{') {
        return Segment::Literal(decode_segment(text).into_owned());
    }
    let mut parts = Vec::new();
    let mut rest = text;
    let mut greedy = false;
    while !rest.is_empty() {
        let braces = rest
            .find('{')
            .and_then(|open| rest[open..].find('}').map(|close| (open, open + close)));
        let Some((open, close)) = braces else {
            parts.push(Part::Literal(decode_segment(rest).into_owned()));
            break;
        };
        if open > 0 {
            parts.push(Part::Literal(decode_segment(&rest[..open]).into_owned()));
        }
        let inside = &rest[open + 1..close];
        greedy |= inside.ends_with('+') || inside.ends_with('*') || inside.starts_with('+');
        // `{name=projects/*}` (gRPC transcoding) and `{+name}` (RFC 6570) name a parameter too.
        let name = inside.split('=').next().unwrap_or_default();
        param_names.push(name.trim_matches(['+', '*', ' ']).to_owned());
        parts.push(Part::Param);
        rest = &rest[close + 1..];
    }
    match parts.as_slice() {
        [Part::Literal(literal)] => Segment::Literal(literal.clone()),
        [Part::Param] if greedy => Segment::Greedy,
        [Part::Param] => Segment::Param,
        _ => Segment::Pattern(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, path: &str, expected: Option<&[&str]>) {
        let parsed = PathTemplate::parse(template);
        let [Segment::Pattern(parts)] = parsed.segments.as_slice() else {
            panic!("{template} is no single pattern: {parsed:?}");
        };
        assert_eq!(
            match_pattern(parts, path).as_deref(),
            expected,
            "{template} against {path}"
        );
    }

    #[test]
    fn a_segment_may_hold_literals_and_parameters() {
        check("/{id}:publish", "42:publish", Some(&["42"]));
        check("/{id}:publish", ":publish", None);
        check("/{id}:publish", "42:publish:publish", Some(&["42:publish"]));
        check("/{a}.{b}", "x.y.z", Some(&["x", "y.z"]));
        check("/report({id})", "report(7)", Some(&["7"]));
        check("/report({id})", "report()", None);
        check("/indexes('{name}')", "indexes('hotels')", Some(&["hotels"]));
        check("/{a}{b}", "xyz", Some(&["x", "yz"]));
        check("/{from}..{to}", "1..2", Some(&["1", "2"]));
        check("/{id}.json", "ü.json", Some(&["ü"]));
    }

    #[test]
    fn parameters_of_every_notation_keep_their_names() {
        let template = PathTemplate::parse("/v1/{+topic}/{rest*}/{name=a/*}:go/?x={y}#z");
        assert_eq!(template.param_names, ["topic", "rest", "name"]);
        assert_eq!(
            template.segments,
            [
                Segment::Literal("v1".to_owned()),
                Segment::Greedy,
                Segment::Greedy,
                Segment::Pattern(vec![Part::Param, Part::Literal(":go".to_owned())]),
            ]
        );
        assert!(template.trailing_slash);
        assert_eq!(template.conditions.len(), 2);
    }

    #[test]
    fn a_template_may_have_a_query_or_a_fragment_behind_its_path() {
        for (template, end) in [
            ("/a?b=c/d", 2),
            ("/a#b", 2),
            ("/a/#b/c", 7),
            ("/a{?b#}", 7),
            ("/a?b#c/d", 2),
        ] {
            assert_eq!(end_of_path(template), end, "{template}");
        }
    }

    #[test]
    fn a_parameter_behind_a_colon_is_one_in_braces() {
        for (template, braced) in [
            ("/webhooks/:id", "/webhooks/{id}"),
            ("/:id/info/?a=/:b", "/{id}/info/?a=/:b"),
            ("/feeds/:token/raw", "/feeds/{token}/raw"),
            ("/{name=a/:b}/:idOrUrl", "/{name=a/:b}/{idOrUrl}"),
            ("/books/:bookId/:resetToken", "/books/{bookId}/{resetToken}"),
            ("/orders/:search", "/orders/:search"),
            ("/users/:batchGet", "/users/:batchGet"),
            ("/users/:bulkDelete", "/users/:bulkDelete"),
            ("/users/:export", "/users/:export"),
            ("/a/:", "/a/:"),
            ("/orders:cancel", "/orders:cancel"),
        ] {
            assert_eq!(in_braces(template), braced);
        }
        let template = PathTemplate::parse("/webhooks/:id");
        assert_eq!(template.param_names, ["id"]);
        assert_eq!(template.segments[1], Segment::Param);
    }

    #[test]
    fn a_brace_without_its_partner_is_a_letter() {
        assert_eq!(
            PathTemplate::parse("/a{b").segments,
            [Segment::Literal("a{b".to_owned())]
        );
    }
}
