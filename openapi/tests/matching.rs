//! From a request to its service and operation.

use std::collections::BTreeMap;

use daybook_openapi::{Document, Found, Index, RequestLine};
use serde_json::{Value, json};

fn document(file_name: &str, value: &Value) -> Document {
    Document {
        file_name: file_name.to_owned(),
        bytes: value.to_string().into_bytes(),
    }
}

/// A document of which each path has the methods named with it.
fn paths(servers: &[&str], routes: &[(&str, &str)]) -> Value {
    let mut paths = serde_json::Map::new();
    for (method, path) in routes {
        let operation = json!({ "operationId": format!("{method} {path}"), "responses": {} });
        let item = paths.entry((*path).to_owned()).or_insert_with(|| json!({}));
        item[method.to_lowercase()] = operation;
    }
    let servers: Vec<Value> = servers.iter().map(|url| json!({ "url": url })).collect();
    json!({ "openapi": "3.0.3", "info": { "title": "T" }, "servers": servers, "paths": paths })
}

fn index(documents: &[(&str, Value)]) -> Index {
    let documents = documents
        .iter()
        .map(|(name, value)| document(name, value))
        .collect();
    Index::build(documents).0
}

/// `service operationId {a=1}`, `service` or nothing.
fn found(index: &Index, request: &RequestLine<'_>) -> String {
    match index.find(request) {
        Found::Operation {
            service,
            operation,
            path_params,
        } => {
            let params: Vec<String> = path_params
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            format!(
                "{} {} {{{}}}",
                service.name,
                operation.operation_id,
                params.join(" ")
            )
        }
        Found::Service(service) => service.name.clone(),
        Found::Nothing => String::new(),
    }
}

#[track_caller]
fn check(routes: &[(&str, &str)], method: &str, path: &str, expected: &str) {
    let index = index(&[("s.json", paths(&[], routes))]);
    let line = RequestLine {
        method,
        path,
        ..RequestLine::default()
    };
    let expected = if expected.is_empty() {
        String::new()
    } else {
        format!("s {expected}")
    };
    assert_eq!(found(&index, &line), expected, "{method} {path}");
}

#[test]
fn a_path_finds_its_template() {
    let users = [
        ("GET", "/users/{id}"),
        ("GET", "/users/me"),
        ("DELETE", "/users/{id}"),
        ("POST", "/users"),
    ];
    check(&users, "GET", "/users/me", "GET /users/me {}");
    check(&users, "GET", "/users/42", "GET /users/{id} {id=42}");
    check(&users, "get", "/users/42", "GET /users/{id} {id=42}");
    check(&users, "DELETE", "/users/me", "DELETE /users/{id} {id=me}");
    check(&users, "PUT", "/users/42", "");
    check(&users, "GET", "/users/42/x", "");
    check(&users, "POST", "/users/", "POST /users {}");
    check(&users, "GET", "/users//", "");
    check(&users, "GET", "", "");
}

#[test]
fn one_slot_may_have_two_names() {
    let routes = [
        ("GET", "/a/{x}"),
        ("GET", "/a/{y}/b"),
        ("GET", "/a/{z}/{w}"),
    ];
    check(&routes, "GET", "/a/1", "GET /a/{x} {x=1}");
    check(&routes, "GET", "/a/1/b", "GET /a/{y}/b {y=1}");
    check(&routes, "GET", "/a/1/c", "GET /a/{z}/{w} {z=1 w=c}");
}

#[test]
fn a_parameter_behind_a_colon_is_one() {
    // A word that is a verb as well is a value where it stands for one.
    let routes = [
        ("DELETE", "/webhooks/:id"),
        ("DELETE", "/webhooks/all"),
        ("POST", "/webhooks/:search"),
        ("DELETE", "/projects/:project"),
        ("GET", "/reports/:startDate/:endDate"),
        ("POST", "/orders/:bulkDelete"),
        ("POST", "/items/:softDelete"),
    ];
    for (method, path, found) in [
        ("DELETE", "/webhooks/7", "/webhooks/:id {id=7}"),
        ("DELETE", "/webhooks/all", "/webhooks/all {}"),
        ("POST", "/webhooks/:search", "/webhooks/:search {}"),
        ("DELETE", "/projects/7", "/projects/:project {project=7}"),
        (
            "GET",
            "/reports/1/2",
            "/reports/:startDate/:endDate {startDate=1 endDate=2}",
        ),
    ] {
        check(&routes, method, path, &format!("{method} {found}"));
    }
    for path in ["/webhooks/7", "/orders/7", "/items/7"] {
        check(&routes, "POST", path, "");
    }
}

