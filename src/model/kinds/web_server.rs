//! Web servers.

use super::{MS, US};
use crate::base::{Shape, SimDuration};
use crate::model::spec::{choices, params};

choices! {
    /// Who can reach a server.
    pub enum Address {
        /// Private once a load balancer stands in front, else public.
        Auto = "auto",
        /// Everybody.
        Public = "public",
        /// Only what stands inside: users and CDNs are refused.
        Private = "private",
    }
}

params! {
    /// Web server: runs the application; a worker is held from the start of a request until its answer.
    pub struct WebServer {
        /// Who can reach it: auto is private once a load balancer stands in front; users and CDNs cannot reach a private address.
        address: Address = Address::Auto, "", 0.0, 0.0;
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
