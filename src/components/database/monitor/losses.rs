//! What a promotion costs: which writes are lost, which are in doubt.
//!
//! An acknowledged write that the old primary had and the new one never received is lost, and listed. One that was not
//! acknowledged is in doubt: it may stand or not, its client does not know; if it does not stand and somebody had read it,
//! something visible was lost.

use std::collections::BTreeSet;

use super::super::books::lose;
use super::{Monitor, database, database_mut};
use crate::base::NodeIx;
use crate::components::Component;
use crate::kernel::{Gtid, GtidSet, Kernel, Version};
use crate::observe::LostWrite;

impl Monitor {
    /// The heir has all that it will ever get of the old times: what it has is the truth from now on.
    pub(super) fn settle_losses(&mut self, nodes: &mut [Component], kernel: &mut Kernel) {
        let Some((old, end)) = self.replaced.take() else { return };
        let heir = self.primary;
        let doubts = database(nodes, old).commits().doubts().iter().map(|doubt| doubt.record.id);
        let in_doubt: BTreeSet<Gtid> = doubts.collect();
        self.settle_doubts(old, nodes, kernel);
        let (old, heir) = (database(nodes, old), database(nodes, heir));
        let page = kernel.ledger.page(self.cluster);
        // What was not acknowledged yet is not lost, nor what a primary without a fence has committed since.
        let was_acknowledged =
            |id: Gtid| !in_doubt.contains(&id) && old.commits().waiting_ids().all(|waiting| waiting != id);
        let logged = old.log().range(0, end).chain(old.receiving.pending().map(|record| (0, record)));
        let mut keys = BTreeSet::new();
        let mut listed_count = 0;
        for (position, record) in logged.filter(|(_, record)| !heir.known().contains(record.id)) {
            keys.insert(record.key);
            if was_acknowledged(record.id) {
                listed_count += u64::from(lose(page, record, position));
            }
        }
        // Of writes that the log has dropped since, the data still tell the keys.
        let dropped = old.log().purged().without(heir.known());
        let waiting = old.commits().waiting_ids().filter(|id| dropped.contains(*id)).count() as u64;
        let untold = in_doubt.iter().filter(|id| dropped.contains(**id)).count() as u64 + waiting;
        let purged = dropped.len() - untold;
        page.lost.count += purged;
        kernel.recorder.counts.lost_writes += listed_count + purged;
        let versions = heir.versions_at_end();
        for (key, version) in old.versions_at_end().iter() {
            let kept = versions.get(key);
            if kept < version {
                let key = key as u32;
                if kernel.directory.is_home(self.cluster, key) {
                    kernel.truth.revert(key, kept);
                }
                if purged > 0 && !keys.contains(&key) {
                    page.lost.list_only(LostWrite {
                        key,
                        position: None,
                        version: Some(version.0),
                        user: None,
                        at_ns: None,
                    });
                }
            }
        }
        // A survivor may also bring back what an earlier promotion had lost.
        for (key, version) in versions.iter() {
            // What a shard router has left here as a copy is another shard's to tell.
            if kernel.directory.is_home(self.cluster, key as u32) {
                kernel.truth.revert(key as u32, version);
            }
        }
        // What the heir itself has not acknowledged yet, from when it was primary before, is told or doubted later.
        let revived = heir.known().without(old.known());
        page.revived += revived.len() - heir.commits().untold().filter(|id| revived.contains(*id)).count() as u64;
        self.history = heir.known().clone();
    }

    /// `gone`, one of several primaries, was taken out of the design: what only it had of acknowledged writes is lost.
    pub fn bury(&self, gone: NodeIx, nodes: &[Component], kernel: &mut Kernel) {
        let mut kept = GtidSet::default();
        for member in &self.members {
            let other = database(nodes, member.node);
            // What is not on a disk yet may go with its node.
            kept.merge(&other.receiving.safe(other.executed()));
        }
        let gone = database(nodes, gone);
        let untold: BTreeSet<Gtid> = gone.commits().untold().collect();
        let lost = gone.executed().without(&kept);
        let page = kernel.ledger.page(self.cluster);
        let mut told = 0;
        for (position, record) in gone.log().range(0, u64::MAX) {
            if lost.contains(record.id) && !untold.contains(&record.id) {
                told += 1;
                kernel.recorder.counts.lost_writes += u64::from(lose(page, record, position));
            }
            if lost.contains(record.id) && kernel.truth.current(record.key) == record.version {
                kernel.truth.revert(record.key, database(nodes, self.primary).version(record.key));
            }
        }
        // The log may have dropped some of them.
        let count = lost.len() - untold.iter().filter(|id| lost.contains(**id)).count() as u64 - told;
        page.lost.count += count;
        kernel.recorder.counts.lost_writes += count;
    }

    /// The last of its databases was taken out of the design: what was committed, nobody has any more.
    pub fn dissolve(&self, last: NodeIx, nodes: &[Component], kernel: &mut Kernel) {
        if kernel.directory.is_shard(last) {
            // Its router knows which records were at home there, and which have copies elsewhere.
            return;
        }
        let versions = database(nodes, last).versions_at_end();
        for (key, version) in versions.iter().filter(|(_, version)| *version != Version::default()) {
            let key = key as u32;
            kernel.truth.revert(key, Version::default());
            kernel.recorder.counts.lost_writes += 1;
            let write = LostWrite { key, position: None, version: Some(version.0), user: None, at_ns: None };
            kernel.ledger.page(self.cluster).lost.note(write);
        }
    }

    /// The clients of what `node` had in doubt will never be told: whether it stands is known now.
    pub(super) fn settle_doubts(&self, node: NodeIx, nodes: &mut [Component], kernel: &mut Kernel) {
        let doubts = database_mut(nodes, node).commits.settle();
        let kept = database(nodes, self.primary).known();
        let page = kernel.ledger.page(self.cluster);
        for doubt in doubts {
            doubt.settle(page, kept.contains(doubt.record.id));
        }
    }
}
