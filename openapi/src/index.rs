//! The index: which service and operation a request belongs to.
//!
//! The service of a request is, in this order:
//! 1. the configured map's, by domain name or by API id;
//! 2. that of the document one of whose `servers[].url` has the request's domain name;
//! 3. where no document claims the domain: that of the one document that describes the request
//!    otherwise than by a bare catch-all.
//!
//! Where several documents come into question, the one wins whose operation spells out most of the
//! path; on a tie between documents of one service, the first. On a tie between services
//! [`Found::Nothing`] is answered: an event under the wrong service's name is worse than one that is
//! not described. Such ties are told by [`Index::build`].

use std::collections::BTreeMap;

use serde_json::Value;

use crate::document::{Document, DocumentProblem, ParsedDocument, stem};
use crate::operation::Operation;
use crate::overlay;
use crate::path_template::PathTemplate;
use crate::read_operations::read_operations;
use crate::route_index::{RouteIndex, RouteMatch};
use crate::server::{Server, names_no_service};

/// The most problems that are told of one document.
const PROBLEMS_MAX: usize = 100;

/// The operations of all documents.
#[derive(Debug, Default)]
pub struct Index {
    entries: Vec<Entry>,
    service_map: BTreeMap<String, String>,
    /// Services that only the map names.
    undocumented: Vec<Service>,
}

#[derive(Debug)]
struct Entry {
    service: Service,
    servers: Vec<Server>,
    operations: Vec<Operation>,
    routes: RouteIndex,
}

/// A service, as one document describes it. A service of several documents has one of these for
/// each, all of one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// `x-audit.service`, or the document's file name without its extension.
    pub name: String,
    /// The document's file name; empty where only the configured map names the service.
    pub file_name: String,
    /// The first 16 hexadecimal digits of the SHA-256 of the bytes of the document and its overlays.
    pub spec_version: String,
    /// `info.title`.
    pub title: String,
}

/// What of a request decides which operation it calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestLine<'a> {
    /// The host that was called; empty where it is not known.
    pub domain_name: &'a str,
    /// API Gateway's id of the API, or empty.
    pub api_id: &'a str,
    /// API Gateway's stage, or empty.
    pub stage: &'a str,
    /// The HTTP method.
    pub method: &'a str,
    /// The concrete path, as sent (percent-encoded).
    pub path: &'a str,
    /// API Gateway's own template (`resource`, or `routeKey` without its method), or empty.
    pub resource: &'a str,
}

/// What the index knows of a request.
#[derive(Debug)]
pub enum Found<'a> {
    /// The operation is described.
    Operation {
        /// Its service.
        service: &'a Service,
        /// What it means.
        operation: &'a Operation,
        /// The path parameters by name, decoded once.
        path_params: Vec<(String, String)>,
    },
    /// The service is known, the operation is not.
    Service(&'a Service),
    /// Neither is known.
    Nothing,
}

impl Index {
    /// Reads documents. What cannot be read is left out and told; the rest is indexed.
    ///
    /// A file called `NAME.overlay.yaml` (`.yml`, `.json`) is applied to the document `NAME.json`,
    /// `NAME.yaml` or `NAME.yml` before anything is read from that. At most 100 problems are told of
    /// each document.
    pub fn build(documents: Vec<Document>) -> (Self, Vec<DocumentProblem>) {
        let mut index = Self::default();
        let mut problems = Vec::new();
        for (document, overlays) in overlay::pair(documents, &mut problems) {
            let mut of_document = Vec::new();
            match ParsedDocument::parse(&document, &overlays, &mut of_document) {
                Ok(parsed) => {
                    let entry = Entry::read(&parsed, &mut of_document);
                    index.tell_ties(&entry, &mut of_document);
                    index.entries.push(entry);
                    parsed.origins.relocate(&mut of_document);
                }
                Err(problem) => of_document.push(problem),
            }
            // What was not done is told before what is only doubtful.
            of_document.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
            of_document.truncate(PROBLEMS_MAX);
            problems.extend(of_document);
        }
        (index, problems)
    }

    /// Gives services by domain name or by API id; it goes before what documents say.
    #[must_use]
    pub fn with_service_map(mut self, map: BTreeMap<String, String>) -> Self {
        for name in map.values() {
            let known = self
                .services()
                .chain(&self.undocumented)
                .any(|service| service.name == *name);
            if !known {
                self.undocumented.push(Service {
                    name: name.clone(),
                    ..Service::default()
                });
            }
        }
        self.service_map = map;
        self
    }

