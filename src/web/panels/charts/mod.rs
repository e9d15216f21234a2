//! Charts: the recent past, with one cursor for all of them, and marks where something was done.
//!
//! Lines are drawn on canvases by ourselves, five times a second at most, and one chart after the other, so that no frame has to wait
//! for all of them. Nothing of a chart is an element of the page but its words.

mod draw;
mod log;
mod plan;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::{Element, HtmlCanvasElement, HtmlInputElement, InputEvent, PointerEvent};
use yew::prelude::*;

use crate::app::Shown;
use crate::dom;
use crate::format;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::bench::{Events, Wish};
use draw::{Palette, Span, draw};
use plan::{Chart, charts};

pub use log::{Log, NodeFigure};
pub use plan::Pin;

/// Rows of the latest part, where not everything is shown.
const LATEST: usize = 150;
/// Time between the drawing of one chart and of the next: a frame or so, but all are drawn before the next time comes.
const APART_MS: u32 = 15;
const ALL_MS: u32 = 150;
/// How near the cursor an event is told of, as a share of the width.
const NEAR: f64 = 0.02;

/// The log, shared by the app that writes it and the panel that reads it.
pub type SharedLog = Rc<RefCell<Log>>;

#[derive(Properties)]
pub struct Props {
    pub log: SharedLog,
    /// Counts the changes of the log that are to be shown.
    pub stamp: u32,
    pub shown: Rc<Shown>,
    pub events: Rc<Events>,
    pub pins: Vec<Pin>,
    pub is_dark: bool,
    pub on_intent: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.shown, &other.shown)
            && Rc::ptr_eq(&self.events, &other.events)
            && (self.stamp, &self.pins, self.is_dark) == (other.stamp, &other.pins, other.is_dark)
    }
}

#[component]
pub fn Charts(props: &Props) -> Html {
    let Props { log, stamp, shown, events, pins, is_dark, on_intent } = props;
    let cursor = use_state(|| None::<f64>);
    let is_latest = use_state(|| false);
    let (body, samples) = (use_node_ref(), use_node_ref());
    let brush = use_mut_ref(Brush::default);
    let log = log.borrow();
    let count = if *is_latest { LATEST } else { log.len() };
    let all = Rc::new(charts(&log, shown, pins, count));
    let times = Rc::new(log.times(count));
    let span = Span::of(&times);
    {
        let (all, times, events) = (all.clone(), times.clone(), events.clone());
        let (body, samples, is_dark) = (body.clone(), samples.clone(), *is_dark);
        use_effect_with((*stamp, count, pins.clone(), is_dark), move |_| {
            brush.borrow_mut().paint([&body, &samples], is_dark, &all, &times, &events);
        });
    }
    // What was pinned last is to be seen.
    use_effect_with((pins.len(), body.clone()), |(_, body)| {
        if let Some(body) = body.cast::<Element>() {
            body.set_scroll_top(0);
        }
    });
    let point = {
        let cursor = cursor.clone();
        Callback::from(move |event: PointerEvent| {
            let rect = event.target_unchecked_into::<Element>().get_bounding_client_rect();
            cursor.set(Some(((f64::from(event.client_x()) - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0)));
        })
    };
    let leave = {
        let cursor = cursor.clone();
        Callback::from(move |_: PointerEvent| cursor.set(None))
    };
    let oninput = {
        let cursor = cursor.clone();
        Callback::from(move |event: InputEvent| {
            let share = event.target_unchecked_into::<HtmlInputElement>().value_as_number();
            cursor.set((share < 1.0).then_some(share));
        })
    };
    // The row under the cursor; without one, the latest.
    let at_s = cursor.map_or(span.to_s, |share| span.from_s + share * (span.to_s - span.from_s));
    let row = times.partition_point(|at| *at < at_s - 1e-12).min(times.len().saturating_sub(1));
    let near = events.all().iter().rfind(|event| (span.share(event.at_s) - span.share(at_s)).abs() < NEAR);
    let told = near.filter(|_| cursor.is_some()).map(|event| event.text.clone());
    let segment = |label: &'static str, value: bool| {
        let is_latest = is_latest.clone();
        let is_on = *is_latest == value;
        html! { <button aria-pressed={is_on.to_string()} onclick={Callback::from(move |_: MouseEvent| is_latest.set(value))}>{ label }</button> }
    };
    html! {
        <aside class="bench charts" aria-label="Charts" data-testid="charts">
            { super::bench_head("charts", "Charts", on_intent) }
            <div class="bench-body" ref={body}>
                <div class="chart-tools">
                    <div class="segments" role="group" aria-label="Time shown">{ segment("Everything", false) }{ segment("Latest", true) }</div>
                    <p class="chart-at" data-testid="chart-at" data-value={at_s.to_string()}>
                        <b>{ format::clock(at_s) }</b>
                        <span>{ told.unwrap_or_default() }</span>
                    </p>
                    <label class="dial chart-cursor">
                        <input type="range" min="0" max="1" step="0.005" value={cursor.unwrap_or(1.0).to_string()} aria-label="Time in all charts"
                            aria-valuetext={format::clock(at_s)} {oninput} data-testid="chart-cursor" />
                    </label>
                </div>
                <div class="chart-samples" ref={samples} aria-hidden="true">
                    { for (0..10).map(|i| html! { <i class={format!("line-{i}")} /> }) }
                </div>
                { for all.iter().map(|chart| view(chart, row, *cursor, span, &point, &leave, on_intent)) }
            </div>
        </aside>
    }
}

