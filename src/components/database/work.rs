//! What operations do in a database: which records they touch, and how long that takes.
//!
//! A read takes the time of a read, a write that of a write. Whatever touches more records takes longer by a time for each
//! further one; a transaction commits once, and pays for its further writes like for reads.

use super::commit::Written;
use super::{Database, Duty};
use crate::base::SimDuration;
use crate::base::slab::Key;
use crate::components::data_set::Records;
use crate::kernel::{Call, Context, Record, Verb, Version};

impl Database {
    /// Mean service time of `call`; none if this node, as it is, does not do such things.
    pub(super) fn mean_service(&self, ctx: &Context, call: Key) -> Option<SimDuration> {
        let call = ctx.get(call);
        let first = match call.verb {
            Verb::Read | Verb::Get | Verb::Query | Verb::Range | Verb::Aggregate | Verb::Traverse => {
                self.params.read_service
            }
            // Of a transaction over several shards, the promise is the work.
            Verb::Commit | Verb::Abort if self.duty == Duty::Primary => return Some(self.params.record_service),
            Verb::Write | Verb::Put | Verb::Transact | Verb::Prepare if self.duty == Duty::Primary => {
                self.params.write_service
            }
            _ => return None,
        };
        let further = self.touched(ctx, call).saturating_sub(1);
        Some(first + self.params.record_service.times(further.into()))
    }

    /// Whether one of the records that `call` reads is not the current one here.
    pub(super) fn is_stale(&self, ctx: &Context, call: Key) -> bool {
        let call = ctx.get(call);
        // Of what is sent to several shards, each answers for what is at home with it.
        let is_old = |key: u32| ctx.kernel.directory.serves(ctx.node, key) && self.is_outdated(ctx, key);
        let (records, key) = (self.records_of(call), call.key);
        match call.verb {
            Verb::Query => records.group(key, call.count + 1).any(is_old),
            Verb::Range | Verb::Aggregate => records.range(key, call.count).any(is_old),
            Verb::Traverse => records.reached(key, call.count).into_iter().any(is_old),
            // A copy that is read on purpose counts as well.
            _ => self.is_outdated(ctx, key),
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

    /// How many records `call` touches here.
    fn touched(&self, ctx: &Context, call: &Call) -> u32 {
        if call.count > 1 && ctx.kernel.directory.is_shard(ctx.node) {
            return self.own_keys(ctx, call).len() as u32;
        }
        self.records_of(call).touched(call)
    }

    fn records_of(&self, call: &Call) -> Records {
        self.data_set.around(call.key)
    }
}
