//! `remind --forecast`: what the time to come would bring, before anything is sent.

use std::fmt::Write as _;

use super::exit::Exit;
use super::output::{Output, draw, plain};
use super::table::{Here, Listing, Medium, column};
use crate::jobs::Context;
use crate::notify::{Forecast, Mails, ToLeader, Week};
use crate::query;

const WEEKS: Listing<Week> = Listing {
    none: "",
    columns: &[
        column("week of", |week, _| week.from.to_string()),
        column("letters", |week, _| week.mails.letters.to_string()),
        column("reminders", |week, _| week.mails.reminders.to_string()),
        column("escalations", |week, _| week.mails.escalations.to_string()),
    ],
};

const LEADERS: Listing<ToLeader> = Listing {
    none: "",
    columns: &[
        column("leader", |leader, _| plain(&leader.name)),
        column("escalations", |leader, _| leader.mails.to_string()),
    ],
};

pub async fn run(context: &Context, days: u32, output: &Output) -> anyhow::Result<Exit> {
    let forecast = context.ask(move |moment| query::forecast(moment, days)).await?;
    output.one(&forecast, &words(&forecast, days, Here::of(context)))?;
    Ok(Exit::Done)
}

fn words(forecast: &Forecast, days: u32, here: Here) -> String {
    let brings = match days {
        1 => "next day brings".to_owned(),
        7 => "next week brings".to_owned(),
        days if days.is_multiple_of(7) => format!("next {} weeks bring", days / 7),
        days => format!("next {days} days bring"),
    };
    let mails = forecast.weeks.iter().map(|week| week.mails).sum::<Mails>().all();
    if mails == 0 {
        return format!("If nothing changes in KITOS, the {brings} no mail to anyone.");
    }
    let mut text = format!(
        "If mail.mode is send, and nothing changes in KITOS, the {brings} {} to {}:\n{} to the median, {} to whoever gets most. Notices of what happens come on top.\n",
        query::counted(mails, "mail", "mails"),
        query::counted(forecast.readers, "person", "people"),
        forecast.median,
        forecast.most
    );
    let _ = writeln!(text, "\n{}", draw(&WEEKS.table(&forecast.weeks, Medium::Screen, here)));
    if !forecast.escalations.is_empty() {
        let leaders = LEADERS.table(&forecast.escalations, Medium::Screen, here);
        let _ = writeln!(text, "\n{}", draw(&leaders));
    }
    if let Some(crowded) = query::crowded_in_words(forecast.crowded) {
        let _ = writeln!(text, "\n{crowded}");
    }
    text
}
