//! Places that `x-audit` names: those that there are, those that there are not, and what has no effect where it stands.

use daybook_openapi::redaction::{Place, REDACTED, Redactor};
use daybook_openapi::{Document, Index, Operation, Severity, ValueLocation};
use serde_json::{Value, json};

fn documents(paths: &Value, components: &Value) -> Vec<Document> {
    let document = json!({ "openapi": "3.1.0", "paths": paths, "components": components });
    vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]
}

/// The operations of a document, and what is told of it.
fn read_with(paths: &Value, components: &Value) -> (Vec<Operation>, Vec<String>) {
    let (index, problems) = Index::build(documents(paths, components));
    let operations = index.operations().cloned().collect();
    (
        operations,
        problems.iter().map(ToString::to_string).collect(),
    )
}

fn read(paths: &Value) -> (Vec<Operation>, Vec<String>) {
    read_with(paths, &json!({}))
}

fn id(operation: &Operation) -> String {
    let id = operation.meaning.entity_id.as_ref();
    id.map_or_else(String::new, ValueLocation::expression)
}

fn body(schema: &Value) -> Value {
    json!({ "content": { "application/json": { "schema": schema } } })
}

#[test]
fn what_is_said_beside_a_parameters_reference_counts() {
    let parameters = json!({ "parameters": {
        "Ref": { "name": "ref", "in": "query", "schema": {} },
        "Kept": { "name": "token", "in": "query", "x-audit": { "keep": true } },
        "Token": { "name": "token", "in": "query" }
    } });
    let with = |name: &str, said: &Value| {
        let reference = format!("#/components/parameters/{name}");
        let parameter = json!({ "$ref": reference, "x-audit": said });
        let paths = json!({ "/a": { "post": { "parameters": [parameter] } } });
        let (operations, problems) = read_with(&paths, &parameters);
        (operations[0].clone(), problems)
    };
    let (operation, problems) = with("Ref", &json!({ "redact": true }));
    let place = ValueLocation::Query("ref".to_owned());
    assert_eq!(operation.secrets.redact, [place]);
    assert_eq!(problems, [""; 0]);
    let (operation, _) = with("Ref", &json!({ "org": true }));
    assert_eq!(operation.org, Some(ValueLocation::Query("ref".to_owned())));
    let token = ValueLocation::Query("token".to_owned());
    let (operation, _) = with("Token", &json!({ "keep": true }));
    assert!(operation.secrets.keep.contains(&token));
    // The narrower word counts.
    let (operation, _) = with("Kept", &json!({ "redact": true }));
    assert_eq!(
        (operation.secrets.redact, operation.secrets.keep),
        (vec![token], vec![])
    );
    let (_, problems) = with("Ref", &json!({ "redact": "true" }));
    assert_eq!(
        problems,
        ["s.json#/paths/~1a/post/parameters/0/x-audit/redact: at a value it is true or false"]
    );
}

#[test]
fn what_is_said_where_only_a_reference_leads_counts() {
    let paths =
        json!({ "/a": { "post": { "requestBody": body(&json!({ "$ref": "#/definitions/A" })) } } });
    let document = json!({
        "openapi": "3.0.0", "paths": paths,
        "definitions": { "A": { "properties": { "code": { "x-audit": { "entity": "id" } } } } }
    });
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    assert_eq!(problems, []);
    assert_eq!(
        index.operations().map(id).collect::<Vec<_>>(),
        ["body.code"]
    );
}

#[test]
fn an_annotation_without_an_effect_is_told() {
    let reference = json!({ "$ref": "#/components/parameters/Org", "x-audit": { "entity": "id" } });
    let paths = json!({ "/a": { "post": {
        "parameters": [
            reference,
            { "name": "X-Key", "in": "header", "x-audit": { "redact": true } },
            { "name": "sid", "in": "cookie", "x-audit": { "keep": true } }
        ],
        "requestBody": { "x-audit": { "redact": true }, "content": { "application/json": { "x-audit": {} } } },
        "responses": { "200": { "x-audit": { "keep": true } } }
    } } });
    let components = json!({ "parameters": { "Org": { "name": "X-Org", "in": "header", "x-audit": { "org": true } } } });
    let (_, mut problems) = read_with(&paths, &components);
    problems.sort();
    let idle = "it has no effect here: it goes to the operation, or to a property";
    let header = "it has no effect at a header or a cookie";
    assert_eq!(
        problems,
        [
            format!("s.json#/components/parameters/Org/x-audit/org: {header}"),
            format!("s.json#/paths/~1a/post/parameters/0/x-audit/entity: {header}"),
            format!("s.json#/paths/~1a/post/parameters/2/x-audit/keep: {header}"),
            format!("s.json#/paths/~1a/post/requestBody/content/application~1json/x-audit: {idle}"),
            format!("s.json#/paths/~1a/post/requestBody/x-audit: {idle}"),
            format!("s.json#/paths/~1a/post/responses/200/x-audit: {idle}"),
        ]
    );
}

/// A POST whose body is a list of people.
fn invites(said: &Value) -> Value {
    let person = json!({ "properties": { "email": {}, "salary": {}, "id": {} } });
    let people = json!({ "type": "array", "items": person });
    json!({ "/invites": { "post": {
        "operationId": "inviteUsers", "requestBody": body(&people), "responses": { "200": body(&people) }, "x-audit": said
    } } })
}

