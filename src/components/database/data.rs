//! What a write does to the data: it replaces a record, adds to a counter, or inserts a row under an automatic id; and what
//! happens when two primaries have written the same.
//!
//! Sources: MySQL 8 reference manual, "Replication Formats" (statements against row images) and
//! `auto_increment_increment`, `auto_increment_offset`; last writer wins as in Shapiro et al., *Conflict-Free Replicated
//! Data Types*, 2011, whose counters are what repeated statements amount to. Records are only taken away where they have been moved
//! to another shard. Left out: users' deletes, tables, multi-row writes.

use crate::kernel::{Image, Record, Stamp, Version};
use crate::model::kinds::{self, Conflicts, Writes};

/// A row of this id is there already (MySQL's error 1062).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate;

/// What applying a record did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Applied,
    /// It met a newer write of the same record.
    Conflicting,
}

impl Image {
    /// The version of `key` that a read gets.
    pub fn version(&self, key: u32) -> Version {
        self.versions.get(key as usize)
    }

    /// What a user's write of `key` writes here: which record, and its value. Its last value may be `hidden` in the log still.
    /// None if there is no id left; one that is given out is never given out again, even if nobody sees its row yet.
    pub fn written(&mut self, params: &kinds::Database, key: u32, hidden: Option<u32>) -> Option<(u32, u32)> {
        match params.writes {
            Writes::Overwrite => Some((key, 0)),
            Writes::Increment | Writes::IncrementRow => {
                let value = hidden.unwrap_or_else(|| self.values.get(key as usize));
                Some((key, value.saturating_add(1)))
            }
            Writes::Insert => {
                let id = next_id(self.last_id, params)?;
                self.last_id = id;
                Some((id, id))
            }
        }
    }

    /// Applies `record`, whoever committed it first.
    pub fn apply(&mut self, record: &Record, params: &kinds::Database) -> Result<Effect, Duplicate> {
        let (key, current) = (record.key as usize, self.version(record.key));
        if record.is_removal() {
            self.remove(record);
            return Ok(Effect::Applied);
        }
        if params.writes == Writes::Insert && current != Version::default() {
            return Err(Duplicate);
        }
        let mut version = record.version;
        let is_older = version < current;
        if params.conflicts == Conflicts::LastWriterWins {
            let stamp = Stamp { at: record.at, origin: record.id.origin.0 };
            if stamp < self.stamps.get(key) {
                return Ok(Effect::Conflicting);
            }
            self.stamps.set(key, stamp);
        }
        match params.writes {
            Writes::Overwrite => {}
            Writes::Increment => {
                self.values.set(key, self.values.get(key).saturating_add(1));
                // Sums do not ask for the order.
                version = version.max(current);
            }
            Writes::IncrementRow => self.values.set(key, record.value),
            Writes::Insert => self.last_id = self.last_id.max(record.key),
        }
        // A key's value has always the same size.
        if current == Version::default() {
            self.bytes += u64::from(record.bytes);
        }
        self.versions.set(key, version);
        self.newest = self.newest.max(version);
        Ok(if is_older && params.writes != Writes::Increment { Effect::Conflicting } else { Effect::Applied })
    }

    /// Takes a record away.
    fn remove(&mut self, record: &Record) {
        let key = record.key as usize;
        if self.version(record.key) != Version::default() {
            self.bytes = self.bytes.saturating_sub(u64::from(record.bytes));
            self.versions.set(key, Version::default());
            self.values.set(key, 0);
        }
    }
}

/// The least offset + N × increment that is larger than `last`.
fn next_id(last: u32, params: &kinds::Database) -> Option<u32> {
    let (increment, offset) = (params.auto_increment_increment.max(1), params.auto_increment_offset);
    let offset = if offset > increment { 1 } else { offset.max(1) };
    if last < offset {
        return Some(offset);
    }
    offset.checked_add(((last - offset) / increment + 1).checked_mul(increment)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_by_offset_and_increment() {
        let ids = |increment, offset, mut last: u32| {
            let params = kinds::Database {
                auto_increment_increment: increment,
                auto_increment_offset: offset,
                ..kinds::Database::default()
            };
            [0; 4].map(|_| {
                last = next_id(last, &params).unwrap();
                last
            })
        };
        assert_eq!(ids(1, 1, 0), [1, 2, 3, 4]);
        assert_eq!(ids(10, 1, 0), [1, 11, 21, 31]);
        assert_eq!(ids(10, 5, 31), [35, 45, 55, 65]);
        assert_eq!(ids(2, 5, 0), [1, 3, 5, 7], "an offset beyond the increment is ignored");
        assert_eq!(next_id(u32::MAX, &kinds::Database::default()), None);
    }

    #[test]
    fn what_is_taken_away_leaves_nothing_and_can_come_back() {
        let params = kinds::Database::default();
        let record = |sequence, version| Record {
            id: crate::kernel::Gtid { origin: crate::base::NodeIx(0), sequence },
            version: Version(version),
            at: crate::base::SimTime::ZERO,
            key: 7,
            user: 0,
            bytes: 100,
            value: 0,
        };
        let mut image = Image::default();
        let mut apply = |sequence, version| {
            assert_eq!(image.apply(&record(sequence, version), &params), Ok(Effect::Applied));
            (image.version(7), image.bytes)
        };
        assert_eq!(apply(1, 5), (Version(5), 100));
        assert_eq!(apply(2, 0), (Version(0), 0));
        assert_eq!(apply(3, 0), (Version(0), 0), "there is nothing left to take");
        assert_eq!(apply(4, 5), (Version(5), 100));
        assert!(image.versions.iter().eq([(7, Version(5))]));
    }
}
