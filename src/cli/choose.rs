//! `scalescope choose`: the same workload on the five kinds of database, and which of the reasons for leaving the relational one
//! hold for it.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;
use scalescope::base::SimDuration;
use scalescope::engine::chooser::{self, Choice, MODELS, Trial};

use crate::input::{self, Failure};

/// What `choose` is asked.
#[derive(Args)]
pub struct Options {
    /// The document whose workload is tried.
    scenario: PathBuf,
    /// How long to measure each kind, after the warm-up: a number with a unit, as in 30s, 2m.
    #[arg(long = "for", value_name = "DURATION", default_value = "30s")]
    duration: SimDuration,
    /// How long to simulate before measuring begins.
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    warmup: SimDuration,
    /// Where the randomness comes from, instead of the document's.
    #[arg(long)]
    seed: Option<u64>,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

/// Longest simulated time of a trial.
const LONGEST: SimDuration = SimDuration::from_secs(365 * 86_400);

pub fn run(options: &Options) -> Result<(), Failure> {
    let mut document = input::document(&options.scenario)?;
    document.seed = options.seed.unwrap_or(document.seed);
    let name = options.scenario.display();
    if options.duration.is_zero() || options.duration > LONGEST || options.warmup > LONGEST {
        return Err(Failure::input("--for, --warmup: valid: --for above 0s, both up to 365d"));
    }
    let trial = |(_, model): &(_, &'static str)| chooser::trial(&document, model, options.warmup, options.duration);
    let trials: Result<Vec<Trial>, _> = MODELS.par_iter().with_max_len(1).map(trial).collect();
    let trials = trials.map_err(|problems| Failure::input(format!("{name}: {problems}")))?;
    let choice = chooser::weigh(&document, trials);
    let text = if options.json {
        format!("{:#}\n", serde_json::to_value(&choice).expect("a choice can be written"))
    } else {
        let mut text = String::new();
        write_text(&mut text, &document.name, &choice).expect("writing to a string does not fail");
        text
    };
    input::print(&text)
}

fn write_text(text: &mut String, name: &str, choice: &Choice) -> std::fmt::Result {
    writeln!(text, "{name} · the same workload on five kinds of database\n")?;
    writeln!(
        text,
        "{:<12}{:>11}{:>10}{:>10}{:>10}{:>10}{:>7}{:>7}{:>7}{:>9}{:>10}{:>7}{:>7}",
        "kind",
        "goodput/s",
        "errors/s",
        "mean ms",
        "p99 ms",
        "store ms",
        "db %",
        "web %",
        "disk %",
        "missed",
        "N+1 calls",
        "torn",
        "stale"
    )?;
    for trial in &choice.trials {
        let percent = |share: f64| format!("{:.0}", share * 100.0);
        writeln!(
            text,
            "{:<12}{:>11.1}{:>10.1}{:>10.1}{:>10.1}{:>10.2}{:>7}{:>7}{:>7}{:>9}{:>10}{:>7}{:>7}",
            trial.model,
            trial.goodput_per_s,
            trial.errors_per_s,
            trial.latency.mean_s * 1e3,
            trial.latency.p99_s * 1e3,
            trial.store_s * 1e3,
            percent(trial.database_utilisation),
            percent(trial.web_utilisation),
            trial.disk_utilisation.map_or_else(|| "–".to_owned(), percent),
            trial.page_misses,
            trial.extra_calls,
            trial.torn_writes,
            trial.stale_reads,
        )?;
    }
    let mut operations: Vec<&str> = Vec::new();
    for (name, ..) in choice.trials.iter().flat_map(|trial| &trial.operations) {
        if !operations.contains(name) {
            operations.push(name);
        }
    }
    writeln!(text, "\np50 and p99 by operation, in ms")?;
    write!(text, "{:<12}", "kind")?;
    operations.iter().try_for_each(|name| write!(text, "{name:>18}"))?;
    for trial in &choice.trials {
        write!(text, "\n{:<12}", trial.model)?;
        for name in &operations {
            let own = trial.operations.iter().find(|(own, ..)| own == name);
            let times = own.filter(|(.., latency)| latency.count > 0).map_or_else(
                || "–".to_owned(),
                |(.., latency)| format!("{:.1} / {:.1}", latency.p50_s * 1e3, latency.p99_s * 1e3),
            );
            write!(text, "{times:>18}")?;
        }
    }
    writeln!(text)?;
    for trial in choice.trials.iter().filter(|trial| !trial.errors.is_empty()) {
        let errors: Vec<String> = trial.errors.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        writeln!(text, "{} failed: {}", trial.model, errors.join(", "))?;
    }
    writeln!(text, "\nreasons for another than a relational store")?;
    for ground in &choice.grounds {
        let word = match ground.holds {
            Some(true) => "yes",
            Some(false) => "no",
            None => "?",
        };
        writeln!(text, "  {word:<4}{}: {}", ground.name, ground.why)?;
    }
    writeln!(text, "\nbest for this workload: {}", choice.best)
}
