//! From a request to its operation by what stands around the path: servers, stages, mappings, queries.

use std::collections::BTreeMap;

use daybook_openapi::{Document, Found, Index, RequestLine};
use serde_json::{Value, json};

fn build(documents: &[(&str, Value)]) -> (Index, Vec<String>) {
    let documents = documents.iter().map(|(name, value)| Document {
        file_name: (*name).to_owned(),
        bytes: value.to_string().into_bytes(),
    });
    let (index, problems) = Index::build(documents.collect());
    (index, problems.iter().map(ToString::to_string).collect())
}

/// A document of GET operations, each with its path as its id.
fn document(servers: &Value, paths: &[&str]) -> Value {
    let paths: serde_json::Map<String, Value> = paths
        .iter()
        .map(|path| {
            (
                (*path).to_owned(),
                json!({ "get": { "operationId": path } }),
            )
        })
        .collect();
    json!({ "openapi": "3.0.3", "info": { "title": "T" }, "servers": servers, "paths": paths })
}

/// `service /template a=1`, `service` or nothing.
fn found(index: &Index, request: RequestLine<'_>) -> String {
    let request = RequestLine {
        method: "GET",
        ..request
    };
    match index.find(&request) {
        Found::Operation {
            service,
            operation,
            path_params,
        } => {
            let start = format!("{} {}", service.name, operation.operation_id);
            let params = path_params.iter();
            params.fold(start, |line, (name, value)| {
                format!("{line} {name}={value}")
            })
        }
        Found::Service(service) => service.name.clone(),
        Found::Nothing => String::new(),
    }
}

fn at<'a>(domain_name: &'a str, path: &'a str) -> RequestLine<'a> {
    RequestLine {
        domain_name,
        path,
        ..RequestLine::default()
    }
}

#[test]
fn a_server_variable_has_the_values_of_its_list_or_else_any() {
    let servers = json!([{
        "url": "https://{region}.example.com:{port}/{base}/{tenant}",
        "variables": {
            "region": { "default": "eu", "enum": ["eu", "us"] }, "port": { "default": "443" },
            "base": { "default": "api/v2", "enum": ["api/v2", "beta"] }, "tenant": { "default": "demo" }
        }
    }]);
    let (index, _) = build(&[("s.json", document(&servers, &["/orders/{id}"]))]);
    for (domain_name, path, expected) in [
        (
            "eu.example.com",
            "/api/v2/demo/orders/1",
            "s /orders/{id} id=1",
        ),
        (
            "US.example.com",
            "/beta/acme/orders/1",
            "s /orders/{id} id=1",
        ),
        ("us.example.com:8443", "/orders/1", "s /orders/{id} id=1"),
        ("us.example.com", "/gamma/acme/orders/1", "s"),
        ("us.example.com", "/beta/a/b/orders/1", "s"),
        ("asia.example.com", "/beta/acme/orders/1", ""),
    ] {
        assert_eq!(
            found(&index, at(domain_name, path)),
            expected,
            "{domain_name}{path}"
        );
    }
}

#[test]
fn a_host_that_is_all_variable_claims_its_default_and_excludes_none() {
    let variables = json!({ "host": { "default": "api.example.com" } });
    let servers = json!([{ "url": "{scheme}://{host}/v1", "variables": variables }]);
    let servers = json!([servers[0], { "url": "https://{host}/v1", "variables": variables }]);
    let (index, _) = build(&[
        ("open.json", document(&servers, &["/a", "/b"])),
        (
            "other.json",
            document(&json!([{ "url": "https://other.example.com" }]), &["/a"]),
        ),
    ]);
    assert_eq!(found(&index, at("api.example.com", "/v1/a")), "open /a");
    assert_eq!(found(&index, at("self-hosted.test", "/v1/b")), "open /b");
    assert_eq!(found(&index, at("other.example.com", "/a")), "other /a");
    assert_eq!(found(&index, at("other.example.com", "/b")), "other");
}

