//! A count-min sketch of recent frequencies (Cormode, Muthukrishnan 2005), with conservative update and ageing: after ten
//! counts for each entry, all are halved (TinyLFU's reset; Einziger, Friedman, Manes 2017). Four rows of eight counters for
//! each entry keep what collides rare.

use crate::base::hash::mix;

const ROWS: usize = 4;
/// Counters in a row for each entry, at least.
const SPARSITY: usize = 8;
const SMALLEST: usize = 64 * SPARSITY;
/// Counts that are taken before all are halved, for each entry that there is room for.
const SAMPLE: usize = 10;
/// Highest count.
const MOST: u8 = 15;

/// Approximate counts by key: never too low since the last ageing, seldom too high.
#[derive(Clone, Debug, Hash)]
pub struct Sketch {
    /// Counter `c` of row `r` is at `c * ROWS + r`; the number of counters in a row is a power of two.
    counters: Vec<u8>,
    counted: u32,
}

impl Default for Sketch {
    fn default() -> Self {
        Self { counters: vec![0; SMALLEST * ROWS], counted: 0 }
    }
}

impl Sketch {
    fn width(&self) -> usize {
        self.counters.len() / ROWS
    }

    /// Makes room for `entries` different keys. Wider rows keep what was counted: a counter is copied to each of the two
    /// that its keys can now have.
    pub fn fit(&mut self, entries: usize) {
        while self.width() < entries * SPARSITY {
            self.counters.extend_from_within(..);
        }
    }

    fn places(&self, key: u32) -> [usize; ROWS] {
        let mask = self.width() as u64 - 1;
        std::array::from_fn(|row| {
            let hash = mix((u64::from(key) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ row as u64);
            (hash & mask) as usize * ROWS + row
        })
    }

    pub fn estimate(&self, key: u32) -> u8 {
        self.places(key).map(|at| self.counters[at]).into_iter().min().unwrap_or(0)
    }

    pub fn count(&mut self, key: u32) {
        let places = self.places(key);
        let least = self.estimate(key);
        if least < MOST {
            for at in places {
                // Only the lowest grow: the others are higher because of other keys.
                self.counters[at] = self.counters[at].max(least + 1);
            }
        }
        self.counted += 1;
        if self.counted as usize >= self.width() / SPARSITY * SAMPLE {
            self.counters.iter_mut().for_each(|counter| *counter /= 2);
            self.counted /= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_counts_too_little() {
        let mut sketch = Sketch::default();
        for key in 0..60 {
            (0..key % 7).for_each(|_| sketch.count(key));
        }
        sketch.fit(1_000);
        assert!((0..60).all(|key| sketch.estimate(key) >= (key % 7) as u8));
        let wrong = (0..60).filter(|key| sketch.estimate(*key) != (*key % 7) as u8).count();
        assert!(wrong < 6, "{wrong} of 60 are too high");
    }

    #[test]
    fn it_forgets_what_was() {
        let mut sketch = Sketch::default();
        (0..12).for_each(|_| sketch.count(7));
        assert_eq!(sketch.estimate(7), 12);
        // Ten counts for each of the 64 entries that there is room for are one age.
        (0..640).for_each(|n| sketch.count(1_000 + n));
        assert!(sketch.estimate(7) <= 7, "{}", sketch.estimate(7));
    }
}
