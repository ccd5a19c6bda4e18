//! The API's own document: it names what is served, and what it shows is accepted.

use crate::support::{claims_with, get, good_token, post, send, test_router, token};
use axum::Router;
use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};

const ID: &str = "019aaa70-3e8b-8de7-b66a-cb7b41d820d7";

async fn document(router: &Router) -> Value {
    let request = Request::get("/openapi.json").body(Body::empty()).unwrap();
    let answer = send(router, request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()
}

#[tokio::test]
async fn every_operation_is_served_and_no_other_method_is() {
    let router = test_router();
    let document = document(&router).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 5);
    for (path, item) in paths {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ] {
            let operation = &item[method.as_str().to_lowercase()];
            let request = Request::builder()
                .method(&method)
                .uri(path.replace("{id}", ID).replace("{type}", "workflow"))
                .header(header::AUTHORIZATION, format!("Bearer {}", good_token()))
                .body(Body::empty())
                .unwrap();
            let answer = send(&router, request).await;
            let status = answer.status.as_u16().to_string();
            if operation.is_null() {
                assert_eq!(status, "405", "{method} {path}");
                assert!(!answer.header("allow").is_empty(), "{method} {path}");
            } else {
                assert!(
                    operation["responses"].get(&status).is_some(),
                    "{method} {path}: {status}"
                );
            }
        }
    }
}

#[tokio::test]
async fn every_operation_shows_a_request_an_answer_and_every_error() {
    let document = document(&test_router()).await;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(
                operation["summary"]
                    .as_str()
                    .is_some_and(|it| it.len() > 10),
                "{name}"
            );
            if !operation["requestBody"].is_null() {
                assert!(has_example(&operation["requestBody"]), "{name}");
            }
            let responses = operation["responses"].as_object().unwrap();
            // 414 comes from the server before there is a request.
            for (status, response) in responses.iter().filter(|(status, _)| *status != "414") {
                let response = match response["$ref"].as_str() {
                    Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
                    None => response,
                };
                assert!(has_example(response), "{name} {status}");
                let is_problem = response["content"]
                    .get("application/problem+json")
                    .is_some();
                assert_eq!(is_problem, !status.starts_with('2'), "{name} {status}");
            }
            let is_open = operation["security"]
                .as_array()
                .is_some_and(|it| it[0] == serde_json::json!({}));
            assert_eq!(responses.contains_key("401"), !is_open, "{name}");
        }
    }
}

fn has_example(described: &Value) -> bool {
    let contents = described["content"].as_object().unwrap();
    contents.values().all(|media| {
        let examples = media["examples"]
            .as_object()
            .map_or(0, serde_json::Map::len);
        examples > 0 || media.get("example").is_some()
    })
}

#[tokio::test]
async fn every_request_that_is_shown_is_accepted() {
    let router = test_router();
    let permissions = ["audit_log:view", "audit_log:export", "audit_log:erase"];
    let token = token(&claims_with(&json!({ "permissions": permissions })));
    let mut count = 0;
    for (path, item) in document(&router).await["paths"].as_object().unwrap() {
        let examples = &item["post"]["requestBody"]["content"]["application/json"]["examples"];
        for (name, example) in examples.as_object().into_iter().flatten() {
            let answer = post(&router, path, &token, example["value"].to_string()).await;
            // There is no store: what is accepted ends there.
            assert_eq!(answer.status, 503, "{path} {name}");
            count += 1;
        }
        let parameters = item["get"]["parameters"].as_array().into_iter().flatten();
        let shown: Vec<_> = parameters
            .filter_map(|parameter| {
                let example = parameter["examples"].as_object()?.values().next()?;
                Some((parameter["name"].as_str()?, example["value"].as_str()?))
            })
            .collect();
        if !shown.is_empty() {
            let address = shown.iter().fold(path.clone(), |address, (name, value)| {
                address.replace(&format!("{{{name}}}"), value)
            });
            let answer = get(&router, &address, &token).await;
            assert_eq!(answer.status, 503, "{address}");
            count += 1;
        }
    }
    assert!(count >= 6, "{count}");
}

#[tokio::test]
async fn every_parameter_of_a_query_is_read() {
    let router = test_router();
    let document = document(&router).await;
    for path in ["/v1/logs/export", "/v1/logs/facets", "/v1/logs/histogram"] {
        let parameters = document["paths"][path]["get"]["parameters"].clone();
        let mut all = Vec::new();
        for parameter in parameters.as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            let value = match name {
                "timestamp.from" | "timestamp.to" | "ingested.from" | "ingested.to" => {
                    "2026-01-01T00:00:00Z"
                }
                "entity.include_children" => "true",
                "sort" => "ingested_at",
                "action" | "action.not" => "delete",
                "outcome" | "outcome.not" => "denied",
                "field" => "user.email",
                "limit" => "7",
                "by" => "outcome",
                "bucket" => "month",
                "time_zone" => "Europe/Berlin",
                "format" => "csv",
                "locale" => "de",
                _ => "x",
            };
            let answer = get(&router, &format!("{path}?{name}={value}"), &good_token()).await;
            assert_eq!(answer.status, 503, "{path} {name}");
            all.push(format!("{name}={value}"));
        }
        assert!(all.len() > 20, "{path}");
        let answer = get(&router, &format!("{path}?{}", all.join("&")), &good_token()).await;
        assert_eq!(answer.status, 503, "{path} {all:?}");
    }
}
