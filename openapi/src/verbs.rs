//! English verbs as interfaces use them: their forms, and the kind of change each one makes.

mod past;

use std::collections::HashMap;
use std::sync::LazyLock;

use daybook_event::Action::{self, Create, Delete, Execute, Read, Update};
use serde::{Deserialize, Serialize};

pub(crate) use past::{bases_of_past, is_irregular_past, past_form, regular_past_of};

/// A verb in the forms that sentences need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verb {
    /// `deleted`
    pub past: String,
    /// `delete`
    pub base: String,
    /// What follows the noun: `as read`; mostly empty.
    pub complement: String,
}

/// How sure a word is a verb where it could as well be a noun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Hardly ever a noun: `delete`, `activate`.
    Verb,
    /// As often a noun: `order`, `report`. A verb only in front of a noun.
    VerbOrNoun,
}

/// A verb that was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownVerb {
    pub(crate) base: String,
    pub(crate) action: Action,
    pub(crate) kind: Kind,
}

/// Verbs by the kind of change they make: a section for each action, those that are as often nouns
/// apart. What is in none of them, but has the form of a verb, makes an [`Execute`].
const CLASSES: &str = include_str!("verbs.txt");

/// Verbs that look at what is there; the others that read work something out.
#[rustfmt::skip] // a list of words, not of lines
const LOOK_AT: &[&str] = &[
    "get", "read", "view", "show", "describe", "fetch", "retrieve", "return", "obtain", "check",
    "verify", "validate", "poll", "inspect", "list", "download", "export", "see", "load",
    "preview", "lookup", "find", "search", "query", "count", "resolve", "introspect",
];

/// Verbs of two words, and how they are written in one.
#[rustfmt::skip] // a list of words, not of lines
const PHRASAL: &[(&str, &str, &str)] = &[
    ("log", "in", "login"), ("log", "out", "logout"), ("log", "off", "logoff"),
    ("sign", "in", "signin"), ("sign", "up", "signup"), ("sign", "out", "signout"),
    ("sign", "off", "signoff"), ("roll", "back", "rollback"), ("shut", "down", "shutdown"),
    ("set", "up", "setup"), ("opt", "in", "optin"), ("opt", "out", "optout"),
    ("check", "in", "checkin"), ("check", "out", "checkout"), ("clock", "in", "clockin"),
    ("clock", "out", "clockout"), ("turn", "on", "turnon"), ("turn", "off", "turnoff"),
    ("switch", "on", "switchon"), ("switch", "off", "switchoff"), ("back", "up", "backup"),
    ("hang", "up", "hangup"), ("clean", "up", "cleanup"), ("look", "up", "lookup"),
    ("scale", "up", "scaleup"), ("scale", "down", "scaledown"), ("power", "on", "poweron"),
    ("power", "off", "poweroff"), ("wake", "up", "wakeup"), ("take", "over", "takeover"),
    ("hand", "over", "handover"), ("fail", "over", "failover"), ("respond", "to", "respondto"), ("reply", "to", "replyto"),
    ("stop", "watching", "stopwatching"), ("stop", "following", "stopfollowing"),
    ("warm", "up", "warmup"), ("log", "on", "logon"), ("sign", "on", "signon"), ("roll", "out", "rollout"),
    ("roll", "forward", "rollforward"), ("spin", "up", "spinup"), ("spin", "down", "spindown"),
    ("tear", "down", "teardown"), ("phase", "out", "phaseout"), ("write", "off", "writeoff"),
    ("cash", "out", "cashout"), ("hand", "off", "handoff"), ("fail", "back", "failback"),
    ("top", "up", "topup"), ("act", "on", "acton"), ("punch", "in", "punchin"), ("punch", "out", "punchout"),
];

/// Prefixes that make a verb of a verb.
const PREFIXES: &[&str] = &[
    "un", "re", "de", "dis", "pre", "over", "auto", "co", "mis", "out",
];

/// Endings that hardly anything but a verb has.
const VERB_ENDINGS: &[&str] = &["ize", "ise", "ify", "ate"];

