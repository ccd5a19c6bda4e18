//! The id that a client and an operator can name a request by.

use http::{HeaderMap, HeaderValue};

/// The header that carries it, both ways.
pub(crate) const REQUEST_ID_HEADER: &str = "x-request-id";

/// How long a client's own id may be.
const REQUEST_ID_BYTES_MAX: usize = 64;

/// Visible, harmless in logs and headers, at most [`REQUEST_ID_BYTES_MAX`] bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// The client's own id where it is one, else a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        headers
            .get(REQUEST_ID_HEADER)
            .and_then(|value| value.to_str().ok())
            .filter(|id| is_harmless(id))
            .map_or_else(Self::generate, |id| Self(id.to_owned()))
    }

    /// A new one: a random UUID.
    pub(crate) fn generate() -> Self {
        let uuid = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
        Self(uuid.to_string())
    }

    /// One that is known to be harmless.
    pub(crate) fn known(id: &'static str) -> Self {
        Self(id.to_owned())
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The header's value.
    pub(crate) fn to_header_value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

fn is_harmless(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= REQUEST_ID_BYTES_MAX
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.=:/+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(sent: &str) -> RequestId {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID_HEADER, HeaderValue::from_str(sent).unwrap());
        RequestId::of(&headers)
    }

    #[test]
    fn a_harmless_id_of_the_client_is_kept_and_any_other_is_replaced() {
        assert_eq!(id_for("JKJaXmPLvHcESHA=").as_str(), "JKJaXmPLvHcESHA=");
        for hostile in ["", "a b", "a\tb", "{\"level\":\"error\"}", &"x".repeat(65)] {
            let id = id_for(hostile);
            assert_ne!(id.as_str(), hostile);
            assert_eq!(id.as_str().len(), 36);
        }
    }

    #[test]
    fn no_two_new_ids_are_the_same() {
        assert_ne!(RequestId::generate(), RequestId::generate());
    }
}
