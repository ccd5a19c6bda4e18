//! From a file's bytes to a JSON value, with encoding, size, depth and memory checked on the way.

use std::collections::HashMap;
use std::fmt;

use daybook_event::{check_json_bounds, mend_json};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde_json::{Map, Number, Value};

use super::yaml_bounds::check_yaml_bounds;
use crate::json_pointer::{Step, escape, pointer_of};

/// The most bytes a file may have.
const FILE_BYTES_MAX: usize = 64 << 20;

/// The deepest a file may nest; `serde_json` and `serde_yaml_ng` themselves stop at 128.
pub(crate) const DEPTH_MAX: usize = 120;

/// The memory that any file's value may take, as counted by the `_BYTES` below.
const VALUE_BYTES_MIN: usize = 64 << 20;

/// How much more it may take for each byte of a JSON file, whose rows of examples (`{"x":1,"y":2}`) take 60.
const VALUE_BYTES_PER_JSON_BYTE: usize = 100;

/// The same for YAML. The densest of real documents takes 26; files made to take more, by aliases above all, are
/// refused.
const VALUE_BYTES_PER_YAML_BYTE: usize = 32;

/// The most memory that a file's value may take. A real document of 50 MB takes about half of it.
const VALUE_BYTES_MAX: usize = 1536 << 20;

/// What a value takes in an array; a text takes its length beside it.
pub(crate) const ENTRY_BYTES: usize = 32;

/// What an object that is not empty takes at least: `serde_json`'s map allocates eleven members at once.
pub(crate) const OBJECT_BYTES: usize = 640;

/// The most keys that are told to stand twice.
const DUPLICATES_TOLD_MAX: usize = 20;

/// A file, read.
#[derive(Debug)]
pub(crate) struct ReadFile {
    pub(crate) root: Value,
    /// The keys of `paths`, as the file orders them, and each one's own keys.
    pub(crate) path_keys: Vec<(String, Vec<String>)>,
    /// Whether some of them came by YAML's merge key, which `path_keys` does not know.
    pub(crate) merges_paths: bool,
    /// Pointers to members that stood there twice; the last one counts.
    duplicates: Vec<String>,
    /// Why it was read with some of its values replaced.
    mended: Option<String>,
    /// The memory that the value takes, roughly.
    pub(crate) value_bytes: usize,
}

impl ReadFile {
    /// What of the file is not read as it stands there: where, and why.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (&str, String)> {
        let twice = "the key stands here twice; the last one counts";
        let duplicates = self.duplicates.iter();
        let duplicates = duplicates.map(move |pointer| (pointer.as_str(), twice.to_owned()));
        let mended = self.mended.iter();
        duplicates.chain(mended.map(|error| ("", format!("{error}; such values are replaced"))))
    }
}

/// Reads JSON or YAML 1.2 (with 1.1's merge keys).
///
/// # Errors
/// What is wrong with the file as a whole, in one line.
pub(crate) fn read(bytes: &[u8], file_name: &str) -> Result<ReadFile, String> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(format!(
            "it has {} bytes, more than {FILE_BYTES_MAX}",
            bytes.len()
        ));
    }
    let text = decode(bytes)?;
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    if !text.trim_start().starts_with('{') {
        return read_yaml(text);
    }
    let is_json = file_name.to_ascii_lowercase().ends_with(".json");
    read_json(text).or_else(|error| {
        // A flow mapping is YAML as well: `{openapi: 3.0.0, …}`.
        let yaml = (!is_json).then(|| read_yaml(text).ok()).flatten();
        yaml.map_or_else(|| read_mended_json(text, error), Ok)
    })
}

/// JSON with a number or a text in some corner that `serde_json` does not take, which costs that corner.
fn read_mended_json(text: &str, error: String) -> Result<ReadFile, String> {
    // What nests too deep is refused, and not left out.
    let mended = check_json_bounds(text.as_bytes(), FILE_BYTES_MAX, DEPTH_MAX)
        .ok()
        .and_then(|()| mend_json(text, DEPTH_MAX));
    let Some(mended) = mended else {
        return Err(error);
    };
    Ok(ReadFile {
        mended: Some(error),
        ..read_json(&mended)?
    })
}

