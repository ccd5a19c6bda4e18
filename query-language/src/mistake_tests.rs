//! What is wrong with a query, and that a suggestion in its place mends it.

use proptest::prelude::*;

use super::*;

/// The query with the suggestion where it belongs.
fn mended(query: &str, error: &QueryError) -> Option<String> {
    let letters: Vec<char> = query.chars().collect();
    let (front, rest) = letters.split_at(error.position - 1);
    let behind = &rest[error.length..];
    let suggestion = error.suggestion.as_deref()?;
    Some(
        [
            &String::from_iter(front),
            suggestion,
            &String::from_iter(behind),
        ]
        .concat(),
    )
}

#[test]
fn a_mistake_says_where_why_and_what_was_meant() {
    // The part of the query that the suggestion stands for is named by its place.
    for (query, position, length, reason, suggestion) in [
        ("é \"not closed ", 3, 12, "never closed", "\"not closed\""),
        (
            "a autor:jane b",
            3,
            10,
            "autor: is no qualifier",
            "actor:jane",
        ),
        ("action:", 8, 0, "lacks its value", "delete"),
        ("action: removed", 8, 8, "lacks its value", "delete"),
        ("actor:\"\"", 7, 2, "lacks its value", "jane@example.com"),
        ("action:delte x", 8, 5, "one of create, read", "delete"),
        ("entity:/42", 8, 3, "a kind and an id", "workflow/42"),
        ("ip:10.0.0.0/99", 4, 11, "a range", "10.0.0.0"),
        (
            "user:\"Jane Roe\" x",
            1,
            15,
            "no qualifier",
            "actor:\"Jane Roe\"",
        ),
        ("-since:-7d", 1, 10, "no qualifier", "before:-7d"),
        ("action:removed jane", 8, 7, "one of create", "delete"),
        ("outcome:", 9, 0, "lacks its value", "denied"),
        ("ip:open", 1, 7, "a range", "\"ip:open\""),
        ("after:\"7d\"", 7, 4, "so long ago", "-7d"),
        ("-before:-7d", 1, 11, "cannot be negated", "after:-7d"),
    ] {
        let error = parse(query).unwrap_err();
        assert_eq!(
            (error.position, error.length),
            (position, length),
            "{query}: {error}"
        );
        assert!(error.reason.contains(reason), "{query}: {error}");
        assert_eq!(error.suggestion.as_deref(), Some(suggestion), "{query}");
    }
}

#[test]
fn a_suggestion_in_its_place_makes_the_query_that_was_meant() {
    for (query, expected) in [
        ("action:delte jane", "action:delete jane"),
        ("-action:delte jane", "-action:delete jane"),
        ("action:\"delte\"jane", "action:\"delete\"jane"),
        ("action:remove", "action:delete"),
        ("outcome:fail", "outcome:failure"),
        ("status:404", "outcome:failure"),
        ("-status:403 x", "-outcome:denied x"),
        ("result:ok", "outcome:success"),
        ("is:open", "\"is:open\""),
        ("is:failed", "outcome:failure"),
        ("acton:delete", "action:delete"),
        ("Urn:x:y", "\"Urn:x:y\""),
        ("user:\"Jane Roe\" x", "actor:\"Jane Roe\" x"),
        ("type:\"a b\"", "entity:\"a b\""),
        ("user:\"Jane Roe", "actor:\"Jane Roe\""),
        ("actor:\"Jane Roe ", "actor:\"Jane Roe\""),
        ("action:\"delete", "action:delete"),
        ("-\"never closed", "-\"never closed\""),
        ("\"a\\", "\"a\\\\\""),
        ("actor: \"Jane Roe\" x", "actor:\"Jane Roe\" x"),
        ("after: -7d x", "after:-7d x"),
        ("actor: //x", "actor:\"//x\""),
        ("action: workflow", "action:delete workflow"),
        ("actor: -x", "actor:jane@example.com -x"),
        ("correlation:", "correlation:req-42"),
        ("after:7d", "after:-7d"),
        ("after:\"7d\" x", "after:-7d x"),
        ("after:yesterday", "after:-1d"),
        ("from:yesterday", "after:-1d"),
        ("-since:-7d x", "before:-7d x"),
        ("x -before:7d", "x after:-7d"),
        ("-after: 7d", "before:-7d"),
        ("before:2026-13-01", "before:2026-01-13"),
        ("after:2026-01-01T00:00:00", "after:2026-01-01T00:00:00Z"),
        ("after:\"2026-01-01 08:00\"", "after:2026-01-01T08:00:00Z"),
        ("ip:203.0.113.7:443", "ip:203.0.113.7"),
        ("-ip:open", "-\"ip:open\""),
        ("entity:\"a b/\" x", "entity:\"a b\" x"),
    ] {
        let error = parse(query).unwrap_err();
        let corrected = mended(query, &error);
        assert_eq!(corrected.as_deref(), Some(expected), "{query}: {error}");
        assert!(parse(expected).is_ok(), "{expected}");
    }
}

