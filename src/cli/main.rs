//! `scalescope`, the command line: the same engine, native.
//!
//! Exit codes: 0 done, 1 the program failed, 2 the input was wrong (one message says where and what would be valid).

mod bench;
mod choose;
mod input;
mod report;
mod run;
mod trace_out;
mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A simulator of web architecture: every request, from one user to ten million.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Simulates a document and reports what was measured.
    Run(run::Options),
    /// Tries the same workload on the five kinds of database, and tells which reasons hold for which.
    Choose(choose::Options),
    /// Runs cases with known answers and compares.
    Validate(validate::Options),
    /// Measures how fast the engine is, on named workloads.
    Bench(bench::Options),
    /// Prints the JSON Schema of documents.
    Schema,
}

fn main() -> ExitCode {
    // A wrong argument ends here, with its own message and exit code 2.
    let done = match Arguments::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Choose(options) => choose::run(&options),
        Command::Validate(options) => match validate::run(&options) {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::FAILURE,
            Err(failure) => Err(failure),
        },
        Command::Bench(options) => bench::run(&options),
        Command::Schema => input::print(&format!("{:#}\n", scalescope::model::json_schema())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("scalescope: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}
