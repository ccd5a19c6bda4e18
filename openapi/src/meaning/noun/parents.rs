//! Rule 5: what a thing is part of.

use super::facing::Facing;
use crate::key_words::{is_strong_key_word, param_noun};
use crate::meaning::noun::Parent;
use crate::meaning::noun_words::GENERIC;
use crate::meaning::path_shape::is_criterion;
use crate::secrets::is_secret_name;
use crate::value_location::ValueLocation;
use crate::words;

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

    /// `/aliases/{trackingId}`: what the parameter finds, where that is no alias. A `{status}` has nothing.
    pub(super) fn another_as_parent(&self, enclosing: Option<Parent>) -> Option<Parent> {
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
        let is_key = words::split(param)
            .last()
            .is_some_and(|last| is_strong_key_word(last));
        if noun.last().is_none_or(is_value)
            || is_criterion(param)
            || is_secret_name(param)
            || enclosing.is_some() && !is_key
        {
            return enclosing;
        }
        Some(Parent {
            entity_type: words::noun_phrase(&noun),
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
