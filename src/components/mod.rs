//! The components: what each kind of node does with a call.
//!
//! A component acts only through its [`Context`]; it never holds a reference to another. To add a kind: its parameters
//! in `model/kinds/`, a file here, a variant of [`Component`].

pub mod balancer;
pub mod cache;
mod caller;
pub mod cdn;
pub mod data_set;
pub mod database;
mod deadlines;
pub mod dns;
mod near;
pub mod object_store;
pub mod quorum;
mod rate_limit;
mod route;
pub mod sharding;
mod station;
pub mod users;
pub mod web_server;
mod wiring;

use crate::base::SimDuration;
use crate::base::slab::Key;
#[cfg(doc)]
use crate::kernel::Topology;
use crate::kernel::{Body, Call, Context, Message, Tag, Target};
use crate::model::NodeKind;

pub use balancer::LoadBalancer;
pub use cache::Cache;
pub use cdn::Cdn;
pub use database::Database;
pub use dns::Dns;
pub use object_store::ObjectStore;
pub use quorum::QuorumStore;
pub use sharding::ShardRouter;
pub use users::Users;
pub use web_server::WebServer;
pub use wiring::{Rings, Wiring};

/// A node's behaviour and state.
#[derive(Clone, Debug, Hash)]
pub enum Component {
    Users(Box<Users>),
    Dns(Box<Dns>),
    Cdn(Box<Cdn>),
    LoadBalancer(Box<LoadBalancer>),
    WebServer(Box<WebServer>),
    Cache(Box<Cache>),
    Database(Box<Database>),
    ObjectStore(Box<ObjectStore>),
    QuorumStore(Box<QuorumStore>),
    ShardRouter(Box<ShardRouter>),
}

/// How much of a node is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Cores at work.
    pub busy: u32,
    /// Calls waiting for a worker, a core or a connection.
    pub waiting: u32,
}

/// Runs `$body` with the component inside.
macro_rules! each {
    ($component:expr, $inner:ident => $body:expr) => {
        match $component {
            Component::Users($inner) => $body,
            Component::Dns($inner) => $body,
            Component::Cdn($inner) => $body,
            Component::LoadBalancer($inner) => $body,
            Component::WebServer($inner) => $body,
            Component::Cache($inner) => $body,
            Component::Database($inner) => $body,
            Component::ObjectStore($inner) => $body,
            Component::QuorumStore($inner) => $body,
            Component::ShardRouter($inner) => $body,
        }
    };
}

/// What every component answers to. The defaults suit components that do not expect the event.
pub trait Behaviour {
    /// The node begins its work, for the first time or after a restart.
    fn on_start(&mut self, _ctx: &mut Context) {}

    /// A call has arrived.
    fn on_request(&mut self, ctx: &mut Context, call: Key);

    /// The service of `call` is finished.
    fn on_done(&mut self, _ctx: &mut Context, _call: Key) {
        unreachable!("this component serves no calls");
    }

    /// A call of this node's own, made for `parent`, has ended as `reply` says.
    fn on_reply(&mut self, _ctx: &mut Context, _parent: Key, _reply: &Call) {
        unreachable!("this component makes no calls");
    }

    /// A call of this node's own has ended, but what it was made for has ended before.
    fn on_orphan(&mut self, _ctx: &mut Context, _reply: &Call) {}

    /// The caller of `call`, which is here, has given it up. By default the work goes on: nobody will look at its result.
    fn on_cancel(&mut self, _ctx: &mut Context, _call: Key) {}

    /// The time has come to go on with `call`, for which this node has asked to be reminded.
    fn on_resume(&mut self, _ctx: &mut Context, _call: Key) {}

    /// The time has come for one of this node's own things.
    fn on_wake(&mut self, _ctx: &mut Context, _item: u32) {}

    /// A call that this node made on its own account has ended as `reply` says.
    fn on_detached_reply(&mut self, _ctx: &mut Context, _reply: &Call) {
        unreachable!("this component makes no detached calls");
    }

    fn on_message(&mut self, _ctx: &mut Context, _sender: Target, _body: Body) {}