#[test]
fn the_servers_of_a_path_and_an_operation_replace_the_documents() {
    let mut value = document(
        &json!([{ "url": "https://api.example.com/v1" }]),
        &["/a", "/b", "/up/{name}"],
    );
    value["paths"]["/up/{name}"]["servers"] = json!([{ "url": "https://upload.example.com/raw" }]);
    value["paths"]["/b"]["servers"] = json!([{ "url": "https://none.example.com" }]);
    value["paths"]["/b"]["get"]["servers"] = json!([{ "url": "https://b.example.com/v2" }]);
    let (index, _) = build(&[
        ("s.json", value),
        (
            "t.json",
            document(&json!([{ "url": "https://t.example.com" }]), &["/up/{x}"]),
        ),
    ]);
    assert_eq!(found(&index, at("api.example.com", "/v1/a")), "s /a");
    assert_eq!(
        found(&index, at("upload.example.com", "/raw/up/f")),
        "s /up/{name} name=f"
    );
    assert_eq!(found(&index, at("b.example.com", "/v2/b")), "s /b");
    assert_eq!(found(&index, at("none.example.com", "/b")), "");
}

#[test]
fn a_relative_server_is_a_prefix() {
    for url in [
        "/base/v1",
        "./base/v1/",
        "base/v1",
        "../base/v1",
        "//any.example.com/base/v1",
    ] {
        let servers = json!([{ "url": url }]);
        let (index, _) = build(&[("s.json", document(&servers, &["/a/{id}"]))]);
        let domain_name = "any.example.com";
        assert_eq!(
            found(&index, at(domain_name, "/base/v1/a/1")),
            "s /a/{id} id=1",
            "{url}"
        );
    }
}

#[test]
fn what_the_gateway_matched_says_where_the_api_begins() {
    let servers = json!([{ "url": "https://api.example.com" }]);
    let paths = ["/list", "/orders/{id}", "/{kind}/{id}/items"];
    let (index, _) = build(&[("s.json", document(&servers, &paths))]);
    for (path, resource, proxy, expected) in [
        // The domain maps /orders to this API.
        ("/orders/list", "/list", "", "s /list"),
        ("/orders/list", "/{proxy+}", "list", "s /list"),
        (
            "/orders/orders/7",
            "/orders/{orderId}",
            "",
            "s /orders/{id} id=7",
        ),
        (
            "/orders/orders/a%20b",
            "/{proxy+}",
            "orders/a b",
            "s /orders/{id} id=a b",
        ),
        (
            "/shop/x/1/items/",
            "/{kind}/{id}/items",
            "",
            "s /{kind}/{id}/items kind=x id=1",
        ),
        // It maps nothing.
        ("/orders/list", "/orders/{id}", "", "s /orders/{id} id=list"),
        (
            "/orders/list",
            "/{proxy+}",
            "orders/list",
            "s /orders/{id} id=list",
        ),
        ("/orders/list", "", "", "s /orders/{id} id=list"),
        // It maps what the document does not know.
        ("/shop/list", "", "", "s"),
    ] {
        let request = RequestLine {
            resource,
            proxy,
            ..at("api.example.com", path)
        };
        assert_eq!(found(&index, request), expected, "{path} by {resource}");
    }
}

#[test]
fn a_document_may_have_the_mapped_path_itself() {
    let servers = json!([{ "url": "https://api.example.com" }]);
    let paths = ["/orders/list", "/list", "/orders/{id}"];
    let (index, _) = build(&[("s.json", document(&servers, &paths))]);
    let request = RequestLine {
        resource: "/list",
        ..at("api.example.com", "/orders/list")
    };
    assert_eq!(found(&index, request), "s /orders/list");
}

