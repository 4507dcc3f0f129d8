//! What the leaders file covered: one that suddenly covers much less is not judged by.

use rusqlite::Connection;

use super::Error;
use super::values::{count, rows};
use crate::policy::coverage::Coverage;

/// What the leaders file covered when it was last judged by.
pub fn leaders_coverage(connection: &Connection) -> Result<Option<Coverage>, Error> {
    let mut statement = connection.prepare("SELECT leaders, owners, known FROM leaders_file")?;
    let rows = rows(&mut statement, [], |row| {
        let number = |column: &str| row.get::<i64>(column);
        let number = |column| Ok::<_, rusqlite::Error>(number(column)?.try_into().unwrap_or(0));
        Ok(Coverage {
            leaders: number("leaders")?,
            owners: number("owners")?,
            known: number("known")?,
        })
    })?;
    Ok(rows.into_iter().next())
}

/// Notes what it covers now; `None` when there is no file any more.
pub fn record_leaders_coverage(
    connection: &Connection,
    coverage: Option<Coverage>,
) -> Result<(), Error> {
    // Only what changed is written: an unchanged pull writes one row.
    if leaders_coverage(connection)? == coverage {
        return Ok(());
    }
    match coverage {
        None => connection.execute("DELETE FROM leaders_file", [])?,
        Some(Coverage { leaders, owners, known }) => connection.execute(
            "INSERT INTO leaders_file (only, leaders, owners, known) VALUES (1, ?1, ?2, ?3)
             ON CONFLICT (only) DO UPDATE SET leaders = excluded.leaders,
                 owners = excluded.owners, known = excluded.known",
            [count(leaders), count(owners), count(known)],
        )?,
    };
    Ok(())
}
