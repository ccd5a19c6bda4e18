//! What the documents of two services both describe, so that a call of it is nobody's or the other one's: it is told
//! when the second of them is read.

use std::collections::{BTreeMap, HashMap};

use crate::document::{DocumentProblem, Problems};
use crate::entry::{Entry, RouteGroup, pointer_of};
use crate::path_template::{Part, Segment};
use crate::route_index::Route;
use crate::selector::Condition;
use crate::server::PathPrefix;

/// The way out of a tie, at the end of what is told of one.
const TIE_ADVICE: &str = "name the service of the host, of each base path (`api.example.com/shop`), or of each API id and stage (`a1b2c3/prod`), in DAYBOOK_SERVICES";

/// The most that is looked at, in servers and operations, to find the ties of one document.
const TIE_WORK_MAX: usize = 1_000_000;

/// Whether a problem is that two services describe one operation on one host.
pub(crate) fn is_tie(problem: &DocumentProblem) -> bool {
    problem.message.ends_with(TIE_ADVICE)
}

/// Tells where a new document describes what one of another service does.
pub(crate) fn tell_ties(
    entry: &Entry,
    known: &[Entry],
    service_map: &BTreeMap<String, String>,
    problems: &mut Vec<DocumentProblem>,
) {
    let mut problems = Problems::of(&entry.service.file_name, problems);
    let mut ties = Ties {
        entry,
        prefixes_at_hosts: entry
            .route_groups
            .iter()
            .map(|group| prefixes_at_hosts(group, service_map))
            .collect(),
        service_map,
        work_left: TIE_WORK_MAX,
    };
    let others = known
        .iter()
        .filter(|other| other.service.name != entry.service.name);
    if ties.tell(others, &mut problems).is_none() {
        problems.warning("/servers", "its servers are too many to be held against those of all other documents; lint does not know all ties");
    }
}

/// A new document, held against others. What gives `None` would cost more than is left of the work.
struct Ties<'a> {
    entry: &'a Entry,
    /// Of each of its groups.
    prefixes_at_hosts: Vec<HashMap<&'a [Part], Vec<&'a PathPrefix>>>,
    service_map: &'a BTreeMap<String, String>,
    work_left: usize,
}

/// The routes of one document at the same servers.
#[derive(Clone, Copy)]
struct Group<'a> {
    entry: &'a Entry,
    group: &'a RouteGroup,
}

/// What two prefixes, of which one begins with the other, have each behind the shorter one.
type Rests<'a> = (&'a [Segment], &'a [Segment]);

impl<'a> Ties<'a> {
    fn tell(
        &mut self,
        others: impl Iterator<Item = &'a Entry>,
        problems: &mut Problems<'_>,
    ) -> Option<()> {
        for other in others {
            if problems.is_full() {
                break;
            }
            if !self.tell_on_one_host(other, problems)? {
                self.tell_on_any_host(other, problems)?;
            }
        }
        Some(())
    }

    /// Tells what both describe on one host; whether there is something.
    fn tell_on_one_host(&mut self, other: &'a Entry, problems: &mut Problems<'_>) -> Option<bool> {
        let mut is_told = false;
        for (own, hosts) in groups(self.entry).zip(&self.prefixes_at_hosts) {
            for known in groups(other).filter(|_| !hosts.is_empty()) {
                let mut rests = Vec::new();
                for server in known.group.servers.with_host() {
                    let prefixes = hosts.get(&*server.host).map_or(&[][..], Vec::as_slice);
                    let work = 1 + prefixes.len() * (1 + rests.len());
                    self.work_left = self.work_left.checked_sub(work)?;
                    if prefixes.is_empty() || server.is_mapped(self.service_map) {
                        continue;
                    }
                    for prefix in prefixes {
                        push_new(&mut rests, prefix.rests(&server.path_prefix));
                    }
                }
                for (route, known) in same_calls(own, known, &rests, &mut self.work_left)? {
                    let known = &other.operations[known.operation];
                    let message = format!(
                        "{} describes {} {} on the same host; {TIE_ADVICE}",
                        known.file_name, known.method, known.path
                    );
                    let operation = &self.entry.operations[route.operation];
                    problems.error(&pointer_of(operation), message);
                    is_told = true;
                }
            }
        }
        Some(is_told)
    }

