//! A verb phrase out of an `operationId`, a summary or a path segment: a verb and its object.

mod object;

use daybook_event::Action;

use super::function_words::{BULK_WORDS, DETERMINERS, FILLERS, PARTICIPLES, PREPOSITIONS};
use super::rule::{self, Rule};
use super::summary_and_path::{
    is_done_at_path, is_done_to_item, is_done_to_path, path_ends_in, path_takes_it_for_verb,
};
use super::summary_words::{alternatives, behind_given, said_of_noun, without_brackets};
use crate::meaning::adjectives::is_adjective;
use crate::meaning::noun_words::is_half_of_noun;
use crate::verbs::{self, Kind, KnownVerb};
use crate::words;
pub(crate) use object::object;

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
    /// How the verb was found; `None` for its plain place in front.
    pub(crate) rule: Option<&'static Rule>,
}

impl Phrase {
    /// The verb, where it stands in its plain place in front.
    pub(crate) fn leading_verb(&self) -> Option<&KnownVerb> {
        self.verb.as_ref().filter(|_| self.rule.is_none())
    }

    /// Whether it has this verb.
    pub(crate) fn does(&self, base: &str) -> bool {
        self.verb.as_ref().is_some_and(|verb| verb.base == base)
    }
}

/// Reads the first sentence of a summary, or of a description, of an operation at `path`.
pub(crate) fn of_summary(summary: &str, path: &str) -> Option<Phrase> {
    let text = behind_given(without_brackets(summary));
    let sentence = first_sentence(text);
    // "Please see the GET endpoint" is said to the reader.
    if sentence
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("please ")
    {
        return None;
    }
    // "Beta: activates a meter", "Files - flip an image": what stands in front may be a label, and is one where it is but
    // one word and no verb: "Views: create a session view", but "Cancel - returns the order".
    let parts = || sentence.split(':').flat_map(|part| part.split(" - "));
    let is_label = |part: &&str| {
        part.split_whitespace().nth(1).is_none()
            && !verbs::is_clear(&part.trim().to_ascii_lowercase())
    };
    parts()
        .filter(|part| !is_label(part))
        .chain(parts().filter(is_label))
        .find_map(|part| of_sentence(part, path))
        // "This functionality aggregates …" speaks of itself.
        .filter(|phrase| {
            phrase
                .noun
                .last()
                .is_none_or(|head| head != "functionality")
        })
        .map(|mut phrase| {
            phrase.noun.retain(|word| word != "all");
            phrase.noun.drain(..said_of_noun(&phrase.noun));
            phrase
        })
}

