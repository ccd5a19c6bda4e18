//! What only a writer of payloads can try: another form, and payloads whose checksum is right.

use daybook_event::Action;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::activity_template::ActivityTemplate;
use crate::document::Document;
use crate::meaning::{Decisions, Meaning, Parent};
use crate::operation::Operation;
use crate::secrets::OperationSecrets;
use crate::server::Servers;
use crate::value_location::{OwnLists, ValueLocation};
use crate::verbs::Verb;

/// The version of the format, and the beginning of the checksum of [`sample`] in it.
const FORMAT: (u16, u64) = (4, 0x5d60_3e66_6206_53bc);

/// Each field with a value of its own, each variant once.
fn sample() -> EntryParts {
    let rule = Rule::named("annotated").unwrap();
    let servers = json!([{ "url": "https://{region}.example.com/v1" }]);
    let operation = Operation {
        service: "left out".to_owned(),
        file_name: "left out".to_owned(),
        method: "POST".to_owned(),
        is_any_method: true,
        path: "/a/{id}".to_owned(),
        operation_id: "postA".to_owned(),
        ignore: true,
        capture: false,
        org: Some(ValueLocation::Path("org".to_owned())),
        meaning: Meaning {
            action: Action::Execute,
            verb: Verb {
                past: "marked".to_owned(),
                base: "mark".to_owned(),
                complement: "as read".to_owned(),
            },
            entity_type: "a".to_owned(),
            entity_plural: "as".to_owned(),
            entity_id: Some(ValueLocation::Query("id".to_owned())),
            entity_ids: Some(ValueLocation::Request("/ids".to_owned())),
            entity_name: vec![ValueLocation::Response("/name".to_owned())],
            parent: Some(Parent {
                entity_type: "b".to_owned(),
                id: None,
            }),
            bulk: true,
            plural: false,
            singleton: true,
            own_lists: OwnLists {
                request: true,
                response: false,
            },
            decisions: Decisions {
                action: rule,
                entity: rule,
                id: rule,
            },
            activity: Some(
                ActivityTemplate::parse("{actor} {verb} {entity} of {parent} {body.x}").unwrap(),
            ),
        },
        secrets: OperationSecrets {
            redact: vec![ValueLocation::Request("/r".to_owned())],
            keep: vec![ValueLocation::Request("/k".to_owned())],
            doubtful: vec![ValueLocation::Request("/d".to_owned())],
        },
    };
    let service = crate::request::Service {
        name: "s".to_owned(),
        file_name: "s.json".to_owned(),
        spec_version: "0123456789abcdef".to_owned(),
        title: "S".to_owned(),
    };
    let (servers, _) = Servers::read(Some(&servers));
    (service, vec![(servers, vec![0])], vec![operation])
}

#[test]
fn the_form_of_the_payload_changes_with_the_version_of_the_format_only() {
    let payload = postcard::to_allocvec(&sample()).unwrap();
    let digest = checksum(b"", &payload)
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    assert_eq!(
        (FORMAT_VERSION, digest),
        FORMAT,
        "a field or a variant changed: raise FORMAT_VERSION, and write both here"
    );
    let back: EntryParts = postcard::from_bytes(&payload).unwrap();
    assert_eq!(postcard::to_allocvec(&back).unwrap(), payload);
}

#[test]
fn an_index_of_other_rules_is_refused() {
    for rules in [vec![], vec!["annotated"], vec!["annotated"; 1_000]] {
        let payload = postcard::to_allocvec(&(rules, Vec::<EntryParts>::new())).unwrap();
        let refused = Index::load(&seal(&payload).unwrap()).map(|_| ());
        assert_eq!(refused, Err(CompiledError::OtherRules));
    }
}

#[test]
fn lengths_that_are_not_there_are_refused() {
    let rules: Vec<&str> = rule_names().collect();
    let mut payload = postcard::to_allocvec(&rules).unwrap();
    // Two to the power of 63 documents, of which there is none.
    payload.extend_from_slice(&[0xff; 9]);
    payload.push(1);
    let refused = Index::load(&seal(&payload).unwrap()).map(|_| ());
    assert_eq!(refused, Err(CompiledError::Damaged));
    let mut payload = postcard::to_allocvec(&(rules, vec![sample()])).unwrap();
    assert!(Index::load(&seal(&payload).unwrap()).is_ok());
    payload.push(0);
    let refused = Index::load(&seal(&payload).unwrap()).map(|_| ());
    assert_eq!(refused, Err(CompiledError::Damaged));
}

#[test]
fn a_payload_that_no_documents_give_is_refused() {
    let rules: Vec<&str> = rule_names().collect();
    let load = |parts: EntryParts| {
        let payload = postcard::to_allocvec(&(&rules, vec![parts])).unwrap();
        Index::load(&seal(&payload).unwrap()).map(|_| ())
    };
    assert_eq!(load(sample()), Ok(()));
    // One operation a million times, one that is not there, names and paths to be copied.
    let (mut often, mut missing, mut named, mut long) = (sample(), sample(), sample(), sample());
    often.1[0].1 = vec![0; 1_000_000];
    missing.1[0].1 = vec![1];
    named.0.name = "n".repeat(2_000);
    long.2[0].path = "/a".repeat(20_000);
    for parts in [often, missing, named, long] {
        assert_eq!(load(parts), Err(CompiledError::Damaged));
    }
}

fn payload() -> Vec<u8> {
    let document = json!({
        "openapi": "3.0.0",
        "servers": [{ "url": "https://{tenant}.example.com/v1" }],
        "x-audit": { "org": "path.id" },
        "paths": {
            "/orders/{id}:cancel": { "post": { "operationId": "cancelOrder" } },
            "/orders/{id}/lines/{proxy+}": { "delete": {}, "put": { "x-audit": {
                "activity": "{actor} changed {body.lines[].name}", "redact": ["body.token"] } } }
        }
    });
    let bytes = document.to_string().into_bytes();
    let (index, problems) = Index::build(vec![Document {
        file_name: "orders.json".to_owned(),
        bytes,
    }]);
    assert_eq!(problems, []);
    open(&index.compile().unwrap()).unwrap().to_vec()
}

proptest! {
    #[test]
    fn a_changed_payload_of_right_checksum_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in any::<prop::sample::Index>(),
    ) {
        let mut payload = payload();
        for (position, byte) in changes {
            let position = position.index(payload.len());
            payload[position] = byte;
        }
        payload.truncate(end.index(2 * payload.len()).max(1));
        if let Ok(index) = Index::load(&seal(&payload).unwrap()) {
            // What was loaded can be used.
            for operation in index.operations() {
                let explained = crate::explain(operation);
                prop_assert!(explained.message.chars().count() <= 300);
                index.find(&crate::RequestLine {
                    method: &operation.method,
                    path: &operation.path,
                    ..crate::RequestLine::default()
                });
            }
        }
    }
}
