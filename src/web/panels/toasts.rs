//! Toasts: what went wrong, or was done, in words; gone after a while.

use std::rc::Rc;

use yew::prelude::*;

use crate::icons::icon;
use crate::input::Intent;

#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    pub id: u32,
    pub text: Rc<str>,
    pub is_problem: bool,
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub toasts: Vec<Toast>,
    pub on_intent: Callback<Intent>,
}

#[component]
pub fn Toasts(props: &Props) -> Html {
    html! {
        <div class="toasts" role="log" aria-label="Messages">
            { for props.toasts.iter().map(|toast| {
                let id = toast.id;
                html! {
                    <div key={id} class={classes!("toast", toast.is_problem.then_some("is-problem"))}
                        role={toast.is_problem.then_some("alert")} data-testid="toast">
                        if toast.is_problem { { icon("alert") } }
                        <p>{ &*toast.text }</p>
                        <button class="tool" aria-label="Dismiss" onclick={props.on_intent.reform(move |_: MouseEvent| Intent::Dismiss(id))}>
                            { icon("close") }
                        </button>
                    </div>
                }
            }) }
        </div>
    }
}
