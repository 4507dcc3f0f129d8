#!/usr/bin/env python3
"""The handbook on a live machine, as an administrator who sees it for the first time.

Runs as a service in the guest of deploy/live-test, and says on the second serial line
what it saw: `ok` or `FAILED`, the step, what was seen. `##` lines are for the host: `##
CUT` asks for the power to be cut at once, `## DONE` for an end. What is done is kept in
/opt/live/state, so that the next boot goes on with the next part.
"""

import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import time

LIVE = pathlib.Path("/opt/live")
STATE = LIVE / "state"
ETC = pathlib.Path("/etc/kitos-sync")
VAR = pathlib.Path("/var/lib/kitos-sync")
DATABASE = VAR / "kitos-sync.db"
MAIL = pathlib.Path("/var/lib/live/mail")
SERVICE = "kitos-sync.service"
PASSWORD = "et hemmeligt kodeord"
INIT = ["init", "--password-stdin", "--url", "http://127.0.0.1:8800", "--email",
        "api@kommune.example", "--organization", "29180042", "--from",
        "IT <it@kommune.example>", "--it", "it@kommune.example", "--smtp-host", "127.0.0.1"]


def say(text):
    print(text, flush=True)


def step(what, good, seen=""):
    seen = " ".join(str(seen).split())[:300]
    say(f"{'ok    ' if good else 'FAILED'} {what}{' — ' + seen if seen else ''}")
    return good


def run(*command, text=None, timeout=300):
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout)
    return done.returncode, (done.stdout + done.stderr).strip()


def must(what, *command, text=None, code=0):
    got, output = run(*command, text=text)
    step(what, got == code, f"exit {got}: {output[-300:]}" if got != code else output[-120:])
    return output


def kitos_sync(*arguments, text=None):
    return run("kitos-sync", *arguments, text=text)


def status():
    code, output = kitos_sync("--format", "json", "status")
    try:
        return json.loads(output)
    except json.JSONDecodeError:
        return {"error": f"exit {code}: {output}"}


def within(seconds, what, holds):
    """Waits for something to come true. Returns what it was."""
    began, seen = time.monotonic(), None
    while time.monotonic() - began < seconds:
        seen = holds()
        if seen:
            break
        time.sleep(2)
    step(what, bool(seen), f"after {time.monotonic() - began:.0f} s: {seen}")
    return seen


def prop(name, unit=SERVICE):
    return run("systemctl", "show", "-p", name, "--value", unit)[1]


def is_active(unit=SERVICE):
    return run("systemctl", "is-active", unit)[1] == "active"


def clock(at):
    run("date", "-u", "-s", at)
    say(f"       the clock says {at}")


def rows(sql, database=DATABASE):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return connection.execute(sql).fetchall()


def syncs():
    return rows("SELECT count(*) FROM job_run WHERE job = 'sync'")[0][0]


def answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def pulled(after, seconds=180, what="KITOS was read"):
    return within(seconds, what, lambda: syncs() > after and f"run {syncs()}")


def lines_between(begin, end, unit=SERVICE):
    return run("journalctl", "-q", "-u", unit, "--since", begin, "--until", end, "-o", "cat",
               "_COMM=kitos-sync")[1].splitlines()


def owners(folder=VAR):
    """Whose the database and its copies are; what the handbook lays aside is root's."""
    return {os.stat(path, follow_symlinks=False).st_uid
            for path in pathlib.Path(os.path.realpath(folder)).glob("kitos-sync.db*")}


def drop_in(text, unit=SERVICE, name="live"):
    folder = pathlib.Path(f"/etc/systemd/system/{unit}.d")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.conf").write_text(text)
    run("systemctl", "daemon-reload")


def configure(section, **keys):
    """Sets keys of a section, in the lines after its heading; None takes one out."""
    path = ETC / "config.toml"
    text = path.read_text()
    for key, value in keys.items():
        head = f"\n[{section}]\n"
        begin = text.index(head) + len(head)
        end = text.find("\n[", begin)
        body = re.sub(rf"(?m)^{key} = .*\n", "", text[begin:end])
        line = "" if value is None else f"{key} = {json.dumps(value)}\n"
        text = text[:begin] + line + body + text[end:]
    path.write_text(text)


