//! The sample service: one handler that knows six small APIs and keeps what they change in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use daybook_capture::audit;
use lambda_http::request::RequestContext;
use lambda_http::{Body, Error, Request, RequestExt, Response};
use serde_json::{Value, json};

use crate::answers;
use crate::callers::Role;
use crate::catalogue::{Item, created_id, fields, preloaded, stored};
use crate::operations::{Effect, Operation, find};
use crate::random::uuid_of;

/// The most things of one kind that a tenant can have.
const COLLECTION_LENGTH_MAX: usize = 10_000;

/// The service, and all that it remembers.
#[derive(Debug, Default)]
pub(crate) struct SampleService {
    collections: Mutex<HashMap<(String, &'static str), Collection>>,
}

type Collection = BTreeMap<String, Value>;

/// Who calls, as far as the service cares.
#[derive(Debug)]
struct Requester {
    org_id: String,
    role: Role,
    request_id: String,
}

/// What a handler answers in place of a success.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    BadRequest(&'static str),
    Forbidden,
    NotFound,
    Conflict,
    Broken,
}

impl SampleService {
    /// Answers one request.
    ///
    /// # Errors
    /// Where a worker that the service depends on does not answer: the one failure that it does
    /// not turn into a status.
    pub(crate) fn serve(&self, request: &Request) -> Result<Response<Body>, Error> {
        let requester = requester(&request.request_context());
        let path = request.raw_http_path();
        let Some((operation, parameters)) = find(request.method().as_str(), path) else {
            return refuse(&Refusal::NotFound);
        };
        let body = match request.body() {
            Body::Text(text) => serde_json::from_str(text).unwrap_or(Value::Null),
            _ => Value::Null,
        };
        let reason = request
            .headers()
            .get("x-change-reason")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if is_unlucky(operation.id, "retriggerAction", &requester.request_id) {
            return Err("the automation worker did not answer".into());
        }
        match self.answer(operation, &parameters, &body, reason, &requester) {
            Ok(answer) => respond(operation.status, answer.as_ref()),
            Err(refusal) => refuse(&refusal),
        }
    }

