//! Calls that log somebody in, or give a secret out.

use daybook_event::Action;

use super::verb::{Chosen, Source, is_weak_read};
use crate::meaning::noun::Thing;
use crate::meaning::noun_words::is_logging_in;
use crate::meaning::rule;
use crate::operation_source::OperationSource;
use crate::words;

/// Rule "a token is asked for": what is read of a POST is given out by it, where it is a secret.
pub(crate) fn for_secret(chosen: &mut Chosen, source: &OperationSource<'_>, noun: &str) {
    // `/link/token/get` beside `/link/token/create`
    let is_looked_at = source.path.trim_end_matches('/').ends_with("/get");
    let is_given_out = source.method == "POST"
        && !is_looked_at
        && chosen.action == Action::Read
        && chosen.source != Source::Path
        && is_weak_read(&chosen.base)
        && crate::secrets::is_secret_name(noun);
    if is_given_out {
        chosen.action = Action::Execute;
        "requested".clone_into(&mut chosen.verb.past);
        "request".clone_into(&mut chosen.verb.base);
        chosen.rule = &rule::SECRET_REQUESTED;
    }
}

/// Rule "login": whoever posts to `/auth` logs in, and what is refreshed there is a session.
pub(crate) fn for_login(chosen: &mut Chosen, thing: &mut Thing, source: &OperationSource<'_>) {
    let is_auth = is_logging_in(&thing.noun)
        || matches!(thing.noun.as_str(), "jwt auth" | "user auth" | "token auth");
    let base = chosen.base.as_str();
    let is_login =
        source.method == "POST" && matches!(base, "create" | "post" | "add" | "authenticate");
    let is_of_session = is_login
        || matches!(
            base,
            "get" | "refresh" | "renew" | "revoke" | "delete" | "check"
        );
    if !is_auth || !is_of_session || source.path.contains('{') || thing.param.is_some() {
        return;
    }
    if is_login {
        chosen.action = Action::Execute;
        chosen.rule = &rule::SESSION;
        "logged in".clone_into(&mut chosen.verb.past);
        "log in".clone_into(&mut chosen.verb.base);
    }
    *thing = Thing {
        noun: "session".to_owned(),
        rule: Some(&rule::SESSION),
        ..Thing::default()
    };
}

/// Rule "access token": whoever posts to an OAuth token endpoint has asked for an access token, whatever its text
/// says that is sent there.
pub(crate) fn for_token(chosen: &mut Chosen, thing: &mut Thing, source: &OperationSource<'_>) {
    let path = source.path.trim_end_matches('/').to_ascii_lowercase();
    let has_grant_type = || {
        source
            .request_properties()
            .iter()
            .chain(&source.query)
            .any(|property| words::split(property.name).concat() == "granttype")
    };
    let is_endpoint = source.method == "POST"
        && path.ends_with("/token")
        && !path.contains('{')
        && (path.contains("oauth") || path.ends_with("connect/token") || has_grant_type());
    let is_of_token = thing.noun.ends_with("token");
    if !is_endpoint || is_of_token && chosen.source != Source::Method {
        return;
    }
    chosen.action = Action::Execute;
    "requested".clone_into(&mut chosen.verb.past);
    "request".clone_into(&mut chosen.verb.base);
    chosen.verb.complement.clear();
    chosen.rule = &rule::SECRET_REQUESTED;
    *thing = Thing {
        noun: "access token".to_owned(),
        rule: Some(&rule::PATH_NOUN),
        ..Thing::default()
    };
}
