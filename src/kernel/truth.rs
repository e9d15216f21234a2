//! What is true: the latest committed version of every record, known to an observer who sees all stores at once.
//!
//! No component reads it to decide anything; stores are compared with it to *observe* stale reads and lost writes.

use crate::base::map::Map;
use crate::base::paged::Paged;

/// Number of a committed write among all committed writes of the run; 0 is the state before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

/// The current version of each record.
#[derive(Clone, Debug, Default, Hash)]
pub struct Truth {
    current: Paged<Version>,
    commits: u64,
    /// Of records whose current version was acknowledged by a cache and is not in the database yet: the version that is.
    promised: Map<u32, Version>,
    /// Of records that a leaderless store is writing, or could not write to enough copies: the newest version that may be seen
    /// although nobody has acknowledged it.
    proposed: Map<u32, Version>,
}

impl Truth {
    /// A write of `key` commits.
    pub fn commit(&mut self, key: u32) -> Version {
        self.promised.remove(&key);
        self.advance(key)
    }

    /// A write of `key` is acknowledged by somebody who will write it to the database later.
    pub fn promise(&mut self, key: u32) -> Version {
        self.promised.or_insert_with(key, || self.current.get(key as usize));
        self.advance(key)
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

    /// A write of `key` begins that is acknowledged when enough copies have it, by [`Self::accept`].
    pub fn propose(&mut self, key: u32) -> Version {
        self.commits += 1;
        let version = Version(self.commits);
        self.proposed.insert(key, version);
        version
    }

    /// A write that was proposed, or promised, is acknowledged: it is the truth, unless a newer one is by now.
    pub fn accept(&mut self, key: u32, version: Version) {
        if self.proposed.get(&key).is_some_and(|newest| *newest <= version) {
            self.proposed.remove(&key);
        }
        self.keep_promise(key, version);
    }

    /// Whether a reader who is given `version` of `key` now is given another than the current one. One that is being written is
    /// newer than that.
    pub fn is_stale(&self, key: u32, version: Version) -> bool {
        let current = self.current(key);
        let is_proposed = self.proposed.get(&key).is_some_and(|newest| version <= *newest);
        version != current && !(version > current && is_proposed)
    }

    fn advance(&mut self, key: u32) -> Version {
        self.commits += 1;
        let version = Version(self.commits);
        self.current.set(key as usize, version);
        version
    }

    pub fn current(&self, key: u32) -> Version {
        self.current.get(key as usize)
    }

    /// Every record that was ever written, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Version)> {
        self.current.iter().map(|(key, version)| (key as u32, version))
    }

    /// A failover lost the current version: what the new primary has is the truth now, unless a newer one is promised.
    pub fn revert(&mut self, key: u32, to: Version) {
        match self.promised.get_mut(&key) {
            Some(durable) => *durable = to,
            None => self.current.set(key as usize, to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_promise_leaves_what_the_database_has() {
        let mut truth = Truth::default();
        let first = truth.commit(7);
        let (second, third) = (truth.promise(7), truth.promise(7));
        assert_eq!(truth.current(7), third);
        truth.keep_promise(7, second);
        assert!(!truth.break_promise(7, second), "it was superseded");
        assert!(truth.break_promise(7, third));
        assert_eq!(truth.current(7), second);
        // What the database has got in time is not lost.
        let fourth = truth.promise(7);
        truth.revert(7, first);
        assert_eq!(truth.current(7), fourth);
        truth.keep_promise(7, fourth);
        assert!(!truth.break_promise(7, fourth));
        assert_eq!(truth.current(7), fourth);
    }
}
