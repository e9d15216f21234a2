//! Data: one record on every store that has it, what each database has, what was lost, and how a cluster recovers.

use std::rc::Rc;

use yew::prelude::*;

use scalescope::base::Kind;
use scalescope::observe::{
    ClusterFigures, Figures, KeyFigures, KeyVersion, LostWrite, NodeFigures, QuorumFigures, StaleRead,
};

use crate::app::Shown;
use crate::format;
use crate::icons::icon;
use crate::input::{Intent, intent_callback};
use crate::panels::bench::Wish;
use crate::panels::entry::Entry;

/// Rows of each list that are shown.
const ROWS: usize = 12;
/// What the table of stale reads is called.
const STALE: &str = "Latest stale reads";

pub struct Props {
    pub shown: Rc<Shown>,
    pub figures: Rc<Figures>,
    /// The record that is watched, and what the engine has told of it.
    pub key: u32,
    pub watched: Option<Rc<KeyFigures>>,
    pub on_intent: Callback<Intent>,
}

pub fn data(props: &Props) -> Html {
    let Props { shown, figures, watched, on_intent, .. } = props;
    let stores: Vec<&NodeFigures> = figures.nodes.iter().filter(|node| node.log_position.is_some()).collect();
    let has_store = !stores.is_empty() || watched.as_ref().is_some_and(|watched| !watched.stores.is_empty());
    html! {
        <aside class="bench data" aria-label="Data" data-testid="data">
            { super::bench_head("data", "Data", on_intent) }
            <div class="bench-body">
                if has_store {
                    { record(props) }
                } else {
                    <section><p class="bench-empty">{ "Nothing in this design keeps data. A database, a cache or an object store does: they are in the palette." }</p></section>
                }
                if !stores.is_empty() {
                    <section>
                        <h3>{ "Databases" }</h3>
                        { databases(&stores, shown, on_intent) }
                    </section>
                }
                if !figures.clusters.is_empty() {
                    <section>
                        <h3>{ "Clusters" }</h3>
                        { clusters(&figures.clusters, shown) }
                    </section>
                }
                { for figures.clusters.iter().filter(|cluster| has_story(cluster)).map(|cluster| view(cluster, shown, on_intent)) }
                { for figures.quorums.iter().map(|quorum| leaderless(quorum, shown, on_intent)) }
                { for figures.nodes.iter().filter_map(|node| lost_by_shards(node, shown, on_intent)) }
                if !figures.stale.is_empty() {
                    <section data-testid="stale-copies">
                        <h3>{ STALE }</h3>
                        <p class="fine">{ "Of caches, and of servers that keep records themselves." }</p>
                        { stale(&figures.stale, shown, on_intent) }
                    </section>
                }
            </div>
        </aside>
    }
}

/// One record, live, on every store that has it.
fn record(props: &Props) -> Html {
    let Props { shown, key, watched, on_intent, .. } = props;
    let on_text = intent_callback(on_intent, |text: String| {
        Some(Intent::Bench(Wish::WatchKey(text.trim().replace([',', ' '], "").parse().ok()?)))
    });
    let watched = watched.as_ref().filter(|watched| watched.key == *key);
    let current = watched.map_or(0, |watched| watched.current);
    let word = if current == 0 { "never written".to_owned() } else { format!("current: v{}", format::count(current)) };
    let has_values = watched.is_some_and(|watched| watched.stores.iter().any(|store| store.value.is_some()));
    html! {
        <section class="record">
            <div class="bench-line">
                <h3>{ "One record, everywhere" }</h3>
                <span class="record-key">
                    { "key" }
                    <Entry value={key.to_string()} label="Key of the record" test="watch-key" is_number=true {on_text} />
                </span>
            </div>
            <p class="fine" data-testid="watch-current" data-value={current.to_string()}>{ word }</p>
            if let Some(watched) = watched {
                <table class="bench-table" data-testid="watched">
                    <thead><tr>
                        <th scope="col">{ "Store" }</th><th scope="col">{ "Version" }</th>
                        if has_values { <th scope="col">{ "Value" }</th> }
                        <th scope="col">{ "State" }</th>
                    </tr></thead>
                    <tbody>{ for watched.stores.iter().map(|store| holding(store, watched.current, has_values, shown)) }</tbody>
                </table>
            }
        </section>
    }
}

