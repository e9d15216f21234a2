//! What an observer writes down about a write: when it is the truth, when it is acknowledged, when it belongs to no common history.
//!
//! The primary that counts (the *rightful* one) makes history; what another one acknowledges beside it is diverged. Where several
//! primaries are as good as each other, all count. Nothing here decides what a database does.

use crate::base::slab::Key;
use crate::kernel::{Call, Context, GtidSet, Page, Record};
use crate::observe::{LostWrite, StepKind};

/// What a database had that is gone with its log, its copy or its node, until its monitor has seen who else has it: still in the
/// same instant.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    pub had: GtidSet,
    /// With their positions, what was on disk of that.
    pub records: Vec<(u64, Record)>,
}

/// The listed form of `record`.
pub fn listed(record: &Record, position: u64) -> LostWrite {
    LostWrite {
        key: record.key,
        position: Some(position),
        version: Some(record.version.0),
        user: Some(record.user),
        at_ns: Some(record.at.as_nanos()),
    }
}

/// `record`, which was acknowledged, is on no database that counts any more: lost, unless it took away what was not needed here. Whether
/// it is.
pub fn lose(page: &mut Page, record: &Record, position: u64) -> bool {
    if record.is_removal() {
        page.acknowledged = page.acknowledged.saturating_sub(1);
        page.fates.void.insert(record.id);
        return false;
    }
    page.fates.lost.insert(record.id);
    page.lost.note(listed(record, position));
    true
}

/// `gone`, which were acknowledged, are on no database that counts any more; `records` tell of those that a log still has. How many of
/// them are lost.
pub fn lose_all(page: &mut Page, gone: &GtidSet, records: &[(u64, Record)]) -> u64 {
    // What has been given up before, and then come back, is gone again.
    let gone = gone.without(&page.fates.lost).without(&page.fates.void);
    // By positions a record may be in the log more than once.
    let (mut told, mut lost) = (GtidSet::default(), 0);
    for (position, record) in records.iter().filter(|(_, record)| gone.contains(record.id)) {
        if !told.contains(record.id) {
            told.insert(record.id);
            lost += u64::from(lose(page, record, *position));
        }
    }
    // The log may have dropped some of them.
    let dropped = gone.len() - told.len();
    page.lost.count += dropped;
    page.fates.lost.merge(&gone.without(&page.fates.void));
    lost + dropped
}

/// A write of `call` that was acknowledged by a cache is not logged, for there is a newer one. With a second primary, that
/// is no part of the common history: neither will ever be in it.
pub fn supersede(ctx: &mut Context, call: Key) {
    let Call { key, version, user, made, .. } = *ctx.get(call);
    if is_rightful(ctx) || !ctx.kernel.truth.break_promise(key, version) {
        return;
    }
    if let Some(cluster) = ctx.kernel.directory.cluster_of(ctx.node) {
        let (user, at_ns) = (Some(user), Some(made.as_nanos()));
        let write = LostWrite { key, position: None, version: Some(version.0), user, at_ns };
        ctx.kernel.ledger.page(cluster).diverged.note(write);
    }
}

/// Everybody can see `record` here from now on: it is the truth, if this is where that is. What a second primary takes of a
/// write that a cache has acknowledged is part of no common history.
pub fn publish(ctx: &mut Context, record: &Record) {
    if record.is_removal() {
        // What counts is in another shard.
        return;
    }
    let (node, now) = (ctx.node, ctx.now());
    if !is_rightful(ctx) {
        ctx.kernel.truth.break_promise(record.key, record.version);
    } else if ctx.kernel.directory.serves(node, record.key) {
        // What is at home in another shard is only a copy here.
        ctx.kernel.truth.keep_promise(record.key, record.version);
        ctx.kernel.truth.publish(record.key, record.version, now);
    }
}

/// Enters in the books that a write is acknowledged. What a second primary acknowledges belongs to no common history.
pub fn book(ctx: &mut Context, record: &Record, position: u64) {
    let is_rightful = is_rightful(ctx);
    let (node, now) = (ctx.node, ctx.now());
    let Some(cluster) = ctx.kernel.directory.cluster_of(node) else { return };
    let page = ctx.kernel.ledger.page(cluster);
    if is_rightful {
        page.acknowledged += 1;
        return;
    }
    let has_diverged = page.diverge(record.id, (!record.is_removal()).then(|| listed(record, position)));
    if has_diverged && !page.is_split {
        (page.is_split, page.split_brains) = (true, page.split_brains + 1);
        page.step(now, node, StepKind::SplitBrain);
    }
}

/// Whether what one of several primaries has counts here, whichever it is.
pub fn has_equals(ctx: &Context) -> bool {
    let cluster = ctx.kernel.directory.cluster_of(ctx.node);
    cluster.is_some_and(|cluster| ctx.kernel.ledger.of(cluster).rightful.is_none())
}

/// Whether what this node acknowledges counts: it is not a second primary.
pub fn is_rightful(ctx: &Context) -> bool {
    let cluster = ctx.kernel.directory.cluster_of(ctx.node);
    cluster.is_none_or(|cluster| ctx.kernel.ledger.of(cluster).rightful.is_none_or(|node| node == ctx.node))
}
