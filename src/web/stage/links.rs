//! The links, drawn under the dots: a line for each, and an arrow for the way of the requests.

use std::rc::Rc;

use yew::prelude::*;

use scalescope::observe::{LaneFigures, LinkFigures};
use scalescope::scene::{LinkPath, Point, on_curve};

use crate::editor::Ends;

/// Where everything is linked with everything, the beds of links would be all that one sees.
const DENSE: usize = 150;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub paths: Rc<Vec<Wire>>,
}

/// A link's curve and how it is drawn.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for something that is so or not")]
pub struct Wire {
    pub path: LinkPath,
    pub from: Rc<str>,
    pub to: Rc<str>,
    /// Between private addresses.
    pub is_private: bool,
    /// Between databases.
    pub is_replication: bool,
    pub passage: Passage,
    pub load: Load,
    /// Whether one of its ends is selected.
    pub is_near: bool,
    pub is_selected: bool,
}

/// How much a link carries, in steps: a drawing that changes with every byte could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// From none to as much as the busiest link of the design: 0 to 4.
    pub share: u8,
    pub room: Room,
}

/// What is left of a link's bandwidth, in its worse direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    #[default]
    Plenty,
    Scarce,
    None,
}

impl Load {
    /// Of a link that carries something while the busiest one carries `most` bytes per second.
    pub fn of(link: &LinkFigures, most: f64) -> Self {
        let share = match carried(link) / most.max(1e-9) {
            0.0 => 0,
            ..0.04 => 1,
            ..0.15 => 2,
            ..0.4 => 3,
            _ => 4,
        };
        let used = |lane: &LaneFigures| lane.utilisation.unwrap_or_default();
        let room = match used(&link.forward).max(used(&link.backward)) {
            0.9.. => Room::None,
            0.7.. => Room::Scarce,
            _ => Room::Plenty,
        };
        Self { share, room }
    }

    /// For people; nothing, where there is nothing to say.
    pub const fn word(self) -> Option<&'static str> {
        match self.room {
            Room::Plenty => None,
            Room::Scarce => Some("busy"),
            Room::None => Some("full"),
        }
    }
}

/// Bytes per second in both directions.
pub fn carried(link: &LinkFigures) -> f64 {
    link.forward.bytes_per_s + link.backward.bytes_per_s
}

/// How well a link lets things through, in its worse direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passage {
    Free,
    /// A fault makes it slower, lossier or narrower.
    Impaired,
    /// A partition keeps everything back.
    Cut,
}

impl Passage {
    pub fn of(lane: &LaneFigures) -> Self {
        match (lane.is_cut, lane.is_impaired) {
            (true, _) => Self::Cut,
            (false, true) => Self::Impaired,
            (false, false) => Self::Free,
        }
    }
}

#[component]
pub fn Links(props: &Props) -> Html {
    let is_dense = props.paths.len() >= DENSE;
    html! {
        <g class={classes!(is_dense.then_some("is-dense"))}>
            { for props.paths.iter().map(|wire| link(wire, is_dense)) }
        </g>
    }
}

#[derive(Properties, PartialEq)]
pub struct HitsProps {
    pub paths: Rc<Vec<Wire>>,
    /// A link was chosen at a point of the window, and whether by its grip.
    pub on_link: Callback<(Ends, Point, bool)>,
}

