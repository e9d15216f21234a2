//! The ledger: what an observer who sees all databases at once writes down about each cluster.
//!
//! Which acknowledged writes are lost, which are in doubt (nobody was told how they ended), which were acknowledged by a
//! second primary and so belong to no common history, which reads were stale, and the steps of each recovery. Components
//! write to it; none reads it to decide anything. Lists have limits, counts have none. Stale reads of stores that are in no
//! cluster (caches, leaderless stores, servers that keep records themselves) are listed by node.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{Hash, Hasher};

use super::directory::ClusterIx;
use super::gtid::{Gtid, GtidSet};
use super::truth::Version;
use crate::base::order::sort_by_key;
use crate::base::{NodeIx, SimDuration, SimTime};
use crate::observe::{LostWrite, StepKind};

/// Writes that are kept one by one in each list; more are only counted.
const LIST_LIMIT: usize = 100_000;
/// The last stale reads that are kept of each cluster, and of each other store.
const STALE_LIMIT: usize = 100;
/// The last steps that are kept.
const STEP_LIMIT: usize = 200;

/// Something that happened to a node in the course of a recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    pub at: SimTime,
    pub node: NodeIx,
    pub kind: StepKind,
}

/// A read that was answered with another version than the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StaleRead {
    pub at: SimTime,
    /// Who answered.
    pub node: NodeIx,
    pub key: u32,
    pub user: u32,
    /// What it answered with, and what would have been right: the newest acknowledged one; of a leaderless store that when the
    /// read came.
    pub version: Version,
    pub current: Version,
    /// How long that had been so.
    pub lag: SimDuration,
}

/// All clusters' pages, and what there is to tell of other stores.
#[derive(Clone, Debug, Default, Hash)]
pub struct Ledger {
    pub clusters: Vec<Page>,
    others: StaleReads,
}

/// The last stale reads of each node. Those that have none leave no fingerprint.
#[derive(Clone, Debug, Default)]
struct StaleReads(Vec<VecDeque<StaleRead>>);

impl Hash for StaleReads {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().flatten().for_each(|read| read.hash(state));
    }
}

/// One cluster's page.
#[derive(Clone, Debug, Default, Hash)]
pub struct Page {
    /// The only node whose acknowledgements count; none where several primaries are as good as each other.
    pub rightful: Option<NodeIx>,
    /// Writes acknowledged by the rightful primary.
    pub acknowledged: u64,
    /// Acknowledged, and no database that counts has them any more.
    pub lost: Writes,
    /// Committed, but their primary died or was fenced before it could acknowledge them.
    pub in_doubt: Writes,
    /// Those in doubt that the new primary has.
    pub survived: u64,
    /// Of those it has not: how many somebody had read before.
    pub visible_lost: u64,
    /// Acknowledged by a second primary, beside the rightful one.
    pub diverged: Writes,
    /// Times that a second primary began to acknowledge writes.
    pub split_brains: u64,
    /// Whether it is doing so.
    pub is_split: bool,
    /// Writes once lost or never counted that a survivor has brought back.
    pub revived: u64,
    /// A primary was replaced that nobody had fenced: what it has acknowledged since is counted apart, unless the new one has it.
    pub is_uncertain: bool,
    pub stale: VecDeque<StaleRead>,
    pub steps: VecDeque<Step>,
    pub fates: Fates,
}

/// Which writes are gone, by their ids: what somebody brings back later is told by them from what was never gone. Without any there is no
/// fingerprint.
#[derive(Clone, Debug, Default)]
pub struct Fates {
    /// Acknowledged and lost.
    pub lost: GtidSet,
    /// Nobody was told of them, and they do not stand.
    pub void: GtidSet,
    /// Acknowledged by a second primary; of those that are listed, which they are.
    diverged: GtidSet,
    listed: Vec<(Gtid, Version)>,
    /// The same of removals, which are nobody's writes.
    removed: GtidSet,
    /// What the rightful primary had when it took over from one that was not fenced: who acknowledges these late does no harm.
    inherited: GtidSet,
}

impl Hash for Fates {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for ids in [&self.lost, &self.void, &self.diverged, &self.removed, &self.inherited]
            .into_iter()
            .filter(|ids| !ids.is_empty())
        {
            ids.hash(state);
        }
    }
}

impl Fates {
    /// What a second primary has acknowledged.
    pub fn beside(&self) -> GtidSet {
        let mut beside = self.diverged.clone();
        beside.merge(&self.removed);
        beside
    }

    /// `ids` are back, and counted as that.
    pub fn revive(&mut self, ids: &GtidSet) {
        self.lost = self.lost.without(ids);
        self.void = self.void.without(ids);
    }
}

/// Writes, of which so many are listed.
#[derive(Clone, Debug, Default, Hash)]
pub struct Writes {
    pub list: Vec<LostWrite>,
    pub count: u64,
}

impl Writes {
    pub fn note(&mut self, write: LostWrite) {
        self.count += 1;
        self.list_only(write);
    }

    /// The first of those that are listed, `most` at most.
    pub fn first(&self, most: usize) -> impl Iterator<Item = &LostWrite> {
        self.list.iter().take(most)
    }

    /// Those of another list as well, in the order of their times.
    fn absorb(&mut self, other: Self) {
        self.count += other.count;
        self.list.extend(other.list);
        sort_by_key(&mut self.list, |write| write.at_ns);
        self.list.truncate(LIST_LIMIT);
    }

    /// Lists a write that has been counted.
    pub fn list_only(&mut self, write: LostWrite) {
        if self.list.len() < LIST_LIMIT {
            self.list.push(write);
        }
    }
}

