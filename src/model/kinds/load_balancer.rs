//! Load balancers.

use super::{CallPolicy, MS, SECS, US};
use crate::base::SimDuration;
use crate::model::spec::{choices, params};

choices! {
    /// How a load balancer chooses a server.
    pub enum BalancerPolicy {
        /// Each in turn.
        RoundRobin = "round_robin",
        /// Each as often as its weight says, spread evenly (smooth weighted round robin).
        WeightedRoundRobin = "weighted_round_robin",
        /// The one with the fewest requests outstanding for its weight; among equals, in turn.
        LeastConnections = "least_connections",
        /// Any, uniformly.
        Random = "random",
        /// Of a few drawn at random, the one with the fewest requests outstanding for its weight.
        PowerOfD = "power_of_d",
        /// Always the same for a user, until the set of servers changes: then most users move.
        SourceHash = "source_hash",
        /// By consistent hashing: when a server comes or goes, only its share moves.
        RingHash = "ring_hash",
    }
}

choices! {
    /// Whether the servers drawn by power of d may coincide.
    pub enum Sampling {
        /// They are different ones.
        WithoutReplacement = "without_replacement",
        /// Each is drawn from all.
        WithReplacement = "with_replacement",
    }
}

choices! {
    /// What a hash ring goes by.
    pub enum HashOn {
        /// The object that is asked for.
        Key = "key",
        /// The user who asks.
        User = "user",
    }
}

params! {
    /// Passive health checks (outlier detection): a server whose answers are failures is left out for a while.
    pub struct Ejection {
        /// Failed requests in a row after which a server is ejected; 0 means never.
        failures: u32 = 0, "requests", 0.0, 10_000.0;
        /// How long a server stays ejected the first time; each repetition doubles it.
        time: SimDuration = SECS(30), "s", 0.001, 86_400.0;
        /// Longest ejection. A server that has been back for so long begins at the first time again.
        max_time: SimDuration = SECS(300), "s", 0.001, 86_400.0;
        /// Largest share of its servers that may be ejected at a time.
        max_share: f64 = 0.5, "", 0.0, 1.0;
    }
}

params! {
    /// Load balancer: the public address in front of private servers; sends each request to a healthy one.
    pub struct LoadBalancer {
        /// How it chooses a server.
        policy: BalancerPolicy = BalancerPolicy::RoundRobin, "", 0.0, 0.0;
        /// For power of d: how many servers it draws.
        choices: u32 = 2, "servers", 1.0, 500.0;
        /// For power of d: whether the servers drawn may coincide.
        sampling: Sampling = Sampling::WithoutReplacement, "", 0.0, 0.0;
        /// For ring hash: points on the ring for each server.
        virtual_nodes: u32 = 100, "points", 1.0, 1_000.0;
        /// For ring hash: what decides the place on the ring.
        hash_on: HashOn = HashOn::Key, "", 0.0, 0.0;
        /// Sticky sessions: how long after a user's last request the next one still goes to the same server; 0s means not at all.
        sticky_for: SimDuration = SimDuration::ZERO, "s", 0.0, 604_800.0;
        /// Servers that are being drained: they get no new requests, except from users whose session sticks to them.
        draining: Vec<String> = Vec::new(), "nodes", 0.0, 0.0;
        /// Time between health checks of a server.
        check_interval: SimDuration = SECS(2), "s", 0.01, 3_600.0;
        /// How long a health check may take; 0s means until the next one.
        check_timeout: SimDuration = SimDuration::ZERO, "s", 0.0, 3_600.0;
        /// Failed checks in a row after which a server gets no more requests.
        fall: u32 = 3, "checks", 1.0, 100.0;
        /// Passed checks in a row after which it gets requests again.
        rise: u32 = 2, "checks", 1.0, 100.0;
        /// Processor time to forward one request.
        forward_time: SimDuration = US(20), "s", 0.0, 60.0;
        /// Requests it can forward at a time; more wait.
        cores: u32 = 4, "cores", 1.0, 1_024.0;
        /// Requests that may wait to be forwarded; more are refused.
        queue_limit: u32 = 100_000, "requests", 0.0, 10_000_000.0;
        /// Requests that it takes per second (token bucket); those over the rate fail at once. 0 means no limit.
        rate_limit_per_s: f64 = 0.0, "requests/s", 0.0, 10_000_000.0;
        /// For the rate limit: requests that may come at once after a pause.
        rate_burst: u32 = 100, "requests", 1.0, 10_000_000.0;
        /// With a standby (a link to another load balancer): time between the signs of life that it sends.
        advert_interval: SimDuration = MS(1_000), "s", 0.01, 3_600.0;
    }
    with {
        /// Passive health checks.
        ejection: Ejection;
        /// How it calls the servers: a repetition, a hedge or a copy goes to another one.
        calls: CallPolicy;
    }
}
