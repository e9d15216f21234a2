//! From ordered stages to coordinates.
//!
//! Everything is computed along two axes: *along* the way of requests and *across* it; a portrait picture only swaps
//! them. Columns share no stretch of the first axis, cards of a column none of the second: so nothing overlaps.

use super::CardSize;
use super::order::{Band, Graph};
use crate::model::Document;
use crate::scene::geometry::{Point, Rect};

/// Most sub-columns that a stage with many nodes is split into.
const MOST_SPLITS: usize = 8;
/// By how much a split must enlarge the drawing: links to the sub-columns behind are harder to follow.
const WORTH_A_SPLIT: f32 = 1.15;
/// How far the gaps may be widened to fill the viewport.
const MOST_STRETCH: f32 = 2.0;
/// Free space kept around a card that a person placed.
const CLEARANCE: f32 = 16.0;

/// A card's size, and the distances that follow from it.
struct Measures {
    /// Size along the way.
    along: f32,
    /// Size across the way.
    across: f32,
    /// Between two stages of the way: links and their dots need room.
    stage_gap: f32,
    /// Around a stage that stands beside the way.
    side_gap: f32,
    /// Between the sub-columns of one stage.
    split_gap: f32,
    /// Between neighbours of a column.
    stack_gap: f32,
}

impl Measures {
    fn of(card: CardSize, is_portrait: bool) -> Self {
        let (along, across) = if is_portrait { (card.h, card.w) } else { (card.w, card.h) };
        Self {
            along,
            across,
            stage_gap: 0.45 * along + 60.0,
            side_gap: 0.1 * along + 20.0,
            split_gap: 0.1 * along + 40.0,
            stack_gap: 0.2 * across + 24.0,
        }
    }
}

/// Middles of cards: x along the way, y across it.
struct Draft {
    middles: Vec<Point>,
    length: f32,
    breadth: f32,
}

/// The upper left corner of every card.
pub fn place(graph: &Graph, bands: &[Band], card: CardSize, aspect: f32) -> Vec<Point> {
    let is_portrait = aspect < 1.0;
    let measures = Measures::of(card, is_portrait);
    let wanted = if is_portrait { 1.0 / aspect } else { aspect };
    let longest = bands.iter().map(|band| band.nodes.len()).max().unwrap_or(0);
    // The scale at which the drawing would fit; the largest is the most legible.
    let fit = |draft: &Draft| (wanted / draft.length).min(1.0 / draft.breadth);
    let best = (1..=MOST_SPLITS.min(longest.max(1)))
        .map(|splits| draft(graph, bands, &measures, longest.div_ceil(splits)))
        .reduce(|best, next| if fit(&next) > fit(&best) * WORTH_A_SPLIT { next } else { best });
    let Some(mut best) = best else { return Vec::new() };
    best.stretch(&measures, wanted);
    best.corners(is_portrait)
}

/// Puts what a person placed where they placed it, and moves other cards out of its way.
pub fn honour_positions(document: &Document, card: CardSize, is_portrait: bool, corners: &mut [Point]) {
    let at = |corner: Point| Rect { x: corner.x, y: corner.y, w: card.w, h: card.h };
    let placed = |i: usize| document.nodes[i].position.filter(|at| at.x.is_finite() && at.y.is_finite());
    for (i, corner) in corners.iter_mut().enumerate() {
        if let Some(position) = placed(i) {
            *corner = Point::new(position.x, position.y);
        }
    }
    let mut taken: Vec<Rect> = (0..corners.len()).filter(|&i| placed(i).is_some()).map(|i| at(corners[i])).collect();
    if taken.is_empty() {
        return;
    }
    for i in (0..corners.len()).filter(|&i| placed(i).is_none()) {
        let start = corners[i];
        let side = if is_portrait { card.w } else { card.h };
        let step = (side / 4.0).max(CLEARANCE);
        let step = if is_portrait { Point::new(step, 0.0) } else { Point::new(0.0, step) };
        // A taken card blocks at most eleven of these places, so one of them is free.
        corners[i] = (0..=12 * (taken.len() + 1))
            .map(|n| start + step * (if n % 2 == 0 { 1.0 } else { -1.0 } * n.div_ceil(2) as f32))
            .find(|&corner| !taken.iter().any(|other| at(corner).grown(CLEARANCE).overlaps(other)))
            .unwrap_or(start);
        taken.push(at(corners[i]));
    }
}