    /// Tells, once, of what both describe where no host says whose the calls are.
    fn tell_on_any_host(&mut self, other: &'a Entry, problems: &mut Problems<'_>) -> Option<()> {
        let entry = self.entry;
        let is_apart = |entry: &Entry| entry.names_a_host() || entry.is_of_the_log();
        if is_apart(entry) || is_apart(other) {
            return Some(());
        }
        let is_known = |entry: &Entry| {
            let mut mapped = self.service_map.values();
            mapped.any(|name| *name == entry.service.name) || entry.has_api_ids()
        };
        // A document that names no host goes before one whose hosts say nothing.
        let (is_behind, other_is_behind) =
            (entry.has_makeshift_hosts(), other.has_makeshift_hosts());
        let loses = !is_known(entry) && is_behind >= other_is_behind;
        let other_loses = !is_known(other) && other_is_behind >= is_behind;
        if !loses && !other_loses {
            return Some(());
        }
        let is_telling = |route: &Route| !route.template.is_bare_catch_all();
        let is_read = |route: &Route| entry.operations[route.operation].method == "GET";
        let mut told = None;
        for (own, known) in
            groups(entry).flat_map(|own| groups(other).map(move |known| (own, known)))
        {
            let mut rests = Vec::new();
            for (prefix, is_own) in own.group.servers.reached_prefixes() {
                for (known_prefix, is_others) in known.group.servers.reached_prefixes() {
                    self.work_left = self.work_left.checked_sub(1 + rests.len())?;
                    if (loses && is_own) || (other_loses && is_others) {
                        push_new(&mut rests, prefix.rests(known_prefix));
                    }
                }
            }
            let same = same_calls(own, known, &rests, &mut self.work_left)?;
            // A read that nobody asked for is not recorded, whosever it is.
            let same = same.into_iter();
            let telling = same.filter(|(route, known)| is_telling(route) && is_telling(known));
            let all = told.into_iter().chain(telling);
            told = all.min_by_key(|(route, _)| is_read(route));
            if told.is_some_and(|(route, _)| !is_read(route)) {
                break;
            }
        }
        let Some((route, known)) = told else {
            return Some(());
        };
        let whose = match (is_behind, other_is_behind) {
            (true, false) => format!("taken for one of {}", other.service.file_name),
            (false, true) => format!("taken for one of {}", entry.service.file_name),
            _ => "nobody's".to_owned(),
        };
        let known = &other.operations[known.operation];
        let message = format!(
            "{} describes {} {} as well, and no host of either says whose a call is: where DAYBOOK_SERVICES does not say it either, it is {whose}",
            known.file_name, known.method, known.path
        );
        problems.warning(&pointer_of(&entry.operations[route.operation]), message);
        Some(())
    }
}

fn groups(entry: &Entry) -> impl Iterator<Item = Group<'_>> {
    let groups = entry.route_groups.iter();
    groups.map(move |group| Group { entry, group })
}

/// By host, what stands in front of a group's paths there, where two services may be mistaken for one another and the
/// operator's map does not say whose the requests are.
fn prefixes_at_hosts<'a>(
    group: &'a RouteGroup,
    service_map: &BTreeMap<String, String>,
) -> HashMap<&'a [Part], Vec<&'a PathPrefix>> {
    let mut hosts: HashMap<&[Part], Vec<&PathPrefix>> = HashMap::new();
    for server in group.servers.with_host() {
        if server.is_shared() && !server.is_mapped(service_map) {
            let prefixes = hosts.entry(&server.host).or_default();
            prefixes.push(&server.path_prefix);
        }
    }
    hosts
}

fn push_new<'a>(list: &mut Vec<Rests<'a>>, rests: Option<Rests<'a>>) {
    if let Some(rests) = rests
        && !list.contains(&rests)
    {
        list.push(rests);
    }
}

/// The routes of one group whose whole paths are those of another one's, and these, for each pair of prefixes.
fn same_calls<'a>(
    own: Group<'a>,
    other: Group<'a>,
    rests: &[Rests<'a>],
    work_left: &mut usize,
) -> Option<Vec<(&'a Route, &'a Route)>> {
    let mut same = Vec::new();
    for (own_rest, other_rest) in rests {
        let work = own.group.routes.routes().len() + other.group.routes.routes().len();
        *work_left = work_left.checked_sub(work)?;
        let mut known = HashMap::new();
        for (call, route) in calls(other, own_rest) {
            known.entry(call).or_insert(route);
        }
        let of_both = calls(own, other_rest);
        same.extend(of_both.filter_map(|(call, route)| Some((route, *known.get(&call)?))));
    }
    Some(same)
}

/// By method, path and what selects them, the routes whose templates begin with a prefix's rest, which is taken off. No
/// HEAD and no OPTIONS is recorded.
fn calls<'a>(
    Group { entry, group }: Group<'a>,
    rest: &'a [Segment],
) -> impl Iterator<Item = ((&'a str, &'a [Segment], &'a [Condition]), &'a Route)> {
    group.routes.routes().iter().filter_map(move |route| {
        let method = entry.operations[route.operation].method.as_str();
        let segments = route.template.segments.strip_prefix(rest)?;
        let call = (method, segments, route.template.conditions.as_slice());
        (!matches!(method, "HEAD" | "OPTIONS")).then_some((call, route))
    })
}
