//! A node's live figures, as a list of names and values.

use yew::prelude::*;

use scalescope::observe::{NodeFigures, Role};

use crate::format;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::bench::Wish;
use crate::panels::charts::{NodeFigure, Pin};

/// Name for people, name for tests, raw value, text.
type Fact = (&'static str, &'static str, f64, String);

/// The list, of a node of this kind; `pins` are the charts that are pinned already.
pub fn facts(figures: &NodeFigures, kind: &str, pins: &[Pin], on_intent: &Callback<Intent>) -> Html {
    let pin = |test: &str| pin_button(&figures.id, test, pins, on_intent);
    html! {
        <>
            if !matches!(kind, "users" | "dns") {
                <div class="gauge">
                    <meter min="0" max="1" low="0.7" high="0.9" optimum="0" value={figures.utilisation.min(1.0).to_string()} aria-label="Utilisation" />
                    <span data-testid="node-utilisation" data-value={figures.utilisation.to_string()}>
                        { format!("{} of its processors", format::percent(figures.utilisation)) }
                    </span>
                    { pin("utilisation") }
                </div>
            }
            <dl class="facts">
                { for list(figures, kind).into_iter().map(|(name, test, value, text)| html! {
                    <div><dt>{ name }</dt><dd data-testid={format!("node-{test}")} data-value={value.to_string()}>{ text }</dd><dd class="fact-pin">{ pin(test) }</dd></div>
                }) }
            </dl>
            if !figures.errors.is_empty() {
                <ul class="node-errors" aria-label="Errors by reason">
                    { for figures.errors.iter().map(|(reason, count)| html! {
                        <li><b>{ format::count(*count) }</b>{ format!(" × {}", reason.label()) }</li>
                    }) }
                </ul>
            }
        </>
    }
}

/// Pins the chart of a fact that has one.
fn pin_button(node: &str, test: &str, pins: &[Pin], on_intent: &Callback<Intent>) -> Html {
    let figure = match test {
        "utilisation" => NodeFigure::Utilisation,
        "queue" => NodeFigure::Queue,
        "arrivals" => NodeFigure::Arrivals,
        "completions" => NodeFigure::Completions,
        "errors" => NodeFigure::Errors,
        "hit-ratio" => NodeFigure::HitRatio,
        "lag" => NodeFigure::Lag,
        _ => return html! { <span class="no-pin" /> },
    };
    let pin = Pin { node: node.to_owned(), figure };
    let is_pinned = pins.contains(&pin);
    let onclick = on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Pin(pin.clone())));
    html! {
        <button class="tool small pin-chart" {onclick} aria-pressed={is_pinned.to_string()} aria-label={format!("Chart of {}", test.replace('-', " "))}
            title="Pin to the charts" data-testid={format!("pin-{test}")}>{ icon("charts") }</button>
    }
}

fn list(figures: &NodeFigures, kind: &str) -> Vec<Fact> {
    let rate = |name, test, value: f64| (name, test, value, format!("{}/s", format::quantity(value)));
    let count = |name, test, value: u64| (name, test, value as f64, format::count(value));
    let mut facts = Vec::with_capacity(14);
    if let Some(role) = figures.role {
        let text = if role == Role::Primary { "primary" } else { "replica" };
        facts.push(("Role", "role", 0.0, text.to_owned()));
    }
    facts.push(rate("Arrivals", "arrivals", figures.arrivals_per_s));
    facts.push(rate("Completions", "completions", figures.completions_per_s));
    facts.push(rate("Errors", "errors", figures.errors_per_s));
    facts.push(count("In flight", "in-flight", figures.in_flight));
    if !matches!(kind, "users" | "dns") {
        facts.push(count("Waiting now", "queue", figures.queue));
        let mean = figures.queue_mean;
        facts.push(("Waiting on average", "queue-mean", mean, format::quantity(mean)));
    }
    if let Some(ratio) = figures.hit_ratio {
        facts.push(("Hit ratio", "hit-ratio", ratio, format::percent(ratio)));
    }
    if let (Some(bytes), Some(entries)) = (figures.stored_bytes, figures.stored_entries) {
        let text = format!("{} in {} entries", format::bytes(bytes), format::quantity(entries as f64));
        facts.push(("Stored", "stored", bytes as f64, text));
    }
    if let Some(lag) = figures.lag_s {
        facts.push(("Lag", "lag", lag, format::duration(lag)));
    }
    if let Some(backlog) = figures.backlog {
        facts.push(count("Received, not applied", "backlog", backlog));
    }
    if let Some(position) = figures.log_position {
        facts.push(count("Log position", "log-position", position));
    }
    if let Some(stale) = figures.stale_reads {
        facts.push(count("Stale reads so far", "stale-reads", stale));
    }
    facts
}
