//! The parts: a rail of icons beside the drawing, or a drawer with a search, names and sentences.
//!
//! A part is dragged with a pointer of any sort; the ghost that follows is drawn over the page. A click, or Enter, places it where
//! there is room.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::{HtmlInputElement, InputEvent, KeyboardEvent, PointerEvent};
use yew::functional::UseForceUpdateHandle;
use yew::prelude::*;

use scalescope::base::Kind;
use scalescope::base::words::capitalised;
use scalescope::model::NodeKind;
use scalescope::scene::Point;

use super::{search, step};
use crate::dom::{self, Listener};
use crate::editor::{Draw, names};
use crate::icons::{self, icon};
use crate::input::Intent;

/// A pointer that moves less than this clicks.
const THRESHOLD: f32 = 5.0;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub is_open: bool,
    pub on_intent: Callback<Intent>,
}

/// A part on its way to the drawing, in units of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ghost {
    kind: Kind,
    start: Point,
    at: Point,
    is_drag: bool,
}

/// What is to be known of a kind.
struct Part {
    kind: Kind,
    title: String,
    help: &'static str,
}

fn parts() -> Vec<Part> {
    let part = |kind| Part { kind, title: names::title(kind), help: NodeKind::of(kind).help() };
    Kind::ALL.map(part).into()
}

/// The places of the parts that `query` finds.
fn found_by(all: &[Part], query: &str) -> Vec<usize> {
    let name = |i: usize| format!("{} {}", all[i].title, all[i].kind);
    search(query, all.len(), name, |i| all[i].help.to_owned())
}

/// What a part is, without its name: the sentences begin with that.
fn sentence(part: &Part) -> String {
    let text = part.help.split_once(": ").map_or(part.help, |(_, rest)| rest);
    capitalised(text.split(". ").next().unwrap_or(text).trim_end_matches('.'))
}

#[component]
pub fn Parts(props: &Props) -> Html {
    let Props { is_open, on_intent } = props;
    let all = use_memo((), |()| parts());
    let query = use_state(String::new);
    let at = use_mut_ref(|| 0_usize);
    let redraw = use_force_update();
    let ghost = use_mut_ref(|| None::<Ghost>);
    let search = use_node_ref();
    {
        let (search, query, at) = (search.clone(), query.clone(), at.clone());
        use_effect_with(*is_open, move |is_open| {
            query.set(String::new());
            *at.borrow_mut() = 0;
            if let Some(search) = search.cast::<HtmlInputElement>().filter(|_| *is_open) {
                // An element without focus needs none.
                let _ = search.focus();
            }
        });
    }
    let is_held = ghost.borrow().is_some();
    use_effect_with(is_held, {
        let drag = Drag { ghost: ghost.clone(), redraw: redraw.clone(), on_intent: on_intent.clone() };
        move |is_held: &bool| {
            let listeners = is_held.then(|| drag.listeners());
            move || drop(listeners)
        }
    });
    let found = found_by(&all, if *is_open { &query } else { "" });
    let chosen = (*at.borrow()).min(found.len().saturating_sub(1));
    let add = |kind: Kind, at: Option<Point>| Intent::Draw(Draw::Add { kind, at });
    let oninput = {
        let (query, at) = (query.clone(), at.clone());
        Callback::from(move |event: InputEvent| {
            *at.borrow_mut() = 0;
            query.set(event.target_unchecked_into::<HtmlInputElement>().value());
        })
    };
    let onkeydown = {
        let (on_intent, at, all, redraw) = (on_intent.clone(), at.clone(), all.clone(), redraw.clone());
        Callback::from(move |event: KeyboardEvent| {
            // What stands in the field counts: quick hands are ahead of what is drawn.
            let found = found_by(&all, &event.target_unchecked_into::<HtmlInputElement>().value());
            let chosen = (*at.borrow()).min(found.len().saturating_sub(1));
            let is_back = match event.key().as_str() {
                "ArrowDown" => false,
                "ArrowUp" => true,
                "Enter" => {
                    if let Some(place) = found.get(chosen) {
                        event.prevent_default();
                        on_intent.emit(add(all[*place].kind, None));
                    }
                    return;
                }
                "Escape" => {
                    event.prevent_default();
                    event.stop_propagation();
                    on_intent.emit(Intent::Draw(Draw::ShowPalette(false)));
                    return;
                }
                _ => return,
            };
            event.prevent_default();
            *at.borrow_mut() = step(chosen, is_back, found.len());
            redraw.force_update();
        })
    };
    let down = |kind: Kind| {
        let (ghost, redraw) = (ghost.clone(), redraw.clone());
        Callback::from(move |event: PointerEvent| {
            if event.button() == 0 {
                let at = point(&event);
                *ghost.borrow_mut() = Some(Ghost { kind, start: at, at, is_drag: false });
                redraw.force_update();
            }
        })
    };
    let toggle = {
        let is_open = *is_open;
        on_intent.reform(move |_: MouseEvent| Intent::Draw(Draw::ShowPalette(!is_open)))
    };
    html! {
        <aside class={classes!("palette", is_open.then_some("is-open"))} aria-label="Parts" data-testid="palette">
            <div class="palette-head">
                <button class="tool" onclick={toggle} aria-expanded={is_open.to_string()} data-testid="palette-toggle"
                    aria-label={if *is_open { "Close the palette" } else { "Search parts (N)" }} title={if *is_open { "Close (Esc)" } else { "Search parts (N)" }}>
                    { icon(if *is_open { "close" } else { "search" }) }
                </button>
                if *is_open {
                    <input ref={search} type="text" placeholder="Search parts" aria-label="Search parts" autocomplete="off" spellcheck="false"
                        value={(*query).clone()} {oninput} {onkeydown} data-testid="palette-search" />
                }
            </div>
            <ul class="palette-list">
                { for found.iter().enumerate().map(|(i, place)| {
                    let part = &all[*place];
                    let (kind, is_chosen) = (part.kind, *is_open && i == chosen);
                    let title = if *is_open { None } else { Some(format!("{}: {}", part.title, sentence(part))) };
                    html! {
                        <li key={kind.name()}>
                            <button class={classes!("part", is_chosen.then_some("is-chosen"))} {title} data-testid={format!("part-{kind}")}
                                aria-label={(!*is_open).then(|| name(&part.title))}
                                onpointerdown={down(kind)} onkeydown={on_key(on_intent, kind)}>
                                { icon(kind.name()) }
                                if *is_open {
                                    <span class="part-text"><b>{ &part.title }</b><small>{ sentence(part) }</small></span>
                                } else {
                                    <span class="part-name">{ short(&part.title) }</span>
                                }
                            </button>
                        </li>
                    }
                }) }
                if found.is_empty() { <li class="palette-none">{ "No part is called so." }</li> }
            </ul>
            { ghost.borrow().filter(|ghost| ghost.is_drag).map(|ghost| drawn(&ghost)) }
        </aside>
    }
}

