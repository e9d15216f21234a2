//! All that can happen at one place: a row for each fault, with a dial for its strength, now or at a time of the run.

use std::rc::Rc;

use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::*;

use scalescope::base::SimDuration;
use scalescope::model::{Command, Dial, Fault, Offer, Scheduled, Way};

use super::Target;
use crate::app::Shown;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::bench::Wish;

/// How long after now a fault is placed, unless the person says otherwise.
const SOON_S: f64 = 5.0;

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
                <Row key={offer.fault.name()} offer={offer.clone()} on_fault={act.clone()} />
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
}

#[component]
fn Row(props: &RowProps) -> Html {
    let RowProps { offer, on_fault } = props;
    let amount = use_state(|| offer.dial.map_or(0.0, |dial| dial.default));
    let onclick = {
        let (offer, amount) = (offer.clone(), *amount);
        on_fault.reform(move |_: MouseEvent| offer.of_strength(amount))
    };
    let name = offer.fault.name();
    let class = classes!("offer", offer.is_remedy().then_some("is-remedy"));
    html! {
        <div {class}>
            <button class="offer-act" {onclick} title={offer.help} data-testid={format!("fault-{name}")}>
                { icon(if offer.is_remedy() { "well" } else { "crash" }) }
                <span>{ &offer.title }</span>
            </button>
            if let Some(dial) = offer.dial {
                { slider(dial, *amount, name, { let amount = amount.clone(); move |value| amount.set(value) }) }
            } else {
                <p>{ offer.help }</p>
            }
        </div>
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
