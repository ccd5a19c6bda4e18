//! How what an index is made of stands in a compiled one, where the derived form is not it.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::value_location::ValueLocation;

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

/// A rule as its position in [`Rule::all`](crate::meaning::Rule::all).
pub(crate) mod rule_by_position {
    use serde::de::Error as _;
    use serde::ser::Error as _;

    use super::{Deserialize, Deserializer, Serialize, Serializer};
    use crate::meaning::Rule;

    #[allow(clippy::trivially_copy_pass_by_ref)] // serde hands the field over by reference
    pub(crate) fn serialize<S: Serializer>(
        rule: &&'static Rule,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Rule::all()
            .position(|known| known.name == rule.name)
            .ok_or_else(|| S::Error::custom("a rule is not in the list of all rules"))?
            .serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<&'static Rule, D::Error> {
        let position = usize::deserialize(deserializer)?;
        Rule::all()
            .nth(position)
            .ok_or_else(|| D::Error::custom("no rule has this position"))
    }
}
