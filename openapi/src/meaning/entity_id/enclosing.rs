//! Ids in bodies that are those of the enclosing thing: the album's, where a track is added to it.

use super::IdSearch;
use crate::habits::{collection_key, is_name_of};
use crate::json_pointer::unescape;
use crate::key_words::is_strong_key_word;
use crate::meaning::identity;
use crate::meaning::noun::ParamRole;
use crate::path_template::PathTemplate;
use crate::words;

impl IdSearch<'_> {
    /// The enclosing thing's type, unless what is acted upon is another of it: `duplicateFeed` on
    /// `/feeds/{id}/duplicates` answers with another feed.
    fn enclosing_type(&self) -> Option<&str> {
        let parent = self.thing.parent.as_ref()?;
        Some(parent.entity_type.as_str()).filter(|name| *name != self.thing.noun)
    }

    /// An enclosing thing's id that comes back in a body is still the enclosing thing's.
    pub(super) fn is_enclosing(&self, pointer: &str) -> bool {
        let enclosing = self.enclosing_type();
        // The answer is the enclosing thing: `/product/id` of a product's field.
        let top = pointer.split('/').nth(1).unwrap_or_default();
        let top = words::noun_phrase(&words::split(top));
        let full_names = &self.source.habits.full_names;
        if pointer.matches('/').count() > 1
            && enclosing.is_some_and(|name| is_name_of(full_names, name, &top))
        {
            return true;
        }
        let key = words::split(pointer.rsplit('/').next().unwrap_or_default());
        if enclosing.is_some_and(|name| is_key_of(&key, name)) {
            return true;
        }
        (key.len() > 1 || pointer.matches('/').count() == 1 && key != ["id"])
            && self.thing.param_role == ParamRole::Enclosing
            && PathTemplate::parse(self.source.path)
                .param_names
                .iter()
                .any(|name| words::split(name) == key)
    }

    /// `POST /albums/{id}/tracks` that answers as `GET /albums/{id}` does: with the album, and no track's id.
    pub(super) fn answers_enclosing(&self, pointer: &str) -> bool {
        let path = self.source.path.trim_end_matches('/');
        let Some((end, enclosing)) = path.rfind('}').zip(self.enclosing_type()) else {
            return false;
        };
        let key = collection_key(&path[..=end]);
        let Some(reference) = self.source.habits.item_schemas.get(&key) else {
            return false;
        };
        let name = reference.rsplit('/').next().unwrap_or_default();
        let is_of_enclosing = words::split(name).concat().contains(words::head(enclosing));
        // `/invoices/{id}/duplicate/proforma` answers with another invoice.
        let makes_another = matches!(
            self.chosen.base.as_str(),
            "duplicate" | "copy" | "clone" | "fork" | "convert" | "split"
        );
        is_of_enclosing
            && !makes_another
            && !is_another(&self.thing.noun, enclosing)
            && self.stands_in(pointer, reference)
    }

    /// Whether what a pointer leads to in the answer stands in an object of that schema.
    fn stands_in(&self, pointer: &str, reference: &str) -> bool {
        let schemas = self.source.schemas;
        let Some(mut schema) = self.source.response else {
            return false;
        };
        for segment in pointer.split('/').skip(1) {
            let own = schema.get("$ref").and_then(serde_json::Value::as_str);
            if own == Some(reference) {
                return true;
            }
            let name = unescape(segment);
            let properties = schemas.properties(schema);
            let Some(next) = properties.iter().find(|property| property.name == name) else {
                return false;
            };
            schema = next.schema;
        }
        false
    }
}

/// `projectId` of a project's domain, whatever the path calls the project.
fn is_key_of(key: &[String], enclosing: &str) -> bool {
    key.split_last().is_some_and(|(last, front)| {
        is_strong_key_word(last)
            && !front.is_empty()
            && front.concat() == enclosing.replace(' ', "")
    })
}

/// What is another thing of the enclosing thing's kind, and answered as one: a fork, a draft, a child folder, a friend.
fn is_another(noun: &str, enclosing: &str) -> bool {
    let head = words::head(noun);
    head.ends_with(words::head(enclosing))
        || identity::is_person(noun) && identity::is_person(enclosing)
        || matches!(
            head,
            "fork"
                | "copy"
                | "clone"
                | "duplicate"
                | "draft"
                | "version"
                | "revision"
                | "snapshot"
                | "branch"
                | "replica"
                | "child"
                | "reply"
                | "correction"
                | "translation"
        )
}
