//! Reads ClickHouse's files as somebody with the disk in hand would: every file below a folder,
//! compressed blocks decompressed, whether or not ClickHouse still knows of them.
//!
//! A compressed block is a checksum (16 bytes), a method (1 byte), the block's bytes from the method
//! on and the bytes that it becomes (4 each, little-endian), then the data: `CompressedReadBufferBase.cpp`
//! and `ICompressionCodec.cpp` of ClickHouse.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, Result, bail, ensure};
use memchr::memmem;

const CHECKSUM_BYTES: usize = 16;
const HEADER_BYTES: usize = 9;
/// No block of ClickHouse is larger.
const BLOCK_BYTES_MAX: usize = 1 << 30;

const NONE: u8 = 0x02;
const LZ4: u8 = 0x82;
const ZSTD: u8 = 0x90;
const MULTIPLE: u8 = 0x91;
/// Of these the data is numbers, which have no words in them.
const OF_NUMBERS: [u8; 6] = [0x92, 0x93, 0x94, 0x95, 0x97, 0x98];

/// The files in which each word stands, in plain or compressed, as it is or in lower case; words that stand
/// nowhere have none.
///
/// # Errors
/// Where a folder cannot be read, or a column file cannot be decompressed: then nobody knows.
pub fn scan<'a>(folder: &Path, words: &[&'a str]) -> Result<BTreeMap<&'a str, Vec<PathBuf>>> {
    let mut found: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    for file in files_below(folder)? {
        // A part that is removed meanwhile has nothing any more.
        let Ok(bytes) = std::fs::read(&file) else {
            continue;
        };
        let (plain, problem) = decompressed(&bytes);
        let is_column = file.extension().is_some_and(|extension| extension == "bin");
        // What is being written ends in the middle of a block.
        let is_unfinished = file
            .components()
            .any(|folder| folder.as_os_str().to_string_lossy().starts_with("tmp"));
        if let Some(problem) = problem
            && is_column
            && !is_unfinished
            && file.exists()
        {
            return Err(problem.context(format!("{} is not understood", file.display())));
        }
        for word in words {
            // An index of words keeps them in lower case.
            let lower = word.to_lowercase();
            let mut spellings = [word, lower.as_str()].into_iter();
            if spellings.any(|word| has(&bytes, word) || has(&plain, word)) {
                found.entry(word).or_default().push(file.clone());
            }
        }
    }
    Ok(found)
}

fn has(bytes: &[u8], word: &str) -> bool {
    memmem::find(bytes, word.as_bytes()).is_some()
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).context(folder.display().to_string()),
        };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    Ok(files)
}

/// All blocks of a file, one behind the other, so that no word is cut by the end of a block; and why
/// there are no more, where the file goes on.
fn decompressed(mut bytes: &[u8]) -> (Vec<u8>, Option<Error>) {
    let mut plain = Vec::new();
    while !bytes.is_empty() {
        let behind_checksum = bytes.get(CHECKSUM_BYTES..).unwrap_or_default();
        match one_block(behind_checksum) {
            Ok((block, rest)) => {
                plain.extend_from_slice(&block);
                bytes = rest;
            }
            Err(error) => return (plain, Some(error)),
        }
    }
    (plain, None)
}

fn one_block(bytes: &[u8]) -> Result<(Vec<u8>, &[u8])> {
    ensure!(bytes.len() >= HEADER_BYTES, "a header is cut off");
    let method = bytes[0];
    let size = |at: usize| -> Result<usize> {
        let bytes: [u8; 4] = bytes[at..at + 4].try_into()?;
        Ok(usize::try_from(u32::from_le_bytes(bytes))?)
    };
    let (block_bytes, plain_bytes) = (size(1)?, size(5)?);
    ensure!(
        (HEADER_BYTES..=bytes.len()).contains(&block_bytes) && plain_bytes <= BLOCK_BYTES_MAX,
        "this is no block"
    );
    let (block, rest) = bytes.split_at(block_bytes);
    let data = &block[HEADER_BYTES..];
    let plain = match method {
        NONE => data.to_vec(),
        LZ4 => lz4_flex::block::decompress(data, plain_bytes)?,
        ZSTD => {
            let mut plain = Vec::with_capacity(plain_bytes);
            ruzstd::decoding::StreamingDecoder::new(data)?.read_to_end(&mut plain)?;
            plain
        }
        MULTIPLE => {
            // The number of codecs, their names, and the block of the last one.
            let codecs = usize::from(*data.first().context("no codecs")?);
            let inner = data.get(1 + codecs..).context("no block inside")?;
            one_block(inner)?.0
        }
        number if OF_NUMBERS.contains(&number) => Vec::new(),
        other => bail!("method {other:#x} is not known"),
    };
    Ok((plain, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_compression_hides_is_found() {
        let text = "a canary among canaries, a canary among canaries".repeat(100);
        let data = lz4_flex::block::compress(text.as_bytes());
        let mut file = vec![0; CHECKSUM_BYTES];
        file.push(LZ4);
        file.extend(
            u32::try_from(data.len() + HEADER_BYTES)
                .unwrap()
                .to_le_bytes(),
        );
        file.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        file.extend(data);
        let cut_by_copies = "canary among canaries, a canary among canariesa canary";
        assert!(!has(&file, cut_by_copies));
        let (plain, problem) = decompressed(&file);
        assert_eq!(plain, text.as_bytes());
        assert!(has(&plain, cut_by_copies));
        assert!(problem.is_none());
        let cut = &file[..file.len() - 1];
        assert!(decompressed(cut).1.is_some());
    }
}
