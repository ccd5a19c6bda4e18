//! A document: its file, its value as it stands there, and what can be wrong with it.

mod annotation;
mod file;
mod origins;
mod problem;
mod problems;
mod reader;
mod version;
mod yaml_bounds;

pub(crate) use annotation::{ANNOTATION, has_annotation};
pub use file::Document;
pub(crate) use file::stem;
pub(crate) use origins::{Origins, Reach, is_in_annotation};
pub use problem::{DocumentProblem, Severity};
pub(crate) use problems::{Problems, UNKNOWN_TOLD_MAX};
pub(crate) use reader::{DEPTH_MAX, ENTRY_BYTES, OBJECT_BYTES, ReadFile, read};
pub(crate) use version::{check_version, is_of_3_0, is_to_come, short_text};
