//! The caller: time-outs, retries, hedges and copies of calls, and what keeps them from doing harm.
//!
//! A component that is a [`Client`] asks it to send a call for a parent and tells it of every reply; it says what is next: the end,
//! another attempt, or nothing yet. Whom to ask each time is the component's to decide. With nothing but defaults it costs nothing: a
//! call is a call.
//! Sources: full jitter (Brooker, *Exponential Backoff and Jitter*, 2015); retry budgets as in Finagle and gRPC; hedges
//! (Dean, Barroso, *The Tail at Scale*, 2013); breaker (Nygard, *Release It!*); throttling (*Site Reliability Engineering*, ch. 21).
//! Left out: per-server breakers, deadlines that travel with the call, learned hedge delays.

mod breaker;
mod client;
mod throttle;

use std::hash::{Hash, Hasher};

use super::deadlines::Deadlines;
use crate::base::hash::Derived;
use crate::base::map::Map;
use crate::base::slab::Key;
use crate::base::{NodeIx, SimDuration, SimTime};
use crate::kernel::{Ask, Call, Context, Outcome, Tag, Target};
use crate::model::kinds::{Backoff, CallPolicy, OnGiveUp};
use crate::observe::Reason;
use breaker::Breaker;
pub use client::Client;
use throttle::Throttle;

/// Retries that a budget can save up.
const BUDGET_LIMIT: f64 = 100.0;
/// How many of those who were asked for the same are remembered.
const MOST_ASKED: usize = 32;
/// A repetition never comes at the very instant of what it repeats.
const SHORTEST_PAUSE: SimDuration = SimDuration::from_millis(1);

/// The calls of one node, with its policy.
#[derive(Clone, Debug, Hash)]
pub struct Caller {
    policy: Derived<CallPolicy>,
    /// What is under way for each parent; empty while the policy is plain.
    efforts: Map<Key, Effort>,
    attempts: Deadlines,
    hedges: Deadlines,
    /// Retries saved up.
    budget: Tokens,
    breaker: Breaker,
    throttle: Throttle,
}

/// A number of tokens, not always whole.
#[derive(Clone, Copy, Debug)]
struct Tokens(f64);

impl Hash for Tokens {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// What is done for one parent.
#[derive(Clone, Debug, Hash)]
struct Effort {
    ask: Ask,
    /// Rounds made so far.
    rounds: u32,
    /// When the last began.
    began: SimTime,
    /// Whether the next is to begin after a pause.
    is_pausing: bool,
    /// Attempts that are waited for.
    live: Vec<Key>,
    /// Attempts that have run out of time, but may still answer.
    late: Vec<Key>,
    /// Who was asked, of the last few.
    asked: Vec<NodeIx>,
}

impl Effort {
    /// Drops attempts that have ended: their calls are not among the calls any more. Whether one of them was late.
    fn drop_ended(&mut self, ctx: &Context) -> bool {
        let count = self.late.len();
        self.live.retain(|call| ctx.kernel.calls.contains(*call));
        self.late.retain(|call| ctx.kernel.calls.contains(*call));
        self.late.len() < count
    }
}

/// What is next for a parent.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// What was asked has ended like this.
    Done(Ask, Outcome),
    /// Somebody is to be asked once more.
    Again(Ask),
    /// Something is still under way.
    Pending,
}

impl Caller {
    pub fn new(policy: &CallPolicy) -> Self {
        Self {
            policy: Derived(policy.clone()),
            efforts: Map::default(),
            attempts: Deadlines::new(Tag::Attempt),
            hedges: Deadlines::new(Tag::Hedge),
            budget: Tokens(0.0),
            breaker: Breaker::default(),
            throttle: Throttle::default(),
        }
    }

    /// Whether `call`, which this node made, has neither ended nor been given up.
    pub fn is_waiting_for(&self, ctx: &Context, call: Key) -> bool {
        let made = ctx.kernel.calls.get(call).filter(|made| !made.is_abandoned());
        made.is_some_and(|made| self.efforts.get(&made.parent).is_none_or(|effort| !effort.late.contains(&call)))
    }

    /// Whether an attempt for `parent` is under way. Under a plain policy, which makes only one, nobody keeps that: false.
    pub fn is_trying(&self, parent: Key) -> bool {
        self.efforts.get(&parent).is_some_and(|effort| !effort.live.is_empty())
    }

    /// Whether another attempt for `parent` will be made after a pause.
    fn is_pausing(&self, parent: Key) -> bool {
        self.efforts.get(&parent).is_some_and(|effort| effort.is_pausing)
    }

    /// Changes the policy. What is under way goes on.
    pub fn set(&mut self, ctx: &mut Context, policy: &CallPolicy) {
        if *self.policy != *policy {
            if !policy.attempt_timeout.is_zero() {
                self.attempts.shorten(ctx, policy.attempt_timeout);
            }
            if !policy.hedge_after.is_zero() {
                self.hedges.shorten(ctx, policy.hedge_after);
            }
            if policy.breaker_failures == 0 {
                self.breaker = Breaker::default();
            }
            self.policy = Derived(policy.clone());
        }
    }

