//! What an operation's other texts speak of: a word that only one of them has is believed less.

use crate::operation_source::OperationSource;
use crate::words;

/// The most characters of a text that are looked through.
const CHARS_MAX: usize = 1_000;

/// The letters of a word's end that its other forms may not share: `classes`, `applied`.
const ENDING: usize = 2;

/// An operation's texts in lower case, without what stands between their words.
pub(crate) struct Witnesses(String);

impl Witnesses {
    /// Path, summary, description and tags.
    pub(crate) fn beside_operation_id(source: &OperationSource<'_>) -> Self {
        let told = [source.path, source.summary, source.description];
        Self::of(&[&told, source.tags.as_slice()].concat())
    }

    /// These texts.
    pub(crate) fn of(texts: &[&str]) -> Self {
        let mut all = String::new();
        for text in texts {
            let letters = text
                .chars()
                .take(CHARS_MAX)
                .filter(|letter| letter.is_alphanumeric())
                .flat_map(char::to_lowercase);
            all.extend(letters);
            all.push('\n');
        }
        Self(all)
    }

    /// All of them.
    pub(crate) fn all(source: &OperationSource<'_>) -> Self {
        let mut all = Self::beside_operation_id(source);
        all.0.push_str(&source.operation_id.to_lowercase());
        all
    }

    /// Whether one of them has the word, in whatever form.
    pub(crate) fn speak_of(&self, word: &str) -> bool {
        let word = words::singular(word);
        let stem_length = word.chars().count().saturating_sub(ENDING).max(3);
        let stem: String = word.chars().take(stem_length).collect();
        self.0.contains(&stem)
    }
}
