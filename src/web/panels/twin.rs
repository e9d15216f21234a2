//! The text twin: what the picture tells, in words and tables, for whoever does not see it, or wants to copy it.
//!
//! It is told anew once a second, not with every figure; and read aloud every ten seconds only for who asks for it.

use std::rc::Rc;

use yew::prelude::*;

use scalescope::base::Kind;
use scalescope::insight::{bottleneck, broken};
use scalescope::observe::{Figures, LaneFigures, LinkFigures, NodeFigures};

use crate::app::Shown;
use crate::format;
use crate::input::Intent;
use crate::panels::bench::Events;
use crate::stage::{Load, State};

/// Seconds between two readings.
const READ_EVERY: u32 = 10;
/// Happenings that are listed.
const HAPPENINGS: usize = 12;

#[derive(Properties)]
pub struct Props {
    pub shown: Rc<Shown>,
    pub figures: Rc<Figures>,
    pub events: Rc<Events>,
    /// Counts seconds of wall time.
    pub second: u32,
    pub on_intent: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.shown, &other.shown) && self.second == other.second && Rc::ptr_eq(&self.events, &other.events)
    }
}

#[component]
pub fn Twin(props: &Props) -> Html {
    let Props { shown, figures, events, second, on_intent } = props;
    let is_reading = use_state(|| false);
    let told = summary(figures, shown);
    let aloud = use_memo(
        (*is_reading, second / READ_EVERY),
        |(is_reading, _)| if *is_reading { told.clone() } else { String::new() },
    );
    let toggle = {
        let is_reading = is_reading.clone();
        Callback::from(move |_: MouseEvent| is_reading.set(!*is_reading))
    };
    html! {
        <aside class="bench twin" aria-label="In words" data-testid="twin">
            { super::bench_head("twin", "In words", on_intent) }
            <div class="bench-body">
                <section>
                    <p class="story" data-testid="summary">{ told.clone() }</p>
                    <button class="quiet small" onclick={toggle} aria-pressed={is_reading.to_string()} data-testid="read-aloud">{ "Read aloud every 10 s" }</button>
                    <p class="hidden" role="status" aria-live="polite">{ (*aloud).clone() }</p>
                </section>
                <section>
                    <h3>{ "Nodes" }</h3>
                    { nodes(figures, shown, on_intent) }
                </section>
                <section>
                    <h3>{ "Links" }</h3>
                    { links(figures, shown) }
                </section>
                <section>
                    <h3>{ "What happened" }</h3>
                    if events.all().is_empty() { <p class="bench-empty">{ "Nothing was done to the run yet." }</p> }
                    <ol class="steps">
                        { for events.all().iter().rev().take(HAPPENINGS).map(|event| html! {
                            <li><time>{ format::clock(event.at_s) }</time><span>{ &event.text }</span></li>
                        }) }
                    </ol>
                </section>
            </div>
        </aside>
    }
}

/// The whole picture in a few sentences.
fn summary(figures: &Figures, shown: &Shown) -> String {
    let rate = |value: f64| format::quantity(value);
    let mut parts = vec![format!(
        "At {}: {} requests per second are made and {} answered.",
        format::clock(figures.now_s),
        rate(figures.offered_per_s),
        rate(figures.throughput_per_s)
    )];
    if figures.latency.count > 0 {
        let (half, most) = (format::duration(figures.latency.p50_s), format::duration(figures.latency.p99_s));
        parts.push(format!("Half of the answers take less than {half}, 99 of 100 less than {most}."));
    }
    parts.push(match figures.errors.first() {
        Some((reason, _)) if figures.errors_per_s > 0.0 => {
            format!("{} per second fail, most of them by {}.", rate(figures.errors_per_s), reason.label())
        }
        _ => "None fail.".to_owned(),
    });
    let all: Vec<String> = broken(figures)
        .iter()
        .map(|broken| {
            let place: Vec<String> = broken.place.iter().map(|id| shown.label(id)).collect();
            format!("{} ({})", place.join(" to "), broken.what)
        })
        .collect();
    if !all.is_empty() {
        parts.push(format!("Broken: {}.", all.join(", ")));
    }
    if let Some(warning) = bottleneck(figures) {
        parts.push(format!("The bottleneck is {}.", shown.label(&warning.node)));
    }
    parts.join(" ")
}

fn nodes(figures: &Figures, shown: &Shown, on_intent: &Callback<Intent>) -> Html {
    html! {
        <table class="bench-table" data-testid="twin-nodes">
            <thead><tr><th scope="col">{ "Node" }</th><th scope="col">{ "Answers" }</th><th scope="col">{ "Used" }</th><th scope="col">{ "Waiting" }</th><th scope="col">{ "Errors" }</th></tr></thead>
            <tbody>
                { for figures.nodes.iter().map(|node| row(node, figures, shown, on_intent)) }
            </tbody>
        </table>
    }
}

fn row(node: &NodeFigures, figures: &Figures, shown: &Shown, on_intent: &Callback<Intent>) -> Html {
    let id: Rc<str> = node.id.as_str().into();
    let is_users = shown.document.is_a(&id, Kind::Users);
    let state = State::of(node, shown.is_watched(&id));
    let onclick = on_intent.reform(move |_: MouseEvent| Intent::Select(id.clone()));
    let state = match (state, node.role) {
        (State::Up, Some(role)) => role.name(),
        (state, _) => state.label(),
    };
    let errors =
        if node.errors_per_s > 0.0 { format!("{}/s", format::quantity(node.errors_per_s)) } else { "0".to_owned() };
    html! {
        <tr key={node.id.clone()}>
            <th scope="row"><button {onclick}>{ shown.label(&node.id) }</button><small>{ state }</small></th>
            <td>{ format!("{}/s", format::quantity(if is_users { figures.goodput_per_s } else { node.completions_per_s })) }</td>
            <td>{ format::percent(node.utilisation.min(1.0)) }</td>
            <td>{ format::count(node.queue) }</td>
            <td class={classes!((node.errors_per_s > 0.0).then_some("is-bad"))}>{ errors }</td>
        </tr>
    }
}

fn links(figures: &Figures, shown: &Shown) -> Html {
    let state = |link: &LinkFigures| {
        let lane = |lane: &LaneFigures| match (lane.is_cut, lane.is_impaired) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => 0,
        };
        match lane(&link.forward).max(lane(&link.backward)) {
            0 => Load::of(link, 0.0).word().unwrap_or("well"),
            1 => "impaired",
            _ => "cut",
        }
    };
    html! {
        <table class="bench-table" data-testid="twin-links">
            <thead><tr><th scope="col">{ "Link" }</th><th scope="col">{ "There" }</th><th scope="col">{ "Back" }</th><th scope="col">{ "State" }</th></tr></thead>
            <tbody>
                { for figures.links.iter().map(|link| html! {
                    <tr key={link.index}>
                        <th scope="row">{ format!("{} → {}", shown.label(&link.from), shown.label(&link.to)) }</th>
                        <td>{ format!("{}/s", format::bytes(link.forward.bytes_per_s as u64)) }</td>
                        <td>{ format!("{}/s", format::bytes(link.backward.bytes_per_s as u64)) }</td>
                        <td>{ state(link) }</td>
                    </tr>
                }) }
            </tbody>
        </table>
    }
}
