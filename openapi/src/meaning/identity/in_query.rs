//! The id of a thing among the parameters of a query.

use super::foreign::{is_strong_key, unglued_id};
use super::natural_keys::is_told;
use super::{Search, Wanted, only_id, own_id};
use crate::meaning::noun_words::SAYS_HOW;
use crate::meaning::witness::Witnesses;
use crate::operation_source::OperationSource;
use crate::secrets::is_secret_name;
use crate::words;

/// Finds the id of `noun` among the query parameters.
pub(crate) fn query_id(source: &OperationSource<'_>, noun: &str, search: Search) -> Option<String> {
    let found = own_id(&source.query, noun, source.schemas, search).or_else(|| {
        (search >= Search::Only)
            .then(|| {
                let told = Witnesses::all(source);
                let is_bound = search == Search::Only && source.is_told();
                let wanted = Wanted {
                    noun,
                    search,
                    told: None,
                    is_sent: false,
                };
                only_id(&source.query, wanted, source.schemas)
                    .filter(|name| !is_bound || is_told_of(name, &told))
            })
            .flatten()
    });
    found.map(str::to_owned)
}

/// Whether no call goes without the id of `noun` in its query.
pub(crate) fn must_have_query_id(source: &OperationSource<'_>, noun: &str) -> bool {
    own_id(&source.query, noun, source.schemas, Search::Exact)
        .is_some_and(|name| source.requires_query(name))
}

/// The one query parameter that no call goes without, where it is no secret and says not only how.
pub(crate) fn only_required_query<'a>(source: &OperationSource<'a>, noun: &str) -> Option<&'a str> {
    let mut found = source.query.iter().filter(|property| {
        let name = words::split(property.name);
        source.requires_query(property.name)
            && source.schemas.is_scalar(property.schema)
            && !is_secret_name(property.name)
            && !is_id_of_another(&name, noun)
            && !name.last().is_some_and(|last| {
                let says_how = words::is_plural(last) || SAYS_HOW.contains(&last.as_str());
                // `type` of a custom type
                says_how && words::head(noun) != last.as_str()
            })
    });
    let only = found.next()?;
    found.next().is_none().then_some(only.name)
}

/// `PUT /services/{id}/operation?operationName=x`: a part that no call names otherwise.
pub(crate) fn required_name_in_query<'a>(
    source: &OperationSource<'a>,
    noun: &str,
) -> Option<&'a str> {
    let is_name_of = |name: &[String]| {
        name.split_last().is_some_and(|(last, front)| {
            matches!(last.as_str(), "name" | "number" | "slug")
                && matches!(front, [of] if of == words::head(noun))
        })
    };
    source
        .query
        .iter()
        .filter(|property| source.requires_query(property.name))
        .find(|property| is_name_of(&words::split(property.name)) && !is_secret_name(property.name))
        .map(|property| property.name)
}

/// `GET /domain?domain=x`: what a call looks up, and cannot be called without, is called as the thing itself.
pub(crate) fn required_own_in_query<'a>(
    source: &OperationSource<'a>,
    noun: &str,
) -> Option<&'a str> {
    let (whole, head) = (words::split(noun), words::head(noun));
    if is_told(head) {
        return None;
    }
    let found = source.query.iter().find(|property| {
        let name = words::split(property.name);
        (name == whole || name == [head])
            && source.schemas.is_type(property.schema, "string")
            && !is_secret_name(property.name)
            && source.requires_query(property.name)
    })?;
    Some(found.name)
}

/// `mailbox_id` where drafts are deleted
fn is_id_of_another(name: &[String], noun: &str) -> bool {
    name.split_last().is_some_and(|(last, front)| {
        is_strong_key(last)
            && !front.is_empty()
            && !front
                .iter()
                .any(|word| noun.split(' ').any(|known| known == words::singular(word)))
    })
}

fn is_told_of(name: &str, told: &Witnesses) -> bool {
    let words = unglued_id(words::split(name), "");
    words
        .iter()
        .rev()
        .nth(1)
        .is_some_and(|of| told.speak_of(of))
}
