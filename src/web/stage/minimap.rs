//! The minimap: all of the design, and which part of it is seen. It is there only when some of it is not.

use wasm_bindgen::JsCast;
use web_sys::{Element, PointerEvent};
use yew::prelude::*;

use scalescope::model::Document;
use scalescope::scene::{Point, Rect};

use super::map::Map;
use super::{SharedView, State};
use scalescope::observe::Figures;

/// Its size on the page.
const SIZE: (f32, f32) = (164.0, 104.0);
const MARGIN: f32 = 40.0;

/// Draws the minimap; a press on it brings what is there into the middle.
pub fn minimap(view: &SharedView, map: &Map, document: &Document, figures: &Figures) -> Html {
    let (all, seen) = (map.bounds(), view.borrow().seen());
    // Two pixels beyond the border are no reason to cover what is within.
    let near = seen.grown(2.0 / view.borrow().camera().scale);
    let is_all_seen =
        near.x <= all.x && near.y <= all.y && near.right() >= all.right() && near.bottom() >= all.bottom();
    if is_all_seen || map.layout.nodes.is_empty() {
        return Html::default();
    }
    let frame = all.union(&seen).grown(MARGIN);
    let go = {
        let view = view.clone();
        Callback::from(move |event: PointerEvent| {
            let is_held = event.buttons() & 1 == 1;
            let under = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let target = under.and_then(|under| under.closest(".minimap").ok()?);
            if let Some(target) = target.filter(|_| is_held) {
                event.stop_propagation();
                let rect = target.get_bounding_client_rect();
                let at = Point::new(
                    event.client_x() as f32 - rect.left() as f32,
                    event.client_y() as f32 - rect.top() as f32,
                );
                view.borrow_mut().centre_on(to_scene(frame, at));
            }
        })
    };
    let state = |id: &str| figures.nodes.iter().find(|node| node.id == id).map(|node| State::of(node, false).name());
    let view_box = format!("{} {} {} {}", frame.x, frame.y, frame.w, frame.h);
    html! {
        <svg class="minimap" viewBox={view_box} aria-hidden="true" data-testid="minimap" onpointerdown={go.clone()} onpointermove={go}>
            { for document.nodes.iter().filter_map(|node| {
                let card = map.layout.node(&node.id)?;
                let class = classes!("mini-card", state(&node.id).map(|state| format!("is-{state}")));
                Some(html! { <rect key={node.id.clone()} {class} x={card.x.to_string()} y={card.y.to_string()} width={card.w.to_string()} height={card.h.to_string()} rx="14" /> })
            }) }
            <rect class="mini-seen" x={seen.x.to_string()} y={seen.y.to_string()} width={seen.w.to_string()} height={seen.h.to_string()} />
        </svg>
    }
}

/// The point of the drawing at a point of the minimap.
fn to_scene(frame: Rect, at: Point) -> Point {
    // The drawing keeps its proportions, in the middle.
    let scale = (SIZE.0 / frame.w).min(SIZE.1 / frame.h);
    let middle = frame.centre();
    Point::new(middle.x + (at.x - SIZE.0 / 2.0) / scale, middle.y + (at.y - SIZE.1 / 2.0) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_map_is_the_middle_of_the_drawing() {
        let frame = Rect { x: -100.0, y: 0.0, w: 1640.0, h: 200.0 };
        let middle = to_scene(frame, Point::new(SIZE.0 / 2.0, SIZE.1 / 2.0));
        assert_eq!(middle, Point::new(720.0, 100.0));
        assert!((to_scene(frame, Point::new(0.0, 52.0)).x - -100.0).abs() < 1e-2);
    }
}
