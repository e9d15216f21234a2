//! Errands: what a request asks of the stores where that is more than one thing, one after the other.
//!
//! What a store cannot do at once, the application does by small calls: a query becomes a read and one more for each related
//! record (the N+1 reads of object-relational mappers), or one for all if it asks in batches; an aggregate reads all that it is
//! made of; a traversal goes hop by hop; a transaction becomes single writes, and one that fails in the middle leaves the others
//! behind (it is torn). The answers are put together on a core. Single reads and writes go through the caches like any other;
//! what is asked in batches goes past them, as does what the store can do by itself. Where copies lie in other records,
//! a write is followed by a write of each of them. Sessions that are kept outside are looked up first ([`sessions`](super::sessions)).
//! Left out: calls in parallel, batches of writes, results of queries in caches.

use super::WebServer;
use super::sessions::session_key;
use crate::base::map::Map;
use crate::base::slab::Key;
use crate::base::{Kind, NodeIx, SimDuration};
use crate::components::Wiring;
use crate::components::caller::Client;
use crate::components::database::models::profile;
use crate::components::station::Job;
use crate::kernel::{Ask, Call, Context, Outcome, Target, Topology, Verb, Version};
use crate::model::NodeKind;
use crate::model::kinds::{DataModel, DatabaseRole, Gathering, Layout, OnWrite, SessionStore};

/// Bytes of a session.
const SESSION_BYTES: u32 = 1_000;

/// The requests that are on errands.
#[derive(Clone, Debug, Default, Hash)]
pub struct Errands(Map<Key, Errand>);

/// What is done for one request.
#[derive(Clone, Debug, Hash)]
struct Errand {
    task: Task,
    item: Item,
    /// What comes after it, the next one last.
    rest: Vec<Item>,
    /// Items done.
    done: u32,
    is_stale: bool,
    /// A core puts together what was brought.
    is_computing: bool,
    /// Size of what was asked for in the first place.
    bytes: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Task {
    /// Finds out whether the user has a session.
    Session,
    /// Reads the user's record, to verify a secret.
    Credentials,
    /// Keeps a new session.
    OpenSession,
    /// Brings or changes records, one after the other.
    Records,
    /// Tells the caches of what a transaction has changed.
    Invalidation,
}

/// One thing that is asked of the stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    pub verb: Verb,
    pub key: u32,
    pub bytes: u32,
    pub count: u16,
}

/// The store that a server has: what it can do decides what the application must.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Store {
    model: DataModel,
    layout: Layout,
    /// A leaderless store knows single records, nothing else.
    is_leaderless: bool,
}

impl Default for Store {
    fn default() -> Self {
        Self { model: DataModel::Relational, layout: Layout::Normalised, is_leaderless: false }
    }
}

impl Store {
    /// The kind of `stores`, which are of one cluster: its primary's. Behind a router all are taken to be of one kind.
    pub fn of(topology: &Topology, stores: &[Target], wiring: &Wiring) -> Self {
        if stores.iter().any(|target| topology.node(target.node).kind == Kind::QuorumStore) {
            return Self { model: DataModel::KeyValue, is_leaderless: true, ..Self::default() };
        }
        let entry = |node: NodeIx| match wiring.entry(topology, node).map(|entry| &entry.kind) {
            Some(NodeKind::Database(params)) => Some(params),
            _ => None,
        };
        let behind = |target: &Target| topology.targets(target.node, &[Kind::Database]);
        let shards: Vec<Target> = stores
            .iter()
            .filter(|target| topology.node(target.node).kind == Kind::ShardRouter)
            .flat_map(behind)
            .collect();
        let all = || stores.iter().chain(&shards).filter_map(|target| entry(target.node));
        let primary = all().find(|params| params.role == DatabaseRole::Primary).or_else(|| all().next());
        primary.map_or_else(Self::default, |params| Self {
            model: params.data_model,
            layout: params.layout,
            ..Self::default()
        })
    }

    fn can(self, verb: Verb) -> bool {
        !self.is_leaderless
            && (verb == Verb::Query && self.is_denormalised() || profile(self.model).further(verb).is_some())
    }

    fn is_denormalised(self) -> bool {
        self.layout == Layout::Denormalised
    }
}

