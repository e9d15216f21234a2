//! The bar over the drawing: what can be done to what is selected.

use yew::prelude::*;

use crate::editor::{Draw, Selection, Side};
use crate::icons::icon;
use crate::input::Intent;

/// Draws the bar while several nodes, or a link, are selected; or while a link is being drawn.
pub fn bar(selection: &Selection, linking: Option<&str>, on_intent: &Callback<Intent>) -> Html {
    let button = |name: &'static str, label: &str, draw: Draw| {
        let onclick = on_intent.reform(move |_: MouseEvent| Intent::Draw(draw.clone()));
        html! {
            <button class="tool" {onclick} aria-label={label.to_owned()} title={label.to_owned()} data-testid={name}>{ icon(name) }</button>
        }
    };
    let count = selection.nodes.len();
    let (text, tools) = if let Some(from) = linking {
        let text = format!("Link from {from}: choose what it calls");
        (text, html! { <>{ button("close", "Stop (Esc)", Draw::EndLink) }</> })
    } else if let Some(link) = &selection.link {
        (
            format!("{} → {}", link.from, link.to),
            html! { <>{ button("trash", "Delete the link (Delete)", Draw::Delete) }</> },
        )
    } else if count > 1 {
        let align = |name, label: &str, side| button(name, label, Draw::Align(side));
        let tools = html! {
            <>
                { align("align-left", "Align left", Side::Left) }
                { align("align-centre", "Align centres", Side::Centre) }
                { align("align-right", "Align right", Side::Right) }
                { align("align-top", "Align top", Side::Top) }
                { align("align-middle", "Align middles", Side::Middle) }
                { align("align-bottom", "Align bottom", Side::Bottom) }
                { button("spread-across", "Spread across", Draw::Spread { is_across: true }) }
                { button("spread-down", "Spread down", Draw::Spread { is_across: false }) }
                <span class="bar-rule" />
                { button("group", "Group into a tier (Ctrl G)", Draw::Group) }
                { button("duplicate", "Duplicate (Ctrl D)", Draw::Duplicate) }
                { button("trash", "Delete (Delete)", Draw::Delete) }
            </>
        };
        (format!("{count} selected"), tools)
    } else {
        return Html::default();
    };
    html! {
        <div class="selection-bar" role="toolbar" aria-label="Selection" data-testid="selection-bar">
            <span class="bar-text">{ text }</span>
            { tools }
        </div>
    }
}
