use proptest::prelude::*;

use super::*;
use crate::base::hash::Fingerprint;
use std::hash::{Hash, Hasher};

const NOW: SimTime = SimTime::ZERO;

const POLICIES: [EvictionPolicy; 8] = [
    EvictionPolicy::Lru,
    EvictionPolicy::Lfu,
    EvictionPolicy::Fifo,
    EvictionPolicy::Random,
    EvictionPolicy::Clock,
    EvictionPolicy::Sieve,
    EvictionPolicy::S3Fifo,
    EvictionPolicy::WTinyLfu,
];

/// Looks `key` up and inserts it on a miss; whether it hit.
fn ask(entries: &mut Entries, key: u32, bytes: u32) -> bool {
    let is_hit = entries.get(key, NOW).is_some();
    if !is_hit {
        entries.insert(key, bytes, Version(0), SimTime::NEVER);
    }
    is_hit
}

/// Replays unit-size requests, inserting on a miss; the keys that hit.
fn hits(policy: EvictionPolicy, capacity: u64, keys: &[u32]) -> Vec<u32> {
    let mut entries = Entries::new(policy, Bytes(capacity));
    keys.iter().copied().filter(|key| ask(&mut entries, *key, 1)).collect()
}

fn held(entries: &Entries) -> Vec<u32> {
    (0..100).filter(|key| entries.peek(*key).is_some()).collect()
}

