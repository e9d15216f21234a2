//! How the load is spread: each shard's share of the requests, and the hottest keys, over the last ten seconds or so.
//!
//! The most frequent keys are found by the Space-Saving algorithm (Metwally, Agrawal, El Abbadi 2005): a key that makes up more
//! than a thirty-second of the requests is never missed. What is told of it is what it has been asked for at least. Only an
//! observer reads it.

use crate::base::{SimDuration, SimTime};
use crate::kernel::ClusterIx;

/// Keys that are counted at a time.
const COUNTED: usize = 32;
const SPAN: SimDuration = SimDuration::from_secs(5);

/// Counts of the span that runs, and of the one before.
#[derive(Clone, Debug, Default, Hash)]
pub struct Tally {
    number: u64,
    now: Counts,
    last: Counts,
}

#[derive(Clone, Debug, Default, Hash)]
struct Counts {
    shards: Vec<(ClusterIx, u64)>,
    keys: Vec<Counter>,
    all: u64,
}

/// How often a key was asked for, and how much of that may have been others.
#[derive(Clone, Copy, Debug, Hash)]
struct Counter {
    key: u32,
    count: u64,
    doubt: u64,
}

impl Tally {
    /// A request for `key` goes to `shard`.
    pub fn note(&mut self, now: SimTime, key: u32, shard: ClusterIx) {
        let number = now.as_nanos() / SPAN.as_nanos();
        if number != self.number {
            let now = std::mem::take(&mut self.now);
            self.last = if number == self.number + 1 { now } else { Counts::default() };
            self.number = number;
        }
        self.now.note(key, shard);
    }

    /// The share of the requests that went to `shard`, 0 to 1.
    pub fn share(&self, shard: ClusterIx) -> f64 {
        let of =
            |counts: &Counts| counts.shards.iter().find(|(other, _)| *other == shard).map_or(0, |(_, count)| *count);
        (of(&self.now) + of(&self.last)) as f64 / self.all() as f64
    }

    /// The key that was asked for most often, and its share of the requests.
    pub fn hottest(&self) -> Option<(u32, f64)> {
        let both = self.now.keys.iter().chain(&self.last.keys);
        let counted =
            both.map(|counter| (self.now.at_least(counter.key) + self.last.at_least(counter.key), counter.key));
        // Of equals the lower key.
        let (count, key) = counted.max_by_key(|(count, key)| (*count, u32::MAX - key))?;
        Some((key, count as f64 / self.all() as f64))
    }

    fn all(&self) -> u64 {
        (self.now.all + self.last.all).max(1)
    }
}

impl Counts {
    fn note(&mut self, key: u32, shard: ClusterIx) {
        self.all += 1;
        match self.shards.iter_mut().find(|(other, _)| *other == shard) {
            Some((_, count)) => *count += 1,
            None => self.shards.push((shard, 1)),
        }
        if let Some(counter) = self.keys.iter_mut().find(|counter| counter.key == key) {
            counter.count += 1;
        } else if self.keys.len() < COUNTED {
            self.keys.push(Counter { key, count: 1, doubt: 0 });
        } else if let Some(rarest) = self.keys.iter_mut().min_by_key(|counter| counter.count) {
            // The newcomer may have been there before, as often as the rarest at most.
            *rarest = Counter { key, count: rarest.count + 1, doubt: rarest.count };
        }
    }

    fn at_least(&self, key: u32) -> u64 {
        self.keys.iter().find(|counter| counter.key == key).map_or(0, |counter| counter.count - counter.doubt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(ms)
    }

    #[test]
    fn a_celebrity_is_found_among_many() {
        let mut tally = Tally::default();
        for n in 0..9_000_u32 {
            let key = if n % 10 == 0 { 77 } else { n };
            tally.note(at(u64::from(n)), key, ClusterIx((key % 4) as u16));
        }
        let (key, share) = tally.hottest().unwrap();
        assert_eq!(key, 77);
        assert!((0.09..0.11).contains(&share), "{share}");
        let shares: f64 = (0..4).map(|shard| tally.share(ClusterIx(shard))).sum();
        assert!((shares - 1.0).abs() < 1e-9);
        tally.note(at(60_000), 5, ClusterIx(2));
        assert_eq!((tally.hottest(), tally.share(ClusterIx(0))), (Some((5, 1.0)), 0.0));
    }
}
