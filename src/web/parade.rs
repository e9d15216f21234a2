//! A parade: exactly so many hops on their way, made up, to measure what drawing them costs (`?dots=20000`).
//!
//! The engine runs as ever, but in place of its own hops the worker sends these: they go the same way to the page, as many new ones in
//! each frame as would come with real traffic whose hops take [`LENGTH_NS`], and the ordinary painters draw them. They are spread
//! over all links in both directions; one in a hundred is a failure.

use scalescope::base::{SimDuration, SimTime};
use scalescope::observe::{Hop, HopKind, LinkEnds, Operation};

/// What a hop takes: half a second on the screen at a twentieth of real time.
const LENGTH_NS: u64 = 25_000_000;

/// Numbers hops without end; number n departs at n ÷ count of [`LENGTH_NS`], so at any time `count` are on their way.
#[derive(Clone, Debug, Default)]
pub struct Parade {
    count: u64,
    next: u64,
}

impl Parade {
    /// How many hops shall be on their way; none is no parade.
    pub fn set_count(&mut self, count: usize) {
        if self.count != count as u64 {
            *self = Self { count: count as u64, next: 0 };
        }
    }

    pub fn is_on(&self) -> bool {
        self.count > 0
    }

    /// Begins again, for a run that does.
    pub fn restart(&mut self) {
        self.next = 0;
    }

    /// Adds the hops that depart up to `now`, since the last call.
    pub fn advance(&mut self, now: SimTime, links: &[LinkEnds], hops: &mut Vec<Hop>) {
        if self.count == 0 || links.is_empty() {
            return;
        }
        // Those that have arrived already need not be told of.
        let gone = now.as_nanos().saturating_sub(LENGTH_NS);
        self.next = self.next.max(self.number_at(gone));
        while self.departs(self.next) <= now.as_nanos() {
            hops.push(self.hop(self.next, links));
            self.next += 1;
        }
    }

    fn departs(&self, number: u64) -> u64 {
        (u128::from(number) * u128::from(LENGTH_NS) / u128::from(self.count)) as u64
    }

    fn number_at(&self, nanos: u64) -> u64 {
        (u128::from(nanos) * u128::from(self.count) / u128::from(LENGTH_NS)) as u64
    }

    fn hop(&self, number: u64, links: &[LinkEnds]) -> Hop {
        let chance = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize;
        let depart = SimTime::from_nanos(self.departs(number));
        let is_backward = chance & 1 == 1;
        let kind = match (is_backward, number % 100) {
            (true, 0..2) => HopKind::Failure,
            (true, _) => HopKind::Answer,
            (false, _) => HopKind::Request,
        };
        let operation = Operation::ALL[(chance >> 1) % 3];
        let link = links[(chance >> 4) % links.len()].index;
        Hop { link, kind, operation, is_backward, depart, arrive: depart + SimDuration::from_nanos(LENGTH_NS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> [LinkEnds; 2] {
        [0, 3].map(|index| LinkEnds { index, from: String::new(), to: String::new() })
    }

    #[test]
    fn as_many_are_on_their_way_as_were_wanted() {
        let links = links();
        let mut parade = Parade::default();
        parade.set_count(1_234);
        let mut hops = Vec::new();
        for now in (0..40).map(|frame| SimTime::from_nanos(frame * 833_333)) {
            parade.advance(now, &links, &mut hops);
            let under_way = hops.iter().filter(|hop| hop.depart <= now && hop.arrive > now).count();
            let expected = (now.as_nanos().min(LENGTH_NS) * 1_234).div_ceil(LENGTH_NS) as usize;
            assert!(under_way.abs_diff(expected) <= 1, "{under_way} at {now:?}, and not {expected}");
        }
        assert!([0, 3].iter().all(|link| hops.iter().any(|hop| hop.link == *link)));
    }

    #[test]
    fn what_was_missed_is_not_made_up_for() {
        let mut parade = Parade::default();
        parade.set_count(100);
        let mut hops = Vec::new();
        parade.advance(SimTime::from_nanos(1_000 * LENGTH_NS), &links(), &mut hops);
        assert!(hops.len().abs_diff(100) <= 1, "{}", hops.len());
    }
}
