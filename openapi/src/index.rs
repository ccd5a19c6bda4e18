//! The index: which service and operation a request belongs to.
//!
//! The service of a request is, in this order:
//! 1. the configured map's, by domain name and base path (`api.example.com/shop`), by domain name, by API id and
//!    stage (`a1b2c3/prod`), or by API id;
//! 2. that of the document one of whose `servers[].url` has the request's domain name or API id;
//! 3. where no document claims them: that of the one document that describes the request
//!    otherwise than by a bare catch-all. The log's own document is not among them.
//!
//! Where several documents come into question, the one wins whose server spells out the host, where others have a
//! variable in it, and then the one whose operation spells out most of the path; on a tie between documents of one
//! service, the first. On a tie between services [`Found::Nothing`] is answered: an event under the wrong service's
//! name is worse than one that is not described. Such ties are told by [`Index::build`].

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::document::{Document, DocumentProblem};
use crate::entry::{Call, Entry, EntryMatch, ServerList};
use crate::json_pointer::escape;
use crate::nearest::nearest;
use crate::operation::Operation;
use crate::overlay;
use crate::parsed_document::ParsedDocument;
use crate::request::{Found, RequestLine, Service};
use crate::server::{Servers, comparable, names_no_service};
use crate::ties::tell_ties;

/// What the operator's map is called in what is told of it.
const SERVICE_MAP: &str = "DAYBOOK_SERVICES";

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

/// A [`ServerList`] by reference.
type ServersAndNumbers<'a> = (&'a Servers, Vec<usize>);

/// What an entry is made of: its service, its servers with what is reached there, and its operations.
pub(crate) type EntryParts = (Service, Vec<ServerList>, Vec<Operation>);

impl Index {
    /// Reads documents. What cannot be read is left out and told; the rest is indexed.
    ///
    /// A file called `NAME.overlay.yaml` (`.yml`, `.json`) is applied to the document `NAME.json`,
    /// `NAME.yaml` or `NAME.yml` before anything is read from that. At most 100 problems are told of
    /// each document.
    pub fn build(documents: Vec<Document>) -> (Self, Vec<DocumentProblem>) {
        Self::default().extended(documents)
    }

    /// The same with the operator's map, see [`Index::with_service_map`]: what it settles is no tie.
    pub fn build_mapped(
        documents: Vec<Document>,
        map: BTreeMap<String, String>,
    ) -> (Self, Vec<DocumentProblem>) {
        let empty = Self {
            service_map: comparable_keys(map.clone()),
            ..Self::default()
        };
        let (index, mut problems) = empty.extended(documents);
        let index = index.with_service_map(map);
        problems.extend(index.doubts_of_service_map());
        (index, problems)
    }

    /// Reads more documents, to stand behind those that are known.
    #[must_use]
    pub fn extended(mut self, documents: Vec<Document>) -> (Self, Vec<DocumentProblem>) {
        let mut problems = Vec::new();
        for (document, overlays) in overlay::pair(documents, &mut problems) {
            let mut of_document = Vec::new();
            match ParsedDocument::parse(&document, &overlays, &mut of_document) {
                Ok(parsed) => {
                    let entry = Entry::read(&parsed, &mut of_document);
                    parsed.origins.relocate(&mut of_document);
                    // That two services have an operation is not its overlay's mistake.
                    tell_ties(&entry, &self.entries, &self.service_map, &mut of_document);
                    self.entries.push(entry);
                }
                Err(problem) => of_document.push(problem),
            }
            // What of an overlay was not done may keep a service from starting, so it is told first; and
            // what was not done before what is only doubtful.
            of_document
                .sort_by_key(|problem| Reverse((problem.is_overlays_error(), problem.severity)));
            // What several paths refer to is told once.
            let mut told = HashSet::new();
            of_document.retain(|problem| told.insert(problem.to_string()));
            of_document.truncate(PROBLEMS_MAX);
            problems.extend(of_document);
        }
        (self, problems)
    }

