//! A secret planted anywhere in an event is neither in what is stored nor in what is logged.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daybook_normalizer::context::{build_index, read_documents};
use daybook_normalizer::dead_letter::DeadLetters;
use daybook_normalizer::handler::{BatchHandler, Patience};
use daybook_normalizer::settings::Settings;
use daybook_openapi::redaction::Mode;
use daybook_openapi::{Document, Index};
use daybook_store::{Credentials, Endpoint, Writer};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::log::Log;
use crate::stored::{Kept, NOW_MS, new_event};

fn index() -> Arc<Index> {
    static INDEX: OnceLock<Arc<Index>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/specs");
        let (documents, _) = read_documents(folder.as_ref()).unwrap();
        Arc::new(build_index(documents, &Settings::default()).0)
    });
    Arc::clone(index)
}

/// A secret, and the drawn part of it that must be gone.
#[derive(Debug, Clone)]
struct Canary {
    text: String,
    drawn: String,
    kind: Kind,
}

/// By what a secret is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// By its form alone.
    Form,
    /// By its form, but where a name says that it is an id.
    Card,
    /// By a name beside it.
    Word,
    /// By a name beside it or above it, and it is no text.
    Number,
}

impl Canary {
    /// As a free text that tells what it is.
    fn told(&self) -> String {
        match self.kind {
            Kind::Form | Kind::Card => self.text.clone(),
            Kind::Word | Kind::Number => format!("password={}", self.text),
        }
    }

    /// As a member of an object.
    fn member(&self, name: &str) -> Value {
        match self.kind {
            Kind::Form | Kind::Card => json!({ "note": format!("see {} there", self.text) }),
            Kind::Word => json!({ name: self.text }),
            Kind::Number => {
                let number: u64 = self.text.parse().unwrap();
                match number % 5 {
                    0 => json!({ name: number }),
                    1 => json!({ name: [{ "value": number }] }),
                    2 => json!({ "name": name, "value": number }),
                    3 => json!({ "attribute": name, "values": [number] }),
                    _ => json!([{ "op": "add", "path": format!("/a/{name}"), "value": number }]),
                }
            }
        }
    }

    fn is_in(&self, output: &str) -> bool {
        let letters: Vec<char> = self.drawn.chars().collect();
        letters
            .windows(8)
            .any(|window| output.contains(&window.iter().collect::<String>()))
    }
}

/// Keys are put together here, so that no scanner takes this file for a leak.
fn any_canary() -> impl Strategy<Value = Canary> {
    let formed = |start: &'static str, drawn: &'static str, end: &'static str| {
        drawn.prop_map(move |drawn| Canary {
            text: format!("{start}{drawn}{end}"),
            drawn,
            kind: Kind::Form,
        })
    };
    let whole = |text: String, kind: Kind| Canary {
        drawn: text.clone(),
        text,
        kind,
    };
    prop_oneof![
        formed("ghp_", "[A-Za-z0-9]{36}", ""),
        formed("AKIA", "[A-Z2-7]{16}", ""),
        formed("sk_live_", "[A-Za-z0-9]{23}7", ""),
        formed("xoxb-", "[0-9]{12}-[0-9]{12}-[A-Za-z0-9]{24}", ""),
        formed("glpat-", "[A-Za-z0-9]{18}42", ""),
        formed("AIza", "[A-Za-z0-9]{35}", ""),
        formed("SG.", "[A-Za-z0-9]{22}\\.[A-Za-z0-9]{43}", ""),
        formed(
            "eyJhbGciOiJIUzI1NiJ9.eyJ",
            "[A-Za-z0-9]{40}\\.[A-Za-z0-9]{43}",
            ""
        ),
        formed(
            "-----BEGIN PRIVATE KEY-----",
            "[A-Za-z0-9]{64}",
            "-----END PRIVATE KEY-----"
        ),
        formed("https://jane:", "[A-Za-z0-9]{14}", "@db.example.com/x"),
        formed(
            "https://b.example.com/k?X-Amz-Signature=",
            "[0-9a-f]{64}",
            "&x=1"
        ),
        formed("Bearer ", "[A-Za-z0-9]{23}7", ""),
        "[A-Za-z0-9]{12,24}".prop_map(move |word| whole(word, Kind::Word)),
        "[1-9][0-9]{8,15}".prop_map(move |digits| whole(digits, Kind::Number)),
        ("(4[0-9]{3}|5[1-5][0-9]{2})", "[0-9]{11}")
            .prop_map(move |(start, drawn)| whole(with_luhn_digit(&(start + &drawn)), Kind::Card)),
        "[0-9]{18}".prop_map(move |drawn| whole(german_iban(&drawn), Kind::Form)),
    ]
}

