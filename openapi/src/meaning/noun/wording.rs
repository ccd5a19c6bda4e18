//! The words of a noun: the more exact of two, and what a generic one takes in front of it.

use daybook_event::Action;

use super::Thing;
use super::facing::{Facing, Level};
use crate::key_words::param_noun;
use crate::meaning::noun_words::{GENERIC, NEEDS_PARENT, names_deed};
use crate::meaning::path_shape::Resource;
use crate::meaning::verb::{Source, only_works_out};
use crate::words;

impl Facing<'_> {
    /// The object's words where they say more than the path's, the path's otherwise.
    pub(super) fn exact(&self, object: &[String]) -> String {
        let object = words::noun_phrase(object);
        let resource = self.resource.noun();
        // `deleteUser` on `/usermanagement/{username}`
        if resource == format!("{object}management") {
            return self.qualify(&object);
        }
        // `forgotPassword` on `/request-password-reset`
        let resource = resource
            .strip_prefix(self.chosen.base.as_str())
            .and_then(|rest| rest.strip_prefix(' '))
            .unwrap_or(&resource)
            .to_owned();
        // `CreateMediaPipeline` on `/sdk-media-pipelines`
        if resource
            .strip_suffix(&object)
            .is_some_and(|front| matches!(front, "sdk " | "api " | "rest "))
        {
            return self.qualify(&object);
        }
        // "Add a chore" at `/chorelist`
        if resource == format!("{object}list") {
            return self.qualify(&object);
        }
        if resource.split(' ').count() > object.split(' ').count()
            || resource.len() > object.len() && resource.starts_with(&object)
        {
            return self.qualify(&resource);
        }
        self.qualify(&object)
    }

    pub(super) fn resource_noun(&self) -> String {
        // `/executions/{execution_id}/{action_id}`: the second parameter has a noun of its own.
        if let [first, .., last] = self.resource.params.as_slice()
            && !self.is_search()
            && !self.ends_in_value()
        {
            let (first, last) = (param_noun(first), param_noun(last));
            let first_is_resource = first
                .last()
                .is_some_and(|noun| words::singular(noun) == self.resource.head());
            if first_is_resource && !last.is_empty() {
                return words::noun_phrase(&last);
            }
        }
        // `/customer/registration`: who is registered is a customer.
        if names_deed(&self.resource.head(), &self.chosen.base)
            && self.resource.params.is_empty()
            && !self.resource.qualifier.is_empty()
        {
            return words::noun_phrase(&self.resource.qualifier);
        }
        self.qualify(&self.resource.noun())
    }

    /// Rule "whole of part": a noun that is the verb itself is no thing: what is waited for at
    /// `/containers/{id}/wait` is the container.
    pub(super) fn whole_of_deed(&self, thing: &Thing) -> Option<Thing> {
        let is_deed = thing.noun == self.chosen.base
            && self.chosen.source != Source::Method
            && (!matches!(self.chosen.action, Action::Create | Action::Read)
                || only_works_out(&self.chosen.base));
        if !is_deed {
            return None;
        }
        if self.level == Level::ItemAction && self.resource.head() != thing.noun {
            return Some(self.thing(self.resource_noun(), false));
        }
        let parent = self.enclosing.last()?;
        (!parent.params.is_empty() && self.resource.params.is_empty())
            .then(|| self.on_parent(parent))
    }

    /// `GET /documents/{id}/full`, "Finds a registration" at `/registrations/{id}/summary`: a view of a thing is that
    /// thing, and no part of it.
    pub(super) fn whole_of_view(&self, thing: &Thing) -> Option<Thing> {
        let parent = self.enclosing.last()?;
        // "Get a list of similar games" at `/games/{id}/suggested` shows others.
        let tells_many = self
            .summary
            .and_then(|summary| summary.noun.last())
            .is_some_and(|head| words::is_plural(head));
        let is_view = self.source.method == "GET"
            && !tells_many
            && self.level == Level::Collection
            && !self.resource.is_plural()
            && !self.answers_list()
            && thing
                .parent
                .as_ref()
                .is_some_and(|above| above.entity_type == thing.noun);
        is_view.then(|| self.on_parent(parent))
    }

    /// "Removes a repost on a playlist" at `/reposts/playlists/{id}`. What stands in front is
    /// removed, and the playlist stays.
    pub(super) fn made_on_another(&self, thing: &Thing) -> Option<Thing> {
        let told = self.summary?;
        let (head, front) = (told.noun.last()?, self.resource.qualifier.last()?);
        let is_front = words::singular(head) == words::singular(front)
            && words::head(&thing.noun) == self.resource.head()
            && words::singular(head) != self.resource.head();
        let param = self.resource.params.last().map(|name| words::split(name));
        let text = words::split(self.source.text());
        let behind = text.iter().skip_while(|word| *word != head).skip(1);
        let is_on_resource = || {
            behind.clone().any(|word| {
                words::singular(word) == self.resource.head()
                    || param.as_ref().is_some_and(|param| param.contains(word))
            })
        };
        // "a call recording": both are one name.
        let is_compound = text
            .windows(2)
            .any(|pair| pair[0] == *head && words::singular(&pair[1]) == self.resource.head());
        let fits = matches!(self.source.method, "GET" | "DELETE") && self.level == Level::Item;
        (fits && is_front && !is_compound && is_on_resource())
            .then(|| self.part_of_item(&told.noun, words::is_plural(head)))
    }

    /// "List the repositories of a workspace" at `/repositories/{workspace}`, "Delete all aliases
    /// of a device" at `/aliases/{trackingId}`. The parameter is another thing's, and none of those that are told of.
    pub(super) fn are_of_another(&self, thing: &Thing) -> bool {
        let are_told = self
            .summary
            .and_then(|told| told.noun.last())
            .is_some_and(|last| {
                words::is_plural(last) && words::singular(last) == words::head(&thing.noun)
            });
        if self.level != Level::Item
            || self.chosen.action == Action::Create
            || !are_told
            || !self.resource.is_found_by_another()
            || self.chosen.verb.base != "list" && self.finds_one()
        {
            return false;
        }
        let text = words::split(self.source.text());
        let head = words::head(&thing.noun);
        let tells_whose = self.tells_whose(&text, head);
        if self.chosen.verb.base == "list" || self.answers_list() {
            return tells_whose || !self.is_of_any();
        }
        let says_all = text
            .iter()
            .any(|word| matches!(word.as_str(), "all" | "list"));
        let is_container = self.source.method != "GET" && self.is_container();
        let is_one = words::split(self.source.operation_id)
            .iter()
            .any(|word| word == head);
        !is_one && (tells_whose || !self.is_of_any() && (says_all || is_container))
    }

    /// `{orgId}` of an organization is its own, and so is what stands in front of a `{field}`.
    fn finds_one(&self) -> bool {
        let head = self.resource.head();
        let names_own = |param: &String| {
            param_noun(param)
                .last()
                .is_some_and(|of| head.starts_with(words::singular(of).as_str()))
        };
        self.resource.params.iter().any(names_own)
            || words::split(self.source.operation_id).ends_with(&["by".to_owned(), "id".to_owned()])
    }

    /// `{itemId}` may be anything's.
    fn is_of_any(&self) -> bool {
        let noun = self.resource.params.last().map(|param| param_noun(param));
        noun.is_some_and(|noun| matches!(noun.as_slice(), [only] if only == "item"))
    }

    /// "Get the likes of an item" at `/likes/{itemId}`: behind the noun stands that of the parameter.
    pub(super) fn tells_whose(&self, text: &[String], head: &str) -> bool {
        let Some(of) = self.resource.params.last().map(|param| param_noun(param)) else {
            return false;
        };
        let mut behind = text
            .iter()
            .skip_while(|word| words::singular(word) != head)
            .skip(1)
            .skip_while(|word| !matches!(word.as_str(), "of" | "for" | "from" | "in" | "on"));
        of.last().is_some_and(|of| {
            let of = words::singular(of);
            of.len() > 2 && behind.any(|word| word.starts_with(&of))
        })
    }

    /// Rule "full name": "Creates a loyalty account" at `/loyalty/accounts`. The word that the path has in front of a
    /// noun belongs to it where the document's texts say so: to the thing itself, and to what others are part of.
    pub(super) fn in_full(&self, resource: &Resource, noun: String) -> String {
        let [front] = resource.qualifier.as_slice() else {
            return noun;
        };
        let full = format!("{front} {noun}");
        let is_full = resource.head() == noun
            && *front != self.chosen.base
            && self.source.habits.full_names.contains(&full);
        if is_full { full } else { noun }
    }

    pub(super) fn qualified(&self, object: &[String]) -> String {
        self.qualify(&words::noun_phrase(object))
    }

    /// Rule "generic noun": it takes the word in front of it, or else the enclosing thing's.
    pub(super) fn qualify(&self, noun: &str) -> String {
        // `/nodes/{id}/children`
        if noun == "child"
            && let Some(parent) = self
                .enclosing
                .last()
                .filter(|_| self.resource.head() == noun)
        {
            return format!("child {}", parent.noun());
        }
        if noun.contains(' ') || !GENERIC.contains(&noun) {
            return noun.to_owned();
        }
        let qualifier = words::noun_phrase(&self.resource.qualifier);
        if words::head(&qualifier) == noun {
            return qualifier;
        }
        if !matches!(
            qualifier.as_str(),
            "" | "entity" | "object" | "resource" | "action" | "get"
        ) && self.resource.head() == noun
        {
            return format!("{qualifier} {noun}");
        }
        let enclosing = if self.resource.head() == noun {
            self.enclosing.last()
        } else {
            Some(self.resource)
        };
        match enclosing.map(Resource::noun) {
            Some(parent)
                if !parent.is_empty()
                    && !words::singular(&parent).ends_with(noun)
                    && !noun.starts_with(parent.as_str())
                    && NEEDS_PARENT.contains(&noun) =>
            {
                format!("{parent} {noun}")
            }
            _ => noun.to_owned(),
        }
    }
}
