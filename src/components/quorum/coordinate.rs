//! The coordinator's part: which copies to ask or tell, when enough have answered, and what the others need.

use super::{Held, QuorumStore};
use crate::base::random::Stream;
use crate::base::slab::Key;
use crate::base::{NodeIx, SimTime};
use crate::kernel::{Ask, Call, Context, Outcome, Verb, Version};
use crate::model::kinds::{Contacts, Switch};
use crate::observe::{LostWrite, Reason};

/// A request that this node coordinates, until all copies that it has asked have answered, or have run out of time.
#[derive(Clone, Debug, Hash)]
pub struct Coordination {
    is_write: bool,
    key: u32,
    bytes: u32,
    user: u32,
    began: SimTime,
    /// What is written; of a read the newest version that was acknowledged before it came, and later the newest one found.
    version: Version,
    /// Of a read: since when that had been acknowledged.
    since: SimTime,
    /// How many copies have to answer.
    needed: u32,
    contacts: Vec<Contact>,
    /// Copies that it has not asked, in the order in which they would stand in for others.
    reserve: Vec<NodeIx>,
    /// The generation of the placement by which copies count.
    generation: u32,
    /// Whether its caller still waits.
    is_open: bool,
}

/// A copy that was asked or told.
#[derive(Clone, Copy, Debug, Hash)]
struct Contact {
    node: NodeIx,
    call: Key,
    answer: Answer,
    /// Whether its answer counts: not if the member is no owner of the key any more.
    counts: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Answer {
    Awaited,
    Good(Version),
    Failed,
}

impl Coordination {
    fn good(&self) -> u32 {
        let is_good = |contact: &&Contact| contact.counts && matches!(contact.answer, Answer::Good(_));
        self.contacts.iter().filter(is_good).count() as u32
    }

    fn awaited(&self) -> u32 {
        let is_awaited = |contact: &&Contact| contact.counts && contact.answer == Answer::Awaited;
        self.contacts.iter().filter(is_awaited).count() as u32
    }

    /// The copy that a write makes.
    fn written(&self) -> Held {
        Held { version: self.version, at: self.began, bytes: self.bytes, user: self.user }
    }

    /// The listed form of a write that ends now, without enough acknowledgements: some copy may have it.
    pub fn doubtful(&self) -> Option<LostWrite> {
        let (version, user, at_ns) = (Some(self.version.0), Some(self.user), Some(self.began.as_nanos()));
        let write = LostWrite { key: self.key, position: None, version, user, at_ns };
        (self.is_write && self.is_open).then_some(write)
    }

    fn is_over(&self) -> bool {
        !self.is_open && self.contacts.iter().all(|contact| contact.answer != Answer::Awaited)
    }

    /// The newest version that the copies which count have answered with.
    fn newest(&self) -> Version {
        let versions = self.contacts.iter().filter(|contact| contact.counts).map(|contact| match contact.answer {
            Answer::Good(version) => version,
            Answer::Awaited | Answer::Failed => Version::default(),
        });
        versions.max().unwrap_or_default()
    }
}

impl QuorumStore {
    /// Begins to coordinate `call`.
    pub(super) fn begin(&mut self, ctx: &mut Context, call: Key) {
        let Call { verb, key, bytes, user, made, version: given, .. } = *ctx.get(call);
        let is_write = verb == Verb::Write;
        let (quorum, mode) = if is_write {
            (self.params.write_quorum, self.params.write_contacts)
        } else {
            (self.params.read_quorum, self.params.read_contacts)
        };
        let placement = self.placement(ctx);
        let (generation, owners) = (placement.generation(), placement.owners(key));
        let newcomers = if is_write { placement.newcomers(key, &owners) } else { Vec::new() };
        let needed = if is_write {
            placement.needed(key, &owners, quorum)
        } else {
            (owners.len() >= quorum as usize).then_some(quorum)
        };
        let Some(needed) = needed else {
            ctx.fail(call, Reason::NoQuorum);
            return;
        };
        let now = ctx.now();
        let (mut living, mut dead): (Vec<NodeIx>, Vec<NodeIx>) =
            owners.into_iter().partition(|owner| placement.is_living(*owner, now));
        let told = match mode {
            Contacts::All => living.len().max(quorum as usize),
            Contacts::Quorum => {
                shuffle(&mut living, ctx.rng());
                shuffle(&mut dead, ctx.rng());
                quorum as usize
            }
        };
        let is_missed = |node: &&NodeIx| mode == Contacts::All && is_write && dead.contains(*node);
        let mut first: Vec<NodeIx> = living.iter().chain(&dead).copied().collect();
        let reserve = first.split_off(told.min(first.len()));
        let missed: Vec<NodeIx> = reserve.iter().filter(is_missed).copied().collect();
        first.extend(newcomers);
        let version = if is_write && given == Version::default() { ctx.kernel.truth.propose(key) } else { given };
        let own = Coordination {
            is_write,
            key,
            bytes,
            user,
            began: made,
            version,
            since: self.since.remove(&call).unwrap_or_default(),
            needed,
            contacts: Vec::with_capacity(first.len()),
            reserve,
            generation,
            is_open: true,
        };
        for node in missed {
            self.hint(node, key, own.written());
        }
        self.open.insert(call, own);
        for node in first {
            self.contact(ctx, call, node);
        }
        self.judge(ctx, call);
    }

