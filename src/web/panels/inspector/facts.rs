//! A node's live figures, as a list of names and values.

use yew::prelude::*;

use scalescope::base::Kind;
use scalescope::observe::{NodeFigures, ReplicationFigures, Role};

use crate::app::Shown;
use crate::format;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::bench::Wish;
use crate::panels::charts::{NodeFigure, Pin};

/// Name for people, name for tests, raw value, text.
type Fact = (&'static str, &'static str, f64, String);

/// The list, of a node of this kind; `pins` are the charts that are pinned already.
pub fn facts(figures: &NodeFigures, kind: Kind, pins: &[Pin], on_intent: &Callback<Intent>) -> Html {
    let pin = |test: &str| pin_button(&figures.id, test, pins, on_intent);
    html! {
        <>
            if kind.has_load() {
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
    let Some(figure) = NodeFigure::by_name(test) else { return html! { <span class="no-pin" /> } };
    let pin = Pin { node: node.to_owned(), figure };
    let is_pinned = pins.contains(&pin);
    let onclick = on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Pin(pin.clone())));
    html! {
        <button class="tool small pin-chart" {onclick} aria-pressed={is_pinned.to_string()} aria-label={format!("Chart of {}", test.replace('-', " "))}
            title="Pin to the charts" data-testid={format!("pin-{test}")}>{ icon("charts") }</button>
    }
}

fn list(figures: &NodeFigures, kind: Kind) -> Vec<Fact> {
    let rate = |name, test, value: f64| (name, test, value, format!("{}/s", format::quantity(value)));
    let count = |name, test, value: u64| (name, test, value as f64, format::count(value));
    let mut facts = Vec::with_capacity(24);
    if let Some(role) = figures.role {
        let text = if role == Role::Primary { "primary" } else { "replica" };
        facts.push(("Role", "role", 0.0, text.to_owned()));
    }
    let [arrivals, completions] = if kind == Kind::Users { ["Asked", "Answered"] } else { ["Arrivals", "Completions"] };
    facts.push(rate(arrivals, "arrivals", figures.arrivals_per_s));
    facts.push(rate(completions, "completions", figures.completions_per_s));
    facts.push(rate("Errors", "errors", figures.errors_per_s));
    facts.push(count("In flight", "in-flight", figures.in_flight));
    if kind.has_load() {
        facts.push(count("Waiting now", "queue", figures.queue));
        let mean = figures.queue_mean;
        facts.push(("Waiting on average", "queue-mean", mean, format::quantity(mean)));
        if figures.wait_mean_s > 0.0 {
            facts.push(("Mean wait", "wait", figures.wait_mean_s, format::duration(figures.wait_mean_s)));
        }
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
    if let Some(own) = &figures.replication {
        replication(own, &mut facts);
    }
    if let Some(stale) = figures.stale_reads {
        facts.push(count("Stale reads so far", "stale-reads", stale));
    }
    let mut share = |name, test, value: Option<f64>| {
        if let Some(value) = value {
            facts.push((name, test, value, format::percent(value)));
        }
    };
    share("Pages found in memory", "page-hits", figures.page_hit_ratio);
    share("Disk in use", "disk", figures.disk_utilisation);
    share("Answered stale at once", "stale-hits", figures.stale_hit_ratio);
    share("Calls throttled", "throttled", figures.reject_probability.filter(|share| *share > 0.0));
    let mut some = |name, test, value: Option<u64>| {
        if let Some(value) = value.filter(|value| *value > 0) {
            facts.push((name, test, value as f64, format::count(value)));
        }
    };
    some("Pages read from disk", "page-misses", figures.page_misses);
    some("Stale, for the origin failed", "stale-on-error", figures.stale_on_error);
    some("Asked whether still good", "revalidations", figures.revalidations);
    some("N+1 calls", "extra-calls", figures.extra_calls);
    some("Writes made in part", "torn-writes", figures.torn_writes);
    some("Sessions lost", "sessions-lost", figures.sessions_lost);
    some("Copies to hand on", "handoffs", figures.handoffs);
    some("Promised transactions", "promised", figures.promised);
    if let Some(bytes) = figures.egress_bytes {
        facts.push(("Sent so far", "egress", bytes as f64, format::bytes(bytes)));
    }
    if let Some(cost) = figures.cost {
        facts.push(("Cost so far", "cost", cost, format::dollars(cost)));
    }
    facts
}

/// How far a database is, and what it does in its cluster, as far as that is out of the ordinary.
fn replication(own: &ReplicationFigures, facts: &mut Vec<Fact>) {
    facts.push(("Applied up to", "applied", own.applied as f64, format::count(own.applied)));
    if own.is_degraded {
        facts.push(("Waits for replicas", "degraded", 1.0, "no more: asynchronous".to_owned()));
    }
    let counts = [
        ("Writes waiting for replicas", "waiting", own.waiting),
        ("Conflicts", "conflicts", own.conflicts),
        ("Records of its own come back", "discarded", own.discarded),
        ("Applied twice", "repeated", own.repeated),
        ("Rebuilt from a copy", "rebuilds", own.rebuilds),
    ];
    for (name, test, value) in counts.into_iter().filter(|(.., value)| *value > 0) {
        facts.push((name, test, value as f64, format::count(value)));
    }
    if let Some(row) = own.stopped_by {
        facts.push(("Applies nothing: duplicate row", "stopped", row.into(), format::count(row.into())));
    }
    if !own.executed.is_empty() {
        facts.push(("Has executed", "executed", 0.0, own.executed.clone()));
    }
}

/// What a shard router knows of its shards: their shares, the hottest key, and what is on its way.
pub fn shards(figures: &NodeFigures, shown: &Shown) -> Html {
    let Some(own) = &figures.sharding else { return Html::default() };
    let count = |name, value: u64| (name, format::count(value), value > 0);
    let hottest = own.hottest_key.zip(own.hottest_share);
    let rows = [
        (
            "Hottest key",
            hottest.map_or_else(String::new, |(key, share)| {
                format!("{}, {} of the requests", format::count(key.into()), format::percent(share))
            }),
            hottest.is_some(),
        ),
        (
            "Keys moved",
            format!("{} of {}", format::count(own.keys_moved), format::count(own.keys_to_move)),
            own.is_moving,
        ),
        ("Bytes moved", format::bytes(own.bytes_moved), own.bytes_moved > 0),
        count("Records left where they were", own.left_behind),
        count("… deleted there", own.deleted),
        count("Writes held for a move", own.held_writes),
        count("Moves that failed", own.failed_moves),
        count("Transactions over shards, open", own.open_transactions),
        count("… committed", own.committed),
        count("… given up", own.aborted),
    ];
    html! {
        <>
            <h3>{ "Shards" }</h3>
            <ul class="shares" data-testid="shards">
                { for own.shards.iter().map(|shard| html! {
                    <li key={shard.id.clone()}>
                        <span>{ shown.label(&shard.id) }</span>
                        <meter min="0" max="1" value={shard.share.to_string()} aria-label={format!("Share of {}", shown.label(&shard.id))} />
                        <b>{ format::percent(shard.share) }</b>
                    </li>
                }) }
            </ul>
            <dl class="facts">
                { for rows.into_iter().filter(|(.., is_told)| *is_told).map(|(name, text, _)| html! { <div><dt>{ name }</dt><dd>{ text }</dd></div> }) }
            </dl>
        </>
    }
}
