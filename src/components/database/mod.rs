//! Database of one of five kinds: a log of versioned writes, replicated.
//!
//! The primary commits a write, appends it to its log and acknowledges it as its mode says ([`commit`]). Records leave its host
//! ([`shipping`]) and are received by others, who apply them one after the other ([`receiving`]); what a replica has received
//! and what it serves are two positions. One that is too far behind, or has gone another way, is rebuilt from a copy
//! ([`snapshot`]). Log, relay log and data are on disk and survive a crash. Who is primary is the monitor's to say
//! ([`monitor`]); several primaries that are linked to each other copy from each other along their links, in a pair or in a
//! ring. What operations cost, and which pages they need, is told in [`work`]. A transaction over several shards is promised
//! first, and locks what it will write ([`prepared`]). What has been moved to another shard is deleted ([`removal`]). Left out:
//! transactions of several statements, other locks.

mod books;
mod commit;
mod data;
mod log;
mod membership;
pub mod models;
pub mod monitor;
mod pages;
mod prepared;
mod receiving;
mod removal;
mod shipping;
mod snapshot;
mod state;
mod work;

pub use log::Log;
pub use monitor::Monitor;
pub use receiving::Tally;

use super::station::{Size, Station};
use super::{Behaviour, Levels, Wiring};
use crate::base::hash::Derived;
use crate::base::slab::Key;
use crate::base::{NodeIx, SimDuration};
use crate::kernel::{Body, Call, Context, Image, Outcome, Stage, Tag, Target, Verb};
use crate::model::NodeKind;
use crate::model::kinds::{self, DatabaseRole};
use crate::observe::{Reason, StepKind};
use books::{Estate, has_equals};
use commit::Commits;
use prepared::Prepared;
use receiving::Receiving;
use shipping::Shipping;
use work::Work;

/// A database server.
#[derive(Clone, Debug, Hash)]
pub struct Database {
    params: Derived<kinds::Database>,
    /// Whose writes it drops when they come.
    ignored: Vec<NodeIx>,
    station: Station,
    duty: Duty,
    /// The cluster's term that the log belongs to.
    term: u32,
    /// Grows whenever the log begins anew from a copy.
    life: u32,
    log: Log,
    data: Image,
    /// How many writes it has committed first; never less, whatever becomes of its log.
    sequence: u64,
    commits: Commits,
    prepared: Prepared,
    shipping: Shipping,
    receiving: Receiving,
    /// As candidate: a peer has been asked for what is missing.
    is_fetching: bool,
    /// Reads that wait for a write to be applied, and whoever waits for one that nobody sees yet.
    lagging: Vec<Key>,
    /// Of each database that it checks: the last round that was answered, and how.
    heard: Vec<(NodeIx, u32, bool)>,
    work: Work,
    /// What it had and has no more, where one of several primaries may have it.
    estate: Derived<Option<Box<Estate>>>,
}

/// What the node does in its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Duty {
    /// Takes writes.
    Primary,
    /// Will take writes as soon as it has applied what it had received.
    Candidate,
    /// Follows a primary.
    Replica,
}

impl Database {
    pub fn new(params: kinds::Database) -> Self {
        let duty = match params.role {
            DatabaseRole::Primary => Duty::Primary,
            DatabaseRole::Replica => Duty::Replica,
        };
        let station = Station::with(size(&params));
        Self {
            params: Derived(params),
            ignored: Vec::new(),
            station,
            duty,
            term: 0,
            life: 0,
            log: Log::default(),
            data: Image::default(),
            sequence: 0,
            commits: Commits::default(),
            prepared: Prepared::default(),
            shipping: Shipping::default(),
            receiving: Receiving::default(),
            is_fetching: false,
            lagging: Vec::new(),
            heard: Vec::new(),
            work: Work::default(),
            estate: Derived::default(),
        }
    }

    fn read(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, user, version: required, verb, .. } = *ctx.get(call);
        if verb == Verb::Read && !ctx.kernel.directory.serves(ctx.node, key) {
            ctx.fail(call, Reason::WrongShard);
            return;
        }
        if verb == Verb::Get && self.commits.hides(key) {
            // Who wants to move the record waits for what is under way.
            self.lagging.push(call);
            return;
        }
        if verb == Verb::Get && self.duty == Duty::Primary && self.waits_for_lock(ctx, call) {
            return;
        }
        if required > self.data.newest && self.duty == Duty::Replica {
            self.lagging.push(call);
            return;
        }
        let version = self.version(key);
        self.commits.saw(version);
        let outdated = self.outdated(ctx, call);
        if let Some((key, version)) = outdated {
            ctx.note_stale(user, key, version, ctx.kernel.truth.latest(key));
        }
        ctx.answer(call, Outcome { version, is_stale: outdated.is_some(), ..Outcome::good(bytes) });
    }

    /// Whether `key` has another version here than it should have. A replica may be ahead of what its primary shows; a second
    /// primary shows what is no truth.
    fn is_outdated(&self, ctx: &Context, key: u32) -> bool {
        let (version, current) = (self.version(key), ctx.kernel.truth.current(key));
        version < current || version > current && self.duty == Duty::Primary
    }

    /// Answers those who have waited for what has been applied, or can be seen, now.
    fn serve_lagging(&mut self, ctx: &mut Context) {
        for call in std::mem::take(&mut self.lagging) {
            self.try_again(ctx, call);
        }
    }

    /// Does what `call` has waited for, if anybody still waits for that.
    fn try_again(&mut self, ctx: &mut Context, call: Key) {
        if !ctx.is_going_on(call) {
            return;
        }
        if work::writes(ctx.get(call).verb) {
            self.commit(ctx, call);
        } else {
            self.read(ctx, call);
        }
    }
}

