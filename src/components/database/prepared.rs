//! Transactions over several shards, as one shard sees them: two-phase commit (Gray 1978; X/Open XA; MySQL's `XA PREPARE`).
//!
//! *Prepare*: the records of the transaction that are at home here are locked, and the promise to commit them is synced to the
//! log. It stands until the coordinator says how it ends, through crashes too: meanwhile whoever else would write these records
//! waits, readers see the old versions. *Commit* writes them, *abort* forgets them. A promise is not replicated: a
//! new primary that is told to commit what it knows nothing of writes it all the same, for the coordinator has decided. What has
//! been decided is remembered for a while, so that what comes late or twice does no harm. Left out: locks for reading; what
//! replicas would need to keep the promise themselves.

use std::collections::VecDeque;

use super::Database;
use crate::base::NodeIx;
use crate::base::map::Map;
use crate::base::slab::Key;
use crate::kernel::{Call, Context, Outcome, Verb, Version};
use crate::observe::Reason;

/// Decided transactions that are remembered.
const REMEMBERED: usize = 10_000;

/// What this node has promised.
#[derive(Clone, Debug, Default, Hash)]
pub struct Prepared {
    /// The records of each transaction, by its number.
    open: Map<u64, Vec<u32>>,
    /// Who has locked a record.
    locks: Map<u32, u64>,
    decided: VecDeque<u64>,
    /// Calls that wait until a lock is gone. In memory.
    waiting: Vec<Key>,
}

impl Prepared {
    /// How many transactions wait for their end.
    pub fn open(&self) -> u64 {
        self.open.len() as u64
    }

    /// Calls that wait until a lock is gone.
    pub fn waiting(&self) -> u32 {
        self.waiting.len() as u32
    }

    /// Whether somebody else than transaction `own` has locked one of `keys`.
    fn blocks(&self, keys: &[u32], own: u64) -> bool {
        !self.locks.is_empty() && keys.iter().any(|key| self.locks.get(key).is_some_and(|holder| *holder != own))
    }

    /// The node dies: those who waited have been failed already.
    pub fn crash(&mut self) {
        self.waiting.clear();
    }

    /// `call` waits no more.
    pub fn leave(&mut self, call: Key) {
        self.waiting.retain(|waiting| *waiting != call);
    }

    /// It is not for this node any more to keep promises. The calls that waited here.
    pub fn forget(&mut self) -> Vec<Key> {
        std::mem::take(self).waiting
    }

    /// The coordinator is gone for good: what was promised to it will never be asked for.
    pub fn release_from(&mut self, coordinator: NodeIx) {
        let is_its = |number: &u64| number >> 32 == u64::from(coordinator.0);
        for number in self.open.iter().map(|(number, _)| number).filter(is_its).collect::<Vec<_>>() {
            self.decide(number);
        }
    }

    /// The transaction `number` has ended; the records that it had locked, if it was known here.
    fn decide(&mut self, number: u64) -> Option<Vec<u32>> {
        if self.decided.len() >= REMEMBERED {
            self.decided.pop_front();
        }
        self.decided.push_back(number);
        let keys = self.open.remove(&number)?;
        for key in &keys {
            self.locks.remove(key);
        }
        Some(keys)
    }
}

impl Database {
    /// Whether `call`, which would write or be moved, has to wait for a lock; then it does.
    pub(super) fn waits_for_lock(&mut self, ctx: &Context, call: Key) -> bool {
        let of = ctx.get(call);
        if self.prepared.locks.is_empty() || of.verb == Verb::Abort {
            return false;
        }
        let number = if of.verb.is_of_transaction() { of.version.0 } else { 0 };
        let is_blocked = self.prepared.blocks(&self.own_keys(ctx, of), number);
        if is_blocked {
            self.prepared.waiting.push(call);
        }
        is_blocked
    }

    /// Whom it has promised something is gone for good.
    pub fn release_from(&mut self, ctx: &mut Context, coordinator: NodeIx) {
        self.prepared.release_from(coordinator);
        self.serve_unlocked(ctx);
    }

    /// Locks are gone: those who waited for them try again.
    pub(super) fn serve_unlocked(&mut self, ctx: &mut Context) {
        for call in std::mem::take(&mut self.prepared.waiting) {
            self.try_again(ctx, call);
        }
    }

    /// Promises to commit a transaction.
    pub(super) fn prepare(&mut self, ctx: &mut Context, call: Key) {
        let of = *ctx.get(call);
        let number = of.version.0;
        if self.prepared.decided.contains(&number) || ctx.kernel.topology.node(of.from).is_removed {
            // It comes late: the coordinator has given it up, or is gone for good and would never say how it ends.
            ctx.fail(call, Reason::TransactionAborted);
            return;
        }
        let keys = self.own_keys(ctx, &of);
        if keys.iter().any(|key| !ctx.kernel.directory.takes(ctx.node, *key)) {
            ctx.fail(call, Reason::WrongShard);
            return;
        }
        for key in &keys {
            self.prepared.locks.insert(*key, number);
        }
        self.prepared.open.insert(number, keys);
        // Which transaction it was is told with the promise: its request may have another by now.
        ctx.answer(call, Outcome { version: of.version, ..Outcome::good(0) });
    }

    /// Forgets a transaction.
    pub(super) fn abort(&mut self, ctx: &mut Context, call: Key) {
        let number = ctx.get(call).version.0;
        self.prepared.decide(number);
        ctx.answer(call, Outcome::good(0));
        self.serve_unlocked(ctx);
    }

    /// The records that a transaction is to write now; none if it has been written before.
    pub(super) fn decided_keys(&mut self, ctx: &Context, call: &Call) -> Vec<u32> {
        let Version(number) = call.version;
        if self.prepared.decided.contains(&number) {
            return Vec::new();
        }
        self.prepared.decide(number).unwrap_or_else(|| self.own_keys(ctx, call))
    }
}
