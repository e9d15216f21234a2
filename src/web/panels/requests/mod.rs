//! Requests: those that have ended of late, and one of them hop by hop.

mod list;
mod waterfall;

use std::rc::Rc;

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use scalescope::insight::{Spent, story};
use scalescope::model::Fault;
use scalescope::observe::trace::{Ended, Trace};
use scalescope::observe::{Operation, Reason};

use crate::app::Shown;
use crate::format;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::bench::Wish;
use crate::protocol::Filter;
use list::List;
use waterfall::waterfall;

pub struct Props {
    pub shown: Rc<Shown>,
    pub filter: Filter,
    pub ended: Rc<Vec<Ended>>,
    /// The request that is looked at.
    pub serial: Option<u32>,
    pub trace: Option<Rc<Trace>>,
    pub is_following: bool,
    pub on_intent: Callback<Intent>,
}

pub fn requests(props: &Props) -> Html {
    let Props { shown, filter, ended, serial, trace, on_intent, .. } = props;
    html! {
        <aside class="bench requests" aria-label="Requests" data-testid="requests">
            { super::bench_head("requests", "Requests", on_intent) }
            if let Some(serial) = serial {
                <div class="bench-body">
                    <button class="quiet small" onclick={on_intent.reform(|_: MouseEvent| Intent::Bench(Wish::Trace(None)))} data-testid="all-requests">
                        { icon("default") }{ "All requests" }
                    </button>
                    if let Some(trace) = trace.as_ref().filter(|trace| trace.serial == *serial) {
                        { detail(trace, shown, props) }
                    } else {
                        <p class="bench-empty">{ "Nothing is known of this request any more: only the latest are kept." }</p>
                    }
                </div>
            } else {
                <div class="bench-body">
                    { filters(filter, shown, on_intent) }
                    <List ended={ended.clone()} shown={shown.clone()} on_intent={on_intent.clone()} />
                </div>
            }
        </aside>
    }
}

fn filters(filter: &Filter, shown: &Shown, on_intent: &Callback<Intent>) -> Html {
    let choose = |filter: Filter| on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Filter(filter.clone())));
    let outcomes = [("All", None), ("Answered", Some(false)), ("Failed", Some(true))];
    let orders = [("Latest", false), ("Slowest", true)];
    let changed = |set: fn(&mut Filter, String)| {
        let filter = filter.clone();
        on_intent.reform(move |event: Event| {
            let mut filter = filter.clone();
            set(&mut filter, event.target_unchecked_into::<HtmlSelectElement>().value());
            Intent::Bench(Wish::Filter(filter))
        })
    };
    let option = |value: &str, text: &str, is_chosen: bool| html! { <option value={value.to_owned()} selected={is_chosen}>{ text.to_owned() }</option> };
    html! {
        <div class="filters">
            <div class="segments" role="group" aria-label="Outcome">
                { for outcomes.into_iter().map(|(label, is_failed)| {
                    let reason = filter.reason.filter(|_| is_failed == Some(true));
                    html! {
                        <button aria-pressed={(filter.is_failed == is_failed).to_string()} data-testid={format!("outcome-{}", label.to_lowercase())}
                            onclick={choose(Filter { is_failed, reason, ..filter.clone() })}>{ label }</button>
                    }
                }) }
            </div>
            <div class="segments" role="group" aria-label="Order">
                { for orders.into_iter().map(|(label, is_by_latency)| html! {
                    <button aria-pressed={(filter.is_by_latency == is_by_latency).to_string()} data-testid={format!("order-{}", label.to_lowercase())}
                        onclick={choose(Filter { is_by_latency, ..filter.clone() })}>{ label }</button>
                }) }
            </div>
            <select aria-label="Operation" data-testid="filter-operation" onchange={changed(|filter, name| {
                filter.operation = Operation::ALL.into_iter().find(|operation| operation.name() == name);
            })}>
                { option("", "Every operation", filter.operation.is_none()) }
                { for Operation::ALL.into_iter().map(|own| option(own.name(), &format::name(own.name()), filter.operation == Some(own))) }
            </select>
            <select aria-label="Reason" data-testid="filter-reason" onchange={changed(|filter, name| {
                filter.reason = Reason::ALL.into_iter().find(|reason| reason.name() == name);
            })}>
                { option("", "Every reason", filter.reason.is_none()) }
                { for Reason::ALL.into_iter().map(|own| option(own.name(), own.label(), filter.reason == Some(own))) }
            </select>
            <select aria-label="Passed through" data-testid="filter-through" onchange={changed(|filter, id| filter.through = id)}>
                { option("", "Through any node", filter.through.is_empty()) }
                { for shown.document.nodes.iter().map(|node| option(&node.id, &format!("Through {}", node.label()), filter.through == node.id)) }
            </select>
            <select aria-label="Failed at" data-testid="filter-place" onchange={changed(|filter, id| filter.place = id)}>
                { option("", "Failed anywhere", filter.place.is_empty()) }
                { for shown.document.nodes.iter().map(|node| option(&node.id, &format!("Failed at {}", node.label()), filter.place == node.id)) }
            </select>
        </div>
    }
}

