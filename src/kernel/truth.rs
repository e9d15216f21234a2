//! What is true: the latest committed version of every record, known to an observer who sees all stores at once.
//!
//! No component reads it to decide anything; stores are compared with it to *observe* stale reads and lost writes.

use crate::base::SimTime;
use crate::base::map::Map;
use crate::base::paged::Paged;

/// Number of a committed write among all committed writes of the run; 0 is the state before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

/// The current version of each record.
#[derive(Clone, Debug, Default, Hash)]
pub struct Truth {
    current: Paged<Version>,
    /// When it became the current one.
    since: Paged<SimTime>,
    commits: u64,
    /// Of records whose current version was acknowledged by a cache and is not in the database yet: the version that is.
    promised: Map<u32, Version>,
    /// Until when each user has a session, as those think who have opened it.
    sessions: Paged<SimTime>,
    /// Of records that a leaderless store is writing, or could not write to enough copies: the newest version that may be seen
    /// although nobody has acknowledged it.
    proposed: Map<u32, Version>,
}

impl Truth {
    /// A write of `key` commits, and everybody can see it.
    pub fn commit(&mut self, key: u32, now: SimTime) -> Version {
        self.promised.remove(&key);
        self.advance(key, now)
    }

    /// A write gets its number, though nobody can see it yet.
    pub fn number(&mut self) -> Version {
        self.commits += 1;
        Version(self.commits)
    }

    /// A write that was numbered can be seen.
    pub fn publish(&mut self, key: u32, version: Version, now: SimTime) {
        if version >= self.current(key) {
            self.promised.remove(&key);
            self.set(key, version, now);
        }
    }

    /// A write of `key` is acknowledged by somebody who will write it to the database later.
    pub fn promise(&mut self, key: u32, now: SimTime) -> Version {
        self.promised.or_insert_with(key, || self.current.get(key as usize));
        self.advance(key, now)
    }

    /// The database takes a write that was promised.
    pub fn keep_promise(&mut self, key: u32, version: Version) {
        let current = self.current(key);
        if version >= current {
            // Should a crash have broken the promise meanwhile, it is kept all the same.
            self.promised.remove(&key);
            self.current.set(key as usize, version);
        } else if let Some(durable) = self.promised.get_mut(&key) {
            *durable = version.max(*durable);
        }
    }

    /// The promised `version` is lost. Whether that changes anything: not if somebody has written since, or the database
    /// has it already.
    pub fn break_promise(&mut self, key: u32, version: Version) -> bool {
        if self.current(key) != version {
            return false;
        }
        let durable = self.promised.remove(&key);
        if let Some(durable) = durable {
            self.current.set(key as usize, durable);
        }
        durable.is_some()
    }

    /// The version of `key` that a store has, or should: the current one, unless a cache still has to write that.
    pub fn durable(&self, key: u32) -> Version {
        self.promised.get(&key).copied().unwrap_or_else(|| self.current(key))
    }

    /// Until when the user in this slot has a session.
    pub fn session_end(&self, slot: usize) -> SimTime {
        self.sessions.get(slot)
    }

    pub fn set_session_end(&mut self, slot: usize, until: SimTime) {
        self.sessions.set(slot, until);
    }

    /// A write of `key` begins that is acknowledged when enough copies have it, by [`Self::accept`].
    pub fn propose(&mut self, key: u32) -> Version {
        let version = self.number();
        self.proposed.insert(key, version);
        version
    }

    /// A write that was proposed, or promised, is acknowledged: it is the truth, unless a newer one is by now.
    pub fn accept(&mut self, key: u32, version: Version, now: SimTime) {
        if self.proposed.get(&key).is_some_and(|newest| *newest <= version) {
            self.proposed.remove(&key);
        }
        if version > self.current(key) {
            self.publish(key, version, now);
        } else {
            self.keep_promise(key, version);
        }
    }

    /// Whether a reader who is given `version` of `key` now is given another than the current one. One that is being written is
    /// newer than that.
    pub fn is_stale(&self, key: u32, version: Version) -> bool {
        let current = self.current(key);
        let is_proposed = self.proposed.get(&key).is_some_and(|newest| version <= *newest);
        version != current && !(version > current && is_proposed)
    }

    fn advance(&mut self, key: u32, now: SimTime) -> Version {
        let version = self.number();
        self.set(key, version, now);
        version
    }

    fn set(&mut self, key: u32, version: Version, now: SimTime) {
        self.current.set(key as usize, version);
        self.since.set(key as usize, now);
    }

    /// When the current version of `key` became that.
    pub fn since(&self, key: u32) -> SimTime {
        self.since.get(key as usize)
    }

    pub fn current(&self, key: u32) -> Version {
        self.current.get(key as usize)
    }

    /// The current version of `key`, and when it became that.
    pub fn latest(&self, key: u32) -> (Version, SimTime) {
        (self.current(key), self.since(key))
    }

    /// Every record that was ever written, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Version)> {
        self.current.iter().map(|(key, version)| (key as u32, version))
    }

    /// A failover lost the current version: what the new primary has is the truth now, unless a newer one is promised.
    pub fn revert(&mut self, key: u32, to: Version) {
        let current = self.current(key);
        if let Some(durable) = self.promised.get_mut(&key).filter(|_| to < current) {
            *durable = to;
        } else {
            self.promised.remove(&key);
            self.current.set(key as usize, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_promise_leaves_what_the_database_has() {
        let mut truth = Truth::default();
        let now = SimTime::ZERO;
        let first = truth.commit(7, now);
        let (second, third) = (truth.promise(7, now), truth.promise(7, now));
        assert_eq!(truth.current(7), third);
        truth.keep_promise(7, second);
        assert!(!truth.break_promise(7, second), "it was superseded");
        assert!(truth.break_promise(7, third));
        assert_eq!(truth.current(7), second);
        // What the database has got in time is not lost.
        let fourth = truth.promise(7, now);
        truth.revert(7, first);
        assert_eq!(truth.current(7), fourth);
        truth.keep_promise(7, fourth);
        assert!(!truth.break_promise(7, fourth));
        assert_eq!(truth.current(7), fourth);
    }

    #[test]
    fn what_a_new_primary_has_beyond_a_promise_is_the_truth() {
        let mut truth = Truth::default();
        let promised = truth.promise(7, SimTime::ZERO);
        let newer = truth.number();
        truth.revert(7, newer);
        assert_eq!(truth.current(7), newer);
        truth.keep_promise(7, promised);
        assert_eq!(truth.current(7), newer, "it comes late");
        assert!(!truth.break_promise(7, promised));
    }

    #[test]
    fn a_numbered_write_is_not_seen_until_it_is_published() {
        let (mut truth, later) = (Truth::default(), SimTime::from_nanos(9));
        let first = truth.commit(7, SimTime::ZERO);
        let (hidden, newer) = (truth.number(), truth.commit(7, SimTime::from_nanos(5)));
        assert!(first < hidden && truth.current(7) == newer);
        truth.publish(7, hidden, later);
        assert_eq!((truth.current(7), truth.since(7)), (newer, SimTime::from_nanos(5)), "it has been superseded");
    }
}
