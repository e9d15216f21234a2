//! Edges of a content delivery network.

use super::EvictionPolicy;
use super::{SECS, US};
use crate::base::{Bytes, SimDuration};
use crate::model::spec::params;

params! {
    /// Content delivery network edge: keeps static assets near the users.
    pub struct Cdn {
        /// Storage for assets.
        capacity: Bytes = Bytes::mb(64), "B", 1.0, 1_099_511_627_776.0;
        /// Which asset it gives up when full.
        policy: EvictionPolicy = EvictionPolicy::Lru, "", 0.0, 0.0;
        /// How long an asset stays fresh.
        ttl: SimDuration = SECS(3_600), "s", 0.0, 31_536_000.0;
        /// Time to serve an asset, hit or miss.
        lookup_time: SimDuration = US(100), "s", 0.0, 60.0;
        /// Requests it can serve at a time; more wait.
        cores: u32 = 64, "cores", 1.0, 1_024.0;
    }
}
