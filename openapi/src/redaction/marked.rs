//! Places that a document marks, compared with the places of values.

use std::cell::OnceCell;

use super::place::Place;
use crate::json_pointer::unescape;
use crate::operation::Operation;
use crate::path_template::PathTemplate;
use crate::value_location::{ValueLocation, WRAPPERS};

/// A place that a document marks, as pointer segments; `*` is any one, `**` any number of them.
#[derive(Debug, Clone)]
pub(super) struct Marked {
    pub(super) place: Place,
    pub(super) segments: Vec<String>,
}

impl Marked {
    pub(super) fn new(location: &ValueLocation) -> Self {
        let segments = |pointer: &str| pointer.split('/').skip(1).map(unescape).collect();
        let (place, segments) = match location {
            ValueLocation::Path(name) => (Place::Path, vec![name.clone()]),
            ValueLocation::Query(name) => (Place::Query, vec![name.clone()]),
            ValueLocation::Header(name) => (Place::Headers, vec![name.clone()]),
            ValueLocation::Request(pointer) => (Place::Request, segments(pointer)),
            ValueLocation::Response(pointer) => (Place::Response, segments(pointer)),
        };
        Self { place, segments }
    }

    /// `/**`: anything may be secret.
    fn is_everything(&self) -> bool {
        self.segments == ["**"]
    }

    /// Whether the document's word on its place counts at this one. What the handler states is the thing and not what a
    /// request wraps it in, and in other things members may have the same names: there it counts for the thing's own.
    pub(super) fn covers_at(&self, at: &At<'_>) -> bool {
        if !self.may_end(at.pointer) {
            return false;
        }
        if at.place != Place::Context {
            return self.place == at.place && fits(&self.segments, at.pointer, false);
        }
        let is_told = self.is_everything() || self.segments.iter().any(|name| is_name(name));
        self.is_of_body()
            && is_told
            && at
                .own()
                .is_some_and(|own| fits(unwrapped(&self.segments), own, false))
    }

    /// The same of a secret, which is one in the handler's own words at any depth and with what stands around it or not.
    pub(super) fn covers_secret(&self, at: &At<'_>) -> bool {
        if at.place != Place::Context {
            return self.covers_at(at);
        }
        if !self.is_of_body() || !self.may_end(at.pointer) {
            return false;
        }
        let is_wildcard = |segment: &String| segment == "*" || segment == "**";
        let ends_so =
            || !self.segments.iter().all(is_wildcard) && fits_the_end(&self.segments, at.pointer);
        let is_end_of_it = || {
            let own = at.own().unwrap_or_default();
            let ends = (0..self.segments.len()).map(|start| &self.segments[start..]);
            ends.filter(|end| is_name(&end[0]))
                .any(|end| fits(end, own, false))
        };
        (self.is_everything() && !at.pointer.is_empty()) || ends_so() || is_end_of_it()
    }

    pub(super) fn covers(&self, place: Place, pointer: &[String]) -> bool {
        self.may_end(pointer) && self.covers_at(&At::new(place, pointer))
    }

    /// Whether the place stands in what is marked.
    pub(super) fn covers_above(&self, place: Place, pointer: &[String]) -> bool {
        (1..=pointer.len()).any(|length| self.covers(place, &pointer[..length]))
            || (self.place == place && self.segments.is_empty())
    }

    /// Whether something marked may stand below the place.
    pub(super) fn may_be_below(&self, place: Place, pointer: &[String]) -> bool {
        if place == Place::Context {
            return self.is_of_body();
        }
        self.place == place
            && (self.segments.iter().any(|segment| segment == "**")
                || (self.segments.len() > pointer.len()
                    && fits(&self.segments[..pointer.len()], pointer, false)))
    }

    /// Whether a pointer ends with the name that the mark ends with, if it does with one.
    fn may_end(&self, pointer: &[String]) -> bool {
        let last = self.segments.last().filter(|last| is_name(last));
        last.is_none_or(|last| pointer.last() == Some(last))
    }

    fn is_of_body(&self) -> bool {
        matches!(self.place, Place::Request | Place::Response)
    }
}

