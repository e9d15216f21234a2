//! The data set: which records there are, how large each is, and to which others it is related.
//!
//! Nothing of it is stored: it all follows from a record's key and from what the document says of the users' records, so users,
//! servers and stores agree without telling each other. Records lie in the order of their keys. Relations are scattered: the
//! i-th relation of record x among K is `a·x + b(i) mod K` with `a` prime to K, so they lead to other pages, can be followed
//! backwards, and hardly ever lead to the same place twice.
//! Left out: records that come and go, relations of different numbers, hubs that everybody is related to.

use std::ops::RangeInclusive;

use crate::base::Bytes;
use crate::base::hash::mix;
use crate::kernel::{Call, Verb};
use crate::model::kinds;
use crate::model::{Document, NodeKind};
use crate::observe::Operation;

/// Keys from here on are those of sessions, not of records.
pub const SESSIONS: u32 = 1 << 31;
/// Most records that one operation touches.
pub const MOST_TOUCHED: u32 = 10_000;
/// Bytes of a page of a database (`InnoDB`'s default).
pub const PAGE: u64 = 16_384;
/// Candidates for `a`: their product is larger than any number of records, so one of them is prime to it.
const FACTORS: [u64; 3] = [7_919, 7_907, 7_901];

/// All records, in the ranges of the populations that use them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataSet(Vec<Records>);

/// A range of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Records {
    first: u32,
    count: u32,
    mean_size: Bytes,
    /// How many others each is joined with, and how many each hop of a traversal leads to.
    joined: u16,
    relations: u16,
    factor: u64,
    /// Pages of all records before these.
    first_page: u64,
}

impl DataSet {
    pub fn of(document: &Document) -> Self {
        let mut all: Vec<Records> = Vec::new();
        for node in &document.nodes {
            let NodeKind::Users(users) = &node.kind else { continue };
            let records = Records::of(users);
            if !all.contains(&records) {
                all.push(records);
            }
        }
        let mut pages = 0;
        for records in &mut all {
            records.first_page = pages;
            pages += records.bytes(true).div_ceil(PAGE);
        }
        Self(all)
    }

    /// The range of `key`; one that nobody is said to use is alone.
    pub fn around(&self, key: u32) -> Records {
        let own = self.0.iter().find(|records| records.contains(key)).copied();
        own.unwrap_or_else(|| Records::alone(key))
    }

    /// Bytes of all records; if they are kept with copies of those that they are related to, with these.
    pub fn bytes(&self, is_denormalised: bool) -> u64 {
        self.0.iter().map(|records| records.bytes(is_denormalised)).sum()
    }

    /// The pages that `key` lies in.
    pub fn pages(&self, key: u32, is_denormalised: bool) -> RangeInclusive<u32> {
        let records = self.around(key);
        let size = records.stored_size(is_denormalised);
        let start = u64::from(key - records.first) * size;
        let page = |at: u64| (records.first_page + at / PAGE) as u32;
        page(start)..=page(start + size - 1)
    }
}

impl Records {
    /// The records that a population uses.
    pub fn of(users: &kinds::Users) -> Self {
        let count = users.keys.max(1);
        let is_prime_to = |factor: &u64| !u64::from(count).is_multiple_of(*factor);
        Self {
            first: users.first_key,
            count,
            mean_size: users.value_size,
            joined: users.query_records as u16,
            relations: users.relations as u16,
            first_page: 0,
            factor: FACTORS.into_iter().find(is_prime_to).unwrap_or(1),
        }
    }

    /// A record that belongs to none of the populations, such as a session; its page is far behind all others.
    fn alone(key: u32) -> Self {
        let first_page = (1 << 31) + u64::from(key % (1 << 20)) / 8;
        Self { first: key, count: 1, mean_size: Bytes(1), joined: 0, relations: 0, factor: 1, first_page }
    }

    fn bytes(&self, is_denormalised: bool) -> u64 {
        u64::from(self.count).saturating_mul(self.stored_size(is_denormalised))
    }

    /// Mean bytes of a record where it is kept.
    fn stored_size(&self, is_denormalised: bool) -> u64 {
        let copies = if is_denormalised { u64::from(self.joined) } else { 0 };
        self.mean_size.0.max(1).saturating_mul(1 + copies)
    }