impl Errands {
    pub fn forget(&mut self, call: Key) {
        self.0.remove(&call);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    fn is_at(&self, call: Key, task: Task) -> bool {
        self.0.get(&call).is_some_and(|errand| errand.task == task)
    }

    /// Whether a core works for `call` once more.
    pub fn is_computing(&self, call: Key) -> bool {
        self.0.get(&call).is_some_and(|errand| errand.is_computing)
    }

    /// Whether what is asked for `call` now is whether its user has a session.
    pub fn is_about_session(&self, call: Key) -> bool {
        self.is_at(call, Task::Session)
    }

    /// `call` goes on its next errand. `items` are in the order in which they are to be done; there is one at least.
    fn begin(&mut self, ctx: &Context, call: Key, task: Task, items: impl DoubleEndedIterator<Item = Item>) {
        let mut rest: Vec<Item> = items.rev().collect();
        let item = rest.pop().expect("an errand has something to do");
        // What came before may have left its own size in the call.
        let bytes = self.0.get(&call).map_or(ctx.get(call).bytes, |errand| errand.bytes);
        self.0.insert(call, Errand { task, item, rest, done: 0, is_stale: false, is_computing: false, bytes });
    }
}

impl WebServer {
    /// What is asked for `call` now: what the user wants, or what has to be done for it.
    pub(super) fn item(&self, ctx: &Context, call: Key) -> Item {
        let own = || {
            let Call { verb, key, bytes, count, .. } = *ctx.get(call);
            Item { verb, key, bytes, count }
        };
        self.errands.0.get(&call).map_or_else(own, |errand| errand.item)
    }

    /// Whether sessions are kept outside, and there is an outside.
    pub(super) fn has_sessions_outside(&self) -> bool {
        self.params.sessions == SessionStore::External && (!self.caches.is_empty() || !self.route.is_empty())
    }

    pub(super) fn look_for_session(&mut self, ctx: &mut Context, call: Key) {
        let verb = if self.caches.is_empty() { Verb::Read } else { Verb::Get };
        self.touch_session(ctx, call, Task::Session, verb);
    }

    fn touch_session(&mut self, ctx: &mut Context, call: Key, task: Task, verb: Verb) {
        let key = session_key(ctx.get(call).user);
        let item = Item { verb, key, bytes: SESSION_BYTES, count: 1 };
        self.errands.begin(ctx, call, task, std::iter::once(item));
        self.run(ctx, call);
    }

    /// Does what the user has asked for with the data.
    pub(super) fn serve_data(&mut self, ctx: &mut Context, call: Key) {
        let of = self.item_asked(ctx, call);
        let records = self.data.around(of.key);
        let single = |verb: Verb, key: u32| Item { verb, key, bytes: records.size(key), count: 1 };
        match of.verb {
            Verb::Login => {
                let user = std::iter::once(single(Verb::Read, of.key));
                self.errands.begin(ctx, call, Task::Credentials, user);
            }
            Verb::Write if self.is_stateless && self.store.is_denormalised() => {
                let copies = records.holders(of.key).map(|holder| single(Verb::Write, holder));
                let all: Vec<Item> = std::iter::once(of).chain(copies).collect();
                self.errands.begin(ctx, call, Task::Records, all.into_iter());
            }
            Verb::Query | Verb::Range | Verb::Aggregate | Verb::Traverse | Verb::Transact
                if self.is_stateless && !self.store.can(of.verb) =>
            {
                let plan = self.plan(of);
                self.errands.begin(ctx, call, Task::Records, plan.into_iter());
            }
            _ => {
                let bytes = of.bytes;
                self.errands.forget(call);
                ctx.remember(call, &Outcome { bytes, ..Outcome::default() });
            }
        }
        self.run(ctx, call);
    }

    /// What the user has asked for, whatever has been done since.
    fn item_asked(&self, ctx: &Context, call: Key) -> Item {
        let Call { verb, key, bytes, count, .. } = *ctx.get(call);
        Item { verb, key, bytes: self.errands.0.get(&call).map_or(bytes, |errand| errand.bytes), count }
    }

