//! The buffer pool and the disk: what does not fit into memory has to be read, and waits its turn.
//!
//! Records lie in pages in the order of their keys. The pool keeps whole pages, and gives up those that were not used since the
//! hand of a clock last passed (as the clock sweep of `PostgreSQL` does). A page that was changed is written to the disk when it is
//! given up. The disk does so many operations per second, one after the other, each of which also takes its latency; pages that
//! are asked for together are fetched together. So data that fit are served from memory, and more data slow the store down by
//! themselves. A pool of size zero stands for memory for everything.
//! Left out: indices, read-ahead, checkpoints, the log's own writes (they are sequential, and part of a write's time).

use crate::base::map::Map;
use crate::base::{Bytes, SimDuration, SimTime};
use crate::components::cache::Entries;
use crate::components::data_set::PAGE;
use crate::kernel::Version;
use crate::model::kinds::{self, EvictionPolicy};

/// The pages at hand, and the disk with the others.
#[derive(Clone, Debug, Hash)]
pub struct Pages {
    pool: Entries,
    /// Those of the pool that the disk has not yet.
    changed: Map<u32, ()>,
    size: Bytes,
    iops: u32,
    latency: SimDuration,
    /// When the disk will have done all that it was asked for.
    free_at: SimTime,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            pool: Entries::new(EvictionPolicy::Clock, Bytes(0)),
            changed: Map::default(),
            size: Bytes(0),
            iops: 1,
            latency: SimDuration::ZERO,
            free_at: SimTime::ZERO,
        }
    }
}

/// What an operation needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Pages that were in the pool, pages that the disk had to read, and changed ones that it had to write to make room.
    pub hits: u32,
    pub misses: u32,
    pub writes: u32,
}

impl Pages {
    pub fn set(&mut self, params: &kinds::Database) {
        self.iops = params.disk_iops;
        self.latency = params.disk_latency;
        if self.size != params.buffer_pool {
            self.size = params.buffer_pool;
            // The pages that a smaller pool gives up are written at their leisure.
            self.pool.reconfigure(EvictionPolicy::Clock, self.size);
            let pool = &self.pool;
            let kept = std::mem::take(&mut self.changed).into_iter().filter(|(page, ())| pool.peek(*page).is_some());
            for (page, ()) in kept {
                self.changed.insert(page, ());
            }
        }
    }

    /// Whether memory is limited at all.
    pub fn is_limited(&self) -> bool {
        self.size.0 > 0
    }

    /// The pool is empty again; what was changed is in the log.
    pub fn clear(&mut self) {
        self.pool.clear();
        self.changed.clear();
        self.free_at = SimTime::ZERO;
    }

    /// Uses `pages`, which are brought in where they are missing; a change of a whole new page needs no reading.
    pub fn touch(&mut self, pages: impl Iterator<Item = u32>, is_change: bool, is_read_first: bool) -> Use {
        let mut used = Use::default();
        let mut last = None;
        for page in pages {
            // Neighbours lie in the same page.
            if last.replace(page) == Some(page) {
                continue;
            }
            if self.pool.get(page, SimTime::ZERO).is_some() {
                used.hits += 1;
            } else {
                used.misses += u32::from(is_read_first);
                let (changed, writes) = (&mut self.changed, &mut used.writes);
                self.pool.insert_and(page, PAGE as u32, Version::default(), SimTime::NEVER, |victim| {
                    *writes += u32::from(changed.remove(&victim).is_some());
                });
            }
            if is_change {
                if self.pool.peek(page).is_some() {
                    self.changed.insert(page, ());
                } else {
                    // Not even one page fits: it goes straight to the disk.
                    used.writes += 1;
                }
            }
        }
        used
    }

    /// How long whoever has asked for that waits, when it comes in so many rounds. Nobody waits for the writes, but they keep
    /// the disk from what comes later.
    pub fn wait(&mut self, now: SimTime, used: Use, rounds: u32) -> SimDuration {
        let each = SimDuration::from_secs_f64(1.0 / f64::from(self.iops));
        let mut free_at = self.free_at.max(now) + each.times(used.misses.into());
        let wait = free_at.since(now) + self.latency.times(rounds.min(used.misses).into());
        free_at += each.times(used.writes.into());
        if used.misses + used.writes > 0 {
            self.free_at = free_at;
        }
        if used.misses > 0 { wait } else { SimDuration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(pages: u64, iops: u32) -> Pages {
        let params = kinds::Database {
            buffer_pool: Bytes(pages * PAGE),
            disk_iops: iops,
            disk_latency: SimDuration::from_millis(1),
            ..kinds::Database::default()
        };
        let mut pages = Pages::default();
        pages.set(&params);
        pages
    }

    #[test]
    fn what_fits_is_read_once() {
        let mut pages = pages(10, 100);
        let first = pages.touch(0..10, false, true);
        assert_eq!(first, Use { hits: 0, misses: 10, writes: 0 });
        assert_eq!(pages.touch(0..10, false, true), Use { hits: 10, misses: 0, writes: 0 });
        // One more than fit, again and again: a clock loses all of them.
        pages.touch(0..11, false, true);
        assert!(pages.touch(0..11, false, true).misses > 5);
    }

    #[test]
    fn neighbours_in_a_page_are_one_access() {
        assert_eq!(pages(4, 100).touch([3, 3, 3, 4].into_iter(), false, true).misses, 2);
    }

    #[test]
    fn what_was_changed_is_written_before_it_goes() {
        let mut pages = pages(2, 100);
        assert_eq!(pages.touch(0..2, true, true).writes, 0);
        assert_eq!(pages.touch(2..4, false, true), Use { hits: 0, misses: 2, writes: 2 });
        assert_eq!(pages.touch(4..6, false, true).writes, 0);
        // A log-structured store does not read what it changes.
        assert_eq!(pages.touch(6..7, true, false).misses, 0);
    }

    #[test]
    fn the_disk_serves_one_after_the_other() {
        let (mut pages, now) = (pages(100, 100), SimTime::from_nanos(5));
        let two = Use { hits: 0, misses: 2, writes: 0 };
        assert_eq!(pages.wait(now, two, 1), SimDuration::from_millis(21));
        assert_eq!(pages.wait(now, two, 2), SimDuration::from_millis(42));
        let change = Use { hits: 0, misses: 0, writes: 3 };
        assert_eq!(pages.wait(now, change, 1), SimDuration::ZERO, "nobody waits for a page to be written");
        assert_eq!(pages.wait(now, Use { misses: 1, ..Use::default() }, 1), SimDuration::from_millis(81));
    }

    #[test]
    fn a_pool_too_small_for_a_page_keeps_none() {
        let mut pages = pages(1, 100);
        pages.set(&kinds::Database { buffer_pool: Bytes(100), ..kinds::Database::default() });
        for _ in 0..2 {
            assert_eq!(pages.touch(0..1, true, true), Use { hits: 0, misses: 1, writes: 1 });
        }
    }
}
