//! `cargo xtask bench-page`: what the built page costs in a browser: start, dots, panels, a million users.
//!
//! The measuring is done by `tests/web/bench/page.mjs` in Chromium without a graphics processor, whatever this machine has.

use crate::proc::run;
use crate::report::Report;
use crate::tools::Browser;
use crate::{Result, dist, project};
use std::process::Command;

/// What `bench-page` was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// Measure `dist/` as it is.
    is_built: bool,
    /// Numbers of dots, with commas between them.
    dots: Option<String>,
    /// How long to watch a million users.
    seconds: Option<String>,
    /// Only these parts, as the script calls them.
    parts: Vec<String>,
}

impl Options {
    pub fn parse(args: &[&str]) -> Result<Self> {
        let mut options = Self { is_built: false, dots: None, seconds: None, parts: Vec::new() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut numbers = |name: &str| {
                let text = args.next().copied().filter(|text| text.split(',').all(|part| part.parse::<u32>().is_ok()));
                text.map(str::to_owned).ok_or_else(|| format!("{name} wants numbers"))
            };
            match *arg {
                "--built" => options.is_built = true,
                "--dots" => options.dots = Some(numbers("--dots")?),
                "--seconds" => options.seconds = Some(numbers("--seconds")?),
                part if part.starts_with('-') => {
                    return Err(format!("bench-page does not know `{part}` (--built, --dots N,.., --seconds N)"));
                }
                part => options.parts.push(part.to_owned()),
            }
        }
        Ok(options)
    }
}

pub fn run_all(options: &Options) -> Result<()> {
    let mut report = Report::new();
    if !options.is_built {
        let tools = dist::tools_step(&mut report);
        if tools.and_then(|tools| dist::build_step(&mut report, &tools, dist::How::Optimised)).is_none() {
            return report.finish();
        }
    }
    let browser = Browser::ready()?;
    let mut command = Command::new(&browser.node);
    command
        .arg(project::root().join("tests/web/bench/page.mjs"))
        .current_dir(project::root())
        .env("CHROMIUM", &browser.chromium)
        .env("SCALESCOPE_DIST", project::dist())
        .env("SCALESCOPE_LIBRARIES", &browser.libraries);
    let parts = (!options.parts.is_empty()).then(|| options.parts.join(","));
    let asked =
        [("SCALESCOPE_DOTS", &options.dots), ("SCALESCOPE_SECONDS", &options.seconds), ("SCALESCOPE_PARTS", &parts)];
    for (name, value) in asked {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    run(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let options = Options::parse(&["--built", "--dots", "10,20", "--seconds", "5", "start"]).unwrap();
        let (dots, seconds) = (Some("10,20".to_owned()), Some("5".to_owned()));
        assert_eq!(options, Options { is_built: true, dots, seconds, parts: vec!["start".to_owned()] });
        assert!(Options::parse(&["--dots", "many"]).is_err() && Options::parse(&["--dots"]).is_err());
        assert!(Options::parse(&["--fast"]).is_err());
    }
}
