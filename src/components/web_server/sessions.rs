//! Sessions: what servers know of the users who have logged in.
//!
//! *In a server's memory* a session is forgotten when its user has not come for a while, and with the server's death; a user who is
//! sent to another server starts over there, and setting a session up costs processor time. *Outside*, in a cache or else in a
//! database, every server finds it: each request begins by looking it up, and the death of a server loses none; what the cache
//! evicts, flushes or loses is gone. Who has no session logs in again before the request is served: the user's record is read, a
//! core verifies the secret, the session is kept.
//! Whether a user should have had one is observed, not used: such a user's session counts as lost. Users beyond 2^20 share, so that
//! memory stays bounded. Left out: replication of sessions between servers, sessions in databases that expire.

use crate::base::paged::Paged;
use crate::base::{SimDuration, SimTime};
use crate::components::data_set::SESSIONS;
use crate::kernel::Context;

const USERS: u32 = 1 << 20;

/// When each user's session ends.
#[derive(Clone, Debug, Default, Hash)]
pub struct Sessions(Paged<SimTime>);

impl Sessions {
    /// `user` comes: whether there is a session. In any case there is one from now on, for `ttl`.
    pub fn touch(&mut self, ctx: &mut Context, user: u32, ttl: SimDuration) -> bool {
        let is_known = self.0.get(slot(user)) > ctx.now();
        observe(ctx, user, is_known, ttl);
        self.open(ctx, user, ttl);
        is_known
    }

    /// `user` has logged in.
    pub fn open(&mut self, ctx: &mut Context, user: u32, ttl: SimDuration) {
        let until = ctx.now() + ttl;
        self.0.set(slot(user), until);
        opened(ctx, user, ttl);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// The key under which a session is kept outside.
pub fn session_key(user: u32) -> u32 {
    SESSIONS + user % SESSIONS
}

/// A server has looked for the session of `user`, and found it or not.
pub fn observe(ctx: &mut Context, user: u32, is_there: bool, ttl: SimDuration) {
    let now = ctx.now();
    let is_lost = !is_there && ctx.kernel.truth.session_end(slot(user)) > now;
    let meter = ctx.meter();
    meter.hits += u64::from(is_there);
    meter.misses += u64::from(!is_there);
    meter.sessions_lost += u64::from(is_lost);
    if is_there {
        opened(ctx, user, ttl);
    }
}

/// `user` has a session from now on.
pub fn opened(ctx: &mut Context, user: u32, ttl: SimDuration) {
    let until = ctx.now() + ttl;
    ctx.kernel.truth.set_session_end(slot(user), until);
}

fn slot(user: u32) -> usize {
    (user % USERS) as usize
}
