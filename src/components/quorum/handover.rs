//! Members come and go: what a node does with copies that others shall keep from now on.

use super::{Held, QuorumStore};
use crate::base::slab::Key;
use crate::kernel::Context;

impl QuorumStore {
    /// Does what follows from a change of the placement.
    pub(super) fn catch_up(&mut self, ctx: &mut Context) {
        let generation = self.placement(ctx).generation();
        if self.generation == generation {
            return;
        }
        self.generation = generation;
        // Whoever has asked for a copy before the change waits no longer than that.
        self.clean_at = Some(ctx.now() + self.params.timeout.times(2));
        let open: Vec<Key> = self.open.iter().map(|(call, _)| call).collect();
        for call in open {
            self.judge(ctx, call);
        }
        self.hand_on(ctx);
    }

    /// Hands on the copies that others shall keep from now on.
    fn hand_on(&mut self, ctx: &mut Context) {
        self.outbox.forget_moves();
        let placement = self.placement(ctx);
        if !placement.awaits(ctx.node) {
            return;
        }
        for (key, held) in self.copies.iter() {
            for heir in placement.heirs(key as u32, ctx.node) {
                self.outbox.add_move(heir, key as u32, held);
            }
        }
        for target in self.outbox.targets() {
            self.deliver(ctx, target);
        }
        self.finish_moves(ctx);
    }

    /// What another node has kept for this one may come when others are to have it: they get it from here, as by Cassandra's hints.
    pub(super) fn redirect(&mut self, ctx: &mut Context, key: u32, held: Held) {
        if held.version <= self.copy(key).version {
            return;
        }
        let placement = self.placement(ctx);
        let mut heirs = placement.owners(key);
        if heirs.contains(&ctx.node) {
            heirs = placement.heirs(key, ctx.node);
        } else if placement.newcomers(key, &heirs).contains(&ctx.node) {
            return;
        }
        for heir in heirs {
            self.outbox.add(heir, key, held);
            self.deliver(ctx, heir);
        }
    }

    pub(super) fn finish_moves(&mut self, ctx: &mut Context) {
        if self.outbox.moves() == 0 && self.placement(ctx).awaits(ctx.node) {
            let node = ctx.node;
            ctx.kernel.directory.placements[usize::from(self.cluster)].finish(node);
        }
    }

    /// Forgets copies that belong to others, once nobody can ask for them any more.
    pub(super) fn clean(&mut self, ctx: &Context) {
        let placement = self.placement(ctx);
        if placement.is_changing() || self.clean_at.take_if(|at| *at <= ctx.now()).is_none() {
            return;
        }
        let is_foreign = |key: u32| !placement.owners(key).contains(&ctx.node);
        let foreign: Vec<(usize, Held)> = self.copies.iter().filter(|(key, _)| is_foreign(*key as u32)).collect();
        for (key, held) in foreign {
            self.copies.set(key, Held::default());
            self.stored -= 1;
            self.stored_bytes -= u64::from(held.bytes);
        }
    }
}
