//! Where the summary names a thing that the path cuts short, or that the path's last word is none of.

use daybook_event::Action;

use super::facing::{Facing, Level, is_plural};
use super::{NAMES_CALL, Thing, is_only_said_of};
use crate::habits::collection_key;
use crate::key_words::is_key_word;
use crate::meaning::noun_words::{GENERIC, is_detail, is_role_of_class, same};
use crate::meaning::path_shape::Resource;
use crate::meaning::rule;
use crate::{verbs, words};

/// The most words that a path leaves out, and the most that the whole name has.
const WORDS_MAX: usize = 2;
const NOUN_WORDS_MAX: usize = 3;

/// How far behind a preposition its noun may stand: "to the kid's wishlist".
const PLACE_WORDS_MAX: usize = 4;

impl Facing<'_> {
    /// "List all SIP accounts" at `/sip`, "Create a client selfie" at `/client`. The summary's noun
    /// begins with the path's, and what it ends in is a thing.
    pub(super) fn cut_short(&self, noun: &[String]) -> Option<Thing> {
        let (front, behind) = noun.split_at_checked(self.resource.words.len())?;
        let is_longer = (1..=WORDS_MAX).contains(&behind.len()) && noun.len() <= NOUN_WORDS_MAX;
        // "Get tweets timeline": two things, and none of them cut short.
        let is_one_name = same(front, &self.resource.words) && !is_plural(front);
        // "List the route names" at `/routes`
        let is_key =
            |word: &String| self.resource.is_plural() && is_key_word(&words::singular(word));
        // `POST /customer` beside `/customer/{id}`: one thing has one noun. But "Get all sea creatures" at `/sea`.
        let path = collection_key(self.source.path);
        let are_many = is_plural(noun) && !self.resource.is_plural();
        let is_found_there = !are_many && self.source.habits.lookups.contains_key(&path);
        let fits = self.level == Level::Collection
            && !is_found_there
            && is_longer
            && is_one_name
            && !GENERIC.contains(&self.resource.head().as_str())
            && !verbs::is_clear(&self.resource.head())
            && behind
                .iter()
                .all(|word| is_thing(word) && !is_key(word) && !word.ends_with("ing"))
            && !is_detail(noun);
        fits.then(|| {
            self.thing(words::noun_phrase(noun), is_plural(noun))
                .by(&rule::SUMMARY_OBJECT)
        })
    }

    /// "Get all organizations" at `/administration/entity`, "Discover the hosting provider" at
    /// `/detect`. A verb, an adjective or what anything may be called, of which no text speaks as of a thing, gives way
    /// to what the summary does the same to.
    pub(super) fn names_no_thing(&self, noun: &[String]) -> Option<Thing> {
        let head = self.resource.head();
        let only = std::slice::from_ref(&head);
        let is_deed =
            !self.resource.is_plural() && (verbs::is_clear(&head) || is_only_said_of(only));
        let is_item = self.level == Level::Item;
        // A job or an event has an id of its own.
        let is_anything = !self.resource.is_plural()
            && (is_role_of_class(&head)
                || head == "item"
                || !is_item && GENERIC.contains(&head.as_str()));
        let is_bare = self.resource.words.len() == 1 && self.resource_noun() == head;
        let is_told = self
            .summary
            .is_some_and(|told| told.does(&self.chosen.base) && same(&told.noun, noun));
        let last = noun.last().map(|last| words::singular(last))?;
        // `/payments/selling/{id}`, of which no text says "selling"
        let is_doing = head.len() > 5 && head.ends_with("ing");
        let is_place = match self.level {
            Level::Collection => self.source.method == "GET",
            Level::Item => !self.param_names(&self.resource.words) && (is_deed || !is_plural(noun)),
            _ => false,
        };
        let fits = is_place
            && is_bare
            && (is_deed || (is_anything || is_doing) && !self.is_spoken_of())
            && is_told
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

    /// "Add item to kid's wishlist" by POST of `/wishlist`, "Add shared link to file" by PUT of
    /// `/files/{file_id}`. What the path names is only where the thing goes.
    pub(super) fn put_into(&self, noun: &[String]) -> Option<Thing> {
        let base = self.chosen.base.as_str();
        let links = links_of(base);
        let puts = !links.is_empty()
            && self
                .summary
                .is_some_and(|told| told.does(base) && told.noun == noun);
        // "Update fields on a contact" updates the contact.
        let is_own_part = matches!(base, "update" | "edit")
            && self.level != Level::Collection
            && noun
                .last()
                .is_some_and(|last| GENERIC.contains(&words::singular(last).as_str()));
        let fits = puts
            && !is_own_part
            && self.source.method != "GET"
            && !self.contains_resource(noun)
            && noun.len() <= NOUN_WORDS_MAX
            && noun.last().is_some_and(|last| is_thing(last))
            && !self.is_in_front(noun)
            && self.goes_into(noun.last()?, links);
        if !fits {
            return None;
        }
        let plural = is_plural(noun);
        let is_of_one = self.resource.is_plural() || self.param_names(&self.resource.words);
        let thing = match self.level {
            Level::Item if !is_of_one => self.thing(words::noun_phrase(noun), plural),
            Level::Item | Level::ItemAction if self.chosen.action == Action::Create => {
                return Some(self.child_of_item(noun, plural));
            }
            Level::Item | Level::ItemAction => return Some(self.part_of_item(noun, plural)),
            _ => self.thing(self.of_whole(noun), plural),
        };
        Some(thing.by(&rule::SUMMARY_OBJECT))
    }

    /// Whether the text has such a preposition and the path's own noun behind the object, in the singular: what is
    /// added "to bookmarks" is one of them there.
    fn goes_into(&self, last: &String, links: &[&str]) -> bool {
        let text = words::split(self.source.text());
        let head = self.resource.head();
        let mut behind = text.iter().skip_while(|word| *word != last).skip(1);
        behind
            .next()
            .is_some_and(|word| links.contains(&word.as_str()))
            && behind.take(PLACE_WORDS_MAX).any(|word| *word == head)
    }

    /// "Adds user to group" at `/users/{name}/groups`: whom the path has in front stays there.
    fn is_in_front(&self, noun: &[String]) -> bool {
        let heads = || self.enclosing.iter().map(Resource::head);
        noun.last()
            .is_some_and(|last| heads().any(|head| head == words::singular(last)))
    }

    /// A generic noun takes the place's: `wishlist item`.
    fn of_whole(&self, noun: &[String]) -> String {
        match noun {
            [only] if GENERIC.contains(&words::singular(only).as_str()) || *only == "line" => {
                format!("{} {}", self.resource.noun(), words::singular(only))
            }
            _ => words::noun_phrase(noun),
        }
    }
}

/// What stands between a thing and where it goes, is or is taken from.
fn links_of(base: &str) -> &'static [&'static str] {
    match base {
        "add" | "append" | "attach" | "insert" | "upload" => &["to", "into", "onto"],
        "remove" | "delete" | "detach" => &["from"],
        "update" | "edit" => &["on", "in"],
        _ => &[],
    }
}

/// Whether a word may end the name of a thing: no adjective, no verb, and nothing that any answer is called.
fn is_thing(word: &str) -> bool {
    let one = words::singular(word);
    !is_only_said_of(std::slice::from_ref(&one))
        && !NAMES_CALL.contains(&one.as_str())
        && !is_role_of_class(&one)
        && !verbs::is_clear(&one)
        && !matches!(
            one.as_str(),
            "id" | "detail" | "record" | "even" | "only" | "history" | "status" | "page"
        )
}
