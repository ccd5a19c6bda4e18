//! Any bytes as a document.

#![no_main]

#[path = "../read_document.rs"]
mod read_document;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read_document::read_document(bytes));
