//! How the primary commits: what a write waits for before it is acknowledged, and before others see it.
//!
//! Asynchronous: nothing. Semi-synchronous: so many replicas must have the record in their relay logs; *after sync* nobody
//! sees the write before that, *after commit* everybody but its own client does. When a write has waited too long the primary
//! goes on asynchronously, until so many replicas have caught up. Synchronous: every living replica must have applied it.
//! Source: MySQL 8 reference manual, "Semisynchronous Replication". A sync to disk is a delay that writes share (group
//! commit); it uses no core. Left out: two phases between the log and the storage engine, and what a crash between them rolls back.

use std::collections::VecDeque;

use super::books::{book, is_rightful, listed, publish, supersede};
use super::{Database, Duty, note};
use crate::base::SimTime;
use crate::base::order::sort_by_key;
use crate::base::slab::Key;
use crate::kernel::{Call, Context, Gtid, GtidSet, Outcome, Page, Record, Tag, Verb, Version};
use crate::model::kinds::CommitMode;
use crate::observe::{Reason, StepKind};

/// Writes that are in the log and not acknowledged.
#[derive(Clone, Debug, Default, Hash)]
pub struct Commits {
    /// By position.
    waiting: VecDeque<Waiting>,
    /// A primary that waited too long for its replicas does not wait for them any more.
    is_degraded: bool,
    /// In the log when the node died or was fenced; whether they stand is for others to decide. Disk, and an observer's notes.
    doubts: Vec<Doubt>,
}

#[derive(Clone, Debug, Hash)]
struct Waiting {
    position: u64,
    call: Key,
    since: SimTime,
    record: Record,
    /// Nobody sees it yet.
    is_hidden: bool,
    /// Somebody has read it.
    is_seen: bool,
}

/// What a write writes; `given` is its version, if it was acknowledged before.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    pub key: u32,
    pub bytes: u32,
    pub given: Version,
}

/// A write whose client was never told.
#[derive(Clone, Debug, Hash)]
pub struct Doubt {
    pub position: u64,
    pub record: Record,
    pub is_seen: bool,
}

impl Doubt {
    /// Enters in the books how it ended: it `stands`, or is gone.
    pub fn settle(&self, page: &mut Page, stands: bool) {
        if !stands {
            page.fates.void.insert(self.record.id);
        }
        if self.record.is_removal() {
            // No user has asked for it.
            page.acknowledged += u64::from(stands);
            return;
        }
        page.in_doubt.note(listed(&self.record, self.position));
        page.survived += u64::from(stands);
        page.visible_lost += u64::from(!stands && self.is_seen);
    }
}

impl Commits {
    /// Writes that wait for replicas.
    pub fn waiting(&self) -> u64 {
        self.waiting.len() as u64
    }

    pub fn is_degraded(&self) -> bool {
        self.is_degraded
    }

    /// Writes whose clients were never told, since the last time that this was settled.
    pub fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// All writes whose clients have not been told how they end.
    pub fn untold(&self) -> impl Iterator<Item = Gtid> {
        let doubts = self.doubts.iter().map(|doubt| doubt.record.id);
        self.waiting.iter().map(|waiting| waiting.record.id).chain(doubts)
    }

    pub fn settle(&mut self) -> Vec<Doubt> {
        std::mem::take(&mut self.doubts)
    }

    /// All that is in doubt ends: what others have `kept` stands. Which those were.
    pub fn settle_by(&mut self, page: &mut Page, kept: &GtidSet) -> GtidSet {
        let mut settled = GtidSet::default();
        for doubt in self.settle() {
            doubt.settle(page, kept.contains(doubt.record.id));
            settled.insert(doubt.record.id);
        }
        settled
    }

    /// Those that nobody sees yet.
    pub fn hidden(&self) -> impl Iterator<Item = &Record> {
        self.waiting.iter().filter(|waiting| waiting.is_hidden).map(|waiting| &waiting.record)
    }

    /// Whether there is a write of `key` that nobody sees yet.
    pub fn hides(&self, key: u32) -> bool {
        self.last_hidden(key).is_some()
    }

