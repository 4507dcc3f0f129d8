"""What the measurements share: the program and a KITOS, built; one process, measured."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONCURRENCY = 4  # the default of kitos.concurrency
CVR = "29180042"

CONFIG = """
[kitos]
url = "{url}"
email = "api@kommune.example"
organization = "{cvr}"
[database]
path = "{folder}/kitos-sync.db"
[mail]
from = "IT <it@kommune.example>"
it = ["it@kommune.example"]
allowed_domains = ["kommune.example"]
preview_dir = "{folder}/previews"
"""


def build():
    """The program and the prepared KITOS, both optimised."""
    found = []
    for what in (["--bin", "kitos-sync"], ["-p", "kitos-standin", "--bin", "prepared-kitos"]):
        command = ["cargo", "build", "--profile", "dist", "--message-format=json", *what]
        output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        messages = map(json.loads, output.stdout.splitlines())
        found += [message["executable"] for message in messages if message.get("executable")]
    return found


def run(command, **options):
    """Wall seconds, processor seconds and peak MiB of one process."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options
    )
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} failed: {complaint.decode()}")
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def median(samples):
    """Of each of the three figures."""
    return tuple(statistics.median(column) for column in zip(*samples))


class Kitos:
    """The prepared KITOS as a process of its own."""

    def __init__(self, program, usages, latency):
        arguments = [program, str(usages), str(latency)]
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = self.process.stdout.readline().strip()

    def asked(self):
        """The paths asked for since the last time."""
        with urllib.request.urlopen(self.url + "/asked") as reply:
            return reply.read().decode().splitlines()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Installation:
    """A configuration and a database of their own, for a KITOS."""

    def __init__(self, program, kitos, folder, more=""):
        self.program, self.folder = program, pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.database = self.folder / "kitos-sync.db"
        self.config = self.folder / "config.toml"
        self.config.write_text(CONFIG.format(url=kitos.url, cvr=CVR, folder=folder) + more)
        self.environment = {"PATH": os.environ["PATH"], "KITOS_SYNC_KITOS_PASSWORD": "x"}

    def command(self, *arguments):
        return [self.program, "--config", str(self.config), *arguments]

    def run(self, *arguments):
        return run(self.command(*arguments), env=self.environment)

    def forget(self):
        for file in self.folder.glob("kitos-sync.db*"):
            file.unlink()
