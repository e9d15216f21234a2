//! The command palette: everything that can be done, by its name.

use std::rc::Rc;

use web_sys::{HtmlElement, HtmlInputElement, InputEvent, KeyboardEvent};
use yew::prelude::*;

use scalescope::base::Kind;

use super::{search, step};
use crate::app::Shown;
use crate::dom;
use crate::editor::{Draw, names};
use crate::icons::icon;
use crate::input::Intent;
use crate::input::keymap::{self, BINDINGS, Deed, Hand};
use crate::keeping::Keep;
use crate::panels::bench::Wish;
use crate::panels::faults::Target;
use crate::panels::sheet::use_modal;
use crate::scenarios;
use crate::theme::Theme;

/// Commands that are shown at once.
const SHOWN: usize = 60;

#[derive(Properties)]
pub struct Props {
    pub shown: Option<Rc<Shown>>,
    pub hand: Hand,
    pub on_intent: Callback<Intent>,
}

/// The list is made when the palette opens; what changes meanwhile does not move it about.
impl PartialEq for Props {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

struct Entry {
    title: String,
    /// Under which heading.
    topic: &'static str,
    keys: &'static str,
    intent: Intent,
}

fn entries(shown: Option<&Shown>, hand: &Hand) -> Vec<Entry> {
    let mut all = Vec::new();
    let mut add = |title: String, topic, keys, intent| all.push(Entry { title, topic, keys, intent });
    for row in &BINDINGS {
        // These are for keys alone; the nodes are in the list themselves.
        let is_for_keys =
            matches!(row.deed, Deed::Walk(_) | Deed::Stride(_) | Deed::Close | Deed::Commands | Deed::Scenario);
        if let Some(intent) = keymap::intent_of(row.deed, "", hand).filter(|_| !is_for_keys) {
            add(row.help.to_owned(), row.topic.title(), row.shown, intent);
        }
    }
    for kind in Kind::ALL {
        add(format!("Add: {}", names::title(kind)), "Parts", "", Intent::Draw(Draw::Add { kind, at: None }));
    }
    for (i, scenario) in scenarios::ALL.iter().enumerate() {
        add(format!("Scenario: {}", scenario.document().name), "Scenarios", "", Intent::Choose(i));
    }
    for node in shown.iter().flat_map(|shown| &shown.document.nodes) {
        let (id, label): (Rc<str>, _) = (node.id.as_str().into(), node.label());
        add(format!("Go to {label}"), "Nodes", "", Intent::Select(id.clone()));
        add(format!("Link {label} to …"), "Nodes", "", Intent::Draw(Draw::BeginLink(id.clone())));
        if node.kind() != Kind::Users {
            add(format!("Crash {label}"), "Nodes", "", Intent::Crash(id.clone()));
            add(format!("Restart {label}"), "Nodes", "", Intent::Restart(id));
        }
    }
    // Whatever can break has a menu of how it can.
    for (shown, target) in
        shown.iter().flat_map(|shown| Target::all(&shown.document).into_iter().map(move |to| (shown, to)))
    {
        let title = format!("Break {} …", target.label(shown));
        add(title, "Run and break", "", Intent::Bench(Wish::Menu { target, at: None }));
    }
    for theme in [Theme::Auto, Theme::Light, Theme::Dark] {
        add(format!("Theme: {}", theme.name()), "View", "", Intent::SetTheme(theme));
    }
    add("Compare the five kinds of database".to_owned(), "Nodes", "", Intent::Compare(true));
    add("Designs kept in this browser".to_owned(), "Designs", "", Intent::Keep(Keep::ShowSheet(true)));
    all
}

/// The places of the commands that `query` finds.
fn found_by(all: &[Entry], query: &str) -> Vec<usize> {
    let mut found = search(query, all.len(), |i| all[i].title.clone(), |i| all[i].topic.to_owned());
    found.truncate(SHOWN);
    found
}

#[component]
pub fn Commands(props: &Props) -> Html {
    let Props { shown, hand, on_intent } = props;
    let all = use_memo((), |()| entries(shown.as_deref(), hand));
    let query = use_state(String::new);
    let at = use_mut_ref(|| 0_usize);
    let redraw = use_force_update();
    let (dialog, list) = (use_modal(), use_node_ref());
    let found = found_by(&all, &query);
    let chosen = (*at.borrow()).min(found.len().saturating_sub(1));
    use_effect_with((chosen, (*query).clone()), {
        let list = list.clone();
        move |_| {
            let row = list.cast::<HtmlElement>().and_then(|list| list.query_selector(".is-chosen").ok().flatten());
            if let Some(row) = row {
                let options = web_sys::ScrollIntoViewOptions::new();
                options.set_block(web_sys::ScrollLogicalPosition::Nearest);
                row.scroll_into_view_with_scroll_into_view_options(&options);
            }
        }
    });
    let close = || Intent::Draw(Draw::ShowCommands(false));
    let run = {
        let (on_intent, all) = (on_intent.clone(), all.clone());
        Callback::from(move |place: usize| {
            on_intent.emit(close());
            on_intent.emit(all[place].intent.clone());
        })
    };
    let onkeydown = {
        let (at, all, run) = (at.clone(), all.clone(), run.clone());
        Callback::from(move |event: KeyboardEvent| {
            // What stands in the field counts: quick hands are ahead of what is drawn.
            let found = found_by(&all, &event.target_unchecked_into::<HtmlInputElement>().value());
            let chosen = (*at.borrow()).min(found.len().saturating_sub(1));
            let is_back = match event.key().as_str() {
                "ArrowDown" => false,
                "ArrowUp" => true,
                "Enter" => {
                    event.prevent_default();
                    event.stop_propagation();
                    if let Some(place) = found.get(chosen) {
                        run.emit(*place);
                    }
                    return;
                }
                _ => return,
            };
            event.prevent_default();
            *at.borrow_mut() = step(chosen, is_back, found.len());
            redraw.force_update();
        })
    };
    let oninput = {
        let (query, at) = (query.clone(), at.clone());
        Callback::from(move |event: InputEvent| {
            *at.borrow_mut() = 0;
            query.set(event.target_unchecked_into::<HtmlInputElement>().value());
        })
    };
    let onclose = on_intent.reform(move |_: Event| close());
    let mod_key = if is_mac() { "⌘" } else { "Ctrl" };
    html! {
        <dialog ref={dialog} class="commands" {onclose} aria-label="Commands" data-testid="commands">
            <div class="commands-head">
                { icon("search") }
                <input type="text" role="combobox" placeholder="What do you want to do?" aria-label="Command" aria-expanded="true" aria-controls="commands-list"
                    aria-activedescendant={found.get(chosen).map(|place| format!("command-{place}"))} autocomplete="off" spellcheck="false" autofocus=true
                    value={(*query).clone()} {oninput} {onkeydown} data-testid="commands-search" />
                <kbd>{ "Esc" }</kbd>
            </div>
            <ul id="commands-list" ref={list} role="listbox" aria-label="Commands">
                { for found.iter().enumerate().map(|(i, place)| {
                    let (entry, is_chosen) = (&all[*place], i == chosen);
                    let onclick = { let (run, place) = (run.clone(), *place); Callback::from(move |_: MouseEvent| run.emit(place)) };
                    html! {
                        <li key={*place} id={format!("command-{place}")} role="option" aria-selected={is_chosen.to_string()}
                            class={classes!(is_chosen.then_some("is-chosen"))} {onclick}>
                            <span>{ &entry.title }</span><small>{ entry.topic }</small>
                            if !entry.keys.is_empty() { <kbd>{ entry.keys.replace("Ctrl", mod_key) }</kbd> }
                        </li>
                    }
                }) }
            </ul>
            if found.is_empty() { <p class="commands-none">{ "Nothing is called so." }</p> }
        </dialog>
    }
}

/// Whether Ctrl is called ⌘ here.
fn is_mac() -> bool {
    dom::window().navigator().user_agent().is_ok_and(|agent| agent.contains("Mac"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_has_a_key_has_a_command() {
        let hand = Hand { node: Some("web-1".into()), ..Hand::default() };
        let all = entries(None, &hand);
        for title in
            ["Undo", "Tidy up: lay everything out anew", "Align left", "Add: Cache", "Copy a link to this design"]
        {
            assert!(all.iter().any(|entry| entry.title == title), "{title}");
        }
    }
}
