//! The routes of one document as a tree of segments.
//!
//! Its rules:
//! - Segment by segment, a literal goes before a pattern (`{id}:publish`), a pattern before a
//!   parameter, a parameter before `{proxy+}` (OpenAPI 3.1, section 4.8.8.2: concrete before
//!   templated). Where a branch leads nowhere, the next one is tried.
//! - A path whose method is not described there goes on to the next branch: `DELETE /users/me` is
//!   `DELETE /users/{id}` where only `GET /users/me` is described.
//! - One slot may have two names (`/a/{x}`, `/a/{y}/b`).
//! - A trailing slash is neither needed nor forbidden; where both are described, the exact one wins.
//! - Segments are decoded once, after the path was cut: `%2F` stays inside its segment.
//! - A parameter takes at least one character.

use std::collections::HashMap;

use crate::path_template::{Part, PathTemplate, Segment, decode_segment, match_pattern};

/// The most bytes of a path that is matched; API Gateway's own limit for a request line and its
/// headers is 10,240.
const PATH_BYTES_MAX: usize = 16 << 10;

/// The most segments of a path that is matched.
const PATH_SEGMENTS_MAX: usize = 256;

/// A tree of routes.
#[derive(Debug, Default)]
pub(crate) struct RouteIndex {
    routes: Vec<Route>,
    nodes: Vec<Node>,
    shapes: HashMap<String, Vec<usize>>,
}

#[derive(Debug)]
struct Route {
    template: PathTemplate,
    method: String,
    operation: usize,
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<String, usize>,
    patterns: Vec<(Vec<Part>, usize)>,
    param: Option<usize>,
    greedy: Option<usize>,
    routes: Vec<usize>,
}

/// A route that a path fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteMatch {
    pub(crate) operation: usize,
    pub(crate) path_params: Vec<(String, String)>,
    /// How much of the path the template spells out; 0 for a bare catch-all.
    pub(crate) literal_chars: usize,
}

impl RouteIndex {
    pub(crate) fn insert(&mut self, template: PathTemplate, method: &str, operation: usize) {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let mut node = 0;
        for segment in &template.segments {
            node = self.child(node, segment);
        }
        let route = self.routes.len();
        self.nodes[node].routes.push(route);
        self.shapes.entry(template.shape()).or_default().push(route);
        self.routes.push(Route {
            template,
            method: method.to_owned(),
            operation,
        });
    }

    /// The operation that a method and a concrete path call; `None` also where two do.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<RouteMatch> {
        if self.nodes.is_empty() || path.len() > PATH_BYTES_MAX {
            return None;
        }
        let segments: Vec<String> = path_segments(path).map(decode_segment).collect();
        if segments.len() > PATH_SEGMENTS_MAX {
            return None;
        }
        let search = Search {
            index: self,
            method,
            segments: &segments,
            trailing_slash: path.len() > 1 && path.ends_with('/'),
        };
        let mut values = Vec::new();
        let route = &self.routes[search.descend(0, 0, &mut values)?];
        Some(RouteMatch {
            operation: route.operation,
            path_params: route
                .template
                .param_names
                .iter()
                .cloned()
                .zip(values)
                .collect(),
            literal_chars: route.template.literal_chars(),
        })
    }

    /// The operation whose template has the shape of API Gateway's `resource`. The parameters are
    /// read from the end of the path, in front of which a base-path mapping may have put more.
    pub(crate) fn find_resource(
        &self,
        method: &str,
        resource: &str,
        path: &str,
    ) -> Option<RouteMatch> {
        let shape = PathTemplate::parse(resource).shape();
        let mut routes = self
            .shapes
            .get(&shape)?
            .iter()
            .map(|route| &self.routes[*route])
            .filter(|route| route.method == method);
        let route = routes.next()?;
        if routes.next().is_some() {
            return None;
        }
        let segments: Vec<&str> = path_segments(path).collect();
        let start = segments.len().checked_sub(route.template.segments.len());
        let path_params = start
            .map(|start| format!("/{}", segments[start..].join("/")))
            .and_then(|tail| self.find(method, &tail))
            .filter(|found| found.operation == route.operation)
            .map(|found| found.path_params)
            .unwrap_or_default();
        Some(RouteMatch {
            operation: route.operation,
            path_params,
            literal_chars: route.template.literal_chars(),
        })
    }

    /// An operation of the same method and shape.
    pub(crate) fn shares(&self, method: &str, shape: &str) -> Option<usize> {
        let routes = self.shapes.get(shape)?;
        let same = routes
            .iter()
            .map(|route| &self.routes[*route])
            .find(|route| route.method == method)?;
        Some(same.operation)
    }

    fn child(&mut self, node: usize, segment: &Segment) -> usize {
        let existing = match segment {
            Segment::Literal(text) => self.nodes[node].literals.get(text).copied(),
            Segment::Pattern(parts) => self.nodes[node]
                .patterns
                .iter()
                .find(|(known, _)| known == parts)
                .map(|(_, child)| *child),
            Segment::Param => self.nodes[node].param,
            Segment::Greedy => self.nodes[node].greedy,
        };
        if let Some(child) = existing {
            return child;
        }
        let child = self.nodes.len();
        self.nodes.push(Node::default());
        let parent = &mut self.nodes[node];
        match segment {
            Segment::Literal(text) => {
                parent.literals.insert(text.clone(), child);
            }
            Segment::Pattern(parts) => {
                parent.patterns.push((parts.clone(), child));
                // The pattern that spells out more is the more concrete one.
                parent
                    .patterns
                    .sort_by_key(|(parts, _)| std::cmp::Reverse(literal_bytes(parts)));
            }
            Segment::Param => parent.param = Some(child),
            Segment::Greedy => parent.greedy = Some(child),
        }
        child
    }
}

