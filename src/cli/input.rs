//! Files in, text out, and what can go wrong with both.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use scalescope::model::{Document, Trace};

/// Why the program ends without a result.
pub struct Failure {
    pub message: String,
    pub code: u8,
}

impl Failure {
    /// The user's input is at fault.
    pub fn input(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }
}

/// Largest file that is read, and largest trace that is unpacked, in bytes.
const LARGEST: u64 = 4 << 30;

/// Reads and checks a document.
pub fn document(path: &Path) -> Result<Document, Failure> {
    let name = path.display();
    let bytes = contents(path)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::input(format!("{name}: it is not text: a JSON document is expected")))?;
    Document::read(&text).map_err(|problems| Failure::input(format!("{name}: {problems}")))
}

/// Reads a recorded workload: `oracleGeneral` binary if the name says so, else one key per line; either may be gzipped.
pub fn trace(path: &Path) -> Result<Trace, Failure> {
    let name = path.display().to_string();
    let fail = |what: String| Failure::input(format!("{name}: {what}"));
    let mut bytes = contents(path)?;
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut unpacked = Vec::new();
        let mut decoder = flate2::read::MultiGzDecoder::new(bytes.as_slice()).take(LARGEST + 1);
        decoder.read_to_end(&mut unpacked).map_err(|error| fail(error.to_string()))?;
        bytes = unpacked;
    }
    if bytes.len() as u64 > LARGEST {
        return Err(fail("it is too large (at most 4 GB unpacked)".to_owned()));
    }
    let is_binary = path.file_name().is_some_and(|file| file.to_string_lossy().contains("oracleGeneral"));
    let trace = if is_binary {
        Trace::from_oracle_general(&bytes)
    } else {
        let text = String::from_utf8(bytes)
            .map_err(|_| "it is neither text with one key per line nor named .oracleGeneral".to_owned());
        text.and_then(|text| Trace::from_lines(&text))
    };
    trace.map_err(fail)
}

/// Reads a file, up to a limit.
pub fn contents(path: &Path) -> Result<Vec<u8>, Failure> {
    let fail = |error: io::Error| Failure::input(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(fail)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

/// Prints to standard output; a reader who has seen enough (`| head`) is no error.
pub fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure { message: format!("standard output: {error}"), code: 1 })
        }
        _ => Ok(()),
    }
}
