//! Sentences in other languages and other words.

use daybook_event::{Action, ActivityPart, ActivityPartKind as Kind, Entity, Outcome};

use super::*;

fn part(kind: Kind, text: &str, word: &str) -> ActivityPart {
    ActivityPart {
        kind,
        text: text.to_owned(),
        word: word.to_owned(),
    }
}

/// An event whose sentence is the parts, joined.
fn event(outcome: Outcome, parts: Vec<ActivityPart>) -> AuditEvent {
    AuditEvent {
        service_name: "orders".to_owned(),
        event_name: "cancelOrder".to_owned(),
        action: Action::Delete,
        outcome,
        entity: Entity {
            kind: "workflow".to_owned(),
            id: "42".to_owned(),
            name: "Onboarding".to_owned(),
        },
        activity: parts.iter().map(|part| part.text.as_str()).collect(),
        activity_parts: parts,
        ..AuditEvent::default()
    }
}

/// As the normalizer writes them.
fn deleted(outcome: Outcome) -> AuditEvent {
    let (before, verb, after) = match outcome {
        Outcome::Success => (" ", "deleted", ""),
        Outcome::Denied => (" tried to ", "delete", " but was not allowed to"),
        Outcome::Failure => (" tried to ", "delete", " but it failed"),
        Outcome::Unknown => (" asked to ", "delete", ""),
    };
    event(
        outcome,
        vec![
            part(Kind::Actor, "jane@example.com", ""),
            part(Kind::Text, before, ""),
            part(Kind::Verb, verb, "delete"),
            part(Kind::Text, " ", ""),
            part(Kind::EntityType, "workflow", "workflow"),
            part(Kind::Text, " ", ""),
            part(Kind::Entity, "Onboarding", ""),
            part(Kind::Text, " of ", ""),
            part(Kind::ParentType, "team", "team"),
            part(Kind::Text, " ", ""),
            part(Kind::Parent, "Ops", ""),
            part(Kind::Text, after, ""),
        ],
    )
}

fn said(catalogs: &Catalogs, accepted: &str, event: &AuditEvent) -> Option<String> {
    catalogs.negotiate(accepted)?.sentence(event)
}

#[test]
fn english_says_what_is_stored_and_german_the_same_in_german() {
    let catalogs = Catalogs::default();
    for (outcome, german) in [
        (
            Outcome::Success,
            "jane@example.com hat workflow Onboarding (team Ops) gelöscht",
        ),
        (
            Outcome::Denied,
            "jane@example.com wollte workflow Onboarding löschen, durfte aber nicht",
        ),
        (
            Outcome::Failure,
            "jane@example.com wollte workflow Onboarding löschen, es gelang aber nicht",
        ),
        (
            Outcome::Unknown,
            "jane@example.com wollte workflow Onboarding löschen; wie es ausging, ist nicht bekannt",
        ),
    ] {
        let event = deleted(outcome);
        assert_eq!(said(&catalogs, "de", &event).as_deref(), Some(german));
        let english = said(&catalogs, "en", &event).unwrap();
        let stored = event.activity.replace(" of team Ops", "");
        assert_eq!(english.replace(" of team Ops", ""), stored);
    }
}

#[test]
fn what_the_catalog_cannot_say_is_left_to_the_stored_sentence() {
    let catalogs = Catalogs::default();
    let actor = || part(Kind::Actor, "jane", "");
    for parts in [
        vec![],
        vec![part(Kind::Text, "a sentence of the handler's own", "")],
        vec![
            actor(),
            part(Kind::Verb, " frobnicated", "frobnicate"),
            part(Kind::EntityType, " x", "x"),
        ],
        vec![actor(), part(Kind::Verb, " deleted", "delete")],
        vec![
            actor(),
            part(Kind::Verb, " deleted", "delete"),
            part(Kind::EntityType, " x", "x"),
            part(Kind::Value, " y", "body.y"),
        ],
    ] {
        let event = event(Outcome::Success, parts);
        assert_eq!(said(&catalogs, "de", &event), None, "{}", event.activity);
    }
}

#[test]
fn the_first_language_that_is_there_is_chosen() {
    let catalogs = Catalogs::default();
    let event = deleted(Outcome::Success);
    let language = |accepted: &str| {
        let sentence = said(&catalogs, accepted, &event)?;
        Some(if sentence.contains("hat") { "de" } else { "en" })
    };
    for (accepted, chosen) in [
        ("de", Some("de")),
        ("de-AT", Some("de")),
        ("DE-at, en;q=0.5", Some("de")),
        ("fr, en;q=0.5, de;q=0.8", Some("de")),
        ("en-GB,de", Some("en")),
        ("de;q=0, en", Some("en")),
        ("de; q=0.9", Some("de")),
        ("de;Q=0, en ; q = 1", Some("en")),
        ("fr; q=1, en-US; q=0", None),
        ("fr; q=1, en-US; q=0, de; level=1; q=0.1", Some("de")),
        ("fr", None),
        ("*", None),
        ("", None),
        ("de;q=x", None),
    ] {
        assert_eq!(language(accepted), chosen, "{accepted}");
    }
}

#[test]
fn a_service_words_its_operations_itself() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "de/orders.ftl",
        "cancelOrder = { $actor } hat den Ablauf »{ $entity }« beendet\n    .denied = { $actor } durfte »{ $entity }« nicht beenden\n",
    );
    write(
        "en/orders.ftl",
        "cancelOrder = { $actor } put an end to { $missing }\n",
    );
    let catalogs = Catalogs::with_folder(folder.path()).unwrap();
    let sentence = |language: &str, outcome| said(&catalogs, language, &deleted(outcome));
    assert_eq!(
        sentence("de", Outcome::Success).unwrap(),
        "jane@example.com hat den Ablauf »Onboarding« beendet"
    );
    assert_eq!(
        sentence("de", Outcome::Denied).unwrap(),
        "jane@example.com durfte »Onboarding« nicht beenden"
    );
    // Where its words are not enough, the generic ones are.
    assert!(sentence("de", Outcome::Failure).unwrap().contains("gelang"));
    assert!(
        sentence("en", Outcome::Success)
            .unwrap()
            .contains("deleted workflow")
    );

    write("de/broken.ftl", "x = {");
    let error = Catalogs::with_folder(folder.path()).unwrap_err();
    assert!(error.to_string().contains("broken.ftl"), "{error}");
}
