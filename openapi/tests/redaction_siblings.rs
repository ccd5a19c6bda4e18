//! Secrets that the members beside them tell of.

use daybook_openapi::redaction::{Place, REDACTED, Redactor};
use serde_json::{Value, json};

/// Holds what is left of a body against what is sent, where each `"Hunter2x9"` must be gone.
#[track_caller]
fn check(sent: &Value, is_left: bool) {
    let mut body = sent.clone();
    Redactor::new(None).json(Place::Request, &mut body, &mut Vec::new());
    let expected = if is_left {
        sent.to_string()
    } else {
        sent.to_string().replace("Hunter2x9", REDACTED)
    };
    assert_eq!(body.to_string(), expected);
}

#[test]
fn the_old_and_the_new_value_of_a_changed_secret_go() {
    for sent in [
        json!({ "field": "password", "old": "Hunter2x9", "new": "Hunter2x9" }),
        json!({ "field": "password", "from": "Hunter2x9", "to": "Hunter2x9" }),
        json!({ "field": "password", "fieldtype": "jira", "fromString": "Hunter2x9", "toString": "Hunter2x9" }),
        json!({ "attribute": "api_key", "before": "Hunter2x9", "after": "Hunter2x9" }),
        json!({ "name": "client_secret", "previous": "Hunter2x9", "current": "Hunter2x9" }),
        json!({ "kind": "E", "path": ["password"], "lhs": "Hunter2x9", "rhs": "Hunter2x9" }),
        json!({ "kind": "E", "path": ["user", "passwords", 0], "lhs": "Hunter2x9", "rhs": "Hunter2x9" }),
        json!([{ "op": "replace", "path": ["user", "password"], "value": "Hunter2x9" }]),
        json!({ "path": "/smtp/password", "before": "Hunter2x9", "after": "Hunter2x9" }),
        json!({ "OptionName": "DBPassword", "Value": "Hunter2x9" }),
        json!({ "ParameterName": "DBPassword", "ParameterValue": "Hunter2x9" }),
        json!({ "headerName": "X-Api-Key", "headerValue": "Hunter2x9" }),
        json!({ "fieldName": "password", "fieldValue": "Hunter2x9" }),
        json!({ "field": "confirmPassword", "old": "Hunter2x9", "new": "Hunter2x9" }),
        json!({ "name": "reset_token", "from": "Hunter2x9", "to": "Hunter2x9" }),
        json!({ "key": "apiTokens", "value": "Hunter2x9", "minValue": 0 }),
        json!({ "key": "apiTokens", "value": "Hunter2x9", "maxValue": 8 }),
        json!({ "type": "password", "oldValue": "Hunter2x9", "new_value": "Hunter2x9", "value": "Hunter2x9" }),
        json!({ "type": "token", "sensitive": true, "dbValue": "Hunter2x9", "content": "Hunter2x9" }),
        json!({ "setting_key": "smtp_password", "setting_value": "Hunter2x9" }),
        json!({ "name": "confirmPassword", "old": "Hunter2x9", "new": "Hunter2x9" }),
        json!({ "name": "Client secret", "old": "Hunter2x9", "new": "Hunter2x9" }),
        json!({ "fieldName": "confirm_password", "before": "Hunter2x9", "after": "Hunter2x9" }),
        json!({ "fieldName": "changePassword", "from": "Hunter2x9", "to": "Hunter2x9" }),
        json!({ "key": "reset_code", "old": "Hunter2x9", "new": "Hunter2x9" }),
        json!({ "param": "changeSecret", "from": "Hunter2x9", "to": "Hunter2x9" }),
    ] {
        check(&sent, false);
    }
    for sent in [
        json!({ "field": "colour", "old": "Hunter2x9", "new": "Hunter2x9" }),
        json!({ "type": "token", "from": "0x1", "to": "0x2" }),
        json!({ "op": "move", "from": "/a/password", "path": "/b/password" }),
        json!({ "path": "/reset/password", "from": "/login" }),
        json!({ "name": "Reset password", "from": "shop@example.com", "to": "jane@example.com" }),
        json!({ "kind": "E", "path": ["size"], "lhs": "Hunter2x9", "rhs": "Hunter2x9" }),
        json!({ "field": "tokens", "before": 12, "after": 40 }),
        json!({ "field": "tokens", "previousValue": 12, "currentValue": 40 }),
        json!({ "metricName": "tokens", "metricValue": 48_210 }),
        json!({ "field": "password", "minValue": 8, "maxValue": 64 }),
        json!({ "productName": "Boarding Pass", "value": "gate B" }),
        json!({ "templateName": "reset-password", "from": "no-reply@shop.com", "to": "jane@example.com" }),
        json!({ "name": "forgot_password", "from": "no-reply@shop.com", "to": "jane@example.com" }),
        json!({ "templateName": "Reset password", "value": 5 }),
        json!({ "key": "Forgot password", "old": "Passwort vergessen?", "new": "Passwort zurücksetzen" }),
        json!({ "name": "Reset password", "before": "draft", "after": "published" }),
        json!({ "name": "Change PIN", "before": 12, "after": 13 }),
        json!({ "name": "Change PIN", "old": 1_764_365_559, "new": 1_764_365_600 }),
        json!({ "name": "Forgot password", "before": 1200, "after": 1450 }),
        json!({ "name": "Reset password", "previous": "20260101", "current": "20260201" }),
        json!({ "name": "Change PIN", "from": "4711", "to": "8234" }),
        json!({ "path": "/forgot-password", "previous": "/login", "current": "/forgot-password" }),
        json!({ "path": "/reset/password", "before": "/users/aB3dE5fG7h/settings", "after": "/v2/resetPassword" }),
    ] {
        check(&sent, true);
    }
}

