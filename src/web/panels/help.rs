//! The help sheet: every key, from the table that the listener reads too.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::icons::Icon;
use crate::input::keymap::BINDINGS;
use crate::input::{Intent, intent_callback};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub is_shown: bool,
    pub on_intent: Callback<Intent>,
}

#[component]
pub fn Help(props: &Props) -> Html {
    let dialog = use_node_ref();
    let is_shown = props.is_shown;
    use_effect_with((is_shown, dialog.clone()), |(is_shown, dialog)| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
            if *is_shown && !dialog.open() {
                // Fails only for a dialog that is not in the document.
                let _ = dialog.show_modal();
            } else if !is_shown && dialog.open() {
                dialog.close();
            }
        }
    });
    let close = props.on_intent.reform(|_: MouseEvent| Intent::ShowHelp(false));
    let onclose = {
        let dialog = dialog.clone();
        intent_callback(&props.on_intent, move |_: Event| {
            // The event comes late: by then the sheet may have been opened again.
            let is_open = dialog.cast::<HtmlDialogElement>().is_some_and(|dialog| dialog.open());
            (!is_open).then_some(Intent::ShowHelp(false))
        })
    };
    html! {
        <dialog ref={dialog} class="sheet" {onclose} aria-labelledby="help-title" data-testid="help-sheet">
            <header>
                <h2 id="help-title">{ "Every request, from one user to a million" }</h2>
                <button class="tool" onclick={close} aria-label="Close"><Icon name="close" /></button>
            </header>
            <p>{ "Each dot is a request on its way. Users are on one side, data on the other. Move the slider until \
                  something breaks; click a node to see its figures, to crash it, or to add one more like it." }</p>
            <h3>{ "Keys" }</h3>
            <dl class="keys">
                { for BINDINGS.iter().map(|binding| html! {
                    <div><dt><kbd>{ binding.shown }</kbd></dt><dd>{ binding.help }</dd></div>
                }) }
            </dl>
            <p class="fine">{ "Tab reaches every node and control. Drag pans, the wheel or two fingers zoom. \
                  A design in a file can be dropped on the page." }</p>
        </dialog>
    }
}
