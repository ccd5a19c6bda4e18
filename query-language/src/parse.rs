//! From text to a query, or to what is wrong with it.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use daybook_event::{Action, Outcome};

use crate::error::{QueryError, shortened};
use crate::print::{quoted, value_as_written};
use crate::query::{Condition, EntityName, QUALIFIERS, Query, Term};
use crate::suggest::{example_of, meant, names_meant};

/// How long a query may be, in characters, as JSON Schema counts them.
pub const QUERY_CHARS_MAX: usize = 1024;
/// How many terms it may have, empty phrases included.
pub const QUERY_TERMS_MAX: usize = 32;

const UNCLOSED: &str = "this quotation mark is never closed";

/// Reads a query.
///
/// # Errors
/// Names the first mistake: where it is, why it is one, and what was probably meant.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    let letters: Vec<char> = text.chars().take(QUERY_CHARS_MAX + 1).collect();
    let mut reader = Reader {
        letters: &letters,
        at: 0,
    };
    if letters.len() > QUERY_CHARS_MAX {
        let reason =
            format!("a query may have {QUERY_CHARS_MAX} characters; leave out what is more");
        let length = text.chars().count();
        return Err(reader.mistake(QUERY_CHARS_MAX..length, reason, None));
    }
    let mut query = Query::default();
    let mut count = 0;
    loop {
        reader.skip_white_space();
        if reader.peek().is_none() {
            return Ok(query);
        }
        count += 1;
        if count > QUERY_TERMS_MAX {
            let reason = format!(
                "a query may have {QUERY_TERMS_MAX} words, phrases and qualifiers; leave out what is more"
            );
            return Err(reader.mistake(reader.at..letters.len(), reason, None));
        }
        query.terms.extend(reader.term()?);
    }
}

struct Reader<'a> {
    letters: &'a [char],
    at: usize,
}

/// A phrase or a word, and how it is written.
struct Written {
    text: String,
    /// With its quotation marks.
    place: Range<usize>,
    is_closed: bool,
    /// Whether white space parts it from its qualifier's name.
    is_apart: bool,
}

/// The name in front of a colon, and where it stands.
struct Name {
    /// In lower case.
    text: String,
    /// Where its term begins: at a minus, where it has one.
    term: usize,
    start: usize,
    /// Behind the colon.
    end: usize,
}

impl Name {
    fn is_negated(&self) -> bool {
        self.term < self.start
    }
}

impl Written {
    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn skip_white_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// One term; nothing for an empty phrase.
    fn term(&mut self) -> Result<Option<Term>, QueryError> {
        let begin = self.at;
        let is_negated = self.is_minus();
        self.at += usize::from(is_negated);
        let start = self.at;
        let condition = if let Some(text) = self.qualifier_name() {
            self.at += text.len() + 1;
            self.qualifier(&Name {
                text,
                term: begin,
                start,
                end: self.at,
            })?
        } else {
            let value = self.value();
            if !value.is_closed {
                return Err(self.mistake(value.place, UNCLOSED, Some(quoted(&value.text))));
            }
            Condition::Text(value.text)
        };
        let is_empty = matches!(&condition, Condition::Text(text) if text.trim().is_empty());
        Ok((!is_empty).then_some(Term {
            is_negated,
            condition,
        }))
    }

    /// Whether here is a minus that negates: one that stands directly before something. Two of them
    /// begin a word, as options of commands do.
    fn is_minus(&self) -> bool {
        self.peek() == Some('-')
            && self
                .letters
                .get(self.at + 1)
                .is_some_and(|next| *next != '-' && !next.is_whitespace())
    }

    /// The name before a colon, where one stands here, in lower case.
    fn qualifier_name(&self) -> Option<String> {
        let rest = &self.letters[self.at..];
        let length = rest
            .iter()
            .position(|letter| !letter.is_ascii_alphabetic() && *letter != '_')?;
        let name: String = rest[..length]
            .iter()
            .collect::<String>()
            .to_ascii_lowercase();
        let is_named = length > 0 && rest[length] == ':';
        let is_url = rest[length..].starts_with(&[':', '/', '/']);
        // `Error:` is a word that somebody looks for; `actor:` lacks something.
        let is_alone = rest.get(length + 1).is_none_or(|next| next.is_whitespace());
        let is_meant = !is_alone || QUALIFIERS.contains(&name.as_str());
        (is_named && !is_url && is_meant).then_some(name)
    }

