//! Keys that a provider's prefix or form gives away, from the table `data/secrets/keys.json`.
//!
//! A form is literal text with sets of letters in it: `AKIA${b32:16}` is followed by no letter,
//! `ghp_${any:36,}` goes on as long as its letters do. All literals are looked for at once, and each
//! place found is read forwards once, so that the time is that of the text's length.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use serde::Deserialize;

use super::hit::Hit;

/// How far an unbounded set is read before it is known that all of it counts.
const READ_MAX: usize = 512;

/// One row of the table.
#[derive(Deserialize)]
struct Row {
    name: &'static str,
    forms: Vec<&'static str>,
    source: &'static str,
    #[serde(default)]
    check: Check,
    /// Whether letters may stand right before it.
    #[serde(default)]
    free: bool,
}

/// What keeps ordinary words out.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Check {
    #[default]
    None,
    /// It has a digit.
    Digit,
    /// It has a digit and, beside its prefix, two letters of different case or two of each kind.
    Mixed,
}

struct Form {
    row: usize,
    /// The letters before the literal, which are read backwards.
    before: Option<Class>,
    after: Vec<Part>,
}

enum Part {
    Literal(&'static str),
    Class(Class),
}

struct Class {
    letters: u128,
    length_min: usize,
    length_max: Option<usize>,
}

struct Table {
    rows: Vec<Row>,
    forms: Vec<Form>,
    anchors: Option<AhoCorasick>,
    /// The forms of each anchor.
    of_anchor: Vec<Vec<usize>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows: Vec<Row> =
        serde_json::from_str(include_str!("../../data/secrets/keys.json")).unwrap_or_default();
    let mut forms = Vec::new();
    let mut literals: Vec<&'static str> = Vec::new();
    let mut of_anchor: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<&'static str, usize> = HashMap::new();
    for (row, text) in rows
        .iter()
        .enumerate()
        .flat_map(|(row, rule)| rule.forms.iter().map(move |form| (row, *form)))
    {
        let Some((anchor, form)) = Form::parse(row, text) else {
            continue;
        };
        let index = *known.entry(anchor).or_insert_with(|| {
            literals.push(anchor);
            of_anchor.push(Vec::new());
            literals.len() - 1
        });
        of_anchor[index].push(forms.len());
        forms.push(form);
    }
    Table {
        rows,
        forms,
        anchors: AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .build(&literals)
            .ok(),
        of_anchor,
    }
});

/// The names of all rules, each with its source.
pub(super) fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.rows.iter().map(|row| (row.name, row.source))
}

/// Finds every key in a text.
pub(super) fn find(text: &str, hits: &mut Vec<Hit>) {
    let table = &*TABLE;
    let Some(anchors) = &table.anchors else {
        return;
    };
    let bytes = text.as_bytes();
    let mut done = 0;
    for found in anchors.find_overlapping_iter(text) {
        if found.start() < done {
            continue;
        }
        for form in &table.of_anchor[found.pattern().as_usize()] {
            let form = &table.forms[*form];
            let row = &table.rows[form.row];
            if let Some(range) = form.read(bytes, found.range(), row) {
                done = done.max(range.end);
                hits.push(Hit {
                    range,
                    rule: row.name,
                });
            }
        }
    }
}

impl Form {
    fn parse(row: usize, text: &'static str) -> Option<(&'static str, Self)> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            if start > 0 {
                parts.push(Part::Literal(&rest[..start]));
            }
            let end = start + rest[start..].find('}')?;
            parts.push(Part::Class(Class::parse(&rest[start + 2..end])?));
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest));
        }
        let mut parts = parts.into_iter();
        let (before, anchor) = match parts.next()? {
            Part::Literal(anchor) => (None, anchor),
            Part::Class(class) => match parts.next()? {
                Part::Literal(anchor) => (Some(class), anchor),
                Part::Class(_) => return None,
            },
        };
        let after = parts.collect();
        Some((anchor, Self { row, before, after }))
    }

    /// Where the whole key stands, if one stands around the anchor.
    fn read(&self, text: &[u8], anchor: Range<usize>, row: &Row) -> Option<Range<usize>> {
        let mut start = anchor.start;
        if let Some(class) = &self.before {
            let most = class.length_max.unwrap_or(READ_MAX);
            let length = text[..start]
                .iter()
                .rev()
                .take(most)
                .take_while(|byte| class.has(**byte))
                .count();
            if length < class.length_min {
                return None;
            }
            start -= length;
        }
        if !row.free && goes_on_before(&text[..start]) {
            return None;
        }
        let mut end = anchor.end;
        let mut open = None;
        for part in &self.after {
            open = None;
            match part {
                Part::Literal(literal) => {
                    if !text[end..].starts_with(literal.as_bytes()) {
                        return None;
                    }
                    end += literal.len();
                }
                Part::Class(class) => {
                    let most = class.length_max.unwrap_or(READ_MAX);
                    let length = class.run(&text[end..], most);
                    if length < class.length_min {
                        return None;
                    }
                    end += length;
                    open = class.length_max.is_none().then_some(class);
                }
            }
        }
        let passes = match row.check {
            Check::None => true,
            Check::Digit => text[start..end].iter().any(u8::is_ascii_digit),
            Check::Mixed => {
                is_mixed(&text[anchor.end..end]) || is_mixed(&text[start..anchor.start])
            }
        };
        if !passes {
            return None;
        }
        match open {
            Some(class) => end += class.run(&text[end..], usize::MAX),
            None if text.get(end).is_some_and(|byte| is_word(*byte)) => return None,
            None => {}
        }
        Some(start..end)
    }
}

