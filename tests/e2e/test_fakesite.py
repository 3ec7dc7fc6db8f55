"""The fake site itself: shapes, strictness, quirks and faults."""
import base64
import gzip
import http.client
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

SEARCH = "/rest/api/3/users/search"
AUDIT = "/rest/api/3/auditing/record"
MIGRATION = "/rest/api/3/user/bulk/migration"
BULK = "/rest/api/3/user/bulk"
BASIC = "Basic " + base64.b64encode(
    f"{harness.USER}:{harness.TOKEN}".encode()).decode()
NOW = "2026-11-23T02:00:00Z"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirect)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


def get(site, path, *pairs, method="GET", **headers):
    query = urllib.parse.urlencode(pairs)
    headers.setdefault("Authorization", BASIC)
    request = urllib.request.Request(
        site.url + path + ("?" + query if query else ""), method=method,
        headers={name.replace("_", "-"): value
                 for name, value in headers.items() if value})
    try:
        with OPENER.open(request, timeout=20) as response:
            return Answer(response)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error)


def walk(site, path, start, size, step, rows):
    """All pages by requested size until an empty one."""
    found, at = [], 0
    while True:
        page = rows(get(site, path, (start, at), (size, step)).json())
        if not page:
            return found
        found += page
        at += step


def sample(name):
    return list(truth.elements(harness.SAMPLE / name))


class SampleSite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = harness.FakeSite().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.site.__exit__()


