//! A record that has been moved to another shard is taken away, by a record in the log like any other: when the shard router says so,
//! and when a primary takes over that has it still, or again.

use super::Database;
use super::receiving::HEARTBEAT;
use crate::base::slab::Key;
use crate::kernel::{Context, Gtid, Outcome, Record, Tag, Version};
use crate::observe::Reason;

impl Database {
    /// A shard router takes a record away that has been moved to another shard, unless it is needed here again. Among several
    /// primaries nobody knows who else is writing it just now.
    pub(super) fn remove(&mut self, ctx: &mut Context, call: Key) {
        let key = ctx.get(call).key;
        let cluster = ctx.kernel.directory.cluster_of(ctx.node);
        if self.sources().next().is_some() {
            ctx.fail(call, Reason::NotSupported);
        } else if cluster.is_none_or(|cluster| ctx.kernel.directory.needs(cluster, key)) {
            ctx.fail(call, Reason::WrongShard);
        } else if self.version(key) == Version::default() && !self.commits.hides(key) {
            ctx.answer(call, Outcome::good(0));
        } else {
            let removal = self.removal(ctx, key, ctx.get(call).user);
            self.enter(ctx, call, removal, true);
            self.acknowledge(ctx, call, &[removal]);
        }
    }

    /// A new primary may have what the last one had taken away, and not told of yet. Its router believes it gone.
    pub fn clear_out(&mut self, ctx: &mut Context) {
        let directory = &ctx.kernel.directory;
        let Some(cluster) = directory.cluster_of(ctx.node).filter(|_| directory.is_shard(ctx.node)) else { return };
        if ctx.is_read_only() {
            // As soon as its disk takes writes again.
            ctx.timer(HEARTBEAT, Tag::Tidy);
            return;
        }
        let held = self.data.versions.iter().map(|(key, _)| key as u32);
        let strays: Vec<u32> = held.filter(|key| !directory.needs(cluster, *key)).collect();
        for key in strays {
            let removal = self.removal(ctx, key, 0);
            self.enter(ctx, Key::NONE, removal, true);
            self.is_acknowledged(ctx, &[removal]);
        }
    }

    /// The log's record by which the record `key` is taken away.
    fn removal(&mut self, ctx: &Context, key: u32, user: u32) -> Record {
        let bytes = self.size_of(key);
        self.sequence += 1;
        let id = Gtid { origin: ctx.node, sequence: self.sequence };
        Record { id, version: Version::default(), at: ctx.now(), key, user, bytes, value: 0 }
    }
}