fn is_mixed(text: &[u8]) -> bool {
    let count = |test: fn(&u8) -> bool| text.iter().filter(|byte| test(byte)).count();
    count(u8::is_ascii_digit) >= 2 && count(u8::is_ascii_alphabetic) >= 2
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a word goes on right before; the `n` of an escaped line break does not count.
fn goes_on_before(text: &[u8]) -> bool {
    match text {
        [.., b'\\', b'n' | b'r' | b't'] | [] => false,
        [.., last] => is_word(*last) || *last == b'-',
    }
}

impl Class {
    fn parse(text: &str) -> Option<Self> {
        let (set, lengths) = text.split_once(':').unwrap_or((text, "36"));
        let (length_min, length_max) = match lengths.split_once(',') {
            None => (lengths.parse().ok()?, Some(lengths.parse().ok()?)),
            Some((least, "")) => (least.parse().ok()?, None),
            Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
        };
        let (ranges, others): (&[(u8, u8)], &str) = match set {
            "digit" => (&[(b'0', b'9')], ""),
            "hex" => (&[(b'0', b'9'), (b'a', b'f')], ""),
            "xdigit" => (&[(b'0', b'9'), (b'a', b'f'), (b'A', b'F')], ""),
            "uuid" => (&[(b'0', b'9'), (b'a', b'f'), (b'A', b'F')], "-"),
            "lower" => (&[(b'0', b'9'), (b'a', b'z')], ""),
            "lowerdash" => (&[(b'0', b'9'), (b'a', b'z')], "-"),
            "upper" => (&[(b'0', b'9'), (b'A', b'Z')], ""),
            "b32" => (&[(b'2', b'7'), (b'A', b'Z')], ""),
            "b58" => (
                &[
                    (b'1', b'9'),
                    (b'A', b'H'),
                    (b'J', b'N'),
                    (b'P', b'Z'),
                    (b'a', b'k'),
                    (b'm', b'z'),
                ],
                "",
            ),
            "any" => (LETTERS, ""),
            "word" => (LETTERS, "_-"),
            "wordu" => (LETTERS, "_"),
            "token" => (LETTERS, "_-."),
            "tilde" => (LETTERS, "_-.~"),
            "b64" => (LETTERS, "+/"),
            "sign" => (LETTERS, "+/=_-"),
            "signu" => (LETTERS, "+/=_"),
            "plus" => (LETTERS, "+_-"),
            "percent" => (LETTERS, "%"),
            "crypt" => (LETTERS, "./"),
            "phc" => (LETTERS, "./+=,$_-"),
            _ => return None,
        };
        let letters = ranges
            .iter()
            .flat_map(|(first, last)| *first..=*last)
            .chain(others.bytes())
            .fold(0, |letters, byte| letters | 1 << byte);
        Some(Self {
            letters,
            length_min,
            length_max,
        })
    }

    fn has(&self, byte: u8) -> bool {
        byte < 128 && self.letters & (1 << byte) != 0
    }

    fn run(&self, text: &[u8], most: usize) -> usize {
        text.iter()
            .take(most)
            .take_while(|byte| self.has(**byte))
            .count()
    }
}

const LETTERS: &[(u8, u8)] = &[(b'0', b'9'), (b'a', b'z'), (b'A', b'Z')];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_table_is_understood() {
        let forms = include_str!("../../data/secrets/keys.json")
            .matches("\"forms\"")
            .count();
        assert_eq!(TABLE.rows.len(), forms);
        for row in &TABLE.rows {
            assert!(
                !row.source.is_empty() && !row.forms.is_empty(),
                "{}",
                row.name
            );
            for form in &row.forms {
                assert!(Form::parse(0, form).is_some(), "{form}");
            }
        }
        assert!(TABLE.anchors.is_some());
    }
}