/// Up to the first mark that ends a clause; the dots of "OpenAPI 3.0.x" end none.
fn first_sentence(text: &str) -> &str {
    let end = text.char_indices().find(|(at, mark)| match mark {
        ',' | ';' | '(' | '\n' | '<' | '&' => true,
        '.' => {
            let behind = text[at + 1..].chars().next();
            let before = text[..*at].chars().next_back();
            !(before.is_some_and(|digit| digit.is_ascii_digit())
                && behind.is_some_and(char::is_alphanumeric))
        }
        _ => false,
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// A word in front of a determiner is a verb, known or not: "Flip an image", "Extracts the words".
fn before_determiner(all: &[String]) -> Option<verbs::KnownVerb> {
    let [first, second, ..] = all else {
        return None;
    };
    let is_determiner = matches!(
        second.as_str(),
        "a" | "an" | "the" | "all" | "your" | "this" | "one" | "multiple" | "existing"
    );
    let is_noun = ["al", "ion", "ment", "ity", "ness", "us", "uses"]
        .iter()
        .any(|end| first.ends_with(end));
    let is_word = first.len() > 3
        && !is_noun
        && first.chars().all(|letter| letter.is_ascii_lowercase())
        && !PREPOSITIONS.contains(&first.as_str())
        && !FILLERS.contains(&first.as_str())
        && !matches!(
            first.as_str(),
            "this" | "these" | "only" | "with" | "note" | "here" | "that"
        );
    (is_determiner && is_word).then(|| verbs::taken_for_verb(first))
}

fn of_sentence(sentence: &str, path: &str) -> Option<Phrase> {
    // "Start / stop charging"
    let sentence = sentence.replace(" / ", "/");
    let all: Vec<String> = sentence
        .split_whitespace()
        .take(24)
        // "Convert a Swagger 2.0 definition"
        .filter(|word| {
            !word.starts_with(|first: char| first.is_ascii_digit()) || !word.contains('.')
        })
        .flat_map(|word| {
            // "Catch-all state": no determiner stands alone there.
            let is_compound =
                word.split('-').any(|part| DETERMINERS.contains(&part)) && word.contains('-');
            if is_compound || word.contains(['\'', '’']) {
                vec![word.to_lowercase()]
            } else {
                alternatives(words::split(word), word)
            }
        })
        .collect();
    // "The operation creates an income."
    let all = match all.as_slice() {
        [the, itself, verb, ..]
            if matches!(the.as_str(), "the" | "this")
                && matches!(
                    itself.as_str(),
                    "operation" | "endpoint" | "method" | "service" | "api"
                )
                && verbs::known_in_any_form(verb).is_some() =>
        {
            &all[2..]
        }
        _ => all.as_slice(),
    };
    let all = without_fillers(all).to_vec();
    // "Order details" is a title, "Order a pizza" a sentence.
    let is_title = !path_takes_it_for_verb(&all, path)
        && all
            .first()
            .and_then(|first| verbs::known(first))
            .is_some_and(|verb| verb.kind == Kind::VerbOrNoun)
        && all
            .get(1)
            .is_none_or(|next| !DETERMINERS.contains(&next.as_str()))
        && !matches!(all.as_slice(), [first, second, ..] if verbs::phrasal(first, second).is_some())
        && !is_done_to_path(&all, path)
        && !is_done_to_item(&all, path)
        && !is_done_at_path(&all, path)
        && !all
            .iter()
            .any(|word| matches!(word.as_str(), "to" | "from" | "into"));
    if is_title {
        return None;
    }
    let mut phrase = verb_first(&all);
    // "License videos" at `/videos/licenses`
    if phrase.verb.is_none() && path_takes_it_for_verb(&all, path) {
        return Some(Phrase {
            verb: Some(verbs::taken_for_verb(&all[0])),
            noun: object(&all[1..]),
            rule: Some(&rule::TAKEN_FOR_VERB),
            ..Phrase::default()
        });
    }
    if phrase.verb.is_none()
        && let Some(verb) = before_determiner(&all)
        && verbs::known_in_any_form(&all[0]).is_none()
    {
        phrase.noun = object(&all[1..]);
        phrase.verb = Some(verb);
        phrase.rule = Some(&rule::TAKEN_FOR_VERB);
    }
    if phrase.verb.is_none() {
        let mut imperative = all.clone();
        let known = imperative
            .first()
            .and_then(|first| verbs::known_in_any_form(first))
            .filter(|known| !is_said_of_the_service(&known.base))
            // "pages" is a title, "pages the team on call" a sentence.
            .filter(|known| {
                known.kind == Kind::Verb
                    || path_ends_in(path, &known.base)
                    || brings_somewhere(&imperative, path)
                    || imperative
                        .get(1)
                        .is_some_and(|next| DETERMINERS.contains(&next.as_str()))
            })?;
        imperative[0].clone_from(&known.base);
        // "listing of messages" is listing messages.
        if imperative.get(1).is_some_and(|next| next == "of") {
            imperative.remove(1);
        }
        phrase = verb_first(&imperative);
    }
    phrase.verb.is_some().then_some(phrase)
}

/// "Transfers ownership of an app to an organization", but not "Messages sent to a user".
fn brings_somewhere(all: &[String], path: &str) -> bool {
    let [verb, thing, behind @ ..] = all else {
        return false;
    };
    let is_thing_of_path = words::split(path)
        .iter()
        .any(|word| words::is_plural(word) && words::singular(word) == words::singular(verb));
    !PREPOSITIONS.contains(&thing.as_str())
        && !thing.ends_with("ed")
        && !is_thing_of_path
        && !PARTICIPLES.contains(&thing.as_str())
        && behind
            .iter()
            .any(|word| matches!(word.as_str(), "to" | "into"))
}

/// "Accepts an upload", "Receives a callback": the service does it, not its caller.
fn is_said_of_the_service(base: &str) -> bool {
    matches!(
        base,
        "accept" | "receive" | "apply" | "respond" | "trigger" | "answer" | "handle"
    )
}

/// Reads the words of a path's last segment.
pub(crate) fn of_words(all: &[String]) -> Phrase {
    let mut phrase = verb_first(all);
    // `/sms/send-bulk`
    if let [only] = phrase.noun.as_slice()
        && phrase.verb.is_some()
        && is_bulk_word(only)
    {
        phrase.noun.clear();
        phrase.bulk = true;
    }
    if phrase.verb.is_some() {
        // `/alerts/closeMultiple`, `/notifications/read-all`
        phrase.bulk |= all
            .iter()
            .any(|word| matches!(word.as_str(), "multiple" | "many" | "all"));
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
            [first, _, ..] if is_bulk_word(first) => rest = &rest[1..],
            [first, second, ..]
                if (FILLERS.contains(&first.as_str())
                    && (!lets_somebody(first) || rest.iter().any(|word| word == "to"))
                    || is_adverb(first))
                    && (verbs::known_in_any_form(second).is_some()
                        || FILLERS.contains(&second.as_str())) =>
            {
                rest = &rest[1..];
            }
            _ => return rest,
        }
    }
}

/// "Enables users to export" lets them do it, `enableUser` does it to one.
fn lets_somebody(word: &str) -> bool {
    matches!(word, "enable" | "allow" | "let")
}

/// `incrementalRefresh`, `permanently delete`.
fn is_adverb(word: &str) -> bool {
    word.len() > 5
        && ["ally", "tely", "ntly", "tal", "nal"]
            .iter()
            .any(|end| word.ends_with(end))
}

/// `forgot-password`
pub(crate) fn is_forgotten_password(all: &[String]) -> bool {
    matches!(all, [forgot, password, behind @ ..] if password == "password"
        && behind.first().is_none_or(|word| is_preposition(word))
        && matches!(forgot.as_str(), "forgot" | "forget" | "forgotten" | "lost"))
}

/// Rule "verb first": `createUser`, `bulkDeleteItems`, `create or update a rule`.
pub(crate) fn verb_first(all: &[String]) -> Phrase {
    // Whoever has forgotten it asks for a new one.
    if is_forgotten_password(all) {
        return Phrase {
            verb: verbs::known("request"),
            noun: vec!["password".to_owned(), "reset".to_owned()],
            ..Phrase::default()
        };
    }
    let rest = without_fillers(all);
    let bulk = all.len() > rest.len()
        && all
            .iter()
            .take(all.len() - rest.len())
            .any(|word| is_bulk_word(word));
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
    let Some(mut verb) = verb else {
        return Phrase {
            noun: object(rest),
            bulk,
            ..Phrase::default()
        };
    };
    if asks_whether(&verb.base, rest) {
        verb.action = Action::Read;
    }
    rest = without_link(&verb.base, rest);
    // "create or update", "remove and swap": the first verb is the main one.
    let mut upsert = matches!(verb.base.as_str(), "upsert");
    while let [link, second, after @ ..] = rest
        && matches!(link.as_str(), "or" | "and")
        && verbs::known_in_any_form(second).is_some()
    {
        let known = verbs::known_in_any_form(second);
        let second = known
            .as_ref()
            .map(|verb| verb.base.clone())
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
        if link == "or"
            && let Some(either) = verbs::either_of(&verb, &second)
        {
            verb = either;
        }
        // "stop and delete": nothing that comes before is left.
        if link == "and" && matches!(second.as_str(), "delete" | "remove" | "destroy") {
            verb = known.unwrap_or(verb);
        }
        rest = after;
    }
    let (mut verb, mut noun) = performed(verb, rest);
    // `collectNow`
    while noun
        .last()
        .is_some_and(|last| matches!(last.as_str(), "now" | "again" | "immediately"))
    {
        noun.pop();
    }
    // `testIamPermissions` asks which ones there are.
    if verb.base == "test"
        && noun
            .last()
            .is_some_and(|head| words::singular(head) == "permission")
    {
        verb.action = Action::Read;
    }
    // `batch` or `bulk` may stand behind the verb too: `listBulkOrders` is no bulk read, though.
    let complement = complement(&verb.base, rest);
    Phrase {
        verb: Some(verb),
        noun,
        complement,
        bulk,
        upsert,
        rule: None,
    }
}

/// The verb and its object, where a general verb performs what a noun of doing names.
fn performed(mut verb: KnownVerb, rest: &[String]) -> (KnownVerb, Vec<String>) {
    // "perform a query": what is performed says more.
    let mut noun = object(rest);
    // `makePaymentMethodDefault`
    if verb.base == "make"
        && noun.len() > 1
        && noun.last().is_some_and(|last| is_adjective(last))
        && let Some(set) = verbs::known("set")
    {
        noun.pop();
        return (set, noun);
    }
    // `markRead`: see `complement`.
    if verb.base == "mark" && is_mark(&noun) {
        return (verb, Vec::new());
    }
    if matches!(
        verb.base.as_str(),
        "perform" | "execute" | "run" | "do" | "make" | "conduct" | "request"
    ) && noun.len() > 1
        && let Some(performed) = noun.last().and_then(|last| verbs::of_noun(last))
    {
        verb = performed;
        noun.pop();
        // "Perform a JavaScript query": in which language it is asked.
        if is_language(&noun) {
            noun.clear();
        }
    }
    // "requests the generation of a report", "invokes computing of tags"
    if let ([deed_noun], Some(of)) = (
        noun.as_slice(),
        rest.iter().position(|word| word == "of" || word == "on"),
    ) && matches!(
        verb.base.as_str(),
        "request" | "invoke" | "perform" | "trigger" | "initiate" | "start"
    ) && rest[..of].last() == Some(deed_noun)
        && let Some(deed) = verbs::of_noun(deed_noun).or_else(|| {
            deed_noun
                .ends_with("ing")
                .then(|| verbs::known_in_any_form(deed_noun))
                .flatten()
        })
    {
        if matches!(verb.base.as_str(), "invoke" | "perform") {
            verb = deed;
        }
        noun = object(&rest[of + 1..]);
    }
    (verb, noun)
}

/// What queries are written in.
fn is_language(noun: &[String]) -> bool {
    matches!(
        noun.concat().as_str(),
        "javascript"
            | "sql"
            | "graphql"
            | "sparql"
            | "xquery"
            | "xpath"
            | "json"
            | "xml"
            | "lucene"
    )
}

/// "verify if", "validate whether": a question.
fn asks_whether(base: &str, rest: &[String]) -> bool {
    matches!(base, "verify" | "confirm" | "test")
        && rest
            .first()
            .is_some_and(|next| matches!(next.as_str(), "if" | "whether"))
}

/// What follows the verb without what only links them.
fn without_link<'a>(base: &str, rest: &'a [String]) -> &'a [String] {
    // "search for vehicles"
    if matches!(
        base,
        "search" | "query" | "look" | "ask" | "check" | "listen" | "wait"
    ) && let [link, after @ ..] = rest
        && link == "for"
    {
        return after;
    }
    // "poll whether a request was confirmed"
    if let [link, after @ ..] = rest
        && (matches!(link.as_str(), "whether" | "that" | "how" | "what")
            || link == "if"
                && matches!(base, "check" | "determine" | "verify" | "validate" | "test"))
        && after.len() > 1
    {
        return after;
    }
    // "start uploading a file"
    if matches!(base, "start" | "begin" | "stop" | "finish")
        && let [gerund, after @ ..] = rest
        && !after.is_empty()
        && gerund.ends_with("ing")
        && verbs::known_in_any_form(gerund).is_some()
    {
        return after;
    }
    rest
}

