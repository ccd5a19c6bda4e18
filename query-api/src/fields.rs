//! Reads the fields of a JSON body one by one, and names every one that cannot be used.

use std::str::FromStr;

use daybook_query_language::{self as query_language, QueryError, closest};
use daybook_store::{Match, TimeRange};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::error::{FieldFault, Problem};

/// How many values one field may list.
pub(crate) const LIST_VALUES_MAX: usize = 100;
/// How long one value may be, in characters, as JSON Schema counts them.
pub(crate) const VALUE_CHARS_MAX: usize = 1024;
/// The fields of a time range.
pub(crate) const RANGE_FIELDS: [&str; 2] = ["from", "to"];
/// How many faults one answer names.
const FAULTS_MAX: usize = 20;
/// How much of a client's own word an answer repeats.
const REPEATED_CHARS_MAX: usize = 60;

/// The faults found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FieldFault>);

impl Faults {
    /// Notes what is wrong with the field at `pointer`.
    pub(crate) fn add(&mut self, pointer: &str, detail: impl Into<String>) {
        self.push(FieldFault::new(pointer, detail));
    }

    /// Notes a mistake in a query.
    pub(crate) fn add_query(&mut self, pointer: &str, error: &QueryError) {
        self.push(FieldFault {
            position: Some(error.position),
            length: Some(error.length),
            suggestion: error.suggestion.clone(),
            ..FieldFault::new(pointer, error.to_string())
        });
    }

    fn push(&mut self, fault: FieldFault) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(fault);
        }
    }

    /// The answer, where there is a fault.
    pub(crate) fn into_result(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.into_problem())
        }
    }

    /// The answer that names the faults.
    pub(crate) fn into_problem(self) -> Problem {
        Problem::invalid_fields(self.0)
    }
}

/// The fields of one object. A field that is null counts as not there.
#[derive(Debug)]
pub(crate) struct Fields {
    pointer: String,
    members: Map<String, Value>,
}

