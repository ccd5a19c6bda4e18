//! The rules by name: which one decided a fact, and whether it is sure of it.

use serde::{Deserialize, Serialize};

use crate::compiled::rule_by_position;

/// A rule that decides a fact of a meaning: its action and verb, its noun, or where its id is.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, as `docs/openapi.md` has it.
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

impl Rule {
    /// Every rule, in the order in which they are asked.
    pub fn all() -> &'static [&'static Self] {
        ALL
    }

    /// The rule of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|rule| rule.name == name)
    }
}

const fn certain(name: &'static str, reason: &'static str) -> Rule {
    Rule {
        name,
        reason,
        certain: true,
    }
}

const fn doubtful(name: &'static str, reason: &'static str) -> Rule {
    Rule {
        name,
        reason,
        certain: false,
    }
}

/// `x-audit` says it.
pub(crate) static ANNOTATED: Rule = certain(
    "annotated",
    "what the document says in x-audit is never worked out",
);

/// The operationId has a verb.
pub(crate) static OPERATION_ID_VERB: Rule = certain(
    "operation-id-verb",
    "people name an operation after what it does",
);

/// The method alone.
pub(crate) static METHOD_VERB: Rule = certain(
    "method-verb",
    "PUT, PATCH and DELETE say themselves what they do",
);

/// A POST of which nothing says what it does.
pub(crate) static BARE_POST: Rule = doubtful(
    "bare-post",
    "a POST on a collection creates, but nothing else says so",
);

/// The path's last resource.
pub(crate) static PATH_NOUN: Rule = certain("path-noun", "a path is made of nouns");

/// No noun anywhere.
pub(crate) static NO_NOUN: Rule = doubtful("no-noun", "neither path nor operationId has a noun");

/// The thing's own path parameter.
pub(crate) static PATH_ID: Rule = certain("path-id", "the parameter behind a noun is its id");

/// No id.
pub(crate) static NO_ID: Rule = doubtful("no-id", "no place of the call names the thing");

static ALL: &[&Rule] = &[
    &ANNOTATED,
    &OPERATION_ID_VERB,
    &METHOD_VERB,
    &BARE_POST,
    &PATH_NOUN,
    &NO_NOUN,
    &PATH_ID,
    &NO_ID,
];
