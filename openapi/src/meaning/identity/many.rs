//! The ids of many things, which a caller lists.

use crate::json_pointer::escape;
use crate::operation_source::OperationSource;
use crate::schema::Property;
use crate::value_location::ValueLocation;
use crate::words;

/// Where the ids of many things are in a request body: `ids`, `eventIds` of events, or the body itself; or else in
/// the query.
///
/// A plain list of texts or numbers only: what a list of objects is about, its document says nowhere.
pub(crate) fn ids_of_many(source: &OperationSource<'_>, noun: &str) -> Option<ValueLocation> {
    let schemas = source.schemas;
    if source
        .request
        .is_some_and(|request| schemas.lists_scalars(request))
    {
        return Some(ValueLocation::Request("/*".to_owned()));
    }
    let noun = words::split(noun);
    let are_ids = |property: &Property<'_>| {
        let name = words::split(property.name);
        name.split_last().is_some_and(|(last, of)| {
            last == "ids"
                && of.iter().all(|word| noun.contains(word))
                && schemas.lists_scalars(property.schema)
        })
    };
    if let Some(found) = source.request_properties().into_iter().find(are_ids) {
        let pointer = format!("/{}/*", escape(found.name));
        return Some(ValueLocation::Request(pointer));
    }
    let found = source.query.iter().find(|property| are_ids(property))?;
    Some(ValueLocation::Query(found.name.to_owned()))
}

/// Whether it is a query parameter that lists values.
pub(crate) fn is_list_in_query(source: &OperationSource<'_>, location: &ValueLocation) -> bool {
    let ValueLocation::Query(name) = location else {
        return false;
    };
    let mut query = source.query.iter();
    query.any(|param| param.name == name && source.schemas.items(param.schema).is_some())
}