fn view(
    chart: &Chart,
    row: usize,
    cursor: Option<f64>,
    span: Span,
    point: &Callback<PointerEvent>,
    leave: &Callback<PointerEvent>,
    on_intent: &Callback<Intent>,
) -> Html {
    let value = |line: &plan::Line| chart.unit.words(line.values.get(row).copied().map_or(f64::NAN, f64::from));
    let unpin =
        chart.pin.clone().map(|pin| on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Pin(pin.clone()))));
    html! {
        <figure class="chart" key={chart.name.clone()} data-testid={format!("chart-{}", chart.name)}>
            <figcaption>
                <h3>{ &chart.title }</h3>
                if let Some(onclick) = unpin {
                    <button class="tool small" {onclick} aria-label={format!("Unpin {}", chart.title)} title="Unpin">{ icon("close") }</button>
                }
                <ul>
                    { for chart.lines.iter().map(|line| {
                        let text = html! {
                            <><svg class={format!("swatch line-{}", line.colour)} viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="5" /></svg>
                                { &line.label }<b>{ value(line) }</b></>
                        };
                        // The line of a node leads to a chart of its own.
                        let Some(pin) = line.pin.clone() else { return html! { <li>{ text }</li> } };
                        let title = format!("Pin {} of {}", chart.title.to_lowercase(), line.label);
                        let onclick = on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Chart(pin.clone())));
                        html! { <li><button {onclick} {title} data-testid={format!("line-{}-{}", chart.name, line.label)}>{ text }</button></li> }
                    }) }
                    if chart.lines.is_empty() { <li>{ "none" }</li> }
                </ul>
            </figcaption>
            <div class="chart-field">
                <canvas aria-hidden="true" />
                <svg class="chart-over" aria-hidden="true" onpointermove={point.clone()} onpointerdown={point.clone()} onpointerleave={leave.clone()}>
                    <rect width="100%" height="100%" />
                    <text x="3" y="12">{ chart.unit.words(chart.top()) }</text>
                    <text class="chart-times" x="3" y="100%" dy="12">{ format::clock(span.from_s) }</text>
                    <text class="chart-times" x="100%" y="100%" dx="-3" dy="12" text-anchor="end">{ format::clock(span.to_s) }</text>
                    if let Some(share) = cursor {
                        <line class="chart-line" x1={format!("{:.2}%", share * 100.0)} x2={format!("{:.2}%", share * 100.0)} y1="0" y2="100%" />
                    }
                </svg>
            </div>
        </figure>
    }
}

/// What draws the charts.
#[derive(Default)]
struct Brush {
    /// The colours of a theme, dark or not: to ask the page for them takes longer than to draw a chart.
    palette: Option<(bool, Rc<Palette>)>,
    /// Charts that are to be drawn yet.
    due: Vec<Timeout>,
}

impl Brush {
    /// Begins to draw all charts anew, on the canvases in `body`.
    fn paint(
        &mut self,
        [body, samples]: [&NodeRef; 2],
        is_dark: bool,
        all: &Rc<Vec<Chart>>,
        times: &Rc<Vec<f64>>,
        events: &Rc<Events>,
    ) {
        let (Some(body), Some(samples)) = (body.cast::<Element>(), samples.cast::<Element>()) else { return };
        let Ok(canvases) = body.query_selector_all("canvas") else { return };
        let known = self.palette.take().filter(|(theme, _)| *theme == is_dark);
        let (_, palette) = self.palette.insert(known.unwrap_or_else(|| (is_dark, Rc::new(Palette::of(&samples)))));
        let spent_ms = Rc::new(Cell::new(0.0));
        self.due.clear();
        let count = all.len() as u32;
        let apart_ms = APART_MS.min(ALL_MS / count.max(1));
        for i in 0..count {
            let Some(canvas) = canvases.get(i) else { continue };
            let canvas: HtmlCanvasElement = wasm_bindgen::JsCast::unchecked_into(canvas);
            let (all, times, events, palette) = (all.clone(), times.clone(), events.clone(), palette.clone());
            let (samples, spent_ms) = (samples.clone(), spent_ms.clone());
            self.due.push(Timeout::new(i * apart_ms, move || {
                let started = dom::now_ms();
                if draw(&canvas, &all[i as usize], &times, events.all(), &palette).is_none() {
                    web_sys::console::error_1(&"the canvas of a chart gives no 2d context".into());
                }
                spent_ms.set(spent_ms.get() + dom::now_ms() - started);
                // For tests of what a redraw costs.
                let _ = samples.set_attribute("data-value", &format!("{:.2}", spent_ms.get()));
            }));
        }
    }
}
