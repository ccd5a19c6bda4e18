//! A verb phrase out of an `operationId`, a summary or a path segment: a verb and its object.

use super::path_shape::param_noun;
use crate::operation::OperationSource;
use crate::verbs::{self, Kind, KnownVerb};
use crate::words;

/// Words that end an object: `by` in `getUserById`.
#[rustfmt::skip] // a list of words, not of lines
const PREPOSITIONS: &[&str] = &[
    "by", "for", "of", "to", "from", "in", "into", "with", "without", "on", "onto", "at", "via",
    "using", "per", "within", "under", "when", "if", "that", "which", "who", "where", "through",
    "against", "between", "based", "belonging", "associated", "related", "given", "identified",
    "matching", "and", "or", "so", "before", "after", "about", "as", "whose", "during", "over",
    "is", "are", "should", "can", "will", "including", "together", "has", "was", "were", "then",
    "out",
];

/// Words in front of an object that say nothing of its kind.
#[rustfmt::skip] // a list of words, not of lines
const DETERMINERS: &[&str] = &[
    "a", "an", "the", "all", "my", "own", "current", "new", "existing", "single", "multiple",
    "specific", "given", "one", "some", "any", "several", "this", "your", "their", "its",
    "individual", "particular", "specified", "more", "many", "every", "each", "available",
    "private", "public", "s", "another", "up", "existing", "authenticated", "user's", "full",
    "complete", "entire", "either", "both", "requested", "provided", "selected",
];

/// Adverbs and fillers in front of the verb.
#[rustfmt::skip] // a list of words, not of lines
const FILLERS: &[&str] = &[
    "do", "perform", "handle", "try", "async", "quick", "auto", "force", "admin", "api", "public",
    "internal", "v", "please", "allows", "allow", "you", "can", "will", "to", "this", "endpoint",
    "operation", "method", "be", "used", "request", "rest", "use", "silently", "partially",
    "permanently", "soft", "hard", "immediately",
];

/// Words in front of the verb that say "many at once".
const BULK_WORDS: &[&str] = &["bulk", "batch", "mass", "multi"];

/// Parts of generated identifiers that name the program and not the thing.
#[rustfmt::skip] // a list of words, not of lines
const PROGRAM_WORDS: &[&str] = &[
    "controller", "api", "service", "resource", "endpoint", "handler", "rest", "route",
];

/// A verb and what it is done to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Phrase {
    pub(crate) verb: Option<KnownVerb>,
    /// The object's words as written, lower case, without what follows a preposition.
    pub(crate) noun: Vec<String>,
    /// `as read` of "mark message as read".
    pub(crate) complement: String,
    pub(crate) bulk: bool,
    /// "create or update"
    pub(crate) upsert: bool,
}

/// Reads an `operationId`; `None` where it only repeats method and path, as generated ones do.
pub(crate) fn of_operation_id(source: &OperationSource<'_>) -> Option<Phrase> {
    let (operation_id, method, path) = (source.operation_id, source.method, source.path);
    let lower_method = method.to_ascii_lowercase();
    let own = operation_id
        .strip_prefix(&format!("{lower_method}-{path}_"))
        .or_else(|| operation_id.strip_prefix(&format!("{lower_method}{path}")))
        .unwrap_or(operation_id);
    let own = without_using(own);
    if own.trim().is_empty() {
        return None;
    }
    let mut all = unglued(without_versions(words::split(own)), source);
    let path_words: Vec<String> = words::split(path)
        .iter()
        .map(|word| words::singular(word))
        .collect();
    let joined_path = path_words.concat();
    if all.first() == Some(&lower_method) {
        let rest = &all[1..];
        let repeats = rest.iter().all(|word| {
            let word = words::singular(word);
            path_words.contains(&word)
                || (word.len() > 3 && joined_path.contains(&word))
                || is_link_word(&word)
        });
        if repeats {
            return None;
        }
        // `post-listRecurringDetails`: the method in front of an identifier of its own.
        let after_method = own.get(method.len()..).unwrap_or_default();
        if after_method.starts_with(['-', '_', '.', '/', ' '])
            && rest
                .first()
                .is_some_and(|word| is_verb_here(word, &rest[1..]))
        {
            all = rest.to_vec();
        }
    }
    // `ImagePush` on `/images/{name}/push`: the path takes the last word for the verb.
    let path_end = words::split(path.rsplit(['/', ':']).next().unwrap_or_default());
    if let ([front @ .., last], [end]) = (all.as_slice(), path_end.as_slice())
        && !front.is_empty()
        && own.chars().all(char::is_alphanumeric)
        && !FILLERS.contains(&front[0].as_str())
        && last == end
        && verbs::known(&front[0]).is_none_or(|verb| verb.kind == Kind::VerbOrNoun)
        && let Some(verb) = verbs::known(last)
    {
        return Some(Phrase {
            verb: Some(verb),
            noun: object(front),
            ..Phrase::default()
        });
    }
    let phrase = verb_first(&all);
    if phrase.verb.is_some() {
        return Some(phrase);
    }
    Some(noun_first(own).unwrap_or(phrase))
}

