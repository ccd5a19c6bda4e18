//! A sample Lambda service with the capture layer, and the calls that show what Daybook records.

pub mod runtime_api;
