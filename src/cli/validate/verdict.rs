//! Measured against expected.

use std::fmt;

use serde_json::Value;

use super::case::Case;
use super::plan::Measured;

/// What became of a case.
pub enum Verdict {
    /// It ran.
    Checked(Vec<Check>),
    /// It could not be run, for this reason.
    Broken(String),
}

/// One metric.
pub struct Check {
    pub metric: String,
    pub expected: Value,
    pub measured: Option<Value>,
    pub tolerance: Tolerance,
}

/// How far a measured value may be from the expected one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    Exact,
    Absolute(f64),
    Relative(f64),
}

impl Verdict {
    pub fn of(case: &Case, measured: Result<Measured, String>) -> Self {
        let measured = match measured {
            Ok(measured) => measured,
            Err(why) => return Self::Broken(why),
        };
        if case.expected.is_empty() {
            return Self::Broken("the case expects nothing".to_owned());
        }
        if let Some(metric) = case.tolerance.keys().find(|metric| !case.expected.contains_key(*metric)) {
            return Self::Broken(format!("tolerance.{metric}: nothing is expected of it"));
        }
        let checks = case.expected.iter().map(|(metric, expected)| {
            if expected.is_null() {
                return Err(format!("expected.{metric} is null"));
            }
            let tolerance = Tolerance::of(metric, expected, case.tolerance.get(metric))?;
            let found = measured.iter().find(|(name, _)| name == metric);
            let measured = found.map(|(_, value)| value.clone());
            Ok(Check { metric: metric.clone(), expected: expected.clone(), measured, tolerance })
        });
        checks.collect::<Result<Vec<_>, String>>().map_or_else(Self::Broken, Self::Checked)
    }

    pub fn checks(&self) -> &[Check] {
        match self {
            Self::Checked(checks) => checks,
            Self::Broken(_) => &[],
        }
    }

    pub fn is_pass(&self) -> bool {
        matches!(self, Self::Checked(checks) if checks.iter().all(Check::is_pass))
    }

    pub fn word(&self) -> &'static str {
        if self.is_pass() { "pass" } else { "FAIL" }
    }
}

impl Check {
    pub fn is_pass(&self) -> bool {
        self.used() <= 1.0
    }

    /// How much of the tolerance is used up; more than 1 is too much.
    pub fn used(&self) -> f64 {
        let Some(measured) = &self.measured else { return f64::INFINITY };
        if let (Some(expected), Some(measured)) = (self.expected.as_array(), measured.as_array()) {
            if expected.len() != measured.len() {
                return f64::INFINITY;
            }
            let each = expected.iter().zip(measured).map(|(expected, measured)| self.used_by(expected, measured));
            return each.fold(0.0, f64::max);
        }
        self.used_by(&self.expected, measured)
    }

    fn used_by(&self, expected: &Value, measured: &Value) -> f64 {
        let (Some(expected), Some(measured)) = (expected.as_f64(), measured.as_f64()) else {
            return if expected == measured { 0.0 } else { f64::INFINITY };
        };
        let off = (measured - expected).abs();
        let allowed = match self.tolerance {
            Tolerance::Exact => 0.0,
            Tolerance::Absolute(by) => by,
            Tolerance::Relative(by) => by * expected.abs(),
        };
        // Not a number is never within.
        if off <= 0.0 {
            0.0
        } else if off.is_nan() || allowed <= 0.0 {
            f64::INFINITY
        } else {
            off / allowed
        }
    }
}

impl Tolerance {
    /// The tolerance that a case states; where it states none: text, truth and counts have to be exact, shares and probabilities
    /// within 0.005, everything else within 2 %.
    fn of(metric: &str, expected: &Value, stated: Option<&Value>) -> Result<Self, String> {
        let number = |value: &Value| value.as_f64().filter(|by| *by >= 0.0);
        match stated {
            None | Some(Value::Null) => {}
            Some(stated) => {
                let known = [
                    (stated.get("exact").and_then(Value::as_bool) == Some(true)).then_some(Self::Exact),
                    stated.get("abs").and_then(number).map(Self::Absolute),
                    stated.get("rel").and_then(number).map(Self::Relative),
                ];
                let found = known.into_iter().flatten().next();
                return found.ok_or_else(|| format!("the tolerance {stated} of {metric} is not understood"));
            }
        }
        let is_share = ["ratio", "probability", "share"].iter().any(|word| metric.contains(word));
        // A list is judged by its entries.
        let number = expected.as_f64().or_else(|| expected.get(0).and_then(Value::as_f64));
        Ok(match number {
            None => Self::Exact,
            Some(_) if is_share => Self::Absolute(0.005),
            Some(_) if expected.is_u64() && ["misses", "miss_bytes", "moved_to_old_nodes"].contains(&metric) => {
                Self::Exact
            }
            Some(0.0) => Self::Absolute(0.005),
            Some(_) => Self::Relative(0.02),
        })
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Absolute(by) => write!(f, "± {by}"),
            Self::Relative(by) => write!(f, "± {} %", (by * 1e4).round() / 100.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn used(expected: &Value, measured: &Value, tolerance: Tolerance) -> f64 {
        let (expected, measured) = (expected.clone(), Some(measured.clone()));
        Check { metric: "m".to_owned(), expected, measured, tolerance }.used()
    }

    #[test]
    fn tolerances_are_kept_to() {
        assert!(used(&json!(10.0), &json!(10.1), Tolerance::Relative(0.02)) < 0.51);
        assert!(used(&json!(10.0), &json!(9.7), Tolerance::Relative(0.02)) > 1.0);
        assert!(used(&json!(0.0), &json!(0.1), Tolerance::Absolute(0.05)) > 1.0);
        assert!(
            used(&json!(5), &json!(5), Tolerance::Exact) < 1.0 && used(&json!(5), &json!(6), Tolerance::Exact) > 1.0
        );
        assert!(used(&json!("abc"), &json!("abc"), Tolerance::Exact) < 1.0);
        let lists = |second: f64| used(&json!([1, 2]), &json!([1, second]), Tolerance::Relative(0.1));
        assert!(lists(2.1) < 1.0 && lists(2.5) > 1.0);
        assert!(used(&json!([1, 2]), &json!([1]), Tolerance::Relative(0.1)) > 1.0);
        assert!(used(&json!(true), &json!(false), Tolerance::Exact) > 1.0);
        assert!(used(&json!(1.0), &json!(f64::NAN), Tolerance::Relative(0.5)) > 1.0, "not a number becomes null");
    }

    #[test]
    fn what_is_not_stated_has_a_default() {
        let of = |metric: &str, expected: Value, stated: Value| Tolerance::of(metric, &expected, Some(&stated));
        assert_eq!(of("misses", json!(7), Value::Null), Ok(Tolerance::Exact));
        assert_eq!(of("hit_ratio", json!(0.5), Value::Null), Ok(Tolerance::Absolute(0.005)));
        assert_eq!(of("response_mean_s", json!(2.0), json!({ "rel": 0.01 })), Ok(Tolerance::Relative(0.01)));
        assert!(of("x", json!(1), json!({ "about": 1 })).is_err());
    }
}
