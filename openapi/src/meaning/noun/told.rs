//! Where the summary names a thing that the path cuts short, or that the path's last word is none of.

use super::facing::{Facing, Level, is_plural};
use super::{NAMES_CALL, Thing, is_only_said_of};
use crate::key_words::is_key_word;
use crate::meaning::noun_words::{GENERIC, is_detail, is_role_of_class, same};
use crate::meaning::rule;
use crate::{verbs, words};

/// The most words that a path leaves out, and the most that the whole name has.
const WORDS_MAX: usize = 2;
const NOUN_WORDS_MAX: usize = 3;

impl Facing<'_> {
    /// Rule "cut short": "List all SIP accounts" at `/sip`, "Create a client selfie" at `/client`. The summary's noun
    /// begins with the path's, and what it ends in is a thing.
    pub(super) fn cut_short(&self, noun: &[String]) -> Option<Thing> {
        let (front, behind) = noun.split_at_checked(self.resource.words.len())?;
        let is_longer = (1..=WORDS_MAX).contains(&behind.len()) && noun.len() <= NOUN_WORDS_MAX;
        // "Get tweets timeline": two things, and none of them cut short.
        let is_one_name = same(front, &self.resource.words) && !is_plural(front);
        // "List the route names" at `/routes`
        let is_key =
            |word: &String| self.resource.is_plural() && is_key_word(&words::singular(word));
        let fits = self.level == Level::Collection
            && is_longer
            && is_one_name
            && !GENERIC.contains(&self.resource.head().as_str())
            && !verbs::is_clear(&self.resource.head())
            && behind.iter().all(|word| is_thing(word) && !is_key(word))
            && !is_detail(noun);
        fits.then(|| {
            self.thing(words::noun_phrase(noun), is_plural(noun))
                .by(&rule::SUMMARY_OBJECT)
        })
    }

    /// Rule "no noun of its own": "Get all organizations" at `/administration/entity`, "Discover the hosting provider" at
    /// `/detect`. A verb, an adjective or what anything may be called, of which no text speaks as of a thing, gives way
    /// to what the summary does the same to.
    pub(super) fn names_no_thing(&self, noun: &[String]) -> Option<Thing> {
        let head = self.resource.head();
        let only = std::slice::from_ref(&head);
        let is_deed =
            !self.resource.is_plural() && (verbs::is_clear(&head) || is_only_said_of(only));
        let is_anything = !self.resource.is_plural()
            && (GENERIC.contains(&head.as_str()) || is_role_of_class(&head));
        let is_bare = self.resource.words.len() == 1 && self.resource_noun() == head;
        let is_told = self
            .summary
            .is_some_and(|told| told.does(&self.chosen.base) && same(&told.noun, noun));
        let last = noun.last().map(|last| words::singular(last))?;
        let fits = self.level == Level::Collection
            && is_bare
            && (is_deed || is_anything && !self.is_spoken_of())
            && is_told
            && self.source.method == "GET"
            && !self.contains_resource(noun)
            && noun.len() <= NOUN_WORDS_MAX
            && is_thing(&last)
            && (noun.len() > 1 || !GENERIC.contains(&last.as_str()))
            && !is_detail(noun);
        fits.then(|| {
            self.thing(words::noun_phrase(noun), is_plural(noun))
                .by(&rule::SUMMARY_OBJECT)
        })
    }
}

/// Whether a word may end the name of a thing: no adjective, no verb, and nothing that any answer is called.
fn is_thing(word: &str) -> bool {
    let one = words::singular(word);
    !is_only_said_of(std::slice::from_ref(&one))
        && !NAMES_CALL.contains(&one.as_str())
        && !is_role_of_class(&one)
        && !verbs::is_clear(&one)
        && !["able", "ing", "ly"].iter().any(|end| one.ends_with(end))
        && !matches!(
            one.as_str(),
            "id" | "detail" | "record" | "even" | "only" | "history" | "status" | "page"
        )
}
