//! The view's clock: how simulated time follows the wall clock.
//!
//! The engine is asked to be a little ahead of the view, and the view shows only time that the engine has reached, so
//! that every hop of the moment shown is known. Where the engine cannot keep up, the view slows down with it and
//! [`Clock::pace`] says by how much. Time in which no request is under way is raced through ([`Race`]). A tab that was hidden does not catch up: a frame is never longer than
//! [`LONGEST_FRAME_MS`].

/// How far ahead of the view the engine is asked to be beside the time that an answer takes, in frames.
const LEAD_FRAMES: f64 = 1.5;
/// How far ahead it is at least and at most.
const LEAD_MS: std::ops::RangeInclusive<f64> = 33.0..=120.0;
/// How slowly an answer that took long is forgotten: what is left of it after the next.
const ANSWER_MEMORY: f64 = 0.98;
/// The same of whether it was late, from one tick to the next.
const LATENESS_MEMORY: f64 = 0.95;
/// What a frame takes, until it is known better.
const FRAME_MS: f64 = 17.0;
/// Simulated time that a race goes through in wall time.
const RACE_SPEED: f64 = 1.5;
/// Most simulated time that the engine is ahead of the view in a race: a command is carried out that much later.
const RACE_LEAD_NS: u64 = 50_000_000;
/// Most wall time that one frame stands for.
const LONGEST_FRAME_MS: f64 = 100.0;
/// How fast the reported pace follows the measured one: the share of the old value kept for one second.
const PACE_MEMORY_S: f64 = 0.7;

const NS_PER_MS: f64 = 1e6;

/// Slowest and fastest: simulated time over wall time.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 1e-4..=10.0;

/// What one frame needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The simulated time to show.
    pub view_ns: u64,
    /// The simulated time that the engine shall reach.
    pub target_ns: u64,
}

/// Whether there is anything to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Race {
    /// Requests are under way: at the chosen speed.
    None,
    /// Nothing is under way, and nothing is known to come.
    On,
    /// Nothing is under way before this time.
    To(u64),
}

#[derive(Clone, Debug)]
pub struct Clock {
    is_playing: bool,
    speed: f64,
    view_ns: u64,
    reached_ns: u64,
    /// What the last tick asked for.
    target_ns: u64,
    last_wall_ms: Option<f64>,
    pace: f64,
    /// What a frame takes, smoothed.
    frame_ms: f64,
    /// When the engine was asked for what it has not yet answered.
    asked_ms: Option<f64>,
    /// What its answers take, rather too long than too short.
    answer_ms: f64,
    /// How often of late it had not come to what was asked for when the next tick came, 0 to 1.
    lateness: f64,
    /// Whether the speed is another since the engine was asked for what it has not yet answered.
    is_retuned: bool,
    is_racing: bool,
    /// Where the step under way ends, which was taken while the clock stands; not ahead if there is none.
    goal_ns: u64,
}

impl Clock {
    pub fn new(speed: f64, is_playing: bool) -> Self {
        Self {
            is_playing,
            speed,
            view_ns: 0,
            reached_ns: 0,
            target_ns: 0,
            last_wall_ms: None,
            pace: 1.0,
            frame_ms: FRAME_MS,
            asked_ms: None,
            answer_ms: 0.0,
            lateness: 0.0,
            is_retuned: false,
            is_racing: false,
            goal_ns: 0,
        }
    }

    /// Time zero of a new run, at the same speed.
    pub fn reset(&mut self) {
        *self = Self::new(self.speed, self.is_playing);
    }

    pub fn set_speed(&mut self, speed: f64) {
        self.speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
        (self.pace, self.target_ns) = (1.0, 0);
        self.is_retuned = self.asked_ms.is_some();
        self.follow();
    }

    /// Slowed down, the engine may be far ahead: the view does not stay behind by more than the lead.
    fn follow(&mut self) {
        self.view_ns = self.view_ns.max(self.reached_ns.saturating_sub(2 * self.lead_ns()));
    }