#[test]
fn a_branch_that_leads_nowhere_is_left_again() {
    let routes = [("GET", "/a/b/c"), ("GET", "/a/{x}/d"), ("GET", "/{y}/b/e")];
    check(&routes, "GET", "/a/b/d", "GET /a/{x}/d {x=b}");
    check(&routes, "GET", "/a/b/e", "GET /{y}/b/e {y=a}");
}

#[test]
fn segments_may_be_partly_templated() {
    let routes = [
        ("POST", "/d/{id}:publish"),
        ("POST", "/d/{id}"),
        ("GET", "/n/{name}.{format}"),
        ("GET", "/report({id})"),
        ("GET", "/indexes('{name}')/docs"),
    ];
    check(
        &routes,
        "POST",
        "/d/42:publish",
        "POST /d/{id}:publish {id=42}",
    );
    check(
        &routes,
        "POST",
        "/d/42%3Apublish",
        "POST /d/{id}:publish {id=42}",
    );
    check(&routes, "POST", "/d/42:other", "POST /d/{id} {id=42:other}");
    check(
        &routes,
        "GET",
        "/n/x.y",
        "GET /n/{name}.{format} {name=x format=y}",
    );
    check(&routes, "GET", "/report(7)", "GET /report({id}) {id=7}");
    check(
        &routes,
        "GET",
        "/indexes('h%20l')/docs",
        "GET /indexes('{name}')/docs {name=h l}",
    );
}

#[test]
fn segments_are_decoded_once_after_the_path_is_cut() {
    let routes = [("GET", "/files/{name}"), ("GET", "/a b/{x}")];
    check(
        &routes,
        "GET",
        "/files/a%2Fb",
        "GET /files/{name} {name=a/b}",
    );
    check(
        &routes,
        "GET",
        "/files/a%252Fb",
        "GET /files/{name} {name=a%2Fb}",
    );
    check(
        &routes,
        "GET",
        "/files/%FF",
        "GET /files/{name} {name=\u{fffd}}",
    );
    check(&routes, "GET", "/a%20b/1", "GET /a b/{x} {x=1}");
}

#[test]
fn a_proxy_takes_the_rest_but_only_where_nothing_else_fits() {
    let routes = [
        ("ANY", "/x"),
        ("GET", "/files/{proxy+}"),
        ("GET", "/files/list"),
    ];
    check(
        &routes,
        "GET",
        "/files/a/b%2Fc",
        "GET /files/{proxy+} {proxy=a/b/c}",
    );
    check(&routes, "GET", "/files/list", "GET /files/list {}");
    check(&routes, "GET", "/files", "");
}

#[test]
fn a_trailing_slash_matters_only_where_both_are_described() {
    let routes = [("GET", "/a"), ("GET", "/a/"), ("GET", "/b/")];
    check(&routes, "GET", "/a", "GET /a {}");
    check(&routes, "GET", "/a/", "GET /a/ {}");
    check(&routes, "GET", "/b", "GET /b/ {}");
}

#[test]
fn operations_that_only_a_fragment_tells_apart_are_not_guessed() {
    check(
        &[("POST", "/#Target=A"), ("POST", "/#Target=B")],
        "POST",
        "/",
        "",
    );
    check(&[("POST", "/#Target=A")], "POST", "/", "POST /#Target=A {}");
    check(
        &[("POST", "/x#Target=A")],
        "POST",
        "/x",
        "POST /x#Target=A {}",
    );
}

#[test]
fn stage_and_server_prefix_are_taken_off() {
    let index = index(&[(
        "s.json",
        paths(
            &["https://api.example.com/base/{v}", "/relative"],
            &[("GET", "/orders/{id}"), ("GET", "/base/x")],
        ),
    )]);
    for (path, stage, expected) in [
        ("/orders/1", "", "s GET /orders/{id} {id=1}"),
        ("/prod/orders/1", "prod", "s GET /orders/{id} {id=1}"),
        ("/base/orders/1", "", "s GET /orders/{id} {id=1}"),
        ("/prod/base/orders/1", "prod", "s GET /orders/{id} {id=1}"),
        ("/relative/orders/1", "", "s GET /orders/{id} {id=1}"),
        ("/base/x", "", "s GET /base/x {}"),
        ("/production/orders/1", "prod", ""),
        ("/prod/orders/1", "", ""),
    ] {
        let line = RequestLine {
            method: "GET",
            path,
            stage,
            ..RequestLine::default()
        };
        assert_eq!(found(&index, &line), expected, "{path} in stage {stage:?}");
    }
}

#[test]
fn the_gateways_own_template_helps_where_the_path_does_not_match() {
    let index = index(&[(
        "s.json",
        paths(
            &[],
            &[("DELETE", "/v1/workflows/{id}"), ("GET", "/{proxy+}")],
        ),
    )]);
    let line = |path, resource| RequestLine {
        method: "DELETE",
        path,
        resource,
        ..RequestLine::default()
    };
    assert_eq!(
        found(
            &index,
            &line("/mapped/v1/workflows/42", "/v1/workflows/{workflowId}")
        ),
        "s DELETE /v1/workflows/{id} {id=42}"
    );
    assert_eq!(
        found(&index, &line("/mapped/v1/workflows/42", "/{proxy+}")),
        ""
    );
    assert_eq!(
        found(&index, &line("/mapped/v1/workflows/42", "$default")),
        ""
    );
}

