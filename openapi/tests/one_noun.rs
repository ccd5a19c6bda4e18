//! One thing has one noun, whichever operation of a document speaks of it.

use serde_json::json;

use crate::meaning_ids::says;

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