/// Whether a word ends an object: `by` in `getUserById`.
pub(crate) fn is_preposition(word: &str) -> bool {
    PREPOSITIONS.contains(&word)
}

/// Whether a word says that there are many: `bulk`, `batch`.
pub(crate) fn is_bulk_word(word: &str) -> bool {
    BULK_WORDS.contains(&word)
}

/// Whether a word in front of a verb only says how: `quick`, `do`.
pub(crate) fn is_filler(word: &str) -> bool {
    FILLERS.contains(&word)
}

/// A word that is as often a noun is a verb only in front of an object.
pub(crate) fn is_verb_here(word: &str, following: &[String]) -> bool {
    match verbs::known(word) {
        Some(verb) if verb.kind == Kind::Verb => true,
        Some(_) => {
            following.first().is_some_and(|next| {
                !PREPOSITIONS.contains(&next.as_str()) && !is_half_of_noun(word, next)
            }) || following.is_empty() && word != "order"
        }
        None => false,
    }
}

/// `markRead`, `mark_unread`
fn is_mark(rest: &[String]) -> bool {
    matches!(rest, [mark] if matches!(
        mark.as_str(),
        "read" | "unread" | "seen" | "done" | "complete" | "completed" | "spam" | "favorite"
            | "favourite" | "paid" | "shipped" | "delivered" | "resolved"
    ))
}

/// "mark message as read": what the verb makes of its object.
fn complement(base: &str, rest: &[String]) -> String {
    if !matches!(base, "mark" | "set") {
        return String::new();
    }
    if base == "mark" && is_mark(rest) {
        return format!("as {}", rest[0]);
    }
    match rest.iter().position(|word| word == "as") {
        Some(at) if rest.len() - at <= 3 => rest[at..].join(" "),
        _ => String::new(),
    }
}
