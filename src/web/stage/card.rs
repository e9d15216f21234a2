//! A node's card on the drawing.

use std::rc::Rc;

use yew::prelude::*;

use scalescope::scene::NodeBox;
use web_sys::HtmlInputElement;

use super::face::{Face, PIPS};
use crate::editor::Draw;
use crate::editor::connect::Target;
use crate::icons;
use crate::input::Intent;

/// Space inside a card, left and right.
const INSET: f32 = 14.0;
const PIP: f32 = 7.0;
/// Size of a long name, of the usual one.
const LONG: f32 = 0.82;
/// Letters of two figures that stand side by side in their usual size.
const ABREAST: usize = 16;
/// Letters of two figures that stand side by side in a smaller one.
const MOST_ABREAST: usize = 21;
/// Cards below this height are for narrow stages: the same in fewer lines and larger letters.
const COMPACT_BELOW: f32 = 95.0;

/// Where the lines of a card are.
struct Lines {
    label: f32,
    figures: f32,
    load: f32,
    /// Width of a letter of the label.
    letter: f32,
}

impl Lines {
    const fn of(h: f32) -> Self {
        if h < COMPACT_BELOW {
            Self { label: 31.0, figures: 57.0, load: 63.0, letter: 10.0 }
        } else {
            Self { label: 31.0, figures: 59.0, load: 67.0, letter: 8.6 }
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub face: Rc<Face>,
    pub place: NodeBox,
    pub is_selected: bool,
    pub is_renaming: bool,
    /// Whether links leave it below, not on the right.
    pub is_portrait: bool,
    /// What it is to the link that is being drawn.
    pub target: Option<Target>,
    /// It was chosen, and whether beside what is selected already.
    pub on_choose: Callback<(Rc<str>, bool)>,
    pub on_intent: Callback<Intent>,
}

#[component]
pub fn Card(props: &Props) -> Html {
    let Props { face, place, is_selected, .. } = props;
    let (w, h) = (place.w, place.h);
    let onclick = {
        let (choose, id) = (props.on_choose.clone(), face.id.clone());
        Callback::from(move |event: MouseEvent| {
            let is_beside = event.ctrl_key() || event.meta_key() || event.shift_key();
            choose.emit((id.clone(), is_beside));
        })
    };
    let lines = Lines::of(h);
    let other = if face.other.is_empty() { load_text(face.load) } else { face.other.clone() };
    let other = beside(&face.key, other);
    let is_tight = face.key.chars().count() + other.chars().count() > ABREAST;
    let class = classes!(
        "card",
        (h < COMPACT_BELOW).then_some("is-compact"),
        format!("is-{}", face.state.name()),
        face.is_troubled.then_some("is-troubled"),
        is_tight.then_some("is-tight"),
        is_selected.then_some("is-selected"),
        props.target.map(|target| match target {
            Target::Fit => "is-fit",
            Target::Unfit => "is-unfit",
            Target::Origin => "is-origin",
        })
    );
    let text_x = INSET + 24.0 + 10.0;
    // A long name is written smaller before it is cut.
    let room = (w - text_x - INSET + 6.0) / lines.letter;
    let is_long = face.label.chars().count() > room as usize;
    let room = if is_long { room / LONG } else { room };
    html! {
        <g {class} transform={format!("translate({} {})", place.x, place.y)} tabindex="0" role="button"
            aria-pressed={is_selected.to_string()} {onclick}
            data-node={face.id.clone()} data-testid={format!("node-{}", face.id)} data-state={face.state.name()}>
            <title>{ face.sentence() }</title>
            <rect class="card-ring" x="-5" y="-5" width={(w + 10.0).to_string()} height={(h + 10.0).to_string()} rx="17" />
            <rect class="card-body" width={w.to_string()} height={h.to_string()} rx="12" />
            <rect class="card-hatch" width={w.to_string()} height={h.to_string()} rx="12" />
            <g class="card-icon" transform={format!("translate({INSET} 13)")}>
                <path d={icons::path(face.kind)} />
                <path class="card-cross" d="M-1 -1 25 25M25 -1 -1 25" />
            </g>
            if props.is_renaming {
                { rename(props, text_x) }
            } else {
                <text class={classes!("card-label", is_long.then_some("is-long"))} x={text_x.to_string()} y={lines.label.to_string()}>{ shortened(&face.label, room) }</text>
            }
            <text class="card-key" x={INSET.to_string()} y={lines.figures.to_string()}>{ &face.key }</text>
            <text class="card-other" x={(w - INSET).to_string()} y={lines.figures.to_string()} text-anchor="end">{ other }</text>
            if let Some(load) = face.load { { load_bar(load, w, lines.load) } }
            if !face.note.is_empty() {
                <text class="card-other" x={INSET.to_string()} y={(h - if h < COMPACT_BELOW { 9.0 } else { 14.0 }).to_string()}>{ &face.note }</text>
            }
            if face.has_queue { { queue(face, w, h) } }
            { chip(face, w) }
            { badge(face, w, h) }
            if face.calls_others { { handle(face, w, h, props.is_portrait) } }
        </g>
    }
}

/// The grip from which links are drawn. A press without a drag begins a link too: the next card that is chosen ends it.
fn handle(face: &Face, w: f32, h: f32, is_portrait: bool) -> Html {
    let (x, y) = if is_portrait { (w / 2.0, h) } else { (w, h / 2.0) };
    let turn = if is_portrait { " rotate(90)" } else { "" };
    html! {
        <g class="handle" transform={format!("translate({x} {y}){turn}")} data-handle={face.id.clone()}
            data-testid={format!("handle-{}", face.id)}>
            <title>{ format!("Draw a link from {}", face.label) }</title>
            <circle class="handle-reach" r="17" />
            <circle class="handle-disc" r="9" />
            <path class="handle-sign" d="M-3.5 0H3.5M.5 -3 3.5 0 .5 3" />
        </g>
    }
}

/// The field for another name, in place of the label. What stands in it is the browser's: a card is drawn anew with every figure, and
/// would take back what is being written.
fn rename(props: &Props, x: f32) -> Html {
    let Props { face, place, on_intent, .. } = props;
    let done = {
        let (on_intent, id) = (on_intent.clone(), face.id.clone());
        move |input: HtmlInputElement| {
            on_intent.emit(Intent::Draw(Draw::Rename { node: id.clone(), label: input.value() }));
        }
    };
    let onkeydown = {
        let (on_intent, done) = (on_intent.clone(), done.clone());
        Callback::from(move |event: KeyboardEvent| {
            event.stop_propagation();
            match event.key().as_str() {
                "Enter" => done(event.target_unchecked_into()),
                "Escape" => on_intent.emit(Intent::Draw(Draw::EndRename)),
                _ => {}
            }
        })
    };
    let onblur = Callback::from(move |event: FocusEvent| done(event.target_unchecked_into()));
    let onclick = Callback::from(|event: MouseEvent| event.stop_propagation());
    html! {
        <foreignObject x={(x - 6.0).to_string()} y="8" width={(place.w - x).to_string()} height="34">
            <input xmlns="http://www.w3.org/1999/xhtml" class="rename" type="text" data-value={face.label.clone()} aria-label={format!("Name of {}", face.label)} maxlength="60"
                {onkeydown} {onblur} {onclick} data-testid="rename" />
        </foreignObject>
    }
}

fn load_text(load: Option<u8>) -> String {
    load.map_or_else(String::new, |load| format!("{load} %"))
}

fn load_bar(load: u8, w: f32, y: f32) -> Html {
    let length = w - 2.0 * INSET;
    let class = match load {
        90.. => "card-load is-full",
        70.. => "card-load is-high",
        _ => "card-load",
    };
    let filled = (length * f32::from(load) / 100.0).max(if load > 0 { 3.0 } else { 0.0 });
    html! {
        <g transform={format!("translate({INSET} {y})")}>
            <rect class="card-track" width={length.to_string()} height="5" rx="2.5" />
            <rect {class} width={format!("{filled:.0}")} height="5" rx="2.5" />
        </g>
    }
}

fn queue(face: &Face, w: f32, h: f32) -> Html {
    let class = if face.is_crowded { "card-queue is-crowded" } else { "card-queue" };
    let y = h - if h < COMPACT_BELOW { 14.0 } else { 17.0 };
    let pips = (0..PIPS).map(|i| {
        let x = INSET + i as f32 * (PIP + 2.0);
        let class = if i < face.pips { "pip is-taken" } else { "pip" };
        html! { <rect {class} x={x.to_string()} y={y.to_string()} width={PIP.to_string()} height={PIP.to_string()} rx="2" /> }
    });
    html! {
        <g {class}>
            { for pips }
            if face.queue > 0 {
                <text class="card-waiting" x={(w - INSET).to_string()} y={(y + 7.5).to_string()} text-anchor="end">
                    { crate::format::quantity(face.queue as f64) }
                </text>
            }
        </g>
    }
}

fn chip(face: &Face, w: f32) -> Html {
    let Some(text) = face.chip else { return Html::default() };
    let width = text.chars().count() as f32 * 6.9 + 16.0;
    html! {
        <g class="card-chip" transform={format!("translate({} -11)", w - width - 10.0)}>
            <rect width={width.to_string()} height="21" rx="10.5" />
            <text x={(width / 2.0).to_string()} y="14.8" text-anchor="middle">{ text }</text>
        </g>
    }
}

fn badge(face: &Face, w: f32, h: f32) -> Html {
    let Some(text) = &face.badge else { return Html::default() };
    let width = text.chars().count() as f32 * 7.0 + 36.0;
    html! {
        <g class="card-badge" transform={format!("translate({} {})", (w - width) / 2.0, h - 4.0)}
            data-testid={format!("badge-{}", face.id)}>
            <title>{ face.reasons.join(", ") }</title>
            <rect width={width.to_string()} height="24" rx="12" />
            <path d="M11 7.500 20 16.500M20 7.500 11 16.500" />
            <text x="26" y="16.500">{ text }</text>
        </g>
    }
}

/// What of `other`, a list of figures, has room beside `key`: all of it, or the last of them.
fn beside(key: &str, other: String) -> String {
    match other.rsplit_once(", ") {
        Some((_, last)) if key.chars().count() + other.chars().count() > MOST_ABREAST => last.to_owned(),
        _ => other,
    }
}

/// `label`, cut where it would leave the card.
fn shortened(label: &str, room: f32) -> String {
    let room = room.max(4.0) as usize;
    if label.chars().count() <= room {
        return label.to_owned();
    }
    let cut: String = label.chars().take(room - 1).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_would_run_into_each_other_give_way() {
        assert_eq!(beside("55.7/s", "log at 1, lag 0 ms".to_owned()), "lag 0 ms");
        assert_eq!(beside("0/s", "log at 1, lag 0 ms".to_owned()), "log at 1, lag 0 ms");
        assert_eq!(beside("12,345.6/s", "far too long a text".to_owned()), "far too long a text");
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(
            (shortened("Cache", 12.0), shortened("A very long name", 8.0)),
            ("Cache".to_owned(), "A very…".to_owned())
        );
    }
}
