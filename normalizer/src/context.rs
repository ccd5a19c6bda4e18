//! The cold start: documents, settings and clients, read once from the environment.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_config::timeout::TimeoutConfig;
use daybook_aws_access::AwsAccess;
use daybook_openapi::{Document, DocumentProblem, Index, Severity};
use daybook_overflow::OverflowBucket;
use daybook_store::{Credentials, Endpoint, ErasureKey, Writer};

use crate::dead_letter::SqsDeadLetters;
use crate::handler::{BatchHandler, Patience};
use crate::settings::Settings;

/// A folder of documents is a handful of files; one with more is a mistake.
const DOCUMENTS_MAX: usize = 2_000;
/// No real document is larger.
const DOCUMENT_BYTES_MAX: u64 = 50 << 20;
/// As much of a file as tells whether it is a compiled index.
const COMPILED_PREFIX_BYTES: u64 = 16;
/// More than any compiled index has that is loaded.
const COMPILED_BYTES_MAX: u64 = 300 << 20;

/// Until an answer begins; a long poll of SQS takes 20 seconds. One that begins and stalls is the SDK's own to end.
const SQS_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Makes the Lambda's handler from environment variables: `DAYBOOK_SPECS` (a folder of
/// documents, a document or a compiled index),
/// `DAYBOOK_CLICKHOUSE_URL`, `DAYBOOK_CLICKHOUSE_DATABASE`, `DAYBOOK_CLICKHOUSE_USER`,
/// `DAYBOOK_CLICKHOUSE_PASSWORD`, `DAYBOOK_DEAD_LETTER_QUEUE_URL`, `DAYBOOK_ERASURE_KEY` (where persons
/// are erased), those of [`Settings`], and, where services keep large messages in S3,
/// `DAYBOOK_OVERFLOW_BUCKET`.
///
/// # Errors
/// Names the variable that is missing or wrong, or the overlay that cannot be applied, in one line.
pub async fn handler_from_env(
    variable: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<BatchHandler> {
    let some = |name: &str| variable(name).filter(|value| !value.is_empty());
    let need = |name: &str| some(name).with_context(|| format!("{name} is not set"));
    let settings = Settings::from_env(&variable)?;
    let (index, problems) = read_index(Path::new(&need("DAYBOOK_SPECS")?), &settings)?;
    for problem in &problems {
        match problem.severity {
            Severity::Error => tracing::error!(%problem, "a document is not understood in full"),
            Severity::Warning => tracing::warn!(%problem, "a document may not be meant so"),
        }
    }
    check_overlays(&problems)?;
    let mut endpoint = Endpoint::new(need("DAYBOOK_CLICKHOUSE_URL")?);
    if let Some(database) = some("DAYBOOK_CLICKHOUSE_DATABASE") {
        endpoint.database = database;
    }
    let credentials = Credentials {
        user: need("DAYBOOK_CLICKHOUSE_USER")?,
        password: need("DAYBOOK_CLICKHOUSE_PASSWORD")?,
    };
    let queue_url = need("DAYBOOK_DEAD_LETTER_QUEUE_URL")?;
    let mut writer = Writer::new(&endpoint, &credentials)?;
    if let Some(secret) = some("DAYBOOK_ERASURE_KEY") {
        writer = writer.with_erasure_key(ErasureKey::new(&secret)?);
    }
    Ok(BatchHandler {
        index: Arc::new(index),
        settings: Arc::new(settings),
        writer,
        dead_letters: Arc::new(SqsDeadLetters::new(sqs_client().await, queue_url)),
        overflow: overflow_bucket(&variable)?,
        patience: Patience::default(),
    })
}

/// Refuses overlays that were not understood in full: they may mark as secret what would be stored for good
/// without them, and while nothing starts, messages wait in their queue.
///
/// # Errors
/// The first of them, in one line.
pub fn check_overlays(problems: &[DocumentProblem]) -> anyhow::Result<()> {
    match problems.iter().find(|problem| problem.is_overlays_error()) {
        Some(problem) => bail!("an overlay is not applied in full: {problem}"),
        None => Ok(()),
    }
}

/// The bucket of `DAYBOOK_OVERFLOW_BUCKET`; none where it is not set.
///
/// # Errors
/// Where S3 has no buckets of such names.
pub fn overflow_bucket(
    variable: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<Option<Arc<OverflowBucket>>> {
    let name = variable("DAYBOOK_OVERFLOW_BUCKET").unwrap_or_default();
    if name.trim().is_empty() {
        return Ok(None);
    }
    let bucket = OverflowBucket::with_access(name.trim(), AwsAccess::from_default_chain());
    anyhow::ensure!(
        bucket.has_valid_name(),
        "DAYBOOK_OVERFLOW_BUCKET is not the name of an S3 bucket"
    );
    Ok(Some(Arc::new(bucket)))
}

/// An SQS client as the environment configures it (region, credentials, `AWS_ENDPOINT_URL`).
pub async fn sqs_client() -> aws_sdk_sqs::Client {
    use aws_smithy_http_client::{Builder, tls};
    let http_client = Builder::new()
        .tls_provider(tls::Provider::Rustls(
            tls::rustls_provider::CryptoMode::Ring,
        ))
        .build_https();
    // A connection that died without a word is found dead: nothing else would end the wait for its answer.
    let timeouts = TimeoutConfig::builder()
        .read_timeout(SQS_READ_TIMEOUT)
        .build();
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(http_client)
        .timeout_config(timeouts)
        .load()
        .await;
    aws_sdk_sqs::Client::new(&config)
}

/// The index of documents, or of a file that `daybook compile` wrote, with the operator's map of
/// domains to services.
///
/// # Errors
/// As [`read_documents`] and [`load_compiled`].
pub fn read_index(
    path: &Path,
    settings: &Settings,
) -> anyhow::Result<(Index, Vec<DocumentProblem>)> {
    if let Some(index) = load_compiled(path)? {
        let index = index.with_service_map(settings.services.clone());
        let doubts = index.doubts_of_service_map();
        return Ok((index, doubts));
    }
    let (documents, mut problems) = read_documents(path)?;
    let (index, of_documents) = build_index(documents, settings);
    problems.extend(of_documents);
    Ok((index, problems))
}

/// Loads a compiled index; `None` where the path is that of documents.
///
/// # Errors
/// Where it cannot be read, is damaged, or is another version's.
pub fn load_compiled(path: &Path) -> anyhow::Result<Option<Index>> {
    if !path.is_file() {
        return Ok(None);
    }
    let context = || format!("{} cannot be read", path.display());
    let mut file = File::open(path).with_context(context)?;
    let mut bytes = Vec::new();
    file.by_ref()
        .take(COMPILED_PREFIX_BYTES)
        .read_to_end(&mut bytes)
        .with_context(context)?;
    if !Index::is_compiled(&bytes) {
        return Ok(None);
    }
    file.take(COMPILED_BYTES_MAX)
        .read_to_end(&mut bytes)
        .with_context(context)?;
    let index = Index::load(&bytes).with_context(|| path.display().to_string())?;
    Ok(Some(index))
}

/// The index of documents, with the operator's map of domains to services.
pub fn build_index(documents: Vec<Document>, settings: &Settings) -> (Index, Vec<DocumentProblem>) {
    Index::build_mapped(documents, settings.services.clone())
}

/// Reads one document with the overlays beside it (`NAME.overlay.yaml`, `.yml` or `.json`), or every
/// `.json`, `.yaml` and `.yml` file of a folder, by name. Overlays are listed like documents;
/// [`Index::build`] knows them by their names. A file of a folder that cannot be read is left out and
/// told, and so are folders in it. An overlay that cannot be read is an error: it may mark as secret
/// what would be stored for good without it, and while nothing starts, messages wait in their queue.
///
/// # Errors
/// Where the path or an overlay cannot be read, and where there are too many documents or none that
/// can be read.
pub fn read_documents(path: &Path) -> anyhow::Result<(Vec<Document>, Vec<DocumentProblem>)> {
    let mut problems = Vec::new();
    let files = if path.is_dir() {
        files_of_folder(path, &mut problems)?
    } else {
        let mut files = vec![path.to_owned()];
        if path.exists() {
            files.extend(overlays_beside(path)?);
        }
        files
    };
    let mut documents = Vec::new();
    for file in &files {
        match read_document(file) {
            Ok(document) => documents.push(document),
            Err(message) if Document::overlaid_name(&name_of(file)).is_some() => {
                bail!("the overlay {}: {message}", file.display());
            }
            Err(message) => problems.push(problem(file, Severity::Error, message)),
        }
    }
    let is_document = |document: &Document| Document::overlaid_name(&document.file_name).is_none();
    if !documents.iter().any(is_document) {
        match problems.first() {
            Some(problem) => bail!("{}: {problem}", path.display()),
            None if !path.is_dir() => bail!(
                "{} is an overlay: name the document beside it",
                path.display()
            ),
            None => bail!("{} has no .json, .yaml or .yml document", path.display()),
        }
    }
    Ok((documents, problems))
}

fn problem(file: &Path, severity: Severity, message: String) -> DocumentProblem {
    DocumentProblem {
        file_name: name_of(file),
        pointer: String::new(),
        message,
        severity,
    }
}

fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn overlays_beside(document: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let name = name_of(document);
    let folder = match document.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut files = match entries(folder) {
        // A folder that may be entered and not listed: only a name that is known is found.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let stem = document.file_stem().unwrap_or_default().to_string_lossy();
            // What is there and cannot be read is told when it is read.
            let is_there = |file: &PathBuf| {
                let missing = file.symlink_metadata().err();
                let is_none = [ErrorKind::NotFound, ErrorKind::InvalidFilename];
                missing.is_none_or(|error| !is_none.contains(&error.kind()))
            };
            ["json", "yaml", "yml", "JSON", "YAML", "YML"]
                .map(|extension| folder.join(format!("{stem}.overlay.{extension}")))
                .into_iter()
                .filter(is_there)
                .collect()
        }
        listed => listed.with_context(|| unreadable(folder))?,
    };
    // A link that leads nowhere is told when it is read.
    files.retain(|file| Document::is_overlay_of(&name_of(file), &name));
    files.sort();
    Ok(files)
}

fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?;
    entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect()
}

