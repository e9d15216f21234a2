//! The cache of installed tools. A tool is made in a directory beside its place and moved there when it is whole,
//! so that a half-finished install is never taken for a good one.

use crate::Result;
use crate::project;
use crate::report::say;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The directory of the tool `name` (with its version in it), made by `install` if it is not there yet.
/// `install` gets an empty directory to fill and one for scratch, which is deleted afterwards.
pub fn ensure(name: &str, install: impl FnOnce(&Path, &Path) -> Result<()>) -> Result<PathBuf> {
    ensure_in(&project::tool_cache()?, name, install)
}

fn ensure_in(cache: &Path, name: &str, install: impl FnOnce(&Path, &Path) -> Result<()>) -> Result<PathBuf> {
    let place = cache.join(name);
    if place.is_dir() {
        return Ok(place);
    }
    // One install at a time on this machine; the lock goes with the file handle.
    let lock = File::create(cache.join(".lock")).map_err(|error| format!("cannot lock the tool cache: {error}"))?;
    lock.lock().map_err(|error| format!("cannot lock the tool cache: {error}"))?;
    if place.is_dir() {
        return Ok(place);
    }
    say(&format!("{name}: installing into {}", place.display()));
    let began = Instant::now();
    let (half, scratch) = (cache.join(format!(".half-{name}")), cache.join(format!(".scratch-{name}")));
    clear(&half)?;
    clear(&scratch)?;
    let made = fs::create_dir(&half).map_err(|error| error.to_string()).and_then(|()| install(&half, &scratch));
    let moved = made.and_then(|()| fs::rename(&half, &place).map_err(|error| error.to_string()));
    clear(&half)?;
    clear(&scratch)?;
    moved.map_err(|error| format!("{name}: {error}"))?;
    say(&format!("{name}: installed in {:.0} s", began.elapsed().as_secs_f64()));
    Ok(place)
}

/// Where a tool's install writes its log.
pub fn log(name: &str) -> Result<PathBuf> {
    Ok(project::tool_cache()?.join(format!("{name}.log")))
}

fn clear(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot delete {}: {error}", dir.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_install_is_kept_and_it_is_made_once() {
        let cache = std::env::temp_dir().join(format!("scalescope-cache-test-{}", std::process::id()));
        fs::create_dir_all(&cache).unwrap();

        let broken = ensure_in(&cache, "tool-1", |half, _| {
            fs::write(half.join("part"), "x").unwrap();
            Err("no network".into())
        });
        assert_eq!(broken, Err("tool-1: no network".to_owned()));
        assert!(!cache.join("tool-1").exists() && !cache.join(".half-tool-1").exists());

        // What an interrupted run left behind is not taken for a tool either.
        fs::create_dir(cache.join(".half-tool-1")).unwrap();
        fs::write(cache.join(".half-tool-1/old"), "x").unwrap();
        let place = ensure_in(&cache, "tool-1", |half, _| {
            assert!(!half.join("old").exists());
            fs::write(half.join("whole"), "x").map_err(|error| error.to_string())
        });
        assert_eq!(place, Ok(cache.join("tool-1")));
        assert_eq!(ensure_in(&cache, "tool-1", |_, _| Err("made twice".into())), place);

        fs::remove_dir_all(&cache).unwrap();
    }
}