    fn on_timer(&mut self, _ctx: &mut Context, _tag: Tag) {}

    /// The node dies: whatever is only in memory is gone. Its calls have been failed already.
    fn on_crash(&mut self, ctx: &mut Context);

    /// The design around the node, or its own parameters, have changed.
    fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring);

    /// The service time of each call that need not wait, if that is the same for all: see [`Topology::intake`].
    fn intake(&self) -> Option<SimDuration> {
        None
    }

    fn levels(&self) -> Levels;
}

impl Component {
    /// The component of a node as it is on the first day.
    pub fn new(kind: &NodeKind, id: &str, seed: u64) -> Self {
        match kind {
            NodeKind::Users(params) => Self::Users(Box::new(Users::new(params.clone(), id, seed))),
            NodeKind::Dns(params) => Self::Dns(Box::new(Dns::new(params.clone()))),
            NodeKind::Cdn(params) => Self::Cdn(Box::new(Cdn::new(params.clone()))),
            NodeKind::LoadBalancer(params) => Self::LoadBalancer(Box::new(LoadBalancer::new(params.clone()))),
            NodeKind::WebServer(params) => Self::WebServer(Box::new(WebServer::new(params.clone()))),
            NodeKind::Cache(params) => Self::Cache(Box::new(Cache::new(params.clone(), id, seed))),
            NodeKind::Database(params) => Self::Database(Box::new(Database::new(params.clone()))),
            NodeKind::ObjectStore(params) => Self::ObjectStore(Box::new(ObjectStore::new(params.clone()))),
            NodeKind::QuorumStore(params) => Self::QuorumStore(Box::new(QuorumStore::new(params.clone()))),
            NodeKind::ShardRouter(params) => Self::ShardRouter(Box::new(ShardRouter::new(params.clone()))),
        }
    }

    pub fn on_start(&mut self, ctx: &mut Context) {
        each!(self, inner => inner.on_start(ctx));
    }

    pub fn on_request(&mut self, ctx: &mut Context, call: Key) {
        each!(self, inner => inner.on_request(ctx, call));
    }

    pub fn on_done(&mut self, ctx: &mut Context, call: Key) {
        each!(self, inner => inner.on_done(ctx, call));
    }

    pub fn on_reply(&mut self, ctx: &mut Context, reply: &Call) {
        if reply.parent == Key::DETACHED && !reply.is_abandoned() {
            each!(self, inner => inner.on_detached_reply(ctx, reply));
            return;
        }
        // A restarted node may hear for a call that its crash has failed, and whose failure is still on its way back.
        // Or the caller has given the call up, and goes on without it.
        if ctx.is_going_on(reply.parent) && !reply.is_abandoned() {
            each!(self, inner => inner.on_reply(ctx, reply.parent, reply));
        } else {
            each!(self, inner => inner.on_orphan(ctx, reply));
        }
    }

    pub fn on_cancel(&mut self, ctx: &mut Context, call: Key) {
        each!(self, inner => inner.on_cancel(ctx, call));
    }

    pub fn on_resume(&mut self, ctx: &mut Context, call: Key) {
        each!(self, inner => inner.on_resume(ctx, call));
    }

    pub fn on_wake(&mut self, ctx: &mut Context, item: u32) {
        each!(self, inner => inner.on_wake(ctx, item));
    }

    pub fn on_message(&mut self, ctx: &mut Context, message: Message) {
        let sender = Target { node: message.from, link: message.link };
        each!(self, inner => inner.on_message(ctx, sender, message.body));
    }

    pub fn on_timer(&mut self, ctx: &mut Context, tag: Tag) {
        each!(self, inner => inner.on_timer(ctx, tag));
    }

    pub fn on_crash(&mut self, ctx: &mut Context) {
        each!(self, inner => inner.on_crash(ctx));
    }

    pub fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring) {
        each!(self, inner => inner.rewire(ctx, wiring));
    }

    pub fn intake(&self) -> Option<SimDuration> {
        each!(self, inner => inner.intake())
    }

    #[inline]
    pub fn levels(&self) -> Levels {
        each!(self, inner => inner.levels())
    }
}