    pub fn contains(&self, key: u32) -> bool {
        key.checked_sub(self.first).is_some_and(|offset| offset < self.count)
    }

    /// Size of the record, which follows from its key: between half and one and a half of the mean, evenly.
    pub fn size(&self, key: u32) -> u32 {
        size_of_object(key, self.mean_size)
    }

    /// Size of all of `keys` together.
    pub fn size_of_all(&self, keys: impl Iterator<Item = u32>) -> u32 {
        keys.fold(0, |sum: u32, key| sum.saturating_add(self.size(key)))
    }

    /// The record of a user.
    pub fn of_user(&self, user: u32) -> u32 {
        self.first + user % self.count
    }

    /// `key` and those after it, `count` in all; after the last comes the first.
    pub fn range(self, key: u32, count: u16) -> impl Iterator<Item = u32> {
        (0..u64::from(count)).map(move |i| self.at(u64::from(key - self.first) + i))
    }

    /// `count` records that `key` is related to.
    pub fn related(self, key: u32, count: u16) -> impl Iterator<Item = u32> {
        (0..count).map(move |i| self.relation(key, i))
    }

    /// `key` and records that it is related to, `count` in all.
    pub fn group(self, key: u32, count: u16) -> impl Iterator<Item = u32> {
        std::iter::once(key).chain(self.related(key, count.saturating_sub(1)))
    }

    /// The records that are joined with others which `key` is one of: where copies of it lie.
    pub fn holders(self, key: u32) -> impl Iterator<Item = u32> {
        let count = u64::from(self.count);
        let back = inverse(self.factor, count);
        let offset = u64::from(key - self.first) % count;
        (0..self.joined).map(move |i| {
            let shift = mix(u64::from(i) + 1) % count;
            let product = u128::from((offset + count - shift) % count) * u128::from(back);
            self.at((product % u128::from(count)) as u64)
        })
    }

    /// What a traversal of so many hops from `key` reaches with its last.
    pub fn frontier(self, key: u32, hops: u16) -> Vec<u32> {
        let mut frontier = vec![key];
        for _ in 0..hops {
            let next = frontier.iter().flat_map(|key| self.related(*key, self.relations));
            frontier = next.take(MOST_TOUCHED as usize).collect();
        }
        frontier
    }

    /// How many records a traversal of so many hops reaches in all, where it began included.
    pub fn reach(&self, hops: u16) -> u32 {
        let mut frontier = 1_u32;
        let mut all = 1_u32;
        for _ in 0..hops {
            frontier = frontier.saturating_mul(u32::from(self.relations)).min(MOST_TOUCHED);
            all = all.saturating_add(frontier).min(MOST_TOUCHED);
        }
        all
    }

    /// How many records so many hops reach with the last.
    pub fn width(&self, hops: u16) -> u32 {
        let wider = |width: u32, _| width.saturating_mul(u32::from(self.relations)).min(MOST_TOUCHED);
        (0..hops).fold(1, wider)
    }

    /// The same records, by key.
    pub fn reached(self, key: u32, hops: u16) -> Vec<u32> {
        let mut all: Vec<u32> = (0..=hops).flat_map(|hop| self.frontier(key, hop)).collect();
        all.truncate(MOST_TOUCHED as usize);
        all
    }

    /// The records that `call` reads or writes; one may come twice.
    pub fn all(self, call: &Call) -> Vec<u32> {
        let Call { key, count, .. } = *call;
        match (call.verb, call.operation) {
            (Verb::Query, _) => self.group(key, count + 1).collect(),
            (Verb::Traverse, _) => self.reached(key, count),
            (Verb::Transact | Verb::Prepare | Verb::Commit | Verb::Abort, _) => self.group(key, count).collect(),
            // What is fetched in one go for what a store cannot do, its operation tells.
            (Verb::Fetch, Operation::Query) => self.related(key, count).collect(),
            (Verb::Fetch, Operation::Traversal) => self.frontier(key, count),
            (Verb::Range | Verb::Aggregate | Verb::Fetch, _) => self.range(key, count).collect(),
            _ => vec![key],
        }
    }

    /// The record that the relation numbered `i` leads to.
    fn relation(&self, key: u32, i: u16) -> u32 {
        let offset = u64::from(key - self.first) % u64::from(self.count);
        self.at(offset * self.factor + mix(u64::from(i) + 1) % u64::from(self.count))
    }

