//! Removing secrets from the path of a call.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind, Match, MatchKind};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::place::Place;
use super::redactor::{Mode, Redactor};
use crate::path_template::{Part, PathTemplate, Segment, decode_segment};
use crate::secrets::shapes::{Numbers, redact_shapes};
use daybook_event::REDACTED;

/// What stands percent-encoded in a path with slashes (WHATWG URL, path percent-encode set).
pub(crate) const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// The same in a segment of it.
const IN_SEGMENT: &AsciiSet = &IN_PATH.add(b'/');

/// The most values that stay although they look like secrets: a path has few parameters.
const KEPT_MAX: usize = 100;

/// Most places of secrets in one path: a path has a few.
const MATCHES_MAX: usize = 10_000;

impl Redactor {
    /// Removes secrets from a concrete path: what goes from the values of path parameters, and shapes in
    /// what stands around those.
    ///
    /// Of parameters whose values stay although they look like secrets, the first 100 such values stay in the path.
    ///
    /// In [`Mode::Strict`] the path is written from the operation's template, with the parameters
    /// that stay; without an operation nothing of it stays.
    pub fn path<'a>(&self, path: &'a str, path_params: &[(String, String)]) -> Cow<'a, str> {
        let mut changed: BTreeMap<&str, Cow<'_, str>> = BTreeMap::new();
        let mut kept = BTreeSet::new();
        for (name, value) in path_params {
            let stays = self.named(Place::Path, name, value);
            if stays != *value {
                let known = changed.entry(value).or_insert_with(|| stays.clone());
                if *known != stays {
                    *known = Cow::Borrowed(REDACTED);
                }
            } else if kept.len() < KEPT_MAX
                && value.len() <= path.len()
                && matches!(redact_shapes(value, Numbers::Any), Cow::Owned(_))
            {
                // `/orders/4111…` is an order, as the parameter's name says.
                kept.insert(value.as_str());
            }
        }
        let cleaned = match self.mode() {
            Mode::Standard if changed.is_empty() => return redact_around(path, &kept),
            Mode::Standard => replaced(path, &changed, self.template.as_deref()),
            Mode::Strict => None,
        };
        let cleaned = cleaned.unwrap_or_else(|| self.path_from_template(path_params));
        Cow::Owned(redact_around(&cleaned, &kept).into_owned())
    }

    /// The operation's template with the values that stay.
    fn path_from_template(&self, path_params: &[(String, String)]) -> String {
        let Some(template) = &self.template else {
            return format!("/{REDACTED}");
        };
        let template = PathTemplate::parse(template);
        let mut names = template.param_names.iter();
        let mut value = |encoded: &'static AsciiSet| {
            let known = names
                .next()
                .and_then(|name| path_params.iter().find(|(known, _)| known == name));
            known.map_or_else(
                || REDACTED.to_owned(),
                |(name, value)| {
                    let stays = self.named(Place::Path, name, value);
                    utf8_percent_encode(&stays, encoded).to_string()
                },
            )
        };
        let literal = |text: &str| utf8_percent_encode(text, IN_SEGMENT).to_string();
        let mut path = String::new();
        for segment in &template.segments {
            path.push('/');
            match segment {
                Segment::Literal(text) => path += &literal(text),
                Segment::Param => path += &value(IN_SEGMENT),
                Segment::Greedy => path += &value(IN_PATH),
                Segment::Pattern(parts) => {
                    for part in parts {
                        path += &match part {
                            Part::Literal(text) => literal(text),
                            Part::Param => value(IN_SEGMENT),
                        };
                    }
                }
            }
        }
        if template.trailing_slash || path.is_empty() {
            path.push('/');
        }
        path
    }
}

/// Removes shapes from a path but for these texts in it.
fn redact_around<'a>(path: &'a str, kept: &BTreeSet<&str>) -> Cow<'a, str> {
    let finder = finder_of(kept, MatchKind::LeftmostLongest);
    let Some(finder) = finder.filter(|_| !kept.is_empty()) else {
        return redact_shapes(path, Numbers::Any);
    };
    let mut cleaned = String::with_capacity(path.len());
    let mut copied = 0;
    for found in finder.find_iter(path) {
        cleaned += &redact_shapes(&path[copied..found.start()], Numbers::Any);
        cleaned += &path[found.range()];
        copied = found.end();
    }
    cleaned += &redact_shapes(&path[copied..], Numbers::Any);
    Cow::Owned(cleaned)
}

