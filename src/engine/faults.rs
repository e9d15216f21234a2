//! What faults do to the world, and how they end.
//!
//! A crash fails every call at the node with a reply that travels like any other; the component then forgets what was only
//! in memory. A hang keeps back, in order, every event that is meant for the node: arrivals, ends of services, replies,
//! messages, timers; they happen when it goes on, or as at a dead node if it is killed. Faults of a link are states of the
//! link, which decide what becomes of each packet as it is sent.

use super::world::World;
use crate::base::NodeIx;
use crate::base::hash::Bits;
use crate::base::slab::Key;
use crate::components::Component;
use crate::components::database::Duty;
use crate::kernel::{Condition, Context, Event, Marks, Outcome, Place, Trouble};
use crate::model::{Fault, Problem, Way};
use crate::observe::Reason;

/// Events that are kept back for a node that hangs. After that the buffers of its host are full: calls are refused, and messages
/// are lost.
const MOST_HELD: usize = 1_000_000;

impl World {
    /// Carries out `fault`, which fits the design.
    pub fn inflict(&mut self, fault: &Fault) -> Result<(), Problem> {
        match fault {
            Fault::Crash { node } => self.at(node, |world, node| world.crash(node, Reason::NodeCrashed)),
            Fault::Restart { node } if self.is_dark(node) => {
                let what = format!("the region of `{node}` is out");
                return Err(Problem::new("node", what, "region_heal for its region"));
            }
            Fault::Restart { node } => self.at(node, |world, node| {
                if world.kernel.topology.node(node).condition.is_hung {
                    world.crash(node, Reason::NodeCrashed);
                }
                world.restart(node);
            }),
            Fault::Hang { node } => self.at(node, Self::hang),
            Fault::Resume { node } => self.at(node, Self::resume),
            Fault::Slow { node, factor } => self.change(node, |condition| condition.slowdown = Bits(*factor)),
            Fault::Errors { node, ratio } => self.change(node, |condition| condition.error_ratio = Bits(*ratio)),
            Fault::ReadOnly { node } => self.change(node, |condition| condition.is_read_only = true),
            Fault::Heal { node } => {
                self.at(node, Self::resume);
                self.change(node, |condition| *condition = Condition::default());
            }
            Fault::Partition { from, to, way } => self.on((from, to), *way, |trouble| trouble.is_cut = true),
            Fault::SlowLink { from, to, added_latency, way } => {
                self.on((from, to), *way, |trouble| trouble.added_latency = *added_latency);
            }
            Fault::LossyLink { from, to, loss, way } => {
                self.on((from, to), *way, |trouble| trouble.added_loss = Bits(*loss));
            }
            Fault::NarrowLink { from, to, bandwidth, way } => {
                self.on((from, to), *way, |trouble| trouble.bandwidth = Some(*bandwidth));
            }
            Fault::HealLink { from, to, way } => self.on((from, to), *way, |trouble| *trouble = Trouble::default()),
            Fault::Drop { request } => return self.drop_packet(*request),
            Fault::Promote { node } => return self.promote(node),
            Fault::Flush { node } => self.at(node, |world, node| {
                world.with(node, |component, _| {
                    if let Component::Cache(cache) = component {
                        cache.flush();
                    }
                });
            }),
            Fault::Purge { node, key } => self.at(node, |world, node| {
                world.with(node, |component, _| {
                    if let Component::Cdn(cdn) = component {
                        cdn.purge(*key);
                    }
                });
            }),
            Fault::RegionOutage { region } => self.black_out(region),
            Fault::RegionHeal { region } => self.light_up(region),
        }
        Ok(())
    }

    /// A replica is made primary by hand.
    fn promote(&mut self, id: &str) -> Result<(), Problem> {
        let node = self.kernel.topology.find(id);
        let cluster = self.monitors.iter().position(|monitor| node.is_some_and(|node| monitor.is_member(node)));
        let (Some(node), Some(cluster)) = (node, cluster) else {
            return Err(Problem::new("node", format!("`{id}` is in no cluster"), "a replica"));
        };
        self.monitors[cluster].promote(node, &mut self.nodes, &mut self.kernel)?;
        self.note_levels_of(cluster);
        Ok(())
    }