/// What hands and keys find of the links: wide, invisible curves, and a ring when they have the focus.
#[component]
pub fn LinkHits(props: &HitsProps) -> Html {
    let hit = |wire: &Wire| {
        let Wire { from, to, .. } = wire;
        let choose = |is_grip: bool| {
            let (on_link, ends) = (props.on_link.clone(), Ends { from: from.clone(), to: to.clone() });
            Callback::from(move |event: MouseEvent| {
                let at = Point::new(event.client_x() as f32, event.client_y() as f32);
                on_link.emit((ends.clone(), at, is_grip));
            })
        };
        let middle = on_curve(&wire.path.points, 0.5);
        html! {
            <g key={wire.path.link} class="link-hit" data-from={from.clone()} data-to={to.clone()}>
                <path d={curve(&wire.path.points)} onclick={choose(false)} tabindex="0" role="button"
                    aria-label={format!("Link from {from} to {to}")} aria-pressed={wire.is_selected.to_string()}
                    data-link={format!("{from} {to}")} data-testid={format!("link-{from}-{to}")} />
                <g class="link-grip" transform={format!("translate({:.1} {:.1})", middle.x, middle.y)} onclick={choose(true)}
                    data-testid={format!("grip-{from}-{to}")}>
                    <title>{ format!("Select the link from {from} to {to}") }</title>
                    <circle r="11" />
                    <path d="M-5 0h.01M0 0h.01M5 0h.01" />
                </g>
            </g>
        }
    };
    html! { <g class="link-hits">{ for props.paths.iter().map(hit) }</g> }
}

fn curve(points: &[Point; 4]) -> String {
    let [a, b, c, d] = points;
    format!("M{:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}", a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y)
}

fn link(wire: &Wire, is_dense: bool) -> Html {
    let curve = curve(&wire.path.points);
    let class = classes!(
        "link",
        wire.is_private.then_some("is-private"),
        wire.is_replication.then_some("is-replication"),
        wire.is_near.then_some("is-near"),
        wire.is_selected.then_some("is-selected"),
        format!("load-{}", wire.load.share),
        wire.load.word().map(|word| format!("is-{word}")),
        match wire.passage {
            Passage::Free => None,
            Passage::Impaired => Some("is-impaired"),
            Passage::Cut => Some("is-cut"),
        },
    );
    html! {
        <g {class} key={wire.path.link} data-from={wire.from.clone()} data-to={wire.to.clone()}>
            if !is_dense {
                <path class="link-bed" d={curve.clone()} />
            }
            <path class="link-line" d={curve} />
            if wire.passage == Passage::Cut {
                <path class="link-cut" d={cross(&wire.path.points)} />
            } else {
                <path class="link-arrow" d={arrow(&wire.path.points)} />
            }
        </g>
    }
}

/// A cross in the middle of the curve, where nothing passes.
fn cross(points: &[Point; 4]) -> String {
    let Point { x, y } = on_curve(points, 0.5);
    format!(
        "M{:.1} {:.1}L{:.1} {:.1}M{:.1} {:.1}L{:.1} {:.1}",
        x - 7.0,
        y - 7.0,
        x + 7.0,
        y + 7.0,
        x - 7.0,
        y + 7.0,
        x + 7.0,
        y - 7.0
    )
}

/// A small head in the middle of the curve, along the link's direction.
fn arrow(points: &[Point; 4]) -> String {
    let tip = on_curve(points, 0.5);
    let along = (on_curve(points, 0.52) - on_curve(points, 0.48)).unit();
    let across = along.right();
    let tip = tip + along * 4.0;
    let [one, other] = [tip + along * -8.0 + across * 5.0, tip + along * -8.0 + across * -5.0];
    format!("M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}", one.x, one.y, tip.x, tip.y, other.x, other.y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_as_wide_as_its_share_and_says_when_it_is_full() {
        let lane = |bytes_per_s, utilisation| LaneFigures { bytes_per_s, utilisation, ..LaneFigures::default() };
        let load = |forward, backward| {
            let (from, to) = (String::new(), String::new());
            Load::of(&LinkFigures { index: 0, from, to, is_dark: false, forward, backward }, 1000.0)
        };
        assert_eq!(load(lane(0.0, None), lane(0.0, None)), Load::default());
        assert_eq!([10.0, 100.0, 300.0, 900.0].map(|rate| load(lane(rate, None), lane(0.0, None)).share), [1, 2, 3, 4]);
        let word = |used| load(lane(1.0, Some(0.1)), lane(1.0, Some(used))).word();
        assert_eq!([0.5, 0.8, 0.99].map(word), [None, Some("busy"), Some("full")]);
    }
}
