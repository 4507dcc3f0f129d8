//! `remind --forecast`: what the time to come would bring, before anything is sent.

use std::fmt::Write as _;

use super::exit::Exit;
use super::output::{Output, draw, plain};
use super::table::{Here, Listing, Medium, column};
use crate::jobs::Context;
use crate::notify::{Forecast, ToLeader, Week};
use crate::query;

const WEEKS: Listing<Week> = Listing {
    none: "",
    columns: &[
        column("week of", |week, _| week.from.to_string()),
        column("letters", |week, _| week.letters.to_string()),
        column("reminders", |week, _| week.reminders.to_string()),
        column("escalations", |week, _| week.escalations.to_string()),
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
    let time =
        if days.is_multiple_of(7) { format!("{} weeks", days / 7) } else { format!("{days} days") };
    let mails: usize =
        forecast.weeks.iter().map(|week| week.letters + week.reminders + week.escalations).sum();
    if mails == 0 {
        return format!("If nothing changes in KITOS, the next {time} bring no mail to anyone.");
    }
    let mut text = format!(
        "If mail.mode is send, and nothing changes in KITOS, the next {time} bring {mails} mails to \
         {} people:\n{} to the median, {} to whoever gets most. Notices of what happens come on top.\n",
        forecast.readers, forecast.median, forecast.most
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
