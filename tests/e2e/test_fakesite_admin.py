"""The fake site's organisation: users, events, write calls, adminhub."""
import json
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import harness
import truth
from test_fakesite import OPENER, Answer, BASIC

ORG = "5ac0e1f2-0000-4000-8000-0000000000a1"
DIRECTORY = "5ac0e1f2-0000-4000-8000-0000000000d1"
SITE = "b3a1c5d2-0000-4000-8000-00000000acee"
V1 = f"/admin/v1/orgs/{ORG}"
V2 = f"/admin/v2/orgs/{ORG}/directories/-/users"
HUB = "/gateway/api/adminhub/um"
HUB_SITE = f"{HUB}/site/{SITE}/users"
HUB_ORG = f"{HUB}/org/{ORG}/users"
MANAGED = V1 + "/users"
STREAM = V1 + "/events-stream"
EVENTS = V1 + "/events"
ADA = "5b10a2844c20165700ede002"
BEN = "712020:00100010-0010-4010-8010-000000000010"
CARLA = "712020:00110011-0011-4011-8011-000000000011"
GWEN = "712020:00150015-0015-4015-8015-000000000015"
KIM = "712020:00230023-0023-4023-8023-000000000023"
LARRY = "712020:00480048-0048-4048-8048-000000000048"
NILS = "712020:00260026-0026-4026-8026-000000000026"
OMAR = "712020:00050005-0005-4005-8005-000000000005"
SERVICE = "712020:00010001-0001-4001-8001-000000000001"
UMA = "712020:00330033-0033-4033-8033-000000000033"
KEY = "Bearer fakesite-api-key"
COOKIE = "cloud.session.token=fakesite-session"


def call(site, path, *pairs, method="GET", body=None, **headers):
    """With the credentials of the path's family, unless headers say."""
    if path.startswith("/gateway/"):
        headers.setdefault("Cookie", COOKIE)
    elif path.startswith("/rest/"):
        headers.setdefault("Authorization", BASIC)
    else:
        headers.setdefault("Authorization", KEY)
    data = None
    if body is not None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers.setdefault("Content_Type", "application/json")
    query = urllib.parse.urlencode(pairs)
    request = urllib.request.Request(
        site.url + path + ("?" + query if query else ""), method=method,
        data=data, headers={name.replace("_", "-"): value
                            for name, value in headers.items() if value})
    try:
        with OPENER.open(request, timeout=20) as response:
            return Answer(response)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error)


def post(site, path, body=None, **headers):
    return call(site, path, method="POST", body=body, **headers)


def millis(text):
    return str(round(truth.instant(text).timestamp() * 1000))


def rows(name):
    return json.loads((harness.SAMPLE / name).read_text())


def members():
    return {row["accountId"]: row for row in rows("org_users.json")}


def events():
    return {row["id"]: row for row in rows("org_events.json")}


def stream(site, *pairs):
    """All pages until an empty one or no cursor; the pages."""
    pages = [call(site, STREAM, *pairs).json()]
    while pages[-1]["data"] and pages[-1]["meta"]["next"]:
        pages.append(call(site, STREAM,
                          ("cursor", pages[-1]["meta"]["next"])).json())
    return pages


def stream_rows(site, *pairs):
    return [row for page in stream(site, *pairs) for row in page["data"]]


def search(site, **body):
    """All rows of POST …/users/search."""
    found, answer = [], post(site, V2 + "/search", body).json()
    while True:
        found += answer["data"]
        if not answer["links"]["next"]:
            return found
        answer = post(site, V2 + "/search",
                      {"cursor": answer["links"]["next"]}).json()


def one(site, account):
    return search(site, accountIds=[account])[0]


class SampleSite(unittest.TestCase):
    scenario = None

    @classmethod
    def setUpClass(cls):
        cls.site = harness.FakeSite(scenario=cls.scenario).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.site.__exit__()


