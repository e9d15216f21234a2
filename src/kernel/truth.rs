//! What is true: the latest committed version of every record, known to an observer who sees all stores at once.
//!
//! No component reads it to decide anything; stores are compared with it to *observe* stale reads and lost writes.

use crate::base::paged::Paged;

/// Number of a committed write among all committed writes of the run; 0 is the state before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

/// The current version of each record.
#[derive(Clone, Debug, Default, Hash)]
pub struct Truth {
    current: Paged<Version>,
    commits: u64,
}

impl Truth {
    /// A write of `key` commits.
    pub fn commit(&mut self, key: u32) -> Version {
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

    /// A failover lost the current version: what the new primary has is the truth now.
    pub fn revert(&mut self, key: u32, to: Version) {
        self.current.set(key as usize, to);
    }
}