impl Fields {
    /// Takes an object whose members all have known names.
    pub(crate) fn new(
        pointer: &str,
        value: Value,
        known: &[&'static str],
        faults: &mut Faults,
    ) -> Self {
        let mut members = match value {
            Value::Object(members) => members,
            Value::Null => Map::new(),
            other => {
                faults.add(
                    pointer,
                    format!("an object is needed here, not {}", kind_of(&other)),
                );
                Map::new()
            }
        };
        for name in members
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
            .take(FAULTS_MAX)
        {
            let detail = match closest(name, known.iter().copied()) {
                Some(suggestion) => format!("unknown field; did you mean \"{suggestion}\"?"),
                None => format!("unknown field; known are {}", known.join(", ")),
            };
            faults.add(&format!("{pointer}/{}", shortened(name)), detail);
        }
        members.retain(|_, value| !value.is_null());
        Self {
            pointer: pointer.to_owned(),
            members,
        }
    }

    /// An object inside this one.
    pub(crate) fn object(
        &mut self,
        name: &str,
        known: &[&'static str],
        faults: &mut Faults,
    ) -> Fields {
        let value = self.members.remove(name).unwrap_or(Value::Null);
        Fields::new(&self.pointer_to(name), value, known, faults)
    }

    /// Whether the field is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &str, faults: &mut Faults) -> Option<String> {
        match self.members.remove(name)? {
            Value::String(text) => Some(text),
            other => {
                faults.add(
                    &self.pointer_to(name),
                    format!("a string is needed here, not {}", kind_of(&other)),
                );
                None
            }
        }
    }

    /// A whole number within bounds.
    pub(crate) fn number(
        &mut self,
        name: &str,
        min: u32,
        max: u32,
        faults: &mut Faults,
    ) -> Option<u32> {
        let value = self.members.remove(name)?;
        let number = whole(&value).filter(|number| (min..=max).contains(number));
        if number.is_none() {
            faults.add(
                &self.pointer_to(name),
                format!("a whole number from {min} to {max} is needed here"),
            );
        }
        number
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, name: &str, faults: &mut Faults) -> Option<bool> {
        match self.members.remove(name)? {
            Value::Bool(flag) => Some(flag),
            other => {
                faults.add(
                    &self.pointer_to(name),
                    format!("true or false is needed here, not {}", kind_of(&other)),
                );
                None
            }
        }
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        name: &str,
        choices: &[(&'static str, T)],
        faults: &mut Faults,
    ) -> Option<T> {
        let word = self.text(name, faults)?;
        let chosen = choices.iter().find(|(choice, _)| *choice == word);
        if chosen.is_none() {
            let words: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
            faults.add(&self.pointer_to(name), not_one_of(&word, &words));
        }
        chosen.map(|(_, meaning)| *meaning)
    }

    /// One or several of a few words.
    pub(crate) fn choices<T: Copy>(
        &mut self,
        name: &str,
        choices: &[(&'static str, T)],
        faults: &mut Faults,
    ) -> Vec<T> {
        let pointer = self.pointer_to(name);
        let Some(value) = self.members.remove(name) else {
            return Vec::new();
        };
        values(&pointer, value, faults, |word| {
            let chosen = choices.iter().find(|(choice, _)| *choice == word);
            let words = || {
                choices
                    .iter()
                    .map(|(choice, _)| *choice)
                    .collect::<Vec<_>>()
            };
            chosen
                .map(|(_, meaning)| *meaning)
                .ok_or_else(|| not_one_of(word, &words()))
        })
    }

    /// `{"from": time, "to": time}`: from inclusive, to exclusive. A range that ends before it
    /// begins holds nothing.
    pub(crate) fn time_range(&mut self, name: &str, faults: &mut Faults) -> TimeRange {
        let mut range = self.object(name, &RANGE_FIELDS, faults);
        let from = range.time("from", faults);
        let to = range.time("to", faults);
        TimeRange { from, to }
    }

    /// A condition on a text: a value, a list of values, or `{"is": …, "not": …}` with either or
    /// both of them.
    pub(crate) fn texts(&mut self, name: &str, faults: &mut Faults) -> Match<String> {
        self.matching(name, faults, |text| Ok(text.to_owned()))
    }

    /// A condition on one of a closed set of words.
    pub(crate) fn words<T: FromStr>(
        &mut self,
        name: &str,
        words: &[&str],
        faults: &mut Faults,
    ) -> Match<T> {
        self.matching(name, faults, |text| {
            // As the search bar reads them.
            let word = text.to_ascii_lowercase();
            word.parse().map_err(|_| not_one_of(text, words))
        })
    }

    /// A condition on a text that is read by `parse`.
    pub(crate) fn matching<T>(
        &mut self,
        name: &str,
        faults: &mut Faults,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Match<T> {
        let pointer = self.pointer_to(name);
        match self.members.remove(name) {
            None => Match::default(),
            Some(value @ Value::Object(_)) => {
                let mut both = Fields::new(&pointer, value, &["is", "not"], faults);
                let mut listed = |name| {
                    let value = both.members.remove(name)?;
                    Some(values(&both.pointer_to(name), value, faults, &parse))
                };
                Match {
                    any_of: listed("is").unwrap_or_default(),
                    none_of: listed("not").unwrap_or_default(),
                }
            }
            Some(value) => Match::any_of(values(&pointer, value, faults, parse)),
        }
    }

    /// Where a field of this object is.
    pub(crate) fn pointer_to(&self, name: &str) -> String {
        format!("{}/{name}", self.pointer)
    }

    fn time(&mut self, name: &str, faults: &mut Faults) -> Option<Timestamp> {
        let text = self.text(name, faults)?;
        let time = query_language::time(&text);
        if time.is_none() {
            faults.add(
                &self.pointer_to(name),
                "a time such as 2026-01-31T08:00:00Z (RFC 3339) is needed here",
            );
        }
        time
    }
}

/// The whole number that a JSON number is: 50 and 50.0 are the same one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // both are ruled out before
fn whole(value: &Value) -> Option<u32> {
    let number = value.as_f64()?;
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    is_whole.then_some(number as u32)
}

fn values<T>(
    pointer: &str,
    value: Value,
    faults: &mut Faults,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Vec<T> {
    let listed = match value {
        Value::Array(listed) => listed,
        single => return one(pointer, &single, faults, &parse).into_iter().collect(),
    };
    if listed.is_empty() {
        faults.add(pointer, "an empty list finds nothing; leave the field out");
    }
    if listed.len() > LIST_VALUES_MAX {
        faults.add(pointer, format!("a list may have {LIST_VALUES_MAX} values"));
        return Vec::new();
    }
    listed
        .iter()
        .enumerate()
        .filter_map(|(index, value)| one(&format!("{pointer}/{index}"), value, faults, &parse))
        .collect()
}

fn one<T>(
    pointer: &str,
    value: &Value,
    faults: &mut Faults,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    let parsed = match value {
        Value::String(text) if text.chars().count() > VALUE_CHARS_MAX => {
            Err(format!("a value may have {VALUE_CHARS_MAX} characters"))
        }
        Value::String(text) => parse(text),
        other => Err(format!("a string is needed here, not {}", kind_of(other))),
    };
    parsed.map_err(|detail| faults.add(pointer, detail)).ok()
}

fn not_one_of(word: &str, words: &[&str]) -> String {
    let known = words.join(", ");
    match closest(word, words.iter().copied()) {
        Some(suggestion) => {
            format!("it is none of {known}; did you mean \"{suggestion}\"?")
        }
        None => format!("it is none of {known}"),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A client's own word, cut and escaped as a part of a JSON pointer (RFC 6901, section 3).
pub(crate) fn shortened(name: &str) -> String {
    let cut: String = name.chars().take(REPEATED_CHARS_MAX).collect();
    cut.replace('~', "~0").replace('/', "~1")
}
