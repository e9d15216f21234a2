//! All that can happen at one place: a row for each fault, with a dial for its strength, now or at a time of the run.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, InputEvent, PointerEvent};
use yew::prelude::*;

use scalescope::base::SimDuration;
use scalescope::model::{Command, Dial, Fault, Offer, Scheduled, Way};

use super::Target;
use crate::app::Shown;
use crate::dom;
use crate::format;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::bench::Wish;

/// How long after now a fault is placed, unless the person says otherwise.
const SOON_S: f64 = 5.0;
/// A pointer that moves less than this clicks.
const THRESHOLD: i32 = 7;

#[derive(Properties)]
pub struct Props {
    pub target: Target,
    pub shown: Rc<Shown>,
    pub now_s: f64,
    /// What mends it, while it is broken.
    pub remedy: Option<Fault>,
    /// Whether faults can be placed on the timeline here.
    #[prop_or_default]
    pub can_schedule: bool,
    pub on_intent: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        let second = |props: &Self| props.now_s.floor() as u64;
        (&self.target, &self.remedy) == (&other.target, &other.remedy)
            && Rc::ptr_eq(&self.shown, &other.shown)
            && second(self) == second(other)
    }
}

/// The names of the ways, and the ways.
const WAYS: [(&str, Way); 3] = [("Both ways", Way::Both), ("Requests", Way::Forward), ("Answers", Way::Backward)];

#[component]
pub fn Offers(props: &Props) -> Html {
    let Props { target, shown, now_s, remedy, can_schedule, on_intent } = props;
    let way = use_state(|| Way::Both);
    let is_later = use_state(|| false);
    let mut offers = target.offers(&shown.document);
    // What is well needs no mending now; later it may.
    offers.retain(|offer| {
        !offer.is_remedy() || *is_later || remedy.as_ref().is_some_and(|remedy| is_alike(remedy, &offer.fault))
    });
    let has_way = offers.iter().any(|offer| offer.has_way);
    let act = {
        let (way, shown, now_s, on_intent) = (*way, shown.clone(), *now_s, on_intent.clone());
        let is_later = *is_later && *can_schedule;
        Callback::from(move |fault: Fault| {
            let fault = fault.one_way(way);
            on_intent.emit(Intent::Bench(if is_later {
                Wish::Schedule(placed(&shown, now_s + SOON_S, fault))
            } else {
                Wish::Break(fault)
            }));
        })
    };
    let place = {
        let (way, shown, now_s, on_intent) = (*way, shown.clone(), *now_s, on_intent.clone());
        Callback::from(move |(fault, at_s): (Fault, f64)| {
            let schedule = placed(&shown, at_s.max(now_s + 0.1), fault.one_way(way));
            on_intent.emit(Intent::Bench(Wish::Schedule(schedule)));
        })
    };
    html! {
        <div class="offers">
            if *can_schedule {
                <div class="segments" role="group" aria-label="When">
                    { segment("Now", !*is_later, { let is_later = is_later.clone(); move || is_later.set(false) }, "when-now") }
                    { segment("On the timeline", *is_later, { let is_later = is_later.clone(); move || is_later.set(true) }, "when-later") }
                </div>
            }
            if has_way {
                <div class="segments" role="group" aria-label="Direction">
                    { for WAYS.into_iter().map(|(label, own)| {
                        let way = way.clone();
                        segment(label, *way == own, move || way.set(own), label)
                    }) }
                </div>
            }
            if offers.is_empty() {
                <p class="bench-empty">{ "Users do not break." }</p>
            }
            { for offers.into_iter().map(|offer| html! {
                <Row key={offer.fault.name()} offer={offer.clone()} on_fault={act.clone()} on_place={can_schedule.then(|| place.clone())} />
            }) }
        </div>
    }
}

fn segment(label: &'static str, is_on: bool, choose: impl Fn() + 'static, test: &'static str) -> Html {
    html! {
        <button type="button" aria-pressed={is_on.to_string()} onclick={Callback::from(move |_: MouseEvent| choose())} data-testid={test}>{ label }</button>
    }
}

/// Whether two faults differ in nothing but how they hit.
fn is_alike(one: &Fault, other: &Fault) -> bool {
    (one.name(), one.aim()) == (other.name(), other.aim())
}

/// The design's schedule with `fault` at `at_s`, to the tenth of a second.
fn placed(shown: &Shown, at_s: f64, fault: Fault) -> Vec<Scheduled> {
    let at = SimDuration::from_secs_f64((at_s * 10.0).ceil() / 10.0);
    let mut schedule = shown.document.schedule.clone();
    let place = schedule.partition_point(|scheduled| scheduled.at <= at);
    schedule.insert(place, Scheduled { at, command: Command::Fault(fault) });
    schedule
}

#[derive(Properties, PartialEq)]
struct RowProps {
    offer: Offer,
    on_fault: Callback<Fault>,
    /// Places the fault at a time of the run, in seconds; none where there is no timeline.
    on_place: Option<Callback<(Fault, f64)>>,
}

/// A fault that is being dragged: where the pointer is, and the time there, if that is on the timeline.
#[derive(Clone, Copy, PartialEq)]
struct Ghost {
    x: i32,
    y: i32,
    at_s: Option<f64>,
}

