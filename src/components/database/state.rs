//! What an observer, and the monitor of its cluster, can see of a database.

use super::commit::Commits;
use super::prepared::Prepared;
use super::receiving::Tally;
use super::{Database, Duty, Log, books};
use crate::base::NodeIx;
use crate::base::sparse::Sparse;
use crate::kernel::{GtidSet, Record, Version};
use crate::model::kinds::{self, Conflicts, Writes};
use crate::observe::LostWrite;

impl Database {
    pub fn params(&self) -> &kinds::Database {
        &self.params
    }

    pub fn duty(&self) -> Duty {
        self.duty
    }

    pub fn term(&self) -> u32 {
        self.term
    }

    /// Grows whenever its log begins anew from a copy.
    pub fn life(&self) -> u32 {
        self.life
    }

    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Position of the last write that it has executed.
    pub fn applied(&self) -> u64 {
        self.log.end()
    }

    /// Position of the last write that it has received.
    pub fn received(&self) -> u64 {
        self.log.end() + self.receiving.backlog()
    }

    /// Records received and not applied.
    pub fn backlog(&self) -> u64 {
        self.receiving.backlog()
    }

    /// The writes that it has executed.
    pub fn executed(&self) -> &GtidSet {
        &self.data.executed
    }

    /// The writes that it has executed or received.
    pub fn known(&self) -> &GtidSet {
        &self.receiving.known
    }

    /// What of the writes that it knows it would have after a crash, or will as soon as the copy that has come is in place; none if it
    /// has no true copy.
    pub fn safe(&self) -> GtidSet {
        match &self.receiving.restoring {
            Some((_, image)) => self.receiving.safe(&image.executed),
            None if self.is_whole() => self.receiving.safe(&self.data.executed),
            None => GtidSet::default(),
        }
    }

    /// The version of `key` that it has, or will as soon as the copy that has come is in place.
    pub fn version_in_copy(&self, key: u32) -> Version {
        match &self.receiving.restoring {
            Some((_, image)) => image.version(key),
            None if self.is_whole() => self.version(key),
            None => Version::default(),
        }
    }

    /// What has come of the records that were sent to it.
    pub fn tally(&self) -> Tally {
        self.receiving.tally
    }

    /// The row whose duplicate has stopped its applier.
    pub fn stopped(&self) -> Option<u32> {
        self.receiving.stopped()
    }

    /// Writes that wait for replicas, and whether it has given up waiting for them.
    pub fn commits(&self) -> &Commits {
        &self.commits
    }

    /// Transactions over several shards that it has promised to commit.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// The version of `key` that a read gets.
    pub fn version(&self, key: u32) -> Version {
        self.data.version(key)
    }

    /// The content of the row `key`, where users' writes count.
    pub fn value(&self, key: u32) -> u32 {
        self.data.values.get(key as usize)
    }

    /// Whether something has come that is not on disk yet.
    pub fn is_syncing(&self) -> bool {
        self.receiving.is_syncing()
    }

    /// The versions that it will have when everything logged and received is applied.
    pub fn versions_at_end(&self) -> Sparse<Version> {
        self.versions_after(self.commits.hidden().chain(self.receiving.pending()))
    }

    /// The versions that everything logged makes, seen or not.
    pub fn logged_versions(&self) -> Sparse<Version> {
        self.versions_after(self.commits.hidden())
    }

    fn versions_after<'a>(&self, records: impl Iterator<Item = &'a Record>) -> Sparse<Version> {
        let mut image = self.data.clone();
        for record in records {
            // A duplicate will never be applied.
            let _ = image.apply(record, &self.params);
        }
        image.versions
    }

    /// What its log tells of writes, in the order of the log.
    pub fn listed(&self) -> impl Iterator<Item = LostWrite> {
        let writes = self.log.range(0, u64::MAX).filter(|(_, record)| !record.is_removal());
        writes.map(|(position, record)| books::listed(record, position))
    }

    /// The record that will be applied next.
    pub fn next_to_apply(&self) -> Option<&Record> {
        self.receiving.relayed().next()
    }

    /// Whether its state is a true, if old, copy: not while a snapshot is still missing.
    pub fn is_whole(&self) -> bool {
        !self.receiving.is_broken
    }

    /// Whether the order in which writes come does not matter to what it holds in the end.
    pub fn converges(&self) -> bool {
        self.params.conflicts == Conflicts::LastWriterWins || self.params.writes == Writes::Increment
    }

    /// Those whose log it follows.
    pub fn sources(&self) -> impl Iterator<Item = NodeIx> {
        self.receiving.sources()
    }
}
