//! From text to a query, or to what is wrong with it.

use std::fmt;
use std::str::FromStr;

use daybook_event::{Action, Outcome};

use crate::error::{QueryError, shortened};
use crate::moment::{Moment, ago};
use crate::print::quoted;
use crate::query::{Condition, EntityName, QUALIFIERS, Query, Term};
use crate::suggest::closest;

/// How long a query may be, in characters, as JSON Schema counts them.
pub const QUERY_CHARS_MAX: usize = 1024;
/// How many terms it may have, empty phrases included.
pub const QUERY_TERMS_MAX: usize = 32;

/// What people write who know other search bars.
const OTHER_NAMES: [(&str, &str); 17] = [
    ("by", "actor"),
    ("email", "actor"),
    ("user", "actor"),
    ("who", "actor"),
    ("caller", "actor"),
    ("verb", "action"),
    ("event", "operation"),
    ("operation_id", "operation"),
    ("status", "outcome"),
    ("result", "outcome"),
    ("type", "entity"),
    ("trace", "correlation"),
    ("from", "after"),
    ("since", "after"),
    ("to", "before"),
    ("until", "before"),
    ("address", "ip"),
];

/// Reads a query.
///
/// # Errors
/// Names the first mistake: where it is, why it is one, and what was probably meant.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    let letters: Vec<char> = text.chars().take(QUERY_CHARS_MAX + 1).collect();
    if letters.len() > QUERY_CHARS_MAX {
        return Err(QueryError {
            position: letters.len(),
            reason: format!("a query may have {QUERY_CHARS_MAX} characters"),
            suggestion: None,
        });
    }
    let mut reader = Reader {
        letters: &letters,
        at: 0,
    };
    let mut query = Query::default();
    let mut count = 0;
    loop {
        reader.skip_white_space();
        if reader.peek().is_none() {
            return Ok(query);
        }
        count += 1;
        if count > QUERY_TERMS_MAX {
            let reason =
                format!("a query may have {QUERY_TERMS_MAX} words, phrases and qualifiers");
            return Err(reader.mistake(reader.at, reason, None));
        }
        query.terms.extend(reader.term()?);
    }
}

