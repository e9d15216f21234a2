//! The chooser: the present workload on the five kinds of database, and which reasons there are to leave the relational one.

use serde_json::Value;
use yew::prelude::*;

use super::sheet::Sheet;
use crate::chooser::Trying;
use crate::format;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::bench::Wish;
use scalescope::engine::chooser::MODELS;

pub fn chooser(trying: &Trying, on_intent: &Callback<Intent>) -> Html {
    html! {
        <Sheet title="Which kind of database?" class="chooser" test="chooser" on_close={on_intent.reform(|()| Intent::Compare(false))}>
            <p>{ format!("The same users ask for the same things at the same times; only the kind of every database differs. \
                          Measured over {}, beside the simulation that goes on.", format::duration(trying.span_s)) }</p>
            if let Some(choice) = &trying.choice {
                { table(choice, on_intent) }
                <h3>{ "Reasons to leave the relational kind" }</h3>
                <ul class="grounds" data-testid="grounds">
                    { for list(choice, "grounds").iter().map(ground) }
                </ul>
            } else {
                { progress(trying.done) }
            }
        </Sheet>
    }
}

fn progress(done: u32) -> Html {
    let name = MODELS.get(done as usize).map_or_else(String::new, |(_, name)| format::name(name).to_lowercase());
    html! {
        <div class="trying" role="status" data-testid="trying">
            <meter min="0" max={MODELS.len().to_string()} value={done.to_string()} aria-label="Kinds tried" />
            <p class="fine">{ format!("Trying {name}, {} of {}", done + 1, MODELS.len()) }</p>
        </div>
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn table(choice: &Value, on_intent: &Callback<Intent>) -> Html {
    let trials = list(choice, "trials");
    let best = choice.get("best").and_then(Value::as_str).unwrap_or_default();
    let has_disk = trials.iter().any(|trial| trial.get("disk_utilisation").is_some_and(|disk| !disk.is_null()));
    html! {
        <div class="chooser-table">
            <table class="bench-table" data-testid="trials">
                <thead><tr>
                    <th scope="col">{ "Kind" }</th><th scope="col">{ "Answered" }</th><th scope="col">{ "Failed" }</th><th scope="col">{ "99 of 100" }</th>
                    <th scope="col">{ "In the store" }</th><th scope="col">{ "Store busy" }</th>
                    if has_disk { <th scope="col">{ "Disk busy" }</th> }
                    <th scope="col">{ "N+1 calls" }</th><th scope="col">{ "Torn" }</th><th scope="col"><span class="hidden">{ "Use it" }</span></th>
                </tr></thead>
                <tbody>{ for trials.iter().map(|trial| row(trial, best, has_disk, on_intent)) }</tbody>
            </table>
        </div>
    }
}

fn row(trial: &Value, best: &str, has_disk: bool, on_intent: &Callback<Intent>) -> Html {
    let model = trial.get("model").and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| trial.get(name).and_then(Value::as_f64).unwrap_or_default();
    let p99 = trial.get("latency").and_then(|latency| latency.get("p99_s")).and_then(Value::as_f64).unwrap_or_default();
    let is_best = model == best;
    let bad = |name: &str, text: String| html! { <td class={classes!((number(name) > 0.0).then_some("is-bad"))}>{ text }</td> };
    let take = {
        let model = model.clone();
        on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::TakeModel(model.clone())))
    };
    html! {
        <tr key={model.clone()} class={classes!(is_best.then_some("is-best"))} data-testid={format!("trial-{model}")}>
            <th scope="row">{ format::name(&model) }if is_best { <small>{ icon("well") }{ "answers most, soonest" }</small> }</th>
            <td>{ format!("{}/s", format::quantity(number("goodput_per_s"))) }</td>
            { bad("errors_per_s", format!("{}/s", format::quantity(number("errors_per_s")))) }
            <td>{ format::duration(p99) }</td>
            <td>{ format::duration(number("store_s")) }</td>
            <td>{ format::percent(number("database_utilisation")) }</td>
            if has_disk { <td>{ format::percent(number("disk_utilisation")) }</td> }
            <td>{ format::quantity(number("extra_calls")) }</td>
            { bad("torn_writes", format::quantity(number("torn_writes"))) }
            <td><button class="quiet small" onclick={take} aria-label={format!("Use it: {}", format::name(&model))}>{ "Use it" }</button></td>
        </tr>
    }
}

fn ground(ground: &Value) -> Html {
    let text = |name: &str| ground.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (class, image, word) = match ground.get("holds").and_then(Value::as_bool) {
        Some(true) => ("is-yes", "well", "yes"),
        Some(false) => ("is-no", "close", "no"),
        None => ("is-open", "help", "cannot tell"),
    };
    html! {
        <li {class}>
            { icon(image) }
            <p><b>{ format::name(&text("name")) }</b>{ format!(": {word}") }<span>{ text("why").replace('_', "-") }</span></p>
        </li>
    }
}
