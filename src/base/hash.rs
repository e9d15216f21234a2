//! A hasher that gives the same value on every platform.
//!
//! Only for fingerprints of state and for naming random streams, never against an adversary. Words are mixed by
//! the finaliser of `SplitMix64` (Steele, Lea, Flood 2014), whose constants are David Stafford's variant 13.

use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// Mixes 64 bits so that every input bit changes about half the output bits. A bijection.
pub const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A fingerprint under construction. `usize` counts as 64 bits, so 32-bit targets agree with 64-bit ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0x5ca1_e5c0_9e00_0001)
    }
}

impl Fingerprint {
    /// Takes two words at once: for what happens with every event.
    #[inline]
    pub fn note(&mut self, first: u64, second: u64) {
        let both = first ^ second.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mix(self.0.rotate_left(5) ^ both).wrapping_add(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        mix(self.0)
    }

    #[inline(never)]
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
        self.write_u64(bytes.len() as u64);
    }

    /// Not written out at each of the thousand places where a part of the state is fingerprinted.
    #[inline(never)]
    fn write_u64(&mut self, word: u64) {
        self.0 = mix(self.0.rotate_left(5) ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as i64 as u64);
    }
}

/// A value that follows from the document, and from what is fingerprinted beside it, and so needs no place in a fingerprint of the state.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Derived<T>(pub T);

impl<T> Hash for Derived<T> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl<T> Deref for Derived<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A number that is part of the state, fingerprinted by its bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bits(pub f64);

impl Hash for Bits {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.to_bits());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_length_matter() {
        let of = |values: &[u32]| {
            let mut hasher = Fingerprint::default();
            values.hash(&mut hasher);
            hasher.finish()
        };
        assert_ne!(of(&[1, 2]), of(&[2, 1]));
        assert_ne!(of(&[0]), of(&[0, 0]));
    }

    #[test]
    fn the_fingerprint_is_pinned() {
        let mut hasher = Fingerprint::default();
        (1_u8, 2_usize, "three").hash(&mut hasher);
        assert_eq!(hasher.finish(), 0x4dcf_818a_15f0_fe6b);
    }
}
