//! The list of requests: what, how long, and with what outcome. It stands still while a person points at it.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use scalescope::observe::trace::Ended;

use crate::app::Shown;
use crate::format;
use crate::input::Intent;
use crate::panels::bench::Wish;
use crate::panels::legend;

#[derive(Properties)]
pub struct Props {
    pub ended: Rc<Vec<Ended>>,
    pub shown: Rc<Shown>,
    pub on_intent: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.ended, &other.ended) && Rc::ptr_eq(&self.shown, &other.shown)
    }
}

#[component]
pub fn List(props: &Props) -> Html {
    let Props { ended, shown, on_intent } = props;
    let is_held = use_state(|| false);
    let kept = use_mut_ref(Rc::<Vec<Ended>>::default);
    if !*is_held {
        *kept.borrow_mut() = ended.clone();
    }
    let list = kept.borrow().clone();
    // Entering and leaving do not bubble; coming over and going out do, also from row to row.
    let onpointerover = {
        let is_held = is_held.clone();
        Callback::from(move |_: PointerEvent| is_held.set(true))
    };
    let onpointerout = {
        let is_held = is_held.clone();
        Callback::from(move |event: PointerEvent| {
            let next = event.related_target().and_then(|next| next.dyn_into::<Element>().ok());
            let is_inside = next.is_some_and(|next| next.closest(".request-list").ok().flatten().is_some());
            is_held.set(is_inside);
        })
    };
    let (onfocusin, onfocusout) = {
        let (held, free) = (is_held.clone(), is_held.clone());
        (Callback::from(move |_: FocusEvent| held.set(true)), Callback::from(move |_: FocusEvent| free.set(false)))
    };
    html! {
        if list.is_empty() {
            <p class="bench-empty" data-testid="no-requests">{ "No such request has ended yet." }</p>
        } else {
            <ul class="request-list" {onpointerover} {onpointerout} {onfocusin} {onfocusout} aria-label="Requests that have ended" data-testid="request-list">
                { for list.iter().map(|ended| row(ended, shown, on_intent)) }
            </ul>
        }
    }
}

fn row(ended: &Ended, shown: &Shown, on_intent: &Callback<Intent>) -> Html {
    let serial = ended.serial;
    let onclick = on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Trace(Some(serial))));
    let length = format::duration((ended.ended_ns - ended.began_ns) as f64 / 1e9);
    let outcome = ended.failure.map(|reason| match ended.place.as_str() {
        "" => reason.label().to_owned(),
        id => format!("{} · {}", reason.label(), shown.label(id)),
    });
    html! {
        <li key={serial}>
            <button {onclick} class={classes!(outcome.is_some().then_some("is-bad"))} data-testid="request-row" data-value={serial.to_string()}>
                { legend::shape(ended.operation) }
                <span class="request-what">{ format!("{} {}", ended.operation.name(), format::count(ended.key.into())) }</span>
                <b>{ length }</b>
                <span class="request-when">{ format::clock(ended.ended_ns as f64 / 1e9) }</span>
                if let Some(outcome) = outcome { <span class="request-why">{ outcome }</span> }
            </button>
        </li>
    }
}
