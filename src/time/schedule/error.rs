//! Why a crontab line is refused.

/// Why a crontab line is refused. The text ends with what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    #[error("it has {found} field{}. {HOW_TO}", match *found {
        1 => "",
        0..=5 => "s",
        _ => "s, but seconds and years are no part of a crontab line",
    })]
    Fields { found: usize },
    #[error("{field} {value} is outside {min}-{max}. {HOW_TO}")]
    Outside { field: &'static str, value: String, min: u32, max: u32 },
    #[error("{field} \"{text}\" is not {known}. {HOW_TO}")]
    NotAValue { field: &'static str, text: String, known: String },
    #[error("{field} {range} runs backwards. Write {instead}.")]
    Backwards { field: &'static str, range: String, instead: String },
    #[error("the step in {field} {item} is outside 1-{max}. {HOW_TO}")]
    Step { field: &'static str, item: String, max: u32 },
    #[error("{field} {item} has a step without a range. Write */{step} or {start}-{max}/{step}.",
        start = item.split('/').next().unwrap_or_default(),
        step = item.rsplit('/').next().unwrap_or_default())]
    StepWithoutRange { field: &'static str, item: String, max: u32 },
    #[error("it never occurs: none of its months has such a day. {HOW_TO}")]
    Never,
}

const HOW_TO: &str = "Write five fields: minute hour day month weekday, \
                      e.g. \"0 5 * * *\" for every day at 05:00.";
