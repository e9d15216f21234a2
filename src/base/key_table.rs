//! Ranges of keys as a person writes them: `0, 100-199`, or with an owner each: `0: db-5, 100-199: db-2`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Most ranges in a table.
const MOST: usize = 1_000;
const VALID: &str =
    "keys and ranges of keys with commas between them, as in \"0, 100-199\" or \"0: db-5, 100-199: db-2\"";

/// Ranges in ascending order that share no key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyTable(Vec<KeyRange>);

/// The keys from `first` to `last`, both included, and whom they belong to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyRange {
    pub first: u32,
    pub last: u32,
    /// Empty where the table only lists keys.
    pub owner: String,
}

impl KeyTable {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &KeyRange> {
        self.0.iter()
    }

    /// The range that `key` lies in.
    pub fn find(&self, key: u32) -> Option<&KeyRange> {
        let at = self.0.partition_point(|range| range.last < key);
        self.0.get(at).filter(|range| range.first <= key)
    }

    /// Takes out what belongs to `owner`.
    pub fn forget(&mut self, owner: &str) {
        self.0.retain(|range| range.owner != owner);
    }

    /// What belongs to `owner` belongs to `heir` from here on.
    pub fn hand_over(&mut self, owner: &str, heir: &str) {
        for range in self.0.iter_mut().filter(|range| range.owner == owner) {
            heir.clone_into(&mut range.owner);
        }
    }
}

impl fmt::Display for KeyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, KeyRange { first, last, owner }) in self.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            write!(f, "{first}")?;
            if last > first {
                write!(f, "-{last}")?;
            }
            if !owner.is_empty() {
                write!(f, ": {owner}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for KeyTable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fail = |part: &str, what: &str| format!("`{}` {what}; valid: {VALID}", part.trim());
        let number =
            |part: &str, text: &str| text.trim().parse::<u32>().map_err(|_| fail(part, "is not a range of keys"));
        let mut ranges: Vec<KeyRange> = Vec::new();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            if ranges.len() == MOST {
                return Err(format!("too many ranges; valid: up to {MOST}"));
            }
            let (keys, owner) = part.split_once(':').unwrap_or((part, ""));
            let (first, last) = keys.split_once('-').unwrap_or((keys, keys));
            let range =
                KeyRange { first: number(part, first)?, last: number(part, last)?, owner: owner.trim().to_owned() };
            if range.first > range.last || ranges.last().is_some_and(|before| before.last >= range.first) {
                return Err(fail(part, "does not come after what stands before it"));
            }
            ranges.push(range);
        }
        Ok(Self(ranges))
    }
}

impl Serialize for KeyTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for KeyTable {
    fn schema_name() -> Cow<'static, str> {
        "KeyTable".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": format!("Ranges of keys in ascending order: {VALID}"),
            "examples": ["0, 100-199", "0: db-5, 100-199: db-2"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_written_as_it_can_be_read() {
        for text in ["", "7", "0, 100-199", "0: db-5, 100-199: db-2, 4294967295: x"] {
            assert_eq!(text.parse::<KeyTable>().unwrap().to_string(), text);
        }
        let table: KeyTable = " 3 - 5 :a,,9:b ".parse().unwrap();
        assert_eq!(table.to_string(), "3-5: a, 9: b");
        assert_eq!(
            [2, 3, 5, 6, 9].map(|key| table.find(key).map_or("", |range| &range.owner)),
            ["", "a", "a", "", "b"]
        );
    }

    #[test]
    fn what_is_no_table_is_refused_with_a_remedy() {
        for text in ["x", "5-3", "1, 1", "5, 3", "0-10, 10-20", "-1", "4294967296", "1-2-3", ": a"] {
            let what = text.parse::<KeyTable>().unwrap_err();
            assert!(what.contains("valid: "), "{text}: {what}");
        }
        let many = (0..1_001).map(|key| key.to_string()).collect::<Vec<_>>().join(", ");
        assert!(many.parse::<KeyTable>().is_err());
    }
}
