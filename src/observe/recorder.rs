//! The recorder: where everything that happens is counted. It never feeds back into the world.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

use super::hop::Hop;
use super::meter::{Counts, LinkMeter, NodeMeter};
use super::outcome::{Operation, Reason};
use super::trace::Tracer;
use crate::base::histogram::Histogram;
use crate::base::{LinkIx, NodeIx, SimDuration, SimTime};

/// Latencies by operation.
pub type Latencies = [Histogram; Operation::ALL.len()];

/// Most samples kept for the sliding window.
const SAMPLES: usize = 128;

/// So many times in a row there must be room for more hops before more requests are drawn.
const ROOMY: u32 = 6;

/// Everything that was counted.
#[derive(Clone, Debug)]
pub struct Recorder {
    pub counts: Counts,
    pub nodes: Vec<NodeMeter>,
    pub links: Vec<LinkMeter>,
    pub events: u64,
    /// Latencies of the current part of the window, of the part before, and of all before that since the mark.
    current: Latencies,
    previous: Latencies,
    older: Latencies,
    rotated: SimTime,
    window: SimDuration,
    /// Whether anybody looks at the window: parting latencies by time costs something.
    is_sliding: bool,
    /// The moment from which a report counts, usually the end of the warm-up.
    mark: Sample,
    samples: VecDeque<Sample>,
    hops: HopBook,
    pub tracer: Tracer,
}

/// All counters at one moment; two of them make a rate.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub at: SimTime,
    pub counts: Counts,
    pub nodes: Vec<NodeMeter>,
    pub links: Vec<LinkMeter>,
}

/// The hops to be drawn.
#[derive(Clone, Debug)]
struct HopBook {
    hops: Vec<Hop>,
    /// Zero: nobody draws.
    budget: usize,
    /// Number of hops at which the next halving is due.
    limit: usize,
    /// Every how-many-th request is drawn: a power of two.
    stride: u32,
    /// Calls of [`Recorder::take_hops`] one after another in which there was room for many more.
    roomy: u32,
    /// Events until the last of those calls.
    seen: u64,
    side: u32,
}

impl HopBook {
    /// Asked for everything that happens, so there is no division.
    #[inline]
    fn takes(&self, serial: u32) -> bool {
        serial & (self.stride - 1) == 0
    }
}

/// The counters belong to the state; windows and pictures do not, for they depend on when somebody looked.
impl Hash for Recorder {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.counts, &self.nodes, &self.links, self.events).hash(state);
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            counts: Counts::default(),
            nodes: Vec::new(),
            links: Vec::new(),
            events: 0,
            current: Latencies::default(),
            previous: Latencies::default(),
            older: Latencies::default(),
            rotated: SimTime::ZERO,
            window: SimDuration::from_secs(1),
            is_sliding: false,
            mark: Sample::default(),
            samples: VecDeque::from([Sample::default()]),
            hops: HopBook { hops: Vec::new(), budget: 0, limit: 0, stride: 1, roomy: 0, seen: 0, side: 0 },
            tracer: Tracer::default(),
        }
    }
}

impl Recorder {
    #[inline]
    pub fn node(&mut self, node: NodeIx) -> &mut NodeMeter {
        &mut self.nodes[node.index()]
    }

    #[inline]
    pub fn link(&mut self, link: LinkIx) -> &mut LinkMeter {
        &mut self.links[link.index()]
    }

    pub fn answered(&mut self, operation: Operation, now: SimTime, latency: SimDuration) {
        if self.is_sliding && now.since(self.rotated) >= self.window {
            self.rotate(now);
        }
        self.counts.answered[operation as usize] += 1;
        self.current[operation as usize].record(latency);
    }

    pub fn failed(&mut self, operation: Operation, reason: Reason) {
        self.counts.failed[operation as usize] += 1;
        self.counts.reasons[reason as usize] += 1;
    }

    fn rotate(&mut self, now: SimTime) {
        // After a long silence not even the current part belongs to the window any more.
        let is_long_ago = now.since(self.rotated) >= self.window.times(2);
        for ((older, previous), current) in self.older.iter_mut().zip(&mut self.previous).zip(&mut self.current) {
            older.merge(previous);
            previous.clear();
            if is_long_ago {
                older.merge(current);
                current.clear();
            }
            std::mem::swap(previous, current);
        }
        self.rotated = now;
    }

