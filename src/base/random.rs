//! Random streams: xoshiro256++ (Blackman, Vigna 2019), each seeded by its name.
//!
//! A stream belongs to (seed, entity, purpose): drawing from one never disturbs another, so what users do stays
//! the same whatever the system does. Integer surface first; floats are derived with exact operations and `libm`.

use std::hash::{Hash, Hasher};

use super::hash::{Fingerprint, mix};
use super::time::SimDuration;

/// One stream of random numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    state: [u64; 4],
}

impl Stream {
    /// The stream of `entity` for `purpose` under `seed`.
    pub fn named(seed: u64, entity: &str, purpose: &str) -> Self {
        let mut name = Fingerprint::default();
        (seed, entity, purpose).hash(&mut name);
        Self::seeded(name.finish())
    }

    /// Fills the state from `seed` by `SplitMix64`, as the authors of xoshiro recommend.
    pub fn seeded(seed: u64) -> Self {
        let mut x = seed;
        let state = std::array::from_fn(|_| {
            x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
            mix(x)
        });
        Self { state }
    }

    /// 64 uniformly random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform in `0..bound` without bias (Lemire 2019). `bound` must not be zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "below() needs a positive bound");
        let mut product = u128::from(self.next_u64()) * u128::from(bound);
        if (product as u64) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u64) < threshold {
                product = u128::from(self.next_u64()) * u128::from(bound);
            }
        }
        (product >> 64) as u64
    }

    /// Uniform in [0, 1), 53 bits.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Exponential with mean 1, by inversion: −ln(1 − u).
    pub fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.unit())
    }

    /// Exponential with the given mean.
    pub fn exponential_duration(&mut self, mean: SimDuration) -> SimDuration {
        SimDuration::from_secs_f64(self.exponential() * mean.as_secs_f64())
    }

    /// Standard normal, by the polar method (Marsaglia 1964); its second value is dropped.
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let s = x * x + y * y;
            if s > 0.0 && s < 1.0 {
                return x * (-2.0 * libm::log(s) / s).sqrt();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_xoshiro256_plus_plus() {
        // First values of the reference implementation from state {1, 2, 3, 4}.
        let mut stream = Stream { state: [1, 2, 3, 4] };
        let expected = [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386];
        assert_eq!(expected.map(|_| stream.next_u64()), expected);
    }

    #[test]
    fn streams_of_other_names_differ() {
        let first = |seed, entity, purpose| Stream::named(seed, entity, purpose).next_u64();
        let base = first(1, "users", "keys");
        assert_eq!(base, first(1, "users", "keys"));
        assert_ne!(base, first(2, "users", "keys"));
        assert_ne!(base, first(1, "users", "arrivals"));
        assert_ne!(base, first(1, "user", "skeys"));
    }

    #[test]
    fn moments_are_right() {
        let mut stream = Stream::seeded(7);
        let n = 200_000;
        let mut sums = [0.0; 4];
        for _ in 0..n {
            let normal = stream.normal();
            let terms = [stream.unit(), stream.exponential(), normal, normal * normal];
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum += term;
            }
        }
        for (sum, mean) in sums.into_iter().zip([0.5, 1.0, 0.0, 1.0]) {
            assert!((sum / f64::from(n) - mean).abs() < 0.01, "{sum} is not {n} × {mean}");
        }
    }

    #[test]
    fn below_covers_its_range_evenly() {
        let mut stream = Stream::seeded(3);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[stream.below(7) as usize] += 1;
        }
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 500), "{counts:?}");
    }
}
