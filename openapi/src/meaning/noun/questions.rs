//! What the rules of nouns ask of a resource and an object.

use daybook_event::Action;

use super::Thing;
use super::facing::{Facing, Level};
use crate::habits::{is_name_of, scope_key};
use crate::key_words::{is_strong_key_word, param_noun};
use crate::meaning::adjectives::is_adjective;
use crate::meaning::identity::{self, Search};
use crate::meaning::noun_words::{GENERIC, ends_with_noun, is_role_of_class, same};
use crate::meaning::path_shape::is_criterion;
use crate::meaning::witness::Witnesses;
use crate::value_location::ValueLocation;
use crate::words;

/// What there is one of for each thing that a tag names: a DNS record, an automation rule.
fn is_kind_of_record(word: &str) -> bool {
    matches!(
        word,
        "record"
            | "entry"
            | "rule"
            | "template"
            | "job"
            | "event"
            | "link"
            | "definition"
            | "item"
            | "file"
    )
}

/// What paths cut short, and texts spell out.
const SHORT_FOR: &[(&str, &str)] = &[
    ("org", "organization"),
    ("org", "organisation"),
    ("repo", "repository"),
    ("app", "application"),
    ("env", "environment"),
];

impl Facing<'_> {
    /// Whether the object's head is the resource's: `flow template` on `/templates`.
    pub(super) fn names_resource(&self, object: &[String]) -> bool {
        self.is_short_for_resource(object)
            || ends_with_noun(object, &self.resource.words)
            || self
                .resource
                .words
                .last()
                .zip(object.last())
                .is_some_and(|(resource, object)| {
                    words::singular(resource) == words::singular(object)
                })
    }

    /// `uploadDoc` on `/documents`.
    pub(super) fn is_short_for_resource(&self, object: &[String]) -> bool {
        // `deleteDataRetention` on `/data_retention_settings`
        if object.len() > 1 && object.len() < self.resource.words.len() {
            return self.resource.words.starts_with(object);
        }
        let [short] = object else { return false };
        let short = words::singular(short);
        let head = self.resource.head();
        short.len() > 2 && short.len() < head.len() && head.starts_with(&short)
    }

    pub(super) fn contains_resource(&self, object: &[String]) -> bool {
        let head = self.resource.head();
        object.iter().any(|word| words::singular(word) == head)
    }

    pub(super) fn is_plural_in(&self, object: &[String]) -> bool {
        let head = self.resource.head();
        object
            .iter()
            .any(|word| *word != head && words::singular(word) == head)
    }

    /// `getAssetByRenderId` on `/assets/render/{id}`
    pub(super) fn is_found_by_resource(&self) -> bool {
        let head = self.resource.head();
        words::split(self.source.operation_id)
            .iter()
            .skip_while(|word| *word != "by")
            .any(|word| words::singular(word) == head)
    }

    /// `POST /lists/{id}/accounts` with the `account_ids` of those that are added, and an answer that has no id of one.
    pub(super) fn adds_listed(&self, noun: &str, plural: bool) -> bool {
        let is_of_noun = |found: &ValueLocation| {
            let name = found.name();
            let name = words::split(name.trim_end_matches("/*"));
            matches!(name.as_slice(), [.., of, ids] if ids == "ids" && of == words::head(noun))
        };
        matches!(
            self.chosen.base.as_str(),
            "add" | "assign" | "attach" | "invite" | "link" | "share"
        ) && identity::ids_of_many(self.source, noun).is_some_and(|found| is_of_noun(&found))
            && (plural || identity::response_id(self.source, noun, Search::Exact).is_none())
    }

    /// What is set at `/org/{orgId}` is an organization's.
    pub(super) fn is_short_for(&self, word: &str) -> bool {
        let head = self.resource.head();
        matches!(self.source.method, "PUT" | "PATCH")
            && SHORT_FOR
                .iter()
                .any(|(short, long)| *short == head && *long == words::singular(word))
    }

    /// `deleteReleaseByTag` on `/releases/tags/{tag}`: the tag says which release, unlike a customer of an order.
    pub(super) fn says_which(&self, object: &[String]) -> bool {
        let is_key_of_another = |param: &String| {
            let words = words::split(param);
            words.len() > 1 && words.last().is_some_and(|last| is_strong_key_word(last))
        };
        ends_with_noun(object, &self.resource.qualifier)
            && self.is_found_by_resource()
            && matches!(self.source.method, "PUT" | "PATCH" | "DELETE")
            && !object.last().is_some_and(|head| words::is_plural(head))
            && !self.resource.own_param().is_some_and(is_key_of_another)
    }

    /// Whether a GET's answer is a list.
    pub(super) fn answers_list(&self) -> bool {
        self.source.method == "GET"
            && self.source.response.is_some_and(|schema| {
                self.source.schemas.items(schema).is_some()
                    || self
                        .source
                        .schemas
                        .properties(schema)
                        .iter()
                        .any(|property| {
                            self.source.schemas.items(property.schema).is_some()
                                && words::split(property.name).last().is_some_and(|last| {
                                    words::singular(last) == self.resource.head()
                                        || matches!(last.as_str(), "data" | "items" | "results")
                                })
                        })
            })
    }

    /// Rule "looked up": a POST that views what its body names, `POST /cards/view` with a `card_id`, `POST /vehicles` told to
    /// `getVehicleByRegistrationNumber`, is about one of them.
    pub(super) fn looks_one_up(&self, noun: &str) -> bool {
        let is_view = matches!(
            self.chosen.base.as_str(),
            "get" | "view" | "show" | "fetch" | "retrieve" | "describe"
        );
        let schemas = self.source.schemas;
        let lists = |schema| schemas.items(schema).is_some();
        let answers_many = self.source.response.is_none_or(|response| {
            lists(response)
                || schemas
                    .properties(response)
                    .iter()
                    .any(|property| lists(property.schema) && self.is_named_after(property.name))
        });
        let in_body = || {
            identity::request_id(self.source, noun, Search::Near).is_some_and(|found| {
                !found.many && words::split(found.pointer.trim_start_matches('/')).len() > 1
            })
        };
        self.source.method == "POST"
            && is_view
            && !self.chosen.bulk
            && !answers_many
            && (identity::found_by(self.source).is_some() || in_body())
    }

    /// Whether a property bears the resource's own name, or none: `results`.
    fn is_named_after(&self, name: &str) -> bool {
        words::split(name).last().is_some_and(|last| {
            words::singular(last) == self.resource.head()
                || matches!(last.as_str(), "data" | "items" | "results")
        })
    }

    /// Whether the last parameter's own name says what the object says.
    pub(super) fn param_names(&self, object: &[String]) -> bool {
        self.resource.own_param().is_some_and(|param| {
            let noun = param_noun(param);
            !noun.is_empty() && same(&noun, object)
        })
    }

    /// Whether the only parameter names another thing than its resource.
    pub(super) fn param_names_another(&self) -> bool {
        let [param] = self.resource.params.as_slice() else {
            return false;
        };
        let noun = param_noun(param);
        !noun.is_empty()
            && !is_criterion(param)
            && !noun.concat().contains(&self.resource.head())
            && !noun.iter().any(|word| {
                let word = words::singular(word);
                word == self.resource.head() || self.resource.head().contains(&word)
            })
    }

    /// "Approve an expense report" at `/expense/{reportId}`: the noun is the resource's and the parameter's together.
    pub(super) fn ends_in_param(&self, noun: &[String]) -> bool {
        self.resource.own_param().is_some_and(|param| {
            let end = param_noun(param);
            !end.is_empty() && same(noun, &[self.resource.words.as_slice(), &end].concat())
        })
    }

    /// Whether the last parameter's name has a word: `/bots/{name}/{file-kind}` is about a file.
    pub(super) fn last_param_speaks_of(&self, word: Option<&String>) -> bool {
        let Some(word) = word.map(|word| words::singular(word)) else {
            return false;
        };
        word != self.resource.head()
            && self.resource.params.len() > 1
            && self.resource.params.last().is_some_and(|param| {
                words::split(param).contains(&word) || param_noun(param).contains(&word)
            })
    }

    /// Rule "scope": where another path of the document has a second parameter right behind this
    /// one (`/entity/{slug}/{id}`), `/entity/{slug}` is a kind of thing and no thing.
    pub(super) fn is_scope(&self) -> bool {
        let is_one_of_many = self.resource.is_plural()
            && self
                .resource
                .params
                .last()
                .is_some_and(|param| param == "id");
        // `/bulk/{id}/cancel`
        let is_one_of_many = is_one_of_many
            || self.level == Level::ItemAction
                && self.source.method != "GET"
                && self
                    .resource
                    .params
                    .last()
                    .is_some_and(|param| param == "id");
        !is_one_of_many
            && self.resource.params.len() == 1
            && self
                .resource
                .params
                .last()
                .is_some_and(|param| param_noun(param).is_empty())
            && self.is_container()
    }

    /// Whether another path of the document has a second parameter right behind this one: `/messages/{logId}` beside
    /// `/messages/{logId}/{id}`.
    pub(super) fn is_container(&self) -> bool {
        let scopes = &self.source.habits.scopes;
        scopes.contains(&scope_key(self.source.path))
    }

    /// `/users/me` is one user.
    pub(super) fn is_caller(&self) -> bool {
        matches!(
            self.source.path.rsplit('/').next(),
            Some("me" | "self" | "current")
        )
    }

    /// "Create a rule for a paging policy step": the summary names the item as well.
    pub(super) fn summary_names_item(&self) -> bool {
        let param = self.resource.params.last().map(|param| param_noun(param));
        let head = self.resource.head();
        words::split(self.source.text()).iter().any(|word| {
            let word = words::singular(word);
            word == head || param.as_ref().is_some_and(|param| param.contains(&word))
        })
    }

    /// `/{roleId}`
    pub(super) fn is_without_literal(&self) -> bool {
        self.source
            .path
            .split('/')
            .all(|segment| segment.is_empty() || segment.starts_with('{'))
    }

    /// Whether summary and tag agree on another noun than the path's, which neither of them has.
    pub(super) fn is_outvoted(&self, summary: &[String]) -> bool {
        let head = self.resource.head();
        let tagged: Vec<String> = self
            .source
            .tags
            .iter()
            .flat_map(|tag| words::split(tag))
            .map(|word| words::singular(&word))
            .collect();
        let told = [self.source.summary, self.source.description].map(words::split);
        // "Delete a reverse DNS record" below the tag "Reverse DNS"
        let said_of_tag = match summary {
            [front @ .., head]
                if !front.is_empty() && is_kind_of_record(&words::singular(head)) =>
            {
                front
                    .iter()
                    .all(|word| tagged.contains(&words::singular(word)))
            }
            _ => false,
        };
        (said_of_tag
            || summary
                .last()
                .is_some_and(|noun| tagged.contains(&words::singular(noun))))
            && !tagged.contains(&head)
            && !told
                .iter()
                .flatten()
                .any(|word| words::singular(word) == head)
            && !self.contains_resource(summary)
    }

    /// Whether a text or tag has the path's last word.
    pub(super) fn is_spoken_of(&self) -> bool {
        let texts = [self.source.summary, self.source.description];
        let told = Witnesses::of(&[&texts, self.source.tags.as_slice()].concat());
        told.speak_of(&self.resource.head())
    }

    /// A summary's noun without the adjectives in front that nothing else has: "a local account".
    pub(super) fn witnessed<'a>(&self, noun: &'a [String]) -> &'a [String] {
        let others = [
            words::split(self.source.path),
            words::split(self.source.operation_id),
            self.source
                .tags
                .iter()
                .flat_map(|tag| words::split(tag))
                .collect(),
        ];
        let count = noun
            .iter()
            .take(noun.len().saturating_sub(1))
            .take_while(|word| {
                is_adjective(word) && !others.iter().any(|known| known.contains(word))
            })
            .count();
        &noun[count..]
    }

    /// Rule "witnessed": of an object whose head the path has too, only the words that path, summary,
    /// description or tags speak of: `PostedPlaybackInfo` on `/items/{id}/playbackInfo`,
    /// `CompanyContactsChildEntity` on `/contacts`.
    pub(super) fn witnessed_object<'a>(&self, object: &'a [String]) -> &'a [String] {
        let head = self.resource.head();
        let Some(at) = object
            .iter()
            .rposition(|word| words::singular(word) == head)
            .filter(|_| object.len() > 1)
        else {
            return object;
        };
        let told = Witnesses::beside_operation_id(self.source);
        // `save-tracks-user`, "Save tracks for the current user": the summary's object ends there.
        let summary_ends = self.summary_agrees(&object[..=at]);
        let cut = object.get(at + 1).is_some_and(|next| {
            let is_caller = matches!(next.as_str(), "user" | "users")
                && self.source.path.split('/').any(|segment| segment == "me");
            summary_ends
                || is_caller
                || is_role_of_class(next) && !words::split(self.source.path).contains(next)
                || self.source.is_told() && !told.speak_of(next)
        });
        // Where the rest is the program's, so may be what stands in front: the path's own words do.
        if cut {
            let start = (at + 1).saturating_sub(self.resource.words.len().max(1));
            return &object[start..=at];
        }
        if at + 1 != object.len() || self.is_generic() || !self.source.is_told() {
            return object;
        }
        let start = object[..at]
            .iter()
            .take_while(|word| !told.speak_of(word))
            .count();
        &object[start..]
    }

    /// Whether the summary does the same to the same thing.
    pub(super) fn summary_agrees(&self, object: &[String]) -> bool {
        self.summary
            .is_some_and(|summary| summary.does(&self.chosen.base) && same(&summary.noun, object))
    }

    /// `/config` alone, but not `/playbackInfo`.
    fn is_generic(&self) -> bool {
        self.resource.words.len() == 1 && GENERIC.contains(&self.resource.head().as_str())
    }

    /// Verbs that go through many things, however their object is written.
    pub(super) fn is_search(&self) -> bool {
        matches!(
            self.chosen.base.as_str(),
            "list" | "search" | "find" | "query"
        )
    }

    pub(super) fn is_in_action(&self, word: Option<&String>) -> bool {
        word.is_some_and(|word| {
            self.action
                .iter()
                .any(|known| words::singular(known) == words::singular(word))
        })
    }

    /// Rule "the item stays": a DELETE that ends in a word behind an item, `/videos/{id}/blacklist`, takes that away
    /// from it, and never the item.
    pub(super) fn takes_away(&self) -> bool {
        self.source.method == "DELETE" && is_plain_removal(&self.chosen.base)
    }

    /// Whether a call below a thing leaves the thing as it is, although its object is called like that:
    /// `users_on_duty_destroy`, `CompanyToDosChild_CreateEntity`.
    pub(super) fn leaves_parent(&self, object: &[String]) -> bool {
        let names_parent = self
            .enclosing
            .last()
            .is_some_and(|above| ends_with_noun(&above.words, object));
        let is_told = self
            .summary
            .is_some_and(|summary| same(&summary.noun, object));
        let is_created = self.source.method == "POST" && self.chosen.action == Action::Create;
        let head = self.resource.head();
        let is_thing = head != "all"
            && head != self.chosen.base
            && (self.takes_away() || !is_adjective(&head) && head != "active");
        names_parent && is_thing && !is_told && (self.takes_away() || is_created)
    }

    /// Rule "called after its segment": of `PUT /things/{thing_id}` the parameter says once more what the path says,
    /// whatever a text tells.
    pub(super) fn is_called_after_segment(&self) -> bool {
        let base = self.chosen.base.as_str();
        let is_plain = is_plain_removal(base)
            || is_plain_update(base)
            || matches!(base, "unassign" | "unlink" | "detach");
        self.level == Level::Item
            && is_plain
            && matches!(self.source.method, "PUT" | "PATCH" | "DELETE")
            && (self.resource.words.len() > 1 || !GENERIC.contains(&self.resource.head().as_str()))
            && self.is_param_of_segment()
    }

    /// Whether the own parameter's name is that of the segment in front of it, as the path writes that.
    fn is_param_of_segment(&self) -> bool {
        let Some(param) = self.resource.own_param() else {
            return false;
        };
        let braced = format!("/{{{param}}}");
        let front = self.source.path.split(braced.as_str()).next();
        let segment = front.and_then(|front| front.rsplit('/').next());
        segment.is_some_and(|segment| same(&words::split(segment), &param_noun(param)))
    }

    /// Whether the resource is what is undone (`uninviteAdmin` on `/invites/{id}`), or ends as the object does.
    pub(super) fn names_verb_or_end(&self, object: &[String]) -> bool {
        let head = self.resource.head();
        let end = object.last().map(|end| words::singular(end));
        self.chosen.base.ends_with(&head)
            || end.is_some_and(|end| head.ends_with(&end) || end.starts_with(&head))
    }

    /// Whether the path has an adjective for a noun, which operationId and summary agree on.
    pub(super) fn is_adjective_of(&self, object: &[String]) -> bool {
        let head = self.resource.head();
        (is_adjective(&head) || head.len() > 6 && head.ends_with("less"))
            && object.len() > 1
            && object[0] == head
            && self
                .summary
                .is_some_and(|summary| same(&summary.noun, object))
    }

    /// Whether the object is what the path's thing stands below: `CompanyToDosChild_DeleteEntity` on
    /// `/companies/{parentId}/todos/{id}` deletes no company.
    pub(super) fn is_of_enclosing(&self, object: &[String]) -> bool {
        matches!(self.source.method, "PUT" | "PATCH" | "DELETE")
            && self
                .enclosing
                .last()
                .is_some_and(|above| ends_with_noun(&above.words, object))
    }

    /// `ConfigurationItemRelatedItemsChild_CreateEntity` on `/configurationItems/{id}/relatedItems`: what is called like
    /// its parent is what the path says instead.
    pub(super) fn other_than_parent(&self, thing: &Thing) -> Option<String> {
        let base = self.chosen.base.as_str();
        let is_plain =
            is_plain_removal(base) || is_plain_update(base) || matches!(base, "create" | "add");
        let head = self.resource.head();
        let is_told = self
            .summary
            .is_some_and(|summary| words::noun_phrase(&summary.noun) == thing.noun);
        let noun = self.resource.noun();
        let is_parents = thing.parent.as_ref().is_some_and(|parent| {
            let known = &self.source.habits.full_names;
            is_name_of(known, &parent.entity_type, &thing.noun)
        });
        (is_plain
            && is_parents
            && !is_told
            && matches!(self.level, Level::Item | Level::Collection)
            && !noun.is_empty()
            && noun != thing.noun
            && !is_adjective(&head)
            && head != "all")
            .then_some(noun)
    }

    /// `updateOrgSettings` by PUT of `/orgs/{id}/setting`: all that one thing has.
    pub(super) fn are_of_one(&self, noun: &str) -> bool {
        self.level == Level::Collection
            && matches!(self.source.method, "PUT" | "PATCH")
            && is_plain_update(&self.chosen.base)
            && !self.chosen.bulk
            && !self.resource.is_plural()
            && self
                .enclosing
                .last()
                .is_some_and(|above| !above.params.is_empty())
            && words::head(noun) == self.resource.head()
    }

    /// Verbs that bring something new below an item.
    pub(super) fn brings_new(&self) -> bool {
        matches!(
            self.chosen.base.as_str(),
            "import" | "generate" | "export" | "ingest"
        )
    }
}

/// Verbs that say no more of what is taken away than a DELETE does.
fn is_plain_removal(base: &str) -> bool {
    matches!(base, "delete" | "remove" | "del" | "rm" | "destroy")
}

/// Verbs that say no more of what is changed than a PUT does.
fn is_plain_update(base: &str) -> bool {
    matches!(
        base,
        "update" | "put" | "patch" | "edit" | "modify" | "replace" | "save"
    )
}
