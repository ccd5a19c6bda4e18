//! Who a verified token names, as an argument of handlers.

use axum::extract::FromRequestParts;
use daybook_store::TenantId;
use http::request::Parts;

use crate::api::SharedApi;
use crate::error::Problem;

/// What a token may allow. Each stands for itself; none includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    View,
    Export,
}

impl Permission {
    const ALL: [Self; 2] = [Self::View, Self::Export];

    /// The word in a token.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::View => "audit_log:view",
            Self::Export => "audit_log:export",
        }
    }
}

/// The permissions of one token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Permissions(Vec<Permission>);

impl Permissions {
    /// Adds what `word` stands for; unknown words stand for nothing here.
    pub(crate) fn add(&mut self, word: &str) {
        let known = Permission::ALL
            .into_iter()
            .find(|permission| permission.as_str() == word);
        if let Some(permission) = known.filter(|permission| !self.0.contains(permission)) {
            self.0.push(permission);
        }
    }
}

/// Who asks. As an argument of a handler it makes the request 401 where nobody is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Whose events may be read.
    pub(crate) tenant: TenantId,
    pub(crate) permissions: Permissions,
}

impl Identity {
    /// # Errors
    /// 403 where the token lacks the permission.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), Problem> {
        if self.permissions.0.contains(&permission) {
            Ok(())
        } else {
            Err(Problem::forbidden(permission.as_str()))
        }
    }
}

impl FromRequestParts<SharedApi> for Identity {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &SharedApi) -> Result<Self, Problem> {
        api.verifier.identify(parts).await
    }
}
