//! The stage: the system as a diagram, with the dots of its requests.
//!
//! Three layers under one camera: links (SVG), dots (a canvas that Yew never touches), cards (SVG). The stage lays the
//! design out, hands the map to the [`View`], and turns pointers into camera moves and clicks into intents.

mod card;
mod face;
mod follow;
mod gestures;
mod links;
mod map;
mod view;

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, HtmlCanvasElement, HtmlElement, PointerEvent, ResizeObserver, WheelEvent};
use yew::prelude::*;

use scalescope::observe::Figures;
use scalescope::scene::{Point, Size};

use crate::app::Shown;
use crate::dom::Listener;
use crate::input::Intent;
use crate::painter::PainterKind;
use crate::panels::bench::Wish;
use crate::panels::legend::Legend;
use card::Card;
use gestures::Gestures;
use links::Links;
use map::Map;

pub use face::{Face, State, blank};
pub use view::{SharedView, View};

#[derive(Properties)]
pub struct Props {
    pub view: SharedView,
    pub shown: Rc<Shown>,
    pub figures: Rc<Figures>,
    pub selected: Option<Rc<str>>,
    /// One dot stands for this many requests.
    pub stride: u32,
    /// The painter that is wanted; the machine decides, if none is.
    pub painter: Option<PainterKind>,
    /// What happened last, in a sentence.
    pub news: Rc<str>,
    pub on_intent: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.shown, &other.shown)
            && Rc::ptr_eq(&self.figures, &other.figures)
            && (&self.selected, self.stride, &self.news) == (&other.selected, other.stride, &other.news)
    }
}

pub enum Msg {
    Resized(Size),
    Open(Rc<str>),
    /// The painter failed, or is too slow: another one, on another canvas.
    Repaint,
}

pub struct Stage {
    root: NodeRef,
    canvas: NodeRef,
    /// Counts canvases: a canvas serves one painter for good.
    canvases: u32,
    is_canvas_new: bool,
    wanted: Option<PainterKind>,
    under: NodeRef,
    over: NodeRef,
    ring: NodeRef,
    map: Rc<Map>,
    /// Whether the space is narrow or tall, and so laid out otherwise; the size that this was last decided for.
    room: Size,
    gestures: Rc<RefCell<Gestures>>,
    hands: Vec<Listener>,
    observer: Option<(ResizeObserver, Closure<dyn FnMut()>)>,
}

