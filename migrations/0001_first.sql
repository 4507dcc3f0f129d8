-- kitos-sync's database, schema 1. This file is also its documentation.
--
-- Conventions
--   * Instants are milliseconds since 1970 in UTC; dates are ISO text without a zone.
--   * UUIDs are KITOS's own, as lower-case text. A registration or a person that was
--     made anew keeps the uuid under which it was seen first: see `lineage`.
--   * History is kept as versions, not as copies. A row of a versioned table holds
--     from snapshot `from_snapshot` until, and not including, `to_snapshot`;
--     NULL means that it still holds. The state as of snapshot n is
--         from_snapshot <= n AND (to_snapshot IS NULL OR to_snapshot > n)
--     so storage grows with changes, not with days.
--   * A person's name and address live in `person` alone. Everything else,
--     history included, refers to people by uuid.

-- This installation: one row. Message-IDs and the sync's jitter derive from `uuid`.
CREATE TABLE installation (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    uuid       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- One committed pull. An unchanged pull writes such a row and touches nothing
-- else of the register; trends are read from here.
CREATE TABLE snapshot (
    id           INTEGER PRIMARY KEY,
    taken_at     INTEGER NOT NULL,
    committed_at INTEGER NOT NULL,   -- later than taken_at for a pull that the guard held
    local_date   TEXT    NOT NULL,   -- the day in schedule.time_zone: "today" for the rules
    duration_ms  INTEGER NOT NULL,
    requests     INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,
    usages       INTEGER NOT NULL,   -- rows read
    people       INTEGER NOT NULL,   -- users of the organisation
    in_scope     INTEGER NOT NULL,   -- usages that the policy covers …
    with_owner   INTEGER NOT NULL,   -- … and those of them with an owner
    open_info    INTEGER NOT NULL,   -- open findings by severity
    open_low     INTEGER NOT NULL,
    open_medium  INTEGER NOT NULL,
    open_high    INTEGER NOT NULL
) STRICT;

-- ------------------------------------------------------------- the register --

-- Versions of all that KITOS registers but people and their roles: the organisation,
-- role types, units, shared systems, usages (without roles), contracts and
-- data-processing registrations. `data` is JSON of the model's own struct, so that a
-- new field of KITOS's needs no new column. With rowids, unlike the tables of short rows:
-- a table without rowids keeps at most a quarter of a page of each row together, and these
-- rows are longer.
CREATE TABLE version (
    kind          TEXT    NOT NULL,
    uuid          TEXT    NOT NULL,
    data          TEXT    NOT NULL,
    from_snapshot INTEGER NOT NULL REFERENCES snapshot (id),
    to_snapshot   INTEGER          REFERENCES snapshot (id),
    PRIMARY KEY (kind, uuid, from_snapshot)
) STRICT;

-- The lives of usages, without what was registered of them; and which are being phased
-- out now. Since when they are so is asked at every pull.
CREATE INDEX version_usage ON version (uuid, from_snapshot, to_snapshot) WHERE kind = 'usage';
CREATE INDEX version_phasing_out ON version (uuid)
    WHERE kind = 'usage' AND to_snapshot IS NULL AND data ->> '$.life_cycle' = 'PhasingOut';

-- The role type that a name in `policy.…_roles` was matched with the first time.
-- From then on the uuid counts, so that a renamed role alarms nobody.
CREATE TABLE policy_role (
    name             TEXT    PRIMARY KEY,
    role             TEXT    NOT NULL,
    matched_snapshot INTEGER NOT NULL REFERENCES snapshot (id)
) STRICT, WITHOUT ROWID;

-- The units and usages that other names in the configuration meant at their first
-- match: staff units, and systems that are left out by their whole name.
CREATE TABLE policy_name (
    kind             TEXT    NOT NULL CHECK (kind IN ('unit', 'usage')),
    name             TEXT    NOT NULL,   -- in the form in which names compare
    uuid             TEXT    NOT NULL,
    matched_snapshot INTEGER NOT NULL REFERENCES snapshot (id),
    PRIMARY KEY (kind, name, uuid)
) STRICT, WITHOUT ROWID;

-- The role types that counted as owner, from a snapshot on: a pull is compared with the
-- one before by what counted then.
CREATE TABLE owner_roles (
    from_snapshot INTEGER PRIMARY KEY REFERENCES snapshot (id),
    roles         TEXT    NOT NULL   -- JSON list of uuids
) STRICT;

-- The only place with names and addresses of people. Unversioned on purpose:
-- to forget someone is to change one row.
CREATE TABLE person (
    uuid       TEXT    PRIMARY KEY,
    kitos_uuid TEXT    NOT NULL,   -- KITOS's own of today, or the last one
    name       TEXT    NOT NULL,
    email      TEXT,
    api_access INTEGER NOT NULL CHECK (api_access IN (0, 1))
) STRICT, WITHOUT ROWID;

-- When a person was among the organisation's users.
CREATE TABLE membership (
    person        TEXT    NOT NULL REFERENCES person (uuid),
    from_snapshot INTEGER NOT NULL REFERENCES snapshot (id),
    to_snapshot   INTEGER          REFERENCES snapshot (id),
    PRIMARY KEY (person, from_snapshot)
) STRICT, WITHOUT ROWID;

-- What was deleted in KITOS and made anew: a usage for the same shared system in one
-- pull, or a person with the same address. The new one is the old one, under the uuid
-- that it was seen with first; no other table knows of KITOS's new uuid but as
-- `kitos_uuid`.
CREATE TABLE lineage (
    kitos_uuid     TEXT    PRIMARY KEY,
    uuid           TEXT    NOT NULL,
    since_snapshot INTEGER NOT NULL REFERENCES snapshot (id)
) STRICT, WITHOUT ROWID;

-- Who had which role on which system, from when to when.
CREATE TABLE role_assignment (
    usage         TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    person        TEXT    NOT NULL REFERENCES person (uuid),
    from_snapshot INTEGER NOT NULL REFERENCES snapshot (id),
    to_snapshot   INTEGER          REFERENCES snapshot (id),
    PRIMARY KEY (usage, role, person, from_snapshot)
) STRICT, WITHOUT ROWID;

CREATE INDEX role_assignment_person ON role_assignment (person);

-- What holds now: at most one version of each thing. With these the present
-- state is read without passing over its history.
CREATE UNIQUE INDEX version_now ON version (kind, uuid) WHERE to_snapshot IS NULL;
CREATE UNIQUE INDEX membership_now ON membership (person) WHERE to_snapshot IS NULL;
CREATE UNIQUE INDEX role_assignment_now ON role_assignment (usage, role, person) WHERE to_snapshot IS NULL;

-- A copy of the register as the last pull left it, in one piece: a question about the present
-- need not put it together from thousands of rows. Only the same build of the program reads it
-- again (`program` is a hash of its file). Whenever a pull or pruning changes the tables above,
-- it is deleted: those tables are the truth. People are in it without name and address.
CREATE TABLE register_now (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    program INTEGER NOT NULL,
    history BLOB    NOT NULL,   -- what the rows that hold no more come to
    data    BLOB    NOT NULL    -- the rest; last, since SQLite passes over what stands before
) STRICT;

-- Which register these tables hold: a random mark, renewed whenever they change, by a pull,
-- by forgetting or by pruning. What keeps the register in memory sees by it whether that is
-- still the same one, also after a backup was put back.
CREATE TABLE register_mark (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    mark BLOB    NOT NULL
) STRICT;

-- ------------------------------------------------- what was made of the pulls --

-- What happened, once.
CREATE TABLE change (
    id       INTEGER PRIMARY KEY,
    snapshot INTEGER NOT NULL REFERENCES snapshot (id),
    change   TEXT    NOT NULL,       -- JSON of the model's `Change`; names people by uuid
    kind     TEXT    NOT NULL GENERATED ALWAYS AS (change ->> '$.kind') VIRTUAL,
    usage    TEXT             GENERATED ALWAYS AS (change ->> '$.usage') VIRTUAL
) STRICT;

CREATE INDEX change_snapshot ON change (snapshot);
CREATE INDEX change_usage ON change (usage);
CREATE INDEX change_kind ON change (kind);

-- What is wrong, for as long as it is. One row per occurrence.
CREATE TABLE finding (
    id                INTEGER PRIMARY KEY,
    rule              TEXT    NOT NULL,
    usage             TEXT    NOT NULL,
    severity          TEXT    NOT NULL,
    faults            TEXT    NOT NULL, -- JSON, one element a fault
    since_baseline    INTEGER NOT NULL CHECK (since_baseline IN (0, 1)),
    -- It opened because the configuration or the leaders file changed, not KITOS.
    by_policy_change  INTEGER NOT NULL CHECK (by_policy_change IN (0, 1)),
    opened_snapshot   INTEGER NOT NULL REFERENCES snapshot (id),
    opened_at         INTEGER NOT NULL,
    resolved_snapshot INTEGER          REFERENCES snapshot (id),
    resolved_at       INTEGER,
    -- How: put right, gone with what it was about, or lapsed because the policy changed.
    ending            TEXT CHECK (ending IN ('resolved', 'closed', 'removed', 'leftOut',
                                             'ownerGone', 'revived', 'lapsed')),
    CHECK ((resolved_snapshot IS NULL) = (resolved_at IS NULL)
       AND (resolved_snapshot IS NULL) = (ending IS NULL))
) STRICT;

-- A finding is never open twice.
CREATE UNIQUE INDEX finding_open ON finding (rule, usage) WHERE resolved_at IS NULL;
CREATE INDEX finding_usage ON finding (usage);

-- An exception from a rule for one occurrence, with an end and a reason. Rows
-- stay for the auditor; at most one of a finding is in force at a time
-- (`src/store/in_force.rs` says when one is).
CREATE TABLE waiver (
    id         INTEGER PRIMARY KEY,
    finding    INTEGER NOT NULL REFERENCES finding (id) ON DELETE CASCADE,
    until      TEXT    NOT NULL,   -- its last day …
    ends_at    INTEGER NOT NULL,   -- … and the instant at which that day is over
    reason     TEXT    NOT NULL CHECK (reason <> ''),
    by         TEXT    NOT NULL CHECK (by <> ''),
    created_at INTEGER NOT NULL,
    -- Set where someone ended it before its time.
    ended_at   INTEGER,
    ended_how  TEXT CHECK (ended_how IN ('withdrawn', 'replaced')),
    ended_by   TEXT,
    CHECK ((ended_at IS NULL) = (ended_how IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL))
) STRICT;

CREATE INDEX waiver_finding ON waiver (finding);

-- ------------------------------------------------------------ mails and work --

-- Finished mails. `key` says what is told, to whom and for which occasion: it is
-- unique, so no crash and no repeated job tells the same twice.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE,
    kind       TEXT    NOT NULL,
    mode       TEXT    NOT NULL,   -- mail.mode when it was written
    person     TEXT,               -- the reader, where it is a KITOS user
    recipients TEXT    NOT NULL,   -- JSON list of addresses
    copies     TEXT    NOT NULL DEFAULT '[]', -- JSON list of addresses that get a copy
    news       TEXT,               -- of a notice, JSON list of what it tells: for looking at it again while it waits; goes with the body
    subject    TEXT    NOT NULL,
    message_id TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'dead', 'cancelled', 'previewed')),
    created_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,   -- when it was to go out at first
    counts_from INTEGER NOT NULL,  -- from when mail.give_up_after counts: due_at, later by every long pause of our own
    not_before INTEGER NOT NULL,   -- when it may go out next
    server_failures INTEGER NOT NULL DEFAULT 0,   -- how often in a row it has waited for the mail server; 0: it waits for itself
    attempts   INTEGER NOT NULL DEFAULT 0,
    others_taken INTEGER NOT NULL DEFAULT 0 CHECK (others_taken IN (0, 1)), -- the mail server has taken mail to others since it first did not take this one
    reason     TEXT,               -- JSON: why it is in its state
    refused    INTEGER NOT NULL DEFAULT 0 CHECK (refused IN (0, 1)), -- dead because the server does not take mail to its reader
    sent_at    INTEGER,
    died_at    INTEGER,            -- when it was given up, or refused for good
    retried_by TEXT,               -- who last made it due by hand
    mime       BLOB                -- NULL once retention.mail_bodies has passed; last, so that a list reads past none of it
) STRICT;

