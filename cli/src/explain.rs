//! `daybook explain`: what each operation of the documents means.

use std::io::{BufWriter, Write as _};

use daybook_normalizer::context::{build_index, read_documents};
use daybook_normalizer::settings::Settings;

use crate::arguments::ExplainOptions;

pub(crate) fn explain(options: &ExplainOptions) -> anyhow::Result<bool> {
    let documents = read_documents(&options.specs)?;
    let (index, problems) = build_index(documents, &Settings::default());
    for problem in &problems {
        writeln!(std::io::stderr(), "{problem}")?;
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    for operation in index.operations() {
        serde_json::to_writer(&mut out, &daybook_openapi::explain(operation))?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(problems.is_empty())
}
