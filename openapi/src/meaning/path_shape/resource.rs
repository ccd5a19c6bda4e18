//! A noun of the path, and the parameters behind it.

use crate::key_words::{bears_noun, is_strong_key_word, param_noun};
use crate::meaning::adjectives::{ADJECTIVES, is_adjective};
use crate::{verbs, words};

/// What there is several kinds of, rather than several of.
const HAVE_KINDS: &[&str] = &[
    "settings",
    "preferences",
    "options",
    "reports",
    "mappings",
    "statistics",
    "stats",
    "metrics",
];

/// A noun in the path, and the parameters behind it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resource {
    /// Its words as written, lower case: bulk, jobs.
    pub(crate) words: Vec<String>,
    /// The literal in front of it, where no parameter stands between: `workflows` of
    /// `/workflows/definitions`.
    pub(crate) qualifier: Vec<String>,
    /// The names of the parameters behind it.
    pub(crate) params: Vec<String>,
}

impl Resource {
    /// The parameter's own name may say more than the literal: `/sea/{sea_creature}`,
    /// `/actions/{deviceId}`.
    pub(super) fn with_param(self, name: String) -> Self {
        let noun = param_noun(&name);
        let is_longer =
            noun.len() > 1 && noun.first() == self.words.first() && self.words.len() == 1;
        // `/switch-service-payment/{switch-service-paymentID}`: what looks like a call is a name.
        let is_whole = matches!(noun.as_slice(), [verb, rest @ ..]
            if !rest.is_empty() && rest == self.words.as_slice() && verbs::is_clear(verb));
        let is_kind = matches!(self.head().as_str(), "action" | "operation" | "command");
        // `/registrierkassen/{registrierkasseUuid}`: in any language the parameter has the singular.
        let is_singular = matches!((self.words.as_slice(), noun.as_slice()), ([many], [one])
            if one.len() > 3
                && !words::is_plural(many)
                && many.strip_prefix(one.as_str()).is_some_and(|end| (1..3).contains(&end.len())));
        Self {
            words: if is_longer || is_singular || is_whole || is_kind && !noun.is_empty() {
                noun
            } else {
                self.words
            },
            qualifier: self.qualifier,
            params: vec![name],
        }
    }

    /// `/settings/notification` are notification settings, `/role-mappings/realm` a realm role mapping:
    /// behind a list of what has kinds stands a kind.
    pub(super) fn kind_in_front(mut self) -> Self {
        let is_kind = self.params.is_empty()
            && !self.is_plural()
            && self.words.len() <= 2
            && self
                .qualifier
                .last()
                .is_some_and(|head| HAVE_KINDS.contains(&head.as_str()));
        if is_kind && let Some(head) = self.qualifier.pop() {
            let is_one = matches!(head.as_str(), "reports" | "mappings");
            self.words.append(&mut self.qualifier);
            self.words
                .push(if is_one { words::singular(&head) } else { head });
        }
        self
    }

    /// Whether the last parameter is another thing's: `/me/followings/{user_id}` names no following but a user.
    pub(crate) fn is_found_by_another(&self) -> bool {
        let noun = self.params.last().map(|param| param_noun(param));
        noun.is_some_and(|noun| {
            noun.last()
                .is_some_and(|last| words::singular(last) != self.head())
                && !noun.concat().contains(&self.head())
        })
    }

    /// Whether the noun is written in the plural.
    pub(crate) fn is_plural(&self) -> bool {
        self.words.last().is_some_and(|head| words::is_plural(head))
    }

    /// The parameter that is the noun's own. Of several it is the last, unless an earlier one bears the
    /// noun's name and the last one is no id: `/earnings/{earningCode}/{startDate}`.
    pub(crate) fn own_param(&self) -> Option<&String> {
        self.own_position().and_then(|at| self.params.get(at))
    }

    /// The parameter in front of its own.
    pub(crate) fn param_before_own(&self) -> Option<&String> {
        self.own_position()
            .and_then(|at| at.checked_sub(1))
            .and_then(|at| self.params.get(at))
    }

