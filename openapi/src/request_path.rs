//! Which part of a request's path a document's templates are held against.
//!
//! In front of it there may stand a stage (`/prod/orders/1`) or what a custom domain maps to the API
//! (`/shop/orders/1`). API Gateway's `resource` tells the two apart from the path itself: it has as
//! many segments as the path has below the API.

use crate::path_template::{decode_segment, end_of_path, slash_count, without_outer_slashes};
use crate::route_index::last_segments;

/// A request's path, as sent, and what else is known of its beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestPath<'a> {
    /// Without its query.
    pub(crate) whole: &'a str,
    /// What stood behind it, with its `?`.
    pub(crate) behind: &'a str,
    without_stage: Option<&'a str>,
    names_resource: bool,
    /// What API Gateway itself matched, where that is not all of the path.
    below_mapping: Option<&'a str>,
    /// How many segments API Gateway itself matched; 0 where that is not known or all.
    pub(crate) segments_below_mapping: usize,
}

impl<'a> RequestPath<'a> {
    pub(crate) fn new(path: &'a str, stage: &str, resource: &str, proxy: &str) -> Self {
        let (whole, behind) = path.split_at(end_of_path(path));
        let below_mapping = below_mapping(whole, resource, proxy);
        Self {
            whole,
            behind,
            without_stage: without_stage(whole, stage),
            names_resource: resource.starts_with('/'),
            below_mapping,
            segments_below_mapping: below_mapping.map_or(0, segment_count),
        }
    }

    /// Everything that a document's templates may be held against. Of two that fit as well the first one counts:
    /// where API Gateway names no resource, a path that begins with its stage is read without it.
    pub(crate) fn readings(&self) -> impl Iterator<Item = &'a str> {
        let below_mapping = self
            .below_mapping
            .filter(|below| Some(*below) != self.without_stage);
        let mut readings = [Some(self.whole), self.without_stage, below_mapping];
        if !self.names_resource {
            readings.swap(0, 1);
        }
        readings.into_iter().flatten()
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

/// The end of the path that fits `resource`: `/orders/1` of `/shop/orders/1` for `/orders/{id}`;
/// `None` where that is all of it.
fn below_mapping<'a>(path: &'a str, resource: &str, proxy: &str) -> Option<&'a str> {
    let template = resource.strip_prefix('/')?.trim_end_matches('/');
    if template.ends_with("+}") {
        let before_proxy = before_proxy(path, proxy.trim_matches('/'))?;
        let fixed_segments = segment_count(template) - 1;
        if segment_count(before_proxy) <= fixed_segments {
            return None;
        }
        let start = last_segments(before_proxy, fixed_segments)?;
        return path.get(before_proxy.len() - start.len()..);
    }
    let segments = segment_count(template);
    if segments >= segment_count(path) {
        return None;
    }
    last_segments(path, segments).filter(|end| ends_as(end, template))
}

/// What of the path stands before the value of `{proxy+}`, which may be decoded, with its last slash.
fn before_proxy<'a>(path: &'a str, proxy: &str) -> Option<&'a str> {
    if proxy.is_empty() {
        return None;
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    let as_sent = path
        .strip_suffix(proxy)
        .filter(|before| before.ends_with('/'));
    if as_sent.is_some() {
        return as_sent;
    }
    let mut decoded_bytes = 0;
    for (position, segment) in path.rsplit('/').enumerate() {
        decoded_bytes += decode_segment(segment).len() + usize::from(position > 0);
        if decoded_bytes >= proxy.len() {
            let end = last_segments(path, position + 1)?;
            let start = path.len() - end.len() + 1;
            return (decode_segment(&path[start..]) == proxy).then_some(&path[..start]);
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
    let (inside, _) = without_outer_slashes(path);
    if inside.is_empty() {
        return 0;
    }
    1 + slash_count(inside)
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
        check("/prod/a/1", "prod", "", "", &["/a/1", "/prod/a/1"]);
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
