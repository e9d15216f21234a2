//! A station: cores that serve calls, and a bounded queue before them (G/G/c/K).
//!
//! The queue has a discipline and may have patience; under processor sharing and preemptive priority there is none, all calls
//! are with the cores. Else service once begun is not interrupted, except that a call that is given up frees its core.
//! Left out: cores of different speeds, what a change of call costs, calls served in batches.

mod intake;
mod line;
mod ranked;
mod sharing;

pub use line::{Job, Line};
use ranked::Ranked;
use sharing::Sharing;

use std::collections::VecDeque;

use super::Levels;
use crate::base::slab::Key;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Context, Stage};
use crate::model::kinds::Discipline;

/// Cores with one queue.
#[derive(Clone, Debug, Hash)]
pub struct Station {
    size: Size,
    busy: u32,
    waiting: Line,
    sharing: Sharing,
    ranked: Ranked,
    /// Where calls are taken in: when the last ones left, the earliest first.
    left: VecDeque<SimTime>,
}

/// What a station is built of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    pub cores: u32,
    /// How many calls may wait. Not a `usize`: the state must be the same on 32-bit targets.
    pub limit: u32,
    pub discipline: Discipline,
    /// How long a call may wait; zero means for ever.
    pub patience: SimDuration,
}

impl Size {
    /// First come first served, without losing patience.
    pub fn fifo(cores: u32, limit: u32) -> Self {
        Self { cores, limit, discipline: Discipline::Fifo, patience: SimDuration::ZERO }
    }
}

impl Station {
    /// First come first served, without losing patience.
    pub fn new(cores: u32, limit: u32) -> Self {
        Self::with(Size::fifo(cores, limit))
    }

    pub fn with(size: Size) -> Self {
        Self {
            size,
            busy: 0,
            waiting: Line::new(size.discipline, Stage::Ready),
            sharing: Sharing::default(),
            ranked: Ranked::default(),
            left: VecDeque::new(),
        }
    }

    /// Serves `call`, which has just come, for `service`, now or when its turn comes; the node then hears `on_done`. False:
    /// there is no room.
    #[must_use]
    pub fn admit(&mut self, ctx: &mut Context, call: Key, service: SimDuration) -> bool {
        self.admit_job(ctx, Job { call, service, since: ctx.now() })
    }

    /// Like [`Self::admit`], for a call that has been at the node for a while.
    #[must_use]
    pub fn admit_job(&mut self, ctx: &mut Context, job: Job) -> bool {
        if self.is_pooled() {
            let room = u64::from(self.size.cores) + u64::from(self.size.limit);
            if u64::from(self.pooled()) >= room {
                return false;
            }
            self.pool(ctx, job);
            return true;
        }
        if self.has_free_core() {
            self.serve(ctx, job);
            return true;
        }
        if self.waiting.len() >= self.size.limit {
            return false;
        }
        self.waiting.push(ctx, job, self.size.patience);
        true
    }

    /// A core has finished: it takes the next call. To be called once for each `on_done`.
    pub fn finish(&mut self, ctx: &mut Context) {
        self.free(ctx);
        self.start(ctx);
    }

    /// `call` is given up: it leaves the queue, or frees its core. Nothing happens if it is in neither.
    pub fn give_up(&mut self, ctx: &mut Context, call: Key) {
        match ctx.get(call).stage() {
            Stage::Ready => self.waiting.leave(ctx, call),
            Stage::Serving => {
                ctx.set_stage(call, Stage::Held);
                let cores = self.size.cores;
                if !self.sharing.leave(ctx, cores, call) && !self.ranked.leave(ctx, cores, call) {
                    self.free(ctx);
                }
                self.start(ctx);
            }
            Stage::Held | Stage::Queued => {}
        }
    }

    /// The next call that has waited too long and leaves; to be asked at [`Tag::Patience`](crate::kernel::Tag) until there is none.
    pub fn expired(&mut self, ctx: &mut Context) -> Option<Key> {
        self.waiting.expired(ctx)
    }

    /// The next call that shared cores have finished; to be asked at [`Tag::Share`](crate::kernel::Tag) until there is none.
    pub fn shared_done(&mut self, ctx: &mut Context) -> Option<Key> {
        let cores = self.size.cores;
        let call = self.sharing.next(ctx, cores).or_else(|| self.ranked.next(ctx, cores))?;
        // Until its node has heard, it counts as on a core of its own, as any other does.
        self.busy += 1;
        Some(call)
    }

    /// Changes a station that serves first come first.
    pub fn resize(&mut self, ctx: &mut Context, cores: u32, limit: u32) {
        self.reshape(ctx, Size::fifo(cores, limit));
    }

    /// Changes the station while it works. Calls over a smaller limit keep their places; those on a core stay there.
    pub fn reshape(&mut self, ctx: &mut Context, size: Size) {
        self.sharing.resize(ctx, self.size.cores, size.cores);
        self.ranked.resize(ctx, self.size.cores, size.cores);
        if size.patience != self.size.patience {
            self.waiting.set_patience(ctx, size.patience);
        }
        self.size = size;
        self.waiting.set_discipline(ctx, size.discipline);
        self.start(ctx);
    }

    /// Whether all calls are with the cores, whatever they get of them.
    fn is_pooled(&self) -> bool {
        matches!(self.size.discipline, Discipline::ProcessorSharing | Discipline::PreemptivePriority)
    }

    /// Calls that are with the cores in that way.
    fn pooled(&self) -> u32 {
        self.sharing.len() + self.ranked.len()
    }

    fn pool(&mut self, ctx: &mut Context, job: Job) {
        begin(ctx, job);
        if self.size.discipline == Discipline::ProcessorSharing {
            self.sharing.push(ctx, self.size.cores, job.call, job.service);
        } else {
            self.ranked.push(ctx, self.size.cores, job.call, job.service);
        }
    }

    fn has_free_core(&self) -> bool {
        u64::from(self.busy) + u64::from(self.pooled()) < u64::from(self.size.cores)
    }

    fn start(&mut self, ctx: &mut Context) {
        while self.is_pooled() || self.has_free_core() {
            let Some(job) = self.waiting.pop(ctx) else { return };
            if self.is_pooled() {
                self.pool(ctx, job);
            } else {
                self.serve(ctx, job);
            }
        }
    }

    /// A core is free.
    fn free(&mut self, ctx: &Context) {
        self.busy -= 1;
        if ctx.intake().is_some() {
            self.leave(ctx.now());
        }
    }

    fn serve(&mut self, ctx: &mut Context, job: Job) {
        self.busy += 1;
        begin(ctx, job);
        ctx.serve(job.call, job.service);
    }

    /// Drops everything; the calls have been failed already.
    pub fn clear(&mut self) {
        *self = Self::with(self.size);
    }

    pub fn levels(&self) -> Levels {
        let shared = self.pooled();
        let served = shared.min(self.size.cores.saturating_sub(self.busy));
        Levels { busy: self.busy + served, waiting: self.waiting.len() + (shared - served) }
    }
}

/// A call's service begins.
fn begin(ctx: &mut Context, job: Job) {
    ctx.set_stage(job.call, Stage::Serving);
    let waited = ctx.now().since(job.since);
    ctx.meter().began(waited);
}
