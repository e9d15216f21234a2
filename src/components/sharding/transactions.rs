//! Transactions over several shards: the router coordinates them by two-phase commit.
//!
//! First every shard concerned is asked to promise its part ([`Verb::Prepare`]). When all have, the decision is synced to the
//! router's log, every shard is told to commit, and when all have done so the client is told. If one refuses, or does not answer in
//! time (it is dead, or waits for a lock that another transaction holds: a deadlock ends so too), all are told to abort.
//! What is decided is told again every second until it is heard, and to whoever promises something late. A router that dies between the
//! phases leaves the shards in doubt, which keep their locks until it returns; then it aborts what it had not decided and commits the
//! rest. What touches one shard alone is left to that shard. Sources: Gray, *Notes on Data Base Operating Systems*, 1978; Vitess,
//! "Distributed Transactions" (2PC); presumed abort as in R* (Mohan, Lindsay, Obermarck 1986). Left out: other routers that could
//! recover for this one.

use super::ShardRouter;
use crate::base::map::Map;
use crate::base::slab::Key;
use crate::base::{SimDuration, SimTime};
use crate::kernel::{Ask, Call, Cause, ClusterIx, Context, Outcome, Verb, Version};
use crate::observe::Reason;

/// Transactions that may be under way, or have to be told of their end: a shard that is dead for good must not fill the log.
const MOST_OPEN: usize = 10_000;
/// How soon a decision is told again to a shard that has not answered.
const AGAIN: SimDuration = SimDuration::from_secs(1);

/// The transactions that have not come to their end. It is the coordinator's log, on disk.
#[derive(Clone, Debug, Default, Hash)]
pub struct Transactions {
    last: u32,
    open: Map<u32, Transaction>,
    pub counts: TransactionCounts,
}

/// What became of transactions over several shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TransactionCounts {
    pub committed: u64,
    pub aborted: u64,
}

#[derive(Clone, Debug, Hash)]
struct Transaction {
    /// The request that it is made for; nobody waits for it any more after a crash.
    call: Key,
    ask: Ask,
    cause: Cause,
    /// The records that it writes.
    keys: Vec<u32>,
    participants: Vec<Participant>,
    /// Whether it is to be committed, once that is decided and synced.
    decision: Option<bool>,
    version: Version,
}

#[derive(Clone, Debug, Hash)]
struct Participant {
    cluster: ClusterIx,
    /// Whether it has answered in the present phase.
    is_done: bool,
    /// The call by which it was told the decision last, and when. A reply does not say which call it ends: that one has gone.
    call: Key,
    told: SimTime,
}

impl Transactions {
    /// Transactions that have not come to their end.
    pub fn open(&self) -> u64 {
        self.open.len() as u64
    }

    /// Whether one of them writes `key`.
    pub fn has(&self, key: u32) -> bool {
        !self.open.is_empty() && self.open.scan().any(|(_, transaction)| transaction.keys.contains(&key))
    }

    /// Nobody waits for what is under way; what has not been decided never will be committed.
    pub fn crash(&mut self) {
        let counts = &mut self.counts;
        self.open.for_each(|transaction| {
            transaction.call = Key::NONE;
            transaction.participants.iter_mut().for_each(|participant| participant.call = Key::NONE);
            if transaction.decision.is_none() {
                counts.aborted += 1;
                transaction.decision = Some(false);
                // Having promised is not having heard.
                transaction.participants.iter_mut().for_each(|participant| participant.is_done = false);
            }
        });
    }

    /// The transaction that `call` is made for.
    fn of(&self, call: Key) -> Option<u32> {
        self.open.scan().find(|(_, transaction)| transaction.call == call).map(|(number, _)| number)
    }
}

impl ShardRouter {
    /// How many transactions over several shards are under way, and what became of others.
    pub fn transactions(&self) -> (u64, TransactionCounts) {
        (self.transactions.open(), self.transactions.counts)
    }

