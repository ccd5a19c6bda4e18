//! Values as they may stand in a sentence: visible text, short, and not to be mistaken for the
//! sentence's own words.

use crate::value_location::is_placeholder;
use crate::verbs;

/// The most words of a sentence.
pub(crate) const WORDS_MAX: usize = 18;

/// The most characters of a sentence.
pub(crate) const SENTENCE_CHARS_MAX: usize = 300;

/// How much of a text is looked at.
const TEXT_CHARS_MAX: usize = 2_000;

/// How far back a text is cut to end with a whole word.
const CUT_BACK_CHARS_MAX: usize = 24;

/// The longest word whose full stop says that it is short for something.
const ABBREVIATION_CHARS_MAX: usize = 4;

/// Words of the sentence's own frame.
#[rustfmt::skip] // a list of words, not of lines
const FRAME_WORDS: &[&str] = &["tried", "asked", "called", "but", "was", "were", "failed", "did"];

/// Words that would be read on from the noun in front of them.
#[rustfmt::skip] // a list of words, not of lines
const JOINING_WORDS: &[&str] = &[
    "to", "from", "of", "as", "by", "for", "with", "in", "on", "at", "and", "or", "but", "into",
];

/// A value of a call, made fit for a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlainValue {
    pub(crate) text: String,
    /// It could be read as the sentence's own words, so it stands in quotation marks.
    pub(crate) is_quoted: bool,
}

/// How long a value may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Length {
    pub(crate) words_max: usize,
    pub(crate) chars_max: usize,
}

/// A value as it may stand in a sentence; `None` where there is nothing to be read in it.
pub(crate) fn value(text: &str, length: Length) -> Option<PlainValue> {
    let text = plain(text);
    if says_nothing(&text) {
        return None;
    }
    let is_quoted = reads_like_words(&text);
    let text = if is_quoted {
        // Marks within marks would end them too early.
        text.replace(['“', '”'], "\"")
    } else {
        text
    };
    Some(PlainValue {
        text: shorten(&text, length),
        is_quoted,
    })
}

/// What only a program writes where it has nothing to say, and marks with nothing between them.
pub(crate) fn says_nothing(text: &str) -> bool {
    is_placeholder(text)
        || text.contains("[object Object]")
        || !text
            .chars()
            .any(|character| !character.is_whitespace() && !is_quotation_mark(character))
}

fn is_quotation_mark(character: char) -> bool {
    matches!(
        character,
        '"' | '\'' | '`' | '“' | '”' | '„' | '‘' | '’' | '‚' | '«' | '»' | '‹' | '›'
    )
}

/// Whether a value could be taken for the sentence's own words: it has a verb in the past tense, a word
/// of the frame or somebody's address among others, starts with a preposition, or lists things.
fn reads_like_words(text: &str) -> bool {
    let is_phrase = text.contains(' ');
    let mut words = text.split(' ').map(|word| {
        word.trim_matches(|character: char| !character.is_alphanumeric())
            .to_lowercase()
    });
    let first = words.next().unwrap_or_default();
    let is_verb = |word: &str| FRAME_WORDS.contains(&word) || is_past_tense(word);
    is_verb(&first)
        || words.any(|word| is_verb(&word))
        || text.contains(['"', '“', '”', '„'])
        || is_phrase
            && (JOINING_WORDS.contains(&first.as_str())
                || text.contains('@')
                || text.contains(", ")
                || has_sentence_end(text))
}

/// A full stop behind a word that is no title or abbreviation: `Dr. Jane`, `Acme Inc. West`.
fn has_sentence_end(text: &str) -> bool {
    let mut words = text.split(' ').rev();
    words.next();
    words.any(|word| {
        word.strip_suffix('.')
            .is_some_and(|word| word.chars().count() > ABBREVIATION_CHARS_MAX)
    })
}

/// `deleted`, `sent`: what a sentence's own verb looks like. `Mohammed` and `Reed` are none.
fn is_past_tense(word: &str) -> bool {
    verbs::is_irregular_past(word)
        || verbs::bases_of_past(word)
            .any(|base| verbs::known(&base).is_some() && verbs::past_form(&base) == word)
}

/// Control characters become spaces, runs of spaces one; what nobody sees and what turns the
/// direction of writing is left out. Markup stays what it is: text.
pub(crate) fn plain(text: &str) -> String {
    visible(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// As [`plain`], but with the spaces that were there.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .take(TEXT_CHARS_MAX)
        .filter(|character| !is_invisible(*character))
        .map(|character| {
            let is_space = character.is_control() || character.is_whitespace();
            if is_space { ' ' } else { character }
        })
        .collect()
}

/// Characters of no width and such as turn the direction of writing (Unicode's
/// `Default_Ignorable_Code_Point` without the variation selectors, which only choose a glyph).
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// At most so many words and characters of a plain text; an ellipsis says that there were more.
pub(crate) fn shorten(text: &str, length: Length) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let kept = words[..words.len().min(length.words_max)].join(" ");
    if words.len() > length.words_max {
        // Room for the ellipsis.
        return format!(
            "{}…",
            cut(&kept, length.chars_max - 1).trim_end_matches('…')
        );
    }
    cut(&kept, length.chars_max)
}

/// At most `chars_max` characters, with an ellipsis where there were more; a word that is in the way
/// is left out where it is short, and cut where it is long.
pub(crate) fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let short: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    let next_starts_a_word = text.chars().nth(chars_max.saturating_sub(1)) == Some(' ');
    let whole = short
        .rfind(' ')
        .filter(|_| !next_starts_a_word)
        .filter(|&space| short[space..].chars().count() <= CUT_BACK_CHARS_MAX)
        .map_or(short.as_str(), |space| &short[..space]);
    format!("{}…", whole.trim_end())
}

/// The number of words.
pub(crate) fn words(text: &str) -> usize {
    text.split_whitespace().count()
}
