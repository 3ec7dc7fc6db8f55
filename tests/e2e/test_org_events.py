"""The organisation's audit log beside Jira's: who really did it.

What a row must say is worked out here from the files of the sample site.
"""
import json
import os
import re
import threading
import time
import urllib.parse
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import harness
import org_lists
import truth
from runs import AS_OF, Case, account, make_site, narrow_mapping

ORG = "5ac0e1f2-0000-4000-8000-0000000000a1"
KEY_VARIABLE = "ROLLCALL_TEST_ORG_KEY"
STREAM = f"/admin/v1/orgs/{ORG}/events-stream"
EVENTS = f"/admin/v1/orgs/{ORG}/events"
ACTIONS = f"/admin/v1/orgs/{ORG}/event-actions"
SETTLED = truth.instant(AS_OF) - timedelta(minutes=5)
OLDEST = truth.instant(AS_OF) - timedelta(days=180)
DEACTIVATIONS = {"managed_account_deactivated", "user_disabled_org_access"}
REACTIVATIONS = {"managed_account_activated", "user_enabled_org_access"}
NO_CHANGES = {"user_invitation_sent", "user_logged_in_as_user", "user_login",
              "user_login_failed", "organization_users_viewed",
              "api_token_created"}
ADA = "5b10a2844c20165700ede002"
NOOR = "557058:00030003-0003-4003-8003-000000000003"


def rows(name):
    return json.loads((harness.SAMPLE / name).read_text())


def admin(site):
    """The endpoint of the organisation, as a job has it."""
    return {"url": site.url, "organisation": ORG,
            "auth": {"type": "bearer", "secret": {"env": KEY_VARIABLE}}}


def millis(moment, more=0):
    return str(round(moment.timestamp() * 1000) + more)


def id_order(text):
    """Numbers by value, before all other texts."""
    return (0, int(text), text) if text.isdigit() else (1, 0, text)


class OrgEvent:
    """An event as the truth sees it; by_email: address -> account id."""

    def __init__(self, row, by_email):
        said = row["attributes"]
        self.at, self.id = truth.instant(said["time"]), row["id"]
        self.action, self.source = said["action"], "org_events"
        self.actor, self.actor_name = self.person(said.get("actor"), by_email)
        self.subjects = set()
        for part in ("context", "container"):
            if not self.subjects:
                self.subjects = {
                    item.get("id") or by_email.get(
                        item["attributes"]["email"].lower())
                    for item in said.get(part) or []
                    if item["type"] == "users"}

    @staticmethod
    def person(actor, by_email):
        actor = actor or {}
        for who in (actor.get("onBehalfOf") or {}, actor):
            email = who.get("email") or ""
            if who.get("id"):
                return who["id"], who.get("name")
            if "@" in email:
                return by_email.get(email.lower()), who.get("name") or email
        return None, None

    def facts(self):
        if self.action not in NO_CHANGES:
            yield "last_modified"
        if self.action in DEACTIVATIONS:
            yield "deactivated"
        if self.action in REACTIVATIONS:
            yield "reactivated"


