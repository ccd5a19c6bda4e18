//! Rule 4: where the id of the thing acted upon is.

mod enclosing;
mod new_thing;
mod sibling_key;

use daybook_event::Action;

use super::identity::{self, Search};
use super::noun::{Number, ParamRole, Thing};
use super::rule::{self, Rule};
use super::verb::Chosen;
use crate::json_pointer::escape;
use crate::key_words::{bears_noun, is_key_word};
use crate::operation_source::OperationSource;
use crate::path_template::PathTemplate;
use crate::secrets::is_secret_name;
use crate::value_location::ValueLocation;
use crate::{verbs, words};

/// Where the id is, and which rule says so.
type Decided = (Option<ValueLocation>, &'static Rule);

/// A call, and what it acts upon.
struct IdSearch<'a> {
    source: &'a OperationSource<'a>,
    chosen: &'a Chosen,
    thing: &'a Thing,
    /// The path's last resource, where it bears another name than the thing.
    resource: Option<&'a str>,
}

pub(crate) fn choose(
    source: &OperationSource<'_>,
    chosen: &Chosen,
    thing: &Thing,
    resource: Option<&str>,
) -> Decided {
    let call = IdSearch {
        source,
        chosen,
        thing,
        resource: resource.filter(|noun| *noun != thing.noun),
    };
    let (found, rule) = call.decide();
    // The key of an application that asks for a token is not the token's.
    if is_secret_name(&thing.noun)
        && rule.name == rule::ONLY_ID.name
        && !matches!(found, Some(ValueLocation::Response(_)))
    {
        return (None, &rule::SECRET_KEY);
    }
    // Nor is that of the program that somebody logs in by.
    let is_session = thing
        .rule
        .is_some_and(|rule| rule.name == rule::SESSION.name);
    if is_session
        && rule.name == rule::ONLY_ID.name
        && matches!(found, Some(ValueLocation::Request(_)))
    {
        return (None, &rule::NO_ID);
    }
    if found.is_some() || rule.certain {
        return (found, rule);
    }
    if thing.number == Number::Only && chosen.action != Action::Create {
        return (None, &rule::ONLY_ONE);
    }
    if chosen.action == Action::Read {
        return (None, &rule::READ_WITHOUT_ID);
    }
    (None, rule)
}