#[test]
fn where_nothing_is_known_nothing_is_suggested() {
    for query in [
        "outcome:broken",
        "action:open",
        "after:someday",
        "-before:someday",
        "action:\"open",
    ] {
        assert_eq!(parse(query).unwrap_err().suggestion, None, "{query}");
    }
    // It would be too long with it.
    let query = format!("x:{}", "a".repeat(1022));
    assert_eq!(parse(&query).unwrap_err().suggestion, None);
}

fn name() -> impl Strategy<Value = String> {
    let other = [
        "user", "status", "is", "type", "from", "until", "result", "urn",
    ];
    let known = prop::sample::select(QUALIFIERS.to_vec());
    prop_oneof![
        3 => known.clone().prop_map(str::to_owned),
        1 => prop::sample::select(other.to_vec()).prop_map(str::to_owned),
        // A slip of the finger.
        1 => (known, any::<prop::sample::Index>(), "[a-z]?").prop_map(|(name, at, letter)| {
            let at = at.index(name.len());
            [&name[..at], &letter, &name[at + 1..]].concat()
        }),
    ]
}

fn word() -> impl Strategy<Value = String> {
    let words = [
        "",
        " ",
        "delte",
        "removed",
        "create",
        "failed",
        "404",
        "ok",
        "7d",
        "-7d",
        "yesterday",
        "2026-13-01",
        "2026-01-01T00:00:00",
        "10.0.0.0/99",
        "10.*",
        "localhost",
        "/42",
        "workflow/",
        "Jane",
        "last week",
        "a/b c",
        "-x",
        "\\",
        "//x",
        "\"",
        "\"\"",
    ];
    prop_oneof![
        4 => prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        1 => "[a-z0-9:/.\"\\\\ -]{0,8}",
        1 => "\\PC{0,6}",
    ]
}

fn value() -> impl Strategy<Value = String> {
    (word(), 0..4_u8).prop_map(|(word, quotes)| match quotes {
        0 => quoted(&word),
        // Never closed, or only by what follows.
        1 => format!("\"{word}"),
        2 => format!(" {word}"),
        _ => word,
    })
}

fn mistaken() -> impl Strategy<Value = String> {
    let minus = prop::sample::select(vec!["", "", "-"]);
    let end = prop::sample::select(vec!["", " ", " ", "\"", "x "]);
    prop_oneof![
        6 => (minus, name(), value(), end)
            .prop_map(|(minus, name, value, end)| format!("{minus}{name}:{value}{end}")),
        1 => value(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_mistake_that_remains_lies_behind_the_suggestion(parts in prop::collection::vec(mistaken(), 1..6)) {
        let mut query = parts.concat();
        // Each suggestion leads further on, so their number is bounded.
        for _ in 0..=query.chars().count() {
            let Err(error) = parse(&query) else { break };
            let Some(corrected) = mended(&query, &error) else { break };
            let suggestion = error.suggestion.as_deref().unwrap_or_default();
            prop_assert!(!suggestion.trim().is_empty(), "{}", query);
            if let Err(next) = parse(&corrected) {
                let end = error.position + suggestion.chars().count();
                prop_assert!(next.position >= end, "{} -> {} -> {}", query, corrected, next);
            }
            query = corrected;
        }
    }

    #[test]
    fn a_suggestion_leaves_the_rest_as_it_is(
        minus in prop::sample::select(vec!["", "-"]),
        name in name(),
        word in word(),
        is_phrase in any::<bool>(),
    ) {
        let value = if is_phrase { quoted(&word) } else { word.replace(is_quotation_mark, "") };
        let query = format!("\"first one\" {minus}{name}:{value} \"last one\"");
        let text = |text: &str| Term {
            is_negated: false,
            condition: Condition::Text(text.to_owned()),
        };
        if let Err(error) = parse(&query)
            && let Some(corrected) = mended(&query, &error)
            && let Ok(corrected) = parse(&corrected)
        {
            // What stands apart may be the value that was missing.
            let is_taken = value.trim().is_empty() && corrected.terms.len() == 2;
            prop_assert_eq!(corrected.terms.first(), Some(&text("first one")));
            prop_assert!(is_taken || corrected.terms.last() == Some(&text("last one")), "{}", query);
        }
    }
}
