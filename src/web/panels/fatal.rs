//! The engine's end: a message over the page, with a way on.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::dom;
use crate::icons::icon;
use crate::input::Intent;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub message: Rc<str>,
    pub on_intent: Callback<Intent>,
}

#[component]
pub fn Fatal(props: &Props) -> Html {
    let button = use_node_ref();
    use_effect_with(button.clone(), |button| {
        if let Some(button) = button.cast::<HtmlElement>() {
            // An element without focus needs none.
            let _ = button.focus();
        }
    });
    let recover = props.on_intent.reform(|_: MouseEvent| Intent::Recover);
    // A page that cannot be loaded anew says so itself.
    let reload = Callback::from(|_: MouseEvent| drop(dom::window().location().reload()));
    html! {
        <div class="veil">
            <div class="fatal" role="alertdialog" aria-modal="true" aria-labelledby="fatal-title" aria-describedby="fatal-text" data-testid="fatal">
                <h2 id="fatal-title">{ icon("alert") }{ "The engine has stopped" }</h2>
                <p>{ "This is a fault of the program, not of your design. Your design is kept." }</p>
                <pre id="fatal-text">{ &*props.message }</pre>
                <div class="fatal-ways">
                    <button ref={button} class="primary" onclick={recover} data-testid="recover">{ "Restart with this design" }</button>
                    <button class="quiet" onclick={reload}>{ "Reload the page" }</button>
                </div>
            </div>
        </div>
    }
}
