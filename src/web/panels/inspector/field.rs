//! One parameter: a field that is checked as it is written, with its unit, its help, its default, and what is wrong beside it.
//!
//! What is written is checked at every letter and takes effect when the field is left or Enter is pressed; Escape takes it back.

use std::rc::Rc;

use serde_json::Value;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement, InputEvent, KeyboardEvent};
use yew::prelude::*;

use scalescope::base::Kind;
use scalescope::base::words::capitalised;
use scalescope::model::spec::{ParamSpec, ParamType, range_in_words};
use scalescope::model::{Document, Edit, Node};

use super::value::{text_of, value_of};
use crate::app::Shown;
use crate::format;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::bench::Wish;
use crate::panels::knobs::{Knob, Turn};

#[derive(Properties)]
pub struct Props {
    pub node: Rc<str>,
    pub spec: ParamSpec,
    pub value: Value,
    pub shown: Rc<Shown>,
    /// Whether it has a slider on the page.
    pub is_pinned: bool,
    pub on_intent: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        // The rest of the design matters only for checks, which read the newest.
        self.node == other.node
            && (self.spec.name, self.spec.group) == (other.spec.name, other.spec.group)
            && self.value == other.value
            && self.is_pinned == other.is_pinned
            && Rc::ptr_eq(&self.shown, &other.shown)
    }
}

#[component]
pub fn Field(props: &Props) -> Html {
    let Props { node, spec, value, shown, is_pinned, on_intent } = props;
    let draft = use_state(|| None::<Draft>);
    let set = {
        let (node, path, shown) = (node.clone(), spec.path(), shown.clone());
        let (on_intent, draft) = (on_intent.clone(), draft.clone());
        Callback::from(move |entry: Entry| {
            match entry.value.and_then(|value| checked(&shown.document, &node, &path, value)) {
                Ok(value) => {
                    draft.set(None);
                    on_intent.emit(Intent::Set { node: node.clone(), param: path.clone(), value });
                }
                Err(what) => draft.set(Some(Draft { text: entry.text, what })),
            }
        })
    };
    let try_out = {
        let (node, path, shown, draft) = (node.clone(), spec.path(), shown.clone(), draft.clone());
        Callback::from(move |entry: Option<Entry>| {
            draft.set(entry.map(|Entry { text, value }| {
                let outcome = value.and_then(|value| checked(&shown.document, &node, &path, value));
                Draft { text, what: outcome.err().unwrap_or_default() }
            }));
        })
    };
    let wrong = draft.as_ref().filter(|draft| !draft.what.is_empty());
    let id = format!("param-{}", spec.path());
    let is_default = *value == spec.default;
    let reset = {
        let (set, default) = (set.clone(), spec.default.clone());
        Callback::from(move |_: MouseEvent| set.emit(Entry::chosen(default.clone())))
    };
    let describedby = format!("{id}-help {id}-problem");
    html! {
        <div class={classes!("param", wrong.is_some().then_some("is-wrong"), (!is_default).then_some("is-changed"))}>
            <div class="param-row">
                <label for={id.clone()}>{ format::name(spec.name) }</label>
                if !is_default && spec.ty != ParamType::Nodes {
                    <button class="tool small" onclick={reset} aria-label={format!("Back to the default, {}", text_of(&spec.default))}
                        title={format!("Default: {}", text_of(&spec.default))}>{ icon("default") }</button>
                }
                { if spec.ty == ParamType::Nodes { nodes(node, value, shown, &set) } else { control(&id, describedby, spec, value, draft.as_ref(), &set, &try_out) } }
                { pin(spec, value, node, *is_pinned, on_intent) }
            </div>
            <p class="param-help" id={format!("{id}-help")}>{ help(spec) }</p>
            if let Some(Draft { what, .. }) = wrong {
                <p class="param-problem" id={format!("{id}-problem")} role="alert" data-testid={format!("problem-{}", spec.path())}>{ what }</p>
            }
        </div>
    }
}

/// Puts a slider for the parameter on the page, or takes it off.
fn pin(spec: &ParamSpec, value: &Value, node: &Rc<str>, is_pinned: bool, on_intent: &Callback<Intent>) -> Html {
    if Turn::of(spec, value).is_none() {
        return Html::default();
    }
    let knob = Knob { node: node.clone(), path: spec.path() };
    let onclick = on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Knob(knob.clone())));
    let label = if is_pinned { "Take the slider off the page" } else { "Slider on the page" };
    html! {
        <button class="tool small pin-chart" {onclick} aria-pressed={is_pinned.to_string()} aria-label={format!("{label}: {}", format::name(spec.name))}
            title={label} data-testid={format!("knob-{}", spec.path())}>{ icon("part") }</button>
    }
}

