//! Where in a text a secret stands.

use std::ops::Range;

use daybook_event::REDACTED;

/// Where in a text a secret stands, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) range: Range<usize>,
    pub(super) rule: &'static str,
}

/// What stands there, unless it is nothing or was removed before.
pub(super) fn hit(text: &str, from: usize, to: usize, rule: &'static str) -> Option<Hit> {
    let value = text.get(from..to)?;
    (!value.trim().is_empty() && value != REDACTED).then_some(Hit {
        range: from..to,
        rule,
    })
}
