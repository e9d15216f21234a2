//! Faults: what is broken, what can be broken, and when it will be.

mod acts;
mod chaos;
mod menu;
mod offers;
mod target;
mod timeline;

use std::rc::Rc;

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use scalescope::insight::{Broken, broken};
use scalescope::model::Fault;
use scalescope::model::presets::DISTANCES;
use scalescope::observe::Figures;

use crate::app::Shown;
use crate::icons::icon;
use crate::input::{Intent, intent_callback};
use crate::panels::bench::Wish;
use chaos::ChaosForm;
use offers::Offers;

pub use menu::FaultMenu;
pub use target::Target;
pub use timeline::Timeline;

pub struct Props {
    pub shown: Rc<Shown>,
    pub figures: Rc<Figures>,
    /// The place that was chosen last.
    pub aim: Option<Target>,
    pub on_intent: Callback<Intent>,
}

pub fn faults(props: &Props) -> Html {
    let Props { shown, figures, aim, on_intent } = props;
    let places = Target::all(&shown.document);
    let aim = aim.clone().filter(|aim| places.contains(aim)).or_else(|| places.first().cloned());
    let all = broken(figures);
    html! {
        <aside class="bench faults" aria-label="Faults" data-testid="faults">
            { super::bench_head("faults", "Faults", on_intent) }
            <div class="bench-body">
                { list(&all, shown, on_intent) }
                <section>
                    <h3>{ "Break something" }</h3>
                    { chooser(&places, aim.as_ref(), shown, on_intent) }
                    if let Some(Target::Link { from, to }) = &aim { { distance(from, to, shown, on_intent) } }
                    if let Some(target) = aim {
                        <Offers key={target.key()} remedy={target.remedy(&all)} target={target.clone()} shown={shown.clone()} now_s={figures.now_s} can_schedule=true on_intent={on_intent.clone()} />
                    }
                </section>
                <ChaosForm shown={shown.clone()} now_s={figures.now_s} on_intent={on_intent.clone()} />
            </div>
        </aside>
    }
}

/// What is broken now, each with its remedy.
fn list(all: &[Broken], shown: &Shown, on_intent: &Callback<Intent>) -> Html {
    let remedies: Vec<Fault> = all.iter().map(|broken| broken.remedy.clone()).collect();
    html! {
        <section>
            <div class="bench-line">
                <h3>{ "Broken now" }</h3>
                if all.len() > 1 {
                    <button class="quiet small" onclick={on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::BreakAll(remedies.clone())))} data-testid="heal-all">
                        { "Heal everything" }
                    </button>
                }
            </div>
            if all.is_empty() {
                <p class="bench-empty" data-testid="nothing-broken">{ icon("well") }{ "Nothing is broken." }</p>
            }
            <ul class="broken" data-testid="broken" data-value={all.len().to_string()}>
                { for all.iter().map(|broken| {
                    let place = broken.place.iter().map(|id| shown.label(id)).collect::<Vec<_>>().join(" → ");
                    let remedy = broken.remedy.clone();
                    let word = if matches!(remedy, Fault::Restart { .. }) { "Restart" } else { "Heal" };
                    let onclick = on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Break(remedy.clone())));
                    html! {
                        <li key={broken.place.join("→")}>
                            <p><b>{ &place }</b><span>{ &broken.what }</span></p>
                            <button class="quiet small" {onclick} aria-label={format!("{word} {place}")} data-testid={format!("heal-{}", broken.place.join("-"))}>{ word }</button>
                        </li>
                    }
                }) }
            </ul>
        </section>
    }
}

/// How far the ends of a link are apart, as some places of the world are.
fn distance(from: &Rc<str>, to: &Rc<str>, shown: &Rc<Shown>, on_intent: &Callback<Intent>) -> Html {
    let Some(link) = shown.document.links.iter().find(|link| *link.from == **from && *link.to == **to) else {
        return Html::default();
    };
    let latency = shown.document.latency_of(link);
    let known = DISTANCES.iter().find(|distance| distance.latency() == latency);
    let onchange = {
        let (from, to, shown) = (from.clone(), to.clone(), shown.clone());
        intent_callback(on_intent, move |event: Event| {
            let name = event.target_unchecked_into::<HtmlSelectElement>().value();
            let distance = DISTANCES.iter().find(|distance| distance.name == name)?;
            Some(Intent::Bench(Wish::Edit(vec![distance.edit(&shown.document, &from, &to)?])))
        })
    };
    html! {
        <label class="bench-field distance">
            <span>{ format!("By design: {} one way", latency) }</span>
            <select {onchange} data-testid="distance" title={known.map(|distance| distance.source)}>
                if known.is_none() { <option selected=true>{ "as a distance in the world …" }</option> }
                { for DISTANCES.iter().map(|distance| html! {
                    <option value={distance.name} selected={known.is_some_and(|known| known.name == distance.name)}>
                        { format!("{} ({} ms there and back)", distance.name, distance.round_trip_ms) }
                    </option>
                }) }
            </select>
        </label>
    }
}

fn chooser(places: &[Target], aim: Option<&Target>, shown: &Shown, on_intent: &Callback<Intent>) -> Html {
    let all = places.to_vec();
    let onchange = intent_callback(on_intent, move |event: Event| {
        let select: HtmlSelectElement = event.target_unchecked_into();
        let chosen = all.iter().find(|place| place.key() == select.value())?;
        Some(Intent::Bench(Wish::Aim(chosen.clone())))
    });
    let option = |place: &Target| {
        let is_chosen = aim == Some(place);
        html! { <option value={place.key()} selected={is_chosen}>{ place.label(shown) }</option> }
    };
    html! {
        <label class="bench-field">
            <span class="hidden">{ "Where" }</span>
            <select {onchange} data-testid="fault-target" aria-label="Where">
                <optgroup label="Nodes">{ for places.iter().filter(|place| matches!(place, Target::Node(_))).map(option) }</optgroup>
                <optgroup label="Links">{ for places.iter().filter(|place| matches!(place, Target::Link { .. })).map(option) }</optgroup>
                if places.iter().any(|place| matches!(place, Target::Region(_))) {
                    <optgroup label="Regions">{ for places.iter().filter(|place| matches!(place, Target::Region(_))).map(option) }</optgroup>
                }
            </select>
        </label>
    }
}
