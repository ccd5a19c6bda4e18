//! Where in a call a value stands.

/// Where in a call a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The request body.
    Request,
    /// The response body.
    Response,
    /// Query parameters.
    Query,
    /// Path parameters.
    Path,
    /// Request headers.
    Headers,
    /// What the handler chose to say (`before`, `after`, …), of whatever depth.
    Context,
}

impl Place {
    /// The word in front of a removed pointer: `request` in `request#/password`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Query => "query",
            Self::Path => "path",
            Self::Headers => "headers",
            Self::Context => "context",
        }
    }
}
