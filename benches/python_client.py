"""What a plain client costs: all the lists that a pull reads, one page after
another over one connection, each page parsed, nothing kept.

python3 benches/python_client.py URL ORGANISATION
"""

import http.client
import json
import sys
import urllib.parse

url, organisation = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2]
connection = http.client.HTTPConnection(url.hostname, url.port)


def ask(method, path, body=None, headers={}):
    connection.request(method, path, body, headers)
    return json.loads(connection.getresponse().read())


login = json.dumps({"email": "api@kommune.example", "password": "x"})
reply = ask("POST", "/api/authorize/GetToken", login, {"Content-Type": "application/json"})
headers = {"Authorization": "Bearer " + reply["response"]["token"]}


def rows(path, size):
    page = 0
    while True:
        found = ask("GET", f"{path}page={page}&pageSize={size}", headers=headers)
        yield from found
        if len(found) < size:
            return
        page += 1


read = 0
for path, size in [
    ("/api/v2/organizations?onlyWhereUserHasMembership=true&", 100),
    (f"/api/v2/it-system-usage-role-types?organizationUuid={organisation}&", 250),
    (f"/api/v2/it-system-usages?organizationUuid={organisation}&", 100),
    (f"/api/v2/organizations/{organisation}/users?", 250),
    (f"/api/v2/organizations/{organisation}/organization-units?", 250),
    (f"/api/v2/it-systems?usedInOrganizationUuid={organisation}&includeDeactivated=true&", 250),
    (f"/api/v2/it-contracts?organizationUuid={organisation}&", 100),
    (f"/api/v2/data-processing-registrations?organizationUuid={organisation}&", 100),
]:
    read += sum(1 for _ in rows(path, size))
print(read, "rows")
