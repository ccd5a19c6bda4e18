//! A compiled index says what the index said, and a damaged one says nothing.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::fs;
use std::path::Path;

use daybook_openapi::{CompiledError, Document, Found, Index, RequestLine, explain};
use proptest::prelude::*;
use serde_json::{Value, json};

fn document(file_name: &str, value: &Value) -> Document {
    Document {
        file_name: file_name.to_owned(),
        bytes: value.to_string().into_bytes(),
    }
}

fn fixtures() -> Vec<Document> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/specs");
    let mut documents: Vec<Document> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(|path| Document {
            file_name: path.file_name().unwrap().to_string_lossy().into_owned(),
            bytes: fs::read(path).unwrap(),
        })
        .collect();
    documents.sort_by(|one, other| one.file_name.cmp(&other.file_name));
    assert!(documents.len() > 5);
    documents
}

/// Both know the same services and operations, and find the same ones.
fn assert_same(index: &Index, loaded: &Index) {
    assert!(index.services().eq(loaded.services()));
    assert!(index.operations().eq(loaded.operations()));
    for (operation, same) in index.operations().zip(loaded.operations()) {
        let concrete = operation.path.replace('{', "x").replace('}', "y");
        let explained = |operation| serde_json::to_string(&explain(operation)).unwrap();
        assert_eq!(explained(operation), explained(same));
        for domain_name in ["", "eu.example.com", "permissions.sls.epilot.io"] {
            for (path, resource) in [
                (concrete.as_str(), ""),
                (&operation.path, ""),
                ("/", &operation.path),
            ] {
                let request = RequestLine {
                    domain_name,
                    method: &operation.method,
                    path,
                    resource,
                    ..RequestLine::default()
                };
                assert_eq!(found(index, &request), found(loaded, &request));
            }
        }
    }
}

fn found(index: &Index, request: &RequestLine<'_>) -> String {
    match index.find(request) {
        Found::Nothing => "nothing".to_owned(),
        Found::Service(service) => service.name.clone(),
        Found::Operation {
            service,
            operation,
            path_params,
        } => format!(
            "{} {} {} {path_params:?}",
            service.name, operation.method, operation.path
        ),
    }
}

#[test]
fn what_was_compiled_is_what_is_loaded() {
    let (index, problems) = Index::build(fixtures());
    assert_eq!(problems, []);
    assert!(index.operations().count() > 150);
    let compiled = index.compile().unwrap();
    assert!(Index::is_compiled(&compiled));
    let loaded = Index::load(&compiled).unwrap();
    assert_same(&index, &loaded);
    assert_eq!(compiled, loaded.compile().unwrap());
    let source_bytes: usize = fixtures().iter().map(|document| document.bytes.len()).sum();
    assert!(
        compiled.len() * 10 < source_bytes,
        "{} of {source_bytes} bytes",
        compiled.len()
    );
    assert_same(
        &Index::default(),
        &Index::load(&Index::default().compile().unwrap()).unwrap(),
    );
}

#[test]
fn what_is_no_index_of_this_daybook_is_refused_in_a_line() {
    let compiled = Index::default().compile().unwrap();
    let refusal = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = compiled.clone();
        change(&mut bytes);
        Index::load(&bytes).map(|_| ()).unwrap_err()
    };
    assert_eq!(
        Index::load(b"{}").map(|_| ()),
        Err(CompiledError::NotCompiled)
    );
    assert_eq!(
        refusal(&|bytes| bytes[8] = 0x2c),
        CompiledError::OtherFormat { found: 0x2c }
    );
    let version = env!("CARGO_PKG_VERSION").len();
    let other = refusal(&|bytes| bytes[11..11 + version].fill(b'7'));
    assert_eq!(
        other,
        CompiledError::OtherVersion {
            found: "7".repeat(version)
        }
    );
    assert!(other.to_string().contains("run `daybook compile` again"));
    // What a file claims is never printed as it is.
    let hidden = refusal(&|bytes| bytes[11..11 + version].fill(b'\x1b'));
    assert_eq!(
        hidden,
        CompiledError::OtherVersion {
            found: String::new()
        }
    );
    for at in 11 + version..compiled.len() {
        assert_eq!(refusal(&|bytes| bytes[at] ^= 1), CompiledError::Damaged);
    }
    for end in 8..compiled.len() {
        let line = refusal(&|bytes| bytes.truncate(end)).to_string();
        assert!(line.contains("damaged"), "{end}: {line}");
    }
}