#[test]
fn a_stage_or_a_mapped_path_is_no_parameter_where_the_gateway_matched_less() {
    let paths = ["/{org}/users/{id}", "/users/{id}"];
    for servers in [json!([{ "url": "https://api.example.com" }]), json!([])] {
        let (index, _) = build(&[("s.json", document(&servers, &paths))]);
        for (path, stage, resource, proxy, expected) in [
            (
                "/prod/users/7",
                "prod",
                "/users/{id}",
                "",
                "s /users/{id} id=7",
            ),
            (
                "/shop/users/7",
                "prod",
                "/users/{id}",
                "",
                "s /users/{id} id=7",
            ),
            (
                "/shop/users/7",
                "",
                "/{proxy+}",
                "users/7",
                "s /users/{id} id=7",
            ),
            (
                "/prod/users/7",
                "prod",
                "/{org}/users/{id}",
                "",
                "s /{org}/users/{id} org=prod id=7",
            ),
            (
                "/prod/acme/users/7",
                "prod",
                "/{org}/users/{id}",
                "",
                "s /{org}/users/{id} org=acme id=7",
            ),
        ] {
            let request = RequestLine {
                stage,
                resource,
                proxy,
                ..at("api.example.com", path)
            };
            assert_eq!(found(&index, request), expected, "{path} by {resource}");
        }
    }
}

#[test]
fn an_api_id_in_a_server_claims_the_api_under_any_domain() {
    let server = |id: &str| json!([{ "url": format!("https://{id}.execute-api.eu-central-1.amazonaws.com/prod") }]);
    let (index, _) = build(&[
        ("a.json", document(&server("a1b2c3"), &["/same"])),
        ("b.json", document(&server("d4e5f6"), &["/same"])),
    ]);
    let request = |api_id, path| RequestLine {
        api_id,
        stage: "prod",
        ..at("shop.example.com", path)
    };
    assert_eq!(found(&index, request("a1b2c3", "/same")), "a /same");
    assert_eq!(found(&index, request("d4e5f6", "/prod/same")), "b /same");
    assert_eq!(found(&index, request("a1b2", "/same")), "");
}

#[test]
fn the_map_may_name_the_service_of_one_stage() {
    let map = [
        ("A1.example.com", "domain"),
        ("x1/beta", "beta"),
        ("x1", "stable"),
    ];
    let map: BTreeMap<String, String> = map
        .iter()
        .map(|(key, service)| ((*key).to_owned(), (*service).to_owned()))
        .collect();
    let (index, _) = build(&[("stable.json", document(&json!([]), &["/a"]))]);
    let index = index.with_service_map(map);
    let request = |domain_name, stage| RequestLine {
        api_id: "x1",
        stage,
        ..at(domain_name, "/a")
    };
    assert_eq!(found(&index, request("", "beta")), "beta");
    assert_eq!(found(&index, request("", "Beta")), "stable /a");
    assert_eq!(
        found(&index, request("a1.EXAMPLE.com:443", "beta")),
        "domain"
    );
}

#[test]
fn what_stands_behind_a_template_selects_it() {
    let servers = json!([{ "url": "https://api.example.com" }]);
    let paths = [
        "/rest?method=photos.get",
        "/rest?method=photos.list",
        "/#X-Amz-Target=Shop.Create",
        "/#X-Amz-Target=Shop.Delete",
        "/{bucket}/{key}",
        "/{bucket}/{key}#acl",
        "/{bucket}/{key}#acl&version={v}",
    ];
    let (index, problems) = build(&[("s.json", document(&servers, &paths))]);
    assert_eq!(problems, [""; 0]);
    let pairs = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    for (path, query, headers, expected) in [
        (
            "/rest",
            &[("method", "photos.list")][..],
            &[][..],
            "s /rest?method=photos.list",
        ),
        ("/rest", &[("method", "photos.drop")], &[], "s"),
        ("/rest", &[], &[], "s"),
        (
            "/rest?method=photos%2Eget&x",
            &[],
            &[],
            "s /rest?method=photos.get",
        ),
        (
            "/",
            &[],
            &[("x-amz-target", "Shop.Delete")],
            "s /#X-Amz-Target=Shop.Delete",
        ),
        ("/", &[], &[("x-amz-target", "Shop.Drop")], "s"),
        (
            "/b/k",
            &[("other", "1")],
            &[],
            "s /{bucket}/{key} bucket=b key=k",
        ),
        (
            "/b/k",
            &[("acl", "")],
            &[],
            "s /{bucket}/{key}#acl bucket=b key=k",
        ),
        (
            "/b/k",
            &[("acl", ""), ("version", "3")],
            &[],
            "s /{bucket}/{key}#acl&version={v} bucket=b key=k",
        ),
    ] {
        let request = RequestLine {
            query: Some(&pairs(query)),
            headers: Some(&pairs(headers)),
            ..at("api.example.com", path)
        };
        assert_eq!(
            found(&index, request),
            expected,
            "{path} {query:?} {headers:?}"
        );
    }
}

