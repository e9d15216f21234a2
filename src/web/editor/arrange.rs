//! Aligning and spreading cards.

use std::rc::Rc;

use scalescope::base::order::sort_by;
use scalescope::scene::{NodeBox, Point};

use super::Side;

/// The corners of `cards` when they are aligned by `side` of the rectangle around them.
pub fn align(cards: &[&NodeBox], side: Side) -> Vec<(Rc<str>, Point)> {
    let Some(all) = cards.iter().map(|card| card.rect()).reduce(|all, card| all.union(&card)) else {
        return Vec::new();
    };
    let corner = |card: &NodeBox| match side {
        Side::Left => Point::new(all.x, card.y),
        Side::Centre => Point::new(all.centre().x - card.w / 2.0, card.y),
        Side::Right => Point::new(all.right() - card.w, card.y),
        Side::Top => Point::new(card.x, all.y),
        Side::Middle => Point::new(card.x, all.centre().y - card.h / 2.0),
        Side::Bottom => Point::new(card.x, all.bottom() - card.h),
    };
    cards.iter().map(|card| (card.id.as_str().into(), corner(card))).collect()
}

/// The corners of `cards` when the distances between neighbours are alike; the outermost stay.
pub fn spread(cards: &[&NodeBox], is_across: bool) -> Vec<(Rc<str>, Point)> {
    let along = |card: &NodeBox| if is_across { card.x } else { card.y };
    let mut order = cards.to_vec();
    sort_by(&mut order, |a, b| along(a).total_cmp(&along(b)));
    let (Some(first), Some(last)) = (order.first(), order.last()) else { return Vec::new() };
    let (start, end) = (along(first), along(last));
    let steps = order.len().saturating_sub(1).max(1) as f32;
    let corner = |i: usize, card: &NodeBox| {
        let at = start + (end - start) * i as f32 / steps;
        if is_across { Point::new(at, card.y) } else { Point::new(card.x, at) }
    };
    order.iter().enumerate().map(|(i, card)| (card.id.as_str().into(), corner(i, card))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(id: &str, x: f32, y: f32) -> NodeBox {
        NodeBox { id: id.to_owned(), x, y, w: 100.0, h: 50.0 }
    }

    #[test]
    fn cards_are_aligned_and_spread() {
        let cards = [card("a", 0.0, 0.0), card("b", 30.0, 100.0), card("c", 400.0, 130.0)];
        let cards: Vec<&NodeBox> = cards.iter().collect();
        assert!(align(&cards, Side::Right).iter().all(|(_, corner)| (corner.x - 400.0).abs() < 1e-3));
        let xs: Vec<f32> = spread(&cards, true).iter().map(|(_, corner)| corner.x).collect();
        assert_eq!(xs, [0.0, 200.0, 400.0]);
        assert!(align(&[], Side::Top).is_empty() && spread(&[], false).is_empty());
    }
}