fn holding(store: &KeyVersion, current: u64, has_values: bool, shown: &Shown) -> Html {
    let version = store.version.map_or_else(|| "–".to_owned(), |version| format!("v{}", format::count(version)));
    let (state, class) = match (store.version, store.is_stale) {
        (_, true) => ("stale", "is-bad"),
        (None, _) if !store.is_owner => ("not here", "is-none"),
        (None, _) if current > 0 => ("not yet here", "is-bad"),
        (None, _) => ("as it began", ""),
        (Some(_), _) => ("current", "is-good"),
    };
    // Whoever only borrows records is no database.
    let is_lender = shown.document.is_a(&store.node, Kind::Cache);
    let kind = match (store.is_owner, is_lender) {
        (true, _) => "keeps it",
        (false, true) => "keeps copies",
        (false, false) => "is not its home",
    };
    html! {
        <tr key={store.node.clone()} {class} data-testid={format!("watched-{}", store.node)}>
            <th scope="row">{ shown.label(&store.node) }<small>{ kind }</small></th>
            <td>{ version }
                if let Some(received) = store.received { <small>{ format!("v{} received", format::count(received)) }</small> }
            </td>
            if has_values { <td>{ store.value.map_or_else(|| "–".to_owned(), |value| format::count(value.into())) }</td> }
            <td><b class="record-state">{ state }</b></td>
        </tr>
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

fn name(cluster: &ClusterFigures, shown: &Shown) -> String {
    cluster.primary.as_ref().map_or_else(|| "no primary".to_owned(), |id| shown.label(id))
}

/// What there is to count of each cluster, in a row.
fn clusters(all: &[ClusterFigures], shown: &Shown) -> Html {
    let bad =
        |count: u64| html! { <td class={classes!((count > 0).then_some("is-bad"))}>{ format::count(count) }</td> };
    html! {
        <table class="bench-table" data-testid="clusters">
            <thead><tr>
                <th scope="col">{ "Primary" }</th><th scope="col">{ "Writes" }</th><th scope="col">{ "Promoted" }</th>
                <th scope="col">{ "Lost" }</th><th scope="col">{ "In doubt" }</th>
            </tr></thead>
            <tbody>
                { for all.iter().map(|cluster| html! {
                    <tr data-testid="cluster">
                        <th scope="row">{ name(cluster, shown) }</th>
                        <td>{ format::count(cluster.acknowledged) }</td>
                        <td>{ format::count(cluster.promotions) }</td>
                        { bad(cluster.lost_count) }
                        { bad(cluster.in_doubt_count) }
                    </tr>
                }) }
            </tbody>
        </table>
    }
}

/// Whether there is more to tell of a cluster than counts.
fn has_story(cluster: &ClusterFigures) -> bool {
    let losses = cluster.lost_count + cluster.in_doubt_count + cluster.diverged_count + cluster.split_brains;
    losses > 0 || !cluster.steps.is_empty() || !cluster.stale.is_empty()
}

fn view(cluster: &ClusterFigures, shown: &Shown, on_intent: &Callback<Intent>) -> Html {
    let list = |count: u64, writes: &[LostWrite], title: &str, why: &str| lost(count, writes, title, why, on_intent);
    html! {
        <section class="cluster">
            <h3>{ format!("Cluster of {}", name(cluster, shown)) }</h3>
            if cluster.split_brains > 0 {
                <p class="record-state is-bad">{ icon("alert") }{ format!("{} split brains: two took writes at once.", format::count(cluster.split_brains)) }</p>
            }
            { list(cluster.lost_count, &cluster.lost, "Lost writes", "Acknowledged, and on no database any more.") }
            { list(cluster.diverged_count, &cluster.diverged, "Diverged writes", "Acknowledged by a second primary; they belong to no common history.") }
            { list(cluster.in_doubt_count, &cluster.in_doubt, "Writes in doubt", &doubt(cluster)) }
            if !cluster.steps.is_empty() {
                <h4>{ "Recovery, step by step" }</h4>
                <ol class="steps" data-testid="steps">
                    { for cluster.steps.iter().rev().take(ROWS).map(|step| html! {
                        <li><time>{ format::clock(step.at_ns as f64 / 1e9) }</time><b>{ shown.label(&step.node) }</b><span>{ step.kind.label() }</span></li>
                    }) }
                </ol>
            }
            if !cluster.stale.is_empty() {
                <h4>{ STALE }</h4>
                { stale(&cluster.stale, shown, on_intent) }
            }
        </section>
    }
}

/// The latest stale reads, each with its record, its store, and how long what it missed had been there.
fn stale(reads: &[StaleRead], shown: &Shown, on_intent: &Callback<Intent>) -> Html {
    html! {
        <table class="bench-table" data-testid="stale-reads">
            <thead><tr>
                <th scope="col">{ "Key" }</th><th scope="col">{ "At" }</th><th scope="col">{ "Got" }</th><th scope="col">{ "Current" }</th>
                <th scope="col">{ "Behind" }</th>
            </tr></thead>
            <tbody>
                { for reads.iter().rev().take(ROWS).map(|read| html! {
                    <tr title={format!("User {} at {}", format::count(read.user.into()), format::clock(read.at_ns as f64 / 1e9))}>
                        <td>{ key_button(read.key, on_intent) }</td><td>{ shown.label(&read.node) }</td>
                        <td>{ format!("v{}", read.version) }</td><td>{ format!("v{}", read.current) }</td>
                        <td>{ format::duration(read.lag_ns as f64 / 1e9) }</td>
                    </tr>
                }) }
            </tbody>
        </table>
    }
}

fn doubt(cluster: &ClusterFigures) -> String {
    let (stand, missed) = (format::count(cluster.survived), format::count(cluster.visible_lost));
    let text = format!("Their primary died before it could acknowledge them: {stand} of them stand.");
    if cluster.visible_lost == 0 { text } else { format!("{text} {missed} do not, although somebody had read them.") }
}

/// A leaderless store, as far as there is something to tell.
fn leaderless(quorum: &QuorumFigures, shown: &Shown, on_intent: &Callback<Intent>) -> Html {
    let names: Vec<String> = quorum.nodes.iter().map(|id| shown.label(id)).collect();
    html! {
        <section data-testid="leaderless">
            <h3>{ "Leaderless store" }</h3>
            <p class="fine">{ names.join(", ") }</p>
            <p class="fine">{ format!("{} writes acknowledged", format::count(quorum.acknowledged)) }</p>
            if quorum.is_changing { <p class="fine">{ "Copies are being moved: members have come or gone." }</p> }
            { lost(quorum.lost_count, &quorum.lost, "Lost writes", "Acknowledged, and gone with members that were taken out.", on_intent) }
            { lost(quorum.in_doubt_count, &quorum.in_doubt, "Writes in doubt", "They failed although some copy may have them: they may survive.", on_intent) }
            if !quorum.stale.is_empty() {
                <h4>{ STALE }</h4>
                { stale(&quorum.stale, shown, on_intent) }
            }
        </section>
    }
}

fn lost_by_shards(node: &NodeFigures, shown: &Shown, on_intent: &Callback<Intent>) -> Option<Html> {
    let sharding = node.sharding.as_ref().filter(|sharding| sharding.lost_count > 0)?;
    let why = "Acknowledged, and gone with shards that were taken out of the design.";
    Some(html! {
        <section>
            <h3>{ shown.label(&node.id) }</h3>
            { lost(sharding.lost_count, &sharding.lost, "Lost writes", why, on_intent) }
        </section>
    })
}

/// The number of a record; a press watches it.
fn key_button(key: u32, on_intent: &Callback<Intent>) -> Html {
    let onclick = on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::WatchKey(key)));
    html! { <button {onclick} title="Watch this record">{ format::count(key.into()) }</button> }
}

