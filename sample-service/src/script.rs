//! What happens in the demo: some four hundred calls over thirty days, the same for the same end.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::bodies::{act, change, create};
use crate::callers::{CALLERS, Caller, NOBODY, SignIn};
use crate::catalogue::{Item, created_id, preloaded};
use crate::event::{PlannedCall, event, visible_request_id};
use crate::operations::{Effect, OPERATIONS, Operation, parameters};
use crate::random::Random;

const CALLS: i64 = 400;
const DAYS: i64 = 30;

/// In so many of a hundred calls something is wrong with the request.
const WRONG_PERCENT: usize = 6;

const REASONS: &[&str] = &[
    "Requested by the customer on the phone",
    "Clean-up after the migration",
    "Ticket 4711",
    "Contract ended",
    "Quarterly access review",
];

/// The API Gateway events of the demo, oldest first: REST (v1) and HTTP (v2), of six services,
/// three tenants and nobody, spread over the thirty days up to `now`, newer ones denser.
///
/// The same `now` gives the same events, byte for byte.
pub fn invocations(now: Timestamp) -> Vec<Value> {
    calls(now)
        .iter()
        .map(|(call, at)| event(call, *at))
        .collect()
}

/// The calls of the demo and when each is made.
pub(crate) fn calls(now: Timestamp) -> Vec<(PlannedCall, Timestamp)> {
    let mut script = Script {
        random: Random::new(now.as_millisecond().unsigned_abs()),
        things: HashMap::new(),
    };
    (0..CALLS)
        .map(|index| (script.next_call(), time_of(index, now)))
        .collect()
}

/// Quadratic: half of the calls are in the last quarter of the time.
fn time_of(index: i64, now: Timestamp) -> Timestamp {
    let left = CALLS - index;
    let all_ms = DAYS * 24 * 60 * 60 * 1000;
    let age_ms = all_ms / CALLS.pow(2) * left.pow(2);
    // A call that ends on a round second is rare.
    let crumb_ms = (index * 617) % 1000;
    now.saturating_sub(SignedDuration::from_millis(age_ms + crumb_ms))
        .unwrap_or(now)
}

/// What the service knows by now, as far as the script caused it.
struct Script {
    random: Random,
    /// By tenant, service and kind: each service is a process with a memory of its own.
    things: HashMap<(&'static str, &'static str, &'static str), Vec<Item>>,
}

impl Script {
    fn next_call(&mut self) -> PlannedCall {
        let operation = weighted(OPERATIONS, |operation| operation.weight, &mut self.random);
        let caller = self.caller(operation);
        let request_id = self.random.uuid();
        let is_wrong = self.random.percent(WRONG_PERCENT);
        let mut call = PlannedCall {
            caller,
            operation,
            path_parameters: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            request_id,
        };
        match operation.effect {
            Effect::Create(collection) => self.create(&mut call, collection, is_wrong),
            Effect::Change(collection) => {
                let index = self.index(&call, collection);
                let item = self.things(&call, collection)[index].clone();
                call.body = Some(change(operation.id, &item, &mut self.random));
                self.address(&mut call, &item, is_wrong);
                self.maybe_say_why(&mut call, 15);
            }
            Effect::Remove(collection) => {
                let index = self.index(&call, collection);
                let item = self.things(&call, collection)[index].clone();
                self.address(&mut call, &item, is_wrong);
                self.maybe_say_why(&mut call, 60);
                let is_removed = !is_wrong && caller.role.may(operation.service, operation.method);
                if is_removed {
                    self.things(&call, collection).remove(index);
                }
            }
            Effect::Act(collection) | Effect::Read(collection) => {
                let index = self.index(&call, collection);
                let item = self.things(&call, collection)[index].clone();
                call.body = (operation.method != "GET")
                    .then(|| act(operation.id, caller.org_id, &item, &mut self.random))
                    .flatten();
                self.address(&mut call, &item, is_wrong);
                if operation.method == "GET" && self.random.percent(50) {
                    call.query = vec![("fields", "id".to_owned()), ("hydrate", "true".to_owned())];
                }
                if operation.id == "resetPassword" {
                    call.query = vec![("token", self.random.uuid()), ("lang", "de".to_owned())];
                }
            }
        }
        call
    }

