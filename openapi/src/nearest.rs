//! The nearest of the words that would be right, for what somebody mistyped.

/// The longest word that is compared, in characters.
const WORD_CHARS_MAX: usize = 80;

/// The most candidates that are compared.
const CANDIDATES_MAX: usize = 2_000;

/// The candidate that `word` was most likely meant to be; `None` where none is near.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    nearest_by(word, word, candidates)
}

/// The same, where only `part` of the word may be mistyped: one mistake in three characters.
pub(crate) fn nearest_by<'a>(
    word: &str,
    part: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = folded(word);
    if wanted.is_empty() || wanted.chars().count() > WORD_CHARS_MAX {
        return None;
    }
    let mistakes_max = (folded(part).chars().count() / 3).min(4);
    candidates
        .into_iter()
        .take(CANDIDATES_MAX)
        .filter_map(|candidate| {
            let distance = distance(&wanted, &folded(candidate), mistakes_max)?;
            Some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean entity?` where a known word is near, else what there is; for the end of a message.
pub(crate) fn did_you_mean(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("; did you mean {near}?"),
        None => match known.split_last() {
            Some((last, [])) => format!("; known is {last}"),
            Some((last, rest)) => format!("; known are {} and {last}", rest.join(", ")),
            None => String::new(),
        },
    }
}

/// How people mistype: case and the marks between words do not count.
fn folded(word: &str) -> String {
    word.chars()
        .filter(|character| !matches!(character, '_' | '-' | ' ' | '[' | ']'))
        .flat_map(char::to_lowercase)
        .take(WORD_CHARS_MAX + 1)
        .collect()
}

#[cfg(test)]
thread_local! {
    static DISTANCES: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// How many distances this thread has worked out.
#[cfg(test)]
pub(crate) fn distances() -> u64 {
    DISTANCES.get()
}

/// Insertions, deletions, replacements and swaps of neighbours; `None` above `distance_max`.
fn distance(one: &str, other: &str, distance_max: usize) -> Option<usize> {
    #[cfg(test)]
    DISTANCES.set(DISTANCES.get() + 1);
    if one.chars().count().abs_diff(other.chars().count()) > distance_max {
        return None;
    }
    Some(strsim::osa_distance(one, other)).filter(|distance| *distance <= distance_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_is_recognized_and_another_word_is_not() {
        let known = ["entity", "parent", "activity", "path.order_id"];
        for (typed, meant) in [
            ("entitty", Some("entity")),
            ("enitty", Some("entity")),
            ("Parent", Some("parent")),
            ("path.orderId", Some("path.order_id")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
        assert_eq!(did_you_mean("x", &["a", "b"]), "; known are a and b");
    }
}
