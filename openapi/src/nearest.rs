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
    let wanted: Vec<char> = folded(word);
    if wanted.is_empty() || wanted.len() > WORD_CHARS_MAX {
        return None;
    }
    let mistakes_max = (folded(part).len() / 3).min(4);
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
fn folded(word: &str) -> Vec<char> {
    word.chars()
        .filter(|character| !matches!(character, '_' | '-' | ' ' | '[' | ']'))
        .flat_map(char::to_lowercase)
        .take(WORD_CHARS_MAX + 1)
        .collect()
}

/// Insertions, deletions, replacements and swaps of neighbours; `None` above `distance_max`.
fn distance(one: &[char], other: &[char], distance_max: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > distance_max {
        return None;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, left) in one.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, right) in other.iter().enumerate() {
            let mut cost = (last[column] + usize::from(left != right))
                .min(last[column + 1] + 1)
                .min(line[column] + 1);
            let swapped =
                row > 0 && column > 0 && one[row - 1] == *right && other[column - 1] == *left;
            if swapped {
                cost = cost.min(before_last[column - 1] + 1);
            }
            line.push(cost);
        }
        before_last = std::mem::replace(&mut last, line);
    }
    last.last()
        .copied()
        .filter(|distance| *distance <= distance_max)
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
