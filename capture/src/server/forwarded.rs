//! What the proxies in front of a server say about its client, as far as they are to be believed.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::header::{FORWARDED, HOST};
use http::request::Parts;

/// The client's address.
///
/// Each proxy appends to `X-Forwarded-For` the address from which it was called; whatever stands
/// before that came from the client and may be a lie. So the entries are counted from the right:
/// with `trusted_hops` proxies in front, that entry from the right is the client. Without the
/// setting it is the peer of the connection, or where that is not known the last entry.
pub(super) fn client_address(
    headers: &HeaderMap,
    peer: Option<IpAddr>,
    trusted_hops: Option<u8>,
) -> Option<IpAddr> {
    match (trusted_hops, peer) {
        (Some(0), _) | (None, Some(_)) => peer,
        (hops, _) => forwarded_for(headers, hops.unwrap_or(1)).or(peer),
    }
}

/// The entry that `hops` proxies from here have appended; the first where there are fewer.
fn forwarded_for(headers: &HeaderMap, hops: u8) -> Option<IpAddr> {
    let values = headers.get_all("x-forwarded-for").iter();
    let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    let from_the_right = values.iter().rev().flat_map(|value| value.rsplit(','));
    let entry = from_the_right
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .take(usize::from(hops))
        .last()?;
    address(entry)
}

/// An address, with or without a port: a load balancer may be told to keep the client's.
fn address(text: &str) -> Option<IpAddr> {
    text.parse()
        .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()))
        .or_else(|_| text.trim_matches(['[', ']']).parse())
        .ok()
}

/// The host that was called: of the request itself, or, where a proxy that rewrites it is in front,
/// as the nearest proxy says in `Forwarded` (RFC 7239, section 4) or `X-Forwarded-Host`.
pub(super) fn host(parts: &Parts, trusts_forwarded_host: bool) -> String {
    let forwarded = trusts_forwarded_host
        .then(|| {
            last_forwarded_host(&parts.headers)
                .or_else(|| last_entry(&parts.headers, "x-forwarded-host"))
        })
        .flatten();
    let own = || match parts.headers.get(HOST) {
        Some(host) => host.to_str().ok(),
        // HTTP/2 has the host in the target.
        None => parts.uri.authority().map(http::uri::Authority::as_str),
    };
    forwarded.or_else(own).unwrap_or_default().to_owned()
}

fn last_forwarded_host(headers: &HeaderMap) -> Option<&str> {
    last_entry(headers, FORWARDED.as_str())?
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("host"))
        .map(|(_, host)| host.trim().trim_matches('"'))
}

fn last_entry<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    let entry = value.rsplit(',').next().unwrap_or_default().trim();
    (!entry.is_empty()).then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let request = headers
            .iter()
            .fold(http::Request::post("/"), |request, (name, value)| {
                request.header(*name, *value)
            });
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_address_is_counted_from_the_right() {
        let peer: Option<IpAddr> = Some("10.0.0.9".parse().unwrap());
        for (entries, peer, hops, client) in [
            (&["6.6.6.6, 192.0.2.1"][..], peer, None, "10.0.0.9"),
            (&["6.6.6.6, 192.0.2.1"], None, None, "192.0.2.1"),
            (&["6.6.6.6, 192.0.2.1"], peer, Some(0), "10.0.0.9"),
            (&["6.6.6.6, 192.0.2.1"], peer, Some(1), "192.0.2.1"),
            (
                &["6.6.6.6, 192.0.2.1, 10.0.0.3"],
                peer,
                Some(2),
                "192.0.2.1",
            ),
            // Lines are entries as well, in their order.
            (
                &["6.6.6.6", "192.0.2.1", "10.0.0.3"],
                peer,
                Some(2),
                "192.0.2.1",
            ),
            (&["192.0.2.1"], peer, Some(3), "192.0.2.1"),
            (&["192.0.2.1:4711"], peer, Some(1), "192.0.2.1"),
            (&["[2001:db8::1]:4711"], peer, Some(1), "2001:db8::1"),
            (&["[2001:db8::1]"], peer, Some(1), "2001:db8::1"),
            (&["2001:db8::1"], peer, Some(1), "2001:db8::1"),
            (&["192.0.2.1, <script>"], peer, Some(1), "10.0.0.9"),
            (&[""], peer, Some(1), "10.0.0.9"),
            (&[], peer, Some(1), "10.0.0.9"),
        ] {
            let headers: Vec<_> = entries
                .iter()
                .map(|entry| ("x-forwarded-for", *entry))
                .collect();
            let found = client_address(&parts(&headers).headers, peer, hops);
            assert_eq!(found, client.parse().ok(), "{entries:?} {hops:?}");
        }
        assert_eq!(client_address(&parts(&[]).headers, None, None), None);
    }

    #[test]
    fn a_forwarded_host_counts_only_where_it_is_trusted() {
        let both = [
            ("host", "10.0.0.3:8080"),
            ("forwarded", "host=evil.example"),
            (
                "forwarded",
                "for=192.0.2.1, by=10.0.0.1;Host=\"api.example.com\";proto=https",
            ),
        ];
        assert_eq!(host(&parts(&both), false), "10.0.0.3:8080");
        assert_eq!(host(&parts(&both), true), "api.example.com");
        let other = [
            ("host", "internal"),
            ("x-forwarded-host", "evil.example, api.example.com"),
        ];
        assert_eq!(host(&parts(&other), true), "api.example.com");
        assert_eq!(host(&parts(&[("host", "internal")]), true), "internal");
        let (http2, ()) = http::Request::post("https://api.example.com/v1")
            .body(())
            .unwrap()
            .into_parts();
        assert_eq!(host(&http2, false), "api.example.com");
    }
}
