//! `cargo xtask bench-wasm`: the engine's benches natively and in wasm, side by side.
//!
//! The two take turns on each workload, and only the ratio means much. The digests must be equal: both have done the same. In Node a
//! workload is run once before it is measured: a page runs for minutes, and what the compiler of wasm costs at its start is no part
//! of what an event costs.

use crate::Result;
use crate::proc::{cargo, output, run};
use crate::report::say;
use crate::{project, tools};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `bench-wasm` was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// Cargo's profile for the wasm: the page's own, unless another is to be compared.
    profile: String,
    names: Vec<String>,
}

/// These are run if none is named: all that are quick.
const USUAL: [&str; 9] =
    ["hold-1e3", "hold-1e5", "hold-1e6", "mm1", "mm10", "tandem5", "closed-1e4", "users-1e4", "users-1e6"];
/// Of this many runs the fastest counts: nothing makes a run faster than it is.
const RUNS: usize = 3;

/// Runs one workload twice and prints the figures of the second run; of the first, the memory.
const SCRIPT: &str = "
const { bench } = require(process.argv[2]);
const run = () => bench(process.argv[3], () => process.cpuUsage().user / 1e6);
const first = run();
if (first === undefined) throw new Error('there is no bench ' + process.argv[3]);
const { peak_mb } = JSON.parse(first);
const { ns_per_event, digest, simulated_s_per_s } = JSON.parse(run());
console.log(ns_per_event, digest, simulated_s_per_s ?? 0, peak_mb);
";

impl Options {
    pub fn parse(args: &[&str]) -> Result<Self> {
        let mut options = Self { profile: "page".to_owned(), names: Vec::new() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match *arg {
                "--profile" => (*args.next().ok_or("--profile wants a name")?).clone_into(&mut options.profile),
                name if name.starts_with('-') => return Err(format!("bench-wasm does not know `{name}`")),
                name => options.names.push(name.to_owned()),
            }
        }
        if options.names.is_empty() {
            options.names = USUAL.map(str::to_owned).to_vec();
        }
        Ok(options)
    }
}

/// One run.
struct Run {
    ns_per_event: f64,
    digest: String,
    simulated: f64,
    /// Peak memory, in megabytes; zero where nobody knows.
    memory: f64,
}

pub fn run_all(options: &Options) -> Result<()> {
    let native = build_native()?;
    let (module, script) = build_wasm(&options.profile)?;
    say(&format!(
        "wasm by the profile `{}`; nanoseconds an event, simulated seconds a second, megabytes",
        options.profile
    ));
    println!(
        "{:<12} {:>8} {:>8} {:>6}   {:>9} {:>9}   {:>7} {:>7}",
        "", "native", "wasm", "ratio", "native", "wasm", "native", "wasm"
    );
    for name in &options.names {
        let (ours, theirs) = fastest(name, &native, (&module, &script))?;
        if ours.digest != theirs.digest {
            return Err(format!("{name}: natively {}, in wasm {}: not the same work", ours.digest, theirs.digest));
        }
        let ratio = theirs.ns_per_event / ours.ns_per_event;
        println!(
            "{name:<12} {:>8.1} {:>8.1} {ratio:>6.2}   {:>9.2} {:>9.2}   {:>7.0} {:>7.0}",
            ours.ns_per_event, theirs.ns_per_event, ours.simulated, theirs.simulated, ours.memory, theirs.memory
        );
    }
    Ok(())
}

/// The fastest runs natively and in wasm, which take turns.
fn fastest(name: &str, native: &Path, (module, script): (&Path, &Path)) -> Result<(Run, Run)> {
    let mut best: Option<(Run, Run)> = None;
    for _ in 0..RUNS {
        let ours = natively(native, name)?;
        let theirs = in_wasm(script, module, name)?;
        best = Some(match best {
            None => (ours, theirs),
            Some((a, b)) => (faster(a, ours), faster(b, theirs)),
        });
    }
    best.ok_or_else(|| "nothing was run".to_owned())
}

fn faster(a: Run, b: Run) -> Run {
    if b.ns_per_event < a.ns_per_event { b } else { a }
}

fn natively(program: &Path, name: &str) -> Result<Run> {
    let text =
        output(program, &["bench", "--json", name]).ok_or_else(|| format!("`scalescope bench {name}` failed"))?;
    let field = |field: &str| {
        let rest = text.split_once(&format!("\"{field}\":")).map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split([',', '}']).next()).map(|value| value.trim_matches('"').to_owned())
    };
    let number = |name: &str| field(name).and_then(|text| text.parse().ok());
    let figures = number("ns_per_event").zip(field("digest"));
    let (ns_per_event, digest) = figures.ok_or_else(|| format!("cannot read `{text}`"))?;
    let or_none = |name: &str| number(name).unwrap_or(0.0);
    Ok(Run { ns_per_event, digest, simulated: or_none("simulated_s_per_s"), memory: or_none("peak_mb") })
}

