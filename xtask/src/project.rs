//! Where things are.

use crate::Result;
use crate::proc::output;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The workspace's root.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// What `cargo xtask build` makes.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Cargo's output directory.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Where tools are kept, for every clone of the project: `~/.cache/scalescope/tools`.
pub fn tool_cache() -> Result<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .ok_or("neither XDG_CACHE_HOME nor HOME names a directory for the tools")?;
    let dir = cache.join("scalescope").join("tools");
    fs::create_dir_all(&dir).map_err(|error| format!("cannot make {}: {error}", dir.display()))?;
    Ok(dir)
}

/// What identifies this build on the page: the commit, marked when there are changes on top of it.
pub fn build_id() -> String {
    let root = root();
    let git = |args: &[&str]| output("git", &[&["-C", &root.to_string_lossy()], args].concat());
    let Some(commit) = git(&["rev-parse", "--short=10", "HEAD"]) else {
        return "dev".to_owned();
    };
    let clean = git(&["status", "--porcelain"]).is_some_and(|changes| changes.is_empty());
    if clean { commit } else { format!("{commit}-dirty") }
}