    /// Whether that version of `key` is in the log and nobody sees it yet.
    pub fn hides_version(&self, key: u32, version: Version) -> bool {
        self.hidden().any(|record| (record.key, record.version) == (key, version))
    }

    /// The last write of `key` that nobody sees yet.
    fn last_hidden(&self, key: u32) -> Option<&Record> {
        let mut hidden = self.waiting.iter().rev().filter(|waiting| waiting.is_hidden);
        hidden.find(|waiting| waiting.record.key == key).map(|waiting| &waiting.record)
    }

    /// The writes that wait for replicas.
    pub fn waiting_ids(&self) -> impl Iterator<Item = Gtid> {
        self.waiting.iter().map(|waiting| waiting.record.id)
    }

    /// `version` has been read.
    pub fn saw(&mut self, version: Version) {
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.record.version == version) {
            waiting.is_seen = true;
        }
    }
}

impl Database {
    /// The service of a write is done: its log must be on disk next.
    pub(super) fn write(&mut self, ctx: &mut Context, call: Key) {
        let fsync = ctx.slowed(self.params.commit_fsync);
        if fsync.is_zero() {
            self.commit(ctx, call);
        } else {
            ctx.resume_after(call, fsync);
        }
    }

    /// Puts a write in the log.
    pub(super) fn commit(&mut self, ctx: &mut Context, call: Key) {
        if self.duty != Duty::Primary || !self.is_whole() {
            ctx.fail(call, Reason::NoPrimary);
            return;
        }
        if ctx.is_read_only() {
            ctx.fail(call, Reason::ServerError);
            return;
        }
        let Call { key, bytes, version: given, verb, .. } = *ctx.get(call);
        let held = self.version(key);
        let hidden = self.commits.last_hidden(key);
        let is_being_removed = matches!(verb, Verb::Put | Verb::Delete) && hidden.is_some_and(Record::is_removal);
        if verb == Verb::Put && given <= held && !is_being_removed {
            // A shard router wants to keep here what another shard has: it, or something newer, is here.
            ctx.answer(call, Outcome { version: held, ..Outcome::good(0) });
            return;
        }
        let is_older =
            |record: &Record| !verb.is_of_transaction() && given != Version::default() && given <= record.version;
        if is_being_removed || hidden.is_some_and(is_older) {
            // Whether the newer one that is in the log will stand is not known yet.
            self.lagging.push(call);
            return;
        }
        if self.waits_for_lock(ctx, call) {
            return;
        }
        let directory = &ctx.kernel.directory;
        match verb {
            Verb::Prepare => return self.prepare(ctx, call),
            Verb::Abort => return self.abort(ctx, call),
            Verb::Delete => return self.remove(ctx, call),
            Verb::Write if !directory.takes(ctx.node, key) => return ctx.fail(call, Reason::WrongShard),
            // It comes after the move has been given up.
            Verb::Put if !directory.wants(ctx.node, key) => return ctx.fail(call, Reason::WrongShard),
            _ => {}
        }
        if verb != Verb::Commit && given != Version::default() && given <= held {
            // What a write-back cache has acknowledged before comes late: the last writer has won.
            supersede(ctx, call);
            ctx.answer(call, Outcome { version: given, ..Outcome::good(0) });
            return;
        }
        let logged = match verb {
            Verb::Transact => {
                let keys = self.keys_in(ctx.get(call));
                if keys.iter().any(|key| !ctx.kernel.directory.takes(ctx.node, *key)) {
                    ctx.fail(call, Reason::WrongShard);
                    return;
                }
                self.transact(ctx, call, keys)
            }
            Verb::Commit => {
                let of = *ctx.get(call);
                let keys = self.decided_keys(ctx, &of);
                if keys.is_empty() {
                    ctx.answer(call, Outcome::good(0));
                    return;
                }
                self.transact(ctx, call, keys)
            }
            _ => self.log_write(ctx, call, Written { key, bytes, given }, true).into_iter().collect(),
        };
        if logged.is_empty() {
            ctx.fail(call, Reason::ServerError);
            return;
        }
        self.acknowledge(ctx, call, &logged);
        if verb == Verb::Commit {
            self.serve_unlocked(ctx);
        }
    }

