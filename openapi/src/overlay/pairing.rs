//! Which overlay belongs to which document: that of its name.

use crate::document::{Document, DocumentProblem, stem};

/// Documents with their overlays, overlays in the order of their names.
///
/// An overlay without its document is told.
pub(crate) fn pair(
    files: Vec<Document>,
    problems: &mut Vec<DocumentProblem>,
) -> Vec<(Document, Vec<Document>)> {
    let (mut overlays, documents): (Vec<Document>, Vec<Document>) = files
        .into_iter()
        .partition(|file| Document::overlaid_name(&file.file_name).is_some());
    overlays.sort_by(|one, other| one.file_name.cmp(&other.file_name));
    for overlay in &overlays {
        let name = Document::overlaid_name(&overlay.file_name).unwrap_or_default();
        if !documents
            .iter()
            .any(|document| stem(&document.file_name) == name)
        {
            problems.push(DocumentProblem::new(
                &overlay.file_name,
                "",
                format!(
                    "its document is not here; put {name}.json, {name}.yaml or {name}.yml beside it"
                ),
            ));
        }
    }
    documents
        .into_iter()
        .map(|document| {
            let name = stem(&document.file_name);
            let own = overlays
                .iter()
                .filter(|overlay| Document::overlaid_name(&overlay.file_name) == Some(name))
                .cloned()
                .collect();
            (document, own)
        })
        .collect()
}
