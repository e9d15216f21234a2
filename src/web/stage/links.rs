//! The links, drawn under the dots: a line for each, and an arrow for the way of the requests.

use std::rc::Rc;

use yew::prelude::*;

use scalescope::observe::LaneFigures;
use scalescope::scene::{LinkPath, Point, on_curve};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub paths: Rc<Vec<Wire>>,
}

/// A link's curve and how it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    pub path: LinkPath,
    pub from: Rc<str>,
    pub to: Rc<str>,
    /// Between private addresses.
    pub is_private: bool,
    /// Between databases.
    pub is_replication: bool,
    pub passage: Passage,
    /// Whether one of its ends is selected.
    pub is_near: bool,
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
    html! { <>{ for props.paths.iter().map(link) }</> }
}

fn link(wire: &Wire) -> Html {
    let [a, b, c, d] = wire.path.points;
    let curve = format!("M{} {}C{} {} {} {} {} {}", a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y);
    let class = classes!(
        "link",
        wire.is_private.then_some("is-private"),
        wire.is_replication.then_some("is-replication"),
        wire.is_near.then_some("is-near"),
        match wire.passage {
            Passage::Free => None,
            Passage::Impaired => Some("is-impaired"),
            Passage::Cut => Some("is-cut"),
        },
    );
    html! {
        <g {class} key={wire.path.link} data-from={wire.from.clone()} data-to={wire.to.clone()}>
            <path class="link-reach" d={curve.clone()} />
            <path class="link-bed" d={curve.clone()} />
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