    /// What is logged for `call` is acknowledged, now or when it has waited for enough.
    pub(super) fn acknowledge(&mut self, ctx: &mut Context, call: Key, logged: &[Record]) {
        if self.is_acknowledged(ctx, logged) {
            let version = logged.last().map(|record| record.version).unwrap_or_default();
            ctx.answer(call, Outcome { version, ..Outcome::good(0) });
        }
    }

    /// What is logged leaves for the replicas. Whether it is acknowledged: not if it has to wait for them.
    pub(super) fn is_acknowledged(&mut self, ctx: &mut Context, logged: &[Record]) -> bool {
        self.ship_after_delay(ctx);
        if self.is_waiting() {
            self.release(ctx);
            return false;
        }
        let first = self.log.end() + 1 - logged.len() as u64;
        for (record, position) in logged.iter().zip(first..) {
            book(ctx, record, position);
        }
        true
    }

    /// Whether what is committed now must wait for replicas.
    fn is_waiting(&self) -> bool {
        match self.params.mode {
            CommitMode::Asynchronous => false,
            CommitMode::SemiSyncAfterSync | CommitMode::SemiSyncAfterCommit => !self.commits.is_degraded,
            CommitMode::Synchronous => true,
        }
    }

    /// Puts a write of `call` in the log; none if it cannot be done.
    pub(super) fn log_write(
        &mut self,
        ctx: &mut Context,
        call: Key,
        written: Written,
        is_last: bool,
    ) -> Option<Record> {
        let hidden = self.commits.last_hidden(written.key).map(|record| record.value);
        let (key, value) = self.data.written(&self.params, written.key, hidden)?;
        let is_new = written.given == Version::default();
        let version = if is_new { ctx.kernel.truth.number() } else { written.given };
        self.sequence += 1;
        let id = Gtid { origin: ctx.node, sequence: self.sequence };
        let (user, bytes) = (ctx.get(call).user, written.bytes);
        let record = Record { id, version, at: ctx.now(), key, user, bytes, value };
        self.enter(ctx, call, record, is_last);
        Some(record)
    }

    /// Enters `record` in the log for `call`; it is shown now, or when it has waited for enough.
    pub(super) fn enter(&mut self, ctx: &mut Context, call: Key, record: Record, is_last: bool) {
        let is_waiting = self.is_waiting();
        // Writes are shown in the order of the log, whatever the mode has been changed to meanwhile.
        let is_behind_hidden = self.commits.waiting.back().is_some_and(|last| last.is_hidden);
        let is_hidden = is_waiting && (self.params.mode == CommitMode::SemiSyncAfterSync || is_behind_hidden);
        self.append(ctx, record);
        self.receiving.known.insert(record.id);
        if !is_hidden {
            self.show(ctx, &record);
        }
        if is_waiting {
            let (position, since) = (self.log.end(), ctx.now());
            if self.commits.waiting.is_empty() && self.params.mode != CommitMode::Synchronous {
                ctx.timer(self.params.semi_sync_timeout, Tag::Degrade);
            }
            let call = if is_last { call } else { Key::NONE };
            self.commits.waiting.push_back(Waiting { position, call, since, record, is_hidden, is_seen: false });
        }
    }

    /// Logs a record that is executed, and drops what is too old to be kept.
    pub(super) fn append(&mut self, ctx: &Context, record: Record) {
        self.log.push(record);
        self.data.executed.insert(record.id);
        self.trim(ctx);
    }

    pub(super) fn trim(&mut self, ctx: &Context) {
        let age = self.params.log_retention_time;
        let since = if age.is_zero() { SimTime::ZERO } else { ctx.now() - age };
        // What has not left this host yet is still needed.
        let needed = if self.duty == Duty::Primary { self.shipping.released() } else { self.log.end() };
        self.log.trim(self.params.log_retention as usize, since, needed);
    }

    /// Others see the write from here on.
    fn show(&mut self, ctx: &mut Context, record: &Record) {
        // An id of its own is never a duplicate, unless the cluster's settings are at odds.
        let _ = self.data.apply(record, &self.params);
        publish(ctx, record);
    }

