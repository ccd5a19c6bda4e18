//! One document in the index: its service, its operations and the routes to them.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use daybook_event::OWN_SERVICE;
use serde_json::Value;

use crate::annotations::SERVICE_BYTES_MAX;
use crate::document::{DocumentProblem, Problems, stem};
use crate::json_pointer::escape;
use crate::operation::Operation;
use crate::parsed_document::ParsedDocument;
use crate::path_template::PathTemplate;
use crate::read_operations::{ANY_METHOD, read_operations};
use crate::request::{Found, RequestLine, Service};
use crate::request_path::RequestPath;
use crate::route_index::{RouteIndex, RouteMatch};
use crate::schema::{SchemaWork, Schemas};
use crate::selector::RequestFacts;
use crate::server::{PathPrefix, SERVERS_MAX, Servers, URL_BYTES_MAX};

/// The most lists of servers that are kept apart in one document; operations with further ones are
/// taken to be at the first one's.
const SERVER_LISTS_MAX: usize = 64;

/// Servers, and the numbers of the operations that are reached there.
pub(crate) type ServerList = (Servers, Vec<usize>);

/// A document.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) service: Service,
    pub(crate) operations: Vec<Operation>,
    /// One for each list of servers.
    pub(crate) route_groups: Vec<RouteGroup>,
}

/// The routes of operations that are reached at the same servers.
#[derive(Debug)]
pub(crate) struct RouteGroup {
    pub(crate) servers: Servers,
    pub(crate) routes: RouteIndex,
}

/// The operation that a document gives for a request, and how well it fits.
pub(crate) struct EntryMatch<'e, 'p> {
    pub(crate) entry: &'e Entry,
    found: RouteMatch<'e, 'p>,
    /// The path of a server stands in front of its template.
    pub(crate) is_behind_prefix: bool,
    pub(crate) fit: Fit,
}

/// The better one is the greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fit {
    /// No server variable had to take a value that its document does not name.
    pub(crate) prefix_is_known: bool,
    /// Its servers claim the request's domain.
    claim: Option<Claim>,
    /// How much of what API Gateway matched the template spells out, where that is only the end of
    /// the path.
    literal_chars_below_mapping: usize,
    /// How much of the path template and prefix spell out; 0 for a bare catch-all.
    pub(crate) literal_chars: usize,
    /// How many segments it has more than API Gateway matched, where that is only the end of the path:
    /// a stage or what a domain maps is no parameter.
    segments_before_mapping: Reverse<usize>,
    /// The prefix is one of a server that claims the request, and not that of another one or missing.
    prefix_is_of_server: bool,
}

/// How servers claim a request. The better one is the greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    /// The path of a server of API Gateway's that claims it begins with the request's stage.
    is_of_stage: bool,
    /// One that claims it spells its host out: concrete before templated.
    host_is_spelled_out: bool,
}

/// A request, read once for all documents.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a RequestLine<'a>,
    /// Lower case, without a port.
    pub(crate) domain_name: &'a str,
    path: RequestPath<'a>,
    /// Some servers may claim its domain or API.
    is_claimed: bool,
}

impl<'e> From<EntryMatch<'e, '_>> for Found<'e> {
    fn from(matched: EntryMatch<'e, '_>) -> Self {
        let service = &matched.entry.service;
        match matched.entry.operations.get(matched.found.route.operation) {
            None => Found::Service(service),
            Some(operation) => Found::Operation {
                service,
                operation,
                path_params: matched.found.into_path_params(),
            },
        }
    }
}

/// The title of the one document that may bear that name.
const OWN_TITLE: &str = "Daybook query API";
const OTHER_NAME: &str = "daybook-document";

