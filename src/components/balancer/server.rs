//! What a load balancer knows of one of its servers.
//!
//! **Active checks.** A server is believed healthy until `fall` checks in a row have failed, and dead until `rise` in a row have
//! passed (the counters of `HAProxy` and of Kubernetes' probes). **Passive checks.** After so many failed answers in a row it is
//! ejected for a time that doubles when it happens again soon, as Envoy's outlier detection does by steps. The two are
//! independent: a passed check does not end an ejection.

use crate::base::hash::Derived;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Call, Target};
use crate::model::kinds;
use crate::observe::Reason;

/// One server behind a load balancer.
#[derive(Clone, Debug, Hash)]
pub struct Server {
    pub target: Target,
    /// Its share, where the policy knows weights.
    pub weight: Derived<u32>,
    /// Requests sent to it that have not come back.
    pub outstanding: u32,
    /// Its credit in smooth weighted round robin.
    pub credit: i64,
    /// Whether the design says that it is being drained.
    pub is_draining: bool,
    is_healthy: bool,
    /// Checks in a row that contradict `is_healthy`.
    streak: u32,
    is_awaited: bool,
    /// Failed answers in a row.
    failures: u32,
    ejected_until: Option<SimTime>,
    /// Ejections in short succession.
    ejections: u32,
    /// When the last of them was over.
    returned: SimTime,
}

impl Server {
    pub fn new(target: Target) -> Self {
        Self {
            target,
            weight: Derived(1),
            outstanding: 0,
            credit: 0,
            is_draining: false,
            is_healthy: true,
            streak: 0,
            is_awaited: false,
            failures: 0,
            ejected_until: None,
            ejections: 0,
            returned: SimTime::ZERO,
        }
    }

    /// The same server as a load balancer sees it that has just begun.
    pub fn afresh(&self) -> Self {
        Self { weight: self.weight, is_draining: self.is_draining, ..Self::new(self.target) }
    }

    /// Whether it gets requests of users who have not been to it.
    pub fn is_open(&self) -> bool {
        self.is_serving() && !self.is_draining
    }

    /// Whether it gets requests at all.
    pub fn is_serving(&self) -> bool {
        self.is_healthy && self.ejected_until.is_none()
    }

    pub fn is_ejected(&self) -> bool {
        self.ejected_until.is_some()
    }

    /// Whether it has fewer requests outstanding for its weight than `other`.
    pub fn is_less_loaded_than(&self, other: &Self) -> bool {
        let load = |of: &Self, weight: u32| u64::from(of.outstanding) * u64::from(weight);
        load(self, *other.weight) < load(other, *self.weight)
    }

    /// A check is sent.
    pub fn probed(&mut self) {
        self.is_awaited = true;
    }

    /// The check that is under way, if there is one, has this result. True: that changes what is believed.
    pub fn checked(&mut self, is_up: bool, params: &kinds::LoadBalancer) -> bool {
        if !std::mem::take(&mut self.is_awaited) {
            return false;
        }
        self.streak = if is_up == self.is_healthy { 0 } else { self.streak + 1 };
        let is_convinced = self.streak >= if is_up { params.rise } else { params.fall };
        if is_convinced {
            self.is_healthy = is_up;
            self.streak = 0;
        }
        is_convinced
    }

    /// A request has come back. True: it is one failure too many.
    pub fn answered(&mut self, reply: &Call, ejection: &kinds::Ejection) -> bool {
        if !reply.is_abandoned() {
            self.failures = if is_fault(reply) { self.failures.saturating_add(1) } else { 0 };
        }
        ejection.failures > 0 && self.failures >= ejection.failures && self.ejected_until.is_none()
    }

    /// It is left out from now on; for how long.
    pub fn eject(&mut self, now: SimTime, ejection: &kinds::Ejection) -> SimDuration {
        if now.since(self.returned) > ejection.max_time {
            self.ejections = 0;
        }
        let mut time = ejection.time.min(ejection.max_time);
        for _ in 0..self.ejections {
            if time >= ejection.max_time {
                break;
            }
            time = time.times(2).min(ejection.max_time);
        }
        self.ejections = self.ejections.saturating_add(1);
        self.failures = 0;
        self.ejected_until = Some(now + time);
        time
    }

    /// Its ejection is over, if it was until now; whether it was.
    pub fn is_over(&mut self, now: SimTime) -> bool {
        let is_due = self.ejected_until == Some(now);
        if is_due {
            self.readmit(now);
        }
        is_due
    }

    /// An ejection, if there is one, ends now.
    pub fn readmit(&mut self, now: SimTime) {
        if self.ejected_until.take().is_some() {
            self.returned = now;
            self.failures = 0;
        }
    }
}

/// Whether `reply` speaks against the server: no connection, or an answer that says "server error" (HTTP 5xx), wherever behind
/// the server that arose. What the caller itself gave up or overdid (HTTP 499, 429) does not.
fn is_fault(reply: &Call) -> bool {
    !matches!(reply.failure, None | Some(Reason::Cancelled | Reason::RateLimited))
}
