//! A document's value, once its overlays are applied.

use std::collections::HashSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::document::{
    Document, DocumentProblem, Origins, ReadFile, check_version, is_to_come, read,
};
use crate::overlay;

/// A document that was understood as OpenAPI 3, with its overlays applied.
pub(crate) struct ParsedDocument {
    pub(crate) file_name: String,
    pub(crate) root: Value,
    /// The keys of `paths`, as the document orders them, and each one's own keys; what an overlay
    /// added comes last.
    pub(crate) path_keys: Vec<(String, Vec<String>)>,
    /// The first 16 hexadecimal digits of the SHA-256 of the bytes of the document and its overlays.
    pub(crate) spec_version: String,
    /// Which part of the value is whose.
    pub(crate) origins: Origins,
}

impl ParsedDocument {
    /// Reads a document and applies its overlays in order. What cannot be used of an overlay is left
    /// out and told to `problems`.
    ///
    /// # Errors
    /// Why the document is not read at all.
    pub(crate) fn parse(
        document: &Document,
        overlays: &[Document],
        problems: &mut Vec<DocumentProblem>,
    ) -> Result<Self, DocumentProblem> {
        let file_name = &document.file_name;
        let problem = |message: String| DocumentProblem::new(file_name, "", message);
        let mut file = read(&document.bytes, file_name).map_err(problem)?;
        check_version(&file.root).map_err(problem)?;
        let faults = file.faults();
        problems.extend(faults.map(|(at, why)| DocumentProblem::new(file_name, at, why)));
        if is_to_come(&file.root) {
            problems.push(DocumentProblem::warning(
                file_name,
                "/openapi",
                "it is newer than OpenAPI 3.1 and read as that",
            ));
        }
        let mut origins = Origins::default();
        for overlay in overlays {
            overlay::apply(overlay, file_name, &mut file, &mut origins, problems);
        }
        if !overlays.is_empty() || file.merges_paths {
            reorder_paths(&mut file);
        }
        if !overlays.is_empty() {
            check_version(&file.root).map_err(problem)?;
        }
        Ok(Self {
            file_name: document.file_name.clone(),
            root: file.root,
            path_keys: file.path_keys,
            spec_version: spec_version(document, overlays),
            origins,
        })
    }
}

/// Brings the order of paths up to what overlays and merge keys made of them.
fn reorder_paths(file: &mut ReadFile) {
    let mut order = std::mem::take(&mut file.path_keys);
    let Some(Value::Object(paths)) = file.root.get("paths") else {
        return;
    };
    order.retain(|(path, _)| paths.contains_key(path));
    let known: HashSet<String> = order.iter().map(|(path, _)| path.clone()).collect();
    let added = paths.keys().filter(|path| !known.contains(*path));
    order.extend(added.map(|path| (path.clone(), Vec::new())));
    for (path, keys) in &mut order {
        let Some(Value::Object(members)) = paths.get(path) else {
            keys.clear();
            continue;
        };
        keys.retain(|key| members.contains_key(key));
        let known: HashSet<&String> = keys.iter().collect();
        let added = members.keys().filter(|key| !known.contains(key));
        let added: Vec<String> = added.cloned().collect();
        keys.extend(added);
    }
    file.path_keys = order;
}

/// The hash of a document, and of its overlays where it has some.
fn spec_version(document: &Document, overlays: &[Document]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(&document.bytes);
    for overlay in overlays {
        // The length keeps a byte from wandering between two files unseen.
        hasher.update(
            u64::try_from(overlay.bytes.len())
                .unwrap_or(u64::MAX)
                .to_be_bytes(),
        );
        hasher.update(&overlay.bytes);
    }
    let start = hasher
        .finalize()
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("{start:016x}")
}