    fn caller(&mut self, operation: &Operation) -> &'static Caller {
        if operation.template.contains("/public/") {
            return &NOBODY;
        }
        loop {
            let caller = weighted(CALLERS, |caller| caller.weight, &mut self.random);
            // A program invites nobody and has no settings; the deployment only tends entities.
            let fits = match caller.sign_in {
                SignIn::ClientCredentialsHttp | SignIn::ApiKeyRest => {
                    ["entity", "automation"].contains(&operation.service)
                }
                SignIn::IamRest => operation.service == "entity" && operation.method != "DELETE",
                _ => true,
            };
            if fits {
                return caller;
            }
        }
    }

    fn create(&mut self, call: &mut PlannedCall, collection: &'static str, is_wrong: bool) {
        let new = create(call.operation.id, call.caller.org_id, &mut self.random);
        let mut body = new.body;
        let id = created_id(
            collection,
            call.caller.org_id,
            &visible_request_id(call),
            &body,
        );
        let item = Item {
            id,
            name: new.name,
            slug: new.slug.to_owned(),
        };
        if is_wrong {
            for field in ["name", "title", "_title", "email", "flow_name"] {
                body.as_object_mut().map(|members| members.remove(field));
            }
        }
        call.body = Some(body);
        self.address(call, &item, false);
        let may = call
            .caller
            .role
            .may(call.operation.service, call.operation.method);
        let things = self.things(call, collection);
        if !is_wrong && may && !things.contains(&item) {
            things.push(item);
        }
    }

    /// The path parameters that name `item`; another thing's id where something is to be wrong.
    fn address(&mut self, call: &mut PlannedCall, item: &Item, is_wrong: bool) {
        let org_id = call.caller.org_id;
        call.path_parameters = parameters(call.operation.template)
            .map(|name| {
                let value = match name {
                    "slug" => item.slug.clone(),
                    "roleId" if call.operation.effect == Effect::Act("user") => {
                        format!("{org_id}:sales")
                    }
                    "action_id" => "a1".to_owned(),
                    "scope" => "dashboard".to_owned(),
                    "key" => "layout".to_owned(),
                    _ if is_wrong => self.random.uuid(),
                    _ => item.id.clone(),
                };
                (name, value)
            })
            .collect();
    }

    fn maybe_say_why(&mut self, call: &mut PlannedCall, percent: usize) {
        if self.random.percent(percent) {
            let reason = (*self.random.pick(REASONS)).to_owned();
            call.headers.push(("X-Change-Reason", reason));
        }
    }

    fn things(&mut self, call: &PlannedCall, collection: &'static str) -> &mut Vec<Item> {
        let org_id = call.caller.org_id;
        let things = self
            .things
            .entry((org_id, call.operation.service, collection))
            .or_insert_with(|| preloaded(org_id, collection));
        if things.is_empty() {
            // Nothing is left, or nothing ever was: whoever calls names a thing that is not there.
            things.push(Item {
                id: "gone".to_owned(),
                name: "gone".to_owned(),
                slug: "contact".to_owned(),
            });
        }
        things
    }

    /// Newer things are worked with more.
    fn index(&mut self, call: &PlannedCall, collection: &'static str) -> usize {
        let length = self.things(call, collection).len();
        let one = self.random.below(length);
        let other = self.random.below(length);
        one.max(other)
    }
}

