//! The panels around the stage. They show what they are given and send intents; none of them knows the engine.

pub mod bench;
pub mod charts;
pub mod chooser;
pub mod data;
pub mod entry;
pub mod fatal;
pub mod faults;
pub mod health;
pub mod help;
pub mod inspector;
pub mod knobs;
pub mod legend;
pub mod metrics;
pub mod requests;
pub mod sheet;
pub mod slider;
mod sparkline;
pub mod toasts;
pub mod topbar;
pub mod transport;
pub mod twin;
pub mod users;

use yew::prelude::*;

use crate::icons::icon;
use crate::input::Intent;
use bench::Wish;

/// The head of a panel: what it is, and a way to close it.
fn bench_head(image: &str, title: &str, on_intent: &Callback<Intent>) -> Html {
    html! {
        <header class="bench-head">
            { icon(image) }
            <h2>{ title }</h2>
            <button class="tool" onclick={on_intent.reform(|_: MouseEvent| Intent::Bench(Wish::Close))} aria-label="Close" title="Close (Esc)" data-testid="close">
                { icon("close") }
            </button>
        </header>
    }
}