/// What a screen reader calls the button: what can be read on it, word for word, is part of that.
fn name(title: &str) -> String {
    let (short, words) = (short(title), title.to_lowercase());
    let is_part = words.split(' ').any(|word| word == short.to_lowercase()) || short == title;
    format!("Add {}", if is_part { title } else { short })
}

/// A name that fits under an icon.
fn short(title: &str) -> &str {
    match title {
        "Load balancer" => "Balancer",
        "Web server" => "Server",
        "Object store" => "Objects",
        "Quorum store" => "Quorum",
        "Shard router" => "Shards",
        title => title,
    }
}

/// Enter and Space place the part.
fn on_key(on_intent: &Callback<Intent>, kind: Kind) -> Callback<KeyboardEvent> {
    let on_intent = on_intent.clone();
    Callback::from(move |event: KeyboardEvent| {
        if ["Enter", " "].contains(&event.key().as_str()) {
            event.prevent_default();
            event.stop_propagation();
            on_intent.emit(Intent::Draw(Draw::Add { kind, at: None }));
        }
    })
}

/// The ghost of a card under the pointer.
fn drawn(ghost: &Ghost) -> Html {
    html! {
        <svg class="ghost" aria-hidden="true">
            <g transform={format!("translate({} {})", ghost.at.x - 70.0, ghost.at.y - 26.0)}>
                <rect width="140" height="52" rx="12" />
                <g transform="translate(14 14)"><path d={icons::path(ghost.kind.name())} /></g>
                <text x="48" y="32">{ names::title(ghost.kind) }</text>
            </g>
        </svg>
    }
}

/// A part that is dragged: the whole window is listened to, for the pointer leaves the palette at once.
#[derive(Clone)]
struct Drag {
    ghost: Rc<RefCell<Option<Ghost>>>,
    redraw: UseForceUpdateHandle,
    on_intent: Callback<Intent>,
}

fn point(event: &PointerEvent) -> Point {
    Point::new(event.client_x() as f32, event.client_y() as f32)
}

impl Drag {
    fn listeners(&self) -> [Listener; 3] {
        let [moved, up, cancelled] = [(); 3].map(|()| self.clone());
        let window = dom::window();
        [
            Listener::new(&window, "pointermove", move |event: PointerEvent| moved.moved(point(&event))),
            Listener::new(&window, "pointerup", move |event: PointerEvent| up.ended(Some(point(&event)))),
            Listener::new(&window, "pointercancel", move |_: PointerEvent| cancelled.ended(None)),
        ]
    }

    fn moved(&self, at: Point) {
        if let Some(ghost) = &mut *self.ghost.borrow_mut() {
            ghost.is_drag |= (at - ghost.start).length() > THRESHOLD;
            ghost.at = at;
        }
        self.redraw.force_update();
    }

    /// Let go at a point of the window, or taken away.
    fn ended(&self, at: Option<Point>) {
        if let (Some(ghost), Some(at)) = (self.ghost.take(), at) {
            let at = ghost.is_drag.then_some(at);
            self.on_intent.emit(Intent::Draw(Draw::Add { kind: ghost.kind, at }));
        }
        self.redraw.force_update();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_a_part_with_a_sentence() {
        for part in parts() {
            let text = sentence(&part);
            assert!(text.len() > 12 && !text.contains(". "), "{}: {text}", part.kind);
        }
    }
}