    /// Begins the transaction `call`, when none of its records is on its way.
    pub(super) fn transact(&mut self, ctx: &mut Context, call: Key) {
        let of = *ctx.get(call);
        let keys = self.data.around(of.key).all(&of);
        for key in &keys {
            self.know(ctx, *key, of.bytes / u32::from(of.count.max(1)));
        }
        let (shards, moving) = self.concerned(ctx, &of);
        if let Some(key) = moving {
            self.hold(ctx, call, key);
            return;
        }
        let targets: Option<Vec<_>> = shards.iter().map(|(cluster, _)| self.writer(ctx, *cluster)).collect();
        let Some(targets) = targets.filter(|targets| !targets.is_empty()) else {
            ctx.fail(call, Reason::NoPrimary);
            return;
        };
        if let [only] = targets[..] {
            ctx.call(call, only, Ask { version: Version::default(), ..Ask::from(&of) });
            return;
        }
        if self.transactions.open.len() >= MOST_OPEN {
            ctx.fail(call, Reason::QueueFull);
            return;
        }
        self.transactions.last = self.transactions.last.wrapping_add(1);
        let number = self.transactions.last;
        let told = ctx.now();
        let participants =
            shards.iter().map(|(cluster, _)| Participant { cluster: *cluster, is_done: false, call: Key::NONE, told });
        let ask = Ask { verb: Verb::Prepare, version: name(ctx, number), ..Ask::from(&of) };
        self.transactions.open.insert(
            number,
            Transaction {
                call,
                ask,
                cause: Cause::from(&of),
                keys,
                participants: participants.collect(),
                decision: None,
                version: Version::default(),
            },
        );
        let bytes = of.bytes / targets.len() as u32;
        for target in targets {
            ctx.call(call, target, Ask { bytes, ..ask });
        }
        ctx.wake(number, self.params.prepare_timeout);
    }

    /// A shard has answered whether it promises its part of `call`.
    pub(super) fn prepared(&mut self, ctx: &mut Context, call: Key, reply: &Call) {
        let number = self.transactions.of(call);
        // The same request may have begun anew since.
        if reply.failure.is_none() && number.is_none_or(|number| name(ctx, number) != reply.version) {
            return self.promised_late(ctx, reply);
        }
        let Some(number) = number else { return };
        let Some(transaction) = self.transactions.open.get_mut(&number).filter(|open| open.decision.is_none()) else {
            return;
        };
        if reply.failure.is_some() {
            self.abort(ctx, number, Outcome::of(reply));
            return;
        }
        let cluster = ctx.kernel.directory.cluster_of(reply.to);
        for participant in transaction.participants.iter_mut().filter(|own| Some(own.cluster) == cluster) {
            participant.is_done = true;
        }
        if transaction.participants.iter().all(|participant| participant.is_done) {
            ctx.resume_after(call, self.params.decision_sync);
        }
    }

    /// A shard has promised its part of a transaction that was given up before. If it is said to have heard of that, another of its
    /// databases has, which was the primary then: it is told again.
    pub(super) fn promised_late(&mut self, ctx: &mut Context, reply: &Call) {
        let Some(cluster) = ctx.kernel.directory.cluster_of(reply.to).filter(|cluster| self.has(*cluster)) else {
            return;
        };
        let late = Participant { cluster, is_done: false, call: Key::NONE, told: ctx.now() };
        let number = reply.version.0 as u32;
        match self.transactions.open.get_mut(&number) {
            Some(open) => {
                let is_heard = |own: &&mut Participant| own.cluster == cluster && own.is_done;
                let Some(own) = open.participants.iter_mut().find(is_heard).filter(|_| open.decision == Some(false))
                else {
                    return;
                };
                *own = late;
            }
            None => self.transactions.open.insert(
                number,
                Transaction {
                    call: Key::NONE,
                    ask: Ask::from(reply),
                    cause: Cause::from(reply),
                    keys: Vec::new(),
                    participants: vec![late],
                    decision: Some(false),
                    version: Version::default(),
                },
            ),
        }
        self.tell(ctx, number, false);
    }

    /// The decision to commit is on disk.
    pub(super) fn decided(&mut self, ctx: &mut Context, call: Key) {
        let Some(number) = self.transactions.of(call) else { return };
        let Some(transaction) = self.transactions.open.get_mut(&number) else { return };
        if transaction.decision.is_none() {
            transaction.decision = Some(true);
            self.transactions.counts.committed += 1;
            self.tell(ctx, number, true);
        }
    }

