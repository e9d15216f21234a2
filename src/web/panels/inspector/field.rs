//! One parameter: a field that is checked as it is left, with its unit, its help and what is wrong beside it.

use std::rc::Rc;

use serde_json::Value;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use scalescope::model::spec::{ParamSpec, ParamType, range_in_words};
use scalescope::model::{Document, Edit};

use super::value::{text_of, value_of};
use crate::app::Shown;
use crate::format;
use crate::icons::icon;
use crate::input::Intent;

#[derive(Properties)]
pub struct Props {
    pub node: Rc<str>,
    pub spec: ParamSpec,
    pub value: Value,
    pub shown: Rc<Shown>,
    pub on_intent: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        // The rest of the design matters only for checks, which read the newest.
        self.node == other.node
            && (self.spec.name, self.spec.group) == (other.spec.name, other.spec.group)
            && self.value == other.value
            && Rc::ptr_eq(&self.shown, &other.shown)
    }
}

#[component]
pub fn Field(props: &Props) -> Html {
    let Props { node, spec, value, shown, on_intent } = props;
    let wrong = use_state(|| None::<Wrong>);
    let set = {
        let (node, path, shown) = (node.clone(), spec.path(), shown.clone());
        let (on_intent, wrong) = (on_intent.clone(), wrong.clone());
        Callback::from(move |entry: Entry| {
            match entry.value.and_then(|value| checked(&shown.document, &node, &path, value)) {
                Ok(value) => {
                    wrong.set(None);
                    on_intent.emit(Intent::Set { node: node.clone(), param: path.clone(), value });
                }
                Err(what) => wrong.set(Some(Wrong { text: entry.text, what })),
            }
        })
    };
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
                { control(&id, describedby, props, wrong.as_ref(), &set) }
            </div>
            <p class="param-help" id={format!("{id}-help")}>{ help(spec) }</p>
            if let Some(Wrong { what, .. }) = &*wrong {
                <p class="param-problem" id={format!("{id}-problem")} role="alert" data-testid={format!("problem-{}", spec.path())}>{ what }</p>
            }
        </div>
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
}

/// What cannot be: it stays in the field until it is mended.
#[derive(PartialEq)]
struct Wrong {
    text: String,
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

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn control(
    id: &str,
    describedby: String,
    Props { node, spec, value, shown, .. }: &Props,
    wrong: Option<&Wrong>,
    set: &Callback<Entry>,
) -> Html {
    let ty = spec.ty;
    match ty {
        ParamType::Choice(words) => {
            let onchange = set.reform(|event: Event| {
                Entry::chosen(event.target_unchecked_into::<HtmlSelectElement>().value().into())
            });
            html! {
                <select id={id.to_owned()} {onchange} aria-describedby={describedby} data-testid={id.to_owned()}>
                    { for words.iter().map(|word| html! {
                        <option value={*word} selected={value.as_str() == Some(*word)}>{ format::name(word) }</option>
                    }) }
                </select>
            }
        }
        ParamType::Nodes => nodes(node, value, shown, set),
        _ => {
            let onchange = set.reform(move |event: Event| {
                let text = event.target_unchecked_into::<HtmlInputElement>().value();
                let value = value_of(&text, ty).map_err(str::to_owned);
                Entry { text, value }
            });
            let text = wrong.map_or_else(|| text_of(value), |wrong| wrong.text.clone());
            let has_unit = matches!(ty, ParamType::Count | ParamType::Number);
            html! {
                <span class="param-value">
                    <input id={id.to_owned()} type="text" autocomplete="off" spellcheck="false" value={text} {onchange}
                        inputmode={has_unit.then_some("decimal")} aria-invalid={wrong.is_some().to_string()} aria-describedby={describedby}
                        data-testid={id.to_owned()} />
                    if has_unit && !spec.unit.is_empty() { <span class="unit">{ spec.unit }</span> }
                </span>
            }
        }
    }
}

/// A box to tick for each node that may stand in the list.
fn nodes(own: &str, value: &Value, shown: &Shown, set: &Callback<Entry>) -> Html {
    let chosen: Vec<String> = serde_json::from_value(value.clone()).unwrap_or_default();
    let is_router = shown.document.node(own).is_some_and(|node| node.kind.name() == "shard_router");
    let may_stand = |kind: &str| {
        if is_router { kind == "database" } else { matches!(kind, "load_balancer" | "web_server") }
    };
    let candidates = shown.document.nodes.iter().filter(|node| may_stand(node.kind.name()));
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
