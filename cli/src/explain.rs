//! `daybook explain`: what each operation of the documents means.

use std::io::{BufWriter, Write as _};

use daybook_normalizer::context::read_index;
use daybook_normalizer::settings::Settings;
use daybook_openapi::{Explanation, explain_table};

use crate::arguments::{ExplainFormat, ExplainOptions};
use crate::{document_problems, terminal};

pub(crate) fn explain(options: &ExplainOptions) -> anyhow::Result<bool> {
    let settings = Settings::from_env(|name| std::env::var(name).ok())?;
    let (index, problems) = read_index(&options.specs, &settings)?;
    let is_all_read = document_problems::tell(&problems)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let explanations = index.operations().map(daybook_openapi::explain);
    match options.format {
        ExplainFormat::Jsonl => {
            for explanation in explanations {
                serde_json::to_writer(&mut out, &explanation)?;
                out.write_all(b"\n")?;
            }
        }
        ExplainFormat::Table => {
            let explanations: Vec<Explanation> = explanations.collect();
            out.write_all(explain_table(&explanations, terminal::width()).as_bytes())?;
        }
    }
    out.flush()?;
    Ok(is_all_read)
}
