use chrono::*;
use chrono_tz::Tz;
#[derive(Debug, Clone, PartialEq)]
pub struct CronLine;
impl CronLine {
    pub fn next_after(&self, _a: DateTime<Utc>, _z: Tz) -> Option<DateTime<Utc>> {
        None
    }
    pub fn latest_at_or_before(
        &self,
        _n: DateTime<Utc>,
        _z: Tz,
        _b: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        None
    }
}
