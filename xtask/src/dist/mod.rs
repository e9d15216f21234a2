//! The page for a static host: `dist/`, built by Trunk, then given its Content-Security-Policy and weighed.

mod csp;
mod html;
mod sizes;

use crate::Result;
use crate::proc::run;
use crate::project;
use crate::report::{Report, say};
use crate::tools::{self, PageTools};
use std::fs;

pub use sizes::check_budget;

/// How a page is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// For a host: small and quick.
    Optimised,
    /// For trying something out: built soon, and larger and slower than what is shipped.
    Quick,
}

/// `cargo xtask build`.
pub fn command(how: How) -> Result<()> {
    let mut report = Report::new();
    let built = tools_step(&mut report).and_then(|tools| build_step(&mut report, &tools, how));
    match built {
        Some(()) if how == How::Quick => {}
        Some(()) => drop(report.step("budget", "wasm and JavaScript, gzipped", check_budget)),
        None => report.blocked("budget", "the build"),
    }
    report.finish()?;
    say(&format!("the page is in {}: copy it to any static host, under any path", project::dist().display()));
    Ok(())
}

/// The step that finds or installs what builds the page.
pub fn tools_step(report: &mut Report) -> Option<PageTools> {
    report.step("tools", "Trunk, wasm-bindgen and wasm-opt: found, or installed into the cache", tools::for_page)
}

/// The step that builds it.
pub fn build_step(report: &mut Report, tools: &PageTools, how: How) -> Option<()> {
    let what = match how {
        How::Optimised => "the page, optimised, into dist/",
        How::Quick => "the page, without optimisation, into dist/",
    };
    report.step("build", what, || build(tools, how))
}

fn build(tools: &PageTools, how: How) -> Result<()> {
    let is_small = if how == How::Optimised { "true" } else { "false" };
    run(tools.trunk("build")?.args(["--release", is_small, "--minify", is_small, "--dist"]).arg(project::dist()))?;
    // Trunk's own lock is no part of the page.
    let _ = fs::remove_file(project::dist().join(".trunk-lock"));
    let page = project::dist().join("index.html");
    let html = fs::read_to_string(&page).map_err(|error| format!("{}: {error}", page.display()))?;
    let guarded = csp::guard(&html)?;
    fs::write(&page, guarded).map_err(|error| format!("{}: {error}", page.display()))
}
