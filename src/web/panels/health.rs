//! Health: the objectives with their error budget, and warnings: what holds the system back, what would take it down alone, and what
//! is full next.

use std::rc::Rc;

use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::*;

use scalescope::insight::{Bill, Hazard, Lost, Objectives, Warning, bill, bottleneck, saturation, single_points};
use scalescope::observe::Figures;

use crate::app::Shown;
use crate::format;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::bench::Wish;

/// What saturates next: so many nodes are told.
const NEXT: usize = 4;

pub struct Props {
    pub shown: Rc<Shown>,
    pub figures: Rc<Figures>,
    pub objectives: Objectives,
    /// How fast the offered load grows, as a share of itself per second.
    pub growth_per_s: f64,
    pub on_intent: Callback<Intent>,
}

pub fn health(props: &Props) -> Html {
    let Props { shown, figures, objectives, growth_per_s, on_intent } = props;
    let tight: Vec<Warning> = bottleneck(figures).into_iter().collect();
    let points = single_points(&shown.document, figures);
    // Before the first request nothing can be said of the design.
    let is_idle = figures.nodes.iter().all(|node| node.arrivals_per_s <= 0.0);
    let unless_idle = |text: &'static str| if is_idle { "Nothing is in use yet." } else { text };
    let next: Vec<Warning> = saturation(figures, *growth_per_s).into_iter().take(NEXT).collect();
    html! {
        <aside class="bench health" aria-label="Health" data-testid="health">
            { super::bench_head("health", "Health", on_intent) }
            <div class="bench-body">
                { goals(objectives, figures, on_intent) }
                { section("Bottleneck", "bottleneck", unless_idle("Nothing holds the system back."), &tight, shown, on_intent) }
                { section("Full next", "next", "Nothing is in use yet.", &next, shown, on_intent) }
                if let Some(bill) = bill(figures) { { costs(&bill, shown) } }
                { section("Single points of failure", "single-points", unless_idle("No node is alone."), &points, shown, on_intent) }
            </div>
        </aside>
    }
}

fn costs(bill: &Bill, shown: &Shown) -> Html {
    html! {
        <section data-testid="bill" data-value={bill.per_hour.to_string()}>
            <h3>{ "Bill" }</h3>
            <dl class="facts">
                { for bill.items.iter().map(|(id, per_hour)| html! {
                    <div><dt>{ shown.label(id) }</dt><dd>{ format!("{} an hour", format::dollars(*per_hour)) }</dd></div>
                }) }
                if bill.items.len() > 1 {
                    <div><dt>{ "Together" }</dt><dd>{ format!("{} an hour", format::dollars(bill.per_hour)) }</dd></div>
                }
            </dl>
            <p class="fine">{ format!("{} so far, for bytes sent and requests answered", format::dollars(bill.so_far)) }</p>
        </section>
    }
}

fn goals(objectives: &Objectives, figures: &Figures, on_intent: &Callback<Intent>) -> Html {
    let standing = objectives.standing(figures);
    let own = *objectives;
    let p99 = number(on_intent, move |value| (value > 0.0).then_some(Objectives { p99_s: value / 1e3, ..own }));
    let availability = number(on_intent, move |value| {
        (0.0..100.0).contains(&value).then_some(Objectives { availability: value / 100.0, ..own })
    });
    let measured_p99 =
        if figures.latency.count == 0 { "–".to_owned() } else { format::duration(figures.latency.p99_s) };
    let measured = standing.availability.map_or_else(|| "–".to_owned(), |share| format!("{:.3} %", share * 100.0));
    let is_kept = standing.availability.map(|share| share >= objectives.availability);
    let left = if standing.left >= 0.0 {
        format!("{} more requests may fail", format::quantity(standing.left.floor()))
    } else {
        format!("{} more have failed than may", format::quantity((-standing.left).ceil()))
    };
    html! {
        <section>
            <h3>{ "Objectives" }</h3>
            <div class="goals">
                { goal("99 of 100 answers within", "ms", &format!("{}", objectives.p99_s * 1e3), p99, standing.is_fast, &measured_p99, "goal-p99") }
                { goal("Requests answered", "%", &format!("{}", (objectives.availability * 1e7).round() / 1e5), availability, is_kept, &measured, "goal-availability") }
            </div>
            <div class="budget" data-testid="budget" data-value={format!("{:.4}", standing.spent)}>
                <div class="bench-line"><span>{ "Error budget spent" }</span><b>{ if standing.spent < 10.0 { format::percent(standing.spent) } else { format!("{} times over", format::quantity(standing.spent)) } }</b></div>
                <meter min="0" max="1" low="0.5" high="0.9" optimum="0" value={standing.spent.min(1.0).to_string()} aria-label="Error budget spent" />
                <p class="fine">
                    { left }
                    if standing.burn > 0.0 { { format!("; spending it {} × as fast as allowed", format::quantity(standing.burn)) } }
                </p>
            </div>
        </section>
    }
}