impl IdSearch<'_> {
    fn decide(&self) -> Decided {
        let (source, chosen, thing) = (self.source, self.chosen, self.thing);
        if thing.number == Number::Many {
            return (None, &rule::MANY);
        }
        let creates = chosen.action == Action::Create
            && !chosen.upsert
            && !matches!(source.method, "PUT" | "DELETE" | "GET");
        if creates || thing.param_role == ParamRole::Scope {
            return self.of_new_thing(creates);
        }
        if thing.param_role == ParamRole::Own
            && let Some(name) = &thing.param
        {
            return self.of_own_parameter(name);
        }
        if let Some(found) = self.in_required_query() {
            return (Some(found), &rule::IN_BODY_OR_QUERY);
        }
        if let Some(found) = self.answered_of_collection() {
            return (Some(found), &rule::CREATED);
        }
        // What is sent to a site has an id of its own, if any.
        let is_sent = source.method == "POST"
            && matches!(chosen.base.as_str(), "send" | "track" | "ingest" | "record")
            && thing.param_role == ParamRole::Enclosing
            && self.in_request(Search::Exact).is_some();
        if !is_sent && let Some(found) = self.in_path() {
            if let Some(started) = self.started_below_another() {
                return (Some(started), &rule::CREATED);
            }
            return (Some(found), &rule::WHOLE_PARAMETER);
        }
        let steps: &[(Search, &'static Rule)] = match (source.method, chosen.action) {
            ("GET", _) => {
                let found = self
                    .in_query(Search::Exact)
                    .or_else(|| self.in_query(Search::Near))
                    .or_else(|| self.looked_up());
                // The result of a submission is found by the submission's id.
                let is_outcome =
                    matches!(words::head(&thing.noun), "result" | "status" | "progress");
                if found.is_none() && is_outcome {
                    return found_by(self.in_query(Search::Natural), &rule::ONLY_ID);
                }
                return found_by(found, &rule::IN_BODY_OR_QUERY);
            }
            (_, Action::Read) => return self.of_what_is_read(),
            (_, Action::Execute) => &[
                (Search::Exact, &rule::IN_BODY_OR_QUERY),
                (Search::Near, &rule::IN_BODY_OR_QUERY),
                (Search::Only, &rule::ONLY_ID),
                (Search::Natural, &rule::ONLY_ID),
            ],
            _ => &[
                (Search::Only, &rule::IN_BODY_OR_QUERY),
                (Search::Natural, &rule::ONLY_ID),
            ],
        };
        self.by_steps(steps)
    }

    /// `/{parent}/messages:send`, `/{parent}/breakpoints/set` answered with a `breakpoint`: what is acted upon in a
    /// collection has an id of its own, if any.
    fn answered_of_collection(&self) -> Option<ValueLocation> {
        if !self.thing.by_natural_key || !self.thing.plural {
            return None;
        }
        match self.chosen.action {
            Action::Execute => self.in_response(Search::Natural),
            // An `id` at the top may be that of the change.
            Action::Update => self.in_response(Search::Exact).filter(
                |found| matches!(found, ValueLocation::Response(at) if at.matches('/').count() > 1),
            ),
            _ => None,
        }
    }

    /// The parameter behind the thing's noun, where it is the thing's key.
    fn of_own_parameter(&self, name: &str) -> Decided {
        let (chosen, thing) = (self.chosen, self.thing);
        if let Some(found) = self.attached() {
            return (Some(found), &rule::IN_BODY_OR_QUERY);
        }
        // The `{key}` of an API key is the key.
        let is_itself = is_secret_name(&thing.noun) && words::head(&thing.noun) == name;
        // `/calculateRoute/{locations}`: what is worked out has no id.
        let is_argument = chosen.action == Action::Read
            && matches!(chosen.base.as_str(), "calculate" | "compute" | "estimate")
            && !words::split(name)
                .last()
                .is_some_and(|last| is_key_word(last));
        if is_argument {
            return (None, &rule::READ_WITHOUT_ID);
        }
        // `/{payment-service}/{payment-product}`, answered with a `paymentId`: the new one is that.
        if self.is_kind(name)
            && let Some(found) = self.in_response(Search::Exact)
        {
            return (Some(found), &rule::CREATED);
        }
        if let Some(found) = self.started_for_another(name) {
            return (Some(found), &rule::CREATED);
        }
        // `/devices/{SystemKey}/auth`: the device is the one whose `deviceName` is sent.
        if self.source.method == "POST"
            && self.chosen.action == Action::Execute
            && self.is_anothers(name)
            && let Some(found) = self
                .in_request(Search::Near)
                .filter(|found| words::split(&found.name()).len() > 1)
        {
            return (Some(found), &rule::IN_BODY_OR_QUERY);
        }
        // Where it is a secret, there is no other id.
        if is_secret_name(name) || is_itself {
            return (None, &rule::SECRET_KEY);
        }
        let found = self.of_earlier_parameter(name).or_else(|| self.in_path());
        (found, &rule::OWN_PARAMETER)
    }

    /// "Tag a shipment" at `/shipments/{shipment_id}/tags/{tag_name}`: the shipment is found by its own parameter.
    fn of_earlier_parameter(&self, name: &str) -> Option<ValueLocation> {
        let head = words::head(&self.thing.noun);
        let is_of_resource = self
            .resource
            .is_some_and(|other| bears_noun(name, words::head(other)));
        let mut names = PathTemplate::parse(self.source.path)
            .param_names
            .into_iter();
        let is_own = name.to_lowercase().contains(head);
        (is_of_resource && !is_own)
            .then(|| names.find(|other| *other != name && bears_noun(other, head)))
            .flatten()
            .map(ValueLocation::Path)
    }

    /// `/servers/{id}/actions/attach_iso` with an `iso`, `/tasks/{id}/removeProject` with a `project`: what is attached to a
    /// thing, or taken from it, is called by its own noun beside it.
    fn attached(&self) -> Option<ValueLocation> {
        let is_part = self
            .thing
            .rule
            .is_some_and(|rule| rule.name == rule::PART_OF_ITEM.name);
        let relates = matches!(
            self.chosen.base.as_str(),
            "add"
                | "remove"
                | "attach"
                | "detach"
                | "link"
                | "unlink"
                | "assign"
                | "unassign"
                | "associate"
                | "disassociate"
                | "connect"
                | "disconnect"
        );
        let head = words::head(&self.thing.noun);
        (is_part && relates && self.source.method != "GET")
            .then(|| self.in_request(Search::Natural))
            .flatten()
            .filter(|found| bears_noun(&found.name(), head))
    }

    /// What a POST looks at it names; the `id` of a text that is analyzed is its sender's business.
    fn of_what_is_read(&self) -> Decided {
        let is_looked_at = verbs::looks_at(&self.chosen.base);
        let search = if is_looked_at {
            Search::Near
        } else {
            Search::Exact
        };
        let found = self
            .in_request(search)
            .or_else(|| self.in_query(search))
            .filter(|found| is_looked_at || words::split(&found.name()).len() > 1);
        if found.is_some() {
            return (found, &rule::IN_BODY_OR_QUERY);
        }
        if is_looked_at && let Some(name) = identity::found_by(self.source) {
            let found = ValueLocation::Request(format!("/{}", escape(name)));
            return (Some(found), &rule::IN_BODY_OR_QUERY);
        }
        if !is_looked_at {
            return (None, &rule::READ_WITHOUT_ID);
        }
        found_by(self.in_query(Search::Only), &rule::ONLY_ID)
    }

    /// The first of the steps that finds an id in what was sent, or else in what was answered.
    fn by_steps(&self, steps: &[(Search, &'static Rule)]) -> Decided {
        // A call names a thing by its name only where it names it in its body: `/templates/delete`.
        let saves_new = self.chosen.upsert && self.source.method == "POST";
        let widest = if self.thing.by_natural_key || saves_new {
            Search::Natural
        } else {
            Search::Only
        };
        // What is done to a thing may be answered with it; what is changed is named by who changes it.
        let answers = |search: Search| {
            (self.chosen.action == Action::Execute)
                .then(|| self.in_response(search))
                .flatten()
        };
        let steps = || steps.iter().filter(|(search, _)| *search <= widest);
        steps()
            .find_map(|(search, rule)| {
                let found = self.in_call(*search).or_else(|| answers(*search))?;
                if let Some(answered) = self.id_beside_name(&found) {
                    return Some((Some(answered), *rule));
                }
                Some((Some(found), *rule))
            })
            .or_else(|| {
                steps()
                    .filter(|_| self.chosen.action != Action::Delete)
                    .find_map(|(search, rule)| {
                        let found = self
                            .in_response(*search)
                            .filter(|found| !self.is_of_another(found))?;
                        Some((Some(found), *rule))
                    })
            })
            .or_else(|| Some((Some(self.of_what_is_started()?), &rule::CREATED)))
            .unwrap_or((None, &rule::NO_ID))
    }

    /// `PUT /users/me` with a `userName`, answered with an `id`: what is sent may be what the thing is called from then on.
    fn id_beside_name(&self, found: &ValueLocation) -> Option<ValueLocation> {
        let is_name = words::split(&found.name())
            .last()
            .is_some_and(|last| last.ends_with("name"));
        let is_sent = matches!(found, ValueLocation::Request(_));
        (is_name && is_sent && self.chosen.action != Action::Delete)
            .then(|| self.in_response(Search::Exact))
            .flatten()
    }

    /// "Schedule a training" at `/trainings`, "assign a number" at `/numbers`: what is there from then on is answered
    /// with what other paths find it by.
    fn of_what_is_started(&self) -> Option<ValueLocation> {
        (self.source.method == "POST" && self.chosen.action != Action::Delete)
            .then(|| {
                self.sibling_key_in_response()
                    .or_else(|| self.whole_response())
            })
            .flatten()
    }

    /// What was changed is no `LastChangeLogID` that the answer happens to have.
    fn is_of_another(&self, found: &ValueLocation) -> bool {
        let mut key = words::split(&found.name());
        let is_id = key.pop().is_some_and(|last| last == "id");
        let names_thing = |word: &String| {
            [Some(self.thing.noun.as_str()), self.resource]
                .into_iter()
                .flatten()
                .any(|noun| noun.contains(words::singular(word).as_str()))
        };
        self.chosen.action == Action::Update
            && is_id
            && !key.is_empty()
            && !key.iter().any(names_thing)
    }

    fn in_path(&self) -> Option<ValueLocation> {
        // What a POST works out about an enclosing thing is not that thing.
        if self.source.method == "POST"
            && self.chosen.action == Action::Read
            && self.thing.param_role != ParamRole::Own
        {
            return None;
        }
        let name = self
            .thing
            .param
            .clone()
            .filter(|name| !is_secret_name(name))?;
        // `/search/{versionNumber}/geocode`: nothing is found by the version of an API.
        let is_version = matches!(
            words::split(&name).concat().as_str(),
            "version" | "versionnumber" | "apiversion"
        );
        if is_version
            && self.thing.param_role == ParamRole::Enclosing
            && !self.source.path.contains(&format!("versions/{{{name}}}"))
        {
            return None;
        }
        // `/{blockchain}/sendtx`: what no noun stands in front of only says where.
        let only_says_where = self.thing.param_role == ParamRole::Enclosing
            && !matches!(name.as_str(), "parent" | "resource")
            && !words::split(&name)
                .last()
                .is_some_and(|last| is_key_word(last))
            && self.source.path.starts_with(&format!("/{{{name}}}/"));
        (!only_says_where).then_some(ValueLocation::Path(name))
    }

    fn in_response(&self, search: Search) -> Option<ValueLocation> {
        if self.answers_operation() {
            return None;
        }
        identity::response_id(self.source, &self.thing.noun, search)
            // `generatePDF` on `/submissions` answers with a submission.
            .or_else(|| identity::response_id(self.source, self.resource?, Search::Exact))
            .and_then(|found| self.one(found))
            .filter(|pointer| !self.answers_enclosing(pointer))
            .map(ValueLocation::Response)
    }

    /// What is made later is answered with an `Operation` (AIP-151), whose id is not the thing's.
    fn answers_operation(&self) -> bool {
        let is_operation = |noun: &str| words::head(noun) == "operation";
        let name = || {
            let reference = self.source.response?.get("$ref")?.as_str()?;
            reference.rsplit('/').next()
        };
        self.chosen.action == Action::Create
            && !is_operation(&self.thing.noun)
            && !self.resource.is_some_and(is_operation)
            && name().is_some_and(|name| {
                [
                    "operation",
                    "longrunningoperation",
                    "long_running_operation",
                    "google.longrunning.operation",
                    "googlelongrunningoperation",
                    "google_longrunning_operation",
                ]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
            })
    }

    fn in_request(&self, search: Search) -> Option<ValueLocation> {
        identity::request_id(self.source, &self.thing.noun, search)
            .and_then(|found| self.one(found))
            .map(ValueLocation::Request)
    }

    /// `GET /domain?domain=x`; a number that is converted is nobody's key.
    fn looked_up(&self) -> Option<ValueLocation> {
        let works_out = matches!(
            self.chosen.base.as_str(),
            "calculate" | "compute" | "estimate" | "convert" | "generate" | "render"
        );
        identity::required_own_in_query(self.source, &self.thing.noun)
            .filter(|_| self.chosen.action == Action::Read && !works_out)
            .map(|name| ValueLocation::Query(name.to_owned()))
    }

    fn in_query(&self, search: Search) -> Option<ValueLocation> {
        identity::query_id(self.source, &self.thing.noun, search).map(ValueLocation::Query)
    }

    /// `DELETE /users/{id}/drafts?name=x`: what no call goes without tells which one.
    fn in_required_query(&self) -> Option<ValueLocation> {
        let changes = matches!(
            self.chosen.action,
            Action::Update | Action::Delete | Action::Execute
        );
        if self.chosen.bulk || self.source.method == "GET" || !changes {
            return None;
        }
        if identity::must_have_query_id(self.source, &self.thing.noun) {
            return self.in_query(Search::Exact);
        }
        // `idChoreList` of a chore on `/chorelist`
        if let Some(noun) = self.resource
            && identity::must_have_query_id(self.source, noun)
        {
            return identity::query_id(self.source, noun, Search::Exact).map(ValueLocation::Query);
        }
        if self.source.method != "DELETE" {
            return identity::required_name_in_query(self.source, &self.thing.noun)
                .map(|name| ValueLocation::Query(name.to_owned()));
        }
        identity::only_required_query(self.source, &self.thing.noun)
            .map(|name| ValueLocation::Query(name.to_owned()))
    }

    fn in_call(&self, search: Search) -> Option<ValueLocation> {
        // Beside a PUT, the only id of a query is rather that of something else.
        let widest_query = if self.source.method == "POST" {
            Search::Only
        } else {
            Search::Near
        };
        self.in_request(search)
            .or_else(|| self.in_query(search.min(widest_query)))
            .filter(|found| !(self.gives() && self.is_anothers(&found.name())))
    }

    /// "Invite a user to a channel", with a `channel_id`: whom something is given to is not what is given, nor is what it is
    /// requested or simulated for.
    fn gives(&self) -> bool {
        self.source.method == "POST"
            && matches!(
                self.chosen.base.as_str(),
                "send"
                    | "invite"
                    | "share"
                    | "assign"
                    | "issue"
                    | "broadcast"
                    | "simulate"
                    | "request"
            )
    }

    fn one(&self, found: identity::BodyId) -> Option<String> {
        (!found.many && !self.is_enclosing(&found.pointer)).then_some(found.pointer)
    }
}

/// What a rule finds, or that there is no id.
fn found_by(found: Option<ValueLocation>, rule: &'static Rule) -> Decided {
    if found.is_some() {
        (found, rule)
    } else {
        (None, &rule::NO_ID)
    }
}
