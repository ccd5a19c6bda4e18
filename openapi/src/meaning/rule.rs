//! The rules by name: which one decided a fact, why it holds, and whether it is sure.

use serde::{Deserialize, Serialize};

/// A rule that decides a fact of a meaning: its verb and action, its noun, or where its id is.
///
/// `docs/openapi.md` shows each with an example; `tests/meaning_rules.json` holds its cases.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// Why it holds, in a sentence.
    pub reason: &'static str,
    /// What it decides is certain; `daybook lint` tells of the others.
    pub certain: bool,
}

/// Which rules decided the facts of a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decisions {
    /// The verb and the action.
    #[serde(with = "rule_by_position")]
    pub action: &'static Rule,
    /// The noun, and what it is part of.
    #[serde(with = "rule_by_position")]
    pub entity: &'static Rule,
    /// Where the id is, or that there is none.
    #[serde(with = "rule_by_position")]
    pub id: &'static Rule,
}

/// A rule as its position in [`Rule::all`], as a compiled index has it.
mod rule_by_position {
    use serde::de::{Deserialize, Deserializer, Error as _};
    use serde::ser::{Error as _, Serialize, Serializer};

    use super::Rule;

    #[allow(clippy::trivially_copy_pass_by_ref)] // serde hands the field over by reference
    pub(super) fn serialize<S: Serializer>(
        rule: &&'static Rule,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Rule::all()
            .position(|known| known.name == rule.name)
            .ok_or_else(|| S::Error::custom("a rule is not in the list of all rules"))?
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<&'static Rule, D::Error> {
        let position = usize::deserialize(deserializer)?;
        Rule::all()
            .nth(position)
            .ok_or_else(|| D::Error::custom("no rule has this position"))
    }
}

impl Rule {
    /// Every rule: of annotations, of verbs, of nouns, of ids.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        ALL.iter().copied()
    }

    /// The rule of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|rule| rule.name == name)
    }
}

macro_rules! rules {
    ($($constant:ident $name:literal $certain:literal $reason:literal;)*) => {
        $(pub(crate) static $constant: Rule = Rule {
            name: $name,
            reason: $reason,
            certain: $certain,
        };)*
        static ALL: &[&Rule] = &[$(&$constant),*];
    };
}

rules! {
    ANNOTATED "annotated" true
        "what the document says in x-audit is never worked out";

    VERB_FIRST "verb-first" true
        "an operationId in English starts with what it does: cancelOrder, bulkDeleteItems";
    NOUN_FIRST "noun-first" true
        "generators put the class in front of its method: ContainerKill, Redis_RegenerateKey, topics.publish";
    VERB_LAST "verb-last" true
        "snake-case names of handlers end with what they do: invoice_delete, sign_confirm";
    VERB_BY_HABIT "verb-by-habit" false
        "where nearly every operationId of a document has its verb in one place, a word there is one: grokExpression";
    PATH_VERB "path-verb" true
        "a path that ends in a verb, or has one behind a colon, is a call of it: /orders/{id}/cancel, /users:invite";
    INNER_VERB "inner-verb" true
        "a verb in front of its parameters is a call too: /groups/add/{name}, /companies/search/{country}";
    PATH_AND_SUMMARY "path-and-summary" true
        "where path and summary agree, an operationId that only speaks of reading was copied";
    SUMMARY_VERB "summary-verb" true
        "a summary starts with what the operation does, where its name does not say it";
    TAKEN_FOR_VERB "taken-for-verb" false
        "a word in front of a determiner is a verb, even an unknown one: jettison the cargo";
    UPSERT "upsert" true
        "what creates or replaces, as it finds it, is an update";
    METHOD_VERB "method-verb" true
        "GET, PUT, PATCH and DELETE say themselves what they do";
    MEMBERSHIP "membership" true
        "a PUT without a body, or a DELETE, of a thing below another one adds or removes it there";
    POST_ON_ITEM "post-on-item" false
        "a POST on an item changes it, as far as nothing else is said";
    ANSWERED_LIST "answered-list" false
        "a POST that sends what its GET takes, or is answered with a list of other things, or with values where nothing is kept, has asked for them";
    BARE_POST "bare-post" false
        "a POST on a collection creates, but nothing else says so";
    SECRET_REQUESTED "secret-requested" true
        "nobody views a token: whoever gets one by POST has asked for it";

    OBJECT_AND_PATH "object-and-path" true
        "the verb's object and the path's last resource are the same thing, and the more exact words win";
    OBJECT "object" true
        "the verb's object is what is acted upon, where the path ends in something else";
    PATH_NOUN "path-noun" true
        "a path is made of nouns, and the last one is acted upon";
    SUMMARY_OBJECT "summary-object" true
        "who gives the verb gives the object";
    SUMMARY_AND_TAG "summary-and-tag" true
        "where summary and tag agree on a noun that the path has not, two witnesses outvote one";
    PARAMETER_NOUN "parameter-noun" true
        "a parameter's own name says which thing it is the key of: /bots/{name}/{file-kind}";
    PART_OF_ITEM "part-of-item" true
        "an object that the path does not name is a part of its item: the login parameters of a user";
    CHILD_OF_ITEM "child-of-item" true
        "what a call on an item creates stands below it";
    WHOLE_OF_PART "whole-of-part" true
        "a call on a part may be about the whole, as its object says";
    KIND_OF_LIST "kind-of-list" true
        "a list found by another thing is a list still: /disruptions/route/{route_id}";
    SESSION "session" true
        "whoever logs in or out does it to a session";
    CALLER "caller" true
        "whoever registers, and names nothing else, is the user";
    TAG_NOUN "tag-noun" false
        "a path without a noun leaves the tag, which names a chapter rather than a thing";
    GENERIC_NOUN "generic-noun" false
        "a noun such as config or data says little without another word in front of it";
    NO_NOUN "no-noun" false
        "neither path nor operationId nor summary has a noun";

    OWN_PARAMETER "own-parameter" true
        "the parameter behind a noun is its id";
    WHOLE_PARAMETER "whole-parameter" true
        "the only one of its kind is found by the id of what it is part of: the rating of a ride";
    SECRET_KEY "secret-key" true
        "a secret is never an id";
    CREATED "created" true
        "the service gives a new thing its id, and answers with it";
    CHOSEN_BY_CALLER "chosen-by-caller" false
        "where the answer names none, a new thing is known by the slug or name that its caller gave";
    IN_BODY_OR_QUERY "in-body-or-query" true
        "a call whose path names no thing names it by its id in the body or query";
    ONLY_ID "only-id" false
        "the only id of a body is most likely that of the thing";
    MANY "many" true
        "a list, a search or a bulk call has no one id";
    ONLY_ONE "only-one" true
        "what there is but one of needs no id";
    READ_WITHOUT_ID "read-without-id" true
        "what is worked out on request has no id to be found by";
    NO_ID "no-id" false
        "no place of the call names the thing";
}
