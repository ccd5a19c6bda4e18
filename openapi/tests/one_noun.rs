//! One thing has one noun, whichever operation of a document speaks of it.

use daybook_openapi::{Document, Index, ValueLocation};
use serde_json::json;

use crate::meaning_ids::{body, says};

#[test]
fn a_thing_that_a_path_finds_by_its_id_is_called_there_as_where_it_is_made() {
    for (line, summary, beside, expected) in [
        (
            "POST /customer -",
            "Create a customer account",
            "GET /customer/{id}",
            "created a customer",
        ),
        (
            "POST /customer -",
            "Create a customer account",
            "GET /customers",
            "created a customer account",
        ),
        (
            "GET /sea -",
            "Get all sea creatures",
            "GET /sea/{fish}",
            "viewed sea creatures",
        ),
        (
            "GET /configuration getConfiguration",
            "The configuration of the pipeline",
            "GET /configuration/{id}",
            "viewed the configuration",
        ),
        (
            "GET /configuration getConfiguration",
            "The configuration of the pipeline",
            "GET /pipelines",
            "viewed the pipeline configuration",
        ),
    ] {
        let extra = json!({ "summary": summary });
        assert_eq!(says(line, &extra, &[beside]), expected, "{line}: {beside}");
    }
}

#[test]
fn what_a_deed_is_told_of_has_not_the_id_of_the_deed() {
    for (line, summary, expected) in [
        (
            "POST /validations/{id} validate",
            "Validation of an address",
            "validated validation {id}",
        ),
        (
            "POST /images/{id}/analysis analyze",
            "Analysis of the image",
            "analyzed the analysis of image {id}",
        ),
        (
            "POST /validation validate",
            "Validation of an address",
            "validated the address",
        ),
    ] {
        let extra = json!({ "summary": summary });
        assert_eq!(says(line, &extra, &[]), expected, "{line}");
    }
}

#[test]
fn what_a_thing_is_part_of_is_told_once_however_it_is_spelled() {
    let extra = json!({ "summary": "Updates a charge station's chargestations profile" });
    assert_eq!(
        says("PUT /chargestations/{id}/profile -", &extra, &[]),
        "updated the profile of charge station {id}"
    );
}

#[test]
fn the_properties_of_a_word_that_texts_spell_apart_are_found_as_they_are_written() {
    let ids = json!({ "type": "array", "items": { "type": "string" } });
    let sent = |name: &str, schema| json!({ "requestBody": body(&json!({ "properties": { name: schema } })) });
    let document = json!({ "openapi": "3.0.3", "paths": {
        "/chargestations": {
            "get": { "summary": "List the charge stations" },
            "post": sent("chargestationName", json!({ "type": "string" })),
        },
        "/chargestations/bulk-delete": { "post": sent("chargestationIds", ids) },
    } });
    let (index, _) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    let found: Vec<_> = index
        .operations()
        .filter(|operation| operation.method == "POST")
        .flat_map(|operation| {
            assert_eq!(operation.meaning.entity_type, "charge station");
            let meaning = &operation.meaning;
            meaning.entity_ids.iter().chain(&meaning.entity_name)
        })
        .map(ValueLocation::expression)
        .collect();
    assert_eq!(found, ["body.chargestationName", "body.chargestationIds[]"]);
}
