//! Where an overlay finds a path item: behind its reference, if it has one, since a query follows none.

use serde_json::Value;

use crate::document::{self, Document};
use crate::json_pointer::unescape;
use crate::schema::{SchemaWork, Schemas};

/// A document's path items.
#[derive(Debug, Default)]
pub(super) struct Items(Value);

impl Items {
    pub(super) fn of(document: &Document) -> Self {
        let file = document::read(&document.bytes, &document.file_name);
        Self(file.map(|file| file.root).unwrap_or_default())
    }

    /// A query (RFC 9535) for the path item of a path; `None` where it stands at the path.
    pub(super) fn query(&self, path: &str) -> Option<String> {
        let item = self.0.get("paths")?.get(path)?;
        let work = SchemaWork::default();
        let (_, pointer) = Schemas::new(&self.0, &work).locate(item)?;
        let pointer = pointer?;
        let names = pointer.split('/').skip(1).map(unescape);
        Some(names.fold("$".to_owned(), |query, name| query + &member(&name)))
    }
}

/// A query for the path item at a path.
pub(super) fn query_of_path(path: &str) -> String {
    format!("$.paths{}", member(path))
}

fn member(name: &str) -> String {
    format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
}
