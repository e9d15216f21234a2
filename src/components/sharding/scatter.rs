//! Operations that touch records of several shards: sent to each of them at once, and gathered.
//!
//! Every shard that has one of the records gets the same question and answers for what is at home with it; the slowest answer
//! decides how long it takes, and one failure fails the whole. So the more shards, the more often somebody is slow: the tail at
//! scale (Dean, Barroso 2013). Joins, ranges, aggregates and traversals are all done so. Left out: traversals that go from shard to
//! shard hop by hop, pushing a part of the work down, answering with what there is.

use super::ShardRouter;
use crate::base::map::Map;
use crate::base::slab::Key;
use crate::kernel::{Ask, Call, ClusterIx, Context, Outcome};
use crate::observe::Reason;

/// Requests whose parts are under way.
#[derive(Clone, Debug, Default, Hash)]
pub struct Gathering {
    open: Map<Key, Gather>,
}

#[derive(Clone, Debug, Hash)]
struct Gather {
    /// Parts that have not been answered yet.
    left: u32,
    is_stale: bool,
}

impl Gathering {
    pub fn clear(&mut self) {
        self.open.clear();
    }
}

impl ShardRouter {
    /// The shards that have records of `call`, each with how many, and one record of it that is on its way elsewhere.
    pub(super) fn concerned(&self, ctx: &Context, call: &Call) -> (Vec<(ClusterIx, u32)>, Option<u32>) {
        let mut shards: Vec<(ClusterIx, u32)> = Vec::new();
        let mut moving = None;
        for key in self.data.around(call.key).all(call) {
            if ctx.kernel.directory.home(ctx.node, key).is_moving() {
                moving = moving.or(Some(key));
            }
            let Some(home) = self.home_of(ctx, key) else { continue };
            match shards.iter_mut().find(|(cluster, _)| *cluster == home) {
                Some((_, count)) => *count += 1,
                None => shards.push((home, 1)),
            }
        }
        (shards, moving)
    }

    /// Asks every shard that `call` concerns.
    pub(super) fn scatter(&mut self, ctx: &mut Context, call: Key) {
        let of = *ctx.get(call);
        let (shards, _) = self.concerned(ctx, &of);
        let all: u32 = shards.iter().map(|(_, count)| count).sum();
        let targets: Option<Vec<_>> =
            shards.into_iter().map(|(cluster, count)| Some((self.reader(ctx, call, cluster)?, count))).collect();
        let Some(targets) = targets.filter(|targets| !targets.is_empty()) else {
            ctx.fail(call, Reason::NoPrimary);
            return;
        };
        self.gathering.open.insert(call, Gather { left: targets.len() as u32, is_stale: false });
        for ((target, version), count) in targets {
            let bytes = (u64::from(of.bytes) * u64::from(count) / u64::from(all.max(1))) as u32;
            ctx.call(call, target, Ask { bytes, version, ..Ask::from(&of) });
        }
    }

    /// A part of `call` has been answered.
    pub(super) fn gather(&mut self, ctx: &mut Context, call: Key, reply: &Call) {
        let Some(gather) = self.gathering.open.get_mut(&call) else { return };
        gather.left -= 1;
        gather.is_stale |= reply.is_stale();
        let is_stale = gather.is_stale;
        if reply.failure.is_none() && gather.left > 0 {
            return;
        }
        self.gathering.open.remove(&call);
        if reply.failure.is_some() {
            ctx.pass_on(call, Outcome::of(reply));
        } else {
            let bytes = ctx.get(call).bytes;
            ctx.pass_on(call, Outcome { bytes, is_stale, ..Outcome::of(reply) });
        }
    }
}