fn in_wasm(script: &Path, module: &Path, name: &str) -> Result<Run> {
    let args = [script.to_string_lossy(), module.to_string_lossy(), name.into()];
    let text = output("node", &args.each_ref().map(AsRef::as_ref)).ok_or_else(|| format!("{name} failed in Node"))?;
    let mut words = text.split_whitespace();
    let mut next = || words.next().ok_or_else(|| format!("cannot read `{text}`"));
    let (ns_per_event, digest, simulated, memory) = (next()?, next()?.to_owned(), next()?, next()?);
    let number = |word: &str| word.parse().map_err(|_| format!("cannot read `{text}`"));
    Ok(Run { ns_per_event: number(ns_per_event)?, digest, simulated: number(simulated)?, memory: number(memory)? })
}

fn build_native() -> Result<PathBuf> {
    run(cargo()
        .args(["build", "--locked", "--quiet", "--profile", "bench", "--bin", "scalescope"])
        .current_dir(project::root()))?;
    // Cargo keeps what its profile `bench` makes beside the other optimised builds.
    Ok(project::target().join("release").join(format!("scalescope{}", env::consts::EXE_SUFFIX)))
}

/// Builds the wasm as the page's is built; its module for Node, and the script that runs it.
fn build_wasm(profile: &str) -> Result<(PathBuf, PathBuf)> {
    tools::wasm_target()?;
    let bindgen = tools::wasm_bindgen()?;
    let features = ["--no-default-features", "--features", "bench-wasm", "--bin", "scalescope-bench"];
    run(cargo()
        .args(["build", "--locked", "--quiet", "--profile", profile, "--target", tools::WASM_TARGET])
        .args(features)
        .current_dir(project::root()))?;
    let built = project::target().join(tools::WASM_TARGET).join(profile).join("scalescope-bench.wasm");
    let dir = project::target().join("bench-wasm").join(profile);
    run(Command::new(bindgen).args(["--target", "nodejs", "--out-dir"]).arg(&dir).arg(&built))?;
    let wasm = dir.join("scalescope-bench_bg.wasm");
    run(Command::new(tools::wasm_opt()?).args(page_options()?).arg(&wasm).arg("-o").arg(&wasm))?;
    let script = dir.join("run.cjs");
    std::fs::write(&script, SCRIPT).map_err(|error| format!("{}: {error}", script.display()))?;
    Ok((dir.join("scalescope-bench.js"), script))
}

/// What wasm-opt is told for the page.
fn page_options() -> Result<Vec<String>> {
    let page = project::root().join("index.html");
    let html = std::fs::read_to_string(&page).map_err(|error| format!("{}: {error}", page.display()))?;
    options_in(&html).ok_or_else(|| "index.html tells no level for wasm-opt".to_owned())
}

fn options_in(html: &str) -> Option<Vec<String>> {
    let attribute = |name: &str| html.split_once(&format!("{name}=\""))?.1.split_once('"').map(|(value, _)| value);
    let more = attribute("data-wasm-opt-params").unwrap_or_default().split_whitespace().map(str::to_owned);
    let level = format!("-O{}", attribute("data-wasm-opt")?);
    Some(std::iter::once(level).chain(more).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_measured_unless_another_profile_is_named() {
        assert_eq!(Options::parse(&[]).map(|options| options.profile), Ok("page".to_owned()));
        let options = Options::parse(&["mm1", "--profile", "release"]).unwrap();
        assert_eq!(options, Options { profile: "release".to_owned(), names: vec!["mm1".to_owned()] });
        assert!(Options::parse(&["--fast"]).is_err());
    }

    #[test]
    fn the_options_are_those_that_trunk_is_told() {
        let told = |options: &[&str]| Some(options.iter().map(|option| (*option).to_owned()).collect());
        assert_eq!(options_in(r#"<link data-trunk data-wasm-opt="1" />"#), told(&["-O1"]));
        let html = r#"<link data-wasm-opt-params="--this  --that" data-wasm-opt="2" />"#;
        assert_eq!(options_in(html), told(&["-O2", "--this", "--that"]));
        assert_eq!(options_in("<link data-trunk />"), None);
        assert!(page_options().is_ok());
    }
}