    /// Asks or tells the copy at `node` on behalf of `call`, whose caller still waits.
    fn contact(&mut self, ctx: &mut Context, call: Key, node: NodeIx) {
        let way = self.way_to(ctx, node);
        let Some(own) = self.open.get_mut(&call) else { return };
        let verb = if own.is_write { Verb::Put } else { Verb::Get };
        let version = if own.is_write { own.version } else { Version::default() };
        let ask = Ask { version, ..Ask::of(verb, own.key, own.bytes) };
        let (made, answer) = match way {
            Some(way) => (ctx.call(call, way, ask), Answer::Awaited),
            None => (Key::NONE, Answer::Failed),
        };
        own.contacts.push(Contact { node, call: made, answer, counts: true });
        if way.is_some() {
            self.attempts.push(ctx, made, self.params.timeout);
        }
    }

    /// The copy at `node` has answered for `call` with a version, or has failed to.
    pub(super) fn heard(&mut self, ctx: &mut Context, call: Key, node: NodeIx, version: Option<Version>) {
        let Some(own) = self.open.get_mut(&call) else { return };
        let Some(contact) = own.contacts.iter_mut().find(|contact| contact.node == node) else { return };
        contact.answer = version.map_or(Answer::Failed, Answer::Good);
        let missed = (version.is_none() && own.is_write).then_some((own.key, own.written()));
        if let Some((key, held)) = missed {
            self.hint(node, key, held);
        }
        self.judge(ctx, call);
    }

    /// Looks whether enough copies have answered for `call`, or enough still can.
    pub(super) fn judge(&mut self, ctx: &mut Context, call: Key) {
        self.recount(ctx, call);
        while let Some(own) = self.open.get_mut(&call).filter(|own| own.is_open) {
            let good = own.good();
            if good >= own.needed {
                self.succeed(ctx, call);
            } else if good + own.awaited() >= own.needed {
                return;
            } else if own.reserve.is_empty() {
                self.doubt_open(call);
                ctx.fail(call, Reason::NoQuorum);
            } else {
                let node = own.reserve.remove(0);
                self.contact(ctx, call, node);
            }
        }
        self.repair(ctx, call);
        if self.open.get(&call).is_some_and(Coordination::is_over) {
            self.open.remove(&call);
        }
    }