    fn own_position(&self) -> Option<usize> {
        // `/credentials/{credentialId}/moveAfter/{newPreviousCredentialId}`, `/contacts/{contact_id}/{to_list_id}`; but at
        // `/destinations/{projectKey}/{destinationId}` the destination itself is meant.
        let is_own = |param: &String| {
            let name = words::split(param);
            !name.first().is_some_and(|first| {
                let says_whither = matches!(
                    first.as_str(),
                    "new" | "previous" | "target" | "other" | "before" | "after" | "destination"
                ) || first == "to" && name.len() > 1;
                says_whither && *first != self.head()
            })
        };
        // `/portouts/{id}/{status}`: what it is set to, and no other one.
        let says_how = |param: &String| {
            matches!(words::split(param).as_slice(), [.., last] if matches!(
                last.as_str(),
                "status" | "state" | "mode" | "level" | "action"
            ))
        };
        let last = self
            .params
            .iter()
            .rposition(|param| is_own(param) && !says_how(param))
            .or_else(|| self.params.iter().rposition(is_own))
            .or(self.params.len().checked_sub(1))?;
        let is_id = words::split(&self.params[last])
            .last()
            .is_some_and(|word| is_strong_key_word(word));
        if is_id || last == 0 {
            return Some(last);
        }
        let head = self.head();
        let named = self
            .params
            .iter()
            .position(|param| bears_noun(param, &head));
        Some(named.unwrap_or(last))
    }

    /// The noun's last word in the singular.
    pub(crate) fn head(&self) -> String {
        self.words
            .last()
            .map(|head| words::singular(head))
            .unwrap_or_default()
    }

    pub(crate) fn noun(&self) -> String {
        words::noun_phrase(&self.words)
    }
}

/// How much of a thing is wanted, and not which of several.
const HOW_MUCH: &[&str] = &[
    "full", "basic", "detailed", "simple", "advanced", "extended", "expanded", "current",
];

/// Rule "which of them": `/incidents/{id}/related` lists related incidents; at `/users/{id}/followed-by` they are users,
/// and what they are is said the other way round; `/documents/{id}/full` is the document.
pub(super) fn which_of_enclosing(resources: &mut Vec<Resource>, path: &str) {
    let [.., enclosing, last] = resources.as_slice() else {
        return;
    };
    let [adjective] = last.words.as_slice() else {
        return;
    };
    let Some((head, front)) = enclosing.words.split_last() else {
        return;
    };
    let is_how_much = HOW_MUCH.contains(&adjective.as_str());
    if !(is_adjective(adjective) || is_how_much)
        || !last.params.is_empty()
        || !last.qualifier.is_empty()
    {
        return;
    }
    if is_how_much {
        resources.pop();
        return;
    }
    let end = path.trim_end_matches('/').rsplit('/').next();
    let is_turned = words::split(end.unwrap_or_default())
        .iter()
        .any(|word| matches!(word.as_str(), "by" | "from"));
    let mut found: Vec<String> = Vec::new();
    found.extend((!is_turned).then(|| adjective.clone()));
    found.extend_from_slice(front);
    found.push(words::plural(&words::singular(head)));
    if let Some(last) = resources.last_mut() {
        last.words = found;
    }
}

/// An adjective goes to the noun in front of it.
pub(super) fn push_literal(literals: &mut Vec<Vec<String>>, words: Vec<String>) {
    match (words.as_slice(), literals.last_mut()) {
        // `/users/current` is one of them.
        ([current], Some(noun)) if current == "current" => {
            if let Some(head) = noun.last_mut() {
                *head = words::singular(head);
            }
        }
        // `/json/search`
        ([form], None) if matches!(form.as_str(), "json" | "xml" | "soap") => {}
        // `/receipts/verbose/encoded`: how, not what.
        ([form], Some(_))
            if matches!(
                form.as_str(),
                "xls"
                    | "xlsx"
                    | "rss"
                    | "atom"
                    | "geojson"
                    | "new"
                    | "json"
                    | "xml"
                    | "csv"
                    | "verbose"
                    | "encoded"
                    | "base64"
                    | "raw"
                    | "quietly"
                    | "all"
                    | "paged"
                    | "paginated"
            ) => {}
        // A state is no kind: `/shipments/delivered` is about shipments.
        ([adjective], Some(noun)) if is_adjective(adjective) => {
            if ADJECTIVES.contains(&adjective.as_str()) {
                noun.insert(0, adjective.clone());
            }
        }
        _ => literals.push(words),
    }
}

/// The last literal as a resource, qualified by the one before it.
pub(super) fn take_resource(literals: &mut Vec<Vec<String>>) -> Option<Resource> {
    let words = literals.pop()?;
    let qualifier = literals.pop().unwrap_or_default();
    literals.clear();
    Some(Resource {
        words,
        qualifier,
        params: Vec::new(),
    })
}
