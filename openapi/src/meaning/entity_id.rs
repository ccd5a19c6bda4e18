//! Rule 4: where the id of the thing acted upon is.

use daybook_event::Action;

use super::identity::{self, Search};
use super::noun::{Number, ParamRole, Thing};
use super::rule::{self, Rule};
use super::verb::Chosen;
use crate::operation::OperationSource;
use crate::path_template::PathTemplate;
use crate::secrets::is_secret_name;
use crate::value_location::ValueLocation;
use crate::words;

/// Where the id is, and which rule says so.
type Decided = (Option<ValueLocation>, &'static Rule);

/// A call, and what it acts upon.
struct IdSearch<'a> {
    source: &'a OperationSource<'a>,
    chosen: &'a Chosen,
    thing: &'a Thing,
    /// The path's last resource, where it bears another name than the thing.
    resource: Option<&'a str>,
}

pub(crate) fn choose(
    source: &OperationSource<'_>,
    chosen: &Chosen,
    thing: &Thing,
    resource: Option<&str>,
) -> Decided {
    let call = IdSearch {
        source,
        chosen,
        thing,
        resource: resource.filter(|noun| *noun != thing.noun),
    };
    let (found, rule) = call.decide();
    // The key of an application that asks for a token is not the token's.
    if is_secret_name(&thing.noun)
        && rule.name == rule::ONLY_ID.name
        && !matches!(found, Some(ValueLocation::Response(_)))
    {
        return (None, &rule::SECRET_KEY);
    }
    if found.is_some() || rule.certain {
        return (found, rule);
    }
    if thing.number == Number::Only && chosen.action != Action::Create {
        return (None, &rule::ONLY_ONE);
    }
    if chosen.action == Action::Read {
        return (None, &rule::READ_WITHOUT_ID);
    }
    (None, rule)
}

