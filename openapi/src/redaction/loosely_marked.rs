//! What a document marks of a request as secret, looked for where ids are read as well: in lists and wrappers that the
//! document does not have, and without those that only the document has.
//!
//! A walk asks at each of its steps. What fits so far is handed down and never compared again, because a body may
//! have many values behind many lists.

use serde_json::Value;

use super::marked::{Marked, is_name, is_position};
use super::place::Place;
use crate::value_location::WRAPPERS;

/// The most segments of a mark that is looked for, as bits of a number.
const SEGMENTS_MAX: usize = 63;

/// The marks of a request, and how much of each fits at every step of a walk.
#[derive(Default)]
pub(super) struct LooselyMarked {
    marks: Vec<Mark>,
    /// For each step, as many sets as there are marks.
    fitting: Vec<u64>,
}

struct Mark {
    segments: Vec<String>,
    /// The wildcards that may stand for nothing, as bits: any `**`, and a `*` in front of a name, which is the list of
    /// what is one thing in the body.
    optional: u64,
}

impl LooselyMarked {
    /// The marks as they count for a body.
    pub(super) fn of(redact: &[Marked], body: &Value) -> Self {
        let mut marks = Vec::new();
        for mark in redact.iter().filter(|mark| mark.place == Place::Request) {
            let segments = mark.segments.as_slice();
            let Some(last_name) = segments.iter().rposition(|segment| is_name(segment)) else {
                continue;
            };
            if segments.len() > SEGMENTS_MAX {
                continue;
            }
            marks.push(Mark::new(segments, last_name));
            let missing = missing_wrappers(&segments[..last_name], body);
            if missing > 0 {
                marks.push(Mark::new(&segments[missing..], last_name - missing));
            }
        }
        let fitting = marks.iter().map(|mark: &Mark| mark.with_optional(1));
        let fitting = fitting.collect();
        Self { marks, fitting }
    }

    pub(super) fn enter(&mut self, name: &str) {
        let start = self.fitting.len() - self.marks.len();
        let (is_position, is_wrapper) = (is_position(name), WRAPPERS.contains(&name));
        for (index, mark) in self.marks.iter().enumerate() {
            let fitting = self.fitting[start + index];
            self.fitting
                .push(mark.step(fitting, name, is_position, is_wrapper));
        }
    }

    pub(super) fn leave(&mut self) {
        let parent = self.fitting.len().saturating_sub(self.marks.len());
        self.fitting.truncate(parent);
    }

    /// Whether the place that the walk has come to is marked.
    pub(super) fn is_marked(&self) -> bool {
        let here = self.fitting.iter().rev();
        let mut here = here.zip(self.marks.iter().rev());
        here.any(|(fitting, mark)| fitting & (1 << mark.segments.len()) != 0)
    }
}

/// How many wrappers a mark begins with that the body has not, and lists between them.
fn missing_wrappers(front: &[String], body: &Value) -> usize {
    let is_missing = |name: &&String| {
        *name == "*" || (WRAPPERS.contains(&name.as_str()) && body.get(name.as_str()).is_none())
    };
    front.iter().take_while(is_missing).count()
}

impl Mark {
    fn new(segments: &[String], last_name: usize) -> Self {
        let bits = segments.iter().enumerate().map(|(at, segment)| {
            let is_optional = segment == "**" || (segment == "*" && at < last_name);
            u64::from(is_optional) << at
        });
        Self {
            optional: bits.sum(),
            segments: segments.to_vec(),
        }
    }

    /// What fits below a name, as the set of how many segments may be behind there.
    fn step(&self, fitting: u64, name: &str, is_position: bool, is_wrapper: bool) -> u64 {
        let mut left = fitting;
        let mut below = 0;
        while left != 0 {
            let at = left.trailing_zeros();
            left &= left - 1;
            let Some(segment) = self.segments.get(at as usize) else {
                continue;
            };
            let stays = segment == "**" || is_position || (at == 0 && is_wrapper);
            below |= u64::from(stays) << at;
            below |= u64::from(segment == "*" || segment == name) << (at + 1);
        }
        self.with_optional(below)
    }

    fn with_optional(&self, mut fitting: u64) -> u64 {
        loop {
            let more = fitting | ((fitting & self.optional) << 1);
            if more == fitting {
                return fitting;
            }
            fitting = more;
        }
    }
}
