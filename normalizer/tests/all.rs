//! All tests of the crate from outside, in one program: each of its own would be linked with the whole crate again.

mod bounds;
mod documents;
mod failures;
mod fuzz_corpus;
mod load_balancer;
mod log;
mod normalize;
mod redaction;
mod stored;
mod truncated;
mod values;
