//! `status`: the whole state on one screen.

use super::exit::Exit;
use super::output::{Output, plain};
use super::table::Here;
use crate::checks::{began_anew, clocks_differ};
use crate::jobs::Context;
use crate::model::JobKind;
use crate::query::{self, Absence, Incident, JobStatus, Status};

/// For which the register would have to be read.
const ELSEWHERE: &str = "What the next week brings: `kitos-sync remind`. What the configuration \
     names in vain: `kitos-sync check`";

pub async fn run(context: Context, output: &Output) -> anyhow::Result<Exit> {
    let password_changed = context.password_changed();
    let status = context.ask(move |moment| query::status(moment, password_changed)).await?;
    output.one(&status, &words(&status, Here::of(&context)))?;
    Ok(Exit::Done)
}

fn words(status: &Status, here: Here) -> String {
    let urgent = held(status).into_iter().chain(incidents(status, here));
    let sections = [
        vec![format!("kitos-sync {}, mail.mode {}", status.version, status.mail_mode)],
        last_pull(status, here),
    ];
    let more = [
        under("Away", status.away.iter().map(away).collect()),
        under("Jobs", jobs(status, here)),
        under("Open findings", findings(status)),
        under("Outbox", outbox(status)),
        vec![ELSEWHERE.to_owned()],
    ];
    let all = sections.into_iter().chain(urgent).chain(more);
    let shown: Vec<String> =
        all.filter(|lines| !lines.is_empty()).map(|lines| lines.join("\n")).collect();
    shown.join("\n\n") + "\n"
}

/// Lines under a heading. Without lines, no heading either.
fn under(heading: &str, lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() { lines } else { [vec![heading.to_owned()], lines].concat() }
}

fn last_pull(status: &Status, here: Here) -> Vec<String> {
    let Some(last) = &status.last_snapshot else {
        return vec!["Nothing has been read from KITOS yet: run `kitos-sync sync`".to_owned()];
    };
    vec![
        format!(
            "Last good pull  {} ({} h ago): {} systems, {} people",
            here.weekday_minute(last.taken_at),
            last.age_hours,
            last.usages,
            last.people
        ),
        format!(
            "Owners          {} of {} systems that the policy covers have one",
            last.with_owner, last.in_scope
        ),
    ]
}

/// What keeps the register from being kept up to date.
fn held(status: &Status) -> Vec<Vec<String>> {
    let held = status
        .quarantined_pull
        .map(|id| format!("THE GUARD HOLDS PULL {id}: see `kitos-sync guard show`"));
    let left_behind =
        status.left_behind.as_ref().map(|one| format!("ANOTHER DATABASE: {}", began_anew(one)));
    let clock = status.clock_skew_seconds.map(|ahead| format!("CLOCK: {}", clocks_differ(ahead)));
    held.into_iter().chain(left_behind).chain(clock).map(|line| vec![line]).collect()
}

fn incidents(status: &Status, here: Here) -> Vec<Vec<String>> {
    let one = |incident: &Incident| {
        let (kind, since) = (incident.kind.as_str(), here.weekday_minute(incident.opened_at));
        vec![format!("INCIDENT {kind} since {since}"), format!("  {}", plain(&incident.detail))]
    };
    status.incidents.iter().map(one).collect()
}

fn away(away: &Absence) -> String {
    let name = if away.name.is_empty() { &away.email } else { &away.name };
    let substitute = away.substitute.as_ref().map(|who| format!("to {}", plain(&who.name)));
    let substitute = substitute.unwrap_or_else(|| "nobody stands in".to_owned());
    format!("  {} until {}; {substitute}", plain(name), away.until)
}

fn jobs(status: &Status, here: Here) -> Vec<String> {
    let known = JobKind::ALL.iter().filter_map(|job| Some((job, status.jobs.get(job.as_str())?)));
    let one = |(job, JobStatus { last_run, next_run }): (&JobKind, &JobStatus)| {
        let last = last_run.as_ref().map_or("never".to_owned(), |run| {
            let (at, outcome) = (here.weekday_minute(run.started_at), run.outcome.as_str());
            format!("{at}  {outcome:<6}  {}", plain(&run.detail))
        });
        let never = match job {
            JobKind::Deliver => "when there is work",
            _ => "after the first good pull",
        };
        let next = next_run.map_or(never.to_owned(), |at| here.weekday_minute(at));
        [format!("  {:<8} last {last}", job.as_str()), format!("           next {next}")]
    };
    known.flat_map(one).collect()
}

fn findings(status: &Status) -> Vec<String> {
    let mut lines = Vec::new();
    for (rule, by_severity) in &status.open_findings {
        let one = |(severity, count)| format!("  {count:>5}  {severity:<6}  {rule}");
        lines.extend(by_severity.iter().map(one));
    }
    if lines.is_empty() {
        lines.push("  none".to_owned());
    }
    if status.waived_findings > 0 {
        lines.push(format!("  {:>5}  waived", status.waived_findings));
    }
    lines
}

fn outbox(status: &Status) -> Vec<String> {
    let lines: Vec<String> =
        status.outbox.iter().map(|(state, count)| format!("  {count:>5}  {state}")).collect();
    if lines.is_empty() { vec!["  empty".to_owned()] } else { lines }
}
