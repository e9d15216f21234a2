//! Consistent hashing: a ring of the 64-bit hash space on which each member stands at many points (Karger et al. 1997).
//!
//! A key belongs to the member whose point comes next on the ring. A member's points follow from its id alone, so the ring does
//! not depend on the order of members, and when one comes or goes only the keys of its own arcs move. With `v` points for
//! each of `n` members the arcs are uniform spacings: the members' shares have the coefficient of variation
//! √((n − 1) / (n v + 1)). A guide table leads from the first bits of a hash to the points near it (Chen, Asau 1974), so that finding
//! an owner takes the same few steps on any ring. Left out: bounded loads.

use std::hash::{Hash, Hasher};

use super::hash::{Fingerprint, mix};

/// Where `key` lies in the hash space: keys are small numbers, and have to be mixed.
pub const fn place(key: u32) -> u64 {
    mix(key as u64 + 1)
}

/// One who can own keys.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// What the ring calls it in its answers.
    pub number: u16,
    /// What its points follow from.
    pub id: &'a str,
    /// Virtual nodes: the more, the larger and the more even its share. At least one is taken.
    pub points: u32,
}

/// Who owns which part of the hash space.
#[derive(Clone, Debug, Default)]
pub struct Ring {
    /// In ascending order.
    positions: Vec<u64>,
    /// Who stands at each of them.
    members: Vec<u16>,
    /// For each value of the first bits of a hash, the first position that has these bits, or larger ones.
    guide: Vec<u32>,
    /// How many bits a hash has beside those.
    rest: u32,
}