class Truth:
    """Facts of both logs: per account and fact, all events that meet it."""

    def __init__(self, site, logs):
        self.site, self.found = site, {}
        by_email = {}
        for user in site.listed.values():
            email = (user.get("emailAddress") or "").lower()
            by_email[email] = (None if email in by_email
                               else user["accountId"])
        by_email.pop("", None)
        self.org = [OrgEvent(row, by_email) for row in logs]
        self.org = [event for event in self.org
                    if OLDEST <= event.at < SETTLED]
        for event in self.org:
            self.add(event, event.subjects, event.facts(), event.actor,
                     event.actor_name)
        for event in site.events.values():
            event_actor = site.actor_id(event)
            self.add(event, {site.resolve(name) for name in event.subjects},
                     event.facts, event_actor, None)

    def add(self, event, subjects, facts, actor, name):
        for fact in facts:
            for subject in subjects - {None}:
                self.found.setdefault((subject, fact), []).append(
                    (event.at, actor is not None or name is not None,
                     id_order(str(event.id)), event, actor, name))

    def fact(self, subject, fact):
        """(winning event, actor, name, source of the actor) or None."""
        events = sorted(self.found.get((subject, fact), []),
                        key=lambda entry: entry[:3])
        if not events:
            return None
        winner = events[-1]
        named = [entry for entry in events if entry[1]]
        who = winner
        if not winner[1] and named and \
                winner[0] - named[-1][0] <= truth.ACTOR_WITHIN:
            who = named[-1]
        name = (self.site.name_of(who[4]) if who[4] else None) or who[5]
        source = getattr(who[3], "source", "jira_audit") if who[1] else None
        return winner[3], who[4], name, source

    def columns(self, subject):
        """What a row says of its facts."""
        done = self.fact(subject, "deactivated")
        undone = self.fact(subject, "reactivated")
        if done and undone and undone[0].at > done[0].at:
            done = None
        last = self.fact(subject, "last_modified")
        return {
            "inactive_since": truth.rfc3339(done and done[0].at),
            "deactivated_at": truth.rfc3339(done and done[0].at),
            "deactivated_by_id": done and done[1],
            "deactivated_by_name": done and done[2],
            "last_modified_at": truth.rfc3339(last and last[0].at),
            "last_modified_by_id": last and last[1],
            "last_modified_by_name": last and last[2],
            "last_modified_action": last and last[0].action,
            "last_modified_source":
                last and getattr(last[0], "source", "jira_audit"),
            "last_modified_status":
                "before_log" if last is None
                else "known" if last[3] else "no_actor",
        }


class OrgCase(Case):
    def setUp(self):
        super().setUp()
        os.environ[KEY_VARIABLE] = "fakesite-api-key"
        self.addCleanup(os.environ.pop, KEY_VARIABLE, None)

    shipped = False  # True: the organisation's lists are read as well

    def extract(self, site, folder=None, **options):
        if not self.shipped:
            narrow_mapping(folder or self.folder, r'"users": \{.*?\}',
                           '"users": "jira_users"')
        return super().extract(site, folder=folder, **options)

    def both(self, site, **options):
        """A run that reads both logs."""
        return self.published(site, endpoints={"admin": admin(site)},
                              **options)

    def refused_both(self, site, code, *texts, **options):
        return self.refused(site, code, *texts,
                            endpoints={"admin": admin(site)}, **options)

    def sample_truth(self):
        """What is processed after the site's now is in no stream yet."""
        site = truth.Site(harness.SAMPLE, OLDEST, SETTLED)
        return Truth(site, [
            row for row in rows("org_events.json")
            if truth.instant(row["attributes"]["processedAt"])
            <= truth.instant(AS_OF)])

    def assertBothLogs(self, run):
        """Every row says what both logs together say."""
        wanted = self.sample_truth()
        base = truth.inactive_users(harness.SAMPLE, AS_OF)
        self.assertEqual(len(run.rows()), len(base))
        self.assertGreater(len(base), 20)
        for row, expected in zip(run.rows(), base):
            expected = {**expected, **wanted.columns(row["account_id"])}
            expected["inactive_since_source"] = (
                "event" if expected["inactive_since"] else "unknown")
            self.assertEqual(row, expected)


