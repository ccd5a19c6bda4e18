//! What a walk through a value knows on its way: where it is, and what the names above say.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::{Number, Value};

use super::loosely_marked::LooselyMarked;
use super::place::Place;
use crate::json_pointer::escape;
use crate::secrets::names::{
    is_id_name, least_secret_number, names_a_card, names_a_count, names_a_phone, rule_of,
};
use crate::secrets::numbers::starts_with_named_card;
use crate::secrets::shapes::{Numbers, redact_shapes};
use daybook_event::REDACTED;

/// The most removed places that are named; more are removed unnamed.
const REMOVED_MAX: usize = 1_000;

/// The longest name of a removed place, so that all of them together have 256 KB.
const REMOVED_BYTES_MAX: usize = 256;

/// The shortest secret that has a form of its own, a card's number: shorter keys are names.
pub(super) const SECRET_KEY_BYTES_MIN: usize = 14;

/// What the names around a value say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inherited {
    No,
    /// The document says that it stays.
    Kept,
    /// It has the name of a secret itself.
    Direct,
    /// What stands beside it says that it is one: a name, the kind of a key or of a grant.
    Named,
    /// It has the name of a secret and members of its own, as things have that are called so.
    Thing,
    /// It stands below the name of a secret, whose numbers are secrets from this one on.
    Below(u64),
    /// It stands where everything is a secret.
    Sealed,
}

/// The digits of the shortest card's number.
const CARD_DIGITS_MIN: usize = 13;

/// A walk through a value.
pub(super) struct Walk<'a> {
    pub(super) place: Place,
    pub(super) removed: &'a mut Vec<String>,
    pub(super) inner_json_levels: usize,
    pub(super) loosely_marked: LooselyMarked,
    is_about_cards: bool,
    pointer: Vec<String>,
    /// What is known of each of the pointer's names. A list may have many values below long names, so that each
    /// name is judged once and not for each value.
    known: Vec<Known>,
}

/// What a name says, as far as it was asked.
#[derive(Default)]
struct Known {
    /// The name or one above it speaks of a payment card.
    is_of_card: OnceCell<bool>,
    is_id: OnceCell<bool>,
    is_phone: OnceCell<bool>,
    is_count: OnceCell<bool>,
    least_secret_number: OnceCell<Option<u64>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(place: Place, is_about_cards: bool, removed: &'a mut Vec<String>) -> Self {
        Self {
            place,
            removed,
            inner_json_levels: 0,
            loosely_marked: LooselyMarked::default(),
            is_about_cards,
            pointer: Vec::new(),
            known: Vec::new(),
        }
    }
}

