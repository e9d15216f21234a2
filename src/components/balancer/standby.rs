//! Active/standby pair: a load balancer takes over the address of another that has fallen silent.
//!
//! The protocol is VRRP (RFC 5798 §6) between two: the master owns the address (priority 255) and sends an advertisement every
//! interval to the balancer that it has a link to, its standby (priority 100). A standby that has heard none for the master-down
//! interval, three advertisements and a skew of (256 − 100) / 256 of one, takes the address; it gives it back as soon as it
//! hears the master again. A master that begins its work takes its address at once (preemption, the default).
//! The address is a node; who answers for it stands in the [`Directory`](crate::kernel::Directory), and callers are led there
//! when they send. So what was on its way to a dead master is lost, and what a standby has already it finishes.
//! Left out: the time until everybody has heard the new holder's announcement (gratuitous ARP), several standbys, passing
//! sessions on.

use crate::base::{Kind, LinkIx, NodeIx, SimDuration, SimTime};
use crate::components::Wiring;
use crate::kernel::{Body, Context, Target};
use crate::model::NodeKind;

/// Both sides of the protocol: for its own address, and for those that a balancer stands by for.
#[derive(Clone, Debug, Hash)]
pub struct Pair {
    /// Who takes over this balancer's address.
    standby: Option<Target>,
    /// When the next advertisement is due; a reminder that comes before is void.
    next_advert: SimTime,
    masters: Vec<Master>,
}

/// A balancer that this one stands by for.
#[derive(Clone, Debug, Hash)]
struct Master {
    target: Target,
    /// Time between its advertisements, as far as is known.
    interval: SimDuration,
    /// When it counts as dead; a reminder that comes before is void.
    down_at: SimTime,
}

/// What the node wants to be woken for: its own advertisement, or the silence of the master at the other end of a link.
const ADVERT: u32 = u32::MAX;
const SILENCE: u32 = 1 << 16;

impl Default for Pair {
    fn default() -> Self {
        Self { standby: None, next_advert: SimTime::NEVER, masters: Vec::new() }
    }
}

impl Pair {
    /// The node begins its work.
    pub fn start(&mut self, ctx: &mut Context, interval: SimDuration) {
        let own = ctx.node;
        ctx.kernel.directory.hold(own, own);
        self.advertise(ctx, interval);
        for master in &mut self.masters {
            master.heard(ctx);
        }
    }

    /// A master gives a sign of life.
    pub fn heard(&mut self, ctx: &mut Context, sender: NodeIx, interval: SimDuration) {
        if let Some(master) = self.masters.iter_mut().find(|master| master.target.node == sender) {
            master.interval = interval;
            master.heard(ctx);
        }
    }

    /// Something of this module's is due; false if `item` is not one of its own.
    pub fn woken(&mut self, ctx: &mut Context, item: u32, interval: SimDuration) -> bool {
        if item == ADVERT {
            if self.next_advert <= ctx.now() {
                self.advertise(ctx, interval);
            }
        } else if item & SILENCE != 0 {
            let link = LinkIx(item as u16);
            let is_it = |master: &&mut Master| master.target.link == link && master.down_at <= ctx.now();
            if let Some(master) = self.masters.iter_mut().find(is_it) {
                master.down_at = SimTime::NEVER;
                ctx.kernel.directory.hold(master.target.node, ctx.node);
            }
        } else {
            return false;
        }
        true
    }

    pub fn on_crash(&mut self) {
        self.next_advert = SimTime::NEVER;
        for master in &mut self.masters {
            master.down_at = SimTime::NEVER;
        }
    }

    /// Takes the pair from the design.
    pub fn rewire(&mut self, ctx: &mut Context, wiring: &Wiring, interval: SimDuration) {
        let own = ctx.node;
        let is_up = ctx.kernel.topology.node(own).is_up;
        self.standby = ctx.kernel.topology.targets(own, &[Kind::LoadBalancer]).first().copied();
        let holder = ctx.kernel.directory.holder(own);
        if holder != own && self.standby.is_none_or(|standby| standby.node != holder) {
            ctx.kernel.directory.hold(own, own);
        }
        // A new standby hears at once, and a shorter interval does not wait for the end of a long one.
        if is_up && self.standby.is_some() && self.next_advert > ctx.now() + interval {
            self.advertise(ctx, interval);
        }
        let known = std::mem::take(&mut self.masters);
        for target in ctx.kernel.topology.callers(own, Kind::LoadBalancer) {
            if let Some(master) = known.iter().find(|master| master.target == target) {
                self.masters.push(master.clone());
                continue;
            }
            let interval = match wiring.entry(&ctx.kernel.topology, target.node).map(|node| &node.kind) {
                Some(NodeKind::LoadBalancer(params)) => params.advert_interval,
                _ => interval,
            };
            let mut master = Master { target, interval, down_at: SimTime::NEVER };
            if is_up {
                master.heard(ctx);
            }
            self.masters.push(master);
        }
    }

    fn advertise(&mut self, ctx: &mut Context, interval: SimDuration) {
        let Some(standby) = self.standby else {
            self.next_advert = SimTime::NEVER;
            return;
        };
        ctx.send(standby, Body::Advert { interval });
        self.next_advert = ctx.now() + interval;
        ctx.wake(ADVERT, interval);
    }
}

impl Master {
    /// It is alive, or is given the time to show it: its address is its own.
    fn heard(&mut self, ctx: &mut Context) {
        let address = self.target.node;
        if ctx.kernel.directory.holder(address) == ctx.node {
            ctx.kernel.directory.hold(address, address);
        }
        let wait = self.interval.times(3) + SimDuration::from_nanos(self.interval.as_nanos() / 256 * (256 - 100));
        self.down_at = ctx.now() + wait;
        ctx.wake(SILENCE | u32::from(self.target.link.0), wait);
    }
}
