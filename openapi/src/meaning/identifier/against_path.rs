//! An identifier held against its path: whether it says more, and which of its words the path has.

use crate::operation_source::OperationSource;
use crate::verbs::{self, Kind};
use crate::words;

/// Whether the words are the path's own, in the path's order and up to its end.
pub(super) fn repeats_path(rest: &[String], path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path_words: Vec<String> = words::split(path)
        .iter()
        .map(|word| words::singular(word))
        .collect();
    let joined = path_words.concat();
    let mut at = 0;
    let mut last_in_path = false;
    for word in rest.iter().filter(|word| !is_link_word(word)) {
        let word = words::singular(word);
        match path_words[at..].iter().position(|known| *known == word) {
            Some(step) => {
                at += step + 1;
                last_in_path = true;
            }
            None if word.len() > 2 && !path_words.contains(&word) && joined.contains(&word) => {
                last_in_path = false;
            }
            None => return false,
        }
    }
    // `getCities` on `/cities/findcitiesfromlatlong` says less than the path, and more plainly.
    let said_to_the_end = path_words[at..]
        .iter()
        .all(|word| is_link_word(word) || is_param_word(word, path));
    !last_in_path || said_to_the_end
}

pub(super) fn has_verb(all: &[String], source: &OperationSource<'_>) -> bool {
    // `import_image` on `/imports/images/{id}` imports.
    let starts_with_verb = all.first().is_some_and(|first| {
        let path = source.path.split('#').next().unwrap_or_default();
        verbs::known(first).is_some() && !words::split(path).contains(first)
    });
    starts_with_verb || all.iter().any(|word| verbs::is_clear(word))
}

