//! The addresses that clients remember.
//!
//! Each user has a cache of its own, up to 2^20 of them; beyond, users share (as people behind one resolver do), so that
//! memory stays bounded.

use crate::base::paged::Paged;
use crate::base::{NodeIx, SimTime};

const CACHES: u32 = 1 << 20;

/// One remembered answer for each client.
#[derive(Clone, Debug, Default, Hash)]
pub struct Names {
    names: Paged<Name>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Name {
    expires: SimTime,
    address: u16,
}

impl Names {
    /// The address that `user` remembers, unless its time is over.
    pub fn get(&self, user: u32, now: SimTime) -> Option<NodeIx> {
        let name = self.names.get((user % CACHES) as usize);
        (name.expires > now).then_some(NodeIx(name.address))
    }

    /// The address that `user` remembers, however old.
    pub fn last(&self, user: u32) -> Option<NodeIx> {
        let name = self.names.get((user % CACHES) as usize);
        (name.expires > SimTime::ZERO).then_some(NodeIx(name.address))
    }

    pub fn keep(&mut self, user: u32, address: NodeIx, expires: SimTime) {
        self.names.set((user % CACHES) as usize, Name { expires, address: address.0 });
    }
}
