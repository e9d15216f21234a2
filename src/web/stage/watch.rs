//! What the stage listens to: its size, pointers, the wheel, the focus.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, FocusEvent, HtmlElement, PointerEvent, ResizeObserver, WheelEvent};
use yew::prelude::*;

use scalescope::scene::{NodeBox, Point, Size};

use super::hands::{self, Ended, Grip, Moved};
use super::{Msg, Stage};
use crate::dom::Listener;
use crate::input::Intent;
use crate::panels::bench::Wish;

/// The main button, and the wheel.
const MAIN: i16 = 0;
const WHEEL: i16 = 1;

impl Stage {
    pub(super) fn watch_size(&mut self, ctx: &Context<Self>) {
        let Some(root) = self.root.cast::<HtmlElement>() else { return };
        let (link, element) = (ctx.link().clone(), root.clone());
        let closure = Closure::<dyn FnMut()>::new(move || {
            let size = Size { w: element.client_width() as f32, h: element.client_height() as f32 };
            link.send_message(Msg::Resized(size));
        });
        if let Ok(observer) = ResizeObserver::new(closure.as_ref().unchecked_ref()) {
            observer.observe(&root);
            self.observer = Some((observer, closure));
        }
    }

    pub(super) fn watch_hands(&mut self, ctx: &Context<Self>) {
        let Some(root) = self.root.cast::<HtmlElement>() else { return };
        self.listeners = vec![
            self.watch_down(ctx, &root),
            self.watch_moves(ctx, &root),
            self.watch_up(ctx, &root),
            self.watch_cancel(ctx, &root),
            Self::watch_wheel(ctx, &root),
            Self::watch_focus(ctx, &root),
            self.watch_picks(ctx, &root),
        ];
        self.listeners.extend(self.watch_hold(ctx, &root));
    }

    fn watch_down(&self, ctx: &Context<Self>, root: &HtmlElement) -> Listener {
        let (hands, view, here) = (self.hands.clone(), ctx.props().view.clone(), root.clone());
        let (link, hold) = (ctx.link().clone(), self.hold.clone());
        Listener::new(root, "pointerdown", move |event: PointerEvent| {
            let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
            let within = |selector: &str| target.closest(selector).ok().flatten();
            if within("button, input, .selection-bar, .minimap").is_some() || ![MAIN, WHEEL].contains(&event.button()) {
                return;
            }
            let named = |attribute: &str| {
                within(&format!("[{attribute}]")).and_then(|found| found.get_attribute(attribute)).map(Rc::from)
            };
            let is_hand = event.button() == WHEEL || view.borrow().is_hand() || within(".is-hand-tool").is_some();
            let frame = named("data-frame").map(|ids: Rc<str>| ids.split(' ').map(Rc::from).collect());
            let grip = match (named("data-handle"), named("data-node")) {
                _ if is_hand => Grip::Ground,
                (None, None) if let Some(nodes) = frame => Grip::Frame(nodes),
                (Some(node), _) => Grip::Handle(node),
                (None, Some(node)) => Grip::Card(node),
                (None, None) if event.shift_key() => Grip::Corner,
                (None, None) => Grip::Ground,
            };
            if event.button() == WHEEL {
                event.prevent_default();
            }
            let mut hands = hands.borrow_mut();
            hold.borrow_mut().end();
            if event.pointer_type() != "mouse" && !hands.is_down() {
                hold.borrow_mut().begin(&link, &target, Point::new(event.client_x() as f32, event.client_y() as f32));
            }
            if hands.is_down() {
                // A second finger: what the first one was doing is given up.
                link.send_message(Msg::Cancel);
            }
            hands.down(event.pointer_id(), at(&here, event.client_x(), event.client_y()), grip);
        })
    }

    fn watch_moves(&self, ctx: &Context<Self>, root: &HtmlElement) -> Listener {
        let (hands, view, here, link) =
            (self.hands.clone(), ctx.props().view.clone(), root.clone(), ctx.link().clone());
        let hold = self.hold.clone();
        Listener::new(root, "pointermove", move |event: PointerEvent| {
            let point = at(&here, event.client_x(), event.client_y());
            if event.buttons() == 0 {
                link.send_message(Msg::Point(view.borrow().camera().to_scene(point)));
                return;
            }
            let mut hands = hands.borrow_mut();
            let was_drag = hands.is_drag();
            let mut moved = Moved::Nothing;
            view.borrow_mut().steer(|camera| {
                moved = hands.moved(event.pointer_id(), point, camera);
                moved == Moved::Camera
            });
            if hands.is_drag() && !was_drag {
                hold.borrow_mut().end();
                // A pointer that is gone cannot be captured, and need not be.
                let _ = here.set_pointer_capture(event.pointer_id());
            }
            if let Moved::Act(act) = moved {
                link.send_message(Msg::Act(act));
            }
        })
    }

