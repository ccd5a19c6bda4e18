//! What somebody probably meant: the known word that is close, the value in the language's own words.

mod moment;
mod name;
mod value;

pub(crate) use name::names_meant;
pub(crate) use value::{example_of, meant};

/// How many letters may be wrong, missing, too many or swapped (the optimal string alignment distance).
const DISTANCE_MAX: usize = 2;
/// And how many in a word of at most [`SHORT_CHARS_MAX`], where two make another word of it.
const SHORT_DISTANCE_MAX: usize = 1;
const SHORT_CHARS_MAX: usize = 4;

/// How long a word may be to be looked at.
const WORD_CHARS_MAX: usize = 40;

/// The closest of the `known` words, where one is close.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters: String = word
        .chars()
        .take(WORD_CHARS_MAX + 1)
        .flat_map(char::to_lowercase)
        .collect();
    if letters.chars().count() > WORD_CHARS_MAX {
        return None;
    }
    known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&letters, candidate), candidate))
        .filter(|(distance, candidate)| {
            let length = candidate.chars().count();
            let distance_max = if length <= SHORT_CHARS_MAX {
                SHORT_DISTANCE_MAX
            } else {
                DISTANCE_MAX
            };
            *distance <= distance_max && *distance < length
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let known = ["limit", "service_name", "timestamp", "q"];
        assert_eq!(closest("limt", known), Some("limit"));
        assert_eq!(closest("timestmap", known), Some("timestamp"));
        assert_eq!(closest("Service_Name", known), Some("service_name"));
        assert_eq!(closest("colour", known), None);
        assert_eq!(closest("raed", ["read"]), Some("read"));
        assert_eq!(closest("bad", ["read"]), None);
        assert_eq!(closest("", known), None);
        assert_eq!(closest("x", known), None);
        assert_eq!(closest(&"limit".repeat(9), known), None);
    }
}
