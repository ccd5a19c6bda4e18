//! `daybook normalize`: queue messages in, audit events out, a JSON line each.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write as _};

use anyhow::Context as _;
use daybook_normalizer::Poison;
use daybook_normalizer::context::{check_overlays, read_index};
use daybook_normalizer::message::{MESSAGE_BYTES_MAX, decode};
use daybook_normalizer::normalize::{Normalized, normalize as normalize_message};
use daybook_normalizer::settings::Settings;
use jiff::Timestamp;

use crate::arguments::NormalizeOptions;
use crate::document_problems;
use crate::lines::LineSplitter;

pub(crate) fn normalize(options: &NormalizeOptions) -> anyhow::Result<bool> {
    let settings = Settings::from_env(|name| std::env::var(name).ok())?;
    let (index, problems) = read_index(&options.specs, &settings)?;
    let mut all_good = document_problems::tell(&problems)?;
    check_overlays(&problems)?;
    let mut input: Box<dyn BufRead> = match &options.file {
        Some(file) if file.as_os_str() != "-" => Box::new(BufReader::new(
            File::open(file).with_context(|| format!("{} cannot be read", file.display()))?,
        )),
        _ => Box::new(std::io::stdin().lock()),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut splitter = LineSplitter::new(MESSAGE_BYTES_MAX);
    let mut is_end = false;
    while !is_end {
        let chunk = input.fill_buf()?;
        let chunk_bytes = chunk.len();
        let mut lines = splitter.push(chunk);
        input.consume(chunk_bytes);
        is_end = chunk_bytes == 0;
        if is_end {
            lines.extend(splitter.finish());
        }
        for line in lines {
            let text = if line.total_bytes > MESSAGE_BYTES_MAX {
                Err(Poison::too_long(line.total_bytes))
            } else {
                std::str::from_utf8(&line.bytes).map_err(|_| Poison::NotUtf8)
            };
            let normalized = text.and_then(decode).and_then(|message| {
                normalize_message(&message, &index, &settings, Timestamp::now())
            });
            let number = line.number;
            match normalized {
                Ok(Normalized::Event(new)) => {
                    serde_json::to_writer(&mut out, &new.event)?;
                    out.write_all(b"\n")?;
                }
                Ok(Normalized::Dropped(reason)) => {
                    writeln!(std::io::stderr(), "line {number}: left out: {reason}")?;
                }
                Err(poison) => {
                    all_good = false;
                    writeln!(std::io::stderr(), "line {number}: {poison}")?;
                }
            }
        }
    }
    out.flush()?;
    Ok(all_good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_read_fails_nothing() {
        let specs = std::env::temp_dir().join(format!("daybook-folders-{}", std::process::id()));
        std::fs::create_dir_all(specs.join("old")).unwrap();
        let document = "openapi: 3.0.0\npaths: {/orders: {post: {operationId: createOrder}}}";
        for name in ["shop.yaml", "old/shop.yaml"] {
            std::fs::write(specs.join(name), document).unwrap();
        }
        let empty = specs.join("messages");
        std::fs::write(&empty, "").unwrap();
        let options = NormalizeOptions {
            specs: specs.clone(),
            file: Some(empty),
        };
        assert!(normalize(&options).unwrap());
        std::fs::remove_dir_all(&specs).unwrap();
    }

    #[test]
    fn a_line_of_many_blanks_is_refused_and_a_short_one_passed_over() {
        let folder = std::env::temp_dir().join(format!("daybook-blanks-{}", std::process::id()));
        let specs = folder.join("specs");
        std::fs::create_dir_all(&specs).unwrap();
        std::fs::write(specs.join("shop.yaml"), "openapi: 3.0.0\npaths: {}").unwrap();
        let messages = folder.join("messages");
        let options = NormalizeOptions {
            specs,
            file: Some(messages.clone()),
        };
        for (blanks, is_good) in [
            (3, true),
            (MESSAGE_BYTES_MAX, true),
            (MESSAGE_BYTES_MAX + 1, false),
        ] {
            std::fs::write(&messages, " ".repeat(blanks) + "\r\n").unwrap();
            assert_eq!(normalize(&options).unwrap(), is_good, "{blanks}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
