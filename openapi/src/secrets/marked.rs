//! Places that a document marks, compared with the places of values.

use super::redactor::Place;
use crate::value_location::ValueLocation;

/// A place that a document marks, as pointer segments; `*` is any one, `**` any number of them.
#[derive(Debug, Clone)]
pub(super) struct Marked {
    pub(super) place: Place,
    segments: Vec<String>,
}

impl Marked {
    pub(super) fn new(location: &ValueLocation) -> Self {
        let segments = |pointer: &str| {
            pointer
                .split('/')
                .skip(1)
                .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
                .collect()
        };
        match location {
            ValueLocation::Path(name) => Self {
                place: Place::Path,
                segments: vec![name.clone()],
            },
            ValueLocation::Query(name) => Self {
                place: Place::Query,
                segments: vec![name.clone()],
            },
            ValueLocation::Header(name) => Self {
                place: Place::Headers,
                segments: vec![name.clone()],
            },
            ValueLocation::Request(pointer) => Self {
                place: Place::Request,
                segments: segments(pointer),
            },
            ValueLocation::Response(pointer) => Self {
                place: Place::Response,
                segments: segments(pointer),
            },
        }
    }

    /// `/**`: anything may be secret.
    fn is_everything(&self) -> bool {
        self.segments == ["**"]
    }

    /// In the handler's own words the thing may stand at any depth, so there a mark counts for every
    /// place that ends like it.
    pub(super) fn covers(&self, place: Place, pointer: &[String]) -> bool {
        match place {
            Place::Context => {
                matches!(self.place, Place::Request | Place::Response)
                    && ((self.is_everything() && !pointer.is_empty())
                        || self
                            .segments
                            .iter()
                            .any(|segment| segment != "*" && segment != "**")
                            && fits(&self.segments, pointer, true))
            }
            _ => self.place == place && fits(&self.segments, pointer, false),
        }
    }
}

/// Whether a marked pointer is that of a value or of something that it stands in.
pub(crate) fn covers_or_holds(mark: &str, pointer: &str) -> bool {
    let segments = |pointer: &str| pointer.split('/').skip(1).map(str::to_owned).collect();
    let (mark, pointer): (Vec<String>, Vec<String>) = (segments(mark), segments(pointer));
    (0..=pointer.len()).any(|length| fits(&mark, &pointer[..length], false))
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

impl Marked {
    /// Whether the place stands in what is marked.
    pub(super) fn covers_above(&self, place: Place, pointer: &[String]) -> bool {
        (1..=pointer.len()).any(|length| self.covers(place, &pointer[..length]))
            || (self.place == place && self.segments.is_empty())
    }

    /// Whether something marked may stand below the place.
    pub(super) fn may_be_below(&self, place: Place, pointer: &[String]) -> bool {
        if place == Place::Context {
            return matches!(self.place, Place::Request | Place::Response);
        }
        self.place == place
            && (self.segments.iter().any(|segment| segment == "**")
                || (self.segments.len() > pointer.len()
                    && fits(&self.segments[..pointer.len()], pointer, false)))
    }
}
