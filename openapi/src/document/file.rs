//! A file of a folder of documents, and what its name says.

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