impl Entry {
    pub(crate) fn read(document: &ParsedDocument, problems: &mut Vec<DocumentProblem>) -> Self {
        let text = |pointer: &str| document.root.pointer(pointer).and_then(Value::as_str);
        let name = text("/x-audit/service")
            .filter(|name| !name.trim().is_empty() && name.len() <= SERVICE_BYTES_MAX)
            .unwrap_or_else(|| stem(&document.file_name));
        let name = if name == OWN_SERVICE && text("/info/title") != Some(OWN_TITLE) {
            Problems::of(&document.file_name, problems).error(
                "/x-audit/service",
                format!(
                    "{OWN_SERVICE} is the audit log itself, whose events nobody erases: the service is called \
                     {OTHER_NAME} until x-audit.service gives another name"
                ),
            );
            OTHER_NAME
        } else {
            name
        };
        let operations = read_operations(document, name, problems);
        let service = Service {
            name: name.to_owned(),
            file_name: document.file_name.clone(),
            spec_version: document.spec_version.clone(),
            title: text("/info/title").unwrap_or_default().to_owned(),
        };
        let mut told = Problems::of(&document.file_name, problems);
        let server_lists = server_lists(&document.root, &operations, &mut told);
        let entry = Self::new(service, server_lists, operations);
        entry.tell_twins(problems);
        entry
    }

    pub(crate) fn new(
        service: Service,
        server_lists: Vec<ServerList>,
        operations: Vec<Operation>,
    ) -> Self {
        let route_of = |number: usize| {
            let operation = operations.get(number)?;
            let template = PathTemplate::parse(&operation.path);
            Some((template, operation.method.as_str(), number))
        };
        let route_groups = server_lists
            .into_iter()
            .map(|(servers, numbers)| RouteGroup {
                servers,
                routes: RouteIndex::new(numbers.into_iter().filter_map(route_of)),
            })
            .collect();
        Self {
            service,
            operations,
            route_groups,
        }
    }

    /// Tells where a template differs from an earlier one in its parameters' names alone.
    fn tell_twins(&self, problems: &mut Vec<DocumentProblem>) {
        let mut problems = Problems::of(&self.service.file_name, problems);
        for group in &self.route_groups {
            let mut known = HashMap::new();
            for route in group.routes.routes() {
                let operation = &self.operations[route.operation];
                let first = *known
                    .entry((&operation.method, route.template.shape()))
                    .or_insert(route.operation);
                if first != route.operation {
                    let first = &self.operations[first];
                    let message = format!(
                        "calls of it are taken for {} {}, whose path is the same",
                        first.method, first.path
                    );
                    problems.warning(&pointer_of(operation), message);
                }
            }
        }
    }

    pub(crate) fn claims(&self, call: &Call<'_>) -> bool {
        self.route_groups.iter().any(|group| group.claims(call))
    }

    pub(crate) fn names_a_host(&self) -> bool {
        let mut groups = self.route_groups.iter();
        groups.any(|group| group.servers.name_a_host())
    }

    /// Whether it is the log's own document, whose calls the operator's map tells from those of services.
    pub(crate) fn is_of_the_log(&self) -> bool {
        self.service.name == OWN_SERVICE
    }

    /// Whether it names hosts, and none that says whose the requests there are.
    pub(crate) fn has_makeshift_hosts(&self) -> bool {
        let mut groups = self.routed_groups().peekable();
        groups.peek().is_some() && groups.all(|group| group.servers.have_makeshift_hosts())
    }

    /// Whether the id of an API tells its requests from those to other documents.
    pub(crate) fn has_api_ids(&self) -> bool {
        let mut groups = self.routed_groups();
        groups.all(|group| group.servers.have_api_ids())
    }

    fn routed_groups(&self) -> impl Iterator<Item = &RouteGroup> {
        let groups = self.route_groups.iter();
        groups.filter(|group| !group.routes.routes().is_empty())
    }

