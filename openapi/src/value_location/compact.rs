//! How a [`ValueLocation`] stands in a compiled index.

use serde::de::{Deserialize, Deserializer};
use serde::ser::Serializer;

use super::ValueLocation;

/// A [`ValueLocation`] as its place and its text. People read it as an object.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "ValueLocation")]
enum Compact {
    Path(String),
    Query(String),
    Request(String),
    Response(String),
    Header(String),
}

impl ValueLocation {
    pub(crate) fn serialize_compact<S: Serializer>(
        &self,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Compact::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for ValueLocation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Compact::deserialize(deserializer)
    }
}