fn fingerprint(entries: &Entries) -> u64 {
    let mut hasher = Fingerprint::default();
    entries.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn lru_gives_up_the_least_recently_used_and_fifo_the_oldest() {
    // 1 is used again before the third key comes: LRU then gives up 2, FIFO gives up 1.
    let keys = [1, 2, 1, 3, 1, 2];
    assert_eq!(hits(EvictionPolicy::Lru, 2, &keys), [1, 1]);
    assert_eq!(hits(EvictionPolicy::Fifo, 2, &keys), [1]);
}

#[test]
fn lfu_counts_and_among_equals_the_first_to_reach_the_count_goes() {
    // LFU keeps 1, which was used more often, although 2 is newer.
    assert_eq!(hits(EvictionPolicy::Lfu, 2, &[1, 1, 2, 3, 1, 2]), [1, 1]);
    // Among equal counts, the first to reach it goes: 1 reached two uses before 2 did.
    assert_eq!(hits(EvictionPolicy::Lfu, 2, &[1, 2, 1, 2, 3, 2, 1]), [1, 2, 2]);
    // The count is forgotten on eviction: 1 comes back with one use, and goes before 2 with two.
    assert_eq!(hits(EvictionPolicy::Lfu, 2, &[1, 1, 2, 2, 2, 3, 1, 3, 2]), [1, 2, 2, 2]);
}

#[test]
fn clock_gives_a_second_chance() {
    // 1 was used: it is passed over once, and 2 goes. Then 3 goes after 1 has lost its bit: 1 went round before it.
    assert_eq!(hits(EvictionPolicy::Clock, 2, &[1, 2, 1, 3, 1, 2]), [1, 1]);
    // The chance is used up: 1 stands behind 3 now, or rather before it, and goes next although 3 was never used.
    assert_eq!(hits(EvictionPolicy::Clock, 2, &[1, 2, 1, 3, 4, 3, 1]), [1, 3]);
}

#[test]
fn sieve_keeps_its_hand_and_its_order() {
    // Oldest first: 1 2 3, with 1 and 2 used. The hand clears both and takes 3; 4 comes, and the hand is at the newest end:
    // it begins again at 1, whose bit is clear by now.
    let mut entries = Entries::new(EvictionPolicy::Sieve, Bytes(3));
    for key in [1, 2, 3, 1, 2, 4] {
        ask(&mut entries, key, 1);
    }
    assert_eq!(held(&entries), [1, 2, 4]);
    ask(&mut entries, 5, 1);
    assert_eq!(held(&entries), [2, 4, 5]);
    // The hand stands at 2 now; used, it is passed and 4 goes, although 2 is the older.
    ask(&mut entries, 2, 1);
    ask(&mut entries, 6, 1);
    assert_eq!(held(&entries), [2, 5, 6]);
    // Forgetting the entry at the hand moves the hand on: 5 was next, and goes.
    entries.remove(5);
    ask(&mut entries, 7, 1);
    ask(&mut entries, 8, 1);
    assert_eq!(held(&entries), [2, 7, 8]);
}

#[test]
fn s3_fifo_sifts_in_its_small_queue_and_remembers_ghosts() {
    // Ten units: one for the small queue, nine for the main one, which fills first.
    let mut entries = Entries::new(EvictionPolicy::S3Fifo, Bytes(10));
    (0..10).for_each(|key| assert!(!ask(&mut entries, key, 1)));
    // The small queue has 0, the rest went to the main queue. 0 goes first and is remembered.
    ask(&mut entries, 10, 1);
    assert!(entries.peek(0).is_none() && entries.peek(10).is_some());
    // 0 comes back: 10 leaves the small queue for it, and 0 stands in the main queue, now over its size.
    ask(&mut entries, 0, 1);
    assert!(entries.peek(10).is_none() && entries.peek(0).is_some());
    // So the main queue gives: 1 is its oldest, and unused.
    ask(&mut entries, 11, 1);
    assert!(entries.peek(1).is_none());
    // 11 is used twice in the small queue: it moves on instead of leaving, and the main queue gives its next, 2.
    ask(&mut entries, 11, 1);
    ask(&mut entries, 11, 1);
    ask(&mut entries, 12, 1);
    assert!(entries.peek(11).is_some() && entries.peek(2).is_none());
}

#[test]
fn w_tiny_lfu_lets_in_only_what_is_asked_for_more_often() {
    let mut entries = Entries::new(EvictionPolicy::WTinyLfu, Bytes(100));
    (0..100).for_each(|key| assert!(!ask(&mut entries, key, 1)));
    // Keys leave the window as it overflows; then 99 are in the main part, and are used there.
    ask(&mut entries, 100, 1);
    (0..99).for_each(|key| assert!(ask(&mut entries, key, 1)));
    // A scan of new keys passes through the window and leaves the main part alone.
    (200..300).for_each(|key| assert!(!ask(&mut entries, key, 1)));
    let left = (0..99).filter(|key| entries.peek(*key).is_some()).count();
    assert!(left >= 98, "{left} of 99 are left after the scan");
    // A key that comes back a third time has been asked for more often than they have, and gets in.
    for other in 600..603 {
        ask(&mut entries, 500, 1);
        ask(&mut entries, other, 1);
    }
    assert!(entries.peek(500).is_some());
}

#[test]
fn random_takes_each_with_the_same_probability() {
    let mut counts = [0_u32; 4];
    for seed in 0..4_000 {
        let mut entries = Entries::new(EvictionPolicy::Random, Bytes(4)).with_stream(Stream::seeded(seed));
        (0..5).for_each(|key| assert!(!ask(&mut entries, key, 1)));
        let gone = (0..4).find(|key| entries.peek(*key).is_none()).unwrap();
        counts[gone as usize] += 1;
    }
    assert!(counts.iter().all(|count| (880..1_120).contains(count)), "{counts:?}");
}

#[test]
fn expiry_is_a_miss_and_frees_the_bytes() {
    for policy in POLICIES {
        let mut entries = Entries::new(policy, Bytes(100));
        entries.insert(1, 60, Version(7), SimTime::from_nanos(10));
        assert_eq!(entries.get(1, SimTime::from_nanos(9)), Some(Version(7)));
        entries.renew(1, SimTime::from_nanos(20));
        assert_eq!(entries.get(1, SimTime::from_nanos(19)), Some(Version(7)));
        assert_eq!(entries.get(1, SimTime::from_nanos(20)), None);
        assert_eq!((entries.used(), entries.len()), (0, 0));
    }
}

#[test]
fn what_is_too_large_is_not_kept_and_evicts_nothing() {
    for policy in POLICIES {
        let mut entries = Entries::new(policy, Bytes(100));
        entries.insert(1, 60, Version(1), SimTime::NEVER);
        entries.insert(2, 101, Version(1), SimTime::NEVER);
        assert!(entries.get(1, NOW).is_some() && entries.get(2, NOW).is_none(), "{policy:?}");
    }
}

#[test]
fn a_hit_keeps_the_size_and_an_insert_replaces_it() {
    for policy in POLICIES {
        let mut entries = Entries::new(policy, Bytes(100));
        ask(&mut entries, 1, 60);
        assert!(ask(&mut entries, 1, 10));
        assert_eq!(entries.used(), 60, "{policy:?}");
        entries.insert(1, 10, Version(2), SimTime::NEVER);
        assert_eq!((entries.used(), entries.len()), (10, 1), "{policy:?}");
    }
}

/// One step of a random life of a cache.
fn step(entries: &mut Entries, (key, bytes, step, policy): (u32, u32, u8, EvictionPolicy)) {
    match step {
        0 => {
            entries.remove(key);
        }
        1 => entries.reconfigure(policy, Bytes(100 + u64::from(bytes))),
        2 => {
            let capacity = entries.capacity;
            let before = held(entries);
            entries.reconfigure(policy, capacity);
            assert_eq!(held(entries), before, "a new policy keeps what there is");
        }
        3 => entries.insert(key, bytes, Version(u64::from(bytes)), SimTime::NEVER),
        4 => {
            entries.renew(key, SimTime::from_nanos(1));
        }
        5 => {
            entries.get(key, SimTime::from_nanos(1));
        }
        6 if key == 0 => entries.clear(),
        _ => {
            let is_held = entries.peek(key).is_some();
            assert_eq!(ask(entries, key, bytes), is_held);
            assert!(entries.peek(key).is_some(), "what fits is kept");
        }
    }
}

proptest! {
    #[test]
    fn bytes_and_keys_are_accounted_exactly(
        first in prop::sample::select(&POLICIES),
        steps in prop::collection::vec((0_u32..40, 1_u32..50, 0_u8..40, prop::sample::select(&POLICIES)), 0..300),
    ) {
        let mut entries = Entries::new(first, Bytes(200));
        for (number, of) in steps.into_iter().enumerate() {
            if number % 50 == 49 {
                // A clone has the same future.
                let mut other = entries.clone();
                (0..60).for_each(|key| { ask(&mut entries, key % 45, 9); ask(&mut other, key % 45, 9); });
                prop_assert_eq!(fingerprint(&entries), fingerprint(&other));
            }
            step(&mut entries, of);
            let slots: Vec<u32> = (0..100).filter_map(|key| entries.slot(key)).collect();
            let used: u64 = slots.iter().map(|slot| u64::from(entries.arena.get(*slot).bytes)).sum();
            prop_assert_eq!((used, slots.len()), (entries.used(), entries.len()));
            prop_assert!(entries.used() <= entries.capacity.0);
            // The policy knows each entry, once.
            let mut known = Vec::new();
            each!(&entries.order, policy => policy.order(&entries.arena, &mut known));
            known.sort_unstable();
            let mut slots = slots;
            slots.sort_unstable();
            prop_assert_eq!(known, slots);
        }
    }
}
