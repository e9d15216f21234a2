//! The one thing asked of `Cargo.lock`: which version of a package it pins.

/// The version of `package` that a lockfile's text pins. `None` when it pins none, or more than one.
pub fn version_of(lockfile: &str, package: &str) -> Option<String> {
    let value = |line: &str, key: &str| {
        let rest = line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim();
        Some(rest.strip_prefix('"')?.strip_suffix('"')?.to_owned())
    };
    let mut found = lockfile.split("[[package]]").skip(1).filter_map(|entry| {
        let field = |key| entry.lines().find_map(|line| value(line, key));
        (field("name").as_deref() == Some(package)).then(|| field("version")).flatten()
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::version_of;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "wasm-bindgen-macro"
version = "0.2.1"

[[package]]
name = "wasm-bindgen"
version = "0.2.130"
source = "registry+https://example.org"
dependencies = [
 "once_cell",
]

[[package]]
name = "twice"
version = "1.0.0"

[[package]]
name = "twice"
version = "2.0.0"
"#;

    #[test]
    fn the_exact_package_is_found() {
        assert_eq!(version_of(LOCK, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_of(&LOCK.replace('\n', "\r\n"), "wasm-bindgen").as_deref(), Some("0.2.130"));
    }

    #[test]
    fn none_or_two_is_no_answer() {
        assert_eq!(version_of(LOCK, "wasm"), None);
        assert_eq!(version_of(LOCK, "twice"), None);
        assert_eq!(version_of("", "wasm-bindgen"), None);
    }
}
