//! Transport: play and pause, speed, and the simulated clock.

use yew::prelude::*;

use super::slider::LogSlider;
use crate::clock::SPEEDS;
use crate::format;
use crate::icons::icon;
use crate::input::Intent;

/// Below this share of the chosen speed the page says that it is behind.
const BEHIND: f64 = 0.9;

const MARKS: [(f64, &str); 4] = [(1e-4, "1/10,000"), (1e-2, "1/100"), (1.0, "1×"), (10.0, "10×")];

#[derive(Properties, PartialEq)]
pub struct Props {
    pub is_playing: bool,
    pub speed: f64,
    /// Share of the speed that is reached.
    pub pace: f64,
    /// Whether time without requests is being skipped.
    pub is_racing: bool,
    /// Whether a run is being taken up again.
    pub is_replaying: bool,
    pub now_s: f64,
    pub on_intent: Callback<Intent>,
}

#[component]
pub fn Transport(props: &Props) -> Html {
    let Props { is_playing, speed, on_intent, .. } = props;
    let (image, label) = if *is_playing { ("pause", "Pause") } else { ("play", "Play") };
    html! {
        <div class="transport">
            <button class="play" onclick={on_intent.reform(|_: MouseEvent| Intent::TogglePlay)} aria-label={label}
                title={format!("{label} (Space)")} data-testid="play" data-state={if *is_playing { "playing" } else { "paused" }}>
                { icon(image) }
            </button>
            <div class="clock">
                <span class="clock-name">{ "Simulated time" }</span>
                <output class="clock-time" data-testid="sim-time" data-metric="sim-time" data-value={props.now_s.to_string()}>
                    { format::clock(props.now_s) }
                </output>
                <span class="clock-pace" data-testid="pace" data-value={format!("{:.3}", props.pace)}>{ pace(props) }</span>
            </div>
            <div class="speed">
                <label class="dock-label" for="speed">
                    <span>{ "Speed" }</span>
                    <output class="dock-value">{ speed_in_words(*speed) }</output>
                </label>
                <LogSlider id="speed" label="Speed" min={*SPEEDS.start()} max={*SPEEDS.end()} value={*speed}
                    words={speed_in_words(*speed)} marks={&MARKS[..]} on_value={on_intent.reform(Intent::SetSpeed)} />
            </div>
        </div>
    }
}

fn speed_in_words(speed: f64) -> String {
    if (speed - 1.0).abs() < 1e-9 { "real time".to_owned() } else { format!("{} of real time", format::speed(speed)) }
}

fn pace(props: &Props) -> Html {
    if props.is_replaying {
        html! { "repeating what was done" }
    } else if !props.is_playing {
        html! { "paused" }
    } else if props.is_racing {
        html! { "skipping quiet time" }
    } else if props.pace < BEHIND {
        let pace = format!("{}× of the chosen speed", format::quantity(props.pace));
        html! { <><span class="wide-only">{ "running at " }</span>{ pace }</> }
    } else {
        Html::default()
    }
}