/// Nouns and adjectives that have such an ending, or such a prefix, all the same.
#[rustfmt::skip] // a list of words, not of lines
const NOT_VERBS: &[&str] = &[
    "date", "template", "state", "certificate", "rate", "candidate", "private", "plate",
    "delegate", "affiliate", "estate", "climate", "enterprise", "exercise", "franchise",
    "promise", "premise", "noise", "rise", "merchandise", "size", "prize", "gate", "mandate",
    "immediate", "ultimate", "intermediate", "separate", "corporate", "graduate", "chocolate",
    "slate", "crate", "expertise", "coordinate", "predicate", "wise", "likewise", "otherwise",
    "surprise", "cruise", "disguise", "alternate", "appropriate", "accurate", "adequate",
    "advocate", "surrogate", "syndicate", "subordinate", "discount",
];

/// The verb that a word is, as an imperative: `delete`, `unfreeze`, `signup`.
pub(crate) fn known(word: &str) -> Option<KnownVerb> {
    listed(word)
        .or_else(|| {
            let stem = PREFIXES.iter().find_map(|prefix| {
                let stem = word
                    .strip_prefix(prefix)
                    .filter(|_| !NOT_VERBS.contains(&word))?;
                let stem = stem.strip_prefix('-').unwrap_or(stem);
                (stem.len() > 2).then(|| listed(stem)).flatten()
            })?;
            // To unregister creates nothing.
            let undoes = ["un", "de", "dis"]
                .iter()
                .any(|prefix| word.starts_with(prefix));
            let action = match stem.action {
                Update => Update,
                Create if !undoes => Create,
                _ => Execute,
            };
            Some(KnownVerb {
                base: word.to_owned(),
                action,
                kind: stem.kind,
            })
        })
        .or_else(|| {
            let has_form =
                word.len() > 4 && VERB_ENDINGS.iter().any(|ending| word.ends_with(ending));
            // `orderstate` is a state, and `pricewise` no verb either.
            let ends_in_noun = word != "reinstate"
                && [
                    "state",
                    "wise",
                    "template",
                    "certificate",
                    "update",
                    "candidate",
                ]
                .iter()
                .any(|noun| word.ends_with(noun));
            (has_form && !ends_in_noun && !NOT_VERBS.contains(&word)).then(|| KnownVerb {
                base: word.to_owned(),
                action: Execute,
                kind: Kind::VerbOrNoun,
            })
        })
}

/// Whether a word is a verb, and hardly ever a noun.
pub(crate) fn is_clear(word: &str) -> bool {
    known(word).is_some_and(|verb| verb.kind == Kind::Verb)
}

/// Whether a verb looks at what is there, rather than works something out.
pub(crate) fn looks_at(base: &str) -> bool {
    LOOK_AT.contains(&base)
}

/// The verb that a word is as `Creates` or `creating` would say, or as an imperative.
pub(crate) fn known_in_any_form(word: &str) -> Option<KnownVerb> {
    known(word)
        .or_else(|| third_person(word))
        .or_else(|| gerund(word))
}

/// A word that its place makes a verb, in its base form: `extracts` → extract, `deleted` → delete.
pub(crate) fn taken_for_verb(word: &str) -> KnownVerb {
    if let Some(verb) = regular_past_of(word) {
        return verb;
    }
    let base = word
        .strip_suffix("ies")
        .map(|stem| format!("{stem}y"))
        .or_else(|| {
            ["sses", "shes", "ches", "xes", "zzes"]
                .iter()
                .any(|end| word.ends_with(end))
                .then(|| word[..word.len() - 2].to_owned())
        })
        .or_else(|| {
            word.strip_suffix('s')
                .filter(|stem| !stem.ends_with(['s', 'u', 'i']))
                .map(str::to_owned)
        })
        .unwrap_or_else(|| word.to_owned());
    known(&base).unwrap_or(KnownVerb {
        base,
        action: Execute,
        kind: Kind::Verb,
    })
}

