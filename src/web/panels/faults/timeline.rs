//! The timeline: what will break and when, to be dragged; what has happened; and where the run is.
//!
//! Marks that belong together, a fault and its remedy, share a bar. A mark is dragged by pointer, or moved by arrow keys and taken off
//! by Delete while it has the focus. The past cannot be changed: its marks stay where they are.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};
use yew::prelude::*;

use scalescope::base::SimDuration;
use scalescope::base::order::sort_by_key;
use scalescope::model::{Command, Scheduled};

use crate::app::Shown;
use crate::format;
use crate::input::Intent;
use crate::panels::bench::{Events, Kind, Wish};

/// The strip's own units; it is stretched to the room there is.
const WIDTH: f64 = 1000.0;
const LANES: usize = 3;
const LANE: f64 = 14.0;
const TOP: f64 = 8.0;
/// The timeline is at least so long.
const SHORTEST_S: f64 = 60.0;
/// Room after the last mark, and after now.
const AHEAD: f64 = 1.25;

#[derive(Properties)]
pub struct Props {
    pub shown: Rc<Shown>,
    pub events: Rc<Events>,
    pub now_s: f64,
    pub on_intent: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        let is_same = Rc::ptr_eq(&self.shown, &other.shown) && Rc::ptr_eq(&self.events, &other.events);
        // A fifth of a second is less than a pixel.
        is_same && (self.now_s - other.now_s).abs() < 0.2
    }
}

/// A mark that is being dragged: which, and where to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Drag {
    index: usize,
    at_s: f64,
}

#[component]
pub fn Timeline(props: &Props) -> Html {
    let Props { shown, events, now_s, on_intent } = props;
    let drag = use_state(|| None::<Drag>);
    let root = use_node_ref();
    let schedule = &shown.document.schedule;
    let last = schedule.last().map_or(0.0, |scheduled| scheduled.at.as_secs_f64());
    let end = rounded_up((now_s * AHEAD).max(last * 1.05).max(SHORTEST_S));
    let x = |at_s: f64| at_s / end * WIDTH;
    let at = |index: usize| {
        drag.filter(|drag| drag.index == index).map_or(schedule[index].at.as_secs_f64(), |drag| drag.at_s)
    };
    let onpointermove = {
        let (drag, root, now_s) = (drag.clone(), root.clone(), *now_s);
        Callback::from(move |event: PointerEvent| {
            if let (Some(held), Some(root)) = (*drag, root.cast::<Element>()) {
                let rect = root.get_bounding_client_rect();
                let share = (f64::from(event.client_x()) - rect.left()) / rect.width().max(1.0);
                let at_s = ((share * end).clamp(now_s, end) * 10.0).ceil() / 10.0;
                drag.set(Some(Drag { at_s, ..held }));
            }
        })
    };
    let onpointerup = {
        let (drag, shown, on_intent) = (drag.clone(), shown.clone(), on_intent.clone());
        Callback::from(move |_: PointerEvent| {
            if let Some(Drag { index, at_s }) = *drag {
                drag.set(None);
                on_intent.emit(Intent::Bench(Wish::Schedule(moved(&shown.document.schedule, index, at_s))));
            }
        })
    };
    let step = tick(end);
    let ticks = (0..).map(|i| f64::from(i) * step).take_while(|at| *at < end);
    html! {
        <section class="timeline" aria-label="Timeline of faults" data-testid="timeline" data-value={schedule.len().to_string()}>
            <div class="timeline-track" ref={root} data-value={end.to_string()} {onpointermove} onpointerup={onpointerup.clone()} onpointercancel={onpointerup}>
                <svg class="timeline-ground" viewBox={format!("0 0 {WIDTH} 64")} preserveAspectRatio="none" aria-hidden="true">
                    <rect class="timeline-past" width={format!("{:.1}", x(*now_s))} height="64" />
                    { for ticks.clone().map(|at| html! { <path class="timeline-tick" d={format!("M{:.1} 0v64", x(at))} /> }) }
                    { for bars(schedule).into_iter().map(|(from, to, lane)| {
                        let (start, stop) = (x(at(from)), x(at(to)));
                        html! { <path class="timeline-bar" d={format!("M{start:.1} {0}H{stop:.1}", lane_y(lane))} /> }
                    }) }
                    <path class="timeline-now" d={format!("M{:.1} 0v64", x(*now_s))} />
                </svg>
                <svg class="timeline-labels" role="group" aria-label="Scheduled faults">
                    { for ticks.map(|at| html! { <text x={format!("{:.2}%", at / end * 100.0)} dx="4" y="100%" dy="-5">{ seconds(at) }</text> }) }
                    { for events.all().iter().map(|event| html! {
                        <circle class={classes!("timeline-event", format!("is-{}", event.kind.name()))} cx={format!("{:.3}%", event.at_s / end * 100.0)} cy="6" r="3.5">
                            <title>{ format!("{} ({})", event.text, format::clock(event.at_s)) }</title>
                        </circle>
                    }) }
                    { for (0..schedule.len()).map(|index| mark(index, at(index), end, schedule, shown, *now_s, &drag, on_intent)) }
                </svg>
            </div>
            if schedule.is_empty() {
                <p class="timeline-hint">{ "Drag a fault from the list to the time at which it shall happen." }</p>
            }
        </section>
    }
}