    /// Gives services by domain name, by that and a base path (`api.example.com/shop`), by API id, or by both of
    /// API id and stage (`a1b2c3/prod`); it goes before what documents say.
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
        self.service_map = comparable_keys(map);
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
        let domain_name = comparable(request.domain_name);
        let call = Call::new(request, &domain_name);
        if let Some((name, base_path)) = self.mapped_service(&call) {
            let mut undocumented = self.undocumented.iter();
            if let Some(service) = undocumented.find(|service| service.name == *name) {
                return Found::Service(service);
            }
            let entries: Vec<&Entry> = self
                .entries
                .iter()
                .filter(|entry| entry.service.name == *name)
                .collect();
            if base_path == 0 {
                return find_among(&entries, &call);
            }
            let below = RequestLine {
                path: &request.path[base_path..],
                ..*request
            };
            let below = best_among(&entries, &Call::new(&below, &domain_name));
            let found = match (below, best_among(&entries, &call)) {
                // A server's own path begins with the base path and may go on behind it.
                (Some(below), Some(whole)) if whole.is_behind_prefix && whole.fit > below.fit => {
                    Some(whole)
                }
                (below, whole) => below.or(whole),
            };
            return found.map_or_else(|| service_of(&entries), Found::from);
        }
        let claiming: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| entry.claims(&call))
            .collect();
        if !claiming.is_empty() {
            return find_among(&claiming, &call);
        }
        self.find_by_path(&call.unclaimed())
    }

    /// The service that the map gives, and how much of the path belongs to the map as well: what a base path
    /// maps to an API stands in front of the API's own paths.
    fn mapped_service(&self, call: &Call<'_>) -> Option<(&String, usize)> {
        if self.service_map.is_empty() {
            return None;
        }
        let RequestLine {
            api_id,
            stage,
            path,
            ..
        } = *call.request;
        if let Some(found) = self.mapped_base_path(call.domain_name, path) {
            return Some(found);
        }
        let by_stage = format!("{api_id}/{stage}");
        [call.domain_name, &by_stage, api_id]
            .into_iter()
            .filter(|key| !key.is_empty())
            .find_map(|key| Some((self.service_map.get(key)?, 0)))
    }

    /// Of the base paths of a domain that a path begins with, the longest one.
    fn mapped_base_path(&self, domain_name: &str, path: &str) -> Option<(&String, usize)> {
        if domain_name.is_empty() {
            return None;
        }
        let domain = format!("{domain_name}/");
        let of_domain = self.service_map.range(domain.clone()..);
        of_domain
            .map_while(|(key, name)| Some((key.strip_prefix(&domain)?, name)))
            .filter_map(|(base_path, name)| {
                let rest = path.strip_prefix('/')?.strip_prefix(base_path)?;
                let is_whole = rest.is_empty() || rest.starts_with(['/', '?']);
                is_whole.then_some((name, 1 + base_path.len()))
            })
            .max_by_key(|(_, length)| *length)
    }

    /// What of the map may not be meant so: a service that is nearly called as one of a document, and what is no
    /// name of a host.
    pub fn doubts_of_service_map(&self) -> Vec<DocumentProblem> {
        let known: BTreeSet<&str> = self
            .services()
            .map(|service| service.name.as_str())
            .collect();
        let mut doubts = Vec::new();
        for (key, name) in &self.service_map {
            let mut doubt = |message: String| {
                let pointer = format!("/{}", escape(key));
                doubts.push(DocumentProblem::warning(SERVICE_MAP, &pointer, message));
            };
            if key.contains("//") || key.contains(char::is_whitespace) {
                doubt("it is neither a domain name nor an API id: write api.example.com, api.example.com/shop, a1b2c3 or a1b2c3/prod".to_owned());
            }
            if !known.contains(name.as_str())
                && let Some(near) = nearest(name, known.iter().copied())
            {
                doubt(format!(
                    "no document describes a service {name}; did you mean {near}?"
                ));
            }
        }
        doubts
    }

    /// The operation of the one service that has it. Only a host that says nothing, or a document
    /// that names none, leaves it to the path alone. A document whose hosts say nothing gives way to one
    /// that names none. A template that spells nothing out (`/{id}`) counts where API Gateway's `resource` is the same
    /// and nothing else fits. The log's own document, which may lie beside those of services, takes no call of theirs.
    fn find_by_path(&self, call: &Call<'_>) -> Found<'_> {
        let says_nothing = names_no_service(call.domain_name);
        let rank = |found: &EntryMatch<'_, '_>| {
            let is_of_any_host = !says_nothing && !found.entry.has_makeshift_hosts();
            let says_something = found.fit.literal_chars > 0;
            (says_something, found.fit.prefix_is_known, is_of_any_host)
        };
        let mut best: Option<EntryMatch<'_, '_>> = None;
        let mut tie = false;
        let entries = self.entries.iter();
        for found in entries
            .filter(|entry| says_nothing || !entry.names_a_host())
            .filter(|entry| !entry.is_of_the_log())
            .filter_map(|entry| entry.find(call))
            .filter(|found| found.fit.literal_chars > 0 || found.is_resource(call.request.resource))
        {
            match best.as_ref().map(|known| (known, rank(known))) {
                Some((_, of_known)) if of_known > rank(&found) => {}
                Some((known, of_known)) if of_known == rank(&found) => {
                    if known.entry.service.name != found.entry.service.name {
                        tie = true;
                    } else if known.fit < found.fit {
                        best = Some(found);
                    }
                }
                _ => {
                    best = Some(found);
                    tie = false;
                }
            }
        }
        best.filter(|_| !tie).map_or(Found::Nothing, Found::from)
    }

    /// What each document said.
    pub(crate) fn entry_parts(
        &self,
    ) -> impl Iterator<Item = (&Service, Vec<ServersAndNumbers<'_>>, &[Operation])> {
        self.entries.iter().map(|entry| {
            let groups = entry.route_groups.iter().map(|group| {
                let numbers = group.routes.routes().iter().map(|route| route.operation);
                (&group.servers, numbers.collect())
            });
            (&entry.service, groups.collect(), &*entry.operations)
        })
    }

    /// An index of what documents said.
    pub(crate) fn from_entry_parts(parts: Vec<EntryParts>) -> Self {
        Self {
            entries: parts
                .into_iter()
                .map(|(service, servers, mut operations)| {
                    for operation in &mut operations {
                        operation.service.clone_from(&service.name);
                        operation.file_name.clone_from(&service.file_name);
                    }
                    Entry::new(service, servers, operations)
                })
                .collect(),
            ..Self::default()
        }
    }
}

