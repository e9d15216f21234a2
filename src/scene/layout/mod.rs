//! Where the cards stand: users first, data last, one column per stage of a request's way.
//!
//! The stage follows from a node's kind, so the picture says the same in every design; within a stage, the order of
//! cards is that of what they are linked to (barycentres). Name service and content delivery stand beside the way
//! of the requests, and so does a cache that some requests pass by. A tall viewport gets the same picture from top to
//! bottom. Several regions get a lane each. What a person placed by hand stays exactly there.
//!
//! Assumption: all cards have one size. No two cards overlap, except where a person put one on another.

mod lanes;
mod order;
mod place;

use super::geometry::Rect;
use crate::model::Document;

/// The size of every card.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CardSize {
    pub w: f32,
    pub h: f32,
}

/// A node's card.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeBox {
    pub id: String,
    /// Left edge; as in [`crate::model::Position`].
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    pub w: f32,
    pub h: f32,
}

impl NodeBox {
    pub fn rect(&self) -> Rect {
        Rect { x: self.x, y: self.y, w: self.w, h: self.h }
    }
}

/// Where every card stands, in the document's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    pub nodes: Vec<NodeBox>,
    /// Left edge of the leftmost card. Zero unless a person moved something.
    pub x: f32,
    /// Upper edge of the topmost card. Zero unless a person moved something.
    pub y: f32,
    pub width: f32,
    pub height: f32,
    /// Whether requests go from top to bottom, not from left to right.
    pub is_portrait: bool,
}

impl Layout {
    /// The rectangle around all cards.
    pub fn bounds(&self) -> Rect {
        Rect { x: self.x, y: self.y, w: self.width, h: self.height }
    }

    pub fn node(&self, id: &str) -> Option<&NodeBox> {
        self.nodes.iter().find(|node| node.id == id)
    }
}

/// Places the cards of `document` for a viewport with this `aspect` (width by height); below one, from top to bottom.
pub fn layout(document: &Document, card: CardSize, aspect: f32) -> Layout {
    let aspect = if aspect.is_finite() { aspect.clamp(0.2, 5.0) } else { 1.0 };
    let is_portrait = aspect < 1.0;
    let graph = order::Graph::of(document);
    let bands = graph.bands();
    let mut corners = place::place(&graph, &bands, card, aspect);
    lanes::part(document, card, is_portrait, &mut corners);
    place::honour_positions(document, card, is_portrait, &mut corners);

    let nodes: Vec<_> = document
        .nodes
        .iter()
        .zip(corners)
        .map(|(node, corner)| NodeBox { id: node.id.clone(), x: corner.x, y: corner.y, w: card.w, h: card.h })
        .collect();
    let bounds = nodes.iter().map(NodeBox::rect).reduce(|all, card| all.union(&card)).unwrap_or_default();
    Layout { nodes, x: bounds.x, y: bounds.y, width: bounds.w, height: bounds.h, is_portrait }
}

#[cfg(test)]
mod tests;
