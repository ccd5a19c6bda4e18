//! Who a verified token names and what it may, as an argument of handlers.

use std::collections::BTreeSet;

use axum::extract::FromRequestParts;
use daybook_store::TenantId;
use http::request::Parts;

use crate::api::SharedApi;
use crate::error::Problem;
use crate::recording;

/// What a token may allow. Each stands for itself; none includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    View,
    Export,
    Erase,
}

impl Permission {
    const ALL: [Self; 3] = [Self::View, Self::Export, Self::Erase];

    /// The word in a token.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::View => "audit_log:view",
            Self::Export => "audit_log:export",
            Self::Erase => "audit_log:erase",
        }
    }
}

/// The services whose events may be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Services {
    All,
    /// Never empty.
    Only(BTreeSet<String>),
}

impl Services {
    /// Whether events of this service may be seen.
    pub(crate) fn include(&self, service_name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(service_name),
        }
    }
}

/// The permissions of one token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Permissions {
    grants: [Grant; Permission::ALL.len()],
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Grant {
    is_given: bool,
    /// To which services it is narrowed, where it is.
    services: Option<BTreeSet<String>>,
}

impl Permissions {
    /// Adds what `word` stands for; unknown words stand for nothing here.
    ///
    /// `audit_log:view:service/NAME` gives the permission and narrows it to the service; several
    /// such words to several services. A narrowing counts beside the plain word, too, and one that
    /// is not understood leaves nothing: whoever wrote it meant less than everything.
    pub(crate) fn add(&mut self, word: &str) {
        for permission in Permission::ALL {
            let grant = &mut self.grants[permission as usize];
            match word.strip_prefix(permission.as_str()) {
                Some("") => grant.is_given = true,
                Some(rest) if rest.starts_with(':') => {
                    let services = grant.services.get_or_insert_default();
                    if let Some(name) = rest.strip_prefix(":service/").filter(|n| !n.is_empty()) {
                        services.insert(name.to_owned());
                        grant.is_given = true;
                    }
                }
                _ => {}
            }
        }
    }

    /// The services for which the permission is given; nothing where it is not given at all.
    ///
    /// A narrowed view narrows whatever else the token allows: nobody exports what they may not
    /// see, and nobody erases across services of which they may see a few.
    fn services(&self, permission: Permission) -> Option<Services> {
        let own = &self.grants[permission as usize];
        if !own.is_given {
            return None;
        }
        let view = &self.grants[Permission::View as usize];
        let names = match (&own.services, &view.services) {
            (None, None) => return Some(Services::All),
            (Some(names), None) | (None, Some(names)) => names.clone(),
            (Some(own), Some(view)) => own.intersection(view).cloned().collect(),
        };
        let is_of_any_use = !names.is_empty() && permission != Permission::Erase;
        is_of_any_use.then_some(Services::Only(names))
    }
}

/// Who asks. As an argument of a handler it makes the request 401 where nobody is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Whose events may be read.
    pub(crate) tenant: TenantId,
    pub(crate) permissions: Permissions,
    /// Who it is, for the record of what was read.
    pub(crate) person: Person,
}

/// Who a token names beside its tenant; an empty text says "not known".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) subject: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) client_id: String,
}

impl Identity {
    /// The services for which the token has the permission.
    ///
    /// # Errors
    /// 403 where it has it for none.
    pub(crate) fn require(&self, permission: Permission) -> Result<Services, Problem> {
        self.permissions
            .services(permission)
            .ok_or_else(|| Problem::forbidden(permission.as_str()))
    }
}

impl FromRequestParts<SharedApi> for Identity {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &SharedApi) -> Result<Self, Problem> {
        let identity = api.verifier.identify(parts).await;
        let identity = identity.inspect_err(|_| recording::say_nobody())?;
        recording::say_who(&identity);
        Ok(identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a token with these words may view, export and erase: `*` is everything, `-` nothing.
    fn allowed(words: &str) -> [String; 3] {
        let mut permissions = Permissions::default();
        words
            .split_ascii_whitespace()
            .for_each(|word| permissions.add(word));
        Permission::ALL.map(|permission| match permissions.services(permission) {
            None => "-".to_owned(),
            Some(Services::All) => "*".to_owned(),
            Some(Services::Only(names)) => names.into_iter().collect::<Vec<_>>().join("+"),
        })
    }

    #[test]
    fn each_permission_stands_for_itself_and_a_service_narrows_it() {
        for (words, expected) in [
            ("", ["-", "-", "-"]),
            ("audit_log:view", ["*", "-", "-"]),
            ("audit_log:export", ["-", "*", "-"]),
            ("audit_log:erase", ["-", "-", "*"]),
            ("audit_log:view audit_log:export audit_log:erase", ["*"; 3]),
            ("audit_log:view:service/a", ["a", "-", "-"]),
            (
                "audit_log:view:service/a audit_log:view:service/b",
                ["a+b", "-", "-"],
            ),
            ("audit_log:view audit_log:view:service/a", ["a", "-", "-"]),
            ("audit_log:view:service/a audit_log:view", ["a", "-", "-"]),
            ("audit_log:view:service/a audit_log:export", ["a", "a", "-"]),
            ("audit_log:export:service/a audit_log:view", ["*", "a", "-"]),
            (
                "audit_log:view:service/a audit_log:export:service/b",
                ["a", "-", "-"],
            ),
            ("audit_log:view:service/a audit_log:erase", ["a", "-", "-"]),
            ("audit_log:erase:service/a", ["-", "-", "-"]),
            // A narrowing that is not understood leaves nothing.
            ("audit_log:view:service/", ["-", "-", "-"]),
            ("audit_log:view audit_log:view:region/eu", ["-", "-", "-"]),
            ("audit_log:view audit_log:view:", ["-", "-", "-"]),
            ("audit_log:view:service/a/b:c", ["a/b:c", "-", "-"]),
            // Words that only look like one.
            ("audit_log:viewer audit_log AUDIT_LOG:VIEW *", ["-"; 3]),
        ] {
            assert_eq!(allowed(words), expected.map(str::to_owned), "{words}");
        }
    }
}
