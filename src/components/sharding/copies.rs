//! Hot keys on several shards.
//!
//! A celebrity's record is kept on its home and on further shards (a key is *salted*: `7#1`, `7#2`, as `DynamoDB`'s guide to write
//! sharding and Bigtable's salted row keys have it, here for reads). A read goes to any of them. A write goes home first, gets its
//! version there, and then goes to all copies with it, before it is acknowledged: so it costs as many writes as there are
//! shards, and a copy may be stale while the write is on its way, which shows as stale reads. A copy that could not be told is
//! not asked any more until it has been filled anew ([`super::moves`]). Left out: finding hot keys by itself.

use super::ShardRouter;
use crate::base::hash::mix;
use crate::base::map::Map;
use crate::base::slab::Key;
use crate::kernel::{Ask, Call, ClusterIx, Context, Outcome, Verb};

/// Writes whose copies are being told. Where there are good copies the directory knows.
#[derive(Clone, Debug, Default, Hash)]
pub struct Copies {
    spreading: Map<Key, Spreading>,
}

/// A write that its home has taken and copies are being told of.
#[derive(Clone, Debug, Hash)]
struct Spreading {
    /// Copies that have not answered yet.
    left: u32,
    outcome: Outcome,
}

impl Copies {
    pub fn crash(&mut self) {
        *self = Self::default();
    }
}

/// The copy that answers a read of `key`: none if that is the home.
pub fn choose(ctx: &Context, key: u32, draw: u32) -> Option<ClusterIx> {
    let copies = ctx.kernel.directory.copies(ctx.node, key);
    if copies.is_empty() {
        return None;
    }
    let chosen = mix(u64::from(draw)) % (copies.len() as u64 + 1);
    copies.get(chosen as usize).copied()
}

impl ShardRouter {
    /// Where `key` shall have copies, beside its home.
    pub(super) fn wanted_copies(&self, key: u32) -> Vec<ClusterIx> {
        if self.params.hot_key_copies < 2 || self.params.hot_keys.find(key).is_none() {
            return Vec::new();
        }
        let mut owners = self.layout.owners(key, self.params.hot_key_copies as usize);
        owners.drain(..owners.len().min(1));
        owners
    }

    /// The home of a hot key has taken the write `call`: now its copies are told.
    pub(super) fn spread(&mut self, ctx: &mut Context, call: Key, reply: &Call) {
        let Call { key, bytes, .. } = *ctx.get(call);
        let mut left = 0;
        for copy in ctx.kernel.directory.copies(ctx.node, key).to_vec() {
            match self.writer(ctx, copy) {
                Some(target) => {
                    ctx.call(call, target, Ask { version: reply.version, ..Ask::of(Verb::Put, key, bytes) });
                    left += 1;
                }
                None => self.distrust(ctx, key, copy),
            }
        }
        if left == 0 {
            ctx.pass_on(call, Outcome::of(reply));
        } else {
            self.copies.spreading.insert(call, Spreading { left, outcome: Outcome::of(reply) });
        }
    }

    /// A shard has committed the transaction `call`, or has not: its copies elsewhere are not to be trusted.
    pub(super) fn transacted(&mut self, ctx: &mut Context, call: Key, reply: &Call) {
        for key in self.data.around(reply.key).all(reply) {
            self.distrust_copies(ctx, key);
        }
        ctx.pass_on(call, Outcome::of(reply));
    }

    /// A copy has been told of the write `call`, or could not be.
    pub(super) fn copied(&mut self, ctx: &mut Context, call: Key, reply: &Call) {
        if reply.failure.is_some()
            && let Some(copy) = ctx.kernel.directory.cluster_of(reply.to)
        {
            self.distrust(ctx, reply.key, copy);
        }
        let Some(spreading) = self.copies.spreading.get_mut(&call) else { return };
        spreading.left -= 1;
        if spreading.left == 0 {
            let outcome = spreading.outcome;
            self.copies.spreading.remove(&call);
            ctx.pass_on(call, outcome);
        }
    }

    /// Nobody knows whether the copies of `key` have what its home has.
    pub(super) fn distrust_copies(&mut self, ctx: &mut Context, key: u32) {
        for copy in ctx.kernel.directory.copies(ctx.node, key).to_vec() {
            self.distrust(ctx, key, copy);
        }
    }

    /// A copy of `key` is not asked any more until it has been filled anew.
    fn distrust(&mut self, ctx: &mut Context, key: u32, copy: ClusterIx) {
        let mut copies = ctx.kernel.directory.copies(ctx.node, key).to_vec();
        copies.retain(|other| *other != copy);
        ctx.kernel.directory.set_copies(ctx.node, key, copies);
        self.leave_behind(ctx, key, copy);
        self.moves.look_again(ctx, key);
    }
}
