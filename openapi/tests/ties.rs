//! Calls that the documents of two services describe: whose they are, and what is told of them.

use std::collections::BTreeMap;

use daybook_openapi::{Document, DocumentProblem, Found, Index, RequestLine, Severity};
use serde_json::{Map, Value, json};

/// A name, servers, and operations such as `POST /orders`.
type Described<'a> = (&'a str, &'a [&'a str], &'a [&'a str]);

fn documents(described: &[Described<'_>]) -> Vec<Document> {
    let document = |(name, urls, operations): &Described<'_>| {
        let servers: Vec<Value> = urls.iter().map(|url| json!({ "url": url })).collect();
        let mut paths = Map::new();
        for operation in *operations {
            let (method, path) = operation.split_once(' ').expect("a method and a path");
            let item = paths.entry(path).or_insert_with(|| json!({}));
            item[method.to_lowercase()] = json!({ "operationId": operation });
        }
        let value = json!({ "openapi": "3.0.3", "servers": servers, "paths": paths });
        Document {
            file_name: format!("{name}.json"),
            bytes: value.to_string().into_bytes(),
        }
    };
    described.iter().map(document).collect()
}

fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    let entries = entries.iter();
    entries
        .map(|(key, service)| ((*key).to_owned(), (*service).to_owned()))
        .collect()
}

