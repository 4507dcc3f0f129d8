//! Forgetting: history past its time, people who are gone, bodies of old mails.
//! Says nothing of when (`jobs::prune` does), and never touches what holds now
//! or a mail that still waits.
//!
//! Rows of `snapshot` stay for ever: they hold counts alone, versions refer to
//! them, and trends are read from them. A year of them is some 50 KB.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::Error;
use super::answered::forget_kitos_answers;
use super::answers::prune_answers;
use super::mails::{COLUMNS, read};
use super::mark::renew_register_mark;
use super::register_now::forget_register;
use super::values::{instant_at, rows, to_json, uuid_at};
use crate::model::{Language, OutboxMail};
use crate::register::forgetting::{is_telling, without_address, without_name};
use crate::text::forgotten::{self, is_name};

/// Tables with versions; `to_snapshot` says when one ended.
const VERSIONED: [&str; 3] = ["version", "membership", "role_assignment"];

/// Tables whose text is KITOS's or the configuration's own: a system that bears
/// a person's name keeps it. `person` is dealt with by uuid.
const WITHOUT_FREE_TEXT: [&str; 6] =
    ["version", "membership", "role_assignment", "policy_role", "policy_name", "person"];

/// How much history went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PrunedHistory {
    pub versions: usize,
    pub changes: usize,
    pub findings: usize,
    /// Mails, runs, rounds of confirmation, incidents and decided quarantines.
    pub others: usize,
}

/// Deletes what ended before `before`: versions, changes, resolved findings and
/// what hangs on them, finished mails, runs, closed rounds of confirmation, incidents,
/// decided quarantines.
pub fn prune_history(
    connection: &Connection,
    before: DateTime<Utc>,
) -> Result<PrunedHistory, Error> {
    let ms = before.timestamp_millis();
    let mut pruned = PrunedHistory::default();
    // The last before the first that is to be kept: one that was taken while the
    // machine's clock was years behind says nothing of those before it.
    let last: Option<i64> = connection.query_row(
        "SELECT max(id) FROM snapshot
         WHERE taken_at < ?1 AND id < coalesce(
             (SELECT min(id) FROM snapshot WHERE taken_at >= ?1), 9223372036854775807)",
        [ms],
        |row| row.get(0),
    )?;
    if let Some(last) = last {
        for table in VERSIONED {
            pruned.versions += connection
                .execute(&format!("DELETE FROM {table} WHERE to_snapshot <= ?1"), [last])?;
        }
        pruned.changes = connection.execute("DELETE FROM change WHERE snapshot <= ?1", [last])?;
    }
    if pruned.versions > 0 {
        renew_register_mark(connection)?;
        forget_register(connection)?;
    }
    pruned.findings = delete_with_dependents(connection, "finding", "resolved_at < ?1", ms)?;
    if pruned.versions + pruned.changes + pruned.findings > 0 {
        connection.execute(
            "INSERT INTO pruned (only, before, snapshot) VALUES (1, ?1, ?2)
             ON CONFLICT (only) DO UPDATE SET before = max(before, excluded.before),
                                              snapshot = max(snapshot, excluded.snapshot)",
            (ms, last.unwrap_or(0)),
        )?;
    }
    pruned.others = delete_with_dependents(
        connection,
        "outbox",
        "state NOT IN ('queued', 'sending') AND created_at < ?1",
        ms,
    )?;
    // The latest run of each job is what the schedule goes by.
    pruned.others += connection.execute(
        "DELETE FROM job_run WHERE started_at < ?1
           AND id NOT IN (SELECT max(id) FROM job_run GROUP BY job)",
        [ms],
    )?;
    pruned.others += prune_answers(connection, before)?;
    // One that an answer is about stays as long as that: an open one is IT's task.
    pruned.others += delete_with_dependents(
        connection,
        "review",
        "closed_at < ?1 AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.review = review.id)",
        ms,
    )?;
    pruned.others += connection.execute("DELETE FROM incident WHERE closed_at < ?1", [ms])?;
    pruned.others += connection
        .execute("DELETE FROM quarantine WHERE state <> 'held' AND decided_at < ?1", [ms])?;
    Ok(pruned)
}

/// Up to when history was deleted; `None` while all of it is there.
pub fn pruned_before(connection: &Connection) -> Result<Option<DateTime<Utc>>, Error> {
    let mut statement = connection.prepare("SELECT before FROM pruned")?;
    Ok(rows(&mut statement, [], |row| instant_at(row, "before"))?.pop())
}

