#!/usr/bin/env python3
"""A mail server that takes everything: each message a file in /var/lib/live/mail, on
the disk before it says 250. While /run/live/slow-mail exists it says so after 30 s."""

import os
import pathlib
import socketserver
import time

FOLDER = pathlib.Path("/var/lib/live/mail")


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 sink.kommune.example ESMTP")
        while line := self.rfile.readline():
            verb = line.strip().split(b" ")[0].upper()
            if verb in (b"EHLO", b"HELO"):
                self.say("250-sink.kommune.example\r\n250-8BITMIME\r\n250 SMTPUTF8")
            elif verb == b"DATA":
                self.say("354 go on")
                self.take()
                if os.path.exists("/run/live/slow-mail"):
                    time.sleep(30)
                self.say("250 taken")
            elif verb == b"QUIT":
                return self.say("221 bye")
            else:
                self.say("250 ok")

    def take(self):
        message = bytearray()
        while (line := self.rfile.readline()) and line != b".\r\n":
            message += line
        name = FOLDER / f"{time.time_ns()}.eml"
        with open(name, "wb") as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(FOLDER, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


FOLDER.mkdir(parents=True, exist_ok=True)
Server(("127.0.0.1", 25), Session).serve_forever()
