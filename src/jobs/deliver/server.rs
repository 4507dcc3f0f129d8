//! The mail server, not a mail, is wrong: all mail waits, and whoever minds the service is
//! told; and what follows when it works again (`docs/reliability.md` R17).

use chrono::TimeDelta;
use rusqlite::Connection;
use tracing::debug;

use super::settle::{PAUSES, given_up};
use super::{DeliverReport, Pass};
use crate::jobs::compose::Composer;
use crate::jobs::error::Error;
use crate::jobs::incidents::{close_incident, open_incident};
use crate::model::{AlertFact, IncidentKind, MailWhy};
use crate::smtp::ServerError;
use crate::store::{
    self, ServerWait, end_server_wait, give_up_waiting, immediate, incidents, wait_for_server,
};
use crate::text::addresses::masked;

/// How long all mail waits when the server, not a mail, is wrong.
const SERVER_PAUSE: TimeDelta = TimeDelta::minutes(15);
/// The same after a refused login: many in a row lock an account.
const LOGIN_PAUSE: TimeDelta = TimeDelta::hours(1);
/// How soon it is tried again before anybody is told, where it may be back in a moment.
const SOON: &[TimeDelta] = PAUSES.split_at(2).0;

impl Pass {
    /// The server, not a mail, is wrong, for so many passes in a row: all mail waits, and
    /// `status` says so.
    pub(super) fn server_is_wrong(
        &self,
        connection: &mut Connection,
        error: &ServerError,
        tries: u32,
        report: &mut DeliverReport,
    ) -> Result<(), Error> {
        let (mode, why) = (self.config.mail.mode, error.to_string());
        // Servers like to quote addresses.
        debug!(why = masked(&why), "the mail server takes no mail; all mail waits");
        let tx = immediate(connection)?;
        let is_told = incidents(&tx)?.iter().any(|open| open.kind == IncidentKind::MailDown);
        let soon = usize::try_from(tries - 1).ok().and_then(|tried| SOON.get(tried));
        let pause = match soon {
            Some(soon) if error.may_pass() && !is_told => *soon,
            _ if error.is_login() => LOGIN_PAUSE,
            _ => SERVER_PAUSE,
        };
        if !is_told && pause >= SERVER_PAUSE {
            // First, so that the alert waits with the others.
            let facts = vec![AlertFact::Error(why.clone())];
            open_incident(&tx, &self.config, IncidentKind::MailDown, self.now, facts)?;
        }
        let reason = MailWhy::Reply.with(why.clone());
        let due_before = self.now.checked_sub_signed(self.give_up_after());
        if let Some(due_before) = due_before {
            let given_up = given_up(reason.clone());
            report.dead += give_up_waiting(&tx, mode, self.now, due_before, &given_up)?;
        }
        let wait = ServerWait { until: self.now + pause, why: reason, tries };
        report.later += wait_for_server(&tx, mode, self.now, &wait)?;
        tx.commit().map_err(store::Error::from)?;
        report.server_error = Some(why);
        Ok(())
    }

    /// The server gives verdicts on mails: what waited for it waits no longer.
    pub(super) fn server_works(&self, connection: &mut Connection) -> Result<(), Error> {
        let tx = immediate(connection)?;
        end_server_wait(&tx, self.config.mail.mode, self.now)?;
        let composer = Composer::new(&tx, &self.config, self.now)?;
        close_incident(&tx, &composer, IncidentKind::MailDown)?;
        tx.commit().map_err(store::Error::from)?;
        Ok(())
    }
}
