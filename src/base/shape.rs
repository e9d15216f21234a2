//! Shapes of positive random quantities: service times, latencies, think times.
//!
//! A shape is a distribution with mean 1; what it is the shape of has a mean of its own, by which the drawn number is
//! multiplied. All families here are closed under scaling, so nothing is lost. In documents a shape is text:
//! `exponential`, `lognormal(4)`. Sources: textbook definitions (Law, *Simulation Modeling and Analysis*, ch. 6); the bounded
//! Pareto as in Harchol-Balter, *Performance Modeling and Design of Computer Systems*, §20.4. Draws use exact arithmetic
//! and `libm`, so they are equal on every platform.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::random::Stream;
use super::time::SimDuration;

const VALID: &str = "constant, exponential, uniform, erlang(stages), hyperexponential(p, mean1, mean2), lognormal(scv), \
                     pareto(alpha), bounded_pareto(alpha, high/low), empirical(weight:value, …), \
                     mixture(weight:mean:shape, …)";

/// Most values or shapes that one can be made of.
const MOST_PARTS: usize = 100;

/// A distribution with mean 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Shape {
    /// Always the mean.
    #[default]
    Constant,
    /// Memoryless; squared coefficient of variation 1.
    Exponential,
    /// Anything from zero to twice the mean, evenly.
    Uniform,
    /// Sum of this many exponential stages; squared coefficient of variation 1 / stages.
    Erlang(u32),
    /// With probability `p` exponential with `mean1`, else with `mean2`; only the ratio of the means counts.
    Hyperexponential { p: f64, mean1: f64, mean2: f64 },
    /// Its logarithm is normal; `scv` is the squared coefficient of variation.
    Lognormal { scv: f64 },
    /// Power law with exponent `alpha` between two bounds with this ratio.
    BoundedPareto { alpha: f64, ratio: f64 },
    /// One of some values, by weight; only the ratios count.
    Empirical(Vec<(f64, f64)>),
    /// Power law with exponent `alpha`, above 1, and no upper bound.
    Pareto { alpha: f64 },
    /// One of some shapes, by weight; of their weights and their means only the ratios count. Mixtures are not mixed again.
    Mixture(Vec<Part>),
}

/// One shape of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub weight: f64,
    pub mean: f64,
    pub shape: Shape,
}

impl Shape {
    /// One value, with mean 1.
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Exponential => stream.exponential(),
            Self::Uniform => 2.0 * stream.unit(),
            Self::Erlang(stages) => {
                let total: f64 = (0..*stages).map(|_| stream.exponential()).sum();
                total / f64::from(*stages)
            }
            Self::Hyperexponential { p, mean1, mean2 } => {
                let mean = if stream.chance(*p) { mean1 } else { mean2 };
                stream.exponential() * mean / (p * mean1 + (1.0 - p) * mean2)
            }
            Self::Lognormal { scv } => {
                // With variance σ² of the logarithm, scv = exp(σ²) − 1 and the mean is exp(μ + σ²/2) = 1.
                let variance = libm::log1p(*scv);
                libm::exp(variance.sqrt() * stream.normal() - variance / 2.0)
            }
            Self::BoundedPareto { alpha, ratio } => {
                let tail = 1.0 - libm::pow(*ratio, -alpha);
                let value = libm::pow(1.0 - stream.unit() * tail, -1.0 / alpha);
                value / bounded_pareto_mean(*alpha, *ratio)
            }
            Self::Empirical(values) => {
                let (weight, mean) = totals(values.iter().copied());
                let mut point = stream.unit() * weight;
                let drawn = values.iter().find(|(weight, _)| {
                    point -= weight;
                    point < 0.0
                });
                drawn.or(values.last()).map_or(1.0, |(_, value)| value / mean)
            }
            // By inversion, from the lower bound (α − 1) / α.
            Self::Pareto { alpha } => (alpha - 1.0) / alpha * libm::pow(1.0 - stream.unit(), -1.0 / alpha),
            Self::Mixture(parts) => {
                let (weight, mean) = totals(means(parts));
                let mut point = stream.unit() * weight;
                let drawn = parts.iter().find(|part| {
                    point -= part.weight;
                    point < 0.0
                });
                drawn.or(parts.last()).map_or(1.0, |part| part.shape.draw(stream) * part.mean / mean)
            }
        }
    }

    /// One duration with the given mean.
    pub fn duration(&self, mean: SimDuration, stream: &mut Stream) -> SimDuration {
        if matches!(self, Self::Constant) {
            return mean;
        }
        SimDuration::from_secs_f64(self.draw(stream) * mean.as_secs_f64())
    }

    /// Of a bounded Pareto, its mean as a multiple of the lower bound; of any other, 1.
    pub fn raw_mean(&self) -> f64 {
        match self {
            Self::BoundedPareto { alpha, ratio } => bounded_pareto_mean(*alpha, *ratio),
            _ => 1.0,
        }
    }

    /// What keeps the shape from being one, in words.
    fn problem(&self) -> Option<&'static str> {
        let is_positive = |x: f64| x > 0.0 && x.is_finite();
        let is_sound = match self {
            Self::Constant | Self::Exponential | Self::Uniform => true,
            Self::Erlang(stages) => (1..=1_000).contains(stages),
            Self::Hyperexponential { p, mean1, mean2 } => {
                (0.0..=1.0).contains(p) && is_positive(*mean1) && is_positive(*mean2)
            }
            Self::Lognormal { scv } => is_positive(*scv) && *scv <= 1e6,
            Self::BoundedPareto { alpha, ratio } => {
                is_positive(*alpha) && *alpha <= 100.0 && *ratio > 1.0 && *ratio <= 1e12
            }
            Self::Empirical(values) => {
                let are_sound = values
                    .iter()
                    .all(|(weight, value)| *weight >= 0.0 && *value >= 0.0 && weight.is_finite() && value.is_finite());
                let (weight, mean) = totals(values.iter().copied());
                are_sound && values.len() <= MOST_PARTS && is_positive(weight) && is_positive(mean)
            }
            Self::Pareto { alpha } => *alpha > 1.0 && *alpha <= 100.0,
            Self::Mixture(parts) => {
                let is_sound = |part: &Part| {
                    let is_mixed = matches!(part.shape, Self::Mixture(_));
                    !is_mixed && part.weight >= 0.0 && part.mean >= 0.0 && part.shape.problem().is_none()
                };
                let (weight, mean) = totals(means(parts));
                parts.len() <= MOST_PARTS && parts.iter().all(is_sound) && is_positive(weight) && is_positive(mean)
            }
        };
        if is_sound { None } else { Some("its numbers are out of range") }
    }
}

