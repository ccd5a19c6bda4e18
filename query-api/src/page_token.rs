//! Cursors: opaque, signed, versioned names of a place in one tenant's answer to one question.
//!
//! A cursor names a place by what stands there (a keyset), not by a count, so pages stay right
//! while events pour in. It is signed, so nobody can make one up; and the signature also covers
//! the tenant, the filter and the sort, so that a cursor is good for nothing but the search it
//! came from.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_store::{Direction, EntityName, Filter, Match, Position, Sort, TenantId, TimeRange};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The first byte of a cursor. A change of anything below makes a new version; a cursor of
/// another version is refused.
const VERSION: u8 = 2;
/// Version, direction, when it was asked, time, both in milliseconds, id.
const PLACE_BYTES: usize = 1 + 1 + 8 + 8 + 16;
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

/// What a cursor names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where to go on.
    pub(crate) position: Position,
    /// Which way.
    pub(crate) direction: Direction,
    /// When the first page was asked for, in whole milliseconds: `after:-7d` means the same on every
    /// page.
    pub(crate) asked_at: Timestamp,
}

/// The cursor of a place.
pub(crate) fn sign(key: &[u8; 32], scope: PageTokenScope<'_>, place: Place) -> String {
    let mut token = Vec::with_capacity(PLACE_BYTES + SIGNATURE_BYTES);
    token.push(VERSION);
    token.push(match place.direction {
        Direction::Next => 0,
        Direction::Prev => 1,
    });
    token.extend_from_slice(&place.asked_at.as_millisecond().to_be_bytes());
    token.extend_from_slice(&place.position.time.as_millisecond().to_be_bytes());
    token.extend_from_slice(place.position.id.as_bytes());
    let signature = mac(key, scope, &token).finalize().into_bytes();
    token.extend_from_slice(&signature);
    URL_SAFE_NO_PAD.encode(token)
}

/// A cursor of the right form, which anybody may have made.
#[derive(Debug)]
pub(crate) struct Unverified {
    bytes: Vec<u8>,
    place: Place,
}

impl Unverified {
    /// Reads a cursor.
    ///
    /// # Errors
    /// Where it has not the form of one.
    pub(crate) fn read(token: &str) -> Result<Self, InvalidPageToken> {
        if token.len() > TOKEN_CHARS {
            return Err(InvalidPageToken);
        }
        let bytes = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|_| InvalidPageToken)?;
        let place = place_of(&bytes).ok_or(InvalidPageToken)?;
        Ok(Self { bytes, place })
    }

    /// When the first page was asked for, if it is to be believed.
    pub(crate) fn asked_at(&self) -> Timestamp {
        self.place.asked_at
    }

    /// The place.
    ///
    /// # Errors
    /// Where the cursor was not signed with this key for this scope.
    pub(crate) fn verify(
        &self,
        key: &[u8; 32],
        scope: PageTokenScope<'_>,
    ) -> Result<Place, InvalidPageToken> {
        let (place, signature) = self
            .bytes
            .split_at_checked(PLACE_BYTES)
            .ok_or(InvalidPageToken)?;
        mac(key, scope, place)
            .verify_slice(signature)
            .map_err(|_| InvalidPageToken)?;
        Ok(self.place)
    }
}

fn place_of(bytes: &[u8]) -> Option<Place> {
    let (&[version, direction], rest) = bytes.split_first_chunk()?;
    let (asked_at_ms, rest) = rest.split_first_chunk()?;
    let (time_ms, rest) = rest.split_first_chunk()?;
    let (id, _signature) = rest.split_first_chunk::<16>()?;
    let direction = match (version, direction) {
        (VERSION, 0) => Direction::Next,
        (VERSION, 1) => Direction::Prev,
        _ => return None,
    };
    let time = |ms: &[u8; 8]| Timestamp::from_millisecond(i64::from_be_bytes(*ms)).ok();
    Some(Place {
        position: Position {
            time: time(time_ms)?,
            id: Uuid::from_bytes(*id),
        },
        direction,
        asked_at: time(asked_at_ms)?,
    })
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
    let mut rest = Some(scope.filter);
    while let Some(filter) = rest {
        mac.update(&fingerprint(filter));
        rest = filter.also.as_deref();
    }
    mac.update(b"\0");
    // The tenant comes last: it alone has no fixed length.
    mac.update(scope.tenant.as_str().as_bytes());
    mac
}