    /// Acknowledges all writes that have waited for enough.
    pub(super) fn release(&mut self, ctx: &mut Context) {
        if self.commits.waiting.is_empty() {
            return;
        }
        let safe = self.safe_position(ctx);
        while let Some(waiting) = self.commits.waiting.pop_front_if(|waiting| waiting.position <= safe) {
            if waiting.is_hidden {
                self.show(ctx, &waiting.record);
            }
            book(ctx, &waiting.record, waiting.position);
            // The client may have given up meanwhile: then nobody is told, but it stands.
            if ctx.is_going_on(waiting.call) {
                ctx.answer(waiting.call, Outcome { version: waiting.record.version, ..Outcome::good(0) });
            }
        }
        self.serve_lagging(ctx);
    }

    /// Position up to which enough replicas have the log.
    fn safe_position(&self, ctx: &Context) -> u64 {
        let end = self.log.end();
        match self.params.mode {
            CommitMode::Asynchronous => end,
            CommitMode::Synchronous => {
                let Some(view) = ctx.kernel.directory.view_of(ctx.node) else { return end };
                let is_shared = view.primaries.len() > 1;
                let applied = |node| self.shipping.follower(node).map(|follower| follower.applied);
                let replicas = view.replicas.iter().filter(|node| !is_shared || applied(**node).is_some());
                let others = view.primaries.iter().filter(|node| **node != ctx.node && applied(**node).is_some());
                replicas.chain(others).map(|node| applied(*node).unwrap_or(0)).min().unwrap_or(end)
            }
            _ if self.commits.is_degraded => end,
            CommitMode::SemiSyncAfterSync | CommitMode::SemiSyncAfterCommit => {
                let mut received: Vec<u64> = self.shipping.received().collect();
                sort_by_key(&mut received, |position| std::cmp::Reverse(*position));
                received.get(self.params.wait_for_replicas as usize - 1).copied().unwrap_or(0)
            }
        }
    }

    /// A follower has told how far it is.
    pub(super) fn on_progress(&mut self, ctx: &mut Context) {
        let needed = self.params.wait_for_replicas as usize;
        if self.commits.is_degraded && self.shipping.received().filter(|at| *at >= self.log.end()).count() >= needed {
            self.commits.is_degraded = false;
            note(ctx, ctx.node, StepKind::SemiSyncRestored);
        }
        self.release(ctx);
    }

    /// The time of the oldest waiting write may be over.
    pub(super) fn on_degrade(&mut self, ctx: &mut Context) {
        let Some(oldest) = self.commits.waiting.front() else { return };
        if self.params.mode == CommitMode::Synchronous {
            return;
        }
        let due = oldest.since + self.params.semi_sync_timeout;
        if due > ctx.now() {
            ctx.timer(due.since(ctx.now()), Tag::Degrade);
            return;
        }
        self.commits.is_degraded = true;
        note(ctx, ctx.node, StepKind::SemiSyncDegraded);
        self.release(ctx);
    }

    /// Nobody will be told how the waiting writes end: they are in the log, and in doubt.
    pub(super) fn leave_in_doubt(&mut self) -> Vec<Key> {
        let mut calls = Vec::new();
        for waiting in std::mem::take(&mut self.commits.waiting) {
            if waiting.is_hidden {
                // Recovery commits what is in the log.
                let _ = self.data.apply(&waiting.record, &self.params);
            }
            calls.push(waiting.call);
            let Waiting { position, record, is_seen, .. } = waiting;
            self.commits.doubts.push(Doubt { position, record, is_seen });
        }
        self.commits.is_degraded = false;
        calls
    }

    /// The node has started again as its cluster's primary, and what it has in doubt stands. That of a second primary does
    /// not.
    pub(super) fn affirm(&mut self, ctx: &mut Context) {
        if !is_rightful(ctx) {
            return;
        }
        for doubt in self.commits.settle() {
            publish(ctx, &doubt.record);
            if let Some(cluster) = ctx.kernel.directory.cluster_of(ctx.node) {
                doubt.settle(ctx.kernel.ledger.page(cluster), true);
            }
        }
    }
}