/// Mean of a bounded Pareto with lower bound 1 and upper bound `ratio`.
fn bounded_pareto_mean(alpha: f64, ratio: f64) -> f64 {
    let tail = 1.0 - libm::pow(ratio, -alpha);
    if (alpha - 1.0).abs() < 1e-9 {
        return libm::log(ratio) / tail;
    }
    alpha / (alpha - 1.0) * (1.0 - libm::pow(ratio, 1.0 - alpha)) / tail
}

/// The weight and the mean of each part.
fn means(parts: &[Part]) -> impl Iterator<Item = (f64, f64)> + Clone {
    parts.iter().map(|part| (part.weight, part.mean))
}

/// Sum of the weights, and the weighted mean.
fn totals(values: impl Iterator<Item = (f64, f64)> + Clone) -> (f64, f64) {
    let weight: f64 = values.clone().map(|(weight, _)| weight).sum();
    let sum: f64 = values.map(|(weight, value)| weight * value).sum();
    (weight, sum / weight)
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Exponential => f.write_str("exponential"),
            Self::Uniform => f.write_str("uniform"),
            Self::Erlang(stages) => write!(f, "erlang({stages})"),
            Self::Hyperexponential { p, mean1, mean2 } => write!(f, "hyperexponential({p}, {mean1}, {mean2})"),
            Self::Lognormal { scv } => write!(f, "lognormal({scv})"),
            Self::BoundedPareto { alpha, ratio } => write!(f, "bounded_pareto({alpha}, {ratio})"),
            Self::Empirical(values) => {
                f.write_str("empirical(")?;
                for (i, (weight, value)) in values.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{weight}:{value}")?;
                }
                f.write_str(")")
            }
            Self::Pareto { alpha } => write!(f, "pareto({alpha})"),
            Self::Mixture(parts) => {
                f.write_str("mixture(")?;
                for (i, Part { weight, mean, shape }) in parts.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{weight}:{mean}:{shape}")?;
                }
                f.write_str(")")
            }
        }
    }
}

