//! The world: all state of a run, and the one way in which it changes.

use std::hash::{Hash, Hasher};
use std::hint::black_box;

use crate::base::hash::Fingerprint;
use crate::base::random::Stream;
use crate::base::slab::{Key, Slab};
use crate::base::{NodeIx, SimTime};
use crate::components::database::Monitor;
use crate::components::quorum::cluster;
use crate::components::{Component, Levels, Rings, Wiring};
use crate::kernel::{
    Body, Call, Coming, Condition, Context, Event, Kernel, Link, LinkParams, Marks, NodeState, Place, Stage, Tag,
    Target,
};
use crate::model::{Document, Node};
use crate::observe::{LinkMeter, NodeMeter, Reason, Recorder};

/// Calls that a node can have at once, whatever it does with them.
const MOST_PRESENT: u64 = 2_000_000;
/// More calls than this do not fit the processor's nearer caches.
const MANY_CALLS: usize = 4_096;

/// The link's parameters as the kernel wants them.
fn params_of(document: &Document, link: &crate::model::Link) -> LinkParams {
    let latency = document.latency_of(link);
    LinkParams {
        latency,
        latency_shape: link.latency_shape.clone(),
        reply_latency: link.reply_latency.unwrap_or(latency),
        reply_shape: link.reply_shape.as_ref().unwrap_or(&link.latency_shape).clone(),
        loss: link.loss,
        bandwidth: link.bandwidth,
        queue_limit: link.queue_limit,
    }
}

/// Looks at what these events are about, all at once. That changes nothing, but where many requests are under way, each is far from
/// the processor: waited for together, they take hardly longer than one.
fn look_ahead(calls: &Slab<Call>, coming: Coming) {
    if calls.len() <= MANY_CALLS {
        return;
    }
    let known = coming.events().filter_map(Event::call).filter(|call| calls.get(*call).is_some()).count();
    // What a reply is an answer to is needed as well.
    let replies =
        coming.events().filter_map(|event| if let Event::Reply(call) = event { calls.get(call) } else { None });
    let parents = replies.filter(|reply| calls.get(reply.parent).is_some()).count();
    black_box((known, parents));
}

/// A world can be cloned: the clone is a checkpoint.
#[derive(Clone, Debug, Hash)]
pub struct World {
    pub kernel: Kernel,
    pub nodes: Vec<Component>,
    pub monitors: Vec<Monitor>,
    seed: u64,
    /// A running fingerprint of all events so far.
    history: Fingerprint,
}

impl World {
    pub fn new(document: &Document) -> Self {
        let mut world = Self {
            kernel: Kernel::default(),
            nodes: Vec::new(),
            monitors: Vec::new(),
            seed: document.seed,
            history: Fingerprint::default(),
        };
        for node in &document.nodes {
            world.add_node(node);
        }
        for link in &document.links {
            world.add_link(document, link);
        }
        world.form_clusters(document);
        world.rewire(document);
        for node in 0..world.nodes.len() {
            world.with(NodeIx(node as u16), Component::on_start);
        }
        world
    }