fn told(problems: &[DocumentProblem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

/// What is told of documents.
fn told_of(described: &[Described<'_>]) -> Vec<String> {
    told(&Index::build(documents(described)).1)
}

/// `service POST /path`, `service` or nothing.
fn found(index: &Index, request: &RequestLine<'_>) -> String {
    match index.find(request) {
        Found::Operation {
            service, operation, ..
        } => format!("{} {}", service.name, operation.operation_id),
        Found::Service(service) => service.name.clone(),
        Found::Nothing => String::new(),
    }
}

fn post<'a>(domain_name: &'a str, path: &'a str) -> RequestLine<'a> {
    RequestLine {
        method: "POST",
        domain_name,
        path,
        ..RequestLine::default()
    }
}

#[test]
fn the_default_of_a_variable_spells_no_host_out() {
    let document = |name: &str, tenant: &str, path: &str| Document {
        file_name: format!("{name}.json"),
        bytes: json!({
            "openapi": "3.0.3",
            "servers": [{ "url": "https://{tenant}.example.com",
                          "variables": { "tenant": { "default": tenant } } }],
            "paths": { path: { "post": { "operationId": path } } },
        })
        .to_string()
        .into_bytes(),
    };
    let any = document("any", "acme", "/{type}/{id}");
    let orders = document("orders", "demo", "/orders/{id}");
    let index = Index::build(vec![any, orders]).0;
    for domain_name in ["acme.example.com", "demo.example.com", "other.example.com"] {
        let call = post(domain_name, "/orders/7");
        assert_eq!(found(&index, &call), "orders /orders/{id}", "{domain_name}");
    }
}

#[test]
fn a_host_that_is_spelled_out_beside_a_variable_counts_as_one() {
    let tenants = json!({ "url": "https://{tenant}.example.com",
                          "variables": { "tenant": { "default": "demo" } } });
    let document = |name: &str, servers: Value| Document {
        file_name: format!("{name}.json"),
        bytes: json!({ "openapi": "3.0.3", "servers": servers,
            "paths": { "/orders/{id}": { "post": { "operationId": name } } } })
        .to_string()
        .into_bytes(),
    };
    let other = || document("other", json!([tenants]));
    for (url, domain_name, api_id) in [
        ("https://api.example.com", "api.example.com", ""),
        ("https://demo.example.com", "demo.example.com", ""),
        (
            "https://abc123.execute-api.eu-central-1.amazonaws.com/prod",
            "acme.example.com",
            "abc123",
        ),
    ] {
        let call = RequestLine {
            api_id,
            ..post(domain_name, "/orders/7")
        };
        for servers in [
            json!([{ "url": url }, tenants]),
            json!([tenants, { "url": url }]),
        ] {
            let index = Index::build(vec![other(), document("orders", servers)]).0;
            assert_eq!(found(&index, &call), "orders orders", "{url}");
        }
    }
    // The id of an API is spelled out whatever region it is in.
    let api = json!([{ "url": "https://abc123.execute-api.{region}.amazonaws.com",
                       "variables": { "region": { "default": "eu-central-1" } } }]);
    let index = Index::build(vec![other(), document("orders", api)]).0;
    let call = RequestLine {
        api_id: "abc123",
        ..post("acme.example.com", "/orders/7")
    };
    assert_eq!(found(&index, &call), "orders orders");
}

#[test]
fn the_logs_own_document_takes_no_call_of_a_service() {
    let own = json!({ "openapi": "3.1.0", "info": { "title": "Daybook query API" },
        "x-audit": { "service": "daybook" },
        "paths": { "/v1/logs": { "post": { "operationId": "searchLogs" } },
                   "/v1/alerts": { "post": { "operationId": "alert" } } } });
    let own = Document {
        file_name: "daybook-query-api.json".to_owned(),
        bytes: own.to_string().into_bytes(),
    };
    let mut both = documents(&[("orders", &[], &["POST /v1/logs"])]);
    both.push(own);
    let log = map(&[("log.example.com", "daybook")]);
    let (index, problems) = Index::build_mapped(both, log);
    assert_eq!(told(&problems), [""; 0]);
    for (domain_name, path, expected) in [
        ("api.example.com", "/v1/logs", "orders POST /v1/logs"),
        ("localhost", "/v1/logs", "orders POST /v1/logs"),
        ("api.example.com", "/v1/alerts", ""),
        ("log.example.com", "/v1/logs", "daybook searchLogs"),
    ] {
        let call = post(domain_name, path);
        assert_eq!(found(&index, &call), expected, "{domain_name}{path}");
    }
}

#[test]
fn what_two_documents_without_a_host_describe_is_nobodys_and_told() {
    let operations: &[&str] = &["GET /health", "POST /orders"];
    for urls in [&[][..], &["/"]] {
        let both = [("orders", urls, operations), ("legacy", urls, operations)];
        let (index, problems) = Index::build(documents(&both));
        let call = post("api.example.com", "/orders");
        assert_eq!(found(&index, &call), "", "{urls:?}");
        assert_eq!(
            told(&problems),
            [
                "legacy.json#/paths/~1orders/post: orders.json describes POST /orders as well, and no host of either says whose a call is: where DAYBOOK_SERVICES does not say it either, it is nobody's"
            ],
            "{urls:?}"
        );
        assert_eq!(problems[0].severity, Severity::Warning);
        // What the map says of one leaves it open for the other.
        let one = map(&[("a.example.com", "orders")]);
        assert_eq!(Index::build_mapped(documents(&both), one).1.len(), 1);
        let of_both = map(&[("a.example.com", "orders"), ("b.example.com", "legacy")]);
        let (_, problems) = Index::build_mapped(documents(&both), of_both);
        assert_eq!(told(&problems), [""; 0], "{urls:?}");
    }
}

#[test]
fn a_change_is_told_before_a_read_whatever_their_servers() {
    let document = |name: &str| {
        let value = json!({ "openapi": "3.0.3", "paths": {
            "/health": { "get": {} },
            "/orders": { "servers": [{ "url": "/v1" }], "post": {} },
        } });
        Document {
            file_name: format!("{name}.json"),
            bytes: value.to_string().into_bytes(),
        }
    };
    let problems = Index::build(vec![document("legacy"), document("orders")]).1;
    let [problem] = told(&problems).try_into().expect("one problem");
    assert!(
        problem.starts_with("orders.json#/paths/~1orders/post: legacy.json describes POST /orders"),
        "{problem}"
    );
}

#[test]
fn what_is_never_recorded_or_found_by_its_path_alone_is_not_told() {
    for operations in [&["HEAD /a", "OPTIONS /a"][..], &["POST /{proxy+}"]] {
        let both = [("a", &[][..], operations), ("b", &[], operations)];
        assert_eq!(told_of(&both), [""; 0], "{operations:?}");
    }
    let host: &[&str] = &["https://api.example.com"];
    let operations: &[&str] = &["OPTIONS /a"];
    assert_eq!(
        told_of(&[("a", host, operations), ("b", host, operations)]),
        [""; 0]
    );
}

#[test]
fn where_a_document_was_written_takes_no_call_from_one_without_a_host_and_that_is_told() {
    let of_stock: Described<'_> = ("stock", &["http://localhost:8081"], &["POST /items"]);
    let of_orders: Described<'_> = ("orders", &[], &["POST /items"]);
    for (both, start) in [
        (
            [of_stock, of_orders],
            "orders.json#/paths/~1items/post: stock.json",
        ),
        (
            [of_orders, of_stock],
            "stock.json#/paths/~1items/post: orders.json",
        ),
    ] {
        let (index, problems) = Index::build(documents(&both));
        let call = post("stock.example.com", "/items");
        assert_eq!(found(&index, &call), "orders POST /items");
        let end = "describes POST /items as well, and no host of either says whose a call is: where DAYBOOK_SERVICES does not say it either, it is taken for one of orders.json";
        assert_eq!(told(&problems), [format!("{start} {end}")]);
        assert_eq!(problems[0].severity, Severity::Warning);
        // Its own calls are what the one on localhost would lose.
        for (key, service, count) in [
            ("stock.example.com", "stock", 0),
            ("a.example.com", "orders", 1),
        ] {
            let (_, problems) = Index::build_mapped(documents(&both), map(&[(key, service)]));
            assert_eq!(problems.len(), count, "{service}");
        }
    }
    // Nobody calls it without its path.
    let below: Described<'_> = ("stock", &["http://localhost:8081/stock"], &["POST /items"]);
    assert_eq!(told_of(&[below, of_orders]), [""; 0]);
}

#[test]
fn paths_of_servers_tell_services_on_one_persons_machine_apart() {
    let operations: &[&str] = &["POST /items"];
    let on_machine = |one, other| {
        let one = [one];
        let other = [other];
        told_of(&[("a", &one, operations), ("b", &other, operations)]).len()
    };
    let local = "http://localhost:8080";
    assert_eq!(
        on_machine("http://localhost/orders", "http://localhost/stock"),
        0
    );
    assert_eq!(
        on_machine("http://localhost/v1", "http://127.0.0.1:81/v1"),
        1
    );
    // What is called without a path in front fits the other one, too.
    assert_eq!(on_machine("http://localhost/orders", local), 1);
    let (index, _) = Index::build(documents(&[
        ("a", &["http://localhost:8080/orders"], operations),
        ("b", &["http://localhost:8081/stock"], operations),
    ]));
    let call = post("api.example.com", "/orders/items");
    assert_eq!(found(&index, &call), "a POST /items");
    let both: [Described<'_>; 2] = [
        ("a", &["http://localhost/v1"], &["POST /orders"]),
        ("b", &[], &["POST /v1/orders"]),
    ];
    let (index, problems) = Index::build(documents(&both));
    assert_eq!(problems.len(), 1, "{:?}", told(&problems));
    let call = post("api.example.com", "/v1/orders");
    assert_eq!(found(&index, &call), "b POST /v1/orders");
}

#[test]
fn an_api_whose_id_is_a_variable_is_told_from_no_other() {
    let at = |id: &str, rest: &str| format!("https://{id}.execute-api.{rest}");
    let count = |one: &str, other: &str| {
        let operations: &[&str] = &["POST /items"];
        let (index, problems) = Index::build(documents(&[
            ("orders", &[one], operations),
            ("stock", &[other], operations),
        ]));
        let call = RequestLine {
            api_id: "z9",
            ..post("api.example.com", "/items")
        };
        assert_eq!(found(&index, &call), "", "{one} {other}");
        problems.len()
    };
    let (orders, stock) = (
        "eu-central-1.amazonaws.com/orders",
        "eu-central-1.amazonaws.com/stock",
    );
    assert_eq!(count(&at("{api}", orders), &at("{api}", stock)), 1);
    assert_eq!(count(&at("a1", orders), &at("{api}", stock)), 1);
    assert_eq!(count(&at("a1", orders), &at("b2", stock)), 0);
    let any_region = "{region}.amazonaws.com/prod";
    assert_eq!(count(&at("a1", any_region), &at("b2", any_region)), 0);
}

#[test]
fn only_servers_that_something_is_reached_at_say_whether_an_api_has_an_id() {
    let document = |name: &str, id: &str| {
        let url = format!("https://{id}.execute-api.eu-central-1.amazonaws.com");
        let item = json!({ "servers": [{ "url": url }], "post": {} });
        let servers = json!([{ "url": "http://localhost:8080" }]);
        let value = json!({ "openapi": "3.0.3", "servers": servers, "paths": { "/items": item } });
        Document {
            file_name: name.to_owned(),
            bytes: value.to_string().into_bytes(),
        }
    };
    let (_, problems) = Index::build(vec![document("a.json", "a1"), document("b.json", "b2")]);
    assert_eq!(told(&problems), [""; 0]);
}

#[test]
fn a_host_that_is_spelled_out_goes_before_one_with_a_variable() {
    let (tenants, acme): (&[&str], &[&str]) = (
        &["https://{tenant}.example.com"],
        &["https://acme.example.com"],
    );
    let operations: &[&str] = &["POST /orders", "POST /{proxy+}"];
    for described in [
        [("all", tenants, operations), ("one", acme, operations)],
        [("one", acme, operations), ("all", tenants, operations)],
    ] {
        let (index, problems) = Index::build(documents(&described));
        assert_eq!(told(&problems), [""; 0]);
        let at = |domain_name, path| found(&index, &post(domain_name, path));
        assert_eq!(at("acme.example.com", "/orders"), "one POST /orders");
        assert_eq!(at("acme.example.com", "/x"), "one POST /{proxy+}");
        assert_eq!(at("other.example.com", "/orders"), "all POST /orders");
    }
}

#[test]
fn a_path_that_is_partly_a_servers_is_the_same_path() {
    let below: &[&str] = &["https://api.example.com/v1"];
    let above: &[&str] = &["https://api.example.com"];
    for (of_below, of_above) in [
        ("POST /orders", "POST /v1/orders"),
        ("POST /{id}", "POST /v1/{key}"),
        ("POST /", "POST /v1/"),
    ] {
        let below: Described<'_> = ("below", below, &[of_below]);
        let above: Described<'_> = ("above", above, &[of_above]);
        for both in [[below, above], [above, below]] {
            let (_, problems) = Index::build(documents(&both));
            let lines = told(&problems);
            assert_eq!(problems.len(), 1, "{lines:?}");
            assert_eq!(problems[0].severity, Severity::Error, "{lines:?}");
            assert!(lines[0].contains("on the same host"), "{lines:?}");
            let settled = map(&[("api.example.com/v1", "below")]);
            let (index, problems) = Index::build_mapped(documents(&both), settled);
            assert_eq!(told(&problems), [""; 0]);
            let path = if of_below == "POST /" {
                "/v1"
            } else {
                "/v1/orders"
            };
            let call = post("api.example.com", path);
            assert_eq!(found(&index, &call), format!("below {of_below}"));
        }
    }
    let (index, _) = Index::build(documents(&[
        ("below", below, &["POST /orders"]),
        ("above", above, &["POST /v1/orders"]),
    ]));
    assert_eq!(found(&index, &post("api.example.com", "/v1/orders")), "");
}

#[test]
fn a_path_is_first_of_all_what_its_servers_make_of_it() {
    let described: [Described<'_>; 2] = [
        ("below", &["https://api.example.com/v1"], &["POST /orders"]),
        ("above", &["https://api.example.com"], &["POST /orders"]),
    ];
    let (index, problems) = Index::build(documents(&described));
    assert_eq!(told(&problems), [""; 0]);
    let at = |path| found(&index, &post("api.example.com", path));
    assert_eq!(at("/orders"), "above POST /orders");
    assert_eq!(at("/v1/orders"), "below POST /orders");
}