/// Where ids and names are, which a sentence needs.
pub(super) fn told(operation: &Operation) -> Vec<Marked> {
    let meaning = &operation.meaning;
    // What a catch-all takes is any words, of which a document says nothing.
    let template = PathTemplate::parse(&operation.path);
    let is_any_words = |place: &&ValueLocation| match place {
        ValueLocation::Path(name) => template.greedy_names().any(|greedy| greedy == name),
        _ => false,
    };
    meaning
        .entity_id
        .iter()
        .chain(&meaning.entity_ids)
        .chain(&meaning.entity_name)
        .chain(&operation.org)
        .chain(meaning.parent.iter().flat_map(|parent| &parent.id))
        .filter(|place| !is_any_words(place))
        .map(Marked::new)
        .collect()
}

/// A place of a value, and what is worked out of it at most once for all marks.
pub(super) struct At<'a> {
    place: Place,
    pointer: &'a [String],
    own: OnceCell<Option<&'a [String]>>,
}

impl<'a> At<'a> {
    pub(super) fn new(place: Place, pointer: &'a [String]) -> Self {
        Self {
            place,
            pointer,
            own: OnceCell::new(),
        }
    }

    /// Where in a thing that the handler states the value stands; `None` where it states none.
    fn own(&self) -> Option<&'a [String]> {
        *self.own.get_or_init(|| {
            let (state, own) = self.pointer.split_first()?;
            STATES.contains(&state.as_str()).then(|| unwrapped(own))
        })
    }
}

/// What the handler states of a thing.
const STATES: &[&str] = &["before", "after"];

/// A pointer without the lists and wrappers that it begins with, as far as a name is left.
fn unwrapped(segments: &[String]) -> &[String] {
    let last_name = segments.iter().rposition(|segment| is_name(segment));
    let front = &segments[..last_name.unwrap_or_default()];
    let is_around =
        |name: &&String| WRAPPERS.contains(&name.as_str()) || *name == "*" || is_position(name);
    &segments[front.iter().take_while(is_around).count()..]
}

pub(super) fn is_name(segment: &str) -> bool {
    !matches!(segment, "*" | "**") && !is_position(segment)
}

pub(super) fn is_position(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a marked pointer is that of a value or of something that it stands in.
pub(crate) fn covers_or_holds(mark: &str, pointer: &str) -> bool {
    let segments = |pointer: &str| pointer.split('/').skip(1).map(str::to_owned).collect();
    let (mark, pointer): (Vec<String>, Vec<String>) = (segments(mark), segments(pointer));
    (0..=pointer.len()).any(|length| fits(&mark, &pointer[..length], false))
}

/// Whether a mark fits the end of a pointer.
fn fits_the_end(mark: &[String], pointer: &[String]) -> bool {
    if mark.iter().any(|segment| segment == "**") {
        return fits(mark, pointer, true);
    }
    let start = pointer.len().checked_sub(mark.len());
    start.is_some_and(|start| fits(mark, &pointer[start..], false))
}

/// Whether a mark fits a pointer, or its end: `*` is any segment, `**` any number of them. Takes at
/// most the product of both lengths, because only the last `**` is ever tried again.
pub(super) fn fits(mark: &[String], pointer: &[String], at_its_end: bool) -> bool {
    let (mut at_mark, mut at_pointer) = (0, 0);
    let mut again = at_its_end.then_some((0, 0));
    while at_pointer < pointer.len() {
        match mark.get(at_mark).map(String::as_str) {
            Some("**") => {
                again = Some((at_mark + 1, at_pointer));
                at_mark += 1;
            }
            Some(segment) if segment == "*" || segment == pointer[at_pointer] => {
                at_mark += 1;
                at_pointer += 1;
            }
            _ => {
                let Some((mark_start, pointer_start)) = again else {
                    return false;
                };
                again = Some((mark_start, pointer_start + 1));
                (at_mark, at_pointer) = (mark_start, pointer_start + 1);
            }
        }
    }
    mark[at_mark..].iter().all(|segment| segment == "**")
}