    /// Whether a call may be made at all, or has to fail without one. To be asked once for each parent.
    fn permits(&mut self, ctx: &mut Context) -> bool {
        if self.policy.throttle_k > 0.0 {
            let p = self.throttle.offered(ctx.now(), self.policy.throttle_k);
            if p > 0.0 && ctx.rng().chance(p) {
                return false;
            }
        }
        self.policy.breaker_failures == 0 || self.breaker.permits(ctx.now(), self.policy.breaker_open)
    }

    /// Probability that the throttle lets a call fail at once, now; none where there is no throttle.
    pub fn reject_probability(&self, now: SimTime) -> Option<f64> {
        (self.policy.throttle_k > 0.0).then(|| self.throttle.reject_probability(now, self.policy.throttle_k))
    }

    /// How many servers a new call is sent to at once.
    fn copies(&self) -> u32 {
        self.policy.copies
    }

    /// Whether `node` has been asked for `parent` already.
    pub fn has_asked(&self, parent: Key, node: NodeIx) -> bool {
        self.efforts.get(&parent).is_some_and(|effort| effort.asked.contains(&node))
    }

    /// Sends one attempt.
    pub fn send(&mut self, ctx: &mut Context, parent: Key, target: Target, ask: Ask) {
        let call = ctx.call(parent, target, ask);
        // A policy may have become plain while something is under way.
        if self.is_plain() && !self.efforts.contains_key(&parent) {
            return;
        }
        let is_new = !self.efforts.contains_key(&parent);
        let effort = self.efforts.or_insert_with(parent, || Effort {
            ask,
            rounds: 0,
            began: ctx.now(),
            is_pausing: false,
            live: Vec::new(),
            late: Vec::new(),
            asked: Vec::new(),
        });
        if effort.live.is_empty() {
            effort.rounds += 1;
            effort.began = ctx.now();
        }
        let is_first = effort.live.is_empty();
        effort.live.push(call);
        if effort.asked.len() >= MOST_ASKED {
            effort.asked.remove(0);
        }
        effort.asked.push(target.node);
        if !self.policy.attempt_timeout.is_zero() {
            self.attempts.push(ctx, call, self.policy.attempt_timeout);
        }
        if is_first && !self.policy.hedge_after.is_zero() {
            self.hedges.push(ctx, call, self.policy.hedge_after);
        }
        if is_new {
            self.save(self.policy.retry_budget);
        }
    }

    /// An attempt for `parent` has ended as `reply` says.
    fn replied(&mut self, ctx: &mut Context, parent: Key, reply: &Call) -> Next {
        let (is_good, outcome) = (reply.failure.is_none(), Outcome::of(reply));
        let Some(effort) = self.efforts.get_mut(&parent) else {
            self.learn(ctx.now(), is_good);
            return Next::Done(Ask::from(reply), outcome);
        };
        let (was_late, ask) = (effort.drop_ended(ctx), effort.ask);
        if is_good {
            self.learn(ctx.now(), true);
            self.forget(ctx, parent, self.policy.on_give_up);
            return Next::Done(ask, outcome);
        }
        // A late attempt counted as failed when its time was over: that it has failed as well changes nothing.
        if was_late {
            return Next::Pending;
        }
        self.learn(ctx.now(), false);
        self.after_failure(ctx, parent, outcome)
    }

    /// An attempt for `parent` has failed as `reply` says, and another stands in for it, which is to be sent next. False: the
    /// attempt was late already, and nothing is to stand in for it.
    pub fn is_replaced(&mut self, ctx: &Context, parent: Key) -> bool {
        let Some(effort) = self.efforts.get_mut(&parent) else {
            self.learn(ctx.now(), false);
            return true;
        };
        if effort.drop_ended(ctx) {
            return false;
        }
        // What stands in for an attempt belongs to the same round.
        if effort.live.is_empty() {
            effort.rounds -= 1;
        }
        self.learn(ctx.now(), false);
        true
    }

    /// The next parent one of whose attempts has run out of time, with what is next for it. To be asked at [`Tag::Attempt`]
    /// until there is none.
    fn timed_out(&mut self, ctx: &mut Context) -> Option<(Key, Next)> {
        // A call whose parent has ended is nobody's any more: those behind it are still to be looked at.
        let (call, parent) = loop {
            let call = self.attempts.next_awaited(ctx)?;
            if let Some(parent) = self.parent_of(ctx, call) {
                break (call, parent);
            }
        };
        self.learn(ctx.now(), false);
        let effort = self.efforts.get_mut(&parent)?;
        effort.live.retain(|other| *other != call);
        match self.policy.on_give_up {
            // Nobody is told; should the answer come while the caller is still trying, it counts.
            OnGiveUp::Ignore => effort.late.push(call),
            OnGiveUp::Cancel => ctx.cancel(call),
        }
        Some((parent, self.after_failure(ctx, parent, Outcome::failed(Reason::Timeout))))
    }

