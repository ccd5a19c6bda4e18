//! What a template says behind `?` or `#`: how operations of one path are told apart.
//!
//! OpenAPI knows one operation for each path and method. Where there are more in truth, documents
//! write what selects them behind the path: `/rest?method=photos.get`, `/#X-Amz-Target=Create`,
//! `/{bucket}#acl`. A request never carries a fragment, so it is its query, a field of its form or
//! one of its headers that must say so.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// The most conditions that are read from one template.
const CONDITIONS_MAX: usize = 16;

/// `name=value`, or a bare `name`, which must be there with any value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Condition {
    name: String,
    value: Option<String>,
}

impl Condition {
    /// The conditions of `?a=b&c#d`, the separators included.
    pub(crate) fn read_all(selector: &str) -> Vec<Self> {
        pairs(selector)
            // `?{key}=1` says nothing that could be held against a request.
            .filter(|(name, _)| !name.contains('{'))
            .take(CONDITIONS_MAX)
            .map(|(name, value)| Self {
                name: name.into_owned(),
                value: value
                    .filter(|value| !value.contains('{'))
                    .map(Cow::into_owned),
            })
            .collect()
    }
}

/// What of a request conditions are held against.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RequestFacts<'a> {
    /// What stood behind the path itself, its `?` included.
    pub(crate) behind_path: &'a str,
    pub(crate) query: Option<&'a BTreeMap<String, String>>,
    pub(crate) form: Option<&'a BTreeMap<String, String>>,
    /// By lower-case name.
    pub(crate) headers: Option<&'a BTreeMap<String, String>>,
}

impl RequestFacts<'_> {
    pub(crate) fn meet(&self, condition: &Condition) -> bool {
        let wanted = condition.value.as_deref();
        let is_wanted = |value: &str| wanted.is_none_or(|wanted| wanted == value);
        pairs(self.behind_path)
            .any(|(name, value)| name == condition.name && is_wanted(&value.unwrap_or_default()))
            || [self.query, self.form]
                .into_iter()
                .flatten()
                .filter_map(|fields| fields.get(&condition.name))
                .any(|value| is_wanted(value))
            || self
                .headers
                .and_then(|headers| headers.get(&condition.name.to_ascii_lowercase()))
                .is_some_and(|value| is_wanted(value))
    }
}

fn pairs(selector: &str) -> impl Iterator<Item = (Cow<'_, str>, Option<Cow<'_, str>>)> {
    selector
        .split(['?', '#', '&'])
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => (decoded(name), Some(decoded(value))),
            None => (decoded(pair), None),
        })
}

/// Decoded once; what is no UTF-8 afterwards keeps its place as `U+FFFD`.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}
