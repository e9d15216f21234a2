//! Populations of users.

use super::SECS;
use crate::base::{Bytes, SimDuration};
use crate::model::spec::params;

params! {
    /// A population of users: open loop, Poisson arrivals, keys by Zipf's law.
    pub struct Users {
        /// How many users there are.
        users: u32 = 1_000, "users", 1.0, 10_000_000.0;
        /// Requests that one user makes per second, on average.
        rate_per_user_per_s: f64 = 0.1, "requests/s", 0.000_001, 1_000.0;
        /// Weight of static assets (JS, CSS, images) in the mix of operations.
        static_weight: f64 = 5.0, "", 0.0, 1_000_000.0;
        /// Weight of reads in the mix of operations.
        read_weight: f64 = 4.0, "", 0.0, 1_000_000.0;
        /// Weight of writes in the mix of operations.
        write_weight: f64 = 1.0, "", 0.0, 1_000_000.0;
        /// How many different records the users read and write.
        keys: u32 = 100_000, "keys", 1.0, 100_000_000.0;
        /// Zipf exponent of the records' popularity; 0 makes all equally popular.
        zipf_exponent: f64 = 0.9, "", 0.0, 10.0;
        /// How many different static assets there are.
        assets: u32 = 2_000, "assets", 1.0, 100_000_000.0;
        /// Zipf exponent of the assets' popularity.
        assets_zipf_exponent: f64 = 0.9, "", 0.0, 10.0;
        /// Mean size of a record; each key has its own, between half and one and a half of it.
        value_size: Bytes = Bytes::kb(2), "B", 1.0, 1_073_741_824.0;
        /// Mean size of an asset; each has its own, between half and one and a half of it.
        asset_size: Bytes = Bytes::kb(64), "B", 1.0, 1_073_741_824.0;
        /// How long a user waits for an answer before giving up.
        timeout: SimDuration = SECS(10), "s", 0.001, 3_600.0;
    }
}
