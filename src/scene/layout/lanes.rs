//! Lanes: in a design with several regions each gets a stretch of its own across the way of requests, so that a frame around one
//! holds nothing of another.
//!
//! Cards keep their place along the way; across it they stand in their region's lane, in the order that they had. What is in no
//! region has the first lane. Lanes stand in the order of their cards' middles.

use super::CardSize;
use crate::base::order::sort_by;
use crate::model::Document;
use crate::scene::geometry::Point;

/// Free space between two lanes, for the frames and their names.
const GAP: f32 = 104.0;
/// Free space between two cards of a lane.
const STACK: f32 = 44.0;

/// A card by its index, where it is along the way, and where it was across it.
struct Item {
    index: usize,
    along: f32,
    across: f32,
}

/// Parts `corners`, those of the document's nodes, into lanes; leaves them as they are where there are not two regions.
pub fn part(document: &Document, card: CardSize, is_portrait: bool, corners: &mut [Point]) {
    let regions = document.regions();
    if regions.len() < 2 {
        return;
    }
    let (length, breadth) = if is_portrait { (card.h, card.w) } else { (card.w, card.h) };
    let item = |index: usize| {
        let Point { x, y } = corners[index];
        if is_portrait { Item { index, along: y, across: x } } else { Item { index, along: x, across: y } }
    };
    let own = |region: Option<&str>| -> Vec<Item> {
        let nodes = document.nodes.iter().enumerate().filter(|(_, node)| node.region.as_deref() == region);
        nodes.map(|(index, _)| item(index)).collect()
    };
    let mut lanes: Vec<Vec<Item>> = regions.into_iter().map(|region| own(Some(region))).collect();
    let middle = |lane: &Vec<Item>| lane.iter().map(|item| item.across).sum::<f32>() / lane.len().max(1) as f32;
    sort_by(&mut lanes, |a, b| middle(a).total_cmp(&middle(b)));
    let mut start = 0.0;
    for lane in std::iter::once(own(None)).chain(lanes).filter(|lane| !lane.is_empty()) {
        let placed = stacked(lane, length, breadth);
        let end = placed.iter().map(|item| item.across + breadth).fold(0.0, f32::max);
        for Item { index, along, across } in placed {
            let (along, across) = (along, start + across);
            corners[index] = if is_portrait { Point::new(across, along) } else { Point::new(along, across) };
        }
        start += end + GAP;
    }
}

/// The cards of a lane from zero on: each as near to the lane's beginning as those allow that share its stretch of the way; columns
/// that share none with others stand in the lane's middle.
fn stacked(mut lane: Vec<Item>, length: f32, breadth: f32) -> Vec<Item> {
    sort_by(&mut lane, |a, b| a.across.total_cmp(&b.across));
    let mut placed: Vec<Item> = Vec::with_capacity(lane.len());
    for item in lane {
        let beside = placed.iter().filter(|other| (other.along - item.along).abs() < length);
        let across = beside.map(|other| other.across + breadth + STACK).fold(0.0, f32::max);
        placed.push(Item { across, ..item });
    }
    let end = placed.iter().map(|item| item.across + breadth).fold(0.0, f32::max);
    let shifts: Vec<f32> = placed
        .iter()
        .map(|item| {
            let near = || placed.iter().filter(|other| (other.along - item.along).abs() < length);
            let is_column = near().all(|other| (other.along - item.along).abs() < 0.5);
            let own_end = near().map(|other| other.across + breadth).fold(0.0, f32::max);
            if is_column { (end - own_end) / 2.0 } else { 0.0 }
        })
        .collect();
    for (item, shift) in placed.iter_mut().zip(shifts) {
        item.across += shift;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::super::{Layout, NodeBox, layout};
    use super::*;
    use crate::scene::geometry::Rect;

    fn around(layout: &Layout, document: &Document, region: &str) -> Rect {
        let own = layout.nodes.iter().filter(|card| document.region(&card.id) == Some(region)).map(NodeBox::rect);
        own.reduce(|all, card| all.union(&card)).expect("the region has nodes")
    }

    #[test]
    fn regions_share_no_place_and_cards_cover_none() {
        let document = Document::read(include_str!("../../../static/scenarios/regions.json")).unwrap();
        for aspect in [1.8, 0.6] {
            let layout = layout(&document, CardSize { w: 174.0, h: 102.0 }, aspect);
            let [one, other] = ["us-east-1", "eu-west-1"].map(|region| around(&layout, &document, region));
            assert!(!one.grown(40.0).overlaps(&other.grown(40.0)), "{aspect}: {one:?} {other:?}");
            for (i, card) in layout.nodes.iter().enumerate() {
                let others = layout.nodes[..i].iter();
                assert!(others.clone().all(|other| !other.rect().grown(-0.01).overlaps(&card.rect())), "{}", card.id);
            }
        }
    }
}