    /// Forgets latencies and rates up to now: what follows is what a report tells.
    pub fn mark(&mut self, now: SimTime) {
        for histogram in self.current.iter_mut().chain(&mut self.previous).chain(&mut self.older) {
            histogram.clear();
        }
        self.rotated = now;
        self.mark = self.sample(now);
        self.samples = VecDeque::from([self.mark.clone()]);
    }

    pub fn since_mark(&self) -> (&Sample, Latencies) {
        let mut all = self.older.clone();
        for part in [&self.previous, &self.current] {
            all.iter_mut().zip(part).for_each(|(sum, part)| sum.merge(part));
        }
        (&self.mark, all)
    }

    pub fn sample(&self, now: SimTime) -> Sample {
        Sample { at: now, counts: self.counts, nodes: self.nodes.clone(), links: self.links.clone() }
    }

    pub fn set_window(&mut self, window: SimDuration) {
        self.is_sliding = true;
        self.window = window.max(SimDuration::from_nanos(64));
    }

    /// The start of the sliding window that ends now, with its latencies (of the window and up to as long before).
    ///
    /// Looking is also sampling, but not more often than sixty-four times a window: how often somebody looks does not matter.
    pub fn slide(&mut self, now: SimTime) -> (Sample, Latencies) {
        if !self.is_sliding {
            // Nobody has looked before: the first look finds everything since the mark.
            self.is_sliding = true;
            self.rotated = now;
        } else if now.since(self.rotated) >= self.window {
            self.rotate(now);
        }
        let start = now - self.window;
        // The last sample not after the window's start stays as its beginning.
        while self.samples.len() > 1 && (self.samples[1].at <= start || self.samples.len() >= SAMPLES) {
            self.samples.pop_front();
        }
        let from = self.samples.front().cloned().unwrap_or_default();
        let step = SimDuration::from_nanos(self.window.as_nanos() / 64);
        if self.samples.back().is_none_or(|last| now.since(last.at) > step) {
            self.samples.push_back(self.sample(now));
        }
        let mut latencies = self.previous.clone();
        latencies.iter_mut().zip(&self.current).for_each(|(sum, part)| sum.merge(part));
        (from, latencies)
    }

    pub fn set_hop_budget(&mut self, budget: usize) {
        self.hops.budget = budget;
        self.hops.limit = budget;
    }

    /// Whether the request numbered `serial` is one of those drawn.
    #[inline]
    pub fn draws(&self, serial: u32) -> bool {
        self.hops.budget > 0 && self.hops.takes(serial)
    }

    /// Whether the request numbered `serial` is traced. While dots are drawn, it is only if it is drawn too.
    #[inline]
    pub fn traces(&self, serial: u32) -> bool {
        self.tracer.takes(serial) && self.hops.takes(serial)
    }

    /// Whether to draw the next message that belongs to no request (replication, checks): these are thinned alike.
    pub fn draws_side(&mut self) -> bool {
        self.hops.side = self.hops.side.wrapping_add(1);
        let side = self.hops.side;
        self.draws(side)
    }

    pub fn hop(&mut self, hop: Hop) {
        let book = &mut self.hops;
        book.hops.push(hop);
        // Over the budget: draw half as many requests from here on, and again at twice the budget.
        if book.hops.len() >= book.limit {
            book.limit = book.limit.saturating_mul(2);
            book.stride = (book.stride * 2).min(1 << 30);
        }
    }

    /// Moves the hops out and returns how many requests a dot stood for, at the coarsest.
    pub fn take_hops(&mut self, into: &mut Vec<Hop>) -> u32 {
        let book = &mut self.hops;
        let stride = book.stride;
        let passed = self.events - std::mem::replace(&mut book.seen, self.events);
        book.roomy = match passed {
            0 => book.roomy,
            _ if book.hops.len() >= book.budget / 4 => 0,
            // Who goes on event by event wants to see each.
            1 => ROOMY,
            // Not because of a single short frame: twice as many dots for a moment would be a flicker.
            _ => book.roomy + 1,
        };
        if book.roomy >= ROOMY && book.stride > 1 {
            (book.stride, book.roomy) = (book.stride / 2, 0);
        }
        book.limit = book.budget;
        into.append(&mut book.hops);
        stride
    }
}