struct Reader<'a> {
    letters: &'a [char],
    at: usize,
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
        let is_negated = self.is_minus();
        self.at += usize::from(is_negated);
        let start = self.at;
        let condition = if let Some(name) = self.qualifier_name() {
            self.at += name.len() + 1;
            self.qualifier(start, &name, is_negated)?
        } else {
            Condition::Text(self.value()?)
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
    fn value(&mut self) -> Result<String, QueryError> {
        if self.peek() == Some('"') {
            return self.phrase();
        }
        let rest = &self.letters[self.at..];
        let length = rest
            .iter()
            .position(|letter| letter.is_whitespace())
            .unwrap_or(rest.len());
        self.at += length;
        Ok(rest[..length].iter().collect())
    }

    fn phrase(&mut self) -> Result<String, QueryError> {
        let start = self.at;
        self.at += 1;
        let mut phrase = String::new();
        while let Some(letter) = self.peek() {
            self.at += 1;
            match letter {
                '"' => return Ok(phrase),
                '\\' => {
                    let escaped = self.peek().filter(|next| matches!(next, '"' | '\\'));
                    self.at += usize::from(escaped.is_some());
                    phrase.push(escaped.unwrap_or('\\'));
                }
                other => phrase.push(other),
            }
        }
        let suggestion = quoted(phrase.trim_end());
        Err(self.mistake(
            start,
            "this quotation mark is never closed",
            Some(suggestion),
        ))
    }

    /// What `name:value` says; the reader stands behind the colon.
    fn qualifier(
        &mut self,
        start: usize,
        name: &str,
        is_negated: bool,
    ) -> Result<Condition, QueryError> {
        let at = self.at;
        let value = self.value()?;
        if !QUALIFIERS.contains(&name) {
            return Err(self.unknown_qualifier(start, name, &value));
        }
        if value.trim().is_empty() {
            let reason = format!("{name}: lacks its value");
            return Err(self.mistake(at, reason, example_of(name)));
        }
        let opposite = match name {
            "after" => Some("before"),
            "before" => Some("after"),
            _ => None,
        };
        if let (true, Some(opposite)) = (is_negated, opposite) {
            let reason = format!("{name}: cannot be negated");
            let suggestion = format!("{opposite}:{}", shortened(&value));
            return Err(self.mistake(start, reason, Some(suggestion)));
        }
        Ok(match name {
            "actor" => Condition::Actor(value),
            "service" => Condition::Service(value),
            "operation" => Condition::Operation(value),
            "correlation" => Condition::Correlation(value),
            "method" => Condition::Method(value.to_ascii_uppercase()),
            "action" => Condition::Action(self.word(at, name, &value, Action::ALL)?),
            "outcome" => Condition::Outcome(self.word(at, name, &value, Outcome::ALL)?),
            "entity" => Condition::Entity(self.entity(at, &value)?),
            "ip" => Condition::Ip(value.parse().map_err(|error| {
                let suggestion = quoted(&format!("{name}:{}", shortened(&value)));
                self.mistake(at, error, Some(suggestion))
            })?),
            "after" => Condition::After(self.moment(at, name, &value)?),
            _ => Condition::Before(self.moment(at, name, &value)?),
        })
    }

    fn unknown_qualifier(&self, start: usize, name: &str, value: &str) -> QueryError {
        let known = OTHER_NAMES
            .iter()
            .find(|(other, _)| *other == name)
            .map(|(_, known)| *known)
            .or_else(|| closest(name, QUALIFIERS));
        let (name, value) = (shortened(name), shortened(value));
        let suggestion = match known {
            Some(known) => format!("{known}:{value}"),
            None => quoted(&format!("{name}:{value}")),
        };
        let reason = format!(
            "{name}: is no qualifier (known are {}); text with a colon stands in quotation marks",
            QUALIFIERS.join(", ")
        );
        self.mistake(start, reason, Some(suggestion))
    }

    fn word<T: Copy + FromStr + fmt::Display>(
        &self,
        at: usize,
        name: &str,
        value: &str,
        words: &[T],
    ) -> Result<T, QueryError> {
        value.to_ascii_lowercase().parse().map_err(|_| {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            let suggestion = closest(value, words.iter().map(String::as_str));
            let reason = format!("{name} is one of {}", words.join(", "));
            self.mistake(at, reason, suggestion.map(|word| format!("{name}:{word}")))
        })
    }

    fn entity(&self, at: usize, value: &str) -> Result<EntityName, QueryError> {
        let (kind, id) = match value.split_once('/') {
            None => (value, None),
            Some((kind, id)) => (kind, Some(id)),
        };
        if kind.trim().is_empty() || id.is_some_and(|id| id.trim().is_empty()) {
            let reason = "a kind and an id such as workflow/42, or a kind alone, is needed here";
            return Err(self.mistake(at, reason, example_of("entity")));
        }
        Ok(EntityName {
            kind: kind.to_owned(),
            id: id.map(str::to_owned),
        })
    }

    fn moment(&self, at: usize, name: &str, value: &str) -> Result<Moment, QueryError> {
        value.parse().map_err(|error| {
            let suggestion = ago(value).map(|ago| format!("{name}:{ago}"));
            self.mistake(at, error, suggestion)
        })
    }

    #[allow(clippy::unused_self)] // reads as a part of the sentence where it is called
    fn mistake(
        &self,
        at: usize,
        reason: impl fmt::Display,
        suggestion: Option<String>,
    ) -> QueryError {
        QueryError {
            position: at + 1,
            reason: reason.to_string(),
            suggestion,
        }
    }
}

fn example_of(name: &str) -> Option<String> {
    let value = match name {
        "actor" => "jane@example.com",
        "action" => "delete",
        "service" => "workflows",
        "operation" => "deleteWorkflow",
        "outcome" => "denied",
        "method" => "DELETE",
        "entity" => "workflow/42",
        "ip" => "10.0.0.0/8",
        "after" => "2026-01-31",
        "before" => "-7d",
        _ => return None,
    };
    Some(format!("{name}:{value}"))
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
