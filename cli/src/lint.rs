//! `daybook lint`: what is in doubt about documents, and what would settle it.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::bail;
use daybook_normalizer::context::{build_index, load_compiled, read_documents};
use daybook_normalizer::settings::Settings;
use daybook_openapi::lint::{self, Summary, TextStyle};
use serde::Serialize;

use crate::arguments::{LintFormat, LintOptions};
use crate::terminal;

pub(crate) fn lint(options: &LintOptions) -> anyhow::Result<bool> {
    if load_compiled(&options.specs)?.is_some() {
        bail!(
            "{} is a compiled index, which has no problems of documents in it; lint the documents",
            options.specs.display()
        );
    }
    let (documents, mut problems) = read_documents(&options.specs)?;
    let settings = Settings::from_env(|name| std::env::var(name).ok())?;
    let (index, of_documents) = build_index(documents.clone(), &settings);
    problems.extend(of_documents);
    let report = lint::lint(&index, &problems, &documents);
    let summary = report.summary(options.min);
    let mut out = BufWriter::new(std::io::stdout().lock());
    match options.format {
        LintFormat::Text => {
            let style = TextStyle {
                width: terminal::width(),
                colour: terminal::has_colours(),
            };
            out.write_all(lint::text(&report, options.min, style).as_bytes())?;
        }
        LintFormat::Json => {
            for finding in &report.findings {
                serde_json::to_writer(&mut out, finding)?;
                out.write_all(b"\n")?;
            }
            serde_json::to_writer(&mut out, &LastLine { summary: &summary })?;
            out.write_all(b"\n")?;
        }
        LintFormat::Sarif => {
            let log = lint::sarif(&report, &folder_of(&options.specs));
            serde_json::to_writer_pretty(&mut out, &log)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    Ok(summary.passed)
}

/// The line behind the findings.
#[derive(Serialize)]
struct LastLine<'a> {
    summary: &'a Summary,
}

/// What stands in front of a document's file name in a URI: relative where the path is, so that a
/// code host finds the file in the repository.
fn folder_of(specs: &Path) -> String {
    let folder = if specs.is_dir() {
        specs
    } else {
        specs.parent().unwrap_or(Path::new(""))
    };
    let mut parts: Vec<String> = Vec::new();
    let mut root = "";
    for component in folder.components() {
        match component {
            std::path::Component::CurDir => {}
            std::path::Component::RootDir => root = "/",
            other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    match (root, parts.join("/")) {
        ("", folder) if folder.is_empty() => folder,
        ("", folder) => format!("{folder}/"),
        (root, folder) => format!("file://{root}{folder}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_named_as_the_command_line_names_it() {
        for (specs, folder) in [
            ("docs/api.yaml", "docs/"),
            ("./docs/api.yaml", "docs/"),
            ("api.yaml", ""),
            ("../x/api.yaml", "../x/"),
            ("/srv/docs/api.yaml", "file:///srv/docs/"),
        ] {
            assert_eq!(folder_of(Path::new(specs)), folder, "{specs}");
        }
    }
}
