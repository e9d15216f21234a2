//! Data: what each database has, what was lost, and how a cluster recovers.

use std::rc::Rc;

use yew::prelude::*;

use scalescope::observe::{ClusterFigures, Figures, LostWrite, NodeFigures};

use crate::app::Shown;
use crate::format;
use crate::icons::icon;
use crate::input::Intent;

/// Rows of each list that are shown.
const ROWS: usize = 12;

pub struct Props {
    pub shown: Rc<Shown>,
    pub figures: Rc<Figures>,
    pub on_intent: Callback<Intent>,
}

pub fn data(props: &Props) -> Html {
    let Props { shown, figures, on_intent } = props;
    let stores: Vec<&NodeFigures> = figures.nodes.iter().filter(|node| node.log_position.is_some()).collect();
    html! {
        <aside class="bench data" aria-label="Data" data-testid="data">
            { super::bench_head("data", "Data", on_intent) }
            <div class="bench-body">
                <section>
                    <h3>{ "Databases" }</h3>
                    if stores.is_empty() {
                        <p class="bench-empty">{ "This design has no database of its own." }</p>
                    } else {
                        { databases(&stores, shown, on_intent) }
                    }
                </section>
                { for figures.clusters.iter().map(|cluster| view(cluster, shown)) }
            </div>
        </aside>
    }
}

fn databases(stores: &[&NodeFigures], shown: &Shown, on_intent: &Callback<Intent>) -> Html {
    html! {
        <table class="bench-table" data-testid="databases">
            <thead><tr><th scope="col">{ "Node" }</th><th scope="col">{ "Received" }</th><th scope="col">{ "Applied" }</th><th scope="col">{ "Lag" }</th></tr></thead>
            <tbody>
                { for stores.iter().map(|store| {
                    let id: Rc<str> = store.id.as_str().into();
                    let onclick = on_intent.reform(move |_: MouseEvent| Intent::Select(id.clone()));
                    let end = store.log_position.unwrap_or_default();
                    let (received, applied) = store.replication.as_ref().map_or((end, end - store.backlog.unwrap_or_default().min(end)), |own| (own.received, own.applied));
                    let role = store.role.map_or("", |role| role.name());
                    let state = if store.is_up { role } else { "down" };
                    html! {
                        <tr key={store.id.clone()} data-testid={format!("data-{}", store.id)} class={classes!((!store.is_up).then_some("is-bad"))}>
                            <th scope="row"><button {onclick}>{ shown.label(&store.id) }</button><small>{ state }</small></th>
                            <td>{ format::count(received) }</td>
                            <td>{ format::count(applied) }
                                if received > applied { <small>{ format!("−{}", format::count(received - applied)) }</small> }
                            </td>
                            <td>{ store.lag_s.map_or_else(|| "–".to_owned(), format::duration) }</td>
                        </tr>
                    }
                }) }
            </tbody>
        </table>
    }
}

fn view(cluster: &ClusterFigures, shown: &Shown) -> Html {
    let primary = cluster.primary.as_ref().map_or_else(|| "no primary".to_owned(), |id| shown.label(id));
    let facts = [
        ("Writes acknowledged", cluster.acknowledged),
        ("Promotions", cluster.promotions),
        ("In doubt", cluster.in_doubt_count),
        ("Split brains", cluster.split_brains),
    ];
    html! {
        <section class="cluster" data-testid="cluster">
            <h3>{ format!("Cluster of {primary}") }</h3>
            <dl class="facts">
                { for facts.into_iter().filter(|(name, count)| *count > 0 || *name == "Writes acknowledged").map(|(name, count)| html! {
                    <div><dt>{ name }</dt><dd>{ format::count(count) }</dd></div>
                }) }
            </dl>
            if cluster.lost_count > 0 { { lost(cluster.lost_count, &cluster.lost, "Lost writes", "Acknowledged, and on no database any more.") } }
            if cluster.diverged_count > 0 { { lost(cluster.diverged_count, &cluster.diverged, "Diverged writes", "Acknowledged by a second primary; they belong to no common history.") } }
            if !cluster.steps.is_empty() {
                <h4>{ "Recovery, step by step" }</h4>
                <ol class="steps" data-testid="steps">
                    { for cluster.steps.iter().rev().take(ROWS).map(|step| html! {
                        <li><time>{ format::clock(step.at_ns as f64 / 1e9) }</time><b>{ shown.label(&step.node) }</b><span>{ step.kind.name().replace('_', " ") }</span></li>
                    }) }
                </ol>
            }
            if !cluster.stale.is_empty() {
                <h4>{ "Latest stale reads" }</h4>
                <table class="bench-table">
                    <thead><tr><th scope="col">{ "Key" }</th><th scope="col">{ "At" }</th><th scope="col">{ "Got" }</th><th scope="col">{ "Current" }</th></tr></thead>
                    <tbody>
                        { for cluster.stale.iter().rev().take(ROWS).map(|read| html! {
                            <tr><td>{ read.key }</td><td>{ shown.label(&read.node) }</td><td>{ format!("v{}", read.version) }</td><td>{ format!("v{}", read.current) }</td></tr>
                        }) }
                    </tbody>
                </table>
            }
        </section>
    }
}

fn lost(count: u64, writes: &[LostWrite], title: &str, why: &str) -> Html {
    html! {
        <>
            <h4 class="is-bad">{ icon("alert") }{ format!("{title}: {}", format::count(count)) }</h4>
            <p class="fine">{ why.to_owned() }</p>
            <table class="bench-table">
                <thead><tr><th scope="col">{ "Key" }</th><th scope="col">{ "Position" }</th><th scope="col">{ "Committed" }</th></tr></thead>
                <tbody>
                    { for writes.iter().take(ROWS).map(|write| html! {
                        <tr>
                            <td>{ write.key }</td>
                            <td>{ write.position.map_or_else(|| "–".to_owned(), format::count) }</td>
                            <td>{ write.at_ns.map_or_else(|| "–".to_owned(), |at| format::clock(at as f64 / 1e9)) }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
        </>
    }
}
