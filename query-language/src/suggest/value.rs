//! A value in other words than the language's own, and what is meant by it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use daybook_event::{Action, Outcome};

use super::{closest, moment};

/// How many letters of a word are enough to know it.
const BEGINNING_CHARS_MIN: usize = 3;

const ACTIONS: &[(&str, &str)] = &[
    ("add", "create"),
    ("added", "create"),
    ("insert", "create"),
    ("inserted", "create"),
    ("made", "create"),
    ("make", "create"),
    ("new", "create"),
    ("register", "create"),
    ("registered", "create"),
    ("access", "read"),
    ("accessed", "read"),
    ("export", "read"),
    ("exported", "read"),
    ("get", "read"),
    ("list", "read"),
    ("listed", "read"),
    ("reading", "read"),
    ("seen", "read"),
    ("view", "read"),
    ("viewed", "read"),
    ("change", "update"),
    ("changed", "update"),
    ("edit", "update"),
    ("edited", "update"),
    ("modified", "update"),
    ("modify", "update"),
    ("moved", "update"),
    ("patch", "update"),
    ("put", "update"),
    ("rename", "update"),
    ("renamed", "update"),
    ("replace", "update"),
    ("replaced", "update"),
    ("destroy", "delete"),
    ("destroyed", "delete"),
    ("erase", "delete"),
    ("erased", "delete"),
    ("remove", "delete"),
    ("removed", "delete"),
    ("removing", "delete"),
    ("call", "execute"),
    ("invoke", "execute"),
    ("invoked", "execute"),
    ("login", "execute"),
    ("run", "execute"),
    ("trigger", "execute"),
    ("triggered", "execute"),
];

const OUTCOMES: &[(&str, &str)] = &[
    ("allowed", "success"),
    ("granted", "success"),
    ("ok", "success"),
    ("okay", "success"),
    ("pass", "success"),
    ("passed", "success"),
    ("succeed", "success"),
    ("succeeded", "success"),
    ("access_denied", "denied"),
    ("blocked", "denied"),
    ("deny", "denied"),
    ("forbidden", "denied"),
    ("refused", "denied"),
    ("rejected", "denied"),
    ("unauthorised", "denied"),
    ("unauthorized", "denied"),
    ("aborted", "failure"),
    ("err", "failure"),
    ("error", "failure"),
    ("errored", "failure"),
    ("errors", "failure"),
    ("fail", "failure"),
    ("failed", "failure"),
    ("failing", "failure"),
    ("fails", "failure"),
    ("unsuccessful", "failure"),
    ("missing", "unknown"),
    ("none", "unknown"),
];

/// The value that is meant by `value` behind a qualifier's `name`, where that is known.
///
/// It need not be one that the language takes.
pub(crate) fn meant(name: &str, value: &str) -> Option<String> {
    let value = value.trim();
    match name {
        "action" => word(value, ACTIONS, &words(Action::ALL, Action::as_str)),
        "outcome" => of_status(value)
            .or_else(|| word(value, OUTCOMES, &words(Outcome::ALL, Outcome::as_str))),
        "entity" => entity(value),
        "ip" => address(value),
        "after" | "before" => moment::meant(value),
        _ => None,
    }
}

/// A value that shows what stands behind a qualifier's name.
pub(crate) fn example_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "actor" => "jane@example.com",
        "action" => "delete",
        "service" => "workflows",
        "operation" => "deleteWorkflow",
        "outcome" => "denied",
        "method" => "DELETE",
        "entity" => "workflow/42",
        "ip" => "10.0.0.0/8",
        "correlation" => "req-42",
        "after" => "2026-01-31",
        "before" => "-7d",
        _ => return None,
    })
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().copied().map(word).collect()
}

fn word(value: &str, customary: &[(&str, &str)], known: &[&str]) -> Option<String> {
    let word = value.to_lowercase();
    let of_custom = customary
        .iter()
        .find(|(other, _)| *other == word)
        .map(|(_, known)| *known);
    let is_beginning = word.chars().count() >= BEGINNING_CHARS_MIN;
    let known = known.iter().copied();
    of_custom
        .or_else(|| {
            known
                .clone()
                .find(|known| is_beginning && known.starts_with(&word))
        })
        .or_else(|| closest(&word, known))
        .map(str::to_owned)
}

/// How a call with this status (`404`, `5xx`) ended.
fn of_status(value: &str) -> Option<String> {
    let &[class @ b'1'..=b'5', tens, ones] = value.as_bytes() else {
        return None;
    };
    let is_class = [tens, ones]
        .iter()
        .all(|letter| letter.eq_ignore_ascii_case(&b'x'));
    let is_status = is_class || (tens.is_ascii_digit() && ones.is_ascii_digit());
    if !is_status {
        return None;
    }
    let outcome = match class {
        b'1'..=b'3' => Outcome::Success,
        _ if value == "401" || value == "403" => Outcome::Denied,
        _ => Outcome::Failure,
    };
    Some(outcome.to_string())
}