/// What undoes a verb: unfollow of follow, disable of enable.
pub(crate) fn undo_of(base: &str) -> Option<String> {
    let undo = match base {
        "enable" => "disable".to_owned(),
        "activate" => "deactivate".to_owned(),
        "disable" => "enable".to_owned(),
        "deactivate" => "activate".to_owned(),
        "connect" => "disconnect".to_owned(),
        "associate" => "disassociate".to_owned(),
        "attach" => "detach".to_owned(),
        "join" => "leave".to_owned(),
        _ => format!("un{base}"),
    };
    listed(&undo).map(|verb| verb.base)
}

/// What is done by whoever does one thing or its opposite: "archive or unarchive" updates, "approve or reject" processes.
pub(crate) fn either_of(one: &KnownVerb, other: &str) -> Option<KnownVerb> {
    let base = one.base.as_str();
    let undoes = |base: &str, other: &str| undo_of(base).is_some_and(|undo| undo == other);
    let is_pair = |first: &[&str], second: &[&str]| {
        first.contains(&base) && second.contains(&other)
            || second.contains(&base) && first.contains(&other)
    };
    if is_pair(
        &["accept", "approve", "confirm", "allow"],
        &[
            "reject",
            "decline",
            "deny",
            "refuse",
            "cancel",
            "disapprove",
        ],
    ) {
        return known("process");
    }
    let is_switched = undoes(base, other)
        || undoes(other, base)
        || is_pair(&["open"], &["close"])
        || is_pair(
            &["add", "upload", "create", "set"],
            &["delete", "remove", "clear", "unset"],
        );
    if is_switched { known("update") } else { None }
}

/// The verb that a noun of doing holds: `search`, `analysis`, `validation`, `reversal`.
pub(crate) fn of_noun(word: &str) -> Option<KnownVerb> {
    let irregular = match word {
        "search" | "query" | "lookup" | "check" => word,
        "analysis" => "analyze",
        "comparison" => "compare",
        "correction" => "correct",
        "reversal" => "reverse",
        "retrieval" => "retrieve",
        "removal" => "remove",
        "recognition" => "recognize",
        "conversion" => "convert",
        "extraction" => "extract",
        "detection" => "detect",
        "prediction" => "predict",
        "deletion" => "delete",
        "creation" => "create",
        "calculation" => "calculate",
        "verification" => "verify",
        "classification" => "classify",
        "identification" => "identify",
        _ => "",
    };
    if !irregular.is_empty() {
        return known(irregular);
    }
    let stem = word.strip_suffix("ation")?;
    known(&format!("{stem}ate"))
        .or_else(|| known(&format!("{stem}e")))
        .filter(|verb| verb.kind == Kind::Verb)
}

fn third_person(word: &str) -> Option<KnownVerb> {
    let stem = word.strip_suffix('s')?;
    known(stem)
        .or_else(|| stem.strip_suffix('e').and_then(known))
        .or_else(|| {
            stem.strip_suffix("ie")
                .and_then(|stem| known(&format!("{stem}y")))
        })
}

fn gerund(word: &str) -> Option<KnownVerb> {
    let stem = word.strip_suffix("ing").filter(|stem| stem.len() > 2)?;
    let undoubled = stem
        .char_indices()
        .last()
        .filter(|(at, last)| stem[..*at].ends_with(*last))
        .map(|(at, _)| &stem[..at]);
    known(&format!("{stem}e"))
        .filter(|verb| verb.kind == Kind::Verb)
        .or_else(|| known(stem))
        .or_else(|| undoubled.and_then(known))
}

/// The verb that two words are together: `sign`, `up` → `signup`.
pub(crate) fn phrasal(first: &str, second: &str) -> Option<KnownVerb> {
    let (_, _, joined) = PHRASAL
        .iter()
        .find(|(verb, particle, _)| *verb == first && *particle == second)?;
    let action = match *joined {
        "lookup" => Read,
        "setup" => Create,
        _ => Execute,
    };
    Some(KnownVerb {
        base: (*joined).to_owned(),
        action,
        kind: Kind::Verb,
    })
}

/// Whether a word is a verb of two words in one: `login`, `checkout`.
pub(crate) fn is_phrasal(word: &str) -> bool {
    PHRASAL.iter().any(|(_, _, joined)| *joined == word)
}

