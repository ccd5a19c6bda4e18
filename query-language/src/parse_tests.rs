//! Queries, what they say, and what is wrong with them.

use daybook_event::IpRange;
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::moment::{AgoUnit, Moment};

fn text(text: &str) -> Condition {
    Condition::Text(text.to_owned())
}

fn conditions(query: &str) -> Vec<Condition> {
    parse(query)
        .unwrap()
        .terms
        .into_iter()
        .map(|term| {
            assert!(!term.is_negated, "{query}");
            term.condition
        })
        .collect()
}

#[test]
fn words_and_phrases() {
    let cases: [(&str, &[&str]); 16] = [
        ("", &[]),
        ("  \t ", &[]),
        ("deleted workflow", &["deleted", "workflow"]),
        (r#""deleted workflow" jane"#, &["deleted workflow", "jane"]),
        (r#""say \"hi\" \\ \n""#, &[r#"say "hi" \ \n"#]),
        (r#"5" disk"#, &["5\"", "disk"]),
        (r#""" a "  ""#, &["a"]),
        ("50% _under\\score", &["50%", "_under\\score"]),
        (
            "https://example.com/a 12:30 ::1",
            &["https://example.com/a", "12:30", "::1"],
        ),
        ("Error: x :y", &["Error:", "x", ":y"]),
        ("- -- --force a-b", &["-", "--", "--force", "a-b"]),
        (r#""actor:jane""#, &["actor:jane"]),
        // As a phone types them, in English, German and Swedish.
        (
            "“deleted workflow” „von Jane“ ”av Jane”",
            &["deleted workflow", "von Jane", "av Jane"],
        ),
        (r#"“deleted workflow" x"#, &["deleted workflow", "x"]),
        (r#""say “hi”" “say \"hi\"” "#, &["say “hi”", r#"say "hi""#]),
        ("5” disk", &["5”", "disk"]),
    ];
    for (query, words) in cases {
        let expected: Vec<_> = words.iter().map(|word| text(word)).collect();
        assert_eq!(conditions(query), expected, "{query}");
    }
}

#[test]
fn qualifiers() {
    let query = r#"actor:jane@example.com ACTION:Delete service:"my service" operation:deleteWorkflow
        outcome:denied method:post entity:workflow/42/b entity:role ip:10.1.0.0/8 correlation:a:b
        after:2026-01-01 before:2026-01-31T08:00:00+01:00 after:-7d"#;
    let entity = |kind: &str, id: Option<&str>| {
        Condition::Entity(EntityName {
            kind: kind.to_owned(),
            id: id.map(str::to_owned),
        })
    };
    assert_eq!(
        conditions(query),
        [
            Condition::Actor("jane@example.com".to_owned()),
            Condition::Action(Action::Delete),
            Condition::Service("my service".to_owned()),
            Condition::Operation("deleteWorkflow".to_owned()),
            Condition::Outcome(Outcome::Denied),
            Condition::Method("POST".to_owned()),
            entity("workflow", Some("42/b")),
            entity("role", None),
            Condition::Ip("10.0.0.0/8".parse().unwrap()),
            Condition::Correlation("a:b".to_owned()),
            Condition::After(Moment::Day("2026-01-01".parse().unwrap())),
            Condition::Before(Moment::Time("2026-01-31T07:00:00Z".parse().unwrap())),
            Condition::After(Moment::Ago {
                amount: 7,
                unit: AgoUnit::Days
            }),
        ]
    );
}

#[test]
fn a_minus_negates_what_follows_it() {
    let query = parse(r#"-draft -“two words” -service:“billing” -"-x""#).unwrap();
    let negated = [
        text("draft"),
        text("two words"),
        Condition::Service("billing".to_owned()),
        text("-x"),
    ];
    assert!(query.terms.iter().all(|term| term.is_negated));
    let conditions: Vec<_> = query.terms.into_iter().map(|term| term.condition).collect();
    assert_eq!(conditions, negated);
}

#[test]
fn a_moment_is_put_on_the_clock() {
    let now: Timestamp = "2026-11-22T07:21:14Z".parse().unwrap();
    for (moment, time) in [
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("2026-01-31T08:00:00+01:00", "2026-01-31T07:00:00Z"),
        ("-90m", "2026-11-22T05:51:14Z"),
        ("-12h", "2026-11-21T19:21:14Z"),
        ("-7d", "2026-11-15T07:21:14Z"),
        ("-2w", "2026-11-08T07:21:14Z"),
    ] {
        let moment: Moment = moment.parse().unwrap();
        assert_eq!(moment.at(now).to_string(), time);
    }
    let long_ago: Moment = "-4294967295w".parse().unwrap();
    assert_eq!(long_ago.at(now), Timestamp::MIN);
}

#[test]
fn a_query_is_bounded() {
    assert!(parse(&"a".repeat(1024)).is_ok());
    let place = |query: &str| {
        let error = parse(query).unwrap_err();
        assert_eq!(error.suggestion, None);
        assert!(error.reason.contains("leave out"), "{error}");
        (error.position, error.length)
    };
    assert_eq!(place(&"é".repeat(1030)), (1025, 6));
    assert!(parse(&"a ".repeat(32)).is_ok());
    assert_eq!(place(&"a ".repeat(34)), (65, 4));
    assert!(parse(&"\"\" ".repeat(33)).is_err());
    let error = parse(&format!("x:{}", "é".repeat(900))).unwrap_err();
    assert!(error.to_string().chars().count() < 400, "{error}");
    assert_eq!(
        error.suggestion.unwrap().chars().count(),
        904,
        "a suggestion is whole"
    );
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9:/\"“”„\\\\-]{1,12}", "\\PC{1,12}"]
        .prop_filter("no value is blank", |text: &String| !text.trim().is_empty())
}

fn moment() -> impl Strategy<Value = Moment> {
    prop_oneof![
        (0_i16..=9999, 1_i8..=12, 1_i8..=28)
            .prop_map(|(year, month, day)| Moment::Day(jiff::civil::date(year, month, day))),
        (-300_000_000_000_i64..250_000_000_000, 0_i32..1_000_000_000).prop_map(|(second, nano)| {
            Moment::Time(Timestamp::new(second, if second < 0 { 0 } else { nano }).unwrap())
        }),
        (
            any::<u32>(),
            prop::sample::select(vec![
                AgoUnit::Minutes,
                AgoUnit::Hours,
                AgoUnit::Days,
                AgoUnit::Weeks
            ])
        )
            .prop_map(|(amount, unit)| Moment::Ago { amount, unit }),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        4 => value().prop_map(Condition::Text),
        1 => value().prop_map(Condition::Actor),
        1 => value().prop_map(Condition::Service),
        1 => value().prop_map(Condition::Operation),
        1 => value().prop_map(Condition::Correlation),
        1 => value().prop_map(|text| Condition::Method(text.to_ascii_uppercase())),
        1 => prop::sample::select(Action::ALL).prop_map(Condition::Action),
        1 => prop::sample::select(Outcome::ALL).prop_map(Condition::Outcome),
        1 => (value(), prop::option::of(value())).prop_filter_map("a kind has no slash", |(kind, id)| {
            (!kind.contains('/')).then_some(Condition::Entity(EntityName { kind, id }))
        }),
        1 => (any::<std::net::IpAddr>(), 0_u8..=128).prop_filter_map("a prefix is short", |(address, bits)| {
            IpRange::new(address, bits).map(Condition::Ip)
        }),
        1 => moment().prop_map(Condition::After),
        1 => moment().prop_map(Condition::Before),
    ]
}

fn term() -> impl Strategy<Value = Term> {
    (condition(), any::<bool>()).prop_map(|(condition, is_negated)| Term {
        is_negated: is_negated && !matches!(condition, Condition::After(_) | Condition::Before(_)),
        condition,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_printed_reads_the_same(terms in prop::collection::vec(term(), 0..8)) {
        let query = Query { terms };
        let printed = query.to_string();
        prop_assert_eq!(parse(&printed), Ok(query), "{}", printed);
    }

    #[test]
    fn no_text_panics_and_what_is_read_can_be_printed(text in "(\\PC|[ :\"“”„\\\\/-]|actor:|after:|ip:|entity:){0,60}") {
        match parse(&text) {
            Ok(query) => {
                prop_assert_eq!(parse(&query.to_string()), Ok(query));
            }
            Err(error) => {
                prop_assert!(error.position >= 1);
                prop_assert!(error.position - 1 + error.length <= text.chars().count());
            }
        }
    }

    #[test]
    fn a_quoted_phrase_is_itself(phrase in "[^\\s]\\PC{0,30}") {
        prop_assert_eq!(conditions(&quoted(&phrase)), vec![text(&phrase)]);
    }
}
