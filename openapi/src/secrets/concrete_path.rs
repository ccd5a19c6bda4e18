//! Removing secrets from the path of a call.

use std::borrow::Cow;
use std::cmp::Reverse;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Match};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::names::is_id_name;
use super::redactor::{Mode, REDACTED, Redactor};
use super::shapes::{Numbers, redact_shapes};
use crate::path_template::{Part, PathTemplate, Segment, decode_segment};

/// What stands percent-encoded in a path with slashes (WHATWG URL, path percent-encode set).
const IN_PATH: &AsciiSet = &CONTROLS
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
/// Most places of secrets in one path: a path has a few.
const MATCHES_MAX: usize = 10_000;
const IN_SEGMENT: &AsciiSet = &IN_PATH.add(b'/');

impl Redactor {
    /// Removes secrets from a concrete path: the values of secret path parameters, and shapes.
    ///
    /// In [`Mode::Strict`] the path is written from the operation's template, with the parameters
    /// that stay; without an operation nothing of it stays.
    pub fn path<'a>(&self, path: &'a str, path_params: &[(String, String)]) -> Cow<'a, str> {
        // `/orders/4111…` is an order, as the parameter's name says.
        let is_id = |(name, value): &(String, String)| {
            is_id_name(name) && value.bytes().all(|byte| byte.is_ascii_digit())
        };
        let numbers = if path_params.iter().any(is_id) && !path.contains("card") {
            Numbers::Ids
        } else {
            Numbers::Any
        };
        let secrets: Vec<&str> = path_params
            .iter()
            .filter(|(name, value)| !value.is_empty() && self.is_secret_path_param(name))
            .map(|(_, value)| value.as_str())
            .collect();
        if self.mode() == Mode::Standard && secrets.is_empty() {
            return redact_shapes(path, numbers);
        }
        let cleaned = match self.mode() {
            Mode::Standard => without(path, secrets),
            Mode::Strict => None,
        };
        let cleaned = cleaned.unwrap_or_else(|| self.path_from_template(path_params));
        Cow::Owned(redact_shapes(&cleaned, numbers).into_owned())
    }

    /// The operation's template with the values that stay.
    fn path_from_template(&self, path_params: &[(String, String)]) -> String {
        let Some(template) = &self.template else {
            return format!("/{REDACTED}");
        };
        let template = PathTemplate::parse(template);
        let mut names = template.param_names.iter();
        let mut value = |encoded: &'static AsciiSet| {
            let kept = names
                .next()
                .filter(|name| !self.is_secret_path_param(name))
                .and_then(|name| path_params.iter().find(|(known, _)| known == name));
            kept.map_or_else(
                || REDACTED.to_owned(),
                |(_, value)| utf8_percent_encode(value, encoded).to_string(),
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

/// The path without the secrets; `None` where one is not found, because it is written in another way
/// there, and where nothing tells at which of several places one stands. Segments that have none stay as they are written, the others are decoded.
fn without(path: &str, mut secrets: Vec<&str>) -> Option<String> {
    secrets.sort_unstable();
    secrets.dedup();
    let decoded: Vec<Cow<'_, str>> = path.split('/').map(decode_segment).collect();
    let text = decoded.join("/");
    let found = places_of(&secrets, &text)?;
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
                cleaned += REDACTED;
                written = found.end();
            }
            cleaned += text.get(written..end).unwrap_or_default();
        }
        start = end + 1;
    }
    Some(cleaned)
}

/// Where the secrets stand; `None` where one does not, where one more overlaps another, and where they stand so
/// often that to tell would take long.
fn places_of(secrets: &[&str], text: &str) -> Option<Vec<Match>> {
    // The kinds with faster searches take much memory for a long value.
    let finder = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::NoncontiguousNFA))
        .build(secrets)
        .ok()?;
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