#[test]
fn templates_that_differ_in_names_alone_are_one_and_told() {
    let mut value = document(&json!([]), &["/a/{x}", "/a/{y}"]);
    value["paths"]["/a/{y}"]["delete"] = json!({ "operationId": "deleteIt" });
    let (index, problems) = build(&[("s.json", value)]);
    assert_eq!(found(&index, at("", "/a/1")), "s /a/{x} x=1");
    assert_eq!(
        problems,
        [
            "s.json#/paths/~1a~1{y}/get: calls of it are taken for GET /a/{x}, whose path is the same"
        ]
    );
}

#[test]
fn the_root_is_a_path_and_an_empty_segment_is_one() {
    let paths = ["/", "/a//b", "/a/b", "//c"];
    let (index, _) = build(&[("s.json", document(&json!([]), &paths))]);
    for (path, expected) in [
        ("/", "s /"),
        ("", "s /"),
        ("/a//b", "s /a//b"),
        ("/a/b/", "s /a/b"),
        ("//c", "s //c"),
        ("/c", ""),
        ("//a/b", ""),
    ] {
        assert_eq!(found(&index, at("", path)), expected, "{path}");
    }
}

#[test]
fn many_catch_alls_in_one_template_cost_no_time() {
    let many = format!("/{}end", "{p+}/".repeat(40));
    let paths = [many.as_str(), "/two/{a+}/x/{b+}/end"];
    let (index, _) = build(&[("s.json", document(&json!([]), &paths))]);
    assert_eq!(found(&index, at("", &"/x".repeat(200))), "");
    assert_eq!(
        found(&index, at("", "/two/1/x/2/x/3/end/")),
        "s /two/{a+}/x/{b+}/end a=1/x/2 b=3"
    );
}

#[test]
fn the_stage_in_a_servers_path_chooses_the_document() {
    let at_stage = |stage: &str| {
        let url = format!("https://a1.execute-api.eu-central-1.amazonaws.com/{stage}");
        document(&json!([{ "url": url }]), &["/orders/{id}"])
    };
    let documents = [
        ("beta.json", at_stage("beta")),
        ("prod.json", at_stage("prod")),
        (
            "any.json",
            document(
                &json!([{ "url": "https://a1.execute-api.eu-central-1.amazonaws.com/prod" }]),
                &["/{proxy+}"],
            ),
        ),
    ];
    let (index, problems) = build(&documents);
    assert_eq!(problems, [""; 0]);
    let call = |stage, path| {
        let call = RequestLine {
            api_id: "a1",
            stage,
            ..at("orders.example.com", path)
        };
        found(&index, call)
    };
    for path in ["/orders/1", "/beta/orders/1"] {
        assert_eq!(call("beta", path), "beta /orders/{id} id=1", "{path}");
    }
    assert_eq!(call("prod", "/orders/1"), "prod /orders/{id} id=1");
    assert_eq!(call("prod", "/other"), "any /{proxy+} proxy=other");
    // Nothing tells two documents apart at a third stage.
    assert_eq!(call("test", "/orders/1"), "");
}

#[test]
fn a_version_in_a_servers_path_is_no_stage() {
    let version = |version: &str| {
        let url = format!("https://api.example.com/{version}");
        document(&json!([{ "url": url }]), &["/orders/{id}"])
    };
    let (index, _) = build(&[("a.json", version("v1")), ("b.json", version("v2"))]);
    let call = RequestLine {
        stage: "v1",
        resource: "/orders/{id}",
        ..at("api.example.com", "/v2/orders/1")
    };
    assert_eq!(found(&index, call), "b /orders/{id} id=1");
}