impl Component for Stage {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        Self {
            root: NodeRef::default(),
            canvas: NodeRef::default(),
            canvases: 1,
            is_canvas_new: true,
            wanted: ctx.props().painter,
            under: NodeRef::default(),
            over: NodeRef::default(),
            ring: NodeRef::default(),
            map: Rc::default(),
            room: Size::default(),
            gestures: Rc::default(),
            hands: Vec::new(),
            observer: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Resized(size) => {
                ctx.props().view.borrow_mut().resize(size);
                self.lay_out(ctx, false)
            }
            Msg::Open(id) => {
                if !self.gestures.borrow().is_drag() {
                    ctx.props().on_intent.emit(Intent::Select(id));
                }
                false
            }
            Msg::Repaint => {
                self.wanted = Some(PainterKind::Pixels);
                self.canvases += 1;
                self.is_canvas_new = true;
                true
            }
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let shown = &ctx.props().shown;
        if ctx.props().selected != old.selected {
            ctx.props().view.borrow_mut().set_subject(ctx.props().selected.clone());
        }
        if ctx.props().view.borrow().seems_slow() && ctx.props().painter.is_none() && !self.is_canvas_new {
            ctx.link().send_message(Msg::Repaint);
        }
        if !Rc::ptr_eq(shown, &old.shown) {
            let is_new = shown.run != old.shown.run;
            if is_new || shown.has_other_shape_than(&old.shown) {
                self.room = Size::default();
                self.lay_out(ctx, is_new);
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { shown, figures, selected, stride, on_intent, .. } = ctx.props();
        let wires = self.map.wires(&shown.document, &shown.links, &figures.links, selected.as_deref());
        let zoom = |factor| on_intent.reform(move |_: MouseEvent| Intent::Zoom(factor));
        html! {
            <section class="stage" aria-label="Diagram of the system">
              <div class="field-of-view" ref={self.root.clone()} data-testid="stage">
                <svg class="layer" aria-hidden="true">
                    { hatch() }
                    <g ref={self.under.clone()}>
                        { self.boundary(shown) }
                        <Links paths={wires} />
                    </g>
                </svg>
                <canvas key={self.canvases} ref={self.canvas.clone()} class="layer dots" data-testid="canvas" aria-hidden="true"
                    data-painter={Self::painter_name(ctx)} data-value={ctx.props().view.borrow().visible_dots().to_string()} />
                <svg class="layer cards" role="group" aria-label="Nodes">
                    <g ref={self.over.clone()}>
                        { for self.cards(ctx) }
                        <circle ref={self.ring.clone()} class="follow-ring" r="17" />
                    </g>
                </svg>
              </div>
              <div class="stage-bar">
                <Legend stride={*stride} />
                <p class="news" role="status" data-testid="news">{ &*ctx.props().news }</p>
                <div class="zoom" role="group" aria-label="Zoom">
                    <button onclick={zoom(1.25)} aria-label="Zoom in" title="Zoom in">{ crate::icons::icon("plus") }</button>
                    <button onclick={zoom(0.8)} aria-label="Zoom out" title="Zoom out">{ crate::icons::icon("minus") }</button>
                    <button onclick={on_intent.reform(|_: MouseEvent| Intent::Fit)} aria-label="Fit the drawing" title="Fit (F)" data-testid="fit">
                        { crate::icons::icon("fit") }
                    </button>
                </div>
              </div>
            </section>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, is_first: bool) {
        if is_first {
            let worlds = [&self.under, &self.over].into_iter().filter_map(NodeRef::cast::<Element>);
            ctx.props().view.borrow_mut().attach(worlds.collect());
            ctx.props().view.borrow_mut().attach_ring(self.ring.cast());
            self.watch_size(ctx);
            self.watch_hands(ctx);
        }
        if self.is_canvas_new {
            self.is_canvas_new = false;
            self.give_canvas(ctx);
        }
    }
}

impl Stage {
    /// Lays the design out for the room there is. Returns whether the map is another.
    fn lay_out(&mut self, ctx: &Context<Self>, is_new: bool) -> bool {
        let Props { view, shown, .. } = ctx.props();
        let room = view.borrow().size();
        // An opened panel takes some of the room; the drawing shall not jump for that.
        let is_open = ctx.props().selected.is_some();
        let is_alike = |a: Size, b: Size| (is_open || (a.w < a.h) == (b.w < b.h)) && (a.w / b.w).max(b.w / a.w) < 1.6;
        if room.w < 1.0 || self.room.w > 0.0 && is_alike(room, self.room) {
            return false;
        }
        let is_first = self.map.layout.nodes.is_empty();
        self.room = room;
        self.map = Rc::new(Map::new(&shown.document, &shown.links, room));
        view.borrow_mut().show(self.map.clone(), is_new || is_first);
        true
    }

    /// Gives the view its canvas. What the browser refuses to draw otherwise is drawn as pixels.
    fn give_canvas(&mut self, ctx: &Context<Self>) {
        let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() else { return };
        let Props { view, on_intent, .. } = ctx.props();
        let outcome = view.borrow_mut().set_canvas(&canvas, self.wanted);
        if let Err(problem) = outcome {
            if self.wanted != Some(PainterKind::Pixels) {
                ctx.link().send_message(Msg::Repaint);
            }
            on_intent.emit(Intent::Complain(format!("The dots cannot be drawn as wanted: {problem}")));
        }
    }

    fn painter_name(ctx: &Context<Self>) -> Option<&'static str> {
        ctx.props().view.borrow().painter_kind().map(PainterKind::name)
    }

    fn cards(&self, ctx: &Context<Self>) -> impl Iterator<Item = Html> {
        let Props { shown, figures, selected, .. } = ctx.props();
        let on_open = ctx.link().callback(Msg::Open);
        shown.document.nodes.iter().filter_map(move |node| {
            let place = self.map.layout.node(&node.id)?.clone();
            let face = Rc::new(Face::new(node, figures, shown.is_watched(&node.id)));
            let is_selected = selected.as_deref() == Some(&node.id);
            Some(html! { <Card key={node.id.clone()} {face} {place} {is_selected} on_open={on_open.clone()} /> })
        })
    }

    fn boundary(&self, shown: &Shown) -> Html {
        let Some(rect) = self.map.private_side(&shown.document) else { return Html::default() };
        html! {
            <g class="private">
                <rect x={rect.x.to_string()} y={rect.y.to_string()} width={rect.w.to_string()} height={rect.h.to_string()} rx="24" />
                <text x={(rect.x + 18.0).to_string()} y={(rect.bottom() - 10.0).to_string()}>{ "private network" }</text>
            </g>
        }
    }

    fn watch_size(&mut self, ctx: &Context<Self>) {
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

    fn watch_hands(&mut self, ctx: &Context<Self>) {
        let Some(root) = self.root.cast::<HtmlElement>() else { return };
        let (view, gestures) = (ctx.props().view.clone(), self.gestures.clone());
        let here = {
            let root = root.clone();
            move |x: i32, y: i32| {
                let rect = root.get_bounding_client_rect();
                Point::new(x as f32 - rect.left() as f32, y as f32 - rect.top() as f32)
            }
        };
        let (at, hands) = (here.clone(), gestures.clone());
        let down = Listener::new(&root, "pointerdown", move |event: PointerEvent| {
            let is_control = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let is_control =
                is_control.is_some_and(|target| target.closest("button, .legend").ok().flatten().is_some());
            if event.button() == 0 && !is_control {
                hands.borrow_mut().down(event.pointer_id(), at(event.client_x(), event.client_y()));
            }
        });
        let (at, hands, seen, capturer) = (here.clone(), gestures.clone(), view.clone(), root.clone());
        let moved = Listener::new(&root, "pointermove", move |event: PointerEvent| {
            let point = at(event.client_x(), event.client_y());
            let mut hands = hands.borrow_mut();
            let was_drag = hands.is_drag();
            seen.borrow_mut().steer(|camera| hands.moved(event.pointer_id(), point, camera));
            if hands.is_drag() && !was_drag {
                // A pointer that is gone cannot be captured, and need not be.
                let _ = capturer.set_pointer_capture(event.pointer_id());
            }
        });
        let ended = |kind| {
            let hands = gestures.clone();
            Listener::new(&root, kind, move |event: PointerEvent| hands.borrow_mut().up(event.pointer_id()))
        };
        let (pick, hands, at) = (ctx.props().on_intent.clone(), gestures.clone(), here.clone());
        let seen = view.clone();
        let click = Listener::new(&root, "click", move |event: web_sys::MouseEvent| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let is_taken = target.is_some_and(|target| target.closest("button, [data-node]").ok().flatten().is_some());
            if !is_taken
                && !hands.borrow().is_drag()
                && let Some(picked) = seen.borrow().pick(at(event.client_x(), event.client_y()))
            {
                pick.emit(Intent::Bench(Wish::Pick(picked)));
            }
        });
        let (up, cancel) = (ended("pointerup"), ended("pointercancel"));
        let wheel = Listener::active(&root, "wheel", move |event: WheelEvent| {
            event.prevent_default();
            let factor = gestures::wheel_factor(event.delta_y(), event.delta_mode() == WheelEvent::DOM_DELTA_LINE);
            let point = here(event.client_x(), event.client_y());
            view.borrow_mut().steer(|camera| {
                camera.zoom_at(point, factor);
                true
            });
        });
        self.hands = vec![down, moved, up, cancel, wheel, click];
    }
}

/// The pattern over cards that are down.
fn hatch() -> Html {
    html! {
        <defs>
            <pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect class="hatch-line" width="4" height="9" />
            </pattern>
        </defs>
    }
}
