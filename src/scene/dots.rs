//! Hops under way: a ring that takes them as the engine tells of them and says where each is at a given time.
//!
//! A record has twelve bytes and goes to the graphics processor as it is. Its departure is a whole number of
//! nanoseconds, 42 bits that wrap every 73 minutes; times are compared by wrapping subtraction, as sequence numbers are. So
//! the picture is exact at any speed, however long the run, and nothing is ever encoded anew. What follows from that:
//! a hop of more than [`LONGEST_S`] seconds is not drawn, and a jump in time by as much empties the ring.
//!
//! A hop is shown in (previous, now], the time that a frame stands for, even if it departed and arrived within: then it is shown
//! at one of the places that it passed in that time, chosen by its bits. So a fast run shows traffic spread
//! over its links, as an exposed photograph would, and not only at their ends.

use std::ops::Range;

use crate::base::SimTime;

/// Seconds that a hop may take and still be drawn.
pub const LONGEST_S: f32 = 1_000.0;

/// A hop as it is kept: link (16 bits), class (6) and high part of the departure (10); low part of the departure (32);
/// bits of the duration in seconds (`f32`).
pub type Record = [u32; 3];

/// Where a hop is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    pub link: u16,
    /// As packed by [`crate::observe::Hop::encode`].
    pub class: u32,
    /// Share of the link behind it, 0 to 1, from the link's beginning: answers go from 1 to 0.
    pub along: f32,
    /// Which place across the road it keeps to, 0 to 1.
    pub sway: f32,
    pub is_backward: bool,
}

/// What there is to see in a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    pub visible: usize,
    pub failures: usize,
}

/// The hops under way.
#[derive(Clone, Debug)]
pub struct DotField {
    /// Filled up to `capacity`, then overwritten from the start.
    ring: Vec<Record>,
    capacity: usize,
    /// How many hops were ever pushed.
    pushed: u64,
    /// All hops before this one are over.
    first: u64,
    /// The time last drawn.
    seen: SimTime,
}

impl DotField {
    /// Hops that a page keeps.
    pub const CAPACITY: usize = 262_144;

    pub fn new(capacity: usize) -> Self {
        Self { ring: Vec::new(), capacity: capacity.max(1), pushed: 0, first: 0, seen: SimTime::ZERO }
    }

    /// Takes hops encoded by [`crate::observe::Hop::encode`] relative to `base`; the oldest give way where there is no room.
    pub fn push(&mut self, base: SimTime, words: &[u32]) {
        for &[head, depart, duration] in words.as_chunks::<3>().0 {
            let seconds = f32::from_bits(duration);
            // Not-a-number fails the comparison too.
            if !(0.0..=LONGEST_S).contains(&seconds) {
                continue;
            }
            let depart =
                base.as_nanos().saturating_add_signed((f64::from(f32::from_bits(depart)) * 1e9).round() as i64);
            let record = [(head & 0x003f_ffff) | high(depart) << 22, depart as u32, duration];
            let slot = (self.pushed % self.capacity as u64) as usize;
            if slot < self.ring.len() {
                self.ring[slot] = record;
            } else {
                self.ring.push(record);
            }
            self.pushed += 1;
        }
        self.first = self.first.max(self.pushed.saturating_sub(self.capacity as u64));
    }

    pub fn clear(&mut self) {
        self.first = self.pushed;
        self.seen = SimTime::ZERO;
    }

    /// Counts what is to be seen in a frame that stands for (`previous`, `now`].
    pub fn survey(&self, previous: SimTime, now: SimTime) -> Survey {
        let mut survey = Survey::default();
        self.dots(previous, now).for_each(|dot| {
            survey.visible += 1;
            survey.failures += usize::from(super::looks::look_of(dot.class) == super::looks::FAILURE);
        });
        survey
    }

    /// Forgets what was over at `previous`.
    pub fn retire(&mut self, previous: SimTime, now: SimTime) {
        let jump = now.since(self.seen).max(self.seen.since(now));
        if jump.as_secs_f64() > f64::from(LONGEST_S) && self.seen != SimTime::ZERO {
            self.clear();
        }
        self.seen = now;
        while self.first < self.pushed && is_over(self.record(self.first), previous) {
            self.first += 1;
        }
    }

    /// The dots to be seen in a frame that stands for (`previous`, `now`], in the order in which they were pushed.
    pub fn dots(&self, previous: SimTime, now: SimTime) -> impl Iterator<Item = Dot> {
        let exposure = Exposure::new(previous, now);
        self.records().filter_map(move |record| exposure.dot(record))
    }

