//! Which part of a request's path a document's templates are held against.
//!
//! In front of it there may stand a stage (`/prod/orders/1`) or what a custom domain maps to the API
//! (`/shop/orders/1`). API Gateway's `resource` tells the two apart from the path itself: it has as
//! many segments as the path has below the API.

use std::borrow::Cow;

use crate::path_template::{decode_segment, end_of_path};
use crate::route_index::last_segments;

/// A request's path, as sent, and what else is known of its beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestPath<'a> {
    /// Without its query.
    pub(crate) whole: &'a str,
    /// What stood behind it, with its `?`.
    pub(crate) behind: &'a str,
    without_stage: Option<&'a str>,
    /// What API Gateway itself matched, where that is not all of the path.
    below_mapping: Option<&'a str>,
    /// How many segments API Gateway itself matched; 0 where that is not known or all.
    pub(crate) segments_below_mapping: usize,
}

impl<'a> RequestPath<'a> {
    pub(crate) fn new(path: &'a str, stage: &str, resource: &str, proxy: &str) -> Self {
        let (whole, behind) = path.split_at(end_of_path(path));
        let below_mapping =
            below_mapping(whole, resource, proxy).filter(|below| below.len() < whole.len());
        Self {
            whole,
            behind,
            without_stage: without_stage(whole, stage),
            below_mapping,
            segments_below_mapping: below_mapping.map_or(0, segment_count),
        }
    }

    /// Everything that a document's templates may be held against.
    pub(crate) fn readings(&self) -> impl Iterator<Item = &'a str> {
        let below_mapping = self
            .below_mapping
            .filter(|below| Some(*below) != self.without_stage);
        [Some(self.whole), self.without_stage, below_mapping]
            .into_iter()
            .flatten()
    }
}

/// `/prod/v1/x` without its stage `prod`.
fn without_stage<'a>(path: &'a str, stage: &str) -> Option<&'a str> {
    if stage.is_empty() {
        return None;
    }
    let rest = path.strip_prefix('/')?.strip_prefix(stage)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// The end of the path that fits `resource`: `/orders/1` of `/shop/orders/1` for `/orders/{id}`.
fn below_mapping<'a>(path: &'a str, resource: &str, proxy: &str) -> Option<&'a str> {
    let template = resource.strip_prefix('/')?.trim_end_matches('/');
    let fixed = match template.rsplit_once('/') {
        Some((fixed, last)) if last.ends_with("+}") => Some(fixed),
        None if template.ends_with("+}") => Some(""),
        _ => None,
    };
    let Some(fixed) = fixed else {
        return last_segments(path, segment_count(template)).filter(|end| ends_as(end, template));
    };
    if proxy.is_empty() {
        return None;
    }
    let proxy_segments = proxy_segments(path, proxy)?;
    last_segments(path, proxy_segments + segment_count(fixed))
}

/// How many of the path's last segments the value of `{proxy+}` is, which may be decoded.
fn proxy_segments(path: &str, proxy: &str) -> Option<usize> {
    let proxy = proxy.trim_matches('/');
    let path = path.trim_end_matches('/');
    let as_sent = path
        .strip_suffix(proxy)
        .filter(|before| before.ends_with('/'));
    if as_sent.is_some() {
        return Some(segment_count(proxy));
    }
    let mut decoded_chars = 0;
    for (position, segment) in path.rsplit('/').enumerate() {
        decoded_chars += decode_segment(segment).len() + usize::from(position > 0);
        if decoded_chars >= proxy.len() {
            let end = last_segments(path, position + 1)?;
            let decoded: Cow<'_, str> = decode_segment(end.strip_prefix('/')?);
            return (decoded == proxy).then_some(position + 1);
        }
    }
    None
}

/// Whether what a template spells out stands in a path of as many segments.
fn ends_as(path: &str, template: &str) -> bool {
    let segments = path.trim_matches('/').split('/');
    segments
        .zip(template.split('/'))
        .all(|(segment, wanted)| wanted.contains('{') || decode_segment(segment) == wanted)
}

fn segment_count(path: &str) -> usize {
    let inside = path.trim_matches('/');
    if inside.is_empty() {
        return 0;
    }
    1 + inside.bytes().filter(|byte| *byte == b'/').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, stage: &str, resource: &str, proxy: &str, expected: &[&str]) {
        let path = RequestPath::new(path, stage, resource, proxy);
        assert_eq!(path.readings().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_path_may_be_read_with_and_without_what_stands_in_front() {
        check("/a/1", "", "", "", &["/a/1"]);
        check("/a/1", "prod", "/a/{id}", "", &["/a/1"]);
        check("/prod/a/1", "prod", "", "", &["/prod/a/1", "/a/1"]);
        check("/prod/a/1", "prod", "/a/{id}", "", &["/prod/a/1", "/a/1"]);
        check(
            "/shop/a/1/",
            "prod",
            "/a/{id}",
            "",
            &["/shop/a/1/", "/a/1/"],
        );
        check("/shop/b/1", "", "/a/{id}", "", &["/shop/b/1"]);
        check("/shop", "", "/", "", &["/shop", ""]);
    }

    #[test]
    fn the_value_of_a_proxy_says_where_the_api_begins() {
        check("/shop/a/1", "", "/{proxy+}", "a/1", &["/shop/a/1", "/a/1"]);
        check(
            "/shop/a%20b/1",
            "",
            "/{p+}",
            "a b/1",
            &["/shop/a%20b/1", "/a%20b/1"],
        );
        check(
            "/s/v1/a/1",
            "",
            "/v1/{p+}",
            "a/1",
            &["/s/v1/a/1", "/v1/a/1"],
        );
        check("/a/1", "", "/{proxy+}", "a/1", &["/a/1"]);
        check("/a/1", "", "/{proxy+}", "b/c/d", &["/a/1"]);
        check("/a/1", "", "/{proxy+}", "", &["/a/1"]);
    }
}
