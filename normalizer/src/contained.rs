//! A mistake of this program's that one message brings to light is that message's failure.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::Poison;

/// Does work for one message alone. Nothing of it that is half done may be seen outside of it.
///
/// # Errors
/// What the work says, or [`Poison::Panicked`].
pub(crate) fn contained<T>(work: impl FnOnce() -> Result<T, Poison>) -> Result<T, Poison> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Poison::Panicked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_one_messages_failure() {
        let decoded: Vec<_> = ["1", "x", "", "2"]
            .iter()
            .map(|text| {
                contained(|| match text.chars().next() {
                    None => Err(Poison::Empty),
                    Some(digit) => Ok(digit.to_digit(10).expect("a digit")),
                })
            })
            .collect();
        let expected = [Ok(1), Err(Poison::Panicked), Err(Poison::Empty), Ok(2)];
        assert_eq!(decoded, expected);
        assert_eq!(Poison::Panicked.to_string(), "the normalizer panicked");
    }
}
