//! Connection pools: how many calls to its databases, and to its caches, a server may have under way at a time.
//!
//! Two pools are two bulkheads (Nygard, *Release It!*, ch. 5): what is slow behind one does not use up the other. Every attempt
//! takes a connection, hedges and repetitions too, and has it until its answer is back or it is given up. Whoever finds none
//! free waits first come first served, and keeps its worker. Calls made before a pool had a limit are not counted.
//! Left out: the time to open a connection, idle connections, a pool for each store.

use std::collections::VecDeque;

use super::WebServer;
use super::fan_out::FanOut;
use crate::base::slab::Key;
use crate::base::{SimDuration, SimTime};
use crate::components::caller::{Caller, Client};
use crate::kernel::{Ask, Context, Outcome, Tag, Verb};
use crate::model::kinds;
use crate::observe::Reason;

/// The pool of the databases and that of the caches.
#[derive(Clone, Debug, Default, Hash)]
pub struct Pools {
    pools: [Pool; 2],
    timeout: SimDuration,
}

/// Connections and who waits for them.
#[derive(Clone, Debug, Default, Hash)]
struct Pool {
    /// How many there are; zero means no limit.
    limit: u32,
    /// The calls that have one. Those that are over are only dropped when the pool looks full, so none can be forgotten.
    held: Vec<Key>,
    waiting: VecDeque<Waiter>,
}

/// An attempt that waits.
#[derive(Clone, Copy, Debug, Hash)]
struct Waiter {
    parent: Key,
    ask: Ask,
    since: SimTime,
}

impl Pools {
    /// Takes the sizes from the parameters.
    pub fn set(&mut self, ctx: &mut Context, params: &kinds::WebServer) {
        for (pool, limit) in self.pools.iter_mut().zip([params.database_connections, params.cache_connections]) {
            pool.limit = limit;
            if limit == 0 {
                pool.held.clear();
            }
        }
        if self.timeout != params.pool_timeout {
            self.timeout = params.pool_timeout;
            // Those who wait have the new time from now on, at most.
            if self.waiting() > 0 && !self.timeout.is_zero() {
                ctx.timer(self.timeout, Tag::Pool);
            }
        }
    }

    /// Attempts that wait.
    pub fn waiting(&self) -> u32 {
        self.pools.iter().map(|pool| pool.waiting.len() as u32).sum()
    }

    /// `parent` waits for nothing any more.
    pub fn forget(&mut self, parent: Key) {
        for pool in self.pools.iter_mut().filter(|pool| !pool.waiting.is_empty()) {
            pool.waiting.retain(|waiter| waiter.parent != parent);
        }
    }

    /// Drops everything; the calls have been failed already.
    pub fn clear(&mut self) {
        for pool in &mut self.pools {
            *pool = Pool { limit: pool.limit, ..Pool::default() };
        }
    }

    /// The next that has waited too long and leaves.
    fn expired(&mut self, now: SimTime) -> Option<Waiter> {
        let timeout = self.timeout;
        let is_over = |waiter: &mut Waiter| !timeout.is_zero() && waiter.since + timeout <= now;
        self.pools.iter_mut().find_map(|pool| pool.waiting.pop_front_if(is_over))
    }
}

impl Pool {
    fn has_free(&mut self, ctx: &Context, caller: &Caller) -> bool {
        if self.limit > 0 && self.held.len() >= self.limit as usize {
            self.held.retain(|call| caller.is_waiting_for(ctx, *call));
        }
        self.limit == 0 || self.held.len() < self.limit as usize
    }
}

impl WebServer {
    /// Sends an attempt for `call`, or lets it wait for a connection.
    pub(super) fn send_connected(&mut self, ctx: &mut Context, call: Key, ask: Ask) {
        let Some(at) = self.pool_for(ctx, call, ask) else {
            self.send(ctx, call, ask);
            return;
        };
        let pool = &mut self.pools.pools[at];
        if pool.waiting.is_empty() && pool.has_free(ctx, &self.caller) {
            self.send_pooled(ctx, at, call, ask);
            return;
        }
        pool.waiting.push_back(Waiter { parent: call, ask, since: ctx.now() });
        if !self.pools.timeout.is_zero() {
            ctx.timer(self.pools.timeout, Tag::Pool);
        }
    }

    /// Gives free connections to those who wait. To be called whenever a call of this node's own may have ended.
    pub(super) fn connect(&mut self, ctx: &mut Context) {
        for at in 0..self.pools.pools.len() {
            loop {
                let pool = &mut self.pools.pools[at];
                if pool.waiting.is_empty() || !pool.has_free(ctx, &self.caller) {
                    break;
                }
                if let Some(waiter) = pool.waiting.pop_front() {
                    self.send_pooled(ctx, at, waiter.parent, waiter.ask);
                }
            }
        }
    }

    /// Fails those who have waited too long for a connection, unless another attempt is under way for the same.
    pub(super) fn lose_patience(&mut self, ctx: &mut Context) {
        while let Some(Waiter { parent, ask, .. }) = self.pools.expired(ctx.now()) {
            if !self.caller.is_trying(parent) {
                self.caller.forget(ctx, parent, self.caller.way());
                self.ended(ctx, parent, ask, Outcome::failed(Reason::PoolExhausted));
            }
        }
    }

    fn send_pooled(&mut self, ctx: &mut Context, at: usize, call: Key, ask: Ask) {
        let made = self.send(ctx, call, ask);
        let pool = &mut self.pools.pools[at];
        if pool.limit > 0 {
            pool.held.extend(made);
        }
    }

    /// The pool that an attempt needs a connection of; services are called without.
    fn pool_for(&self, ctx: &Context, call: Key, ask: Ask) -> Option<usize> {
        if FanOut::is_joining(ctx, call) || ask.verb == Verb::Static {
            return None;
        }
        let is_for_cache = match ask.verb {
            Verb::Write => self.is_writing_through(call),
            Verb::Get | Verb::Put | Verb::Delete => true,
            _ => false,
        };
        Some(usize::from(is_for_cache))
    }
}
