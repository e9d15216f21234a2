//! The context: all that a component can do to the rest of the world.

use super::ask::{Ask, Cause, Outcome};
use super::call::{Call, Marks, Place, Stage, Verb};
use super::directory::Directory;
use super::event::{Event, Tag};
use super::ledger::{Ledger, StaleRead};
use super::link::Link;
use super::message::{Body, Message};
use super::queue::EventQueue;
use super::topology::{Target, Topology};
use super::truth::{Truth, Version};
use crate::base::hash::Bits;
use crate::base::random::Stream;
use crate::base::slab::{Key, Slab};
use crate::base::{LinkIx, NodeIx, SimDuration, SimTime};
use crate::observe::trace::{Ended, What};
use crate::observe::{NodeMeter, Operation, Reason, Recorder};

/// Everything of the world that is not inside a component.
#[derive(Clone, Debug, Default, Hash)]
pub struct Kernel {
    pub now: SimTime,
    pub queue: EventQueue,
    pub calls: Slab<Call>,
    pub messages: Slab<Message>,
    pub topology: Topology,
    pub directory: Directory,
    pub truth: Truth,
    pub ledger: Ledger,
    pub recorder: Recorder,
    /// One stream of random numbers for what each node does by itself.
    pub streams: Vec<Stream>,
}

/// A component's view of the world while it handles one event.
pub struct Context<'a> {
    pub kernel: &'a mut Kernel,
    pub node: NodeIx,
}

impl Kernel {
    /// Where a call of `caller` to `target`'s address goes now: to the holder of the address, if there is a link to it.
    pub fn led(&self, caller: NodeIx, target: Target) -> Target {
        let holder = self.directory.holder(target.node);
        if holder == target.node {
            return target;
        }
        let is_way = |link: &Link| link.from == caller && link.to == holder && !link.is_removed;
        match self.topology.links.iter().position(is_way) {
            Some(link) => Target { node: holder, link: LinkIx(link as u16) },
            None => target,
        }
    }

    /// A request that is traced has ended.
    #[cold]
    fn list_ended(&mut self, root: Key, call: &Call, outcome: &Outcome) {
        self.trace(root, call.serial, || What::Over { failure: outcome.failure });
        let Call { serial, operation, user, key, .. } = *call;
        self.recorder.tracer.end(Ended {
            serial,
            operation,
            user,
            key,
            began_ns: call.made.as_nanos(),
            ended_ns: self.now.as_nanos(),
            failure: outcome.failure,
            failed_at: outcome.failed_at.map(|node| node.0),
            place: String::new(),
        });
    }
}

