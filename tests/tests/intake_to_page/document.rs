//! The API's document against a running API: what it shows is answered, as it says.

use daybook_tests::http;
use serde_json::{Value, json};

use crate::{delete_call, start_up};

/// Checks a JSON answer against the schema that the document gives its status.
fn check(document: &Value, operation: &Value, answer: &http::Answer, name: &str) {
    let response = &operation["responses"][answer.status.to_string()];
    let response = match response["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => response,
    };
    let content_type = answer.headers["content-type"].to_str().unwrap();
    let media_type = content_type.split(';').next().unwrap();
    let mut schema = response["content"][media_type]["schema"].clone();
    assert!(schema.is_object(), "{name}: {} {media_type}", answer.status);
    schema["components"] = document["components"].clone();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let body = match media_type {
        "application/x-ndjson" | "text/csv" => Value::String(answer.text()),
        _ => answer.json().unwrap(),
    };
    let error = validator.iter_errors(&body).next();
    assert!(error.is_none(), "{name}: {} in {body}", error.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_as_the_document_says() {
    let (_data, up) = start_up().await;
    let lines: Vec<String> = (0..3)
        .map(|_| delete_call("acme").message(204, None))
        .collect();
    up.intake(&lines).await.unwrap();
    let good = up.token("acme").await.unwrap();
    let powerless = up
        .token_with(&["--org", "acme", "--permissions", "audit_log:erase"])
        .await
        .unwrap();
    // Erases what it asks for, so in a tenant of its own.
    let eraser = up
        .token_with(&["--org", "emca", "--permissions", "audit_log:erase"])
        .await
        .unwrap();
    let id = up.logs(&good, &json!({})).await.unwrap()[0]["id"].clone();
    let document = up.get("", "/openapi.json").await.unwrap().json().unwrap();

    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            let method: hyper::Method = method.to_uppercase().parse().unwrap();
            let media = &operation["requestBody"]["content"]["application/json"];
            let mut bodies: Vec<String> = media["examples"]
                .as_object()
                .into_iter()
                .flat_map(serde_json::Map::values)
                .map(|example| example["value"].to_string())
                .collect();
            if bodies.is_empty() {
                bodies.push(String::new());
            }
            let is_open = operation["security"] == json!([{}]);
            let path = path.replace("{id}", id.as_str().unwrap());
            let url = format!("{}{}", up.url, path.replace("{type}", "config"));
            let is_erasure = path.starts_with("/v1/erasures");
            let (known, powerless) = if is_erasure {
                (&eraser, &good)
            } else {
                (&good, &powerless)
            };
            for (token, status) in [(known, 200), (powerless, 403), (&"x".to_owned(), 401)] {
                let status = if is_open { 200 } else { status };
                let authorization = format!("Bearer {token}");
                let headers = [("authorization", authorization.as_str())];
                for body in &bodies {
                    let answer = http::call(method.clone(), &url, &headers, body.clone())
                        .await
                        .unwrap();
                    let status = match (
                        status,
                        is_erasure,
                        path.ends_with("erasures"),
                        method.as_str(),
                    ) {
                        (200, true, false, _) => 404, // an event's id
                        (200, true, true, "POST") if !body.contains("\"dry_run\":true") => 202,
                        _ => status,
                    };
                    assert_eq!(answer.status, status, "{name} {body}");
                    check(&document, operation, &answer, &name);
                }
            }
        }
    }

    let operation = &document["paths"]["/v1/logs"]["post"];
    let url = format!("{}/v1/logs", up.url);
    let authorization = format!("Bearer {good}");
    let headers = [("authorization", authorization.as_str())];
    for (body, status) in [
        (r#"{"limit": 1, "total": "bounded"}"#.to_owned(), 200),
        (
            r#"{"page": 1, "limit": 2, "total": "none"}"#.to_owned(),
            200,
        ),
        (r#"{"limt": 1}"#.to_owned(), 400),
        ("{".to_owned(), 400),
        (" ".repeat(300_000), 413),
    ] {
        let answer = http::post(&url, &headers, body.clone()).await.unwrap();
        assert_eq!(answer.status, status, "{body}");
        check(&document, operation, &answer, &body);
    }
    // A compressed export is whole: its last four bytes are the length of what was compressed.
    let url = format!("{}/v1/logs/export", up.url);
    let plain = http::get(&url, &headers).await.unwrap();
    let gzip = [headers[0], ("accept-encoding", "gzip")];
    let compressed = http::get(&url, &gzip).await.unwrap();
    assert_eq!(compressed.headers["content-encoding"], "gzip");
    let length = compressed
        .body
        .last_chunk()
        .copied()
        .map(u32::from_le_bytes);
    assert_eq!(length, u32::try_from(plain.body.len()).ok());

    let operation = &document["paths"]["/v1/logs/{id}"]["get"];
    for (id, status) in [("x", 400), ("00000000-0000-8000-8000-000000000000", 404)] {
        let answer = up.get(&good, &format!("/v1/logs/{id}")).await.unwrap();
        assert_eq!(answer.status, status, "{id}");
        check(&document, operation, &answer, id);
    }
}
