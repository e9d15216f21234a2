//! The receiving side: records come into the relay log, and are applied from there, one after the other.
//!
//! What has been received and what is applied are two positions: a replica can know of a write that no reader of it sees yet.
//! A record counts as received once the relay log is synced. Of several sources all go into one relay log, with one applier.
//! What this node has already it skips: by global transaction ids, or, going by positions, only what it first committed
//! itself: then what comes round again is applied again. Every second it tells its sources how far it is. Log and relay log
//! are on disk and survive a crash. Left out: parallel appliers, a channel for each source.

use std::collections::VecDeque;

use super::data::{Duplicate, Effect};
use super::membership::wake_monitor;
use super::{Database, Duty, note};
use crate::base::map::Map;
use crate::base::{NodeIx, SimDuration, SimTime};
use crate::kernel::{Batch, Body, Context, Follow, GtidSet, Image, Record, Tag, Target, Wish};
use crate::model::kinds::{LogMatching, Writes};
use crate::observe::StepKind;

/// Time between two questions of a follower.
pub const HEARTBEAT: SimDuration = SimDuration::from_secs(1);
/// Batches that arrived too early are kept up to this number; later ones must be sent again.
const EARLY_LIMIT: usize = 10_000;
/// Records that may wait to be applied; more must be sent again.
const RELAY_LIMIT: usize = 8_000_000;

/// Whom this node follows, and what it has received.
#[derive(Clone, Debug, Default, Hash)]
pub struct Receiving {
    sources: Vec<Source>,
    /// On disk: the state is not a true copy of anything until a snapshot is in place.
    pub is_broken: bool,
    /// A copy that is being put in place, and when that is done.
    pub restoring: Option<(SimTime, Box<Image>)>,
    /// What it has executed or received.
    pub known: GtidSet,
    /// Received, and not on disk yet: until when.
    syncing: VecDeque<(SimTime, Part)>,
    /// Received, and not applied yet.
    relay: VecDeque<Relayed>,
    /// When the record that is being applied is done; a timer that comes before is void.
    applying: Option<SimTime>,
    /// The row whose duplicate has stopped the applier.
    stopped: Option<u32>,
    pub is_beating: bool,
    pub tally: Tally,
}

/// What has come of the records that were sent to this node.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub struct Tally {
    pub received: u64,
    pub applied: u64,
    /// Its own, come back to it.
    pub discarded: u64,
    /// From databases that it ignores.
    pub ignored: u64,
    /// Applied although they had been applied before.
    pub repeated: u64,
    /// That met a newer write of the same record.
    pub conflicts: u64,
    /// Copies of everything that were put in place.
    pub rebuilds: u64,
}

/// A database that is followed.
#[derive(Clone, Debug, Hash)]
struct Source {
    target: Target,
    /// Life of its log, and position up to which it has been received; none before it has answered.
    cursor: Option<(u32, u64)>,
    /// The same, on disk.
    synced: u64,
    /// The same, applied.
    applied: u64,
    wish: Wish,
    early: Map<u64, Batch>,
}

/// Records of one source that are synced together.
#[derive(Clone, Debug, Hash)]
struct Part {
    from: NodeIx,
    upto: u64,
    records: Vec<Relayed>,
}

/// A record in the relay log; `upto` is the position in its source's log that is reached with it.
#[derive(Clone, Copy, Debug, Hash)]
struct Relayed {
    record: Record,
    from: NodeIx,
    upto: u64,
}

impl Source {
    fn new(target: Target) -> Self {
        Self { target, cursor: None, synced: 0, applied: 0, wish: Wish::Nothing, early: Map::default() }
    }
}

impl Receiving {
    pub fn crash(&mut self, executed: &GtidSet) {
        self.restoring = None;
        self.applying = None;
        self.is_beating = false;
        self.syncing.clear();
        if self.is_broken {
            // What came after a copy means nothing without it.
            self.begin_anew(GtidSet::default());
            return;
        }
        self.known = self.safe(executed);
        for source in &mut self.sources {
            source.early.clear();
            source.cursor = source.cursor.map(|(life, _)| (life, source.synced));
        }
    }