class Sample(OrgCase):
    def test_every_row_says_what_both_logs_say(self):
        with harness.FakeSite() as site:
            run = self.both(site)
            requests = site.requests(STREAM)
        self.assertBothLogs(run)
        self.assertEqual(requests[0]["query"], {
            "from": millis(OLDEST), "to": millis(SETTLED, -1),
            "limit": "500"})

    def test_shapes_of_the_sample(self):
        found = self.both(self.site()).by_name()
        by = {name: found[name]["deactivated_by_id"] for name in (
            "Carla Rossi", "Gwen Meyer", "Pia Summary", "Lars Unknownkey",
            "Kim Larsen")}
        self.assertEqual(by, {
            "Carla Rossi": ADA,       # lent to the echo of Jira
            "Gwen Meyer": ADA,        # Jira's own actor, not an app before it
            "Pia Summary": NOOR,      # an app on behalf of a person
            "Lars Unknownkey": ADA,   # known by e-mail only
            "Kim Larsen": ADA})       # in the container

    def test_every_end_of_the_stream(self):
        for faults in ({"stream_end": "null"}, {"stream_end": "short"},
                       {"stream_end": "cursor"},
                       {"stream_end": "cursor", "next": "url"}):
            with self.subTest(**faults):
                folder = self.folder / "-".join(faults.values())
                folder.mkdir()
                site = self.site(scenario={"org": {**faults, "page_cap": 7}})
                self.assertBothLogs(self.both(site, folder=folder))
                first, *others = site.requests(STREAM)
                self.assertIn("from", first["query"])
                self.assertGreater(len(others), 3)
                for request in others:
                    self.assertEqual(sorted(request["query"]),
                                     ["cursor", "limit"])

    def test_the_manifest_tells_what_was_read(self):
        run = self.both(self.site())
        source = run.source("org_events")
        self.assertEqual(len(source["windows"]), 1)
        self.assertEqual(source["windows"][0]["from"], truth.rfc3339(OLDEST))
        actions = {action["id"]: action for action in source["actions"]}
        listed = {row["id"]: row["attributes"]["displayName"]
                  for row in rows("event_actions.json")}
        wanted = self.sample_truth().org
        self.assertEqual({name: action["events"]
                          for name, action in actions.items()},
                         {name: sum(event.action == name for event in wanted)
                          for name in {*listed, *(event.action
                                                  for event in wanted)}})
        self.assertEqual({name: action["name"] for name, action
                          in actions.items() if action["name"]}, listed)
        unknown = {name for name, action in actions.items()
                   if action["events"] and not action["known"]}
        self.assertEqual(unknown, {
            "account_review_completed", "mobile_policy_update",
            "org_settings_update"})
        for name in unknown:
            self.assertEqual(run.stderr.count(f'names "{name}", events: 1'),
                             1, run.stderr)

    def test_addresses_are_counted_and_not_told(self):
        run = self.both(self.site())
        keys = run.manifest()["keys"]
        self.assertEqual((keys["emails"], keys["emailsUnresolved"]), (1, 0))
        self.assertNotIn("@example.test", run.stderr)
        self.assertNotIn("@example.test",
                         (run.run / "manifest.json").read_text())

    def test_the_query_gives_the_same_rows(self):
        text = (harness.ROOT / "mappings" / "inactive_users.json").read_text()
        text = re.sub(r'"users": \{.*?\}', '"users": "jira_users"', text,
                      flags=re.DOTALL)
        mine = self.folder / "mine.json"
        mine.write_text(text.replace('"org_events"', '"org_events_query"'))
        site = self.site()
        run = self.both(site, mappings=[str(mine)])
        for row in run.rows():
            self.assertNotEqual(row["last_modified_source"], "org_events")
        wanted = self.sample_truth()
        for row in run.rows():
            expected = wanted.columns(row["account_id"])
            if expected["last_modified_source"] == "org_events":
                expected["last_modified_source"] = "org_events_query"
            self.assertEqual({name: row[name] for name in expected}, expected)
        self.assertEqual(site.requests(STREAM), [])
        self.assertEqual(site.requests(EVENTS)[0]["query"]["from"],
                         millis(OLDEST))


class Shipped(OrgCase):
    """The mapping as it is: the organisation's lists and its log."""
    shipped = True

    def test_lists_and_logs_together(self):
        site = self.site()
        run = self.both(site)
        wanted = self.sample_truth()
        for row, expected in zip(run.rows(), org_lists.enriched_rows(
                site.dump(self.folder / "data"), hub=False), strict=True):
            dated = expected["inactive_since_source"] == "directory"
            known = wanted.columns(row["account_id"])
            if dated:
                known.pop("inactive_since")
            expected.update(known)
            if not dated:
                expected["inactive_since_source"] = (
                    "event" if expected["inactive_since"] else "unknown")
            self.assertEqual(row, expected)


