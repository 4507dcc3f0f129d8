//! What kinds of mail there are, where it goes, and how far one has come.

use super::spelled::spelled;

spelled! {
    "lowercase",
    /// What kind of mail; `docs/contract.md`, "Mail".
    pub enum MailKind {
        Digest,
        /// To somebody who was never written to, or who is about to leave.
        Letter,
        Reminder,
        Notice,
        Escalation,
        /// In a round of confirmation: to an owner, or to a leader who is to help.
        Review,
        Alert,
        Test,
    }
}

impl MailKind {
    /// Planned from what is so on a day, and withdrawn when it no longer is.
    pub fn is_planned(self) -> bool {
        matches!(self, Self::Letter | Self::Reminder | Self::Escalation | Self::Review)
    }

    /// To owners and leaders; notices go to IT, too.
    pub fn is_to_people(self) -> bool {
        self.is_planned() || self == Self::Notice
    }
}

spelled! {
    "kebab-case",
    /// Which kind of letter a draft is for.
    pub enum DraftKind {
        /// Introduces KITOS and us to an owner, before the first reminder ever.
        FirstLetter,
        Reminder,
        /// Asks the next leader up for help, with a copy to the people asked so far.
        Escalation,
        /// To someone who is about to leave, and to their leader: what to hand over.
        HandOver,
        /// Asks an owner to confirm all their systems.
        Review,
        /// Asks a leader for help with those who have not confirmed theirs, with a copy to them.
        ReviewCall,
    }
}

impl DraftKind {
    /// What kind of mail it becomes.
    pub fn mail(self) -> MailKind {
        match self {
            Self::FirstLetter | Self::HandOver => MailKind::Letter,
            Self::Reminder => MailKind::Reminder,
            Self::Escalation => MailKind::Escalation,
            Self::Review | Self::ReviewCall => MailKind::Review,
        }
    }

    /// Whether it asks a leader for help with what others have not done.
    pub fn asks_for_help(self) -> bool {
        matches!(self, Self::Escalation | Self::ReviewCall)
    }
}

spelled! {
    "lowercase",
    /// Where mail goes (`mail.mode`).
    pub enum MailMode {
        /// Into `.eml` files; nothing leaves the machine.
        Preview,
        /// Everything to one address, with a banner that names the real one.
        Redirect,
        Send,
    }
}

spelled! {
    "lowercase",
    /// The language of mails (`mail.language`); the command line speaks English.
    pub enum Language {
        Da,
        En,
    }
}

spelled! {
    "lowercase",
    /// Where a mail is on its way (`docs/reliability.md` R16).
    pub enum MailState {
        Queued,
        /// Handed to the mail server, verdict not yet recorded. After a crash it
        /// goes out again under the same Message-ID.
        Sending,
        Sent,
        /// Refused for good, or given up; its reason says why.
        Dead,
        /// No longer true or no longer wanted; its reason says why.
        Cancelled,
        /// Written to `mail.preview_dir`.
        Previewed,
    }
}

impl MailState {
    /// Whether a person can make it due now, as long as its body is kept.
    pub fn can_be_retried(self) -> bool {
        matches!(self, Self::Queued | Self::Dead)
    }

    /// Whether it can be withdrawn. One that is being handed over may arrive all the same.
    pub fn can_be_cancelled(self) -> bool {
        matches!(self, Self::Queued | Self::Sending)
    }
}
