//! A verb of two words at an identifier's end: `GlobalSignOut`, `payorEmailOptOut`, `emailLogin`.

use super::word_order::about;
use crate::meaning::adjectives::is_adjective;
use crate::meaning::phrase::{Phrase, is_filler};
use crate::meaning::rule;
use crate::verbs::{self, Kind};

/// Rule "verb last" of two words: `AdminUserGlobalSignOut` signs a user out, `emailLogin` logs in by e-mail.
pub(super) fn phrasal_last(all: &[String]) -> Option<Phrase> {
    let (verb, front) = match all {
        [front @ .., first, second] if verbs::phrasal(first, second).is_some() => {
            (verbs::phrasal(first, second), about_somebody(front))
        }
        [way, joined] if is_way_in(joined) && is_rather_a_noun(way) => {
            (verbs::known(joined), vec!["session".to_owned()])
        }
        _ => return None,
    };
    let has_front = !front.is_empty() && !front.iter().any(|word| verbs::is_clear(word));
    has_front.then(|| Phrase {
        verb,
        noun: front,
        rule: Some(&rule::VERB_LAST),
        ..Phrase::default()
    })
}

/// Whose doing it is: an adverb such as `global` or `single` says how, and a session is what is left.
fn about_somebody(front: &[String]) -> Vec<String> {
    let mut somebody = about(front);
    while somebody
        .last()
        .is_some_and(|word| is_adjective(word) || matches!(word.as_str(), "single" | "global"))
    {
        somebody.pop();
    }
    if somebody.is_empty() && !front.is_empty() {
        somebody.push("session".to_owned());
    }
    somebody
}

fn is_way_in(word: &str) -> bool {
    matches!(
        word,
        "login" | "logout" | "signin" | "signout" | "signon" | "logon"
    )
}

/// `email` of `emailLogin`, but not `force` of `forceLogout`.
fn is_rather_a_noun(word: &str) -> bool {
    !is_filler(word) && verbs::known(word).is_some_and(|verb| verb.kind == Kind::VerbOrNoun)
}
