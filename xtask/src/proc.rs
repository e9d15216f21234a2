//! Running other programs, and finding them.

use crate::Result;
use crate::report::say;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often a long silent run says that it is still at it.
const HEARTBEAT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);
/// How much of a failed run's log is shown.
const LOG_TAIL: usize = 40;

/// Runs a program with its output in plain view.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| format!("cannot run {}: {error}", name(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", name(command))) }
}

/// Runs a program that talks too much: its output goes to a log file, whose end is shown if it fails.
/// With a time limit, it is stopped when that is over.
pub fn run_logged(command: &mut Command, log: &Path, what: &str, limit: Option<Duration>) -> Result<()> {
    let open = || File::create(log).map_err(|error| format!("cannot write {}: {error}", log.display()));
    let out = open()?;
    let err = out.try_clone().map_err(|error| format!("cannot write {}: {error}", log.display()))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()
        .map_err(|error| format!("cannot run {}: {error}", name(command)))?;
    let began = Instant::now();
    let mut next = HEARTBEAT;
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return if status.success() { Ok(()) } else { Err(format!("{what} failed ({status})\n{}", tail(log))) };
        }
        let elapsed = began.elapsed();
        if limit.is_some_and(|limit| elapsed > limit) {
            // Both can fail only if it has ended in this very moment.
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{what} took longer than {} s", elapsed.as_secs()));
        }
        if elapsed > next {
            say(&format!("still {what} ({} s)", elapsed.as_secs()));
            next += HEARTBEAT;
        }
        thread::sleep(POLL);
    }
}

/// What a program prints on its standard output, or `None` if it cannot be run or fails.
pub fn output(program: impl AsRef<OsStr>, args: &[&str]) -> Option<String> {
    let done = Command::new(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    done.status.success().then(|| String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

/// The first of these programs that is on the path.
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names.iter().find_map(|name| env::split_paths(&path).map(|dir| dir.join(name)).find(|file| is_executable(file)))
}

fn is_executable(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        file.is_file()
    }
}

/// The path with these directories before all others.
pub fn path_with(dirs: &[PathBuf]) -> Result<std::ffi::OsString> {
    let old = env::var_os("PATH").unwrap_or_default();
    env::join_paths(dirs.iter().cloned().chain(env::split_paths(&old))).map_err(|error| error.to_string())
}

/// The cargo that runs this task.
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let first = command.get_args().next().map(|arg| format!(" {}", arg.to_string_lossy())).unwrap_or_default();
    format!("`{program}{first}`")
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n")
}