impl IdSearch<'_> {
    fn decide(&self) -> Decided {
        let (source, chosen, thing) = (self.source, self.chosen, self.thing);
        if thing.number == Number::Many {
            return (None, &rule::MANY);
        }
        let creates = chosen.action == Action::Create
            && !chosen.upsert
            && !matches!(source.method, "PUT" | "DELETE" | "GET");
        if creates || thing.param_role == ParamRole::Scope {
            return self.of_new_thing(creates);
        }
        if thing.param_role == ParamRole::Own
            && let Some(name) = &thing.param
        {
            // Where it is a secret, there is no other id.
            return if is_secret_name(name) {
                (None, &rule::SECRET_KEY)
            } else {
                (self.in_path(), &rule::OWN_PARAMETER)
            };
        }
        if let Some(found) = self.in_path() {
            return (Some(found), &rule::WHOLE_PARAMETER);
        }
        let steps: &[(Search, &'static Rule)] = match (source.method, chosen.action) {
            ("GET", _) => {
                let found = self
                    .in_query(Search::Exact)
                    .or_else(|| self.in_query(Search::Near));
                return (found, &rule::IN_BODY_OR_QUERY).or_none();
            }
            (_, Action::Read) => {
                let exact = self
                    .in_request(Search::Exact)
                    .or_else(|| self.in_query(Search::Exact));
                if exact.is_some() {
                    return (exact, &rule::IN_BODY_OR_QUERY);
                }
                return (self.in_query(Search::Only), &rule::ONLY_ID).or_none();
            }
            (_, Action::Execute) => &[
                (Search::Exact, &rule::IN_BODY_OR_QUERY),
                (Search::Near, &rule::IN_BODY_OR_QUERY),
                (Search::Only, &rule::ONLY_ID),
                (Search::Natural, &rule::ONLY_ID),
            ],
            _ => &[
                (Search::Only, &rule::IN_BODY_OR_QUERY),
                (Search::Natural, &rule::ONLY_ID),
            ],
        };
        // A call names a thing by its name only where it names it in its body: `/templates/delete`.
        let widest = if thing.by_natural_key {
            Search::Natural
        } else {
            Search::Only
        };
        steps
            .iter()
            .filter(|(search, _)| *search <= widest)
            .find_map(|(search, rule)| Some((Some(self.anywhere(*search)?), *rule)))
            .unwrap_or((None, &rule::NO_ID))
    }

    /// A new thing has its id from the service, unless the caller chose it in the path. A new secret
    /// has none: it is the enclosing thing's.
    fn of_new_thing(&self, creates: bool) -> Decided {
        if self.thing.param_role == ParamRole::Own
            && let Some(found) = self.in_path()
        {
            return (Some(found), &rule::OWN_PARAMETER);
        }
        if is_secret_name(&self.thing.noun)
            && !self.thing.noun.ends_with("authorization")
            && let Some(found) = self.in_path()
        {
            return (Some(found), &rule::WHOLE_PARAMETER);
        }
        if self.chosen.action != Action::Read
            && let Some(found) = self.in_response(Search::Natural)
        {
            return (Some(found), &rule::CREATED);
        }
        let chosen = if creates {
            self.in_request(Search::Chosen)
        } else {
            None
        };
        (chosen, &rule::CHOSEN_BY_CALLER).or_none()
    }

    fn in_path(&self) -> Option<ValueLocation> {
        // What a POST works out about an enclosing thing is not that thing.
        if self.source.method == "POST"
            && self.chosen.action == Action::Read
            && self.thing.param_role != ParamRole::Own
        {
            return None;
        }
        let name = self
            .thing
            .param
            .clone()
            .filter(|name| !is_secret_name(name))?;
        Some(ValueLocation::Path(name))
    }

    fn in_response(&self, search: Search) -> Option<ValueLocation> {
        identity::response_id(self.source, &self.thing.noun, search)
            // `generatePDF` on `/submissions` answers with a submission.
            .or_else(|| identity::response_id(self.source, self.resource?, Search::Exact))
            .and_then(|found| self.one(found))
            .map(ValueLocation::Response)
    }

    fn in_request(&self, search: Search) -> Option<ValueLocation> {
        identity::request_id(self.source, &self.thing.noun, search)
            .and_then(|found| self.one(found))
            .map(ValueLocation::Request)
    }

    fn in_query(&self, search: Search) -> Option<ValueLocation> {
        identity::query_id(self.source, &self.thing.noun, search).map(ValueLocation::Query)
    }

    fn anywhere(&self, search: Search) -> Option<ValueLocation> {
        // Beside a PUT, the only id of a query is rather that of something else.
        let widest_query = if self.source.method == "POST" {
            Search::Only
        } else {
            Search::Near
        };
        self.in_request(search)
            .or_else(|| self.in_query(search.min(widest_query)))
            .or_else(|| self.in_response(search))
    }

    fn one(&self, found: identity::BodyId) -> Option<String> {
        (!found.many && !self.is_enclosing(&found.pointer)).then_some(found.pointer)
    }

    /// An enclosing thing's id that comes back in a body is still the enclosing thing's.
    fn is_enclosing(&self, pointer: &str) -> bool {
        let enclosing = self
            .thing
            .parent
            .as_ref()
            .map(|parent| parent.entity_type.as_str());
        // The answer is the enclosing thing: `/product/id` of a product's field.
        let top = pointer.split('/').nth(1).unwrap_or_default();
        if pointer.matches('/').count() > 1
            && enclosing == Some(words::noun_phrase(&words::split(top)).as_str())
        {
            return true;
        }
        let key = words::split(pointer.rsplit('/').next().unwrap_or_default());
        key.len() > 1
            && self.thing.param_role == ParamRole::Enclosing
            && PathTemplate::parse(self.source.path)
                .param_names
                .iter()
                .any(|name| words::split(name) == key)
    }
}

trait OrNone {
    /// The rule of nothing found, where nothing was.
    fn or_none(self) -> Self;
}

impl OrNone for Decided {
    fn or_none(self) -> Self {
        match self {
            (None, _) => (None, &rule::NO_ID),
            found => found,
        }
    }
}
