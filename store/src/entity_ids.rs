//! The single ids of what an event is about, as SQL: several things have their ids in one text, with commas between them.
//!
//! Migration 6 has an index of [`ENTITY_IDS`], so that conditions must say the very same.

/// The text of [`ENTITY_IDS`], for constants that are put together.
macro_rules! entity_ids {
    () => {
        "splitByChar(',', entity_id)"
    };
}
pub(crate) use entity_ids;

/// Each of the ids.
pub(crate) const ENTITY_IDS: &str = entity_ids!();