    /// Begins anew after a copy: what was received before is in it, or gone.
    pub fn begin_anew(&mut self, known: GtidSet) {
        self.known = known;
        self.applying = None;
        self.stopped = None;
        self.syncing.clear();
        self.relay.clear();
        for source in &mut self.sources {
            *source = Source::new(source.target);
        }
    }

    /// Follows `targets` from now on; those that it follows already it goes on with.
    pub fn set_sources(&mut self, targets: &[Target]) {
        self.sources.retain(|source| targets.iter().any(|target| target.node == source.target.node));
        for target in targets {
            match self.sources.iter_mut().find(|source| source.target.node == target.node) {
                Some(source) => source.target = *target,
                None => self.sources.push(Source::new(*target)),
            }
        }
    }

    /// It goes on in the log of `node`, which its copy came from.
    pub fn set_cursor(&mut self, node: NodeIx, life: u32, position: u64) {
        for source in self.sources.iter_mut().filter(|source| source.target.node == node) {
            source.cursor = Some((life, position));
            (source.synced, source.applied) = (position, position);
        }
    }

    pub fn sources(&self) -> impl Iterator<Item = NodeIx> {
        self.sources.iter().map(|source| source.target.node)
    }

    /// What it has on disk of all that it has received: a crash leaves no less.
    pub fn safe(&self, executed: &GtidSet) -> GtidSet {
        let mut safe = executed.clone();
        self.relay.iter().for_each(|relayed| safe.insert(relayed.record.id));
        safe
    }

    /// What is received, on disk, and not applied.
    pub fn relayed(&self) -> impl Iterator<Item = &Record> {
        self.relay.iter().map(|relayed| &relayed.record)
    }

    /// What is received and not applied, on disk or not yet.
    pub fn pending(&self) -> impl Iterator<Item = &Record> {
        let syncing = self.syncing.iter().flat_map(|(_, part)| &part.records);
        self.relay.iter().chain(syncing).map(|relayed| &relayed.record)
    }

    /// Whether something has come that is not on disk yet.
    pub fn is_syncing(&self) -> bool {
        !self.syncing.is_empty()
    }

    /// Records received and not applied.
    pub fn backlog(&self) -> u64 {
        self.relay.len() as u64
    }

    /// The row whose duplicate has stopped the applier.
    pub fn stopped(&self) -> Option<u32> {
        self.stopped
    }

    /// How far it is in the log of each source: on disk, and applied.
    fn progress(&self, source: &Source) -> (u64, u64) {
        let is_idle = !self.relay.iter().any(|relayed| relayed.from == source.target.node);
        (source.synced, if is_idle { source.synced } else { source.applied })
    }
}

impl Database {
    /// Asks those whose log it follows for what is missing.
    pub fn follow(&mut self, ctx: &mut Context, is_new: bool) {
        if self.receiving.restoring.is_some() {
            return;
        }
        let is_by_position = self.params.log_matching == LogMatching::Position;
        let is_primary = self.duty == Duty::Primary;
        let known = (!self.receiving.is_broken).then(|| self.receiving.known.clone());
        let receiving = &self.receiving;
        let questions: Vec<(Target, Follow)> = receiving
            .sources
            .iter()
            .map(|source| {
                let (synced, applied) = receiving.progress(source);
                let cursor = source.cursor.map(|(life, _)| (life, synced));
                (source.target, Follow { known: known.clone(), cursor, applied, is_by_position, is_new, is_primary })
            })
            .collect();
        for (target, follow) in questions {
            ctx.send(target, Body::Follow(Box::new(follow)));
        }
    }

    /// Begins to follow, and goes on asking.
    pub fn begin_following(&mut self, ctx: &mut Context) {
        self.follow(ctx, true);
        if !self.receiving.is_beating && ctx.kernel.topology.node(ctx.node).is_up {
            self.receiving.is_beating = true;
            ctx.timer(HEARTBEAT, Tag::Check);
        }
    }

