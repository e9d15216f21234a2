//! A layout: which shard a key belongs to.
//!
//! *Hash*: the key's hash modulo the number of shards. *Range*: by split points. *Directory*: by a table; what it does not list is
//! hashed over the shards that it does not name, so that a shard can be given to a few keys alone. *Consistent hashing*: on a
//! ring ([`Ring`], Karger et al. 1997). Shards are named by clusters, whose names the ring's points follow from, so a failover
//! changes nothing. Sources: Vitess (vindexes: hash, lookup), `MongoDB` (hashed and ranged sharding, zones), Twemproxy (modula,
//! ketama).

use crate::base::KeyTable;
use crate::base::hash::Derived;
use crate::base::ring::{Member, Ring, place};
use crate::kernel::ClusterIx;
use crate::model::kinds::{self, ShardStrategy};

/// Keys to shards.
#[derive(Clone, Debug, Default, Hash)]
pub struct Layout {
    rule: Rule,
    /// The shards, in the order in which they are numbered; of a directory, those for the keys that it does not list.
    shards: Vec<ClusterIx>,
    ring: Derived<Ring>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Rule {
    #[default]
    Modulo,
    /// First keys of all shards but the first. Some were computed, not written.
    Splits { points: Vec<u32>, is_even: bool },
    /// First key, last key, shard.
    Table(Vec<(u32, u32, ClusterIx)>),
    /// Points of each shard on the ring.
    Ring(u32),
}

/// A shard that keys may belong to.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub cluster: ClusterIx,
    /// What its points on a ring follow from.
    pub name: String,
}

impl Layout {
    /// The layout that `params` ask for. `of_table` tells which shard a database's id names; `even` makes split points for so many
    /// shards. Where nothing but these would change, `old` keeps its own.
    pub fn new(
        params: &kinds::ShardRouter,
        shards: &[Candidate],
        of_table: impl Fn(&str) -> Option<ClusterIx>,
        even: impl Fn(usize) -> Vec<u32>,
        old: &Self,
        salt: u64,
    ) -> Self {
        let mut clusters: Vec<ClusterIx> = shards.iter().map(|shard| shard.cluster).collect();
        let mut ring = Ring::default();
        let rule = match params.strategy {
            ShardStrategy::Hash => Rule::Modulo,
            ShardStrategy::Range if params.split_points.is_empty() => match &old.rule {
                Rule::Splits { is_even: true, .. } if old.shards == clusters => old.rule.clone(),
                _ => Rule::Splits { points: even(clusters.len()), is_even: true },
            },
            ShardStrategy::Range => {
                let points = params.split_points.iter().map(|range| range.first).collect();
                Rule::Splits { points, is_even: false }
            }
            ShardStrategy::Directory => {
                let table = table(&params.directory, of_table);
                let is_named = |cluster: &ClusterIx| table.iter().any(|(_, _, named)| named == cluster);
                if !clusters.iter().all(is_named) {
                    clusters.retain(|cluster| !is_named(cluster));
                }
                Rule::Table(table)
            }
            ShardStrategy::ConsistentHash => {
                let points = params.virtual_nodes;
                ring = Ring::new(
                    shards.iter().map(|shard| Member { number: shard.cluster.0, id: &shard.name, points }),
                    salt,
                );
                Rule::Ring(points)
            }
        };
        Self { rule, shards: clusters, ring: Derived(ring) }
    }

    /// Whether every key has the same home by both.
    pub fn is_same(&self, other: &Self) -> bool {
        self.rule == other.rule && self.shards == other.shards
    }

    /// The shard that `key` belongs to.
    pub fn owner(&self, key: u32) -> Option<ClusterIx> {
        match &self.rule {
            Rule::Modulo => self.by_hash(key),
            Rule::Splits { points, .. } => {
                let number = points.partition_point(|point| *point <= key);
                self.shards.get(number).or(self.shards.last()).copied()
            }
            Rule::Table(table) => {
                let at = table.partition_point(|(_, last, _)| *last < key);
                let listed = table.get(at).filter(|(first, ..)| *first <= key);
                listed.map_or_else(|| self.by_hash(key), |(_, _, cluster)| Some(*cluster))
            }
            Rule::Ring(_) => self.ring.owner(place(key)).map(ClusterIx),
        }
    }

