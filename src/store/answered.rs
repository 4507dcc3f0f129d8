//! What KITOS answered to the last committed pull.

use rusqlite::{Connection, OptionalExtension};

use super::Error;
use super::values::to_json;
use crate::kitos::Answers;

/// By these the next pull recognises the same replies; `None` if it must read them.
pub fn kitos_answers(connection: &Connection) -> Result<Option<Answers>, Error> {
    let kept: Option<String> = kept(connection)?;
    // Of another version of this program, if it cannot be read.
    Ok(kept.and_then(|answers| serde_json::from_str(&answers).ok()))
}

/// Notes the answers of a pull that is being committed.
pub fn keep_kitos_answers(connection: &Connection, answers: &Answers) -> Result<(), Error> {
    let answers = to_json(answers)?;
    // Only what changed is written.
    if kept(connection)?.as_ref() != Some(&answers) {
        connection.execute(
            "INSERT INTO kitos_answers (only, answers) VALUES (1, ?1)
             ON CONFLICT (only) DO UPDATE SET answers = excluded.answers",
            [answers],
        )?;
    }
    Ok(())
}

/// The register is no longer what followed from them alone.
pub fn forget_kitos_answers(connection: &Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM kitos_answers", [])?;
    Ok(())
}

fn kept(connection: &Connection) -> Result<Option<String>, Error> {
    let answers = connection.query_row("SELECT answers FROM kitos_answers", [], |row| row.get(0));
    Ok(answers.optional()?)
}