    pub(super) fn on_records(&mut self, ctx: &mut Context, sender: Target, batch: Batch) {
        if self.receiving.is_broken && self.receiving.restoring.is_none() || self.receiving.relay.len() >= RELAY_LIMIT {
            return;
        }
        let sources = &mut self.receiving.sources;
        let Some(at) = sources.iter().position(|source| source.target.node == sender.node) else { return };
        let source = &mut sources[at];
        if batch.is_start {
            if source.cursor.is_none_or(|(life, _)| life != batch.life) {
                source.early.clear();
                source.cursor = Some((batch.life, batch.after));
                (source.synced, source.applied) = (batch.after, batch.after);
            }
            // What was sent before may have overtaken it: nothing that has come is forgotten.
            source.cursor = source.cursor.map(|(life, position)| (life, position.max(batch.after)));
            source.synced = source.synced.max(batch.after);
            source.applied = source.applied.max(batch.after);
        }
        // From a log that it does not know yet it has asked for a beginning.
        if source.cursor.is_none_or(|(life, _)| life != batch.life) {
            return;
        }
        source.wish = batch.wish;
        let is_longer = source.early.get(&batch.after).is_none_or(|known| known.upto < batch.upto);
        if is_longer && source.early.len() < EARLY_LIMIT {
            source.early.insert(batch.after, batch);
        }
        // Packets may overtake each other after a loss; the log must not.
        loop {
            let source = &mut self.receiving.sources[at];
            let Some((life, position)) = source.cursor else { break };
            let Some(after) = source.early.first_key().filter(|after| *after <= position) else { break };
            let Some(batch) = source.early.remove(&after) else { break };
            source.cursor = Some((life, position.max(batch.upto)));
            self.receive(ctx, sender.node, position, batch);
        }
        self.apply_next(ctx);
    }

    /// Takes what is new of a batch; of its source's log `position` has been received.
    fn receive(&mut self, ctx: &mut Context, from: NodeIx, position: u64, batch: Batch) {
        let is_by_position = self.params.log_matching == LogMatching::Position;
        let receiving = &mut self.receiving;
        let known_already = if is_by_position { position.saturating_sub(batch.after) as usize } else { 0 };
        let mut records = Vec::with_capacity(batch.records.len());
        for record in batch.records.into_iter().skip(known_already) {
            receiving.tally.received += 1;
            let (is_own, is_known) = (record.id.origin == ctx.node, receiving.known.contains(record.id));
            if is_own && (is_known || is_by_position) {
                receiving.tally.discarded += 1;
            } else if self.ignored.contains(&record.id.origin) {
                receiving.tally.ignored += 1;
            } else if !is_known || is_by_position {
                receiving.known.insert(record.id);
                records.push(Relayed { record, from, upto: batch.after });
            }
        }
        let upto = batch.upto.max(position);
        if let Some(last) = records.last_mut() {
            last.upto = upto;
        }
        self.sync(ctx, Part { from, upto, records });
    }

    /// Syncs what has come to the relay log, after all that came before.
    fn sync(&mut self, ctx: &mut Context, part: Part) {
        let fsync = self.params.relay_fsync;
        if fsync.is_zero() && self.receiving.syncing.is_empty() {
            self.relay(ctx, part);
        } else {
            self.receiving.syncing.push_back((ctx.now() + fsync, part));
            ctx.timer(fsync, Tag::Synced);
        }
    }

    /// What was received is on disk.
    pub(super) fn on_synced(&mut self, ctx: &mut Context) {
        let now = ctx.now();
        while let Some((_, part)) = self.receiving.syncing.pop_front_if(|(due, _)| *due <= now) {
            self.relay(ctx, part);
        }
        if self.duty == Duty::Candidate {
            wake_monitor(ctx);
        }
        self.apply_next(ctx);
    }

