//! What an edge is fetching, and who waits for it.
//!
//! Of all requests that miss the same object at the same time, the first leads: what it fetches is stored. Without collapsing
//! the others go to the origin by themselves, and what they bring is passed on but not stored (so does Apache Traffic
//! Server, whose object is locked by the first, and nginx after `proxy_cache_lock_timeout`). With collapsing they wait.

use crate::base::SimTime;
use crate::base::map::Map;
use crate::base::slab::Key;

/// All fetches of an edge that have a leader.
#[derive(Clone, Debug, Default, Hash)]
pub struct Fetches {
    under_way: Map<u32, Fetch>,
}

/// One object on its way from the origin.
#[derive(Clone, Debug, Hash)]
pub struct Fetch {
    /// When the call under way was made: tells its reply from those of earlier calls for the same object.
    pub made: SimTime,
    /// The request it is made for; [`Key::DETACHED`] if the edge makes it on its own account.
    pub leader: Key,
    /// Size of the object.
    pub bytes: u32,
    /// Whether it may be stored: what was asked for before a purge may not.
    pub is_storable: bool,
    pub waiting: Vec<Key>,
}

impl Fetch {
    pub fn new(now: SimTime, leader: Key, bytes: u32, waiting: Vec<Key>) -> Self {
        Self { made: now, leader, bytes, is_storable: true, waiting }
    }
}

impl Fetches {
    pub fn begin(&mut self, key: u32, fetch: Fetch) {
        self.under_way.insert(key, fetch);
    }

    pub fn get_mut(&mut self, key: u32) -> Option<&mut Fetch> {
        self.under_way.get_mut(&key)
    }

    /// Ends the fetch of `key` that `leader` asked for at `made`; `None` if that is over already.
    pub fn end(&mut self, key: u32, made: SimTime, leader: Key) -> Option<Fetch> {
        let fetch = self.under_way.get(&key)?;
        if fetch.made == made && fetch.leader == leader { self.under_way.remove(&key) } else { None }
    }

    /// Nothing that is under way for `key`, or at all, will be stored.
    pub fn void(&mut self, key: Option<u32>) {
        match key {
            Some(key) => self.under_way.get_mut(&key).into_iter().for_each(|fetch| fetch.is_storable = false),
            None => self.under_way.for_each(|fetch| fetch.is_storable = false),
        }
    }

    pub fn clear(&mut self) {
        self.under_way.clear();
    }
}
