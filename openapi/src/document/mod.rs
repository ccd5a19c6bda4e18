//! A document: its file, what can be wrong with it, and its value once overlays are applied.

pub(crate) mod corners;
mod problems;
mod reader;
mod yaml_bounds;

use std::collections::HashSet;
use std::fmt;

use serde_json::{Number, Value};
use sha2::{Digest, Sha256};

use crate::overlay::{self, Origins};
pub(crate) use problems::Problems;
pub(crate) use reader::{DEPTH_MAX, ENTRY_BYTES, OBJECT_BYTES, ReadFile, read};

/// A file of a folder of documents: an OpenAPI 3.0 or 3.1 document, or an overlay beside one, JSON or
/// YAML.
///
/// A file called `NAME.overlay.yaml` (or `.yml`, `.json`) is an OpenAPI Overlay 1.0 for the document
/// called `NAME.json`, `NAME.yaml` or `NAME.yml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The file's base name with its extension: `workflows.json`.
    pub file_name: String,
    /// What is in the file.
    pub bytes: Vec<u8>,
}

impl Document {
    /// The name of the document that a file overlays, without extension: `shop` for
    /// `shop.overlay.yaml`; `None` where the file is no overlay by its name.
    pub fn overlaid_name(file_name: &str) -> Option<&str> {
        if !Self::has_extension(file_name) {
            return None;
        }
        let (name, overlay) = stem(file_name).rsplit_once('.')?;
        (overlay.eq_ignore_ascii_case("overlay") && !name.is_empty()).then_some(name)
    }

    /// Whether a file is an overlay of a document: `shop.overlay.yaml` of `shop.json`.
    pub fn is_overlay_of(file_name: &str, document_name: &str) -> bool {
        Self::overlaid_name(document_name).is_none()
            && Self::overlaid_name(file_name) == Some(stem(document_name))
    }

    /// Whether a file is called as documents and overlays are, `shop.json` or `shop.YAML`.
    pub fn has_extension(file_name: &str) -> bool {
        file_name.rsplit_once('.').is_some_and(|(name, extension)| {
            let mut known = EXTENSIONS.iter();
            !name.is_empty() && known.any(|known| extension.eq_ignore_ascii_case(known))
        })
    }
}

/// The extensions of documents and overlays.
const EXTENSIONS: &[&str] = &["json", "yaml", "yml"];

