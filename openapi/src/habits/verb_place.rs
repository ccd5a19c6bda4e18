//! How one document names its operations: where in their operationIds the verbs stand.

use crate::{verbs, words};

/// Where the verbs of a document's operationIds stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum VerbPlace {
    /// There are too few ids, or they do not agree.
    #[default]
    Mixed,
    /// `createUser`, `defineExpression`
    First,
    /// `userCreate`, `rankSubmit`
    Last,
}

/// The most ids of a document that are asked, and the fewest that say anything.
const IDS_MAX: usize = 1_000;
const IDS_MIN: usize = 4;

/// Of ten ids, how many must agree.
const AGREEING_OF_TEN: usize = 8;

/// Of ten paths, how many must be calls; verbs that are nouns as well are not counted.
const PATHS_OF_TEN: usize = 6;

impl VerbPlace {
    /// What most ids of a document agree on; each comes with its operation's method.
    pub(crate) fn of<'a>(ids: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let (mut verb_first, mut verb_last) = (0, 0);
        for (method, id) in ids.take(IDS_MAX) {
            let all = words::split(without_method(id, method));
            let ([first, .., last], true) = (all.as_slice(), all.len() < 12) else {
                continue;
            };
            match (verbs::is_clear(first), verbs::is_clear(last)) {
                (true, false) => verb_first += 1,
                (false, true) => verb_last += 1,
                _ => {}
            }
        }
        let agree = |count: usize| {
            count >= IDS_MIN && count * 10 >= (verb_first + verb_last) * AGREEING_OF_TEN
        };
        if agree(verb_first) {
            Self::First
        } else if agree(verb_last) {
            Self::Last
        } else {
            Self::Mixed
        }
    }
}

/// Whether nearly all paths of a document end in a verb and its object: `/get_profile`, `/createPad`.
pub(crate) fn paths_call<'a>(paths: impl Iterator<Item = &'a str>) -> bool {
    let (mut calls, mut all) = (0, 0);
    for path in paths.take(IDS_MAX).filter(|path| path.len() <= 200) {
        let end = path.rsplit('/').next().unwrap_or_default();
        let words = words::split(end);
        all += 1;
        if words.len() > 1 && !end.starts_with('{') && verbs::is_clear(&words[0]) {
            calls += 1;
        }
    }
    calls >= IDS_MIN && calls * 10 >= all * PATHS_OF_TEN
}

/// `POST_DefineExpression` without what only repeats the method; a method that is glued to the rest in
/// front is the verb.
fn without_method<'a>(id: &'a str, method: &str) -> &'a str {
    let id = id
        .split_once(['_', '-', ' '])
        .filter(|(first, _)| first.eq_ignore_ascii_case(method))
        .map_or(id, |(_, rest)| rest);
    // `cartManagementV1PlaceOrderPut`
    let end = id.len().saturating_sub(method.len());
    match id.get(end..) {
        Some(last) if end > 0 && last.eq_ignore_ascii_case(method) => &id[..end],
        _ => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ids: &[&str], expected: VerbPlace) {
        let ids = ids.iter().map(|id| ("post", *id));
        assert_eq!(VerbPlace::of(ids), expected);
    }

    #[test]
    fn most_ids_say_where_their_verbs_stand() {
        check(
            &[
                "POST_CreateDomain",
                "POST_DefineExpression",
                "deleteDomain",
                "listDomains",
                "updateScaling",
            ],
            VerbPlace::First,
        );
        check(
            &[
                "rankSubmit",
                "serpSubmit",
                "keyDelete",
                "keyCreate",
                "keyList",
            ],
            VerbPlace::Last,
        );
        check(&["createUser", "deleteUser"], VerbPlace::Mixed);
        check(
            &[
                "cartV1AddPost",
                "cartV1SharePost",
                "itemV1MovePost",
                "itemV1PricePost",
            ],
            VerbPlace::Mixed,
        );
        check(
            &[
                "createUser",
                "deleteUser",
                "userUpdate",
                "userCreate",
                "getUser",
            ],
            VerbPlace::Mixed,
        );
    }
}
