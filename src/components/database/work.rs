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
        if of.verb.is_write() && self.duty != Duty::Primary {
            return Err(Reason::NoPrimary);
        }
        if self.params.connections > 0 && ctx.present() > u64::from(self.params.connections) {
            return Err(Reason::TooManyConnections);
        }
        let is_full = self.params.storage.0 > 0 && self.size_of_data() > self.params.storage.0;
        if of.verb.is_write() && is_full {
            return Err(Reason::StorageFull);
        }
        Ok(self.params.service_shape.duration(self.mean_service(&of)?, ctx.rng()))
    }

    /// Mean time on a core.
    fn mean_service(&self, call: &Call) -> Result<SimDuration, Reason> {
        let profile = self.profile();
        let (base, share) = if call.verb.is_write() {
            (self.params.write_service, profile.write)
        } else {
            (self.params.read_service, profile.read)
        };
        let is_together = call.verb == Verb::Query && self.is_denormalised();
        let further = if is_together { Some(0.0) } else { profile.further(call.verb) };
        let further = further.ok_or(if call.verb == Verb::Resolve { Reason::NoRoute } else { Reason::NotSupported })?;
        let count = f64::from(self.records_of(call).touched(call).saturating_sub(1));
        let encode_s = profile.encode_ns * f64::from(call.bytes) * 1e-9;
        let more_s = count * further * self.params.record_service.as_secs_f64() + encode_s;
        // What takes a relational store's time takes it to the nanosecond.
        let first =
            if (share - 1.0).abs() > 0.0 { SimDuration::from_secs_f64(base.as_secs_f64() * share) } else { base };
        Ok(first + SimDuration::from_secs_f64(more_s))
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
        let is_read_first = !of.verb.is_write() || self.profile().reads_before_writing;
        let (keys, rounds) = self.keys_of(&of);
        let data = &self.work.data;
        let is_denormalised = self.is_denormalised();
        let pages = keys.iter().flat_map(|key| data.pages(*key, is_denormalised));
        let use_ = self.work.pages.touch(pages, of.verb.is_write(), is_read_first);
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
    fn keys_of(&self, call: &Call) -> (Vec<u32>, u32) {
        let (records, key, count) = (self.records_of(call), call.key, call.count);
        match call.verb {
            Verb::Query if self.is_denormalised() => (vec![key], 1),
            Verb::Query => (records.group(key, count + 1).collect(), 2),
            Verb::Range | Verb::Aggregate => (records.range(key, count).collect(), 1),
            Verb::Traverse => (records.reached(key, count), u32::from(count) + 1),
            Verb::Fetch => (records.fetched(call), 1),
            Verb::Transact => (records.group(key, count).collect(), 1),
            _ => (vec![key], 1),
        }
    }

    /// Whether one of the records that `call` reads is not the current one here.
    pub(super) fn is_stale(&self, ctx: &Context, call: Key) -> bool {
        let call = ctx.get(call);
        if call.verb == Verb::Read {
            return self.is_outdated(ctx, call.key);
        }
        if call.verb == Verb::Query && self.is_denormalised() {
            let copied = self.version(call.key);
            let is_newer = |key: u32| ctx.kernel.truth.current(key) > copied;
            return self.is_outdated(ctx, call.key)
                || self.records_of(call).related(call.key, call.count).any(is_newer);
        }
        self.keys_of(call).0.into_iter().any(|key| self.is_outdated(ctx, key))
    }

    /// Does what `call`, whose pages are there, has asked for.
    pub(super) fn serve(&mut self, ctx: &mut Context, call: Key) {
        if ctx.get(call).verb.is_write() {
            self.write(ctx, call);
        } else {
            self.read(ctx, call);
        }
    }

    /// Logs several writes at once: one after the other, with nothing between them.
    pub(super) fn transact(&mut self, ctx: &mut Context, call: Key) -> Vec<Record> {
        let of = *ctx.get(call);
        let records = self.records_of(&of);
        let keys: Vec<u32> = records.group(of.key, of.count).collect();
        let last = keys.len() - 1;
        let logged = keys.into_iter().enumerate().filter_map(|(i, key)| {
            // The client is told when the last of them is safe.
            self.log_write(ctx, call, Written { key, bytes: records.size(key), given: Version::default() }, i == last)
        });
        logged.collect()
    }
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

    /// The records that a [`Verb::Fetch`] asks for, which its operation tells.
    fn fetched(self, call: &Call) -> Vec<u32> {
        match call.operation {
            Operation::Query => self.related(call.key, call.count).collect(),
            Operation::Traversal => self.frontier(call.key, call.count),
            _ => self.range(call.key, call.count).collect(),
        }
    }
}
