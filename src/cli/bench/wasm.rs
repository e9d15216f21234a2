//! The same workloads in wasm: what `cargo xtask bench-wasm` runs under Node.

mod designs;
mod hold;
mod workloads;

use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

fn main() {}

/// Names of all workloads, as a JSON array.
#[wasm_bindgen]
pub fn names() -> String {
    let names: Vec<&str> = workloads::BENCHES.iter().map(|bench| bench.name).collect();
    json!(names).to_string()
}

/// Runs a workload and gives its figures as a JSON object; nothing if there is none of this name.
///
/// `seconds` is the clock.
#[wasm_bindgen]
pub fn bench(name: &str, seconds: &js_sys::Function) -> Option<String> {
    let bench = workloads::BENCHES.iter().find(|bench| bench.name == name)?;
    let clock = || seconds.call0(&wasm_bindgen::JsValue::NULL).ok().and_then(|now| now.as_f64()).unwrap_or(f64::NAN);
    let report = bench.run(&clock);
    let mut object = json!({ "name": bench.name, "about": bench.about });
    for (name, value) in &report.figures {
        object[*name] = Value::from(*value);
    }
    // Memory that was given to the program is never taken back: this is the most that it ever had.
    object["peak_mb"] = Value::from(memory_megabytes());
    object["digest"] = Value::from(format!("{:016x}", report.digest));
    Some(object.to_string())
}

#[cfg(target_arch = "wasm32")]
fn memory_megabytes() -> f64 {
    const PAGE: f64 = 65_536.0;
    core::arch::wasm32::memory_size::<0>() as f64 * PAGE / 1e6
}

#[cfg(not(target_arch = "wasm32"))]
fn memory_megabytes() -> f64 {
    0.0
}