#[test]
fn whatever_value_a_thing_has_goes_if_it_is_a_text() {
    for sent in [
        json!({ "id": "*myRDSPassword", "stringValue": "Hunter2x9" }),
        json!({ "type": "password", "previousValue": "Hunter2x9", "currentValue": "Hunter2x9" }),
        json!({ "type": "password", "defaultValue": "Hunter2x9" }),
        json!({ "label": "Password", "fieldValue": "Hunter2x9" }),
        json!({ "type": "apiKey", "headerName": "X-Custom", "headerValue": "Hunter2x9" }),
        json!({ "type": "password", "listValue": ["Hunter2x9"] }),
        json!({ "name": "Change password", "old": "Hunter2x9", "new": "Hunter2x9" }),
    ] {
        check(&sent, false);
    }
    for sent in [
        json!({ "type": "token", "symbol": "ETH", "marketValue": 1200 }),
        json!({ "type": "token", "symbol": "ETH", "marketValue": "1200.50", "usdValue": "1200.50" }),
        json!({ "type": "token", "marketValue": { "amount": 1200, "currency": "EUR" } }),
        json!({ "type": "password", "minValue": "8", "defaultValue": null }),
    ] {
        check(&sent, true);
    }
}

#[test]
fn a_value_goes_that_is_said_to_be_secret() {
    for sent in [
        json!({ "Name": "/prod/db/conn", "Type": "SecureString", "Value": "Hunter2x9" }),
        json!({ "key": "DB", "value": "Hunter2x9", "sensitive": true }),
        json!({ "key": "DB", "value": "Hunter2x9", "masked": true, "protected": false }),
        json!({ "key": "DB", "value": "Hunter2x9", "secured": true }),
        json!({ "name": "DB", "value": "Hunter2x9", "is_secret": true }),
        json!({ "key": "DB", "value": "Hunter2x9", "type": "encrypted" }),
        json!({ "key": "DB", "value": "Hunter2x9", "type": "sensitive" }),
        json!({ "DB": { "value": "Hunter2x9", "isSecret": true } }),
        json!({ "value": "Hunter2x9", "secured": true }),
        json!({ "variable": "DB", "value": "Hunter2x9", "secured": true }),
        json!({ "ParameterKey": "DB", "NoEcho": "true", "ParameterValue": "Hunter2x9" }),
    ] {
        check(&sent, false);
    }
    for sent in [
        json!({ "key": "DB", "value": "Hunter2x9", "sensitive": false, "masked": false }),
        json!({ "Name": "/prod/db/conn", "Type": "String", "Value": "Hunter2x9" }),
        json!({ "sensitive": true, "content": "a picture" }),
        json!({ "secured": true, "collateralValue": 300_000 }),
        json!({ "name": "Mortgage", "secured": true, "collateralValue": 300_000 }),
        json!({ "key": "DB", "value": "Hunter2x9", "type": "plain", "hidden": true }),
    ] {
        check(&sent, true);
    }
}

