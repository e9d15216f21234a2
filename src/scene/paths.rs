//! The ways of links: cubic curves from the border of one card to the border of another.
//!
//! A curve leaves its card at a port. The ports of a side are spread evenly, in the order of where their curves go, so
//! that links lie side by side and cross little. Among some candidate curves the one is taken that runs through no other
//! card, is short and bends little. The result depends on nothing but cards and links.

use super::geometry::{Point, Rect, on_curve};
use super::layout::Layout;
use crate::engine::LinkEnds;

/// Points at which a candidate is examined.
const SAMPLES: usize = 24;
/// Free space that a curve should leave around cards.
const CLEARANCE: f32 = 10.0;
/// Greatest distance between two ports.
const PORT_PITCH: f32 = 26.0;
/// Share of a side that ports may take.
const PORT_SHARE: f32 = 0.7;
/// Cost of a sample within another card, in units of length: a long way round is better.
const COST_OF_HIT: f32 = 2_000.0;
/// Cost of a turn by one radian.
const COST_OF_TURN: f32 = 60.0;
/// Cost of leaving at another side than the one that faces the next stage.
const COST_OF_SIDE: f32 = 160.0;
/// How far control points lie from the ends, as a share of the distance between the ends.
const REACHES: [f32; 3] = [0.45, 0.75, 0.25];
/// How far control points are moved aside, in card heights.
const BOWS: [f32; 9] = [0.0, 0.6, -0.6, 1.2, -1.2, 2.0, -2.0, 3.2, -3.2];

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
    let cards: Vec<Rect> = layout.nodes.iter().map(|node| node.rect()).collect();
    let find = |id: &str| layout.nodes.iter().position(|node| node.id == id);
    let mut wires: Vec<Wire> = links
        .iter()
        .filter_map(|link| Some((link.index, [find(&link.from)?, find(&link.to)?])))
        .filter(|(_, [from, to])| from != to)
        .map(|(link, ends)| Wire::new(link, ends, &cards, layout.is_portrait))
        .collect();
    spread_ports(&mut wires, &cards);
    wires.iter().map(|wire| LinkPath { link: wire.link, points: wire.curve(&cards) }).collect()
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
}

impl Wire {
    /// Chooses the sides at which the link leaves and arrives.
    fn new(link: u16, ends: [usize; 2], cards: &[Rect], is_portrait: bool) -> Self {
        let [from, to] = ends.map(|end| cards[end]);
        let facing = facing(&from, &to, is_portrait);
        let mut best: Option<(f32, Self)> = None;
        for leave in Side::ALL {
            for arrive in Side::ALL {
                let sides = [leave, arrive];
                let ports = [leave.middle(&from), arrive.middle(&to)];
                let wire = Self { link, ends, sides, ports };
                let extra = if facing.is_none_or(|facing| facing == sides) { 0.0 } else { COST_OF_SIDE };
                let cost = extra + wire.best(cards).0;
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, wire));
                }
            }
        }
        best.expect("there are sides to choose from").1
    }

    fn curve(&self, cards: &[Rect]) -> [Point; 4] {
        self.best(cards).1
    }

    /// The cheapest candidate between the two ports.
    fn best(&self, cards: &[Rect]) -> (f32, [Point; 4]) {
        let span = self.ports[1] - self.ports[0];
        let distance = span.length();
        let aside = span.unit().right() * cards[self.ends[0]].h;
        let mut best = (f32::INFINITY, [Point::default(); 4]);
        for bow in BOWS {
            for reach in REACHES {
                let reach = (distance * reach).max(24.0);
                let control = |end: usize| self.ports[end] + self.sides[end].outward() * reach + aside * bow;
                let points = [self.ports[0], control(0), control(1), self.ports[1]];
                let cost = self.cost(&points, cards);
                if cost < best.0 {
                    best = (cost, points);
                }
            }
            // Bows only serve to get around cards.
            if best.0 < COST_OF_HIT {
                break;
            }
        }
        best
    }

    fn cost(&self, points: &[Point; 4], cards: &[Rect]) -> f32 {
        let (mut length, mut turn, mut hits) = (0.0, 0.0, 0.0);
        let mut before = points[0];
        let mut heading = self.sides[0].outward();
        for i in 1..=SAMPLES {
            let at = on_curve(points, i as f32 / SAMPLES as f32);
            let step = at - before;
            let next = step.unit();
            length += step.length();
            // For the small angles between samples, the chord is the angle.
            turn += (next - heading).length();
            hits += self.hits(at, cards);
            (before, heading) = (at, next);
        }
        turn += (heading + self.sides[1].outward()).length();
        length + turn * COST_OF_TURN + hits * COST_OF_HIT
    }

    fn hits(&self, at: Point, cards: &[Rect]) -> f32 {
        let hit = |(i, card): (usize, &Rect)| {
            // The link's own cards are touched at the ports, but must not be crossed.
            let margin = if self.ends.contains(&i) { -1.0 } else { CLEARANCE };
            card.grown(margin).contains(at)
        };
        cards.iter().enumerate().filter(|card| hit(*card)).count() as f32
    }
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
            here.sort_by(|a, b| heading(a).total_cmp(&heading(b)).then(wires[a.0].link.cmp(&wires[b.0].link)));

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
