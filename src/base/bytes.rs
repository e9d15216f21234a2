//! Sizes in bytes. In documents they are text with a unit: `512B`, `2KB`, `64MB`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::unit;

/// Binary units, as memory is sold: 1 KB is 1024 bytes.
const UNITS: [(&str, u64); 5] = [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10), ("B", 1)];

/// A size in bytes; its units are powers of 1024.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

impl Bytes {
    pub const fn kb(count: u64) -> Self {
        Self(count << 10)
    }

    pub const fn mb(count: u64) -> Self {
        Self(count << 20)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&unit::exact(self.0, &UNITS))
    }
}

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, suffix) = unit::split(text);
        UNITS
            .iter()
            .find(|(name, _)| *name == suffix)
            .and_then(|(_, scale)| unit::scaled(number, *scale))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a size: write a number and a unit (B, KB, MB, GB, TB), as in 64MB"))
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Bytes {
    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9]*\\.?[0-9]+ *(B|KB|MB|GB|TB)$",
            "description": "A size: a number and a unit (B, KB, MB, GB, TB; 1 KB is 1024 B)",
            "examples": ["2KB", "64MB"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written_exactly() {
        assert_eq!("64MB".parse(), Ok(Bytes::mb(64)));
        assert_eq!("1.5KB".parse(), Ok(Bytes(1536)));
        for bytes in [0, 1, 1023, 1024, 1536, 3 << 30] {
            assert_eq!(Bytes(bytes).to_string().parse(), Ok(Bytes(bytes)));
        }
        assert!("64".parse::<Bytes>().unwrap_err().contains("64MB"));
    }
}
