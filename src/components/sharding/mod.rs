//! Shard router: one address for many databases, each of which has its share of the keys.
//!
//! It is to its callers what a database is (like Vitess's `VTGate`, `MongoDB`'s mongos, Twemproxy): it computes on a core which shard has
//! the key ([`layout`]), and asks there: a replica for reads, the primary for writes. When the layout changes, it moves the
//! keys whose home changes while it serves them ([`moves`]). A popular key makes its shard hot, which shows in the [`tally`]; it
//! can be kept on several shards ([`copies`]), or be given a shard of its own. What touches several shards is sent to all of
//! them and gathered ([`scatter`]); transactions over several are committed in two phases ([`transactions`]). Each shard
//! knows what is at home there, and refuses the rest (as `MongoDB`'s shard versions do): what was sent to a former home is
//! sent again. Where records are is kept by the topology service ([`Directory`](crate::kernel::Directory)) and survives a
//! crash of the router. What a moved key leaves behind is deleted some time later ([`orphans`]). Left out: several routers for the same
//! shards, time-outs of its own (its callers have them).

mod copies;
mod known;
mod layout;
mod moves;
mod orphans;
mod scatter;
mod shards;
mod tally;
mod transactions;

use super::data_set::DataSet;
use super::station::Station;
use super::{Behaviour, Levels, Wiring};
use crate::base::hash::Derived;
use crate::base::map::Map;
use crate::base::slab::Key;
use crate::base::{NodeIx, SimDuration};
use crate::kernel::{Ask, Call, ClusterIx, Context, Home, Kernel, Outcome, Tag, Target, Verb, Version, Writes};
use crate::model::NodeKind;
use crate::model::kinds;
use crate::observe::Reason;
use copies::Copies;
use known::KnownKeys;
use layout::Layout;
use moves::Moves;
pub use moves::Progress;
use orphans::Orphans;
use scatter::Gathering;
use shards::Shard;
use tally::Tally;
pub use transactions::TransactionCounts;
use transactions::Transactions;

/// A shard router.
#[derive(Clone, Debug, Hash)]
pub struct ShardRouter {
    params: Derived<kinds::ShardRouter>,
    station: Station,
    shards: Vec<Shard>,
    /// Where every key shall be. Where each is, the directory tells.
    layout: Layout,
    keys: KnownKeys,
    moves: Moves,
    orphans: Orphans,
    copies: Copies,
    gathering: Gathering,
    transactions: Transactions,
    data: Derived<DataSet>,
    /// Writes that wait until their key has been moved.
    held: Map<u32, Vec<Key>>,
    held_count: u32,
    tally: Tally,
    /// Keys whose home was taken out of the design.
    bereft: Vec<u32>,
    lost: Writes,
}

impl ShardRouter {
    pub fn new(params: kinds::ShardRouter) -> Self {
        Self {
            station: Station::new(params.cores, params.queue_limit),
            shards: Vec::new(),
            layout: Layout::default(),
            keys: KnownKeys::default(),
            moves: Moves::default(),
            orphans: Orphans::default(),
            copies: Copies::default(),
            gathering: Gathering::default(),
            transactions: Transactions::default(),
            data: Derived(DataSet::default()),
            held: Map::default(),
            held_count: 0,
            tally: Tally::default(),
            bereft: Vec::new(),
            lost: Writes::default(),
            params: Derived(params),
        }
    }

    /// Its shards, each by its name, with its share of the recent requests.
    pub fn shares(&self) -> impl Iterator<Item = (&str, f64)> {
        self.shards.iter().map(|shard| (shard.name.as_str(), self.tally.share(shard.cluster)))
    }

    /// The key that was asked for most often of late, and its share of the requests at least.
    pub fn hottest(&self) -> Option<(u32, f64)> {
        self.tally.hottest()
    }

    /// Whether there are keys that may have to be moved.
    pub fn is_moving(&self) -> bool {
        self.moves.is_sweeping()
    }

    /// How far it has come with moving keys.
    pub fn progress(&self) -> &Progress {
        &self.moves.progress
    }

    /// Records that were moved and are still where they were before, and how many have been deleted there.
    pub fn left_behind(&self) -> (u64, u64) {
        self.orphans.counts()
    }

    /// Writes that wait until their key has been moved.
    pub fn held(&self) -> u32 {
        self.held_count
    }

    /// The acknowledged writes that went with shards that were taken out of the design.
    pub fn lost(&self) -> &Writes {
        &self.lost
    }

    /// The first of its shards.
    pub fn first(&self) -> Option<ClusterIx> {
        self.shards.first().map(|shard| shard.cluster)
    }

    /// Whether `cluster` is one of its shards.
    pub fn has(&self, cluster: ClusterIx) -> bool {
        self.shards.iter().any(|shard| shard.cluster == cluster)
    }

