//! The inspector: one node, its figures, what can be done to it, and its parameters.

mod facts;
mod field;
mod value;

use std::rc::Rc;

use yew::prelude::*;

use scalescope::base::Kind;
use scalescope::model::Node;
use scalescope::model::presets::Preset;
use scalescope::model::spec::Group;
use scalescope::observe::{ClusterFigures, Figures, NodeFigures};

use crate::app::Shown;
use crate::format;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::bench::Wish;
use crate::panels::charts::Pin;
use crate::panels::data::lost;
use crate::panels::faults::Target;
use crate::panels::knobs::Knob;
use crate::stage::{State, blank, region};
use facts::facts;
use field::Field;

#[derive(Properties)]
pub struct Props {
    pub id: Rc<str>,
    pub shown: Rc<Shown>,
    pub figures: Rc<Figures>,
    pub pins: Vec<Pin>,
    pub knobs: Vec<Knob>,
    pub on_intent: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
            && Rc::ptr_eq(&self.shown, &other.shown)
            && Rc::ptr_eq(&self.figures, &other.figures)
            && (&self.pins, &self.knobs) == (&other.pins, &other.knobs)
    }
}

#[component]
pub fn Inspector(props: &Props) -> Html {
    let Props { id, shown, figures, pins, knobs, on_intent } = props;
    let Some(node) = shown.document.node(id) else { return Html::default() };
    let own = figures.nodes.iter().find(|figures| figures.id == **id).cloned().unwrap_or_else(blank);
    let state = State::of(&own, shown.is_watched(id));
    let cluster = figures.clusters.iter().find(|cluster| holds(cluster, shown, id));
    html! {
        <aside class={classes!("inspector", format!("is-{}", state.name()))} aria-label={format!("{}: details", node.label())} data-testid="inspector" data-value={id.clone()}>
            <header>
                { icon(node.kind.name()) }
                <div>
                    <h2>{ node.label() }</h2>
                    <p class="state" data-testid="state" data-state={state.name()}>{ state.label() }</p>
                </div>
                <button class="tool" onclick={on_intent.reform(|_: MouseEvent| Intent::Unselect)} aria-label="Close" title="Close (Esc)" data-testid="close">
                    { icon("close") }
                </button>
            </header>
            { actions(id, node, &own, on_intent) }
            <div class="inspector-body">
                <p class="about">{ node.kind.help() }</p>
                <h3>{ "Now" }</h3>
                { facts(&own, node.kind(), pins, on_intent) }
                if let Some(cluster) = cluster {
                    { lost(cluster.lost_count, &cluster.lost, "Lost writes", "Acknowledged by the old primary, never received by the new one.", on_intent) }
                }
                { facts::shards(&own, shown) }
                { presets(id, node, on_intent) }
                if node.kind() == Kind::Database {
                    <button class="quiet small" onclick={on_intent.reform(|_: MouseEvent| Intent::Compare(true))} data-testid="compare">
                        { icon("data") }{ "Compare the five kinds" }
                    </button>
                }
                <h3>{ "Parameters" }</h3>
                <Parameters id={id.clone()} shown={shown.clone()} knobs={knobs.clone()} on_intent={on_intent.clone()} />
            </div>
        </aside>
    }
}

/// Crash or restart, one more, remove.
fn actions(id: &Rc<str>, node: &Node, figures: &NodeFigures, on_intent: &Callback<Intent>) -> Html {
    let act = |intent: fn(Rc<str>) -> Intent| {
        let id = id.clone();
        on_intent.reform(move |_: MouseEvent| intent(id.clone()))
    };
    let is_users = node.kind() == Kind::Users;
    html! {
        <div class="actions">
            if !is_users {
                if figures.is_up {
                    <button class="danger" onclick={act(Intent::Crash)} title="Crash (C)" data-testid="crash">{ icon("crash") }{ "Crash" }</button>
                    <button class="danger" onclick={act(|id| Intent::Bench(Wish::Menu { target: Target::Node(id), at: None }))}
                        title="Break it (B)" aria-haspopup="dialog" data-testid="break">{ "Break" }</button>
                } else {
                    <button class="primary" onclick={act(Intent::Restart)} title="Restart (R)" data-testid="restart">{ icon("restart") }{ "Restart" }</button>
                }
            }
            <button class="quiet" onclick={act(Intent::AddLike)} title="Add one more (A)" data-testid="add">{ icon("plus") }{ one_more(node.kind()) }</button>
            <button class="quiet" onclick={act(Intent::Remove)} aria-label="Remove" title="Remove (Delete)" data-testid="remove">{ icon("trash") }</button>
        </div>
    }
}

