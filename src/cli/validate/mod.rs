//! `scalescope validate`: outside numbers, against ordinary documents of the product's own components.
//!
//! A case names a family, inputs and what must come out. Its family builds a document from the inputs; the engine runs it; what
//! it measured is compared within the case's tolerance. Nothing is skipped in silence: a family that is not known, an input that
//! is not understood and a metric that is not measured are failures with a reason.

mod case;
mod families;
mod plan;
mod verdict;

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::input::{self, Failure};
use case::Case;
use verdict::{Check, Verdict};

/// What `validate` is asked.
#[derive(Args)]
pub struct Options {
    /// Files of cases.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where the recorded traces are that cases name; `traces` beside the file of cases, if not given.
    #[arg(long, value_name = "DIR")]
    traces: Option<PathBuf>,
    /// Only the cases of these families.
    #[arg(long, value_name = "NAME")]
    family: Vec<String>,
    /// Only the cases with these ids.
    #[arg(long, value_name = "ID")]
    id: Vec<String>,
    /// Simulate only this share of each case's completions: quicker, and less exact.
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    effort: f64,
    /// Print the document that is built for a case, instead of running it.
    #[arg(long, value_name = "ID")]
    emit: Option<String>,
    /// Report as JSON Lines.
    #[arg(long)]
    json: bool,
}

/// What became of one case.
struct Result {
    case: Case,
    verdict: Verdict,
    seconds: f64,
}

/// Runs the cases; true if all passed.
pub fn run(options: &Options) -> std::result::Result<bool, Failure> {
    if !(options.effort > 0.0 && options.effort <= 1.0) {
        return Err(Failure::input(format!("--effort {}: valid: above 0, up to 1", options.effort)));
    }
    let mut cases = Vec::new();
    for file in &options.files {
        let traces = options.traces.clone().unwrap_or_else(|| file.with_file_name("traces"));
        cases.extend(case::read(file, &traces, options.effort)?);
    }
    if let Some(id) = &options.emit {
        let case = cases.iter().find(|case| case.id == *id);
        let case = case.ok_or_else(|| Failure::input(format!("--emit {id}: there is no such case")))?;
        let plan = families::plan(case).map_err(|what| Failure::input(format!("{id}: {what}")))?;
        input::print(&plan.document.to_json())?;
        return Ok(true);
    }
    let is_wanted = |list: &[String], name: &str| list.is_empty() || list.iter().any(|wanted| wanted == name);
    cases.retain(|case| is_wanted(&options.family, &case.family) && is_wanted(&options.id, &case.id));
    if cases.is_empty() {
        return Err(Failure::input("there is no case to run: --family and --id fit none"));
    }
    // The long ones first, so that no core is left with one at the end.
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(cases[*at].completions.unwrap_or_default()));
    let mut results: Vec<(usize, Result)> = order
        .into_par_iter()
        .with_max_len(1)
        .map(|at| {
            let result = judge(cases[at].clone());
            if !options.json {
                eprintln!("{:<28} {:>7.1} s  {}", result.case.id, result.seconds, result.verdict.word());
            }
            (at, result)
        })
        .collect();
    results.sort_by_key(|(at, _)| *at);
    let results: Vec<Result> = results.into_iter().map(|(_, result)| result).collect();
    let text = if options.json { as_json(&results) } else { as_text(&results) };
    input::print(&text)?;
    Ok(results.iter().all(|result| result.verdict.is_pass()))
}

fn judge(case: Case) -> Result {
    // The clock on the wall only tells how long a case took.
    #[allow(clippy::disallowed_methods)]
    let started = std::time::Instant::now();
    let measured = families::plan(&case).and_then(plan::Plan::run);
    let verdict = Verdict::of(&case, measured);
    Result { case, verdict, seconds: started.elapsed().as_secs_f64() }
}

fn as_text(results: &[Result]) -> String {
    let mut text = String::new();
    write_text(&mut text, results).expect("writing to a string does not fail");
    text
}

fn write_text(text: &mut String, results: &[Result]) -> std::fmt::Result {
    writeln!(
        text,
        "{:<28}{:<26}{:>14}{:>14}  {:<14}{:>8}  verdict",
        "id", "metric", "expected", "measured", "tolerance", "s"
    )?;
    for Result { case, verdict, seconds } in results {
        if let Verdict::Broken(why) = verdict {
            writeln!(text, "{:<28}{why}", case.id)?;
        }
        for check in verdict.checks() {
            let Check { metric, expected, measured, tolerance, .. } = check;
            writeln!(
                text,
                "{:<28}{metric:<26}{:>14}{:>14}  {:<14}{seconds:>8.1}  {}",
                case.id,
                shown(expected),
                measured.as_ref().map_or_else(|| "–".to_owned(), shown),
                tolerance.to_string(),
                if check.is_pass() { "pass" } else { "FAIL" },
            )?;
        }
    }
    writeln!(text, "\n{:<30}{:>8}{:>8}{:>10}", "family", "passed", "failed", "seconds")?;
    let mut families: Vec<&str> = results.iter().map(|result| result.case.family.as_str()).collect();
    families.sort_unstable();
    families.dedup();
    for family in families {
        let own = results.iter().filter(|result| result.case.family == family);
        let (passed, failed, seconds) = own.fold((0, 0, 0.0), |(passed, failed, seconds), result| {
            let is_pass = result.verdict.is_pass();
            (passed + u32::from(is_pass), failed + u32::from(!is_pass), seconds + result.seconds)
        });
        writeln!(text, "{family:<30}{passed:>8}{failed:>8}{seconds:>10.1}")?;
    }
    writeln!(text, "\nnearest to their tolerance:")?;
    let checks = results.iter().flat_map(|result| result.verdict.checks().iter().map(move |check| (result, check)));
    let mut nearest: Vec<_> = checks.filter(|(_, check)| check.is_pass()).collect();
    nearest.sort_by(|a, b| b.1.used().total_cmp(&a.1.used()));
    for (result, check) in nearest.into_iter().take(5) {
        writeln!(text, "  {:<28}{:<26}{:>5.0} % of it", result.case.id, check.metric, check.used() * 100.0)?;
    }
    let passed = results.iter().filter(|result| result.verdict.is_pass()).count();
    writeln!(text, "\n{passed} passed, {} failed", results.len() - passed)
}

/// A value in at most twelve characters, where that is possible.
fn shown(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 && number.abs() < 1e12 => format!("{number}"),
        Some(number) => format!("{number:.6}"),
        None => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}

fn as_json(results: &[Result]) -> String {
    let mut text = String::new();
    for Result { case, verdict, seconds } in results {
        let checks: Vec<Value> = verdict
            .checks()
            .iter()
            .map(|check| {
                json!({
                    "metric": check.metric, "expected": check.expected, "measured": check.measured,
                    "tolerance": check.tolerance.to_string(), "verdict": if check.is_pass() { "pass" } else { "fail" },
                })
            })
            .collect();
        let mut line = json!({
            "id": case.id, "family": case.family, "verdict": verdict.word(), "seconds": seconds, "checks": checks,
        });
        if let Verdict::Broken(why) = verdict {
            line["reason"] = json!(why);
        }
        writeln!(text, "{line}").expect("writing to a string does not fail");
    }
    text
}
