//! Leases (Nishtala et al., *Scaling Memcache at Facebook*, NSDI 2013, §3.2.1): one outstanding token for each key.
//!
//! A miss gets the token and fetches. Others who miss the key wait until the value is set, the token is void, or its time is
//! out. A delete voids the token, and a set without a valid token is refused: so a value that was read before a write cannot
//! be set after its invalidation. Who holds a token is told by the call on whose behalf it was given.

use crate::base::map::Map;
use crate::base::slab::Key;
use crate::base::{SimDuration, SimTime};

/// The tokens that are out, by key.
#[derive(Clone, Debug, Default, Hash)]
pub struct Leases {
    tokens: Map<u32, Token>,
}

#[derive(Clone, Debug, Hash)]
struct Token {
    holder: Key,
    expires: SimTime,
    /// Calls at this node that wait for the value, in the order in which they came.
    waiting: Vec<Key>,
}

/// What becomes of a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// It gets the token, and must fetch.
    Token,
    /// It waits, at the longest until this time.
    Wait(SimTime),
}

impl Leases {
    /// `call` has missed `key` on behalf of `holder`. A token whose time is out is replaced: its holder's set will be refused.
    pub fn ask(&mut self, key: u32, holder: Key, call: Key, now: SimTime, timeout: SimDuration) -> Grant {
        match self.tokens.get_mut(&key) {
            // One who asks again, because its first answer was lost, still holds it.
            Some(token) if token.expires > now && token.holder != holder => {
                token.waiting.push(call);
                Grant::Wait(token.expires)
            }
            Some(token) => {
                token.holder = holder;
                token.expires = now + timeout;
                Grant::Token
            }
            None => {
                self.tokens.insert(key, Token { holder, expires: now + timeout, waiting: Vec::new() });
                Grant::Token
            }
        }
    }

    /// `holder` is done with `key`: takes its token back and tells who waited. `None`: the token is void.
    pub fn redeem(&mut self, key: u32, holder: Key) -> Option<Vec<Key>> {
        self.tokens.get(&key).filter(|token| token.holder == holder)?;
        Some(self.void(key))
    }

    /// Voids the token of `key`; those who waited must look again.
    pub fn void(&mut self, key: u32) -> Vec<Key> {
        self.tokens.remove(&key).map_or_else(Vec::new, |token| token.waiting)
    }

    /// Voids all tokens.
    pub fn void_all(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.tokens).into_iter().flat_map(|(_, token)| token.waiting).collect()
    }

    /// `call` waits for `key` no longer; whether it did.
    pub fn leave(&mut self, key: u32, call: Key) -> bool {
        let Some(token) = self.tokens.get_mut(&key) else { return false };
        let place = token.waiting.iter().position(|waiting| *waiting == call);
        if let Some(place) = place {
            token.waiting.remove(place);
        }
        place.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::slab::Slab;

    #[test]
    fn one_token_is_out_and_a_delete_voids_it() {
        let mut slab = Slab::default();
        let [a, b, c] = [0; 3].map(|_| slab.insert(()));
        let (at, timeout) = (|s| SimTime::ZERO + SimDuration::from_secs(s), SimDuration::from_secs(2));
        let mut leases = Leases::default();
        assert_eq!(leases.ask(7, a, a, at(0), timeout), Grant::Token);
        assert_eq!(leases.ask(7, b, b, at(1), timeout), Grant::Wait(at(2)));
        assert_eq!(leases.ask(8, b, b, at(1), timeout), Grant::Token);
        assert_eq!(leases.ask(8, b, c, at(1), timeout), Grant::Token);
        assert_eq!(leases.redeem(7, b), None);
        // A delete: the set that comes after it is refused.
        assert_eq!(leases.void(7), [b]);
        assert_eq!(leases.redeem(7, a), None);
        // After its time the token is another's.
        assert_eq!(leases.ask(7, a, a, at(3), timeout), Grant::Token);
        assert_eq!(leases.ask(7, c, c, at(4), timeout), Grant::Wait(at(5)));
        assert!(leases.leave(7, c) && !leases.leave(7, c));
        assert_eq!(leases.ask(7, c, c, at(5), timeout), Grant::Token);
        assert_eq!((leases.redeem(7, a), leases.redeem(7, c)), (None, Some(Vec::new())));
        assert_eq!(leases.void_all(), []);
    }
}
