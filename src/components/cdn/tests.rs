//! What an edge does step by step, where no command of a run reaches.

use super::*;
use crate::base::random::Stream;
use crate::base::{Kind, LinkIx, NodeIx, Shape};
use crate::kernel::{Condition, Kernel, Link, LinkParams, NodeState, Place, Stage};
use crate::observe::{LinkMeter, NodeMeter, Operation};

const USERS: NodeIx = NodeIx(0);
const EDGE: NodeIx = NodeIx(1);
const ORIGIN: NodeIx = NodeIx(2);
const TO_EDGE: LinkIx = LinkIx(0);
const TO_ORIGIN: LinkIx = LinkIx(1);

/// Users, an edge and an origin in a row.
struct Bench {
    kernel: Kernel,
    edge: Cdn,
}

impl Bench {
    fn new(params: kinds::Cdn) -> Self {
        let mut kernel = Kernel::default();
        for kind in [Kind::Users, Kind::Cdn, Kind::WebServer] {
            kernel.topology.nodes.push(NodeState {
                id: kind.name().to_owned(),
                kind,
                is_up: true,
                is_removed: false,
                is_private: false,
                region: None,
                condition: Condition::default(),
                stream: Stream::seeded(3),
                held: Vec::new(),
                epoch: 0,
            });
            kernel.recorder.nodes.push(NodeMeter::default());
            kernel.streams.push(Stream::seeded(1));
        }
        for (from, to) in [(USERS, EDGE), (EDGE, ORIGIN)] {
            let params = LinkParams {
                latency: SimDuration::from_millis(1),
                latency_shape: Shape::Constant,
                reply_latency: SimDuration::from_millis(1),
                reply_shape: Shape::Constant,
                loss: 0.0,
                bandwidth: None,
                queue_limit: SimDuration::ZERO,
            };
            kernel.recorder.links.push(LinkMeter::default());
            kernel.topology.links.push(Link::new(from, to, params, "a link", 2));
        }
        let mut edge = Cdn::new(params);
        edge.origins = vec![Target { node: ORIGIN, link: TO_ORIGIN }];
        Self { kernel, edge }
    }

    /// A user's request for `key` arrives at the edge, and is looked up.
    fn request(&mut self, key: u32) -> Key {
        let ask = Ask::of(Verb::Static, key, 100);
        let mut users = Context { kernel: &mut self.kernel, node: USERS };
        let root = users.begin(0, 0, Operation::Static, ask);
        let call = users.call(root, Target { node: EDGE, link: TO_EDGE }, ask);
        self.kernel.calls.get_mut(call).expect("it was made").place = Place::AtNode(Stage::Held);
        let now = self.kernel.now;
        let present = &mut self.kernel.recorder.node(EDGE).present;
        present.set(now, present.level() + 1);
        let mut ctx = Context { kernel: &mut self.kernel, node: EDGE };
        self.edge.on_request(&mut ctx, call);
        self.edge.on_done(&mut ctx, call);
        call
    }

    /// The origin's good answer to what was asked for `call` reaches the edge.
    fn answer(&mut self, call: Key) {
        let child = self.kernel.calls.get(call).expect("it goes on").child;
        let reply = self.kernel.calls.remove(child).expect("it was asked for");
        self.edge.on_reply(&mut Context { kernel: &mut self.kernel, node: EDGE }, call, &reply);
    }

    fn is_answered(&self, call: Key) -> bool {
        self.kernel.calls.get(call).is_some_and(|call| call.place == Place::Returning && call.failure.is_none())
    }
}

#[test]
fn a_purge_forgets_one_or_all() {
    let mut bench = Bench::new(kinds::Cdn::default());
    for key in 1..=3 {
        let call = bench.request(key);
        bench.answer(call);
        assert!(bench.is_answered(call));
    }
    bench.edge.purge(Some(2));
    let kept = |bench: &mut Bench| [1, 2, 3].map(|key| bench.edge.entries.get(key, SimTime::ZERO).is_some());
    assert_eq!(kept(&mut bench), [true, false, true]);
    let call = bench.request(1);
    assert!(bench.is_answered(call), "what is left is served from the store");
    bench.edge.purge(None);
    assert_eq!(kept(&mut bench), [false; 3]);
}

#[test]
fn what_was_asked_for_before_a_purge_is_passed_on_but_not_kept() {
    for is_all in [false, true] {
        let mut bench = Bench::new(kinds::Cdn::default());
        let before = bench.request(7);
        bench.edge.purge(if is_all { None } else { Some(7) });
        bench.answer(before);
        assert!(bench.is_answered(before) && bench.edge.entries.is_empty());
        let after = bench.request(7);
        bench.answer(after);
        assert!(bench.is_answered(after) && !bench.edge.entries.is_empty());
    }
}

#[test]
fn nobody_new_waits_for_what_was_asked_for_before_a_purge() {
    let mut bench = Bench::new(kinds::Cdn { collapse: Collapsing::On, ..kinds::Cdn::default() });
    let first = bench.request(7);
    let second = bench.request(7);
    let asked = |bench: &Bench| bench.kernel.calls.iter().filter(|(_, call)| call.to == ORIGIN).count();
    assert_eq!(asked(&bench), 1, "the second waits for the first");
    bench.edge.purge(Some(7));
    let third = bench.request(7);
    assert_eq!(asked(&bench), 2);
    bench.answer(third);
    assert!(bench.is_answered(third) && !bench.is_answered(first) && !bench.is_answered(second));
}

#[test]
fn a_leader_that_vanishes_leaves_its_place_to_the_next() {
    let mut bench = Bench::new(kinds::Cdn::default());
    let first = bench.request(7);
    let second = bench.request(7);
    // The first is given up: its answer, when it comes, finds nobody.
    bench.kernel.calls.remove(first);
    let third = bench.request(7);
    bench.answer(second);
    assert!(bench.is_answered(second) && bench.edge.entries.is_empty(), "only what the leader brings is kept");
    bench.answer(third);
    assert!(bench.is_answered(third) && !bench.edge.entries.is_empty());
}
