//! How long a sentence may be, and how it becomes shorter.

use daybook_event::{ActivityPart, ActivityPartKind};

use crate::plain_text::{Length, SENTENCE_CHARS_MAX, WORDS_MAX, cut, words};

/// How long the values of a sentence may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    pub(crate) actor: Length,
    pub(crate) verb: Length,
    pub(crate) noun: Length,
    pub(crate) value: Length,
    pub(crate) path: Length,
    pub(crate) has_parent: bool,
}

const fn length(words_max: usize, chars_max: usize) -> Length {
    Length {
        words_max,
        chars_max,
    }
}

/// From the whole sentence to the shortest. With the last one, all sentences that are not a
/// document's own fit: 2 words of actor, "tried to", a verb of 2, a noun of 2 with a value of 1, a
/// complement of 2 and "but was not allowed to" are 16; and so do three ids, and the part of a whole.
pub(crate) const LEVELS: &[Level] = &[
    Level {
        actor: length(6, 254),
        verb: length(WORDS_MAX, 60),
        noun: length(5, 80),
        value: length(5, 60),
        path: length(1, 200),
        has_parent: true,
    },
    Level {
        actor: length(6, 254),
        verb: length(WORDS_MAX, 60),
        noun: length(5, 80),
        value: length(5, 60),
        path: length(1, 200),
        has_parent: false,
    },
    Level {
        actor: length(4, 120),
        verb: length(4, 60),
        noun: length(4, 60),
        value: length(3, 60),
        path: length(1, 120),
        has_parent: false,
    },
    Level {
        actor: length(2, 60),
        verb: length(2, 30),
        noun: length(2, 40),
        value: length(1, 40),
        path: length(1, 100),
        has_parent: false,
    },
];

/// At most 18 words, whatever stands in them: a document's own sentence may have too many.
pub(crate) fn cut_words(parts: Vec<ActivityPart>) -> Vec<ActivityPart> {
    let text: String = parts.iter().map(|part| part.text.as_str()).collect();
    let too_many = text.split(' ').nth(WORDS_MAX).is_some();
    let kept_chars: usize = text
        .split(' ')
        .take(WORDS_MAX)
        .map(|word| word.chars().count() + 1)
        .sum();
    if too_many {
        // The last space gives way to the ellipsis.
        cut_parts(parts, kept_chars)
    } else {
        parts
    }
}

/// Whether a sentence is short enough.
pub(crate) fn fits(parts: &[ActivityPart]) -> bool {
    let text: String = parts.iter().map(|part| part.text.as_str()).collect();
    words(&text) <= WORDS_MAX && text.chars().count() <= SENTENCE_CHARS_MAX
}

/// Leaves out empty parts and spaces beside spaces and at the ends; neighbouring texts become one.
pub(crate) fn tidy(parts: Vec<ActivityPart>) -> Vec<ActivityPart> {
    let mut tidied: Vec<ActivityPart> = Vec::with_capacity(parts.len());
    let mut ends_with_space = true;
    for mut part in parts {
        let mut text = String::with_capacity(part.text.len());
        for character in part.text.chars() {
            if character != ' ' || !ends_with_space {
                text.push(character);
            }
            ends_with_space = character == ' ';
        }
        if text.is_empty() {
            continue;
        }
        part.text = text;
        match tidied.last_mut() {
            Some(last) if is_text(last) && is_text(&part) => last.text.push_str(&part.text),
            _ => tidied.push(part),
        }
    }
    while let Some(last) = tidied.last_mut() {
        last.text.truncate(last.text.trim_end().len());
        if !last.text.is_empty() {
            break;
        }
        tidied.pop();
    }
    tidied
}

fn is_text(part: &ActivityPart) -> bool {
    part.kind == ActivityPartKind::Text
}

/// At most `chars_max` characters; an ellipsis says that there were more.
pub(crate) fn cut_parts(mut parts: Vec<ActivityPart>, chars_max: usize) -> Vec<ActivityPart> {
    let chars = |part: &ActivityPart| part.text.chars().count();
    if parts.iter().map(chars).sum::<usize>() <= chars_max {
        return parts;
    }
    // One is for the ellipsis.
    let mut left = chars_max - 1;
    for position in 0..parts.len() {
        let needed = chars(&parts[position]);
        if needed <= left {
            left -= needed;
            continue;
        }
        let part = &mut parts[position];
        // More than fits, so that the cut always shows.
        part.text = cut(&format!("{} …", part.text), left + 1);
        parts.truncate(position + 1);
        break;
    }
    parts
}
