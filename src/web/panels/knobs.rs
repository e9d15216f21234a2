//! Knobs: parameters that a person has put on the page as sliders, to be moved while it runs.

use std::rc::Rc;

use serde_json::Value;
use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::*;

use scalescope::base::json::Json;
use scalescope::base::{Bytes, SimDuration};
use scalescope::model::spec::{ParamSpec, ParamType};

use crate::app::Shown;
use crate::format;
use crate::icons::icon;
use crate::input::Intent;
use crate::panels::bench::Wish;

/// How far a slider goes to each side of the default, as a factor, where the range goes further.
const REACH: f64 = 100.0;
/// Ranges wider than this turn logarithmically.
const WIDE: f64 = 50.0;

/// A parameter of a node, by the name that an edit calls it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knob {
    pub node: Rc<str>,
    pub path: String,
}

/// How a slider turns a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    ty: ParamType,
    low: f64,
    high: f64,
    /// Zero stands at the left end of a logarithmic slider.
    has_zero: bool,
    is_log: bool,
    now: f64,
}

impl Turn {
    /// None for what is no number.
    pub fn of(spec: &ParamSpec, value: &Value) -> Option<Self> {
        let (now, default) = (number(spec.ty, value)?, number(spec.ty, &spec.default)?);
        let (mut low, mut high) = (spec.min, spec.max);
        if default > 0.0 {
            (low, high) = (low.max(default / REACH), high.min(default * REACH));
        }
        (low, high) = (low.min(now), high.max(now));
        let has_zero = spec.min <= 0.0;
        let is_log = high / low.max(high * 1e-9) > WIDE;
        if is_log {
            low = low.max(high / 1e4);
        } else if has_zero && default > 0.0 && spec.max <= default * REACH {
            low = 0.0;
        }
        (high > low && high.is_finite()).then_some(Self {
            ty: spec.ty,
            low,
            high,
            has_zero: has_zero && is_log,
            is_log,
            now,
        })
    }

    /// Where the present value is, 0 to 1.
    pub fn place(&self) -> f64 {
        let place = if self.is_log {
            if self.now <= 0.0 { 0.0 } else { libm::log(self.now / self.low) / libm::log(self.high / self.low) }
        } else {
            (self.now - self.low) / (self.high - self.low)
        };
        place.clamp(0.0, 1.0)
    }

    /// The value at a place of the slider, as a document has it.
    pub fn value(&self, place: f64) -> Value {
        // A number that one can say may lie beyond the ends.
        let said = |number: f64| format::round(number).clamp(self.low, self.high);
        let number = match (place <= 0.0 && self.has_zero, self.is_log) {
            (true, _) => 0.0,
            (false, true) => said(self.low * libm::pow(self.high / self.low, place)),
            (false, false) => said(self.low + (self.high - self.low) * place),
        };
        match self.ty {
            ParamType::Count => Value::from(number.round().max(self.low.min(1.0).floor()) as u64),
            ParamType::Duration => SimDuration::from_secs_f64(number).to_value(),
            ParamType::Bytes => Bytes(number as u64).to_value(),
            _ => Value::from(number),
        }
    }
}

fn number(ty: ParamType, value: &Value) -> Option<f64> {
    match ty {
        ParamType::Count | ParamType::Number => value.as_f64(),
        ParamType::Duration => value.as_str()?.parse::<SimDuration>().ok().map(SimDuration::as_secs_f64),
        ParamType::Bytes => value.as_str()?.parse::<Bytes>().ok().map(|bytes| bytes.0 as f64),
        _ => None,
    }
}

pub struct Props {
    pub knobs: Vec<Knob>,
    pub shown: Rc<Shown>,
    pub on_intent: Callback<Intent>,
}

pub fn knobs(props: &Props) -> Html {
    html! {
        <section class="knobs" aria-label="Parameters on the page" data-testid="knobs">
            { for props.knobs.iter().filter_map(|knob| view(knob, props)) }
        </section>
    }
}

fn view(knob: &Knob, props: &Props) -> Option<Html> {
    let node = props.shown.document.node(&knob.node)?;
    let spec = node.kind.specs().into_iter().find(|spec| spec.path() == knob.path)?;
    let params = node.kind.params();
    let value = spec.value_in(&params)?;
    let turn = Turn::of(&spec, value)?;
    let words = match value {
        Value::String(text) => text.clone(),
        other => format!("{other} {}", spec.unit).trim().to_owned(),
    };
    let label = format!("{}: {}", node.label(), format::name(spec.name));
    let oninput = {
        let Knob { node, path } = knob.clone();
        props.on_intent.reform(move |event: InputEvent| {
            let place = event.target_unchecked_into::<HtmlInputElement>().value_as_number();
            Intent::Bench(Wish::Turn { node: node.clone(), param: path.clone(), value: turn.value(place) })
        })
    };
    let off = {
        let knob = knob.clone();
        props.on_intent.reform(move |_: MouseEvent| Intent::Bench(Wish::Knob(knob.clone())))
    };
    Some(html! {
        <div class="knob" key={format!("{}.{}", knob.node, knob.path)}>
            <label class="dial">
                <span>{ &label }</span>
                <output>{ &words }</output>
                <input type="range" min="0" max="1" step="0.005" value={format!("{:.4}", turn.place())} aria-valuetext={words.clone()} {oninput}
                    data-testid={format!("slide-{}-{}", knob.node, knob.path)} />
            </label>
            <button class="tool small" onclick={off} aria-label={format!("Take off {label}")} title="Take off">{ icon("close") }</button>
        </div>
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalescope::base::Kind;
    use scalescope::model::NodeKind;

    #[test]
    fn every_number_can_be_turned_to_valid_values_and_starts_where_it_is() {
        for name in Kind::ALL {
            let kind = NodeKind::of(name);
            for spec in kind.specs() {
                let Some(turn) = Turn::of(&spec, &spec.default) else { continue };
                for place in [0.0, 0.3, 1.0] {
                    let mut turned = kind.clone();
                    turned.set(&spec.path(), turn.value(place)).unwrap();
                    let value = number(spec.ty, &turn.value(place)).unwrap();
                    assert!(value >= spec.min && value <= spec.max * 1.001, "{name}.{}: {value}", spec.path());
                }
            }
        }
    }
}