/// The pieces of a list, without those commas that stand within brackets.
fn pieces(list: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let is_between = |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    };
    list.split(is_between).map(str::trim).filter(|part| !part.is_empty()).collect()
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fail = |what: &str| format!("`{text}` is not a shape: {what}; valid: {VALID}");
        let text = text.trim();
        let (name, inner) = match text.split_once('(') {
            Some((name, rest)) => {
                let inner = rest.strip_suffix(')').ok_or_else(|| fail("a closing bracket is missing"))?;
                (name.trim(), inner)
            }
            None => (text, ""),
        };
        let parts = pieces(inner);
        let number = |part: &str| part.parse::<f64>().map_err(|_| fail(&format!("`{part}` is not a number")));
        let shape = match (name, &parts[..]) {
            ("constant", []) => Self::Constant,
            ("exponential", []) => Self::Exponential,
            ("uniform", []) => Self::Uniform,
            ("erlang", [stages]) => Self::Erlang(stages.parse().map_err(|_| fail("stages are a whole number"))?),
            ("hyperexponential", [p, mean1, mean2]) => {
                Self::Hyperexponential { p: number(p)?, mean1: number(mean1)?, mean2: number(mean2)? }
            }
            ("lognormal", [scv]) => Self::Lognormal { scv: number(scv)? },
            ("bounded_pareto", [alpha, ratio]) => Self::BoundedPareto { alpha: number(alpha)?, ratio: number(ratio)? },
            ("empirical", values) => {
                let value = |part: &&str| {
                    let (weight, value) =
                        part.split_once(':').ok_or_else(|| fail("values are written weight:value"))?;
                    Ok((number(weight.trim())?, number(value.trim())?))
                };
                Self::Empirical(values.iter().map(value).collect::<Result<_, String>>()?)
            }
            ("pareto", [alpha]) => Self::Pareto { alpha: number(alpha)? },
            ("mixture", parts) => {
                let part = |part: &&str| {
                    let fields: Vec<&str> = part.splitn(3, ':').map(str::trim).collect();
                    let [weight, mean, shape] = fields[..] else {
                        return Err(fail("its parts are written weight:mean:shape"));
                    };
                    if shape.starts_with("mixture") {
                        return Err(fail("a mixture is not mixed again"));
                    }
                    Ok(Part { weight: number(weight)?, mean: number(mean)?, shape: shape.parse()? })
                };
                Self::Mixture(parts.iter().map(part).collect::<Result<_, String>>()?)
            }
            _ => return Err(fail("no such name with so many numbers")),
        };
        shape.problem().map_or(Ok(shape), |what| Err(fail(what)))
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Shape {
    fn schema_name() -> Cow<'static, str> {
        "Shape".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": format!("Shape of a distribution around its mean: {VALID}"),
            "examples": ["constant", "exponential", "erlang(4)", "lognormal(4)", "bounded_pareto(1.1, 20000)"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_written_as_it_can_be_read() {
        for text in [
            "constant",
            "exponential",
            "uniform",
            "erlang(4)",
            "hyperexponential(0.908248290463863, 0.5505102572168219, 5.449489742783178)",
            "lognormal(0.25)",
            "bounded_pareto(1.1, 20000)",
            "empirical(0.99:1, 0.01:100)",
            "pareto(1.51)",
            "mixture(0.38:3.1:pareto(1.51), 0.62:5.5:bounded_pareto(2, 10))",
        ] {
            assert_eq!(text.parse::<Shape>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_shape_is_refused_with_a_remedy() {
        for text in [
            "",
            "normal",
            "erlang",
            "erlang(0)",
            "erlang(x)",
            "erlang(4",
            "constant(1)",
            "lognormal(0)",
            "lognormal(NaN)",
            "lognormal(inf)",
            "bounded_pareto(1.1, 0.5)",
            "hyperexponential(2, 1, 1)",
            "empirical()",
            "empirical(1)",
            "empirical(1:0)",
            "empirical(-1:1)",
            "pareto(1)",
            "mixture()",
            "mixture(1:1)",
            "mixture(1:0:constant)",
            "mixture(1:1:mixture(1:1:constant))",
            "mixture(1:1:erlang(0))",
        ] {
            let error = text.parse::<Shape>().unwrap_err();
            assert!(error.contains("lognormal(scv)"), "{error}");
        }
    }

    /// Squared coefficient of variation of a bounded Pareto, from its moments.
    fn bounded_pareto_scv(alpha: f64, ratio: f64) -> f64 {
        let tail = 1.0 - libm::pow(ratio, -alpha);
        let second = alpha / (2.0 - alpha) * (libm::pow(ratio, 2.0 - alpha) - 1.0) / tail;
        second / (bounded_pareto_mean(alpha, ratio) * bounded_pareto_mean(alpha, ratio)) - 1.0
    }

    #[test]
    fn moments_are_right() {
        // Of a Pareto distribution: 1 / (α (α − 2)).
        let pareto = 1.0 / 15.0;
        let cases: [(&str, f64); 10] = [
            ("constant", 0.0),
            ("exponential", 1.0),
            ("uniform", 1.0 / 3.0),
            ("erlang(4)", 0.25),
            // By the moments of a mixture: 2 (p m1² + q m2²) / (p m1 + q m2)² − 1.
            ("hyperexponential(0.75, 1, 5)", 2.0 * (0.75 + 6.25) / 4.0 - 1.0),
            ("lognormal(2)", 2.0),
            ("bounded_pareto(2.5, 50)", bounded_pareto_scv(2.5, 50.0)),
            ("empirical(3:1, 1:5)", (3.0 + 25.0) / 4.0 / 4.0 - 1.0),
            ("pareto(5)", pareto),
            // Second moment over the square of the mean, which is 2.
            ("mixture(3:1:pareto(5), 1:5:exponential)", (3.0 * (1.0 + pareto) + 50.0) / 4.0 / 4.0 - 1.0),
        ];
        for (text, scv) in cases {
            let shape: Shape = text.parse().unwrap();
            let mut stream = Stream::seeded(11);
            let n = 400_000;
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..n {
                let value = shape.draw(&mut stream);
                sum += value;
                squares += value * value;
            }
            let mean = sum / f64::from(n);
            let measured = squares / f64::from(n) / (mean * mean) - 1.0;
            assert!((mean - 1.0).abs() < 0.012, "{text}: mean {mean}");
            assert!((measured - scv).abs() < 0.01 + 0.08 * scv, "{text}: scv {measured} for {scv}");
        }
    }
}
