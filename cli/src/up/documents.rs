//! The OpenAPI documents that `up` explains events with: yours, and those of the sample services.

use std::path::Path;

use daybook_event::OWN_SERVICE;
use daybook_normalizer::context::{build_index, load_compiled, read_documents};
use daybook_normalizer::settings::Settings;
use daybook_openapi::{Document, DocumentProblem, Index};

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

/// The host under which this program's own query API is known to its normalizer.
pub(crate) const OWN_HOST: &str = "query-api.daybook.internal";
const OWN_DOCUMENT: &str = "daybook-query-api.json";

/// Yours where there are some; the samples where sample events are wanted or nothing else is there.
/// Of two documents with one name, yours counts.
pub(crate) fn index(
    specs: Option<&Path>,
    with_samples: bool,
    settings: &Settings,
) -> anyhow::Result<(Index, Vec<DocumentProblem>)> {
    let mut services = settings.services.clone();
    services.insert(OWN_HOST.to_owned(), OWN_SERVICE.to_owned());
    let (mut documents, mut problems) = (Vec::new(), Vec::new());
    if let Some(specs) = specs {
        if let Some(index) = load_compiled(specs)? {
            let samples = samples(|name, _| {
                !with_samples || index.services().any(|known| known.file_name == name)
            });
            let own = (!is_known(&index)).then(own_document);
            let (index, mut problems) = index.extended(samples.into_iter().chain(own).collect());
            let index = index.with_service_map(services);
            problems.extend(index.doubts_of_service_map());
            return Ok((index, problems));
        }
        (documents, problems) = read_documents(specs)?;
    }
    if with_samples || specs.is_none() {
        let samples = samples(|name, bytes| {
            documents
                .iter()
                .any(|document| document.file_name == name || document.bytes == bytes)
        });
        documents.extend(samples);
    }
    if !documents
        .iter()
        .any(|document| document.file_name == OWN_DOCUMENT)
    {
        documents.push(own_document());
    }
    let settings = Settings {
        services,
        ..settings.clone()
    };
    let (index, of_documents) = build_index(documents, &settings);
    problems.extend(of_documents);
    Ok((index, problems))
}

fn is_known(index: &Index) -> bool {
    index
        .services()
        .any(|known| known.file_name == OWN_DOCUMENT)
}

/// What explains the reads of the log that are recorded.
fn own_document() -> Document {
    Document {
        file_name: OWN_DOCUMENT.to_owned(),
        bytes: daybook_query_api::document().into_bytes(),
    }
}

/// The documents of the sample services but for those that are there already.
fn samples(is_there: impl Fn(&str, &[u8]) -> bool) -> Vec<Document> {
    SAMPLE_DOCUMENTS
        .iter()
        .filter(|(name, bytes)| !is_there(name, bytes))
        .map(|(name, bytes)| Document {
            file_name: (*name).to_owned(),
            bytes: bytes.to_vec(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use daybook_openapi::{Found, RequestLine};

    use super::*;

    #[test]
    fn the_own_document_takes_no_other_services_calls() {
        let folder = tempfile::tempdir().unwrap();
        let document = r#"{"openapi":"3.0.0","servers":[{"url":"http://localhost:3000"}],
                           "paths":{"/healthz":{"get":{}},"/v1/logs":{"post":{}}}}"#;
        std::fs::write(folder.path().join("orders.json"), document).unwrap();
        let (index, problems) = index(Some(folder.path()), false, &Settings::default()).unwrap();
        assert_eq!(problems, []);
        let found = index.find(&RequestLine {
            method: "POST",
            domain_name: "api.example.com",
            path: "/v1/logs",
            ..RequestLine::default()
        });
        let Found::Operation { service, .. } = found else {
            panic!("not found");
        };
        assert_eq!(service.file_name, "orders.json");
    }

    #[test]
    fn a_compiled_index_stands_beside_the_samples() {
        let folder = tempfile::tempdir().unwrap();
        let own = Document {
            file_name: "user.json".to_owned(),
            bytes: br#"{"openapi":"3.0.0","paths":{"/x":{"post":{}}}}"#.to_vec(),
        };
        let path = folder.path().join("specs.daybook");
        let compiled = Index::build(vec![own]).0.compile().unwrap();
        std::fs::write(&path, compiled).unwrap();
        let mut settings = Settings::default();
        settings
            .services
            .insert("hooks.example.com".to_owned(), "webhooks".to_owned());
        let services = |with_samples| {
            let (index, problems) = index(Some(&path), with_samples, &settings).unwrap();
            assert_eq!(problems, []);
            let names: Vec<String> = index
                .services()
                .map(|service| service.file_name.clone())
                .collect();
            names
        };
        assert_eq!(services(false), ["user.json", OWN_DOCUMENT]);
        let all = services(true);
        assert_eq!(all.len(), SAMPLE_DOCUMENTS.len() + 1);
        assert_eq!(all[0], "user.json");
        assert_eq!(all.iter().filter(|name| *name == "user.json").count(), 1);
    }
}