    /// Every operation, in the order of documents and within them.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.entries.iter().flat_map(|entry| &entry.operations)
    }

    /// Each document's service, in the order of documents.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.entries.iter().map(|entry| &entry.service)
    }

    /// Names the service and the operation of a request.
    pub fn find(&self, request: &RequestLine<'_>) -> Found<'_> {
        let mapped = [request.domain_name, request.api_id]
            .into_iter()
            .filter(|key| !key.is_empty())
            .find_map(|key| self.service_map.get(key));
        if let Some(name) = mapped {
            let entries: Vec<&Entry> = self
                .entries
                .iter()
                .filter(|entry| entry.service.name == *name)
                .collect();
            return self
                .undocumented
                .iter()
                .find(|service| service.name == *name)
                .map_or_else(|| find_among(&entries, request), Found::Service);
        }
        let claiming: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| {
                entry
                    .servers
                    .iter()
                    .any(|server| server.claims(request.domain_name))
            })
            .collect();
        if !claiming.is_empty() {
            return find_among(&claiming, request);
        }
        // Only a host that says nothing, or a document that names none, leaves it to the path alone.
        let says_nothing = names_no_service(request.domain_name);
        let mut described = self
            .entries
            .iter()
            .filter(|entry| says_nothing || !entry.servers.iter().any(Server::names_a_host))
            .filter_map(|entry| Some((entry, entry.find(request)?)))
            .filter(|(_, found)| found.literal_chars > 0);
        match (described.next(), described.next()) {
            (Some((entry, found)), None) => entry.found(found),
            _ => Found::Nothing,
        }
    }

    /// Tells where a new document describes, on one host, what another service's document does.
    fn tell_ties(&self, entry: &Entry, problems: &mut Vec<DocumentProblem>) {
        for other in self
            .entries
            .iter()
            .filter(|other| other.service.name != entry.service.name)
        {
            for operation in &entry.operations {
                let shape = |operation: &Operation| PathTemplate::parse(&operation.path).shape();
                if !entry
                    .servers
                    .iter()
                    .any(|server| other.servers.iter().any(|known| known.overlaps(server)))
                {
                    break;
                }
                let same = other.routes.shares(&operation.method, &shape(operation));
                if let Some(known) = same.and_then(|known| other.operations.get(known)) {
                    let pointer = format!(
                        "/paths/{}/{}",
                        crate::operation::escape(&operation.path),
                        operation.method.to_ascii_lowercase()
                    );
                    problems.push(DocumentProblem::warning(
                        &entry.service.file_name,
                        &pointer,
                        format!(
                            "{} describes {} {} on the same host; name the service of each host in the configured map",
                            known.file_name, known.method, known.path
                        ),
                    ));
                }
            }
        }
    }
}

/// The best operation among documents of which each may be the right one.
fn find_among<'a>(entries: &[&'a Entry], request: &RequestLine<'_>) -> Found<'a> {
    let mut best: Option<(&'a Entry, RouteMatch)> = None;
    let mut tie = false;
    for entry in entries {
        let Some(found) = entry.find(request) else {
            continue;
        };
        match &best {
            Some((_, known)) if known.literal_chars > found.literal_chars => {}
            Some((known_entry, known)) if known.literal_chars == found.literal_chars => {
                tie |= known_entry.service.name != entry.service.name;
            }
            _ => {
                best = Some((entry, found));
                tie = false;
            }
        }
    }
    if let (Some((entry, found)), false) = (best, tie) {
        return entry.found(found);
    }
    match entries {
        [first, rest @ ..]
            if rest
                .iter()
                .all(|entry| entry.service.name == first.service.name) =>
        {
            Found::Service(&first.service)
        }
        _ => Found::Nothing,
    }
}

impl Entry {
    fn read(document: &ParsedDocument, problems: &mut Vec<DocumentProblem>) -> Self {
        let text = |pointer: &str| document.root.pointer(pointer).and_then(Value::as_str);
        let stem = stem(&document.file_name);
        let name = text("/x-audit/service")
            .filter(|name| !name.trim().is_empty())
            .unwrap_or(stem);
        let operations = read_operations(document, name, problems);
        let mut routes = RouteIndex::default();
        for (position, operation) in operations.iter().enumerate() {
            routes.insert(
                PathTemplate::parse(&operation.path),
                &operation.method,
                position,
            );
        }
        Self {
            service: Service {
                name: name.to_owned(),
                file_name: document.file_name.clone(),
                spec_version: document.spec_version.clone(),
                title: text("/info/title").unwrap_or_default().to_owned(),
            },
            servers: Server::read_all(&document.root),
            operations,
            routes,
        }
    }

    fn found(&self, found: RouteMatch) -> Found<'_> {
        self.operations
            .get(found.operation)
            .map_or(Found::Service(&self.service), |operation| {
                Found::Operation {
                    service: &self.service,
                    operation,
                    path_params: found.path_params,
                }
            })
    }

    /// The operation of the request's path, with and without its stage and each server's path
    /// prefix, or else that of API Gateway's `resource`.
    fn find(&self, request: &RequestLine<'_>) -> Option<RouteMatch> {
        let method = request.method.to_ascii_uppercase();
        let mut best: Option<RouteMatch> = None;
        for path in [
            Some(request.path),
            without_prefix(request.path, request.stage),
        ]
        .into_iter()
        .flatten()
        {
            let prefixes = self
                .servers
                .iter()
                .map(|server| server.path_prefix.as_str());
            for prefix in prefixes.chain([""]) {
                let Some(rest) = without_prefix_path(path, prefix) else {
                    continue;
                };
                let Some(mut found) = self.routes.find(&method, rest) else {
                    continue;
                };
                if found.literal_chars > 0 {
                    found.literal_chars += prefix.len();
                }
                if best
                    .as_ref()
                    .is_none_or(|best| best.literal_chars < found.literal_chars)
                {
                    best = Some(found);
                }
            }
        }
        let resource = request.resource;
        if best.is_none() && resource.starts_with('/') && !resource.contains("+}") {
            return self.routes.find_resource(&method, resource, request.path);
        }
        best
    }
}

/// `/prod/v1/x` without its stage `prod`.
fn without_prefix<'a>(path: &'a str, stage: &str) -> Option<&'a str> {
    if stage.is_empty() {
        return None;
    }
    let rest = path.strip_prefix('/')?.strip_prefix(stage)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// `path` without `prefix` (empty, or `/v1`), where a segment ends there.
fn without_prefix_path<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}
