//! Relational database: a log of versioned writes, replicated asynchronously.
//!
//! The primary commits a write, appends it to its log and acknowledges it at once. After the shipping delay, spent on its
//! own host, the record leaves for the replicas; from then on it arrives even if the primary dies. A replica keeps what it
//! receives in its own log and applies it one record after the other: what it has received and what it serves are two
//! positions. The log and what is applied are on disk and survive a crash. Who is primary is the monitor's to say
//! ([`monitor`]). Left out: semi-synchronous replication, transactions, locks, buffer pool.

mod log;
pub mod monitor;
mod replication;
mod work;

pub use log::Log;
pub use monitor::Monitor;

use super::data_set::DataSet;
use super::station::{Size, Station};
use super::{Behaviour, Levels, Wiring};
use crate::base::SimDuration;
use crate::base::hash::Derived;
use crate::base::paged::Paged;
use crate::base::slab::Key;
use crate::kernel::{Body, Call, Context, Outcome, Record, Tag, Target, Verb, Version};
use crate::model::NodeKind;
use crate::model::kinds::{self, DatabaseRole};
use crate::observe::Reason;
use replication::{Receiving, Shipping};

/// A database server.
#[derive(Clone, Debug, Hash)]
pub struct Database {
    params: Derived<kinds::Database>,
    station: Station,
    duty: Duty,
    log: Log,
    /// Position up to which the log is applied: what reads see.
    applied: u64,
    versions: Paged<Version>,
    /// Size of all records that it has: what a copy of everything must carry.
    stored_bytes: u64,
    /// The cluster's term that the log belongs to.
    term: u32,
    shipping: Shipping,
    receiving: Receiving,
    data: Derived<DataSet>,
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
            station,
            duty,
            log: Log::default(),
            applied: 0,
            versions: Paged::default(),
            stored_bytes: 0,
            term: 0,
            shipping: Shipping::default(),
            receiving: Receiving::default(),
            data: Derived(DataSet::default()),
        }
    }

    pub fn params(&self) -> &kinds::Database {
        &self.params
    }

    pub fn duty(&self) -> Duty {
        self.duty
    }

    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Position up to which reads see the log.
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// The version of `key` that a read gets.
    pub fn version(&self, key: u32) -> Version {
        self.versions.get(key as usize)
    }

    /// The versions that it will have when everything received is applied.
    pub fn versions_at_end(&self) -> Paged<Version> {
        let mut versions = self.versions.clone();
        for (_, record) in self.log.range(self.applied, self.log.end()) {
            versions.set(record.key as usize, record.version);
        }
        versions
    }

    /// Whether its state is a true, if old, copy: not while a snapshot is still missing.
    pub fn is_whole(&self) -> bool {
        !self.receiving.needs_snapshot()
    }

    fn read(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, verb, .. } = *ctx.get(call);
        if verb == Verb::Read && !ctx.kernel.directory.serves(ctx.node, key) {
            ctx.fail(call, Reason::WrongShard);
            return;
        }
        let version = self.version(key);
        let is_stale = self.is_stale(ctx, call);
        ctx.meter().stale_reads += u64::from(is_stale);
        ctx.answer(call, Outcome { version, is_stale, ..Outcome::good(bytes) });
    }

    /// The record becomes what reads see. A key's value has always the same size.
    fn put(&mut self, record: &Record) {
        if self.version(record.key) == Version::default() {
            self.stored_bytes += u64::from(record.bytes);
        }
        self.versions.set(record.key as usize, record.version);
    }

    fn write(&mut self, ctx: &mut Context, call: Key) {
        if self.duty != Duty::Primary {
            ctx.fail(call, Reason::NoPrimary);
            return;
        }
        if ctx.is_read_only() {
            ctx.fail(call, Reason::ServerError);
            return;
        }
        if ctx.get(call).verb == Verb::Transact {
            self.transact(ctx, call);
            return;
        }
        let Call { key, user, bytes, verb, version: given, .. } = *ctx.get(call);
        let version = if verb == Verb::Put {
            // A shard router keeps here what another shard has: that is not a new write.
            let held = self.version(key);
            if given <= held {
                ctx.answer(call, Outcome { version: held, ..Outcome::good(0) });
                return;
            }
            if ctx.kernel.directory.serves(ctx.node, key) {
                // It was to be a copy; by now the record is at home here.
                ctx.kernel.truth.keep_promise(key, given);
            }
            given
        } else if !ctx.kernel.directory.takes(ctx.node, key) {
            ctx.fail(call, Reason::WrongShard);
            return;
        } else if given == Version::default() {
            ctx.kernel.truth.commit(key)
        } else if given > self.version(key) {
            // A write-back cache has acknowledged it before.
            ctx.kernel.truth.keep_promise(key, given);
            given
        } else {
            // Late: the last writer has won.
            ctx.answer(call, Outcome { version: given, ..Outcome::good(0) });
            return;
        };
        let record = Record { version, at: ctx.now(), key, user, bytes };
        self.put(&record);
        self.log.push(record);
        self.applied = self.log.end();
        self.log.trim(self.params.log_retention as usize, self.applied);
        self.ship_after_delay(ctx);
        ctx.answer(call, Outcome { version, ..Outcome::good(0) });
    }
}

