//! JSONPath (RFC 9535): the places of a document that a query selects, found within bounds.
//!
//! No library is used: none bounds the work of a query (`$..*..*..*` on a large document would never
//! end), and the one that gives out what it parsed brings a C compiler into the build.

mod filter;
mod parser;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use regex::Regex;
use serde_json::Value;

use crate::json_pointer::{Step, pointer_of};
use parser::{Query, Segment, Selector};

/// The most bytes of a query.
const QUERY_BYTES_MAX: usize = 2_000;

/// The most places that a query may select.
const PLACES_MAX: usize = 100_000;

/// The most values that the queries of one overlay may look at.
const WORK_MAX: u64 = 20_000_000;

/// A parsed query.
#[derive(Debug)]
pub(super) struct JsonPath {
    query: Query,
}

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    /// From the root down.
    pub(super) steps: Vec<Step>,
}

/// The work that is left for the queries of one overlay.
pub(super) struct Budget {
    left: Cell<u64>,
    /// The last pattern and what it was compiled to; `None` for what is no pattern.
    pattern: RefCell<Option<(String, Option<Regex>)>>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            left: Cell::new(WORK_MAX),
            pattern: RefCell::default(),
        }
    }
}

/// The budget is used up.
#[derive(Debug)]
struct Exhausted;

impl Budget {
    fn spend(&self, work: u64) -> Result<(), Exhausted> {
        let left = self.left.get().checked_sub(work).ok_or(Exhausted);
        self.left.set(*left.as_ref().unwrap_or(&0));
        left.map(|_| ())
    }

    /// Whether a key stands in a value, at any depth; also where no work is left to look for it.
    pub(super) fn has_key(&self, value: &Value, wanted: &str) -> bool {
        if self.spend(1).is_err() {
            return true;
        }
        match value {
            Value::Array(items) => items.iter().any(|item| self.has_key(item, wanted)),
            Value::Object(members) => members
                .iter()
                .any(|(key, member)| key == wanted || self.has_key(member, wanted)),
            _ => false,
        }
    }
}

impl Place {
    fn of(path: &[StepRef<'_>]) -> Self {
        let steps = path.iter().map(|step| match step {
            StepRef::Key(key) => Step::Key((*key).to_owned()),
            StepRef::Position(position) => Step::Position(*position),
        });
        Self {
            steps: steps.collect(),
        }
    }

    pub(super) fn get<'a>(&self, root: &'a Value) -> Option<&'a Value> {
        self.steps.iter().try_fold(root, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Position(position) => value.get(position),
        })
    }

    pub(super) fn get_mut<'a>(&self, root: &'a mut Value) -> Option<&'a mut Value> {
        self.steps.iter().try_fold(root, |value, step| match step {
            Step::Key(key) => value.get_mut(key),
            Step::Position(position) => value.get_mut(position),
        })
    }

    /// As a JSON pointer.
    pub(super) fn pointer(&self) -> String {
        pointer_of(&self.steps)
    }
}

impl JsonPath {
    /// # Errors
    /// What is wrong with it, in one line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > QUERY_BYTES_MAX {
            return Err(format!(
                "it has {} bytes, more than {QUERY_BYTES_MAX}",
                text.len()
            ));
        }
        parser::parse(text).map(|query| Self { query })
    }

    /// Whether it goes by this name on its way; what its filters ask is not where it goes.
    pub(super) fn names(&self, wanted: &str) -> bool {
        let is_wanted =
            |selector: &Selector| matches!(selector, Selector::Name(name) if name == wanted);
        let mut segments = self.query.segments.iter();
        segments.any(|segment| segment.selectors.iter().any(is_wanted))
    }

    /// The places that it selects, each once, in document order.
    ///
    /// # Errors
    /// Which bound it breaks.
    pub(super) fn select(&self, root: &Value, budget: &Budget) -> Result<Vec<Place>, String> {
        let mut found = Vec::new();
        let mut known = HashSet::new();
        let mut are_too_many = false;
        let mut keep = |path: &[StepRef<'_>], _: &Value| {
            // A place is copied and hashed step by step, and may be met again and again.
            budget.spend(10 + 10 * path.len() as u64)?;
            let place = Place::of(path);
            if known.insert(place.clone()) {
                are_too_many = found.len() >= PLACES_MAX;
                if are_too_many {
                    return Err(Stop::Enough);
                }
                found.push(place);
            }
            Ok(())
        };
        let visited = visit_places(&self.query.segments, root, root, budget, &mut keep);
        if visited.is_err() {
            return Err(format!(
                "it is left out: the overlay's targets look at more than {WORK_MAX} values"
            ));
        }
        if are_too_many {
            return Err(format!("it selects more than {PLACES_MAX} places"));
        }
        Ok(found)
    }
}

/// Why a selection ended early.
enum Stop {
    /// Who visits the places wants no more.
    Enough,
    Exhausted,
}

impl From<Exhausted> for Stop {
    fn from(_: Exhausted) -> Self {
        Self::Exhausted
    }
}

/// What is called with each place that is selected.
type Visit<'v, 'a> = &'v mut dyn FnMut(&[StepRef<'a>], &'a Value) -> Result<(), Stop>;

