//! Routes as a tree of segments.
//!
//! Its rules:
//! - Segment by segment, a literal goes before a pattern (`{id}:publish`), a pattern before a
//!   parameter, a parameter before `{proxy+}` (OpenAPI 3.1, section 4.8.8.2: concrete before
//!   templated). Where a branch leads nowhere, the next one is tried.
//! - Of two patterns the one that spells out more goes first.
//! - A path whose method is not described there goes on to the next branch: `DELETE /users/me` is
//!   `DELETE /users/{id}` where only `GET /users/me` is described.
//! - One slot may have two names (`/a/{x}`, `/a/{y}/b`). Of templates that differ in names alone
//!   (`/a/{x}`, `/a/{y}`) the first one of the document is taken.
//! - A trailing slash is neither needed nor forbidden; where both are described, the exact one wins.
//! - Two slashes in a row hold an empty segment between them, which only a template that has it too
//!   describes.
//! - Segments are decoded once, after the path was cut: `%2F` stays inside its segment.
//! - A parameter takes at least one character.
//! - What a template says behind `?` or `#` selects it: the one of whose conditions most are met, and
//!   all of them, wins, before those without any. Where none is met, a template that stands alone is taken all the
//!   same, and of several none.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, HashMap};

use crate::path_template::{
    Part, PathTemplate, Segment, decode_segment, has_byte, match_pattern, slash_count,
    without_outer_slashes,
};
use crate::selector::RequestFacts;

/// The most bytes of a path that is matched; API Gateway's own limit for a request line and its
/// headers is 10,240.
pub(crate) const PATH_BYTES_MAX: usize = 16 << 10;

/// The most segments of a path that is matched.
pub(crate) const PATH_SEGMENTS_MAX: usize = 256;

/// The most nodes that are entered for one path. Only several `{proxy+}` in one template come near.
const STEPS_MAX: usize = 20_000;

/// A tree of routes.
#[derive(Debug, Default)]
pub(crate) struct RouteIndex {
    routes: Vec<Route>,
    /// The root is the first one; there is none where there is no route.
    nodes: Vec<Node>,
}

/// A template and the number of its operation.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) template: PathTemplate,
    pub(crate) operation: usize,
    /// How much of the path the template spells out; 0 for a bare catch-all.
    pub(crate) literal_chars: usize,
}

#[derive(Debug, Default)]
struct Node {
    /// In order.
    literals: Vec<Literal>,
    /// The one that spells out most first.
    patterns: Vec<(Vec<Part>, usize)>,
    param: Option<usize>,
    greedy: Option<usize>,
    /// Methods and routes, in the document's order.
    routes: Vec<(MethodKey, usize)>,
}

/// A literal segment and the node below it.
#[derive(Debug)]
struct Literal {
    start: u64,
    text: Box<str>,
    child: usize,
}

/// A method's length and its first seven letters in upper case, which tell all methods apart: the
/// longest one that OpenAPI knows is OPTIONS (3.1, section 4.8.9).
type MethodKey = u64;

/// A route that a path fits, and the values of its parameters in their order.
#[derive(Debug)]
pub(crate) struct RouteMatch<'r, 'p> {
    pub(crate) route: &'r Route,
    values: Vec<Cow<'p, str>>,
}

impl RouteMatch<'_, '_> {
    pub(crate) fn into_path_params(self) -> Vec<(String, String)> {
        let values = self.values.into_iter().map(Cow::into_owned);
        self.route
            .template
            .param_names
            .iter()
            .cloned()
            .zip(values)
            .collect()
    }
}

impl RouteIndex {
    /// The tree of some routes: template, method and operation of each.
    pub(crate) fn new<'a>(
        routes: impl IntoIterator<Item = (PathTemplate, &'a str, usize)>,
    ) -> Self {
        let mut nodes = Vec::new();
        let routes: Vec<_> = routes.into_iter().collect();
        let mut children = HashMap::new();
        for (number, (template, method, _)) in routes.iter().enumerate() {
            let node = plant(&mut nodes, &mut children, template);
            nodes[node].routes.push((method_key(method), number));
        }
        for node in &mut nodes {
            node.literals
                .sort_unstable_by(|one, other| one.order(other.start, &other.text));
            node.patterns
                .sort_by_key(|(parts, _)| Reverse(literal_bytes(parts)));
        }
        let routes = routes.into_iter().map(|(template, _, operation)| Route {
            literal_chars: template.literal_chars(),
            template,
            operation,
        });
        Self {
            routes: routes.collect(),
            nodes,
        }
    }

