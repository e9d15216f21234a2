//! The tools, at pinned versions: found on the path if right, else in the cache, else installed into the cache.

mod browser;
mod cache;
mod crates;
mod node;

use crate::Result;
use crate::proc::{cargo, find, output, run};
use crate::project;
use crate::report::{Report, say};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use browser::Browser;
pub use node::node_test_flags;

/// All pinned versions but two: wasm-bindgen's is the lockfile's, and the browser tests' are in
/// `tests/web/package-lock.json`.
const TRUNK: &str = "0.22.1";
const BINARYEN: &str = "132.0.0";

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// What it takes to build the page.
pub struct PageTools {
    trunk: PathBuf,
    /// Directories to put before all others on Trunk's path.
    dirs: Vec<PathBuf>,
}

impl PageTools {
    /// A run of Trunk that finds the pinned tools and asks the network for nothing.
    pub fn trunk(&self, subcommand: &str) -> Result<Command> {
        let mut command = Command::new(&self.trunk);
        command
            .current_dir(project::root())
            .env("PATH", crate::proc::path_with(&self.dirs)?)
            .env("SCALESCOPE_BUILD", project::build_id())
            .args([subcommand, "--offline", "true", "--locked", "true", "--skip-version-check"]);
        Ok(command)
    }
}

/// `cargo xtask tools`.
pub fn command() -> Result<()> {
    let mut report = Report::new();
    report.step("page tools", "Trunk, wasm-bindgen, wasm-opt", for_page);
    report.step("browser", "Node, its test libraries, Chromium", Browser::ready);
    report.finish()
}

/// Finds or installs what builds the page.
pub fn for_page() -> Result<PageTools> {
    wasm_target()?;
    let trunk = crates::TRUNK.ready(TRUNK)?;
    let mut dirs = vec![parent(&trunk), parent(&wasm_bindgen()?)];
    match node::wasm_opt(BINARYEN) {
        Ok(wasm_opt) => dirs.push(parent(&wasm_opt)),
        Err(why) => {
            say(&format!("wasm-opt: skipped, the page will be somewhat larger ({why})"));
            dirs.push(node::stand_in_for_wasm_opt()?);
        }
    }
    // Trunk runs cargo offline: what it needs must be here before.
    run(cargo().args(["fetch", "--quiet", "--locked", "--target", WASM_TARGET]).current_dir(project::root()))?;
    Ok(PageTools { trunk, dirs })
}

/// wasm-bindgen, at the lockfile's version.
pub fn wasm_bindgen() -> Result<PathBuf> {
    let lock =
        fs::read_to_string(project::root().join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    let version = crate::lockfile::version_of(&lock, "wasm-bindgen").ok_or("Cargo.lock pins no wasm-bindgen")?;
    crates::WASM_BINDGEN.ready(&version)
}

/// wasm-opt, for what is built without Trunk.
pub fn wasm_opt() -> Result<PathBuf> {
    node::wasm_opt(BINARYEN)
}

/// The compiler's own half: the standard library for wasm.
pub fn wasm_target() -> Result<()> {
    let libdir = output("rustc", &["--print", "target-libdir", "--target", WASM_TARGET]);
    if libdir.is_some_and(|dir| Path::new(&dir).is_dir()) {
        return Ok(());
    }
    say(&format!("Rust's standard library for {WASM_TARGET}: adding it with rustup"));
    run(Command::new("rustup").args(["target", "add", WASM_TARGET]).current_dir(project::root()))
        .map_err(|error| format!("{error}; the compiler needs the target {WASM_TARGET}"))
}

fn parent(file: &Path) -> PathBuf {
    file.parent().unwrap_or(file).to_owned()
}

/// A tool on the path, if it is of this version.
fn on_path(program: &str, version: &str) -> Option<PathBuf> {
    let found = find(&[program])?;
    let text = output(&found, &["--version"])?;
    says_version(&text, version).then_some(found)
}

/// Whether what a tool prints for `--version` names this version: `trunk 0.22.1`, `wasm-opt version 132 (…)`.
fn says_version(text: &str, version: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let number = first.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    number == Some(version)
}

/// Installs Debian packages where that is possible: with apt-get, as root.
fn apt_install(what: &str, packages: &[&str]) -> Result<()> {
    let root = output("id", &["-u"]).as_deref() == Some("0");
    if !root || find(&["apt-get"]).is_none() {
        return Err(format!("{what} is not here: install it (on Debian: apt-get install {})", packages.join(" ")));
    }
    say(&format!("{what}: installing Debian's {}", packages.join(", ")));
    let log = project::tool_cache()?.join("apt-get.log");
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(["-y", "-q"]).args(args).env("DEBIAN_FRONTEND", OsString::from("noninteractive"));
        crate::proc::run_logged(&mut command, &log, &format!("installing {what}"), None)
    };
    apt(&["update"])?;
    apt(&[&["install", "--no-install-recommends"], packages].concat())
}

#[cfg(test)]
mod tests {
    use super::says_version;

    #[test]
    fn the_version_must_be_equal_and_not_only_begin_alike() {
        assert!(says_version("trunk 0.22.1", "0.22.1"));
        assert!(says_version("wasm-bindgen 0.2.130\n", "0.2.130"));
        assert!(says_version("wasm-opt version 132 (version_132)", "132"));
        assert!(!says_version("wasm-bindgen 0.2.130", "0.2.13"));
        assert!(!says_version("wasm-bindgen 0.2.13", "0.2.130"));
        assert!(!says_version("", "1"));
        assert!(!says_version("error: unknown option\n132", "132"));
    }
}