#[allow(clippy::too_many_arguments, reason = "one mark of the strip, drawn where it is used")]
fn mark(
    index: usize,
    at_s: f64,
    end: f64,
    schedule: &[Scheduled],
    shown: &Rc<Shown>,
    now_s: f64,
    drag: &UseStateHandle<Option<Drag>>,
    on_intent: &Callback<Intent>,
) -> Html {
    let command = &schedule[index].command;
    let kind = Kind::of(command);
    let lane = lanes(schedule)[index];
    let is_past = schedule[index].at.as_secs_f64() <= now_s;
    let text = format!("{}, {}", crate::app::sentence(command, &shown.document), format::clock(at_s));
    let onpointerdown = {
        let drag = drag.clone();
        Callback::from(move |event: PointerEvent| {
            if !is_past && event.button() == 0 {
                if let Some(track) = event
                    .target()
                    .and_then(|target| target.dyn_into::<Element>().ok()?.closest(".timeline-track").ok()?)
                {
                    // A pointer that is gone cannot be captured, and need not be.
                    let _ = track.set_pointer_capture(event.pointer_id());
                }
                drag.set(Some(Drag { index, at_s }));
            }
        })
    };
    let onkeydown = {
        let (shown, on_intent) = (shown.clone(), on_intent.clone());
        Callback::from(move |event: KeyboardEvent| {
            let schedule = &shown.document.schedule;
            let step = if event.shift_key() { 5.0 } else { 0.5 };
            let new = match event.key().as_str() {
                "ArrowLeft" => moved(schedule, index, (at_s - step).max(now_s + 0.1)),
                "ArrowRight" => moved(schedule, index, at_s + step),
                "Delete" | "Backspace" => {
                    schedule.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, one)| one.clone()).collect()
                }
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            if !is_past {
                on_intent.emit(Intent::Bench(Wish::Schedule(new)));
            }
        })
    };
    let class = classes!("timeline-mark", format!("is-{}", kind.name()), is_past.then_some("is-past"));
    let (cx, cy) = (format!("{:.3}%", at_s / end * 100.0), format!("{}", lane_y(lane)));
    html! {
        <g {class} tabindex={(!is_past).then_some("0")} role="slider" aria-label={text.clone()} aria-valuenow={format!("{at_s:.1}")}
            aria-valuemin="0" aria-valuemax={format!("{end}")} aria-valuetext={format::clock(at_s)} aria-disabled={is_past.to_string()}
            {onpointerdown} {onkeydown} data-testid={format!("mark-{index}")} data-value={format!("{at_s:.1}")}>
            <title>{ text }</title>
            <circle class="timeline-reach" cx={cx.clone()} cy={cy.clone()} r="12" />
            <circle class="timeline-dot" {cx} {cy} r="6" />
        </g>
    }
}