    pub(crate) fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The route that a method, in any case, and a concrete path without its query take.
    pub(crate) fn find<'p>(
        &self,
        method: &str,
        path: &'p str,
        facts: RequestFacts<'_>,
    ) -> Option<RouteMatch<'_, 'p>> {
        if self.nodes.is_empty() || path.len() > PATH_BYTES_MAX {
            return None;
        }
        let (inside, trailing_slash) = without_outer_slashes(path);
        if inside.len() > PATH_SEGMENTS_MAX && slash_count(inside) >= PATH_SEGMENTS_MAX {
            return None;
        }
        let mut search = Search {
            index: self,
            method: method_key(method),
            trailing_slash,
            is_encoded: has_byte(inside, |byte| byte == b'%'),
            facts,
            values: Vec::new(),
            steps_left: STEPS_MAX,
        };
        let route = search.descend(0, (!inside.is_empty()).then_some(inside))?;
        Some(RouteMatch {
            route: &self.routes[route],
            values: search.values,
        })
    }

    /// The route whose template is API Gateway's `resource`, whatever its parameters are called. The
    /// parameters are read from the end of the path, in front of which there may be more; of a path that
    /// was decoded on its way, they are those of API Gateway, by their order.
    pub(crate) fn find_resource<'p>(
        &self,
        method: &str,
        resource: &str,
        path: &'p str,
        path_params: Option<&'p BTreeMap<String, String>>,
        facts: RequestFacts<'_>,
    ) -> Option<RouteMatch<'_, 'p>> {
        let template = PathTemplate::parse(resource);
        let node = &self.nodes[self.node_of(&template)?];
        let route = self.select(node, method_key(method), template.trailing_slash, facts)?;
        let route = &self.routes[route];
        let by_name = || {
            let names = template.param_names.iter();
            let values = names.map(|name| Some(Cow::Borrowed(path_params?.get(name)?.as_str())));
            values.collect::<Option<Vec<_>>>()
        };
        let values = last_segments(path, template.segments.len())
            .and_then(|tail| self.find(method, tail, facts))
            .filter(|found| found.route.operation == route.operation)
            .map(|found| found.values)
            .or_else(by_name)
            .unwrap_or_default();
        Some(RouteMatch { route, values })
    }

    /// Where a template's own segments lead.
    fn node_of(&self, template: &PathTemplate) -> Option<usize> {
        if self.nodes.is_empty() {
            return None;
        }
        template.segments.iter().try_fold(0, |node, segment| {
            let node: &Node = &self.nodes[node];
            match segment {
                Segment::Literal(text) => node.literal(text),
                Segment::Pattern(parts) => node
                    .patterns
                    .iter()
                    .find(|(known, _)| known == parts)
                    .map(|(_, child)| *child),
                Segment::Param => node.param,
                Segment::Greedy => node.greedy,
            }
        })
    }

    /// The one route of those that end at a node.
    fn select(
        &self,
        node: &Node,
        method: MethodKey,
        trailing_slash: bool,
        facts: RequestFacts<'_>,
    ) -> Option<usize> {
        let mut of_method = node.routes.iter().filter(|(key, _)| *key == method);
        let (first, second) = (of_method.next()?.1, of_method.next());
        if second.is_none() {
            return Some(first);
        }
        let mut best: Option<((usize, bool), usize)> = None;
        let of_method = node.routes.iter().filter(|(key, _)| *key == method);
        for &(_, number) in of_method {
            let route = &self.routes[number];
            let conditions = &route.template.conditions;
            if !conditions.iter().all(|condition| facts.meet(condition)) {
                continue;
            }
            let rank = (
                conditions.len(),
                route.template.trailing_slash == trailing_slash,
            );
            if best.is_none_or(|(known, _)| known < rank) {
                best = Some((rank, number));
            }
        }
        best.map(|(_, number)| number)
    }
}

/// Where a template ends, with all the nodes on the way.
fn plant<'t>(
    nodes: &mut Vec<Node>,
    children: &mut HashMap<(usize, &'t Segment), usize>,
    template: &'t PathTemplate,
) -> usize {
    if nodes.is_empty() {
        nodes.push(Node::default());
    }
    template.segments.iter().fold(0, |node, segment| {
        *children.entry((node, segment)).or_insert_with(|| {
            let child = nodes.len();
            nodes.push(Node::default());
            nodes[node].add_child(segment, child);
            child
        })
    })
}

impl Node {
    fn add_child(&mut self, segment: &Segment, child: usize) {
        match segment {
            Segment::Literal(text) => self.literals.push(Literal {
                start: first_bytes(text),
                text: text.as_str().into(),
                child,
            }),
            Segment::Pattern(parts) => self.patterns.push((parts.clone(), child)),
            Segment::Param => self.param = Some(child),
            Segment::Greedy => self.greedy = Some(child),
        }
    }