    fn relay(&mut self, ctx: &mut Context, part: Part) {
        self.receiving.relay.extend(part.records);
        let sources = &mut self.receiving.sources;
        if let Some(source) = sources.iter_mut().find(|source| source.target.node == part.from) {
            source.synced = source.synced.max(part.upto);
        }
        self.tell_progress(ctx, part.from, Wish::Received);
    }

    /// Tells a source how far it is, if it wants to hear of that at once.
    fn tell_progress(&mut self, ctx: &mut Context, node: NodeIx, occasion: Wish) {
        let receiving = &self.receiving;
        let Some(source) = receiving.sources.iter().find(|source| source.target.node == node) else { return };
        let ((received, applied), target) = (receiving.progress(source), source.target);
        // What has come without anything to apply is applied.
        let is_wished = source.wish == occasion || source.wish == Wish::Applied && applied == received;
        if let Some((life, _)) = source.cursor.filter(|_| is_wished) {
            ctx.send(target, Body::Progress { life, received, applied });
        }
    }

    /// Begins to apply the next record, unless it is at it.
    pub(super) fn apply_next(&mut self, ctx: &mut Context) {
        let receiving = &self.receiving;
        if receiving.applying.is_some() || receiving.is_broken || receiving.stopped.is_some() {
            return;
        }
        if !receiving.relay.is_empty() {
            let time = ctx.slowed(self.params.apply_time);
            self.receiving.applying = Some(ctx.now() + time);
            ctx.timer(time, Tag::Applied);
        } else if self.duty == Duty::Candidate && receiving.syncing.is_empty() && !self.is_fetching {
            self.take_over(ctx);
        }
    }

    pub(super) fn on_applied(&mut self, ctx: &mut Context) {
        if self.receiving.applying.is_none_or(|done| done > ctx.now()) {
            return;
        }
        self.receiving.applying = None;
        if let Some(relayed) = self.receiving.relay.pop_front() {
            self.execute(ctx, relayed);
        }
        self.apply_next(ctx);
    }

    fn execute(&mut self, ctx: &mut Context, relayed: Relayed) {
        let Relayed { record, from, upto } = relayed;
        let is_repeated = self.data.executed.contains(record.id);
        // A row that nobody sees yet is there all the same.
        let is_taken = self.params.writes == Writes::Insert && self.commits.hides(record.key);
        let effect = if is_taken { Err(Duplicate) } else { self.data.apply(&record, &self.params) };
        let Ok(effect) = effect else {
            self.receiving.stopped = Some(record.key);
            self.receiving.relay.push_front(relayed);
            note(ctx, ctx.node, StepKind::ApplierStopped);
            return;
        };
        let tally = &mut self.receiving.tally;
        tally.applied += 1;
        tally.repeated += u64::from(is_repeated);
        tally.conflicts += u64::from(effect == Effect::Conflicting);
        self.append(ctx, record);
        self.ship_after_delay(ctx);
        for source in self.receiving.sources.iter_mut().filter(|source| source.target.node == from) {
            source.applied = source.applied.max(upto);
        }
        self.tell_progress(ctx, from, Wish::Applied);
        self.serve_lagging(ctx);
    }

    /// All that was received is applied: from here on it takes writes; its monitor lets the callers know.
    fn take_over(&mut self, ctx: &mut Context) {
        self.duty = Duty::Primary;
        self.shipping.restart(self.log.end());
        self.clear_out(ctx);
        self.serve_lagging(ctx);
        wake_monitor(ctx);
    }

    /// What a peer had and this node had not, before it becomes primary.
    pub(super) fn on_fetched(&mut self, ctx: &mut Context, sender: Target, records: Vec<Record>) {
        self.is_fetching = false;
        let (from, mut new) = (sender.node, Vec::new());
        for record in records {
            if !self.receiving.known.contains(record.id) {
                self.receiving.known.insert(record.id);
                new.push(Relayed { record, from, upto: 0 });
            }
        }
        self.sync(ctx, Part { from, upto: 0, records: new });
        wake_monitor(ctx);
    }
}