    /// As [`Self::dots`], each with the time at which its hop departed.
    pub fn dated(&self, previous: SimTime, now: SimTime) -> impl Iterator<Item = (Dot, SimTime)> {
        let exposure = Exposure::new(previous, now);
        self.records().filter_map(move |record| Some((exposure.dot(record)?, departed(record, now))))
    }

    /// How many hops were ever pushed. Hop number n is in slot n modulo the capacity.
    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    /// The number of the first hop that may still be seen.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The ring's slots.
    pub fn slots(&self) -> &[Record] {
        &self.ring
    }

    /// Where in [`Self::slots`] the hops from number `from` to the last are, oldest first: one stretch, or two where the ring wraps.
    pub fn stretches(&self, from: u64) -> [Range<usize>; 2] {
        let from = from.min(self.pushed);
        let start = (from % self.capacity as u64) as usize;
        let count = (self.pushed - from) as usize;
        let end = (start + count).min(self.capacity);
        [start..end, 0..start + count - end]
    }

    fn records(&self) -> impl Iterator<Item = Record> {
        let [older, newer] = self.stretches(self.first);
        self.ring[older].iter().chain(&self.ring[newer]).copied()
    }

    fn record(&self, number: u64) -> Record {
        self.ring[(number % self.capacity as u64) as usize]
    }
}

/// The upper 10 of the 42 bits of a time that are kept.
pub const fn high(nanos: u64) -> u32 {
    (nanos >> 32) as u32 & 0x3ff
}

/// The 42 bits of a time that are kept.
const KEPT: u64 = (1 << 42) - 1;
/// From here on a difference of times is one to a time that is yet to come.
const HALF: i64 = 1 << 41;

/// Nanoseconds from a hop's departure to `nanos`, by wrapping; [`HALF`] or more means that it has not departed yet. Signed, because
/// processors have an instruction that makes a float of that.
#[inline]
fn ago(record: Record, nanos: u64) -> i64 {
    let kept = u64::from(record[0] >> 22) << 32 | u64::from(record[1]);
    (nanos.wrapping_sub(kept) & KEPT).cast_signed()
}

/// When a hop departed that has departed by `now`.
fn departed(record: Record, now: SimTime) -> SimTime {
    SimTime::from_nanos(now.as_nanos().saturating_add_signed(-ago(record, now.as_nanos())))
}

fn is_over(record: Record, at: SimTime) -> bool {
    let ago = ago(record, at.as_nanos());
    ago < HALF && seconds(ago) >= f32::from_bits(record[2])
}

/// Nanoseconds as seconds.
#[inline]
fn seconds(nanos: i64) -> f32 {
    nanos as f32 * 1e-9
}

/// The time that a frame stands for.
#[derive(Clone, Copy)]
struct Exposure {
    now: u64,
    length: i64,
}

impl Exposure {
    fn new(previous: SimTime, now: SimTime) -> Self {
        Self { now: now.as_nanos(), length: now.since(previous).as_nanos().cast_signed() }
    }

    /// Where a hop is seen, if it is.
    #[inline]
    fn dot(self, record: Record) -> Option<Dot> {
        let after = ago(record, self.now);
        if after >= HALF {
            return None;
        }
        let duration = f32::from_bits(record[2]);
        let elapsed = seconds(after);
        let [chance, sway] = chances(record);
        let travelled = if elapsed < duration {
            elapsed / duration
        } else {
            // Below zero if it departed within the frame.
            let before = seconds(after - self.length);
            if before >= duration && before >= 0.0 {
                return None;
            }
            let before = if before > 0.0 { before / duration } else { 0.0 };
            before + (1.0 - before) * chance
        };
        let is_backward = record[0] >> 21 & 1 != 0;
        let along = if is_backward { 1.0 - travelled } else { travelled };
        Some(Dot { link: record[0] as u16, class: record[0] >> 16 & 0x3f, along, sway, is_backward })
    }
}