/// A file name without its extension.
pub(crate) fn stem(file_name: &str) -> &str {
    file_name
        .rsplit_once('.')
        .map_or(file_name, |(stem, _)| stem)
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
    /// The file's name: the document's or an overlay's.
    pub file_name: String,
    /// Where in the file, as a JSON pointer; empty for the whole.
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

    /// Whether something that an overlay says was not done.
    pub fn is_overlays_error(&self) -> bool {
        self.severity == Severity::Error && Document::overlaid_name(&self.file_name).is_some()
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

/// A document that was understood as OpenAPI 3, with its overlays applied.
pub(crate) struct ParsedDocument {
    pub(crate) file_name: String,
    pub(crate) root: Value,
    /// The keys of `paths`, as the document orders them, and each one's own keys; what an overlay
    /// added comes last.
    pub(crate) path_keys: Vec<(String, Vec<String>)>,
    /// The first 16 hexadecimal digits of the SHA-256 of the bytes of the document and its overlays.
    pub(crate) spec_version: String,
    /// Which part of the value is whose.
    pub(crate) origins: Origins,
}

impl ParsedDocument {
    /// Reads a document and applies its overlays in order. What cannot be used of an overlay is left
    /// out and told to `problems`.
    ///
    /// # Errors
    /// Why the document is not read at all.
    pub(crate) fn parse(
        document: &Document,
        overlays: &[Document],
        problems: &mut Vec<DocumentProblem>,
    ) -> Result<Self, DocumentProblem> {
        let file_name = &document.file_name;
        let problem = |message: String| DocumentProblem::new(file_name, "", message);
        let mut file = read(&document.bytes, file_name).map_err(problem)?;
        check_version(&file.root).map_err(problem)?;
        let faults = file.faults();
        problems.extend(faults.map(|(at, why)| DocumentProblem::new(file_name, at, why)));
        if is_to_come(&file.root) {
            problems.push(DocumentProblem::warning(
                file_name,
                "/openapi",
                "it is newer than OpenAPI 3.1 and read as that",
            ));
        }
        let mut origins = Origins::default();
        for overlay in overlays {
            overlay::apply(overlay, &mut file, &mut origins, problems);
        }
        if !overlays.is_empty() || file.merges_paths {
            reorder_paths(&mut file);
        }
        if !overlays.is_empty() {
            check_version(&file.root).map_err(problem)?;
        }
        Ok(Self {
            file_name: document.file_name.clone(),
            root: file.root,
            path_keys: file.path_keys,
            spec_version: spec_version(document, overlays),
            origins,
        })
    }
}

/// Brings the order of paths up to what overlays and merge keys made of them.
fn reorder_paths(file: &mut ReadFile) {
    let mut order = std::mem::take(&mut file.path_keys);
    let Some(Value::Object(paths)) = file.root.get("paths") else {
        return;
    };
    order.retain(|(path, _)| paths.contains_key(path));
    let known: HashSet<String> = order.iter().map(|(path, _)| path.clone()).collect();
    let added = paths.keys().filter(|path| !known.contains(*path));
    order.extend(added.map(|path| (path.clone(), Vec::new())));
    for (path, keys) in &mut order {
        let Some(Value::Object(members)) = paths.get(path) else {
            keys.clear();
            continue;
        };
        keys.retain(|key| members.contains_key(key));
        let known: HashSet<&String> = keys.iter().collect();
        let added = members.keys().filter(|key| !known.contains(key));
        let added: Vec<String> = added.cloned().collect();
        keys.extend(added);
    }
    file.path_keys = order;
}

/// The hash of a document, and of its overlays where it has some.
fn spec_version(document: &Document, overlays: &[Document]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(&document.bytes);
    for overlay in overlays {
        // The length keeps a byte from wandering between two files unseen.
        hasher.update(
            u64::try_from(overlay.bytes.len())
                .unwrap_or(u64::MAX)
                .to_be_bytes(),
        );
        hasher.update(&overlay.bytes);
    }
    let start = hasher
        .finalize()
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
        Some(Value::String(version)) if version == "3" || version.starts_with("3.") => Ok(()),
        Some(Value::Number(version)) if is_three(version) => Ok(()),
        Some(version) => Err(format!(
            "OpenAPI {} is not known; 3.0 and 3.1 are",
            short_text(version)
        )),
        None if root.get("overlay").is_some() => Err(
            "it is an overlay; it goes beside its document NAME.yaml as NAME.overlay.yaml"
                .to_owned(),
        ),
        None => Err("it is not an OpenAPI document: it has no `openapi` version".to_owned()),
    }
}

/// Whether a document's version, which is some 3, is a later one than 3.1.
fn is_to_come(root: &Value) -> bool {
    !matches!(version_text(root).split('.').nth(1), None | Some("0" | "1"))
}

/// Whether a document is of OpenAPI 3.0, which is the older one of those that are read.
pub(crate) fn is_of_3_0(root: &Value) -> bool {
    let version = version_text(root);
    version == "3" || version.starts_with("3.0")
}

/// A document's version, as it is written: without quotes YAML reads a number.
fn version_text(root: &Value) -> String {
    match &root["openapi"] {
        Value::String(version) => version.clone(),
        version => version.to_string(),
    }
}

/// `openapi: 3.1`, as YAML reads it without quotes.
fn is_three(version: &Number) -> bool {
    version
        .as_f64()
        .is_some_and(|version| (3.0..4.0).contains(&version))
}

pub(crate) fn short_text(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    text.chars().take(20).collect()
}
