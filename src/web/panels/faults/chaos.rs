//! Chaos: a bad day under a seed, placed on the timeline.

use std::rc::Rc;

use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::*;

use scalescope::base::SimDuration;
use scalescope::base::order::sort_by_key;
use scalescope::model::{Chaos, Scheduled};

use crate::app::Shown;
use crate::format;
use crate::input::Intent;
use crate::panels::bench::Wish;

/// The chaos begins this long after now, so that it can be seen coming.
const LEAD_S: f64 = 2.0;

#[derive(Properties)]
pub struct Props {
    pub shown: Rc<Shown>,
    pub now_s: f64,
    pub on_intent: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.shown, &other.shown) && (self.now_s.floor() - other.now_s.floor()).abs() < 0.5
    }
}

#[component]
pub fn ChaosForm(props: &Props) -> Html {
    let Props { shown, now_s, on_intent } = props;
    let seed = use_state(|| 1_u64);
    let faults = use_state(|| 8_u32);
    let span = use_state(|| 60_u32);
    let repair = use_state(|| 5_u32);
    let ahead: Vec<Scheduled> = future(shown, *now_s).cloned().collect();
    let unleash = {
        let day = Chaos {
            seed: *seed,
            from: SimDuration::from_secs((now_s + LEAD_S).ceil() as u64),
            span: SimDuration::from_secs((*span).into()),
            faults: *faults,
            repair: SimDuration::from_secs((*repair).into()),
        };
        let shown = shown.clone();
        let seed = seed.clone();
        on_intent.reform(move |_: MouseEvent| match day.schedule(&shown.document) {
            Ok(new) => {
                seed.set(day.seed + 1);
                let mut schedule = shown.document.schedule.clone();
                schedule.extend(new);
                sort_by_key(&mut schedule, |scheduled| scheduled.at);
                Intent::Bench(Wish::Schedule(schedule))
            }
            Err(problem) => Intent::Complain(problem.to_string()),
        })
    };
    let clear = {
        let (shown, now_s) = (shown.clone(), *now_s);
        on_intent.reform(move |_: MouseEvent| {
            let past = |scheduled: &&Scheduled| scheduled.at.as_secs_f64() <= now_s;
            Intent::Bench(Wish::Schedule(shown.document.schedule.iter().filter(past).cloned().collect()))
        })
    };
    html! {
        <section class="chaos">
            <h3>{ "Chaos" }</h3>
            <p class="fine">{ "Random faults at random places, the same for the same seed." }</p>
            <div class="chaos-fields">
                { number("Faults", "chaos-faults", *faults, 1, 200, { let faults = faults.clone(); move |value| faults.set(value) }) }
                { number("Within", "chaos-span", *span, 1, 3_600, { let span = span.clone(); move |value| span.set(value) }) }
                { number("Repair", "chaos-repair", *repair, 1, 600, { let repair = repair.clone(); move |value| repair.set(value) }) }
                { number("Seed", "chaos-seed", *seed as u32, 0, u32::MAX, { let seed = seed.clone(); move |value| seed.set(value.into()) }) }
            </div>
            <div class="bench-line">
                <button class="danger" onclick={unleash} data-testid="unleash">{ "Place on the timeline" }</button>
                <button class="quiet" onclick={clear} disabled={ahead.is_empty()} data-testid="clear-schedule">
                    { if ahead.is_empty() { "Nothing ahead".to_owned() } else { format!("Clear {} ahead", format::count(ahead.len() as u64)) } }
                </button>
            </div>
        </section>
    }
}

/// What is scheduled after `now_s`.
pub fn future(shown: &Shown, now_s: f64) -> impl Iterator<Item = &Scheduled> {
    shown.document.schedule.iter().filter(move |scheduled| scheduled.at.as_secs_f64() > now_s)
}

fn number(
    label: &'static str,
    test: &'static str,
    value: u32,
    min: u32,
    max: u32,
    set: impl Fn(u32) + 'static,
) -> Html {
    let oninput = Callback::from(move |event: InputEvent| {
        let input: HtmlInputElement = event.target_unchecked_into();
        if let Ok(value) = input.value().trim().parse::<u32>() {
            set(value.clamp(min, max));
        }
    });
    let unit = match test {
        "chaos-span" | "chaos-repair" => "s",
        _ => "",
    };
    html! {
        <label>
            <span>{ label }</span>
            <input type="text" inputmode="numeric" autocomplete="off" value={value.to_string()} {oninput} data-testid={test} />
            <span class="unit">{ unit }</span>
        </label>
    }
}
