//! What operations do in a database: which records they touch, how long that takes, and which pages they need.
//!
//! An operation takes the time of a read or a write, and more for each further record, as the kind of database wants it
//! ([`models`](super::models)); then the pages that are not in the buffer pool come from the disk ([`pages`](super::pages)), while
//! its connection stays taken and its core does not. Where records are kept together with copies of those they are related to, a
//! query is one larger read: its copies are as old as the last write of the record that they lie in, and are seen to be.
//! Left out: locks, so transactions do not wait for each other; the pages of what replicas apply; growing tables.

use super::commit::Written;
use super::models::{Profile, profile};
use super::pages::Pages;
use super::{Database, Duty};
use crate::base::SimDuration;
use crate::base::hash::Derived;
use crate::base::map::Map;
use crate::base::slab::Key;
use crate::components::Wiring;
use crate::components::data_set::{DataSet, Records};
use crate::kernel::{Call, Context, Record, Verb, Version};
use crate::model::kinds::{self, Layout};
use crate::observe::{Operation, Reason};

/// The data that a database works on, and the pages of them that it has at hand.
#[derive(Clone, Debug, Default, Hash)]
pub struct Work {
    data: Derived<DataSet>,
    pages: Pages,
    /// Calls that wait for the disk.
    reading: Map<Key, ()>,
}

impl Work {
    pub fn rewire(&mut self, params: &kinds::Database, wiring: &Wiring) {
        self.data = Derived(DataSet::of(wiring.document));
        self.pages.set(params);
    }

    /// `call` waits for the disk no more; whether it did.
    pub fn leave(&mut self, call: Key) -> bool {
        self.reading.remove(&call).is_some()
    }

    /// How many calls wait for the disk.
    pub fn reading(&self) -> u32 {
        self.reading.len() as u32
    }

    /// The buffer pool was in memory.
    pub fn crash(&mut self) {
        self.reading.clear();
        self.pages.clear();
    }
}

