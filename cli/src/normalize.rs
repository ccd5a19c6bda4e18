//! `daybook normalize`: queue messages in, audit events out, a JSON line each.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read as _, Write as _};

use anyhow::Context as _;
use daybook_normalizer::Poison;
use daybook_normalizer::context::{build_index, read_documents};
use daybook_normalizer::message::{MESSAGE_BYTES_MAX, decode};
use daybook_normalizer::normalize::{Normalized, normalize as normalize_message};
use daybook_normalizer::settings::Settings;
use jiff::Timestamp;

use crate::arguments::NormalizeOptions;

pub(crate) fn normalize(options: &NormalizeOptions) -> anyhow::Result<bool> {
    let settings = Settings::from_env(|name| std::env::var(name).ok())?;
    let (index, problems) = build_index(read_documents(&options.specs)?, &settings);
    for problem in &problems {
        writeln!(std::io::stderr(), "{problem}")?;
    }
    let mut input: Box<dyn BufRead> = match &options.file {
        Some(file) if file.as_os_str() != "-" => Box::new(BufReader::new(
            File::open(file).with_context(|| format!("{} cannot be read", file.display()))?,
        )),
        _ => Box::new(std::io::stdin().lock()),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut all_good = true;
    let mut line = Vec::new();
    for number in 1_u64.. {
        if !read_line(&mut input, &mut line)? {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let normalized = std::str::from_utf8(&line)
            .map_err(|_| Poison::NotUtf8)
            .and_then(decode)
            .and_then(|message| normalize_message(&message, &index, &settings, Timestamp::now()));
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
    out.flush()?;
    Ok(all_good)
}

/// Reads one line without its end, keeping at most one byte more than a message may have; `false` at
/// the end of the input.
fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let kept_max = MESSAGE_BYTES_MAX as u64 + 2;
    let read = (&mut *input).take(kept_max).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(false);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(true);
    }
    // The rest of a line that is too long is passed over, a buffer at a time.
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(true);
        }
        match buffer.iter().position(|&byte| byte == b'\n') {
            Some(end) => {
                input.consume(end + 1);
                return Ok(true);
            }
            None => {
                let length = buffer.len();
                input.consume(length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_costs_only_itself() {
        let text = format!("one\n{}\nthree", "x".repeat(3 * MESSAGE_BYTES_MAX));
        let mut input = BufReader::new(text.as_bytes());
        let mut line = Vec::new();
        let mut lengths = Vec::new();
        while read_line(&mut input, &mut line).unwrap() {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [3, MESSAGE_BYTES_MAX + 2, 5]);
    }
}