#[test]
fn the_domain_names_the_service() {
    let index = index(&[
        (
            "orders.json",
            paths(
                &["https://orders.example.com/"],
                &[("GET", "/v1/items"), ("GET", "/health")],
            ),
        ),
        (
            "stock.json",
            paths(
                &["https://stock.example.com", "https://{tenant}.stock.io"],
                &[("GET", "/v1/items")],
            ),
        ),
    ]);
    let at = |domain_name, path| RequestLine {
        method: "GET",
        domain_name,
        path,
        ..RequestLine::default()
    };
    assert_eq!(
        found(&index, &at("orders.example.com", "/v1/items")),
        "orders GET /v1/items {}"
    );
    assert_eq!(
        found(&index, &at("STOCK.example.com", "/v1/items")),
        "stock GET /v1/items {}"
    );
    assert_eq!(
        found(&index, &at("acme.stock.io", "/v1/items")),
        "stock GET /v1/items {}"
    );
    assert_eq!(
        found(&index, &at("stock.example.com", "/v1/other")),
        "stock"
    );
    assert_eq!(found(&index, &at("stock.example.com", "/health")), "stock");
    assert_eq!(
        found(
            &index,
            &at("x.execute-api.eu-central-1.amazonaws.com", "/health")
        ),
        "orders GET /health {}"
    );
    assert_eq!(
        found(
            &index,
            &at("x.execute-api.eu-central-1.amazonaws.com", "/v1/items")
        ),
        ""
    );
    assert_eq!(found(&index, &at("", "/v1/nothing")), "");
}

#[test]
fn many_services_on_one_host_are_told_apart_by_their_paths() {
    let host = ["https://api.example.com"];
    let documents = [
        (
            "a.json",
            paths(
                &host,
                &[("GET", "/a/{id}"), ("GET", "/{any}/x"), ("GET", "/same")],
            ),
        ),
        (
            "b.json",
            paths(
                &host,
                &[("GET", "/b/{id}"), ("GET", "/a/x"), ("GET", "/same")],
            ),
        ),
    ];
    let bytes = documents
        .iter()
        .map(|(name, value)| document(name, value))
        .collect();
    let (index, problems) = Index::build(bytes);
    let at = |path| RequestLine {
        method: "GET",
        domain_name: "api.example.com",
        path,
        ..RequestLine::default()
    };
    assert_eq!(found(&index, &at("/a/1")), "a GET /a/{id} {id=1}");
    assert_eq!(found(&index, &at("/a/x")), "b GET /a/x {}");
    assert_eq!(found(&index, &at("/same")), "");
    assert_eq!(found(&index, &at("/nowhere")), "");
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "b.json#/paths/~1same/get: a.json describes GET /same on the same host; name the service of the host, of each base path (`api.example.com/shop`), or of each API id and stage (`a1b2c3/prod`), in DAYBOOK_SERVICES"
        ]
    );
}

#[test]
fn a_bare_catch_all_claims_no_unknown_domain() {
    let index = index(&[
        (
            "proxy.json",
            paths(&[], &[("GET", "/{proxy+}"), ("GET", "/{id}")]),
        ),
        ("real.json", paths(&[], &[("GET", "/orders/{id}")])),
    ]);
    let line = RequestLine {
        method: "GET",
        path: "/orders/1",
        ..RequestLine::default()
    };
    assert_eq!(found(&index, &line), "real GET /orders/{id} {id=1}");
    let line = RequestLine {
        method: "GET",
        path: "/other/1",
        ..RequestLine::default()
    };
    assert_eq!(found(&index, &line), "");
}

#[test]
fn the_configured_map_goes_before_everything() {
    let map = BTreeMap::from([
        ("api.example.com".to_owned(), "b".to_owned()),
        ("a1b2c3".to_owned(), "legacy".to_owned()),
    ]);
    let host = ["https://api.example.com"];
    let index = index(&[
        ("a.json", paths(&host, &[("GET", "/same")])),
        ("b.json", paths(&host, &[("GET", "/same")])),
    ])
    .with_service_map(map);
    let line = |domain_name, api_id| RequestLine {
        method: "GET",
        path: "/same",
        domain_name,
        api_id,
        ..RequestLine::default()
    };
    assert_eq!(
        found(&index, &line("api.example.com", "zzz")),
        "b GET /same {}"
    );
    assert_eq!(found(&index, &line("", "a1b2c3")), "legacy");
}

