//! Which service a request belongs to where documents name no host of their own, and where the operator's map does.

use std::collections::BTreeMap;

use daybook_openapi::{Document, Found, Index, RequestLine, Severity};
use serde_json::{Value, json};

fn documents(documents: &[(&str, &[&str], &str)]) -> Vec<Document> {
    let document = |(name, urls, path): &(&str, &[&str], &str)| {
        let servers: Vec<Value> = urls.iter().map(|url| json!({ "url": url })).collect();
        let paths = json!({ *path: { "post": { "operationId": path } } });
        let value = json!({ "openapi": "3.0.3", "servers": servers, "paths": paths });
        Document {
            file_name: format!("{name}.json"),
            bytes: value.to_string().into_bytes(),
        }
    };
    documents.iter().map(document).collect()
}

fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    let entries = entries.iter();
    entries
        .map(|(key, service)| ((*key).to_owned(), (*service).to_owned()))
        .collect()
}

/// `service /path`, `service` or nothing.
fn found(index: &Index, domain_name: &str, api_id: &str, path: &str) -> String {
    let request = RequestLine {
        method: "POST",
        domain_name,
        api_id,
        path,
        ..RequestLine::default()
    };
    match index.find(&request) {
        Found::Operation {
            service, operation, ..
        } => format!("{} {}", service.name, operation.path),
        Found::Service(service) => service.name.clone(),
        Found::Nothing => String::new(),
    }
}

