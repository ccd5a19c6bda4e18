//! Cursors: opaque, signed, versioned names of a place in one tenant's answer to one question.
//!
//! A cursor names a place by what stands there (a keyset), not by a count, so pages stay right
//! while events pour in. It is signed, so nobody can make one up; and the signature also covers
//! the tenant, the filter and the sort, so that a cursor is good for nothing but the search it
//! came from.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_store::{Direction, Filter, Match, Position, Sort, TenantId, TimeRange};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The first byte of a cursor. A change of anything below makes a new version; a cursor of
/// another version is refused.
const VERSION: u8 = 1;
/// Version, direction, time in milliseconds, id.
const PLACE_BYTES: usize = 1 + 1 + 8 + 16;
/// Of HMAC-SHA256.
const SIGNATURE_BYTES: usize = 32;
/// How long a cursor's text is.
const TOKEN_CHARS: usize = (PLACE_BYTES + SIGNATURE_BYTES).div_ceil(3) * 4;

/// A cursor that is not one of this search. It says no more, so that nobody learns from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor of this search; send the same filter and sort along with it")]
pub(crate) struct InvalidPageToken;

/// What cursors are signed with; never shown.
pub(crate) struct PageTokenKey(pub(crate) [u8; 32]);

impl fmt::Debug for PageTokenKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PageTokenKey")
    }
}

/// What a cursor belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageTokenScope<'a> {
    /// Whose events.
    pub(crate) tenant: &'a TenantId,
    /// Which of them.
    pub(crate) filter: &'a Filter,
    /// In which order.
    pub(crate) sort: Sort,
}

/// The cursor of a place, from which one goes on in `direction`.
pub(crate) fn sign(
    key: &[u8; 32],
    scope: PageTokenScope<'_>,
    position: Position,
    direction: Direction,
) -> String {
    let mut token = Vec::with_capacity(PLACE_BYTES + SIGNATURE_BYTES);
    token.push(VERSION);
    token.push(match direction {
        Direction::Next => 0,
        Direction::Prev => 1,
    });
    token.extend_from_slice(&position.time.as_millisecond().to_be_bytes());
    token.extend_from_slice(position.id.as_bytes());
    let signature = mac(key, scope, &token).finalize().into_bytes();
    token.extend_from_slice(&signature);
    URL_SAFE_NO_PAD.encode(token)
}

/// The place that a cursor names, and the way to go on from it.
///
/// # Errors
/// Where the cursor was not signed with this key for this scope.
pub(crate) fn verify(
    key: &[u8; 32],
    scope: PageTokenScope<'_>,
    token: &str,
) -> Result<(Position, Direction), InvalidPageToken> {
    if token.len() > TOKEN_CHARS {
        return Err(InvalidPageToken);
    }
    let bytes = URL_SAFE_NO_PAD
        .decode(token)
        .map_err(|_| InvalidPageToken)?;
    let (place, signature) = bytes
        .split_at_checked(PLACE_BYTES)
        .ok_or(InvalidPageToken)?;
    mac(key, scope, place)
        .verify_slice(signature)
        .map_err(|_| InvalidPageToken)?;

    let (&[version, direction], rest) = place.split_first_chunk().ok_or(InvalidPageToken)?;
    let (time_ms, id) = rest.split_first_chunk().ok_or(InvalidPageToken)?;
    let direction = match (version, direction) {
        (VERSION, 0) => Direction::Next,
        (VERSION, 1) => Direction::Prev,
        _ => return Err(InvalidPageToken),
    };
    let time =
        Timestamp::from_millisecond(i64::from_be_bytes(*time_ms)).map_err(|_| InvalidPageToken)?;
    let id = Uuid::from_slice(id).map_err(|_| InvalidPageToken)?;
    Ok((Position { time, id }, direction))
}

fn mac(key: &[u8; 32], scope: PageTokenScope<'_>, place: &[u8]) -> Hmac<Sha256> {
    // HMAC fills a short key up with zeros (RFC 2104); done here, it cannot fail.
    let mut key_block = [0_u8; 64];
    key_block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&key_block.into());
    mac.update(b"daybook page token\0");
    mac.update(place);
    mac.update(&[match scope.sort {
        Sort::TimestampDescending => 0,
        Sort::TimestampAscending => 1,
        Sort::IngestedAscending => 2,
    }]);
    mac.update(&fingerprint(scope.filter));
    // The tenant comes last: it alone has no fixed length.
    mac.update(scope.tenant.as_str().as_bytes());
    mac
}

/// A hash that two filters share only where they ask for the same, the order of lists aside.
fn fingerprint(filter: &Filter) -> [u8; 32] {
    // Every field is named, so that a new one cannot be forgotten.
    let Filter {
        timestamp,
        ingested,
        service_name,
        event_name,
        action,
        outcome,
        method,
        user_email,
        user_id,
        token_id,
        entity_type,
        entity_id,
        include_children,
        ip,
        correlation_id,
        words,
        hide_service,
    } = filter;
    let mut hash = Sha256::new();
    for range in [timestamp, ingested] {
        add_range(&mut hash, range);
    }
    for texts in [
        service_name,
        event_name,
        method,
        user_email,
        user_id,
        token_id,
        entity_type,
        entity_id,
        ip,
        correlation_id,
    ] {
        add_match(&mut hash, texts, String::as_str);
    }
    add_match(&mut hash, action, |action| action.as_str());
    add_match(&mut hash, outcome, |outcome| outcome.as_str());
    add_texts(&mut hash, words.iter().map(String::as_str).collect());
    add_texts(&mut hash, hide_service.iter().map(String::as_str).collect());
    hash.update([u8::from(*include_children)]);
    hash.finalize().into()
}

