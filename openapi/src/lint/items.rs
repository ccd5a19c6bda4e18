//! Where an overlay finds a path item: behind its reference, if it has one, since a query follows none.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::document::{self, Document};

/// The most references that are followed to one path item.
const REFERENCES_MAX: usize = 16;

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
        let mut item = self.0.get("paths")?.get(path)?;
        let mut query = None;
        for _ in 0..REFERENCES_MAX {
            let Some(reference) = item.get("$ref").and_then(Value::as_str) else {
                break;
            };
            let pointer = percent_decode_str(reference.strip_prefix('#')?).decode_utf8_lossy();
            item = self.0.pointer(&pointer)?;
            let names = pointer.split('/').skip(1);
            let names = names.map(|name| name.replace("~1", "/").replace("~0", "~"));
            query = Some(names.fold("$".to_owned(), |query, name| query + &member(&name)));
        }
        query
    }
}

/// A query for the path item at a path.
pub(super) fn query_of_path(path: &str) -> String {
    format!("$.paths{}", member(path))
}

fn member(name: &str) -> String {
    format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
}