/// `v1bundlesbundle_idinsights` is the path without its punctuation, `GroceryList` one of its segments.
pub(super) fn is_path_itself(own: &str, all: &[String], source: &OperationSource<'_>) -> bool {
    let bare = |text: &str| -> String {
        text.chars()
            .filter(|character| character.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let path = source.path.split(['?', '#']).next().unwrap_or_default();
    let joined = all.concat();
    // `PostUsers2FALogin` on `/v2/users/2fa-login`
    let method = source.method.to_ascii_lowercase();
    let rest = bare(own);
    if let Some(rest) = rest.strip_prefix(method.as_str())
        && rest.len() > 5
        && bare(path).ends_with(rest)
        && !rest.starts_with("by")
    {
        return true;
    }
    bare(own) == bare(path) && !has_verb(all, source)
        || path
            .split('/')
            .filter(|segment| !segment.starts_with('{') && all.len() > 1)
            .any(|segment| bare(segment) == joined && verbs::known(&all[0]).is_none())
}

/// `5476364f031f5909e4fe331b` was drawn, not written.
pub(super) fn is_random(own: &str) -> bool {
    own.len() >= 16
        && own
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && own.bytes().any(|byte| byte.is_ascii_digit())
}

/// A word without a verb that names a segment further up than the last one.
pub(super) fn says_less_than_path(all: &[String], source: &OperationSource<'_>) -> bool {
    let [word] = all else { return false };
    let literals: Vec<&str> = source
        .path
        .split('/')
        .filter(|segment| !segment.is_empty() && !segment.starts_with('{'))
        .collect();
    let position = literals
        .iter()
        .position(|segment| words::split(segment).concat() == *word);
    position.is_some_and(|at| at + 1 < literals.len()) && verbs::known(word).is_none()
}

pub(super) fn names_last_literal(word: &str, source: &OperationSource<'_>) -> bool {
    source.last_literal().is_some_and(|segment| {
        let segment = words::split(segment).concat();
        words::singular(&segment) == words::singular(word)
            && verbs::known(word)
                .is_some_and(|verb| verb.kind == Kind::VerbOrNoun || words::is_plural(&segment))
    })
}

/// `giftCardDetails` on `/giftCards/view`: a gift card, and nothing gifted.
pub(super) fn starts_with_segment(all: &[String], source: &OperationSource<'_>) -> bool {
    let may_be_noun = all
        .first()
        .and_then(|first| verbs::known(first))
        .is_some_and(|verb| verb.kind == Kind::VerbOrNoun);
    // `StopPoint_Arrivals` on `/StopPoint/{id}/Arrivals`
    let begins_path =
        |segment: &str| source.method == "GET" && source.path.contains(&format!("/{segment}/"));
    source.path.split('/').any(|whole| {
        let segment = words::split(whole);
        segment.len() > 1
            && segment.len() < all.len()
            && (may_be_noun && words::is_plural(&segment[segment.len() - 1]) || begins_path(whole))
            && words::noun_phrase(&segment) == words::noun_phrase(&all[..segment.len()])
    })
}

pub(super) fn is_param_word(word: &str, path: &str) -> bool {
    path.split(['{', '}']).skip(1).step_by(2).any(|name| {
        words::split(name)
            .iter()
            .any(|part| words::singular(part) == word)
    })
}

/// Whether the path has the word's plural.
pub(super) fn names_resource(word: &str, source: &OperationSource<'_>) -> bool {
    words::split(source.path)
        .iter()
        .any(|known| words::is_plural(known) && words::singular(known) == word)
}

/// Whether a literal of the path ends with the word.
pub(super) fn in_path(word: &str, source: &OperationSource<'_>) -> bool {
    let word = words::singular(word);
    source
        .path
        .split('/')
        .filter(|segment| !segment.starts_with('{'))
        .any(|segment| {
            words::split(segment)
                .last()
                .is_some_and(|last| words::singular(last) == word)
        })
}

/// Whether a literal of the path ends with the word, unless it is what is done to the item in front.
pub(super) fn is_noun_of_path(word: &str, source: &OperationSource<'_>) -> bool {
    let mut segments = source.path.trim_end_matches('/').rsplit('/');
    let is_done_to_item = segments.next().is_some_and(|last| last == word)
        && segments
            .next()
            .is_some_and(|before| before.starts_with('{'));
    in_path(word, source) && !is_done_to_item
}

/// The most characters of a text that are searched for a noun.
const WITNESS_CHARS_MAX: usize = 1_000;

/// Whether path, summary, description or tags speak of the noun, however its words are joined.
pub(super) fn is_witnessed(noun: &[String], source: &OperationSource<'_>) -> bool {
    let Some(head) = noun.last().map(|head| words::singular(head)) else {
        return true;
    };
    [source.path, source.summary, source.description]
        .iter()
        .chain(&source.tags)
        .any(|text| {
            let start: String = text.chars().take(WITNESS_CHARS_MAX).collect();
            start.to_lowercase().contains(&head)
        })
}

pub(super) fn is_link_word(word: &str) -> bool {
    matches!(
        word,
        "id" | "by" | "and" | "of" | "the" | "a" | "for" | "in" | "to" | "all"
    )
}

/// Whether the words are all that the path ends in: `project link` of `/projectlinks`.
pub(super) fn is_path_end(noun: &[String], source: &OperationSource<'_>) -> bool {
    let end = source.path.trim_end_matches('/').rsplit('/').next();
    let end = words::split(end.unwrap_or_default()).concat();
    noun.len() > 1 && words::singular(&end) == words::noun_phrase(noun).replace(' ', "")
}

/// Whether a group of an identifier, which is no class, is what the path begins with, and no thing.
pub(super) fn is_chapter(group: &[String], source: &OperationSource<'_>) -> bool {
    let mut segments = source.path.split('/').filter(|segment| !segment.is_empty());
    source.operation_id.starts_with(char::is_lowercase)
        && segments
            .next()
            .is_some_and(|first| words::split(first) == group)
        && segments.next().is_some_and(|next| !next.starts_with('{'))
        && !group.last().is_some_and(|last| words::is_plural(last))
}