fn add_range(hash: &mut Sha256, range: &TimeRange) {
    for end in [range.from, range.to] {
        match end {
            None => hash.update([0]),
            Some(time) => {
                hash.update([1]);
                hash.update(time.as_nanosecond().to_be_bytes());
            }
        }
    }
}

fn add_match<T>(hash: &mut Sha256, condition: &Match<T>, text: impl Fn(&T) -> &str) {
    add_texts(hash, condition.any_of.iter().map(&text).collect());
    add_texts(hash, condition.none_of.iter().map(&text).collect());
}

/// Adds the texts with their number and lengths, so that no two lists look alike.
fn add_texts(hash: &mut Sha256, mut texts: Vec<&str>) {
    texts.sort_unstable();
    hash.update((texts.len() as u64).to_be_bytes());
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const SORTS: [Sort; 3] = [
        Sort::TimestampDescending,
        Sort::TimestampAscending,
        Sort::IngestedAscending,
    ];

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).unwrap()
    }

    fn position(time_ms: i64, id: u128) -> Position {
        Position {
            time: Timestamp::from_millisecond(time_ms).unwrap(),
            id: Uuid::from_u128(id),
        }
    }

    proptest! {
        #[test]
        fn a_cursor_names_its_place(
            time_ms in 0_i64..10_000_000_000_000,
            id in any::<u128>(),
            name in "[^\\p{Cc}]{1,40}",
            service in ".{0,20}",
            forward in any::<bool>(),
            sort in proptest::sample::select(&SORTS[..]),
        ) {
            let filter = Filter { service_name: Match::any_of([service]), ..Filter::default() };
            let tenant = tenant(&name);
            let scope = PageTokenScope { tenant: &tenant, filter: &filter, sort };
            let direction = if forward { Direction::Next } else { Direction::Prev };
            let token = sign(&KEY, scope, position(time_ms, id), direction);
            prop_assert!(token.len() <= TOKEN_CHARS);
            prop_assert_eq!(verify(&KEY, scope, &token), Ok((position(time_ms, id), direction)));
            prop_assert_eq!(verify(&[8; 32], scope, &token), Err(InvalidPageToken));
        }

        #[test]
        fn one_changed_bit_spoils_it(bit in 0_usize..(PLACE_BYTES + SIGNATURE_BYTES) * 8) {
            let (tenant, filter) = (tenant("acme"), Filter::default());
            let scope = PageTokenScope { tenant: &tenant, filter: &filter, sort: Sort::default() };
            let token = sign(&KEY, scope, position(1, 2), Direction::Next);
            let mut bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let changed = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(verify(&KEY, scope, &changed), Err(InvalidPageToken));
        }

        #[test]
        fn anything_else_is_refused(text in "\\PC{0,200}") {
            let (tenant, filter) = (tenant("acme"), Filter::default());
            let scope = PageTokenScope { tenant: &tenant, filter: &filter, sort: Sort::default() };
            prop_assert_eq!(verify(&KEY, scope, &text), Err(InvalidPageToken));
        }
    }

    #[test]
    fn it_is_good_for_one_tenant_one_filter_and_one_sort() {
        let (acme, other) = (tenant("acme"), tenant("other"));
        let (all, some) = (
            Filter::default(),
            Filter {
                service_name: Match::none_of(["billing".to_owned()]),
                ..Filter::default()
            },
        );
        let scope = PageTokenScope {
            tenant: &acme,
            filter: &all,
            sort: Sort::TimestampDescending,
        };
        let token = sign(&KEY, scope, position(1, 2), Direction::Next);
        for foreign in [
            PageTokenScope {
                tenant: &other,
                ..scope
            },
            PageTokenScope {
                filter: &some,
                ..scope
            },
            PageTokenScope {
                sort: Sort::IngestedAscending,
                ..scope
            },
        ] {
            assert_eq!(verify(&KEY, foreign, &token), Err(InvalidPageToken));
        }
        assert!(verify(&KEY, scope, &token).is_ok());
    }

    #[test]
    fn a_cut_or_lengthened_cursor_is_refused() {
        let (tenant, filter) = (tenant("acme"), Filter::default());
        let scope = PageTokenScope {
            tenant: &tenant,
            filter: &filter,
            sort: Sort::default(),
        };
        let token = sign(&KEY, scope, position(1, 2), Direction::Next);
        for length in 0..token.len() {
            assert_eq!(verify(&KEY, scope, &token[..length]), Err(InvalidPageToken));
        }
        for tail in ["A", "AA", "AAAA", "=", "=="] {
            let longer = format!("{token}{tail}");
            assert_eq!(verify(&KEY, scope, &longer), Err(InvalidPageToken));
        }
    }

    #[test]
    fn the_order_of_a_list_does_not_matter_but_its_place_does() {
        let of = |any_of: &[&str], none_of: &[&str]| {
            fingerprint(&Filter {
                user_id: Match {
                    any_of: any_of.iter().map(ToString::to_string).collect(),
                    none_of: none_of.iter().map(ToString::to_string).collect(),
                },
                ..Filter::default()
            })
        };
        assert_eq!(of(&["a", "b"], &[]), of(&["b", "a"], &[]));
        assert_ne!(of(&["a", "b"], &[]), of(&["ab"], &[]));
        assert_ne!(of(&["a"], &["b"]), of(&["b"], &["a"]));
        assert_ne!(of(&["a"], &[]), of(&[], &["a"]));
    }
}
