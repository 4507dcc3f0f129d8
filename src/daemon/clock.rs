//! Notices that the machine's clock was set, or that the machine slept. Nothing
//! depends on it but the log: what is due is decided from the run history, which
//! a jump cannot mislead (R14). It never decides what runs.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

/// Time synchronisation moves a clock by less than this between two looks.
const TOLERATED: TimeDelta = TimeDelta::seconds(10);

/// How the clock moved beside the time that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// It was set forward, or the machine slept.
    Forward(TimeDelta),
    Back(TimeDelta),
}

/// The last look at both clocks.
#[derive(Debug)]
pub struct ClockWatch {
    wall: DateTime<Utc>,
    steady: Instant,
}

impl ClockWatch {
    pub fn new(wall: DateTime<Utc>, steady: Instant) -> Self {
        Self { wall, steady }
    }

    /// Compares both clocks with the last look. `steady` stands still while the
    /// machine sleeps.
    pub fn look(&mut self, wall: DateTime<Utc>, steady: Instant) -> Option<Jump> {
        let passed = TimeDelta::from_std(steady.saturating_duration_since(self.steady))
            .unwrap_or(TimeDelta::MAX);
        let jump = (wall - self.wall) - passed;
        (self.wall, self.steady) = (wall, steady);
        if jump > TOLERATED {
            Some(Jump::Forward(jump))
        } else if jump < -TOLERATED {
            Some(Jump::Back(-jump))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_jump_is_what_the_wall_clock_moved_beside_the_time_that_passed() {
        for (passed, moved, expected) in [
            (60, 60, None),
            (60, 70, None),
            (60, 71, Some(Jump::Forward(TimeDelta::seconds(11)))),
            (60, 50, None),
            (60, 49, Some(Jump::Back(TimeDelta::seconds(11)))),
            // A night of sleep; an hour back; a month forward.
            (30, 28_830, Some(Jump::Forward(TimeDelta::hours(8)))),
            (60, -3_540, Some(Jump::Back(TimeDelta::hours(1)))),
            (0, 2_592_000, Some(Jump::Forward(TimeDelta::days(30)))),
        ] {
            let (wall, steady) = (Utc::now(), Instant::now());
            let mut clock = ClockWatch::new(wall, steady);
            let later = steady + Duration::from_secs(passed);
            let seen = clock.look(wall + TimeDelta::seconds(moved), later);
            assert_eq!(seen, expected, "{passed} s passed, the clock moved {moved} s");
            let seen = clock.look(wall + TimeDelta::seconds(moved), later);
            assert_eq!(seen, None, "a jump is told once");
        }
    }
}