/// Reads the first sentence of a summary.
pub(crate) fn of_summary(summary: &str) -> Option<Phrase> {
    let sentence = summary.split(['.', ',', ';', '(', '\n', ':', '<']).next()?;
    let all: Vec<String> = sentence
        .split_whitespace()
        .take(24)
        .flat_map(|word| {
            if word.contains(['\'', '’']) {
                vec![word.to_lowercase()]
            } else {
                words::split(word)
            }
        })
        .collect();
    // "Order details" is a title, "Order a pizza" a sentence.
    let is_title = all
        .first()
        .and_then(|first| verbs::known(first))
        .is_some_and(|verb| verb.kind == Kind::VerbOrNoun)
        && all
            .get(1)
            .is_none_or(|next| !DETERMINERS.contains(&next.as_str()));
    if is_title {
        return None;
    }
    let mut phrase = verb_first(&all);
    if phrase.verb.is_none() {
        let mut imperative = all.clone();
        let known = imperative
            .first()
            .and_then(|first| verbs::known_in_any_form(first))?;
        imperative[0].clone_from(&known.base);
        phrase = verb_first(&imperative);
    }
    phrase.verb.is_some().then_some(phrase)
}

/// Reads the words of a path's last segment.
pub(crate) fn of_words(all: &[String]) -> Phrase {
    let phrase = verb_first(all);
    if phrase.verb.is_some() {
        return phrase;
    }
    match all.split_last() {
        // `authenticateBegin`, `user:next`: what there is of a verb stands anywhere.
        Some((last, front)) if !front.is_empty() => {
            let verb = verbs::known(last);
            if verb.is_some() {
                return Phrase {
                    verb,
                    noun: object(front),
                    ..Phrase::default()
                };
            }
            phrase
        }
        _ => phrase,
    }
}

/// The words from the verb on: `bulk`, `quick`, `do` and their like say how, not what.
pub(crate) fn without_fillers(all: &[String]) -> &[String] {
    let mut rest = all;
    loop {
        match rest {
            [first, _, ..] if BULK_WORDS.contains(&first.as_str()) => rest = &rest[1..],
            [first, second, ..]
                if FILLERS.contains(&first.as_str())
                    && (verbs::known_in_any_form(second).is_some()
                        || FILLERS.contains(&second.as_str())) =>
            {
                rest = &rest[1..];
            }
            _ => return rest,
        }
    }
}