fn weighted<'a, T>(items: &'a [T], weight: impl Fn(&T) -> usize, random: &mut Random) -> &'a T {
    let mut left = random.below(items.iter().map(&weight).sum());
    for item in items {
        match left.checked_sub(weight(item)) {
            Some(rest) => left = rest,
            None => return item,
        }
    }
    &items[0]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T07:21:14.123Z".parse().unwrap()
    }

    #[test]
    fn the_same_end_gives_the_same_events() {
        assert_eq!(invocations(now()), invocations(now()));
    }

    #[test]
    fn the_calls_lead_up_to_now_and_each_is_unique() {
        let calls = calls(now());
        assert!(calls.is_sorted_by_key(|(_, at)| *at));
        let newest = calls.last().unwrap().1;
        assert!(newest <= now() && now().duration_since(newest).as_mins() < 5);
        let oldest = now().duration_since(calls[0].1);
        assert!((29 * 24..31 * 24).contains(&oldest.as_hours()));
        let ids: HashSet<_> = calls.iter().map(|(call, _)| &call.request_id).collect();
        assert_eq!(ids.len(), calls.len());
    }

    #[test]
    fn both_formats_all_services_and_every_caller_are_there() {
        let calls = calls(now());
        for operation in OPERATIONS {
            let services = calls
                .iter()
                .filter(|(call, _)| call.operation.service == operation.service);
            let formats: HashSet<_> = services
                .map(|(call, _)| call.caller.sign_in.is_rest())
                .collect();
            assert_eq!(formats.len(), 2, "{}", operation.service);
        }
        for caller in CALLERS {
            let their = calls
                .iter()
                .filter(|(call, _)| std::ptr::eq(call.caller, caller));
            assert!(their.count() > 0, "{}", caller.name);
        }
    }

    #[test]
    fn a_rest_event_and_an_http_event_say_the_same_in_their_own_words() {
        for event in invocations(now()) {
            let context = &event["requestContext"];
            let (method, path) = if event["version"] == json!("2.0") {
                (&context["http"]["method"], &event["rawPath"])
            } else {
                (&event["httpMethod"], &event["path"])
            };
            let path = path.as_str().unwrap();
            assert!(crate::operations::find(method.as_str().unwrap(), path).is_some());
            assert!(!path.contains('{'), "{path}");
            assert!(
                context["domainName"]
                    .as_str()
                    .unwrap()
                    .ends_with(".sls.epilot.io")
            );
        }
    }

    /// The schema behind `$ref`s; the documents nest them no deeper than this.
    fn resolved<'a>(document: &'a Value, mut schema: &'a Value) -> &'a Value {
        for _ in 0..5 {
            match schema["$ref"].as_str() {
                Some(reference) => {
                    schema = document.pointer(reference.trim_start_matches('#')).unwrap();
                }
                None => break,
            }
        }
        schema
    }

    #[test]
    fn every_call_is_one_that_its_document_describes() {
        let specs = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/specs");
        for (call, _) in calls(now()) {
            let operation = call.operation;
            let path = format!("{specs}/{}.json", operation.service);
            let document: Value =
                serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            let label = operation.id;
            let host = format!(
                "https://{}",
                crate::operations::domain_name(operation.service)
            );
            assert_eq!(document["servers"][0]["url"], host, "{label}");
            let described = &document["paths"][operation.template][operation.method.to_lowercase()];
            assert_eq!(described["operationId"], operation.id);
            let status = operation.status.to_string();
            assert!(
                described["responses"][&status].is_object(),
                "{label} {status}"
            );

            let schema = &described["requestBody"]["content"]["application/json"]["schema"];
            let schema = resolved(&document, schema);
            let Some(body) = &call.body else {
                assert!(schema["required"].is_null(), "{label} has no body");
                continue;
            };
            assert!(schema.is_object(), "{label} has a body");
            // Some calls leave a name out on purpose.
            let left_out = ["name", "title", "_title", "email", "flow_name"];
            for member in schema["required"].as_array().into_iter().flatten() {
                let member = member.as_str().unwrap();
                let is_there = body.get(member).is_some() || left_out.contains(&member);
                assert!(is_there, "{label} needs {member}");
            }
        }
    }
}
