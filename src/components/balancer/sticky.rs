//! Sticky sessions: which server a user's requests go to.
//!
//! A table in the load balancer's memory (`HAProxy`'s stick table, without peers): a crash empties it, and a standby does not
//! know it. A session ends when it has not been used for a time. Users beyond 2^20 share entries, so that memory is bounded.

use crate::base::paged::Paged;
use crate::base::{LinkIx, SimTime};

const ENTRIES: u32 = 1 << 20;

/// The sessions, by user.
#[derive(Clone, Debug, Default, Hash)]
pub struct Sessions {
    sessions: Paged<Session>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Session {
    until: SimTime,
    /// The link to the server: unlike its place in a list it stays the same.
    link: u16,
}

impl Sessions {
    /// The link to the server of `user`, unless the session is over.
    pub fn get(&self, user: u32, now: SimTime) -> Option<LinkIx> {
        let session = self.sessions.get((user % ENTRIES) as usize);
        (session.until > now).then_some(LinkIx(session.link))
    }

    pub fn keep(&mut self, user: u32, link: LinkIx, until: SimTime) {
        self.sessions.set((user % ENTRIES) as usize, Session { until, link: link.0 });
    }

    pub fn clear(&mut self) {
        self.sessions.clear();
    }
}