impl Ring {
    /// The ring of `members`. Another `salt` throws all points anew.
    pub fn new<'a>(members: impl IntoIterator<Item = Member<'a>>, salt: u64) -> Self {
        let mut points = Vec::new();
        for member in members {
            let mut name = Fingerprint::default();
            (salt, member.id).hash(&mut name);
            let name = name.finish();
            for point in 0..member.points.max(1) {
                let position = mix(name.wrapping_add(mix(u64::from(point) + 1)));
                // Should two points ever fall together, the names decide, never the order.
                points.push((position, name, member.number));
            }
        }
        points.sort_unstable();
        let positions: Vec<u64> = points.iter().map(|(position, ..)| *position).collect();
        let bits = positions.len().next_power_of_two().ilog2().max(1);
        let rest = u64::BITS - bits;
        let first_from = |start: u64| positions.partition_point(|position| *position < start) as u32;
        let guide = (0..1_u64 << bits).map(|first_bits| first_from(first_bits << rest)).collect();
        let members = points.into_iter().map(|(_, _, member)| member).collect();
        Self { positions, members, guide, rest }
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Whom the key with this hash belongs to; the hash must be well mixed.
    pub fn owner(&self, hash: u64) -> Option<u16> {
        self.members.get(self.first(hash)).or(self.members.first()).copied()
    }

    /// The members at the next points, each as often as it comes: the first is the owner, the next other one its successor.
    pub fn walk(&self, hash: u64) -> impl Iterator<Item = u16> {
        let (before, after) = self.members.split_at(self.first(hash));
        after.iter().chain(before).copied()
    }

    /// The first point from `hash` on; beyond the last, if there is none.
    fn first(&self, hash: u64) -> usize {
        let Some(first) = self.guide.get((hash.unbounded_shr(self.rest)) as usize) else { return 0 };
        let mut first = *first as usize;
        while self.positions.get(first).is_some_and(|position| *position < hash) {
            first += 1;
        }
        first
    }

    /// The owner and its successors: up to `count` different members.
    pub fn owners(&self, hash: u64, count: usize) -> Vec<u16> {
        let mut owners = Vec::with_capacity(count);
        for member in self.walk(hash) {
            if owners.len() == count {
                break;
            }
            if !owners.contains(&member) {
                owners.push(member);
            }
        }
        owners
    }

    /// Each member's share of the hash space, 0 to 1, by number.
    pub fn shares(&self) -> Vec<(u16, f64)> {
        let mut sums: Vec<(u16, u128)> = Vec::new();
        // The first point owns what lies before it and what lies after the last.
        let mut from = self.positions.last().copied().unwrap_or_default();
        for (position, member) in self.positions.iter().zip(&self.members) {
            let arc = match position.wrapping_sub(from) {
                // A single point owns the whole ring; of two that fall together the second owns nothing.
                0 if self.positions.len() == 1 => 1 << 64,
                arc => u128::from(arc),
            };
            from = *position;
            match sums.iter_mut().find(|(other, _)| other == member) {
                Some((_, sum)) => *sum += arc,
                None => sums.push((*member, arc)),
            }
        }
        sums.sort_unstable();
        sums.into_iter().map(|(member, sum)| (member, sum as f64 / 18_446_744_073_709_551_616.0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(members: u16, points: u32, salt: u64) -> Ring {
        let ids: Vec<String> = (0..members).map(|number| format!("node-{number}")).collect();
        let members = ids.iter().enumerate().map(|(number, id)| Member { number: number as u16, id, points });
        Ring::new(members, salt)
    }

    fn coefficient_of_variation(shares: &[f64]) -> f64 {
        let n = shares.len() as f64;
        let mean = shares.iter().sum::<f64>() / n;
        (shares.iter().map(|share| (share - mean) * (share - mean)).sum::<f64>() / n).sqrt() / mean
    }

    #[test]
    fn shares_vary_as_uniform_spacings_do() {
        for (n, v) in [(10_u16, 1_u32), (10, 10), (10, 100), (5, 200), (3, 40)] {
            let shares = |salt| ring(n, v, salt).shares().into_iter().map(|(_, share)| share).collect::<Vec<_>>();
            let all: Vec<f64> = (0..200).flat_map(shares).collect();
            let total: f64 = all.iter().sum();
            assert!((total - 200.0).abs() < 1e-9, "all shares of a ring are one: {total}");
            let (n, v) = (f64::from(n), f64::from(v));
            let expected = ((n - 1.0) / (n * v + 1.0)).sqrt();
            let cv = coefficient_of_variation(&all);
            assert!((cv / expected - 1.0).abs() < 0.12, "{n} members, {v} points: {cv} for {expected}");
        }
    }

    #[test]
    fn shares_are_what_keys_find() {
        let ring = ring(4, 20, 3);
        let mut counts = [0_u32; 4];
        (0..100_000_u64).for_each(|key| counts[usize::from(ring.owner(mix(key)).unwrap())] += 1);
        for (member, share) in ring.shares() {
            let found = f64::from(counts[usize::from(member)]) / 100_000.0;
            assert!((found - share).abs() < 0.006, "{found} for {share}");
        }
    }

    #[test]
    fn only_the_keys_of_the_newcomer_move() {
        let mut moved = 0;
        for salt in 0..50 {
            let (before, after) = (ring(10, 20, salt), ring(11, 20, salt));
            for key in 0..1_000 {
                let hash = mix(key);
                if before.owner(hash) != after.owner(hash) {
                    assert_eq!(after.owner(hash), Some(10), "no key moves between those that stay");
                    moved += 1;
                }
            }
        }
        let share = f64::from(moved) / 50_000.0;
        assert!((share * 11.0 - 1.0).abs() < 0.1, "{share} of the keys moved");
    }

    #[test]
    fn the_order_of_members_does_not_matter_and_points_weigh() {
        let members = ["a", "b", "c"].map(|id| Member { number: u16::from(id.as_bytes()[0]), id, points: 50 });
        let (one, other) = (Ring::new(members, 1), Ring::new(members.into_iter().rev(), 1));
        assert!((0..1_000).all(|key| one.owner(mix(key)) == other.owner(mix(key))));
        let heavy = members.map(|member| Member { points: if member.id == "a" { 3_000 } else { 1_000 }, ..member });
        let share = Ring::new(heavy, 1).shares()[0].1;
        assert!((share - 0.6).abs() < 0.03, "three parts of five: {share}");
    }

    #[test]
    fn successors_are_different_and_few_members_are_enough() {
        let ring = ring(5, 10, 0);
        for key in 0..100 {
            let owners = ring.owners(mix(key), 3);
            assert_eq!(owners.len(), 3);
            assert_eq!(Some(owners[0]), ring.owner(mix(key)));
            assert!(owners[0] != owners[1] && owners[1] != owners[2] && owners[0] != owners[2]);
        }
        assert_eq!(ring.owners(7, 9).len(), 5);
        assert!(Ring::default().owner(7).is_none() && Ring::default().owners(7, 2).is_empty());
        let alone = Ring::new([Member { number: 3, id: "one", points: 1 }], 0);
        assert_eq!(alone.shares(), [(3, 1.0)]);
    }
}
