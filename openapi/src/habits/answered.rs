//! What a thing is answered with where it is read.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use super::{PATH_BYTES_MAX, collection_key};
use crate::operation_source::answered_schema;
use crate::schema::Schemas;

/// The most properties of an answer that wraps a thing.
const PROPERTIES_MAX: usize = 30;

/// By the path of each single thing, without the names of its parameters, the reference to the schema that reading it
/// answers with: `#/components/schemas/Album` of `GET /albums/{id}`.
pub(crate) fn item_schemas<'a>(
    schemas: Schemas<'a>,
    operations: impl Iterator<Item = (Cow<'a, str>, &'a str, &'a Value)>,
) -> HashMap<String, &'a str> {
    operations
        .filter(|(path, method, _)| {
            let path = path.trim_end_matches('/');
            *method == "get" && path.ends_with('}') && path.len() <= PATH_BYTES_MAX
        })
        .filter_map(|(path, _, operation)| {
            let schema = answered_schema(schemas, operation)?;
            Some((collection_key(&path), item_reference(schema)?))
        })
        .collect()
}

/// The reference that a schema is, or the only one that it wraps: `{ data: Album }`.
fn item_reference(schema: &Value) -> Option<&str> {
    if let Some(reference) = reference(schema) {
        return Some(reference);
    }
    let properties = schema.get("properties")?.as_object()?;
    if properties.len() > PROPERTIES_MAX {
        return None;
    }
    let mut wrapped = properties.values().filter_map(reference);
    let only = wrapped.next()?;
    wrapped.next().is_none().then_some(only)
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_is_wrapped_where_an_answer_has_few_properties_and_one_refers() {
        let wrapped = json!({"properties": {"data": {"$ref": "#/x"}, "took": {"type": "integer"}}});
        assert_eq!(item_reference(&wrapped), Some("#/x"));
        let two = json!({"properties": {"data": {"$ref": "#/x"}, "owner": {"$ref": "#/y"}}});
        assert_eq!(item_reference(&two), None);
        let mut many = wrapped;
        for number in 0..PROPERTIES_MAX {
            many["properties"][format!("p{number}")] = json!({});
        }
        assert_eq!(item_reference(&many), None);
    }
}
