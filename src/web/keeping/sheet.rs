//! The sheet of designs: the present one's name, where it can go, and those that are kept in this browser.

use std::rc::Rc;

use yew::prelude::*;

use super::Keep;
use super::store::Kept;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::entry::Entry;
use crate::panels::sheet::Sheet;

pub struct Props {
    pub name: String,
    pub kept: Rc<Vec<Kept>>,
    pub on_intent: Callback<Intent>,
}

pub fn designs(props: &Props) -> Html {
    let Props { name, kept, on_intent } = props;
    let keep = |keep: Keep| on_intent.reform(move |_: MouseEvent| Intent::Keep(keep.clone()));
    let on_text = on_intent.reform(|text: String| Intent::Keep(Keep::Name(text)));
    let on_close = on_intent.reform(|()| Intent::Keep(Keep::ShowSheet(false)));
    let action = |name: &'static str, label: &'static str, what: Keep| {
        html! { <button class="quiet" onclick={keep(what)} data-testid={format!("keep-{name}")}>{ icon(name) }{ label }</button> }
    };
    html! {
        <Sheet title="Designs" class="designs" test="designs-sheet" {on_close}>
            <div class="design-name">
                <span class="field-name">{ "This design" }</span>
                <Entry value={name.clone()} label="Name of this design" test="design-name" {on_text} />
            </div>
            <div class="design-ways">
                { action("save", "Save to a file", Keep::SaveFile) }
                { action("link", "Copy a link", Keep::CopyLink) }
                { action("open", "Open a file", Keep::ChooseFile) }
                { action("file", "New design", Keep::New) }
            </div>
            <p class="fine">{ "A link holds the design, its seed, and all that was done to it and when: whoever opens it is where you \
                              are now. The same is kept in this browser as you do it, and can be undone after a reload." }</p>
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
        </Sheet>
    }
}

/// A day and a time, as people here write them.
fn date(at_ms: f64) -> String {
    let date = js_sys::Date::new(&at_ms.into());
    String::from(date.to_locale_string("default", &js_sys::Object::new()))
}
