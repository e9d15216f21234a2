//! A logarithmic slider: its position is the decimal logarithm of its value, rounded to numbers that one can say.

use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::*;

use crate::format;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub id: &'static str,
    pub label: &'static str,
    pub min: f64,
    pub max: f64,
    pub value: f64,
    /// The value in words.
    pub words: String,
    /// Values and texts of the marks below.
    pub marks: &'static [(f64, &'static str)],
    pub on_value: Callback<f64>,
}

#[component]
pub fn LogSlider(props: &Props) -> Html {
    let (low, high) = (libm::log10(props.min), libm::log10(props.max));
    let place = libm::log10(props.value).clamp(low, high);
    let oninput = {
        let on_value = props.on_value.clone();
        let (min, max) = (props.min, props.max);
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let value = libm::pow(10.0, input.value_as_number());
            on_value.emit(format::round(value).clamp(min, max));
        })
    };
    let share = |value: f64| (libm::log10(value) - low) / (high - low) * 100.0;
    html! {
        <div class="slider">
            <svg class="slider-track" aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 100 10">
                <rect class="track" width="100" height="10" />
                <rect class="track-fill" width={format!("{:.2}", share(props.value.clamp(props.min, props.max)))} height="10" />
            </svg>
            <input id={props.id} type="range" min={low.to_string()} max={high.to_string()} step="0.02" value={format!("{place:.4}")}
                aria-label={props.label} aria-valuetext={props.words.clone()} {oninput}
                data-testid={props.id} data-value={props.value.to_string()} />
            <svg class="slider-marks" aria-hidden="true">
                { for props.marks.iter().map(|(value, text)| {
                    let at = share(*value);
                    let anchor = if at < 1.0 { "start" } else if at > 99.0 { "end" } else { "middle" };
                    html! { <text x={format!("{at:.2}%")} y="11" text-anchor={anchor}>{ *text }</text> }
                }) }
            </svg>
        </div>
    }
}
