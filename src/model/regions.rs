//! Regions: where nodes are, and how long it takes between them.
//!
//! A link that does not state a latency gets it from the regions of its ends: half of the median round-trip time that
//! cloudping.co measured between the data centres of Amazon Web Services, as the snapshot in `commonwarexyz/monorepo`
//! (`examples/estimator/src/p50.json` at 4622dfb) has it. Inside a region, and where a node has none, it is the default of links:
//! a round trip of a millisecond is between the best and the usual one between two zones of a region. Left out: the last mile of
//! users, who are taken to be where the data centre is; asymmetric routes; any other provider's network. What is not here can
//! be stated at the link.

use crate::base::SimDuration;

/// The regions between which times are known.
pub const REGIONS: [&str; 9] = [
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-1",
    "ap-northeast-1",
    "ap-southeast-2",
    "sa-east-1",
    "ap-south-1",
];

/// Median round-trip times in microseconds: for each region those to the regions after it.
const ROUND_TRIPS_US: [&[u32]; 8] = [
    &[64_400, 69_600, 93_200, 219_600, 149_700, 199_800, 115_300, 192_500],
    &[118_300, 142_800, 160_200, 98_200, 141_000, 174_600, 222_200],
    &[27_500, 178_500, 202_300, 255_700, 178_200, 125_900],
    &[160_400, 227_000, 251_300, 204_000, 129_300],
    &[70_900, 94_800, 327_800, 64_500],
    &[106_900, 258_300, 134_300],
    &[312_100, 154_900],
    &[301_800],
];

/// Median round-trip time between two different regions, if both are known.
pub fn round_trip(a: &str, b: &str) -> Option<SimDuration> {
    let place = |name: &str| REGIONS.iter().position(|region| *region == name);
    let (a, b) = (place(a)?, place(b)?);
    let (first, second) = (a.min(b), a.max(b));
    let steps = second.checked_sub(first + 1)?;
    Some(SimDuration::from_micros(u64::from(ROUND_TRIPS_US[first][steps])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_its_time_both_ways() {
        for (i, a) in REGIONS.iter().enumerate() {
            for (j, b) in REGIONS.iter().enumerate() {
                assert_eq!(round_trip(a, b), round_trip(b, a));
                assert_eq!(round_trip(a, b).is_some(), i != j, "{a} to {b}");
            }
        }
        assert_eq!(round_trip("eu-west-1", "eu-central-1"), Some(SimDuration::from_micros(27_500)));
        assert_eq!(round_trip("ap-south-1", "sa-east-1"), Some(SimDuration::from_micros(301_800)));
        assert_eq!(round_trip("us-east-1", "ap-south-1"), Some(SimDuration::from_micros(192_500)));
        assert_eq!(round_trip("us-east-1", "the moon"), None);
    }
}
