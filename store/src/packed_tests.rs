//! What is packed comes out as it went in, whatever was unpacked before it.

use proptest::prelude::*;

use super::*;
use crate::erasure::TRACE_BYTES_MIN;

fn event(resource: &str, path: &str, params: &[(&str, &str)]) -> AuditEvent {
    let mut event = AuditEvent::default();
    event.http.resource = resource.to_owned();
    event.http.path = path.to_owned();
    event.http.path_params = params
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    event.entity.id = "42".to_owned();
    event.parent.id = "7".to_owned();
    event
}

fn rest(event: &AuditEvent) -> String {
    let mut rest = Vec::new();
    pack(event, &mut Vec::new(), &mut rest);
    String::from_utf8(rest).unwrap()
}

/// The event as it comes out of its row, whose other columns are as they were.
fn there_and_back(event: &AuditEvent) -> AuditEvent {
    there_and_back_into(AuditEvent::default(), event, &mut LastFacts::default())
}

/// The same, written over the event before it.
fn there_and_back_into(
    mut row: AuditEvent,
    event: &AuditEvent,
    last_facts: &mut LastFacts,
) -> AuditEvent {
    let facts = Facts::of(event).text().into_owned();
    let (mut told, mut rest) = (Vec::new(), Vec::new());
    pack(event, &mut told, &mut rest);
    row.activity.clone_from(&event.activity);
    row.entity.clone_from(&event.entity);
    row.parent.kind.clone_from(&event.parent.kind);
    row.parent.id.clone_from(&event.parent.id);
    row.http.user_agent.clone_from(&event.http.user_agent);
    let [told, rest] = [&told, &rest].map(|text| std::str::from_utf8(text).unwrap());
    unpack(&mut row, last_facts.of(&facts), told, rest).unwrap();
    row
}

#[test]
fn a_path_that_follows_from_its_template_is_left_out() {
    for (resource, path, params, expected) in [
        (
            "/w/{id}",
            "/w/42",
            &[("id", "42")][..],
            r#"{"route":"/w/{id}","args":{"id":"e"}}"#,
        ),
        (
            "/w/{id}/x",
            "/w/9/x",
            &[("id", "9")],
            r#"{"route":"/w/{id}/x","args":{"id":"=9"}}"#,
        ),
        (
            "/{proxy+}",
            "/a/b",
            &[("proxy", "a/b")],
            r#"{"route":"/{proxy+}","args":{"proxy":"=a/b"}}"#,
        ),
        (
            "/w/{id}",
            "/w/a%20b",
            &[("id", "a b")],
            r#"{"path":"/w/a%20b","route":"/w/{id}","args":{"id":"=a b"}}"#,
        ),
        ("/w/{", "/w/{", &[], r#"{"route":"/w/{"}"#),
        ("/w", "", &[], r#"{"path":"","route":"/w"}"#),
        ("", "", &[], "{}"),
    ] {
        let event = event(resource, path, params);
        assert_eq!(rest(&event), expected);
        assert_eq!(there_and_back(&event), event, "{resource}");
    }
}

#[test]
fn a_sentence_that_was_rewritten_is_one_part() {
    let mut parts = vec![ActivityPart::default(); 3];
    for cuts in ["actor:16|verb:9", "actor:1|verb:7", "actor", "actor:x|"] {
        cut_sentence("somebody deleted it", cuts, &mut parts);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].text, "somebody deleted it");
    }
}