    /// The operation of the request's path, read in each way, with and without each server's path
    /// prefix, or else that of API Gateway's `resource`.
    pub(crate) fn find<'e, 'p>(&'e self, call: &Call<'p>) -> Option<EntryMatch<'e, 'p>> {
        let mut best: Option<EntryMatch<'e, 'p>> = None;
        if call.is_claimed {
            self.find_in_groups(call, true, &mut best);
        }
        // What servers that claim the domain describe goes before what others do.
        if best.as_ref().is_none_or(|best| !best.fit.prefix_is_known) {
            self.find_in_groups(call, false, &mut best);
        }
        let resource = call.request.resource;
        if best.is_none() && resource.starts_with('/') && !resource.contains("+}") {
            return self.find_resource(call, resource);
        }
        best
    }

    /// The same in the groups whose servers claim the request's domain, or in the others.
    fn find_in_groups<'e, 'p>(
        &'e self,
        call: &Call<'p>,
        servers_claim: bool,
        best: &mut Option<EntryMatch<'e, 'p>>,
    ) {
        for group in &self.route_groups {
            if call.is_claimed && group.claims(call) != servers_claim {
                continue;
            }
            for reading in call.path.readings() {
                for prefix in group.servers.prefixes() {
                    let Some(rest) = prefix.take_off(reading) else {
                        continue;
                    };
                    let found = group.routes.find(call.request.method, rest, call.facts());
                    let Some(found) = found else {
                        continue;
                    };
                    let servers = servers_claim.then_some(&group.servers);
                    let fit = Fit::of(call, &found, prefix, servers);
                    if best.as_ref().is_none_or(|best| best.fit < fit) {
                        *best = Some(EntryMatch {
                            entry: self,
                            found,
                            is_behind_prefix: prefix.segment_count() > 0,
                            fit,
                        });
                    }
                }
            }
        }
    }

    fn find_resource<'e, 'p>(
        &'e self,
        call: &Call<'p>,
        resource: &str,
    ) -> Option<EntryMatch<'e, 'p>> {
        self.route_groups.iter().find_map(|group| {
            let found = group.routes.find_resource(
                call.request.method,
                resource,
                call.path.whole,
                call.request.path_params,
                call.facts(),
            )?;
            let claiming = group.claims(call).then_some(&group.servers);
            let fit = Fit::of(call, &found, &PathPrefix::default(), claiming);
            Some(EntryMatch {
                entry: self,
                found,
                is_behind_prefix: false,
                fit,
            })
        })
    }
}

impl EntryMatch<'_, '_> {
    /// Whether its template, which is no bare catch-all, is API Gateway's own `resource`.
    pub(crate) fn is_resource(&self, resource: &str) -> bool {
        let template = &self.found.route.template;
        !template.is_bare_catch_all() && PathTemplate::parse(resource).segments == template.segments
    }
}

impl RouteGroup {
    fn claims(&self, call: &Call<'_>) -> bool {
        self.servers.claim(call.domain_name, call.request.api_id)
    }
}

impl Fit {
    fn of(
        call: &Call<'_>,
        found: &RouteMatch<'_, '_>,
        prefix: &PathPrefix,
        claiming: Option<&Servers>,
    ) -> Self {
        let route = found.route;
        let RequestLine { api_id, stage, .. } = *call.request;
        let domain_name = call.domain_name;
        Self {
            prefix_is_known: !prefix.is_open(),
            claim: claiming.map(|servers| Claim {
                // A bare catch-all says too little to go before what is spelled out.
                is_of_stage: servers.claim_stage(domain_name, api_id, stage)
                    && !route.template.is_bare_catch_all(),
                host_is_spelled_out: servers.claim_by_whole_host(domain_name, api_id),
            }),
            literal_chars_below_mapping: route
                .template
                .literal_chars_at_end(call.path.segments_below_mapping),
            literal_chars: match route.literal_chars {
                0 => 0,
                // A path is the same wherever its prefix ends: no slash counts.
                spelled_out => {
                    (spelled_out + prefix.literal_chars).saturating_sub(prefix.segment_count())
                }
            },
            segments_before_mapping: Reverse(match call.path.segments_below_mapping {
                0 => 0,
                matched => {
                    (prefix.segment_count() + route.template.segments.len()).saturating_sub(matched)
                }
            }),
            prefix_is_of_server: claiming
                .is_some_and(|servers| servers.claim_with(domain_name, api_id, prefix)),
        }
    }
}

