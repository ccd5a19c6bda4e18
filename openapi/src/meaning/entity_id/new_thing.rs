//! The id of what a call makes or starts: from the service, or chosen by its caller.

use daybook_event::Action;

use super::{Decided, IdSearch, found_by};
use crate::habits::{collection_anywhere, collection_key};
use crate::key_words::{is_key_word, is_strong_key_word};
use crate::meaning::identity::{self, Search};
use crate::meaning::noun::ParamRole;
use crate::meaning::rule;
use crate::path_template::PathTemplate;
use crate::secrets::is_secret_name;
use crate::value_location::ValueLocation;
use crate::words;

impl IdSearch<'_> {
    /// A new thing has its id from the service, unless the caller chose it in the path. A new secret
    /// has none: it is the enclosing thing's.
    pub(super) fn of_new_thing(&self, creates: bool) -> Decided {
        // `/documents/{id}/create-from-proforma` makes another one.
        if self.source.method == "POST"
            && matches!(self.chosen.base.as_str(), "create" | "generate")
            && !self.source.path.ends_with('}')
            && self.thing.param_role == ParamRole::Own
            && let Some(found) = self.in_response(Search::Exact)
        {
            return (Some(found), &rule::CREATED);
        }
        if self.thing.param_role == ParamRole::Own {
            let name = self.thing.param.as_deref();
            if let Some(found) = name.and_then(|name| self.started_for_another(name)) {
                return (Some(found), &rule::CREATED);
            }
            let is_kind = name.is_some_and(|name| self.says_kind(name));
            if let Some(found) = self.in_path().filter(|_| !is_kind) {
                return (Some(found), &rule::OWN_PARAMETER);
            }
        }
        if is_secret_name(&self.thing.noun)
            && !self.thing.noun.ends_with("authorization")
            && let Some(found) = self.in_path()
        {
            return (Some(found), &rule::WHOLE_PARAMETER);
        }
        let is_called = |found: &ValueLocation| {
            words::split(&found.name())
                .last()
                .is_some_and(|last| last == "name")
        };
        if creates && let Some(found) = self.chosen_in_query() {
            return (Some(found), &rule::CHOSEN_BY_CALLER);
        }
        if creates && let Some(decided) = self.by_siblings() {
            return decided;
        }
        if self.chosen.action != Action::Read
            && let Some(found) = self
                .in_response(Search::Natural)
                .filter(|found| !is_called(found) || !self.is_name_beside_id(found))
        {
            return (Some(found), &rule::CREATED);
        }
        if creates && let Some(found) = self.in_answer_of_creation() {
            return (Some(found), &rule::CREATED);
        }
        let answers_many = identity::response_id(self.source, &self.thing.noun, Search::Exact)
            .is_some_and(|found| found.many);
        let chosen = if creates && !answers_many {
            self.in_request(Search::Chosen)
                .filter(|found| !self.is_name_beside_id(found))
        } else {
            None
        };
        let chosen = chosen.filter(|found| !self.is_number_of_service(found));
        // `POST /volumes/create?name=data`, without a body
        if creates && chosen.is_none() && self.source.request.is_none() {
            let named = self.source.query.iter().find(|property| {
                property.name.eq_ignore_ascii_case("name")
                    && self.source.requires_query(property.name)
            });
            if let Some(named) = named {
                let found = ValueLocation::Query(named.name.to_owned());
                return (Some(found), &rule::CHOSEN_BY_CALLER);
            }
        }
        // `/favorites/create?id=7`: what is made a favorite is there already.
        if creates
            && chosen.is_none()
            && identity::must_have_query_id(self.source, &self.thing.noun)
        {
            return found_by(self.in_query(Search::Exact), &rule::IN_BODY_OR_QUERY);
        }
        if creates
            && chosen.is_none()
            && let Some(found) = self.behind_own_noun()
        {
            return (Some(found), &rule::OWN_PARAMETER);
        }
        found_by(chosen, &rule::CHOSEN_BY_CALLER)
    }

    /// A new thing without an id of its own is what its sibling path finds it by: `number` beside `/orders/{number}`.
    fn by_siblings(&self) -> Option<Decided> {
        if self.in_response(Search::Exact).is_some() {
            return None;
        }
        if let Some(found) = self
            .sibling_key_in_response()
            .or_else(|| self.whole_response())
        {
            return Some((Some(found), &rule::CREATED));
        }
        if self.in_response(Search::Only).is_some() {
            return None;
        }
        let found = self.sibling_key_in_request()?;
        Some((Some(found), &rule::CHOSEN_BY_CALLER))
    }

    /// `POST /files/{path}`: where nothing else tells which one is made, the parameter behind its noun does.
    fn behind_own_noun(&self) -> Option<ValueLocation> {
        let mut parts = self.source.path.trim_end_matches('/').rsplit('/');
        let name = parts.next()?.strip_prefix('{')?.strip_suffix('}')?;
        let before = words::split(parts.next()?);
        let is_own = before
            .last()
            .is_some_and(|last| words::singular(last) == words::head(&self.thing.noun));
        let is_name = words::split(name).last().is_some_and(|last| {
            matches!(
                last.as_str(),
                "path" | "name" | "email" | "slug" | "filename"
            )
        });
        (is_own && is_name && !is_secret_name(name) && !self.is_anothers(name))
            .then(|| ValueLocation::Path(name.to_owned()))
    }

    /// `id` as a number: nobody chooses it, although a schema that serves answers too has it.
    fn is_number_of_service(&self, found: &ValueLocation) -> bool {
        let schemas = self.source.schemas;
        self.source.request_properties().iter().any(|property| {
            words::split(property.name) == ["id"]
                && *found == ValueLocation::Request(format!("/{}", property.name))
                && schemas.is_type(property.schema, "integer")
        })
    }

    /// `POST /v1/{parent}/instances?instanceId=7`: the caller says what the new thing is called (AIP-133).
    fn chosen_in_query(&self) -> Option<ValueLocation> {
        let found = self.in_query(Search::Exact)?;
        let is_own = found.name().ends_with("Id");
        let answers_own = identity::response_id(self.source, &self.thing.noun, Search::Exact);
        (is_own && answers_own.is_none()).then_some(found)
    }

    /// A name that was sent, of a thing that the document's other paths find by its id: `/cards/{cardId}`.
    fn is_name_beside_id(&self, found: &ValueLocation) -> bool {
        let last = words::split(&found.name()).pop();
        let is_id = last.as_deref().is_some_and(is_strong_key_word);
        let by_id = &self.source.habits.found_by_id;
        // `POST /collections/fork/{collection_uid}`: what is made of a thing that an id finds has an id as well.
        let is_made_of_another = PathTemplate::parse(self.source.path)
            .param_names
            .last()
            .is_some_and(|name| {
                self.source.path.ends_with(&format!("{{{name}}}")) && self.is_anothers(name)
            });
        if is_made_of_another && !is_id {
            return true;
        }
        // `/boards/{idBoard}/checklists` beside `/checklists/{idChecklist}`
        let collection = self.collection();
        let is_found = |key: &str| by_id.contains(key);
        // `/data/section` of a section is no name of it.
        let is_name = matches!(
            last.as_deref(),
            Some("name" | "title" | "email" | "username")
        );
        !is_id && (is_found(&collection) || is_name && is_found(&collection_anywhere(&collection)))
    }

    /// A new thing whose answer does not call its id by name: the only item of a list, or the first id
    /// that was not sent.
    fn in_answer_of_creation(&self) -> Option<ValueLocation> {
        let (source, noun) = (self.source, self.thing.noun.as_str());
        if self.thing.plural || is_secret_name(noun) || self.answers_operation() {
            return None;
        }
        let in_list = identity::response_id(source, noun, Search::Near)
            .filter(|found| found.many)
            .map(|found| found.pointer);
        // A video that is answered for its thumbnail is none.
        let answers_enclosing = PathTemplate::parse(source.path)
            .param_names
            .iter()
            .any(|name| identity::answers_with(source, name));
        in_list
            .or_else(|| identity::first_new_id(source, noun).filter(|_| !answers_enclosing))
            .filter(|pointer| !self.is_enclosing(pointer) && !self.answers_enclosing(pointer))
            .map(ValueLocation::Response)
    }

    /// `POST /snapshots/{project-id}`: what is started for a project is no project, and the answer has its id.
    pub(super) fn started_for_another(&self, name: &str) -> Option<ValueLocation> {
        (self.starts_new() && self.is_anothers(name))
            .then(|| self.in_response(Search::Exact))
            .flatten()
    }

    /// `POST /jobs/{name}/startJobRun`, answered with a `RunId`: what is started for a thing has an id of its own.
    pub(super) fn started_below_another(&self) -> Option<ValueLocation> {
        let starts = self.starts_new()
            && self.chosen.action == Action::Execute
            && self.thing.param_role == ParamRole::Enclosing
            && !is_secret_name(&self.thing.noun);
        starts.then(|| self.in_response(Search::Near)).flatten()
    }

    /// Whether a POST makes or starts something that was not there.
    fn starts_new(&self) -> bool {
        self.source.method == "POST"
            && (self.chosen.action == Action::Create
                || matches!(
                    self.chosen.base.as_str(),
                    "start"
                        | "initiate"
                        | "initialize"
                        | "request"
                        | "run"
                        | "launch"
                        | "queue"
                        | "schedule"
                        | "trigger"
                        | "send"
                ))
    }

    /// Whether a parameter is by its name the key of something else: `project-id` of a snapshot.
    pub(super) fn is_anothers(&self, name: &str) -> bool {
        let words = words::split(name);
        let Some((last, front)) = words.split_last() else {
            return false;
        };
        is_strong_key_word(last)
            && !front.is_empty()
            && !front.iter().any(|word| {
                let word = words::singular(word);
                self.thing.noun.contains(word.as_str())
                    || self
                        .resource
                        .is_some_and(|noun| noun.contains(word.as_str()))
                    || matches!(
                        word.as_str(),
                        "resource"
                            | "object"
                            | "entity"
                            | "record"
                            | "item"
                            | "external"
                            | "internal"
                    )
            })
    }

    /// `POST /clients/{language}`, `/archives/{archiveKind}`: of what is made, the parameter says the kind, where nothing
    /// is found by it.
    fn says_kind(&self, name: &str) -> bool {
        let last = words::split(name).pop().unwrap_or_default();
        let says_kind = matches!(
            last.as_str(),
            "kind"
                | "type"
                | "language"
                | "lang"
                | "format"
                | "category"
                | "framework"
                | "platform"
                | "department"
        );
        let place = format!("/{{{name}}}");
        let front = self.source.path.split(&place).next().unwrap_or_default();
        // `/videos/{id}/captions/{language}`: of one thing there is one of each kind.
        let is_part = front.contains('{');
        let lookups = self.source.habits.lookups.get(&collection_key(front));
        let is_found = lookups.is_some_and(|found| found.iter().any(|found| found.changes));
        self.source.method == "POST"
            && self.chosen.action == Action::Create
            && says_kind
            && !is_part
            && !is_found
            && words::head(&self.thing.noun) != last
    }

    /// Whether a parameter that a POST ends in says which kind of thing is made.
    pub(super) fn is_kind(&self, name: &str) -> bool {
        let param = words::split(name);
        let head = words::head(&self.thing.noun);
        self.source.method == "POST"
            && self.source.path.ends_with(&format!("{{{name}}}"))
            && !param
                .last()
                .is_some_and(|last| is_key_word(last) || words::singular(last) == head)
            && matches!(
                self.chosen.base.as_str(),
                "create" | "initiate" | "start" | "submit" | "generate"
            )
    }
}