#[test]
fn an_argument_goes_that_stands_behind_its_option_in_a_list() {
    for sent in [
        json!({ "args": ["--db-password", "Hunter2x9", "--port", "80"] }),
        json!({ "command": ["login", "--token", "Hunter2x9"] }),
        json!({ "command": ["login", "--no-pager", "--ask-token", "--token", "Hunter2x9"] }),
        json!(["--password", ["Hunter2x9"]]),
        json!(["--password", { "value": "Hunter2x9" }]),
        json!(["--password", { "value": "Hunter2x9", "Ref": "Hunter2x9" }]),
    ] {
        check(&sent, false);
    }
    for sent in [
        json!({ "args": ["--password", "--port", "80"] }),
        json!({ "args": ["--token-ttl", "60", "--password-policy", "strict"] }),
        json!({ "command": ["pg_dump", "--no-password", "shop"] }),
        json!(["ansible-playbook", "--ask-become-pass", "site.yml"]),
        json!(["--token", { "Ref": "ApiParam" }]),
        json!(["--token", { "Fn::Sub": "${ApiParam}" }]),
    ] {
        check(&sent, true);
    }
}

#[test]
fn secrets_go_that_stand_below_names_of_what_they_are_for() {
    for sent in [
        json!({ "passwords": { "database": "Hunter2x9", "email": "Hunter2x9" } }),
        json!({ "passwords": { "database": "Hunter2x9", "root_password": "Hunter2x9" } }),
        json!({ "secrets": { "DATABASE": "Hunter2x9", "SMTP_LOGIN": "Hunter2x9", "API_KEY": "Hunter2x9" } }),
        json!({ "tokens": { "default": "Hunter2x9", "type": "bearer" } }),
        json!({ "apiKeys": { "default": "Hunter2x9", "expires_at": "2027-01-01" } }),
        json!({ "cookies": { "session_id": "Hunter2x9" } }),
        json!({ "authorization": { "scheme": "Bearer", "parameter": "Hunter2x9" } }),
    ] {
        check(&sent, false);
    }
    for sent in [
        json!({ "passwords": { "policy": "strict", "updated_at": "2026-01-01", "type": "hash" } }),
        json!({ "tokens": { "id": "t-1", "type": "bearer", "provider": "OpenAI", "status": "active" } }),
        json!({ "cookies": { "domain": "app2.example.com", "name": "sid" } }),
        json!({ "tokens": [{ "name": "CI", "provider": "GitHub2026" }] }),
        json!({ "tokens": { "default": "Hunter2x9", "count": 2 } }),
        json!({ "tokens": { "type": "bearer", "issued_at": "t2026x01" } }),
    ] {
        check(&sent, true);
    }
}

#[test]
fn what_differs_may_begin_as_a_path() {
    for value in ["/Hunter2x9", "/K7MDENGbPxRfiCYzEXAMPLEKEY1x2y3z4"] {
        for [old, new] in [["lhs", "rhs"], ["before", "after"]] {
            let mut body = json!({ "path": "/aws/secretAccessKey", old: value, new: value });
            Redactor::new(None).json(Place::Request, &mut body, &mut Vec::new());
            assert_eq!(
                (&body[old], &body[new]),
                (&json!(REDACTED), &json!(REDACTED))
            );
        }
    }
}

#[test]
fn a_code_that_was_changed_goes_from_beside_a_title() {
    for sent in [
        json!({ "name": "Change PIN", "old": "4711", "new": "8234" }),
        json!({ "name": "Change PIN", "old": 4711, "new": 8234 }),
        json!({ "name": "Reset PIN", "before": "482913", "after": "771204" }),
    ] {
        let mut body = sent.clone();
        Redactor::new(None).json(Place::Request, &mut body, &mut Vec::new());
        let members = body.as_object().expect("it stays an object");
        let removed = members.values().filter(|value| *value == REDACTED);
        assert_eq!(removed.count(), 2, "{sent}");
    }
}

#[test]
fn a_default_that_is_a_number_makes_no_count_of_its_value() {
    let mut body = json!({ "key": "apiTokens", "value": "k3j9x7q2m5", "defaultValue": 0 });
    Redactor::new(None).json(Place::Request, &mut body, &mut Vec::new());
    assert_eq!(body["value"], REDACTED);
}

#[test]
fn what_stands_beside_a_secret_of_a_login_is_what_it_is_called() {
    for sent in [
        json!({ "credentials": { "username": "jane2026", "password": "Hunter2x9" } }),
        json!({ "credentials": { "client_id": "app2026x", "client_secret": "Hunter2x9", "region": "euCentral1" } }),
        json!({ "tokens": { "access_token": "Hunter2x9", "user_id": "u2026x01", "tenant": "acme2026", "issued_at": "t2026x01" } }),
    ] {
        check(&sent, false);
    }
}
