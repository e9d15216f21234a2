//! The legend: what a dot is.

use yew::prelude::*;

use scalescope::observe::{Figures, Operation};

use crate::format;

#[derive(Properties, PartialEq)]
pub struct Props {
    /// One dot stands for this many requests.
    pub stride: u32,
    /// A bit for each operation that there is something to see of.
    pub operations: u16,
}

/// Class and shape of each operation's dots, in a box of 14, in the order of [`Operation::ALL`]. As the painters have them.
const OPERATIONS: [(&str, &str); Operation::ALL.len()] = [
    ("op-static", "M2.5 2.5h9v9h-9z"),
    ("op-read", "M7 2a5 5 0 1 1 0 10a5 5 0 0 1 0-10z"),
    ("op-write", "M7 1 13 7 7 13 1 7z"),
    ("op-query", "M4 4a3 3 0 1 1 0 6a3 3 0 0 1 0-6zM10 4a3 3 0 1 1 0 6a3 3 0 0 1 0-6z"),
    ("op-login", "M2.2 4.200 7 1.500l4.800 2.700v5.600L7 12.500 2.200 9.800z"),
    ("op-range", "M1 4.800h12v4.400H1z"),
    ("op-aggregate", "M1.500 3.500h11L7 12.500z"),
    ("op-traversal", "M1.500 2.500 7 6l5.500-3.500v9L7 8l-5.500 3.500z"),
    ("op-transaction", "M4 3.500 7.500 7 4 10.500.5 7zM10 3.500 13.500 7 10 10.500 6.500 7z"),
];
const OTHERS: [(&str, &str, &str); 2] = [
    ("failure", "op-failure", "M3 3 11 11M11 3 3 11"),
    ("replication", "op-replication", "M7 3.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7z"),
];

/// The operations that there is something to see of: those that everybody asks for, and what else was asked for of late.
pub fn seen(figures: &Figures) -> u16 {
    let basic = Operation::ALL.into_iter().filter(|operation| operation.is_basic());
    let all = basic.chain(figures.operations.iter().map(|own| own.operation));
    all.fold(0, |bits, operation| bits | 1 << operation as u16)
}

#[component]
pub fn Legend(props: &Props) -> Html {
    let own = Operation::ALL.into_iter().filter(|operation| props.operations & 1 << *operation as u16 != 0);
    html! {
        <aside class="legend" aria-label="Legend">
            <p class="legend-stride" data-testid="stride" data-value={props.stride.to_string()}>{ statement(props.stride) }</p>
            <ul>
                { for own.map(|operation| html! { <li>{ shape(operation) }{ name(operation) }</li> }) }
                { for OTHERS.iter().map(|(name, class, shape)| html! { <li>{ dot(class, shape) }{ *name }</li> }) }
            </ul>
        </aside>
    }
}

/// The dot of an operation.
pub fn shape(operation: Operation) -> Html {
    let (class, shape) = OPERATIONS[operation as usize];
    dot(class, shape)
}

fn dot(class: &'static str, shape: &'static str) -> Html {
    html! { <svg class={classes!("legend-dot", class)} viewBox="0 0 14 14" aria-hidden="true"><path d={shape} /></svg> }
}

fn name(operation: Operation) -> &'static str {
    match operation {
        Operation::Static => "static asset",
        other => other.name(),
    }
}

fn statement(stride: u32) -> String {
    if stride <= 1 {
        "1 dot = 1 request".to_owned()
    } else {
        format!("1 dot = {} requests", format::count(stride.into()))
    }
}