    /// The cluster that `key` is at home in, for the router that is `node`.
    pub fn home(&self, kernel: &Kernel, node: NodeIx, key: u32) -> Option<ClusterIx> {
        kernel.directory.home(node, key).cluster().or_else(|| self.layout.owner(key))
    }

    fn home_of(&self, ctx: &Context, key: u32) -> Option<ClusterIx> {
        self.home(ctx.kernel, ctx.node, key)
    }

    fn shard_mut(&mut self, cluster: ClusterIx) -> Option<&mut Shard> {
        self.shards.iter_mut().find(|shard| shard.cluster == cluster)
    }

    /// Whom to ask in `cluster` for a read on behalf of `call`, and which version it must have waited for.
    fn reader(&mut self, ctx: &mut Context, call: Key, cluster: ClusterIx) -> Option<(Target, Version)> {
        let route = &mut self.shard_mut(cluster)?.route;
        let required = route.required(ctx, call);
        Some((route.reader(ctx, call)?, required))
    }

    /// Whom to tell a write in `cluster`.
    fn writer(&mut self, ctx: &Context, cluster: ClusterIx) -> Option<Target> {
        self.shard_mut(cluster)?.route.writer(ctx)
    }

    /// A core has looked at `call`.
    fn serve(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, serial, verb, .. } = *ctx.get(call);
        let copy = if verb == Verb::Read { copies::choose(ctx, key, serial) } else { None };
        if let Some(shard) = copy.or_else(|| self.home_of(ctx, key)) {
            self.tally.note(ctx.now(), key, shard);
        }
        self.route(ctx, call);
    }

    /// Sends `call` where its key is now.
    fn route(&mut self, ctx: &mut Context, call: Key) {
        match ctx.get(call).verb {
            Verb::Read => self.read(ctx, call),
            Verb::Write => self.write(ctx, call),
            Verb::Query | Verb::Range | Verb::Aggregate | Verb::Traverse | Verb::Fetch => self.scatter(ctx, call),
            Verb::Transact => self.transact(ctx, call),
            _ => ctx.fail(call, Reason::NoRoute),
        }
    }

    fn read(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, serial, .. } = *ctx.get(call);
        if let Some(copy) = copies::choose(ctx, key, serial)
            && let Some((target, _)) = self.reader(ctx, call, copy)
        {
            ctx.call(call, target, Ask::of(Verb::Get, key, bytes));
            return;
        }
        self.read_at_home(ctx, call);
    }

    fn read_at_home(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, .. } = *ctx.get(call);
        let home = self.home_of(ctx, key);
        // The replicas of a new home may not have the record yet.
        let fresh = home.filter(|_| self.moves.has_just_come(key, ctx.now())).and_then(|home| self.writer(ctx, home));
        let fresh = fresh.map(|primary| (primary, Version::default()));
        match fresh.or_else(|| self.reader(ctx, call, home?)) {
            Some((target, version)) => {
                ctx.call(call, target, Ask { version, ..Ask::of(Verb::Read, key, bytes) });
            }
            None => ctx.fail(call, Reason::NoPrimary),
        }
    }

    fn write(&mut self, ctx: &mut Context, call: Key) {
        let Call { key, bytes, version, .. } = *ctx.get(call);
        self.know(ctx, key, bytes);
        if ctx.kernel.directory.home(ctx.node, key).is_moving() {
            self.hold(ctx, call, key);
            return;
        }
        match self.home_of(ctx, key).and_then(|home| self.writer(ctx, home)) {
            Some(target) => {
                ctx.call(call, target, Ask { version, ..Ask::of(Verb::Write, key, bytes) });
            }
            None => ctx.fail(call, Reason::NoPrimary),
        }
    }

    /// The write `call` has been acknowledged: the user's cookie may have to tell.
    fn note_cookie(&mut self, ctx: &mut Context, call: Key, reply: &Call) {
        let cluster = ctx.kernel.directory.cluster_of(reply.to);
        if let Some(shard) = cluster.and_then(|cluster| self.shard_mut(cluster)) {
            shard.route.wrote(ctx, call, reply.version);
        }
    }

    /// Lets a write wait until `key` has been moved.
    fn hold(&mut self, ctx: &mut Context, call: Key, key: u32) {
        if self.held_count >= self.params.queue_limit {
            ctx.fail(call, Reason::QueueFull);
            return;
        }
        self.held_count += 1;
        self.held.or_insert_with(key, Vec::new).push(call);
    }

    /// Sends the writes on that have waited for `key`.
    fn release(&mut self, ctx: &mut Context, key: u32) {
        for call in self.held.remove(&key).unwrap_or_default() {
            self.held_count -= 1;
            if ctx.is_going_on(call) {
                self.route(ctx, call);
            }
        }
    }

    /// A record of this size is about to be written: its key is known from here on.
    fn know(&mut self, ctx: &mut Context, key: u32, bytes: u32) {
        if self.keys.note(key, bytes) {
            self.place(ctx, key);
        }
    }

    /// `key`, of which nothing was known, is at home where it shall be.
    fn place(&self, ctx: &mut Context, key: u32) {
        if let Some(owner) =
            self.layout.owner(key).filter(|_| ctx.kernel.directory.home(ctx.node, key) == Home::default())
        {
            ctx.kernel.directory.set_home(ctx.node, key, Home::at(owner, false));
        }
    }
}