def lasting(path, text):
    """Written so that a power cut leaves it: this is ours, and not what is tried."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def edit_kitos(change):
    path = LIVE / "kitos.json"
    lists = json.loads(path.read_text())
    change(lists)
    lasting(path.with_suffix(".new"), json.dumps(lists))
    path.with_suffix(".new").rename(path)


def main_pid():
    return int(prop("MainPID"))


# ---------------------------------------------------------------------- the parts --


def install():
    clock("2026-03-02 06:30:00")
    must("the package installs", "dpkg", "-i", str(LIVE / "kitos-sync.deb"))
    must("the program says its version", "kitos-sync", "--version")
    must("the manual is there", "man", "-w", "kitos-sync")
    code, output = run("systemctl", "is-enabled", SERVICE)
    step("nothing is enabled by the package", output != "enabled", output)
    must("init writes a file that was tried", "kitos-sync", *INIT, text=PASSWORD + "\n")
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in ETC.iterdir()}
    step("the password is root's alone", modes.get("kitos-password") == "0o600", modes)
    configure("mail.smtp", security="none")
    code, output = kitos_sync("check")
    step("check says what is missing before the start", code in (0, 3), f"exit {code}: {output}")


def cut_after_init():
    cut("right after init")


def after_init():
    # systemd sets a clock forward that is older than itself.
    clock("2026-03-02 06:31:00")
    secret = ETC / "kitos-password"
    step("the password is whole", secret.exists() and secret.read_text().strip() == PASSWORD,
         f"{secret.stat().st_size} bytes" if secret.exists() else "missing")
    code, output = kitos_sync("check")
    step("check can use what init wrote", code in (0, 3), f"exit {code}: {output[-200:]}")


def enable():
    began = time.monotonic()
    must("enable --now returns when the service is ready", "systemctl", "enable", "--now", "kitos-sync")
    step("it is active", is_active(), f"{time.monotonic() - began:.0f} s, {prop('StatusText')}")
    within(180, "the first pull is committed", lambda: status().get("lastSnapshot"))
    step("STATUS= says what it does", prop("StatusText"), prop("StatusText"))
    pid = main_pid()
    environ = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    step("no secret is in its environment", PASSWORD.encode() not in environ)
    uid = os.stat(f"/proc/{pid}").st_uid
    step("it runs as a dynamic user", uid >= 61184, uid)
    credential = pathlib.Path(f"/run/credentials/{SERVICE}/kitos-password")
    step("its credential is a copy that others cannot read",
         credential.exists() and not credential.stat().st_mode & 0o007,
         oct(credential.stat().st_mode) if credential.exists() else "missing")
    rss = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
    step("it is small", rss < 40 * 1024, f"{rss // 1024} MiB resident")
    score = run("systemd-analyze", "security", "--no-pager", SERVICE)[1].splitlines()[-1]
    figure = float(re.search(r"(\d+\.\d+)", score)[1])
    step("systemd-analyze security says 1.2 or better", figure <= 1.2, score)


def root_beside_it():
    before = owners()
    step("all files are the service's", len(before) == 1 and 0 not in before, before)
    count = syncs()
    must("root pulls beside the service", "kitos-sync", "sync")
    step("and it was a pull", syncs() == count + 1)
    findings = json.loads(kitos_sync("--format", "json", "findings")[1])
    step("there are findings", len(findings) >= 6, len(findings))
    must("root waives", "kitos-sync", "waive", str(findings[0]["id"]), "--until", "2026-04-30",
         "--reason", "Aftalt", "--by", "Anne")
    must("root previews the digest", "kitos-sync", "mail", "preview", "digest")
    must("root makes a backup", "kitos-sync", "backup", "/root/copy.db")
    must("root prunes", "kitos-sync", "prune")
    step("the files keep their owner", owners() == before, owners())
    code, output = run("kitos-sync", "run")
    step("a second service refuses to run", code == 5, f"exit {code}: {output}")
    step("the first one still works", is_active())


def two_instances():
    folder = ETC / "randers"
    folder.mkdir(exist_ok=True)
    must("init for a second municipality", "kitos-sync", "--config", str(folder / "config.toml"), *INIT,
         "--database", "/var/lib/kitos-sync-randers/kitos-sync.db", text=PASSWORD + "\n")
    must("the instance starts", "systemctl", "enable", "--now", "kitos-sync@randers")
    database = pathlib.Path("/var/lib/kitos-sync-randers/kitos-sync.db")
    within(180, "it reads into a database of its own", lambda: database.exists() and rows(
        "SELECT count(*) FROM snapshot", database)[0][0])
    step("both run", is_active() and is_active("kitos-sync@randers.service"))
    must("the instance stops", "systemctl", "disable", "--now", "kitos-sync@randers")


def reload_and_watchdog():
    said = lambda text: run("journalctl", "-q", "-u", SERVICE, "-o", "cat")[1].count(text)
    pid, before = main_pid(), said("configuration")
    configure("schedule", jitter="0s")
    must("a right file is taken", "systemctl", "reload", "kitos-sync")
    within(60, "the log says so", lambda: said("configuration") > before)
    good = (ETC / "config.toml").read_text()
    (ETC / "config.toml").write_text(good + "\n[nonsense]\n")
    run("systemctl", "reload", "kitos-sync")
    within(60, "a wrong file is not, and the log says so", lambda: said("configuration not reloaded"))
    step("the service goes on with the old one", is_active() and main_pid() == pid, prop("StatusText"))
    told = status()
    step("status tells of it, from a root who reads the same file",
         "error" in told or any(i["kind"] == "configuration" for i in told["incidents"]),
         told.get("error", "")[:200])
    (ETC / "config.toml").write_text(good)
    run("systemctl", "reload", "kitos-sync")
    within(60, "it is over with the right file", lambda: status().get("incidents") == [])

    drop_in("[Service]\nWatchdogSec=30s\nRestartSec=5s\n")
    must("restart with a short watchdog", "systemctl", "restart", "kitos-sync")
    time.sleep(75)
    step("it feeds the watchdog while it waits", is_active() and prop("NRestarts") == "0", prop("NRestarts"))
    pid = main_pid()
    os.kill(pid, signal.SIGSTOP)
    within(240, "a service that hangs is killed and started again",
           lambda: is_active() and main_pid() not in (0, pid) and prop("NRestarts"))
    drop_in("[Service]\nRestartSec=5s\n")
    run("systemctl", "restart", "kitos-sync")


def days():
    """Four days by the clock: lines a day, and what their fields are."""
    for day in range(3, 7):
        count = syncs()
        clock(f"2026-03-0{day} 04:02:00")
        pulled(count, what=f"3 March + {day - 3}: read after 5 o'clock")
        clock(f"2026-03-0{day} 07:02:00")
        time.sleep(75)
        lines = lines_between(f"2026-03-0{day} 00:00:00", f"2026-03-0{day} 23:00:00")
        step("fewer than 20 lines a day", 0 < len(lines) < 20, f"{len(lines)} lines")
    fields = run("journalctl", "-q", "-u", SERVICE, "-o", "json", "_COMM=kitos-sync")[1].splitlines()
    names = {name for line in fields for name in json.loads(line) if name.startswith("KITOS_SYNC")}
    step("the journal has fields", {"KITOS_SYNC_DETAIL", "KITOS_SYNC_OUTCOME"} <= names, sorted(names))
    everything = "\n".join(fields)
    step("and no names or addresses of people",
         "person1@" not in everything and "Person 1" not in everything)


def wrong_clocks():
    count = syncs()
    clock("2026-03-05 12:00:00")
    time.sleep(90)
    step("a clock set back runs nothing twice", syncs() == count, syncs() - count)
    clock("2026-03-06 12:00:00")
    time.sleep(30)
    count = syncs()
    clock("2026-04-10 12:00:00")
    pulled(count, what="a clock set forward a month is a catch-up")
    time.sleep(75)
    step("of one pull", syncs() == count + 1, syncs() - count)
    clock("2026-03-07 04:02:00")
    pulled(count + 1, what="and back again: the next day is read")


def nights():
    """Both nights on which the clocks change, with a pull planned for half past two."""
    configure("schedule", sync="30 2 * * *")
    run("systemctl", "reload", "kitos-sync")
    for name, begin, middle, end in [
        ("spring", "2026-03-29 00:50:00", "2026-03-29 01:10:00", "2026-03-29 02:40:00"),
        ("autumn", "2026-10-25 00:20:00", "2026-10-25 00:40:00", "2026-10-25 01:40:00"),
    ]:
        clock(begin)
        time.sleep(75)  # the day before is caught up
        count = syncs()
        clock(middle)
        pulled(count, what=f"in the {name} night KITOS is read")
        clock(end)
        time.sleep(75)
        step(f"once in the {name} night", syncs() == count + 1, syncs() - count)


def kitos_away():
    configure("schedule", sync=None, jitter="0s")
    run("systemctl", "reload", "kitos-sync")
    clock("2026-11-02 06:00:00")
    time.sleep(75)
    run("systemctl", "stop", "live-kitos")
    for day in (3, 4):
        before = syncs()
        # On schedule, then a quarter, an hour and four hours after the try before it.
        for hour in ("04:02", "04:20", "05:25", "09:30"):
            count = syncs()
            clock(f"2026-11-0{day} {hour}:00")
            pulled(count, what=f"KITOS is tried after {hour}")
        time.sleep(75)
        step("four times a day", syncs() == before + 4, syncs() - before)
        lines = lines_between(f"2026-11-0{day} 00:00:00", f"2026-11-0{day} 23:00:00")
        step("a day without KITOS has fewer than 40 lines", 0 < len(lines) < 40, f"{len(lines)} lines")
    step("the service lives", is_active(), prop("StatusText"))
    incidents = [one["kind"] for one in status().get("incidents", [])]
    step("status tells that data are stale", "stale-data" in incidents, incidents)
    code, output = kitos_sync("check")
    step("check says 3, and why", code == 3, output[-200:])
    run("systemctl", "start", "live-kitos")
    within(120, "KITOS answers again", lambda: answers(8800))
    count = rows("SELECT count(*) FROM snapshot")[0][0]
    clock("2026-11-05 04:02:00")
    within(180, "KITOS is back and read", lambda: rows("SELECT count(*) FROM snapshot")[0][0] > count)
    within(120, "the incident is over", lambda: status().get("incidents") == [])


def cut_in_a_pull():
    edit_kitos(lambda lists: lists["it-system-usages"][1].update(roles=[]))
    pathlib.Path("/run/live/slow").touch()
    pathlib.Path("/run/live/asked").write_text("")
    subprocess.Popen(["kitos-sync", "sync"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    within(120, "a pull is under way", lambda: "it-system-usages?" in pathlib.Path("/run/live/asked").read_text())
    cut("in the middle of a pull")


def after_the_cut():
    within(300, "the service comes up by itself", is_active)
    step("the database is whole", rows("PRAGMA quick_check") == [("ok",)])
    count = syncs()
    must("the pull is made anew", "kitos-sync", "sync")
    step("and noted", syncs() == count + 1)
    changes = kitos_sync("changes")[1]
    step("what had changed is known", "Fagsystem 1" in changes, changes[-150:])


def cut_in_a_delivery():
    configure("mail", mode="redirect", redirect_to="it@kommune.example")
    must("mail is switched on", "systemctl", "reload", "kitos-sync")
    pathlib.Path("/run/live/slow-mail").touch()
    before = len(list(MAIL.glob("*.eml")))
    subprocess.Popen(["kitos-sync", "digest", "--send"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    within(180, "the mail server has a mail and has not said so", lambda: len(list(MAIL.glob("*.eml"))) > before)
    lasting(LIVE / "mails", str(before))
    cut("in the middle of a delivery")


def after_the_second_cut():
    within(300, "the service comes up by itself", is_active)
    step("the database is whole", rows("PRAGMA quick_check") == [("ok",)])
    run("kitos-sync", "deliver")
    within(240, "nothing waits any more",
           lambda: rows("SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')") == [(0,)])
    ids = [re.search(r"(?im)^Message-ID: *\r?\n? *(.*)$", path.read_text(errors="replace"))[1].strip()
           for path in sorted(MAIL.glob("*.eml"))[int((LIVE / "mails").read_text()):]]
    step("the mail came again under the same Message-ID", len(ids) >= 2 and len(set(ids)) < len(ids), ids)


def disk_full():
    must("stop", "systemctl", "stop", "kitos-sync")
    real = pathlib.Path("/var/lib/private/kitos-sync")
    run("truncate", "-s", "24M", "/opt/live/small.img")
    run("mkfs.ext4", "-q", "-m", "0", "/opt/live/small.img")
    pathlib.Path("/mnt/small").mkdir(exist_ok=True)
    run("mount", "-o", "loop", "/opt/live/small.img", "/mnt/small")
    run("cp", "-a", f"{real}/.", "/mnt/small/")
    run("chown", "--reference", str(real), "/mnt/small")
    run("chmod", "700", "/mnt/small")
    run("umount", "/mnt/small")
    must("the state lies on a small disk", "mount", "-o", "loop", "/opt/live/small.img", str(real))
    must("start", "systemctl", "start", "kitos-sync")
    edit_kitos(lambda lists: [row["general"].update(localCallName="n" * 90) for row in lists["it-system-usages"]])
    subprocess.run(["dd", "if=/dev/zero", f"of={real}/filler", "bs=64k"], capture_output=True)
    snapshots = rows("SELECT count(*) FROM snapshot")[0][0]
    code, output = kitos_sync("sync")
    step("a pull onto a full disk fails whole", code != 0 and rows("SELECT count(*) FROM snapshot")[0][0] == snapshots,
         f"exit {code}: {output[-200:]}")
    step("the service lives", is_active(), prop("StatusText"))
    (real / "filler").unlink()
    must("with room it is read", "kitos-sync", "sync")
    step("and committed", rows("SELECT count(*) FROM snapshot")[0][0] == snapshots + 1)
    step("nothing is damaged", rows("PRAGMA quick_check") == [("ok",)])
    must("stop", "systemctl", "stop", "kitos-sync")
    run("mkdir", "/opt/live/kept")
    run("cp", "-a", f"{real}/.", "/opt/live/kept/")
    must("the small disk goes", "umount", "--lazy", str(real))
    run("cp", "-a", "/opt/live/kept/.", str(real))
    must("start", "systemctl", "start", "kitos-sync")


def damaged():
    drop_in("[Unit]\nOnFailure=kitos-sync-failed@%n.service\n[Service]\nRestartSec=5s\n")
    backups = sorted(VAR.glob("kitos-sync.db.backup-daily-*"))
    step("there is a daily backup", backups, [path.name for path in backups])
    must("stop", "systemctl", "stop", "kitos-sync")
    size = DATABASE.stat().st_size
    with open(DATABASE, "r+b") as file:
        for at in range(8192, size, 16384):
            file.seek(at)
            file.write(os.urandom(4096))
    subprocess.run(["systemctl", "start", "kitos-sync"], capture_output=True)
    within(240, "restarts do not hammer: it gives up", lambda: prop("ActiveState") == "failed" and prop("Result"))
    starts = int(prop("NRestarts"))
    step("after five tries at most", starts <= 5, starts)
    text = run("systemctl", "status", "--no-pager", "--full", "kitos-sync")[1]
    told = next((line for line in text.splitlines() if "Status:" in line), "no Status: line")
    step("systemctl status says what is wrong", "is damaged" in told and "copy" in told, told)
    told = run("journalctl", "-q", "-t", "kitos-sync", "-p", "crit", "-o", "cat")[1]
    step("OnFailure= told", "failed: systemctl status" in told, told[-200:])
    restore = (
        "set -e; systemctl stop kitos-sync; cd /var/lib/kitos-sync; mkdir -p beskadiget;"
        "for fil in kitos-sync.db kitos-sync.db-wal kitos-sync.db-shm; do"
        ' if [ -e "$fil" ]; then mv "$fil" beskadiget/; fi; done;'
        "nyeste=$(ls kitos-sync.db.backup-daily-????-??-?? | tail -n 1);"
        'cp -p "$nyeste" kitos-sync.db; systemctl reset-failed kitos-sync; systemctl start kitos-sync')
    must("the handbook restores it", "sh", "-c", restore)
    within(120, "it works again", lambda: is_active() and status().get("lastSnapshot"))
    step("all files are the service's", 0 not in owners(), owners())
    drop_in("[Service]\nRestartSec=5s\n")


def upgrade_and_back():
    must("a backup before", "kitos-sync", "backup", "/root/before.db")
    must("the newer package installs", "dpkg", "-i", str(LIVE / "newer.deb"))
    step("the configuration is ours", "127.0.0.1:8800" in (ETC / "config.toml").read_text())
    must("restart", "systemctl", "restart", "kitos-sync")
    step("it runs", is_active() and "-2" in run("dpkg-query", "-W", "kitos-sync")[1])
    back = (
        "set -e; systemctl stop kitos-sync; cd /var/lib/kitos-sync; mkdir -p fra-ny-version;"
        "for fil in kitos-sync.db kitos-sync.db-wal kitos-sync.db-shm; do"
        ' if [ -e "$fil" ]; then mv "$fil" fra-ny-version/; fi; done;'
        "dpkg -i /opt/live/kitos-sync.deb;"
        'install -m 600 -o "$(stat -c %u .)" -g "$(stat -c %g .)" /root/before.db kitos-sync.db;'
        "systemctl start kitos-sync")
    must("the way back", "sh", "-c", back)
    step("it runs, with what it knew", is_active() and status().get("lastSnapshot"))
    step("all files are the service's", 0 not in owners(), owners())


def move_remove_purge():
    knew = rows("SELECT count(*) FROM snapshot")[0][0]
    must("the old machine lets go", "sh", "-c",
         "set -e; systemctl disable --now kitos-sync; kitos-sync backup /root/move.db;"
         "tar -C / -czf /root/move-etc.tar.gz etc/kitos-sync")
    must("remove", "dpkg", "-r", "kitos-sync")
    step("keeps configuration and database", (ETC / "config.toml").exists() and DATABASE.exists())
    must("purge", "dpkg", "-P", "kitos-sync")
    left = [str(path) for path in [ETC, VAR, pathlib.Path("/var/lib/private/kitos-sync"),
            pathlib.Path("/var/lib/kitos-sync-randers"), pathlib.Path("/var/lib/private/kitos-sync-randers")]
            if os.path.lexists(path)]
    step("takes all of it, of both instances", not left, left)
    must("the new machine installs", "dpkg", "-i", str(LIVE / "kitos-sync.deb"))
    must("and takes over", "sh", "-c",
         "set -e; tar -C / -xzf /root/move-etc.tar.gz; install -d -m 700 /var/lib/kitos-sync;"
         "install -m 600 /root/move.db /var/lib/kitos-sync/kitos-sync.db;"
         "systemctl enable --now kitos-sync")
    within(120, "it knows what the old one knew", lambda: is_active() and DATABASE.exists()
           and rows("SELECT count(*) FROM snapshot")[0][0] >= knew)
    step("all files are the service's", 0 not in owners(), owners())
    code, output = kitos_sync("check")
    step("check", code in (0, 3), f"exit {code}: {output[-300:]}")


PARTS = [install, cut_after_init, after_init, enable, root_beside_it, two_instances,
         reload_and_watchdog, days, wrong_clocks, nights, kitos_away, cut_in_a_pull,
         after_the_cut, cut_in_a_delivery, after_the_second_cut, disk_full, damaged,
         upgrade_and_back, move_remove_purge]


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())


def cut(when):
    say(f"       the power goes {when}")
    say(f"## CUT {now()}")
    time.sleep(3600)


def main():
    wanted = (LIVE / "parts").read_text().split() if (LIVE / "parts").exists() else []
    done = STATE.read_text().split() if STATE.exists() else []
    for part in PARTS:
        name = part.__name__
        if name in done or wanted and name not in wanted:
            continue
        say(f"\n== {name.replace('_', ' ')}")
        # Noted first: a part that cuts the power does not come back.
        done.append(name)
        lasting(STATE, " ".join(done))
        try:
            part()
        except Exception as error:  # the rest is worth seeing
            step(f"{name} ends", False, f"{type(error).__name__}: {error}")
    say(f"## DONE {now()}")


main()
