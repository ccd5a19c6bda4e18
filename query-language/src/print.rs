//! A query as text that is read as the same query.

use std::fmt;

use crate::parse::{is_quotation_mark, parse};
use crate::query::{Condition, EntityName, Query, Term};

impl fmt::Display for Query {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, term) in self.terms.iter().enumerate() {
            if number > 0 {
                formatter.write_str(" ")?;
            }
            term.fmt(formatter)?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negated {
            formatter.write_str("-")?;
        }
        self.condition.fmt(formatter)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self {
            Self::Text(text) => {
                return formatter.write_str(&if is_a_word(text) {
                    text.clone()
                } else {
                    quoted(text)
                });
            }
            Self::Actor(text)
            | Self::Service(text)
            | Self::Operation(text)
            | Self::Method(text)
            | Self::Correlation(text) => text.clone(),
            Self::Action(action) => action.to_string(),
            Self::Outcome(outcome) => outcome.to_string(),
            Self::Entity(EntityName { kind, id: None }) => kind.clone(),
            Self::Entity(EntityName { kind, id: Some(id) }) => format!("{kind}/{id}"),
            Self::Ip(range) => range.to_string(),
            Self::After(moment) | Self::Before(moment) => moment.to_string(),
        };
        let name = self.qualifier().unwrap_or_default();
        write!(formatter, "{name}:{}", value_as_written(value))
    }
}

/// The text as it stands behind a qualifier's name.
pub(crate) fn value_as_written(value: String) -> String {
    // What begins with two slashes would make an address of the name.
    let needs_quotes = value.starts_with(is_quotation_mark)
        || value.starts_with("//")
        || value.contains(char::is_whitespace);
    if needs_quotes { quoted(&value) } else { value }
}

/// Whether the text, as it stands and behind a minus, is read as itself.
fn is_a_word(text: &str) -> bool {
    let is_read =
        |text: &str, term: &Term| parse(text).is_ok_and(|query| query.terms == [term.clone()]);
    [false, true].into_iter().all(|is_negated| {
        let term = Term {
            is_negated,
            condition: Condition::Text(text.to_owned()),
        };
        is_read(
            &format!("{}{text}", if is_negated { "-" } else { "" }),
            &term,
        )
    })
}

/// The text as a phrase.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
