//! What comes from npm: wasm-opt (of binaryen), and the libraries of the browser tests.

use super::{apt_install, cache, on_path};
use crate::Result;
use crate::proc::{find, output, run_logged};
use crate::project;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `node --test` on files needs this one.
const NODE_AT_LEAST: u32 = 20;

/// wasm-opt's file: on the path, else from npm.
pub fn wasm_opt(binaryen: &str) -> Result<PathBuf> {
    // The program calls itself by binaryen's major version.
    let major = binaryen.split('.').next().unwrap_or_default();
    if let Some(found) = on_path("wasm-opt", major) {
        return Ok(found);
    }
    find(&["node"]).ok_or("node is not here")?;
    let name = format!("binaryen-{binaryen}");
    let bin = "node_modules/.bin/wasm-opt";
    let dir = cache::ensure(&name, |half, _| {
        npm(&["install", "--no-save", &format!("binaryen@{binaryen}")], half, &cache::log(&name)?)?;
        output(half.join(bin), &["--version"]).map(drop).ok_or("wasm-opt does not run here".to_owned())
    })?;
    Ok(dir.join(bin))
}

/// A directory with a `wasm-opt` that only copies, for Trunk, which cannot be told to do without.
pub fn stand_in_for_wasm_opt() -> Result<PathBuf> {
    const SCRIPT: &str = r#"#!/bin/sh
# Stands in for wasm-opt where that cannot be had: leaves the wasm as it is.
for arg in "$@"; do
  case "$arg" in
    --version) echo "wasm-opt version 0 (stand-in)"; exit 0 ;;
    --output=*) out="${arg#--output=}" ;;
    -*) ;;
    *) in="$arg" ;;
  esac
done
exec cp "$in" "$out"
"#;
    cache::ensure("no-wasm-opt", |half, _| {
        let file = half.join("wasm-opt");
        fs::write(&file, SCRIPT).map_err(|error| error.to_string())?;
        crate::proc::run(Command::new("chmod").arg("+x").arg(&file))
    })
}

/// The `node` to run tests with.
pub fn node() -> Result<PathBuf> {
    let recent = || find(&["node"]).filter(|node| major_version(node).is_some_and(|major| major >= NODE_AT_LEAST));
    if let (Some(node), Some(_)) = (recent(), find(&["npm"])) {
        return Ok(node);
    }
    let what = format!("Node {NODE_AT_LEAST} or later, with npm,");
    apt_install(&what, &["nodejs", "npm"])?;
    recent().ok_or(format!("{what} is needed: Debian's is older"))
}

/// What `node --test` is told so that two browsers do not compete for two cores.
pub fn node_test_flags() -> [&'static str; 3] {
    ["--test", "--test-concurrency=1", "--test-reporter=spec"]
}

/// The directory whose `node_modules` holds the browser tests' libraries: one for each `package-lock.json`.
pub fn test_libraries() -> Result<PathBuf> {
    let tests = project::root().join("tests/web");
    let lock =
        fs::read(tests.join("package-lock.json")).map_err(|error| format!("tests/web/package-lock.json: {error}"))?;
    let name = format!("browser-tests-{:016x}", fnv(&lock));
    cache::ensure(&name, |half, _| {
        for file in ["package.json", "package-lock.json"] {
            fs::copy(tests.join(file), half.join(file)).map_err(|error| format!("tests/web/{file}: {error}"))?;
        }
        npm(&["ci"], half, &cache::log("browser-tests")?)
    })
}

fn npm(args: &[&str], dir: &Path, log: &Path) -> Result<()> {
    let npm = find(&["npm"]).ok_or("npm is not here")?;
    let mut command = Command::new(npm);
    command
        .args(args)
        .args(["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"])
        .arg(dir)
        .current_dir(dir);
    run_logged(&mut command, log, "installing from npm", None)
}

fn major_version(node: &Path) -> Option<u32> {
    major(&output(node, &["--version"])?)
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// A short name for a file's content (FNV-1a).
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("18"), None);
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(fnv(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