#[test]
fn a_body_that_is_a_list_has_the_places_of_its_items() {
    for place in ["body[].salary", "body.[].salary", "body.salary"] {
        let (operations, problems) = read(&invites(&json!({ "redact": place })));
        assert_eq!(problems, [""; 0], "{place}");
        let mut sent = json!([{ "email": "a@b.c", "salary": 7 }, { "salary": 8 }]);
        let mut removed = Vec::new();
        Redactor::new(operations.first()).json(Place::Request, &mut sent, &mut removed);
        let expected = json!([{ "email": "a@b.c", "salary": REDACTED }, { "salary": REDACTED }]);
        assert_eq!(sent, expected, "{place}");
    }
    for place in ["body[].email", "body.email"] {
        let activity = json!({ "activity": format!("{{actor}} invited {{{place}}}") });
        assert_eq!(read(&invites(&activity)).1, [""; 0], "{place}");
        let (operations, problems) = read(&invites(&json!({ "entity": { "id": place } })));
        assert_eq!(problems, [""; 0], "{place}");
        assert_eq!(id(&operations[0]), place);
    }
    let (_, problems) = read(&invites(
        &json!({ "activity": "{actor} invited {body.emial}" }),
    ));
    assert!(
        problems[0].ends_with("has no emial; did you mean {body[].email}?"),
        "{problems:?}"
    );
    let (_, problems) = read(&invites(&json!({ "redact": "body[].slary" })));
    assert!(
        problems[0].ends_with("has no [].slary; did you mean body[].salary?"),
        "{problems:?}"
    );
}

#[test]
fn a_path_has_no_more_parameters_than_it_says() {
    let (operations, problems) = read(&json!({ "/orders/{orderId}": { "delete": {
        "operationId": "deleteOrder", "x-audit": { "entity": { "id": "path.orderID" } }
    } } }));
    assert_eq!(id(&operations[0]), "path.orderId");
    assert_eq!(operations[0].meaning.decisions.id.name, "own-parameter");
    assert_eq!(
        problems,
        [
            "s.json#/paths/~1orders~1{orderId}/delete/x-audit/entity/id: DELETE /orders/{orderId} has no path parameter orderID; did you mean path.orderId?"
        ]
    );
    // What stands above several operations gives way where one has no such place.
    let paths = json!({
        "/orders": { "post": {
            "operationId": "createOrder", "responses": { "201": body(&json!({ "properties": { "id": {} } })) }
        } },
        "/orders/{id}": { "delete": { "operationId": "deleteOrder" } }
    });
    let document =
        json!({ "openapi": "3.0.0", "paths": paths, "x-audit": { "entity": { "id": "path.id" } } });
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    assert_eq!(problems, []);
    assert_eq!(
        index.operations().map(id).collect::<Vec<_>>(),
        ["response.id", "path.id"]
    );
}

#[test]
fn a_parents_id_that_others_have_a_use_for_is_no_error() {
    let shared = json!([{ "name": "id", "in": "query", "x-audit": { "parent": "id" } }]);
    let (_, problems) = read(&json!({ "/orders": {
        "parameters": shared, "post": { "operationId": "createOrder" }
    } }));
    assert_eq!(problems, [""; 0]);
    let any = json!({ "/orders": {
        "x-amazon-apigateway-any-method": {},
        "put": { "x-audit": { "parent": { "id": "query.shop" } } }
    } });
    let (_, problems) = read(&any);
    let told: Vec<&String> = problems
        .iter()
        .filter(|told| told.contains("give it a type"))
        .collect();
    assert_eq!(
        told,
        [
            "s.json#/paths/~1orders/put/x-audit/parent: nothing says what the parent is; give it a type"
        ]
    );
}

#[test]
fn an_id_that_one_of_two_paths_has_is_no_error() {
    let item = json!({ "delete": { "operationId": "dropIt", "x-audit": { "entity": { "id": "path.planId" } } } });
    let told = |second: &str| {
        let paths = json!({ "/plans/{planId}": { "$ref": "#/components/pathItems/It" },
            second: { "$ref": "#/components/pathItems/It" } });
        let document = json!({ "openapi": "3.1.0", "paths": paths, "components": { "pathItems": { "It": item } } });
        let (index, problems) = Index::build(vec![Document {
            file_name: "s.json".to_owned(),
            bytes: document.to_string().into_bytes(),
        }]);
        let ids: Vec<String> = index.operations().map(id).collect();
        let problems = problems.iter().map(|problem| {
            let place = problem.to_string();
            (problem.severity == Severity::Error, place)
        });
        (ids, problems.collect::<Vec<_>>())
    };
    let (ids, problems) = told("/drafts/{draftId}");
    assert_eq!(ids, ["path.draftId", "path.planId"]);
    assert_eq!(
        problems,
        [(
            false,
            "s.json#/components/pathItems/It/delete/x-audit/entity/id: DELETE /drafts/{draftId} has no path parameter planId; there is path.draftId".to_owned()
        )]
    );
}