/// Rule "glued": one lower-case word that is a verb and a noun that the operation's own parameters
/// name: `switchschedule` beside `schedule_id`.
pub(crate) fn unglued(all: Vec<String>, source: &OperationSource<'_>) -> Vec<String> {
    let [word] = all.as_slice() else { return all };
    if word.len() < 7 || word.len() > 40 || !word.is_ascii() || verbs::known(word).is_some() {
        return all;
    }
    let body = source
        .request
        .map(|schema| source.schemas.properties(schema))
        .unwrap_or_default();
    let nouns: Vec<String> = source
        .query
        .iter()
        .chain(&source.path_params)
        .chain(&body)
        .take(100)
        .map(|property| param_noun(property.name).concat())
        .filter(|noun| noun.len() > 2)
        .collect();
    for verb_end in 3..word.len() - 2 {
        let (verb, rest) = word.split_at(verb_end);
        if verbs::known(verb).is_none_or(|verb| verb.kind != Kind::Verb) {
            continue;
        }
        for noun_end in (3..=rest.len()).rev() {
            let (noun, tail) = rest.split_at(noun_end);
            if nouns.contains(&words::singular(noun)) {
                let mut found = vec![verb.to_owned(), noun.to_owned()];
                if !tail.is_empty() {
                    found.extend(["as".to_owned(), tail.to_owned()]);
                }
                return found;
            }
        }
    }
    all
}

/// Rule "verb first": `createUser`, `bulkDeleteItems`, `create or update a rule`.
fn verb_first(all: &[String]) -> Phrase {
    let rest = without_fillers(all);
    let bulk = all.len() > rest.len()
        && all
            .iter()
            .take(all.len() - rest.len())
            .any(|word| BULK_WORDS.contains(&word.as_str()));
    let Some((first, more)) = rest.split_first() else {
        return Phrase {
            bulk,
            ..Phrase::default()
        };
    };
    let phrasal = more
        .first()
        .and_then(|second| verbs::phrasal(first, second));
    let (verb, mut rest) = match phrasal {
        Some(verb) => (Some(verb), &more[1..]),
        None if is_verb_here(first, more) => (verbs::known(first), more),
        None => (None, rest),
    };
    let Some(verb) = verb else {
        return Phrase {
            noun: object(rest),
            bulk,
            ..Phrase::default()
        };
    };
    // "create or update", "remove and swap": the first verb is the main one.
    let mut upsert = matches!(verb.base.as_str(), "upsert");
    while let [link, second, after @ ..] = rest
        && matches!(link.as_str(), "or" | "and")
        && verbs::known_in_any_form(second).is_some()
    {
        let second = verbs::known_in_any_form(second)
            .map(|verb| verb.base)
            .unwrap_or_default();
        let pair = [verb.base.as_str(), second.as_str()];
        upsert |= link == "or"
            && ["create", "add", "insert", "set"]
                .iter()
                .any(|create| pair.contains(create))
            && [
                "update",
                "replace",
                "modify",
                "edit",
                "overwrite",
                "patch",
                "change",
            ]
            .iter()
            .any(|update| pair.contains(update));
        rest = after;
    }
    // `batch` or `bulk` may stand behind the verb too: `listBulkOrders` is no bulk read, though.
    let noun = object(rest);
    let complement = complement(&verb.base, rest);
    Phrase {
        verb: Some(verb),
        noun,
        complement,
        bulk,
        upsert,
    }
}