/// A hash that two filters share only where they ask for the same, the order of lists and what must hold
/// as well aside.
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
        actor,
        entity_type,
        entity_id,
        entity,
        include_children,
        ip,
        ip_ranges,
        correlation_id,
        words,
        without_words,
        hide_service,
        also: _,
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
        actor,
        entity_type,
        entity_id,
        ip,
        correlation_id,
    ] {
        add_match(&mut hash, texts, String::as_str);
    }
    add_match(&mut hash, action, |action| action.as_str());
    add_match(&mut hash, outcome, |outcome| outcome.as_str());
    for names in [&entity.any_of, &entity.none_of] {
        let names: Vec<_> = names.iter().map(unmistakable).collect();
        add_texts(&mut hash, names.iter().map(String::as_str).collect());
    }
    for ranges in [&ip_ranges.any_of, &ip_ranges.none_of] {
        let ranges: Vec<_> = ranges.iter().map(ToString::to_string).collect();
        add_texts(&mut hash, ranges.iter().map(String::as_str).collect());
    }
    for words in [words, without_words] {
        add_texts(&mut hash, words.iter().map(String::as_str).collect());
    }
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

/// The name with the length of its first part, so that no two look alike.
fn unmistakable(EntityName { kind, id }: &EntityName) -> String {
    match id {
        None => format!("{} {kind}", kind.len()),
        Some(id) => format!("{} {kind}/{id}", kind.len()),
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

    fn place(time_ms: i64, id: u128) -> Place {
        Place {
            position: Position {
                time: Timestamp::from_millisecond(time_ms).unwrap(),
                id: Uuid::from_u128(id),
            },
            direction: Direction::Next,
            asked_at: Timestamp::from_millisecond(time_ms / 2).unwrap(),
        }
    }

    fn verify(
        key: &[u8; 32],
        scope: PageTokenScope<'_>,
        token: &str,
    ) -> Result<Place, InvalidPageToken> {
        Unverified::read(token)?.verify(key, scope)
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
            let place = Place { direction, ..place(time_ms, id) };
            let token = sign(&KEY, scope, place);
            prop_assert!(token.len() <= TOKEN_CHARS);
            prop_assert_eq!(verify(&KEY, scope, &token), Ok(place));
            prop_assert_eq!(verify(&[8; 32], scope, &token), Err(InvalidPageToken));
        }

        #[test]
        fn one_changed_bit_spoils_it(bit in 0_usize..(PLACE_BYTES + SIGNATURE_BYTES) * 8) {
            let (tenant, filter) = (tenant("acme"), Filter::default());
            let scope = PageTokenScope { tenant: &tenant, filter: &filter, sort: Sort::default() };
            let token = sign(&KEY, scope, place(1, 2));
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
        let token = sign(&KEY, scope, place(1, 2));
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
    fn what_must_hold_as_well_is_signed() {
        let tenant = tenant("acme");
        let also = |words: &[&str]| Filter {
            also: Some(Box::new(Filter {
                words: words.iter().map(ToString::to_string).collect(),
                ..Filter::default()
            })),
            ..Filter::default()
        };
        let (here, there, nothing) = (also(&["a"]), also(&["b"]), Filter::default());
        let scope = |filter| PageTokenScope {
            tenant: &tenant,
            filter,
            sort: Sort::default(),
        };
        let token = sign(&KEY, scope(&here), place(1, 2));
        assert!(verify(&KEY, scope(&here), &token).is_ok());
        for other in [&there, &nothing] {
            assert_eq!(verify(&KEY, scope(other), &token), Err(InvalidPageToken));
        }
    }

    #[test]
    fn one_of_another_version_is_refused() {
        let (tenant, filter) = (tenant("acme"), Filter::default());
        let scope = PageTokenScope {
            tenant: &tenant,
            filter: &filter,
            sort: Sort::default(),
        };
        for version in (0..=u8::MAX).filter(|version| *version != VERSION) {
            // Signed with the right key, as an earlier Daybook would have.
            let mut token = URL_SAFE_NO_PAD
                .decode(sign(&KEY, scope, place(1, 2)))
                .unwrap();
            token.truncate(PLACE_BYTES);
            token[0] = version;
            let signature = mac(&KEY, scope, &token).finalize().into_bytes();
            token.extend_from_slice(&signature);
            let token = URL_SAFE_NO_PAD.encode(token);
            assert_eq!(verify(&KEY, scope, &token), Err(InvalidPageToken));
        }
    }

    #[test]
    fn a_cut_or_lengthened_cursor_is_refused() {
        let (tenant, filter) = (tenant("acme"), Filter::default());
        let scope = PageTokenScope {
            tenant: &tenant,
            filter: &filter,
            sort: Sort::default(),
        };
        let token = sign(&KEY, scope, place(1, 2));
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
