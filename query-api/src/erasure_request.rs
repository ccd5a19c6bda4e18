//! The body of an erasure: whom or what it is about, what becomes of it, and why.

use daybook_store::{ErasureMode, REASON_BYTES_MAX, SUBJECT_BYTES_MAX, Scope};
use serde_json::Value;

use crate::error::Problem;
use crate::fields::{Faults, Fields};
use crate::search_request::json_of;

/// The fields of the body.
pub(crate) const ERASURE_FIELDS: [&str; 7] = [
    "user_id",
    "email",
    "entity",
    "whole_tenant",
    "mode",
    "reason",
    "dry_run",
];
/// The fields of a thing.
pub(crate) const ENTITY_FIELDS: [&str; 2] = ["type", "id"];

/// An erasure as it was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) scope: Scope,
    pub(crate) mode: ErasureMode,
    pub(crate) reason: String,
    pub(crate) is_dry_run: bool,
}

/// Reads the body.
///
/// # Errors
/// 400 that names every field which cannot be used. No answer repeats whom it is about.
pub(crate) fn erasure_from_json(body: &[u8]) -> Result<Asked, Problem> {
    let mut faults = Faults::default();
    let body = json_of(body)?;
    refuse_null("", &body, &mut faults);
    refuse_null("/entity", &body["entity"], &mut faults);
    let mut fields = Fields::new("", body, &ERASURE_FIELDS, &mut faults);
    let scope = scope(&mut fields, &mut faults);
    let modes = [
        ("delete", ErasureMode::Delete),
        ("anonymise", ErasureMode::Anonymise),
    ];
    let mode = fields.choice("mode", &modes, &mut faults);
    let mode = mode.unwrap_or(ErasureMode::Delete);
    if mode == ErasureMode::Anonymise && scope == Some(Scope::Tenant) {
        let detail = "a whole tenant has no pseudonym: name a person or a thing";
        faults.add("/mode", detail);
    }
    let reason = fields.text("reason", &mut faults).unwrap_or_default();
    let is_usable = !reason.trim().is_empty() && reason.len() <= REASON_BYTES_MAX;
    if !is_usable {
        let detail = format!("a reason of 1 to {REASON_BYTES_MAX} bytes is needed here");
        faults.add("/reason", detail);
    }
    let is_dry_run = fields.flag("dry_run", &mut faults).unwrap_or(false);
    faults.into_result()?;
    let scope = scope.ok_or_else(|| Problem::invalid_request(SCOPE_NEEDED))?;
    Ok(Asked {
        scope,
        mode,
        reason,
        is_dry_run,
    })
}

/// Elsewhere null is as good as nothing; here nothing may be meant by accident.
fn refuse_null(pointer: &str, value: &Value, faults: &mut Faults) {
    for (name, value) in value.as_object().into_iter().flatten() {
        if value.is_null()
            && (ERASURE_FIELDS.contains(&&**name) || ENTITY_FIELDS.contains(&&**name))
        {
            faults.add(
                &format!("{pointer}/{name}"),
                "it has a value or is not there",
            );
        }
    }
}

const SCOPE_NEEDED: &str =
    "exactly one of \"user_id\", \"email\", \"entity\" and \"whole_tenant\": true is needed here";