    pub fn set_playing(&mut self, is_playing: bool) {
        self.is_playing = is_playing;
        (self.last_wall_ms, self.target_ns) = (None, 0);
        self.pace = 1.0;
        if is_playing {
            self.goal_ns = 0;
        }
    }

    pub fn is_playing(&self) -> bool {
        self.is_playing
    }

    pub fn speed(&self) -> f64 {
        self.speed
    }

    pub fn view_ns(&self) -> u64 {
        self.view_ns
    }

    /// What a frame takes, smoothed.
    pub fn frame_ms(&self) -> f64 {
        self.frame_ms
    }

    /// Whether quiet time is being skipped.
    pub fn is_racing(&self) -> bool {
        self.is_racing
    }

    pub fn reached_ns(&self) -> u64 {
        self.reached_ns
    }

    /// The simulated time that the last tick has asked for.
    pub fn target_ns(&self) -> u64 {
        self.target_ns
    }

    /// Whether the engine has not come to what the last tick asked for, and that was not long before `wall_ms`.
    pub fn is_behind(&self, wall_ms: f64) -> bool {
        let is_seen = self.last_wall_ms.is_some_and(|last| wall_ms - last < LONGEST_FRAME_MS);
        is_seen && self.reached_ns < self.target_ns
    }

    /// How often of late the engine had not come to what was asked for when the next tick came, 0 to 1.
    pub fn lateness(&self) -> f64 {
        self.lateness
    }

    /// Share of the chosen speed that is reached, 0 to 1.
    pub fn pace(&self) -> f64 {
        self.pace
    }

    /// The engine is asked for something at `wall_ms`.
    pub fn ask(&mut self, wall_ms: f64) {
        self.asked_ms = Some(wall_ms);
    }

    /// The engine has come to `now_ns`, and says so at `wall_ms`.
    pub fn reach(&mut self, now_ns: u64, wall_ms: f64) {
        self.reached_ns = self.reached_ns.max(now_ns);
        if let Some(asked_ms) = self.asked_ms.take() {
            let took_ms = (wall_ms - asked_ms).clamp(0.0, *LEAD_MS.end());
            self.answer_ms = took_ms.max(self.answer_ms * ANSWER_MEMORY + took_ms * (1.0 - ANSWER_MEMORY));
        }
        if std::mem::take(&mut self.is_retuned) {
            self.follow();
        }
    }

    /// The next animation frame, at `wall_ms`.
    pub fn tick(&mut self, wall_ms: f64, race: Race) -> Tick {
        let is_late = self.is_playing && self.reached_ns < self.target_ns;
        self.lateness = self.lateness * LATENESS_MEMORY + f64::from(u8::from(is_late)) * (1.0 - LATENESS_MEMORY);
        let tick = self.next(wall_ms, race);
        self.target_ns = tick.target_ns;
        tick
    }

    fn next(&mut self, wall_ms: f64, race: Race) -> Tick {
        let elapsed_ms = self.last_wall_ms.map_or(0.0, |last| (wall_ms - last).clamp(0.0, LONGEST_FRAME_MS));
        self.last_wall_ms = Some(wall_ms);
        if !self.is_playing {
            return Tick { view_ns: self.view_ns, target_ns: self.reached_ns.max(self.goal_ns) };
        }
        if elapsed_ms > 0.0 {
            self.frame_ms = self.frame_ms * 0.8 + elapsed_ms * 0.2;
        }
        self.is_racing = race != Race::None && self.speed < RACE_SPEED;
        if self.is_racing { self.race(elapsed_ms, race) } else { self.go(elapsed_ms) }
    }

    /// Whether the clock stands, and the engine has not yet come to the end of the last step.
    pub fn is_stepping(&self) -> bool {
        !self.is_playing && self.reached_ns < self.goal_ns
    }

