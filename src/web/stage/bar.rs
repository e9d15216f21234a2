//! The bars under the drawing: what can be done to what is selected, in place of the legend, so that it covers no card; and the
//! drawing's own tools.

use std::rc::Rc;

use yew::prelude::*;

use scalescope::model::regions::REGIONS;
use scalescope::model::{Document, Tier};
use scalescope::observe::{LaneFigures, LinkFigures};

use super::Props;
use crate::editor::{Draw, Ends, Selection, Side};
use crate::format;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::entry::Entry;

/// Draws the bar while several nodes, or a link, are selected; or while a link is being drawn.
pub fn bar(
    document: &Document,
    selection: &Selection,
    linking: Option<&str>,
    links: &[LinkFigures],
    on_intent: &Callback<Intent>,
) -> Option<Html> {
    let button = |name: &'static str, label: &str, draw: Draw| {
        let onclick = on_intent.reform(move |_: MouseEvent| Intent::Draw(draw.clone()));
        html! {
            <button class="tool" {onclick} aria-label={label.to_owned()} title={label.to_owned()} data-testid={name}>{ icon(name) }</button>
        }
    };
    let label = |id: &str| document.node(id).map_or(id.to_owned(), |node| node.label().to_owned());
    let tier = document.tiers.iter().find(|tier| is_same(tier, selection));
    let count = selection.nodes.len();
    let (text, tools) = if let Some(from) = linking {
        let text = format!("Link from {}: choose what it calls", label(from));
        (text, html! { <>{ button("close", "Stop (Esc)", Draw::EndLink) }</> })
    } else if let Some(link) = &selection.link {
        (
            format!("{} → {}{}", label(&link.from), label(&link.to), load(links, link)),
            html! { <>{ button("trash", "Delete the link (Delete)", Draw::Delete) }</> },
        )
    } else if count > 1 || tier.is_some() {
        let align = |name, label: &str, side| button(name, label, Draw::Align(side));
        let tools = html! {
            <>
                if let Some(tier) = tier { { tier_name(tier, on_intent) } }
                { region(document, &selection.nodes, "bar", on_intent) }
                <span class="bar-rule" />
                { align("align-left", "Align left", Side::Left) }
                { align("align-centre", "Align centres", Side::Centre) }
                { align("align-right", "Align right", Side::Right) }
                { align("align-top", "Align top", Side::Top) }
                { align("align-middle", "Align middles", Side::Middle) }
                { align("align-bottom", "Align bottom", Side::Bottom) }
                { button("spread-across", "Spread across", Draw::Spread { is_across: true }) }
                { button("spread-down", "Spread down", Draw::Spread { is_across: false }) }
                <span class="bar-rule" />
                if tier.is_some() {
                    { button("ungroup", "Ungroup (Ctrl Shift G)", Draw::Ungroup) }
                } else {
                    { button("group", "Group into a tier (Ctrl G)", Draw::Group) }
                }
                { button("duplicate", "Duplicate (Ctrl D)", Draw::Duplicate) }
                { button("trash", "Delete (Delete)", Draw::Delete) }
            </>
        };
        (format!("{count} selected"), tools)
    } else {
        return None;
    };
    Some(html! {
        <div class="selection-bar" role="toolbar" aria-label="Selection" data-testid="selection-bar">
            <span class="bar-text">{ text }</span>
            { tools }
        </div>
    })
}

/// What a link carries.
fn load(links: &[LinkFigures], ends: &Ends) -> String {
    let Some(own) = links.iter().find(|own| *own.from == *ends.from && *own.to == *ends.to) else {
        return String::new();
    };
    let used = [&own.forward, &own.backward].into_iter().filter_map(|lane| lane.utilisation).reduce(f64::max);
    let used = used.map_or_else(String::new, |used| format!(", {} of its bandwidth", format::percent(used)));
    let rate = |lane: &LaneFigures| format::bytes(lane.bytes_per_s as u64);
    format!(": {}/s there, {}/s back{used}", rate(&own.forward), rate(&own.backward))
}

/// Whether the selection is just what is in the frame.
fn is_same(tier: &Tier, selection: &Selection) -> bool {
    tier.nodes.len() == selection.nodes.len() && tier.nodes.iter().all(|id| selection.has(id))
}

fn tier_name(tier: &Tier, on_intent: &Callback<Intent>) -> Html {
    let on_text = on_intent.reform(|text: String| Intent::Draw(Draw::NameTier(text)));
    html! {
        <Entry key={tier.nodes.join(" ")} class="bar-field" value={tier.label.clone()} label="Name of the tier" title="Name of the tier" test="tier-name" {on_text} />
    }
}

/// The field for the region of some nodes: one that is known, or any other name.
pub fn region(document: &Document, nodes: &[Rc<str>], place: &str, on_intent: &Callback<Intent>) -> Html {
    let mut own = nodes.iter().map(|id| document.region(id).unwrap_or_default());
    let first = own.next().unwrap_or_default();
    let common = if own.all(|other| other == first) { Some(first) } else { None };
    let on_text = {
        let nodes = nodes.to_vec();
        on_intent.reform(move |text: String| {
            Intent::Draw(Draw::PutInto { nodes: nodes.clone(), region: text.trim().to_owned() })
        })
    };
    let list = format!("regions-{place}");
    let others = document.regions().into_iter().filter(|region| !REGIONS.contains(region));
    html! {
        <>
            <Entry key={nodes.join(" ")} class="bar-field" list={list.clone()} value={common.unwrap_or_default().to_owned()}
                placeholder={if common.is_some() { "no region" } else { "several" }} label="Region"
                title="Region: how far it is to others follows from it" test={format!("region-{place}")} {on_text} />
            <datalist id={list}>{ for REGIONS.into_iter().chain(others).map(|region| html! { <option value={region.to_owned()} /> }) }</datalist>
        </>
    }
}

/// Undo and redo, zoom, layout.
pub fn tools(props: &Props) -> Html {
    let tool = |name: &'static str, label: &'static str, intent: Intent, is_able: bool| {
        let onclick = props.on_intent.reform(move |_: MouseEvent| intent.clone());
        html! { <button {onclick} disabled={!is_able} aria-label={label} title={label} data-testid={name}>{ icon(name) }</button> }
    };
    html! {
        <div class="zoom" role="toolbar" aria-label="Drawing">
            <button class="phone-only" aria-label="Add a part" title="Add a part (N)" data-testid="palette-open"
                onclick={props.on_intent.reform(|_: MouseEvent| Intent::Draw(Draw::ShowPalette(true)))}>{ icon("add") }</button>
            { tool("undo", "Undo (Ctrl Z)", Intent::Draw(Draw::Undo), props.can_undo) }
            { tool("redo", "Redo (Ctrl Shift Z)", Intent::Draw(Draw::Redo), props.can_redo) }
            <span class="bar-rule" />
            <button class={classes!(props.is_hand.then_some("is-on"))} aria-label="Hand: every drag moves the drawing"
                title="Hand (H)" aria-pressed={props.is_hand.to_string()} data-testid="hand"
                onclick={ { let is_hand = props.is_hand; props.on_intent.reform(move |_: MouseEvent| Intent::Draw(Draw::Hand(!is_hand))) } }>
                { icon("hand") }
            </button>
            { tool("plus", "Zoom in", Intent::Zoom(1.25), true) }
            { tool("minus", "Zoom out", Intent::Zoom(0.8), true) }
            { tool("tidy", "Tidy up: lay everything out anew", Intent::Draw(Draw::Tidy), true) }
            { tool("fit", "Fit the drawing (F)", Intent::Fit, true) }
        </div>
    }
}