/// Deletes rows of a table, and first the rows of other tables that refer to
/// their `id`.
fn delete_with_dependents(
    connection: &Connection,
    table: &str,
    condition: &str,
    before: i64,
) -> Result<usize, Error> {
    let mut dependents = connection.prepare(
        "SELECT child.name AS child, link.\"from\" AS link_column
         FROM sqlite_schema AS child, pragma_foreign_key_list(child.name) AS link
         WHERE child.type = 'table' AND link.\"table\" = ?1",
    )?;
    let dependents = rows(&mut dependents, [table], |row| {
        Ok((row.get::<String>("child")?, row.get::<String>("link_column")?))
    })?;
    for (child, column) in dependents {
        connection.execute(
            &format!(
                "DELETE FROM {child} WHERE {column} IN (SELECT id FROM {table} WHERE {condition})"
            ),
            [before],
        )?;
    }
    Ok(connection.execute(&format!("DELETE FROM {table} WHERE {condition}"), [before])?)
}

/// Someone whose name and address are to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departed {
    pub uuid: Uuid,
    pub name: String,
    pub email: Option<String>,
}

/// People who are no users, whom no assignment names, and of whom neither has
/// been true since `since`; without those who are forgotten already.
pub fn departed_before(
    connection: &Connection,
    since: DateTime<Utc>,
) -> Result<Vec<Departed>, Error> {
    let mut statement = connection.prepare(
        "WITH seen AS (SELECT person, to_snapshot FROM membership
                       UNION ALL SELECT person, to_snapshot FROM role_assignment)
         SELECT uuid, name, email FROM person
         WHERE NOT EXISTS (SELECT 1 FROM seen LEFT JOIN snapshot ON snapshot.id = to_snapshot
                           WHERE seen.person = person.uuid
                             AND (to_snapshot IS NULL OR snapshot.taken_at >= ?1))",
    )?;
    let mut departed = rows(&mut statement, [since.timestamp_millis()], |row| {
        Ok(Departed {
            uuid: uuid_at(row, "uuid")?,
            name: row.get("name")?,
            email: row.get("email")?,
        })
    })?;
    departed.retain(|person| person.email.is_some() || !is_name(&person.name, person.uuid));
    Ok(departed)
}

/// Forgets someone: the name and the address go from `person`, from their own
/// mails, and from whatever text was written about them. A name or address that
/// another person has too stays where it stands for that one. What stands there instead is in
/// `language`.
pub fn forget(connection: &Connection, person: &Departed, language: Language) -> Result<(), Error> {
    let (uuid, pseudonym) = (person.uuid.to_string(), forgotten::name(person.uuid, language));
    forget_kitos_answers(connection)?;
    connection.execute(
        "UPDATE person SET name = ?2, email = NULL WHERE uuid = ?1",
        (&uuid, &pseudonym),
    )?;
    renew_register_mark(connection)?;
    connection.execute(
        "UPDATE outbox SET recipients = '[]', subject = ?2, reason = NULL, mime = NULL,
                news = NULL
         WHERE person = ?1 AND state NOT IN ('queued', 'sending')",
        (&uuid, forgotten::subject(language)),
    )?;
    let shared = |column: &str, value: &str| -> Result<bool, Error> {
        let sql = format!("SELECT 1 FROM person WHERE {column} = ?1 COLLATE NOCASE");
        Ok(connection.query_row(&sql, [value], |_| Ok(())).optional()?.is_some())
    };
    if let Some(email) = person.email.as_deref()
        && !shared("email", email)?
    {
        // By the whole uuid, so that keys stay unique.
        for email in [email, &email.to_lowercase()] {
            replace_everywhere(connection, email, |text, email| {
                without_address(text, email, &uuid)
            })?;
        }
    }
    withhold_cut_subjects(connection, &person.name, forgotten::subject(language))?;
    if is_telling(&person.name) && !shared("name", &person.name)? {
        replace_everywhere(connection, &person.name, |text, name| {
            without_name(text, name, &pseudonym)
        })?;
    }
    Ok(())
}