impl Ledger {
    pub fn page(&mut self, cluster: ClusterIx) -> &mut Page {
        &mut self.clusters[usize::from(cluster.0)]
    }

    pub fn of(&self, cluster: ClusterIx) -> &Page {
        &self.clusters[usize::from(cluster.0)]
    }

    /// Notes a read that the database of `cluster`, or a store that is in none, has answered with another version than it should.
    pub fn stale_read(&mut self, cluster: Option<ClusterIx>, read: StaleRead) {
        let list = if let Some(cluster) = cluster {
            &mut self.page(cluster).stale
        } else {
            let (index, lists) = (read.node.index(), &mut self.others.0);
            if index >= lists.len() {
                lists.resize(index + 1, VecDeque::new());
            }
            &mut lists[index]
        };
        if list.len() >= STALE_LIMIT {
            list.pop_front();
        }
        list.push_back(read);
    }

    /// The last stale reads of a store that is in no cluster, oldest first.
    pub fn stale_of(&self, node: NodeIx) -> impl Iterator<Item = &StaleRead> {
        self.others.0.get(node.index()).into_iter().flatten()
    }
}

impl Page {
    /// What has become of the writes of another cluster that is a part of this one from now on.
    pub fn absorb(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.survived += other.survived;
        self.visible_lost += other.visible_lost;
        self.split_brains += other.split_brains;
        self.revived += other.revived;
        self.is_uncertain |= other.is_uncertain;
        self.lost.absorb(other.lost);
        self.in_doubt.absorb(other.in_doubt);
        self.diverged.absorb(other.diverged);
        self.fates.lost.merge(&other.fates.lost);
        self.fates.void.merge(&other.fates.void);
        self.fates.diverged.merge(&other.fates.diverged);
        self.fates.removed.merge(&other.fates.removed);
        self.fates.inherited.merge(&other.fates.inherited);
        self.fates.listed.extend(other.fates.listed);
        join(&mut self.stale, other.stale, |read| read.at);
        self.stale.drain(..self.stale.len().saturating_sub(STALE_LIMIT));
        join(&mut self.steps, other.steps, |step| step.at);
        self.steps.drain(..self.steps.len().saturating_sub(STEP_LIMIT));
    }

    /// A second primary has acknowledged a write, which it is if it takes nothing away. Whether that is a part of no common history.
    pub fn diverge(&mut self, id: Gtid, write: Option<LostWrite>) -> bool {
        if self.fates.inherited.contains(id) {
            self.acknowledged += 1;
            return false;
        }
        let Some(write) = write else {
            self.fates.removed.insert(id);
            return false;
        };
        let before = self.diverged.list.len();
        self.diverged.note(write);
        self.fates.diverged.insert(id);
        if self.diverged.list.len() > before {
            self.fates.listed.push((id, Version(write.version.unwrap_or_default())));
        }
        true
    }

    /// The rightful primary has taken over with all these. What a second one has acknowledged of them since the election has not
    /// diverged.
    pub fn inherit(&mut self, ids: &GtidSet) {
        let fates = &mut self.fates;
        let common = |own: &GtidSet| own.without(&own.without(ids));
        let (writes, removals) = (common(&fates.diverged), common(&fates.removed));
        self.acknowledged += writes.len() + removals.len();
        self.diverged.count -= writes.len();
        let (common, listed): (Vec<_>, _) = fates.listed.iter().partition(|(id, _)| writes.contains(*id));
        fates.listed = listed;
        let mut versions = BTreeSet::new();
        versions.extend(common.into_iter().map(|(_, version)| version.0));
        self.diverged.list.retain(|write| write.version.is_none_or(|version| !versions.contains(&version)));
        fates.diverged = fates.diverged.without(&writes);
        fates.removed = fates.removed.without(&removals);
        if self.is_uncertain {
            fates.inherited = ids.clone();
        }
    }

    pub fn step(&mut self, at: SimTime, node: NodeIx, kind: StepKind) {
        if self.steps.len() >= STEP_LIMIT {
            self.steps.pop_front();
        }
        self.steps.push_back(Step { at, node, kind });
    }
}

/// Puts two accounts of what happened together, in the order of time.
fn join<T>(own: &mut VecDeque<T>, other: VecDeque<T>, at: impl Fn(&T) -> SimTime) {
    let mut all: Vec<T> = std::mem::take(own).into();
    all.extend(other);
    sort_by_key(&mut all, at);
    *own = all.into();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hash::Fingerprint;

    #[test]
    fn the_last_stale_reads_of_each_store_are_kept() {
        let mut ledger = Ledger::default();
        let fingerprint = |ledger: &Ledger| {
            let mut state = Fingerprint::default();
            ledger.hash(&mut state);
            state.finish()
        };
        let before = fingerprint(&ledger);
        assert_eq!(ledger.stale_of(NodeIx(3)).count(), 0);
        let read = |node: u16, key: u32| {
            let (at, lag) = (SimTime::from_nanos(u64::from(key)), SimDuration::ZERO);
            StaleRead { at, node: NodeIx(node), key, user: 0, version: Version(1), current: Version(2), lag }
        };
        for key in 0..STALE_LIMIT as u32 + 5 {
            ledger.stale_read(None, read(3, key));
        }
        ledger.stale_read(None, read(1, 9));
        let keys = |node| ledger.stale_of(NodeIx(node)).map(|read| read.key).collect::<Vec<_>>();
        assert_eq!((keys(3).len(), keys(3)[0], keys(1)), (STALE_LIMIT, 5, vec![9]));
        assert_ne!(fingerprint(&ledger), before);
    }
}
