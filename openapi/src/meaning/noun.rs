//! Rules 3 and 5: what is acted upon, and what it is part of.

use daybook_event::Action;

use super::Parent;
use super::identity::Search;
use super::noun_words::{GENERIC, NEEDS_PARENT, ends_with_noun, is_detail, own_words, same};
use super::path_shape::{PathShape, Resource, param_noun};
use super::phrase::Phrase;
use super::scope::scope_key;
use super::verb::{Chosen, Source};
use crate::operation::OperationSource;
use crate::secrets::is_secret_name;
use crate::value_location::ValueLocation;
use crate::words;

/// What a path parameter is to the thing acted upon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ParamRole {
    /// It stands behind what encloses the thing.
    #[default]
    Enclosing,
    /// It stands behind the noun itself.
    Own,
    /// It only says which kind of thing is meant: `/entity/{slug}:validate`.
    Scope,
}

/// How many things are acted upon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Number {
    #[default]
    One,
    Many,
    /// The only one of its kind.
    Only,
}

/// What is acted upon.
#[derive(Debug, Clone, Default)]
pub(crate) struct Thing {
    pub(crate) noun: String,
    /// The path parameter that may hold its id.
    pub(crate) param: Option<String>,
    pub(crate) param_role: ParamRole,
    /// A call names the thing by its name where it has no id: `/templates/delete`.
    pub(crate) by_natural_key: bool,
    pub(crate) number: Number,
    /// The noun is written in the plural.
    pub(crate) plural: bool,
    pub(crate) parent: Option<Parent>,
}

pub(crate) fn choose(
    source: &OperationSource<'_>,
    shape: &PathShape,
    chosen: &Chosen,
    said: Option<&Phrase>,
    path: Option<&Phrase>,
    summary: Option<&Phrase>,
) -> Thing {
    let said_noun = said
        .map(|phrase| own_words(&phrase.noun, shape))
        .filter(|noun| !noun.is_empty())
        .or_else(|| {
            path.map(|phrase| phrase.noun.clone())
                .filter(|noun| !noun.is_empty())
        });
    let summary_noun = summary
        .map(|phrase| phrase.noun.clone())
        .filter(|noun| !noun.is_empty());
    let said_noun = match (&summary_noun, chosen.source) {
        // Who gives the verb gives the object.
        (Some(noun), Source::Summary)
            if (matches!(chosen.action, Action::Execute | Action::Read)
                || matches!(chosen.base.as_str(), "generate" | "upload" | "issue"))
                && source.method == "POST"
                && shape.action.is_none()
                && said.is_none_or(|phrase| phrase.verb.is_none()) =>
        {
            Some(noun.clone())
        }
        _ => said_noun,
    };
    // "geocode" at `/geocoding`: what is geocoded stands in the summary.
    let stem = chosen.base.trim_end_matches('e');
    let repeats_verb = |word: &str| stem.len() > 4 && word.starts_with(stem);
    let said_noun = match (&said_noun, &summary_noun) {
        (None, Some(noun))
            if shape
                .resources
                .last()
                .is_some_and(|resource| repeats_verb(&resource.head()))
                && !noun.iter().any(|word| repeats_verb(word)) =>
        {
            Some(noun.clone())
        }
        _ => said_noun,
    };
    let is_session = matches!(
        chosen.base.as_str(),
        "login" | "logout" | "signin" | "signout"
    );
    let is_about_session = said_noun.as_ref().is_none_or(|noun| {
        matches!(
            noun.as_slice(),
            [only] if matches!(only.as_str(), "auth" | "session" | "user" | "account" | "oauth" | "authentication")
        )
    });
    if is_session && is_about_session {
        return Thing {
            noun: "session".to_owned(),
            ..Thing::default()
        };
    }
    // Whoever registers has no other thing in hand.
    if said_noun.is_none()
        && summary_noun.is_none()
        && shape.resources.is_empty()
        && matches!(
            chosen.base.as_str(),
            "register" | "signup" | "enroll" | "enrol"
        )
    {
        return Thing {
            noun: "user".to_owned(),
            ..Thing::default()
        };
    }
    let Some((resource, enclosing)) = shape.resources.split_last() else {
        return without_path(source, chosen, said_noun.or(summary_noun));
    };
    let acts_on_item = shape.action.is_some() && !resource.params.is_empty();
    let is_item = !resource.params.is_empty();
    let level = if acts_on_item {
        Level::ItemAction
    } else if is_item {
        Level::Item
    } else if shape.action.is_some() {
        Level::CollectionAction
    } else {
        Level::Collection
    };
    let facing = Facing {
        source,
        resource,
        enclosing,
        chosen,
        level,
        action: shape.action.as_deref().unwrap_or_default(),
    };
    let mut thing = match said_noun {
        Some(noun) => facing.with_object(&noun),
        None => facing.alone(summary_noun.as_deref()),
    };
    if thing.noun.is_empty() {
        "record".clone_into(&mut thing.noun);
    }
    thing
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// `/orders/{id}/cancel`
    ItemAction,
    /// `/orders/{id}`
    Item,
    /// `/orders:search`
    CollectionAction,
    /// `/orders`
    Collection,
}

