//! The token of an insert: the state of a partition that a writer has looked at.

use std::fmt;

/// Names the state of a partition that a writer has looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Token {
    head: Option<i64>,
    /// How many inserts with this head were answered and did not move it.
    spent: u32,
    was_answered: bool,
}

impl Token {
    /// After a look that found this head.
    pub(super) fn at_head(self, head: i64) -> Self {
        let spent = if self.head != Some(head) {
            0
        } else if self.was_answered {
            self.spent + 1
        } else {
            self.spent
        };
        Self {
            head: Some(head),
            spent,
            was_answered: false,
        }
    }

    /// How many inserts were answered and left the head where it was.
    pub(super) fn spent(self) -> u32 {
        self.spent
    }

    /// After an insert with it was answered, whether it got in or not.
    pub(super) fn answered(self) -> Self {
        Self {
            was_answered: true,
            ..self
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "h{}-{}", self.head.unwrap_or(0), self.spent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_changes_with_the_head_and_with_each_answer_that_did_not_move_it() {
        let token = Token::default().at_head(7);
        assert_eq!(token.to_string(), "h7-0");
        // No answer: the same insert may still get in.
        assert_eq!(token.at_head(7).to_string(), "h7-0");
        let stuck = token.answered().at_head(7);
        assert_eq!(stuck.to_string(), "h7-1");
        assert_eq!(stuck.at_head(7).to_string(), "h7-1");
        assert_eq!(stuck.answered().at_head(8).to_string(), "h8-0");
    }
}