/// Parameters of real systems, each with its source.
fn presets(id: &Rc<str>, node: &Node, on_intent: &Callback<Intent>) -> Html {
    let presets: Vec<_> = Preset::of_kind(node.kind()).collect();
    if presets.is_empty() {
        return Html::default();
    }
    html! {
        <details class="param-group presets" data-testid="presets">
            <summary><span>{ "As in the world" }</span></summary>
            <ul>
                { for presets.into_iter().map(|preset| {
                    let id = id.clone();
                    let onclick = on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Edit(preset.edits(&id))));
                    html! { <li><button class="quiet small" {onclick}>{ preset.name }</button><p class="param-help">{ preset.source }</p></li> }
                }) }
            </ul>
        </details>
    }
}

const fn one_more(kind: Kind) -> &'static str {
    match kind {
        Kind::Database => "Add a replica",
        _ => "One more",
    }
}

/// Whether `id` belongs to the cluster: it is its primary, or linked to it, or was before a failover.
fn holds(cluster: &ClusterFigures, shown: &Shown, id: &str) -> bool {
    let is_database = shown.document.is_a(id, Kind::Database);
    let is_linked = |other: &str| {
        let links = &shown.document.links;
        links.iter().any(|link| (link.from == id && link.to == other) || (link.to == id && link.from == other))
    };
    is_database && cluster.primary.as_deref().is_none_or(|primary| primary == id || is_linked(primary))
}

#[derive(Properties)]
struct ParametersProps {
    id: Rc<str>,
    shown: Rc<Shown>,
    knobs: Vec<Knob>,
    on_intent: Callback<Intent>,
}

/// Parameters change only with the design, not with the figures.
impl PartialEq for ParametersProps {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && Rc::ptr_eq(&self.shown, &other.shown) && self.knobs == other.knobs
    }
}

#[component]
fn Parameters(props: &ParametersProps) -> Html {
    let Some(node) = props.shown.document.node(&props.id) else { return Html::default() };
    let values = node.kind.params();
    let specs = node.kind.specs();
    let fields = |group: Option<Group>| -> Html {
        let own = specs.iter().filter(|spec| spec.group == group);
        own.map(|spec| {
            let value = spec.value_in(&values).cloned().unwrap_or_default();
            let is_pinned = props.knobs.iter().any(|knob| knob.node == props.id && knob.path == spec.path());
            html! {
                <Field key={spec.path()} node={props.id.clone()} spec={spec.clone()} {value} {is_pinned} shown={props.shown.clone()} on_intent={props.on_intent.clone()} />
            }
        })
        .collect()
    };
    let mut groups: Vec<Group> = specs.iter().filter_map(|spec| spec.group).collect();
    groups.dedup();
    html! {
        <div class="parameters">
            <div class="param">
                <div class="param-row">
                    <span class="param-name">{ "Region" }</span>
                    { region(&props.shown.document, std::slice::from_ref(&props.id), "part", &props.on_intent) }
                </div>
                <p class="param-help">{ "Where in the world it is. Links without a latency of their own have it from the regions of their ends." }</p>
            </div>
            { fields(None) }
            { for groups.into_iter().map(|group| {
                let own = specs.iter().filter(|spec| spec.group == Some(group));
                let changed = own.filter(|spec| spec.value_in(&values) != Some(&spec.default)).count();
                html! {
                    <details key={group.name} class="param-group" data-testid={format!("group-{}", group.name)}>
                        <summary>
                            <span>{ format::name(group.name) }</span>
                            if changed > 0 { <span class="count">{ format!("{changed} changed") }</span> }
                        </summary>
                        <p class="param-help">{ group.help }</p>
                        { fields(Some(group)) }
                    </details>
                }
            }) }
        </div>
    }
}