/// What lacks its kind or its id.
fn entity(value: &str) -> Option<String> {
    let name = value.trim_matches(|letter: char| letter == '/' || letter.is_whitespace());
    if name.is_empty() {
        return example_of("entity").map(str::to_owned);
    }
    let lacks_kind = value.starts_with('/') && !name.contains('/');
    Some(if lacks_kind {
        format!("workflow/{name}")
    } else {
        name.to_owned()
    })
}

/// An address with a port or in brackets, with a prefix of another kind, or with a part left open.
fn address(value: &str) -> Option<String> {
    if value.eq_ignore_ascii_case("localhost") {
        return Some(Ipv4Addr::LOCALHOST.to_string());
    }
    if let Ok(socket) = value.parse::<SocketAddr>() {
        return Some(socket.ip().to_string());
    }
    let bare = value.trim_matches(['[', ']']);
    if let Some((address, prefix)) = bare.split_once('/') {
        let address: IpAddr = address.parse().ok()?;
        let prefix_bits = prefix.parse().ok().and_then(mask_bits);
        return Some(match prefix_bits {
            Some(bits) if address.is_ipv4() => format!("{address}/{bits}"),
            _ => address.to_string(),
        });
    }
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    open_range(bare)
}

/// How many bits a mask such as `255.255.0.0` keeps.
fn mask_bits(mask: Ipv4Addr) -> Option<u32> {
    let bits = mask.to_bits();
    (bits.count_ones() == bits.leading_ones()).then_some(bits.leading_ones())
}

/// `10.0.*`, `10.0.` or `10.0`.
fn open_range(value: &str) -> Option<String> {
    let given: Vec<u8> = value
        .trim_end_matches(['.', '*'])
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    if !value.contains('.') || given.len() > 3 {
        return None;
    }
    let mut octets = [0; 4];
    octets[..given.len()].copy_from_slice(&given);
    Some(format!("{}/{}", Ipv4Addr::from(octets), 8 * given.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_meant(name: &str, cases: &[(&str, Option<&str>)]) {
        for (value, expected) in cases {
            assert_eq!(meant(name, value).as_deref(), *expected, "{name}:{value}");
        }
    }

    #[test]
    fn customary_words_are_known() {
        assert_meant(
            "action",
            &[
                ("remove", Some("delete")),
                ("Removed", Some("delete")),
                ("del", Some("delete")),
                ("deleted", Some("delete")),
                ("add", Some("create")),
                ("viewed", Some("read")),
                ("edit", Some("update")),
                ("bad", None),
                ("de", None),
            ],
        );
        assert_meant(
            "outcome",
            &[
                ("fail", Some("failure")),
                ("FAILED", Some("failure")),
                ("ok", Some("success")),
                ("forbidden", Some("denied")),
                ("200", Some("success")),
                ("302", Some("success")),
                ("401", Some("denied")),
                ("403", Some("denied")),
                ("404", Some("failure")),
                ("5XX", Some("failure")),
                ("999", None),
                ("4x4", None),
                ("open", None),
            ],
        );
        for (word, known) in ACTIONS {
            assert!(
                known.parse::<Action>().is_ok() && word.parse::<Action>().is_err(),
                "{word}"
            );
        }
        for (word, known) in OUTCOMES {
            assert!(
                known.parse::<Outcome>().is_ok() && word.parse::<Outcome>().is_err(),
                "{word}"
            );
        }
    }

    #[test]
    fn a_thing_lacks_its_kind_or_its_id() {
        assert_meant(
            "entity",
            &[
                ("/42", Some("workflow/42")),
                ("workflow/", Some("workflow")),
                ("/users/42", Some("users/42")),
                (" / ", Some("workflow/42")),
            ],
        );
    }

    #[test]
    fn an_address_is_found_in_what_stands_around_it() {
        assert_meant(
            "ip",
            &[
                ("localhost", Some("127.0.0.1")),
                ("203.0.113.7:443", Some("203.0.113.7")),
                ("[2001:db8::1]:443", Some("2001:db8::1")),
                ("[::1]", Some("::1")),
                ("10.0.0.0/99", Some("10.0.0.0")),
                ("10.1.0.0/255.255.0.0", Some("10.1.0.0/16")),
                ("10.1.0.0/255.0.255.0", Some("10.1.0.0")),
                ("10.*", Some("10.0.0.0/8")),
                ("10.1.", Some("10.1.0.0/16")),
                ("10.1.2", Some("10.1.2.0/24")),
                ("10.1.2.*", Some("10.1.2.0/24")),
                ("10", None),
                ("*", None),
                ("300.*", None),
                ("open", None),
            ],
        );
    }
}
