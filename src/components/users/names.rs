//! The addresses that clients remember, and the resolvers that they share.
//!
//! Each user has a cache of its own, up to 2^20 of them; beyond, users share, so that memory stays bounded. Where there are
//! resolvers, a client that knows nothing asks its own first: an answer that the resolver has fetched for somebody else is
//! good for what is left of its time (RFC 1034, section 4.3.4; RFC 2308 for the answer that there is no address). A resolver
//! is near: its own time is left out.

use std::hint::black_box;

use crate::base::hash::Derived;
use crate::base::paged::Paged;
use crate::base::{NodeIx, SimDuration, SimTime};
use crate::components::Wiring;
use crate::kernel::{Call, Context, Target};
use crate::model::NodeKind;
use crate::model::kinds::{self, WarmClients};

const CACHES: u32 = 1 << 20;
/// The address of a name that has none. No node has this index.
const NOWHERE: u16 = u16::MAX;

/// What clients and resolvers remember.
#[derive(Clone, Debug, Default, Hash)]
pub struct Names {
    clients: Paged<Name>,
    resolvers: Paged<Name>,
    /// Parameters of the name service; of several, the first one's.
    service: Derived<kinds::Dns>,
}

/// What is remembered of the site's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    Address(NodeIx),
    /// That there is no address.
    Nothing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Name {
    expires: SimTime,
    address: u16,
}

impl Names {
    pub fn rewire(&mut self, ctx: &Context, wiring: &Wiring, services: &[Target]) {
        let entry = services.first().and_then(|dns| wiring.entry(&ctx.kernel.topology, dns.node));
        if let Some(NodeKind::Dns(params)) = entry.map(|entry| &entry.kind) {
            if params.resolvers != self.service.resolvers {
                self.resolvers.clear();
            }
            self.service = Derived(params.clone());
        }
    }

    /// What `user` knows, or its resolver.
    pub fn recall(&mut self, user: u32, now: SimTime) -> Option<Remembered> {
        let name = self.valid(user, now)?;
        let is_address = name.address != NOWHERE;
        Some(if is_address { Remembered::Address(NodeIx(name.address)) } else { Remembered::Nothing })
    }

    /// The address that `user` remembers, however old.
    pub fn last(&self, user: u32) -> Option<NodeIx> {
        let name = self.clients.get(client(user));
        (name.expires > SimTime::ZERO && name.address != NOWHERE).then_some(NodeIx(name.address))
    }

    /// Looks at what these users know, who will ask soon. That changes nothing, but of a million users each knows something of their
    /// own, which is far from the processor: waited for together, they take hardly longer than one.
    pub fn look_ahead(&self, users: impl Iterator<Item = u32>) {
        let expiries = users.map(|user| self.clients.get(client(user)).expires.as_nanos());
        black_box(expiries.fold(0, u64::wrapping_add));
    }

    /// Keeps the answer of a name service for the time that it gives; a failure to answer is not kept.
    pub fn keep(&mut self, reply: &Call, now: SimTime) {
        if reply.version.0 == 0 {
            return;
        }
        let address = if reply.failure.is_some() { NOWHERE } else { reply.key as u16 };
        let name = Name { expires: now + SimDuration::from_nanos(reply.version.0), address };
        self.clients.set(client(reply.user), name);
        if let Some(resolver) = self.resolver(reply.user) {
            self.resolvers.set(resolver, name);
        }
    }

    fn valid(&mut self, user: u32, now: SimTime) -> Option<Name> {
        let name = self.clients.get(client(user));
        if name.expires > now {
            return Some(name);
        }
        let name = self.resolvers.get(self.resolver(user)?);
        if name.expires <= now {
            return None;
        }
        self.clients.set(client(user), name);
        Some(name)
    }

    fn resolver(&self, user: u32) -> Option<usize> {
        user.checked_rem(self.service.resolvers).map(|resolver| resolver as usize)
    }

    /// Fills the caches as if `users`, each asking at `rate_per_s`, had always been there, if the parameters want that.
    ///
    /// A cache is filled by the first request after it has run out, and holds for T: at a random moment it is filled with
    /// probability λT / (1 + λT) (renewal theory), and what is left of the time is even between 0 and T. Behind a resolver λ
    /// is the rate of all its clients, and a client knows its answer if it has asked since.
    pub fn warm(&mut self, ctx: &mut Context, users: u32, rate_per_s: f64, dns: Option<Target>) {
        let Some(dns) = dns.filter(|_| self.service.warm_clients == WarmClients::On) else { return };
        let records = ctx.kernel.directory.published(dns.node).to_vec();
        let ttl_s = self.service.ttl.as_secs_f64();
        if records.is_empty() || ttl_s <= 0.0 {
            return;
        }
        let clients = users.min(CACHES);
        let rate_per_s = rate_per_s * f64::from(users) / f64::from(clients);
        let caches = if self.service.resolvers == 0 { clients } else { self.service.resolvers.min(clients) };
        let load = rate_per_s * f64::from(clients) / f64::from(caches) * ttl_s;
        for cache in 0..caches {
            if !ctx.rng().chance(load / (1.0 + load)) {
                continue;
            }
            let left_s = ctx.rng().unit() * ttl_s;
            let address = records[ctx.rng().below(records.len() as u64) as usize].0;
            let name = Name { expires: ctx.now() + SimDuration::from_secs_f64(left_s), address };
            if self.service.resolvers == 0 {
                self.clients.set(client(cache), name);
                continue;
            }
            self.resolvers.set(cache as usize, name);
            let has_asked = 1.0 - libm::exp(-rate_per_s * (ttl_s - left_s));
            for user in (cache..clients).step_by(self.service.resolvers as usize) {
                if ctx.rng().chance(has_asked) {
                    self.clients.set(client(user), name);
                }
            }
        }
    }
}

fn client(user: u32) -> usize {
    (user % CACHES) as usize
}
