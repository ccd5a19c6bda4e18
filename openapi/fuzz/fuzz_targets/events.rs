//! Any bytes as a queue message, against a document.

#![no_main]

#[path = "../read_event.rs"]
mod read_event;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read_event::read_event(bytes));
