//! What else a person is known by: the ids and addresses that stand beside theirs in what they did.

use std::collections::{BTreeMap, BTreeSet};

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use crate::erasure::scope::{IDENTIFIERS_MAX, Subject};

/// Most pairs that are looked at. An address with as many ids is nobody's own.
pub(crate) const PAIRS_MAX: usize = 10_000;

/// An id and an address of one actor, side by side in an event.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
pub(crate) struct Pair {
    pub(crate) user_id: String,
    /// In lower case.
    pub(crate) email: String,
}

/// What else a person is known by, and by nobody else.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Links {
    pub(crate) user_ids: Vec<String>,
    pub(crate) emails: Vec<String>,
    /// How many identifiers others use as well.
    pub(crate) shared: usize,
    /// How many of the person's are more than are searched for.
    pub(crate) left_out: usize,
}

impl Links {
    /// Those of a subject among all pairs that have an id or an address of its own, or an address of an
    /// id of its own.
    ///
    /// An address of a given id is the person's where no other id has it. An id of a given address is the
    /// person's where it has no other address, or where its other addresses are only older or newer ones: no other
    /// id has one of them, and no other id has the given one.
    pub(crate) fn among(pairs: &[Pair], subject: &Subject) -> Self {
        if pairs.len() >= PAIRS_MAX {
            // Not all of them are known: whose they are cannot be told.
            return Self {
                left_out: pairs.len(),
                ..Self::default()
            };
        }
        let mut ids: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut emails: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for Pair { user_id, email } in pairs {
            ids.entry(user_id).or_default().insert(email);
            emails.entry(email).or_default().insert(user_id);
        }
        let is_of_one = |email: &str| emails.get(email).is_some_and(|ids| ids.len() == 1);
        let is_given = |email: &str| subject.emails.iter().any(|given| given == email);
        let mut links = Self::default();
        for user_id in &subject.user_ids {
            for email in ids.get(user_id.as_str()).into_iter().flatten() {
                links.add_email(email, is_of_one(email));
            }
        }
        for given in &subject.emails {
            let of_given = emails.get(given.as_str());
            for user_id in of_given.into_iter().flatten() {
                let mut others = ids[user_id]
                    .iter()
                    .filter(|email| !is_given(email))
                    .peekable();
                let is_same = others.peek().is_none()
                    || is_of_one(given) && others.clone().all(|email| is_of_one(email));
                links.add_id(user_id, is_same);
                if is_same {
                    others.for_each(|email| links.add_email(email, true));
                }
            }
        }
        links.bound();
        links
    }

    fn add_email(&mut self, email: &str, is_own: bool) {
        if !is_own {
            self.shared += 1;
        } else if !self.emails.iter().any(|known| known == email) {
            self.emails.push(email.to_owned());
        }
    }

    fn add_id(&mut self, user_id: &str, is_own: bool) {
        if !is_own {
            self.shared += 1;
        } else if !self.user_ids.iter().any(|known| known == user_id) {
            self.user_ids.push(user_id.to_owned());
        }
    }

    fn bound(&mut self) {
        let most = IDENTIFIERS_MAX / 2;
        for identifiers in [&mut self.user_ids, &mut self.emails] {
            self.left_out += identifiers.len().saturating_sub(most);
            identifiers.truncate(most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<Pair> {
        let pair = |&(user_id, email): &(&str, &str)| Pair {
            user_id: user_id.to_owned(),
            email: email.to_owned(),
        };
        pairs.iter().map(pair).collect()
    }

    fn of_email(email: &str, known: &[(&str, &str)]) -> (Vec<String>, Vec<String>, usize) {
        let subject = Subject {
            emails: vec![email.to_owned()],
            ..Subject::default()
        };
        let links = Links::among(&pairs(known), &subject);
        (links.user_ids, links.emails, links.shared)
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn whoever_changed_their_address_is_one_person() {
        let known = [("u1", "jane@new"), ("u1", "jane@old")];
        let expected = (texts(&["u1"]), texts(&["jane@old"]), 0);
        assert_eq!(of_email("jane@new", &known), expected);
        let subject = Subject {
            user_ids: texts(&["u1"]),
            ..Subject::default()
        };
        let links = Links::among(&pairs(&known), &subject);
        assert_eq!(links.emails, ["jane@new", "jane@old"]);
    }

    #[test]
    fn an_address_of_two_accounts_is_of_one_person_and_an_account_of_two_people_is_shared() {
        let two_accounts = [("u1", "jane@x"), ("u2", "jane@x")];
        let expected = (texts(&["u1", "u2"]), Vec::new(), 0);
        assert_eq!(of_email("jane@x", &two_accounts), expected);
        // The account "ci" is used by Jane and by Tom, who has one of his own.
        let account = [("ci", "jane@x"), ("ci", "tom@x"), ("u2", "tom@x")];
        assert_eq!(of_email("jane@x", &account), (Vec::new(), Vec::new(), 1));
        // Tom's and Ann's own addresses are not those of the mailbox that they share.
        let mailbox = [
            ("u1", "team@x"),
            ("u1", "tom@x"),
            ("u2", "team@x"),
            ("u2", "ann@x"),
        ];
        assert_eq!(of_email("team@x", &mailbox), (Vec::new(), Vec::new(), 2));
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let many: Vec<_> = (0..40).map(|number| format!("u{number}")).collect();
        let known: Vec<_> = many.iter().map(|id| (id.as_str(), "jane@x")).collect();
        let subject = Subject {
            emails: texts(&["jane@x"]),
            ..Subject::default()
        };
        let links = Links::among(&pairs(&known), &subject);
        assert_eq!((links.user_ids.len(), links.left_out), (25, 15));
    }
}
