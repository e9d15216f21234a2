//! Rate limit: a token bucket, kept as the time at which it will be full again.
//!
//! The generic cell rate algorithm (ITU-T I.371, "virtual scheduling"), which is the token bucket without a clock that drips: a
//! request is taken if the bucket would not be more than a burst behind its rate. All clients share the bucket.
//! Left out: limits for each client, several rates at once.

use crate::base::{SimDuration, SimTime};

/// A bucket, full at first.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub struct RateLimit {
    full_at: SimTime,
    /// Time in which one request's worth comes in, at the last request.
    spacing: SimDuration,
}

impl RateLimit {
    /// Whether a request that comes now is within the limit, and so takes a token; `rate_per_s` zero means that there is none.
    pub fn admits(&mut self, now: SimTime, rate_per_s: f64, burst: u32) -> bool {
        if rate_per_s <= 0.0 {
            return true;
        }
        let spacing = SimDuration::from_secs_f64(1.0 / rate_per_s);
        let burst = spacing.times(u64::from(burst));
        if spacing != self.spacing {
            // What is missing from the bucket is so many requests, not so much time.
            let missing = self.full_at.since(now).as_secs_f64() / self.spacing.as_secs_f64().max(1e-9);
            self.full_at = now + SimDuration::from_secs_f64(missing * spacing.as_secs_f64());
            self.spacing = spacing;
        }
        // No more can be missing than there is room for.
        let full_at = self.full_at.max(now).min(now + burst) + spacing;
        let is_within = full_at.since(now) <= burst;
        if is_within {
            self.full_at = full_at;
        }
        is_within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(limit: &mut RateLimit, at_ms: &[u64], rate_per_s: f64, burst: u32) -> Vec<bool> {
        let at = |ms: &u64| SimTime::ZERO + SimDuration::from_millis(*ms);
        at_ms.iter().map(|ms| limit.admits(at(ms), rate_per_s, burst)).collect()
    }

    #[test]
    fn a_burst_empties_it_and_time_fills_it() {
        // Ten a second, three at once: the fourth has to wait for a tenth of a second, and so has the fifth after it.
        let mut limit = RateLimit::default();
        let taken = admitted(&mut limit, &[1_000, 1_000, 1_000, 1_000, 1_099, 1_100, 1_150, 1_200], 10.0, 3);
        assert_eq!(taken, [true, true, true, false, false, true, false, true]);
        // After a long pause the bucket is full, not fuller.
        let taken = admitted(&mut limit, &[9_000, 9_000, 9_000, 9_000], 10.0, 3);
        assert_eq!(taken, [true, true, true, false]);
    }

    #[test]
    fn without_a_rate_or_with_an_absurd_one_nothing_breaks() {
        let mut limit = RateLimit::default();
        assert_eq!(admitted(&mut limit, &[5; 4], 0.0, 1), [true; 4]);
        assert_eq!(admitted(&mut limit, &[5, 5], 1e-12, u32::MAX), [true, true]);
        assert_eq!(admitted(&mut RateLimit::default(), &[5, 6], 1e12, 1), [true, true]);
    }
}
