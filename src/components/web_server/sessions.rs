//! Sessions in a server's memory: what it knows of the users whom it has served.
//!
//! A session is forgotten when its user has not come for a while, and with the server's death. A user who is sent to another
//! server starts over there: setting a session up costs processor time. Users beyond 2^20 share, so that memory stays bounded.
//! Left out: replication of sessions between servers, what users lose with them.

use crate::base::paged::Paged;
use crate::base::{SimDuration, SimTime};
use crate::kernel::Context;

const USERS: u32 = 1 << 20;

/// When each user's session ends.
#[derive(Clone, Debug, Default, Hash)]
pub struct Sessions(Paged<SimTime>);

impl Sessions {
    /// `user` comes: whether there is a session. In any case there is one from now on, for `ttl`.
    pub fn touch(&mut self, ctx: &mut Context, user: u32, ttl: SimDuration) -> bool {
        let slot = (user % USERS) as usize;
        let is_known = self.0.get(slot) > ctx.now();
        self.0.set(slot, ctx.now() + ttl);
        ctx.meter().hits += u64::from(is_known);
        ctx.meter().misses += u64::from(!is_known);
        is_known
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}
