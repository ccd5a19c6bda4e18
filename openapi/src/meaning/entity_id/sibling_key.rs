//! What a thing is found by on the paths below its collection: `number` of `POST /orders` beside `/orders/{number}`.

use super::IdSearch;
use crate::habits::{Lookup, collection_key};
use crate::json_pointer::escape;
use crate::key_words::is_key_word;
use crate::meaning::bearers::{is_bearer, is_used_by};
use crate::meaning::identity;
use crate::schema::Property;
use crate::secrets::is_secret_name;
use crate::value_location::ValueLocation;
use crate::{verbs, words};

/// The most properties of an object that are opened.
const OPENED_MAX: usize = 30;

impl IdSearch<'_> {
    /// The property of the answer that the document's other paths find such a thing by.
    pub(super) fn sibling_key_in_response(&self) -> Option<ValueLocation> {
        let found = self.sibling_key(self.source.response?)?;
        (!self.answers_enclosing(&found)).then_some(ValueLocation::Response(found))
    }

    /// Likewise of what was sent, as far as a caller may have chosen it: a number or a code, but no id.
    pub(super) fn sibling_key_in_request(&self) -> Option<ValueLocation> {
        let found = self.sibling_key(self.source.request?)?;
        let found = ValueLocation::Request(found);
        let is_id = words::split(&found.name())
            .last()
            .is_some_and(|last| last.ends_with("id"));
        (!is_id).then_some(found)
    }

    /// `POST /trainings` answered with a text, beside `/trainings/{trainingKey}`: the whole answer is the key.
    pub(super) fn whole_response(&self) -> Option<ValueLocation> {
        let noun = self.thing.noun.as_str();
        let is_found = !self.lookups().is_empty();
        let signs_in = self.chosen.base.starts_with("log") || self.chosen.base.starts_with("sign");
        (!is_bearer(noun)
            && !signs_in
            && identity::answers_with_bare_id(self.source, noun, is_found))
        .then(|| ValueLocation::Response(String::new()))
    }

    /// The collection that a call makes something in: `/reports` of `/reports/generate`.
    pub(super) fn collection(&self) -> String {
        let path = collection_key(self.source.path);
        let is_call = |end: &str| {
            words::split(end)
                .first()
                .is_some_and(|first| verbs::is_clear(first))
        };
        // `/checkout-key` beside `/checkout-key/{fingerprint}`
        let is_collection = self.source.habits.lookups.contains_key(&path);
        match path.rsplit_once('/') {
            Some((front, end)) if is_call(end) && !is_collection => front.to_owned(),
            _ => path,
        }
    }

    /// What finds the things of that collection, where they are what is acted upon.
    fn lookups(&self) -> &[Lookup] {
        let path = self.source.path.trim_end_matches('/');
        // A user that is added at `/channels` is no channel.
        let is_own = self.resource.is_none_or(|noun| {
            noun.replace(' ', "")
                .ends_with(words::head(&self.thing.noun))
        });
        let found = self.source.habits.lookups.get(&self.collection());
        match found {
            Some(found) if is_own && !path.ends_with('}') => found,
            _ => &[],
        }
    }

    /// A pointer to the property of a body that is called as such a parameter.
    fn sibling_key(&self, body: &serde_json::Value) -> Option<String> {
        let schemas = self.source.schemas;
        let properties = schemas.properties(body);
        self.lookups().iter().find_map(|lookup| {
            let is_key = |property: &&Property<'_>| {
                self.is_called_as(property.name, lookup) && schemas.is_scalar(property.schema)
            };
            if let Some(found) = properties.iter().find(is_key) {
                return Some(format!("/{}", escape(found.name)));
            }
            // `/routineReference/routineId`, but `/order/number`
            properties.iter().take(OPENED_MAX).find_map(|outer| {
                let inner = schemas.properties(outer.schema);
                let is_own = identity::wraps(outer.name, &self.thing.noun);
                let is_whole = |property: &&Property<'_>| {
                    let name = words::split(property.name);
                    is_own || name.len() > 1 && name == words::split(&lookup.name)
                };
                let found = inner.iter().filter(is_whole).find(is_key)?;
                Some(format!("/{}/{}", escape(outer.name), escape(found.name)))
            })
        })
    }

    /// Whether a property is what a parameter finds the thing by, with the thing's noun in front or without it.
    fn is_called_as(&self, property: &str, lookup: &Lookup) -> bool {
        let (name, param) = (words::split(property), words::split(&lookup.name));
        let noun = &self.thing.noun;
        let is_of_noun = |word: &&String| {
            let word = words::singular(word);
            noun.split(' ').any(|own| own == word)
        };
        let without_noun = |words: &[String]| -> String {
            let rest: Vec<String> = words.iter().skip_while(is_of_noun).cloned().collect();
            rest.concat()
        };
        let is_key = |words: &[String]| words.last().is_some_and(|last| is_key_word(last));
        // `/projects/{owner}` lists the projects of one.
        let is_own = lookup.changes
            || is_key(&param)
                && (without_noun(&param).len() < param.concat().len() || param.len() == 1);
        let (own_name, own_param) = (without_noun(&name), without_noun(&param));
        is_own
            && !is_secret_name(property)
            && !is_used_by(noun, property)
            && property != "id"
            && (name.concat() == param.concat()
                || own_name == own_param && !own_name.is_empty() && own_name != "id")
    }
}
