//! Meters: counters and time-weighted gauges of one node and of the whole system.

use super::outcome::{Operation, Reason};
use crate::base::order::sort_by_key;
use crate::base::{SimDuration, SimTime};

const REASONS: usize = Reason::ALL.len();
const OPERATIONS: usize = Operation::ALL.len();

/// A level that changes at events, with its integral over time.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub struct Gauge {
    level: u64,
    /// ∫ level dt, in level × nanoseconds, up to `since`.
    area: u128,
    since: SimTime,
}

impl Gauge {
    #[inline]
    pub fn set(&mut self, now: SimTime, level: u64) {
        self.area = self.area_at(now);
        self.since = now;
        self.level = level;
    }

    /// The same, if the level is another than before.
    #[inline]
    pub fn follow(&mut self, now: SimTime, level: u64) {
        if self.level != level {
            self.set(now, level);
        }
    }

    #[inline]
    pub fn level(&self) -> u64 {
        self.level
    }

    /// It was higher by one for `span`, which is over.
    #[inline]
    pub fn add(&mut self, span: SimDuration) {
        self.area += u128::from(span.as_nanos());
    }

    /// The integral up to `now`.
    #[inline]
    pub fn area_at(&self, now: SimTime) -> u128 {
        let (level, span) = (self.level, now.since(self.since).as_nanos());
        // Nearly always the product is a word; wasm has no longer ones.
        let is_short = (level | span) >> 32 == 0;
        self.area + if is_short { u128::from(level * span) } else { u128::from(level) * u128::from(span) }
    }
}

/// What one node did since the start of the run.
#[derive(Clone, Debug, Default, Hash)]
pub struct NodeMeter {
    /// Calls that arrived, refused ones included; of users, requests that they made.
    pub arrivals: u64,
    /// Calls answered well.
    pub completions: u64,
    /// Calls that failed here (not those whose failure was only passed on), by reason.
    pub failures: [u64; REASONS],
    pub hits: u64,
    pub misses: u64,
    /// Bytes of the objects that were missed.
    pub miss_bytes: u64,
    /// Of the hits of an edge, those on assets that were stale and were being validated meanwhile.
    pub stale_hits: u64,
    /// Of the misses of an edge, those answered with a stale asset after all, for the origin had failed.
    pub stale_on_error: u64,
    /// Bytes of assets that an edge sent.
    pub egress_bytes: u64,
    /// Stale assets of browsers that were asked for anew, and were still good.
    pub revalidations: u64,
    pub stale_reads: u64,
    /// Of a database with a buffer pool: pages found there, pages read from the disk, and pages written to it to make room.
    pub page_hits: u64,
    pub page_misses: u64,
    pub page_writes: u64,
    /// Of a web server: calls made one by one for what its store cannot do at once, beside the first for each request.
    pub extra_calls: u64,
    /// Requests whose writes were made only in part before one of them failed.
    pub torn_writes: u64,
    /// Requests of users who have a session, which is not here: they have to log in again.
    pub sessions_lost: u64,
    /// Calls whose service has begun, how many of them had to wait for it, and for how long in all.
    pub begun: u64,
    pub waited: u64,
    pub waited_ns: u64,
    /// Cores at work.
    pub busy: Gauge,
    /// Calls waiting for a worker or a core.
    pub waiting: Gauge,
    /// Calls here.
    pub present: Gauge,
}

/// What one direction of a link did since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LaneMeter {
    /// Messages that came through, and their bytes.
    pub messages: u64,
    pub bytes: u64,
    /// Messages that were lost or dropped; each try counts.
    pub lost: u64,
    /// Time that it takes to send all that was given to it, in nanoseconds: the last of it ends at `free_at`.
    occupied: u64,
    free_at: SimTime,
}

impl LaneMeter {
    /// Time for which it was busy up to `now`, in nanoseconds.
    pub fn busy_at(&self, now: SimTime) -> u64 {
        // What is still to be sent is one piece without a gap.
        self.occupied.saturating_sub(self.free_at.since(now).as_nanos())
    }
}

/// The two directions of a link: forward and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LinkMeter(pub [LaneMeter; 2]);

impl LinkMeter {
    /// A message of so many bytes was sent, which occupies its direction for so long.
    #[inline]
    pub fn sent(&mut self, now: SimTime, is_backward: bool, bytes: u64, occupied: SimDuration, is_lost: bool) {
        let lane = &mut self.0[usize::from(is_backward)];
        lane.occupied = lane.occupied.saturating_add(occupied.as_nanos());
        lane.free_at = lane.free_at.max(now) + occupied;
        if is_lost {
            lane.lost += 1;
        } else {
            lane.messages += 1;
            lane.bytes += bytes;
        }
    }
}

impl NodeMeter {
    /// A call arrives, or a user begins a request; how many are here now.
    #[inline]
    pub fn arrived(&mut self, now: SimTime) -> u64 {
        self.arrivals += 1;
        let present = self.present.level() + 1;
        self.present.set(now, present);
        present
    }

    /// A call leaves with its answer or its failure, or a request ends.
    #[inline]
    pub fn left(&mut self, now: SimTime) {
        self.present.set(now, self.present.level() - 1);
    }

    /// The service of a call begins, after it has waited for `wait`.
    pub fn began(&mut self, wait: SimDuration) {
        self.begun += 1;
        self.waited += u64::from(!wait.is_zero());
        self.waited_ns = self.waited_ns.saturating_add(wait.as_nanos());
    }
}

/// What happened to the users' requests since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    pub offered: u64,
    pub answered: [u64; OPERATIONS],
    pub failed: [u64; OPERATIONS],
    pub reasons: [u64; REASONS],
    pub late: u64,
    pub stale_reads: u64,
    /// Requests sent to a remembered address that the name service does not give any more.
    pub stale_names: u64,
    pub lost_writes: u64,
}

impl Counts {
    pub fn all_answered(&self) -> u64 {
        self.answered.iter().sum()
    }

    pub fn all_failed(&self) -> u64 {
        self.failed.iter().sum()
    }
}

/// `counts` by reason, most frequent first, without zeros.
pub fn ranked(counts: [u64; REASONS]) -> Vec<(Reason, u64)> {
    let mut ranked: Vec<_> = Reason::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect();
    sort_by_key(&mut ranked, |(_, count)| std::cmp::Reverse(*count));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_integrates_its_level() {
        let mut gauge = Gauge::default();
        let at = |s| SimTime::ZERO + SimDuration::from_secs(s);
        gauge.set(at(1), 3);
        gauge.set(at(3), 1);
        assert_eq!((gauge.level(), gauge.area_at(at(5))), (1, 8_000_000_000));
    }

    #[test]
    fn a_lane_is_busy_only_as_long_as_it_has_been() {
        let at = |s| SimTime::ZERO + SimDuration::from_secs(s);
        let mut meter = LinkMeter::default();
        meter.sent(at(1), false, 100, SimDuration::from_secs(2), false);
        meter.sent(at(2), false, 100, SimDuration::from_secs(2), true);
        let [forward, back] = meter.0;
        assert_eq!([1, 2, 4, 5, 9].map(|s| forward.busy_at(at(s)) / 1_000_000_000), [0, 1, 3, 4, 4]);
        assert_eq!((forward.bytes, forward.lost, back), (100, 1, LaneMeter::default()));
    }
}
