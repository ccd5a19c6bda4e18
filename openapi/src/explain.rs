//! What is known of an operation, as one JSON line for people and for measuring.

use daybook_event::{Action, Outcome};
use serde::Serialize;

use crate::activity_template::ActivityTemplate;
use crate::operation::Operation;
use crate::sentence::{SentenceFacts, sentence};
use crate::value_location::{SampleValues, ValueLocation};

/// The actor of an explanation's sentence.
pub(crate) const SAMPLE_ACTOR: &str = "jane@example.com";

/// One operation, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The document's file name.
    pub spec: String,
    /// Upper case.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The operation's own id, or empty.
    pub operation_id: String,
    /// What kind of change it makes.
    pub action: Action,
    /// The noun of the thing acted upon.
    pub entity_type: String,
    /// Where its id is.
    pub entity_id: Option<ValueLocation>,
    /// The noun of what it is part of.
    pub parent_type: Option<String>,
    /// Where the parent's id is.
    pub parent_id: Option<ValueLocation>,
    /// The sentence about a call by jane@example.com; a value that only a real call has stands as
    /// its name in braces.
    pub message: String,
    /// The names of the rules that decided the action, the entity and its id.
    pub decided_by: [&'static str; 3],
}

/// Explains an operation.
pub fn explain(operation: &Operation) -> Explanation {
    let meaning = &operation.meaning;
    let sample = |location: &Option<ValueLocation>| {
        location
            .as_ref()
            .map(|location| format!("{{{}}}", location.name()))
    };
    let entity_ids: Vec<String> = sample(&meaning.entity_id).into_iter().collect();
    let parent_location = meaning.parent.as_ref().and_then(|parent| parent.id.clone());
    let parent_id = sample(&parent_location).unwrap_or_default();
    let template = meaning.activity.as_ref();
    let samples = SampleValues::of(template.into_iter().flat_map(ActivityTemplate::locations));
    let message = sentence(&SentenceFacts {
        actor: SAMPLE_ACTOR,
        meaning: Some(meaning),
        method: &operation.method,
        path: &operation.path,
        entity_ids: &entity_ids,
        entity_name: "",
        parent_id: &parent_id,
        parent_name: "",
        outcome: Outcome::Success,
        values: samples.values(),
    })
    .text;
    Explanation {
        spec: operation.file_name.clone(),
        method: operation.method.clone(),
        path: operation.path.clone(),
        operation_id: operation.operation_id.clone(),
        action: meaning.action,
        entity_type: meaning.entity_type.clone(),
        entity_id: meaning.entity_id.clone(),
        parent_type: meaning
            .parent
            .as_ref()
            .map(|parent| parent.entity_type.clone()),
        parent_id: parent_location,
        message,
        decided_by: [
            meaning.decisions.action.name,
            meaning.decisions.entity.name,
            meaning.decisions.id.name,
        ],
    }
}