impl Database {
    fn profile(&self) -> &'static Profile {
        profile(self.params.data_model)
    }

    /// The records that `call` is about, wherever they are at home.
    pub(super) fn keys_in(&self, call: &Call) -> Vec<u32> {
        self.records_of(call).all(call)
    }

    fn records_of(&self, call: &Call) -> Records {
        self.work.data.around(call.key)
    }

    /// Whether records lie together with copies of those that they are related to.
    fn is_denormalised(&self) -> bool {
        self.params.layout == Layout::Denormalised
    }

    /// How long `call`, which has just come, takes on a core; or why it is refused.
    pub(super) fn accept(&self, ctx: &mut Context, call: Key) -> Result<SimDuration, Reason> {
        let of = *ctx.get(call);
        if writes(of.verb) && self.duty != Duty::Primary {
            return Err(Reason::NoPrimary);
        }
        // Who has promised something keeps the connection open by which it hears how that ends.
        let is_decision = matches!(of.verb, Verb::Commit | Verb::Abort);
        if self.params.connections > 0 && !is_decision && ctx.present() > u64::from(self.params.connections) {
            return Err(Reason::TooManyConnections);
        }
        let is_full = self.params.storage.0 > 0 && self.size_of_data() > self.params.storage.0;
        if writes(of.verb) && of.verb != Verb::Delete && !is_decision && is_full {
            return Err(Reason::StorageFull);
        }
        Ok(self.params.service_shape.duration(self.mean_service(ctx, &of)?, ctx.rng()))
    }

    /// Mean time on a core.
    fn mean_service(&self, ctx: &Context, call: &Call) -> Result<SimDuration, Reason> {
        if matches!(call.verb, Verb::Commit | Verb::Abort) {
            // Of a transaction over several shards, the promise is the work.
            return Ok(self.params.record_service);
        }
        let profile = self.profile();
        let (base, share) = if writes(call.verb) {
            (self.params.write_service, profile.write)
        } else {
            (self.params.read_service, profile.read)
        };
        let is_together = call.verb == Verb::Query && self.is_denormalised();
        let further = if is_together { Some(0.0) } else { profile.further(call.verb) };
        let further = further.ok_or(if call.verb == Verb::Resolve { Reason::NoRoute } else { Reason::NotSupported })?;
        let count = f64::from(self.touched(ctx, call).saturating_sub(1));
        let encode_s = profile.encode_ns * f64::from(call.bytes) * 1e-9;
        let more_s = count * further * self.params.record_service.as_secs_f64() + encode_s;
        // What takes a relational store's time takes it to the nanosecond.
        let first =
            if (share - 1.0).abs() > 0.0 { SimDuration::from_secs_f64(base.as_secs_f64() * share) } else { base };
        Ok(first + SimDuration::from_secs_f64(more_s))
    }

    /// Size of the record `key`, in bytes.
    pub(super) fn size_of(&self, key: u32) -> u32 {
        self.work.data.around(key).size(key)
    }

    /// Bytes of all records, with the copies of them that lie in others.
    fn size_of_data(&self) -> u64 {
        self.work.data.bytes(self.is_denormalised())
    }

    /// Gets the pages that `call`, whose service is over, needs; whether it has to wait for some.
    pub(super) fn fetch_pages(&mut self, ctx: &mut Context, call: Key) -> bool {
        if !self.work.pages.is_limited() {
            return false;
        }
        let of = *ctx.get(call);
        let is_read_first = !writes(of.verb) || self.profile().reads_before_writing;
        let (keys, rounds) = self.keys_of(ctx, &of);
        let data = &self.work.data;
        let is_denormalised = self.is_denormalised();
        let pages = keys.iter().flat_map(|key| data.pages(*key, is_denormalised));
        let use_ = self.work.pages.touch(pages, writes(of.verb), is_read_first);
        let meter = ctx.meter();
        meter.page_hits += u64::from(use_.hits);
        meter.page_misses += u64::from(use_.misses);
        meter.page_writes += u64::from(use_.writes);
        let wait = self.work.pages.wait(ctx.now(), use_, rounds);
        if wait.is_zero() {
            return false;
        }
        self.work.reading.insert(call, ());
        // A slow node's disk is as slow as its cores.
        let wait = ctx.slowed(wait);
        ctx.resume_after(call, wait);
        true
    }

    /// The records that `call` touches, and in how many rounds: it learns the keys of the next only from those before.
    fn keys_of(&self, ctx: &Context, call: &Call) -> (Vec<u32>, u32) {
        let rounds = match call.verb {
            Verb::Query if self.is_denormalised() => return (vec![call.key], 1),
            Verb::Query => 2,
            Verb::Traverse => u32::from(call.count) + 1,
            // What was promised has its pages already.
            Verb::Commit | Verb::Abort => return (Vec::new(), 1),
            _ => 1,
        };
        if call.count > 1 && ctx.kernel.directory.is_shard(ctx.node) {
            return (self.own_keys(ctx, call), rounds);
        }
        (self.records_of(call).all(call), rounds)
    }

    /// How many records `call` touches here.
    fn touched(&self, ctx: &Context, call: &Call) -> u32 {
        if call.count > 1 && ctx.kernel.directory.is_shard(ctx.node) {
            return self.own_keys(ctx, call).len() as u32;
        }
        self.records_of(call).touched(call)
    }

    /// The records that `call` is about and that are at home here: of what is sent to several shards, each does its own part.
    pub(super) fn own_keys(&self, ctx: &Context, call: &Call) -> Vec<u32> {
        let mut keys = self.records_of(call).all(call);
        keys.retain(|key| ctx.kernel.directory.serves(ctx.node, *key));
        keys
    }

    /// The first of the records that `call` reads which is not the current one here, and the version that it has.
    pub(super) fn outdated(&self, ctx: &Context, call: Key) -> Option<(u32, Version)> {
        let call = ctx.get(call);
        let found = |key: &u32| self.is_outdated(ctx, *key);
        if call.verb == Verb::Read {
            return found(&call.key).then(|| (call.key, self.version(call.key)));
        }
        if call.verb == Verb::Query && self.is_denormalised() {
            // The copies of the others are as old as the record that they lie in.
            let copied = self.version(call.key);
            let is_newer = |key: &u32| ctx.kernel.truth.current(*key) > copied;
            let own = Some(call.key).filter(found);
            let old = own.or_else(|| self.records_of(call).related(call.key, call.count).find(is_newer));
            return old.map(|key| (key, copied));
        }
        let old = self.keys_of(ctx, call).0.into_iter().find(found);
        old.map(|key| (key, self.version(key)))
    }

    /// Does what `call`, whose pages are there, has asked for.
    pub(super) fn serve(&mut self, ctx: &mut Context, call: Key) {
        if writes(ctx.get(call).verb) {
            self.write(ctx, call);
        } else {
            self.read(ctx, call);
        }
    }

    /// Logs several writes at once: one after the other, with nothing between them.
    pub(super) fn transact(&mut self, ctx: &mut Context, call: Key, keys: Vec<u32>) -> Vec<Record> {
        let records = self.records_of(ctx.get(call));
        let last = keys.len().saturating_sub(1);
        let logged = keys.into_iter().enumerate().filter_map(|(i, key)| {
            // The client is told when the last of them is safe.
            self.log_write(ctx, call, Written { key, bytes: records.size(key), given: Version::default() }, i == last)
        });
        logged.collect()
    }
}

/// Whether it changes records here: what a shard router puts here, or takes away, does as well.
pub fn writes(verb: Verb) -> bool {
    verb.is_write() || matches!(verb, Verb::Put | Verb::Delete)
}

impl Records {
    /// How many records `call` reads or writes.
    fn touched(&self, call: &Call) -> u32 {
        match call.verb {
            Verb::Query => u32::from(call.count) + 1,
            Verb::Traverse => self.reach(call.count),
            Verb::Fetch if call.operation == Operation::Traversal => self.width(call.count),
            _ => u32::from(call.count),
        }
    }
}