/// Visits the places to which segments lead from `start`, in document order, some more than once.
fn visit_places<'a>(
    segments: &[Segment],
    start: &'a Value,
    root: &'a Value,
    budget: &'a Budget,
    visit: Visit<'_, 'a>,
) -> Result<(), Exhausted> {
    let mut selection = Selection {
        root,
        budget,
        path: Vec::new(),
        visit,
    };
    match selection.walk(segments, start) {
        Ok(()) | Err(Stop::Enough) => Ok(()),
        Err(Stop::Exhausted) => Err(Exhausted),
    }
}

/// A query on its way through a document, depth first: no list of intermediate places is kept.
struct Selection<'a, 'v> {
    root: &'a Value,
    budget: &'a Budget,
    path: Vec<StepRef<'a>>,
    visit: Visit<'v, 'a>,
}

#[derive(Clone, Copy)]
enum StepRef<'a> {
    Key(&'a str),
    Position(usize),
}

impl<'a> Selection<'a, '_> {
    fn walk(&mut self, segments: &[Segment], value: &'a Value) -> Result<(), Stop> {
        self.budget.spend(1)?;
        let Some((first, rest)) = segments.split_first() else {
            return (self.visit)(&self.path, value);
        };
        if first.descends {
            self.descend(&first.selectors, rest, value)
        } else {
            self.children(&first.selectors, rest, value)
        }
    }

    /// The value itself and all below it (RFC 9535, section 2.5.2).
    fn descend(
        &mut self,
        selectors: &[Selector],
        rest: &[Segment],
        value: &'a Value,
    ) -> Result<(), Stop> {
        self.budget.spend(1)?;
        self.children(selectors, rest, value)?;
        for (step, child) in children_of(value) {
            if child.is_object() || child.is_array() {
                self.path.push(step);
                self.descend(selectors, rest, child)?;
                self.path.pop();
            }
        }
        Ok(())
    }

    fn children(
        &mut self,
        selectors: &[Selector],
        rest: &[Segment],
        value: &'a Value,
    ) -> Result<(), Stop> {
        for selector in selectors {
            self.budget.spend(1)?;
            match selector {
                Selector::Name(name) => {
                    if let Some((key, child)) =
                        value.as_object().and_then(|map| map.get_key_value(name))
                    {
                        self.step(StepRef::Key(key), rest, child)?;
                    }
                }
                Selector::Index(index) => {
                    if let Some(items) = value.as_array()
                        && let Some(position) = position_of(*index, items.len())
                    {
                        self.step(StepRef::Position(position), rest, &items[position])?;
                    }
                }
                Selector::Slice(start, end, step) => {
                    if let Value::Array(items) = value {
                        for position in slice(*start, *end, *step, items.len()) {
                            self.budget.spend(1)?;
                            self.step(StepRef::Position(position), rest, &items[position])?;
                        }
                    }
                }
                Selector::Wildcard => {
                    for (step, child) in children_of(value) {
                        self.step(step, rest, child)?;
                    }
                }
                Selector::Filter(filter) => {
                    for (step, child) in children_of(value) {
                        if filter::holds(filter, child, self.root, self.budget)? {
                            self.step(step, rest, child)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn step(&mut self, step: StepRef<'a>, rest: &[Segment], child: &'a Value) -> Result<(), Stop> {
        self.path.push(step);
        self.walk(rest, child)?;
        self.path.pop();
        Ok(())
    }
}

fn children_of(value: &Value) -> Box<dyn Iterator<Item = (StepRef<'_>, &Value)> + '_> {
    match value {
        Value::Object(members) => Box::new(
            members
                .iter()
                .map(|(key, member)| (StepRef::Key(key.as_str()), member)),
        ),
        Value::Array(items) => Box::new(
            items
                .iter()
                .enumerate()
                .map(|(position, item)| (StepRef::Position(position), item)),
        ),
        _ => Box::new(std::iter::empty()),
    }
}

/// Negative indexes count from the end (RFC 9535, section 2.3.3.2).
fn position_of(index: i64, len: usize) -> Option<usize> {
    let len_signed = i64::try_from(len).ok()?;
    let position = if index < 0 {
        index.checked_add(len_signed)?
    } else {
        index
    };
    usize::try_from(position)
        .ok()
        .filter(|position| *position < len)
}

/// The positions of a slice (RFC 9535, section 2.3.4.2.2).
fn slice(
    start: Option<i64>,
    end: Option<i64>,
    step: Option<i64>,
    len: usize,
) -> impl Iterator<Item = usize> {
    let step = step.unwrap_or(1);
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let normal = |index: i64| {
        if index < 0 {
            len.saturating_add(index)
        } else {
            index
        }
    };
    let (mut at, limit) = match step {
        0 => (0, 0),
        step if step > 0 => (
            normal(start.unwrap_or(0)).clamp(0, len),
            normal(end.unwrap_or(len)).clamp(0, len),
        ),
        _ => (
            start.map_or(len - 1, normal).clamp(-1, len - 1),
            end.map_or(-1, normal).clamp(-1, len - 1),
        ),
    };
    std::iter::from_fn(move || {
        let more = if step > 0 {
            at < limit
        } else {
            step < 0 && at > limit
        };
        let position = more.then(|| usize::try_from(at).ok()).flatten();
        at = at.saturating_add(step);
        position
    })
}
