//! Any text is either refused with its problems, or is a document that is written as it was read and that runs.
//!
//! `cargo fuzz run document --sanitizer none fuzz/corpus/document static/scenarios`: the scenarios are what it begins with.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scalescope::base::{SimDuration, SimTime};
use scalescope::engine::Engine;
use scalescope::model::{Document, NodeKind};

/// Events that a document may take to show what is wrong with it.
const EVENTS: u64 = 2_000;
/// Larger populations take the time of many smaller ones, and show nothing else.
const MOST_USERS: u32 = 10_000;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let document = match Document::read(text) {
        Ok(document) => document,
        Err(problems) => {
            assert!(!problems.to_string().is_empty(), "a refusal says why");
            return;
        }
    };
    let written = document.to_json();
    let again = Document::read(&written).unwrap_or_else(|problems| panic!("{problems}\n{written}"));
    assert_eq!(document, again, "what is written is what was read");
    let is_small = |kind: &NodeKind| !matches!(kind, NodeKind::Users(users) if users.users > MOST_USERS);
    if !document.nodes.iter().all(|node| is_small(&node.kind)) {
        return;
    }
    let mut engine = Engine::new(document).unwrap_or_else(|problems| panic!("{problems}\n{written}"));
    engine.advance(SimTime::ZERO + SimDuration::from_secs(60), EVENTS);
    assert_eq!(engine.violations(), Vec::<String>::new(), "{written}");
    assert!(engine.figures().offered_per_s.is_finite());
});
