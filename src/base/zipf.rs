//! Zipf-distributed ranks by rejection-inversion (Hörmann, Derflinger 1996): exact, for any number of keys, no table.

use super::random::Stream;

/// Draws ranks 0..n with P(rank k) ∝ 1 / (k + 1)^s. `s` = 0 is uniform.
#[derive(Clone, Debug)]
pub struct Zipf {
    n: u32,
    s: f64,
    h_x1: f64,
    h_n: f64,
    threshold: f64,
}

impl Zipf {
    /// `n` is at least 1; `s` is in 0..=10.
    pub fn new(n: u32, s: f64) -> Self {
        assert!(n > 0, "a key space needs a key");
        assert!((0.0..=10.0).contains(&s), "a Zipf exponent lies in 0..=10");
        let h_x1 = h_integral(1.5, s) - 1.0;
        let h_n = h_integral(f64::from(n) + 0.5, s);
        let threshold = 2.0 - h_integral_inverse(h_integral(2.5, s) - h(2.0, s), s);
        Self { n, s, h_x1, h_n, threshold }
    }

    pub fn draw(&self, stream: &mut Stream) -> u32 {
        if self.s == 0.0 {
            return stream.below(u64::from(self.n)) as u32;
        }
        loop {
            let u = self.h_n + stream.unit() * (self.h_x1 - self.h_n);
            let x = h_integral_inverse(u, self.s);
            let k = (x + 0.5).floor().clamp(1.0, f64::from(self.n));
            if k - x <= self.threshold || u >= h_integral(k + 0.5, self.s) - h(k, self.s) {
                return k as u32 - 1;
            }
        }
    }
}

/// x^−s.
fn h(x: f64, s: f64) -> f64 {
    libm::exp(-s * libm::log(x))
}

/// ∫ x^−s dx, written so that it stays exact as s → 1.
fn h_integral(x: f64, s: f64) -> f64 {
    let log_x = libm::log(x);
    expm1_over((1.0 - s) * log_x) * log_x
}

fn h_integral_inverse(x: f64, s: f64) -> f64 {
    let t = (x * (1.0 - s)).max(-1.0);
    libm::exp(log1p_over(t) * x)
}

/// ln(1 + x) / x.
fn log1p_over(x: f64) -> f64 {
    if x.abs() > 1e-8 { libm::log1p(x) / x } else { 1.0 - x * (0.5 - x * (1.0 / 3.0)) }
}

/// (e^x − 1) / x.
fn expm1_over(x: f64) -> f64 {
    if x.abs() > 1e-8 { libm::expm1(x) / x } else { 1.0 + x * 0.5 * (1.0 + x * (1.0 / 3.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_follow_the_law() {
        for (n, s) in [(10, 0.0), (10, 0.7), (100, 1.0), (1000, 1.2), (1, 1.0), (2, 3.0)] {
            let zipf = Zipf::new(n, s);
            let mut stream = Stream::seeded(11);
            let draws = 200_000;
            let mut counts = vec![0_u32; n as usize];
            for _ in 0..draws {
                counts[zipf.draw(&mut stream) as usize] += 1;
            }
            let norm: f64 = (1..=n).map(|k| libm::pow(f64::from(k), -s)).sum();
            for k in 1..=n.min(5) {
                let expected = libm::pow(f64::from(k), -s) / norm * f64::from(draws);
                let got = f64::from(counts[k as usize - 1]);
                assert!(
                    (got - expected).abs() < 5.0 * expected.sqrt() + 1.0,
                    "n {n}, s {s}, rank {k}: {got} for {expected}"
                );
            }
        }
    }

    #[test]
    fn a_huge_key_space_needs_no_memory() {
        let zipf = Zipf::new(u32::MAX, 1.0);
        let mut stream = Stream::seeded(1);
        assert!((0..1000).any(|_| zipf.draw(&mut stream) > 1_000_000));
    }
}