impl Context<'_> {
    pub fn now(&self) -> SimTime {
        self.kernel.now
    }

    pub fn rng(&mut self) -> &mut Stream {
        &mut self.kernel.streams[self.node.index()]
    }

    #[inline]
    pub fn meter(&mut self) -> &mut NodeMeter {
        self.kernel.recorder.node(self.node)
    }

    /// How many calls are at this node.
    pub fn present(&self) -> u64 {
        self.kernel.recorder.nodes[self.node.index()].present.level()
    }

    /// A call that is still going on.
    ///
    /// # Panics
    /// If it has ended: a component must not keep a call longer than that.
    #[inline]
    pub fn get(&self, call: Key) -> &Call {
        self.kernel.calls.get(call).expect("a component holds only calls that go on")
    }

    /// Whether somebody is still working on `call`: it has neither ended nor been answered.
    #[inline]
    pub fn is_going_on(&self, call: Key) -> bool {
        self.kernel.calls.get(call).is_some_and(Call::is_at_node)
    }

    /// A user of a priority class asks for something: the root of a tree of calls.
    pub fn begin(&mut self, user: u32, priority: u8, operation: Operation, ask: Ask) -> Key {
        let kernel = &mut *self.kernel;
        let serial = kernel.recorder.counts.offered as u32;
        kernel.recorder.counts.offered += 1;
        let node = self.node;
        let root = kernel.calls.insert(Call {
            parent: Key::NONE,
            child: Key::NONE,
            made: kernel.now,
            version: Version::default(),
            key: ask.key,
            bytes: ask.bytes,
            user,
            serial,
            from: self.node,
            to: self.node,
            link: LinkIx(u16::MAX),
            verb: ask.verb,
            operation,
            place: Place::AtNode(Stage::Held),
            priority,
            failure: None,
            failed_at: self.node,
            count: ask.count,
            marks: Marks::default(),
        });
        kernel.recorder.node(node).arrived(kernel.now);
        kernel.trace(root, serial, || What::Begun { node, operation, user, key: ask.key });
        root
    }

    /// A root ends; what it was.
    ///
    /// # Panics
    /// If it has ended before.
    pub fn end(&mut self, root: Key, outcome: Outcome) -> Call {
        let kernel = &mut *self.kernel;
        let call = *kernel.calls.get(root).expect("a request ends once");
        kernel.calls.remove(root);
        let meter = kernel.recorder.node(call.to);
        meter.left(kernel.now);
        match outcome.failure {
            None => {
                meter.completions += 1;
                kernel.recorder.answered(call.operation, kernel.now, kernel.now.since(call.made));
                kernel.recorder.counts.stale_reads += u64::from(outcome.is_stale);
            }
            Some(reason) => kernel.recorder.failed(call.operation, reason),
        }
        if kernel.recorder.traces(call.serial) {
            kernel.list_ended(root, &call, &outcome);
        }
        call
    }

    /// Calls `target`, or whoever has taken over its address, on behalf of `parent`, which is at this node.
    pub fn call(&mut self, parent: Key, target: Target, ask: Ask) -> Key {
        let cause = Cause::from(self.get(parent));
        self.depart(parent, cause, target, ask)
    }

    /// Calls `target` on this node's own account: for no user's request, however many wait for what it brings. The node
    /// hears of its end by `on_detached_reply`, unless it is down then; after a restart that can be a call of its earlier life.
    pub fn call_detached(&mut self, cause: Cause, target: Target, ask: Ask) -> Key {
        self.depart(Key::DETACHED, cause, target, ask)
    }

    fn depart(&mut self, parent: Key, cause: Cause, target: Target, ask: Ask) -> Key {
        let made = self.now();
        let target = self.kernel.led(self.node, target);
        let call = Call {
            parent,
            child: Key::NONE,
            made,
            version: ask.version,
            key: ask.key,
            bytes: ask.bytes,
            user: cause.user,
            serial: cause.serial,
            from: self.node,
            to: target.node,
            link: target.link,
            verb: ask.verb,
            operation: cause.operation,
            place: Place::Outbound,
            priority: cause.priority,
            failure: None,
            failed_at: self.node,
            count: ask.count,
            marks: Marks::default(),
        };
        let key = self.kernel.calls.insert(call);
        if let Some(parent) = self.kernel.calls.get_mut(parent) {
            parent.child = key;
        }
        self.kernel.launch(key, 0);
        key
    }

    /// Ends a call at this node with an outcome of this node's own making.
    pub fn answer(&mut self, call: Key, outcome: Outcome) {
        let is_spoilt = outcome.failure.is_none() && self.is_faulty();
        let outcome = if is_spoilt { Outcome::failed(Reason::ServerError) } else { outcome };
        match outcome.failure {
            None => self.meter().completions += 1,
            Some(reason) => self.meter().failures[reason as usize] += 1,
        }
        self.reply(call, outcome);
    }

    /// A read of `key` on behalf of `user` is answered here with `version`, where that of `right` would have been right, since
    /// that time.
    pub fn note_stale(&mut self, user: u32, key: u32, version: Version, right: (Version, SimTime)) {
        self.meter().stale_reads += 1;
        let (at, node, (current, since)) = (self.now(), self.node, right);
        let read = StaleRead { at, node, key, user, version, current, lag: at.since(since) };
        let cluster = self.kernel.directory.cluster_of(node);
        self.kernel.ledger.stale_read(cluster, read);
    }

    /// Ends a call at this node with a failure that happened here.
    pub fn fail(&mut self, call: Key, reason: Reason) {
        self.answer(call, Outcome::failed(reason));
    }

    /// Ends a call at this node with what another node made of it: a failure is not counted again.
    pub fn pass_on(&mut self, call: Key, outcome: Outcome) {
        if outcome.failure.is_none() {
            // What it passes on is its own answer if it spoils it.
            self.answer(call, outcome);
        } else {
            self.reply(call, outcome);
        }
    }

    /// Whether a fault of this node turns its next good answer into an error; each question is a draw.
    pub fn is_faulty(&mut self) -> bool {
        let state = self.kernel.topology.node_mut(self.node);
        let ratio = state.condition.error_ratio.0;
        ratio > 0.0 && state.stream.chance(ratio)
    }

    /// Whether this node's disk takes no writes.
    pub fn is_read_only(&self) -> bool {
        self.kernel.topology.node(self.node).condition.is_read_only
    }

    /// How long it takes this node, as it is now, to do what takes a healthy one `duration`.
    pub fn slowed(&self, duration: SimDuration) -> SimDuration {
        let slowdown = self.kernel.topology.node(self.node).condition.slowdown;
        // A healthy node takes exactly as long.
        if slowdown == Bits(1.0) {
            return duration;
        }
        SimDuration::from_secs_f64(duration.as_secs_f64() * slowdown.0)
    }

    /// Notes in `call` what has been found out for it, while something else is still to be done before it ends.
    pub fn remember(&mut self, call: Key, outcome: &Outcome) {
        let call = self.kernel.calls.get_mut(call).expect("a component holds only calls that go on");
        call.version = outcome.version;
        call.bytes = outcome.bytes;
        call.marks.set(Marks::FOUND, outcome.is_found);
        call.marks.set(Marks::STALE, outcome.is_stale);
    }

    /// Notes how far this node has come with `call`.
    pub fn set_stage(&mut self, key: Key, stage: Stage) {
        self.set_stage_if(key, stage, self.now(), Call::is_at_node);
    }

    /// The same, if it had come as far as `from`; whether it had.
    pub fn move_stage(&mut self, key: Key, from: Stage, to: Stage) -> bool {
        self.set_stage_if(key, to, self.now(), |call| call.place == Place::AtNode(from))
    }

    /// The same of what it did from `at` until now, with a call that it looks at only now.
    pub fn set_stage_since(&mut self, key: Key, stage: Stage, at: SimTime) {
        self.set_stage_if(key, stage, at, Call::is_at_node);
    }

    #[inline]
    fn set_stage_if(&mut self, key: Key, stage: Stage, at: SimTime, is_meant: impl FnOnce(&Call) -> bool) -> bool {
        let Some(call) = self.kernel.calls.get_mut(key).filter(|call| is_meant(call)) else { return false };
        call.place = Place::AtNode(stage);
        let serial = call.serial;
        self.kernel.trace_at(at, key, serial, || What::Does(stage.doing()));
        true
    }

    /// Notes something that is true of `call`.
    pub fn mark(&mut self, call: Key, mark: Marks, is_set: bool) {
        if let Some(call) = self.kernel.calls.get_mut(call) {
            call.marks.set(mark, is_set);
        }
    }

    /// Gives up a call of this node's own without telling anybody: the work for it goes on, its reply will mean nothing.
    pub fn abandon(&mut self, call: Key) {
        self.mark(call, Marks::ABANDONED, true);
    }

    /// Gives up a call of this node's own and tells the called node, which may then stop working on it.
    pub fn cancel(&mut self, key: Key) {
        self.abandon(key);
        if self.kernel.calls.get(key).is_some_and(|call| call.place != Place::Returning) {
            self.kernel.launch_cancel(key);
        }
    }

    /// Whether the node that made `call` still waits for it.
    pub fn is_awaited(&self, call: Key) -> bool {
        self.kernel.calls.get(call).is_some_and(|call| !call.is_abandoned())
    }

    fn reply(&mut self, key: Key, outcome: Outcome) {
        let now = self.now();
        let call = self.kernel.calls.get_mut(key).expect("a call ends once");
        debug_assert!(call.is_at_node(), "only a call that is at a node can end there");
        call.place = Place::Returning;
        self.kernel.recorder.node(call.to).left(now);
        call.failure = outcome.failure;
        call.failed_at = outcome.failed_at.unwrap_or(call.to);
        call.version = outcome.version;
        call.bytes = outcome.bytes;
        call.marks.set(Marks::FOUND, outcome.is_found);
        call.marks.set(Marks::STALE, outcome.is_stale);
        if call.verb == Verb::Resolve {
            call.key = outcome.key;
        }
        let Call { serial, failure, failed_at, .. } = *call;
        self.kernel.trace(key, serial, || What::Answered { failure, failed_at });
        self.kernel.launch(key, 0);
    }

    /// For how long this node takes any call in before it looks at it; none: it looks at each as it comes.
    pub fn intake(&self) -> Option<SimDuration> {
        self.kernel.topology.intake(self.node)
    }

    /// This node works on `call` until `end`; then it is told that it is done.
    pub fn serve_until(&mut self, call: Key, end: SimTime) {
        self.kernel.queue.push(end, Event::Done(call));
    }

    /// This node works on `call` for `duration`; then it is told that it is done.
    pub fn serve(&mut self, call: Key, duration: SimDuration) {
        self.serve_until(call, self.now() + self.slowed(duration));
    }

    /// Goes on with `call`, which is at this node, after `after`, if it is still there by then.
    pub fn resume_after(&mut self, call: Key, after: SimDuration) {
        let at = self.now() + after;
        self.kernel.queue.push(at, Event::Resume(call));
    }

    /// Wakes this node for `item` after `after`, unless it is restarted before.
    pub fn wake(&mut self, item: u32, after: SimDuration) {
        let epoch = self.kernel.topology.node(self.node).epoch;
        let at = self.now() + after;
        self.kernel.queue.push(at, Event::Wake { node: self.node, item, epoch });
    }

    /// Wakes this node after `after`, unless it is restarted before.
    pub fn timer(&mut self, after: SimDuration, tag: Tag) {
        let epoch = self.kernel.topology.node(self.node).epoch;
        let at = self.now() + after;
        self.kernel.queue.push(at, Event::Timer { node: self.node, tag, epoch });
    }

    /// Sends a message over the target's link; if every try is lost, it never arrives.
    pub fn send(&mut self, target: Target, body: Body) {
        let message = Message { from: self.node, to: target.node, link: target.link, body };
        let key = self.kernel.messages.insert(message);
        self.kernel.launch_message(key, 0);
    }
}
