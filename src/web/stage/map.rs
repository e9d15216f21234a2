//! The map: where cards and links of a design are, and which card is next to which.

use std::rc::Rc;

use scalescope::model::{Document, NodeKind};
use scalescope::observe::LinkEnds;
use scalescope::observe::LinkFigures;
use scalescope::scene::{CardSize, Layout, LinkPath, NodeBox, Point, Rect, Size, layout, link_paths};

use super::links::{Load, Passage, Wire, carried};
use crate::editor::Selection;
use crate::input::Way;

/// Cards on a wide stage.
const WIDE: CardSize = CardSize { w: 174.0, h: 102.0 };
/// Cards on a narrow one.
const NARROW: CardSize = CardSize { w: 192.0, h: 86.0 };
/// Stages below this width are narrow.
const NARROW_BELOW: f32 = 640.0;
/// What chips and badges take beyond a card.
const OVERHANG: f32 = 22.0;
/// What the name of a frame takes above its cards.
const HEAD: f32 = 26.0;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    pub layout: Layout,
    pub paths: Vec<LinkPath>,
    /// Where the frames are while nothing is carried.
    frames: Vec<Rect>,
}

/// A frame around some cards.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub label: String,
    pub nodes: Vec<Rc<str>>,
    pub rect: Rect,
    /// Whether it is there for the nodes' region; otherwise a person has drawn it.
    pub is_region: bool,
}

impl Map {
    pub fn new(document: &Document, links: &[LinkEnds], room: Size) -> Self {
        let card = if room.w < NARROW_BELOW { NARROW } else { WIDE };
        let layout = layout(document, card, room.w / room.h.max(1.0));
        let paths = link_paths(&layout, links);
        let mut map = Self { layout, paths, frames: Vec::new() };
        map.frames = map.frames(document).into_iter().map(|frame| frame.rect).collect();
        map
    }

    /// The same with some cards moved, and the links that hang on them drawn anew. Quick, for every move of a hand: the curves
    /// look for no way round.
    pub fn moved(&self, nodes: &[Rc<str>], by: Point, links: &[LinkEnds]) -> Self {
        let is_moved = |id: &str| nodes.iter().any(|node| **node == *id);
        let mut layout = self.layout.clone();
        for card in layout.nodes.iter_mut().filter(|card| is_moved(&card.id)) {
            (card.x, card.y) = (card.x + by.x, card.y + by.y);
        }
        let hanging: Vec<LinkEnds> =
            links.iter().filter(|link| is_moved(&link.from) || is_moved(&link.to)).cloned().collect();
        let mut paths = self.paths.clone();
        for path in link_paths(&layout, &hanging) {
            if let Some(old) = paths.iter_mut().find(|old| old.link == path.link) {
                *old = path;
            }
        }
        Self { layout, paths, frames: self.frames.clone() }
    }

    /// The cards within a frame.
    pub fn within(&self, frame: Rect) -> Vec<Rc<str>> {
        let cards = self.layout.nodes.iter().filter(|card| frame.overlaps(&card.rect()));
        cards.map(|card| card.id.as_str().into()).collect()
    }

    /// The card under a point.
    pub fn at(&self, point: Point) -> Option<&NodeBox> {
        self.layout.nodes.iter().rev().find(|card| card.rect().grown(6.0).contains(point))
    }

    /// The rectangle around some cards.
    pub fn around(&self, nodes: &[Rc<str>]) -> Option<Rect> {
        let cards = nodes.iter().filter_map(|id| self.layout.node(id)).map(NodeBox::rect);
        cards.reduce(|all, card| all.union(&card))
    }

    /// Where the handle of a card is: where requests leave it.
    pub fn handle(&self, id: &str) -> Option<Point> {
        let card = self.layout.node(id)?.rect();
        let centre = card.centre();
        Some(if self.layout.is_portrait {
            Point::new(centre.x, card.bottom())
        } else {
            Point::new(card.right(), centre.y)
        })
    }

    /// The size of a card.
    pub fn card_size(&self, room: Size) -> CardSize {
        let any = self.layout.nodes.first().map(|card| CardSize { w: card.w, h: card.h });
        any.unwrap_or(if room.w < NARROW_BELOW { NARROW } else { WIDE })
    }

    /// The corner, near to `corner`, at which a new card covers no other.
    pub fn free_corner(&self, corner: Point, card: CardSize) -> Point {
        let at = |corner: Point| Rect { x: corner.x, y: corner.y, w: card.w, h: card.h };
        let is_free =
            |corner: &Point| self.layout.nodes.iter().all(|other| !at(*corner).grown(20.0).overlaps(&other.rect()));
        let steps =
            [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (1.0, 1.0), (-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0)];
        let rings = (1..40).flat_map(|ring| {
            let ring = ring as f32;
            steps.map(|(x, y)| corner + Point::new(x * ring * (card.w + 48.0) * 0.5, y * ring * (card.h + 48.0) * 0.5))
        });
        std::iter::once(corner).chain(rings).find(is_free).unwrap_or(corner)
    }

