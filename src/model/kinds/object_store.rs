//! Object stores.

use super::MS;
use crate::base::{Bytes, Shape, SimDuration};
use crate::model::spec::params;

params! {
    /// Object store: large static objects by key, kept by somebody else; web servers and CDNs fetch assets from it.
    pub struct ObjectStore {
        /// Mean time until the first byte of an object is there.
        first_byte: SimDuration = MS(30), "s", 0.0, 60.0;
        /// Shape of that time.
        first_byte_shape: Shape = Shape::Exponential, "", 0.0, 0.0;
        /// Bytes that one request gets per second after that (85 to 90 MB/s are told of a cloud's store).
        throughput_per_s: Bytes = Bytes::mb(90), "B", 1_000.0, 1_099_511_627_776.0;
        /// Requests that it takes per second; more are told to slow down (5,500 reads of one prefix). 0 means no limit.
        requests_per_s: f64 = 5_500.0, "requests/s", 0.0, 10_000_000.0;
        /// Price of what it sends, per 10^9 bytes.
        price_per_gb: f64 = 0.09, "$", 0.0, 1_000.0;
        /// Price of a million requests.
        price_per_million: f64 = 0.4, "$", 0.0, 100_000.0;
    }
}
