//! Load shedding by controlled delay (`CoDel`, RFC 8289), for a queue of requests instead of packets.
//!
//! A queue that absorbs a burst is empty again soon; one in which everybody has waited longer than a target for a whole interval
//! will stay so. Then the request at the head fails, and further ones at times that lie closer and closer together, by the square
//! root of their number, until somebody has waited less. The rule of the RFC that a queue of less than one packet is left alone
//! becomes: whoever leaves nobody behind is served. Unlike the senders of packets, users do not slow down when they are shed: the
//! wait swings about the target, and the wider the greater the overload and the longer the interval.
//! Left out: the packets' sizes, marking instead of dropping.

use crate::base::{SimDuration, SimTime};

/// What the controller knows of the queue.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub struct Codel {
    /// When all will have waited longer than the target for an interval.
    above_until: Option<SimTime>,
    is_shedding: bool,
    /// When the next request is to be shed.
    next: SimTime,
    /// Requests shed since it began to shed; after a short pause it goes on from where it was.
    count: u32,
    /// What the count was when it last began.
    first_count: u32,
}

impl Codel {
    /// Whether a request that is taken from the head of the queue, after it has `waited`, is to fail.
    pub fn sheds(
        &mut self,
        now: SimTime,
        waited: SimDuration,
        is_alone: bool,
        target: SimDuration,
        interval: SimDuration,
    ) -> bool {
        if waited < target || is_alone {
            self.above_until = None;
            self.is_shedding = false;
            return false;
        }
        let until = *self.above_until.get_or_insert(now + interval);
        if now < until {
            self.is_shedding = false;
            return false;
        }
        if self.is_shedding {
            if now < self.next {
                return false;
            }
            self.count = self.count.saturating_add(1);
            self.next += self.pause(interval);
            return true;
        }
        self.is_shedding = true;
        let shed = self.count - self.first_count;
        let is_recent = now.since(self.next) < interval.times(16);
        self.count = if shed > 1 && is_recent { shed } else { 1 };
        self.first_count = self.count;
        self.next = now + self.pause(interval);
        true
    }

    /// Time between requests that are shed, after so many.
    fn pause(&self, interval: SimDuration) -> SimDuration {
        SimDuration::from_nanos((interval.as_nanos() as f64 / f64::from(self.count).sqrt()) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> SimDuration = SimDuration::from_millis;

    /// The milliseconds, from `from` to `until`, at which a request that has waited for `waited_ms` is shed.
    fn shed(codel: &mut Codel, from: u64, until: u64, waited_ms: u64) -> Vec<u64> {
        let at = |ms| SimTime::ZERO + MS(ms);
        (from..until).filter(|ms| codel.sheds(at(*ms), MS(waited_ms), false, MS(5), MS(100))).collect()
    }

    #[test]
    fn it_sheds_at_a_rate_that_grows_with_the_square_root() {
        let mut codel = Codel::default();
        assert!(shed(&mut codel, 0, 50, 4).is_empty(), "below the target");
        assert!(shed(&mut codel, 50, 149, 9).is_empty(), "not yet for an interval");
        // From the first at 150 ms: after 100, then 100/√2 = 70.7, 57.7, 50, 44.7 ms, on ticks of a millisecond.
        assert_eq!(shed(&mut codel, 149, 500, 9), [150, 250, 321, 379, 429, 474]);
    }

    #[test]
    fn it_stops_at_once_and_goes_on_from_where_it_was() {
        let mut codel = Codel::default();
        assert_eq!(shed(&mut codel, 0, 330, 9), [100, 200, 271, 329]);
        assert!(shed(&mut codel, 330, 332, 1).is_empty(), "one has waited less");
        // It has shed four, three of them since it began: it begins anew after an interval, with pauses of 100/√3, then 100/√4.
        assert_eq!(shed(&mut codel, 332, 550, 9), [432, 490, 540]);
        // Long after, it begins from the start.
        assert!(shed(&mut codel, 550, 551, 0).is_empty());
        assert_eq!(shed(&mut codel, 10_000, 10_201, 9), [10_100, 10_200]);
    }

    #[test]
    fn whoever_leaves_nobody_behind_is_served() {
        let mut codel = Codel::default();
        let at = |ms| SimTime::ZERO + MS(ms);
        assert!((0..1_000).all(|ms| !codel.sheds(at(ms), MS(50), true, MS(5), MS(100))));
    }
}