    /// A fingerprint of everything that can influence what happens from now on, and of all that has happened.
    pub fn state_hash(&self) -> u64 {
        let mut hasher = Fingerprint::default();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// Whether there is an event that is due by `until`.
    pub fn is_due(&mut self, until: SimTime) -> bool {
        let Kernel { queue, calls, .. } = &mut self.kernel;
        queue.fill(|coming| look_ahead(calls, coming));
        queue.is_due(until)
    }

    /// Carries out the next event, which [is due](Self::is_due).
    pub fn step(&mut self) {
        let (at, event) = self.kernel.queue.take();
        debug_assert!(at >= self.kernel.now, "time does not run backwards");
        self.kernel.now = at;
        self.kernel.recorder.events += 1;
        self.history.note(at.as_nanos(), event.digest());
        if self.kernel.topology.hung == 0 || !self.is_held(event) {
            self.dispatch(event);
        }
    }

    /// Lets `event` happen. Each kind has a function of its own, which saves no more registers than it needs.
    #[inline]
    pub(super) fn dispatch(&mut self, event: Event) {
        match event {
            Event::Arrive(call) => self.arrive(call),
            Event::Done(call) => self.done(call),
            Event::Reply(call) => self.reply(call),
            Event::Deliver(message) => self.deliver(message),
            Event::Timer { node, tag, epoch } => self.timer(node, tag, epoch),
            Event::Resend { call, tries } => self.kernel.launch(call, tries),
            Event::ResendMessage { message, tries } => self.kernel.launch_message(message, tries),
            Event::Cancel(call) => self.cancel(call),
            Event::Resume(call) => self.go_on(call),
            Event::Wake { node, item, epoch } => self.wake(node, item, epoch),
            Event::Monitor { cluster } => self.check(usize::from(cluster)),
        }
    }

    #[inline(never)]
    fn done(&mut self, call: Key) {
        // The call may have died with its node in the meantime.
        if let Some(node) = self.place_of(call) {
            self.with(node, |component, ctx| component.on_done(ctx, call));
        }
    }

    #[inline(never)]
    fn go_on(&mut self, call: Key) {
        if let Some(node) = self.place_of(call) {
            self.with(node, |component, ctx| component.on_resume(ctx, call));
        }
    }

    #[inline(never)]
    fn timer(&mut self, node: NodeIx, tag: Tag, epoch: u32) {
        if self.kernel.topology.node(node).epoch == epoch {
            self.with(node, |component, ctx| component.on_timer(ctx, tag));
        }
    }

    #[inline(never)]
    fn wake(&mut self, node: NodeIx, item: u32, epoch: u32) {
        if self.kernel.topology.node(node).epoch == epoch {
            self.with(node, |component, ctx| component.on_wake(ctx, item));
        }
    }

    #[inline(never)]
    fn check(&mut self, cluster: usize) {
        self.monitors[cluster].check(&mut self.nodes, &mut self.kernel);
        self.note_levels_of(cluster);
    }

    /// Lets the component at `node` act, and notes how much of it is in use afterwards.
    pub fn with(&mut self, node: NodeIx, act: impl FnOnce(&mut Component, &mut Context)) {
        let component = &mut self.nodes[node.index()];
        act(component, &mut Context { kernel: &mut self.kernel, node });
        // Nothing of users is ever in use.
        if !matches!(component, Component::Users(_)) {
            self.note_levels(node);
        }
    }

    /// The monitor of `cluster` may have sent away who waited at its databases.
    pub(super) fn note_levels_of(&mut self, cluster: usize) {
        let members: Vec<NodeIx> = self.monitors[cluster].members().collect();
        for node in members {
            self.note_levels(node);
        }
    }

    /// The design of `node`, or its condition, has changed.
    pub(super) fn note_intake(&mut self, node: NodeIx) {
        let service = self.nodes[node.index()].intake();
        self.kernel.topology.set_intake(node, service);
    }

    fn note_levels(&mut self, node: NodeIx) {
        let Levels { busy, waiting } = self.nodes[node.index()].levels();
        let (now, meter) = (self.kernel.now, self.kernel.recorder.node(node));
        meter.busy.follow(now, u64::from(busy));
        meter.waiting.follow(now, u64::from(waiting));
    }

    /// The node that works on `call`.
    pub(super) fn place_of(&self, call: Key) -> Option<NodeIx> {
        self.kernel.calls.get(call).filter(|call| call.is_at_node()).map(|call| call.to)
    }

    /// The word that a call is given up arrives at its node.
    #[inline(never)]
    fn cancel(&mut self, key: Key) {
        let Some(call) = self.kernel.calls.get_mut(key) else { return };
        match call.place {
            // On a link whose delay varies the word may come before what it is about.
            Place::Outbound => call.marks.set(Marks::CANCELLED, true),
            Place::AtNode(_) => {
                let node = call.to;
                self.with(node, |component, ctx| component.on_cancel(ctx, key));
            }
            Place::Returning => {}
        }
    }

    /// A call comes to a node that has no room even for its arrival.
    pub(super) fn turn_away(&mut self, key: Key) {
        let Kernel { calls, recorder, now, .. } = &mut self.kernel;
        let call = calls.get_mut(key).expect("a call lives until its reply");
        let node = call.to;
        check_in(call, recorder, *now);
        Context { kernel: &mut self.kernel, node }.fail(key, Reason::QueueFull);
    }

    #[inline(never)]
    fn arrive(&mut self, key: Key) {
        let Kernel { calls, recorder, now, .. } = &mut self.kernel;
        let call = calls.get_mut(key).expect("a call lives until its reply");
        if call.marks.has(Marks::DROPPED) {
            self.send_again(key);
            return;
        }
        let is_cancelled = call.marks.has(Marks::CANCELLED);
        let (from, node) = (call.from, call.to);
        let present = check_in(call, recorder, *now);
        let topology = &self.kernel.topology;
        if topology.is_hidden(node, from) {
            // There is no route to it: whether anybody is there, nobody outside can tell.
            Context { kernel: &mut self.kernel, node }.fail(key, Reason::Unreachable);
        } else if !topology.node(node).is_up {
            Context { kernel: &mut self.kernel, node }.fail(key, Reason::ConnectionRefused);
        } else if is_cancelled {
            Context { kernel: &mut self.kernel, node }.fail(key, Reason::Cancelled);
        } else if present > MOST_PRESENT {
            Context { kernel: &mut self.kernel, node }.fail(key, Reason::QueueFull);
        } else {
            self.with(node, |component, ctx| component.on_request(ctx, key));
        }
    }

    #[inline(never)]
    fn reply(&mut self, key: Key) {
        let reply = *self.kernel.calls.get(key).expect("a reply ends its call, once");
        if reply.marks.has(Marks::DROPPED) {
            self.send_again(key);
            return;
        }
        self.kernel.calls.remove(key);
        if self.kernel.topology.node(reply.from).is_up {
            self.with(reply.from, |component, ctx| component.on_reply(ctx, &reply));
        }
    }

    #[inline(never)]
    fn deliver(&mut self, key: Key) {
        let message = self.kernel.messages.remove(key).expect("a message is delivered once");
        let (node, is_up) = (message.to, self.kernel.topology.node(message.to).is_up);
        if self.kernel.topology.is_hidden(node, message.from) {
            return;
        }
        if let Body::Probe { round } = message.body {
            // The host answers for a dead process, as a refused connection does.
            let sender = Target { node: message.from, link: message.link };
            let mut ctx = Context { kernel: &mut self.kernel, node };
            let is_up = is_up && !ctx.is_faulty();
            ctx.send(sender, Body::ProbeReply { round, is_up });
        } else if is_up {
            self.with(node, |component, ctx| component.on_message(ctx, message));
        }
    }

    /// Lays the links of `document` that are not there yet.
    pub(super) fn add_links(&mut self, document: &Document) {
        for link in &document.links {
            let topology = &self.kernel.topology;
            let (Some(from), Some(to)) = (topology.find(&link.from), topology.find(&link.to)) else { continue };
            if !topology.links.iter().any(|own| own.from == from && own.to == to && !own.is_removed) {
                self.add_link(document, link);
            }
        }
    }

    /// Tells every component what the design is now.
    pub fn rewire(&mut self, document: &Document) {
        self.unite_clusters(document);
        cluster::arrange(&mut self.kernel, document);
        for link in &document.links {
            let ends = (self.kernel.topology.find(&link.from), self.kernel.topology.find(&link.to));
            let (Some(from), Some(to)) = ends else { continue };
            let links = &mut self.kernel.topology.links;
            if let Some(own) = links.iter_mut().find(|own| own.from == from && own.to == to && !own.is_removed) {
                own.configure(self.kernel.now, params_of(document, link));
            }
        }
        for state in &mut self.kernel.topology.nodes {
            state.is_private = document.is_private(&state.id);
            if let Some(node) = document.node(&state.id) {
                state.region.clone_from(&node.region);
            }
        }
        self.kernel.topology.darken();
        let rings = Rings::new(document.seed);
        for index in 0..self.nodes.len() {
            let node = NodeIx(index as u16);
            let state = self.kernel.topology.node(node);
            if !state.is_removed
                && let Some(own) = document.node(&state.id)
            {
                self.with(node, |component, ctx| component.rewire(ctx, &Wiring { document, own, rings: &rings }));
            }
            self.note_intake(node);
        }
        self.survey();
    }

    pub(super) fn add_node(&mut self, node: &Node) -> NodeIx {
        let index = NodeIx(u16::try_from(self.nodes.len()).expect("documents and edits are bounded"));
        let (kernel, kind) = (&mut self.kernel, node.kind());
        let id = node.id.clone();
        kernel.topology.nodes.push(NodeState {
            stream: Stream::named(self.seed, &id, "faults"),
            id,
            kind,
            is_up: true,
            is_removed: false,
            is_private: false,
            region: node.region.clone(),
            condition: Condition::default(),
            held: Vec::new(),
            epoch: 0,
        });
        kernel.streams.push(Stream::named(self.seed, &node.id, "system"));
        kernel.recorder.nodes.push(NodeMeter::default());
        kernel.directory.cluster_of.push(None);
        self.nodes.push(Component::new(&node.kind, &node.id, self.seed));
        index
    }

    fn add_link(&mut self, document: &Document, link: &crate::model::Link) {
        let topology = &mut self.kernel.topology;
        let (Some(from), Some(to)) = (topology.find(&link.from), topology.find(&link.to)) else { return };
        let name = format!("{}→{}", link.from, link.to);
        topology.links.push(Link::new(from, to, params_of(document, link), &name, self.seed));
        self.kernel.recorder.links.push(LinkMeter::default());
    }
}

/// `call` is at its node now; how many there are with it.
#[inline]
fn check_in(call: &mut Call, recorder: &mut Recorder, now: SimTime) -> u64 {
    call.place = Place::AtNode(Stage::Held);
    recorder.node(call.to).arrived(now)
}
