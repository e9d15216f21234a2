//! Tools that are crates: prebuilt by `cargo binstall` where that works, else compiled with the cheapest flags.

use super::{cache, on_path};
use crate::Result;
use crate::proc::{cargo, output, run_logged};
use crate::report::say;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A prebuilt tool is a small download: what takes longer will not come.
const BINSTALL_LIMIT: Duration = Duration::from_secs(90);

/// A crate and the program that is wanted from it.
pub struct CrateTool {
    krate: &'static str,
    program: &'static str,
    /// More arguments for `cargo install`.
    args: &'static [&'static str],
    /// Packages that are optimised; the rest is compiled as cheaply as can be.
    optimised: &'static [&'static str],
}

/// Trunk only copies files and calls others: an unoptimised one serves. It declares a newer compiler than it needs,
/// and will not do without a TLS library.
pub const TRUNK: CrateTool = CrateTool {
    krate: "trunk",
    program: "trunk",
    args: &["--locked", "--ignore-rust-version", "--no-default-features", "--features", "rustls"],
    optimised: &[],
};

/// wasm-bindgen reads and writes the whole wasm: what does that is optimised. Its own lockfile does not compile here.
pub const WASM_BINDGEN: CrateTool = CrateTool {
    krate: "wasm-bindgen-cli",
    program: "wasm-bindgen",
    args: &[],
    optimised: &["walrus", "wasmparser", "wasm-encoder", "wasm-bindgen-cli-support"],
};

/// Less code for the compiler to make than a debug build has: no checks, no unwinding, no debug information.
const CHEAP: [(&str, &str); 6] = [
    ("CARGO_PROFILE_DEV_DEBUG", "0"),
    ("CARGO_PROFILE_DEV_INCREMENTAL", "false"),
    ("CARGO_PROFILE_DEV_PANIC", "abort"),
    ("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "false"),
    ("CARGO_PROFILE_DEV_OVERFLOW_CHECKS", "false"),
    ("CARGO_PROFILE_DEV_CODEGEN_UNITS", "4"),
];

impl CrateTool {
    /// The program's file, at exactly this version.
    pub fn ready(&self, version: &str) -> Result<PathBuf> {
        if let Some(found) = on_path(self.program, version) {
            return Ok(found);
        }
        let name = format!("{}-{version}", self.krate);
        let dir = cache::ensure(&name, |half, scratch| {
            let log = cache::log(&name)?;
            self.binstall(version, half, &log).or_else(|why| {
                say(&format!("{name}: no prebuilt one ({why}); compiling it, which takes some minutes, once"));
                self.compile(version, half, scratch, &log)
            })
        })?;
        Ok(dir.join("bin").join(self.program))
    }

    fn binstall(&self, version: &str, half: &Path, log: &Path) -> Result<()> {
        output("cargo-binstall", &["-V"]).ok_or("cargo-binstall is not here")?;
        let mut command = cargo();
        command
            .args(["binstall", "--no-confirm", "--disable-strategies", "compile", "--version", version, "--root"])
            .arg(half)
            .arg(self.krate);
        run_logged(&mut command, log, "fetching a prebuilt one", Some(BINSTALL_LIMIT))
            .map_err(|error| error.lines().next().unwrap_or_default().to_owned())?;
        let works = output(half.join("bin").join(self.program), &["--version"]);
        works.filter(|text| super::says_version(text, version)).map(drop).ok_or("it does not run here".to_owned())
    }

    fn compile(&self, version: &str, half: &Path, scratch: &Path, log: &Path) -> Result<()> {
        let settings =
            self.optimised.iter().map(|package| format!("--config=profile.dev.package.{package}.opt-level=1"));
        let mut command = cargo();
        command
            .args(["install", self.krate, "--debug", "--version", version])
            .args(self.args)
            .args(settings)
            .arg("--root")
            .arg(half)
            .env("CARGO_TARGET_DIR", scratch)
            .envs(CHEAP)
            // Flags meant for the project are not meant for the tool.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .current_dir(half);
        run_logged(&mut command, log, &format!("compiling {}", self.krate), None)
    }
}