/// Digits with the one behind them that makes them a card's (ISO/IEC 7812-1, annex B).
fn with_luhn_digit(digits: &str) -> String {
    let doubled = |(position, digit): (usize, u32)| match position % 2 {
        0 => digit * 2 / 10 + digit * 2 % 10,
        _ => digit,
    };
    let digits_back = digits.chars().rev().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = digits_back.enumerate().map(doubled).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// An account's number with its check digits (ISO 13616): D is 13, E is 14.
fn german_iban(account: &str) -> String {
    let number: u128 = format!("{account}131400").parse().unwrap();
    format!("DE{:02}{account}", 98 - number % 97)
}

fn secret_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "password",
        "clientSecret",
        "api_key",
        "accessToken",
        "PRIVATE_KEY",
        "passwort",
        "recoveryCode",
        "webhook-secret",
    ])
}

/// The member at a depth, in objects and arrays by turns.
fn nested(value: Value, depth: usize) -> Value {
    (0..depth).fold(value, |value, level| {
        if level % 2 == 0 {
            json!({ "inner": value })
        } else {
            json!([1, value, "x"])
        }
    })
}

const PLACES: usize = 32;

/// Where an id stands, in which a card's number is none: it looks so by chance.
const IDS: [usize; 6] = [14, 16, 24, 25, 28, 29];

/// A path that no document describes.
const UNDESCRIBED: usize = 30;

/// The name of a field in what the handler says of a thing.
const FIELD: usize = 31;

/// A queue message with the canary at one of [`PLACES`] places, as an event of either format.
fn message(canary: &Canary, name: &str, place: usize, depth: usize, is_v1: bool) -> Value {
    let told = canary.told();
    let member = canary.member(name);
    let mut body = json!({ "name": "Orders", "url": "https://erp.example.com" });
    let mut headers = json!({ "content-type": "application/json", "user-agent": "curl/8" });
    let mut query = json!({});
    let mut params = json!({});
    let mut claims = json!({ "sub": "u1", "org_id": "acme", "email": "jane@example.com" });
    let mut context = json!({});
    let mut response = json!({ "id": "c1", "name": "Orders" });
    let mut path = "/v1/webhooks/configs".to_owned();
    let mut text = None;
    let mut is_base64 = false;
    let mut identity = json!({ "sourceIp": "203.0.113.7" });
    match place {
        0 => body["note"] = nested(member, depth),
        1 => body["note"] = json!(nested(member, depth).to_string()),
        2 => body["note"] = json!(json!({ "in": nested(member, depth).to_string() }).to_string()),
        3 => body[told.as_str()] = json!(1),
        4 => body["name"] = json!(told),
        5 => body["list"] = json!([told, [told]]),
        6 => {
            headers["content-type"] = json!("application/x-www-form-urlencoded");
            let pairs = [(name, canary.text.as_str()), ("note", told.as_str())];
            let form = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish();
            text = Some(form);
        }
        7 => is_base64 = true,
        8 => text = Some(format!("<note>{told}</note>")),
        9 => query[name] = json!(canary.text),
        10 => query["note"] = json!(told),
        11 => query[told.as_str()] = json!("1"),
        12 => headers["authorization"] = json!(format!("Bearer {}", canary.text)),
        13 => headers["referer"] = json!(format!("https://a.example.com/p?x={}", canary.text)),
        14 => headers["x-correlation-id"] = json!(told),
        15 => headers["user-agent"] = json!(format!("curl/8 {told}")),
        16 => headers["x-request-id"] = json!(told),
        17 => headers["cookie"] = json!(format!("sid={}", canary.text)),
        18 => claims["name"] = json!(told),
        19 => identity["apiKey"] = json!(canary.text),
        20 => context["before"] = nested(member, depth),
        21 => context["after"] = nested(member, depth),
        22 => context["message"] = json!(format!("{} {told}", "x".repeat(depth * 30))),
        23 => context["reason"] = json!(told),
        24 => context["entity"] = json!({ "type": "config", "id": told, "name": told }),
        25 => context["parent"] = json!({ "type": told, "id": told, "name": "P" }),
        26 => response["name"] = json!(told),
        27 => response["note"] = nested(member, depth),
        28 => claims["sub"] = json!(told),
        FIELD => {
            context["after"] =
                json!({ "id": "c1", "kept": { told.as_str(): nested(json!(1), depth) } });
        }
        UNDESCRIBED => {
            path = format!("/customers/{}/notes", percent(&told));
            params["proxy"] = json!(format!("customers/{told}/notes"));
        }
        _ => {
            let encoded = percent(&told);
            path = format!("/v1/webhooks/configs/{encoded}");
            params["configId"] = json!(told);
        }
    }
    if place == 7 {
        body["note"] = nested(canary.member(name), depth);
        text = Some(STANDARD.encode(body.to_string()));
    }
    let text = text.unwrap_or_else(|| body.to_string());
    let method = if params == json!({}) { "POST" } else { "PUT" };
    let event = if is_v1 {
        let multi: serde_json::Map<String, Value> = query
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), json!([value])))
            .collect();
        json!({
            "httpMethod": method, "path": path, "resource": "/{proxy+}", "headers": headers,
            "queryStringParameters": query, "multiValueQueryStringParameters": multi,
            "pathParameters": params, "stageVariables": { "note": told },
            "requestContext": { "apiId": "a1", "stage": "prod", "requestId": "r1",
                "requestTimeEpoch": NOW_MS, "domainName": "webhooks.sls.epilot.io",
                "identity": identity, "authorizer": { "claims": claims } },
            "body": text, "isBase64Encoded": is_base64,
        })
    } else {
        json!({
            "version": "2.0", "rawPath": path, "headers": headers, "cookies": [format!("a={}", canary.text)],
            "rawQueryString": told, "queryStringParameters": query, "pathParameters": params,
            "requestContext": { "apiId": "a1", "stage": "$default", "requestId": "r1",
                "timeEpoch": NOW_MS, "domainName": "webhooks.sls.epilot.io", "identity": identity,
                "authorizer": { "jwt": { "claims": claims } },
                "http": { "method": method, "path": path, "sourceIp": "203.0.113.7" } },
            "body": text, "isBase64Encoded": is_base64,
        })
    };
    json!({ "v": 1, "event": event, "context": context,
        "response": { "status_code": 201, "body": response.to_string() } })
}