fn told(problems: &[daybook_openapi::DocumentProblem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn where_a_document_was_written_is_no_host_of_its_service() {
    for url in [
        "http://localhost:8080",
        "http://127.0.0.1:8080/",
        "http://orders.localhost",
        "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/dev",
        "https://{api}.execute-api.eu-central-1.amazonaws.com/dev",
    ] {
        let (index, problems) = Index::build(documents(&[
            ("orders", &[url], "/orders"),
            ("stock", &["https://stock.example.com"], "/items"),
        ]));
        assert_eq!(told(&problems), [""; 0], "{url}");
        let at = |domain, path| found(&index, domain, "z9", path);
        assert_eq!(at("api.example.com", "/orders"), "orders /orders", "{url}");
        // One that has a host is reached there alone.
        assert_eq!(at("api.example.com", "/items"), "", "{url}");
        assert_eq!(at("stock.example.com", "/items"), "stock /items", "{url}");
    }
    // Beside a host of its own, the machine that it was written on changes nothing.
    let urls = ["http://localhost:8080", "https://orders.example.com"];
    let (index, _) = Index::build(documents(&[("orders", &urls, "/orders")]));
    assert_eq!(found(&index, "api.example.com", "", "/orders"), "");
}

#[test]
fn two_services_on_one_persons_machine_are_no_tie() {
    let same = |one: &str, other: &str| {
        let (_, problems) = Index::build(documents(&[
            ("orders", &[one], "/health"),
            ("stock", &[other], "/health"),
        ]));
        let errors = problems.iter();
        errors
            .filter(|problem| problem.severity == Severity::Error)
            .count()
    };
    assert_eq!(same("http://localhost:8080", "http://localhost:8081"), 0);
    assert_eq!(same("http://127.0.0.1", "http://127.0.0.1"), 0);
    assert_eq!(
        same("https://api.example.com", "https://api.example.com"),
        1
    );
    let of_gateway = "https://a1.execute-api.eu-central-1.amazonaws.com";
    assert_eq!(same(of_gateway, of_gateway), 1);
}

#[test]
fn the_map_may_name_the_service_of_a_base_path() {
    let (index, problems) = Index::build_mapped(
        documents(&[("orders", &[], "/orders"), ("stock", &[], "/orders")]),
        map(&[
            ("API.example.com/shop", "orders"),
            ("api.example.com/shop/v2/", "stock"),
            ("api.example.com", "legacy"),
        ]),
    );
    assert_eq!(told(&problems), [""; 0]);
    let at = |path| found(&index, "api.example.com", "a1b2c3", path);
    assert_eq!(at("/shop/orders"), "orders /orders");
    assert_eq!(at("/shop/v2/orders?a=b"), "stock /orders");
    assert_eq!(at("/shop"), "orders");
    assert_eq!(at("/shopping/orders"), "legacy");
    assert_eq!(found(&index, "other.example.com", "", "/shop/orders"), "");
}

#[test]
fn a_mistake_in_the_map_is_told() {
    let (_, problems) = Index::build_mapped(
        documents(&[("orders", &[], "/orders")]),
        map(&[
            ("api.example.com", "order"),
            ("https://b.example.com", "orders"),
            // One that no document describes may well be meant.
            ("c.example.com", "billing"),
        ]),
    );
    assert_eq!(
        told(&problems),
        [
            "DAYBOOK_SERVICES#/api.example.com: no document describes a service order; did you mean orders?",
            "DAYBOOK_SERVICES#/https~1~1b.example.com: it is neither a domain name nor an API id: write api.example.com, api.example.com/shop, a1b2c3 or a1b2c3/prod",
        ]
    );
}

#[test]
fn a_document_without_a_host_goes_before_one_whose_host_says_nothing() {
    for url in [
        "http://localhost:8080",
        "https://a1b2c3.execute-api.eu-central-1.amazonaws.com",
    ] {
        for names in [["legacy", "orders"], ["orders", "legacy"]] {
            let of = |name| {
                if name == "legacy" {
                    std::slice::from_ref(&url)
                } else {
                    &[]
                }
            };
            let both = names.map(|name| (name, of(name), "/orders"));
            let (index, problems) = Index::build(documents(&both));
            // The id of an API tells its own calls.
            let is_lost = url.contains("localhost");
            assert_eq!(problems.len(), usize::from(is_lost), "{url}");
            let at = |domain| found(&index, domain, "z9", "/orders");
            assert_eq!(at("api.example.com"), "orders /orders", "{url}");
            // Such a host alone says nothing of either.
            assert_eq!(at("10.0.0.1"), "", "{url}");
        }
    }
}

#[test]
fn two_services_without_a_host_of_their_own_that_describe_one_call_are_told() {
    let urls: &[&str] = &["http://localhost:8080"];
    let both = [("orders", urls, "/orders"), ("legacy", urls, "/orders")];
    let (index, problems) = Index::build(documents(&both));
    assert_eq!(found(&index, "api.example.com", "", "/orders"), "");
    assert_eq!(
        told(&problems),
        [
            "legacy.json#/paths/~1orders/post: orders.json describes POST /orders as well, and no host of either says whose a call is: where DAYBOOK_SERVICES does not say it either, it is nobody's"
        ]
    );
    assert_eq!(problems[0].severity, Severity::Warning);
    let hosts = [("a.example.com", "orders"), ("b.example.com", "legacy")];
    let (index, problems) = Index::build_mapped(documents(&both), map(&hosts));
    assert_eq!(told(&problems), [""; 0]);
    assert_eq!(
        found(&index, "b.example.com", "", "/orders"),
        "legacy /orders"
    );
}

#[test]
fn a_base_path_in_the_map_settles_a_tie_of_servers_below_it() {
    let urls: &[&str] = &["https://api.example.com/shop/v1"];
    let both = [("orders", urls, "/orders"), ("legacy", urls, "/orders")];
    for (key, ties) in [
        ("api.example.com/shop", 0),
        ("api.example.com/shop/v1", 0),
        ("api.example.com", 0),
        ("api.example.com/v1", 1),
        ("api.example.com/sho", 1),
        ("other.example.com/shop", 1),
    ] {
        let (index, problems) = Index::build_mapped(documents(&both), map(&[(key, "orders")]));
        assert_eq!(problems.len(), ties, "{key}: {:?}", told(&problems));
        let expected = if ties == 0 { "orders /orders" } else { "" };
        let at = found(&index, "api.example.com", "", "/shop/v1/orders");
        assert_eq!(at, expected, "{key}");
    }
}

/// One document of several operations.
fn document_of(urls: &[&str], operations: &[(&str, &str)]) -> Vec<Document> {
    let servers: Vec<Value> = urls.iter().map(|url| json!({ "url": url })).collect();
    let mut paths = json!({});
    for (method, path) in operations {
        paths[path][method] = json!({ "operationId": path });
    }
    let value = json!({ "openapi": "3.0.3", "servers": servers, "paths": paths });
    vec![Document {
        file_name: "orders.json".to_owned(),
        bytes: value.to_string().into_bytes(),
    }]
}

#[test]
fn a_servers_path_may_go_on_behind_a_base_path_of_the_map() {
    let mapped = map(&[("api.example.com/shop", "orders")]);
    let operations = [
        ("post", "/orders/{id}"),
        ("post", "/{tenant}/orders/{id}"),
        ("post", "/{id}"),
        ("post", "/{tenant}/{id}"),
    ];
    for (urls, path, expected) in [
        (
            &["https://api.example.com/shop/v1"][..],
            "/shop/v1/orders/7",
            "/orders/{id}",
        ),
        (&["/shop/v1"], "/shop/v1/orders/7", "/orders/{id}"),
        (&["https://api.example.com/shop/v1"], "/shop/v1/7", "/{id}"),
        // Where no server says it, the base path is the map's.
        (&[], "/shop/v1/orders/7", "/{tenant}/orders/{id}"),
        (&[], "/shop/orders/7", "/orders/{id}"),
        (&[], "/shop/7", "/{id}"),
        (&["https://api.example.com"], "/shop/7", "/{id}"),
    ] {
        let (index, problems) = Index::build_mapped(document_of(urls, &operations), mapped.clone());
        assert_eq!(told(&problems), [""; 0]);
        let expected = format!("orders {expected}");
        let at = found(&index, "api.example.com", "", path);
        assert_eq!(at, expected, "{urls:?} {path}");
    }
}

#[test]
fn a_template_that_spells_nothing_out_is_found_where_api_gateway_matched_the_same() {
    let operations = [("post", "/"), ("post", "/{id}")];
    let (index, _) = Index::build(document_of(&[], &operations));
    let at = |index: &Index, path, resource, proxy| {
        let request = RequestLine {
            method: "POST",
            domain_name: "api.example.com",
            path,
            resource,
            proxy,
            ..RequestLine::default()
        };
        match index.find(&request) {
            Found::Operation {
                service,
                operation,
                path_params,
            } => format!("{} {} {path_params:?}", service.name, operation.path),
            _ => String::new(),
        }
    };
    let one = "orders /{id} [(\"id\", \"7\")]";
    assert_eq!(at(&index, "/orders/7", "/{orderId}", ""), one);
    assert_eq!(at(&index, "/7", "/{id}", ""), one);
    assert_eq!(at(&index, "/orders", "/", ""), "orders / []");
    // Nothing says that it is this service's.
    for (resource, proxy) in [
        ("", ""),
        ("$default", ""),
        ("/{proxy+}", "orders/7"),
        ("/orders/{id}", ""),
    ] {
        assert_eq!(at(&index, "/orders/7", resource, proxy), "", "{resource}");
    }
    let (any, _) = Index::build(document_of(&[], &[("post", "/{proxy+}")]));
    assert_eq!(at(&any, "/orders/7", "/{proxy+}", "orders/7"), "");
    // What spells out some of the path goes before it.
    let all = document_of(&[], &operations).into_iter();
    let stock = documents(&[("stock", &[], "/orders/{key}")]);
    let (index, problems) = Index::build(all.chain(stock).collect());
    assert_eq!(told(&problems), [""; 0]);
    assert_eq!(
        at(&index, "/orders/7", "/{id}", ""),
        "stock /orders/{key} [(\"key\", \"7\")]"
    );
}