fn finder_of<'t>(
    texts: impl IntoIterator<Item = &'t &'t str>,
    kind: MatchKind,
) -> Option<AhoCorasick> {
    // The kinds with faster searches take much memory for a long value.
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::NoncontiguousNFA))
        .match_kind(kind)
        .build(texts)
        .ok()
}

/// The path with what stays of each text in the place of it; `None` where one is not found, because it is written in another
/// way there, where nothing tells at which of several places one stands, and where the template has no parameter at one. Segments that have none stay as they are written,
/// the others are decoded.
fn replaced(
    path: &str,
    changed: &BTreeMap<&str, Cow<'_, str>>,
    template: Option<&str>,
) -> Option<String> {
    let (secrets, stays): (Vec<&str>, Vec<&str>) = changed
        .iter()
        .map(|(secret, stays)| (*secret, stays.as_ref()))
        .unzip();
    let decoded: Vec<Cow<'_, str>> = path.split('/').map(decode_segment).collect();
    let text = decoded.join("/");
    let found = places_of(&secrets, &text)?;
    if let Some(template) = template {
        let template = PathTemplate::parse(template);
        if !found
            .iter()
            .all(|place| is_of_parameter(place, &text, &template))
        {
            return None;
        }
    }
    let mut matches = found.iter().peekable();
    let mut cleaned = String::with_capacity(path.len());
    // Where the segment starts in the text, and up to where that is written.
    let (mut start, mut written) = (0, 0);
    for (raw, decoded) in path.split('/').zip(&decoded) {
        let end = start + decoded.len();
        if start > 0 && written < start {
            cleaned.push('/');
        }
        let is_next_in_it = matches.peek().is_some_and(|found| found.start() < end);
        if written <= start && !is_next_in_it {
            cleaned += raw;
        } else {
            written = written.max(start);
            while let Some(found) = matches.next_if(|found| found.start() < end) {
                cleaned += text.get(written..found.start()).unwrap_or_default();
                cleaned += stays[found.pattern().as_usize()];
                written = found.end();
            }
            cleaned += text.get(written..end).unwrap_or_default();
        }
        start = end + 1;
    }
    Some(cleaned)
}

/// Whether a place begins and ends where a segment does, or where a parameter of a pattern does.
fn is_of_parameter(place: &Match, text: &str, template: &PathTemplate) -> bool {
    let (before, behind) = (&text[..place.start()], &text[place.end()..]);
    let patterns = || {
        template
            .segments
            .iter()
            .filter_map(|segment| match segment {
                Segment::Pattern(parts) => Some(parts.windows(2)),
                _ => None,
            })
    };
    let begins = |pair: &[Part]| matches!(pair, [Part::Literal(literal), Part::Param] if before.ends_with(literal.as_str()));
    let ends = |pair: &[Part]| matches!(pair, [Part::Param, Part::Literal(literal)] if behind.starts_with(literal.as_str()));
    (before.is_empty() || before.ends_with('/') || patterns().flatten().any(begins))
        && (behind.is_empty() || behind.starts_with('/') || patterns().flatten().any(ends))
}

/// Where the secrets stand; `None` where one does not, where one more overlaps another, and where they stand so
/// often that to tell would take long.
fn places_of(secrets: &[&str], text: &str) -> Option<Vec<Match>> {
    let finder = finder_of(secrets, MatchKind::Standard)?;
    let all = finder.find_overlapping_iter(text).take(MATCHES_MAX + 1);
    let mut all: Vec<Match> = all.collect();
    if all.len() > MATCHES_MAX {
        return None;
    }
    all.sort_unstable_by_key(|place| (place.start(), Reverse(place.end())));
    let mut places: Vec<Match> = Vec::new();
    for place in all {
        match places.last() {
            Some(last) if place.end() <= last.end() => {}
            Some(last) if place.start() < last.end() => return None,
            _ => places.push(place),
        }
    }
    let mut is_found = vec![false; secrets.len()];
    for place in &places {
        is_found[place.pattern().as_usize()] = true;
    }
    is_found.iter().all(|found| *found).then_some(places)
}
