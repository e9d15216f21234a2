//! The stage: the system as a diagram, with the dots of its requests.
//!
//! Three layers under one camera: links (SVG), dots (a canvas that Yew never touches), cards (SVG). The stage lays the
//! design out, hands the map to the [`View`], and turns pointers into camera moves and clicks into intents.

mod bar;
mod card;
mod doing;
mod face;
mod follow;
mod ground;
mod hands;
mod hold;
mod links;
mod map;
mod minimap;
mod overlay;
mod view;
mod watch;

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::Closure;
use web_sys::{Element, HtmlCanvasElement, ResizeObserver};
use yew::prelude::*;

use scalescope::observe::Figures;
use scalescope::scene::{Point, Size};

use crate::app::Shown;
use crate::dom::Listener;
use crate::editor::{Draw, Ends, Selection, connect};
use crate::input::Intent;
use crate::painter::PainterKind;
use crate::panels::bench::Wish;
use crate::panels::faults::Target;
use crate::panels::legend::{self, Legend};
use card::Card;
use doing::Doing;
use hands::{Act, Ended, Grip, Hands};
use hold::Hold;
use links::{LinkHits, Links, Wire};
use map::Map;

pub use bar::region;
pub use face::{Face, State, blank};
pub use links::Load;
pub use view::{SharedView, View};

#[derive(Properties)]
pub struct Props {
    pub view: SharedView,
    pub shown: Rc<Shown>,
    pub figures: Rc<Figures>,
    /// The node whose details are shown.
    pub selected: Option<Rc<str>>,
    pub selection: Rc<Selection>,
    /// The node that is being linked to another.
    pub linking: Option<Rc<str>>,
    /// The node whose name is being written.
    pub renaming: Option<Rc<str>>,
    /// Whether every drag moves the drawing.
    pub is_hand: bool,
    pub can_undo: bool,
    pub can_redo: bool,
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
        let small = |props: &Self| (props.stride, props.is_hand, props.can_undo, props.can_redo);
        let names = |props: &Self| [props.selected.clone(), props.linking.clone(), props.renaming.clone()];
        Rc::ptr_eq(&self.shown, &other.shown)
            && Rc::ptr_eq(&self.figures, &other.figures)
            && self.selection == other.selection
            && (small(self), names(self), &self.news) == (small(other), names(other), &other.news)
    }
}

