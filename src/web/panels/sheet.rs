//! A sheet over the page: a dialog with a title, whatever is in it.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::icons::icon;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub title: AttrValue,
    /// Its class beside that of all sheets.
    #[prop_or_default]
    pub class: Classes,
    pub test: &'static str,
    pub on_close: Callback<()>,
    pub children: Html,
}

/// The node of a dialog that is open, above everything else, for as long as it is on the page.
#[hook]
pub fn use_modal() -> NodeRef {
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
    dialog
}

/// The sheet is on the page only while it is open: a dialog that has been closed has no late events to send.
#[component]
pub fn Sheet(props: &Props) -> Html {
    let Props { title, class, test, on_close, children } = props;
    let dialog = use_modal();
    let id = format!("{test}-title");
    // The browser may close it by itself, as by a gesture that means "back".
    let (onclick, onclose) = (on_close.reform(|_: MouseEvent| ()), on_close.reform(|_: Event| ()));
    html! {
        <dialog ref={dialog} class={classes!("sheet", class.clone())} {onclose} aria-labelledby={id.clone()} data-testid={*test}>
            <header>
                <h2 {id}>{ title }</h2>
                <button class="tool" {onclick} aria-label="Close">{ icon("close") }</button>
            </header>
            { children.clone() }
        </dialog>
    }
}
