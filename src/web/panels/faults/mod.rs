//! Faults: what is broken, what can be broken, and when it will be.

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

#[derive(Properties)]
pub struct Props {
    pub shown: Rc<Shown>,
    pub figures: Rc<Figures>,
    /// The place that was chosen last.
    pub aim: Option<Target>,
    pub on_intent: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.shown, &other.shown) && Rc::ptr_eq(&self.figures, &other.figures) && self.aim == other.aim
    }
}

#[component]
pub fn Faults(props: &Props) -> Html {
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
                <optgroup label="Nodes">{ for places.iter().filter(|place| place.is_node()).map(option) }</optgroup>
                <optgroup label="Links">{ for places.iter().filter(|place| !place.is_node()).map(option) }</optgroup>
            </select>
        </label>
    }
}