fn lane_y(lane: usize) -> f64 {
    TOP + 8.0 + LANE * lane as f64
}

/// Which lane each entry is on: what belongs to one place stays on one lane.
fn lanes(schedule: &[Scheduled]) -> Vec<usize> {
    let mut places: Vec<String> = Vec::new();
    schedule
        .iter()
        .map(|scheduled| {
            let place = match &scheduled.command {
                Command::Fault(fault) => fault.target(),
                Command::Edit(_) => String::new(),
            };
            let known = places.iter().position(|other| *other == place);
            known.unwrap_or_else(|| {
                places.push(place);
                places.len() - 1
            }) % LANES
        })
        .collect()
}

/// Each fault with the remedy that ends it, by their places in the schedule, and their lane.
fn bars(schedule: &[Scheduled]) -> Vec<(usize, usize, usize)> {
    let lanes = lanes(schedule);
    let fault = |i: usize| match &schedule[i].command {
        Command::Fault(fault) => Some(fault),
        Command::Edit(_) => None,
    };
    let ends = |from: usize| {
        let own = fault(from).filter(|fault| !fault.is_remedy())?;
        let is_end =
            |other: &usize| fault(*other).is_some_and(|other| other.is_remedy() && other.target() == own.target());
        (from + 1..schedule.len()).find(is_end)
    };
    (0..schedule.len()).filter_map(|from| Some((from, ends(from)?, lanes[from]))).collect()
}

/// The schedule with one entry at another time, in the order of times.
fn moved(schedule: &[Scheduled], index: usize, at_s: f64) -> Vec<Scheduled> {
    let mut schedule = schedule.to_vec();
    if let Some(one) = schedule.get_mut(index) {
        one.at = SimDuration::from_nanos((at_s * 10.0).round() as u64 * 100_000_000);
    }
    sort_by_key(&mut schedule, |scheduled| scheduled.at);
    schedule
}

/// The next length that divides well.
fn rounded_up(length_s: f64) -> f64 {
    let step = tick(length_s);
    (length_s / step).ceil() * step
}

/// Seconds between two ticks: 1, 2 or 5 times a power of ten, about ten of them in all.
fn tick(length_s: f64) -> f64 {
    let size = libm::pow(10.0, libm::floor(libm::log10(length_s / 10.0)));
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * size).find(|step| length_s / step <= 13.0).unwrap_or(size * 10.0)
}

fn seconds(at: f64) -> String {
    if at < 120.0 { format!("{at} s") } else { format!("{} min", (at / 6.0).round() / 10.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalescope::model::Fault;

    fn one(at_s: u64, fault: Fault) -> Scheduled {
        Scheduled { at: SimDuration::from_secs(at_s), command: Command::Fault(fault) }
    }

    #[test]
    fn a_fault_and_its_remedy_share_a_bar_and_a_lane() {
        let node = || "web-1".to_owned();
        let schedule = [
            one(1, Fault::Crash { node: node() }),
            one(2, Fault::Crash { node: "web-2".to_owned() }),
            one(3, Fault::Restart { node: node() }),
        ];
        assert_eq!(bars(&schedule), [(0, 2, 0)]);
        assert_eq!(lanes(&schedule), [0, 1, 0]);
        let order: Vec<_> = moved(&schedule, 0, 2.52).iter().map(|one| one.at.as_secs_f64()).collect();
        assert_eq!(order, [2.0, 2.5, 3.0]);
    }

    #[test]
    fn ticks_divide_the_timeline_well() {
        assert_eq!([60.0, 130.0, 3_600.0].map(rounded_up), [60.0, 130.0, 4_000.0]);
        assert_eq!([61.0, 60.0].map(tick), [5.0, 5.0]);
    }
}
