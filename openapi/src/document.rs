//! A document: from bytes to a JSON value, with every bound checked first.

use std::collections::BTreeMap;
use std::fmt;

use daybook_event::check_json_bounds;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The most bytes a document may have.
const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// The deepest a document may nest; `serde_json` itself stops at 128.
const DOCUMENT_DEPTH_MAX: usize = 120;

/// The most brackets that may be open at once in a YAML document.
const YAML_FLOW_DEPTH_MAX: usize = 1_000;

/// An OpenAPI 3.0 or 3.1 document, JSON or YAML, as its file holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The file's base name with its extension: `workflows.json`.
    pub file_name: String,
    /// What is in the file.
    pub bytes: Vec<u8>,
}

/// How much a problem matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It may be meant so: everything that was said was done.
    Warning,
    /// Something that was said was not done.
    Error,
}

/// Something in a document that could not be used; everything else in it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentProblem {
    /// The document's file name.
    pub file_name: String,
    /// Where in the document, as a JSON pointer; empty for the whole.
    pub pointer: String,
    /// What is wrong and what can be done, lower case, without a full stop.
    pub message: String,
    /// How much it matters.
    pub severity: Severity,
}

impl DocumentProblem {
    pub(crate) fn new(file_name: &str, pointer: &str, message: impl Into<String>) -> Self {
        Self {
            file_name: file_name.to_owned(),
            pointer: pointer.to_owned(),
            message: message.into(),
            severity: Severity::Error,
        }
    }

    pub(crate) fn warning(file_name: &str, pointer: &str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::new(file_name, pointer, message)
        }
    }
}

impl fmt::Display for DocumentProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = format!("{}#{}: {}", self.file_name, self.pointer, self.message);
        for character in line.chars().filter(|character| !character.is_control()) {
            fmt::Write::write_char(formatter, character)?;
        }
        Ok(())
    }
}

impl std::error::Error for DocumentProblem {}

/// A document that was understood as OpenAPI 3.
pub(crate) struct ParsedDocument {
    pub(crate) file_name: String,
    pub(crate) root: Value,
    /// The keys of `paths`, as the document orders them, and each one's own keys.
    pub(crate) path_keys: Vec<(String, Vec<String>)>,
    /// The first 16 hexadecimal digits of the SHA-256 of the bytes.
    pub(crate) spec_version: String,
}

impl ParsedDocument {
    pub(crate) fn parse(document: &Document) -> Result<Self, DocumentProblem> {
        let problem = |message: String| DocumentProblem::new(&document.file_name, "", message);
        let bytes = document
            .bytes
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&document.bytes);
        if bytes.len() > DOCUMENT_BYTES_MAX {
            return Err(problem(format!(
                "it has {} bytes, more than {DOCUMENT_BYTES_MAX}",
                bytes.len()
            )));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| problem(format!("it is not UTF-8: {error}")))?;
        let is_json = text.trim_start().starts_with('{');
        let root: Value = if is_json {
            check_json_bounds(bytes, DOCUMENT_BYTES_MAX, DOCUMENT_DEPTH_MAX)
                .map_err(|error| problem(error.to_string()))?;
            serde_json::from_str(text)
                .map_err(|error| problem(format!("it is not JSON: {error}")))?
        } else {
            check_flow_depth(text).map_err(problem)?;
            serde_yaml_ng::from_str(text)
                .map_err(|error| problem(format!("it is neither JSON nor YAML: {error}")))?
        };
        check_version(&root).map_err(problem)?;
        let order: PathOrder = if is_json {
            serde_json::from_str(text).unwrap_or_default()
        } else {
            serde_yaml_ng::from_str(text).unwrap_or_default()
        };
        Ok(Self {
            file_name: document.file_name.clone(),
            root,
            path_keys: order.0,
            spec_version: short_hash(&document.bytes),
        })
    }
}

/// YAML's parser needs time in the square of the depth of brackets. Brackets in texts count as well,
/// which no document notices at this bound.
fn check_flow_depth(text: &str) -> Result<(), String> {
    let mut depth = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > YAML_FLOW_DEPTH_MAX {
            return Err(format!("it nests deeper than {YAML_FLOW_DEPTH_MAX} levels"));
        }
    }
    Ok(())
}

/// The first 16 hexadecimal digits of the SHA-256.
fn short_hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let start = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("{start:016x}")
}