    /// The small calls that stand for `of`, which the store cannot do.
    fn plan(&self, of: Item) -> Vec<Item> {
        let records = self.data.around(of.key);
        let single = |verb: Verb| move |key: u32| Item { verb, key, bytes: records.size(key), count: 1 };
        if of.verb == Verb::Transact {
            return records.group(of.key, of.count).map(single(Verb::Write)).collect();
        }
        if self.params.gathering == Gathering::OneByOne || self.store.is_leaderless {
            return match of.verb {
                Verb::Query => records.group(of.key, of.count + 1).map(single(Verb::Read)).collect(),
                Verb::Traverse => records.reached(of.key, of.count).into_iter().map(single(Verb::Read)).collect(),
                _ => records.range(of.key, of.count).map(single(Verb::Read)).collect(),
            };
        }
        let batch = |count: u16, bytes: u32| Item { verb: Verb::Fetch, key: of.key, bytes, count };
        let first = single(Verb::Read)(of.key);
        match of.verb {
            Verb::Query => vec![first, batch(of.count, records.size_of_all(records.related(of.key, of.count)))],
            Verb::Traverse => {
                let hop = |hop: u16| batch(hop, records.size_of_all(records.frontier(of.key, hop).into_iter()));
                std::iter::once(first).chain((1..=of.count).map(hop)).collect()
            }
            _ => vec![batch(of.count, records.size_of_all(records.range(of.key, of.count)))],
        }
    }

    /// Asks for what is next.
    fn run(&mut self, ctx: &mut Context, call: Key) {
        let Item { verb, key, bytes, count } = self.item(ctx, call);
        match verb {
            Verb::Read if !self.caches.is_empty() => self.ask(ctx, call, Ask::of(Verb::Get, key, bytes)),
            Verb::Write if self.caches.take_writes(key) => self.write_through(ctx, call),
            Verb::Get | Verb::Put | Verb::Delete => self.ask(ctx, call, Ask::of(verb, key, bytes)),
            verb if self.is_stateless => self.ask(ctx, call, Ask { count, ..Ask::of(verb, key, bytes) }),
            verb if verb.is_write() => {
                let (now, mut version) = (ctx.now(), Version::default());
                for key in self.data.around(key).group(key, count) {
                    version = ctx.kernel.truth.commit(key, now);
                    self.disk.set(key as usize, version);
                }
                self.done(ctx, call, Outcome { version, ..Outcome::good(0) });
            }
            _ => self.read_database(ctx, call),
        }
    }

    /// What was asked for `call` has ended well or badly, caches and all.
    pub(super) fn done(&mut self, ctx: &mut Context, call: Key, outcome: Outcome) {
        let Some(errand) = self.errands.0.get_mut(&call) else {
            self.finish(ctx, call, outcome);
            return;
        };
        self.steps.forget(call);
        errand.is_stale |= outcome.is_stale;
        let (task, is_last) = (errand.task, errand.rest.is_empty());
        if task == Task::Session {
            self.after_session(ctx, call, &outcome);
            return;
        }
        if outcome.failure.is_some() {
            let is_torn = task == Task::Records && errand.item.verb == Verb::Write && errand.done > 0;
            ctx.meter().torn_writes += u64::from(is_torn);
            self.finish(ctx, call, outcome);
            return;
        }
        errand.done += 1;
        match task {
            Task::Session => {}
            Task::Credentials if ctx.get(call).verb == Verb::Login => self.open_session(ctx, call),
            Task::Credentials => self.compute(ctx, call, self.params.session_setup),
            Task::OpenSession => self.after_login(ctx, call),
            Task::Records | Task::Invalidation if !is_last => {
                errand.item = errand.rest.pop().expect("it is not the last");
                ctx.meter().extra_calls += u64::from(task == Task::Records);
                self.run(ctx, call);
            }
            Task::Records => {
                let of = ctx.get(call);
                let gathered = match of.verb {
                    Verb::Query => u32::from(of.count) + 1,
                    Verb::Traverse => self.data.around(of.key).reach(of.count),
                    Verb::Range | Verb::Aggregate => of.count.into(),
                    _ => 0,
                };
                self.compute(ctx, call, self.params.record_service.times(gathered.into()));
            }
            Task::Invalidation => self.complete(ctx, call),
        }
    }

