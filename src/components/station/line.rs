//! A queue of calls, in the order of its discipline, with a limit and with patience.
//!
//! First come first served, last come first served, or by priority class (the highest first, in the order of arrival within a
//! class; nobody on a core is interrupted). A call that has been given up, or has waited too long, leaves: it is only marked, and
//! dropped when its turn comes, so that leaving costs O(1).

use std::collections::VecDeque;

use crate::base::order::sort_by_key;
use crate::base::slab::Key;
use crate::base::{SimDuration, SimTime};
use crate::components::deadlines::Deadlines;
use crate::kernel::{Call, Context, Stage, Tag};
use crate::model::kinds::Discipline;

/// Calls that wait.
#[derive(Clone, Debug, Hash)]
pub struct Line {
    discipline: Discipline,
    /// What those who wait in it are: for a worker or for a core.
    stage: Stage,
    /// By priority class, where the discipline knows them; else all in the first.
    classes: Vec<VecDeque<Job>>,
    /// Calls that wait, without those that have left.
    len: u32,
    /// Entries of those who have left and have not been dropped yet.
    gone: u32,
    patience: Deadlines,
}

/// A call, what it will need, and since when it has been here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Job {
    pub call: Key,
    pub service: SimDuration,
    pub since: SimTime,
}

impl Line {
    pub fn new(discipline: Discipline, stage: Stage) -> Self {
        let patience = Deadlines::new(Tag::Patience);
        Self { discipline, stage, classes: vec![VecDeque::new()], len: 0, gone: 0, patience }
    }

    pub fn len(&self) -> u32 {
        self.len
    }

    /// `job` waits from now on, for at most `patience` if that is not zero.
    pub fn push(&mut self, ctx: &mut Context, job: Job, patience: SimDuration) {
        self.place(ctx, job);
        self.len += 1;
        ctx.set_stage(job.call, self.stage);
        if !patience.is_zero() {
            self.patience.push(ctx, job.call, patience);
        }
    }

    /// The next whose turn it is.
    #[inline]
    pub fn pop(&mut self, ctx: &mut Context) -> Option<Job> {
        if self.len == 0 { None } else { self.pop_waiting(ctx) }
    }

    /// The same where there is one.
    #[inline(never)]
    fn pop_waiting(&mut self, ctx: &mut Context) -> Option<Job> {
        loop {
            let class = self.classes.iter_mut().rev().find(|class| !class.is_empty())?;
            let job = match self.discipline {
                Discipline::Lifo => class.pop_back(),
                _ => class.pop_front(),
            }?;
            if ctx.move_stage(job.call, self.stage, Stage::Held) {
                self.len -= 1;
                return Some(job);
            }
            self.gone = self.gone.saturating_sub(1);
        }
    }

    /// `call`, which waits here, leaves.
    pub fn leave(&mut self, ctx: &mut Context, call: Key) {
        ctx.set_stage(call, Stage::Held);
        self.len -= 1;
        self.gone += 1;
        // Where the last come are served first, the entries of those who have left would lie at the bottom for ever.
        if self.gone > self.len + 64 {
            let stage = self.stage;
            for class in &mut self.classes {
                class.retain(|job| is_waiting(ctx, job.call, stage));
            }
            self.gone = 0;
        }
    }

    /// The next that has waited too long, which leaves. To be asked until there is none.
    pub fn expired(&mut self, ctx: &mut Context) -> Option<Key> {
        let stage = self.stage;
        let call = self.patience.next(ctx, |ctx, call| is_waiting(ctx, call, stage))?;
        self.leave(ctx, call);
        Some(call)
    }

    /// Changes the discipline; those who wait keep their places within it.
    pub fn set_discipline(&mut self, ctx: &Context, discipline: Discipline) {
        if self.discipline == discipline {
            return;
        }
        self.discipline = discipline;
        let mut jobs: Vec<Job> =
            self.classes.drain(..).flatten().filter(|job| self.stage == stage_of(ctx, job.call)).collect();
        sort_by_key(&mut jobs, |job| job.since);
        self.classes = vec![VecDeque::new()];
        self.gone = 0;
        for job in jobs {
            self.place(ctx, job);
        }
    }

    /// Changes how long one may wait, also for those who wait already; zero means for ever.
    pub fn set_patience(&mut self, ctx: &mut Context, patience: SimDuration) {
        if patience.is_zero() {
            self.patience.clear();
        } else {
            self.patience.shorten(ctx, patience);
        }
    }

    #[inline]
    fn place(&mut self, ctx: &Context, job: Job) {
        let class = if self.discipline == Discipline::Priority { usize::from(ctx.get(job.call).priority) } else { 0 };
        if let Some(jobs) = self.classes.get_mut(class) {
            jobs.push_back(job);
        } else {
            self.open_class(class, job);
        }
    }

    /// `job` is the first of its class, and of all above.
    #[cold]
    fn open_class(&mut self, class: usize, job: Job) {
        self.classes.resize_with(class, VecDeque::new);
        self.classes.push(VecDeque::from([job]));
    }

    /// Drops everything; the calls have been failed already.
    pub fn clear(&mut self) {
        *self = Self::new(self.discipline, self.stage);
    }
}

fn is_waiting(ctx: &Context, call: Key, stage: Stage) -> bool {
    ctx.is_going_on(call) && stage_of(ctx, call) == stage
}

fn stage_of(ctx: &Context, call: Key) -> Stage {
    ctx.kernel.calls.get(call).map_or(Stage::Held, Call::stage)
}