/// UTF-8 with or without a byte order mark (RFC 8259, section 8.1).
fn decode(bytes: &[u8]) -> Result<&str, String> {
    let is_utf_16 = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
        || matches!(bytes, [0, first, ..] | [first, 0, ..] if *first != 0);
    if is_utf_16 {
        return Err("it is UTF-16 or UTF-32; save it as UTF-8".to_owned());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| format!("it is not UTF-8: {error}"))
}

fn read_json(text: &str) -> Result<ReadFile, String> {
    check_json_bounds(text.as_bytes(), FILE_BYTES_MAX, DEPTH_MAX)
        .map_err(|error| error.to_string())?;
    let mut state = State::of(text, VALUE_BYTES_PER_JSON_BYTE);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let root = state
        .seed()
        .deserialize(&mut deserializer)
        .and_then(|root| deserializer.end().map(|()| root))
        .map_err(|error| {
            state
                .refused
                .take()
                .unwrap_or_else(|| format!("it is not JSON: {error}"))
        })?;
    Ok(state.into_file(root))
}

fn read_yaml(text: &str) -> Result<ReadFile, String> {
    check_yaml_bounds(text)?;
    let mut state = State {
        is_yaml: true,
        ..State::of(text, VALUE_BYTES_PER_YAML_BYTE)
    };
    let root = state
        .seed()
        .deserialize(serde_yaml_ng::Deserializer::from_str(text))
        .map_err(|error| {
            if let Some(refused) = state.refused.take() {
                return refused;
            }
            let tab = text.lines().position(|line| {
                line.trim_start_matches(' ').starts_with('\t') && !line.trim().is_empty()
            });
            let hint = tab.map_or(String::new(), |line| {
                format!(
                    "; line {} is indented with a tab, YAML takes spaces only",
                    line + 1
                )
            });
            format!("it is neither JSON nor YAML: {error}{hint}")
        })?;
    Ok(state.into_file(root))
}

/// What is known on the way through a file.
#[derive(Default)]
struct State {
    is_yaml: bool,
    value_bytes: usize,
    value_bytes_max: usize,
    /// Where the reader is.
    place: Vec<Step>,
    path_keys: Vec<(String, Vec<String>)>,
    path_positions: HashMap<String, usize>,
    /// Which path the reader is in, as an index of `path_keys`.
    path: usize,
    merges_paths: bool,
    duplicates: Vec<String>,
    /// Which of our own bounds the file broke.
    refused: Option<String>,
}

/// Reads one value; serde hands it on to the next one.
struct ValueSeed<'s>(&'s mut State);

impl State {
    fn of(text: &str, bytes_per_byte: usize) -> Self {
        let value_bytes_max = VALUE_BYTES_MIN + bytes_per_byte * text.len();
        Self {
            value_bytes_max: value_bytes_max.min(VALUE_BYTES_MAX),
            ..Self::default()
        }
    }