    fn literal(&self, text: &str) -> Option<usize> {
        if self.literals.is_empty() {
            return None;
        }
        let start = first_bytes(text);
        let found = self
            .literals
            .binary_search_by(|literal| literal.order(start, text));
        found.ok().map(|position| self.literals[position].child)
    }
}

impl Literal {
    /// By the first eight bytes as a number, which most comparisons get along with, by the length,
    /// which together are all of a short text, and by the rest.
    fn order(&self, start: u64, text: &str) -> Ordering {
        self.start
            .cmp(&start)
            .then_with(|| self.text.len().cmp(&text.len()))
            .then_with(|| match text.len() {
                0..=8 => Ordering::Equal,
                _ => self.text.as_ref().cmp(text),
            })
    }
}

fn first_bytes(text: &str) -> u64 {
    let bytes = text.as_bytes();
    if let Some(first) = bytes.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    bytes
        .iter()
        .fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

fn method_key(method: &str) -> MethodKey {
    let length = method.len().min(255) as u64;
    method.bytes().take(7).fold(length, |key, byte| {
        (key << 8) | u64::from(byte.to_ascii_uppercase())
    })
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

/// The last `count` segments of a path, which is longer or as long.
pub(crate) fn last_segments(path: &str, count: usize) -> Option<&str> {
    let end = path.strip_suffix('/').unwrap_or(path).len();
    let mut start = end;
    for _ in 0..count {
        start = path[..start].rfind('/')?;
    }
    Some(&path[start..])
}

struct Search<'r, 'p, 'a> {
    index: &'r RouteIndex,
    method: MethodKey,
    trailing_slash: bool,
    is_encoded: bool,
    facts: RequestFacts<'a>,
    values: Vec<Cow<'p, str>>,
    steps_left: usize,
}

impl<'p> Search<'_, 'p, '_> {
    /// The route below a node for what is left of the path. Each node is entered at most once for
    /// each way to reach it, so the work is bounded by the document's own routes, and where there
    /// are many ways by the steps.
    fn descend(&mut self, node: usize, rest: Option<&'p str>) -> Option<usize> {
        let node = &self.index.nodes[node];
        let Some(rest) = rest else {
            return self
                .index
                .select(node, self.method, self.trailing_slash, self.facts);
        };
        self.steps_left = self.steps_left.checked_sub(1)?;
        let (raw, rest_after) = match memchr::memchr(b'/', rest.as_bytes()) {
            Some(end) => (&rest[..end], Some(&rest[end + 1..])),
            None => (rest, None),
        };
        let segment = if self.is_encoded {
            decode_segment(raw)
        } else {
            Cow::Borrowed(raw)
        };
        if let Some(child) = node.literal(&segment)
            && let Some(route) = self.descend(child, rest_after)
        {
            return Some(route);
        }
        let values_before = self.values.len();
        for (parts, child) in &node.patterns {
            if self.push_pattern(parts, &segment) {
                if let Some(route) = self.descend(*child, rest_after) {
                    return Some(route);
                }
                self.values.truncate(values_before);
            }
        }
        if let Some(child) = node.param
            && !segment.is_empty()
        {
            self.values.push(segment);
            if let Some(route) = self.descend(child, rest_after) {
                return Some(route);
            }
            self.values.truncate(values_before);
        }
        let child = node.greedy.filter(|_| !rest.is_empty())?;
        // `{proxy+}` may stand in the middle of a template in some gateways; the longest first.
        let ends = std::iter::once(rest.len()).chain(rest.rmatch_indices('/').map(|(end, _)| end));
        for end in ends.filter(|end| *end > 0) {
            if let Some(route) = self.descend(child, rest.get(end + 1..)) {
                self.values
                    .insert(values_before, decode_segment(&rest[..end]));
                return Some(route);
            }
        }
        None
    }

    #[expect(
        clippy::ptr_arg,
        reason = "what is borrowed from the path stays borrowed"
    )]
    fn push_pattern(&mut self, parts: &[Part], segment: &Cow<'p, str>) -> bool {
        match segment {
            Cow::Borrowed(text) => match_pattern(parts, text)
                .map(|values| self.values.extend(values.into_iter().map(Cow::Borrowed)))
                .is_some(),
            Cow::Owned(text) => match_pattern(parts, text)
                .map(|values| {
                    let owned = values.into_iter().map(|value| Cow::Owned(value.to_owned()));
                    self.values.extend(owned);
                })
                .is_some(),
        }
    }
}