class Explain(OrgCase):
    def test_a_name_by_e_mail(self):
        site = self.site()
        path = harness.make_job(self.folder, site.url,
                                endpoints={"admin": admin(site)})
        code, out, err = harness.run_rollcall(
            ["explain", "-c", path, "--as-of", AS_OF,
             "712020:00240024-0024-4024-8024-000000000024"])
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"(?m)^  lars@example\.test +by its e-mail "
                              r"address, 2 events$")


class Access(OrgCase):
    def test_a_wrong_key(self):
        os.environ[KEY_VARIABLE] = "another"
        self.refused_both(self.site(), 77, "org_events")

    def test_a_key_without_the_scope(self):
        site = self.site(scenario={"rules": [
            {"path": ACTIONS, "do": "status", "status": 401,
             "type": "application/json",
             "body": "{\"message\": \"scope does not match\"}"}]})
        self.refused_both(site, 77, "lacks a scope", "Atlassian Guard")

    def test_without_guard(self):
        site = self.site(scenario={"org": {"log": "denied"}})
        self.refused_both(site, 77, "org_events", "Atlassian Guard")

    def test_without_guard_where_the_job_allows_it(self):
        site = self.site(scenario={"org": {"log": "denied"}})
        run = self.both(site, events={"no_access": "allow"})
        self.assertTrue(run.source("org_events")["noAccess"])
        self.assertFalse(run.source("jira_audit")["noAccess"])
        statuses = {row["last_modified_status"] for row in run.rows()}
        self.assertIn("no_access", statuses)
        self.assertNotIn("before_log", statuses)

    def test_jira_alone(self):
        run = self.published(self.site())
        self.assertRows(run, truth.inactive_users(harness.SAMPLE, AS_OF))
        skipped = run.source("org_events")
        self.assertEqual(skipped["skipped"],
                         'the job has no endpoint "admin"')
        self.assertEqual(skipped["requests"], 0)
        self.assertEqual(
            run.stderr.count('source org_events: skipped: the job has no '
                             'endpoint "admin"'), 1)

    def test_an_organisation_without_its_id(self):
        site = self.site()
        endpoint = admin(site)
        del endpoint["organisation"]
        run = self.published(site, endpoints={"admin": endpoint})
        self.assertEqual(run.source("org_events")["skipped"],
                         'endpoint "admin" has no organisation')
        mine = self.folder / "mappings" / "inactive_users.json"
        mine.write_text(mine.read_text().replace('["jira_audit", ', "["))
        self.refused(site, 78, 'source "org_events" cannot be read',
                     "has no organisation", endpoints={"admin": endpoint},
                     folder=self.folder)

    def test_plan_and_check_say_what_is_left_out(self):
        site = self.site()
        path = harness.make_job(self.folder, site.url)
        for command in ("plan", "check"):
            code, out, err = harness.run_rollcall([command, "-c", path])
            self.assertEqual(code, 0, err)
            self.assertEqual(len(re.findall(
                r"(?m)org_events.*skipped.*\"admin\"$", out)), 1, out)
        harness.make_job(self.folder, site.url,
                         endpoints={"admin": admin(site)})
        code, out, err = harness.run_rollcall(["plan", "-c", path])
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"org_events: .* in 1 window; at least 2 ")


class Organisation:
    """An organisation's log that a test makes; end: how its stream ends."""

    def __init__(self, events=(), end="null", page=2):
        self.events, self.end, self.page = list(events), end, page
        self.asked = []  # (seconds, path, query)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path, _, query = self.path.partition("?")
                outer.asked.append((time.monotonic(), path,
                                    dict(urllib.parse.parse_qsl(query))))
                body = json.dumps(outer.answer(path, outer.asked[-1][2]))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path, query):
        if path == ACTIONS:
            return {"data": [{"id": "x_9", "attributes": {
                "displayName": "Deactivated account"}}]}
        at = int(query.get("cursor", "0"))
        data = self.events[at:at + self.page]
        after = at + len(data)
        if self.end == "repeats" and query.get("cursor"):
            return {"data": data, "meta": {"next": query["cursor"]}}
        more = {"data": data, "meta": {"next": str(after)}}
        if after < len(self.events):
            return more
        return {"cursor": {**more, "meta": {"next": str(after + 1)}},
                "null": {"data": data, "meta": {"next": None}},
                "absent": {"data": data, "meta": {}},
                "no meta": {"data": data},
                "empty": {"data": data, "meta": {"next": ""}},
                "repeats": more}[self.end]


