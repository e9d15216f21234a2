//! `cargo xtask`: fetches the tools, serves the page, builds it for a static host, and tests everything.

mod bench;
mod bench_page;
mod checks;
mod dist;
mod lockfile;
mod proc;
mod project;
mod report;
mod serve;
mod tools;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  serve [--port N] [--dev] [--open]     build the page and serve it at http://127.0.0.1:8080/
                                        --dev: without optimisation; --open: in a browser window
  build [--quick]                       build the page into dist/, for any static host
                                        --quick: without optimisation, to try something out
  test [--only NAME,..] [-- PATTERN..]  check everything, or the named steps (browser tests: files that match)
  bench-wasm [--profile P] [NAME..]     the benches of `scalescope bench`, in wasm under Node and natively: times, and ratios
  bench-page [--built] [--dots N,..] [--seconds N] [PART..]
                                        what the page costs in a browser; parts: start, painting, panels, million,
                                        interacting
                                        --built: measure dist/ as it is
  tools                                 find or install what the others need
  help                                  this

Tools live in the user's cache directory and are installed once; nothing is installed system-wide but a browser
and Node, and those only where apt-get can (Debian, as root) and only for the tests.";

/// What went wrong, in words for the person who ran the command.
pub type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.split_first() {
        Some((&"serve", rest)) => serve::Options::parse(rest).and_then(|options| serve::run(&options)),
        Some((&"build", [])) => dist::command(dist::How::Optimised),
        Some((&"build", ["--quick"])) => dist::command(dist::How::Quick),
        Some((&"test", rest)) => checks::Options::parse(rest).and_then(|options| checks::command(&options)),
        Some((&"bench-wasm", rest)) => bench::Options::parse(rest).and_then(|options| bench::run_all(&options)),
        Some((&"bench-page", rest)) => {
            bench_page::Options::parse(rest).and_then(|options| bench_page::run_all(&options))
        }
        Some((&"tools", [])) => tools::command(),
        None | Some((&("help" | "--help" | "-h"), _)) => {
            println!("{HELP}");
            Ok(())
        }
        Some((other, rest)) => Err(format!("cannot make sense of `{other} {}`\n\n{HELP}", rest.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
