//! A record that has been moved to another shard is taken away, by a record in the log like any other.

use super::Database;
use crate::base::slab::Key;
use crate::kernel::{Call, Context, Gtid, Outcome, Record, Version};
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
            let removal = self.removal(ctx, call);
            self.enter(ctx, call, removal, true);
            self.acknowledge(ctx, call, &[removal]);
        }
    }

    /// The log's record of `call`, by which its record is taken away.
    fn removal(&mut self, ctx: &Context, call: Key) -> Record {
        let Call { key, user, .. } = *ctx.get(call);
        let bytes = self.size_of(ctx.get(call));
        self.sequence += 1;
        let id = Gtid { origin: ctx.node, sequence: self.sequence };
        Record { id, version: Version::default(), at: ctx.now(), key, user, bytes, value: 0 }
    }
}