    /// Not all can promise it: it is given up.
    fn abort(&mut self, ctx: &mut Context, number: u32, outcome: Outcome) {
        let Some(transaction) = self.transactions.open.get_mut(&number) else { return };
        let call = std::mem::replace(&mut transaction.call, Key::NONE);
        transaction.decision = Some(false);
        self.transactions.counts.aborted += 1;
        self.tell(ctx, number, true);
        if outcome.failure == Some(Reason::WrongShard) {
            // A record has been moved meanwhile: it begins anew.
            self.transact(ctx, call);
        } else if outcome.failed_at.is_some() {
            ctx.pass_on(call, outcome);
        } else {
            ctx.answer(call, outcome);
        }
    }

    /// Tells the decision to all shards that have not heard it. `is_first`: none of them has.
    fn tell(&mut self, ctx: &mut Context, number: u32, is_first: bool) {
        let Some(transaction) = self.transactions.open.get_mut(&number) else { return };
        let now = ctx.now();
        let verb = if transaction.decision == Some(true) { Verb::Commit } else { Verb::Abort };
        let mut untold = Vec::new();
        for (at, participant) in transaction.participants.iter_mut().enumerate() {
            participant.is_done &= !is_first;
            if !participant.is_done {
                participant.told = now;
                untold.push((at, participant.cluster));
            }
        }
        let (ask, cause) = (Ask { verb, bytes: 0, ..transaction.ask }, transaction.cause);
        for (at, cluster) in untold {
            let target = self.writer(ctx, cluster);
            let call = target.map_or(Key::NONE, |target| ctx.call_detached(cause, target, ask));
            if let Some(transaction) = self.transactions.open.get_mut(&number) {
                transaction.participants[at].call = call;
            }
        }
        ctx.wake(number, AGAIN);
    }

    /// A shard has answered to a decision.
    pub(super) fn told(&mut self, ctx: &mut Context, reply: &Call) {
        let has_gone = |call: Key| !call.is_none() && !ctx.kernel.calls.contains(call);
        let found = self.transactions.open.scan().filter_map(|(number, transaction)| {
            let at = transaction.participants.iter().position(|own| has_gone(own.call))?;
            Some((number, at))
        });
        let Some((number, at)) = found.min() else { return };
        let Some(transaction) = self.transactions.open.get_mut(&number) else { return };
        let participant = &mut transaction.participants[at];
        participant.call = Key::NONE;
        participant.is_done |= reply.failure.is_none();
        transaction.version = transaction.version.max(reply.version);
        self.end_if_done(ctx, number);
    }

    /// Ends a transaction whose decision everybody has heard, or who has not is gone.
    fn end_if_done(&mut self, ctx: &mut Context, number: u32) {
        let Some(transaction) = self.transactions.open.get(&number) else { return };
        let is_over = |own: &Participant| own.is_done || !self.has(own.cluster);
        if transaction.decision.is_none() || !transaction.participants.iter().all(is_over) {
            return;
        }
        let Some(Transaction { call, keys, version, .. }) = self.transactions.open.remove(&number) else { return };
        for key in keys {
            // Copies of what was written are old now.
            self.distrust_copies(ctx, key);
        }
        if ctx.is_going_on(call) {
            ctx.answer(call, Outcome { version, ..Outcome::good(0) });
        }
    }

    /// The time to promise is over, or a decision is to be told again.
    pub(super) fn remind(&mut self, ctx: &mut Context, number: u32) {
        let Some(transaction) = self.transactions.open.get(&number) else { return };
        if transaction.decision.is_some() {
            let is_due = |own: &Participant| !own.is_done && own.told + AGAIN <= ctx.now();
            if transaction.participants.iter().any(is_due) {
                self.tell(ctx, number, false);
            }
            self.end_if_done(ctx, number);
        } else if !transaction.participants.iter().all(|own| own.is_done) {
            self.abort(ctx, number, Outcome::failed(Reason::TransactionAborted));
        }
    }

    /// After a restart: what was under way is brought to its end.
    pub(super) fn recover(&mut self, ctx: &mut Context) {
        let open: Vec<u32> = self.transactions.open.iter().map(|(number, _)| number).collect();
        for number in open {
            self.tell(ctx, number, false);
        }
    }
}

/// What the transaction of this number is called: no other router has used that.
fn name(ctx: &Context, number: u32) -> Version {
    Version(u64::from(ctx.node.0) << 32 | u64::from(number))
}