/// Two numbers from 0 to 1 that are the hop's own.
#[inline]
fn chances(record: Record) -> [f32; 2] {
    let bits = (record[1] ^ record[0]).wrapping_mul(0x9e37_79b1);
    let first = (bits ^ bits >> 15).wrapping_mul(0x85eb_ca77);
    let second = (first ^ first >> 13).wrapping_mul(0xc2b2_ae3d);
    [first, second].map(|bits| (bits >> 8) as f32 / 16_777_216.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimDuration;
    use crate::observe::{Hop, HopKind, Operation};

    fn at(nanos: u64) -> SimTime {
        SimTime::from_nanos(nanos)
    }

    fn hop(depart: u64, duration: u64) -> Hop {
        let depart = at(depart);
        let arrive = depart + SimDuration::from_nanos(duration);
        Hop { link: 5, kind: HopKind::Request, operation: Operation::Write, is_backward: false, depart, arrive }
    }

    fn field(hops: &[Hop], base: SimTime) -> DotField {
        let mut field = DotField::new(8);
        for hop in hops {
            field.push(base, &hop.encode(base));
        }
        field
    }

    fn look(field: &mut DotField, previous: SimTime, now: SimTime) -> Survey {
        field.retire(previous, now);
        field.survey(previous, now)
    }

    fn places(field: &DotField, previous: u64, now: u64) -> Vec<f32> {
        field.dots(at(previous), at(now)).map(|dot| dot.along).collect()
    }

    #[test]
    fn a_dot_is_where_its_hop_is() {
        let field = field(&[hop(1_000, 1_000)], at(0));
        assert_eq!(places(&field, 900, 999), [0.0; 0]);
        assert_eq!(places(&field, 1_400, 1_500), [0.5]);
        assert_eq!(places(&field, 2_000, 2_100), [0.0; 0]);
    }

    #[test]
    fn answers_travel_the_other_way() {
        let answer = Hop { is_backward: true, kind: HopKind::Answer, ..hop(0, 1_000) };
        let field = field(&[answer], at(0));
        let dot = field.dots(at(200), at(250)).next().unwrap();
        assert_eq!((dot.link, dot.class, dot.along, dot.is_backward), (5, 0b10_0000 | answer.class(), 0.75, true));
    }

    #[test]
    fn a_hop_shorter_than_a_frame_is_seen_in_exactly_one() {
        for (depart, duration) in [(1_010, 20), (1_000, 90), (1_001, 0), (1_099, 1), (1_100, 0)] {
            let field = field(&[hop(depart, duration)], at(0));
            let frames: Vec<_> = (0..20).filter(|i| !places(&field, i * 100, i * 100 + 100).is_empty()).collect();
            assert!(!frames.is_empty() && frames.len() <= 2, "{depart} {duration}: {frames:?}");
            assert!(frames.contains(&10), "{depart} {duration}: {frames:?}");
        }
    }

    #[test]
    fn the_picture_is_exact_in_slow_motion_hours_into_a_run() {
        let start = 10_000 * 1_000_000_000_u64 + 123_456_789;
        let field = field(&[hop(start, 500_000)], at(start - 40_000));
        let step = 1_600;
        let seen: Vec<_> = (1..300).flat_map(|i| places(&field, start + (i - 1) * step, start + i * step)).collect();
        assert_eq!(seen.len(), 299);
        assert!(seen.windows(2).all(|pair| (pair[1] - pair[0] - 0.0032).abs() < 1e-5));
    }

    #[test]
    fn the_oldest_give_way() {
        let hops: Vec<_> = (0..11).map(|i| hop(i, 1_000)).collect();
        let mut field = field(&hops, at(0));
        assert_eq!(look(&mut field, at(20), at(20)), Survey { visible: 8, failures: 0 });
        assert_eq!(field.first(), 3);
        field.clear();
        assert_eq!(look(&mut field, at(20), at(20)).visible, 0);
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let mut field = field(&[hop(0, 10), hop(0, 500), hop(5, 10)], at(0));
        assert_eq!(look(&mut field, at(100), at(110)).visible, 1);
        assert_eq!(field.first(), 1);
        assert_eq!(look(&mut field, at(600), at(610)).visible, 0);
        assert_eq!(field.first(), 3);
    }

    #[test]
    fn a_leap_in_time_leaves_nothing_behind() {
        let mut field = field(&[hop(1_000_000_000, 1_000)], at(1_000_000_000));
        look(&mut field, at(1_000_000_000), at(1_000_000_100));
        let wrap = 1 << 42;
        assert_eq!(look(&mut field, at(1_000_000_200 + wrap), at(1_000_000_300 + wrap)).visible, 0);
    }

    #[test]
    fn nonsense_is_not_drawn() {
        let mut field = DotField::new(4);
        field.push(at(5), &[1, 0, f32::NAN.to_bits(), 1, 0, (-1.0_f32).to_bits(), 1, 0, 1e9_f32.to_bits(), 7, 7]);
        assert_eq!(field.pushed(), 0);
        field.push(at(5), &[u32::MAX, f32::NEG_INFINITY.to_bits(), 0.5_f32.to_bits()]);
        assert_eq!(look(&mut field, at(5), at(6)), Survey { visible: 1, failures: 0 });
    }
}
