//! The rail: one button for each panel.

use yew::prelude::*;

use super::{Panel, Wish};
use crate::icons::icon;
use crate::input::Intent;

pub struct Props {
    pub open: Option<Panel>,
    /// Whether a node is selected, so that there is something to inspect.
    pub has_part: bool,
    /// Numbers on buttons: how much there is to see.
    pub counts: Vec<(Panel, usize)>,
    pub on_intent: Callback<Intent>,
}

pub fn rail(props: &Props) -> Html {
    let Props { open, has_part, counts, on_intent } = props;
    html! {
        <nav class="rail" aria-label="Panels">
            { for Panel::ALL.into_iter().map(|panel| {
                let is_open = *open == Some(panel);
                let is_idle = panel == Panel::Part && !has_part;
                let count = counts.iter().find(|(own, _)| *own == panel).map_or(0, |(_, count)| *count);
                let onclick = on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Toggle(panel)));
                html! {
                    <button class="rail-button" {onclick} disabled={is_idle} aria-pressed={is_open.to_string()}
                        title={format!("{} ({})", panel.label(), panel.key())} data-testid={format!("rail-{}", panel.name())}>
                        { icon(panel.name()) }
                        <span>{ panel.label() }</span>
                        if count > 0 { <b class="rail-count">{ count.min(99) }</b> }
                    </button>
                }
            }) }
        </nav>
    }
}
