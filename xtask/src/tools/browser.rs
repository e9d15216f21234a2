//! What drives the page in a real browser: Node, its test libraries, and Chromium.

use super::{apt_install, node};
use crate::Result;
use crate::proc::find;
use std::env;
use std::path::PathBuf;

const CHROMIUMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Everything that the browser tests run with.
pub struct Browser {
    pub node: PathBuf,
    /// The directory that holds `node_modules`.
    pub libraries: PathBuf,
    pub chromium: PathBuf,
}

impl Browser {
    /// Finds or installs them.
    pub fn ready() -> Result<Self> {
        let node = node::node()?;
        let libraries = node::test_libraries()?;
        Ok(Self { node, libraries, chromium: chromium()? })
    }
}

fn chromium() -> Result<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").map(PathBuf::from) {
        let is_there = named.is_file();
        return if is_there { Ok(named) } else { Err(format!("CHROMIUM names {}: no such file", named.display())) };
    }
    if let Some(found) = find(&CHROMIUMS) {
        return Ok(found);
    }
    apt_install("Chromium", &["chromium", "fonts-dejavu-core", "fonts-liberation"])
        .map_err(|error| format!("{error}; or name one in the variable CHROMIUM"))?;
    find(&CHROMIUMS).ok_or("Chromium was installed but is not on the path".to_owned())
}
