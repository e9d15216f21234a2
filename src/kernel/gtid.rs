//! Global transaction ids: who first committed a write, and which of its own that was.
//!
//! A set of them tells what a database has, whatever the order in which it came by it: that is what decides where a replica
//! goes on, whom to promote and who must be rebuilt. Source: MySQL 8 reference manual, "GTID Format and Storage" (a set is
//! intervals for each server) and the functions `GTID_SUBSET` and `GTID_SUBTRACT`. Left out: tags.

use std::fmt::Write;

use crate::base::NodeIx;

/// A write's name in all databases that ever have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtid {
    /// The database that first committed it.
    pub origin: NodeIx,
    /// Number among all that this database committed first, from 1 on.
    pub sequence: u64,
}

/// First and last of a run without gaps.
type Run = (u64, u64);

/// A set of ids: for each origin its runs, apart and in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GtidSet {
    origins: Vec<(NodeIx, Vec<Run>)>,
}

impl GtidSet {
    pub fn insert(&mut self, id: Gtid) {
        self.add(id.origin, (id.sequence, id.sequence));
    }

    pub fn contains(&self, id: Gtid) -> bool {
        let runs = self.runs(id.origin);
        let after = runs.partition_point(|run| run.0 <= id.sequence);
        after > 0 && runs[after - 1].1 >= id.sequence
    }

    /// How many ids there are.
    pub fn len(&self) -> u64 {
        self.origins.iter().flat_map(|(_, runs)| runs).map(|(first, last)| last - first + 1).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }

    /// Union.
    pub fn merge(&mut self, other: &Self) {
        for (origin, runs) in &other.origins {
            for run in runs {
                self.add(*origin, *run);
            }
        }
    }

    /// Difference: what is here and not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut rest = Self::default();
        for (origin, runs) in &self.origins {
            for &(first, last) in runs {
                let mut from = first;
                for &(taken_first, taken_last) in other.runs(*origin) {
                    if taken_last < from || taken_first > last {
                        continue;
                    }
                    if taken_first > from {
                        rest.add(*origin, (from, taken_first - 1));
                    }
                    from = taken_last + 1;
                }
                if from <= last {
                    rest.add(*origin, (from, last));
                }
            }
        }
        rest
    }

    /// Whether all of `other` is here.
    pub fn contains_all(&self, other: &Self) -> bool {
        other.without(self).is_empty()
    }

    /// What of it was first committed by `origin`.
    #[must_use]
    pub fn only(&self, origin: NodeIx) -> Self {
        let own = self.origins.iter().filter(|(other, _)| *other == origin);
        Self { origins: own.cloned().collect() }
    }

    /// As in MySQL: `db-1:1-98,db-2:1-7:9`.
    pub fn in_words(&self, name: impl Fn(NodeIx) -> String) -> String {
        let mut text = String::new();
        for (origin, runs) in &self.origins {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(&name(*origin));
            for (first, last) in runs {
                let written = if first == last { write!(text, ":{first}") } else { write!(text, ":{first}-{last}") };
                written.expect("a string takes it");
            }
        }
        text
    }

    fn runs(&self, origin: NodeIx) -> &[Run] {
        self.origins.iter().find(|(other, _)| *other == origin).map_or(&[], |(_, runs)| runs)
    }

    fn add(&mut self, origin: NodeIx, (first, last): Run) {
        let at = self.origins.partition_point(|(other, _)| *other < origin);
        if self.origins.get(at).is_none_or(|(other, _)| *other != origin) {
            self.origins.insert(at, (origin, Vec::new()));
        }
        let runs = &mut self.origins[at].1;
        // Nearly always the next one comes.
        if let Some(tail) = runs.last_mut()
            && tail.1 + 1 == first
        {
            tail.1 = last;
            return;
        }
        let start = runs.partition_point(|run| run.1 + 1 < first);
        let end = runs.partition_point(|run| run.0 <= last + 1);
        let merged = if start < end { (first.min(runs[start].0), last.max(runs[end - 1].1)) } else { (first, last) };
        runs.splice(start..end, [merged]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::base::random::Stream;

    fn id(origin: u16, sequence: u64) -> Gtid {
        Gtid { origin: NodeIx(origin), sequence }
    }

    #[test]
    fn it_is_a_set() {
        let mut stream = Stream::seeded(4);
        let mut draw = || {
            let (mut ours, mut theirs) = (GtidSet::default(), BTreeSet::new());
            for _ in 0..stream.below(60) {
                let id = id(stream.below(3) as u16, 1 + stream.below(40));
                ours.insert(id);
                theirs.insert(id);
            }
            (ours, theirs)
        };
        for _ in 0..200 {
            let (a, b) = (draw(), draw());
            let mut union = a.0.clone();
            union.merge(&b.0);
            let rest = a.0.without(&b.0);
            for id in (0..3).flat_map(|origin| (1..=41).map(move |sequence| id(origin, sequence))) {
                assert_eq!(a.0.contains(id), a.1.contains(&id));
                assert_eq!(union.contains(id), a.1.contains(&id) || b.1.contains(&id));
                assert_eq!(rest.contains(id), a.1.contains(&id) && !b.1.contains(&id));
            }
            assert_eq!(a.0.len(), a.1.len() as u64);
            assert_eq!(a.0.contains_all(&b.0), a.1.is_superset(&b.1));
            assert!(union.contains_all(&a.0) && union.contains_all(&b.0) && a.0.contains_all(&rest));
        }
    }

    #[test]
    fn it_is_written_as_mysql_does() {
        let mut set = GtidSet::default();
        for id in [id(1, 2), id(0, 3), id(1, 1), id(1, 9), id(1, 3)] {
            set.insert(id);
        }
        assert_eq!(set.in_words(|node| format!("db-{}", node.0)), "db-0:3,db-1:1-3:9");
        assert_eq!(set.only(NodeIx(0)).len(), 1);
    }
}
