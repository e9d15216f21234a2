//! Load balancers.

use super::{SECS, US};
use crate::base::SimDuration;
use crate::model::spec::{choices, params};

choices! {
    /// How a load balancer chooses a server.
    pub enum BalancerPolicy {
        /// Each in turn.
        RoundRobin = "round_robin",
        /// The one with the fewest requests outstanding.
        LeastConnections = "least_connections",
        /// Any, uniformly.
        Random = "random",
    }
}

params! {
    /// Load balancer: the public address in front of private servers; sends each request to a healthy one.
    pub struct LoadBalancer {
        /// How it chooses a server.
        policy: BalancerPolicy = BalancerPolicy::RoundRobin, "", 0.0, 0.0;
        /// Time between health checks of a server.
        check_interval: SimDuration = SECS(2), "s", 0.01, 3_600.0;
        /// Failed checks in a row after which a server gets no more requests.
        fall: u32 = 3, "checks", 1.0, 100.0;
        /// Passed checks in a row after which it gets requests again.
        rise: u32 = 2, "checks", 1.0, 100.0;
        /// Processor time to forward one request.
        forward_time: SimDuration = US(20), "s", 0.0, 60.0;
        /// Requests it can forward at a time; more wait.
        cores: u32 = 4, "cores", 1.0, 1_024.0;
    }
}
