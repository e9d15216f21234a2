//! Web servers.

use super::CallPolicy;
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

choices! {
    /// Whose turn it is.
    pub enum Discipline {
        /// First come, first served.
        Fifo = "fifo",
        /// Last come, first served: those who have waited longest have probably given up.
        Lifo = "lifo",
        /// All are served at once, each at an equal share of the cores.
        ProcessorSharing = "processor_sharing",
        /// The highest priority class first; within a class first come, first served.
        Priority = "priority",
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
        /// Whose turn it is when requests wait.
        discipline: Discipline = Discipline::Fifo, "", 0.0, 0.0;
        /// How long a request may wait for a worker or a core before it is turned away; 0s means for ever.
        queue_timeout: SimDuration = SimDuration::ZERO, "s", 0.0, 3_600.0;
        /// Shape of the service time.
        service_shape: Shape = Shape::Exponential, "", 0.0, 0.0;
        /// Mean processor time of a static asset.
        static_service: SimDuration = US(400), "s", 0.0, 3_600.0;
        /// Mean processor time of a read, without the stores behind.
        read_service: SimDuration = MS(3), "s", 0.0, 3_600.0;
        /// Mean processor time of a write, without the stores behind.
        write_service: SimDuration = MS(4), "s", 0.0, 3_600.0;
        /// Its share among the servers of a load balancer whose policy knows weights.
        weight: u32 = 1, "", 1.0, 1_000.0;
        /// Contention: how much each further core slows all down by waiting for what they share (alpha of the Universal
        /// Scalability Law).
        contention: f64 = 0.0, "", 0.0, 1.0;
        /// Coherency: how much each pair of cores slows all down by keeping data in step (beta of the same law). It makes a
        /// hard limit: beyond it, more cores do less.
        coherency: f64 = 0.0, "", 0.0, 1.0;
        /// Share of requests that fail after their service, as with a bad deploy.
        error_ratio: f64 = 0.0, "", 0.0, 1.0;
        /// Calls that a request makes at once to the services behind, in turn; 0 means one to each.
        fan_out: u32 = 0, "calls", 0.0, 10_000.0;
    }
    with {
        /// How it calls services, caches and databases.
        calls: CallPolicy;
    }
}
