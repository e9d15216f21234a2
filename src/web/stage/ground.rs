//! What lies under the cards: private networks, frames, and what stands on an empty drawing.

use yew::prelude::*;

use scalescope::model::Document;
use scalescope::scene::Rect;

use super::map::{Frame, Map};

/// The outlines of the private networks.
pub fn boundaries(map: &Map, document: &Document) -> Html {
    let side = |rect: Rect| {
        html! {
            <g class="private">
                { outline(&rect, "24") }
                <text x={(rect.x + 18.0).to_string()} y={(rect.bottom() + 6.0).to_string()}>{ "private network" }</text>
            </g>
        }
    };
    map.private_sides(document).into_iter().map(side).collect()
}

fn outline(rect: &Rect, radius: &'static str) -> Html {
    let Rect { x, y, w, h } = rect;
    html! { <rect x={x.to_string()} y={y.to_string()} width={w.to_string()} height={h.to_string()} rx={radius} /> }
}

/// A frame, under the dots.
pub fn frame(frame: &Frame) -> Html {
    let class = if frame.is_region { "tier is-region" } else { "tier" };
    html! { <g {class}>{ outline(&frame.rect, "18") }</g> }
}

/// The name of a frame: a drag on it carries all that is in the frame, a click selects that.
pub fn frame_name(frame: &Frame) -> Html {
    let Frame { label, nodes, rect, is_region } = frame;
    let what = if *is_region { "Region" } else { "Tier" };
    let width = label.chars().count() as f32 * 8.4 + 24.0;
    let ids = nodes.join(" ");
    html! {
        <g class={classes!("frame-name", is_region.then_some("is-region"))} transform={format!("translate({} {})", rect.x, rect.y)}
            tabindex="0" role="button" aria-label={format!("{what} {label}: select what is in it")} data-frame={ids}
            data-region={is_region.then(|| label.clone())} data-testid={format!("frame-{label}")}>
            <title>{ format!("{what} {label}: drag to move it with all that is in it") }</title>
            <rect x="8" y="6" width={width.to_string()} height="28" rx="9" />
            <text x="19" y="25">{ label }</text>
        </g>
    }
}

/// What stands on a drawing that has nothing on it.
pub fn blank() -> Html {
    html! {
        <div class="blank-canvas" data-testid="blank">
            <p class="blank-title">{ "An empty canvas" }</p>
            <p>{ "Drag a part from the palette onto it, or choose one there. Users first: they make the requests." }</p>
        </div>
    }
}

/// The pattern over cards that are down.
pub fn hatch() -> Html {
    html! {
        <defs>
            <pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect class="hatch-line" width="4" height="9" />
            </pattern>
        </defs>
    }
}
