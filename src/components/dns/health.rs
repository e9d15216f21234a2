//! What a name service believes of the addresses it answers with.
//!
//! A check is a real message, to whoever answers for the address: a standby that has taken it over answers for it. It fails if the process does not take requests, or if it is not answered before the next round.

use crate::base::{NodeIx, SimDuration, SimTime};
use crate::kernel::{Body, Context, Tag, Target};
use crate::model::kinds;

/// Health checks of all addresses that can be checked.
#[derive(Clone, Debug, Hash)]
pub struct Health {
    watched: Vec<Watched>,
    /// When the next round is due; a timer that comes before is void.
    next: SimTime,
}

#[derive(Clone, Debug, Hash)]
struct Watched {
    target: Target,
    /// Who was asked last: whoever answered for the address then.
    asked: Target,
    is_healthy: bool,
    /// Checks in a row that contradict `is_healthy`.
    streak: u32,
    is_awaited: bool,
}

impl Default for Health {
    fn default() -> Self {
        Self { watched: Vec::new(), next: SimTime::NEVER }
    }
}

impl Health {
    /// Whether `node` is held to be healthy; `None` if it is not checked.
    pub fn believes_in(&self, node: NodeIx) -> Option<bool> {
        self.watched.iter().find(|watched| watched.target.node == node).map(|watched| watched.is_healthy)
    }

    /// Begins with the checks, if there is anything to check, at a moment of its own.
    pub fn start(&mut self, ctx: &mut Context, params: &kinds::Dns) {
        if self.next == SimTime::NEVER && !self.watched.is_empty() {
            let phase = ctx.rng().unit() * params.check_interval.as_secs_f64();
            self.check_after(ctx, SimDuration::from_secs_f64(phase));
        }
    }

    /// Checks `targets` from here on; what is known of them stays.
    pub fn watch(&mut self, ctx: &mut Context, targets: Vec<Target>, params: &kinds::Dns) {
        let known = std::mem::take(&mut self.watched);
        let watched = targets.into_iter().map(|target| {
            let watched = known.iter().find(|watched| watched.target == target).cloned();
            watched.unwrap_or(Watched { target, asked: target, is_healthy: true, streak: 0, is_awaited: false })
        });
        self.watched = watched.collect();
        if ctx.kernel.topology.node(ctx.node).is_up {
            self.start(ctx, params);
            // A shorter interval does not wait for the end of a long one.
            if self.next != SimTime::NEVER && self.next > ctx.now() + params.check_interval {
                self.check_after(ctx, params.check_interval);
            }
        }
    }

    /// A round of checks, if one is due; whether that changed a belief.
    pub fn check(&mut self, ctx: &mut Context, params: &kinds::Dns) -> bool {
        if self.next > ctx.now() {
            return false;
        }
        let mut has_changed = false;
        for watched in &mut self.watched {
            has_changed |= watched.is_awaited && watched.checked(false, params);
            watched.is_awaited = true;
            watched.asked = ctx.kernel.led(ctx.node, watched.target);
            ctx.send(watched.asked, Body::Probe { round: 0 });
        }
        self.check_after(ctx, params.check_interval);
        has_changed
    }

    /// The answer to a check; whether that changed a belief.
    pub fn heard(&mut self, sender: Target, is_up: bool, params: &kinds::Dns) -> bool {
        let watched = self.watched.iter_mut().find(|watched| watched.asked == sender && watched.is_awaited);
        watched.is_some_and(|watched| watched.checked(is_up, params))
    }

    /// Believes in everybody again, and waits to be started.
    pub fn forget(&mut self) {
        for watched in &mut self.watched {
            (watched.is_healthy, watched.streak, watched.is_awaited) = (true, 0, false);
        }
        self.next = SimTime::NEVER;
    }

    fn check_after(&mut self, ctx: &mut Context, after: SimDuration) {
        self.next = ctx.now() + after;
        ctx.timer(after, Tag::Check);
    }
}

impl Watched {
    fn checked(&mut self, is_up: bool, params: &kinds::Dns) -> bool {
        self.is_awaited = false;
        if is_up == self.is_healthy {
            self.streak = 0;
            return false;
        }
        self.streak += 1;
        let is_enough = self.streak >= if is_up { params.rise } else { params.fall };
        if is_enough {
            self.is_healthy = is_up;
            self.streak = 0;
        }
        is_enough
    }
}
