//! The ledger: what an observer who sees all databases at once writes down about each cluster.
//!
//! Which acknowledged writes are lost, which are in doubt (nobody was told how they ended), which were acknowledged by a
//! second primary and so belong to no common history, which reads were stale, and the steps of each recovery. Components
//! write to it; none reads it to decide anything. Lists have limits, counts have none.

use std::collections::VecDeque;

use super::directory::ClusterIx;
use super::truth::Version;
use crate::base::{NodeIx, SimDuration, SimTime};
use crate::observe::{LostWrite, StepKind};

/// Writes that are kept one by one in each list; more are only counted.
const LIST_LIMIT: usize = 100_000;
/// The last stale reads that are kept.
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
    /// What it answered with, and what would have been right.
    pub version: Version,
    pub current: Version,
    /// How long that had been current.
    pub lag: SimDuration,
}

/// All clusters' pages.
#[derive(Clone, Debug, Default, Hash)]
pub struct Ledger {
    pub clusters: Vec<Page>,
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
    /// A primary was replaced that nobody had fenced: what it has done since is counted apart, and the books need not balance.
    pub is_uncertain: bool,
    pub stale: VecDeque<StaleRead>,
    pub steps: VecDeque<Step>,
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
}

impl Page {
    pub fn step(&mut self, at: SimTime, node: NodeIx, kind: StepKind) {
        if self.steps.len() >= STEP_LIMIT {
            self.steps.pop_front();
        }
        self.steps.push_back(Step { at, node, kind });
    }

    pub fn stale_read(&mut self, read: StaleRead) {
        if self.stale.len() >= STALE_LIMIT {
            self.stale.pop_front();
        }
        self.stale.push_back(read);
    }
}