    /// A core works for `call` again, for about `mean`.
    fn compute(&mut self, ctx: &mut Context, call: Key, mean: SimDuration) {
        if mean.is_zero() {
            self.after_computing(ctx, call);
            return;
        }
        if let Some(errand) = self.errands.0.get_mut(&call) {
            errand.is_computing = true;
        }
        let service = self.scaled(self.params.service_shape.duration(mean, ctx.rng()));
        let job = Job { call, service, since: ctx.now() };
        let is_admitted = self.cpu.admit_job(ctx, job);
        debug_assert!(is_admitted, "every worker may wait for a core");
    }

    /// The core is done for the second time.
    pub(super) fn after_computing(&mut self, ctx: &mut Context, call: Key) {
        if let Some(errand) = self.errands.0.get_mut(&call) {
            errand.is_computing = false;
        }
        if self.errands.is_at(call, Task::Credentials) {
            self.open_session(ctx, call);
        } else {
            self.complete(ctx, call);
        }
    }

    /// Everything that the user has asked for is there.
    fn complete(&mut self, ctx: &mut Context, call: Key) {
        let errand = self.errands.0.get(&call);
        let (bytes, is_stale) = errand.map_or((0, false), |errand| (errand.bytes, errand.is_stale));
        let bytes = if ctx.get(call).verb.is_write() { 0 } else { bytes };
        self.finish(ctx, call, Outcome { is_stale, ..Outcome::good(bytes) });
    }

    /// The store has done a transaction: the caches shall forget what it has changed.
    pub(super) fn after_transaction(&mut self, ctx: &mut Context, call: Key, outcome: Outcome) {
        let Call { key, count, .. } = *ctx.get(call);
        let is_told = |key: &u32| self.caches.owner(*key).is_some_and(|cache| cache.on_write != OnWrite::Nothing);
        let keys: Vec<u32> = self.data.around(key).group(key, count).filter(is_told).collect();
        if outcome.failure.is_some() || keys.is_empty() {
            self.done(ctx, call, outcome);
            return;
        }
        let items = keys.into_iter().map(|key| Item { verb: Verb::Delete, key, bytes: 0, count: 1 });
        self.errands.begin(ctx, call, Task::Invalidation, items);
        self.run(ctx, call);
    }

    /// It is known whether the user has a session. Who has none logs in anew, by what the browser remembers.
    fn after_session(&mut self, ctx: &mut Context, call: Key, outcome: &Outcome) {
        let is_kept_in_cache = !self.caches.is_empty();
        let is_there = outcome.failure.is_none()
            && if is_kept_in_cache { outcome.is_found } else { outcome.version != Version::default() };
        let (user, ttl) = (ctx.get(call).user, self.params.session_ttl);
        super::sessions::observe(ctx, user, is_there, ttl);
        if is_there {
            self.serve_data(ctx, call);
            return;
        }
        if !is_kept_in_cache && outcome.failure.is_some() {
            // Whether there is a session, nobody can tell.
            self.finish(ctx, call, *outcome);
            return;
        }
        let records = self.data.around(ctx.get(call).key);
        let key = records.of_user(user);
        let item = Item { verb: Verb::Read, key, bytes: records.size(key), count: 1 };
        self.errands.begin(ctx, call, Task::Credentials, std::iter::once(item));
        self.run(ctx, call);
    }

    /// The user is who they say they are.
    fn open_session(&mut self, ctx: &mut Context, call: Key) {
        let user = ctx.get(call).user;
        if self.params.sessions == SessionStore::Memory {
            self.sessions.open(ctx, user, self.params.session_ttl);
        }
        if self.has_sessions_outside() {
            super::sessions::opened(ctx, user, self.params.session_ttl);
            let verb = if self.caches.is_empty() { Verb::Write } else { Verb::Put };
            self.touch_session(ctx, call, Task::OpenSession, verb);
        } else {
            self.after_login(ctx, call);
        }
    }

    fn after_login(&mut self, ctx: &mut Context, call: Key) {
        if ctx.get(call).verb == Verb::Login {
            self.complete(ctx, call);
        } else {
            self.serve_data(ctx, call);
        }
    }
}
