//! What an address can ask for: `?scenario=cached&seed=7&users=10000&speed=1/20&paused&painter=pixels&dots=20000`.
//!
//! A value that cannot be is said in words and left out; it never stops the page.

use super::clock::SPEEDS;
use super::painter::PainterKind;
use super::scenarios;

/// Simulated over wall time for who asks for nothing: slow enough to follow a dot with the eye.
pub const DEFAULT_SPEED: f64 = 0.05;
/// Most dots of a parade: they and the new ones of some frames fit into the ring of hops.
const MOST_DOTS: usize = 200_000;
/// As many users as the slider has.
pub const MOST_USERS: u32 = 10_000_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The page goes on with what it had, or chooses, if absent.
    pub scenario: Option<usize>,
    pub seed: Option<u64>,
    pub users: Option<u32>,
    pub speed: f64,
    pub is_paused: bool,
    /// The page chooses, if absent.
    pub painter: Option<PainterKind>,
    /// So many made-up dots in place of the engine's, to measure what they cost; 0 for those of the engine.
    pub dots: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let speed = DEFAULT_SPEED;
        Self { scenario: None, seed: None, users: None, speed, is_paused: false, painter: None, dots: 0 }
    }
}

impl Settings {
    /// Reads the part of an address after `?`; the second value says what was not understood.
    pub fn read(query: &str) -> (Self, Vec<String>) {
        let mut settings = Self::default();
        let mut complaints = Vec::new();
        for pair in query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if let Err(valid) = settings.set(name, &value.replace("%2F", "/").replace("%2f", "/")) {
                complaints.push(format!("The address asks for {name}={value}, which cannot be: {valid}."));
            }
        }
        (settings, complaints)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "scenario" => {
                let known = || scenarios::ALL.iter().map(|scenario| scenario.slug).collect::<Vec<_>>().join(", ");
                let place = scenarios::by_slug(value);
                self.scenario = Some(place.ok_or_else(|| format!("scenarios are {}", known()))?);
            }
            "seed" => self.seed = Some(value.parse().map_err(|_| "a seed is a whole number, 0 or more")?),
            "users" => {
                let users = value.parse().ok().filter(|users| (1..=MOST_USERS).contains(users));
                self.users = Some(users.ok_or("1 to 10000000 users")?);
            }
            "speed" => self.speed = speed(value).ok_or("a speed is 0.0001 to 10, or a fraction such as 1/20")?,
            "paused" => {
                self.is_paused = match value {
                    "" | "1" | "true" => true,
                    "0" | "false" => false,
                    _ => return Err("write just `paused`".to_owned()),
                }
            }
            "painter" => self.painter = Some(PainterKind::by_name(value).ok_or("painters are gl, pixels")?),
            "dots" => {
                let dots = value.parse().ok().filter(|dots| (1..=MOST_DOTS).contains(dots));
                self.dots = dots.ok_or("1 to 200000 dots")?;
            }
            // Hosts and mailers add parameters of their own.
            _ => {}
        }
        Ok(())
    }
}

fn speed(text: &str) -> Option<f64> {
    let speed = match text.split_once('/') {
        Some((over, under)) => over.parse::<f64>().ok()? / under.parse::<f64>().ok()?,
        None => text.parse().ok()?,
    };
    SPEEDS.contains(&speed).then_some(speed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_values_are_taken() {
        let (settings, complaints) =
            Settings::read("?scenario=cached&seed=7&users=10000&speed=1/50&paused&painter=gl&dots=50&utm_source=x");
        assert!(complaints.is_empty(), "{complaints:?}");
        let painter = Some(PainterKind::Gl);
        let (seed, users) = (Some(7), Some(10_000));
        assert_eq!(
            settings,
            Settings { scenario: Some(4), seed, users, speed: 0.02, is_paused: true, painter, dots: 50 }
        );
    }

    #[test]
    fn bad_values_are_named_and_left_out() {
        let bad = "scenario=x&seed=-1&users=0&speed=NaN&paused=maybe&painter=crayon&dots=1e9";
        let (settings, complaints) = Settings::read(bad);
        assert_eq!(settings, Settings::default());
        assert_eq!(complaints.len(), 7);
        assert!(complaints[0].contains("scenario=x") && complaints[0].contains("cached"), "{}", complaints[0]);
    }
}