/// Notes a step of `node`, which is of the same cluster as the one that acts.
fn note(ctx: &mut Context, node: NodeIx, kind: StepKind) {
    if let Some(cluster) = ctx.kernel.directory.cluster_of(ctx.node) {
        let now = ctx.now();
        ctx.kernel.ledger.page(cluster).step(now, node, kind);
    }
}

fn size(params: &kinds::Database) -> Size {
    let &kinds::Database { cores, queue_limit: limit, discipline, .. } = params;
    Size { cores, limit, discipline, patience: SimDuration::ZERO }
}

impl Behaviour for Database {
    fn on_start(&mut self, ctx: &mut Context) {
        match self.duty {
            Duty::Primary => {
                self.shipping.restart(self.log.end());
                self.affirm(ctx);
                if self.sources().next().is_some() {
                    self.begin_following(ctx);
                } else {
                    self.clear_out(ctx);
                }
            }
            Duty::Candidate => {}
            Duty::Replica => self.begin_following(ctx),
        }
        self.apply_next(ctx);
    }

    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        let service = match self.accept(ctx, call) {
            Ok(service) => service,
            Err(reason) => {
                ctx.fail(call, reason);
                return;
            }
        };
        if !self.station.admit(ctx, call, service) {
            ctx.fail(call, Reason::QueueFull);
        }
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        ctx.set_stage(call, Stage::Held);
        self.station.finish(ctx);
        if !self.fetch_pages(ctx, call) {
            self.serve(ctx, call);
        }
    }

    fn on_resume(&mut self, ctx: &mut Context, call: Key) {
        if self.work.leave(call) {
            self.serve(ctx, call);
        } else {
            self.commit(ctx, call);
        }
    }

    fn on_cancel(&mut self, ctx: &mut Context, call: Key) {
        self.station.give_up(ctx, call);
        self.work.leave(call);
        self.lagging.retain(|lagging| *lagging != call);
        self.prepared.leave(call);
        ctx.fail(call, Reason::Cancelled);
    }

    fn on_message(&mut self, ctx: &mut Context, sender: Target, body: Body) {
        match body {
            Body::Follow(follow) => self.on_follow(ctx, sender, *follow),
            // What an earlier primary had sent is not part of this term's log. Nor can a disk that is read-only take
            // anything: it will be sent again.
            Body::Records(batch) if batch.term == self.term && !ctx.is_read_only() => {
                self.on_records(ctx, sender, *batch);
            }
            Body::Snapshot(snapshot) if snapshot.term == self.term && !ctx.is_read_only() => {
                self.on_snapshot(ctx, sender, *snapshot);
            }
            Body::Progress { life, received, applied } if life == self.life && self.duty != Duty::Replica => {
                self.on_cursor(ctx, sender.node, received, applied);
            }
            Body::Fetch { term, known } => self.on_fetch(ctx, sender, term, &known),
            Body::Fetched { term, records } if term == self.term && self.is_fetching => {
                self.on_fetched(ctx, sender, records);
            }
            Body::ProbeReply { round, is_up } => self.hear(ctx, sender, round, is_up),
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Context, tag: Tag) {
        match tag {
            Tag::Share => {
                while let Some(call) = self.station.shared_done(ctx) {
                    self.on_done(ctx, call);
                }
            }
            Tag::Ship => self.ship_due(ctx),
            Tag::Synced => self.on_synced(ctx),
            Tag::Applied => self.on_applied(ctx),
            Tag::Restored => self.on_restored(ctx),
            Tag::Degrade => self.on_degrade(ctx),
            Tag::Tidy if self.duty == Duty::Primary => self.clear_out(ctx),
            Tag::Check => {
                self.follow(ctx, false);
                ctx.timer(receiving::HEARTBEAT, Tag::Check);
            }
            _ => {}
        }
    }

    fn on_crash(&mut self, ctx: &mut Context) {
        self.station.clear();
        self.work.crash();
        if self.duty == Duty::Primary {
            // The calls have been failed already.
            self.leave_in_doubt();
        }
        self.shipping = Shipping::default();
        if self.receiving.restoring.is_some() {
            if has_equals(ctx) {
                self.bequeath();
            }
            // Half a copy is none, and what was there before is gone.
            self.data = Image::default();
        }
        self.receiving.crash(&self.data.executed);
        self.lagging.clear();
        self.prepared.crash();
        self.heard.clear();
        self.is_fetching = false;
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        let before = (self.params.mode, self.params.semi_sync_timeout);
        if let NodeKind::Database(params) = &wiring.own.kind {
            self.params = Derived(params.clone());
            self.station.reshape(ctx, size(params));
            self.work.rewire(params, wiring);
        }
        self.shipping.forget_removed(&ctx.kernel.topology);
        self.find_sources(ctx, wiring);
        if ctx.kernel.topology.node(ctx.node).is_responsive() {
            // A laxer mode may let go of those who wait.
            self.release(ctx);
            if before != (self.params.mode, self.params.semi_sync_timeout) {
                self.on_degrade(ctx);
            }
        }
    }

    fn levels(&self) -> Levels {
        let own = self.station.levels();
        Levels { waiting: own.waiting + self.work.reading() + self.prepared.waiting(), ..own }
    }
}