/// Writes by key, version, client and time; nothing, if there are none.
pub fn lost(count: u64, writes: &[LostWrite], title: &str, why: &str, on_intent: &Callback<Intent>) -> Html {
    if count == 0 {
        return Html::default();
    }
    let number = |number: Option<u64>| number.map_or_else(|| "–".to_owned(), format::count);
    html! {
        <div class="lost-writes" data-testid="lost" data-value={count.to_string()}>
            <h4 class="is-bad">{ icon("alert") }{ format!("{title}: {}", format::count(count)) }</h4>
            <p class="fine">{ why.to_owned() }</p>
            <table class="bench-table">
                <thead><tr><th scope="col">{ "Key" }</th><th scope="col">{ "Version" }</th><th scope="col">{ "Client" }</th><th scope="col">{ "Committed" }</th></tr></thead>
                <tbody>
                    { for writes.iter().take(ROWS).map(|write| html! {
                        <tr>
                            <td>{ key_button(write.key, on_intent) }</td>
                            <td title={write.position.map(|position| format!("at position {} of the log", format::count(position)))}>{ number(write.version) }</td>
                            <td>{ number(write.user.map(u64::from)) }</td>
                            <td>{ write.at_ns.map_or_else(|| "–".to_owned(), |at| format::clock(at as f64 / 1e9)) }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
            if count > ROWS as u64 { <p class="fine">{ format!("… and {} more", format::count(count - ROWS as u64)) }</p> }
        </div>
    }
}