#[test]
fn the_document_may_name_its_service() {
    let mut value = paths(&["https://api.example.com"], &[("GET", "/x")]);
    value["x-audit"] = json!({ "service": "billing" });
    let index = index(&[("invoices-v2.openapi.json", value)]);
    let services: Vec<_> = index
        .services()
        .map(|service| service.name.as_str())
        .collect();
    assert_eq!(services, ["billing"]);
    assert!(
        index
            .services()
            .all(|service| service.spec_version.len() == 16 && service.title == "T")
    );
    assert!(
        index
            .operations()
            .all(|operation| operation.service == "billing")
    );
}

#[test]
fn of_two_documents_of_one_service_the_better_one_is_found_on_a_host_that_says_nothing() {
    let of_shop = |routes: &[(&str, &str)]| {
        let mut value = paths(&[], routes);
        value["x-audit"] = json!({ "service": "shop" });
        value
    };
    let one = of_shop(&[("GET", "/orders/{id}"), ("GET", "/carts/{cart}")]);
    let two = of_shop(&[("GET", "/orders/latest"), ("GET", "/carts/{id}")]);
    let other = paths(&[], &[("GET", "/carts/{id}")]);
    let line = |path: &'static str| RequestLine {
        method: "GET",
        path,
        ..RequestLine::default()
    };
    for documents in [
        [("one.json", one.clone()), ("two.json", two.clone())],
        [("two.json", two.clone()), ("one.json", one.clone())],
    ] {
        let index = index(&documents);
        let latest = found(&index, &line("/orders/latest"));
        assert_eq!(latest, "shop GET /orders/latest {}");
        // Of equals the first.
        let cart = found(&index, &line("/carts/7"));
        let is_first = documents[0].0 == "one.json";
        let name = if is_first { "cart" } else { "id" };
        assert_eq!(cart, format!("shop GET /carts/{{{name}}} {{{name}=7}}"));
    }
    let index = index(&[("one.json", one), ("other.json", other), ("two.json", two)]);
    assert_eq!(found(&index, &line("/carts/7")), "");
}

#[test]
fn any_method_is_each_method_that_is_not_named_beside_it() {
    let document = json!({ "openapi": "3.0.1", "paths": { "/orders/{id}": {
        "x-amazon-apigateway-any-method": { "operationId": "proxyOrders", "x-audit": { "org": "path.id" } },
        "put": { "operationId": "replaceOrder" },
        "parameters": []
    } } });
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    assert_eq!(problems, []);
    // A line for each: what a call does is what its own method does.
    let told: Vec<String> = index
        .operations()
        .map(|operation| {
            let explained = daybook_openapi::explain(operation);
            let message = explained.message.replace("jane@example.com ", "");
            format!("{} {} {message}", explained.method, explained.action)
        })
        .collect();
    assert_eq!(
        told,
        [
            "PUT update replaced order {id}",
            "GET read viewed order {id}",
            "POST update updated order {id}",
            "DELETE delete deleted order {id}",
            "OPTIONS read viewed order {id}",
            "HEAD read viewed order {id}",
            "PATCH update updated order {id}",
        ]
    );
    for (method, expected) in [
        ("PUT", "s replaceOrder {id=7}"),
        ("DELETE", "s proxyOrders {id=7}"),
        ("PATCH", "s proxyOrders {id=7}"),
        ("HEAD", "s proxyOrders {id=7}"),
    ] {
        let line = RequestLine {
            method,
            path: "/orders/7",
            ..RequestLine::default()
        };
        assert_eq!(found(&index, &line), expected, "{method}");
    }
    let deletes = |operation: &&daybook_openapi::Operation| operation.method == "DELETE";
    assert!(index.operations().find(deletes).unwrap().org.is_some());
}

#[test]
fn an_action_of_a_form_selects_as_one_of_a_query_does() {
    let actions = ["CreateThing", "DeleteThing"];
    let paths: serde_json::Map<String, Value> = actions
        .iter()
        .map(|action| {
            (
                format!("/#Action={action}"),
                json!({ "post": { "operationId": action } }),
            )
        })
        .collect();
    let (index, _) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: json!({ "openapi": "3.0.0", "paths": paths })
            .to_string()
            .into_bytes(),
    }]);
    for (field, expected) in [
        (Some("DeleteThing"), "s DeleteThing {}"),
        (Some("CreateThing"), "s CreateThing {}"),
        (Some("RenameThing"), ""),
        (None, ""),
    ] {
        let form = field.map(|action| BTreeMap::from([("Action".to_owned(), action.to_owned())]));
        let line = RequestLine {
            method: "POST",
            path: "/",
            form: form.as_ref(),
            ..RequestLine::default()
        };
        assert_eq!(found(&index, &line), expected, "{field:?}");
    }
}
