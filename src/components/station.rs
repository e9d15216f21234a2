//! A station: cores that serve calls in the order of their arrival, and a bounded queue before them (G/G/c/K, FIFO).

use std::collections::VecDeque;

use super::Levels;
use crate::base::SimDuration;
use crate::base::slab::Key;
use crate::kernel::{Context, Stage};

/// Cores with one queue.
#[derive(Clone, Debug, Hash)]
pub struct Station {
    cores: u32,
    /// How many calls may wait. Not a `usize`: the state must be the same on 32-bit targets.
    limit: u32,
    busy: u32,
    waiting: VecDeque<(Key, SimDuration)>,
}

impl Station {
    pub fn new(cores: u32, limit: u32) -> Self {
        Self { cores, limit, busy: 0, waiting: VecDeque::new() }
    }

    /// Serves `call` for `service`, now or when its turn comes; the node then hears `on_done`. False: there is no room.
    #[must_use]
    pub fn admit(&mut self, ctx: &mut Context, call: Key, service: SimDuration) -> bool {
        if self.busy < self.cores {
            self.serve(ctx, call, service);
            return true;
        }
        if self.waiting.len() >= self.limit as usize {
            return false;
        }
        self.waiting.push_back((call, service));
        ctx.set_stage(call, Stage::Ready);
        true
    }

    /// A core has finished: it takes the next call. To be called once for each `on_done`.
    pub fn finish(&mut self, ctx: &mut Context) {
        self.busy -= 1;
        self.start(ctx);
    }

    /// Changes the station's size while it works. Calls over a smaller limit keep their place.
    pub fn resize(&mut self, ctx: &mut Context, cores: u32, limit: u32) {
        self.cores = cores;
        self.limit = limit;
        self.start(ctx);
    }

    fn start(&mut self, ctx: &mut Context) {
        while self.busy < self.cores {
            let Some((call, service)) = self.waiting.pop_front() else { return };
            self.serve(ctx, call, service);
        }
    }

    fn serve(&mut self, ctx: &mut Context, call: Key, service: SimDuration) {
        self.busy += 1;
        ctx.set_stage(call, Stage::Serving);
        ctx.serve(call, service);
    }

    /// `call` is given up: it leaves the queue, or frees its core. Nothing happens if it is in neither.
    pub fn give_up(&mut self, ctx: &mut Context, call: Key) {
        match ctx.get(call).stage {
            Stage::Ready => self.waiting.retain(|(other, _)| *other != call),
            Stage::Serving => self.finish(ctx),
            Stage::Held | Stage::Queued => {}
        }
        ctx.set_stage(call, Stage::Held);
    }

    /// Drops everything; the calls have been failed already.
    pub fn clear(&mut self) {
        self.busy = 0;
        self.waiting.clear();
    }

    pub fn levels(&self) -> Levels {
        Levels { busy: self.busy, waiting: self.waiting.len() }
    }
}