class Access(SampleSite):
    def test_every_data_endpoint_wants_authentication(self):
        for path in (SEARCH, "/rest/api/3/users", AUDIT, MIGRATION, BULK,
                     "/rest/api/3/myself"):
            for header in (None, BASIC + "x", "Bearer " + harness.TOKEN):
                answer = get(self.site, path, Authorization=header)
                self.assertEqual(answer.status, 401, (path, header))
                self.assertIn("message", answer.json())

    def test_tenant_info_is_open(self):
        answer = get(self.site, "/_edge/tenant_info", Authorization=None)
        self.assertEqual(answer.status, 200)
        self.assertRegex(answer.json()["cloudId"], r"^[0-9a-f-]{36}$")

    def test_gateway_form_reaches_the_same_site(self):
        cloud = get(self.site, "/_edge/tenant_info").json()["cloudId"]
        answer = get(self.site, f"/ex/jira/{cloud}/rest/api/3/myself")
        self.assertEqual(answer.json()["emailAddress"], harness.USER)
        answer = get(self.site, "/ex/jira/0/rest/api/3/myself")
        self.assertEqual(answer.status, 404)

    def test_wrong_method_and_wrong_path(self):
        self.assertEqual(get(self.site, SEARCH, method="POST").status, 405)
        self.assertEqual(get(self.site, SEARCH, method="HEAD").status, 405)
        answer = get(self.site, "/rest/api/3/nothing")
        self.assertEqual(answer.status, 404)
        self.assertIn("errorMessages", answer.json())

    def test_bad_numbers(self):
        for path, name in ((SEARCH, "startAt"), (SEARCH, "maxResults"),
                           (AUDIT, "offset"), (AUDIT, "limit"),
                           (MIGRATION, "maxResults"), (BULK, "startAt")):
            for value in ("abc", "-1", "1.5", "", "99999999999"):
                answer = get(self.site, path, (name, value),
                             ("key", "ug:1"), ("accountId", "1"))
                self.assertEqual(answer.status, 400, (path, name, value))

    def test_a_request_line_can_be_too_long(self):
        answer = get(self.site, BULK, ("accountId", "1" * 9000))
        self.assertEqual(answer.status, 414)

    def test_headers_of_every_answer(self):
        for path in (SEARCH, "/nothing"):
            headers = get(self.site, path).headers
            self.assertEqual(headers["Content-Type"],
                             "application/json;charset=UTF-8")
            self.assertRegex(headers["X-RateLimit-Reset"],
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\dZ$")
            self.assertIn("r=0", headers["Beta-RateLimit"])
            self.assertNotIn("Retry-After", headers)

    def test_gzip_only_when_asked_for(self):
        plain = get(self.site, SEARCH, ("maxResults", 1000))
        packed = get(self.site, SEARCH, ("maxResults", 1000),
                     Accept_Encoding="gzip")
        self.assertNotIn("Content-Encoding", plain.headers)
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        self.assertEqual(gzip.decompress(packed.body), plain.body)

    def test_request_log_has_no_secret(self):
        get(self.site, SEARCH, ("startAt", 7), User_Agent="probe/1")
        row = self.site.requests(SEARCH)[-1]
        self.assertEqual((row["query"], row["status"], row["auth"]),
                         ({"startAt": "7"}, 200, "ok"))
        self.assertEqual(row["user_agent"], "probe/1")
        self.assertNotIn(BASIC.split()[1], self.site.log.read_text())


class Users(SampleSite):
    def test_windows_are_cut_before_rows_are_hidden(self):
        listed = [user for user in sample("users.json")
                  if not user.get("_unlisted")]
        hidden = next(i for i, user in enumerate(listed)
                      if user.get("_hidden"))
        page = get(self.site, SEARCH, ("startAt", hidden),
                   ("maxResults", 2)).json()
        self.assertEqual([row["accountId"] for row in page],
                         [listed[hidden + 1]["accountId"]])
        rows = walk(self.site, SEARCH, "startAt", "maxResults", 7,
                    lambda page: page)
        self.assertEqual([row["accountId"] for row in rows],
                         [user["accountId"] for user in listed
                          if not user.get("_hidden")])

    def test_a_window_of_one_hidden_row_is_an_empty_page(self):
        listed = [user for user in sample("users.json")
                  if not user.get("_unlisted")]
        hidden = next(i for i, user in enumerate(listed)
                      if user.get("_hidden"))
        self.assertEqual(get(self.site, SEARCH, ("startAt", hidden),
                             ("maxResults", 1)).json(), [])

    def test_rows_have_noise_and_no_private_members(self):
        for row in get(self.site, SEARCH, ("maxResults", 5000)).json():
            self.assertIn("avatarUrls", row)
            self.assertIn("accountId=", row["self"])
            self.assertNotIn("key", row)
            self.assertFalse([name for name in row if name[0] == "_"])

    def test_default_page_is_fifty(self):
        listed = [user for user in sample("users.json")
                  if not user.get("_unlisted")]
        page = get(self.site, SEARCH).json()
        self.assertEqual(len(page), min(50, len(listed)) - 1)

    def test_raw_text_survives(self):
        body = get(self.site, SEARCH, ("maxResults", 1000)).body
        for text in (rb'"Nul\u0000Byte"', rb'"Cut emoji \ud83d"',
                     rb'"externalId":9007199254740993', rb'"ratio":1.10',
                     rb'"Zo\u00eb \ud83d\ude00 Smile"'):
            self.assertIn(text, body)
        body = get(self.site, AUDIT).body
        self.assertIn(b'"sequence":9007199254740993', body)

    def test_bulk(self):
        ids = [user["accountId"] for user in sample("users.json")]
        known = [account for account in ids if account != "unknown"]
        first = get(self.site, BULK,
                    *(("accountId", account) for account in ids),
                    ("accountId", "nobody")).json()
        self.assertEqual(first["total"], len(known))
        self.assertEqual((first["maxResults"], first["isLast"]), (10, False))
        page = get(self.site, BULK, ("maxResults", 900),
                   *(("accountId", account) for account in ids)).json()
        self.assertEqual([row["accountId"] for row in page["values"]], known)
        self.assertTrue(page["isLast"])
        self.assertEqual(page["maxResults"], 200)
        self.assertEqual(get(self.site, BULK).status, 400)


class Keys(SampleSite):
    def ask(self, *keys, **more):
        return get(self.site, MIGRATION, *(("key", key) for key in keys),
                   *more.items())

    def test_known_dropped_and_unknown(self):
        users = {user["displayName"]: user for user in sample("users.json")}
        ben = users["Ben Okafor"]
        rows = self.ask(ben["_key"], users["Lars Unknownkey"]["_key"],
                        users["Nils Listed"]["_key"], "ug:no-such").json()
        self.assertEqual([(row["key"], row["accountId"]) for row in rows],
                         [(ben["_key"], ben["accountId"]),
                          (users["Nils Listed"]["_key"], "unknown")])

    def test_default_page_is_ten(self):
        keys = [user["_key"] for user in sample("users.json")][:20]
        self.assertEqual(len(self.ask(*keys).json()), 10)
        self.assertEqual(len(self.ask(*keys, startAt=15).json()), 5)
        self.assertEqual(len(self.ask(*keys, maxResults=100).json()), 20)

    def test_key_and_username_exclude_each_other(self):
        self.assertEqual(self.ask("ug:1", username="x").status, 400)
        self.assertEqual(self.ask().status, 400)
        self.assertEqual(self.ask(username="x").json(), [])


class Audit(SampleSite):
    def records(self, **query):
        answer = get(self.site, AUDIT,
                     *((name.rstrip("_"), value)
                       for name, value in query.items()))
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def ids(self, **query):
        return [record["id"] for record in self.records(**query)["records"]]

    def test_newest_first_in_pages(self):
        everything = sorted(sample("audit.json"), reverse=True,
                            key=lambda row: (row["created"], row["id"]))
        rows = walk(self.site, AUDIT, "offset", "limit", 7,
                    lambda page: page["records"])
        self.assertEqual([row["id"] for row in rows],
                         [row["id"] for row in everything])
        self.assertRegex(rows[0]["created"], r"\.\d{3}\+0000$")
        self.assertNotIn("_why", rows[0])

    def test_envelope(self):
        page = self.records(offset=3, limit=9999)
        self.assertEqual(list(page), ["offset", "limit", "total", "records"])
        self.assertEqual((page["offset"], page["limit"]), (3, 1000))
        self.assertEqual(page["total"], len(sample("audit.json")))

    def test_wrong_paging_names_repeat_the_first_page(self):
        self.assertEqual(self.ids(limit=5, startAt=5, maxResults=5),
                         self.ids(limit=5))

    def test_bounds_are_inclusive(self):
        at = "2026-06-12T09:00:0%d.000%s"
        self.assertEqual(self.ids(from_=at % (0, "Z"), to=at % (4, "Z")),
                         [20034, 20033])
        self.assertEqual(
            self.ids(from_="2026-06-12T10:00:00+01:00",
                     to="2026-06-12T04:00:03-0500"), [20033])

    def test_a_time_without_zone_finds_nothing(self):
        self.assertEqual(self.ids(from_="2026-01-01T00:00:00"), [])
        self.assertEqual(self.ids(from_="2026-01-01T00:00:00Z",
                                  to="2026-12-01T00:00:00.000"), [])
        self.assertNotEqual(self.ids(from_="2026-01-01T00:00:00Z"), [])

    def test_from_must_precede_to(self):
        at = "2026-06-12T09:00:00Z"
        self.assertEqual(self.ids(from_=at, to=at), [])
        self.assertEqual(self.ids(from_=NOW, to=at), [])

    def test_a_plus_that_is_not_encoded_is_a_blank(self):
        for value in ("2026-06-12T10:00:00+01:00", "2026-02-30T00:00:00Z",
                      "yesterday", "2026-06-12"):
            request = urllib.request.Request(
                f"{self.site.url}{AUDIT}?from={value}",
                headers={"Authorization": BASIC})
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(request, timeout=20)
            self.assertEqual(caught.exception.code, 400)
            caught.exception.close()

    def test_filter(self):
        everything = len(sample("audit.json"))
        page = self.records(filter="no such text")
        self.assertEqual((page["records"], page["total"]), ([], everything))
        for record in self.records(filter="MAN ed inactive")["records"]:
            self.assertIn("user management", record["category"])
        ben = next(user for user in sample("users.json")
                   if user["displayName"] == "Ben Okafor")
        self.assertEqual(self.ids(filter=ben["accountId"]), [20027])
        self.assertEqual(self.ids(filter=ben["accountId"], offset=1), [])


class Program(unittest.TestCase):
    def test_bearer_and_cookie(self):
        for args, headers in (
                (["--bearer", "b"], {"Authorization": "Bearer b"}),
                (["--cookie", "cloud.session.token=c=="],
                 {"Authorization": None,
                  "Cookie": "a=b; cloud.session.token=c=="})):
            with harness.FakeSite(args=args) as site:
                self.assertEqual(get(site, SEARCH, **headers).status, 200)
                self.assertEqual(get(site, SEARCH).status, 401)

    def test_stops_cleanly_with_a_stalled_connection(self):
        rules = [{"do": "stall", "ms": 60000}]
        with harness.FakeSite(scenario={"rules": rules}) as site:
            client = http.client.HTTPConnection(site.url[7:])
            client.request("GET", SEARCH, headers={"Authorization": BASIC})
            time.sleep(0.2)
            self.assertEqual(site.stop(), 0)
            client.close()

    def test_bad_scenario_is_refused(self):
        for scenario in ({"latency": 3}, {"rules": [{"do": "explode"}]},
                         {"rules": [{"do": "cut", "nht": [1]}]}):
            with self.assertRaises(RuntimeError):
                with harness.FakeSite(scenario=scenario):
                    pass

    def test_port_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "port"
            with harness.FakeSite(args=["--port-file", str(path)]) as site:
                self.assertEqual(site.url,
                                 f"http://127.0.0.1:{int(path.read_text())}")


class Generated(unittest.TestCase):
    SPEC = "users=1500,records=3000,seed=%d,now=2026-11-23T00:00:00Z,keys=%s"

    def test_served_equals_dumped(self):
        with harness.FakeSite(generate=self.SPEC % (3, "mixed")) as site, \
                tempfile.TemporaryDirectory() as folder:
            site.dump(folder)
            users = walk(site, SEARCH, "startAt", "maxResults", 1000,
                         lambda page: page)
            wanted = [user["accountId"] for user
                      in truth.elements(f"{folder}/users.json")
                      if not user.get("_hidden")
                      and not user.get("_unlisted")]
            self.assertEqual([row["accountId"] for row in users], wanted)
            rows = walk(site, AUDIT, "offset", "limit", 1000,
                        lambda page: page["records"])
            dumped = list(truth.elements(f"{folder}/audit.json"))
            self.assertEqual(rows, dumped)
            self.assertEqual(rows, sorted(
                rows, reverse=True,
                key=lambda row: (row["created"], row["id"])))

    def test_dump_can_be_served_and_answers_the_same(self):
        spec = self.SPEC % (4, "ug")
        with tempfile.TemporaryDirectory() as folder:
            with harness.FakeSite(generate=spec) as site:
                site.dump(folder)
                users = list(truth.elements(f"{folder}/users.json"))
                keys = [("key", user["_key"]) for user in users[:100]]
                ids = [("accountId", user["accountId"])
                       for user in users[:100]]
                queries = [(MIGRATION, keys + [("maxResults", 200)]),
                           (BULK, ids + [("maxResults", 200)]),
                           (AUDIT, [("from", "2026-09-01T00:00:00Z"),
                                    ("to", "2026-10-01T00:00:00Z")]),
                           (AUDIT, [("filter", "password")])]
                first = [get(site, path, *query).json()
                         for path, query in queries]
            with harness.FakeSite(site=folder) as site:
                second = [get(site, path, *query).json()
                          for path, query in queries]
        for page in (first[1], second[1]):
            del page["self"]
        self.assertEqual(first, second)
        self.assertTrue(all(first))

    def test_every_status_occurs(self):
        for keys in ("ug", "id", "mixed"):
            with tempfile.TemporaryDirectory() as folder:
                harness.FakeSite(generate=self.SPEC % (1, keys)).dump(folder)
                rows = truth.inactive_users(folder, "2026-11-23T00:00:00Z")
            self.assertEqual({row["last_modified_status"] for row in rows},
                             {"known", "no_actor", "before_log"})
            self.assertEqual({row["inactive_since_source"] for row in rows},
                             {"event", "unknown"})

    def test_the_share_of_records_about_accounts(self):
        spec = "users=1500,records=8000,seed=3,keys=mixed,about=%d"
        for about in (0, 15, 72):
            with tempfile.TemporaryDirectory() as folder:
                harness.FakeSite(generate=spec % about).dump(folder)
                path = Path(folder) / "audit.json"
                rows = list(truth.elements(path))
                size = path.stat().st_size
            changed = [row for row in rows
                       if row["objectItem"]["typeName"] == "USER"
                       or row["category"] == "group management"]
            mentions = [row for row in rows if row not in changed and any(
                item["typeName"] == "USER"
                for item in row["associatedItems"])]
            self.assertAlmostEqual(100 * len(changed) / len(rows), about,
                                   delta=2)
            self.assertGreater(len(mentions), 100)
            if about == 15:
                self.assertAlmostEqual(size / len(rows), 900, delta=50)
                self.assertEqual({row["category"] for row in rows}, {
                    "user management", "group management", "projects",
                    "workflows", "fields", "permissions", "notifications"})

    def test_a_million_records_are_quick(self):
        with harness.FakeSite(
                generate="users=2000,records=1000000,seed=1") as site:
            get(site, AUDIT, ("limit", 1))
            for offset in (0, 500000, 999000):
                start = time.monotonic()
                page = get(site, AUDIT, ("offset", offset)).json()
                self.assertEqual(len(page["records"]), 1000)
                self.assertLess(time.monotonic() - start, 5)


class Faults(unittest.TestCase):
    def site(self, *rules, **scenario):
        site = harness.FakeSite(
            scenario={**scenario, "rules": list(rules)})
        self.addCleanup(site.__exit__)
        return site.__enter__()

    def test_status_with_headers_on_chosen_turns(self):
        site = self.site({"path": SEARCH, "query": {"startAt": "0"},
                          "nth": [1, 3], "do": "status", "status": 429,
                          "headers": {"Retry-After": "7"}, "body": "{}"})
        seen = [get(site, SEARCH, ("startAt", at)).status
                for at in (0, 5, 0, 0, 0)]
        self.assertEqual(seen, [429, 200, 200, 429, 200])

    def test_selectors(self):
        for selector, wanted in (({"first": 2}, "5522"), ({"every": 2}, "2525"),
                                 ({"from": 3}, "2255"), ({}, "5555")):
            site = self.site({"do": "status", "status": 503, **selector})
            seen = "".join(str(get(site, SEARCH).status)[0]
                           for _ in range(4))
            self.assertEqual(seen, wanted)

    def test_cut_stall_and_reset(self):
        for rule, error in (({"do": "cut"}, http.client.IncompleteRead),
                            ({"do": "cut_chunked"},
                             http.client.IncompleteRead),
                            ({"do": "reset"}, ConnectionResetError),
                            ({"do": "reset", "after": "half"},
                             ConnectionResetError)):
            client = http.client.HTTPConnection(self.site(rule).url[7:])
            self.addCleanup(client.close)
            with self.assertRaises(error, msg=rule):
                client.request("GET", SEARCH,
                               headers={"Authorization": BASIC})
                client.getresponse().read()
        start = time.monotonic()
        site = self.site({"do": "stall", "ms": 300})
        self.assertEqual(get(site, SEARCH, ("maxResults", 3)).status, 200)
        self.assertGreater(time.monotonic() - start, 0.29)

    def test_wrong_bodies(self):
        answer = get(self.site({"do": "html_login"}), SEARCH)
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/html"))
        answer = get(self.site({"do": "redirect", "location": "/login"}),
                     SEARCH)
        self.assertEqual((answer.status, answer.headers["Location"]),
                         (302, "/login"))
        with self.assertRaises(json.JSONDecodeError):
            get(self.site({"do": "garbage"}), SEARCH).json()
        self.assertEqual(get(self.site({"do": "empty_body"}), SEARCH).body,
                         b"")
        site = self.site({"do": "object"})
        self.assertIsInstance(get(site, SEARCH).json(), dict)
        self.assertIsInstance(get(site, AUDIT).json(), list)

    def test_bomb_is_small_on_the_wire(self):
        answer = get(self.site({"do": "bomb", "mb": 8}), SEARCH)
        self.assertLess(len(answer.body), 1 << 20)
        self.assertGreater(len(gzip.decompress(answer.body)), 8 << 20)

    def test_endless(self):
        client = http.client.HTTPConnection(
            self.site({"do": "endless"}).url[7:])
        client.request("GET", SEARCH, headers={"Authorization": BASIC})
        self.assertEqual(len(client.getresponse().read(3 << 20)), 3 << 20)
        client.close()

    def test_expire(self):
        site = self.site({"do": "expire", "from": 2})
        self.assertEqual([get(site, SEARCH).status for _ in range(3)],
                         [200, 401, 401])

    def test_row_faults(self):
        site = self.site({"do": "bad_field", "row": 2,
                          "pointer": "/displayName", "raw": "42"})
        page = get(site, SEARCH).json()
        self.assertEqual(page[2]["displayName"], 42)
        self.assertNotEqual(page[1]["displayName"], 42)
        site = self.site({"do": "bad_field", "pointer": "/objectItem/id"})
        record = get(site, AUDIT).json()["records"][0]
        self.assertNotIn("id", record["objectItem"])
        self.assertIn("name", record["objectItem"])
        site = self.site({"do": "bad_field", "raw": "null"})
        self.assertIsNone(get(site, AUDIT).json()["records"][0])
        site = self.site({"do": "big_name", "bytes": 100000})
        self.assertEqual(len(get(site, SEARCH).json()[0]["displayName"]),
                         100000)

    def test_outage(self):
        for row in get(self.site({"do": "outage"}), SEARCH).json():
            self.assertEqual((row["active"], row["displayName"]), (False, ""))

    def test_rate_limit_forms(self):
        for form, pattern in (("seconds", r"^2$"), ("date", r"GMT$"),
                              ("past", r"GMT$"), ("garbage", r"soon")):
            site = self.site(limit={"per_second": 1, "form": form,
                                    "retry_after": 2})
            answers = [get(site, SEARCH) for _ in range(3)]
            self.assertEqual(answers[0].status, 200)
            self.assertEqual(answers[-1].status, 429)
            self.assertRegex(answers[-1].headers["Retry-After"], pattern)
        site = self.site(limit={"per_second": 1, "form": "absent"})
        get(site, SEARCH)
        self.assertNotIn("Retry-After", get(site, SEARCH).headers)

    def test_a_limit_that_begins_later(self):
        site = self.site(limit={"per_second": 0.01, "after": 3})
        self.assertEqual([get(site, SEARCH).status for _ in range(5)],
                         [200, 200, 200, 200, 429])

    def test_pages_that_are_kept(self):
        moved = {"delete_after": {"requests": 1, "indexes": [0]}}
        kept, fresh = self.site(users=moved, keep=True), self.site(users=moved)
        first, again = get(kept, SEARCH), get(kept, SEARCH)
        packed = [get(kept, SEARCH, Accept_Encoding="gzip") for _ in range(2)]
        self.assertEqual(first.json(), get(fresh, SEARCH).json())
        self.assertEqual([first.body] * 3, [again.body, *(
            gzip.decompress(page.body) for page in packed)])
        self.assertEqual(get(kept, SEARCH, ("maxResults", 1)).json(),
                         first.json()[1:2])

    def test_plain_answers(self):
        packed, plain = (get(self.site(plain=plain), SEARCH,
                             Accept_Encoding="gzip")
                         for plain in (False, True))
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        self.assertNotIn("Content-Encoding", plain.headers)
        self.assertEqual(gzip.decompress(packed.body), plain.body)

    def test_users_that_move(self):
        def ids(site, **query):
            return [row["accountId"] for row
                    in get(site, SEARCH, *query.items()).json()]

        site = self.site(users={"delete_after": {"requests": 1,
                                                 "indexes": [0, 1]},
                                "page_cap": 5})
        before, after = ids(site), ids(site)
        self.assertEqual((len(before), before[2:]), (5, after[:3]))
        site = self.site(users={"add_after": {"requests": 1,
                                              "indexes": [0]}})
        before, after = ids(site, maxResults=9), ids(site, maxResults=9)
        self.assertEqual(before[:8], after[1:])
        site = self.site(users={"drop": [1]})
        self.assertEqual(len(ids(site, maxResults=3)), 2)
        site = self.site(users={"shuffle": True})
        self.assertNotEqual(ids(site), ids(site))

    def test_audit_that_moves(self):
        site = self.site(audit={"add_after": {"requests": 1, "records": 2},
                                "total": 1})
        old = get(site, AUDIT, ("limit", 3)).json()
        new = get(site, AUDIT, ("limit", 5)).json()
        self.assertEqual(old["records"], new["records"][2:])
        self.assertGreater(new["records"][0]["id"], old["records"][0]["id"])
        self.assertEqual(new["total"], 1)
        frozen = get(site, AUDIT, ("to", NOW), ("limit", 3)).json()
        self.assertEqual(frozen["records"], old["records"])

    def test_audit_page_faults(self):
        site = self.site(audit={"page_cap": 4, "repeat_border": 1})
        pages = [[row["id"] for row in get(
            site, AUDIT, ("offset", at), ("limit", 4)).json()["records"]]
            for at in (0, 4, 8)]
        self.assertEqual(pages[0][-1], pages[1][0])
        self.assertEqual(pages[1][-1], pages[2][0])
        self.assertEqual(len(get(site, AUDIT).json()["records"]), 4)

    def test_empty_log(self):
        site = self.site(audit={"empty": True})
        self.assertEqual(get(site, AUDIT, ("from", "2026-01-01T00:00:00Z"))
                         .json()["records"], [])
        self.assertNotEqual(get(site, AUDIT).json()["records"], [])
        site = self.site(audit={"empty": "all"})
        self.assertEqual(get(site, AUDIT).json()["records"], [])

    def test_keys_faults(self):
        keys = [user["_key"] for user in sample("users.json")[:3]]
        site = self.site(keys={"drop": [keys[0]], "unknown": [keys[1]]})
        rows = get(site, MIGRATION, *(("key", key) for key in keys)).json()
        self.assertEqual([row["key"] for row in rows], keys[1:])
        self.assertEqual(rows[0]["accountId"], "unknown")

    def test_slow_answers_do_not_hold_up_others(self):
        site = self.site({"path": SEARCH, "do": "delay", "ms": 3000})
        client = http.client.HTTPConnection(site.url[7:])
        self.addCleanup(client.close)
        client.request("GET", SEARCH, headers={"Authorization": BASIC})
        start = time.monotonic()
        self.assertEqual(get(site, AUDIT).status, 200)
        self.assertLess(time.monotonic() - start, 2.5)


if __name__ == "__main__":
    unittest.main()
