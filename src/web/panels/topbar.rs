//! The top bar: the name of the thing, which design it shows and under which seed, and the page's own settings.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::editor::Draw;
use crate::icons::icon;
use crate::input::{Intent, intent_callback};
use crate::keeping::Keep;
use crate::scenarios;
use crate::theme::Theme;

#[derive(Properties, PartialEq)]
pub struct Props {
    /// The place in the menu; none for a design of one's own.
    pub scenario: Option<usize>,
    /// The design's name.
    pub name: String,
    pub seed: u64,
    pub theme: Theme,
    pub on_intent: Callback<Intent>,
}

#[component]
pub fn TopBar(props: &Props) -> Html {
    let Props { theme, on_intent, .. } = props;
    let next = theme.next();
    let theme_label = format!("Theme: {}. Change to {}", theme.name(), next.name());
    html! {
        <header class="topbar">
            <h1 class="wordmark">{ mark() }<span>{ "Scalescope" }</span></h1>
            <ScenarioMenu scenario={props.scenario} name={props.name.clone()} on_intent={on_intent.clone()} />
            <SeedField seed={props.seed} on_intent={on_intent.clone()} />
            <div class="topbar-end">
                <button class="tool" onclick={on_intent.reform(|_: MouseEvent| Intent::Draw(Draw::ShowCommands(true)))}
                    aria-label="Commands" title="Commands (Ctrl K)" data-testid="commands-button">
                    { icon("command") }
                </button>
                <button class="tool" onclick={on_intent.reform(|_: MouseEvent| Intent::Keep(Keep::ShowSheet(true)))}
                    aria-label="Designs: save, share, keep" title="Designs: save, share, keep" data-testid="designs">
                    { icon("file") }
                </button>
                <OpenButton on_intent={on_intent.clone()} />
                <button class="tool" onclick={on_intent.reform(move |_: MouseEvent| Intent::SetTheme(next))}
                    aria-label={theme_label.clone()} title={theme_label} data-testid="theme" data-value={theme.name()}>
                    { icon(theme.name()) }
                </button>
                <button class="tool" onclick={on_intent.reform(|_: MouseEvent| Intent::ShowHelp(true))}
                    aria-label="Help and keys" title="Help and keys (?)" data-testid="help">
                    { icon("help") }
                </button>
            </div>
        </header>
    }
}

/// The wordmark's sign: a lens over a link, with a dot on its way.
fn mark() -> Html {
    html! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <circle class="mark-lens" cx="13.5" cy="13.5" r="10.5" />
            <path class="mark-handle" d="M21.5 21.5 28.5 28.5" />
            <path class="mark-line" d="M6.5 13.5h6M12.5 13.5l6-5M12.5 13.5l6 5" />
            <circle class="mark-dot" cx="12.5" cy="13.5" r="2.8" />
        </svg>
    }
}

#[derive(Properties, PartialEq)]
struct MenuProps {
    scenario: Option<usize>,
    name: String,
    on_intent: Callback<Intent>,
}

#[component]
fn ScenarioMenu(props: &MenuProps) -> Html {
    let names = use_memo((), |()| scenarios::ALL.iter().map(|scenario| scenario.document().name).collect::<Vec<_>>());
    let onchange = intent_callback(&props.on_intent, |event: Event| {
        let select: HtmlSelectElement = event.target_unchecked_into();
        let place = select.value().parse().ok()?;
        // Whoever has chosen goes on with the keyboard on the stage.
        let _ = select.blur();
        Some(Intent::Choose(place))
    });
    let selected = props.scenario;
    html! {
        <label class="field scenario">
            <span class="field-name">{ "Scenario" }</span>
            <select {onchange} data-testid="scenario" title="Choose a scenario (1 … 9)">
                if selected.is_none() {
                    <option value="" selected=true>{ &props.name }</option>
                }
                { for names.iter().enumerate().map(|(i, name)| html! {
                    <option value={i.to_string()} selected={selected == Some(i)}>{ format!("{} · {name}", i + 1) }</option>
                }) }
            </select>
        </label>
    }
}

#[derive(Properties)]
struct SeedProps {
    seed: u64,
    on_intent: Callback<Intent>,
}

/// Figures do not concern it: a seed that is being written stays as it is.
impl PartialEq for SeedProps {
    fn eq(&self, other: &Self) -> bool {
        self.seed == other.seed
    }
}

#[component]
fn SeedField(props: &SeedProps) -> Html {
    let onchange = props.on_intent.reform(|event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        let text = input.value();
        match text.trim().parse() {
            Ok(seed) => Intent::SetSeed(seed),
            Err(_) => Intent::Complain(format!("{text} is not a seed: a whole number, 0 or more.")),
        }
    });
    html! {
        <div class="field seed">
            <label class="field-name" for="seed">{ "Seed" }</label>
            <input id="seed" type="text" inputmode="numeric" autocomplete="off" value={props.seed.to_string()} {onchange}
                data-testid="seed" title="The same seed gives the same run" />
            <button class="tool" onclick={props.on_intent.reform(|_: MouseEvent| Intent::StartAgain)}
                aria-label="Start again from time zero" title="Start again from time zero (0)" data-testid="again">
                { icon("again") }
            </button>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct OpenProps {
    on_intent: Callback<Intent>,
}

#[component]
fn OpenButton(props: &OpenProps) -> Html {
    let input = use_node_ref();
    let onclick = {
        let input = input.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(input) = input.cast::<HtmlInputElement>() {
                input.click();
            }
        })
    };
    let onchange = intent_callback(&props.on_intent, |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        let file = input.files()?.get(0)?;
        // So that the same file can be chosen again.
        input.set_value("");
        Some(Intent::Open(file))
    });
    html! {
        <>
            <button class="tool" {onclick} aria-label="Open a design" title="Open a design from a file" data-testid="open-file">
                { icon("open") }
            </button>
            <input ref={input} class="hidden" type="file" accept=".json,application/json" tabindex="-1" aria-hidden="true"
                {onchange} data-testid="file" />
        </>
    }
}
