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

/// A column: its heading, and what it says of a trial.
type Column = (&'static str, fn(&Value) -> Html);

const COLUMNS: [Column; 8] = [
    ("Answered", |trial| format!("{}/s", format::quantity(number(trial, "goodput_per_s"))).into()),
    ("Failed", |trial| flagged(trial, "errors_per_s", "/s")),
    ("99 of 100", |trial| format::duration(p99(trial)).into()),
    ("In the store", |trial| format::duration(number(trial, "store_s")).into()),
    ("Store busy", |trial| format::percent(number(trial, "database_utilisation")).into()),
    (DISK, |trial| format::percent(number(trial, "disk_utilisation")).into()),
    ("N+1 calls", |trial| format::quantity(number(trial, "extra_calls")).into()),
    ("Torn", |trial| flagged(trial, "torn_writes", "")),
];
/// Shown only where a store has one.
const DISK: &str = "Disk busy";

fn number(trial: &Value, name: &str) -> f64 {
    trial.get(name).and_then(Value::as_f64).unwrap_or_default()
}

fn p99(trial: &Value) -> f64 {
    trial.get("latency").map_or(0.0, |latency| number(latency, "p99_s"))
}

/// A number that had better be zero.
fn flagged(trial: &Value, name: &str, unit: &str) -> Html {
    let value = number(trial, name);
    html! { <span class={classes!((value > 0.0).then_some("is-bad"))}>{ format::quantity(value) }{ unit }</span> }
}

/// On a phone each row is a card of its own; the roles keep it a table for who listens to it.
fn table(choice: &Value, on_intent: &Callback<Intent>) -> Html {
    let trials = list(choice, "trials");
    let best = choice.get("best").and_then(Value::as_str).unwrap_or_default();
    let has_disk = trials.iter().any(|trial| trial.get("disk_utilisation").is_some_and(|disk| !disk.is_null()));
    let columns: Vec<Column> = COLUMNS.into_iter().filter(|(name, _)| has_disk || *name != DISK).collect();
    html! {
        <table class="bench-table" role="table" data-testid="trials">
            <thead role="rowgroup"><tr role="row">
                <th role="columnheader">{ "Kind" }</th>
                { for columns.iter().map(|(name, _)| html! { <th role="columnheader">{ *name }</th> }) }
                <th role="columnheader"><span class="hidden">{ "Use it" }</span></th>
            </tr></thead>
            <tbody role="rowgroup">{ for trials.iter().map(|trial| row(trial, best, &columns, on_intent)) }</tbody>
        </table>
    }
}

fn row(trial: &Value, best: &str, columns: &[Column], on_intent: &Callback<Intent>) -> Html {
    let model = trial.get("model").and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_best = model == best;
    let take = {
        let model = model.clone();
        on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::TakeModel(model.clone())))
    };
    html! {
        <tr key={model.clone()} role="row" class={classes!(is_best.then_some("is-best"))} data-testid={format!("trial-{model}")}>
            <th role="rowheader">{ format::name(&model) }if is_best { <small>{ icon("well") }{ "answers most, soonest" }</small> }</th>
            { for columns.iter().map(|(name, cell)| html! { <td role="cell" data-label={*name}>{ cell(trial) }</td> }) }
            <td role="cell" class="chooser-use"><button class="quiet small" onclick={take} aria-label={format!("Use it: {}", format::name(&model))}>{ "Use it" }</button></td>
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