fn number(
    on_intent: &Callback<Intent>,
    objectives: impl Fn(f64) -> Option<Objectives> + 'static,
) -> Callback<InputEvent> {
    crate::input::intent_callback(on_intent, move |event: InputEvent| {
        let text = event.target_unchecked_into::<HtmlInputElement>().value();
        let value = text.trim().replace(',', ".").parse::<f64>().ok().filter(|value| value.is_finite())?;
        Some(Intent::Bench(Wish::Promise(objectives(value)?)))
    })
}

fn goal(
    label: &str,
    unit: &str,
    value: &str,
    oninput: Callback<InputEvent>,
    is_kept: Option<bool>,
    measured: &str,
    test: &str,
) -> Html {
    let (state, image) = match is_kept {
        None => ("unknown", ""),
        Some(true) => ("kept", "well"),
        Some(false) => ("missed", "alert"),
    };
    html! {
        <label class={classes!("goal", format!("is-{state}"))} data-testid={test.to_owned()} data-state={state}>
            <span>{ label }</span>
            <span class="param-value"><input type="text" inputmode="decimal" autocomplete="off" value={value.to_owned()} {oninput} /><span class="unit">{ unit }</span></span>
            <b>if !image.is_empty() { { icon(image) } }{ measured }</b>
        </label>
    }
}

fn section(
    title: &str,
    test: &str,
    nothing: &str,
    all: &[Warning],
    shown: &Shown,
    on_intent: &Callback<Intent>,
) -> Html {
    html! {
        <section>
            <h3>{ title }</h3>
            if all.is_empty() { <p class="bench-empty">{ icon("well") }{ nothing }</p> }
            <ul class="warnings" data-testid={test.to_owned()} data-value={all.len().to_string()}>
                { for all.iter().map(|warning| {
                    let id: Rc<str> = warning.node.as_str().into();
                    let onclick = on_intent.reform(move |_: MouseEvent| Intent::Select(id.clone()));
                    html! {
                        <li key={warning.node.clone()}>
                            <button {onclick} data-testid={format!("{test}-{}", warning.node)}>
                                <b>{ shown.label(&warning.node) }</b><span>{ words(&warning.what) }</span>
                            </button>
                        </li>
                    }
                }) }
            </ul>
        </section>
    }
}

fn words(what: &Hazard) -> String {
    match what {
        Hazard::SinglePoint { lost, arrivals_per_s } => {
            let lost = match lost {
                Lost::Names => "no names are resolved",
                Lost::Service => "nobody is served",
                Lost::Data => "there is no data",
            };
            format!("without it {lost}; it gets {} requests/s", format::quantity(*arrivals_per_s))
        }
        Hazard::Bottleneck { utilisation, waiting } if *utilisation < 0.5 => {
            format!(
                "{} wait, though only {} of its processors are in use",
                format::quantity(*waiting),
                format::percent(*utilisation)
            )
        }
        Hazard::Bottleneck { utilisation, waiting } => {
            format!(
                "{} of its processors in use, {} waiting",
                format::percent(utilisation.min(1.0)),
                format::quantity(*waiting)
            )
        }
        Hazard::Saturates { load_factor, .. } if *load_factor <= 1.005 => "its processors are used up".to_owned(),
        Hazard::Saturates { load_factor, in_s } => {
            let when = in_s.map_or_else(String::new, |seconds| {
                format!("; at the present growth in {}", format::duration(seconds))
            });
            format!("full at {} × the load{when}", format::quantity(*load_factor))
        }
    }
}
