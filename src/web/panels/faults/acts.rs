//! What can be done at a place beside breaking it: the upper part of its menu.

use std::rc::Rc;

use yew::prelude::*;

use scalescope::base::Kind;

use super::Target;
use crate::app::Shown;
use crate::editor::{Draw, Ends};
use crate::icons::icon;
use crate::input::Intent;
use crate::keeping::Keep;
use crate::panels::bench::{Panel, Wish};
use crate::panels::charts::{NodeFigure, Pin};
use crate::protocol::Filter;

/// Something to do: its icon, its name, its key, and what it comes to.
struct Act(&'static str, &'static str, &'static str, Vec<Intent>);

pub fn acts(target: &Target, shown: &Shown, on_intent: &Callback<Intent>, close: &Callback<()>) -> Html {
    let all = match target {
        Target::Node(id) => of_node(id, shown),
        Target::Link { from, to } => of_link(from, to),
        Target::Region(region) => of_region(region, shown),
        Target::Canvas => of_canvas(),
    };
    html! {
        <div class="menu-acts" role="group" aria-label="Actions">
            { for all.into_iter().map(|Act(image, name, keys, intents)| {
                let onclick = {
                    let (on_intent, close) = (on_intent.clone(), close.clone());
                    Callback::from(move |_: MouseEvent| {
                        close.emit(());
                        for intent in &intents {
                            on_intent.emit(intent.clone());
                        }
                    })
                };
                html! {
                    <button class="menu-act" {onclick} data-testid={format!("act-{image}")}>
                        { icon(image) }<span>{ name }</span>
                        if !keys.is_empty() { <kbd>{ keys }</kbd> }
                    </button>
                }
            }) }
        </div>
    }
}

fn list(filter: Filter) -> Vec<Intent> {
    [Wish::Trace(None), Wish::Filter(filter), Wish::Open(Panel::Requests)].map(Intent::Bench).into()
}

fn of_node(id: &Rc<str>, shown: &Shown) -> Vec<Act> {
    let draw = |draw| vec![Intent::Draw(draw)];
    let is_users = shown.document.is_a(id, Kind::Users);
    let pin = Pin { node: id.to_string(), figure: if is_users { NodeFigure::Errors } else { NodeFigure::Utilisation } };
    let mut all = vec![
        Act("part", "Details", "Enter", vec![Intent::Select(id.clone())]),
        Act("requests", "Its requests", "", list(Filter { through: id.to_string(), ..Filter::default() })),
        Act("charts", "Chart it", "", vec![Intent::Bench(Wish::Chart(pin))]),
        Act("link", "Link to …", "L", draw(Draw::BeginLink(id.clone()))),
        Act("plus", "One more", "A", vec![Intent::AddLike(id.clone())]),
        Act("file", "Rename", "F2", draw(Draw::BeginRename(id.clone()))),
        Act("trash", "Delete", "Del", vec![Intent::Remove(id.clone())]),
    ];
    if !is_users {
        let failed = Filter { place: id.to_string(), is_failed: Some(true), ..Filter::default() };
        all.insert(2, Act("alert", "What it failed", "", list(failed)));
    }
    all
}

fn of_link(from: &Rc<str>, to: &Rc<str>) -> Vec<Act> {
    let ends = Ends { from: from.clone(), to: to.clone() };
    let select = Intent::Draw(Draw::SelectLink(ends));
    vec![
        Act("target", "Select", "Enter", vec![select.clone()]),
        Act("requests", "Its requests", "", list(Filter { through: to.to_string(), ..Filter::default() })),
        Act("trash", "Delete", "Del", vec![select, Intent::Draw(Draw::Delete)]),
    ]
}

fn of_region(region: &str, shown: &Shown) -> Vec<Act> {
    let inside = shown.document.nodes.iter().filter(|node| node.region.as_deref() == Some(region));
    let ids = inside.map(|node| node.id.as_str().into()).collect();
    vec![Act("target", "Select all in it", "Enter", vec![Intent::Draw(Draw::Select(ids))])]
}

fn of_canvas() -> Vec<Act> {
    let draw = |draw| vec![Intent::Draw(draw)];
    vec![
        Act("search", "Add a part …", "N", draw(Draw::ShowPalette(true))),
        Act("duplicate", "Paste", "Ctrl V", draw(Draw::Paste(None))),
        Act("group", "Select all", "Ctrl A", draw(Draw::SelectAll)),
        Act("undo", "Undo", "Ctrl Z", draw(Draw::Undo)),
        Act("redo", "Redo", "", draw(Draw::Redo)),
        Act("tidy", "Tidy up", "Shift T", draw(Draw::Tidy)),
        Act("fit", "Fit", "F", vec![Intent::Fit]),
        Act("faults", "Faults", "X", vec![Intent::Bench(Wish::Open(Panel::Faults))]),
        Act("save", "Designs", "", vec![Intent::Keep(Keep::ShowSheet(true))]),
        Act("command", "Everything", "Ctrl K", draw(Draw::ShowCommands(true))),
    ]
}