impl Behaviour for ShardRouter {
    fn on_start(&mut self, ctx: &mut Context) {
        self.recover(ctx);
        self.go_on_moving(ctx);
        self.tidy(ctx);
    }

    fn on_request(&mut self, ctx: &mut Context, call: Key) {
        if self.station.take_in(ctx, call, self.params.service) {
            self.serve(ctx, call);
        }
    }

    fn on_done(&mut self, ctx: &mut Context, call: Key) {
        self.station.finish(ctx);
        self.serve(ctx, call);
    }

    fn on_reply(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        let has_failed = reply.failure.is_some();
        match reply.verb {
            // It was on its way there while its key was moved.
            Verb::Prepare => self.prepared(ctx, parent, reply),
            Verb::Put => self.copied(ctx, parent, reply),
            _ if reply.failure == Some(Reason::WrongShard) => self.route(ctx, parent),
            Verb::Query | Verb::Range | Verb::Aggregate | Verb::Traverse | Verb::Fetch => {
                self.gather(ctx, parent, reply);
            }
            Verb::Transact => self.transacted(ctx, parent, reply),
            // Whatever has become of a copy, the record is at home.
            Verb::Get if has_failed => self.read_at_home(ctx, parent),
            Verb::Write if !has_failed => {
                self.note_cookie(ctx, parent, reply);
                self.spread(ctx, parent, reply);
            }
            Verb::Write => {
                // It may have come through all the same.
                self.distrust_copies(ctx, reply.key);
                ctx.pass_on(parent, Outcome::of(reply));
            }
            _ => ctx.pass_on(parent, Outcome::of(reply)),
        }
    }

    fn on_orphan(&mut self, ctx: &mut Context, reply: &Call) {
        match reply.verb {
            Verb::Write => self.distrust_copies(ctx, reply.key),
            Verb::Prepare if reply.failure.is_none() => self.promised_late(ctx, reply),
            _ => {}
        }
    }

    fn on_detached_reply(&mut self, ctx: &mut Context, reply: &Call) {
        match reply.verb {
            verb if verb.is_of_transaction() => self.told(ctx, reply),
            Verb::Delete => self.tidied(ctx, reply),
            _ => self.moved_on(ctx, reply),
        }
    }

    fn on_resume(&mut self, ctx: &mut Context, call: Key) {
        self.decided(ctx, call);
    }

    fn on_wake(&mut self, ctx: &mut Context, item: u32) {
        self.remind(ctx, item);
    }

    fn on_timer(&mut self, ctx: &mut Context, tag: Tag) {
        match tag {
            Tag::Move if self.moves.is_due(ctx.now()) => self.go_on_moving(ctx),
            Tag::Tidy => self.tidy(ctx),
            _ => {}
        }
    }

    fn on_crash(&mut self, ctx: &mut Context) {
        self.station.clear();
        self.held.clear();
        self.held_count = 0;
        self.gathering.clear();
        self.transactions.crash();
        self.interrupt_moves(ctx);
        self.copies.crash();
        // Which copies a write has come to is not known any more.
        for (key, copies) in ctx.kernel.directory.forget_copies(ctx.node) {
            for copy in copies {
                self.leave_behind(ctx, key, copy);
            }
            self.moves.sweep();
        }
        self.orphans.crash();
    }

    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        let was_hot = (self.params.hot_keys.clone(), self.params.hot_key_copies);
        if let NodeKind::ShardRouter(params) = &wiring.own.kind {
            self.params = Derived(params.clone());
            self.station.resize(ctx, params.cores, params.queue_limit);
        }
        self.data = Derived(DataSet::of(wiring.document));
        let mut learnt = self.keys.learn(wiring.document);
        let is_first = self.shards.is_empty();
        let gone = self.connect(ctx, wiring);
        let layout = self.wanted_layout(ctx, wiring);
        let is_new =
            !layout.is_same(&self.layout) || was_hot != (self.params.hot_keys.clone(), self.params.hot_key_copies);
        self.layout = layout;
        if is_first {
            learnt = self.keys.iter().collect();
        }
        for key in learnt {
            self.place(ctx, key);
        }
        self.bury(ctx, &gone);
        if is_new && !(is_first && self.params.hot_key_copies < 2) {
            self.moves.sweep();
        }
        self.moves.wake(ctx, ctx.now());
    }

    fn intake(&self) -> Option<SimDuration> {
        Some(self.params.service)
    }

    fn levels(&self) -> Levels {
        let own = self.station.levels();
        Levels { waiting: own.waiting + self.held_count, ..own }
    }
}