/// A subject is cut at 60 characters, and a name in it with it: `replace` does
/// not find half a name.
fn withhold_cut_subjects(connection: &Connection, name: &str, instead: &str) -> Result<(), Error> {
    // Less of a name than this may be another's.
    const SHORTEST: usize = 6;
    let mut statement =
        connection.prepare("SELECT id, subject FROM outbox WHERE subject LIKE '%…%'")?;
    let subjects =
        rows(&mut statement, [], |row| Ok((row.get::<i64>("id")?, row.get::<String>("subject")?)))?;
    let beginnings: Vec<&str> =
        name.char_indices().skip(SHORTEST).map(|(at, _)| &name[..at]).collect();
    for (id, subject) in subjects {
        let before_cut = subject.split('…').next().unwrap_or_default().trim_end();
        if beginnings.iter().any(|beginning| before_cut.ends_with(beginning.trim_end())) {
            connection.execute("UPDATE outbox SET subject = ?2 WHERE id = ?1", (id, instead))?;
        }
    }
    Ok(())
}

/// In every column of text that we wrote ourselves, in tables to come too.
/// `forgotten`: a text that holds `old`, in the spelling that it is given, as it is to be;
/// `None` to leave it.
fn replace_everywhere(
    connection: &Connection,
    old: &str,
    forgotten: impl Fn(&str, &str) -> Option<String>,
) -> Result<(), Error> {
    // In JSON a quotation mark or a backslash has another before it.
    let in_json = to_json(&old)?;
    let spellings: BTreeSet<&str> = [old, &in_json[1..in_json.len() - 1]].into();
    let mut columns = connection.prepare_cached(
        "SELECT tables.name AS table_name, columns.name AS column_name
         FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
         WHERE tables.type = 'table' AND columns.type = 'TEXT'
           AND tables.name NOT LIKE 'sqlite_%'",
    )?;
    let columns = rows(&mut columns, [], |row| {
        Ok((row.get::<String>("table_name")?, row.get::<String>("column_name")?))
    })?;
    for (table, column) in columns {
        if !WITHOUT_FREE_TEXT.contains(&table.as_str()) {
            let mut holding = connection.prepare(&format!(
                "SELECT DISTINCT \"{column}\" AS text FROM \"{table}\" WHERE instr(\"{column}\", ?1) > 0"
            ))?;
            let mut update = connection.prepare(&format!(
                "UPDATE \"{table}\" SET \"{column}\" = ?2 WHERE \"{column}\" = ?1"
            ))?;
            for old in &spellings {
                for text in rows(&mut holding, [old], |row| Ok(row.get::<String>("text")?))? {
                    if let Some(new) = forgotten(&text, old) {
                        update.execute((&text, &new))?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Finished mails that still have a body: all of them, or those older than
/// `before`.
pub fn mails_with_body(
    connection: &Connection,
    before: Option<DateTime<Utc>>,
) -> Result<Vec<OutboxMail>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT {COLUMNS} FROM outbox
         WHERE mime IS NOT NULL AND state NOT IN ('queued', 'sending')
           AND coalesce(sent_at, created_at) < ?1 ORDER BY id"
    ))?;
    let before = before.map_or(i64::MAX, |before| before.timestamp_millis());
    rows(&mut statement, [before], read)
}

/// Deletes a mail's body.
pub fn clear_body(connection: &Connection, id: i64) -> Result<(), Error> {
    connection.execute("UPDATE outbox SET mime = NULL, news = NULL WHERE id = ?1", [id])?;
    Ok(())
}

/// Gives free pages back where there are many, and empties the write-ahead log.
/// `false`: a reader kept the log from being emptied; the next time will do.
///
/// Nothing that was deleted is left in the file even so: `secure_delete`
/// overwrites it. The log is where it would remain.
pub fn compact(connection: &Connection) -> Result<bool, Error> {
    let number = |pragma: &str| {
        connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0))
    };
    let (pages, free) = (number("page_count")?, number("freelist_count")?);
    // A quarter of the file, and a megabyte at least.
    if free * 4 > pages && free * number("page_size")? > 1 << 20 {
        // Its working copy must not lie in a temporary file. It frees room and
        // nothing else: a reader in the way or a full disk is no reason to fail.
        let _ = connection.execute_batch("PRAGMA temp_store = MEMORY; VACUUM");
    }
    let busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::{Access, Store};

    fn database() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::new(folder.path().join("k.db"));
        let connection = store.open(Access::Create).expect("a database");
        (folder, connection)
    }

    #[test]
    fn a_name_is_forgotten_in_text_and_as_json_spells_it() {
        for name in [r#"Anne "Annie" Holm"#, r"Anne\Holm Berg", r#"Anne "Annie""#, "Anne Holm"] {
            let (_folder, connection) = database();
            let facts = to_json(&[format!("{name} and {name}s system")]).expect("JSON");
            connection
                .execute(
                    "INSERT INTO incident (kind, opened_at, seen_at, facts) VALUES ('x', 1, 1, ?1)",
                    [&facts],
                )
                .and_then(|_| {
                    connection.execute(
                        "INSERT INTO answer (name, email, as_owner, kind, findings, at, day, state)
                         VALUES (?1, 'a@b.dk', 0, 'confirmed', '[]', 1, '2026-01-01', 'open')",
                        [name],
                    )
                })
                .expect("rows");
            let person = Departed { uuid: Uuid::from_u128(7), name: name.to_owned(), email: None };
            forget(&connection, &person, Language::En).expect("forgotten");
            let pseudonym = forgotten::name(person.uuid, Language::En);
            let text = |sql| connection.query_row(sql, [], |row| row.get::<_, String>(0));
            let facts: Vec<String> =
                serde_json::from_str(&text("SELECT facts FROM incident").expect("facts"))
                    .expect("still JSON");
            assert_eq!(facts, [format!("{pseudonym} and {pseudonym}s system")], "{name}");
            assert_eq!(text("SELECT name FROM answer").expect("a name"), pseudonym, "{name}");
        }
    }

    /// An open answer is a task of IT's, however old the round that it was given in.
    #[test]
    fn a_round_stays_as_long_as_an_answer_that_was_given_in_it() {
        let (_folder, connection) = database();
        connection
            .execute_batch(
                "INSERT INTO review (id, due, started_at, started_by, closed_at, closed_by)
                     VALUES (1, '2026-01-05', 1, 'IT', 5, 'IT'), (2, '2026-01-06', 2, 'IT', 6, 'IT'),
                            (3, '2026-01-07', 3, 'IT', 7, 'IT');
                 INSERT INTO answer (id, name, email, review, as_owner, kind, findings, at, day, state,
                                     closed_at)
                     VALUES (1, 'A', 'a@b.dk', 1, 1, 'newOwner', '[]', 4, '2026-01-04', 'open', NULL),
                            (2, 'A', 'a@b.dk', 2, 1, 'confirmed', '[]', 4, '2026-01-04', 'done', 5),
                            (3, 'A', 'a@b.dk', 3, 1, 'newOwner', '[]', 4, '2026-01-04', 'done', 99);",
            )
            .expect("rows");
        let before = DateTime::from_timestamp_millis(50).expect("an instant");
        prune_history(&connection, before).expect("pruned");
        let ids = |table: &str| -> Vec<i64> {
            let mut statement =
                connection.prepare(&format!("SELECT id FROM {table} ORDER BY id")).expect("SQL");
            let ids = statement.query_map([], |row| row.get(0)).expect("rows");
            ids.map(|id| id.expect("an id")).collect()
        };
        assert_eq!((ids("answer"), ids("review")), (vec![1, 3], vec![1, 3]));
    }

    #[test]
    fn compacting_gives_room_back_and_empties_the_log_unless_someone_reads() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("k.db");
        let connection = Store::new(&path).open(Access::Create).expect("a database");
        connection
            .execute_batch(
                "CREATE TABLE big (x BLOB);
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
                 INSERT INTO big SELECT zeroblob(40000) FROM n;
                 DELETE FROM big;",
            )
            .expect("a file with room");
        let size = |name: &str| std::fs::metadata(folder.path().join(name)).map_or(0, |f| f.len());

        let reader = Connection::open(&path).expect("a reader");
        reader.execute_batch("BEGIN; SELECT * FROM sqlite_schema;").expect("a snapshot");
        connection.busy_timeout(Duration::ZERO).expect("no patience");
        assert!(!compact(&connection).expect("no failure"), "a reader is in the way");
        reader.execute_batch("COMMIT").expect("the end of reading");
        assert!(size("k.db-wal") > 0);
        assert!(compact(&connection).expect("room"));
        assert_eq!(size("k.db-wal"), 0);
        assert!(size("k.db") < 1 << 20, "{}", size("k.db"));
    }
}
