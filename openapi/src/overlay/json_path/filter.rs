//! Filters of a JSONPath query (RFC 9535, section 2.3.5), each step counted.

use std::borrow::Cow;
use std::cmp::Ordering;

use regex::RegexBuilder;
use serde_json::Value;

use super::parser::{Comparison, Logical, Operand, Query};
use super::{Budget, Exhausted, Stop, visit_places};

/// What compiling a pattern costs, in values looked at; a byte of text costs one as well. A pattern
/// that is the same for all values is compiled once.
const PATTERN_WORK: u64 = 100_000;

/// The most memory of a compiled pattern.
const PATTERN_BYTES_MAX: usize = 1 << 18;

/// Whether a filter holds for `current`.
pub(super) fn holds(
    filter: &Logical,
    current: &Value,
    root: &Value,
    budget: &Budget,
) -> Result<bool, Exhausted> {
    Scope {
        current,
        root,
        budget,
    }
    .holds(filter)
}

/// What `@` and `$` stand for.
#[derive(Clone, Copy)]
struct Scope<'a> {
    current: &'a Value,
    root: &'a Value,
    budget: &'a Budget,
}

impl<'a> Scope<'a> {
    fn holds(self, filter: &Logical) -> Result<bool, Exhausted> {
        self.budget.spend(1)?;
        match filter {
            Logical::Or(parts) => {
                for part in parts {
                    if self.holds(part)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Logical::And(parts) => {
                for part in parts {
                    if !self.holds(part)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Logical::Not(inner) => self.holds(inner).map(|holds| !holds),
            Logical::Exists(query) => {
                let mut any = false;
                self.query(query, &mut |_| {
                    any = true;
                    false
                })?;
                Ok(any)
            }
            Logical::Compare(left, comparison, right) => self.compare(left, *comparison, right),
            Logical::Matches {
                text,
                pattern,
                whole,
            } => self.matches(text, pattern, *whole),
        }
    }

    /// Calls `visit` with each value that a query selects, until it answers `false`.
    fn query(
        self,
        query: &Query,
        visit: &mut dyn FnMut(&'a Value) -> bool,
    ) -> Result<(), Exhausted> {
        let start = if query.from_root {
            self.root
        } else {
            self.current
        };
        visit_places(
            &query.segments,
            start,
            self.root,
            self.budget,
            &mut |_, value| visit(value).then_some(()).ok_or(Stop::Enough),
        )
    }

    fn compare(
        self,
        left: &Operand,
        comparison: Comparison,
        right: &Operand,
    ) -> Result<bool, Exhausted> {
        let (left, right) = (self.operand(left)?, self.operand(right)?);
        let (left, right) = (left.as_deref(), right.as_deref());
        let equal = || match (left, right) {
            (Some(left), Some(right)) => equal(left, right, self.budget),
            (left, right) => Ok(left.is_none() && right.is_none()),
        };
        let order = || left.zip(right).and_then(|(left, right)| order(left, right));
        match comparison {
            Comparison::Equal => equal(),
            Comparison::NotEqual => equal().map(|equal| !equal),
            Comparison::Less => Ok(order() == Some(Ordering::Less)),
            Comparison::Greater => Ok(order() == Some(Ordering::Greater)),
            Comparison::LessOrEqual => Ok(order() == Some(Ordering::Less) || equal()?),
            Comparison::GreaterOrEqual => Ok(order() == Some(Ordering::Greater) || equal()?),
        }
    }

    /// The value of an operand; `None` is the RFC's `Nothing`.
    fn operand(self, operand: &Operand) -> Result<Option<Cow<'a, Value>>, Exhausted> {
        self.budget.spend(1)?;
        let number = |count: usize| Some(Cow::Owned(Value::from(count)));
        match operand {
            Operand::Literal(literal) => Ok(Some(Cow::Owned(literal.clone()))),
            Operand::Query(query) | Operand::Value(query) => {
                let mut found = Vec::new();
                self.query(query, &mut |value| {
                    found.push(value);
                    found.len() < 2
                })?;
                Ok(match found.as_slice() {
                    [one] => Some(Cow::Borrowed(*one)),
                    _ => None,
                })
            }
            Operand::Count(query) => {
                let mut count = 0;
                self.query(query, &mut |_| {
                    count += 1;
                    true
                })?;
                Ok(number(count))
            }
            Operand::Length(inner) => {
                let value = self.operand(inner)?;
                Ok(match value.as_deref() {
                    Some(Value::String(text)) => {
                        self.budget.spend(text.len() as u64)?;
                        number(text.chars().count())
                    }
                    Some(Value::Array(items)) => number(items.len()),
                    Some(Value::Object(members)) => number(members.len()),
                    _ => None,
                })
            }
        }
    }

    /// `match` and `search`; a pattern that is none matches nothing.
    fn matches(self, text: &Operand, pattern: &Operand, whole: bool) -> Result<bool, Exhausted> {
        let (text, pattern) = (self.operand(text)?, self.operand(pattern)?);
        let (Some(Value::String(text)), Some(Value::String(pattern))) =
            (text.as_deref(), pattern.as_deref())
        else {
            return Ok(false);
        };
        self.budget.spend(text.len() as u64)?;
        let pattern = if whole {
            format!(r"\A(?:{})\z", i_regexp(pattern))
        } else {
            i_regexp(pattern)
        };
        let mut last = self.budget.pattern.borrow_mut();
        if last.as_ref().is_none_or(|(known, _)| *known != pattern) {
            self.budget.spend(PATTERN_WORK)?;
            let compiled = RegexBuilder::new(&pattern)
                .size_limit(PATTERN_BYTES_MAX)
                .dfa_size_limit(PATTERN_BYTES_MAX)
                .build();
            *last = Some((pattern, compiled.ok()));
        }
        let compiled = last.as_ref().and_then(|(_, compiled)| compiled.as_ref());
        Ok(compiled.is_some_and(|compiled| compiled.is_match(text)))
    }
}

/// A dot of I-Regexp is no line end at all (RFC 9485, section 5.3).
fn i_regexp(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len());
    let (mut escaped, mut in_class) = (false, false);
    for character in pattern.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '.' if !in_class => {
                translated.push_str(r"[^\n\r]");
                continue;
            }
            _ => {}
        }
        translated.push(character);
    }
    translated
}

/// Numbers are equal by their value: `1` is `1.0` (RFC 9535, section 2.3.5.2.2).
fn equal(left: &Value, right: &Value, budget: &Budget) -> Result<bool, Exhausted> {
    budget.spend(1)?;
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            Ok(left == right || left.as_f64() == right.as_f64())
        }
        (Value::String(left), Value::String(right)) => {
            budget.spend(left.len().min(right.len()) as u64 / 16)?;
            Ok(left == right)
        }
        (Value::Array(left), Value::Array(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right) {
                if !equal(left, right, budget)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Object(left), Value::Object(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (key, left) in left {
                match right.get(key) {
                    Some(right) if equal(left, right, budget)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
        (left, right) => Ok(left == right),
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