impl<'a> Call<'a> {
    pub(crate) fn new(request: &'a RequestLine<'a>, domain_name: &'a str) -> Self {
        let RequestLine {
            path,
            stage,
            resource,
            proxy,
            ..
        } = *request;
        Self {
            request,
            domain_name,
            path: RequestPath::new(path, stage, resource, proxy),
            is_claimed: true,
        }
    }

    /// The same where it is known that no servers claim it.
    pub(crate) fn unclaimed(self) -> Self {
        Self {
            is_claimed: false,
            ..self
        }
    }

    fn facts(&self) -> RequestFacts<'a> {
        RequestFacts {
            behind_path: self.path.behind,
            query: self.request.query,
            form: self.request.form,
            headers: self.request.headers,
        }
    }
}

/// A list of servers that is there and has one.
fn listed(holder: Option<&Value>) -> Option<&Value> {
    holder?
        .get("servers")
        .filter(|list| list.as_array().is_some_and(|list| !list.is_empty()))
}

/// Which of a document's operations are reached at which servers.
fn server_lists(
    root: &Value,
    operations: &[Operation],
    problems: &mut Problems<'_>,
) -> Vec<ServerList> {
    let work = SchemaWork::default();
    let schemas = Schemas::new(root, &work);
    let of_root = read_servers(listed(Some(root)), "", problems);
    let mut lists: Vec<ServerList> = vec![(of_root, Vec::new())];
    // Behind a reference, one list is that of many operations.
    let mut read: HashMap<*const Value, usize> = HashMap::new();
    for (number, operation) in operations.iter().enumerate() {
        let item = root
            .get("paths")
            .and_then(|paths| paths.get(&operation.path))
            .and_then(|item| schemas.resolve(item));
        let body = item.and_then(|item| item.get(&*key_of(operation)));
        let of_operation = listed(body).map(|own| (own, true));
        let own = of_operation.or_else(|| listed(item).map(|own| (own, false)));
        let list = own.map_or(0, |(own, is_of_operation)| {
            *read.entry(std::ptr::from_ref(own)).or_insert_with(|| {
                let pointer = if is_of_operation {
                    pointer_of(operation)
                } else {
                    format!("/paths/{}", escape(&operation.path))
                };
                if lists.len() >= SERVER_LISTS_MAX {
                    let message = format!(
                        "it has further servers than the {SERVER_LISTS_MAX} lists that are read; it is taken to be at the document's"
                    );
                    problems.error(&pointer, message);
                    return 0;
                }
                let servers = read_servers(Some(own), &pointer, problems);
                let known = lists.iter().position(|(known, _)| *known == servers);
                known.unwrap_or_else(|| {
                    lists.push((servers, Vec::new()));
                    lists.len() - 1
                })
            })
        });
        lists[list].1.push(number);
    }
    lists
}

fn read_servers(list: Option<&Value>, pointer: &str, problems: &mut Problems<'_>) -> Servers {
    let (servers, unread) = Servers::read(list);
    if unread.more {
        let message = format!(
            "only the first {SERVERS_MAX} of its servers are read, the values of their variables counted"
        );
        problems.error(&format!("{pointer}/servers"), message);
    }
    if unread.long {
        let message = format!(
            "URLs of more than {URL_BYTES_MAX} bytes or many variables are left out, the values of their variables put in"
        );
        problems.error(&format!("{pointer}/servers"), message);
    }
    servers
}

pub(crate) fn pointer_of(operation: &Operation) -> String {
    format!("/paths/{}/{}", escape(&operation.path), key_of(operation))
}

/// The member of its path item that an operation is.
fn key_of(operation: &Operation) -> Cow<'static, str> {
    if operation.is_any_method {
        ANY_METHOD.into()
    } else {
        operation.method.to_ascii_lowercase().into()
    }
}