    fn watch_up(&self, ctx: &Context<Self>, root: &HtmlElement) -> Listener {
        let (hands, hold, link) = (self.hands.clone(), self.hold.clone(), ctx.link().clone());
        Listener::new(root, "pointerup", move |event: PointerEvent| {
            hold.borrow_mut().end();
            let ended = hands.borrow_mut().up(event.pointer_id(), event.time_stamp());
            if ended != Ended::Nothing {
                link.send_message(Msg::Ended(ended));
            }
        })
    }

    fn watch_cancel(&self, ctx: &Context<Self>, root: &HtmlElement) -> Listener {
        let (hands, hold, link) = (self.hands.clone(), self.hold.clone(), ctx.link().clone());
        Listener::new(root, "pointercancel", move |event: PointerEvent| {
            hold.borrow_mut().end();
            hands.borrow_mut().up(event.pointer_id(), event.time_stamp());
            link.send_message(Msg::Cancel);
        })
    }

    fn watch_wheel(ctx: &Context<Self>, root: &HtmlElement) -> Listener {
        let (view, here) = (ctx.props().view.clone(), root.clone());
        Listener::active(root, "wheel", move |event: WheelEvent| {
            event.prevent_default();
            let is_lines = event.delta_mode() == WheelEvent::DOM_DELTA_LINE;
            let factor = hands::wheel_factor(event.delta_y(), is_lines, event.ctrl_key());
            let point = at(&here, event.client_x(), event.client_y());
            // A browser that has no such property knows no notches.
            let notches = |name: &str| js_sys::Reflect::get(&event, &name.into()).ok().and_then(|value| value.as_f64());
            let by_fingers = |delta, name| hands::is_by_fingers(delta, is_lines, notches(name).unwrap_or_default());
            let is_pan = by_fingers(event.delta_y(), "wheelDeltaY") || by_fingers(event.delta_x(), "wheelDeltaX");
            view.borrow_mut().steer(|camera| {
                if is_pan && !event.ctrl_key() && !event.meta_key() {
                    camera.pan(-event.delta_x() as f32, -event.delta_y() as f32);
                } else if event.shift_key() {
                    camera.pan(-(event.delta_x() + event.delta_y()) as f32, 0.0);
                } else {
                    camera.zoom_at(point, factor);
                }
                true
            });
        })
    }

    /// A click on a dot asks for its request. A link keeps its clicks to itself only at the grip in its middle.
    fn watch_picks(&self, ctx: &Context<Self>, root: &HtmlElement) -> Listener {
        let (pick, hands, view) = (ctx.props().on_intent.clone(), self.hands.clone(), ctx.props().view.clone());
        let here = root.clone();
        Listener::new(root, "click", move |event: web_sys::MouseEvent| {
            if event.detail() == 0 {
                // What helps people who use no pointer has clicked: that ends no drag.
                hands.borrow_mut().forget();
            }
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let is_taken = target.is_some_and(|target| {
                target.closest("button, [data-node], [data-frame], .link-grip, .minimap").ok().flatten().is_some()
            });
            if !is_taken
                && !hands.borrow().is_drag()
                && let Some(picked) = view.borrow().pick(at(&here, event.client_x(), event.client_y()))
            {
                pick.emit(Intent::Bench(Wish::Pick(picked)));
            }
        })
    }

    /// With the keyboard, a link that is being drawn reaches for the card that has the focus.
    fn watch_focus(ctx: &Context<Self>, root: &HtmlElement) -> Listener {
        let (view, link) = (ctx.props().view.clone(), ctx.link().clone());
        Listener::new(root, "focusin", move |event: FocusEvent| {
            let card = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let Some(id) = card.and_then(|card| card.get_attribute("data-node")) else { return };
            if let Some(middle) = view.borrow().map().layout.node(&id).map(|card: &NodeBox| card.rect().centre()) {
                link.send_message(Msg::Point(middle));
            }
        })
    }
}

/// A point of the window, in the field of view.
fn at(root: &HtmlElement, x: i32, y: i32) -> Point {
    let rect = root.get_bounding_client_rect();
    Point::new(x as f32 - rect.left() as f32, y as f32 - rect.top() as f32)
}
