//! The document against the code that it describes.

use std::collections::BTreeSet;

use super::*;
use crate::search_request::{EXPORT_FIELDS, LOCALE_FIELD, PAGE_FIELDS};

fn document() -> Value {
    serde_json::from_str(&super::document()).unwrap()
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
    let fields = PAGE_FIELDS.into_iter().chain(FILTER_FIELDS);
    assert_eq!(of_search, set(fields.chain([LOCALE_FIELD])));
    assert_eq!(
        of_export,
        set(FILTER_FIELDS.into_iter().chain(EXPORT_FIELDS))
    );
    let of_erasure = &schemas["ErasureRequest"]["properties"];
    assert_eq!(
        names(of_erasure),
        set(crate::erasure_request::ERASURE_FIELDS)
    );
    assert_eq!(
        names(&of_erasure["entity"]["properties"]),
        set(crate::erasure_request::ENTITY_FIELDS)
    );
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

#[test]
fn parameters_beside_the_filter_are_those_that_are_read() {
    use crate::history::ChangesFrom;
    use crate::routes::{history, statistics};

    let document = document();
    let of = |path: &str| -> BTreeSet<String> {
        let parameters = document["paths"][path]["get"]["parameters"].as_array();
        let names = parameters.unwrap().iter().filter(|it| it["in"] == "query");
        names
            .map(|it| it["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut of_filter: BTreeSet<String> = filter_parameters()
        .iter()
        .map(|it| it["name"].as_str().unwrap().to_owned())
        .collect();
    of_filter.remove("sort");
    for (path, fields) in [
        ("/v1/logs/facets", &statistics::FACET_FIELDS[..]),
        ("/v1/logs/histogram", &statistics::HISTOGRAM_FIELDS),
    ] {
        let more: BTreeSet<_> = of(path).difference(&of_filter).cloned().collect();
        assert_eq!(more, set(fields.iter().copied()), "{path}");
        assert!(of(path).is_superset(&of_filter), "{path}");
    }
    assert_eq!(
        of("/v1/erasures"),
        set(crate::routes::erasures::LIST_FIELDS)
    );
    assert_eq!(of("/v1/logs/{id}"), set(crate::routes::logs::ONE_FIELDS));
    assert_eq!(
        of("/v1/entities/{type}/{id}/history"),
        set(history::HISTORY_FIELDS
            .into_iter()
            .filter(|name| *name != "timestamp")
            .chain(["timestamp.from", "timestamp.to"]))
    );
    let of_export: BTreeSet<_> = of("/v1/logs/export")
        .difference(&of_filter)
        .cloned()
        .collect();
    assert_eq!(of_export, set(EXPORT_FIELDS.into_iter().chain(["sort"])));
    let words = |pointer: &str| document["components"]["schemas"].pointer(pointer).cloned();
    let facets = statistics::FACETS.map(|(name, _)| name);
    assert_eq!(words("/FacetField/enum"), Some(json!(facets)));
    let formats = crate::export_format::FORMATS.map(|(name, _)| name);
    assert_eq!(words("/ExportFormat/enum"), Some(json!(formats)));
    let from = [
        ChangesFrom::Given,
        ChangesFrom::Bodies,
        ChangesFrom::Nothing,
    ]
    .map(ChangesFrom::as_str);
    let of_history = "/HistoryAnswer/properties/history/items/properties/changes_from/enum";
    assert_eq!(words(of_history), Some(json!(from)));
}

#[test]
fn the_search_bar_is_described_as_it_is_read() {
    use daybook_query_language::{QUALIFIERS, QUERY_CHARS_MAX, QUERY_TERMS_MAX, parse};

    let schema = &document()["components"]["schemas"]["Query"];
    let description = schema["description"].as_str().unwrap();
    for name in QUALIFIERS {
        assert!(description.contains(&format!("`{name}:")), "{name}");
    }
    assert!(description.contains(&format!("Up to {QUERY_TERMS_MAX} ")));
    assert_eq!(schema["maxLength"], QUERY_CHARS_MAX);
    for example in description.split('`').skip(1).step_by(2) {
        if example.contains(':') || example.starts_with("-\"") {
            assert!(parse(example).is_ok(), "{example}");
        }
    }
}
