//! The path's last resource against the verb's object: which of them is acted upon.

use daybook_event::Action;

use super::{Number, ParamRole, Thing};
use crate::key_words::{is_key_word, param_noun};
use crate::meaning::identity::{self, Search};
use crate::meaning::noun_words::{ends_with_noun, is_detail, same};
use crate::meaning::path_shape::Resource;
use crate::meaning::phrase::Phrase;
use crate::meaning::rule::{self, Rule};
use crate::meaning::verb::{Chosen, Source};
use crate::operation_source::OperationSource;
use crate::words;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// `/orders/{id}/cancel`
    ItemAction,
    /// `/orders/{id}`
    Item,
    /// `/orders:search`
    CollectionAction,
    /// `/orders`
    Collection,
}

/// The path's last resource against the verb's object.
pub(super) struct Facing<'a> {
    pub(super) source: &'a OperationSource<'a>,
    pub(super) resource: &'a Resource,
    pub(super) enclosing: &'a [Resource],
    pub(super) chosen: &'a Chosen,
    pub(super) level: Level,
    /// What the summary says is done, and to what.
    pub(super) summary: Option<&'a Phrase>,
    /// The words of the path's verb phrase.
    pub(super) action: &'a [String],
}

impl Facing<'_> {
    /// The path alone says what is acted upon.
    pub(super) fn alone(&self, summary: Option<&[String]>) -> Thing {
        // "Cancels the build" at `/project/{username}/{project}/{build_num}/cancel`
        if let Some(noun) = summary
            && self.last_param_speaks_of(noun.last())
        {
            return self.named(noun, &rule::PARAMETER_NOUN);
        }
        if let Some(thing) = summary.and_then(|noun| self.found_by_another(noun)) {
            return thing;
        }
        // "Remove shared link from folder" by PUT: the folder stays.
        if let Some(noun) = summary
            && self.level == Level::Item
            && self.chosen.source == Source::Summary
            && self.chosen.action == Action::Delete
            && self.source.method != "DELETE"
            && !self.contains_resource(noun)
        {
            return self.part_of_item(noun, is_plural(noun));
        }
        // "Create a rule for a step" at `/steps/{step}`
        if let Some(noun) = summary
            && self.level == Level::Item
            && self.source.method == "POST"
            && self.chosen.source == Source::Summary
            && self.chosen.action == Action::Create
            && !self.contains_resource(noun)
            && !self.param_names(noun)
            && self.summary_names_item()
        {
            return self.child_of_item(noun, is_plural(noun));
        }
        if self.level == Level::ItemAction && self.takes_away() {
            return self.part_taken_away(self.action);
        }
        // "Close all positions" at `/accounts/{id}/closeall`
        if let Some(noun) = summary
            && self.level == Level::ItemAction
            && self.action.last().is_some_and(|last| last == "all")
            && !self.contains_resource(noun)
        {
            return self.part_of_item(noun, is_plural(noun));
        }
        // "Update a rule" at `/receipts/{receipt_rule_id}`
        if let Some(noun) = summary
            && let Some(param) = self.resource.own_param().map(|param| param_noun(param))
            && param.len() > noun.len()
            && param.len() <= 3
            && ends_with_noun(&param, noun)
            && self.contains_resource(&param)
            && !self.names_resource(noun)
        {
            return self.named(&param, &rule::PARAMETER_NOUN);
        }
        if let Some(noun) = summary
            && self.ends_in_param(noun)
        {
            return self.named(noun, &rule::PARAMETER_NOUN);
        }
        // `delete-permission-group` on `/permissions/{permissionGroupId}`
        if self.level == Level::Item
            && let Some(param) = self.resource.own_param().map(|param| param_noun(param))
            && param.len() == 2
            && words::singular(&param[0]) == self.resource.head()
            && ends_with_noun(&words::split(self.source.operation_id), &param)
        {
            return self.named(&param, &rule::PARAMETER_NOUN);
        }
        if let Some(thing) = summary.and_then(|noun| self.outvoted(noun)) {
            return thing;
        }
        // A summary that ends with the path's own noun only makes it more exact.
        if let Some(noun) = summary
            && self.names_resource(noun)
            && noun.len() <= 3
        {
            let thing = self.thing(self.exact(self.witnessed(noun)), is_plural(noun));
            return self.below_another(thing).by(&rule::OBJECT_AND_PATH);
        }
        // `/messages/reschedule` with one id in its body is about one message.
        if self.level == Level::CollectionAction
            && self.chosen.action != Action::Read
            && identity::request_id(self.source, &self.resource.noun(), Search::Natural)
                .is_some_and(|found| !found.many)
        {
            return self.thing(self.resource_noun(), false);
        }
        if let (Level::Collection, Some(parent)) = (self.level, self.enclosing.last())
            && summary.is_some_and(|noun| same(noun, &parent.words))
            && summary.is_some_and(|noun| {
                !noun
                    .iter()
                    .any(|word| words::singular(word) == self.resource.head())
            })
            && matches!(self.chosen.action, Action::Execute)
        {
            return self.on_parent(parent);
        }
        self.thing(self.resource_noun(), self.resource.is_plural())
    }

    /// "Get Business Units for a user" at `/business-units/user/{userId}`
    fn found_by_another(&self, noun: &[String]) -> Option<Thing> {
        let is_list = self.level == Level::Item
            && self.source.method == "GET"
            && is_plural(noun)
            && same(noun, &self.resource.qualifier)
            && self.param_names(&self.resource.words);
        if !is_list {
            return None;
        }
        let mut thing = self.thing(words::noun_phrase(noun), true);
        thing.number = Number::Many;
        // `/orders/status/{status}`: a state has no orders.
        let is_value = matches!(
            self.resource.head().as_str(),
            "status" | "state" | "type" | "kind" | "date"
        );
        thing.parent = self.item_as_parent().filter(|_| !is_value);
        Some(thing.by(&rule::KIND_OF_LIST))
    }

    /// Where the summary's noun, and what agrees with it, say more than the path's end.
    fn outvoted(&self, noun: &[String]) -> Option<Thing> {
        let thing = || self.thing(words::noun_phrase(noun), is_plural(noun));
        if self.is_called_after_segment() && !same(noun, &self.resource.words) {
            return None;
        }
        // "Create a rule" below the tag "Automation rules" at `/automations/fax/inbound`
        if matches!(self.level, Level::Item | Level::Collection) && self.is_outvoted(noun) {
            return Some(thing().by(&rule::SUMMARY_AND_TAG));
        }
        // "Get image sbom in the native format" at `/sboms/native`, "Update channel avatar" at `/avatar/pick`
        let is_form = self.level == Level::Collection
            && (self.source.method == "GET" || !self.is_spoken_of())
            && !self.resource.is_plural()
            && ends_with_noun(noun, &self.resource.qualifier)
            && !self.contains_resource(noun);
        // "Create a QR code" at `/qrcode/sms`: behind the thing stands its kind.
        if self.level == Level::Collection
            && self.source.method == "POST"
            && self.chosen.action == Action::Create
            && !self.resource.is_plural()
            && !self.contains_resource(noun)
            && !noun.is_empty()
            && same(noun, &self.resource.qualifier)
        {
            let kind = [self.resource.words.as_slice(), noun].concat();
            return Some(self.named(&kind, &rule::SUMMARY_OBJECT));
        }
        // "Create export preferences" at `/preferences/export`: English has the words in its own order.
        let is_turned = self.level == Level::Collection
            && noun.len() > 1
            && ends_with_noun(noun, &self.resource.qualifier)
            && self.contains_resource(noun);
        (is_form || is_turned)
            .then(|| thing().by(&rule::SUMMARY_OBJECT))
            .or_else(|| self.cut_short(noun))
            .or_else(|| self.names_no_thing(noun))
            .or_else(|| self.put_into(noun))
    }

    pub(super) fn with_object(&self, object: &[String]) -> Thing {
        let object = self.witnessed_object(object);
        // `untagResource` on `/tags/{arn}`: what is done is no thing.
        let base = self.chosen.base.as_str();
        if self.resource.head() == base.strip_prefix("un").unwrap_or(base)
            && self.level == Level::Item
            && matches!(object, [only] if only == "resource" || only == "resources")
        {
            return self.named(object, &rule::OBJECT);
        }
        // `delete_instance` says no more than the path.
        if let [only] = object
            && !self.resource.words.is_empty()
            && matches!(
                words::singular(only).as_str(),
                "instance" | "resource" | "object" | "entity" | "element" | "me" | "self"
            )
            && (!matches!(only.as_str(), "me" | "self") || self.is_caller())
            && !self.contains_resource(object)
            && matches!(self.level, Level::Item | Level::Collection)
        {
            return self.thing(self.resource_noun(), self.resource.is_plural());
        }
        // `/v1/{name}` names nothing: Google's way.
        if self.resource.words.is_empty() {
            return self.named(object, &rule::OBJECT);
        }
        // `RoleAssignments_CreateById` on `/{roleId}`: a path of parameters says less.
        if self.is_without_literal() && self.contains_resource(object) {
            return self.named(object, &rule::OBJECT);
        }
        // `deletePermissionGroup` on `/permissions/{permissionGroupId}`
        if self.level == Level::Item
            && object.len() > 1
            && self.contains_resource(object)
            && self.param_names(object)
        {
            return self.named(object, &rule::PARAMETER_NOUN);
        }
        // `UpdateSecurity` on `/settings/security`, "Update security settings"
        if let Some([summary @ .., end]) = self.summary.map(|summary| summary.noun.as_slice())
            && summary == object
            && same(std::slice::from_ref(end), &self.resource.qualifier)
        {
            let noun = [object, std::slice::from_ref(end)].concat();
            return self
                .thing(words::noun_phrase(&noun), is_plural(object))
                .by(&rule::SUMMARY_OBJECT);
        }
        if let Some(thing) = self.same_noun(object) {
            return thing;
        }
        match self.level {
            Level::ItemAction => self.with_object_of_action(object),
            Level::Item => self.with_object_of_item(object),
            Level::Collection | Level::CollectionAction => self.with_object_of_many(object),
        }
    }

    /// Where object and resource are one thing.
    fn same_noun(&self, object: &[String]) -> Option<Thing> {
        let plural = is_plural(object);
        let is_qualifier = same(object, &self.resource.qualifier);
        let is_item = self.level == Level::Item;
        // `createIncomingWebhook` on `/webhooks/incoming/create/{conversationId}`; "Modify organization notification
        // settings" at `/notification-settings/org/{orgId}`
        if object.len() > 1
            && !self.resource.qualifier.is_empty()
            && ends_with_noun(object, &self.resource.qualifier)
            && !is_qualifier
            && (self.contains_resource(object) || self.is_short_for(&object[0]))
        {
            let thing = self.thing(words::noun_phrase(object), plural);
            return Some(thing.by(&rule::OBJECT_AND_PATH));
        }
        // `getDisruptionsByRoute` on `/disruptions/route/{route_id}`
        let is_named = self
            .resource
            .own_param()
            .is_some_and(|param| !param_noun(param).is_empty());
        let by_name = is_named && (plural || self.param_names(&self.resource.words));
        if is_item
            && is_qualifier
            && (by_name || self.is_found_by_resource())
            && self.source.method == "GET"
        {
            let mut thing = self.thing(words::noun_phrase(object), plural);
            thing.number = Number::Many;
            thing.parent = self.item_as_parent();
            return Some(thing.by(&rule::KIND_OF_LIST));
        }
        if is_item && self.says_which(object) {
            return Some(self.named(&self.resource.qualifier, &rule::OBJECT));
        }
        if !self.names_resource(object) {
            return None;
        }
        let of_another = is_item && self.param_names_another();
        // `getOrgProjects` on `/projects/{owner}` lists.
        let reads_one = matches!(self.chosen.base.as_str(), "read" | "retrieve" | "show");
        let lists = self.answers_list()
            || self.chosen.base == "list"
            || self.chosen.action == Action::Read && self.source.response.is_none();
        if of_another && plural && !reads_one && lists {
            let mut thing = self.thing(self.exact(object), plural);
            thing.number = Number::Many;
            thing.parent = self.another_as_parent(words::head(&thing.noun), thing.parent);
            return Some(thing.by(&rule::KIND_OF_LIST));
        }
        let thing = self.thing(self.exact(object), plural);
        Some(self.below_another(thing).by(&rule::OBJECT_AND_PATH))
    }

    /// `createProject` on `/projects/{owner}`: the owner is no project.
    fn below_another(&self, mut thing: Thing) -> Thing {
        if self.level == Level::Item
            && self.param_names_another()
            && self.source.method == "POST"
            && self.chosen.action == Action::Create
        {
            thing.param_role = ParamRole::Enclosing;
            thing.param = None;
        }
        thing
    }

    /// `/orders/{id}/cancel`
    fn with_object_of_action(&self, object: &[String]) -> Thing {
        let plural = is_plural(object);
        let contains = self.contains_resource(object);
        // `Bookings_CheckIn` on `/bookings/{id}/reservations/{number}/check_in`: the class says where.
        if plural
            && self
                .enclosing
                .iter()
                .any(|above| same(object, &above.words))
        {
            return self.thing(self.resource_noun(), false);
        }
        if self.takes_away() {
            return self.part_taken_away(object);
        }
        let in_action = contains && self.is_in_action(object.last());
        // `checkCompatibility` checks no property, `testOAuth` a config.
        let names_object = self.chosen.base == "check"
            && self.action.len() > 1
            && self.is_in_action(object.last());
        let creates = self.chosen.action == Action::Create;
        let only_tries = matches!(
            self.chosen.base.as_str(),
            "test" | "check" | "verify" | "validate"
        );
        if in_action && creates {
            self.child_of_item(object, plural)
        } else if in_action {
            // `/redis/{name}/regenerateKey`: the path itself says which part of the item.
            self.part_of_item(object, false)
        } else if contains || same(object, &self.resource.qualifier) {
            self.thing(self.resource_noun(), false)
        } else if self.param_names(object) {
            self.named(object, &rule::PARAMETER_NOUN)
        } else if creates || self.brings_new() {
            self.child_of_item(object, plural)
        } else if only_tries && !names_object {
            self.thing(self.resource_noun(), false)
        } else {
            self.part_of_item(object, plural)
        }
    }

    /// `/orders/{id}`
    fn with_object_of_item(&self, object: &[String]) -> Thing {
        let plural = is_plural(object);
        if self.last_param_speaks_of(object.last()) || self.ends_in_param(object) {
            return self.named(object, &rule::PARAMETER_NOUN);
        }
        if let Some(thing) = self.state_of_item(object) {
            return thing;
        }
        // `removeWirelessLAN` on `/wireless/{wireless_id}`
        if self.is_adjective_of(object) {
            return self.named(object, &rule::OBJECT);
        }
        // `changeStatus` of PUT `/allowlists/{id}`: whose status it is has the id.
        let is_detail_of_item = matches!(self.source.method, "PUT" | "PATCH" | "POST")
            && matches!(object, [only] if matches!(
                only.as_str(),
                "status" | "state" | "name" | "details" | "info" | "information" | "data"
            ));
        if self.contains_resource(object)
            || same(object, &self.resource.qualifier)
            || is_detail_of_item
            || plural && self.source.method != "GET"
        {
            return self.thing(self.resource_noun(), false);
        }
        if self.source.method == "POST" && self.chosen.action == Action::Create {
            return self.child_of_item(object, plural);
        }
        if plural {
            return self.part_of_item(object, plural);
        }
        if self.is_called_after_segment() && !self.names_verb_or_end(object)
            || self.is_of_enclosing(object)
        {
            return self.thing(self.resource_noun(), false);
        }
        self.named(object, &rule::OBJECT)
    }

    /// `/orders`, `/orders:search`
    fn with_object_of_many(&self, object: &[String]) -> Thing {
        let plural = is_plural(object);
        let resource_plural = self.resource.is_plural();
        let contains = self.contains_resource(object);
        if !contains && self.leaves_parent(object) {
            return self.thing(self.resource_noun(), resource_plural);
        }
        if let Some(parent) = self.enclosing.last()
            && ends_with_noun(object, &parent.words)
        {
            if same(object, &parent.words) {
                if !matches!(self.chosen.action, Action::Create | Action::Read) {
                    return self.on_parent(parent);
                }
            } else if contains {
                return self.thing(self.resource_noun(), self.is_plural_in(object));
            }
        }
        let is_collection = self.level == Level::Collection;
        // "Follow category" at `/categories/follows`: the path names what is done.
        let base = self.chosen.base.as_str();
        let names_deed = self.resource.head() == base.strip_prefix("un").unwrap_or(base);
        if is_collection
            && resource_plural
            && !names_deed
            && (self.chosen.bulk || !self.summary_agrees(object))
            && (same(object, &self.resource.qualifier)
                || self.source.method != "GET" && ends_with_noun(object, &self.resource.qualifier))
        {
            // A job that is made for many things is one job.
            let makes_one = self.source.method == "POST";
            let mut thing = self.thing(self.resource_noun(), resource_plural);
            if makes_one {
                thing.number = Number::One;
            }
            thing.param = thing.param.filter(|_| !makes_one);
            return thing;
        }
        // `giftCardDetails` on `/giftCards/view`
        let is_read = self.level == Level::CollectionAction
            && self.chosen.action == Action::Read
            && identity::query_id(self.source, &self.resource.noun(), Search::Exact).is_none();
        if contains && (is_collection || is_read) && is_detail(object) {
            return self.thing(self.resource_noun(), resource_plural);
        }
        self.thing(self.qualified(object), plural).by(&rule::OBJECT)
    }

    /// One thing that is called as it is written.
    fn named(&self, noun: &[String], rule: &'static Rule) -> Thing {
        self.thing(words::noun_phrase(noun), false).by(rule)
    }

    pub(super) fn thing(&self, noun: String, plural: bool) -> Thing {
        // "Get a list of supported id document" at `/supported-id-documents`
        let lists = self.source.method == "GET"
            && self.level == Level::Collection
            && self.resource.is_plural()
            && self.answers_list()
            && noun.ends_with(self.resource.head().as_str());
        let plural = (plural || lists)
            && !self.must_name_one(&noun)
            && !self.are_of_one(&noun)
            && !self.looks_one_up(&noun);
        let head = words::head(&noun).to_owned();
        // `PATCH /tickets/{parentId}/notes` with the `id` of a note in its body
        let is_named_in_body = self.resource.is_plural() && self.must_name_one(&noun);
        let own = if self.last_param_speaks_of(Some(&head)) {
            self.resource.params.last().cloned()
        } else {
            self.resource.own_param().cloned()
        };
        let of_parent = || {
            self.enclosing
                .last()
                .and_then(|parent| parent.own_param().cloned())
        };
        let creates = self.chosen.action == Action::Create
            || self.chosen.upsert && self.source.method == "POST";
        let request_is_many = self
            .source
            .request
            .is_some_and(|schema| self.source.schemas.items(schema).is_some());
        let names_one = || {
            identity::request_id(self.source, &noun, Search::Natural)
                .is_some_and(|found| !found.many)
        };
        let many = match self.level {
            // `/search/{index}/{kind}`: where it searches, and no thing that it found.
            Level::Item | Level::ItemAction => {
                self.is_search()
                    && !self.action.is_empty()
                    && self.resource.params.last().is_some_and(|param| {
                        !words::split(param)
                            .last()
                            .is_some_and(|last| is_key_word(last))
                    })
            }
            _ if self.is_search() => true,
            // A POST that does something to a collection, as its summary says, does it once.
            Level::Collection
                if self.chosen.source == Source::Summary
                    && self.chosen.action == Action::Execute
                    && self.source.method == "POST" =>
            {
                self.chosen.bulk || request_is_many
            }
            _ if self.chosen.bulk || request_is_many => plural || self.chosen.bulk && !creates,
            _ if creates => plural && request_is_many || self.adds_listed(&noun, plural),
            // `usergroups.disable` with one user group in its body
            Level::CollectionAction
                if self.chosen.action != Action::Read && plural && self.source.method != "GET" =>
            {
                !names_one()
            }
            _ => plural,
        };
        let is_one_of_many =
            is_named_in_body || self.resource.is_plural() && self.source.method == "POST";
        let singular_part = own.is_none() && !plural && !is_one_of_many;
        Thing {
            param: own.clone().or_else(|| {
                if singular_part || plural && !creates {
                    of_parent()
                } else {
                    None
                }
            }),
            param_role: match &own {
                Some(_) if self.is_scope() => ParamRole::Scope,
                // Google's `/v1/{parent}`
                Some(name) if name == "parent" && creates => ParamRole::Enclosing,
                Some(_) => ParamRole::Own,
                None => ParamRole::Enclosing,
            },
            by_natural_key: self.level == Level::CollectionAction,
            plural,
            number: if self.is_caller() {
                Number::Only
            } else if many {
                Number::Many
            } else if !creates
                && (self.level == Level::Collection
                    || self.level == Level::CollectionAction
                        && !self.resource.is_plural()
                        && self.chosen.action != Action::Read
                        && !matches!(self.chosen.base.as_str(), "send" | "request" | "start"))
            {
                Number::Only
            } else {
                Number::One
            },
            parent: self.parent(&noun),
            rule: None,
            noun,
        }
    }

    /// `DELETE /drafts?draft_id=7`, which cannot be called without the id, and a PATCH of contacts with
    /// the `id` of one in its body.
    fn must_name_one(&self, noun: &str) -> bool {
        let changes = self.source.method == "POST"
            && matches!(self.chosen.action, Action::Update | Action::Delete);
        let is_put = matches!(self.source.method, "PUT" | "PATCH");
        let in_body = || {
            identity::request_id(self.source, noun, Search::Exact).is_some_and(|found| {
                !found.many && (found.pointer.matches('/').count() == 1 || found.is_in_wrapper())
            })
        };
        self.level == Level::Collection
            && (changes || is_put || self.source.method == "DELETE")
            && !self.chosen.bulk
            && (identity::must_have_query_id(self.source, noun)
                || is_put && in_body()
                || self.source.method == "DELETE"
                    && identity::only_required_query(self.source, noun).is_some())
    }
}

pub(super) fn is_plural(object: &[String]) -> bool {
    object.last().is_some_and(|head| words::is_plural(head))
}