pub enum Msg {
    Resized(Size),
    /// A card was chosen, beside what is selected or not.
    Choose(Rc<str>, bool),
    /// A link was chosen, by its grip or elsewhere.
    ChooseLink {
        ends: Ends,
        at: Point,
        is_grip: bool,
    },
    /// A hand is at it.
    Act(Act),
    Ended(Ended),
    /// What was going on is given up.
    Cancel,
    /// A finger has rested on something: the menu of that.
    Held(Target, Point),
    /// While a link is being drawn: what the pointer, or the focus, is on now.
    Point(Point),
    /// The camera has moved.
    Seen,
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
    front: NodeRef,
    /// Where everything is, and where it is shown while some of it is carried.
    rest: Rc<Map>,
    ring: NodeRef,
    map: Rc<Map>,
    doing: Option<Doing>,
    /// Whether the space is narrow or tall, and so laid out otherwise; the size that this was last decided for.
    room: Size,
    hands: Rc<RefCell<Hands>>,
    hold: Rc<RefCell<Hold>>,
    listeners: Vec<Listener>,
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
            front: NodeRef::default(),
            rest: Rc::default(),
            ring: NodeRef::default(),
            map: Rc::default(),
            doing: None,
            room: Size::default(),
            hands: Rc::default(),
            hold: Rc::default(),
            listeners: Vec::new(),
            observer: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let Props { on_intent, view, linking, .. } = ctx.props();
        let draw = |draw| on_intent.emit(Intent::Draw(draw));
        match msg {
            Msg::Resized(size) => {
                view.borrow_mut().resize(size);
                if let Some(id) = &ctx.props().selected {
                    view.borrow_mut().reveal(id);
                }
                self.lay_out(ctx, false);
            }
            Msg::Choose(id, is_beside) => {
                let hands = self.hands.borrow();
                if hands.is_drag() || matches!(hands.clicked_on(), Some(Grip::Handle(_))) {
                    return false;
                }
                match linking {
                    Some(from) => draw(Draw::Link { from: from.clone(), to: id }),
                    None if is_beside => draw(Draw::Toggle(id)),
                    None => on_intent.emit(Intent::Select(id)),
                }
                return false;
            }
            Msg::ChooseLink { ends, at, is_grip } => {
                // Whoever means a dot on the link gets that.
                let is_dot = || view.borrow().client_to_stage(at).and_then(|at| view.borrow().pick(at)).is_some();
                if !self.hands.borrow().is_drag() && (is_grip || !is_dot()) {
                    draw(Draw::SelectLink(ends));
                }
                return false;
            }
            Msg::Act(act) => self.act(ctx, act),
            Msg::Ended(ended) => self.end(ctx, ended),
            Msg::Cancel => {
                self.hands.borrow_mut().cancel();
                self.put_back(ctx);
            }
            Msg::Held(target, at) => {
                self.hands.borrow_mut().let_go();
                self.put_back(ctx);
                let at = Some((at.x.into(), at.y.into()));
                on_intent.emit(Intent::Bench(Wish::Menu { target, at }));
            }
            Msg::Point(at) => match linking.clone() {
                Some(from) => self.reach(ctx, &from, at),
                None => return false,
            },
            Msg::Seen => {}
            Msg::Repaint => {
                self.wanted = Some(PainterKind::Pixels);
                self.canvases += 1;
                self.is_canvas_new = true;
            }
        }
        true
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let Props { shown, selected, view, linking, .. } = ctx.props();
        if *selected != old.selected {
            view.borrow_mut().set_subject(selected.clone());
        }
        if linking.is_none() && old.linking.is_some() && matches!(self.doing, Some(Doing::Reach { .. })) {
            self.doing = None;
        }
        if view.borrow().seems_slow() && ctx.props().painter.is_none() && !self.is_canvas_new {
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
        let Props { shown, figures, selection, stride, on_intent, linking, .. } = ctx.props();
        let frames = self.map.frames(&shown.document);
        let bar = bar::bar(&shown.document, selection, linking.as_deref(), &figures.links, on_intent);
        let has_bar = bar.is_some();
        let wires = self.map.wires(&shown.document, &shown.links, &figures.links, selection);
        let class = classes!(
            "field-of-view",
            ctx.props().is_hand.then_some("is-hand-tool"),
            (linking.is_some() || matches!(self.doing, Some(Doing::Reach { .. }))).then_some("is-linking"),
            matches!(self.doing, Some(Doing::Carry { .. })).then_some("is-carrying"),
        );
        html! {
            <section class="stage" aria-label="Diagram of the system">
              <div {class} ref={self.root.clone()} data-testid="stage">
                <svg class="layer" aria-hidden="true">
                    { ground::hatch() }
                    <g ref={self.under.clone()}>
                        { for frames.iter().filter(|frame| frame.is_region).map(ground::frame) }
                        { ground::boundaries(&self.map, &shown.document) }
                        { for frames.iter().filter(|frame| !frame.is_region).map(ground::frame) }
                        <Links paths={wires.clone()} />
                    </g>
                </svg>
                <canvas key={self.canvases} ref={self.canvas.clone()} class="layer dots" data-testid="canvas" aria-hidden="true"
                    data-painter={Self::painter_name(ctx)} data-value={ctx.props().view.borrow().visible_dots().to_string()}
                    data-ms={format!("{:.2}", ctx.props().view.borrow().drawing_ms())} />
                <svg class="layer cards" role="group" aria-label="Nodes and links">
                    <g ref={self.over.clone()}>
                        { link_hits(ctx, wires) }
                        { for self.cards(ctx) }
                        { for frames.iter().map(ground::frame_name) }
                        <circle ref={self.ring.clone()} class="follow-ring" r="17" />
                    </g>
                </svg>
                <svg class="layer front" aria-hidden="true">
                    <g ref={self.front.clone()}>{ self.in_hand(ctx) }</g>
                    { self.hint(ctx) }
                </svg>
                if shown.document.nodes.is_empty() { { ground::blank() } }
                { minimap::minimap(&ctx.props().view, &self.map, &shown.document, figures) }
              </div>
              <div class={classes!("stage-bar", has_bar.then_some("has-selection"))}>
                { bar.unwrap_or_default() }
                <Legend stride={*stride} operations={legend::seen(figures)} />
                <p class="news" role="status" data-testid="news">{ &*ctx.props().news }</p>
                { bar::tools(ctx.props()) }
              </div>
            </section>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, is_first: bool) {
        if is_first {
            let worlds = [&self.under, &self.over, &self.front].into_iter().filter_map(NodeRef::cast::<Element>);
            let (hands, link) = (self.hands.clone(), ctx.link().clone());
            let cancel = move || {
                let is_busy = hands.borrow().is_drag() && hands.borrow().is_down();
                if is_busy {
                    link.send_message(Msg::Cancel);
                }
                is_busy
            };
            let link = ctx.link().clone();
            let mut view = ctx.props().view.borrow_mut();
            view.attach(self.root.cast::<Element>(), worlds.collect());
            view.listen(cancel, move || link.send_message(Msg::Seen));
            drop(view);
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
    /// Lays the design out for the room there is.
    fn lay_out(&mut self, ctx: &Context<Self>, is_new: bool) {
        let Props { view, shown, .. } = ctx.props();
        let room = view.borrow().size();
        // An opened panel takes some of the room; the drawing shall not jump for that.
        let is_open = ctx.props().selected.is_some();
        let is_alike = |a: Size, b: Size| (is_open || (a.w < a.h) == (b.w < b.h)) && (a.w / b.w).max(b.w / a.w) < 1.6;
        if room.w < 1.0 || self.room.w > 0.0 && is_alike(room, self.room) {
            return;
        }
        let is_first = self.map.layout.nodes.is_empty() && !shown.document.nodes.is_empty() && self.room.w < 1.0;
        self.room = room;
        self.map = Rc::new(Map::new(&shown.document, &shown.links, room));
        self.rest = self.map.clone();
        let is_fresh = is_new || is_first && !view.borrow().is_taken();
        view.borrow_mut().show(self.map.clone(), is_fresh);
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
        let Props { shown, figures, selection, linking, renaming, on_intent, .. } = ctx.props();
        let on_choose = ctx.link().callback(|(id, is_beside)| Msg::Choose(id, is_beside));
        let framed = match &self.doing {
            Some(Doing::Frame(rect)) => self.map.within(*rect),
            _ => Vec::new(),
        };
        let from = linking.clone().or_else(|| self.hands.borrow().reaches_from());
        shown.document.nodes.iter().filter_map(move |node| {
            let place = self.map.layout.node(&node.id)?.clone();
            let face = Rc::new(Face::new(node, figures, shown.is_watched(&node.id)));
            let is_selected = selection.has(&node.id) || framed.iter().any(|id| **id == *node.id);
            let is_renaming = renaming.as_deref() == Some(&*node.id);
            let target = from.as_ref().map(|from| connect::target(&shown.document, from, &node.id));
            let is_portrait = self.map.layout.is_portrait;
            Some(html! {
                <Card key={node.id.clone()} {face} {place} {is_selected} {is_renaming} {target} {is_portrait}
                    on_choose={on_choose.clone()} on_intent={on_intent.clone()} />
            })
        })
    }
}

fn link_hits(ctx: &Context<Stage>, wires: Rc<Vec<Wire>>) -> Html {
    html! { <LinkHits paths={wires} on_link={ctx.link().callback(|(ends, at, is_grip)| Msg::ChooseLink { ends, at, is_grip })} /> }
}