#[test]
fn a_row_that_says_nothing_of_these_or_nonsense_is_an_event() {
    let mut event = event("", "", &[]);
    let mut facts = LastFacts::default();
    unpack(&mut event, facts.of(""), "", "").unwrap();
    unpack(&mut event, facts.of("{"), "[\"", "{\"args\":7}").unwrap();
    assert!(unpack(&mut event, facts.of(r#"{"caller_type":"ghost"}"#), "", "").is_err());
    assert_eq!(event.entity.id, "42");
    assert_eq!(event.activity_parts, []);
}

#[test]
fn no_key_is_taken_for_an_identifier() {
    let mut event = event("/r", "/p", &[("a", "b")]);
    event.parent.name = "x".to_owned();
    event.privacy = "x".to_owned();
    event.source_url = "x".to_owned();
    event.redacted = vec!["x".to_owned()];
    event.http.headers = [("a".to_owned(), "b".to_owned())].into();
    event.http.query.clone_from(&event.http.headers);
    event.activity_parts = vec![ActivityPart::default()];
    let rest: BTreeMap<String, serde_json::Value> = serde_json::from_str(&rest(&event)).unwrap();
    assert_eq!(rest.len(), 10);
    for key in rest.keys() {
        assert!(key.len() < TRACE_BYTES_MIN, "{key}");
    }
}

proptest! {
    #[test]
    fn nothing_is_lost(
        resource in "[/{}aé+=ep42]{0,12}", path in "[/{}aé+=ep42]{0,12}",
        params in prop::collection::btree_map("[a+]{0,2}", "[=ep427]{0,3}", 0..4),
        entity in "[ep=427]{0,2}", parent in "[ep=427]{0,2}",
        texts in prop::collection::vec(("[aé]{0,3}", "[:|\"\\\\\na]{0,2}"), 0..4), activity in "[aé]{0,6}",
        joins in any::<bool>(), expands in any::<bool>(), described in any::<bool>(),
        other in "[\"\\\\\0a]{0,3}", status_code in any::<u16>(),
    ) {
        let mut event = event(&resource, &path, &[]);
        event.entity.id = entity;
        event.parent.id = parent;
        event.http.path_params = params;
        if expands {
            event.http.path = pieces(&resource, &event.http.path_params).collect();
        }
        event.activity = if joins {
            texts.iter().map(|(text, _)| text.as_str()).collect()
        } else {
            activity
        };
        event.activity_parts = texts
            .into_iter()
            .map(|(text, word)| ActivityPart { text, word, ..ActivityPart::default() })
            .collect();
        event.described = described;
        event.status_code = status_code;
        for text in [
            &mut event.reason, &mut event.privacy, &mut event.source_url, &mut event.source,
            &mut event.spec_version, &mut event.parent.name, &mut event.http.domain_name,
            &mut event.http.stage,
        ] {
            text.clone_from(&other);
        }
        event.http.query = [(other.clone(), other.clone())].into();
        event.http.headers.clone_from(&event.http.query);
        event.redacted = vec![other.clone()];
        event.changes = vec![Change { after: other, ..Change::default() }];
        prop_assert_eq!(there_and_back(&event), event);
    }

    #[test]
    fn nothing_of_the_event_before_is_left(
        names in prop::collection::vec("[ab]{0,1}", 0..3), other_names in prop::collection::vec("[ab]{0,1}", 0..3),
        cuts in 0..3_usize, other_cuts in 0..3_usize,
    ) {
        // As many names and cuts stand for as many of everything else.
        let of = |names: Vec<String>, cuts: usize| {
            let params: Vec<_> = names.iter().map(|name| (name.as_str(), "42")).collect();
            let mut event = event("/w/{a}", "/w/42", &params);
            event.http.headers = names.iter().map(|name| (name.clone(), name.repeat(2))).collect();
            event.http.query = names.iter().map(|name| (name.clone(), name.repeat(3))).collect();
            event.changes = vec![Change { field: "f".repeat(cuts), ..Change::default() }; cuts];
            event.reason = names.concat();
            event.redacted.clone_from(&names);
            event.http.stage = "s".repeat(cuts);
            event.status_code = u16::try_from(cuts).unwrap();
            event.activity = "a".repeat(cuts);
            event.activity_parts =
                vec![ActivityPart { text: "a".to_owned(), ..ActivityPart::default() }; cuts];
            event
        };
        let (before, after) = (of(names, cuts), of(other_names, other_cuts));
        let mut last_facts = LastFacts::default();
        let mut row = there_and_back_into(AuditEvent::default(), &before, &mut last_facts);
        row = there_and_back_into(row, &after, &mut last_facts);
        prop_assert_eq!(row, after);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}", cuts in "[a-z:|0-9é]{0,20}") {
        let mut event = AuditEvent::default();
        let _ = unpack(&mut event, LastFacts::default().of(&text), &text, &text);
        cut_sentence(&text, &cuts, &mut event.activity_parts);
    }
}