/// Every listed verb; the first section that names one decides its action.
static LISTED: LazyLock<HashMap<&'static str, (Action, Kind)>> = LazyLock::new(|| {
    let mut listed = HashMap::new();
    let mut section = (Execute, Kind::Verb);
    for line in CLASSES.lines().filter(|line| !line.starts_with('#')) {
        if let Some(title) = line.strip_prefix('[') {
            let title = title.trim_end_matches(']');
            let (action, kind) = title
                .strip_suffix(" noun")
                .map_or((title, Kind::Verb), |action| (action, Kind::VerbOrNoun));
            let action = match action {
                "create" => Create,
                "read" => Read,
                "update" => Update,
                "delete" => Delete,
                _ => Execute,
            };
            section = (action, kind);
            continue;
        }
        for word in line.split_whitespace() {
            let (_, known_kind) = listed.entry(word).or_insert(section);
            if section.1 == Kind::VerbOrNoun {
                *known_kind = Kind::VerbOrNoun;
            }
        }
    }
    listed
});

fn listed(word: &str) -> Option<KnownVerb> {
    let (action, kind) = LISTED.get(word)?;
    Some(KnownVerb {
        base: word.to_owned(),
        action: *action,
        kind: *kind,
    })
}

/// A verb as people write it: `signup` → `sign up`.
pub(crate) fn base_form(base: &str) -> String {
    PHRASAL
        .iter()
        .find(|(_, _, joined)| *joined == base)
        .map_or_else(
            || base.to_owned(),
            |(verb, particle, _)| format!("{verb} {particle}"),
        )
}

/// Of the words that are as often nouns, those that behind an item are rather done to it than part
/// of it: `/payments/{id}/refund`, but not `/payments/{id}/comment`.
pub(crate) fn is_mostly_done_to_things(word: &str) -> bool {
    matches!(
        word,
        "import"
            | "export"
            | "build"
            | "copy"
            | "test"
            | "transfer"
            | "refund"
            | "charge"
            | "release"
            | "share"
            | "watch"
            | "star"
            | "flag"
            | "follow"
            | "like"
            | "vote"
            | "bookmark"
            | "play"
            | "power"
            | "boot"
            | "ping"
            | "probe"
            | "push"
            | "pull"
            | "hold"
            | "swap"
            | "split"
            | "forward"
            | "mail"
            | "email"
            | "purchase"
            | "exchange"
            | "rate"
            | "sort"
            | "wake"
            | "print"
            | "scan"
            | "sign"
            | "match"
            | "stream"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_tenses_are_those_of_people() {
        for (base, past) in [
            ("delete", "deleted"),
            ("apply", "applied"),
            ("deploy", "deployed"),
            ("stop", "stopped"),
            ("submit", "submitted"),
            ("cancel", "cancelled"),
            ("send", "sent"),
            ("resend", "resent"),
            ("unfreeze", "unfroze"),
            ("rerun", "reran"),
            ("signup", "signed up"),
            ("rollback", "rolled back"),
            ("unpin", "unpinned"),
            ("fix", "fixed"),
            ("override", "overrode"),
            ("reset", "reset"),
            ("retrigger", "retriggered"),
            ("kill", "killed"),
            ("relay", "relayed"),
            ("delay", "delayed"),
            ("embed", "embedded"),
            ("unembed", "unembedded"),
            ("withhold", "withheld"),
            ("rewind", "rewound"),
            ("warmup", "warmed up"),
            ("rollforward", "rolled forward"),
            ("publish", "published"),
            ("debug", "debugged"),
        ] {
            assert_eq!(past_form(base), past, "{base}");
        }
    }

    #[test]
    fn a_verb_is_known_by_list_prefix_or_ending() {
        assert_eq!(known("delete").unwrap().action, Delete);
        assert_eq!(known("unfreeze").unwrap().action, Execute);
        assert_eq!(known("synchronize").unwrap().action, Execute);
        assert_eq!(known_in_any_form("creates").unwrap().base, "create");
        assert_eq!(known_in_any_form("applies").unwrap().base, "apply");
        for noun in [
            "workflow",
            "template",
            "certificate",
            "user",
            "entity",
            "webhook",
        ] {
            assert_eq!(known(noun), None, "{noun}");
        }
    }
}