    /// A phrase, or a word up to the next white space; empty at the end.
    fn value(&mut self) -> Written {
        let start = self.at;
        let (text, is_closed) = if let Some(mark) = self.peek().filter(|it| is_quotation_mark(*it))
        {
            self.phrase(mark)
        } else {
            let rest = &self.letters[start..];
            let length = rest
                .iter()
                .position(|letter| letter.is_whitespace())
                .unwrap_or(rest.len());
            self.at += length;
            (rest[..length].iter().collect(), true)
        };
        Written {
            text,
            place: start..self.at,
            is_closed,
            is_apart: false,
        }
    }

    /// What a phrase says that begins with this mark, and whether it has an end. Typographic marks may be
    /// mixed, as languages and keyboards do; between straight ones they are letters.
    fn phrase(&mut self, begin: char) -> (String, bool) {
        self.at += 1;
        let mut phrase = String::new();
        while let Some(letter) = self.peek() {
            self.at += 1;
            match letter {
                '"' => return (phrase, true),
                mark if begin != '"' && is_quotation_mark(mark) => return (phrase, true),
                '\\' => {
                    let escaped = self.peek().filter(|next| matches!(next, '"' | '\\'));
                    self.at += usize::from(escaped.is_some());
                    phrase.push(escaped.unwrap_or('\\'));
                }
                other => phrase.push(other),
            }
        }
        phrase.truncate(phrase.trim_end().len());
        (phrase, false)
    }

    /// What `name:value` says; the reader stands behind the colon.
    fn qualifier(&mut self, name: &Name) -> Result<Condition, QueryError> {
        let value = self.value_of(&name.text);
        let end = value.place.end;
        if !QUALIFIERS.contains(&name.text.as_str()) {
            return Err(self.unknown_qualifier(name, &value));
        }
        if let (true, Some(opposite)) = (name.is_negated(), opposite_of(&name.text)) {
            let suggestion = self.mended(opposite, &value);
            return Err(self.mistake(
                name.term..end,
                format!("{}: cannot be negated", name.text),
                suggestion.map(|value| format!("{opposite}:{value}")),
            ));
        }
        let reason = if value.is_apart || value.is_blank() {
            format!("{}: lacks its value", name.text)
        } else if !value.is_closed {
            UNCLOSED.to_owned()
        } else {
            match condition(&name.text, &value.text) {
                Ok(condition) => return Ok(condition),
                Err(reason) => reason,
            }
        };
        let suggestion = self.mended(&name.text, &value);
        if suggestion.is_none() && name.text == "ip" {
            // What is no address may stand in the text.
            let text = self.as_text(name, &value);
            return Err(self.mistake(name.start..end, reason, Some(text)));
        }
        Err(self.mistake(name.end..end, reason, suggestion))
    }

    /// What stands behind the colon. Where that is nothing, what follows, if it is a value of this kind.
    fn value_of(&mut self, name: &str) -> Written {
        let value = self.value();
        if !value.place.is_empty() {
            return value;
        }
        self.skip_white_space();
        let is_ago = opposite_of(name).is_some();
        let is_plain = self.qualifier_name().is_none() && (is_ago || !self.is_minus());
        let next = self.value();
        let fits = is_plain && next.is_closed && !next.is_blank();
        if fits && self.mended(name, &next).is_some() {
            return Written {
                is_apart: true,
                ..next
            };
        }
        self.at = value.place.end;
        value
    }

    fn unknown_qualifier(&self, name: &Name, value: &Written) -> QueryError {
        let known = names_meant(&name.text, |known| condition(known, &value.text).is_ok())
            .find_map(|known| Some((known, self.mended(known, value)?)));
        let (start, suggestion) = match known {
            Some((known, value)) => match opposite_of(known) {
                Some(opposite) if name.is_negated() => (name.term, format!("{opposite}:{value}")),
                _ => (name.start, format!("{known}:{value}")),
            },
            None => (name.start, self.as_text(name, value)),
        };
        let reason = format!(
            "{}: is no qualifier (known are {}); text with a colon stands in quotation marks",
            shortened(&name.text),
            QUALIFIERS.join(", ")
        );
        self.mistake(start..value.place.end, reason, Some(suggestion))
    }