    /// Begins a step of `wall_ms` while the clock stands: the coming ticks ask for it until the engine has come to its end,
    /// however long that takes, so that as many steps lead to the same moment on every machine.
    pub fn step(&mut self, wall_ms: f64) {
        self.goal_ns = self.view_ns + self.simulated_ns(wall_ms);
        self.view_ns = self.goal_ns.min(self.reached_ns.max(self.view_ns));
    }

    /// Shows all that the engine has reached, as after a step or a command while the clock stands.
    pub fn show_reached(&mut self) {
        (self.view_ns, self.lateness) = (self.reached_ns, 0.0);
    }

    fn go(&mut self, elapsed_ms: f64) -> Tick {
        let wanted = self.view_ns + self.simulated_ns(elapsed_ms);
        let view = wanted.min(self.reached_ns);
        self.measure(view.saturating_sub(self.view_ns), wanted - self.view_ns, elapsed_ms);
        self.view_ns = view.max(self.view_ns);
        Tick { view_ns: self.view_ns, target_ns: (self.view_ns + self.lead_ns()).max(self.reached_ns) }
    }

    fn race(&mut self, elapsed_ms: f64, race: Race) -> Tick {
        let ahead = |wall_ms: f64| (wall_ms * NS_PER_MS * RACE_SPEED) as u64;
        let goal = if let Race::To(goal) = race { goal } else { self.reached_ns };
        self.view_ns = (self.view_ns + ahead(elapsed_ms)).min(goal.min(self.reached_ns)).max(self.view_ns);
        let lead = if race == Race::On { ahead(self.lead_ms()).min(RACE_LEAD_NS) } else { self.lead_ns() };
        Tick { view_ns: self.view_ns, target_ns: (self.view_ns + lead).max(self.reached_ns) }
    }

    /// As long as the view goes on before the next answer can be there.
    fn lead_ms(&self) -> f64 {
        (self.answer_ms + self.frame_ms * LEAD_FRAMES).clamp(*LEAD_MS.start(), *LEAD_MS.end())
    }

    fn lead_ns(&self) -> u64 {
        self.simulated_ns(self.lead_ms())
    }

    fn measure(&mut self, moved_ns: u64, wanted_ns: u64, elapsed_ms: f64) {
        if wanted_ns > 0 {
            let now = (moved_ns as f64 / wanted_ns as f64).min(1.0);
            let kept = 1.0 - (elapsed_ms / 1000.0 * (1.0 - PACE_MEMORY_S) * 4.0).min(1.0);
            self.pace = self.pace * kept + now * (1.0 - kept);
        }
    }