def org_event(number, at, context, actor, **members):
    return {"id": f"e{number}", "type": "events", "attributes": {
        "time": f"2026-10-01T{at}Z", "processedAt": f"2026-10-09T{at}Z",
        "action": "managed_account_deactivated", "actor": actor,
        "context": context, **members}}


def user(name):
    return {"id": f"712020:{name}", "type": "users"}


def mail(address):
    return {"type": "users", "attributes": {"email": address}}


def echo(number, name, at):
    """Jira's record of a deactivation; it names nobody."""
    return {"id": number, "summary": "User updated",
            "created": f"2026-10-01T{at}+0000", "category": "user management",
            "objectItem": {"id": f"ug:{name}", "name": f"ug:{name}",
                           "typeName": "USER"},
            "changedValues": [{"fieldName": "Active / Inactive",
                               "changedFrom": "Active",
                               "changedTo": "Inactive"}]}


BOSS = {"id": "712020:boss", "name": "The boss"}
WITH_SOURCE = """    {"name": "actor_source", "type": "string",
     "from": "fact.last_modified.actor_source"},
    {"name": "extract_as_of","""


class Attribution(OrgCase):
    def rows_of(self, events, records=(), people=("ann",), **options):
        """Rows by name, with the source of the actor."""
        text = (harness.ROOT / "mappings" / "inactive_users.json").read_text()
        text = re.sub(r'"users": \{.*?\}', '"users": "jira_users"', text,
                      flags=re.DOTALL)
        mine = self.folder / "mine.json"
        mine.write_text(re.sub(r' *\{"name": "extract_as_of",', WITH_SOURCE,
                               text))
        site = self.site(site=make_site(
            self.folder / "site",
            [account(name, emailAddress=f"{name.rstrip('12')}@Acme.test")
             for name in people]
            + [account("boss", active=True, displayName="Boss of all",
                       emailAddress="boss@acme.test")], records))
        org = self.enterContext(Organisation(events, **options))
        self.run_ = self.published(site, mappings=[str(mine)],
                                   endpoints={"admin": admin(org)})
        self.org = org
        return self.run_.by_name()

    def assertSays(self, row, at, by, source, actor_source, status="known"):
        """BY: id and name of the actor."""
        self.assertEqual(
            (row["last_modified_at"], row["last_modified_by_id"],
             row["last_modified_by_name"], row["last_modified_source"],
             row["actor_source"], row["last_modified_status"]),
            (f"2026-10-01T{at}Z", *by, source, actor_source, status))
        self.assertEqual((row["deactivated_at"], row["deactivated_by_id"],
                          row["deactivated_by_name"]),
                         (f"2026-10-01T{at}Z", *by))

    def test_the_echo_borrows_its_actor(self):
        found = self.rows_of(
            [org_event(1, "10:00:00", [user("ann")], BOSS)],
            [echo(1, "ann", "10:14:59.000")])
        self.assertSays(found["ann"], "10:14:59",
                        ("712020:boss", "Boss of all"), "jira_audit",
                        "org_events")

    def test_a_late_echo_borrows_nothing(self):
        found = self.rows_of(
            [org_event(1, "10:00:00", [user("ann")], BOSS)],
            [echo(1, "ann", "10:15:01.000")])
        self.assertSays(found["ann"], "10:15:01", (None, None), "jira_audit",
                        None, "no_actor")

    def test_an_echo_before_it_gives_way(self):
        found = self.rows_of(
            [org_event(1, "10:00:10", [user("ann")], BOSS)],
            [echo(1, "ann", "10:00:00.000")])
        self.assertSays(found["ann"], "10:00:10",
                        ("712020:boss", "Boss of all"), "org_events",
                        "org_events")

    def test_who_the_actor_is(self):
        parent = self.folder
        app = {"id": "scim", "name": "Provisioning", "email": "Atlassian app"}
        for number, (actor, by, status) in enumerate((
                (app, ("scim", "Provisioning"), "known"),
                ({**app, "onBehalfOf": BOSS},
                 ("712020:boss", "Boss of all"), "known"),
                ({**app, "onBehalfOf": {"email": "BOSS@acme.test"}},
                 ("712020:boss", "Boss of all"), "known"),
                ({"email": "boss@acme.test", "name": "B"},
                 ("712020:boss", "Boss of all"), "known"),
                ({"email": "who@else.test", "name": "Who"},
                 (None, "Who"), "known"),
                ({"id": "712020:else", "name": "Somebody else"},
                 ("712020:else", "Somebody else"), "known"),
                ({"name": "System", "email": "Atlassian app"},
                 (None, None), "no_actor"),
                (None, (None, None), "no_actor"))):
            with self.subTest(actor=actor):
                self.folder = parent / str(number)
                self.folder.mkdir()
                found = self.rows_of(
                    [org_event(1, "10:00:00", [user("ann")], actor)])
                self.assertSays(found["ann"], "10:00:00", by, "org_events",
                                "org_events" if status == "known" else None,
                                status)

    def test_whose_account_it_is(self):
        found = self.rows_of([
            org_event(1, "10:00:00", [mail("ANN@acme.test")], BOSS),
            org_event(2, "10:00:00", [mail("twin@acme.test")], BOSS),
            org_event(3, "10:00:00", [{"type": "sites"}], BOSS,
                      container=[user("bob")]),
            org_event(4, "10:00:00", [user("eve")], BOSS,
                      container=[user("dan")]),
            org_event(5, "10:00:00", [user("ann")], BOSS,
                      action="user_login")],
            people=("ann", "bob", "dan", "eve", "twin1", "twin2"))
        self.assertEqual({name: row["last_modified_status"]
                          for name, row in found.items()},
                         {"ann": "known", "bob": "known", "eve": "known",
                          "dan": "before_log", "twin1": "before_log",
                          "twin2": "before_log"})
        keys = self.run_.manifest()["keys"]
        self.assertEqual((keys["emails"], keys["emailsUnresolved"]), (2, 1))

    def test_an_action_is_known_by_its_official_name(self):
        event = org_event(1, "10:00:00", [user("ann")], BOSS, action="x_9")
        self.assertSays(self.rows_of([event])["ann"], "10:00:00",
                        ("712020:boss", "Boss of all"), "org_events",
                        "org_events")

    def test_ends_of_a_stream(self):
        events = [org_event(n, f"10:00:0{n}", [user("ann")], BOSS)
                  for n in range(5)]
        parent = self.folder
        for end in ("null", "absent", "no meta", "empty", "cursor"):
            with self.subTest(end):
                self.folder = parent / end
                self.folder.mkdir()
                found = self.rows_of(events, end=end)
                self.assertEqual(found["ann"]["last_modified_at"],
                                 "2026-10-01T10:00:04Z")
                self.assertEqual(self.run_.source("org_events")["items"], 5)

    def test_a_cursor_that_repeats(self):
        events = [org_event(n, f"10:00:0{n}", [user("ann")], BOSS)
                  for n in range(9)]
        site = self.site()
        org = self.enterContext(Organisation(events, end="repeats"))
        self.refused(site, 65, "a cursor came a second time",
                     endpoints={"admin": admin(org)})

    def test_the_rate_of_the_job(self):
        events = [org_event(n, f"10:00:0{n}", [user("ann")], BOSS)
                  for n in range(4)]
        site = self.site()
        org = self.enterContext(Organisation(events))
        run = self.extract(site, endpoints={"admin": admin(org)},
                           limits={"rate": {"admin": "60/min"}})
        self.assertEqual(run.code, 0, run.stderr)
        times = [asked[0] for asked in org.asked]
        self.assertEqual(len(times), 3)
        for before, after in zip(times, times[1:]):
            self.assertGreater(after - before, 0.9)
