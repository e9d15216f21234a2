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

/// Largest trace that is unpacked, in bytes.
const LARGEST_TRACE: u64 = 4 << 30;

/// Reads and checks a document.
pub fn document(path: &Path) -> Result<Document, Failure> {
    let name = path.display();
    let bytes = fs::read(path).map_err(|error| Failure::input(format!("{name}: {error}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::input(format!("{name}: it is not text: a JSON document is expected")))?;
    Document::read(&text).map_err(|problems| Failure::input(format!("{name}: {problems}")))
}

/// Reads a recorded workload: `oracleGeneral` binary if the name says so, else one key per line; either may be gzipped.
pub fn trace(path: &Path) -> Result<Trace, Failure> {
    let name = path.display().to_string();
    let fail = |what: String| Failure::input(format!("{name}: {what}"));
    let mut bytes = fs::read(path).map_err(|error| fail(error.to_string()))?;
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut unpacked = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(bytes.as_slice()).take(LARGEST_TRACE);
        decoder.read_to_end(&mut unpacked).map_err(|error| fail(error.to_string()))?;
        bytes = unpacked;
    }
    let trace = if name.contains("oracleGeneral") {
        Trace::from_oracle_general(&bytes)
    } else {
        let text = String::from_utf8(bytes)
            .map_err(|_| "it is neither text with one key per line nor named .oracleGeneral".to_owned());
        text.and_then(|text| Trace::from_lines(&text))
    };
    trace.map_err(fail)
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
