//! One clear line per step with its seconds, and a table of all steps at the end.

use crate::Result;
use std::time::Instant;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed(String),
}

struct Row {
    name: &'static str,
    seconds: f64,
    verdict: Verdict,
}

/// The steps done so far.
pub struct Report {
    began: Instant,
    rows: Vec<Row>,
}

impl Report {
    pub fn new() -> Self {
        Self { began: Instant::now(), rows: Vec::new() }
    }

    /// Does one step, saying so before and after. `None` when it failed; the report remembers why.
    pub fn step<T>(&mut self, name: &'static str, doing: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        say(&format!("{name}: {doing}"));
        let began = Instant::now();
        let outcome = work();
        let seconds = began.elapsed().as_secs_f64();
        let (value, verdict) = match outcome {
            Ok(value) => {
                say(&format!("{name}: done in {seconds:.1} s"));
                (Some(value), Verdict::Passed)
            }
            Err(message) => {
                say(&format!("{name}: FAILED after {seconds:.1} s: {message}"));
                (None, Verdict::Failed(message))
            }
        };
        self.rows.push(Row { name, seconds, verdict });
        value
    }

    /// Notes a step that was not done because another had failed: that is a failure too.
    pub fn blocked(&mut self, name: &'static str, by: &str) {
        let verdict = Verdict::Failed(format!("not run: {by} failed"));
        self.rows.push(Row { name, seconds: 0.0, verdict });
    }

    /// Prints the table. An error names every step that failed.
    pub fn finish(self) -> Result<()> {
        println!("\n{}", self.table());
        let failed: Vec<&str> =
            self.rows.iter().filter(|row| matches!(row.verdict, Verdict::Failed(_))).map(|row| row.name).collect();
        if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
    }

    fn table(&self) -> String {
        let width = self.rows.iter().map(|row| row.name.len()).max().unwrap_or(0).max(5);
        let mut lines = vec![format!("{:width$}  seconds  verdict", "step")];
        for row in &self.rows {
            let verdict = match &row.verdict {
                Verdict::Passed => "ok".to_owned(),
                Verdict::Failed(why) => {
                    format!("FAILED: {}", why.lines().next().unwrap_or_default())
                }
            };
            lines.push(format!("{:width$}  {:7.1}  {verdict}", row.name, row.seconds));
        }
        lines.push(format!("{:width$}  {:7.1}", "all", self.began.elapsed().as_secs_f64()));
        lines.join("\n")
    }
}

/// One line, marked as the task's own among the output of the tools it runs.
pub fn say(line: &str) {
    println!("==> {line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_or_a_blocked_step_fails_the_whole() {
        let mut report = Report::new();
        assert_eq!(report.step("one", "counting", || Ok(1)), Some(1));
        assert_eq!(report.step::<()>("three", "failing", || Err("first line\nsecond".into())), None);
        report.blocked("four", "three");
        assert!(report.table().contains("FAILED: first line\n"));
        assert_eq!(report.finish(), Err("failed: three, four".to_owned()));
    }

    #[test]
    fn all_well_is_no_error() {
        let mut report = Report::new();
        report.step("one", "counting", || Ok(()));
        assert_eq!(report.finish(), Ok(()));
    }
}