    /// The next parent that is to be hedged, and what to ask. To be asked at [`Tag::Hedge`] until there is none.
    fn hedge_due(&mut self, ctx: &mut Context) -> Option<(Key, Ask)> {
        loop {
            let call = self.hedges.next_awaited(ctx)?;
            if let Some(parent) = self.parent_of(ctx, call) {
                return self.efforts.get(&parent).map(|effort| (parent, effort.ask));
            }
        }
    }

    /// The parent that still waits for `call`, one of its attempts.
    fn parent_of(&self, ctx: &Context, call: Key) -> Option<Key> {
        let parent = ctx.kernel.calls.get(call)?.parent;
        self.efforts.get(&parent).is_some_and(|effort| effort.live.contains(&call)).then_some(parent)
    }

    /// What to ask again for `parent`, whose pause is over.
    fn resumed(&mut self, parent: Key) -> Option<Ask> {
        let effort = self.efforts.get_mut(&parent)?;
        effort.is_pausing = false;
        effort.live.is_empty().then_some(effort.ask)
    }

    /// `parent` is given up by its own caller, or needs nothing more: so is what is under way for it, in the given way.
    pub fn forget(&mut self, ctx: &mut Context, parent: Key, way: OnGiveUp) {
        let live: Vec<Key> = match self.efforts.remove(&parent) {
            Some(effort) => effort.live.into_iter().chain(effort.late).collect(),
            // A plain call has left no trace but in its parent.
            None => ctx.kernel.calls.get(parent).map(|call| call.child).into_iter().collect(),
        };
        for call in live {
            give_up(ctx, call, way);
        }
    }

    /// `parent` ends without an answer. Where nobody is told, the work for it goes on and may still bring one, late.
    pub fn leave(&mut self, ctx: &mut Context, parent: Key) {
        match self.policy.on_give_up {
            OnGiveUp::Ignore => {
                self.efforts.remove(&parent);
            }
            OnGiveUp::Cancel => self.forget(ctx, parent, OnGiveUp::Cancel),
        }
    }

    /// Everything is forgotten; the calls under way mean nothing any more.
    pub fn clear(&mut self) {
        *self = Self::new(&self.policy);
    }

    fn is_plain(&self) -> bool {
        let policy = &*self.policy;
        policy.attempt_timeout.is_zero() && policy.retries == 0 && policy.hedge_after.is_zero() && policy.copies == 1
    }

    /// What becomes of calls that nobody needs any more.
    pub fn way(&self) -> OnGiveUp {
        self.policy.on_give_up
    }

    fn after_failure(&mut self, ctx: &mut Context, parent: Key, outcome: Outcome) -> Next {
        let Some(effort) = self.efforts.get(&parent).filter(|effort| effort.live.is_empty()) else {
            return Next::Pending;
        };
        let &Effort { rounds, began, ask, .. } = effort;
        let may_retry = rounds <= self.policy.retries && outcome.failure.is_some_and(is_worth_retrying) && self.spend();
        if !may_retry {
            self.forget(ctx, parent, self.policy.on_give_up);
            return Next::Done(ask, outcome);
        }
        let mut pause = self.pause(ctx, rounds);
        if began == ctx.now() {
            pause = pause.max(SHORTEST_PAUSE);
        }
        if pause.is_zero() {
            return Next::Again(ask);
        }
        if let Some(effort) = self.efforts.get_mut(&parent) {
            effort.is_pausing = true;
        }
        ctx.resume_after(parent, pause);
        Next::Pending
    }

    /// How long to wait after so many rounds.
    fn pause(&self, ctx: &mut Context, rounds: u32) -> SimDuration {
        let CallPolicy { backoff_base: base, backoff_cap: cap, .. } = *self.policy;
        match self.policy.backoff {
            Backoff::None => SimDuration::ZERO,
            Backoff::Fixed => base.min(cap),
            Backoff::Exponential => {
                let limit = base.times(1 << (rounds - 1).min(40)).min(cap);
                SimDuration::from_nanos((ctx.rng().unit() * limit.as_nanos() as f64) as u64)
            }
        }
    }

    fn save(&mut self, tokens: f64) {
        self.budget = Tokens((self.budget.0 + tokens).min(BUDGET_LIMIT));
    }

    fn spend(&mut self) -> bool {
        if self.policy.retry_budget <= 0.0 {
            return true;
        }
        let has_token = self.budget.0 >= 1.0;
        if has_token {
            self.save(-1.0);
        }
        has_token
    }

    fn learn(&mut self, now: SimTime, is_good: bool) {
        if self.policy.throttle_k > 0.0 && is_good {
            self.throttle.accepted(now);
        }
        if self.policy.breaker_failures > 0 {
            self.breaker.learn(now, is_good, self.policy.breaker_failures);
        }
    }
}

/// Gives up a call of this node's own.
pub fn give_up(ctx: &mut Context, call: Key, way: OnGiveUp) {
    if ctx.is_awaited(call) {
        match way {
            OnGiveUp::Ignore => ctx.abandon(call),
            OnGiveUp::Cancel => ctx.cancel(call),
        }
    }
}

/// Whether asking again may help.
fn is_worth_retrying(reason: Reason) -> bool {
    !matches!(reason, Reason::NoRoute | Reason::Unreachable | Reason::Cancelled)
}