fn draft(graph: &Graph, bands: &[Band], measures: &Measures, rows: usize) -> Draft {
    let mut draft = Draft { middles: vec![Point::default(); graph.stages.len()], length: 0.0, breadth: 0.0 };
    let is_beside: Vec<_> = (0..bands.len())
        .map(|i| bands[i].is_passed && i > 0 && i + 1 < bands.len() && bands[i].nodes.len() <= 2 * rows.max(4))
        .collect();
    let mut end = 0.0;
    for (i, band) in bands.iter().enumerate() {
        if i > 0 {
            end += if is_beside[i - 1] || is_beside[i] { measures.side_gap } else { measures.stage_gap };
        }
        let splits = if is_beside[i] { 1 } else { band.nodes.len().div_ceil(rows.max(1)) };
        draft.stack(band, splits, end, measures);
        end += splits as f32 * (measures.along + measures.split_gap) - measures.split_gap;
    }
    for (band, _) in bands.iter().zip(is_beside).filter(|(_, is_beside)| *is_beside) {
        draft.set_beside(graph, band, measures);
    }
    draft.measure(measures);
    draft
}

impl Draft {
    /// Stacks a stage around the middle of the way, in sub-columns staggered like bricks: links to the one
    /// behind pass between the cards of the one in front.
    fn stack(&mut self, band: &Band, splits: usize, start: f32, measures: &Measures) {
        let inner = if band.has_inner { 0.45 * measures.across } else { 0.0 };
        let passage = if splits > 1 { 0.3 * measures.across } else { 0.0 };
        let half_pitch = (measures.across + measures.stack_gap + inner + passage) / 2.0;
        let stagger = usize::from(splits > 1);
        let place = |i: usize| (i % splits, 2 * (i / splits) + i % splits % 2 * stagger);
        let last = (0..band.nodes.len()).map(|i| place(i).1).max().unwrap_or(0);
        for (i, &node) in band.nodes.iter().enumerate() {
            let (column, row) = place(i);
            let along = start + column as f32 * (measures.along + measures.split_gap) + measures.along / 2.0;
            self.middles[node] = Point::new(along, (row as f32 - last as f32 / 2.0) * half_pitch);
        }
    }

    /// Moves a stage off the links that pass it.
    fn set_beside(&mut self, graph: &Graph, band: &Band, measures: &Measures) {
        let Some(&first) = band.nodes.first() else { return };
        let along = self.middles[first].x;
        let (mut low, mut high) = (0.0_f32, 0.0_f32);
        for &(a, b) in &graph.links {
            let (a, b) = if graph.stages[a] < graph.stages[b] { (a, b) } else { (b, a) };
            if graph.stages[a] < band.stage && band.stage < graph.stages[b] {
                let (a, b) = (self.middles[a], self.middles[b]);
                let t = ((along - a.x) / (b.x - a.x)).clamp(0.0, 1.0);
                let across = a.y + (b.y - a.y) * t * t * (3.0 - 2.0 * t);
                (low, high) = (low.min(across), high.max(across));
            }
        }
        let clearance = 0.95 * measures.across + 30.0;
        let pitch = measures.across + measures.stack_gap;
        for (i, &node) in band.nodes.iter().enumerate() {
            self.middles[node].y = if i < band.before {
                low - clearance - (band.before - 1 - i) as f32 * pitch
            } else {
                high + clearance + (i - band.before) as f32 * pitch
            };
        }
    }

    /// Widens the gaps along one axis, so that the drawing comes closer to the `wanted` ratio of length to breadth.
    fn stretch(&mut self, measures: &Measures, wanted: f32) {
        let widen = |now: f32, card: f32, ideal: f32| {
            let inner = now - card;
            if inner > 0.0 { ((ideal - card) / inner).clamp(1.0, MOST_STRETCH) } else { 1.0 }
        };
        let across = widen(self.breadth, measures.across, self.length / wanted);
        let along = widen(self.length, measures.along, self.breadth * wanted);
        for middle in &mut self.middles {
            *middle = Point::new(middle.x * along, middle.y * across);
        }
        self.measure(measures);
    }

    fn measure(&mut self, measures: &Measures) {
        let (least, most) = self.extremes();
        self.length = most.x - least.x + measures.along;
        self.breadth = most.y - least.y + measures.across;
    }

    fn extremes(&self) -> (Point, Point) {
        let least = |a: Point, b: Point| Point::new(a.x.min(b.x), a.y.min(b.y));
        let most = |a: Point, b: Point| Point::new(a.x.max(b.x), a.y.max(b.y));
        let middles = || self.middles.iter().copied();
        (middles().reduce(least).unwrap_or_default(), middles().reduce(most).unwrap_or_default())
    }

    fn corners(self, is_portrait: bool) -> Vec<Point> {
        let (least, _) = self.extremes();
        let turn = |at: Point| if is_portrait { Point::new(at.y, at.x) } else { at };
        self.middles.into_iter().map(|middle| turn(middle - least)).collect()
    }
}
