use crate::base::Kind;
use proptest::prelude::*;

use super::*;
use crate::model::{Document, Link, Node, NodeKind, Position};

const CARD: CardSize = CardSize { w: 200.0, h: 110.0 };

fn node(id: String, kind: &str, position: Option<Position>) -> Node {
    Node { id, label: None, position, region: None, kind: NodeKind::by_name(kind).expect("a kind") }
}

/// A document of these kinds, its nodes named by their index, with links between the given indices.
fn document(kinds: &[&str], links: &[(usize, usize)]) -> Document {
    let link = |&(from, to): &(usize, usize)| Link { from: from.to_string(), to: to.to_string(), ..Link::default() };
    Document {
        version: crate::model::VERSION,
        name: "test".into(),
        description: String::new(),
        seed: 0,
        nodes: kinds.iter().enumerate().map(|(i, kind)| node(i.to_string(), kind, None)).collect(),
        links: links.iter().map(link).collect(),
        schedule: Vec::new(),
        tiers: Vec::new(),
    }
}

fn replicated() -> Document {
    let kinds = ["users", "dns", "load_balancer", "web_server", "web_server", "cache", "database", "database"];
    let links =
        [(0, 1), (0, 2), (2, 3), (2, 4), (3, 5), (4, 5), (3, 6), (3, 7), (4, 6), (4, 7), (5, 6), (5, 7), (6, 7)];
    document(&kinds, &links)
}

fn boxes(layout: &Layout) -> Vec<Rect> {
    layout.nodes.iter().map(NodeBox::rect).collect()
}

fn overlap(layout: &Layout) -> Option<(usize, usize)> {
    let boxes = boxes(layout);
    (0..boxes.len())
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .find(|&(i, j)| boxes[i].grown(-0.01).overlaps(&boxes[j].grown(-0.01)))
}

#[test]
fn requests_go_from_left_to_right_or_from_top_to_bottom() {
    let document = replicated();
    let wide = boxes(&layout(&document, CARD, 16.0 / 9.0));
    let tall = boxes(&layout(&document, CARD, 9.0 / 16.0));
    for stages in [0, 2, 3, 5, 6].windows(2) {
        assert!(wide[stages[0]].right() < wide[stages[1]].x, "{stages:?}");
        assert!(tall[stages[0]].bottom() < tall[stages[1]].y, "{stages:?}");
    }
}

#[test]
fn what_requests_pass_by_stands_beside_their_way() {
    let wide = boxes(&layout(&replicated(), CARD, 16.0 / 9.0));
    let way = wide[0].centre().y;
    assert!((wide[2].centre().y - way).abs() < 0.1, "users and load balancer stand on one line");
    assert!(wide[1].bottom() < way, "the name service stands above it");
    assert!(wide[5].bottom() < wide[3].y.min(wide[6].y) + CARD.h, "the cache stands above most links");
    assert!((f32::midpoint(wide[3].centre().y, wide[4].centre().y) - way).abs() < 0.1, "servers are centred");
}

#[test]
fn many_servers_keep_the_picture_near_the_viewports_ratio() {
    let mut kinds = vec!["users", "load_balancer", "database"];
    kinds.extend(["web_server"; 30]);
    let links: Vec<_> = (3..33).flat_map(|web| [(1, web), (web, 2)]).chain([(0, 1)]).collect();
    let layout = layout(&document(&kinds, &links), CARD, 16.0 / 9.0);
    let ratio = layout.width / layout.height;
    assert!((0.9..3.0).contains(&ratio), "{ratio}");
}

#[test]
fn a_card_placed_by_hand_stays_and_others_make_room() {
    let mut document = replicated();
    let free = layout(&document, CARD, 16.0 / 9.0);
    let onto = &free.nodes[6];
    document.nodes[3].position = Some(Position { x: onto.x + 10.0, y: onto.y - 5.0 });
    let moved = layout(&document, CARD, 16.0 / 9.0);
    assert_eq!((moved.nodes[3].x, moved.nodes[3].y), (onto.x + 10.0, onto.y - 5.0));
    assert_eq!(overlap(&moved), None);
    assert_eq!(moved.nodes[0], free.nodes[0], "what is not in the way does not move");
}

#[test]
fn no_nodes_make_an_empty_drawing() {
    assert_eq!(layout(&document(&[], &[]), CARD, 1.5), Layout::default());
}

proptest! {
    #[test]
    fn cards_never_overlap(
        kinds in prop::collection::vec(prop::sample::select(Kind::ALL.map(Kind::name).to_vec()), 1..45),
        links in prop::collection::vec((0..45_usize, 0..45_usize), 0..80),
        positions in prop::collection::vec((0..45_usize, -500.0..2_000.0_f32, -500.0..900.0_f32), 0..2),
        aspect in 0.3..3.0_f32,
    ) {
        let mut document = document(&kinds, &links);
        let count = document.nodes.len();
        for (node, x, y) in positions {
            document.nodes[node % count].position = Some(Position { x, y });
        }
        let layout = layout(&document, CARD, aspect);
        prop_assert_eq!(overlap(&layout), None);
        let bounds = layout.bounds().grown(0.1);
        for card in boxes(&layout) {
            prop_assert!(bounds.contains(card.centre()));
        }
    }
}