/// A map whose keys are as requests are compared.
fn comparable_keys(map: BTreeMap<String, String>) -> BTreeMap<String, String> {
    map.into_iter()
        .map(|(key, name)| match key.split_once('/') {
            // A stage or a base path.
            Some((host, "")) => (comparable(host).into_owned(), name),
            Some((host, below)) => {
                let below = below.trim_end_matches('/');
                (format!("{}/{below}", comparable(host)), name)
            }
            None => (comparable(&key).into_owned(), name),
        })
        .collect()
}

/// The operation among documents of which each may be the right one, or the service that all are of.
fn find_among<'e>(entries: &[&'e Entry], call: &Call<'_>) -> Found<'e> {
    best_among(entries, call).map_or_else(|| service_of(entries), Found::from)
}

/// The best operation, unless it is that of two services.
fn best_among<'e, 'p>(entries: &[&'e Entry], call: &Call<'p>) -> Option<EntryMatch<'e, 'p>> {
    let mut best: Option<EntryMatch<'e, 'p>> = None;
    let mut tie = false;
    for entry in entries {
        let Some(found) = entry.find(call) else {
            continue;
        };
        match &best {
            Some(known) if known.fit > found.fit => {}
            Some(known) if known.fit == found.fit => {
                tie |= known.entry.service.name != entry.service.name;
            }
            _ => {
                best = Some(found);
                tie = false;
            }
        }
    }
    best.filter(|_| !tie)
}

fn service_of<'e>(entries: &[&'e Entry]) -> Found<'e> {
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