fn size(params: &kinds::Database) -> Size {
    let &kinds::Database { cores, queue_limit: limit, discipline, .. } = params;
    Size { cores, limit, discipline, patience: SimDuration::ZERO }
}

impl Behaviour for Database {
    fn on_start(&mut self, ctx: &mut Context) {
        match self.duty {
            Duty::Primary => self.shipping.restart(self.log.end()),
            Duty::Candidate => self.apply_next(ctx),
            Duty::Replica => {
                self.follow(ctx, true);
                ctx.timer(replication::HEARTBEAT, Tag::Check);
                self.apply_next(ctx);
            }
        }
    }

    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        let Some(mean) = self.mean_service(ctx.get(call)) else {
            ctx.fail(call, Reason::NoPrimary);
            return;
        };
        let service = self.params.service_shape.duration(mean, ctx.rng());
        if !self.station.admit(ctx, call, service) {
            ctx.fail(call, Reason::QueueFull);
        }
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        self.station.finish(ctx);
        match ctx.get(call).verb {
            Verb::Write | Verb::Put | Verb::Transact => self.write(ctx, call),
            _ => self.read(ctx, call),
        }
    }

    fn on_cancel(&mut self, ctx: &mut Context, call: Key) {
        self.station.give_up(ctx, call);
        ctx.fail(call, Reason::Cancelled);
    }

    fn on_message(&mut self, ctx: &mut Context, sender: Target, body: Body) {
        match body {
            Body::Follow { from, is_new } => self.on_follow(ctx, sender, from, is_new),
            // What an earlier primary had sent is not part of this term's log.
            Body::Records { term, .. } | Body::Snapshot { term, .. } if term != self.term => {}
            // Nor can a disk that is read-only take it: the primary will send it again.
            Body::Records { .. } | Body::Snapshot { .. } if ctx.is_read_only() => {}
            Body::Records { first, records, .. } => self.on_records(ctx, sender, first, records),
            Body::Snapshot { position, bytes, versions, .. } => {
                self.on_snapshot(ctx, sender, position, (bytes, versions));
            }
            Body::Probe { .. } | Body::ProbeReply { .. } | Body::Advert { .. } => {}
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
            Tag::Applied => self.on_applied(ctx),
            Tag::Restored => self.on_restored(ctx),
            Tag::Check => {
                if self.duty == Duty::Replica {
                    self.follow(ctx, false);
                }
                ctx.timer(replication::HEARTBEAT, Tag::Check);
            }
            _ => {}
        }
    }

    fn on_crash(&mut self) {
        self.station.clear();
        self.shipping = Shipping::default();
        self.receiving.crash();
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        if let NodeKind::Database(params) = &wiring.own.kind {
            self.params = Derived(params.clone());
            self.station.reshape(ctx, size(params));
        }
        self.data = Derived(DataSet::of(wiring.document));
        self.shipping.forget_removed(&ctx.kernel.topology);
    }

    fn levels(&self) -> Levels {
        self.station.levels()
    }
}
