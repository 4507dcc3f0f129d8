//! (to come)
#[derive(Debug, Clone, PartialEq)]
pub struct CronLine;
