//! Clients and what they do when a server is slow or fails.

use serde_json::json;

use super::completions;
use crate::validate::case::{Case, Inputs};
use crate::validate::plan::{Plan, document, duration, link, measure, responses, server, users};

/// Clients who give up at a deadline.
pub fn deadline(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let rate = inputs.number("rate_per_s")?;
    let (mean, shape) = inputs.distribution("service")?;
    let on_give_up = if inputs.flag("cancel")? { "cancel" } else { "ignore" };
    let people = json!({ "timeout": duration(inputs.number("deadline_s")?), "calls": { "on_give_up": on_give_up } });
    let params = json!({
        "static_service": duration(mean), "service_shape": shape, "discipline": inputs.word("discipline")?,
    });
    let nodes = [users(rate, &people), server("server", inputs.count_or("servers", 1)?, &params)];
    let count = completions(case);
    Plan::new(&document(&case.id, &nodes, &[link("users", "server")]), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        Ok(responses(&engine, &figures))
    })
}
