//! The document against the code that it describes.

use std::collections::BTreeSet;

use super::*;
use crate::search_request::PAGE_FIELDS;

fn document() -> Value {
    whole(crate::api::document_of_routes())
}

fn names(object: &Value) -> BTreeSet<String> {
    let members = object.as_object().into_iter();
    members
        .flat_map(|members| members.keys().cloned())
        .collect()
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn what_is_put_over_operations_belongs_to_routes() {
    let rest: Value = serde_json::from_str(REST).unwrap();
    let mut document = document();
    let operations: BTreeSet<String> = operations_mut(&mut document["paths"])
        .map(|operation| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names(&rest["operations"]), operations);
    assert!(document.get("operations").is_none());
}

#[test]
fn every_reference_leads_somewhere_and_nothing_is_left_over() {
    let document = document();
    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for kind in ["schemas", "responses", "headers"] {
        for name in names(&document["components"][kind]) {
            let reference = format!("#/components/{kind}/{name}");
            // Where this stands for a program's own client only, no answer leads to it.
            assert!(references.contains(&reference), "{reference}");
        }
    }
}

fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.insert(reference.clone());
            }
            members
                .values()
                .for_each(|value| collect_references(value, found));
        }
        Value::Array(listed) => listed
            .iter()
            .for_each(|value| collect_references(value, found)),
        _ => {}
    }
}

#[test]
fn a_request_has_the_fields_that_are_read() {
    let schemas = &document()["components"]["schemas"];
    let of_search = names(&schemas["SearchRequest"]["properties"]);
    let of_export = names(&schemas["ExportRequest"]["properties"]);
    assert_eq!(of_search, set(PAGE_FIELDS.into_iter().chain(FILTER_FIELDS)));
    assert_eq!(of_export, set(FILTER_FIELDS));
    for (field, members) in OBJECT_FIELDS {
        let schema = match field {
            "timestamp" | "ingested" => &schemas["TimeRange"],
            _ => &schemas["SearchRequest"]["properties"][field],
        };
        assert_eq!(
            names(&schema["properties"]),
            set(members.iter().copied()),
            "{field}"
        );
    }
}

#[test]
fn words_are_those_of_the_code() {
    use daybook_event::{Action, ActivityPartKind, CallerType, Outcome};

    let schemas = &document()["components"]["schemas"];
    let words = |pointer: &str| -> Vec<String> {
        let listed = schemas.pointer(pointer).and_then(Value::as_array).unwrap();
        listed
            .iter()
            .map(|word| word.as_str().unwrap().to_owned())
            .collect()
    };
    let of = |listed: &[&str]| listed.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        words("/Action/enum"),
        of(&Action::ALL
            .iter()
            .map(|word| word.as_str())
            .collect::<Vec<_>>())
    );
    assert_eq!(
        words("/Outcome/enum"),
        of(&Outcome::ALL
            .iter()
            .map(|word| word.as_str())
            .collect::<Vec<_>>())
    );
    assert_eq!(
        words("/Caller/properties/type/enum"),
        of(&CallerType::ALL
            .iter()
            .map(|word| word.as_str())
            .collect::<Vec<_>>())
    );
    assert_eq!(
        words("/ActivityPart/properties/kind/enum"),
        of(&ActivityPartKind::ALL
            .iter()
            .map(|word| word.as_str())
            .collect::<Vec<_>>())
    );
}

#[test]
fn every_example_is_what_its_schema_says() {
    let document = document();
    let mut count = 0;
    let mut check = |media: &Value, place: &str| {
        let mut schema = media["schema"].clone();
        schema["components"] = document["components"].clone();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let listed = media["examples"]
            .as_object()
            .into_iter()
            .flat_map(Map::values);
        let examples = listed
            .map(|example| &example["value"])
            .chain(media.get("example"));
        for example in examples {
            let error = validator.iter_errors(example).next();
            assert!(error.is_none(), "{place}: {}", error.unwrap());
            count += 1;
        }
    };
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let contents = |described: &Value| {
                described["content"]
                    .as_object()
                    .cloned()
                    .unwrap_or_default()
            };
            for media in contents(&operation["requestBody"]).values() {
                check(media, path);
            }
            for response in operation["responses"].as_object().unwrap().values() {
                contents(response)
                    .values()
                    .for_each(|media| check(media, path));
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                check(parameter, path);
            }
        }
    }
    for response in document["components"]["responses"]
        .as_object()
        .unwrap()
        .values()
    {
        check(
            &response["content"]["application/problem+json"],
            "a problem",
        );
    }
    assert!(count > 20, "{count}");
}

/// The pattern says by itself what the search bar's own reader says.
#[test]
fn the_pattern_of_a_query_is_its_grammar() {
    let document = document();
    let schema = document["components"]["schemas"]["Query"].clone();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for query in [
        "",
        " ",
        "a",
        "a b",
        "\"a b\"",
        "\"a",
        "a\"",
        "a\"b c\"d",
        "\"a\"b",
        "\"a\"\"b\"",
        "\"\\\"\"",
        "\"\\\\\"",
        "\"\\\"",
        "\"\\a\"",
        "\"",
        "\"\"",
        "a \"",
        "\\\"",
        "é \"ü",
        "5\" disk",
    ] {
        let is_read = crate::query_language::parse(query).is_ok();
        assert_eq!(validator.is_valid(&json!(query)), is_read, "{query}");
    }
    for words in [32, 33] {
        for query in [
            "a ".repeat(words),
            "\"\"".repeat(words),
            "a\"b ".repeat(words),
        ] {
            let is_read = crate::query_language::parse(&query).is_ok();
            assert_eq!(validator.is_valid(&json!(query)), is_read, "{query}");
            assert_eq!(is_read, words == 32, "{query}");
        }
    }
    for length in [1024, 1025] {
        let query = "ö".repeat(length);
        assert_eq!(validator.is_valid(&json!(query)), length == 1024);
        assert_eq!(crate::query_language::parse(&query).is_ok(), length == 1024);
    }
}
