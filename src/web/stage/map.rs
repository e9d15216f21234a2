//! The map: where cards and links of a design are, and which card is next to which.

use std::rc::Rc;

use scalescope::engine::LinkEnds;
use scalescope::model::{Document, NodeKind};
use scalescope::observe::LinkFigures;
use scalescope::scene::{CardSize, Layout, LinkPath, NodeBox, Point, Rect, Size, layout, link_paths};

use super::links::{Passage, Wire};
use crate::input::Way;

/// Cards on a wide stage.
const WIDE: CardSize = CardSize { w: 174.0, h: 102.0 };
/// Cards on a narrow one.
const NARROW: CardSize = CardSize { w: 192.0, h: 86.0 };
/// Stages below this width are narrow.
const NARROW_BELOW: f32 = 640.0;
/// What chips and badges take beyond a card.
const OVERHANG: f32 = 22.0;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    pub layout: Layout,
    pub paths: Vec<LinkPath>,
}

impl Map {
    pub fn new(document: &Document, links: &[LinkEnds], room: Size) -> Self {
        let card = if room.w < NARROW_BELOW { NARROW } else { WIDE };
        let layout = layout(document, card, room.w / room.h.max(1.0));
        let paths = link_paths(&layout, links);
        Self { layout, paths }
    }

    /// All that is drawn, chips and badges included.
    pub fn bounds(&self) -> Rect {
        self.layout.bounds().grown(OVERHANG)
    }

    /// The links as they are drawn while `selected` is selected and they are as `figures` say.
    pub fn wires(
        &self,
        document: &Document,
        links: &[LinkEnds],
        figures: &[LinkFigures],
        selected: Option<&str>,
    ) -> Rc<Vec<Wire>> {
        let is_open = |id: &str| {
            let kind = document.node(id).map(|node| &node.kind);
            matches!(kind, Some(NodeKind::Users(_) | NodeKind::Dns(_) | NodeKind::Cdn(_)))
        };
        let is_database = |id: &str| matches!(document.node(id).map(|node| &node.kind), Some(NodeKind::Database(_)));
        let wires = self.paths.iter().filter_map(|path| {
            let ends = links.iter().find(|link| link.index == path.link)?;
            let own = figures.iter().find(|figures| figures.index == path.link);
            let passage = own.map(|own| Passage::of(&own.forward).max(Passage::of(&own.backward)));
            Some(Wire {
                path: *path,
                from: ends.from.as_str().into(),
                to: ends.to.as_str().into(),
                passage: passage.unwrap_or(Passage::Free),
                is_private: !is_open(&ends.from),
                is_replication: is_database(&ends.from) && is_database(&ends.to),
                is_near: selected.is_some_and(|id| id == ends.from || id == ends.to),
            })
        });
        Rc::new(wires.collect())
    }

    /// The card that one comes to from `id` when going `way`: near, and not too far aside.
    pub fn neighbour(&self, id: &str, way: Way) -> Option<&str> {
        let own = self.layout.node(id)?.rect().centre();
        let cost = |at: Point| {
            let (dx, dy) = (at.x - own.x, at.y - own.y);
            let (along, aside) = match way {
                Way::Left => (-dx, dy),
                Way::Right => (dx, dy),
                Way::Up => (-dy, dx),
                Way::Down => (dy, dx),
            };
            (along > 1.0).then_some(along + aside.abs() * 2.0)
        };
        let others = self.layout.nodes.iter().filter_map(|node| Some((cost(node.rect().centre())?, node)));
        others.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, node)| node.id.as_str())
    }

    /// The card that a walk begins with: the first on the requests' way.
    pub fn first(&self) -> Option<&str> {
        let nodes = self.layout.nodes.iter();
        let along = |at: Point| if self.layout.is_portrait { at.y } else { at.x };
        nodes.min_by(|a, b| along(a.rect().centre()).total_cmp(&along(b.rect().centre()))).map(|node| node.id.as_str())
    }

    /// The private side of the system: everything but users, name service and delivery network.
    pub fn private_side(&self, document: &Document) -> Option<Rect> {
        let is_private = |id: &str| {
            let kind = document.node(id).map(|node| &node.kind);
            !matches!(
                kind,
                None | Some(NodeKind::Users(_) | NodeKind::Dns(_) | NodeKind::Cdn(_) | NodeKind::LoadBalancer(_))
            )
        };
        // Without a balancer in front the servers have public addresses.
        document.nodes.iter().find(|node| matches!(node.kind, NodeKind::LoadBalancer(_)))?;
        let cards = self.layout.nodes.iter().filter(|node| is_private(&node.id));
        cards.map(NodeBox::rect).reduce(|all, card| all.union(&card)).map(|rect| rect.grown(26.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_walks_from_the_users_to_the_data_and_back() {
        let document = crate::scenarios::ALL[2].document();
        let map = Map::new(&document, &[], Size { w: 1280.0, h: 500.0 });
        assert_eq!(map.first(), Some("users"));
        let mut at = "users";
        for _ in 0..document.nodes.len() {
            at = map.neighbour(at, Way::Right).unwrap_or(at);
        }
        assert!(at.starts_with("db"), "{at}");
        assert!(map.neighbour(at, Way::Right).is_none());
        assert!(map.neighbour(at, Way::Left).is_some());
    }
}
