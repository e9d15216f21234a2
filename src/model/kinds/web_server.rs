//! Web servers.

use super::{MS, US};
use crate::base::{Shape, SimDuration};
use crate::model::spec::params;

params! {
    /// Web server: runs the application; a worker is held from the start of a request until its answer.
    pub struct WebServer {
        /// Processor cores.
        cores: u32 = 4, "cores", 1.0, 1_024.0;
        /// Requests it works on at a time, including those that wait for a cache or a database.
        workers: u32 = 64, "workers", 1.0, 100_000.0;
        /// Requests that may wait for a worker; more are refused.
        queue_limit: u32 = 256, "requests", 0.0, 10_000_000.0;
        /// Shape of the service time.
        service_shape: Shape = Shape::Exponential, "", 0.0, 0.0;
        /// Mean processor time of a static asset.
        static_service: SimDuration = US(400), "s", 0.0, 3_600.0;
        /// Mean processor time of a read, without the stores behind.
        read_service: SimDuration = MS(3), "s", 0.0, 3_600.0;
        /// Mean processor time of a write, without the stores behind.
        write_service: SimDuration = MS(4), "s", 0.0, 3_600.0;
    }
}
