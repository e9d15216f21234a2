//! Circuit breaker: after some failures in a row nobody calls for a while; then one call may try.

use crate::base::{SimDuration, SimTime};

/// Closed, open, or trying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Breaker {
    /// Failures in a row.
    failures: u32,
    /// Since when it has been open.
    opened: Option<SimTime>,
    /// Whether the one call that may try is under way.
    is_trying: bool,
}

impl Breaker {
    /// Whether a call may be made; if so while it is open, that call is the one that tries.
    pub fn permits(&mut self, now: SimTime, open: SimDuration) -> bool {
        let Some(opened) = self.opened else { return true };
        // A try that never ends must not close the circuit to all others for ever.
        if now < opened + open || (self.is_trying && now < opened + open + open) {
            return false;
        }
        self.opened = Some(now - open);
        self.is_trying = true;
        true
    }

    pub fn learn(&mut self, now: SimTime, is_good: bool, limit: u32) {
        if is_good {
            *self = Self::default();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= limit {
            self.opened = Some(now);
            self.is_trying = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: SimDuration = SimDuration::from_secs(5);

    fn at(s: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(s)
    }

    #[test]
    fn it_opens_tries_once_and_closes() {
        let mut breaker = Breaker::default();
        for _ in 0..2 {
            assert!(breaker.permits(at(0), OPEN));
            breaker.learn(at(0), false, 3);
        }
        assert!(breaker.permits(at(1), OPEN), "two failures are not three");
        breaker.learn(at(1), false, 3);
        assert!(!breaker.permits(at(5), OPEN));
        assert!(breaker.permits(at(6), OPEN), "one may try");
        assert!(!breaker.permits(at(7), OPEN), "but only one");
        breaker.learn(at(8), false, 3);
        assert!(!breaker.permits(at(12), OPEN), "it is open anew");
        assert!(breaker.permits(at(13), OPEN));
        breaker.learn(at(13), true, 3);
        assert!(breaker.permits(at(13), OPEN) && breaker.permits(at(13), OPEN));
    }
}
