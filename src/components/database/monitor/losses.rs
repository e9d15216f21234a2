//! What a promotion costs: which writes are lost, which are in doubt.
//!
//! An acknowledged write that the old primary had and the new one never received is lost, and listed. One that was not
//! acknowledged is in doubt: it may stand or not, its client does not know; if it does not stand and somebody had read it,
//! something visible was lost.

use std::collections::{BTreeMap, BTreeSet};

use super::super::books::{lose, lose_all};
use super::{Monitor, database, database_mut};
use crate::base::NodeIx;
use crate::components::Component;
use crate::kernel::{GtidSet, Kernel, Version};
use crate::observe::LostWrite;

impl Monitor {
    /// The heir has all that it will ever get of the old times: what it has is the truth from now on.
    pub(super) fn settle_losses(&mut self, nodes: &mut [Component], kernel: &mut Kernel) {
        let Some((old, end)) = self.replaced.take() else { return };
        let heir = self.primary;
        // What was not acknowledged yet is not lost, whoever has still to tell how it ends: also one who was primary earlier.
        let others = self.members.iter().map(|member| member.node).filter(|node| *node != old);
        let mut untold = GtidSet::default();
        let all = others.chain([old]).flat_map(|node| database(nodes, node).commits().untold());
        all.for_each(|id| untold.insert(id));
        self.settle_doubts(old, nodes, kernel);
        let (old, heir) = (database(nodes, old), database(nodes, heir));
        let page = kernel.ledger.page(self.cluster);
        // Nor is what a primary without a fence has acknowledged since, or committed.
        untold.merge(&page.fates.beside());
        let logged = old.log().range(0, end).chain(old.receiving.pending().map(|record| (0, record)));
        let mut keys = BTreeSet::new();
        let mut listed_count = 0;
        for (position, record) in logged.filter(|(_, record)| !heir.known().contains(record.id)) {
            keys.insert(record.key);
            if !untold.contains(record.id) {
                listed_count += u64::from(lose(page, record, position));
            }
        }
        // Of writes that the log has dropped since, the data still tell the keys.
        let dropped = old.log().purged().without(heir.known());
        let dropped = dropped.without(&untold);
        let purged = dropped.len();
        page.lost.count += purged;
        page.fates.lost.merge(&dropped);
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
        // What somebody who was primary before, also the heir itself, has not acknowledged yet is told or doubted later.
        page.revived += heir.known().without(old.known()).without(&untold).len();
        page.fates.revive(heir.known());
        page.inherit(heir.known());
        self.history = heir.known().clone();
    }

    /// `gone`, one of several primaries or the replica of one, is taken out of the design: what only it has of acknowledged writes is
    /// lost.
    pub fn bury(&self, gone: NodeIx, nodes: &mut [Component], kernel: &mut Kernel) {
        database_mut(nodes, gone).bequeath();
        self.divide(gone, nodes, kernel);
    }

    /// Of several primaries and their replicas, some have begun anew, or have died before the copy that had come was in place.
    pub fn settle_estates(&self, nodes: &mut [Component], kernel: &mut Kernel) {
        if self.is_shared {
            self.members().for_each(|node| self.divide(node, nodes, kernel));
        }
    }

    /// What `node` had and has no more is lost, if it was acknowledged and nobody else has it.
    pub(super) fn divide(&self, node: NodeIx, nodes: &mut [Component], kernel: &mut Kernel) {
        let Some(estate) = database_mut(nodes, node).take_estate() else { return };
        let mut kept = GtidSet::default();
        // What is not on a disk yet may go with its node.
        self.members().for_each(|other| kept.merge(&database(nodes, other).safe()));
        let page = kernel.ledger.page(self.cluster);
        let untold = database_mut(nodes, node).commits.settle_by(page, &kept);
        let lost = estate.had.without(&kept).without(&untold);
        kernel.recorder.counts.lost_writes += lose_all(page, &lost, &estate.records);
        for (_, record) in estate.records.iter().filter(|(_, record)| !kept.contains(record.id)) {
            if kernel.truth.current(record.key) == record.version {
                let left = self.members().map(|other| database(nodes, other).version_in_copy(record.key)).max();
                kernel.truth.revert(record.key, left.unwrap_or_default());
            }
        }
    }

    /// The last of its databases was taken out of the design: what was committed, nobody has any more.
    pub fn dissolve(&self, last: NodeIx, nodes: &[Component], kernel: &mut Kernel) {
        if kernel.directory.is_shard(last) {
            // Its router knows which records were at home there, and which have copies elsewhere.
            return;
        }
        let versions = database(nodes, last).versions_at_end();
        let mut logged = BTreeMap::new();
        for write in database(nodes, last).listed() {
            logged.extend(write.version.map(|version| (version, write)));
        }
        for (key, version) in versions.iter() {
            let key = key as u32;
            kernel.truth.revert(key, Version::default());
            kernel.recorder.counts.lost_writes += 1;
            // The log may have dropped it.
            let unknown = LostWrite { key, position: None, version: Some(version.0), user: None, at_ns: None };
            let known = logged.get(&version.0).filter(|write| write.key == key);
            kernel.ledger.page(self.cluster).lost.note(known.copied().unwrap_or(unknown));
        }
    }

    /// The clients of what `node` had in doubt will never be told: whether it stands is known now.
    pub(super) fn settle_doubts(&self, node: NodeIx, nodes: &mut [Component], kernel: &mut Kernel) {
        let kept = database(nodes, self.primary).known().clone();
        database_mut(nodes, node).commits.settle_by(kernel.ledger.page(self.cluster), &kept);
    }
}