/// What was written into a field.
struct Entry {
    text: String,
    value: Result<Value, String>,
}

impl Entry {
    fn chosen(value: Value) -> Self {
        Self { text: text_of(&value), value: Ok(value) }
    }

    /// What stands in the field of `event`.
    fn written(event: &web_sys::Event, ty: ParamType) -> Self {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let text = field.map_or_else(String::new, |field| field.value());
        let value = value_of(&text, ty).map_err(str::to_owned);
        Self { text, value }
    }
}

/// What stands in the field and not yet in the design.
#[derive(PartialEq)]
struct Draft {
    text: String,
    /// Why it cannot be; empty if it can.
    what: String,
}

/// `value`, if the design with it would be a good one; else what is wrong.
fn checked(document: &Document, node: &str, param: &str, value: Value) -> Result<Value, String> {
    let edit = Edit::Set { node: node.to_owned(), param: param.to_owned(), value: value.clone() };
    match document.edited(&edit) {
        Ok(_) => Ok(value),
        Err(problems) => Err(problems.0.first().map_or_else(String::new, |problem| {
            if problem.remedy.is_empty() {
                problem.what.clone()
            } else {
                format!("{} ({})", problem.what, problem.remedy)
            }
        })),
    }
}

fn help(spec: &ParamSpec) -> String {
    let has_range = spec.max > spec.min;
    if has_range { format!("{} {}.", spec.help, capitalised(&range_in_words(spec))) } else { spec.help.to_owned() }
}

#[allow(clippy::too_many_arguments, reason = "one part of the field, drawn where it is used")]
fn control(
    id: &str,
    describedby: String,
    spec: &ParamSpec,
    value: &Value,
    draft: Option<&Draft>,
    set: &Callback<Entry>,
    try_out: &Callback<Option<Entry>>,
) -> Html {
    let ty = spec.ty;
    if let ParamType::Choice(words) = ty {
        let onchange =
            set.reform(|event: Event| Entry::chosen(event.target_unchecked_into::<HtmlSelectElement>().value().into()));
        return html! {
            <select id={id.to_owned()} {onchange} aria-describedby={describedby} data-testid={id.to_owned()}>
                { for words.iter().map(|word| html! {
                    <option value={*word} selected={value.as_str() == Some(*word)}>{ format::name(word) }</option>
                }) }
            </select>
        };
    }
    let onchange = set.reform(move |event: Event| Entry::written(&event, ty));
    let oninput = try_out.reform(move |event: InputEvent| Some(Entry::written(&event, ty)));
    let onkeydown = {
        let try_out = try_out.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                try_out.emit(None);
            }
        })
    };
    let text = draft.map_or_else(|| text_of(value), |draft| draft.text.clone());
    let is_wrong = draft.is_some_and(|draft| !draft.what.is_empty());
    let has_unit = matches!(ty, ParamType::Count | ParamType::Number);
    html! {
        <span class="param-value">
            <input id={id.to_owned()} type="text" autocomplete="off" spellcheck="false" value={text} {onchange} {oninput} {onkeydown}
                inputmode={has_unit.then_some("decimal")} aria-invalid={is_wrong.to_string()} aria-describedby={describedby}
                data-testid={id.to_owned()} />
            if has_unit && !spec.unit.is_empty() { <span class="unit">{ spec.unit }</span> }
        </span>
    }
}

/// A box to tick for each node that may stand in the list.
fn nodes(own: &str, value: &Value, shown: &Shown, set: &Callback<Entry>) -> Html {
    let chosen: Vec<String> = serde_json::from_value(value.clone()).unwrap_or_default();
    let may_stand: &[Kind] = match shown.document.node(own).map(Node::kind) {
        Some(Kind::ShardRouter | Kind::Database) => &[Kind::Database],
        Some(Kind::LoadBalancer) => &[Kind::WebServer],
        _ => &Kind::SITES,
    };
    let candidates = shown.document.nodes.iter().filter(|node| node.id != own && may_stand.contains(&node.kind()));
    html! {
        <span class="ticks">
            { for candidates.map(|node| {
                let is_chosen = chosen.contains(&node.id);
                let (chosen, id) = (chosen.clone(), node.id.clone());
                let onchange = set.reform(move |_: Event| {
                    let mut list = chosen.clone();
                    if is_chosen { list.retain(|other| *other != id) } else { list.push(id.clone()) }
                    Entry::chosen(list.into())
                });
                html! { <label><input type="checkbox" checked={is_chosen} {onchange} />{ node.label() }</label> }
            }) }
        </span>
    }
}
