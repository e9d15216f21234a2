//! Bit rates. In documents they are text with a unit: `10Mbps`, `1Gbps`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::time::SimDuration;
use super::unit;

/// Decimal units, as lines are sold: 1 kbps is 1000 bits per second.
const UNITS: [(&str, u64); 5] =
    [("Tbps", 1_000_000_000_000), ("Gbps", 1_000_000_000), ("Mbps", 1_000_000), ("kbps", 1_000), ("bps", 1)];

/// A speed in bits per second; its units are powers of 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitRate(pub u64);

impl BitRate {
    /// The slowest line that may be drawn: slower ones would keep a single page under way for hours.
    pub const SLOWEST: Self = Self(1_000);

    /// How long it takes to send `bytes`; for ever at a rate of zero.
    pub fn time_for(self, bytes: u64) -> SimDuration {
        let nanos = u128::from(bytes) * 8 * 1_000_000_000 / u128::from(self.0.max(1));
        SimDuration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for BitRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&unit::exact(self.0, &UNITS))
    }
}

impl FromStr for BitRate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, suffix) = unit::split(text);
        let scale = UNITS.iter().find(|(name, _)| *name == suffix);
        scale.and_then(|(_, scale)| unit::scaled(number, *scale)).map(Self).ok_or_else(|| {
            format!(
                "`{text}` is not a bit rate: write a number and a unit (bps, kbps, Mbps, Gbps, Tbps), as in 100Mbps"
            )
        })
    }
}

impl Serialize for BitRate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BitRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for BitRate {
    fn schema_name() -> Cow<'static, str> {
        "BitRate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9]*\\.?[0-9]+ *(bps|kbps|Mbps|Gbps|Tbps)$",
            "description": "A bit rate: a number and a unit (bps, kbps, Mbps, Gbps, Tbps; 1 kbps is 1000 bits per second)",
            "examples": ["100Mbps", "1Gbps"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_written_exactly() {
        assert_eq!("100Mbps".parse(), Ok(BitRate(100_000_000)));
        assert_eq!("2.5 Gbps".parse(), Ok(BitRate(2_500_000_000)));
        for rate in [0, 1, 999, 1_000, 1_500_000, 10_000_000_000] {
            assert_eq!(BitRate(rate).to_string().parse(), Ok(BitRate(rate)));
        }
        for text in ["", "100", "100MB", "fast", "-1bps"] {
            assert!(text.parse::<BitRate>().unwrap_err().contains("100Mbps"));
        }
    }

    #[test]
    fn a_byte_takes_eight_bits() {
        assert_eq!(BitRate(8_000).time_for(1_000), SimDuration::from_secs(1));
        assert_eq!(BitRate(0).time_for(u64::MAX), SimDuration::from_nanos(u64::MAX));
    }
}