class Access(SampleSite):
    def test_each_family_has_its_own_credentials(self):
        jira = "/rest/api/3/myself"
        for path, good in ((MANAGED, {"Authorization": KEY}),
                           (V2, {"Authorization": KEY}),
                           (f"/users/{BEN}/manage/profile",
                            {"Authorization": KEY}),
                           (HUB_SITE, {"Cookie": COOKIE}),
                           (jira, {"Authorization": BASIC})):
            for given in ({"Authorization": KEY}, {"Authorization": BASIC},
                          {"Cookie": COOKIE},
                          {"Authorization": KEY + "x"}):
                sent = {"Authorization": None, "Cookie": None, **given}
                status = call(self.site, path, **sent).status
                self.assertEqual(status, 200 if given == good else 401,
                                 (path, given))

    def test_options_change_key_and_session(self):
        with harness.FakeSite(args=("--api-key", "k1",
                                    "--session", "s1")) as site:
            self.assertEqual(call(site, MANAGED).status, 401)
            self.assertEqual(call(site, HUB_ORG).status, 401)
            self.assertEqual(
                call(site, MANAGED, Authorization="Bearer k1").status, 200)
            self.assertEqual(
                call(site, HUB_ORG,
                     Cookie="a=b; cloud.session.token=s1").status, 200)

    def test_wrong_places(self):
        for path in ("/admin/v1/orgs/other/users", MANAGED + "/",
                     f"/admin/v2/orgs/{ORG}/directories/other/users",
                     f"{HUB}/site/other/users", f"{HUB}/org/{SITE}/users",
                     "/users//manage/profile", V1 + "/events/none",
                     "/users/nobody/manage/profile", HUB_SITE + "/nobody"):
            answer = call(self.site, path)
            self.assertEqual(answer.status, 404, path)
            self.assertIn("errors", answer.json())

    def test_wrong_methods(self):
        for path, method, allow in ((MANAGED, "POST", "GET"),
                                    (V2, "POST", "GET"),
                                    (V2 + "/search", "GET", "POST"),
                                    (STREAM, "DELETE", "GET")):
            answer = call(self.site, path, method=method)
            self.assertEqual(answer.status, 405)
            self.assertEqual(answer.headers["Allow"], allow)

    def test_a_site_without_organisation_has_none(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("site.json", "users.json", "audit.json",
                         "keys.json"):
                (Path(folder) / name).write_bytes(
                    (harness.SAMPLE / name).read_bytes())
            with harness.FakeSite(folder) as site:
                answer = call(site, MANAGED)
                self.assertEqual(answer.status, 404)
                self.assertIn("errorMessages", answer.json())
                self.assertEqual(call(site, "/rest/api/3/myself").status, 200)

    def test_faults_reach_these_endpoints(self):
        scenario = {"rules": [
            {"path": STREAM, "nth": [1], "do": "status", "status": 503},
            {"path": HUB_SITE, "do": "bad_field", "row": 1,
             "pointer": "/activeStatus", "raw": "\"BLOCKED\""}]}
        with harness.FakeSite(scenario=scenario) as site:
            self.assertEqual(call(site, STREAM).status, 503)
            self.assertEqual(call(site, STREAM).status, 200)
            states = [user["activeStatus"]
                      for user in call(site, HUB_SITE).json()["users"]]
            self.assertEqual(states.count("BLOCKED"), 1)

    def test_bodies_are_logged(self):
        post(self.site, V2 + "/search", {"limit": 1})
        line = self.site.requests(V2 + "/search")[-1]
        self.assertEqual(json.loads(line["body"]), {"limit": 1})
        self.assertEqual(line["auth"], "ok")


class Managed(SampleSite):
    scenario = {"org": {"page_cap": 20}}

    def pages(self):
        found = [call(self.site, MANAGED).json()]
        while found[-1]["links"]["next"]:
            url = urllib.parse.urlsplit(found[-1]["links"]["next"])
            self.assertEqual(f"{url.scheme}://{url.netloc}", self.site.url)
            self.assertEqual(list(urllib.parse.parse_qs(url.query)),
                             ["cursor"])
            found.append(call(self.site, f"{url.path}?{url.query}").json())
        return found

    def test_managed_accounts_only_in_snake_case(self):
        pages = self.pages()
        found = [row for page in pages for row in page["data"]]
        wanted = [account for account, row in members().items()
                  if row["claimStatus"] == "managed"]
        self.assertEqual([row["account_id"] for row in found], wanted)
        self.assertEqual({page["meta"]["total"] for page in pages},
                         {len(wanted)})
        self.assertGreater(len(wanted), 40)
        for row in found:
            self.assertFalse([name for name in row if name != name.lower()
                              or name.startswith("_")])
            self.assertIn("links", row)
        self.assertNotIn(NILS, wanted)

    def test_links_lead_there_and_back(self):
        first, second, third = self.pages()
        self.assertIsNone(first["links"]["prev"])
        self.assertIsNone(third["links"]["next"])
        back = urllib.parse.urlsplit(second["links"]["prev"])
        self.assertEqual(call(self.site, f"{back.path}?{back.query}").json()
                         ["data"], first["data"])
        self.assertTrue(first["links"]["self"].startswith(self.site.url))

    def test_cursor_is_the_only_parameter(self):
        answer = call(self.site, MANAGED, ("limit", 1), ("startAt", 9))
        self.assertEqual(len(answer.json()["data"]), 20)
        for cursor in ("", "20", "garbage!"):
            self.assertEqual(
                call(self.site, MANAGED, ("cursor", cursor)).status, 400)
        foreign = call(self.site, V2).json()["links"]["next"]
        self.assertEqual(
            call(self.site, MANAGED, ("cursor", foreign)).status, 400)

    def test_account_status_is_wrong_where_it_is_known_to_be(self):
        found = {row["account_id"]: row["account_status"]
                 for page in self.pages() for row in page["data"]}
        lies = {account: row["_v1Status"] for account, row
                in members().items() if "_v1Status" in row}
        self.assertEqual(sorted(lies.values()), ["closed", "inactive"])
        for account, status in lies.items():
            self.assertEqual(found[account], status)
            self.assertNotEqual(one(self.site, account)["accountStatus"],
                                status)

    def test_names_are_those_of_jira_byte_for_byte(self):
        bodies = b"".join(
            call(self.site, MANAGED, *([("cursor", page)] if page else []))
            .body for page in [None] + [
                urllib.parse.parse_qs(urllib.parse.urlsplit(
                    page["links"]["next"]).query)["cursor"][0]
                for page in self.pages()[:-1]])
        for name in (b'"Nul\\u0000Byte"', b'"Cut emoji \\ud83d"',
                     b'"Yann\\nTwo Lines"'):
            self.assertIn(name, bodies)

    def test_profile_of_managed_accounts(self):
        path = "/users/{}/manage/profile"
        account = call(self.site, path.format(CARLA)).json()["account"]
        self.assertEqual(account["account_status"], "inactive")
        self.assertEqual(account["email"], "carla@example.test")
        self.assertEqual(call(self.site, path.format(NILS)).status, 403)
        with harness.FakeSite(scenario={"org": {"profile": "flat"}}) as site:
            flat = call(site, path.format(CARLA)).json()
            self.assertEqual(flat["account_status"], "inactive")

    def test_last_active_dates(self):
        path = V1 + "/directory/users/{}/last-active-dates"
        data = call(self.site, path.format(ADA)).json()["data"]
        own = members()[ADA]
        self.assertEqual(data["product_access"], own["products"])
        self.assertEqual(data["added_to_org"], own["addedToOrg"])
        never = call(self.site, path.format(UMA)).json()
        self.assertEqual(never["data"]["product_access"], [])
        self.assertIsNone(never["links"]["next"])
        self.assertEqual(call(self.site, path.format("x")).status, 404)

    def test_last_active_dates_have_pages(self):
        account = next(account for account, row in members().items()
                       if len(row["products"]) == 2)
        path = f"{V1}/directory/users/{account}/last-active-dates"
        with harness.FakeSite(scenario={"org": {"page_cap": 1}}) as site:
            first = call(site, path).json()
            url = urllib.parse.urlsplit(first["links"]["next"])
            second = call(site, f"{path}?{url.query}").json()
        keys = [page["data"]["product_access"][0]["key"]
                for page in (first, second)]
        self.assertEqual(keys, ["jira-software", "confluence"])
        self.assertIsNone(second["links"]["next"])

    def test_next_may_name_another_host(self):
        scenario = {"org": {"page_cap": 1, "next_host": "evil.test"}}
        with harness.FakeSite(scenario=scenario) as site:
            link = call(site, MANAGED).json()["links"]["next"]
            self.assertTrue(link.startswith("http://evil.test/admin/"))


class Directory(SampleSite):
    def test_rows_in_camel_case_with_all_members(self):
        found = search(self.site)
        own = members()
        self.assertEqual([row["accountId"] for row in found], list(own))
        for row in found:
            for name in ("accountStatus", "membershipStatus", "deactivatedOn",
                         "claimStatus", "forDeletion", "status"):
                self.assertIn(name, row)
            self.assertFalse([name for name in row if name[0] == "_"])
            self.assertNotIn("productAccess", row)
            self.assertEqual(row["deactivatedOn"],
                             own[row["accountId"]]["deactivatedOn"])
        self.assertEqual(len(call(self.site, V2).json()["data"]), len(own))

    def test_composite_status(self):
        found = search(self.site)
        for row in found:
            wanted = ("for_deletion" if row["forDeletion"] else
                      "deactivated" if row["accountStatus"] != "active" else
                      {"active": "active", "suspended": "suspended",
                       "no_membership": "not_invited"}
                      [row["membershipStatus"]])
            self.assertEqual(row["status"], wanted)
        self.assertEqual({row["status"] for row in found},
                         {"active", "suspended", "not_invited", "deactivated",
                          "for_deletion"})
        self.assertEqual({row["accountStatus"] for row in found},
                         {"active", "inactive", "closed"})

    def test_filters(self):
        everybody = search(self.site)

        def ids(test):
            return [row["accountId"] for row in everybody if test(row)]

        cases = (
            ({"status": ["suspended", "not_invited"]},
             lambda row: row["status"] in ("suspended", "not_invited")),
            ({"accountStatus": ["closed"]},
             lambda row: row["accountStatus"] == "closed"),
            ({"membershipStatus": ["suspended"]},
             lambda row: row["membershipStatus"] == "suspended"),
            ({"claimStatus": "unmanaged", "accountStatus": ["inactive"]},
             lambda row: row["claimStatus"] == "unmanaged"
             and row["accountStatus"] == "inactive"),
            ({"mfaEnabled": True}, lambda row: row["mfaEnabled"]),
            ({"emailDomains": ["other.example.test"]},
             lambda row: (row.get("email") or "").endswith(
                 "@other.example.test")),
            ({"accountIds": [KIM, ADA]},
             lambda row: row["accountId"] in (KIM, ADA)),
            ({"searchTerm": "CARLA"},
             lambda row: row["accountId"] == CARLA))
        for body, test in cases:
            wanted = ids(test)
            self.assertTrue(wanted, body)
            found = [row["accountId"] for row in search(self.site, **body)]
            self.assertEqual(found, wanted, body)
            pairs = [(name, str(value).lower() if value is True else value)
                     for name, values in body.items()
                     for value in (values if isinstance(values, list)
                                   else [values])]
            answer = call(self.site, V2, *pairs).json()
            self.assertEqual([row["accountId"] for row in answer["data"]],
                             wanted, pairs)
        self.assertEqual(search(self.site, emails=["carla@example.test"]),
                         search(self.site, accountIds=[CARLA]))
        self.assertEqual(search(self.site, directoryIds=["other"]), [])
        self.assertEqual(len(search(self.site, directoryIds=[DIRECTORY])),
                         len(everybody))

    def test_lists_in_a_query_may_have_brackets(self):
        plain = call(self.site, V2, ("status", "suspended"),
                     ("status", "not_invited")).json()["data"]
        brackets = call(self.site, V2, ("status[]", "suspended"),
                        ("status[]", "not_invited")).json()["data"]
        self.assertEqual(plain, brackets)
        self.assertGreater(len(plain), 2)

    def test_next_is_a_bare_cursor_that_remembers_everything(self):
        first = call(self.site, V2, ("status", "deactivated"),
                     ("limit", 5)).json()
        cursor = first["links"]["next"]
        self.assertRegex(cursor, r"^[A-Za-z0-9_-]+$")
        plain = call(self.site, V2, ("cursor", cursor)).json()
        self.assertEqual(len(plain["data"]), 5)
        self.assertEqual({row["status"] for row in plain["data"]},
                         {"deactivated"})
        other = call(self.site, V2, ("cursor", cursor), ("limit", 50),
                     ("status", "nonsense")).json()
        self.assertEqual(other["data"], plain["data"])
        posted = post(self.site, V2 + "/search",
                      {"status": ["deactivated"], "limit": 5}).json()
        self.assertEqual(
            post(self.site, V2 + "/search",
                 {"cursor": posted["links"]["next"], "limit": 50}).json()
            ["data"], plain["data"])

    def test_pages_cover_everybody_once(self):
        for size in (1, 7, 49, 50):
            found = search(self.site, limit=size)
            self.assertEqual([row["accountId"] for row in found],
                             list(members()))

    def test_the_last_page_may_be_empty(self):
        answer = call(self.site, V2, ("accountIds", ADA), ("limit", 1)).json()
        self.assertEqual(len(answer["data"]), 1)
        last = call(self.site, V2,
                    ("cursor", answer["links"]["next"])).json()
        self.assertEqual(last["data"], [])
        self.assertIsNone(last["links"]["next"])

    def test_expand(self):
        row = search(self.site, accountIds=[ADA],
                     expand=["productAccess", "counts.resources"])[0]
        self.assertEqual(row["productAccess"], members()[ADA]["products"])
        self.assertIn("counts", row)
        self.assertNotIn("groups", row)

    def test_strictness(self):
        for pairs in ([("status", "gone")], [("limit", "0")],
                      [("limit", "x")], [("mfaEnabled", "1")],
                      [("cursor", "x")], [("sortBy", "name")],
                      [("claimStatus", "both")]):
            self.assertEqual(call(self.site, V2, *pairs).status, 400, pairs)
        for body in ({"status": "active"}, {"status": ["gone"]},
                     {"start": 1}, {"limit": "5"}, [], {"cursor": "x"},
                     {"expand": ["all"]}, {"accountIds": [1]}, b"{", b""):
            self.assertEqual(post(self.site, V2 + "/search", body).status,
                             400, body)
        self.assertEqual(post(self.site, V2 + "/search", {},
                              Content_Type="text/plain").status, 415)

    def test_an_old_site_knows_only_get(self):
        with harness.FakeSite(scenario={"org": {"old_site": True}}) as site:
            self.assertEqual(post(site, V2 + "/search", {}).status, 404)
            self.assertEqual(call(site, V2).status, 200)

    def test_next_may_be_a_url(self):
        scenario = {"org": {"next": "url", "page_cap": 30}}
        with harness.FakeSite(scenario=scenario) as site:
            link = call(site, V2).json()["links"]["next"]
            self.assertTrue(link.startswith(site.url + V2 + "?cursor="))
            rest = call(site, link[len(site.url):]).json()
            self.assertEqual(len(rest["data"]), len(members()) - 30)


class Stream(SampleSite):
    NOW = truth.instant("2026-11-23T02:00:00Z")

    def visible(self):
        start = truth.instant("2026-05-27T02:00:00Z")
        return {ident: row for ident, row in events().items()
                if truth.instant(row["attributes"]["time"]) >= start
                and truth.instant(row["attributes"]["processedAt"])
                <= self.NOW}

    def test_all_events_by_processing_time(self):
        found = stream_rows(self.site, ("limit", 7))
        self.assertEqual(len(found), len({row["id"] for row in found}))
        self.assertEqual({row["id"] for row in found}, set(self.visible()))
        processed = [row["attributes"]["processedAt"] for row in found]
        self.assertEqual(processed, sorted(processed))
        times = [row["attributes"]["time"] for row in found]
        self.assertNotEqual(times, sorted(times))
        for row in found:
            wanted = {name: value for name, value
                      in self.visible()[row["id"]].items() if name != "_why"}
            self.assertEqual(row, wanted)

    def test_descending_order_stays_in_the_cursor(self):
        up = stream_rows(self.site, ("limit", 500))
        down = stream_rows(self.site, ("sortOrder", "desc"), ("limit", 6))
        self.assertEqual([row["id"] for row in down],
                         [row["id"] for row in up][::-1])

    def test_limits(self):
        self.assertEqual(call(self.site, STREAM, ("limit", 500)).status, 200)
        for limit in ("501", "0", "-1", "x"):
            self.assertEqual(call(self.site, STREAM,
                                  ("limit", limit)).status, 400)
        first = call(self.site, STREAM, ("limit", 3)).json()
        cursor = first["meta"]["next"]
        more = call(self.site, STREAM, ("cursor", cursor)).json()
        self.assertEqual(more["meta"]["page_size"], 3)
        more = call(self.site, STREAM, ("cursor", cursor),
                    ("limit", 5)).json()
        self.assertEqual(more["meta"]["page_size"], 5)

    def test_times_are_milliseconds_only(self):
        start, end = "2026-07-12T05:04:40Z", "2026-07-15T10:09:50Z"
        found = stream_rows(self.site, ("from", millis(start)),
                            ("to", millis(end)))
        self.assertEqual([row["attributes"]["time"][:19] + "Z"
                          for row in found],
                         [start, "2026-07-12T05:04:59Z",
                          "2026-07-14T09:08:30Z", end])
        for name in ("from", "to"):
            for bad in (start, "2026-07-12", "", "-1", "1e12", "now"):
                self.assertEqual(
                    call(self.site, STREAM, (name, bad)).status, 400, bad)

    def test_a_continuation_takes_cursor_and_limit_alone(self):
        first = call(self.site, STREAM, ("limit", 3),
                     ("from", millis("2026-06-01T00:00:00Z"))).json()
        cursor = ("cursor", first["meta"]["next"])
        self.assertEqual(call(self.site, STREAM, cursor,
                              ("limit", 3)).status, 200)
        for extra in (("from", "0"), ("to", "1"), ("sortOrder", "asc")):
            self.assertEqual(call(self.site, STREAM, cursor, extra).status,
                             400, extra)
        self.assertEqual(call(self.site, STREAM, ("cursor", "x")).status, 400)

    def test_end_is_an_empty_page_without_cursor(self):
        pages = stream(self.site, ("limit", 30))
        self.assertEqual(pages[-1]["data"], [])
        self.assertIsNone(pages[-1]["meta"]["next"])
        self.assertEqual(pages[-1]["meta"]["total"], 0)
        self.assertTrue(pages[-2]["meta"]["next"])

    def test_end_may_be_a_cursor_for_ever(self):
        with harness.FakeSite(
                scenario={"org": {"stream_end": "cursor"}}) as site:
            pages = stream(site)
            self.assertEqual(pages[-1]["data"], [])
            for _ in range(3):
                cursor = pages[-1]["meta"]["next"]
                self.assertTrue(cursor)
                pages.append(call(site, STREAM, ("cursor", cursor)).json())
                self.assertEqual(pages[-1]["data"], [])

    def test_end_may_be_a_last_page_without_cursor(self):
        with harness.FakeSite(
                scenario={"org": {"stream_end": "short"}}) as site:
            pages = stream(site, ("limit", 20))
            self.assertEqual(len(pages), 2)
            self.assertTrue(pages[-1]["data"])
            self.assertIsNone(pages[-1]["meta"]["next"])

    def test_late_events_appear_behind_the_cursor(self):
        with harness.FakeSite(scenario={"org": {"late_after": 2}}) as site:
            first = call(site, STREAM).json()
            ids = {row["id"] for row in first["data"]}
            self.assertFalse(call(site, STREAM, (
                "cursor", first["meta"]["next"])).json()["data"])
            late = call(site, STREAM,
                        ("cursor", first["meta"]["next"])).json()["data"]
            self.assertEqual(len(late), 1)
            self.assertNotIn(late[0]["id"], ids)
            self.assertEqual(late[0]["attributes"]["context"][0]["id"], LARRY)
            newest = call(site, EVENTS, ("limit", 1)).json()["data"][0]
            self.assertEqual(newest["id"], late[0]["id"])

    def test_the_log_may_be_empty_or_denied(self):
        with harness.FakeSite(scenario={"org": {"log": "denied"}}) as site:
            for path in (STREAM, EVENTS, V1 + "/event-actions"):
                self.assertEqual(call(site, path).status, 403)
            self.assertEqual(call(site, MANAGED).status, 200)
        with harness.FakeSite(scenario={"org": {"log": "empty"}}) as site:
            for path in (STREAM, EVENTS):
                answer = call(site, path).json()
                self.assertEqual(answer["data"], [])
                self.assertIsNone(answer["meta"]["next"])


class Events(SampleSite):
    def test_newest_first_without_processing_time(self):
        answer = call(self.site, EVENTS, ("limit", 500)).json()
        times = [row["attributes"]["time"] for row in answer["data"]]
        self.assertEqual(times, sorted(times, reverse=True))
        self.assertEqual({row["id"] for row in answer["data"]},
                         {row["id"] for row in stream_rows(self.site)})
        for row in answer["data"]:
            self.assertNotIn("processedAt", row["attributes"])

    def test_cursor_walk_with_filters(self):
        pairs = [("action", "managed_account_deactivated"), ("limit", 4)]
        found, pages = [], 0
        answer = call(self.site, EVENTS, *pairs).json()
        while True:
            pages += 1
            found += answer["data"]
            if not answer["meta"]["next"]:
                break
            answer = call(self.site, EVENTS,
                          ("cursor", answer["meta"]["next"])).json()
        wanted = [row["id"] for row in stream_rows(self.site)
                  if row["attributes"]["action"] == pairs[0][1]]
        self.assertEqual({row["id"] for row in found}, set(wanted))
        self.assertEqual(len(found), len(wanted))
        self.assertGreater(pages, 3)
        self.assertEqual(
            call(self.site, EVENTS, ("action", "a"), ("action", "b")).status,
            400)

    def test_query_finds_an_address_wherever_it_stands(self):
        found = call(self.site, EVENTS, ("q", "Lars@example.test"),
                     ("limit", 20)).json()["data"]
        self.assertEqual([row["attributes"]["action"] for row in found],
                         ["managed_account_email_changed",
                          "managed_account_deactivated"])
        self.assertEqual(
            call(self.site, EVENTS, ("q", "processedAt")).json()["data"], [])

    def test_actor_address_and_times(self):
        found = call(self.site, EVENTS, ("actor", SERVICE)).json()["data"]
        self.assertEqual(len(found), 2)
        found = call(self.site, EVENTS, ("ip", "10.9.0.5")).json()["data"]
        self.assertEqual([row["attributes"]["context"][0]["id"]
                          for row in found], [CARLA])
        start = millis("2026-10-05T08:00:01Z")
        found = call(self.site, EVENTS, ("from", start),
                     ("to", start)).json()["data"]
        self.assertEqual(len(found), 1)
        self.assertEqual(call(self.site, EVENTS,
                              ("from", "2026-10-05T08:00:01Z")).status, 400)
        for name in ("product", "location"):
            self.assertEqual(call(self.site, EVENTS, (name, "x")).status, 400)

    def test_one_event_and_the_actions(self):
        event = stream_rows(self.site)[5]
        found = call(self.site, f"{EVENTS}/{event['id']}").json()["data"]
        del event["attributes"]["processedAt"]
        self.assertEqual(found, event)
        hidden = events()["0e000000-0001-4000-8000-000000000001"]
        self.assertEqual(call(self.site, f"{EVENTS}/{hidden['id']}").status,
                         404)
        actions = call(self.site, V1 + "/event-actions").json()["data"]
        self.assertEqual(actions, rows("event_actions.json"))
        known = {row["id"] for row in actions}
        unknown = {row["attributes"]["action"]
                   for row in stream_rows(self.site)} - known
        self.assertEqual(unknown, {"account_review_completed"})

    def test_rate_headers_and_quota_per_path(self):
        scenario = {"org": {"per_minute": {"events": 10, "stream": 50},
                            "minute_ms": 60000}}
        with harness.FakeSite(scenario=scenario) as site:
            answers = [call(site, EVENTS, ("limit", 1)) for _ in range(11)]
            self.assertEqual([answer.status for answer in answers],
                             [200] * 10 + [429])
            first, last = answers[0].headers, answers[-1].headers
            self.assertEqual(first.get_all("X-RateLimit-Limit"), ["10"])
            self.assertEqual(first["X-RateLimit-Remaining"], "9")
            self.assertRegex(first["X-RateLimit-Reset"],
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\dZ$")
            self.assertEqual(last["X-RateLimit-Remaining"], "0")
            self.assertTrue(1 <= int(last["Retry-After"]) <= 60)
            answer = call(site, STREAM, ("limit", 1))
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["X-RateLimit-Limit"], "50")
            self.assertIsNone(answer.headers["Retry-After"])

    def test_a_minute_may_be_short(self):
        scenario = {"org": {"per_minute": {"managed": 1}, "minute_ms": 1000}}
        with harness.FakeSite(scenario=scenario) as site:
            self.assertEqual(call(site, MANAGED).status, 200)
            answer = call(site, MANAGED)
            self.assertEqual(answer.status, 429)
            time.sleep(int(answer.headers["Retry-After"]))
            self.assertEqual(call(site, MANAGED).status, 200)


class SampleEvents(unittest.TestCase):
    """What org_events.json must hold for readers of the demo."""

    def setUp(self):
        self.events = [row["attributes"] for row in rows("org_events.json")]

    def actors_of(self, account, before):
        return [event["actor"] for event in self.events
                if event["action"] == "managed_account_deactivated"
                and any(item.get("id") == account
                        for item in event.get("context", []))
                and 0 <= (before - truth.instant(event["time"]))
                .total_seconds() <= 900]

    def test_actorless_echoes_of_jira_have_an_event_with_an_actor(self):
        keys = {user["_key"]: user["accountId"]
                for user in rows("users.json")}
        echoes = 0
        for record in rows("audit.json"):
            event = truth.Event(record)
            if "deactivated" not in event.facts or event.key or event.account:
                continue
            echoes += 1
            account = keys[event.subjects[0]]
            self.assertEqual(len(self.actors_of(account, event.at)), 1,
                             record["id"])
        self.assertGreaterEqual(echoes, 5)

    def test_variety(self):
        self.assertTrue(30 <= len(self.events) <= 50)
        self.assertTrue([event for event in self.events
                         if "onBehalfOf" in event.get("actor", {})])
        self.assertTrue([event for event in self.events
                         if "app" in event.get("actor", {})])
        self.assertTrue([event for event in self.events
                         if "context" not in event])
        self.assertTrue([event for event in self.events
                         if "actor" not in event])
        self.assertTrue([
            item for event in self.events
            for item in event.get("context", [])
            if item["type"] == "users" and "id" not in item
            and item["attributes"]["email"]])
        delays = [truth.instant(event["processedAt"])
                  - truth.instant(event["time"]) for event in self.events]
        self.assertGreater(max(delays).total_seconds(), 6 * 3600)
        self.assertGreater(min(delays).total_seconds(), 0)


class Hub(SampleSite):
    def test_windows_begin_at_one(self):
        everybody = call(self.site, HUB_ORG, ("count", 100),
                         ("start-index", 1)).json()
        self.assertEqual(everybody["total"], len(members()))
        self.assertEqual([user["id"] for user in everybody["users"]],
                         list(members()))
        found, start = [], 1
        while True:
            page = call(self.site, HUB_ORG, ("count", 7),
                        ("start-index", start)).json()
            if not page["users"]:
                break
            found += page["users"]
            start += 7
        self.assertEqual(found, everybody["users"])
        last = call(self.site, HUB_ORG,
                    ("start-index", everybody["total"])).json()["users"]
        self.assertEqual(last, everybody["users"][-1:])
        for pair in (("start-index", 0), ("start-index", "x"), ("count", 0)):
            self.assertEqual(call(self.site, HUB_ORG, pair).status, 400)

    def test_rows(self):
        users = {user["id"]: user for user
                 in call(self.site, HUB_SITE).json()["users"]}
        own = members()
        self.assertEqual(list(users), [account for account, row in own.items()
                                       if not row.get("_offSite")])
        self.assertLess(len(users), len(own))
        for account, user in users.items():
            self.assertEqual(user.get("presence"),
                             own[account].get("presence"))
            enabled = (own[account]["accountStatus"] == "active"
                       and own[account]["membershipStatus"] == "active")
            self.assertEqual(user["activeStatus"],
                             "ENABLED" if enabled else "DISABLED")
            self.assertIsInstance(user["system"], bool)
            self.assertIsInstance(user["hasVerifiedEmail"], bool)
            self.assertNotIn("accountId", user)
        self.assertNotIn("presence", users[UMA])
        self.assertEqual(sum(user["system"] for user in users.values()), 2)
        active = call(self.site, HUB_SITE, ("status", "active")).json()
        self.assertEqual(active["total"], len(active["users"]))
        self.assertEqual({user["activeStatus"] for user in active["users"]},
                         {"ENABLED"})

    def test_one_user(self):
        for base in (HUB_SITE, HUB_ORG):
            user = call(self.site, f"{base}/{CARLA}").json()
            self.assertEqual(user["displayName"], "Carla Rossi")
            self.assertEqual(user["email"], "carla@example.test")

    def test_a_session_ends_in_three_ways(self):
        for form, status, kind in (("401", 401, "json"),
                                   ("redirect", 302, "html"),
                                   ("html", 200, "html")):
            scenario = {"org": {"session_end": form, "session_after": 2}}
            with harness.FakeSite(scenario=scenario) as site:
                self.assertEqual([call(site, HUB_ORG).status
                                  for _ in range(2)], [200, 200])
                answer = call(site, HUB_ORG)
                self.assertEqual(answer.status, status, form)
                self.assertIn(kind, answer.headers["Content-Type"])
                if form == "redirect":
                    self.assertIn("login", answer.headers["Location"])
                if form == "html":
                    self.assertIn(b"<form", answer.body)
                self.assertEqual(call(site, MANAGED).status, 200)
                self.assertEqual(site.requests()[2]["auth"], "bad")


class Writes(unittest.TestCase):
    def setUp(self):
        self.site = harness.FakeSite().__enter__()
        self.addCleanup(self.site.__exit__)

    def last_event(self):
        return stream_rows(self.site)[-1]["attributes"]

    def jira(self, account):
        rows_of = call(self.site, "/rest/api/3/users/search",
                       ("maxResults", 1000)).json()
        return next(row for row in rows_of if row["accountId"] == account)

    def managed(self, account):
        return next(row for row in call(self.site, MANAGED).json()["data"]
                    if row["account_id"] == account)

    def check(self, account, active, status):
        """What every list says of the account."""
        row = one(self.site, account)
        self.assertEqual(row["status"], status)
        self.assertIs(self.jira(account)["active"], active)
        for base in (HUB_SITE, HUB_ORG):
            self.assertEqual(
                call(self.site, f"{base}/{account}").json()["activeStatus"],
                "ENABLED" if active else "DISABLED")
        return row

    def test_disable_and_enable(self):
        before = len(stream_rows(self.site))
        path = f"/users/{OMAR}/manage/lifecycle/"
        answer = post(self.site, path + "disable", {"message": "left"})
        self.assertEqual((answer.status, answer.body), (204, b""))
        row = self.check(OMAR, False, "deactivated")
        self.assertEqual(self.managed(OMAR)["account_status"], "inactive")
        event = self.last_event()
        self.assertEqual(row["deactivatedOn"], event["time"])
        self.assertEqual(event["action"], "managed_account_deactivated")
        self.assertEqual(event["actor"]["id"], SERVICE)
        self.assertEqual(event["actor"]["auth"]["authType"], "api-token")
        self.assertEqual(event["context"][0]["id"], OMAR)
        self.assertGreater(truth.instant(event["time"]), Stream.NOW)
        newest = call(self.site, EVENTS, ("limit", 1)).json()["data"][0]
        self.assertEqual(newest["attributes"]["time"], event["time"])
        self.assertEqual(
            call(self.site, f"{EVENTS}/{newest['id']}").status, 200)

        self.assertEqual(post(self.site, path + "disable").status, 204)
        self.assertEqual(len(stream_rows(self.site)), before + 1)

        self.assertEqual(post(self.site, path + "enable").status, 204)
        row = self.check(OMAR, True, "active")
        self.assertIsNone(row["deactivatedOn"])
        self.assertEqual(self.last_event()["action"],
                         "managed_account_activated")
        self.assertGreater(self.last_event()["time"], event["time"])
        listed = {action["id"] for action
                  in call(self.site, V1 + "/event-actions").json()["data"]}
        self.assertIn(self.last_event()["action"], listed)

    def test_a_cursor_of_before_finds_the_new_event(self):
        caught_up = stream(self.site)[-2]["meta"]["next"]
        post(self.site, f"/users/{OMAR}/manage/lifecycle/disable")
        page = call(self.site, STREAM, ("cursor", caught_up)).json()
        self.assertEqual(len(page["data"]), 1)

    def test_only_managed_accounts_that_nobody_else_provisions(self):
        for account, status in ((NILS, 403), (GWEN, 403), ("nobody", 404)):
            for verb in ("disable", "enable"):
                answer = post(self.site,
                              f"/users/{account}/manage/lifecycle/{verb}")
                self.assertEqual(answer.status, status, account)
                if status == 403:
                    self.assertEqual(answer.json()["key"],
                                     "forbidden.action")
        self.assertEqual(
            post(self.site, f"/users/{OMAR}/manage/lifecycle/disable",
                 b"left").status, 400)
        self.assertEqual(
            post(self.site, f"/users/{OMAR}/manage/lifecycle/disable",
                 Authorization=BASIC).status, 401)
        self.check(OMAR, True, "active")

    def test_enabling_cancels_a_deletion(self):
        quinn = "5b10a2844c20165700ede029"
        self.assertEqual(one(self.site, quinn)["status"], "for_deletion")
        post(self.site, f"/users/{quinn}/manage/lifecycle/enable")
        self.check(quinn, True, "active")

    def test_suspend_and_restore(self):
        answer = post(self.site, f"{V2}/{OMAR}/suspend")
        self.assertEqual((answer.status, answer.body), (204, b""))
        row = self.check(OMAR, False, "suspended")
        self.assertEqual(row["accountStatus"], "active")
        self.assertIsNone(row["deactivatedOn"])
        self.assertEqual(self.managed(OMAR)["account_status"], "active")
        self.assertEqual(self.last_event()["action"],
                         "user_disabled_org_access")
        self.assertEqual(post(self.site, f"{V2}/{OMAR}/restore").status, 204)
        self.check(OMAR, True, "active")
        self.assertEqual(self.last_event()["action"],
                         "user_enabled_org_access")
        self.assertEqual(post(self.site, f"{V2}/none/suspend").status, 404)

    def test_writes_may_answer_200(self):
        with harness.FakeSite(scenario={"org": {"write_status": 200}}) as site:
            answer = post(site, f"{V2}/{OMAR}/suspend")
            self.assertEqual((answer.status, answer.json()), (200, {}))

    def test_restoring_access_does_not_reactivate_an_account(self):
        post(self.site, f"{V2}/{OMAR}/suspend")
        post(self.site, f"/users/{OMAR}/manage/lifecycle/disable")
        post(self.site, f"{V2}/{OMAR}/restore")
        self.check(OMAR, False, "deactivated")

    def test_adminhub_deactivate_and_activate(self):
        for base in (HUB_SITE, HUB_ORG):
            answer = post(self.site, f"{base}/{OMAR}/deactivate")
            self.assertEqual(answer.status, 204)
            self.check(OMAR, False, "suspended")
            event = self.last_event()
            self.assertEqual(event["actor"]["id"], ADA)
            self.assertEqual(event["actor"]["auth"]["authType"], "session")
            answer = post(self.site, f"/gateway/api/users/{OMAR}/activate")
            self.assertEqual(answer.status, 204)
            self.check(OMAR, True, "active")
        self.assertEqual(
            post(self.site, f"{HUB_SITE}/{OMAR}/deactivate",
                 Cookie="cloud.session.token=old").status, 401)
        self.check(OMAR, True, "active")

    def test_state_dies_with_the_site(self):
        post(self.site, f"/users/{OMAR}/manage/lifecycle/disable")
        with harness.FakeSite() as other:
            self.assertEqual(one(other, OMAR)["status"], "active")


class Generated(unittest.TestCase):
    SPEC = "users=600,records=2000,seed=7,keys=mixed"

    @classmethod
    def setUpClass(cls):
        cls.site = harness.FakeSite(generate=cls.SPEC).__enter__()
        cls.folder = tempfile.TemporaryDirectory()
        cls.site.dump(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.site.__exit__()
        cls.folder.cleanup()

    def data(self, name):
        return json.loads((Path(self.folder.name) / name).read_text())

    def test_members_in_proportion(self):
        found = search(self.site)
        listed = [user for user in self.data("users.json")
                  if user["accountType"] != "customer"
                  and user["accountId"] != "unknown"]
        self.assertEqual([row["accountId"] for row in found],
                         [user["accountId"] for user in listed])
        for name in ("active", "suspended", "not_invited", "deactivated",
                     "for_deletion"):
            self.assertTrue([row for row in found if row["status"] == name],
                            name)
        names = {user["accountId"]: user["displayName"] for user in listed}
        self.assertEqual({row["accountId"]: row["name"] for row in found},
                         names)
        total = call(self.site, MANAGED).json()["meta"]["total"]
        self.assertEqual(total, sum(row["claimStatus"] == "managed"
                                    for row in found))
        hub = call(self.site, HUB_ORG).json()
        self.assertEqual(hub["total"], len(found))
        self.assertTrue([user for user in hub["users"]
                         if "presence" not in user])

    def test_active_in_jira_is_active_here(self):
        found = {row["accountId"]: row["status"]
                 for row in search(self.site)}
        for user in self.data("users.json"):
            if user["accountId"] in found:
                self.assertEqual(found[user["accountId"]] == "active",
                                 user["active"])

    def test_actorless_deactivations_have_an_event_before(self):
        keys = {user["_key"]: user["accountId"]
                for user in self.data("users.json")}
        deactivations = {}
        for event in stream_rows(self.site, ("limit", 500)):
            at = event["attributes"]
            if at["action"] in ("managed_account_deactivated",
                                "user_disabled_org_access"):
                self.assertTrue(at["actor"]["id"])
                account = at["context"][0]["id"]
                deactivations.setdefault(account, []).append(
                    truth.instant(at["time"]))
        start = truth.instant("2026-05-28T00:00:00Z")
        echoes = 0
        for record in self.data("audit.json"):
            event = truth.Event(record)
            if ("deactivated" not in event.facts or event.key
                    or event.account or event.at < start):
                continue
            subject = event.subjects[0]
            account = keys.get(subject, subject)
            if account == "unknown":
                continue
            echoes += 1
            gaps = [(event.at - at).total_seconds()
                    for at in deactivations.get(account, [])]
            self.assertTrue([gap for gap in gaps if 2 <= gap <= 303],
                            record["id"])
        self.assertGreater(echoes, 50)

    def test_actors_are_people_scripts_and_systems(self):
        actors = [event["attributes"]["actor"]
                  for event in stream_rows(self.site, ("limit", 500))]
        self.assertTrue([a for a in actors if "onBehalfOf" in a])
        self.assertTrue([a for a in actors if "@" not in a["email"]])
        self.assertTrue([a for a in actors if a.get("auth", {})
                         .get("authType") == "api-token"])

    def test_a_dump_serves_the_same(self):
        with harness.FakeSite(self.folder.name) as other:
            self.assertEqual(search(other), search(self.site))
            for path in (MANAGED, STREAM, EVENTS, HUB_SITE,
                         V1 + "/event-actions"):
                mine = call(self.site, path).json()
                theirs = call(other, path).json()
                for part in ("data", "users", "total"):
                    self.assertEqual(mine.get(part), theirs.get(part), path)

    def test_one_event(self):
        event = call(self.site, EVENTS, ("limit", 1)).json()["data"][0]
        found = call(self.site, f"{EVENTS}/{event['id']}").json()["data"]
        self.assertEqual(found, event)
        self.assertEqual(
            call(self.site, f"{EVENTS}/ffffffff-0000-4000-8000-000000000000")
            .status, 404)


class Scenario(unittest.TestCase):
    def test_unknown_words_are_refused(self):
        for org in ({"old": True}, {"stream_end": "never"},
                    {"per_minute": {"nothing": 1}}, {"log": True},
                    {"session_end": "500"}):
            with self.assertRaises(RuntimeError):
                harness.FakeSite(scenario={"org": org}).__enter__()


if __name__ == "__main__":
    unittest.main()