    /// A value as it should be written behind the name: as it is, where it is right, or what was
    /// meant by it.
    fn mended(&self, name: &str, value: &Written) -> Option<String> {
        let is_right = |text: &str| condition(name, text).is_ok();
        let text = if value.is_blank() {
            example_of(name)?.to_owned()
        } else if !is_right(&value.text) {
            meant(name, &value.text).filter(|text| is_right(text))?
        } else if value.is_closed && !value.text.starts_with("//") {
            return Some(self.letters[value.place.clone()].iter().collect());
        } else {
            value.text.clone()
        };
        // Without quotation marks it would go on in what follows directly.
        let follows = self.letters.get(value.place.end);
        let is_joined = follows.is_some_and(|letter| !letter.is_whitespace());
        Some(if is_joined {
            quoted(&text)
        } else {
            value_as_written(text)
        })
    }

    /// What looks like a qualifier, as a phrase.
    fn as_text(&self, name: &Name, value: &Written) -> String {
        let name: String = self.letters[name.start..name.end].iter().collect();
        quoted(&format!("{name}{}", value.text))
    }

    fn mistake(
        &self,
        place: Range<usize>,
        reason: impl fmt::Display,
        suggestion: Option<String>,
    ) -> QueryError {
        let rest = self.letters.len().saturating_sub(place.len());
        QueryError {
            position: place.start + 1,
            length: place.len(),
            reason: reason.to_string(),
            suggestion: suggestion.filter(|text| rest + text.chars().count() <= QUERY_CHARS_MAX),
        }
    }
}

/// A straight mark, or one that a phone types in its place.
pub(crate) fn is_quotation_mark(letter: char) -> bool {
    matches!(letter, '"' | '“' | '”' | '„')
}

/// The qualifier that says what the other one rules out.
fn opposite_of(name: &str) -> Option<&'static str> {
    match name {
        "after" => Some("before"),
        "before" => Some("after"),
        _ => None,
    }
}

/// What a qualifier with this value asks for, or why it cannot.
fn condition(name: &str, value: &str) -> Result<Condition, String> {
    if value.trim().is_empty() {
        return Err(format!("{name}: lacks its value"));
    }
    let text = value.to_owned();
    Ok(match name {
        "actor" => Condition::Actor(text),
        "service" => Condition::Service(text),
        "operation" => Condition::Operation(text),
        "correlation" => Condition::Correlation(text),
        "method" => Condition::Method(value.to_ascii_uppercase()),
        "action" => Condition::Action(word(name, value, Action::ALL)?),
        "outcome" => Condition::Outcome(word(name, value, Outcome::ALL)?),
        "entity" => Condition::Entity(entity(value)?),
        "ip" => Condition::Ip(parsed(value)?),
        "after" => Condition::After(parsed(value)?),
        _ => Condition::Before(parsed(value)?),
    })
}

fn parsed<T: FromStr<Err: fmt::Display>>(value: &str) -> Result<T, String> {
    value.parse().map_err(|error: T::Err| error.to_string())
}

fn word<T: FromStr + fmt::Display>(name: &str, value: &str, words: &[T]) -> Result<T, String> {
    value.to_ascii_lowercase().parse().map_err(|_| {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        format!("{name} is one of {}", words.join(", "))
    })
}

fn entity(value: &str) -> Result<EntityName, String> {
    let (kind, id) = match value.split_once('/') {
        None => (value, None),
        Some((kind, id)) => (kind, Some(id)),
    };
    if kind.trim().is_empty() || id.is_some_and(|id| id.trim().is_empty()) {
        let reason = "a kind and an id such as workflow/42, or a kind alone, is needed here";
        return Err(reason.to_owned());
    }
    Ok(EntityName {
        kind: kind.to_owned(),
        id: id.map(str::to_owned),
    })
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "mistake_tests.rs"]
mod mistake_tests;
