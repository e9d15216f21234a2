use proptest::prelude::*;

use super::*;
use crate::base::NodeIx;
use crate::base::hash::Fingerprint;
use crate::base::random::Stream;
use crate::kernel::Tag;

fn numbered(epoch: u32) -> Event {
    Event::Timer { node: NodeIx(0), tag: Tag::Arrival, epoch }
}

fn at(nanos: u64) -> SimTime {
    SimTime::from_nanos(nanos)
}

fn print(queue: &EventQueue) -> u64 {
    let mut hasher = Fingerprint::default();
    queue.hash(&mut hasher);
    hasher.finish()
}

/// What the queue shall do, done slowly: a list in its order.
#[derive(Default)]
struct Model {
    pending: Vec<(u64, u32)>,
    count: u32,
}

impl Model {
    fn push(&mut self, queue: &mut EventQueue, time: u64) {
        queue.push(at(time), numbered(self.count));
        let place = self.pending.partition_point(|(other, _)| *other <= time);
        self.pending.insert(place, (time, self.count));
        self.count += 1;
    }

    /// Takes one from both; its time.
    fn pop(&mut self, queue: &mut EventQueue) -> Option<u64> {
        let expected = (!self.pending.is_empty()).then(|| self.pending.remove(0));
        assert_eq!(queue.pop(), expected.map(|(time, number)| (at(time), numbered(number))));
        assert_eq!(queue.len(), self.pending.len());
        expected.map(|(time, _)| time)
    }
}

/// How far ahead events are scheduled: ties, the same bucket, other buckets, far futures, never.
fn delay() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => Just(0),
        3 => 0_u64..3,
        3 => 0_u64..5_000,
        3 => 0_u64..100_000_000,
        1 => any::<u64>(),
        1 => Just(u64::MAX),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    /// So many events, all so long after now.
    Push(u64, u8),
    Pop(u8),
    /// Looks for what is due within this time, and goes on from there.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (delay(), 1_u8..4).prop_map(|(delay, count)| Step::Push(delay, count)),
        1 => (delay(), 60_u8..200).prop_map(|(delay, count)| Step::Push(delay, count)),
        4 => (1_u8..120).prop_map(Step::Pop),
        1 => (0_u64..1_000_000).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn it_does_what_a_sorted_list_does(steps in prop::collection::vec(step(), 1..80)) {
        let (mut queue, mut model, mut now) = (EventQueue::default(), Model::default(), 0_u64);
        for step in steps {
            match step {
                Step::Push(delay, count) => {
                    for i in 0..u64::from(count) {
                        // Many at one time, or one after the other.
                        let apart = if count > 3 && delay % 2 == 1 { i * (1 + delay % 97) } else { 0 };
                        model.push(&mut queue, now.saturating_add(delay).saturating_add(apart));
                    }
                }
                Step::Pop(count) => {
                    for _ in 0..count {
                        now = model.pop(&mut queue).unwrap_or(now);
                    }
                }
                Step::Wait(time) => {
                    now = now.saturating_add(time);
                    while model.pending.first().is_some_and(|(next, _)| *next <= now) {
                        let (time, number) = model.pending.remove(0);
                        queue.fill(|_| {});
                        prop_assert!(queue.is_due(at(now)));
                        prop_assert_eq!(queue.take(), (at(time), numbered(number)));
                    }
                    queue.fill(|_| {});
                    prop_assert!(!queue.is_due(at(now)));
                }
            }
            // However it came about, it is what a new queue with the same in it is, and so is its clone.
            let mut fresh = EventQueue::default();
            model.pending.iter().for_each(|(time, number)| fresh.push(at(*time), numbered(*number)));
            prop_assert_eq!(print(&queue), print(&fresh));
            queue = queue.clone();
        }
        while model.pop(&mut queue).is_some() {}
        prop_assert_eq!(print(&queue), print(&EventQueue::default()));
    }
}

#[test]
fn it_holds_many_over_a_long_time() {
    let (mut queue, mut model, mut stream) = (EventQueue::default(), Model::default(), Stream::seeded(5));
    let mut now = 0;
    for _ in 0..3_000 {
        model.push(&mut queue, stream.below(1_000_000_000));
    }
    for _ in 0..20_000 {
        now = model.pop(&mut queue).unwrap_or(now);
        let delay = (stream.exponential() * 1e9) as u64;
        model.push(&mut queue, now + delay);
    }
    while model.pop(&mut queue).is_some() {}
}

#[test]
fn an_instant_in_which_each_event_causes_another_costs_no_more_than_others() {
    let mut queue = EventQueue::default();
    (0..10_000).for_each(|i| queue.push(at(77), numbered(i)));
    queue.push(at(78), numbered(0));
    for i in 0..1_000_000 {
        assert_eq!(queue.pop(), Some((at(77), numbered(i % 10_000))));
        queue.push(at(77), numbered(i % 10_000));
    }
    assert_eq!(queue.len(), 10_001);
}

#[test]
fn in_steady_state_nothing_is_allocated() {
    let (mut queue, mut stream) = (EventQueue::default(), Stream::seeded(5));
    (0..20_000).for_each(|i| queue.push(at(stream.below(1 << 30)), numbered(i)));
    let hold = |queue: &mut EventQueue, stream: &mut Stream| {
        for _ in 0..60_000 {
            let (now, event) = queue.pop().expect("it never runs dry");
            queue.push(at(now.as_nanos() + stream.below(1 << 31)), event);
        }
        queue.later.chunks()
    };
    let warm = hold(&mut queue, &mut stream);
    let later = (0..5).map(|_| hold(&mut queue, &mut stream)).max();
    assert!(later.is_some_and(|later| later <= warm + warm / 4), "{later:?} chunks after {warm}");
}

#[test]
fn every_event_that_has_waited_is_foreseen_before_it_is_due() {
    let mut stream = Stream::seeded(8);
    for spread in [1, 1_000, 1_000_000, 10_000_000_000] {
        let mut queue = EventQueue::default();
        // With a first one the others are not soon.
        queue.push(at(0), numbered(0));
        for number in 1..3_000 {
            queue.push(at(1 + stream.below(spread)), numbered(number));
        }
        assert_eq!(queue.pop(), Some((at(0), numbered(0))));
        let mut foreseen = vec![0; 3_000];
        for _ in 1..3_000 {
            queue.fill(|coming| {
                for event in coming.events() {
                    let Event::Timer { epoch, .. } = event else { panic!("{event:?}") };
                    foreseen[epoch as usize] += 1;
                }
            });
            let (_, Event::Timer { epoch, .. }) = queue.take() else { panic!("another event") };
            assert!(foreseen[epoch as usize] <= 1, "{epoch} of {spread}: more than once");
        }
        // The first row was never in the wheel.
        let missed = foreseen[1..].iter().filter(|times| **times == 0).count();
        assert!(missed <= soon::ROOM, "{missed} of {spread}");
    }
}