/// OpenAPI 3.x passes; anything else is refused with the way out.
fn check_version(root: &Value) -> Result<(), String> {
    if !root.is_object() {
        return Err("it is not an OpenAPI document: its root is no object".to_owned());
    }
    if let Some(version) = root.get("swagger") {
        return Err(format!(
            "it is Swagger {}; convert it to OpenAPI 3 first, for example with `npx swagger2openapi --outfile openapi.json FILE`",
            short_text(version)
        ));
    }
    match root.get("openapi") {
        Some(Value::String(version)) if version.starts_with("3.") => Ok(()),
        Some(Value::Number(version)) if version.to_string().starts_with('3') => Ok(()),
        Some(version) => Err(format!(
            "OpenAPI {} is not known; 3.0 and 3.1 are",
            short_text(version)
        )),
        None => Err("it is not an OpenAPI document: it has no `openapi` version".to_owned()),
    }
}

fn short_text(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    text.chars().take(20).collect()
}

/// The keys of `paths` in document order, which a sorted map forgets.
#[derive(Default)]
struct PathOrder(Vec<(String, Vec<String>)>);

impl<'de> Deserialize<'de> for PathOrder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut root: KeyedBy<PathsOnly> = KeyedBy::deserialize(deserializer)?;
        let paths = root.0.pop().map(|(_, paths)| paths.0).unwrap_or_default();
        Ok(Self(paths))
    }
}

/// What a map holds under the keys that are kept, in order.
struct KeyedBy<K: Kept>(Vec<(String, K)>);

/// Which keys of a map are kept and what is read under them.
trait Kept: Sized {
    fn is_kept(key: &str) -> bool;
    fn read<'de, M: MapAccess<'de>>(map: &mut M) -> Result<Self, M::Error>;
}

/// Under the root: `paths`.
struct PathsOnly(Vec<(String, Vec<String>)>);

impl Kept for PathsOnly {
    fn is_kept(key: &str) -> bool {
        key == "paths"
    }

    fn read<'de, M: MapAccess<'de>>(map: &mut M) -> Result<Self, M::Error> {
        let paths: KeyedBy<PathItemKeys> = map.next_value()?;
        Ok(Self(
            paths
                .0
                .into_iter()
                .map(|(path, keys)| (path, keys.0))
                .collect(),
        ))
    }
}

/// Under `paths`: each path item's keys.
struct PathItemKeys(Vec<String>);

impl Kept for PathItemKeys {
    fn is_kept(_: &str) -> bool {
        true
    }

    fn read<'de, M: MapAccess<'de>>(map: &mut M) -> Result<Self, M::Error> {
        let keys: KeyedBy<Nothing> = map.next_value()?;
        Ok(Self(keys.0.into_iter().map(|(key, Nothing)| key).collect()))
    }
}

/// Below a path item's keys: not looked at.
struct Nothing;

impl Kept for Nothing {
    fn is_kept(_: &str) -> bool {
        true
    }

    fn read<'de, M: MapAccess<'de>>(map: &mut M) -> Result<Self, M::Error> {
        map.next_value::<IgnoredAny>()?;
        Ok(Self)
    }
}

impl<'de, K: Kept> Deserialize<'de> for KeyedBy<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys<K>(std::marker::PhantomData<K>);

        impl<'de, K: Kept> Visitor<'de> for Keys<K> {
            type Value = KeyedBy<K>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("anything")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut kept = BTreeMap::new();
                let mut order = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if !K::is_kept(&key) {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    let value = K::read(&mut map)?;
                    if kept.insert(key.clone(), value).is_none() {
                        order.push(key);
                    }
                }
                let pairs = order
                    .into_iter()
                    .filter_map(|key| kept.remove(&key).map(|value| (key, value)))
                    .collect();
                Ok(KeyedBy(pairs))
            }

            fn visit_seq<S: serde::de::SeqAccess<'de>>(
                self,
                mut sequence: S,
            ) -> Result<Self::Value, S::Error> {
                while sequence.next_element::<IgnoredAny>()?.is_some() {}
                Ok(KeyedBy(Vec::new()))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(KeyedBy(Vec::new()))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(KeyedBy(Vec::new()))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(KeyedBy(Vec::new()))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(KeyedBy(Vec::new()))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(KeyedBy(Vec::new()))
            }

            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(KeyedBy(Vec::new()))
            }
        }

        deserializer.deserialize_any(Keys(std::marker::PhantomData))
    }
}
