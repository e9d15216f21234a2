//! The log of a database: every write that it has executed, in that order, whoever committed it first (MySQL's binary log with
//! `log_replica_updates`). Positions start at 1; old records may have been dropped, and it is known which.

use std::collections::VecDeque;

use crate::base::SimTime;
use crate::kernel::{GtidSet, Record};

/// A run of records without gaps.
#[derive(Clone, Debug, Default, Hash)]
pub struct Log {
    /// Position of the last record that has been dropped.
    base: u64,
    records: VecDeque<Record>,
    /// What is in the data and not in the records.
    purged: GtidSet,
}

impl Log {
    /// An empty log whose next record has position `base` + 1, after those of `purged`.
    pub fn after(base: u64, purged: GtidSet) -> Self {
        Self { base, records: VecDeque::new(), purged }
    }

    /// Position of the last record.
    pub fn end(&self) -> u64 {
        self.base + self.records.len() as u64
    }

    /// Position of the last record that is not kept any more.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// What was logged once and is not kept any more.
    pub fn purged(&self) -> &GtidSet {
        &self.purged
    }

    pub fn push(&mut self, record: Record) {
        self.records.push_back(record);
    }

    pub fn get(&self, position: u64) -> Option<&Record> {
        self.records.get(position.checked_sub(self.base + 1)? as usize)
    }

    /// The records after `position`, up to and including `end`, with their positions.
    pub fn range(&self, position: u64, end: u64) -> impl Iterator<Item = (u64, &Record)> {
        (position.max(self.base) + 1..=end.min(self.end())).filter_map(|at| Some((at, self.get(at)?)))
    }

    /// Position before the first record that is not in `known`; the end, if all are.
    pub fn start_for(&self, known: &GtidSet) -> u64 {
        let missing = self.records.iter().position(|record| !known.contains(record.id));
        missing.map_or(self.end(), |index| self.base + index as u64)
    }

    /// Drops the oldest records until at most `kept` are there, none of them committed before `since`; none after `needed`.
    pub fn trim(&mut self, kept: usize, since: SimTime, needed: u64) {
        while let Some(first) = self.records.front()
            && (self.records.len() > kept || first.at < since)
            && self.base < needed
        {
            self.purged.insert(first.id);
            self.records.pop_front();
            self.base += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::NodeIx;
    use crate::kernel::{Gtid, Version};

    #[test]
    fn positions_survive_trimming() {
        let mut log = Log::default();
        for n in 1..=6 {
            let id = Gtid { origin: NodeIx(0), sequence: n };
            let at = SimTime::from_nanos(n);
            log.push(Record { id, version: Version(n), at, key: n as u32, user: 0, bytes: 1, value: 0 });
        }
        log.trim(3, SimTime::ZERO, 6);
        assert_eq!((log.base(), log.end()), (3, 6));
        assert_eq!(log.get(3), None);
        assert_eq!(log.range(0, 9).map(|(at, record)| (at, record.key)).collect::<Vec<_>>(), [(4, 4), (5, 5), (6, 6)]);
        log.trim(3, SimTime::from_nanos(5), 3);
        assert_eq!(log.base(), 3, "what is still needed stays");
        log.trim(3, SimTime::from_nanos(5), 6);
        assert_eq!((log.base(), log.purged().len()), (4, 4), "what is too old goes, though there is room");
        let mut known = log.purged().clone();
        assert_eq!(log.start_for(&known), 4);
        known.insert(Gtid { origin: NodeIx(0), sequence: 5 });
        assert_eq!(log.start_for(&known), 5);
    }
}