#[test]
fn the_stage_chooses_among_documents_that_spell_nothing_out() {
    let at_stage = |stage: &str| {
        let url = format!("https://a1.execute-api.eu-central-1.amazonaws.com/{stage}");
        document(&json!([{ "url": url }]), &["/{a}/{b}", "/{key}"])
    };
    let documents = [
        ("beta.json", at_stage("beta")),
        ("prod.json", at_stage("prod")),
    ];
    let (index, _) = build(&documents);
    let call = |path| {
        let call = RequestLine {
            api_id: "a1",
            stage: "prod",
            ..at("orders.example.com", path)
        };
        found(&index, call)
    };
    assert_eq!(call("/7"), "prod /{key} key=7");
    assert_eq!(call("/7/8"), "prod /{a}/{b} a=7 b=8");
}

#[test]
fn servers_beyond_what_is_read_are_told() {
    let many: Vec<Value> = (0..129)
        .map(|number| json!({ "url": format!("https://h{number}.example.com") }))
        .collect();
    let values: Vec<String> = (0..200).map(|number| format!("v{number}")).collect();
    let variables = json!({ "v": { "default": "v0", "enum": values } });
    for servers in [
        json!(many),
        json!([{ "url": "https://{v}.example.com", "variables": variables }]),
    ] {
        let (_, problems) = build(&[("s.json", document(&servers, &["/a"]))]);
        assert_eq!(
            problems,
            [
                "s.json#/servers: only the first 128 of its servers are read, the values of their variables counted"
            ]
        );
    }
    let mut value = document(&json!(many[..128]), &[]);
    for number in 0..65 {
        let servers = json!([{ "url": format!("https://own{number}.example.com") }]);
        value["paths"][format!("/a{number:02}")] = json!({ "servers": servers, "get": {} });
    }
    let (_, problems) = build(&[("s.json", value)]);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0].starts_with("s.json#/paths/~1a63: it has further servers than the 64"),
        "{problems:?}"
    );
}

#[test]
fn what_the_operators_map_settles_is_no_tie() {
    let documents = || {
        let api = |stage: &str| {
            let url = format!("https://a1.execute-api.eu-central-1.amazonaws.com/{stage}");
            document(&json!([{ "url": url }]), &["/orders"])
        };
        let documents = [("a.json", api("prod")), ("b.json", api("prod"))];
        documents
            .map(|(name, value)| Document {
                file_name: name.to_owned(),
                bytes: value.to_string().into_bytes(),
            })
            .into()
    };
    for (key, ties) in [
        ("a1/prod", 0),
        ("a1", 0),
        ("A1.execute-api.eu-central-1.amazonaws.com", 0),
        ("a1/beta", 1),
        ("a2", 1),
    ] {
        let map = BTreeMap::from([(key.to_owned(), "b".to_owned())]);
        let (index, problems) = Index::build_mapped(documents(), map);
        assert_eq!(problems.len(), ties, "{key}: {problems:?}");
        let call = RequestLine {
            api_id: "a1",
            stage: "prod",
            ..at("a1.execute-api.eu-central-1.amazonaws.com", "/orders")
        };
        let expected = if ties == 0 { "b /orders" } else { "" };
        assert_eq!(found(&index, call), expected, "{key}");
    }
}

#[test]
fn the_parameters_of_a_path_that_was_decoded_are_those_of_api_gateway() {
    let (index, _) = build(&[(
        "s.json",
        document(&json!([]), &["/orders/{id}/notes/{note}"]),
    )]);
    let params = BTreeMap::from(
        [("noteId", "7"), ("orderId", "a/b")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let call = RequestLine {
        resource: "/orders/{orderId}/notes/{noteId}",
        path_params: Some(&params),
        ..at("", "/orders/a/b/notes/7")
    };
    let expected = "s /orders/{id}/notes/{note} id=a/b note=7";
    assert_eq!(found(&index, call), expected);
    // What the path itself says goes first.
    let call = RequestLine {
        path: "/orders/c/notes/8",
        ..call
    };
    assert_eq!(
        found(&index, call),
        expected.replace("a/b", "c").replace('7', "8")
    );
}