    /// The region's links go first: nobody elsewhere is told of the deaths that follow.
    fn black_out(&mut self, region: &str) {
        let topology = &mut self.kernel.topology;
        if !topology.dark.iter().any(|dark| dark == region) {
            topology.dark.push(region.to_owned());
        }
        topology.darken();
        for node in self.all_nodes() {
            if self.kernel.topology.is_dark(node) {
                self.crash(node, Reason::NodeCrashed);
            }
        }
    }

    fn light_up(&mut self, region: &str) {
        let topology = &mut self.kernel.topology;
        topology.dark.retain(|dark| dark != region);
        topology.darken();
        for node in self.all_nodes() {
            let state = self.kernel.topology.node(node);
            if state.region.as_deref() == Some(region) && !state.is_removed {
                self.restart(node);
            }
        }
    }

    fn all_nodes(&self) -> impl Iterator<Item = NodeIx> + use<> {
        (0..self.nodes.len()).map(|index| NodeIx(index as u16))
    }

    fn is_dark(&self, id: &str) -> bool {
        let topology = &self.kernel.topology;
        topology.find(id).is_some_and(|node| topology.is_dark(node))
    }

    fn at(&mut self, id: &str, act: impl FnOnce(&mut Self, NodeIx)) {
        if let Some(node) = self.kernel.topology.find(id) {
            act(self, node);
        }
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&mut Condition)) {
        self.at(id, |world, node| {
            change(&mut world.kernel.topology.node_mut(node).condition);
            world.note_intake(node);
        });
    }

    fn on(&mut self, (from, to): (&str, &str), way: Way, change: impl Fn(&mut Trouble)) {
        let now = self.kernel.now;
        let Some(link) = self.kernel.topology.link(from, to) else { return };
        for is_backward in way.lanes() {
            self.kernel.topology.links[link.index()].afflict(now, *is_backward, &change);
        }
    }

    /// The node dies with everything it was doing.
    pub fn crash(&mut self, node: NodeIx, reason: Reason) {
        if !self.kernel.topology.node(node).is_up {
            return;
        }
        let state = self.kernel.topology.node_mut(node);
        state.is_up = false;
        state.epoch += 1;
        let calls = self.kernel.calls.iter().filter(|(_, call)| call.is_at_node() && call.to == node);
        let calls: Vec<(Key, bool)> = calls.map(|(key, call)| (key, call.parent.is_none())).collect();
        for (call, is_root) in calls {
            let mut ctx = Context { kernel: &mut self.kernel, node };
            // Users who are removed take what they asked with them: there is nobody to tell.
            if is_root {
                ctx.end(call, Outcome::failed(reason));
            } else {
                ctx.fail(call, reason);
            }
        }
        self.with(node, Component::on_crash);
        // What a hang has kept back finds a dead node.
        self.release(node);
    }

    pub fn restart(&mut self, node: NodeIx) {
        if self.kernel.topology.node(node).is_up {
            return;
        }
        let state = self.kernel.topology.node_mut(node);
        state.is_up = true;
        state.epoch += 1;
        if let Some(monitor) = self.monitors.iter_mut().find(|monitor| monitor.is_member(node)) {
            monitor.on_restart(node, &mut self.nodes, &mut self.kernel);
        }
        self.with(node, Component::on_start);
    }

    fn hang(&mut self, node: NodeIx) {
        let topology = &mut self.kernel.topology;
        if topology.node(node).is_responsive() {
            topology.node_mut(node).condition.is_hung = true;
            topology.hung += 1;
        }
    }

    fn resume(&mut self, node: NodeIx) {
        if !self.kernel.topology.node(node).condition.is_hung {
            return;
        }
        let monitor = self.monitors.iter_mut().find(|monitor| monitor.is_member(node));
        let Some(monitor) = monitor.filter(|it| it.has_passed_over(node, &self.nodes, &self.kernel)) else {
            self.release(node);
            return;
        };
        if matches!(&self.nodes[node.index()], Component::Database(database) if database.duty() == Duty::Replica) {
            monitor.on_restart(node, &mut self.nodes, &mut self.kernel);
            self.release(node);
            self.with(node, |component, ctx| {
                if let Component::Database(database) = component {
                    database.begin_following(ctx);
                }
            });
        } else {
            // Another has become primary meanwhile: this one is fenced, and begins anew as a replica.
            self.crash(node, Reason::NodeCrashed);
            self.restart(node);
        }
    }

    /// What was kept back for `node` happens now, in the order in which it came.
    fn release(&mut self, node: NodeIx) {
        let topology = &mut self.kernel.topology;
        let state = topology.node_mut(node);
        if !state.condition.is_hung {
            return;
        }
        state.condition.is_hung = false;
        let held = std::mem::take(&mut state.held);
        topology.hung -= 1;
        // What it has not looked at yet, it takes in only now.
        let intake = self.kernel.topology.intake(node).unwrap_or_default();
        for event in held {
            match event {
                Event::Arrive(_) if !intake.is_zero() => self.kernel.queue.push(self.kernel.now + intake, event),
                _ => self.dispatch(event),
            }
        }
    }

    /// Whether `event` is meant for a node that hangs: then it is kept back.
    pub(super) fn is_held(&mut self, event: Event) -> bool {
        let Some(node) = self.addressee(event) else { return false };
        let state = self.kernel.topology.node_mut(node);
        if !state.condition.is_hung {
            return false;
        }
        match event {
            Event::Arrive(call) if state.held.len() >= MOST_HELD => self.turn_away(call),
            Event::Deliver(message) if state.held.len() >= MOST_HELD => drop(self.kernel.messages.remove(message)),
            // Its own affairs are no more than what was under way when it stopped.
            _ => state.held.push(event),
        }
        true
    }

    /// The node that `event` would make act.
    fn addressee(&self, event: Event) -> Option<NodeIx> {
        let kernel = &self.kernel;
        match event {
            Event::Arrive(call) => kernel.calls.get(call).map(|call| call.to),
            Event::Reply(call) => kernel.calls.get(call).map(|call| call.from),
            Event::Cancel(call) => {
                kernel.calls.get(call).filter(|call| call.place != Place::Returning).map(|call| call.to)
            }
            Event::Done(call) | Event::Resume(call) => self.place_of(call),
            Event::Deliver(message) => kernel.messages.get(message).map(|message| message.to),
            Event::Timer { node, epoch, .. } | Event::Wake { node, epoch, .. } => {
                (kernel.topology.node(node).epoch == epoch).then_some(node)
            }
            Event::Resend { .. } | Event::ResendMessage { .. } | Event::Monitor { .. } => None,
        }
    }

    /// Takes from its link the packet that was last sent for the user's request of this number.
    fn drop_packet(&mut self, request: u32) -> Result<(), Problem> {
        let on_link = self
            .kernel
            .calls
            .iter()
            .filter(|(_, call)| call.serial == request && !call.is_at_node() && !call.is_abandoned());
        let Some(key) = on_link.max_by_key(|(key, call)| (call.made, *key)).map(|(key, _)| key) else {
            let what = format!("no packet of request {request} is on a link now");
            return Err(Problem::new("request", what, "the number of a request whose dot is under way"));
        };
        if let Some(call) = self.kernel.calls.get_mut(key) {
            call.marks.set(Marks::DROPPED, true);
        }
        Ok(())
    }

    /// The packet of a call, which should arrive now, has been taken from its link.
    #[cold]
    pub(super) fn send_again(&mut self, key: Key) {
        if let Some(call) = self.kernel.calls.get_mut(key) {
            call.marks.set(Marks::DROPPED, false);
        }
        self.kernel.launch_again(key);
    }
}
