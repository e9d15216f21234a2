//! How a node makes its calls.

use super::SECS;
use crate::base::SimDuration;
use crate::model::spec::{choices, params};

choices! {
    /// What becomes of the work for a call that its caller has given up.
    pub enum OnGiveUp {
        /// It goes on: nobody tells the called node. An answer that comes late counts while the caller is still trying.
        Ignore = "ignore",
        /// The called node is told, stops, and tells those that it calls.
        Cancel = "cancel",
    }
}

choices! {
    /// How long a caller waits before it tries again.
    pub enum Backoff {
        /// Not at all.
        None = "none",
        /// Always the same time.
        Fixed = "fixed",
        /// Anything up to a limit that doubles with each attempt (full jitter).
        Exponential = "exponential",
    }
}

params! {
    /// Time-outs, repetitions, hedges, and protection from servers that are in trouble.
    pub struct CallPolicy {
        /// How long one attempt may take; 0s means as long as it likes.
        attempt_timeout: SimDuration = SimDuration::ZERO, "s", 0.0, 3_600.0;
        /// What becomes of the work for an attempt that is given up.
        on_give_up: OnGiveUp = OnGiveUp::Ignore, "", 0.0, 0.0;
        /// How often a failed call is tried again.
        retries: u32 = 0, "retries", 0.0, 1_000_000.0;
        /// How long it waits before it tries again.
        backoff: Backoff = Backoff::Exponential, "", 0.0, 0.0;
        /// The time it waits, or its first limit if that doubles.
        backoff_base: SimDuration = SimDuration::from_millis(100), "s", 0.0, 3_600.0;
        /// The longest that it waits.
        backoff_cap: SimDuration = SECS(10), "s", 0.0, 3_600.0;
        /// Retries allowed for each call that is made, on average (a token bucket of at most 100); 0 means no limit.
        retry_budget: f64 = 0.0, "retries", 0.0, 100.0;
        /// Time without an answer after which the same is asked once more, of another server if there is one; 0s means never.
        hedge_after: SimDuration = SimDuration::ZERO, "s", 0.0, 3_600.0;
        /// To how many servers each call is sent at once; the first answer counts.
        copies: u32 = 1, "copies", 1.0, 16.0;
        /// Failures in a row that open the circuit breaker, so that calls fail at once; 0 means never.
        breaker_failures: u32 = 0, "failures", 0.0, 1_000_000.0;
        /// How long the circuit stays open before one call may try.
        breaker_open: SimDuration = SECS(5), "s", 0.001, 3_600.0;
        /// Adaptive throttling: calls fail at once with probability (calls − K × accepted) / (calls + 1) of the last two minutes;
        /// 0 means off.
        throttle_k: f64 = 0.0, "", 0.0, 100.0;
    }
}