fn percent(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

fn stored(message: &Value, settings: &Settings) -> String {
    serde_json::to_string(&new_event(message, &index(), settings).event).unwrap()
}

fn strict() -> Settings {
    Settings {
        redaction: Mode::Strict,
        ..Settings::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn a_planted_secret_is_not_in_the_event(
        canary in any_canary(),
        name in secret_name(),
        place in 0..PLACES,
        depth in 0_usize..12,
        is_v1 in any::<bool>(),
    ) {
        prop_assume!(canary.kind != Kind::Card || !IDS.contains(&place));
        let message = message(&canary, name, place, depth, is_v1);
        for settings in [Settings::default(), strict()] {
            let event = stored(&message, &settings);
            prop_assert!(!canary.is_in(&event), "place {place}, {canary:?}: {event}");
        }
    }

    #[test]
    fn strict_keeps_no_word_that_is_not_marked(
        word in "[a-z]{16}",
        place in prop::sample::select(vec![
            0_usize, 1, 2, 3, 5, 6, 7, 10, 11, 14, 15, 16, 20, 21, 22, 23, UNDESCRIBED, FIELD,
        ]),
        depth in 0_usize..6,
        is_v1 in any::<bool>(),
    ) {
        let canary = Canary { text: word.clone(), drawn: word, kind: Kind::Form };
        let message = message(&canary, "note", place, depth, is_v1);
        let event = stored(&message, &strict());
        prop_assert!(!canary.is_in(&event), "place {place}: {event}");
        prop_assert!(event.contains("Orders") || matches!(place, 6 | UNDESCRIBED), "{event}");
    }
}

#[test]
fn a_header_that_the_document_marks_is_no_correlation_id() {
    let uuid = "5d3c7a1e-9f0b-4c2d-8e6f-1a2b3c4d5e6f";
    for operation in [
        json!({ "x-audit": { "redact": ["header.x-correlation-id"] } }),
        json!({ "parameters": [{ "name": "X-Correlation-Id", "in": "header",
            "schema": { "type": "string", "format": "password" } }] }),
    ] {
        let document = json!({ "openapi": "3.0.0", "paths": { "/orders": { "post": operation } } });
        let (index, problems) = Index::build(vec![Document {
            file_name: "shop.json".to_owned(),
            bytes: document.to_string().into_bytes(),
        }]);
        assert!(problems.is_empty(), "{problems:?}");
        let message = json!({ "v": 1, "event": {
            "version": "2.0", "rawPath": "/orders", "headers": { "x-correlation-id": uuid },
            "requestContext": { "apiId": "a1", "stage": "$default", "requestId": "r1", "timeEpoch": NOW_MS,
                "http": { "method": "POST", "path": "/orders" } } } });
        for settings in [Settings::default(), strict()] {
            let event = new_event(&message, &index, &settings).event;
            assert_eq!(event.correlation_id, "r1");
            let event = serde_json::to_string(&event).unwrap();
            assert!(!event.contains(uuid), "{event}");
        }
    }
}

#[test]
fn strict_keeps_the_id_of_a_trace_and_the_thing_in_its_path() {
    let canary = Canary {
        text: "onboarding".to_owned(),
        drawn: "onboarding".to_owned(),
        kind: Kind::Form,
    };
    let mut message = message(&canary, "note", 29, 0, false);
    message["event"]["headers"]["x-correlation-id"] = json!("5759e988-bd86-4e3f-a1be-46a994272793");
    let event: Value = serde_json::from_str(&stored(&message, &strict())).unwrap();
    assert_eq!(event["http"]["path"], "/v1/webhooks/configs/onboarding");
    assert_eq!(event["http"]["user_agent"], "[redacted]");
    assert_eq!(
        event["correlation_id"],
        "5759e988-bd86-4e3f-a1be-46a994272793"
    );
    // What could be a word gives way to API Gateway's own id.
    message["event"]["headers"]["x-correlation-id"] = json!("call of jane");
    let event: Value = serde_json::from_str(&stored(&message, &strict())).unwrap();
    assert_eq!(event["correlation_id"], "r1");
}

#[test]
fn strict_keeps_nothing_of_what_a_catch_all_takes() {
    let document = json!({ "openapi": "3.0.3", "info": {},
        "servers": [{ "url": "https://any.example.com" }], "paths": { "/{proxy+}": {
        "x-amazon-apigateway-any-method": { "responses": {} } } } });
    let (index, _) = Index::build(vec![Document {
        file_name: "any.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    let proxy = "customers/jane@example.org/ssn/123";
    let path = format!("/{proxy}");
    let message = json!({ "v": 1, "event": { "httpMethod": "DELETE", "path": path,
        "resource": "/{proxy+}", "pathParameters": { "proxy": proxy },
        "requestContext": { "apiId": "a1", "stage": "prod", "domainName": "any.example.com", "requestId": "r1", "requestTimeEpoch": NOW_MS } } });
    let new = new_event(&message, &index, &strict());
    let event = serde_json::to_string(&new.event).unwrap();
    assert!(new.event.described && !event.contains("jane"), "{event}");
    assert_eq!(new.event.http.path, "/[redacted]");
}

#[test]
fn a_card_number_in_a_path_is_nowhere_in_the_event() {
    let paths = json!({ "/cards/{id}": { "delete": { "responses": {} } },
        "/cards": { "delete": { "parameters": [{ "name": "id", "in": "query", "required": true }], "responses": {} } },
        "/customers/{customer_id}/numbers/{number}": { "put": { "responses": {} } } });
    let document = json!({ "openapi": "3.0.3", "info": {}, "paths": paths });
    let (index, _) = Index::build(vec![Document {
        file_name: "bank.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    let card = "4111111111111111";
    for (method, path, query) in [
        ("DELETE", format!("/cards/{card}"), json!({})),
        ("DELETE", "/cards".to_owned(), json!({ "id": card })),
        ("PUT", format!("/customers/42/numbers/{card}"), json!({})),
        ("PUT", format!("/any/cards/{card}"), json!({})),
    ] {
        let message = json!({ "v": 1, "event": { "httpMethod": method, "path": path,
            "queryStringParameters": query, "pathParameters": { "id": card },
            "requestContext": { "apiId": "a1", "stage": "prod", "requestId": "r1", "requestTimeEpoch": NOW_MS } },
            "context": { "before": { "id": if path.contains("cards") { card } else { "7" } } },
            "response": { "status_code": 200 } });
        let new = new_event(&message, &index, &Settings::default());
        let event = serde_json::to_string(&new.event).unwrap();
        assert!(!event.contains(card), "{path}: {event}");
    }
}

#[test]
fn strict_tells_of_a_response_only_what_is_kept() {
    let document = json!({ "openapi": "3.0.3", "info": {}, "paths": { "/orders": { "post": {
        "x-audit": { "activity": "{actor} ordered {response.note} as {response.state}", "keep": ["response.state"],
            "entity": { "type": "order", "id": "response.id" } },
        "responses": {} } } } });
    let (index, problems) = Index::build(vec![Document {
        file_name: "shop.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    assert!(problems.is_empty(), "{problems:?}");
    let card = "4111111111111111";
    let message = json!({ "v": 1, "event": { "httpMethod": "POST", "path": "/orders",
        "headers": { "content-type": "application/x-www-form-urlencoded" }, "body": "Hunter2x9",
        "requestContext": { "apiId": "a1", "stage": "prod", "requestId": "r1", "requestTimeEpoch": NOW_MS,
            "authorizer": { "claims": { "sub": "u-1", "name": format!("Jane {card}") } } } },
        "response": { "status_code": 201, "body": json!({ "note": "roses", "state": "open", "id": "o-1" }).to_string() } });
    for (settings, told) in [(Settings::default(), true), (strict(), false)] {
        let new = new_event(&message, &index, &settings);
        let event = serde_json::to_string(&new.event).unwrap();
        assert!(
            !event.contains("Hunter2x9") && !event.contains(card),
            "{event}"
        );
        for removed in ["request#", "caller#/name"] {
            let removed = removed.to_owned();
            assert!(new.event.redacted.contains(&removed), "{event}");
        }
        assert_eq!(new.event.entity.id, "o-1");
        let note = if told { "roses" } else { "(not given)" };
        let expected = format!("ordered {note} as open");
        assert!(new.event.activity.ends_with(&expected), "{event}");
    }
}

/// Messages with the canary that can never become an event, each for another reason.
fn poisoned(canary: &Canary) -> Vec<String> {
    let text = canary.told();
    let event =
        |context: Value| json!({ "v": 1, "event": { "body": text, "requestContext": context } });
    vec![
        text.clone(),
        format!("{{\"v\":1,\"event\":{{\"{text}"),
        format!("{{\"v\":1,\"{text}\":tru}}"),
        json!({ "v": text, "event": {} }).to_string(),
        json!({ "v": 1, "event": text }).to_string(),
        json!({ "event": { "note": text } }).to_string(),
        json!([text]).to_string(),
        event(json!({ "note": text })).to_string(),
        // Digits alone are a time there, which the reason tells.
        event(json!({ "httpMethod": "POST", "timeEpoch": format!("at {text}") })).to_string(),
        event(json!({ "httpMethod": text, "timeEpoch": i64::MAX })).to_string(),
        event(json!({ "httpMethod": text, "timeEpoch": -5 })).to_string(),
        format!("{}{text}", "[".repeat(200)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_planted_secret_is_neither_logged_nor_a_dead_letters_reason(
        canary in any_canary(),
        name in secret_name(),
        depth in 0_usize..8,
    ) {
        let log = Log::default();
        let letters = Arc::new(Kept::default());
        // Nobody listens there: what could be stored fails, and that is logged as well.
        let endpoint = Endpoint::new("http://127.0.0.1:9".to_owned());
        let credentials = Credentials { user: "w".to_owned(), password: "p".to_owned() };
        let handler = BatchHandler {
            index: index(),
            settings: Arc::new(Settings::default()),
            writer: Writer::new(&endpoint, &credentials).unwrap(),
            dead_letters: Arc::clone(&letters) as Arc<dyn DeadLetters>,
            overflow: None,
            patience: Patience::default(),
        };
        let poison = poisoned(&canary);
        let poison_count = poison.len();
        let good = (0..PLACES).map(|place| message(&canary, name, place, depth, false).to_string());
        let mut batch = SqsEvent::default();
        batch.records = poison
            .into_iter()
            .chain(good)
            .enumerate()
            .map(|(number, body)| {
                let mut record = SqsMessage::default();
                record.message_id = Some(format!("m{number}"));
                record.body = Some(body);
                record
            })
            .collect();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let report = tracing::subscriber::with_default(subscriber, || {
            runtime.block_on(handler.handle(batch, Duration::from_secs(5)))
        });
        prop_assert_eq!((report.dead.len(), report.failed.len()), (poison_count, PLACES));
        let logged = log.text();
        prop_assert!(logged.contains("dead-letter") && logged.contains("tried again"), "{logged}");
        prop_assert!(!canary.is_in(&logged), "{canary:?}: {logged}");
        let report = format!("{report:?}");
        prop_assert!(!canary.is_in(&report), "{}", report);
        for letter in letters.0.lock().unwrap().iter() {
            prop_assert!(!canary.is_in(&letter.reason), "{}", letter.reason);
        }
    }
}