    /// The owner of `key` and further shards, up to `count` different ones.
    pub fn owners(&self, key: u32, count: usize) -> Vec<ClusterIx> {
        if matches!(self.rule, Rule::Ring(_)) {
            return self.ring.owners(place(key), count).into_iter().map(ClusterIx).collect();
        }
        let Some(owner) = self.owner(key) else { return Vec::new() };
        let first = self.shards.iter().position(|shard| *shard == owner).unwrap_or(0);
        let others = self.shards[first..].iter().chain(&self.shards[..first]).filter(|shard| **shard != owner);
        std::iter::once(owner).chain(others.copied()).take(count).collect()
    }

    fn by_hash(&self, key: u32) -> Option<ClusterIx> {
        let number = place(key).checked_rem(self.shards.len() as u64)?;
        Some(self.shards[number as usize])
    }
}

/// The entries of a directory whose shards are there.
fn table(directory: &KeyTable, of_table: impl Fn(&str) -> Option<ClusterIx>) -> Vec<(u32, u32, ClusterIx)> {
    directory.iter().filter_map(|range| Some((range.first, range.last, of_table(&range.owner)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(strategy: ShardStrategy, count: u16, change: impl Fn(&mut kinds::ShardRouter)) -> Layout {
        let mut params = kinds::ShardRouter { strategy, ..kinds::ShardRouter::default() };
        change(&mut params);
        let shards: Vec<Candidate> =
            (0..count).map(|n| Candidate { cluster: ClusterIx(n), name: format!("db-{n}") }).collect();
        let even = |count: usize| (1..count as u32).map(|n| n * 1_000 / count as u32).collect();
        let find = |id: &str| shards.iter().find(|shard| shard.name == id).map(|shard| shard.cluster);
        Layout::new(&params, &shards, find, even, &Layout::default(), 7)
    }

    /// Share of ten thousand keys with another owner.
    fn moved(before: &Layout, after: &Layout) -> f64 {
        (0..10_000).filter(|key| before.owner(*key) != after.owner(*key)).count() as f64 / 10_000.0
    }

    #[test]
    fn one_more_shard_moves_most_keys_by_modulo_and_few_on_a_ring() {
        let [modulo, ring] = [ShardStrategy::Hash, ShardStrategy::ConsistentHash]
            .map(|strategy| moved(&layout(strategy, 4, |_| ()), &layout(strategy, 5, |_| ())));
        assert!((modulo - 0.8).abs() < 0.02, "all but one in five: {modulo}");
        assert!((ring - 0.2).abs() < 0.05, "one in five: {ring}");
    }

    #[test]
    fn split_points_keep_neighbours_together() {
        let even = layout(ShardStrategy::Range, 4, |_| ());
        assert_eq!([0, 249, 250, 999, 5_000].map(|key| even.owner(key).unwrap().0), [0, 0, 1, 3, 3]);
        let written = layout(ShardStrategy::Range, 3, |params| params.split_points = "1, 500, 600".parse().unwrap());
        assert_eq!([0, 1, 499, 500, 700].map(|key| written.owner(key).unwrap().0), [0, 1, 1, 2, 2]);
    }

    #[test]
    fn a_directory_gives_a_shard_to_a_few_keys_alone() {
        let change = |params: &mut kinds::ShardRouter| params.directory = "0: db-4, 7-9: db-4".parse().unwrap();
        let (before, after) = (layout(ShardStrategy::Hash, 4, |_| ()), layout(ShardStrategy::Directory, 5, change));
        let others: Vec<u32> = (0..1_000).filter(|key| before.owner(*key) != after.owner(*key)).collect();
        assert_eq!(others, [0, 7, 8, 9]);
        assert_eq!(after.owner(8), Some(ClusterIx(4)));
        assert_eq!(after.owners(8, 9).len(), 5);
    }

    #[test]
    fn owners_are_different_and_the_first_owns() {
        for strategy in [ShardStrategy::Hash, ShardStrategy::Range, ShardStrategy::ConsistentHash] {
            let layout = layout(strategy, 4, |_| ());
            for key in 0..100 {
                let owners = layout.owners(key, 3);
                assert_eq!((owners.len(), Some(owners[0])), (3, layout.owner(key)));
                assert!(owners[0] != owners[1] && owners[1] != owners[2] && owners[0] != owners[2]);
            }
            assert_eq!(Layout::default().owner(3), None);
        }
    }
}
