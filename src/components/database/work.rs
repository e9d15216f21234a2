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
    pub(super) fn mean_service(&self, call: &Call) -> Option<SimDuration> {
        let first = match call.verb {
            Verb::Read | Verb::Get | Verb::Query | Verb::Range | Verb::Aggregate | Verb::Traverse => {
                self.params.read_service
            }
            Verb::Write | Verb::Put | Verb::Transact if self.duty == Duty::Primary => self.params.write_service,
            _ => return None,
        };
        let further = self.records_of(call).touched(call).saturating_sub(1);
        Some(first + self.params.record_service.times(further.into()))
    }

    /// Whether one of the records that `call` reads is not the current one here.
    pub(super) fn is_stale(&self, ctx: &Context, call: Key) -> bool {
        let call = ctx.get(call);
        let is_old = |key: u32| self.is_outdated(ctx, key);
        let (records, key) = (self.records_of(call), call.key);
        match call.verb {
            Verb::Query => records.group(key, call.count + 1).any(is_old),
            Verb::Range | Verb::Aggregate => records.range(key, call.count).any(is_old),
            Verb::Traverse => records.reached(key, call.count).into_iter().any(is_old),
            _ => is_old(key),
        }
    }

    /// Logs several writes at once: one after the other, with nothing between them.
    pub(super) fn transact(&mut self, ctx: &mut Context, call: Key) -> Vec<Record> {
        let Call { key, count, .. } = *ctx.get(call);
        let records = self.data_set.around(key);
        let keys: Vec<u32> = records.group(key, count).collect();
        let last = keys.len() - 1;
        let logged = keys.into_iter().enumerate().filter_map(|(i, key)| {
            // The client is told when the last of them is safe.
            self.log_write(ctx, call, Written { key, bytes: records.size(key), given: Version::default() }, i == last)
        });
        logged.collect()
    }

    fn records_of(&self, call: &Call) -> Records {
        self.data_set.around(call.key)
    }
}