impl Walk<'_> {
    pub(super) fn pointer(&self) -> &[String] {
        &self.pointer
    }

    pub(super) fn enter(&mut self, name: String) {
        self.loosely_marked.enter(&name);
        self.pointer.push(name);
        self.known.push(Known::default());
    }

    pub(super) fn leave(&mut self) {
        self.loosely_marked.leave();
        self.pointer.pop();
        self.known.pop();
    }

    /// Names the place as one out of which something was removed.
    pub(super) fn note(&mut self) {
        note(self.removed, self.place, &self.pointer);
    }

    pub(super) fn remove(&mut self, value: &mut Value) {
        if value.is_null() {
            return;
        }
        *value = Value::String(REDACTED.to_owned());
        self.note();
    }

    /// The name of the value, or of the array that it stands in, and what is known of it.
    fn name(&self) -> Option<(&str, &Known)> {
        let at = self
            .pointer
            .iter()
            .rposition(|segment| !segment.bytes().all(|byte| byte.is_ascii_digit()))?;
        Some((&self.pointer[at], &self.known[at]))
    }

    /// The least number that is a secret below the value's name.
    pub(super) fn least_secret_number(&self) -> Option<u64> {
        let (name, known) = self.name()?;
        *known
            .least_secret_number
            .get_or_init(|| least_secret_number(name))
    }

    /// Whether the value itself, and not a list that it stands in, has a name in the plural.
    pub(super) fn names_several(&self) -> bool {
        self.name().is_some_and(|(name, known)| {
            self.pointer.last().is_some_and(|last| last == name)
                && *known.is_count.get_or_init(|| names_a_count(name))
        })
    }

    /// The rule by which the value's name is a secret's.
    pub(super) fn rule(&self) -> Option<&'static str> {
        rule_of(self.name()?.0)
    }

    /// What long numbers in a text are here.
    pub(super) fn numbers(&self, text: &str) -> Numbers {
        if text.len() < SECRET_KEY_BYTES_MIN || !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return Numbers::Any;
        }
        let is_id = |(name, known): (&str, &Known)| *known.is_id.get_or_init(|| is_id_name(name));
        if self.name().is_some_and(is_id) && !self.is_of_card() {
            Numbers::Ids
        } else {
            Numbers::Any
        }
    }

    fn is_of_card(&self) -> bool {
        let mut is_of_card = self.is_about_cards;
        let known = |known: &Known| known.is_of_card.get().is_some();
        let first = self.known.iter().rposition(known).unwrap_or(0);
        for (name, known) in self.pointer.iter().zip(&self.known).skip(first) {
            is_of_card = *known
                .is_of_card
                .get_or_init(|| is_of_card || names_a_card(name));
        }
        is_of_card
    }

    /// The number of a card, of any length, below a name that says so; its date or code may stand behind it.
    pub(super) fn is_card(&self, text: &str) -> bool {
        let is_other = |(name, known): (&str, &Known)| {
            name.to_ascii_lowercase().ends_with("id")
                || *known.is_id.get_or_init(|| is_id_name(name))
                || *known.is_phone.get_or_init(|| names_a_phone(name))
        };
        starts_with_named_card(text) && self.is_of_card() && !self.name().is_some_and(is_other)
    }

    pub(super) fn is_secret_number(&self, number: &Number, inherited: Inherited) -> bool {
        let digits = whole_number(number);
        let is_card =
            |digits: Option<&str>| digits.is_some_and(|digits| self.is_number_of_card(digits));
        let Some((name, known)) = self.name() else {
            return matches!(inherited, Inherited::Sealed | Inherited::Named)
                || is_card(digits.as_deref());
        };
        // A number with as many digits as no other has is larger than the least one.
        let is_large = |least: u64| {
            let digits = digits.as_deref().map(str::parse::<u64>);
            digits.is_some_and(|number| number.map_or(true, |number| number >= least))
        };
        let is_from = |least: u64| least == 0 || is_large(least);
        match inherited {
            Inherited::Sealed | Inherited::Named => true,
            Inherited::Below(least) => is_from(least),
            _ => {
                let in_list = self.pointer.last().is_some_and(|last| last != name);
                let is_count = !in_list && *known.is_count.get_or_init(|| names_a_count(name));
                (!is_count && self.least_secret_number().is_some_and(is_from))
                    || is_card(digits.as_deref())
            }
        }
    }

    fn is_number_of_card(&self, digits: &str) -> bool {
        digits.len() >= CARD_DIGITS_MIN
            && (self.is_card(digits)
                || matches!(redact_shapes(digits, self.numbers(digits)), Cow::Owned(_)))
    }
}

/// The digits of a whole number that is not negative, however it is written: `1234`, `1234.0`, `1.234e3`.
fn whole_number(number: &Number) -> Option<String> {
    if number.is_u64() {
        return Some(number.to_string());
    }
    let float = number.as_f64()?;
    (float >= 0.0 && float.fract() == 0.0).then(|| format!("{float:.0}"))
}

/// Names a place out of which something was removed; one whose pointer would be too long, by what it stands in.
pub(super) fn note(removed: &mut Vec<String>, place: Place, pointer: &[String]) {
    if removed.len() >= REMOVED_MAX {
        return;
    }
    let mut entry = format!("{}#", place.as_str());
    for segment in pointer {
        // Asked before it is escaped: a name may be as long as a body.
        let is_long = |segment: &str| entry.len() + 1 + segment.len() > REMOVED_BYTES_MAX;
        if is_long(segment) {
            break;
        }
        let escaped = escape(segment);
        if is_long(&escaped) {
            break;
        }
        entry.push('/');
        entry.push_str(&escaped);
    }
    if removed.last() != Some(&entry) {
        removed.push(entry);
    }
}
