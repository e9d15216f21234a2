//! The ways of links: cubic curves from the border of one card to the border of another.
//!
//! A curve leaves its card at a port. The ports of a side are spread evenly, in the order of where their curves go, so
//! that links lie side by side and cross little. Among some candidate curves the one is taken that runs through no other
//! card, is short and bends little. The result depends on nothing but cards and links.

use super::geometry::{Point, Rect, on_curve};
use super::layout::{Layout, NodeBox};
use crate::base::order::sort_by;
use crate::observe::LinkEnds;

/// Points at which a candidate is examined.
const SAMPLES: usize = 24;
/// Most cards near a candidate that are taken into account.
const MOST_BLOCKS: usize = 48;
/// Free space that a curve should leave around cards.
const CLEARANCE: f32 = 10.0;
/// Greatest distance between two ports.
const PORT_PITCH: f32 = 26.0;
/// Share of a side that ports may take.
const PORT_SHARE: f32 = 0.7;
/// Cost of a stretch under another card, as a multiple of its length: a short way round is better, a long one is not.
const COST_OF_HIDING: f32 = 4.0;
/// Cost of touching another card at all.
const COST_OF_HIT: f32 = 100.0;
/// Cost of a turn by one radian.
const COST_OF_TURN: f32 = 60.0;
/// Cost of leaving at another side than the one that faces the next stage.
const COST_OF_SIDE: f32 = 160.0;
/// How far the control points lie from the first and the last end, as a share of the distance between the ends.
const REACHES: [(f32, f32); 4] = [(0.45, 0.45), (0.7, 0.7), (0.2, 0.85), (0.85, 0.2)];
/// How far control points are moved aside, in lesser sides of a card.
const BOWS: [f32; 7] = [0.0, 0.5, -0.5, 1.0, -1.0, 1.6, -1.6];
/// With more links than this the curves are not looked for but taken as they come: a picture so dense gains nothing.
const MOST_SEARCHED: usize = 600;

/// A link's curve, from the calling card to the called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkPath {
    /// As in [`crate::observe::Hop::link`].
    pub link: u16,
    /// Control points of the cubic Bézier curve.
    pub points: [Point; 4],
}

/// The curves of `links`; a link of which `layout` does not know both ends has none.
pub fn link_paths(layout: &Layout, links: &[LinkEnds]) -> Vec<LinkPath> {
    let cards: Vec<Rect> = layout.nodes.iter().map(NodeBox::rect).collect();
    let find = |id: &str| layout.nodes.iter().position(|node| node.id == id);
    let obstacles = if links.len() > MOST_SEARCHED { &[] } else { &cards[..] };
    let mut wires: Vec<Wire> = links
        .iter()
        .filter_map(|link| Some((link.index, [find(&link.from)?, find(&link.to)?])))
        .filter(|(_, [from, to])| from != to)
        .map(|(link, ends)| Wire::new(link, ends, &cards, obstacles, layout.is_portrait))
        .collect();
    spread_ports(&mut wires, &cards);
    wires.iter().map(|wire| LinkPath { link: wire.link, points: wire.best(obstacles).points }).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

impl Side {
    const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Top, Self::Bottom];

    const fn outward(self) -> Point {
        match self {
            Self::Left => Point::new(-1.0, 0.0),
            Self::Right => Point::new(1.0, 0.0),
            Self::Top => Point::new(0.0, -1.0),
            Self::Bottom => Point::new(0.0, 1.0),
        }
    }

    const fn is_vertical(self) -> bool {
        matches!(self, Self::Left | Self::Right)
    }

    fn middle(self, card: &Rect) -> Point {
        let out = self.outward();
        card.centre() + Point::new(out.x * card.w / 2.0, out.y * card.h / 2.0)
    }
}

/// A link while its curve is looked for.
struct Wire {
    link: u16,
    /// Indices of the cards.
    ends: [usize; 2],
    sides: [Side; 2],
    ports: [Point; 2],
    /// The lesser side of a card, by which curves are moved aside.
    unit: f32,
}

/// A curve that a wire may take.
struct Candidate {
    points: [Point; 4],
    cost: f32,
    is_clear: bool,
}

