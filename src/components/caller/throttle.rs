//! Adaptive throttling by the client (*Site Reliability Engineering*, ch. 21, "Client-side throttling").
//!
//! It counts the calls that were wanted and those that were accepted over the last two minutes, and lets calls fail at once with
//! probability max(0, (wanted − K × accepted) / (wanted + 1)). The window slides in steps of an eighth.

use crate::base::{SimDuration, SimTime};

const PARTS: usize = 8;
const PART: SimDuration = SimDuration::from_secs(15);

/// Counts of the last two minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Throttle {
    parts: [Part; PARTS],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Part {
    number: u64,
    wanted: u64,
    accepted: u64,
}

impl Throttle {
    /// A call is wanted; the probability with which it has to fail at once.
    pub fn offered(&mut self, now: SimTime, k: f64) -> f64 {
        let p = self.reject_probability(now, k);
        self.part(now).wanted += 1;
        p
    }

    pub fn accepted(&mut self, now: SimTime) {
        self.part(now).accepted += 1;
    }

    pub fn reject_probability(&self, now: SimTime, k: f64) -> f64 {
        let number = number_of(now);
        let recent = self.parts.iter().filter(|part| part.number + PARTS as u64 > number);
        let (wanted, accepted) = recent.fold((0, 0), |sum, part| (sum.0 + part.wanted, sum.1 + part.accepted));
        ((wanted as f64 - k * accepted as f64) / (wanted as f64 + 1.0)).max(0.0)
    }

    fn part(&mut self, now: SimTime) -> &mut Part {
        let number = number_of(now);
        let part = &mut self.parts[(number % PARTS as u64) as usize];
        if part.number != number {
            *part = Part { number, ..Part::default() };
        }
        part
    }
}

fn number_of(now: SimTime) -> u64 {
    now.as_nanos() / PART.as_nanos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(s)
    }

    #[test]
    fn it_rejects_what_the_servers_do_not_accept() {
        let mut throttle = Throttle::default();
        for i in 0..100 {
            throttle.offered(at(i), 2.0);
            if i < 40 {
                throttle.accepted(at(i));
            }
        }
        // (100 − 2 × 40) / 101.
        assert!((throttle.reject_probability(at(100), 2.0) - 20.0 / 101.0).abs() < 1e-12);
        assert!(throttle.reject_probability(at(300), 2.0) == 0.0, "after two minutes all is forgotten");
    }
}
