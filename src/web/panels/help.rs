//! The help sheet: every key, from the table that the listener reads too.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::icons::icon;
use crate::input::Intent;
use crate::input::keymap::{BINDINGS, Topic};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub on_intent: Callback<Intent>,
}

/// The sheet is on the page only while it is open: a dialog that has been closed has no late events to send.
#[component]
pub fn Help(props: &Props) -> Html {
    let dialog = use_node_ref();
    use_effect_with(dialog.clone(), |dialog| {
        let dialog = dialog.cast::<HtmlDialogElement>();
        if let Some(dialog) = &dialog {
            // Fails only for a dialog that is not in the document.
            let _ = dialog.show_modal();
        }
        // Closing gives the focus back to what had it.
        move || {
            if let Some(dialog) = dialog {
                dialog.close();
            }
        }
    });
    let close = props.on_intent.reform(|_: MouseEvent| Intent::ShowHelp(false));
    // The browser may close it by itself, as by a gesture that means "back".
    let onclose = props.on_intent.reform(|_: Event| Intent::ShowHelp(false));
    html! {
        <dialog ref={dialog} class="sheet" {onclose} aria-labelledby="help-title" data-testid="help-sheet">
            <header>
                <h2 id="help-title">{ "Every request, from one user to a million" }</h2>
                <button class="tool" onclick={close} aria-label="Close">{ icon("close") }</button>
            </header>
            <p>{ "Each dot is a request on its way. Users are on one side, data on the other. Move the slider until \
                  something breaks; click a node to see its figures, to crash it, or to add one more like it." }</p>
            { for Topic::ALL.into_iter().map(|topic| html! {
                <section>
                    <h3>{ topic.title() }</h3>
                    <dl class="keys">
                        { for BINDINGS.iter().filter(|row| row.topic == topic && !row.shown.is_empty()).map(|row| html! {
                            <div><dt><kbd>{ row.shown }</kbd></dt><dd>{ row.help }</dd></div>
                        }) }
                    </dl>
                </section>
            }) }
            <p class="fine">{ "Tab reaches every node, link and control. A drag on the ground pans, with Shift it selects; a drag on a \
                  card moves it; from the grip at its side it draws a link. The wheel or two fingers zoom. A design in a file can be \
                  dropped on the page." }</p>
        </dialog>
    }
}
