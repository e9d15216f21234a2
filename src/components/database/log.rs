//! The log of a database: every committed write, by position. Positions start at 1; old records may have been dropped.

use std::collections::VecDeque;

use crate::kernel::Record;

/// A run of records without gaps.
#[derive(Clone, Debug, Default, Hash)]
pub struct Log {
    /// Position of the last record that has been dropped.
    base: u64,
    records: VecDeque<Record>,
}

impl Log {
    /// An empty log whose next record has position `base` + 1.
    pub fn after(base: u64) -> Self {
        Self { base, records: VecDeque::new() }
    }

    /// Position of the last record.
    pub fn end(&self) -> u64 {
        self.base + self.records.len() as u64
    }

    /// Position of the last record that is not kept any more.
    pub fn base(&self) -> u64 {
        self.base
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

    /// Drops the oldest records, none after `needed`, until at most `kept` are there.
    pub fn trim(&mut self, kept: usize, needed: u64) {
        while self.records.len() > kept && self.base < needed {
            self.records.pop_front();
            self.base += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimTime;
    use crate::kernel::Version;

    #[test]
    fn positions_survive_trimming() {
        let mut log = Log::default();
        for n in 1..=5 {
            log.push(Record { version: Version(n), at: SimTime::ZERO, key: n as u32, user: 0, bytes: 1 });
        }
        log.trim(2, 4);
        assert_eq!((log.base(), log.end()), (3, 5));
        assert_eq!(log.get(3), None);
        assert_eq!(log.range(0, 9).map(|(at, record)| (at, record.key)).collect::<Vec<_>>(), [(4, 4), (5, 5)]);
        log.trim(0, 4);
        assert_eq!(log.base(), 4, "what is still needed stays");
    }
}