/// One request: its story, its hops, and what can be done with it.
fn detail(trace: &Trace, shown: &Shown, props: &Props) -> Html {
    let Props { is_following, on_intent, .. } = props;
    let is_over = trace.ended_ns.is_some();
    let class = classes!("story", trace.failure.is_some().then_some("is-bad"));
    let told = story(trace, |id| shown.label(id), format::duration);
    let lose = {
        let request = trace.serial;
        on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Break(Fault::Drop { request })))
    };
    let follow = {
        let wanted = !is_following;
        on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Follow(wanted)))
    };
    html! {
        <section class="request" data-testid="request" data-value={trace.serial.to_string()} data-state={if is_over { "over" } else { "open" }}>
            <h3>{ title(trace) }</h3>
            <p class="fine">{ format!("Request {} of user {}, begun at {}", format::count(trace.serial.into()), format::count(trace.user.into()), format::clock(trace.began_ns as f64 / 1e9)) }</p>
            <p {class} data-testid="story">{ told }</p>
            { spent(&Spent::of(trace)) }
            { waterfall(trace, shown) }
            if !is_over {
                <div class="bench-line">
                    <button class="quiet small" onclick={follow} aria-pressed={is_following.to_string()} data-testid="follow">
                        { icon("target") }{ if *is_following { "Following" } else { "Follow it" } }
                    </button>
                    <button class="danger small" onclick={lose} data-testid="lose">{ icon("crash") }{ "Lose its packet" }</button>
                </div>
            }
        </section>
    }
}

/// `Read of key 42`.
fn title(trace: &Trace) -> String {
    let name = match trace.operation.name() {
        "static" => "Asset".to_owned(),
        other => format::name(other),
    };
    format!("{name} · key {}", format::count(trace.key.into()))
}

/// Where the time went, as a bar of shares.
fn spent(spent: &Spent) -> Html {
    let parts = [("network", spent.network), ("queue", spent.queued), ("service", spent.served), ("held", spent.held)];
    let all: u64 = parts.iter().map(|(_, time)| time).sum();
    html! {
        <dl class="spent">
            { for parts.into_iter().map(|(name, time)| {
                let share = if all > 0 { time as f64 / all as f64 } else { 0.0 };
                html! {
                    <div class={format!("part-{name}")}>
                        <dt><svg class="swatch" viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" /></svg>{ format::name(name) }</dt>
                        <dd>
                            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width={format!("{:.1}", share * 100.0)} height="10" /></svg>
                            <b>{ format::duration(time as f64 / 1e9) }</b><small>{ format::percent(share) }</small>
                        </dd>
                    </div>
                }
            }) }
        </dl>
    }
}