fn unreadable(folder: &Path) -> String {
    format!("the folder {} cannot be read", folder.display())
}

fn files_of_folder(
    folder: &Path,
    problems: &mut Vec<DocumentProblem>,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for file in entries(folder).with_context(|| unreadable(folder))? {
        if file.is_dir() {
            // `.vscode`, and what Kubernetes keeps beside the files of a volume (`..data`).
            let is_hidden = name_of(&file).starts_with('.');
            if !is_hidden && has_document(&file) {
                let message = "it is a folder in a folder, whose documents are not read";
                problems.push(problem(&file, Severity::Warning, message.to_owned()));
            }
        } else if is_document(&file) && (file.is_file() || !file.exists()) {
            // A link that leads nowhere is told when it is read.
            files.push(file);
        }
    }
    files.sort();
    problems.sort_by(|one, other| one.file_name.cmp(&other.file_name));
    if files.len() > DOCUMENTS_MAX {
        bail!(
            "{} has {} documents, more than {DOCUMENTS_MAX}",
            folder.display(),
            files.len()
        );
    }
    Ok(files)
}

fn has_document(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries
        .take(DOCUMENTS_MAX)
        .flatten()
        .any(|entry| is_document(&entry.path()))
}

/// # Errors
/// Why it is left out.
fn read_document(file: &Path) -> Result<Document, String> {
    let unreadable = |error: std::io::Error| format!("it cannot be read: {error}");
    // One more byte tells that there are more, of what has no length as well.
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > DOCUMENT_BYTES_MAX {
        return Err(format!("it has more than {DOCUMENT_BYTES_MAX} bytes"));
    }
    Ok(Document {
        file_name: name_of(file),
        bytes,
    })
}

fn is_document(file: &Path) -> bool {
    Document::has_extension(&name_of(file))
}