fn path_segments(path: &str) -> impl Iterator<Item = &str> {
    let trimmed = path.strip_prefix('/').unwrap_or(path);
    let trimmed = trimmed.strip_suffix('/').unwrap_or(trimmed);
    trimmed.split('/').filter(move |_| !trimmed.is_empty())
}

fn literal_bytes(parts: &[Part]) -> usize {
    parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.len(),
            Part::Param => 0,
        })
        .sum()
}

struct Search<'a> {
    index: &'a RouteIndex,
    method: &'a str,
    segments: &'a [String],
    trailing_slash: bool,
}

impl Search<'_> {
    /// Each node of the tree is entered at most once for each way to reach it, so the work is
    /// bounded by the document's own routes.
    fn descend(&self, node: usize, position: usize, values: &mut Vec<String>) -> Option<usize> {
        let node = &self.index.nodes[node];
        let Some(segment) = self.segments.get(position) else {
            return self.route_at(node);
        };
        if let Some(child) = node.literals.get(segment)
            && let Some(route) = self.descend(*child, position + 1, values)
        {
            return Some(route);
        }
        let values_before = values.len();
        for (parts, child) in &node.patterns {
            if let Some(matched) = match_pattern(parts, segment) {
                values.extend(matched);
                if let Some(route) = self.descend(*child, position + 1, values) {
                    return Some(route);
                }
                values.truncate(values_before);
            }
        }
        if let Some(child) = node.param
            && !segment.is_empty()
        {
            values.push(segment.clone());
            if let Some(route) = self.descend(child, position + 1, values) {
                return Some(route);
            }
            values.truncate(values_before);
        }
        let child = node.greedy?;
        // `{proxy+}` may stand in the middle of a template in some gateways; the longest first.
        for end in (position + 1..=self.segments.len()).rev() {
            values.push(self.segments[position..end].join("/"));
            if let Some(route) = self.descend(child, end, values) {
                return Some(route);
            }
            values.truncate(values_before);
        }
        None
    }

    fn route_at(&self, node: &Node) -> Option<usize> {
        let of_method = || {
            node.routes
                .iter()
                .copied()
                .filter(|route| self.index.routes[*route].method == self.method)
        };
        let mut exact = of_method().filter(|route| {
            self.index.routes[*route].template.trailing_slash == self.trailing_slash
        });
        match (exact.next(), exact.next()) {
            (Some(route), None) => Some(route),
            (Some(_), Some(_)) => None,
            (None, _) => {
                let mut any = of_method();
                let route = any.next()?;
                any.next().is_none().then_some(route)
            }
        }
    }
}
