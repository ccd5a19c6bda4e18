//! What the operations of one document have in common.

mod answered;
mod full_names;
mod scope;
mod spelled;
mod verb_place;

use std::collections::{HashMap, HashSet};

pub(crate) use answered::item_schemas;
pub(crate) use full_names::{full_names, is_name_of};
pub(crate) use scope::{
    Lookup, collection_anywhere, collection_key, found_by_id, lookups, scope_key, scopes,
};
pub(crate) use spelled::spelled_apart;
pub(crate) use verb_place::{VerbPlace, paths_call};

/// The longest path that is looked at.
const PATH_BYTES_MAX: usize = 500;

/// What the operations of one document have in common.
#[derive(Debug, Default)]
pub(crate) struct Habits<'a> {
    /// See [`scopes`].
    pub(crate) scopes: HashSet<String>,
    /// See [`found_by_id`].
    pub(crate) found_by_id: HashSet<String>,
    /// See [`lookups`].
    pub(crate) lookups: HashMap<String, Vec<Lookup>>,
    /// See [`full_names`].
    pub(crate) full_names: HashSet<String>,
    /// See [`spelled_apart`].
    pub(crate) spelled: HashMap<String, String>,
    /// See [`item_schemas`].
    pub(crate) item_schemas: HashMap<String, &'a str>,
    pub(crate) verb_place: VerbPlace,
    /// Nearly all paths are calls by their names: `/get_profile`.
    pub(crate) paths_call: bool,
}
