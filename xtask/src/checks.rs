//! `cargo xtask test`: every check there is, the cheap ones first. All are run, and all that fail are named.

use crate::proc::{cargo, run};
use crate::report::{Report, say};
use crate::tools::{self, Browser, PageTools};
use crate::{Result, dist, project};
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A step that `--only` can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Fmt,
    Clippy,
    ClippyWeb,
    Test,
    Build,
    Budget,
    Browser,
}

const ALL: [Check; 7] =
    [Check::Fmt, Check::Clippy, Check::ClippyWeb, Check::Test, Check::Build, Check::Budget, Check::Browser];

impl Check {
    fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::ClippyWeb => "clippy-web",
            Self::Test => "test",
            Self::Build => "build",
            Self::Budget => "budget",
            Self::Browser => "browser",
        }
    }
}

/// What `test` was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    checks: Vec<Check>,
    /// Only browser test files whose name contains one of these.
    patterns: Vec<String>,
}

impl Options {
    pub fn parse(args: &[&str]) -> Result<Self> {
        let split = args.iter().position(|arg| *arg == "--");
        let (own, patterns) = split.map_or((args, [].as_slice()), |at| (&args[..at], &args[at + 1..]));
        let mut named = Vec::new();
        let mut own = own.iter();
        while let Some(arg) = own.next() {
            if *arg != "--only" {
                return Err(format!("test does not know `{arg}` (--only NAME,..; -- PATTERN..)"));
            }
            for name in own.next().ok_or_else(only_help)?.split(',') {
                named.push(ALL.into_iter().find(|check| check.name() == name).ok_or_else(only_help)?);
            }
        }
        let checks = ALL.into_iter().filter(|check| named.is_empty() || named.contains(check)).collect();
        Ok(Self { checks, patterns: patterns.iter().map(ToString::to_string).collect() })
    }
}

fn only_help() -> String {
    format!("--only takes any of: {}", ALL.map(Check::name).join(", "))
}

/// `cargo xtask test`.
pub fn command(options: &Options) -> Result<()> {
    let mut report = Report::new();
    let wanted = |check| options.checks.contains(&check);
    if wanted(Check::Fmt) {
        report.step("fmt", "rustfmt, checking only", || run_cargo(&["fmt", "--all", "--check"]));
    }
    if wanted(Check::Clippy) {
        report.step("clippy", "the library, the command line, the tests and the tasks", || {
            run_cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])
        });
    }
    if wanted(Check::ClippyWeb) {
        report.step("clippy-web", "the page, for wasm", clippy_web);
    }
    if wanted(Check::Test) {
        report.step("test", "unit, integration and documentation tests", || {
            run_cargo(&["test", "--locked", "--workspace", "--no-fail-fast"])
        });
        report.step("failover", "random clusters with random faults, for promises that the data tier breaks", || {
            run_cargo(&["run", "--locked", "--bin", "scalescope", "--", "bench", "failover", "--seeds", "1000"])
        });
    }
    page(&mut report, options);
    report.finish()
}

/// The checks on the built page. If it must be built and cannot be, they have failed.
fn page(report: &mut Report, options: &Options) {
    let wanted = |check| options.checks.contains(&check);
    if wanted(Check::Build) {
        let built = dist::tools_step(report)
            .and_then(|tools: PageTools| dist::build_step(report, &tools, dist::How::Optimised));
        if built.is_none() {
            for check in [Check::Budget, Check::Browser].into_iter().filter(|check| wanted(*check)) {
                report.blocked(check.name(), "the build");
            }
            return;
        }
    }
    if wanted(Check::Budget) {
        report.step("budget", "wasm and JavaScript, gzipped", dist::check_budget);
    }
    if wanted(Check::Browser) {
        let ready = report.step("browser tools", "Node, its test libraries, Chromium", Browser::ready);
        match ready {
            Some(browser) => {
                report.step("browser", "dist/ in Chromium, from a sub-path", || {
                    browser_tests(&browser, &options.patterns)
                });
            }
            None => report.blocked("browser", "browser tools"),
        }
    }
}

fn run_cargo(args: &[&str]) -> Result<()> {
    run(cargo().args(args).current_dir(project::root()))
}

fn clippy_web() -> Result<()> {
    tools::wasm_target()?;
    let page = ["--package", "scalescope-web", "--target", tools::WASM_TARGET];
    run_cargo(&[&["clippy", "--locked"], page.as_slice(), &["--", "-D", "warnings"]].concat())
}

fn browser_tests(browser: &Browser, patterns: &[String]) -> Result<()> {
    let dist = project::dist();
    if !dist.join("index.html").is_file() {
        return Err("dist/ is not built: `cargo xtask build`".to_owned());
    }
    // Native runs are compared with the page's.
    run_cargo(&["build", "--locked", "--quiet", "--bin", "scalescope"])?;
    let files = test_files(patterns)?;
    say(&format!("browser: {} file(s) with {}", files.len(), browser.chromium.display()));
    let mut command = Command::new(&browser.node);
    command
        .args(tools::node_test_flags())
        .args(&files)
        .current_dir(project::root())
        .env("CHROMIUM", &browser.chromium)
        .env("SCALESCOPE_DIST", dist)
        .env("SCALESCOPE_LIBRARIES", &browser.libraries)
        .env("SCALESCOPE_CLI", project::target().join("debug").join(format!("scalescope{}", env::consts::EXE_SUFFIX)));
    run(&mut command)
}

fn test_files(patterns: &[String]) -> Result<Vec<PathBuf>> {
    let dir = project::root().join("tests/web");
    let entries = fs::read_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".test.mjs") && (patterns.is_empty() || patterns.iter().any(|part| name.contains(part)))
    });
    files.sort();
    if files.is_empty() { Err(format!("no browser test matches {patterns:?}")) } else { Ok(files) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_words_everything_is_checked() {
        assert_eq!(Options::parse(&[]), Ok(Options { checks: ALL.to_vec(), patterns: vec![] }));
    }

    #[test]
    fn steps_can_be_named_and_keep_their_order() {
        let options = Options::parse(&["--only", "browser,fmt", "--only", "build", "--", "loads", "kill"]).unwrap();
        assert_eq!(options.checks, [Check::Fmt, Check::Build, Check::Browser]);
        assert_eq!(options.patterns, ["loads", "kill"]);
    }

    #[test]
    fn an_unknown_step_is_told_the_known_ones() {
        assert!(Options::parse(&["--only", "everything"]).unwrap_err().contains("clippy-web, test"));
        assert!(Options::parse(&["--only"]).is_err());
        assert!(Options::parse(&["fmt"]).is_err());
    }
}