CREATE INDEX outbox_state ON outbox (state, sent_at);
CREATE INDEX outbox_kind ON outbox (kind, created_at);
CREATE INDEX outbox_person ON outbox (person) WHERE person IS NOT NULL;
CREATE INDEX outbox_waiting ON outbox (not_before) WHERE state IN ('queued', 'sending');

-- The systems that a mail to people is about: for the life of each of them.
CREATE TABLE mail_system (
    usage TEXT    NOT NULL,
    mail  INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    PRIMARY KEY (usage, mail)
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_system_mail ON mail_system (mail);

-- Whoever mail goes to: a mailbox with a person behind it. What was told follows the
-- recipient through new uuids and new addresses.
CREATE TABLE recipient (
    id      INTEGER PRIMARY KEY,
    same_as INTEGER REFERENCES recipient (id)   -- who this one turned out to be
) STRICT;

-- By what a recipient is known. Addresses stand as hashes that only this installation
-- makes, so that forgetting someone is still one row of `person`.
CREATE TABLE recipient_mark (
    kind      TEXT    NOT NULL CHECK (kind IN ('person', 'address')),
    mark      TEXT    NOT NULL,
    recipient INTEGER NOT NULL REFERENCES recipient (id),
    PRIMARY KEY (kind, mark)
) STRICT, WITHOUT ROWID;

-- The notification ledger: what each recipient was told, one row for each finding of
-- a mail. A mail that was cancelled or refused told nothing. The rows of a mail are
-- also its reasons: it is cancelled when one of them no longer holds.
CREATE TABLE notification (
    id          INTEGER PRIMARY KEY,
    mode        TEXT    NOT NULL,   -- each mail.mode keeps its own account
    recipient   INTEGER NOT NULL REFERENCES recipient (id),
    kind        TEXT    NOT NULL,
    finding     INTEGER REFERENCES finding (id) ON DELETE CASCADE, -- NULL: it names none
    usage       TEXT,               -- of a round of confirmation: a system that the mail asks about
    due         INTEGER NOT NULL CHECK (due IN (0, 1)), -- the finding asked for the mail itself
    day         TEXT    NOT NULL,   -- on which the mail goes out
    deadline    TEXT,
    promised_to INTEGER REFERENCES recipient (id), -- NULL with promised_on set: IT
    promised_on TEXT,
    mail        INTEGER REFERENCES outbox (id) ON DELETE CASCADE, -- NULL: noted without one
    at          INTEGER NOT NULL
) STRICT;

CREATE INDEX notification_mail ON notification (mail);
CREATE INDEX notification_finding ON notification (finding);

-- Nothing goes to someone who is away; a substitute gets it. What is over stays as long as
-- other history.
CREATE TABLE away (
    id         INTEGER PRIMARY KEY,
    address    TEXT    NOT NULL,      -- folded
    until      TEXT    NOT NULL,      -- the last day of it
    substitute TEXT,                  -- an address
    by         TEXT    NOT NULL,      -- who noted it
    created_at INTEGER NOT NULL,
    ended_at   INTEGER,               -- before its time, or replaced by another note
    ended_by   TEXT
) STRICT;

-- Rounds of confirmation: each owner is asked whether their systems are theirs and
-- right. What was answered in a round stands in `answer`.
CREATE TABLE review (
    id         INTEGER PRIMARY KEY,
    due        TEXT    NOT NULL,   -- the last day on which to answer
    unit       TEXT,               -- only its systems and those below it
    started_at INTEGER NOT NULL,
    started_by TEXT    NOT NULL,
    closed_at  INTEGER,
    closed_by  TEXT,
    CHECK ((closed_at IS NULL) = (closed_by IS NULL))
) STRICT;

-- What a round asked about when it closed, and of whom: what becomes of a system
-- afterwards changes no result. While a round is open it asks about what holds.
CREATE TABLE review_system (
    review INTEGER NOT NULL REFERENCES review (id) ON DELETE CASCADE,
    usage  TEXT    NOT NULL,
    unit   TEXT,                   -- the responsible one
    owners TEXT    NOT NULL,       -- JSON list of people's uuids
    PRIMARY KEY (review, usage)
) STRICT, WITHOUT ROWID;

-- One at a time.
CREATE UNIQUE INDEX review_open ON review ((closed_at IS NULL)) WHERE closed_at IS NULL;

-- The personal link of a mail to one person: a secret of which only the hash is kept.
-- Whoever has it sees and answers what is that person's, without a login.
CREATE TABLE link (
    hash       TEXT    PRIMARY KEY,  -- SHA-256, in hexadecimal figures
    email      TEXT    NOT NULL,     -- folded: whose page it opens
    mail       INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A mail that is withdrawn before it was handed over takes its link with it.
CREATE TRIGGER link_of_withdrawn AFTER UPDATE OF state ON outbox
WHEN OLD.state = 'queued' AND NEW.state = 'cancelled'
BEGIN DELETE FROM link WHERE mail = NEW.id; END;

-- What people answered to a mail, on its page or by reply. It changes nothing in
-- KITOS: IT carries it out, and a pull that shows it done closes it. While it is open
-- the findings of `findings` pause, 28 days at most.
CREATE TABLE answer (
    id        INTEGER PRIMARY KEY,
    name      TEXT    NOT NULL,   -- of whoever answered, as they were called then
    email     TEXT    NOT NULL,   -- folded
    person    TEXT,               -- the user who had it then; NULL: none
    usage     TEXT,               -- NULL: about no system (away)
    review    INTEGER REFERENCES review (id), -- the open round, if it was about the system
    as_owner  INTEGER NOT NULL CHECK (as_owner IN (0, 1)), -- KITOS had them as owner then
    kind      TEXT    NOT NULL CHECK (kind IN ('confirmed', 'newOwner', 'notUsed', 'rightAsItIs', 'lookedThrough', 'away')),
    owner     TEXT,               -- of newOwner: the person
    until     TEXT,               -- of away: the last day
    comment   TEXT,
    findings  TEXT    NOT NULL,   -- JSON list of ids: what was open at the system
    at        INTEGER NOT NULL,
    day       TEXT    NOT NULL,
    noted_by  TEXT,               -- who entered it; NULL: the person, on their own page
    state     TEXT    NOT NULL CHECK (state IN ('open', 'done', 'declined', 'superseded', 'lapsed')),
    closed_at INTEGER,
    closed_by TEXT,               -- NULL: a pull showed it done, overtaken or lapsed
    why       TEXT,               -- of declined
    CHECK ((state = 'open') = (closed_at IS NULL))
) STRICT;

CREATE INDEX answer_usage ON answer (usage);
CREATE INDEX answer_email ON answer (email);
CREATE INDEX answer_open ON answer (id) WHERE state = 'open';

-- What the leaders file covered when it was last judged by: one that has lost a fifth
-- of its people, or of its share of the owners, is not judged by.
CREATE TABLE leaders_file (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    leaders INTEGER NOT NULL,
    owners  INTEGER NOT NULL,
    known   INTEGER NOT NULL   -- so many of the owners are in it
) STRICT;

-- The machine that the register was read from last. A test KITOS is a copy with the
-- same uuids: what differs there is no news about this municipality.
CREATE TABLE kitos_host (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    host TEXT    NOT NULL
) STRICT;

-- How many seconds its clock was ahead of ours in the last pull; no row where they agree.
CREATE TABLE kitos_clock (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    ahead_s INTEGER NOT NULL
) STRICT;

-- With what KITOS refused the last login that it did: a digest of its address, the user and
-- where the password comes from. Under another configuration it is tried again at once.
CREATE TABLE refused_login (
    only  INTEGER PRIMARY KEY CHECK (only = 1),
    login TEXT    NOT NULL
) STRICT;

-- What KITOS answered to the last committed pull, a digest of each reply. A pull to
-- which it answers the same need not be read: the register is what it was. Gone where
-- the register is not what followed from those replies alone.
CREATE TABLE kitos_answers (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    answers TEXT    NOT NULL   -- JSON
) STRICT;

-- Up to when history was deleted as retention.history says: what stood before is
-- known in part only, and no question about it is answered.
CREATE TABLE pruned (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    before   INTEGER NOT NULL,
    snapshot INTEGER NOT NULL   -- the last of these pulls; 0: no version is gone
) STRICT;

-- Every run of every job. No index: each page that an unchanged pull writes counts, and what
-- is asked for stands at its end.
CREATE TABLE job_run (
    id            INTEGER PRIMARY KEY,
    job           TEXT    NOT NULL,
    scheduled_for INTEGER,          -- NULL for a run by hand
    started_at    INTEGER NOT NULL,
    duration_ms   INTEGER NOT NULL,
    outcome       TEXT    NOT NULL CHECK (outcome IN ('done', 'failed', 'held')),
    did           TEXT    NOT NULL  -- JSON: what it came to
) STRICT;

-- What is wrong with the program's own work, for as long as it is.
CREATE TABLE incident (
    id        INTEGER PRIMARY KEY,
    kind      TEXT    NOT NULL,
    opened_at INTEGER NOT NULL,
    seen_at   INTEGER NOT NULL, -- when it was noticed the last time
    closed_at INTEGER,
    facts     TEXT    NOT NULL  -- JSON: what is known of it
) STRICT;

CREATE UNIQUE INDEX incident_open ON incident (kind) WHERE closed_at IS NULL;

-- Pulls that the guard held back, whole, so that a release commits exactly what
-- was shown. `pull` (gzip of JSON) goes when the pull is decided on.
CREATE TABLE quarantine (
    id         INTEGER PRIMARY KEY,
    taken_at   INTEGER NOT NULL,
    pull       BLOB,
    reasons    TEXT    NOT NULL, -- JSON
    outlook    TEXT    NOT NULL, -- JSON: what would follow from a release
    state      TEXT    NOT NULL CHECK (state IN ('held', 'superseded', 'released', 'discarded', 'cleared')),
    decided_at INTEGER,
    decided_by TEXT                  -- the person who did, if one did
) STRICT;

CREATE UNIQUE INDEX quarantine_held ON quarantine (state) WHERE state = 'held';
