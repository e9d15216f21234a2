//! The menu of a place, beside the pointer or beside the place's card: what can be done there, and all that can break.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use scalescope::model::Fault;

use super::Target;
use super::acts::acts;
use super::offers::Offers;
use crate::app::Shown;
use crate::dom;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::bench::{Menu, Wish};

/// Free space kept around the menu.
const MARGIN: f64 = 8.0;

#[derive(Properties)]
pub struct Props {
    pub menu: Menu,
    pub shown: Rc<Shown>,
    pub remedy: Option<Fault>,
    pub on_intent: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        (&self.menu, &self.remedy) == (&other.menu, &other.remedy) && Rc::ptr_eq(&self.shown, &other.shown)
    }
}

#[component]
pub fn FaultMenu(props: &Props) -> Html {
    let Props { menu, shown, remedy, on_intent } = props;
    let root = use_node_ref();
    use_effect_with((root.clone(), menu.clone()), |(root, menu)| {
        let before = dom::document().active_element();
        if let Some(root) = root.cast::<HtmlElement>() {
            place(&root, menu);
            focus_first(&root);
        }
        // Whoever had the focus gets it back.
        move || {
            if let Some(had) = before.filter(|had| had.is_connected()) {
                dom::focus(&had);
            }
        }
    });
    let close = on_intent.reform(|()| Intent::Bench(Wish::CloseMenu));
    let onkeydown = {
        let (close, root) = (close.clone(), root.clone());
        Callback::from(move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "Escape" => {
                    event.prevent_default();
                    close.emit(());
                    0
                }
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                _ => 0,
            };
            let is_slider = event.target_dyn_into::<web_sys::HtmlInputElement>().is_some();
            if step != 0
                && !is_slider
                && let Some(root) = root.cast::<HtmlElement>()
            {
                event.prevent_default();
                walk(&root, step);
            }
            // Keys in the menu are not those of the stage.
            event.stop_propagation();
        })
    };
    let onclick = close.reform(|_: MouseEvent| ());
    // A fault that has happened needs no menu any more.
    let done = {
        let (on_intent, close) = (on_intent.clone(), close.clone());
        Callback::from(move |intent: Intent| {
            on_intent.emit(intent);
            close.emit(());
        })
    };
    let can_break = !menu.target.offers(&shown.document).is_empty();
    let aim = {
        let target = menu.target.clone();
        on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Aim(target.clone())))
    };
    html! {
        <div class="menu-veil" onclick={onclick.clone()} oncontextmenu={Callback::from(|event: MouseEvent| event.prevent_default())}>
            <div ref={root} class="menu" role="dialog" aria-label={menu.target.label(shown)} tabindex="-1" {onkeydown}
                onclick={Callback::from(|event: MouseEvent| event.stop_propagation())} data-testid="fault-menu" data-value={menu.target.key()}>
                <div class="menu-head">
                    <h2>{ menu.target.label(shown) }</h2>
                    if can_break {
                    <button class="tool small" onclick={aim} aria-label="Open in the panel of faults" title="Open in the panel of faults">{ icon("faults") }</button>
                    }
                    <button class="tool small" {onclick} aria-label="Close" title="Close (Esc)">{ icon("close") }</button>
                </div>
                { acts(&menu.target, shown, on_intent, &close) }
                if can_break {
                <Offers target={menu.target.clone()} remedy={remedy.clone()} shown={shown.clone()} now_s={0.0} on_intent={done} />
                }
            </div>
        </div>
    }
}

/// Puts the menu where it was asked for, within the window.
fn place(root: &HtmlElement, menu: &Menu) {
    let window = dom::window();
    let side = |length: Result<wasm_bindgen::JsValue, _>| length.ok().and_then(|value| value.as_f64()).unwrap_or(800.0);
    let (width, height) = (side(window.inner_width()), side(window.inner_height()));
    let (x, y) = menu.at.or_else(|| beside(&menu.target)).unwrap_or((width / 2.0, height / 3.0));
    let own = root.get_bounding_client_rect();
    // Within the window that there is, also when that is another one later.
    let within = |at: f64, length: f64, unit: &str| {
        format!("clamp({MARGIN}px, {at:.0}px, calc(100{unit} - {:.0}px))", length + MARGIN)
    };
    // The policy forbids style attributes, not styles that a script sets one by one.
    let style = root.style();
    let _ = style.set_property("left", &within(x, own.width(), "vw"));
    let _ = style.set_property("top", &within(y, own.height(), "vh"));
}

/// The right edge of the target's card, of a link's grip, or of a region's name.
fn beside(target: &Target) -> Option<(f64, f64)> {
    let selector = match target {
        Target::Node(id) => format!("[data-node=\"{id}\"]"),
        Target::Link { from, to } => format!(".link-hit[data-from=\"{from}\"][data-to=\"{to}\"] .link-grip"),
        Target::Region(name) => format!("[data-region=\"{name}\"]"),
        Target::Canvas => return None,
    };
    let rect = dom::document().query_selector(&selector).ok().flatten()?.get_bounding_client_rect();
    Some((rect.right() + MARGIN, rect.top()))
}

/// What arrow keys go through.
fn stops(root: &HtmlElement) -> Vec<HtmlElement> {
    let Ok(found) = root.query_selector_all(".menu-act, .offer-act") else { return Vec::new() };
    (0..found.length()).filter_map(|i| found.get(i)?.dyn_into().ok()).collect()
}

fn focus_first(root: &HtmlElement) {
    // Whoever comes by key wants to break it most often.
    let stops = stops(root);
    let first = stops.iter().find(|stop| stop.class_list().contains("offer-act")).or(stops.first());
    let first = first.unwrap_or(root);
    let _ = first.focus();
}

fn walk(root: &HtmlElement, step: i32) {
    let stops = stops(root);
    let at: Option<Element> = dom::document().active_element();
    let here = stops.iter().position(|stop| Some(stop.as_ref()) == at.as_ref());
    let count = stops.len().max(1);
    let next = here.map_or(0, |here| if step > 0 { here + 1 } else { here + count - 1 } % count);
    if let Some(stop) = stops.get(next) {
        let _ = stop.focus();
    }
}