    /// The frames of the design: around its regions, and around its tiers.
    pub fn frames(&self, document: &Document) -> Vec<Frame> {
        let ids = |nodes: &[&str]| nodes.iter().map(|id| Rc::from(*id)).collect::<Vec<Rc<str>>>();
        let frame = |label: &str, nodes: Vec<Rc<str>>, is_region: bool| {
            let rect = self.around(&nodes)?.grown(if is_region { 34.0 } else { 18.0 });
            let rect = Rect { y: rect.y - HEAD, h: rect.h + HEAD, ..rect };
            Some(Frame { label: label.to_owned(), nodes, rect, is_region })
        };
        let regions = document.regions().into_iter().filter_map(|region| {
            let own = document.nodes.iter().filter(|node| node.region.as_deref() == Some(region));
            frame(region, ids(&own.map(|node| node.id.as_str()).collect::<Vec<_>>()), true)
        });
        let tiers = document.tiers.iter().filter_map(|tier| {
            frame(&tier.label, ids(&tier.nodes.iter().map(String::as_str).collect::<Vec<_>>()), false)
        });
        regions.chain(tiers).collect()
    }

    /// All that is drawn, chips, badges and frames included.
    pub fn bounds(&self) -> Rect {
        self.frames.iter().fold(self.layout.bounds().grown(OVERHANG), |all, frame| all.union(&frame.grown(4.0)))
    }

    /// The links as they are drawn while `selection` is selected and they are as `figures` say.
    pub fn wires(
        &self,
        document: &Document,
        links: &[LinkEnds],
        figures: &[LinkFigures],
        selection: &Selection,
    ) -> Rc<Vec<Wire>> {
        let is_open = |id: &str| {
            let kind = document.node(id).map(|node| &node.kind);
            matches!(kind, Some(NodeKind::Users(_) | NodeKind::Dns(_) | NodeKind::Cdn(_)))
        };
        let is_database = |id: &str| {
            let kind = document.node(id).map(|node| &node.kind);
            matches!(kind, Some(NodeKind::Database(_) | NodeKind::QuorumStore(_)))
        };
        let most = figures.iter().map(carried).fold(0.0, f64::max);
        let wires = self.paths.iter().filter_map(|path| {
            let ends = links.iter().find(|link| link.index == path.link)?;
            let own = figures.iter().find(|figures| figures.index == path.link);
            let passage = own.map(|own| Passage::of(&own.forward).max(Passage::of(&own.backward)));
            Some(Wire {
                path: *path,
                from: ends.from.as_str().into(),
                to: ends.to.as_str().into(),
                passage: passage.unwrap_or(Passage::Free),
                load: own.map_or_else(Load::default, |own| Load::of(own, most)),
                is_private: !is_open(&ends.from),
                is_replication: is_database(&ends.from) && is_database(&ends.to),
                is_near: selection.has(&ends.from) || selection.has(&ends.to),
                is_selected: selection.has_link(&ends.from, &ends.to),
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

    /// The private sides of the system, one for each region: everything but users, name service and delivery network.
    pub fn private_sides(&self, document: &Document) -> Vec<Rect> {
        let is_private = |id: &str| {
            let kind = document.node(id).map(|node| &node.kind);
            !matches!(
                kind,
                None | Some(NodeKind::Users(_) | NodeKind::Dns(_) | NodeKind::Cdn(_) | NodeKind::LoadBalancer(_))
            )
        };
        // Without a balancer in front the servers have public addresses.
        if !document.nodes.iter().any(|node| matches!(node.kind, NodeKind::LoadBalancer(_))) {
            return Vec::new();
        }
        let side = |region: Option<&str>| {
            let cards =
                self.layout.nodes.iter().filter(|card| is_private(&card.id) && document.region(&card.id) == region);
            cards.map(NodeBox::rect).reduce(|all, card| all.union(&card)).map(|rect| rect.grown(26.0))
        };
        std::iter::once(None).chain(document.regions().into_iter().map(Some)).filter_map(side).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_card_takes_its_links_along_and_a_new_one_covers_none() {
        let document = crate::scenarios::ALL[1].document();
        let links: Vec<LinkEnds> = (0..)
            .zip(&document.links)
            .map(|(index, link)| LinkEnds { index, from: link.from.clone(), to: link.to.clone() })
            .collect();
        let map = Map::new(&document, &links, Size { w: 1280.0, h: 500.0 });
        let moved = map.moved(&["db-1".into()], Point::new(0.0, 200.0), &links);
        let changed = map.paths.iter().zip(&moved.paths).filter(|(a, b)| a != b).count();
        let hanging = links.iter().filter(|link| link.to == "db-1" || link.from == "db-1").count();
        assert_eq!(changed, hanging);
        let card = map.card_size(Size::default());
        let taken = map.layout.node("db-1").unwrap().rect();
        let free = map.free_corner(Point::new(taken.x, taken.y), card);
        assert!(map.at(free + Point::new(card.w / 2.0, card.h / 2.0)).is_none());
        assert_eq!(map.within(taken.grown(2.0)), ["db-1".into()]);
    }

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
