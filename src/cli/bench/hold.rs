//! The hold model: so many events are pending; the next is taken and pushed again after a random time (Jones 1986).
//!
//! Beside the engine's queue runs the standard library's heap, of the smallest entries that keep events in the same order.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use scalescope::base::random::Stream;
use scalescope::base::{NodeIx, SimTime};
use scalescope::kernel::{Event, EventQueue, Tag};

use super::workloads::{Clock, Report};

/// Events taken and pushed in a round.
const HOLDS: usize = 4_000_000;
/// The two take turns, so that what else the machine does hits both.
const ROUNDS: usize = 5;
/// Mean time for which an event is pending, in nanoseconds.
const MEAN_NS: f64 = 1e9;
/// Times drawn beforehand, so that drawing them does not count: few enough for the nearest cache.
const DELAYS: usize = 1 << 11;

pub fn run(pending: f64, clock: Clock) -> Report {
    let mut stream = Stream::seeded(1);
    let mut draw = || (stream.exponential() * MEAN_NS) as u64;
    let delays: Vec<u64> = (0..DELAYS).map(|_| draw()).collect();
    let (mut ours, mut theirs) = (EventQueue::default(), Heap::default());
    for number in 0..pending as u32 {
        let (at, event) = (draw(), Event::Timer { node: NodeIx(0), tag: Tag::Arrival, epoch: number });
        ours.push(SimTime::from_nanos(at), event);
        theirs.push(at, event);
    }
    let (mut our_times, mut their_times, mut digests) = (Vec::new(), Vec::new(), [0_u64; 2]);
    for _ in 0..ROUNDS {
        let began = clock();
        for i in 0..HOLDS {
            let Some((at, event)) = ours.pop() else { break };
            digests[0] = digest(digests[0], at.as_nanos(), event);
            ours.push(SimTime::from_nanos(at.as_nanos() + delays[i % DELAYS]), event);
        }
        let between = clock();
        for i in 0..HOLDS {
            let Some((at, event)) = theirs.pop() else { break };
            digests[1] = digest(digests[1], at, event);
            theirs.push(at + delays[i % DELAYS], event);
        }
        our_times.push(between - began);
        their_times.push(clock() - between);
    }
    assert_eq!(digests[0], digests[1], "both give out the same events in the same order");
    let (ours, theirs) = (median(our_times), median(their_times));
    Report {
        figures: vec![
            ("events", (HOLDS * ROUNDS) as f64),
            ("events_per_s", HOLDS as f64 / ours),
            ("ns_per_event", ours / HOLDS as f64 * 1e9),
            ("heap_ns_per_event", theirs / HOLDS as f64 * 1e9),
            ("heap_ratio", theirs / ours),
        ],
        digest: digests[0],
    }
}

fn digest(sum: u64, at: u64, event: Event) -> u64 {
    sum.rotate_left(3) ^ at ^ event.digest()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The standard library's heap, with an order of scheduling.
#[derive(Default)]
struct Heap {
    heap: BinaryHeap<Entry>,
    scheduled: u32,
}

struct Entry {
    at: u64,
    order: u32,
    event: Event,
}

const _: () = assert!(size_of::<Entry>() == 24);

impl Heap {
    fn push(&mut self, at: u64, event: Event) {
        self.scheduled = self.scheduled.wrapping_add(1);
        self.heap.push(Entry { at, order: self.scheduled, event });
    }

    fn pop(&mut self) -> Option<(u64, Event)> {
        self.heap.pop().map(|entry| (entry.at, entry.event))
    }
}

/// The first is the greatest.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}
