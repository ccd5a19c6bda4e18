//! A report as SARIF 2.1.0 (OASIS), which code hosts show beside the lines it is about.

use percent_encoding::{AsciiSet, utf8_percent_encode};
use serde_json::{Value, json};

use super::report::{Finding, Report};
use super::rules;
use super::rules::Level;
use crate::redaction::IN_PATH;

/// What a path of a URI reference may not hold (RFC 3986, section 3.3), its slashes left alone.
const NOT_IN_PATHS: &AsciiSet = &IN_PATH.add(b'[').add(b'\\').add(b']').add(b'|');

/// The log of one run. `folder` stands in front of each document's file name; it is empty, or ends
/// with a slash.
pub fn sarif(report: &Report, folder: &str) -> Value {
    let rules: Vec<_> = rules::all().collect();
    let described: Vec<Value> = rules
        .iter()
        .map(|(level, rule)| {
            json!({
                "id": rule.name,
                "shortDescription": { "text": sentence(rule.reason) },
                "defaultConfiguration": { "level": level },
            })
        })
        .collect();
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            // One place is that of each of any methods.
            let method = if finding.is_any_method { finding.method.as_str() } else { "" };
            let mut result = json!({
                "ruleId": finding.rule,
                "level": finding.level,
                "message": { "text": message(finding) },
                "locations": [location(finding, folder)],
                // A line that moves is no new finding.
                "partialFingerprints": {
                    "daybook/v1": format!("{}:{}#{}{method}:{}", finding.rule, finding.document, finding.pointer, finding.decided),
                },
            });
            if let Some(index) = rules.iter().position(|(_, rule)| rule.name == finding.rule) {
                result["ruleIndex"] = json!(index);
            }
            if !finding.x_audit.is_empty() {
                result["properties"] =
                    json!({ "xAudit": finding.x_audit, "overlay": finding.overlay });
            }
            result
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "daybook lint",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": described,
            } },
            "results": results,
        }],
    })
}

fn message(finding: &Finding) -> String {
    if finding.level == Level::Error || finding.method.is_empty() {
        return sentence(&finding.message);
    }
    let Finding {
        method,
        path,
        fact,
        decided,
        message,
        x_audit,
        ..
    } = finding;
    let decided = if decided.is_empty() {
        String::new()
    } else {
        format!(" ({decided})")
    };
    let mut text = format!(
        "The {} of {method} {path}{decided} is in doubt: {message}.",
        fact.as_str()
    );
    if !x_audit.is_empty() {
        text.push_str(" This would settle it:\n\n");
        text.push_str(x_audit);
    }
    text
}

/// A reason as a sentence of its own.
fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

fn location(finding: &Finding, folder: &str) -> Value {
    // A colon in the first part of a relative reference would end a scheme.
    let name = utf8_percent_encode(&finding.document, NOT_IN_PATHS).to_string();
    let name = name.replace(':', "%3A");
    let folder = utf8_percent_encode(folder, NOT_IN_PATHS);
    let mut physical = json!({
        "artifactLocation": { "uri": format!("{folder}{name}") },
    });
    if let Some(line) = finding.line {
        physical["region"] = json!({ "startLine": line });
    }
    let mut location = json!({ "physicalLocation": physical });
    if !finding.pointer.is_empty() {
        let mut logical = json!({ "fullyQualifiedName": finding.pointer });
        if !finding.method.is_empty() {
            logical["name"] = json!(format!("{} {}", finding.method, finding.path));
        }
        location["logicalLocations"] = json!([logical]);
    }
    location
}
