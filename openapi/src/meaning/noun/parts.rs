//! What stands below an item, and what it stands below.

use super::facing::{Facing, Level, is_plural};
use super::{Number, ParamRole, Thing};
use crate::key_words::bears_noun;
use crate::meaning::noun_words::{GENERIC, is_detail};
use crate::meaning::path_shape::Resource;
use crate::meaning::rule;
use crate::words;
use daybook_event::Action;

impl Facing<'_> {
    pub(super) fn on_parent(&self, parent: &Resource) -> Thing {
        let index = self.enclosing.len().saturating_sub(1);
        let above = Facing {
            resource: parent,
            enclosing: &self.enclosing[..index],
            level: Level::ItemAction,
            ..*self
        };
        let noun = above.in_full(parent, above.resource_noun());
        above.thing(noun, false).by(&rule::WHOLE_OF_PART)
    }

    /// What stands below an item and is taken away from it.
    pub(super) fn part_taken_away(&self, object: &[String]) -> Thing {
        let words = if self.names_resource(object) {
            self.action
        } else {
            object
        };
        self.part_of_item(words, false)
    }

    /// What a POST on an item creates below it.
    pub(super) fn child_of_item(&self, object: &[String], plural: bool) -> Thing {
        let mut thing = self.thing(self.qualified(object), plural);
        if thing.param_role != ParamRole::Own
            || !(self.param_names(object) || self.resource.words.is_empty())
        {
            thing.param_role = ParamRole::Enclosing;
            thing.parent = self.item_as_parent();
            thing.param = None;
        }
        thing.by(&rule::CHILD_OF_ITEM)
    }

    /// What is read of an item: the login parameters of a user.
    pub(super) fn part_of_item(&self, object: &[String], plural: bool) -> Thing {
        let mut thing = self.thing(self.qualified(object), plural);
        // What a POST works out below an item is not the item.
        if self.source.method == "POST" && self.chosen.action == Action::Read {
            thing.param_role = ParamRole::Enclosing;
        }
        let head = object.last().map(|head| words::singular(head));
        let is_list = plural
            && self.source.method == "GET"
            && !head
                .as_ref()
                .is_some_and(|head| GENERIC.contains(&head.as_str()));
        // `POST /groups/{id}/removeMembers`: of several that are taken away, no one is meant.
        let takes_several = self.chosen.action == Action::Delete
            && !matches!(self.source.method, "GET" | "DELETE")
            && is_plural(object)
            && !head.is_some_and(|head| GENERIC.contains(&head.as_str()));
        thing.number = if self.is_search() || is_list || takes_several {
            Number::Many
        } else {
            Number::One
        };
        thing.parent = self.item_as_parent();
        thing.by(&rule::PART_OF_ITEM)
    }

    /// Whether a second parameter says which state of the item is meant, and names no thing of its own:
    /// `/pensions/{pensionId}/{effectiveDate}`, `/articles/{articleId}/{language}`.
    pub(super) fn ends_in_value(&self) -> bool {
        let [first, .., last] = self.resource.params.as_slice() else {
            return false;
        };
        bears_noun(first, &self.resource.head())
            && words::split(last).iter().any(|word| {
                matches!(
                    word.as_str(),
                    "date" | "time" | "timestamp" | "language" | "locale" | "lang" | "iso"
                )
            })
    }

    /// `DeletePensionRevision` on `/pensions/{pensionId}/{effectiveDate}`: a state that has a name of its own.
    pub(super) fn state_of_item(&self, object: &[String]) -> Option<Thing> {
        let has_own_name = object.len() > 1
            && self.contains_resource(object)
            && !self.names_resource(object)
            && !is_detail(object);
        if !has_own_name || !self.ends_in_value() {
            return None;
        }
        let mut thing = self.thing(words::noun_phrase(object), false);
        thing.param = self.resource.params.last().cloned();
        Some(thing.by(&rule::OBJECT))
    }
}
