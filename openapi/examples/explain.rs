//! Explains every operation of the documents named on the command line, as JSON lines.
#![allow(clippy::print_stdout, clippy::print_stderr)] // an example's answer is what it prints

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use daybook_openapi::{Document, Index, explain};

fn main() -> Result<()> {
    let mut documents = Vec::new();
    for argument in std::env::args_os().skip(1).map(PathBuf::from) {
        for path in files(&argument)? {
            let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            let file_name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            documents.push(Document { file_name, bytes });
        }
    }
    let (index, problems) = Index::build(documents);
    for problem in problems {
        eprintln!("{problem}");
    }
    for operation in index.operations() {
        println!("{}", serde_json::to_string(&explain(operation))?);
    }
    Ok(())
}

/// The file itself, or the documents in a folder, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found: Vec<PathBuf> = fs::read_dir(path)
        .with_context(|| format!("reading {}", path.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension().is_some_and(|extension| {
                extension == "json" || extension == "yaml" || extension == "yml"
            })
        })
        .collect();
    found.sort();
    Ok(found)
}