/// Rule "noun first": `ContainerKill`, `Redis_RegenerateKey`, `pubsub.projects.topics.publish`.
fn noun_first(operation_id: &str) -> Option<Phrase> {
    let groups: Vec<Vec<String>> = operation_id
        .split(['.', '_', '/', '-', ' '])
        .map(|group| without_versions(words::split(group)))
        .filter(|group| !group.is_empty())
        .collect();
    if let [front @ .., last] = groups.as_slice()
        && !front.is_empty()
    {
        let mut phrase = verb_first(last);
        if phrase.verb.is_some() {
            let dotted = operation_id.contains('.');
            let subject: Vec<String> = if dotted {
                front.last().cloned().unwrap_or_default()
            } else {
                front.concat()
            };
            let mut noun: Vec<String> = object(&subject)
                .into_iter()
                .filter(|word| !PROGRAM_WORDS.contains(&word.as_str()))
                .collect();
            if !phrase.noun.is_empty()
                && !dotted
                && let Some(head) = noun.last_mut()
            {
                *head = words::singular(head);
            }
            if !dotted || phrase.noun.is_empty() {
                noun.append(&mut phrase.noun);
                phrase.noun = noun;
            }
            return Some(phrase);
        }
    }
    let all = without_versions(words::split(operation_id));
    let end = all
        .iter()
        .position(|word| PREPOSITIONS.contains(&word.as_str()))
        .unwrap_or(all.len());
    let before_preposition = all.get(..end)?;
    // `private_article_reserve_doi`: the verb stands between what encloses the object and it.
    if operation_id.contains('_')
        && let Some(at) = before_preposition
            .iter()
            .skip(1)
            .position(|word| verbs::known(word).is_some_and(|verb| verb.kind == Kind::Verb))
        && at + 2 < before_preposition.len()
    {
        return Some(verb_first(&before_preposition[at + 1..]));
    }
    let (last, front) = before_preposition.split_last()?;
    let verb = verbs::known(last).filter(|verb| verb.kind == Kind::Verb && !front.is_empty())?;
    Some(Phrase {
        verb: Some(verb),
        noun: object(front),
        ..Phrase::default()
    })
}

/// A word that is as often a noun is a verb only in front of an object.
fn is_verb_here(word: &str, following: &[String]) -> bool {
    match verbs::known(word) {
        Some(verb) if verb.kind == Kind::Verb => true,
        Some(_) => {
            following
                .first()
                .is_some_and(|next| !PREPOSITIONS.contains(&next.as_str()))
                || following.is_empty() && word != "order"
        }
        None => false,
    }
}

/// The object's words, up to a preposition and without determiners.
fn object(all: &[String]) -> Vec<String> {
    let start = all
        .iter()
        .take_while(|word| DETERMINERS.contains(&word.as_str()))
        .count();
    let mut noun: Vec<String> = all[start..]
        .iter()
        .take_while(|word| !PREPOSITIONS.contains(&word.as_str()))
        .filter(|word| !DETERMINERS[..3].contains(&word.as_str()))
        .take(6)
        .cloned()
        .collect();
    // "a list of orders" and "the details of an order" are about orders.
    if let [only] = noun.as_slice()
        && matches!(
            only.as_str(),
            "list"
                | "details"
                | "detail"
                | "set"
                | "number"
                | "collection"
                | "information"
                | "info"
                | "batch"
                | "page"
        )
        && all
            .get(start + 1)
            .is_some_and(|word| word == "of" || word == "for" || word == "about")
    {
        noun = object(&all[start + 2..]);
    }
    noun
}

/// "mark message as read": what the verb makes of its object.
fn complement(base: &str, rest: &[String]) -> String {
    if !matches!(base, "mark" | "set") {
        return String::new();
    }
    match rest.iter().position(|word| word == "as") {
        Some(at) if rest.len() - at <= 3 => rest[at..].join(" "),
        _ => String::new(),
    }
}

fn without_versions(mut all: Vec<String>) -> Vec<String> {
    let is_version = |word: &String| {
        word.strip_prefix('v')
            .unwrap_or(word)
            .chars()
            .all(|character| character.is_ascii_digit())
    };
    while all.len() > 1 && all.last().is_some_and(is_version) {
        all.pop();
    }
    while all.len() > 1 && all.first().is_some_and(is_version) {
        all.remove(0);
    }
    all
}

/// Generators append how a method was called: `getTextUsingPOST`, `GetItemusingJSON_1`.
fn without_using(operation_id: &str) -> &str {
    let lower = operation_id.to_ascii_lowercase();
    match lower.rfind("using") {
        Some(at) if at > 2 && lower.len() - at <= 14 && lower.is_char_boundary(at) => {
            &operation_id[..at]
        }
        _ => operation_id,
    }
}

fn is_link_word(word: &str) -> bool {
    matches!(
        word,
        "id" | "by" | "and" | "of" | "the" | "a" | "for" | "in" | "to" | "all"
    )
}