    fn simulated_ns(&self, wall_ms: f64) -> u64 {
        (wall_ms * NS_PER_MS * self.speed) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(speed: f64) -> Clock {
        let mut clock = Clock::new(speed, true);
        clock.tick(0.0, Race::None);
        clock
    }

    #[test]
    fn the_view_never_shows_what_the_engine_has_not_reached() {
        let mut clock = running(1.0);
        let tick = clock.tick(16.0, Race::None);
        assert_eq!(tick.view_ns, 0);
        assert!(tick.target_ns >= 16_000_000);
        clock.reach(10_000_000, 0.0);
        assert_eq!(clock.tick(32.0, Race::None).view_ns, 10_000_000);
    }

    #[test]
    fn a_hidden_tab_does_not_catch_up() {
        let mut clock = running(1.0);
        let target = clock.tick(60_000.0, Race::None).target_ns;
        assert!(target <= 200_000_000, "{target}");
    }

    #[test]
    fn an_engine_that_is_behind_goes_on_unless_nobody_looks() {
        let mut clock = running(1.0);
        let target = clock.tick(16.0, Race::None).target_ns;
        clock.reach(10_000_000, 0.0);
        assert!(clock.is_behind(30.0));
        assert!(!clock.is_behind(5_000.0), "a hidden tab");
        clock.reach(target, 0.0);
        assert!(!clock.is_behind(30.0));
        clock.tick(32.0, Race::None);
        clock.set_playing(false);
        assert!(!clock.is_behind(33.0));
    }

    #[test]
    fn a_paused_clock_asks_for_nothing() {
        let mut clock = running(1.0);
        clock.reach(40_000_000, 0.0);
        clock.tick(20.0, Race::None);
        clock.set_playing(false);
        let tick = clock.tick(500.0, Race::None);
        assert_eq!(tick, Tick { view_ns: 20_000_000, target_ns: 40_000_000 });
        clock.set_playing(true);
        assert_eq!(clock.tick(5_000.0, Race::None).view_ns, 20_000_000, "the pause is not made up for");
    }

    #[test]
    fn a_step_goes_on_until_its_end_is_reached() {
        let mut clock = Clock::new(0.1, false);
        clock.step(100.0);
        assert_eq!(clock.tick(16.0, Race::None).target_ns, 10_000_000);
        clock.reach(4_000_000, 0.0);
        clock.show_reached();
        clock.set_playing(false);
        assert!(clock.is_stepping());
        assert_eq!(clock.tick(32.0, Race::None), Tick { view_ns: 4_000_000, target_ns: 10_000_000 });
        clock.reach(10_000_000, 0.0);
        assert!(!clock.is_stepping());
    }

    #[test]
    fn slowing_down_does_not_leave_the_view_far_behind() {
        let mut clock = running(10.0);
        clock.reach(340_000_000, 0.0);
        clock.set_speed(1e-4);
        let tick = clock.tick(16.0, Race::None);
        assert!(clock.reached_ns() - tick.view_ns < 10_000);
    }

    #[test]
    fn an_answer_from_before_the_speed_changed_does_not_leave_the_view_far_behind() {
        let mut clock = running(10.0);
        clock.tick(16.0, Race::None);
        clock.ask(16.0);
        clock.set_speed(1e-4);
        assert!(!clock.is_behind(17.0), "what was wanted at the old speed is not any more");
        clock.reach(300_000_000, 30.0);
        assert!(clock.reached_ns() - clock.tick(32.0, Race::None).view_ns < 20_000);
    }

    #[test]
    fn a_page_that_stumbles_is_no_late_engine() {
        let (mut clock, mut wall_ms) = (running(1.0), 0.0);
        for frame in 0..200 {
            wall_ms += if frame % 50 == 49 { 100.0 } else { 16.0 };
            let target = clock.tick(wall_ms, Race::None).target_ns;
            clock.reach(target, wall_ms);
        }
        assert!(clock.lateness() < 0.01, "{}", clock.lateness());
        for _ in 0..100 {
            wall_ms += 16.0;
            clock.tick(wall_ms, Race::None);
            clock.reach(clock.reached_ns() + 8_000_000, wall_ms);
        }
        assert!(clock.lateness() > 0.9, "{}", clock.lateness());
    }

    #[test]
    fn the_pace_tells_how_far_behind_the_engine_is() {
        let mut clock = running(1.0);
        for frame in 1..200_u32 {
            let wall = f64::from(frame) * 16.0;
            clock.reach((wall * 0.4 * 1e6) as u64, 0.0);
            clock.tick(wall, Race::None);
        }
        assert!((clock.pace() - 0.4).abs() < 0.05, "{}", clock.pace());
    }

    #[test]
    fn quiet_time_is_raced_through_up_to_the_next_request() {
        let mut clock = running(0.001);
        assert!(clock.tick(16.0, Race::On).target_ns > 16_000_000);
        clock.reach(40_000_000, 0.0);
        assert_eq!(clock.tick(32.0, Race::To(10_000_000)).view_ns, 10_000_000);
        assert!(clock.is_racing());
        assert_eq!(clock.tick(48.0, Race::None).view_ns, 10_016_000);
    }
}