    /// After a change of the placement: whose answers count, how many are needed, and who has to be told as well.
    fn recount(&mut self, ctx: &mut Context, call: Key) {
        let placement = self.placement(ctx);
        let generation = placement.generation();
        let Some(own) = self.open.get_mut(&call).filter(|own| own.generation != generation) else { return };
        own.generation = generation;
        let owners = placement.owners(own.key);
        let (newcomers, quorum) = if own.is_write {
            (placement.newcomers(own.key, &owners), self.params.write_quorum)
        } else {
            (Vec::new(), self.params.read_quorum)
        };
        let needed = if own.is_write { placement.needed(own.key, &owners, quorum) } else { None };
        // Where there are too few members it will fail, as many as it asks.
        own.needed = needed.unwrap_or(quorum + newcomers.len() as u32);
        let counts = |node: &NodeIx| owners.contains(node) || newcomers.contains(node);
        own.contacts.iter_mut().for_each(|contact| contact.counts = counts(&contact.node));
        let is_asked = |node: &NodeIx| own.contacts.iter().any(|contact| contact.node == *node);
        own.reserve.retain(|node| owners.contains(node));
        for owner in owners.iter().filter(|owner| !is_asked(owner)) {
            if !own.reserve.contains(owner) {
                own.reserve.push(*owner);
            }
        }
        let untold: Vec<NodeIx> = newcomers.into_iter().filter(|node| !is_asked(node)).collect();
        if own.is_open {
            for node in untold {
                self.contact(ctx, call, node);
            }
        }
    }

    /// Enough copies have answered.
    fn succeed(&mut self, ctx: &mut Context, call: Key) {
        let Some(own) = self.open.get_mut(&call) else { return };
        own.is_open = false;
        if own.is_write {
            let now = ctx.now();
            self.acknowledged += 1;
            ctx.kernel.truth.accept(own.key, own.version, now);
            ctx.answer(call, Outcome { version: own.version, ..Outcome::good(0) });
            return;
        }
        let (version, right, bytes) = (own.newest(), (own.version, own.since), own.bytes);
        let is_stale = version < own.version;
        own.version = version;
        if is_stale {
            ctx.note_stale(own.user, own.key, version, right);
        }
        ctx.answer(call, Outcome { version, is_stale, ..Outcome::good(bytes) });
    }

    /// Gives the newest version that a read has found to the copies that answered with an older one.
    fn repair(&mut self, ctx: &mut Context, call: Key) {
        if self.params.read_repair == Switch::Off {
            return;
        }
        let Some(own) = self.open.get_mut(&call).filter(|own| !own.is_write && !own.is_open) else { return };
        let (newest, at) = (own.newest(), ctx.now());
        let held = Held { version: newest, at, bytes: own.bytes, user: own.user };
        let mut old = Vec::new();
        for contact in own.contacts.iter_mut().filter(|contact| contact.counts) {
            if matches!(contact.answer, Answer::Good(version) if version < newest) {
                contact.answer = Answer::Good(newest);
                old.push(contact.node);
            }
        }
        let key = own.key;
        for node in old {
            self.outbox.add(node, key, held);
            self.deliver(ctx, node);
        }
    }

    /// Keeps for `node` what it has missed.
    fn hint(&mut self, node: NodeIx, key: u32, missed: Held) {
        if self.params.hinted_handoff == Switch::On {
            self.outbox.add(node, key, missed);
        }
    }

    /// `call` is given up by its caller: a read is over, a write may still come through.
    pub(super) fn abort(&mut self, ctx: &mut Context, call: Key) {
        self.doubt_open(call);
        let Some(own) = self.open.get(&call).filter(|own| !own.is_write) else { return };
        for contact in own.contacts.iter().filter(|contact| contact.answer == Answer::Awaited) {
            ctx.cancel(contact.call);
        }
        self.open.remove(&call);
    }

    /// `call` ends without an answer.
    fn doubt_open(&mut self, call: Key) {
        let Some(own) = self.open.get_mut(&call) else { return };
        let doubtful = own.doubtful();
        own.is_open = false;
        if let Some(write) = doubtful {
            self.in_doubt.note(write);
        }
    }
}

/// Puts `nodes` into a random order, all orders being equally likely (Fisher, Yates).
fn shuffle(nodes: &mut [NodeIx], stream: &mut Stream) {
    for last in (1..nodes.len()).rev() {
        nodes.swap(last, stream.below(last as u64 + 1) as usize);
    }
}
