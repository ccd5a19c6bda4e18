//! All tests of the crate from outside, in one program: each of its own would be linked with the whole crate again.

mod activity_templates;
mod annotations;
mod compiled;
mod fuzz_corpus;
mod golden;
mod hostile_documents;
mod invitation;
mod lint;
mod malformed_corners;
mod matching;
mod meaning_rules;
mod odd_templates;
mod overlay;
mod redaction;
mod redaction_cases;
mod redaction_marks;
mod redaction_names;
mod redaction_numbers;
mod redaction_paths;
mod redaction_strict;
mod redaction_texts;
mod redaction_work;
mod rules_by_name;
mod secret_cases;
mod sentences;
mod servers;