    fn answer(
        &self,
        operation: &Operation,
        parameters: &[(&'static str, String)],
        body: &Value,
        reason: &str,
        requester: &Requester,
    ) -> Result<Option<Value>, Refusal> {
        if !requester.role.may(operation.service, operation.method) {
            return Err(Refusal::Forbidden);
        }
        if is_unlucky(operation.id, "testOAuth", &requester.request_id) {
            return Err(Refusal::Broken);
        }
        let mut collections = self
            .collections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let name = operation.effect.collection();
        let collection = collections
            .entry((requester.org_id.clone(), name))
            .or_insert_with(|| {
                preloaded(&requester.org_id, name)
                    .iter()
                    .map(|item| (item.id.clone(), stored(name, &requester.org_id, item)))
                    .collect()
            });
        match operation.effect {
            Effect::Create(_) => create(collection, name, body, requester).map(Some),
            Effect::Change(_) => change(collection, operation, parameters, body, reason).map(Some),
            Effect::Remove(_) => remove(collection, operation, parameters, reason),
            Effect::Read(_) if operation.method == "GET" => {
                Ok(Some(wanted(collection, parameters)?.1))
            }
            Effect::Act(_) | Effect::Read(_) => {
                let item = acted_upon(collection, name, parameters, body)?;
                Ok(answers::act(
                    operation.id,
                    &requester.org_id,
                    &item,
                    &requester.request_id,
                    body,
                ))
            }
        }
    }
}

fn create(
    collection: &mut Collection,
    name: &'static str,
    body: &Value,
    requester: &Requester,
) -> Result<Value, Refusal> {
    let (id_field, name_field) = fields(name);
    if body[name_field].as_str().is_none_or(str::is_empty) {
        return Err(Refusal::BadRequest("the name is missing"));
    }
    let id = created_id(name, &requester.org_id, &requester.request_id, body);
    if collection.contains_key(&id) {
        return Err(Refusal::Conflict);
    }
    if collection.len() >= COLLECTION_LENGTH_MAX {
        return Err(Refusal::BadRequest("there are too many already"));
    }
    let mut created = body.clone();
    created[id_field] = json!(id);
    collection.insert(id, created.clone());
    Ok(created)
}

fn change(
    collection: &mut Collection,
    operation: &Operation,
    parameters: &[(&'static str, String)],
    body: &Value,
    reason: &str,
) -> Result<Value, Refusal> {
    let (id, before) = wanted(collection, parameters)?;
    let mut after = before.clone();
    if let (Some(after), Some(changes)) = (after.as_object_mut(), body.as_object()) {
        after.extend(changes.clone());
    }
    collection.insert(id.clone(), after.clone());
    if operation.id == "updateDefinition" {
        let name = after["name"].as_str().unwrap_or_default();
        audit(|a| {
            a.entity("workflow definition", id.as_str())
                .name(name)
                .before(&before)
                .after(&after)
        });
    }
    if !reason.is_empty() {
        audit(|a| a.reason(reason));
    }
    Ok(after)
}

fn remove(
    collection: &mut Collection,
    operation: &Operation,
    parameters: &[(&'static str, String)],
    reason: &str,
) -> Result<Option<Value>, Refusal> {
    let (id, removed) = wanted(collection, parameters)?;
    collection.remove(&id);
    if operation.id == "deleteEntity" {
        let kind = removed["_schema"].as_str().unwrap_or("entity");
        let title = removed["_title"].as_str().unwrap_or_default();
        audit(|a| a.entity(kind, id.as_str()).name(title).before(&removed));
    }
    if !reason.is_empty() {
        audit(|a| a.reason(reason));
    }
    Ok(None)
}

/// The thing that the last path parameter names.
fn wanted(
    collection: &Collection,
    parameters: &[(&'static str, String)],
) -> Result<(String, Value), Refusal> {
    let (_, id) = parameters.last().ok_or(Refusal::NotFound)?;
    let found = collection.get(id).ok_or(Refusal::NotFound)?;
    Ok((id.clone(), found.clone()))
}

/// The thing that a path parameter or the body names; any of the collection where none does.
fn acted_upon(
    collection: &Collection,
    name: &str,
    parameters: &[(&'static str, String)],
    body: &Value,
) -> Result<Item, Refusal> {
    let slug = parameters
        .iter()
        .find(|(parameter, _)| *parameter == "slug")
        .map(|(_, slug)| slug.clone());
    let named = parameters
        .iter()
        .find(|(parameter, _)| parameter.to_lowercase().ends_with("id"))
        .map(|(_, id)| id.as_str())
        .or_else(|| body["flow_id"].as_str());
    let (id, found) = match named {
        Some(id) => collection.get_key_value(id).ok_or(Refusal::NotFound)?,
        None => match collection.first_key_value() {
            Some(first) => first,
            None => {
                return Ok(Item {
                    id: String::new(),
                    name: String::new(),
                    slug: String::new(),
                });
            }
        },
    };
    let (_, name_field) = fields(name);
    Ok(Item {
        id: id.clone(),
        name: found[name_field].as_str().unwrap_or_default().to_owned(),
        slug: slug.unwrap_or_default(),
    })
}

/// One call in two of some operations fails, the same ones each time.
fn is_unlucky(operation_id: &str, unlucky_id: &str, request_id: &str) -> bool {
    operation_id == unlucky_id
        && uuid_of(request_id).starts_with(['0', '1', '2', '3', '4', '5', '6', '7'])
}

fn requester(context: &RequestContext) -> Requester {
    let context = serde_json::to_value(context).unwrap_or_default();
    let authorizer = &context["authorizer"];
    let claim = |names: &[&str]| {
        ["/jwt/claims", "/claims", "/lambda/claims", "/lambda", ""]
            .iter()
            .filter_map(|place| authorizer.pointer(place))
            .flat_map(|claims| names.iter().filter_map(|name| claims[*name].as_str()))
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let role = claim(&["custom:role", "role"]);
    Requester {
        org_id: claim(&["custom:org_id", "org_id"]),
        // The deployment (IAM) and public endpoints have no role; API Gateway let them in.
        role: if role.is_empty() {
            Role::Admin
        } else {
            Role::named(&role)
        },
        request_id: context["requestId"].as_str().unwrap_or_default().to_owned(),
    }
}

fn refuse(refusal: &Refusal) -> Result<Response<Body>, Error> {
    let (status, message) = match refusal {
        Refusal::BadRequest(message) => (400, *message),
        Refusal::Forbidden => (403, "you are not allowed to do that"),
        Refusal::NotFound => (404, "there is no such thing"),
        Refusal::Conflict => (409, "there is one already"),
        Refusal::Broken => (500, "the partner's endpoint did not answer"),
    };
    respond(status, Some(&json!({"message": message})))
}

fn respond(status: u16, body: Option<&Value>) -> Result<Response<Body>, Error> {
    let response = Response::builder().status(status);
    Ok(match body {
        Some(body) => response
            .header("content-type", "application/json")
            .body(Body::Text(body.to_string()))?,
        None => response.body(Body::Empty)?,
    })
}
