//! Which version of OpenAPI a document is of.

use serde_json::{Number, Value};

/// OpenAPI 3.x passes; anything else is refused with the way out.
pub(crate) fn check_version(root: &Value) -> Result<(), String> {
    if !root.is_object() {
        return Err("it is not an OpenAPI document: its root is no object".to_owned());
    }
    if let Some(version) = root.get("swagger") {
        return Err(format!(
            "it is Swagger {}; convert it to OpenAPI 3 first, for example with `npx swagger2openapi --outfile openapi.json FILE`",
            short_text(version)
        ));
    }
    match root.get("openapi") {
        Some(Value::String(version)) if version == "3" || version.starts_with("3.") => Ok(()),
        Some(Value::Number(version)) if is_three(version) => Ok(()),
        Some(version) => Err(format!(
            "OpenAPI {} is not known; 3.0 and 3.1 are",
            short_text(version)
        )),
        None if root.get("overlay").is_some() => Err(
            "it is an overlay; it goes beside its document NAME.yaml as NAME.overlay.yaml"
                .to_owned(),
        ),
        None => Err("it is not an OpenAPI document: it has no `openapi` version".to_owned()),
    }
}

/// Whether a document's version, which is some 3, is a later one than 3.1.
pub(crate) fn is_to_come(root: &Value) -> bool {
    !matches!(version_text(root).split('.').nth(1), None | Some("0" | "1"))
}

/// Whether a document is of OpenAPI 3.0, which is the older one of those that are read.
pub(crate) fn is_of_3_0(root: &Value) -> bool {
    let version = version_text(root);
    version == "3" || version.starts_with("3.0")
}

/// A document's version, as it is written: without quotes YAML reads a number.
fn version_text(root: &Value) -> String {
    match &root["openapi"] {
        Value::String(version) => version.clone(),
        version => version.to_string(),
    }
}

/// `openapi: 3.1`, as YAML reads it without quotes.
fn is_three(version: &Number) -> bool {
    version
        .as_f64()
        .is_some_and(|version| (3.0..4.0).contains(&version))
}

pub(crate) fn short_text(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    text.chars().take(20).collect()
}