impl Wire {
    /// Chooses the sides at which the link leaves and arrives.
    fn new(link: u16, ends: [usize; 2], cards: &[Rect], obstacles: &[Rect], is_portrait: bool) -> Self {
        let [from, to] = ends.map(|end| cards[end]);
        let wire = |[leave, arrive]: [Side; 2]| {
            let ports = [leave.middle(&from), arrive.middle(&to)];
            Self { link, ends, sides: [leave, arrive], ports, unit: from.h.min(from.w) }
        };
        let facing = facing(&from, &to, is_portrait);
        if let Some(sides) = facing
            && wire(sides).best(obstacles).is_clear
        {
            return wire(sides);
        }
        let cost = |sides: [Side; 2]| {
            let extra = if facing.is_none_or(|facing| facing == sides) { 0.0 } else { COST_OF_SIDE };
            extra + wire(sides).best(obstacles).cost
        };
        let sides = Side::ALL
            .into_iter()
            .flat_map(|leave| Side::ALL.map(|arrive| [leave, arrive]))
            .map(|sides| (cost(sides), sides))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map_or([Side::Right, Side::Left], |(_, sides)| sides);
        wire(sides)
    }

    /// The cheapest candidate between the two ports.
    fn best(&self, obstacles: &[Rect]) -> Candidate {
        let span = self.ports[1] - self.ports[0];
        let distance = span.length();
        let aside = span.unit().right() * self.unit;
        let mut best = Candidate { points: [Point::default(); 4], cost: f32::INFINITY, is_clear: false };
        for bow in BOWS {
            for reaches in REACHES {
                let control = |end: usize, reach: f32| {
                    self.ports[end] + self.sides[end].outward() * (distance * reach).max(24.0) + aside * bow
                };
                let points = [self.ports[0], control(0, reaches.0), control(1, reaches.1), self.ports[1]];
                let candidate = self.examine(points, obstacles);
                if candidate.cost < best.cost {
                    best = candidate;
                }
            }
            // Bows only serve to get around cards.
            if best.is_clear {
                break;
            }
        }
        best
    }

    fn examine(&self, points: [Point; 4], obstacles: &[Rect]) -> Candidate {
        let near = around(&points);
        let mut blocks = obstacles.iter().enumerate().filter_map(|(i, card)| {
            // The link's own cards are touched at the ports, but must not be crossed.
            let card = card.grown(if self.ends.contains(&i) { -1.0 } else { CLEARANCE });
            card.overlaps(&near).then_some(card)
        });
        let mut kept = [Rect::default(); MOST_BLOCKS];
        let count = kept.iter_mut().zip(&mut blocks).map(|(slot, block)| *slot = block).count();
        let blocks = &kept[..count];

        let (mut length, mut turn, mut hidden) = (0.0, 0.0, 0.0);
        let mut before = points[0];
        let mut heading = self.sides[0].outward();
        for i in 1..=SAMPLES {
            let at = on_curve(&points, i as f32 / SAMPLES as f32);
            let step = at - before;
            let next = step.unit();
            length += step.length();
            // For the small angles between samples, the chord is the angle.
            turn += (next - heading).length();
            if blocks.iter().any(|block| block.contains(at)) {
                hidden += step.length();
            }
            (before, heading) = (at, next);
        }
        turn += (heading + self.sides[1].outward()).length();
        let is_clear = hidden <= 0.0;
        let hiding = if is_clear { 0.0 } else { COST_OF_HIT + COST_OF_HIDING * hidden };
        Candidate { points, cost: length + turn * COST_OF_TURN + hiding, is_clear }
    }
}

/// The rectangle around the control points, and so around the curve.
fn around(points: &[Point; 4]) -> Rect {
    let spot = |point: &Point| Rect { x: point.x, y: point.y, w: 0.0, h: 0.0 };
    points.iter().map(spot).reduce(|all, next| all.union(&next)).unwrap_or_default()
}

/// The sides that face each other along the way of requests, if there is room between the two cards.
fn facing(from: &Rect, to: &Rect, is_portrait: bool) -> Option<[Side; 2]> {
    let (low, high) = if is_portrait { (Side::Top, Side::Bottom) } else { (Side::Left, Side::Right) };
    let room = |a: &Rect, b: &Rect| if is_portrait { b.y - a.bottom() } else { b.x - a.right() };
    let least = 0.3 * if is_portrait { from.h } else { from.w };
    if room(from, to) > least {
        Some([high, low])
    } else if room(to, from) > least {
        Some([low, high])
    } else {
        None
    }
}

