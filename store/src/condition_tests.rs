//! What a filter says in SQL, and that no value is part of it.

use super::*;

fn text(filter: &Filter) -> String {
    Condition::of(filter).unwrap().text().to_owned()
}

#[test]
fn the_index_knows_the_text_that_is_asked_for_and_its_signs() {
    let index = include_str!("../migrations/0005_signs.sql");
    assert!(index.contains(SEARCHED_TEXT));
    let signs: Vec<_> = SIGNS
        .iter()
        .map(|signs| match (*signs.start(), *signs.end()) {
            (first, last) if first == last => format!(r"\\x{{{:X}}}", u32::from(first)),
            (first, last) => {
                format!(
                    r"\\x{{{:X}}}-\\x{{{:X}}}",
                    u32::from(first),
                    u32::from(last)
                )
            }
        })
        .collect();
    assert!(SEARCHED_TEXT.contains(&format!("'[{}]'", signs.concat())));
}

#[test]
fn a_default_filter_is_no_condition() {
    assert_eq!(text(&Filter::default()), "1");
}

#[test]
fn no_value_is_part_of_the_text() {
    let value = || Match::any_of(["x' OR 1 --".to_owned()]);
    let filter = Filter {
        service_name: value(),
        event_name: value(),
        method: value(),
        user_email: value(),
        user_id: value(),
        token_id: value(),
        entity_type: value(),
        entity_id: Match::none_of(["x' OR 1 --".to_owned()]),
        include_children: true,
        ip: value(),
        correlation_id: value(),
        actor: value(),
        entity: Match::any_of([EntityName {
            kind: "x' OR 1 --".to_owned(),
            id: Some("x' OR 1 --".to_owned()),
        }]),
        words: vec!["x' OR 1 --".to_owned()],
        without_words: vec!["x' OR 1 --".to_owned()],
        hide_service: Some("x' OR 1 --".to_owned()),
        action: Match::any_of([Action::Read]),
        ip_ranges: Match::none_of(["10.0.0.0/8".parse().unwrap()]),
        also: Some(Box::new(Filter {
            service_name: value(),
            ..Filter::default()
        })),
        ..Filter::default()
    };
    let text = text(&filter);
    assert!(!text.contains("OR 1"), "{text}");
    assert!(!text.contains("'x"), "{text}");
}

#[test]
fn an_id_is_looked_for_among_several_and_one_with_commas_as_a_whole_too() {
    let text = |id: &str| {
        text(&Filter {
            entity_id: Match::any_of([id.to_owned()]),
            ..Filter::default()
        })
    };
    assert_eq!(
        text("42"),
        "hasAny(splitByChar(',', entity_id), {p0:Array(String)})"
    );
    assert!(
        text("41,42").contains(" AND (entity_id IN "),
        "{}",
        text("41,42")
    );
    let migration = include_str!("../migrations/0006_several_things.sql");
    assert!(migration.contains(&format!(" {ENTITY_IDS} TYPE bloom_filter")));
}

#[test]
fn asking_for_failure_asks_for_denied() {
    let filter = Filter {
        outcome: Match::any_of([Outcome::Failure]),
        ..Filter::default()
    };
    let condition = Condition::of(&filter).unwrap();
    assert!(matches!(
        &condition.parameters[..],
        [Value::Texts(words)] if words == &["failure", "denied"]
    ));
}

#[test]
fn times_that_cannot_be_stored_are_decided_here() {
    let range = |from: &str, to: &str| Filter {
        timestamp: TimeRange {
            from: Some(from.parse().unwrap()),
            to: Some(to.parse().unwrap()),
        },
        ..Filter::default()
    };
    let all = range("-001000-01-01T00:00:00Z", "9999-01-01T00:00:00Z");
    assert_eq!(text(&all), "1");
    let none = range("2300-01-01T00:00:00Z", "9999-01-01T00:00:00Z");
    assert_eq!(text(&none), "0");
}

#[test]
fn a_bound_between_milliseconds_is_rounded_up() {
    let time: Timestamp = "2026-01-01T00:00:00.0010001Z".parse().unwrap();
    assert_eq!(ceil_ms(time) % 1_000, 2);
    let whole: Timestamp = "2026-01-01T00:00:00.001Z".parse().unwrap();
    assert_eq!(ceil_ms(whole) % 1_000, 1);
}

#[test]
fn words_are_found_by_the_index_and_what_is_between_them_is_read() {
    let text = |words: &str| {
        text(&Filter {
            words: vec![words.to_owned()],
            ..Filter::default()
        })
    };
    let (index, read) = ("hasAllTokens", "positionCaseInsensitiveUTF8");
    for (words, by_index, by_reading) in [
        ("deleted", true, false),
        ("\u{dc}berweisung", true, false),
        ("number 3", true, true),
        ("a_b", true, true),
        ("100%", true, true),
        ("%", false, true),
        ("", false, false),
    ] {
        assert_eq!(text(words).contains(index), by_index, "{words}");
        assert_eq!(text(words).contains(read), by_reading, "{words}");
    }
    assert_eq!(
        whole_words("it's 100% _5!").collect::<Vec<_>>(),
        ["it", "s", "100", "5"]
    );
}

#[test]
fn a_list_without_a_bound_is_refused() {
    let filter = Filter {
        user_id: Match::any_of((0..50_000).map(|number| number.to_string())),
        ..Filter::default()
    };
    let error = Condition::of(&filter).unwrap_err();
    assert!(matches!(error, StoreError::TooMuch { .. }));
}