    fn seed(&mut self) -> ValueSeed<'_> {
        ValueSeed(self)
    }

    fn into_file(self, root: Value) -> ReadFile {
        ReadFile {
            root,
            path_keys: self.path_keys,
            merges_paths: self.merges_paths,
            duplicates: self.duplicates,
            mended: None,
            value_bytes: self.value_bytes,
        }
    }

    fn take<E: Error>(&mut self, bytes: usize) -> Result<(), E> {
        self.value_bytes += bytes;
        if self.value_bytes > self.value_bytes_max {
            return Err(self.refuse(
                "it has more values than fit into the memory that a document may take".to_owned(),
            ));
        }
        Ok(())
    }

    fn enter<E: Error>(&mut self, step: Step) -> Result<(), E> {
        self.place.push(step);
        if self.place.len() > DEPTH_MAX {
            return Err(self.refuse(format!("it nests deeper than {DEPTH_MAX} levels")));
        }
        Ok(())
    }

    fn refuse<E: Error>(&mut self, message: String) -> E {
        let error = E::custom(&message);
        self.refused = Some(message);
        error
    }

    fn is_key(&self, depth: usize, key: &str) -> bool {
        matches!(self.place.get(depth), Some(Step::Key(known)) if known == key)
    }

    /// Remembers the order of `paths`, which the sorted map forgets. A path that stands there again
    /// keeps its place and loses its keys, as the map does.
    fn note_order(&mut self, key: &str, is_new: bool) {
        if !self.is_key(0, "paths") {
            return;
        }
        match self.place.len() {
            1 if is_new => {
                self.path = self.path_keys.len();
                self.path_positions.insert(key.to_owned(), self.path);
                self.path_keys.push((key.to_owned(), Vec::new()));
            }
            1 => {
                self.path = self.path_positions.get(key).copied().unwrap_or_default();
                if let Some((_, keys)) = self.path_keys.get_mut(self.path) {
                    keys.clear();
                }
            }
            2 if is_new => {
                if let Some((_, keys)) = self.path_keys.get_mut(self.path) {
                    keys.push(key.to_owned());
                }
            }
            _ => {}
        }
    }

    fn note_duplicate(&mut self, key: &str) {
        if self.duplicates.len() >= DUPLICATES_TOLD_MAX {
            return;
        }
        let holder = pointer_of(&self.place);
        self.duplicates.push(format!("{holder}/{}", escape(key)));
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON or YAML value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.0.take(ENTRY_BYTES)?;
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        self.0.take(ENTRY_BYTES)?;
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        self.0.take(ENTRY_BYTES)?;
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        self.0.take(ENTRY_BYTES)?;
        Ok(Value::Number(number.into()))
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        self.0.take(ENTRY_BYTES)?;
        // YAML's .nan and .inf have no JSON number.
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.0.take(ENTRY_BYTES + text.len())?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        self.0.take(ENTRY_BYTES + text.len())?;
        Ok(Value::String(text))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Value, S::Error> {
        self.0.take(ENTRY_BYTES)?;
        let mut items = Vec::new();
        self.0.enter(Step::Position(0))?;
        while let Some(item) = sequence.next_element_seed(self.0.seed())? {
            items.push(item);
            if let Some(Step::Position(position)) = self.0.place.last_mut() {
                *position += 1;
            }
        }
        self.0.place.pop();
        Ok(Value::Array(items))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Value, M::Error> {
        let state = self.0;
        state.take(ENTRY_BYTES)?;
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            state.take(if members.is_empty() {
                OBJECT_BYTES
            } else {
                ENTRY_BYTES
            })?;
            state.take(ENTRY_BYTES + key.len())?;
            let is_new = !members.contains_key(&key);
            state.note_order(&key, is_new);
            if !is_new {
                state.note_duplicate(&key);
            }
            state.enter(Step::Key(key))?;
            let value = map.next_value_seed(state.seed())?;
            if let Some(Step::Key(key)) = state.place.pop() {
                members.insert(key, value);
            }
        }
        if state.is_yaml
            && let Some(merged) = members.remove("<<")
        {
            let is_of_paths = state.place.is_empty() || state.is_key(0, "paths");
            state.merges_paths |= is_of_paths && state.place.len() <= 2;
            merge_keys(&mut members, merged);
        }
        Ok(Value::Object(members))
    }

    /// A YAML tag (`!Ref x`) says nothing about a document: what it stands at counts.
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Value, A::Error> {
        let (_, variant) = tagged.variant::<String>()?;
        variant.newtype_variant_seed(self)
    }
}

/// YAML 1.1's merge key, which many hand-written documents use: `<<: *common`.
fn merge_keys(members: &mut Map<String, Value>, merged: Value) {
    let sources = match merged {
        Value::Array(sources) => sources,
        one => vec![one],
    };
    for source in sources {
        if let Value::Object(source) = source {
            for (key, value) in source {
                members.entry(key).or_insert(value);
            }
        }
    }
}
