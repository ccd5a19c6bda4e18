//! `daybook compile`: one file of documents, which a Lambda loads in their place.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use daybook_normalizer::context::{build_index, check_overlays, load_compiled, read_documents};
use daybook_normalizer::settings::Settings;

use crate::arguments::CompileOptions;
use crate::document_problems;

pub(crate) fn compile(options: &CompileOptions) -> anyhow::Result<bool> {
    if load_compiled(&options.specs)?.is_some() {
        bail!("{} is compiled already", options.specs.display());
    }
    let (documents, mut problems) = read_documents(&options.specs)?;
    let settings = Settings::from_env(|name| std::env::var(name).ok())?;
    let (index, of_documents) = build_index(documents, &settings);
    problems.extend(of_documents);
    let is_all_read = document_problems::tell(&problems)?;
    // Whoever loads the file sees no overlays any more.
    check_overlays(&problems)?;
    let compiled = index.compile()?;
    write_whole(&options.output, &compiled)
        .with_context(|| format!("{} cannot be written", options.output.display()))?;
    writeln!(
        std::io::stderr(),
        "{}: {} operation(s) of {} document(s), {} bytes",
        options.output.display(),
        index.operations().count(),
        index.services().count(),
        compiled.len()
    )?;
    Ok(is_all_read)
}

/// Writes a file beside the one that is wanted and puts it in its place, so that nobody reads a half.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| std::io::Error::other("it is no file"))?;
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.part", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = File::create(&beside)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // It may not be there at all.
        let _ = fs::remove_file(&beside);
    }
    written
}