    fn at(&self, offset: u64) -> u32 {
        self.first + (offset % u64::from(self.count)) as u32
    }
}

/// The number whose product with `factor` is 1 modulo `count`, to which it is prime (extended Euclid).
fn inverse(factor: u64, count: u64) -> u64 {
    let (mut r, mut next_r) = (count.cast_signed(), (factor % count).cast_signed());
    let (mut t, mut next_t) = (0_i64, 1_i64);
    while next_r != 0 {
        let quotient = r / next_r;
        (r, next_r) = (next_r, r - quotient * next_r);
        (t, next_t) = (next_t, t - quotient * next_t);
    }
    t.rem_euclid(count.cast_signed()).cast_unsigned()
}

/// An object's size follows from its key: between half and one and a half of the mean, evenly.
pub fn size_of_object(key: u32, mean: Bytes) -> u32 {
    let spread = (u128::from(mix(u64::from(key) + 1)) * u128::from(mean.0)) >> 64;
    u32::try_from(mean.0 / 2 + spread as u64).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(keys: u32) -> Records {
        Records::of(&kinds::Users { keys, first_key: 500, relations: 5, ..kinds::Users::default() })
    }

    #[test]
    fn sizes_have_their_mean_and_belong_to_the_key() {
        let mean: f64 = (0..10_000).map(|key| f64::from(size_of_object(key, Bytes(2_000)))).sum::<f64>() / 10_000.0;
        assert!((mean - 2_000.0).abs() < 20.0, "{mean}");
        assert_eq!(size_of_object(7, Bytes::kb(2)), size_of_object(7, Bytes::kb(2)));
    }

    #[test]
    fn whatever_is_related_is_there() {
        for keys in [1, 2, 7, 7_919, 100_000, 100_000_000] {
            let records = records(keys);
            for key in [500, 500 + keys / 2, 500 + keys - 1] {
                let all = records.group(key, 20).chain(records.range(key, 20)).chain(records.reached(key, 3));
                assert!(all.into_iter().all(|key| records.contains(key)), "{keys} records");
            }
        }
    }

    #[test]
    fn relations_are_scattered_and_each_leads_elsewhere() {
        let records = records(100_000);
        let mut reached = records.reached(777, 3);
        assert_eq!(reached.len(), 1 + 5 + 25 + 125);
        assert_eq!(records.reach(3), 156);
        reached.sort_unstable();
        reached.dedup();
        assert!(reached.len() > 150, "{} of 156 are different", reached.len());
        let pages: Vec<u32> = records.related(777, 5).map(|key| key / 8).collect();
        assert!(pages.iter().enumerate().all(|(i, page)| !pages[..i].contains(page)));
    }

    #[test]
    fn relations_can_be_followed_back() {
        for keys in [1, 2, 3, 7_919, 100_000, 99_999_989] {
            let users = kinds::Users { keys, query_records: 20, ..kinds::Users::default() };
            let records = Records::of(&users);
            for key in [0, keys / 3, keys - 1] {
                for holder in records.holders(key) {
                    assert!(records.related(holder, 20).any(|related| related == key), "{keys}: {holder} has {key}");
                }
            }
        }
    }

    #[test]
    fn records_lie_in_pages_in_the_order_of_their_keys() {
        let users = kinds::Users { keys: 1_000, value_size: Bytes(4_096), query_records: 3, ..kinds::Users::default() };
        let data = DataSet(vec![Records::of(&users)]);
        assert_eq!([0, 3, 4, 7, 8].map(|key| data.pages(key, false)), [0..=0, 0..=0, 1..=1, 1..=1, 2..=2]);
        assert_eq!([0, 1, 5].map(|key| data.pages(key, true)), [0..=0, 1..=1, 5..=5]);
        let large = kinds::Users { value_size: Bytes(40_000), ..users };
        assert_eq!(DataSet(vec![Records::of(&large)]).pages(1, false), 2..=4);
    }

    #[test]
    fn a_traversal_without_end_is_cut_short() {
        let many = kinds::Users { relations: 1_000, ..kinds::Users::default() };
        assert_eq!(Records::of(&many).reached(3, 8).len(), MOST_TOUCHED as usize);
        assert_eq!(Records::of(&many).reach(8), MOST_TOUCHED);
    }
}
