//! The sheet of designs: the present one's name, where it can go, and those that are kept in this browser.

use std::rc::Rc;

use web_sys::{HtmlDialogElement, HtmlInputElement};
use yew::prelude::*;

use super::Keep;
use super::store::Kept;
use crate::icons::icon;
use crate::input::Intent;

#[derive(Properties)]
pub struct Props {
    pub name: String,
    pub kept: Rc<Vec<Kept>>,
    pub on_intent: Callback<Intent>,
}

/// Figures do not concern it: a name that is being written stays as it is.
impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.kept == other.kept
    }
}

#[component]
pub fn Designs(props: &Props) -> Html {
    let Props { name, kept, on_intent } = props;
    let dialog = use_node_ref();
    use_effect_with(dialog.clone(), |dialog| {
        let dialog = dialog.cast::<HtmlDialogElement>();
        if let Some(dialog) = &dialog {
            // Fails only for a dialog that is not in the document.
            let _ = dialog.show_modal();
        }
        move || {
            if let Some(dialog) = dialog {
                dialog.close();
            }
        }
    });
    let keep = |keep: Keep| on_intent.reform(move |_: MouseEvent| Intent::Keep(keep.clone()));
    let onchange = on_intent
        .reform(|event: Event| Intent::Keep(Keep::Name(event.target_unchecked_into::<HtmlInputElement>().value())));
    let onclose = on_intent.reform(|_: Event| Intent::Keep(Keep::ShowSheet(false)));
    let action = |name: &'static str, label: &'static str, what: Keep| {
        html! { <button class="quiet" onclick={keep(what)} data-testid={format!("keep-{name}")}>{ icon(name) }{ label }</button> }
    };
    html! {
        <dialog ref={dialog} class="sheet designs" {onclose} aria-labelledby="designs-title" data-testid="designs-sheet">
            <header>
                <h2 id="designs-title">{ "Designs" }</h2>
                <button class="tool" onclick={keep(Keep::ShowSheet(false))} aria-label="Close">{ icon("close") }</button>
            </header>
            <label class="design-name">
                <span class="field-name">{ "This design" }</span>
                <input type="text" value={name.clone()} {onchange} maxlength="80" autocomplete="off" data-testid="design-name" />
            </label>
            <div class="design-ways">
                { action("save", "Save to a file", Keep::SaveFile) }
                { action("link", "Copy a link", Keep::CopyLink) }
                { action("open", "Open a file", Keep::ChooseFile) }
                { action("file", "New design", Keep::New) }
            </div>
            <p class="fine">{ "A link holds the whole design and its seed: whoever opens it sees the same run. What you do is kept in \
                              this browser as you do it, and can be undone after a reload." }</p>
            <div class="design-kept">
                <h3>{ "Kept in this browser" }</h3>
                <button class="quiet" onclick={keep(Keep::Store)} data-testid="keep-store">{ icon("plus") }{ "Keep this one" }</button>
            </div>
            if kept.is_empty() {
                <p class="fine">{ "Nothing yet. Keep a design to come back to it." }</p>
            } else {
                <ul class="design-list">
                    { for kept.iter().enumerate().map(|(i, one)| html! {
                        <li key={one.name.clone()}>
                            <button class="design-open" onclick={keep(Keep::OpenStored(i))}>
                                <b>{ &one.name }</b><small>{ date(one.at_ms) }</small>
                            </button>
                            <button class="tool" onclick={keep(Keep::Forget(i))} aria-label={format!("Forget {}", one.name)} title="Forget">{ icon("trash") }</button>
                        </li>
                    }) }
                </ul>
            }
        </dialog>
    }
}

/// A day and a time, as people here write them.
fn date(at_ms: f64) -> String {
    let date = js_sys::Date::new(&at_ms.into());
    String::from(date.to_locale_string("default", &js_sys::Object::new()))
}
