//! What is done with any bytes as a queue message, by the fuzz target and by the test that replays its
//! corpus.

use std::sync::OnceLock;

use daybook_normalizer::message::decode;
use daybook_normalizer::normalize::{Normalized, normalize};
use daybook_normalizer::settings::Settings;
use daybook_openapi::{Document, Index};
use jiff::Timestamp;

/// 22 November 2026, shortly after the corpus's events.
const NOW_SECONDS: i64 = 1_795_379_700;

/// Decodes and normalizes the bytes against a document that has something of everything.
pub(crate) fn read_event(bytes: &[u8]) {
    static INDEX: OnceLock<Index> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let document = Document {
            file_name: "shop.yaml".to_owned(),
            bytes: include_bytes!("shop.yaml").to_vec(),
        };
        let (index, problems) = Index::build(vec![document]);
        assert!(problems.is_empty(), "{problems:?}");
        index
    });
    let Ok(now) = Timestamp::from_second(NOW_SECONDS) else {
        return;
    };
    let Ok(message) = std::str::from_utf8(bytes)
        .map_err(|_| ())
        .and_then(|text| decode(text).map_err(|_| ()))
    else {
        return;
    };
    let settings = Settings::default();
    if let Ok(Normalized::Event(new)) = normalize(&message, index, &settings, now) {
        let event = new.event;
        assert!(event.activity.chars().count() <= 300, "{}", event.activity);
        assert!(!event.activity.chars().any(char::is_control));
        assert!(!matches!(event.http.method.as_str(), "HEAD" | "OPTIONS"));
    }
}
