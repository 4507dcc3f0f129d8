//! What the program did and will do, and what is or was wrong with it.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::JobKind;
use crate::query::{self, Delay, Incident, Moment, Run};
use crate::time::due::Due;
use crate::web::asked::Asked;
use crate::web::refused::Refused;

#[derive(Serialize)]
pub struct Runs {
    next: Vec<Next>,
    incidents: Vec<Incident>,
    runs: Vec<Run>,
}

#[derive(Serialize)]
struct Next {
    job: JobKind,
    at: Option<DateTime<Utc>>,
}

pub fn runs(asked: &Asked, moment: &Moment<'_>) -> Result<Runs, Refused> {
    let table = query::timetable(moment, asked.password_changed, Delay::OfInstallation)?;
    let next = JobKind::ALL.iter().map(|&job| match table.of(job) {
        Due::Now { .. } => Next { job, at: Some(moment.now) },
        Due::At(at) => Next { job, at },
    });
    Ok(Runs {
        next: next.collect(),
        incidents: query::incidents(moment)?,
        runs: query::runs(moment, None)?,
    })
}