#[component]
fn Row(props: &RowProps) -> Html {
    let RowProps { offer, on_fault, on_place } = props;
    let amount = use_state(|| offer.dial.map_or(0.0, |dial| dial.default));
    let ghost = use_state(|| None::<Ghost>);
    // Where the pointer went down; a drag that has ended is no click.
    let start = use_mut_ref(|| None::<(i32, i32)>);
    let was_drag = use_mut_ref(|| false);
    let onclick = {
        let (offer, amount, was_drag) = (offer.clone(), *amount, was_drag.clone());
        let on_fault = on_fault.clone();
        Callback::from(move |_: MouseEvent| {
            if !was_drag.replace(false) {
                on_fault.emit(offer.of_strength(amount));
            }
        })
    };
    let onpointerdown = {
        let (start, was_drag, can_drag) = (start.clone(), was_drag.clone(), on_place.is_some());
        Callback::from(move |event: PointerEvent| {
            *was_drag.borrow_mut() = false;
            let under = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if let Some(button) = under.and_then(|under| under.closest(".offer-act").ok()?).filter(|_| can_drag) {
                // A pointer that is gone cannot be captured, and need not be.
                let _ = button.set_pointer_capture(event.pointer_id());
            }
            *start.borrow_mut() = (can_drag && event.button() == 0).then(|| (event.client_x(), event.client_y()));
        })
    };
    let onpointermove = {
        let (start, ghost) = (start.clone(), ghost.clone());
        Callback::from(move |event: PointerEvent| {
            let (x, y) = (event.client_x(), event.client_y());
            let Some((from_x, from_y)) = *start.borrow() else { return };
            if ghost.is_some() || (x - from_x).abs() + (y - from_y).abs() > THRESHOLD {
                ghost.set(Some(Ghost { x, y, at_s: time_at(x, y) }));
            }
        })
    };
    let ended = {
        let (start, was_drag, ghost) = (start.clone(), was_drag.clone(), ghost.clone());
        let (offer, amount, on_place) = (offer.clone(), *amount, on_place.clone());
        move |is_let_go: bool| {
            start.take();
            let Some(held) = *ghost else { return };
            *was_drag.borrow_mut() = true;
            ghost.set(None);
            if let (Some(on_place), Some(at_s), true) = (&on_place, held.at_s, is_let_go) {
                on_place.emit((offer.of_strength(amount), at_s));
            }
        }
    };
    let onpointerup = {
        let ended = ended.clone();
        Callback::from(move |_: PointerEvent| ended(true))
    };
    let onpointercancel = Callback::from(move |_: PointerEvent| ended(false));
    let name = offer.fault.name();
    let class = classes!("offer", offer.is_remedy().then_some("is-remedy"));
    html! {
        <div {class}>
            <button class="offer-act" {onclick} {onpointerdown} {onpointermove} {onpointerup} {onpointercancel} title={offer.help}
                data-testid={format!("fault-{name}")}>
                { icon(if offer.is_remedy() { "well" } else { "crash" }) }
                <span>{ &offer.title }</span>
            </button>
            if let Some(dial) = offer.dial {
                { slider(dial, *amount, name, { let amount = amount.clone(); move |value| amount.set(value) }) }
            } else {
                <p>{ offer.help }</p>
            }
            if let Some(ghost) = ghost.as_ref() {
                { dragged(ghost, &offer.title) }
            }
        </div>
    }
}

/// The time of the run under a point of the window, if that is on the timeline.
fn time_at(x: i32, y: i32) -> Option<f64> {
    let under = dom::document().element_from_point(x as f32, y as f32)?;
    let track = under.closest(".timeline-track").ok()??;
    let rect = track.get_bounding_client_rect();
    let end: f64 = track.get_attribute("data-value")?.parse().ok()?;
    Some(((f64::from(x) - rect.left()) / rect.width().max(1.0) * end * 10.0).round() / 10.0)
}

/// The fault under the pointer, with the time at which it would be placed.
fn dragged(ghost: &Ghost, title: &str) -> Html {
    let text = ghost.at_s.map_or_else(|| title.to_owned(), |at| format!("{title} at {}", format::clock(at)));
    let width = text.chars().count() as f32 * 8.2 + 44.0;
    html! {
        <svg class="ghost fault-ghost" aria-hidden="true">
            <g transform={format!("translate({} {})", ghost.x + 12, ghost.y - 40)}>
                <rect width={width.to_string()} height="34" rx="10" />
                <circle cx="18" cy="17" r="6" />
                <text x="32" y="22">{ text }</text>
            </g>
        </svg>
    }
}

fn slider(dial: Dial, amount: f64, name: &str, set: impl Fn(f64) + 'static) -> Html {
    let oninput = Callback::from(move |event: InputEvent| {
        let input: HtmlInputElement = event.target_unchecked_into();
        set(dial.amount(input.value_as_number()));
    });
    let words = dial.words(amount);
    html! {
        <label class="dial">
            <span>{ dial.label }</span>
            <input type="range" min="0" max="1" step="0.005" value={format!("{:.4}", dial.place(amount))} aria-valuetext={words.clone()} {oninput}
                data-testid={format!("dial-{name}")} />
            <output>{ words }</output>
        </label>
    }
}
