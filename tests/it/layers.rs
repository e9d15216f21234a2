//! The library's layers: a module imports only those before it.

use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may import of ours. `src/web` and `src/cli` are binaries: the compiler keeps them apart.
const MAY_IMPORT: [(&str, &[&str]); 8] = [
    ("base", &[]),
    ("model", &["base"]),
    ("observe", &["base"]),
    ("kernel", &["base", "observe"]),
    ("components", &["base", "model", "observe", "kernel"]),
    ("engine", &["base", "model", "observe", "kernel", "components"]),
    ("insight", &["base", "model", "observe", "engine"]),
    ("scene", &["base", "model", "observe"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for entry in entries {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The layers that a source names as `crate::layer`, also inside `use crate::{a::X, b::Y}`.
fn imports(source: &str) -> Vec<&'static str> {
    let names = |layer: &&str| {
        let direct = format!("crate::{layer}");
        let is_direct = source
            .match_indices(&direct)
            .any(|(at, _)| !source[at + direct.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'));
        let is_grouped = source.split("use crate::{").skip(1).any(|group| {
            let group = group.split(';').next().unwrap_or_default();
            group.split([',', '{', '\n']).any(|item| item.trim().split("::").next() == Some(layer))
        });
        is_direct || is_grouped
    };
    MAY_IMPORT.iter().map(|(layer, _)| *layer).filter(names).collect()
}

#[test]
fn no_layer_imports_a_later_one() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    for (layer, allowed) in MAY_IMPORT {
        for path in sources(&root.join(layer)) {
            let source = fs::read_to_string(&path).expect("a readable source");
            for import in imports(&source) {
                let is_fine = import == layer || allowed.contains(&import);
                assert!(is_fine, "{}: {layer} must not import {import}", path.display());
            }
            checked += 1;
        }
    }
    assert!(checked > 30, "only {checked} sources were found");
}

#[test]
fn the_check_can_fail() {
    assert_eq!(imports("use crate::engine::Engine;"), ["engine"]);
    assert_eq!(imports("use crate::{base::SimTime, kernel::{Call, Verb}};"), ["base", "kernel"]);
    assert_eq!(imports("let x = crate::observe::Reason::Timeout;"), ["observe"]);
    assert!(imports("use crate::baseline::X; use std::kernel;").is_empty());
}
