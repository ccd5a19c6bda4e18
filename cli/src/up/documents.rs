//! The OpenAPI documents that `up` explains events with: yours, and those of the sample services.

use std::path::Path;

use daybook_normalizer::context::read_documents;
use daybook_openapi::Document;

macro_rules! sample_documents {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../tests/fixtures/specs/", $name)))),+]
    };
}

/// The documents of the sample services, from npm package `@epilot/sdk` (MIT License, Copyright (c)
/// 2026 epilot GmbH).
const SAMPLE_DOCUMENTS: &[(&str, &[u8])] = sample_documents![
    "automation.json",
    "entity.json",
    "permissions.json",
    "user.json",
    "webhooks.json",
    "workflow-definition.json",
];

/// Yours where there are some; the samples where sample events are wanted or nothing else is there.
/// Of two documents with one name, yours counts.
pub(crate) fn documents(specs: Option<&Path>, with_samples: bool) -> anyhow::Result<Vec<Document>> {
    let mut documents = match specs {
        Some(specs) => read_documents(specs)?,
        None => Vec::new(),
    };
    if with_samples || specs.is_none() {
        let own = documents.len();
        for (name, bytes) in SAMPLE_DOCUMENTS {
            let already_there = documents[..own]
                .iter()
                .any(|document| document.file_name == *name || document.bytes == *bytes);
            if !already_there {
                documents.push(Document {
                    file_name: (*name).to_owned(),
                    bytes: bytes.to_vec(),
                });
            }
        }
    }
    Ok(documents)
}
