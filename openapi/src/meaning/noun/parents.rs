//! Rule 5: what a thing is part of.

use super::facing::Facing;
use crate::key_words::{is_strong_key_word, param_noun};
use crate::meaning::noun::Parent;
use crate::meaning::noun_words::GENERIC;
use crate::meaning::path_shape::is_criterion;
use crate::meaning::phrase;
use crate::secrets::is_secret_name;
use crate::value_location::ValueLocation;
use crate::words;

/// What a parameter is called that says which things are meant, unless a text says that it has them.
#[rustfmt::skip] // a list of words, not of lines
const SAYS_WHICH: &[&str] = &[
    "category", "symbol", "ticker", "region", "zone", "version", "level", "currency", "tag", "genre", "gender", "role",
    "mode", "class", "color", "size", "year", "filter", "basic", "pid", "scope", "source", "target", "text",
];

impl Facing<'_> {
    pub(super) fn item_as_parent(&self) -> Option<Parent> {
        // `/assignments/{userId}`: what hangs there hangs on the user.
        let noun = match self.resource.own_param() {
            Some(param) if self.param_names_another() && param.to_lowercase().ends_with("id") => {
                words::noun_phrase(&param_noun(param))
            }
            _ => self.in_full(self.resource, self.resource_noun()),
        };
        let id = self
            .resource
            .params
            .last()
            .filter(|name| !is_secret_name(name))
            .cloned()
            .map(ValueLocation::Path);
        (!noun.is_empty()).then_some(Parent {
            entity_type: noun,
            id,
        })
    }

    /// `/messages/{logId}`: what the parameter finds, where that is no message. A `{status}` has nothing, and a
    /// text may call it by its own name: "Deletes all aliases of a device" at `/aliases/{trackingId}`.
    pub(super) fn another_as_parent(
        &self,
        head: &str,
        enclosing: Option<Parent>,
    ) -> Option<Parent> {
        let [param] = self.resource.params.as_slice() else {
            return enclosing;
        };
        let noun = param_noun(param);
        let is_value = |last: &String| {
            words::is_plural(last)
                || last.len() < 3
                || matches!(
                    last.as_str(),
                    "status"
                        | "state"
                        | "type"
                        | "kind"
                        | "query"
                        | "term"
                        | "path"
                        | "count"
                        | "cursor"
                        | "period"
                )
        };
        let last = words::split(param).pop().unwrap_or_default();
        let is_key = is_strong_key_word(&last);
        let text = words::split(self.source.text());
        let is_told = self.tells_whose(&text, head);
        // "List the products in a category"
        let may_be_thing = is_told || !SAYS_WHICH.contains(&last.as_str());
        if noun.last().is_none_or(is_value)
            || !may_be_thing
            || is_criterion(param)
            || is_secret_name(param)
            || enclosing.is_some() && !is_key
        {
            return enclosing;
        }
        let told = (!is_told).then(|| owner_in(&text, head)).flatten();
        Some(Parent {
            entity_type: words::noun_phrase(&told.unwrap_or(noun)),
            id: Some(ValueLocation::Path(param.clone())),
        })
    }

    /// Rule 5: the resource whose parameter stands in front.
    pub(super) fn parent(&self, noun: &str) -> Option<Parent> {
        let location =
            |name: &String| (!is_secret_name(name)).then(|| ValueLocation::Path(name.clone()));
        if let Some(before) = self.resource.param_before_own() {
            let own = param_noun(before);
            let head = own.last().map(|word| words::singular(word));
            let entity_type = if head.as_deref() == Some(self.resource.head().as_str())
                && noun != self.resource.noun()
            {
                self.in_full(self.resource, self.resource.noun())
            } else {
                words::noun_phrase(&own)
            };
            // `/favourites/{type}/{id}` is of no type.
            let is_kind =
                own.len() == 1 && head.is_some_and(|head| matches!(head.as_str(), "type" | "kind"));
            if entity_type.is_empty() || entity_type == noun || is_kind {
                return None;
            }
            return Some(Parent {
                entity_type,
                id: location(before),
            });
        }
        let parent = self.enclosing.last()?;
        let param = parent.params.last()?;
        let named = param_noun(param);
        let mut entity_type = self.in_full(parent, parent.noun());
        if parent.params.len() > 1 && !named.is_empty() {
            entity_type = words::noun_phrase(&named);
        } else if GENERIC.contains(&entity_type.as_str()) && !parent.qualifier.is_empty() {
            entity_type = format!("{} {entity_type}", words::noun_phrase(&parent.qualifier));
        }
        (!entity_type.is_empty()).then(|| Parent {
            entity_type,
            id: location(param),
        })
    }
}

/// What a text has right behind the things: "all aliases of a device".
fn owner_in(text: &[String], head: &str) -> Option<Vec<String>> {
    let at = text.iter().position(|word| words::singular(word) == head)?;
    let [of, article, ..] = text.get(at + 1..)? else {
        return None;
    };
    let links = of == "of" && matches!(article.as_str(), "a" | "an" | "the");
    let owner = links.then(|| phrase::object(&text[at + 2..]))?;
    let fits = (1..=2).contains(&owner.len())
        && owner.last().is_some_and(|last| {
            !words::is_plural(last) && !GENERIC.contains(&last.as_str()) && last != head
        });
    fits.then_some(owner)
}