/// Gives each end of a link its own place on the side of its card.
fn spread_ports(wires: &mut [Wire], cards: &[Rect]) {
    for (i, card) in cards.iter().enumerate() {
        for side in Side::ALL {
            let mut here: Vec<(usize, usize)> = (0..wires.len())
                .flat_map(|wire| [(wire, 0), (wire, 1)])
                .filter(|&(wire, end)| wires[wire].ends[end] == i && wires[wire].sides[end] == side)
                .collect();
            let across = |point: Point| if side.is_vertical() { point.y } else { point.x };
            let heading = |&(wire, end): &(usize, usize)| across(cards[wires[wire].ends[1 - end]].centre());
            sort_by(&mut here, |a, b| heading(a).total_cmp(&heading(b)).then(wires[a.0].link.cmp(&wires[b.0].link)));

            let length = if side.is_vertical() { card.h } else { card.w };
            let pitch = PORT_PITCH.min(PORT_SHARE * length / (here.len().max(2) - 1) as f32);
            let middle = (here.len() as f32 - 1.0) / 2.0;
            for (k, (wire, end)) in here.into_iter().enumerate() {
                let shift = (k as f32 - middle) * pitch;
                let shift = if side.is_vertical() { Point::new(0.0, shift) } else { Point::new(shift, 0.0) };
                wires[wire].ports[end] = side.middle(card) + shift;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Document;
    use crate::scene::{CardSize, layout};

    fn scene(aspect: f32) -> (Layout, Vec<LinkEnds>) {
        let text = include_str!("../../static/scenarios/cdn.json");
        let document = Document::read(text).expect("a scenario can be read");
        let ends = |(index, link): (u16, &crate::model::Link)| LinkEnds {
            index,
            from: link.from.clone(),
            to: link.to.clone(),
        };
        let links = (0..).zip(&document.links).map(ends).collect();
        (layout(&document, CardSize { w: 200.0, h: 110.0 }, aspect), links)
    }

    #[test]
    fn a_path_runs_from_border_to_border_and_through_no_card() {
        for aspect in [16.0 / 9.0, 9.0 / 16.0] {
            let (layout, links) = scene(aspect);
            let paths = link_paths(&layout, &links);
            assert_eq!(paths.len(), links.len());
            for (path, link) in paths.iter().zip(&links) {
                assert_eq!(path.link, link.index);
                for (end, id) in [(path.points[0], &link.from), (path.points[3], &link.to)] {
                    let card = layout.node(id).expect("a card").rect();
                    assert!(card.grown(0.1).contains(end) && !card.grown(-0.1).contains(end), "{id} {end:?}");
                }
                for i in 1..100 {
                    let at = on_curve(&path.points, i as f32 / 100.0);
                    let hit = layout.nodes.iter().find(|node| node.rect().grown(-1.0).contains(at));
                    assert_eq!(hit, None, "{} to {} at aspect {aspect}", link.from, link.to);
                }
            }
        }
    }

    #[test]
    fn no_two_links_share_a_port() {
        let (layout, links) = scene(1.5);
        let ports: Vec<_> =
            link_paths(&layout, &links).iter().flat_map(|path| [path.points[0], path.points[3]]).collect();
        for (i, port) in ports.iter().enumerate() {
            assert!(ports[..i].iter().all(|other| (*other - *port).length() > 5.0), "{port:?}");
        }
    }

    #[test]
    fn both_ways_between_two_cards_get_a_curve_each() {
        let (layout, _) = scene(1.5);
        let ends = |index, from: &str, to: &str| LinkEnds { index, from: from.to_string(), to: to.to_string() };
        let paths = link_paths(&layout, &[ends(7, "db-1", "db-2"), ends(9, "db-2", "db-1"), ends(1, "db-1", "gone")]);
        assert_eq!(paths.iter().map(|path| path.link).collect::<Vec<_>>(), [7, 9]);
        assert!((on_curve(&paths[0].points, 0.5) - on_curve(&paths[1].points, 0.5)).length() > 10.0);
    }
}
