#!/usr/bin/env python3
"""A KITOS for a machine without a network: written from docs/kitos-api.md alone.

Serves /opt/live/kitos.json on 127.0.0.1:8800. While /run/live/slow exists, each
answer takes two seconds. Notes each request in /run/live/asked.
"""

import json
import os
import pathlib
import sys
import time
import urllib.parse
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DATA = pathlib.Path("/opt/live/kitos.json")
ORGANISATION = "11111111-0000-4000-8000-000000000000"
PASSWORD = "et hemmeligt kodeord"


def number(kind, n):
    return f"{kind:08d}-0000-4000-8000-{n:012d}"


def make():
    """A municipality of 60 systems, a tenth of them without owner."""
    units = [{"uuid": number(2, n), "name": f"Enhed {n}",
              "parentOrganizationUnit": {"uuid": number(2, 0)} if n else None} for n in range(6)]
    people = [{"uuid": number(3, n), "name": f"Person {n}", "firstName": "Person",
               "lastName": str(n), "email": f"person{n}@kommune.example",
               "apiAccess": False} for n in range(40)]
    roles = [{"uuid": number(4, n), "name": name} for n, name in
             enumerate(["Systemejer", "Systemforvalter", "Kontaktperson"])]
    systems = [{"uuid": number(5, n), "name": f"Fagsystem {n}", "deactivated": False}
               for n in range(60)]
    usages = []
    for n in range(60):
        owner = [] if n % 10 == 0 else [{"user": people[n % 40], "role": roles[0]}]
        usages.append({
            "uuid": number(6, n), "systemContext": systems[n],
            "organizationContext": {"uuid": ORGANISATION, "name": "Prøve Kommune"},
            "roles": owner, "lastModified": "2026-02-01T00:00:00Z",
            "general": {"localCallName": None, "purpose": "Til prøve", "validity": {
                "lifeCycleStatus": "Operational", "validFrom": "2024-01-01T00:00:00Z",
                "validTo": None, "mainContractState": "Active"}},
            "organizationUsage": {"responsibleOrganizationUnit": units[n % 6],
                                  "usingOrganizationUnits": []},
            "outgoingSystemRelations": [],
            "gdpr": {"dataSensitivityLevels": ["None"], "riskAssessmentConducted": "Yes",
                     "riskAssessmentConductedDate": "2026-01-01T00:00:00Z"}})
    ours = {"uuid": ORGANISATION, "name": "Prøve Kommune", "cvr": "29180042"}
    prefix = f"organizations/{ORGANISATION}"
    return {"organizations": [ours], "it-system-usages": usages, "it-systems": systems,
            f"{prefix}/users": people, f"{prefix}/organization-units": units,
            "it-system-usage-role-types": roles, "it-contracts": [],
            "data-processing-registrations": []}


class Kitos(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value):
        body = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        login = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/api/authorize/GetToken" or login["password"] != PASSWORD:
            return self.answer(401, "Unauthorized")
        expires = datetime.now(timezone.utc) + timedelta(days=1)
        token = {"token": "a-token", "email": login["email"], "loginSuccessful": True,
                 "expires": expires.isoformat()}
        return self.answer(200, {"msg": "OK", "response": token})

    def do_GET(self):
        with open("/run/live/asked", "a", encoding="utf-8") as asked:
            asked.write(self.path + "\n")
        if os.path.exists("/run/live/slow"):
            time.sleep(2)
        if self.headers["Authorization"] != "Bearer a-token":
            return self.answer(401, "Unauthorized")
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        path = url.path.removeprefix("/api/v2/")
        lists = json.loads(DATA.read_text(encoding="utf-8"))
        if path in lists:
            size = int(query.get("pageSize", 250))
            begin = int(query.get("page", 0)) * size
            return self.answer(200, lists[path][begin:begin + size])
        above, _, uuid = path.rpartition("/")
        alone = [row for row in lists.get(above, []) if row["uuid"] == uuid]
        return self.answer(200, alone[0]) if alone else self.answer(404, "Not found")

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    pathlib.Path("/run/live").mkdir(exist_ok=True)
    if "--make" in sys.argv:
        DATA.write_text(json.dumps(make()), encoding="utf-8")
    else:
        ThreadingHTTPServer(("127.0.0.1", 8800), Kitos).serve_forever()
