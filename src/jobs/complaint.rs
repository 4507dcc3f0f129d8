//! A fault that stays is told once an hour, not once a minute.

use std::time::{Duration, Instant};

const AGAIN_AFTER: Duration = Duration::from_secs(60 * 60);

/// What was complained of last, until it is over.
#[derive(Debug, Default)]
pub struct Complaint {
    last: Option<(String, Instant)>,
}

impl Complaint {
    /// Whether this is worth a line in the log: new, or old enough to repeat.
    pub fn is_news(&mut self, words: &str, now: Instant) -> bool {
        if let Some((said, at)) = &self.last
            && said == words
            && now.saturating_duration_since(*at) < AGAIN_AFTER
        {
            return false;
        }
        self.last = Some((words.to_owned(), now));
        true
    }

    /// The fault is gone. Whether there was one.
    pub fn over(&mut self) -> bool {
        self.last.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_fault_is_told_once_an_hour_and_another_at_once() {
        let start = Instant::now();
        let mut complaint = Complaint::default();
        for (minutes, words, news) in [
            (0, "disk full", true),
            (1, "disk full", false),
            (59, "disk full", false),
            (60, "disk full", true),
            (61, "disk full", false),
            (62, "read-only", true),
        ] {
            let now = start + Duration::from_secs(minutes * 60);
            assert_eq!(complaint.is_news(words, now), news, "{words} after {minutes} min");
        }
        assert!(complaint.over());
        assert!(!complaint.over());
        assert!(complaint.is_news("read-only", start), "after it was over it is news again");
    }
}