/// A path of resources, parameters and what else stands in paths.
fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec![
            "orders",
            "{id}",
            "lines",
            "{line_id}",
            "{id}:cancel",
            "{a}.{b}",
            "me",
            "%2F",
            "{proxy+}",
            "übung",
            "invite",
        ]),
        1..6,
    )
    .prop_map(|segments| format!("/{}", segments.join("/")))
}

fn operation() -> impl Strategy<Value = Value> {
    let annotation = prop::option::of(prop::sample::select(vec![
        json!({ "ignore": true }),
        json!({ "entity": { "type": "contract", "id": "response.id" }, "org": "body.org" }),
        json!({ "activity": "{actor} saw {entity} of {parent} {query.x}", "redact": ["body.x", "query.y"] }),
        json!({ "parent": { "type": "team", "id": "path.team" }, "keep": "body.token" }),
    ]));
    let body = json!({ "content": { "application/json": { "schema": { "properties": {
        "id": {}, "name": {}, "password": { "format": "password" }, "items": { "items": { "properties": { "id": {} } } }
    } } } } });
    (
        prop::option::of("[a-z]{1,8}[A-Z][a-z]{1,8}"),
        annotation,
        any::<bool>(),
    )
        .prop_map(move |(operation_id, annotation, has_body)| {
            let mut operation = json!({ "responses": { "200": body } });
            if let Some(id) = operation_id {
                operation["operationId"] = json!(id);
            }
            if let Some(annotation) = annotation {
                operation["x-audit"] = annotation;
            }
            if has_body {
                operation["requestBody"] = body.clone();
            }
            operation
        })
}

fn generated_document() -> impl Strategy<Value = Value> {
    let methods = prop::sample::select(vec!["get", "post", "put", "patch", "delete"]);
    let servers = prop::sample::select(vec![
        json!([]),
        json!([{ "url": "https://{region}.example.com/v1" }]),
        json!([{ "url": "/base" }, { "url": "https://permissions.sls.epilot.io" }]),
    ]);
    (
        servers,
        prop::collection::vec((path(), methods, operation()), 0..12),
    )
        .prop_map(|(servers, operations)| {
            let mut document = json!({ "openapi": "3.1.0", "servers": servers, "paths": {} });
            for (path, method, operation) in operations {
                document["paths"][path][method] = operation;
            }
            document
        })
}

proptest! {
    #[test]
    fn a_generated_index_survives(one in generated_document(), other in generated_document()) {
        let (index, _) = Index::build(vec![document("one.json", &one), document("other.yaml", &other)]);
        let loaded = Index::load(&index.compile().unwrap()).unwrap();
        assert_same(&index, &loaded);
    }

    #[test]
    fn a_damaged_file_is_refused(
        value in generated_document(),
        position in any::<prop::sample::Index>(),
        bit in 0_u32..8,
        end in any::<prop::sample::Index>(),
    ) {
        let compiled = Index::build(vec![document("one.json", &value)]).0.compile().unwrap();
        let mut flipped = compiled.clone();
        flipped[position.index(compiled.len())] ^= 1 << bit;
        prop_assert!(Index::load(&flipped).is_err());
        prop_assert!(Index::load(&compiled[..end.index(compiled.len())]).is_err());
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Index::load(&bytes).is_err());
        let mut behind_magic = b"daybook\x1a".to_vec();
        behind_magic.extend(bytes);
        prop_assert!(Index::load(&behind_magic).is_err());
    }
}