/// The path's last resource against the verb's object.
struct Facing<'a> {
    source: &'a OperationSource<'a>,
    resource: &'a Resource,
    enclosing: &'a [Resource],
    chosen: &'a Chosen,
    level: Level,
    /// The words of the path's verb phrase.
    action: &'a [String],
}

impl Facing<'_> {
    /// The path alone says what is acted upon.
    fn alone(&self, summary: Option<&[String]>) -> Thing {
        // "Cancels the build" at `/project/{username}/{project}/{build_num}/cancel`
        if let Some(noun) = summary
            && self.last_param_speaks_of(noun.last())
        {
            return self.thing(words::noun_phrase(noun), false);
        }
        // A summary that ends with the path's own noun only makes it more exact.
        if let Some(noun) = summary
            && self.names_resource(noun)
            && noun.len() <= 3
        {
            let plural = noun.last().is_some_and(|head| words::is_plural(head));
            return self.thing(self.exact(noun), plural);
        }
        // `/messages/reschedule` with one id in its body is about one message.
        if self.level == Level::CollectionAction
            && self.chosen.action != Action::Read
            && super::identity::request_id(self.source, &self.resource.noun(), Search::Natural)
                .is_some_and(|found| !found.many)
        {
            return self.thing(self.resource_noun(), false);
        }
        if let (Level::Collection, Some(parent)) = (self.level, self.enclosing.last())
            && summary.is_some_and(|noun| same(noun, &parent.words))
            && summary.is_some_and(|noun| {
                !noun
                    .iter()
                    .any(|word| words::singular(word) == self.resource.head())
            })
            && matches!(self.chosen.action, Action::Execute)
        {
            return self.on_parent(parent);
        }
        self.thing(self.resource_noun(), self.resource.is_plural())
    }

    fn with_object(&self, object: &[String]) -> Thing {
        // `delete_instance` says no more than the path.
        if let [only] = object
            && matches!(
                words::singular(only).as_str(),
                "instance" | "resource" | "object" | "entity" | "element"
            )
            && !self.contains_resource(object)
            && matches!(self.level, Level::Item | Level::Collection)
        {
            return self.thing(self.resource_noun(), self.resource.is_plural());
        }
        let plural = object.last().is_some_and(|head| words::is_plural(head));
        let resource_plural = self.resource.is_plural();
        let contains = self.contains_resource(object);
        let is_qualifier = same(object, &self.resource.qualifier);
        match self.level {
            // `createIncomingWebhook` on `/webhooks/incoming/create/{conversationId}`
            _ if object.len() > 1
                && !self.resource.qualifier.is_empty()
                && ends_with_noun(object, &self.resource.qualifier)
                && !is_qualifier
                && contains =>
            {
                self.thing(words::noun_phrase(object), plural)
            }
            // `getDisruptionsByRoute` on `/disruptions/route/{route_id}`
            Level::Item if is_qualifier && plural && self.source.method == "GET" => {
                let mut thing = self.thing(words::noun_phrase(object), plural);
                thing.number = Number::Many;
                thing.parent = self.item_as_parent();
                thing
            }
            // `getOrgProjects` on `/projects/{owner}` lists.
            Level::Item if plural && self.answers_list() && self.names_resource(object) => {
                let mut thing = self.thing(self.exact(object), plural);
                thing.number = Number::Many;
                thing
            }
            _ if self.names_resource(object)
                && !(self.level == Level::Item
                    && self.source.method == "POST"
                    && self.chosen.action == Action::Create
                    && self.param_names_another()) =>
            {
                self.thing(self.exact(object), plural)
            }
            Level::ItemAction
                if contains
                    && self.chosen.action == Action::Create
                    && self.is_in_action(object.last()) =>
            {
                self.child_of_item(object, plural)
            }
            // `/redis/{name}/regenerateKey`: the path itself says which part of the item.
            Level::ItemAction if contains && self.is_in_action(object.last()) => {
                self.part_of_item(object, false)
            }
            Level::ItemAction if contains => self.thing(self.resource_noun(), false),
            Level::ItemAction if is_qualifier => self.thing(self.resource_noun(), false),
            Level::ItemAction if self.param_names(object) => {
                self.thing(words::noun_phrase(object), false)
            }
            Level::ItemAction if self.chosen.action == Action::Create || self.brings_new() => {
                self.child_of_item(object, plural)
            }
            Level::ItemAction
                if matches!(
                    self.chosen.base.as_str(),
                    "test" | "check" | "verify" | "validate"
                ) =>
            {
                self.thing(self.resource_noun(), false)
            }
            Level::ItemAction => self.part_of_item(object, plural),
            // `createProject` on `/projects/{owner}`: the owner is no project.
            Level::Item
                if self.source.method == "POST"
                    && self.chosen.action == Action::Create
                    && self.names_resource(object)
                    && self.param_names_another() =>
            {
                let mut thing = self.thing(self.exact(object), plural);
                thing.param_role = ParamRole::Enclosing;
                thing.param = None;
                thing
            }
            Level::Item if self.last_param_speaks_of(object.last()) => {
                self.thing(words::noun_phrase(object), false)
            }
            Level::Item if contains || is_qualifier => self.thing(self.resource_noun(), false),
            Level::Item if plural && self.source.method != "GET" => {
                self.thing(self.resource_noun(), false)
            }
            Level::Item if self.source.method == "POST" && self.chosen.action == Action::Create => {
                self.child_of_item(object, plural)
            }
            Level::Item if plural => self.part_of_item(object, plural),
            Level::Item => self.thing(words::noun_phrase(object), false),
            Level::Collection | Level::CollectionAction => {
                if let Some(parent) = self.enclosing.last()
                    && ends_with_noun(object, &parent.words)
                {
                    if same(object, &parent.words) {
                        if self.chosen.action != Action::Create
                            && self.chosen.action != Action::Read
                        {
                            return self.on_parent(parent);
                        }
                    } else if contains {
                        return self.thing(self.resource_noun(), self.is_plural_in(object));
                    }
                }
                if is_qualifier && resource_plural && self.level == Level::Collection {
                    // A job that is made for many things is one job.
                    let makes_one = self.source.method == "POST";
                    let mut thing = self.thing(self.resource_noun(), resource_plural);
                    if makes_one {
                        thing.number = Number::One;
                    }
                    thing.param = thing.param.filter(|_| !makes_one);
                    return thing;
                }
                if contains && self.level == Level::Collection && is_detail(object) {
                    return self.thing(self.resource_noun(), resource_plural);
                }
                self.thing(self.qualified(object), plural)
            }
        }
    }

    /// Whether the object's head is the resource's: `flow template` on `/templates`.
    fn names_resource(&self, object: &[String]) -> bool {
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
    fn is_short_for_resource(&self, object: &[String]) -> bool {
        // `deleteDataRetention` on `/data_retention_settings`
        if object.len() > 1 && object.len() < self.resource.words.len() {
            return self.resource.words.starts_with(object);
        }
        let [short] = object else { return false };
        let short = words::singular(short);
        let head = self.resource.head();
        short.len() > 2 && short.len() < head.len() && head.starts_with(&short)
    }

    fn contains_resource(&self, object: &[String]) -> bool {
        let head = self.resource.head();
        object.iter().any(|word| words::singular(word) == head)
    }

    fn is_plural_in(&self, object: &[String]) -> bool {
        let head = self.resource.head();
        object
            .iter()
            .any(|word| *word != head && words::singular(word) == head)
    }

    /// Whether a GET's answer is a list.
    fn answers_list(&self) -> bool {
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

    /// Whether the last parameter's own name says what the object says.
    fn param_names(&self, object: &[String]) -> bool {
        self.resource.own_param().is_some_and(|param| {
            let noun = param_noun(param);
            !noun.is_empty() && same(&noun, object)
        })
    }

    /// Whether the only parameter names another thing than its resource.
    fn param_names_another(&self) -> bool {
        let [param] = self.resource.params.as_slice() else {
            return false;
        };
        let noun = param_noun(param);
        !noun.is_empty()
            && !super::path_shape::is_criterion(param)
            && !noun.concat().contains(&self.resource.head())
            && !noun.iter().any(|word| {
                let word = words::singular(word);
                word == self.resource.head() || self.resource.head().contains(&word)
            })
    }

    /// Whether the last parameter's name has a word: `/bots/{name}/{file-kind}` is about a file.
    fn last_param_speaks_of(&self, word: Option<&String>) -> bool {
        let Some(word) = word.map(|word| words::singular(word)) else {
            return false;
        };
        word != self.resource.head()
            && self.resource.params.len() > 1
            && self
                .resource
                .params
                .last()
                .is_some_and(|param| words::split(param).contains(&word))
    }

    /// The object's words where they say more than the path's, the path's otherwise.
    fn exact(&self, object: &[String]) -> String {
        let object = words::noun_phrase(object);
        let resource = self.resource.noun();
        if resource.split(' ').count() > object.split(' ').count()
            || resource.len() > object.len() && resource.starts_with(&object)
        {
            return self.qualify(&resource);
        }
        self.qualify(&object)
    }

    fn resource_noun(&self) -> String {
        // `/executions/{execution_id}/{action_id}`: the second parameter has a noun of its own.
        if let [first, .., last] = self.resource.params.as_slice() {
            let (first, last) = (param_noun(first), param_noun(last));
            let first_is_resource = first
                .last()
                .is_some_and(|noun| words::singular(noun) == self.resource.head());
            if first_is_resource && !last.is_empty() {
                return words::noun_phrase(&last);
            }
        }
        self.qualify(&self.resource.noun())
    }

    fn qualified(&self, object: &[String]) -> String {
        self.qualify(&words::noun_phrase(object))
    }

    /// Rule "generic noun": it takes the word in front of it, or else the enclosing thing's.
    fn qualify(&self, noun: &str) -> String {
        if noun.contains(' ') || !GENERIC.contains(&noun) {
            return noun.to_owned();
        }
        let qualifier = words::noun_phrase(&self.resource.qualifier);
        if qualifier.split(' ').next_back() == Some(noun) {
            return qualifier;
        }
        if !qualifier.is_empty() && self.resource.head() == noun {
            return format!("{qualifier} {noun}");
        }
        let enclosing = if self.resource.head() == noun {
            self.enclosing.last()
        } else {
            Some(self.resource)
        };
        match enclosing.map(Resource::noun) {
            Some(parent)
                if !parent.is_empty() && parent != noun && NEEDS_PARENT.contains(&noun) =>
            {
                format!("{parent} {noun}")
            }
            _ => noun.to_owned(),
        }
    }

    fn thing(&self, noun: String, plural: bool) -> Thing {
        let head = noun.rsplit(' ').next().map(str::to_owned);
        let own = if self.last_param_speaks_of(head.as_ref()) {
            self.resource.params.last().cloned()
        } else {
            self.resource.own_param().cloned()
        };
        let of_parent = || {
            self.enclosing
                .last()
                .and_then(|parent| parent.own_param().cloned())
        };
        let creates = self.chosen.action == Action::Create;
        let request_is_many = self
            .source
            .request
            .is_some_and(|schema| self.source.schemas.items(schema).is_some());
        let many = match self.level {
            Level::Item | Level::ItemAction => false,
            _ if self.is_search() => true,
            // A POST that does something to a collection, as its summary says, does it once.
            Level::Collection
                if self.chosen.source == Source::Summary
                    && self.chosen.action == Action::Execute
                    && self.source.method == "POST" =>
            {
                self.chosen.bulk || request_is_many
            }
            _ if self.chosen.bulk || request_is_many => plural || self.chosen.bulk && !creates,
            _ if creates => plural && request_is_many,
            _ => plural,
        };
        let singular_part = own.is_none()
            && !plural
            && !(self.resource.is_plural() && self.source.method == "POST");
        Thing {
            param: own.clone().or_else(|| {
                if singular_part || plural && !creates {
                    of_parent()
                } else {
                    None
                }
            }),
            param_role: match &own {
                Some(_) if self.is_scope() => ParamRole::Scope,
                Some(_) => ParamRole::Own,
                None => ParamRole::Enclosing,
            },
            by_natural_key: self.level == Level::CollectionAction,
            plural,
            number: if self.is_caller() {
                Number::Only
            } else if many {
                Number::Many
            } else if self.level == Level::Collection && !creates {
                Number::Only
            } else {
                Number::One
            },
            parent: self.parent(&noun),
            noun,
        }
    }

    /// Rule "scope": where another path of the document has a second parameter right behind this
    /// one (`/entity/{slug}/{id}`), `/entity/{slug}` is a kind of thing and no thing.
    fn is_scope(&self) -> bool {
        self.resource.params.len() == 1
            && self
                .resource
                .params
                .last()
                .is_some_and(|param| param_noun(param).is_empty())
            && self.source.scopes.contains(&scope_key(self.source.path))
    }

    /// `/users/me` is one user.
    fn is_caller(&self) -> bool {
        matches!(
            self.source.path.rsplit('/').next(),
            Some("me" | "self" | "current")
        )
    }

    /// Verbs that go through many things, however their object is written.
    fn is_search(&self) -> bool {
        matches!(
            self.chosen.base.as_str(),
            "list" | "search" | "find" | "query"
        )
    }

    fn is_in_action(&self, word: Option<&String>) -> bool {
        word.is_some_and(|word| {
            self.action
                .iter()
                .any(|known| words::singular(known) == words::singular(word))
        })
    }

    /// Verbs that bring something new below an item.
    fn brings_new(&self) -> bool {
        matches!(
            self.chosen.base.as_str(),
            "import" | "generate" | "export" | "ingest"
        )
    }

    fn on_parent(&self, parent: &Resource) -> Thing {
        let index = self.enclosing.len().saturating_sub(1);
        let above = Facing {
            resource: parent,
            enclosing: &self.enclosing[..index],
            level: Level::ItemAction,
            ..*self
        };
        above.thing(above.resource_noun(), false)
    }

    /// What a POST on an item creates below it.
    fn child_of_item(&self, object: &[String], plural: bool) -> Thing {
        let mut thing = self.thing(self.qualified(object), plural);
        if thing.param_role != ParamRole::Own
            || !(self.param_names(object) || self.resource.words.is_empty())
        {
            thing.param_role = ParamRole::Enclosing;
            thing.parent = self.item_as_parent();
            thing.param = None;
        }
        thing
    }

    /// What is read of an item: the login parameters of a user.
    fn part_of_item(&self, object: &[String], plural: bool) -> Thing {
        let mut thing = self.thing(self.qualified(object), plural);
        // What a POST works out below an item is not the item.
        if self.source.method == "POST" && self.chosen.action == Action::Read {
            thing.param_role = ParamRole::Enclosing;
        }
        let head = object.last().map(|head| words::singular(head));
        let is_list = plural
            && self.source.method == "GET"
            && !head.is_some_and(|head| GENERIC.contains(&head.as_str()));
        thing.number = if self.is_search() || is_list {
            Number::Many
        } else {
            Number::One
        };
        thing.parent = self.item_as_parent();
        thing
    }

    fn item_as_parent(&self) -> Option<Parent> {
        let noun = self.resource_noun();
        let id = self
            .resource
            .params
            .last()
            .filter(|name| !is_secret_name(name))
            .cloned()
            .map(ValueLocation::Path);
        (!noun.is_empty()).then_some(Parent {
            entity_type: noun,
            id,
        })
    }

    /// Rule 5: the resource whose parameter stands in front.
    fn parent(&self, noun: &str) -> Option<Parent> {
        let location =
            |name: &String| (!is_secret_name(name)).then(|| ValueLocation::Path(name.clone()));
        if let Some(before) = self.resource.param_before_own() {
            let own = param_noun(before);
            let head = own.last().map(|word| words::singular(word));
            let entity_type = if head.as_deref() == Some(self.resource.head().as_str())
                && noun != self.resource.noun()
            {
                self.resource.noun()
            } else {
                words::noun_phrase(&own)
            };
            if entity_type.is_empty() || entity_type == noun {
                return None;
            }
            return Some(Parent {
                entity_type,
                id: location(before),
            });
        }
        let parent = self.enclosing.last()?;
        let param = parent.params.last()?;
        let named = param_noun(param);
        let mut entity_type = parent.noun();
        if parent.params.len() > 1 && !named.is_empty() {
            entity_type = words::noun_phrase(&named);
        } else if GENERIC.contains(&entity_type.as_str()) && !parent.qualifier.is_empty() {
            entity_type = format!("{} {entity_type}", words::noun_phrase(&parent.qualifier));
        }
        (!entity_type.is_empty()).then(|| Parent {
            entity_type,
            id: location(param),
        })
    }
}

/// No resource in the path: `/query`, `/{uuid}`, one path for all operations.
fn without_path(source: &OperationSource<'_>, chosen: &Chosen, noun: Option<Vec<String>>) -> Thing {
    let from_tag = || {
        let tag = source.tags.first()?;
        let mut found = words::split(tag);
        if found == [chosen.base.clone()] {
            return None;
        }
        while found.len() > 1
            && found.last().is_some_and(|word| {
                matches!(
                    word.as_str(),
                    "operations" | "api" | "service" | "endpoints" | "management"
                )
            })
        {
            found.pop();
        }
        Some(found)
    };

    let noun = noun
        .or_else(from_tag)
        .unwrap_or_else(|| vec!["record".to_owned()]);
    let plural = noun.last().is_some_and(|head| words::is_plural(head));
    let creates = chosen.action == Action::Create;
    Thing {
        noun: words::noun_phrase(&noun),
        number: if plural && !creates {
            Number::Many
        } else {
            Number::One
        },
        ..Thing::default()
    }
}
