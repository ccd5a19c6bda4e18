//! The event id: a UUID (version 8) made from the request alone, so that the same request has the
//! same id however often it is delivered.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The parts of a request that no two requests share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventIdentity<'a> {
    /// When the request was made, milliseconds since 1970.
    pub request_time_ms: i64,
    /// `requestContext.apiId`.
    pub api_id: &'a str,
    /// `requestContext.stage`.
    pub stage: &'a str,
    /// `requestContext.extendedRequestId`, or else `requestContext.requestId`, or else the
    /// message's own id.
    pub request_id: &'a str,
    /// The HTTP method.
    pub method: &'a str,
    /// The concrete path.
    pub path: &'a str,
}

/// The id of the event: 48 high bits are the request time in milliseconds, the other bits (but for
/// the version and variant of RFC 9562, section 5.8) the start of a SHA-256 over the other parts,
/// joined by newlines.
///
/// Times before 1970 or after the year 10889 are cut to what 48 bits hold.
pub fn event_id(identity: &EventIdentity<'_>) -> Uuid {
    const TIME_MAX: u64 = (1 << 48) - 1;
    let joined = [
        identity.api_id,
        identity.stage,
        identity.request_id,
        identity.method,
        identity.path,
    ]
    .join("\n");
    let digest = Sha256::digest(joined.as_bytes());

    let time_ms = u64::try_from(identity.request_time_ms)
        .unwrap_or(0)
        .min(TIME_MAX);
    let mut bytes = [0_u8; 16];
    bytes[..6].copy_from_slice(&time_ms.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&digest[..10]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IDENTITY: EventIdentity<'static> = EventIdentity {
        request_time_ms: 1_763_796_074_123,
        api_id: "a1b2c3",
        stage: "prod",
        request_id: "JKJaXmPLvHcESHA=",
        method: "DELETE",
        path: "/v1/workflows/42",
    };

    #[test]
    fn the_id_is_version_8_and_starts_with_the_time() {
        let id = event_id(&IDENTITY);
        assert_eq!(id.get_version_num(), 8);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(id.as_u128() >> 80, 1_763_796_074_123);
    }

    #[test]
    fn the_id_is_the_published_one() {
        // printf 'a1b2c3\nprod\nJKJaXmPLvHcESHA=\nDELETE\n/v1/workflows/42' | sha256sum
        // dde7b66acb7b41d820d7…, behind 1763796074123 = 0x019aaa703e8b
        assert_eq!(
            event_id(&IDENTITY).to_string(),
            "019aaa70-3e8b-8de7-b66a-cb7b41d820d7"
        );
    }

    #[test]
    fn a_time_that_does_not_fit_is_cut() {
        let before = event_id(&EventIdentity {
            request_time_ms: -5,
            ..IDENTITY
        });
        let after = event_id(&EventIdentity {
            request_time_ms: i64::MAX,
            ..IDENTITY
        });
        assert_eq!(before.as_u128() >> 80, 0);
        assert_eq!(after.as_u128() >> 80, (1 << 48) - 1);
    }

    proptest! {
        #[test]
        fn the_same_request_has_the_same_id_and_another_one_another(
            request_id in "[A-Za-z0-9=-]{1,40}",
            other in "[A-Za-z0-9=-]{1,40}",
        ) {
            let one = EventIdentity { request_id: &request_id, ..IDENTITY };
            let two = EventIdentity { request_id: &other, ..IDENTITY };
            prop_assert_eq!(event_id(&one), event_id(&one.clone()));
            prop_assert_eq!(event_id(&one) == event_id(&two), request_id == other);
        }
    }
}