/// Nothing is the default: who forgets a field must not erase a tenant.
fn scope(fields: &mut Fields, faults: &mut Faults) -> Option<Scope> {
    let names = ERASURE_FIELDS[..4].iter();
    let is_one = names.filter(|name| fields.has(name)).count() == 1;
    let has_entity = fields.has("entity");
    let user_id = subject(fields, "user_id", faults);
    let email = subject(fields, "email", faults);
    if email.as_ref().is_some_and(|email| !email.contains('@')) {
        faults.add("/email", "an address with an @ is needed here");
    }
    let mut entity = fields.object("entity", &ENTITY_FIELDS, faults);
    let (kind, id) = (
        subject(&mut entity, "type", faults),
        subject(&mut entity, "id", faults),
    );
    let is_whole = fields.flag("whole_tenant", faults);
    let scope = match (user_id, email, kind, id, is_whole) {
        (Some(user_id), ..) => Some(Scope::User(user_id)),
        (_, Some(email), ..) => Some(Scope::Email(email)),
        (_, _, Some(kind), Some(id), _) => Some(Scope::Entity { kind, id }),
        (.., Some(true)) => Some(Scope::Tenant),
        _ => None,
    };
    if !is_one {
        faults.add("", SCOPE_NEEDED);
    } else if has_entity && scope.is_none() {
        faults.add("/entity", "a thing has a type and an id");
    } else if is_whole == Some(false) {
        faults.add("/whole_tenant", "it is true or not there");
    }
    scope
}

fn subject(fields: &mut Fields, name: &str, faults: &mut Faults) -> Option<String> {
    let text = fields.text(name, faults)?;
    if text.trim().is_empty() || text.len() > SUBJECT_BYTES_MAX {
        let detail = format!("a text of 1 to {SUBJECT_BYTES_MAX} bytes is needed here");
        faults.add(&fields.pointer_to(name), detail);
        return None;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::request_id::RequestId;

    fn read(mut body: Value) -> Result<Asked, Problem> {
        if body.get("reason").is_none() {
            body["reason"] = "a letter".into();
        }
        erasure_from_json(body.to_string().as_bytes())
    }

    #[test]
    fn each_scope_is_named_by_one_field() {
        for (body, expected) in [
            (json!({"user_id": "u1"}), Scope::User("u1".to_owned())),
            (
                json!({"email": "j@x.org"}),
                Scope::Email("j@x.org".to_owned()),
            ),
            (
                json!({"entity": {"type": "order", "id": "7"}}),
                Scope::Entity {
                    kind: "order".to_owned(),
                    id: "7".to_owned(),
                },
            ),
            (json!({"whole_tenant": true}), Scope::Tenant),
        ] {
            let asked = read(body).unwrap();
            assert_eq!(asked.scope, expected);
            assert_eq!((asked.mode, asked.is_dry_run), (ErasureMode::Delete, false));
        }
    }

    #[test]
    fn what_cannot_be_asked_for_is_named_and_nobody_is_repeated() {
        for (body, pointer) in [
            (json!({}), ""),
            (json!({"user_id": "s3cret", "email": "s3cret@x"}), ""),
            (json!({"user_id": "s3cret", "whole_tenant": true}), ""),
            (json!({"whole_tenant": false}), "/whole_tenant"),
            (json!({"whole_tenant": "true"}), "/whole_tenant"),
            (json!({"entity": {"type": "s3cret"}}), "/entity"),
            (
                json!({"entity": {"type": "s3cret", "id": " "}}),
                "/entity/id",
            ),
            (json!({"entity": {}}), "/entity"),
            (json!({"email": "s3cret@x", "user_id": null}), "/user_id"),
            (json!({"email": ""}), "/email"),
            (json!({"email": "s3cret"}), "/email"),
            (json!({"email": ["s3cret"]}), "/email"),
            (json!({"user_id": "s3cret".repeat(200)}), "/user_id"),
            (json!({"whole_tenant": true, "mode": "anonymise"}), "/mode"),
            (json!({"user_id": "s3cret", "mode": "forget"}), "/mode"),
            (json!({"user_id": "s3cret", "reason": " "}), "/reason"),
            (
                json!({"user_id": "s3cret", "reason": "x".repeat(501)}),
                "/reason",
            ),
            (json!({"user_id": "s3cret", "dry_run": 1}), "/dry_run"),
        ] {
            let problem = read(body.clone()).unwrap_err();
            let document = serde_json::to_value(problem.document(&RequestId::generate())).unwrap();
            assert_eq!(document["errors"][0]["pointer"], pointer, "{body}");
            assert!(!document.to_string().contains("s3cret"), "{document}");
        }
    }
}
