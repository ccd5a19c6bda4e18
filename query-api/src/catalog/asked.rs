//! Which language a request asks for: `locale`, else `Accept-Language`.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;

use super::{Catalogs, Locale};

/// What the request's header asks for, as an argument of handlers.
#[derive(Debug, Clone, Default)]
pub(crate) struct AcceptedLanguages(String);

impl AcceptedLanguages {
    /// The catalogs to answer with; nothing where the stored sentences are.
    pub(crate) fn locale(&self, catalogs: &Catalogs, asked: Option<&str>) -> Option<Arc<Locale>> {
        catalogs.negotiate(asked.unwrap_or(&self.0))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AcceptedLanguages {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let listed = parts.headers.get_all(ACCEPT_LANGUAGE).iter();
        let listed: Vec<_> = listed.filter_map(|value| value.to_str().ok()).collect();
        Ok(Self(listed.join(",")))
    }
}
