//! Mistakes of a user, as values: where it is, what is wrong, and what would be right.

use std::fmt;

use super::json::json_object;

/// One mistake in a document or a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path in the JSON, as in `nodes[3].params.cores`; empty for the whole document.
    pub at: String,
    pub what: String,
    /// What would be valid.
    pub remedy: String,
}

impl Problem {
    pub fn new(at: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { at: at.into(), what: what.into(), remedy: remedy.into() }
    }
}

json_object!(Problem = Self::new("", "", ""), { at, what, remedy });

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        f.write_str(&self.what)?;
        if !self.remedy.is_empty() {
            write!(f, " ({})", self.remedy)?;
        }
        Ok(())
    }
}

/// All the mistakes found at once; never empty when it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub fn push(&mut self, at: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Problem::new(at, what, remedy));
    }

    /// Takes over the problems of a part.
    pub fn note(&mut self, outcome: Result<(), Self>) {
        if let Err(Self(found)) = outcome {
            self.0.extend(found);
        }
    }

    /// `Ok(value)` if no problem was found.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
