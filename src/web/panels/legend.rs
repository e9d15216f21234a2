//! The legend: what a dot is.

use yew::prelude::*;

use crate::format;

#[derive(Properties, PartialEq)]
pub struct Props {
    /// One dot stands for this many requests.
    pub stride: u32,
}

/// Name, class and shape of each kind of dot, in a box of 14.
const ENTRIES: [(&str, &str, &str); 5] = [
    ("static asset", "op-static", "M2.5 2.5h9v9h-9z"),
    ("read", "op-read", "M7 2a5 5 0 1 1 0 10a5 5 0 0 1 0-10z"),
    ("write", "op-write", "M7 1 13 7 7 13 1 7z"),
    ("failure", "op-failure", "M3 3 11 11M11 3 3 11"),
    ("replication", "op-replication", "M7 3.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7z"),
];

#[component]
pub fn Legend(props: &Props) -> Html {
    html! {
        <aside class="legend" aria-label="Legend">
            <p class="legend-stride" data-testid="stride" data-value={props.stride.to_string()}>{ statement(props.stride) }</p>
            <ul>
                { for ENTRIES.iter().map(|(name, class, shape)| html! {
                    <li><svg class={classes!("legend-dot", *class)} viewBox="0 0 14 14" aria-hidden="true"><path d={*shape} /></svg>{ *name }</li>
                }) }
            </ul>
        </aside>
    }
}

/// The shape of the kind of dot that stands at this place of the legend.
pub fn shape(place: usize) -> Html {
    let (_, class, shape) = ENTRIES[place.min(ENTRIES.len() - 1)];
    html! { <svg class={classes!("legend-dot", class)} viewBox="0 0 14 14" aria-hidden="true"><path d={shape} /></svg> }
}

fn statement(stride: u32) -> String {
    if stride <= 1 {
        "1 dot = 1 request".to_owned()
    } else {
        format!("1 dot = {} requests", format::count(stride.into()))
    }
}
