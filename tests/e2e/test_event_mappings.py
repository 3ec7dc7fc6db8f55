"""Mappings of grain "event": one row per event and account it is about."""
import csv
import gzip
import json
import os
import re
import resource
import signal
import subprocess
import time

import event_truth
import harness
import org_lists
import truth
from runs import AS_OF, AUDIT, NOW, UNPUBLISHED, Case, account, make_site, \
    visible, write_elements

GENERATED = f"users=300,records=4000,seed={{}},{NOW},keys={{}}"
# More events than the spool's cache holds.
LARGE = f"users=300,records=60000,seed=1,{NOW}"
BOTH = ["user_events", "access_changes"]
FILE_BYTES = 256 * 1024
ANN, BOB = "712020:ann", "712020:bob"


class EventCase(Case):
    def setUp(self):
        super().setUp()
        for name, value in org_lists.ENV.items():
            os.environ[name] = value
            self.addCleanup(os.environ.pop, name, None)

    def job(self, url, jira=True, org=True, **members):
        """The job members that read these logs."""
        endpoints = org_lists.admin(url) if org else {}
        if not jira:
            endpoints["jira"] = None
        return {"mappings": BOTH, **members,
                "endpoints": {**endpoints, **members.get("endpoints", {})}}

    def run_of(self, site, jira=True, org=True, **members):
        run = self.published(site, **self.job(site.url, jira, org, **members))
        code, _, told = harness.run_rollcall(["verify", run.run])
        self.assertEqual(code, 0, told)
        return run

    def assertEvents(self, run, folder, jira=True, org=True):
        for dataset in BOTH:
            wanted = getattr(event_truth, dataset)(folder, jira, org)
            rows = run.rows(dataset)
            for row, expected in zip(rows, wanted):
                self.assertEqual(row, expected)
            self.assertEqual(len(rows), len(wanted))
            self.assertGreater(len(rows), 0)

    def write_mapping(self, name, **members):
        """A small mapping of events; columns: {name: (type, from)}."""
        columns = {"source": ("string", "event.source"),
                   "event_id": ("string", "event.id"),
                   "subject_id": ("string", "subject.id"),
                   **members.pop("columns", {})}
        keys = members.pop("keys", ["source", "event_id", "subject_id"])
        text = {"name": name, "grain": "event", "events": ["jira_audit"],
                **members, "columns": [
                    {"name": column, "type": kind, "from": source,
                     "key": column in keys}
                    for column, (kind, source) in columns.items()]}
        folder = self.folder / "mappings"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(text))
        return name


class Truth(EventCase):
    def test_the_sample(self):
        for jira, org in ((True, True), (True, False), (False, True)):
            with self.subTest(jira=jira, org=org):
                folder = self.folder / f"{jira}{org}"
                folder.mkdir()
                run = self.run_of(self.site(), jira, org, folder=folder)
                self.assertEvents(run, harness.SAMPLE, jira, org)

    def test_generated_sites(self):
        for seed, keys in ((1, "ug"), (2, "id"), (3, "mixed")):
            with self.subTest(seed=seed, keys=keys):
                folder = self.folder / keys
                folder.mkdir()
                site = self.site(generate=GENERATED.format(seed, keys))
                run = self.run_of(site, folder=folder)
                self.assertEvents(run, site.dump(folder / "data"))

    def test_csv_and_jsonl_say_the_same(self):
        run = self.run_of(self.site())
        for dataset in BOTH:
            with gzip.open(run.run / f"{dataset}-00001.csv.gz", "rt",
                           newline="") as lines:
                table = list(csv.DictReader(lines))
            rows = run.rows(dataset)
            self.assertEqual(len(table), len(rows))
            for cells, row in zip(table, rows):
                for name in ("event_id", "subject_id", "display_name",
                             "object_name", "action"):
                    self.assertEqual(cells[name], re.sub(
                        r"\r\n|[\r\n]", " ", row[name] or ""))

    def test_with_accounts_in_one_run(self):
        """One walk over each list and log, and the same rows as alone."""
        site, alone = self.site(), self.site()
        run = self.run_of(site, mappings=["inactive_users", *BOTH])
        self.assertEvents(run, harness.SAMPLE)
        folder = self.folder / "alone"
        folder.mkdir()
        other = self.run_of(alone, folder=folder, mappings=["inactive_users"])
        self.assertEqual(run.rows("inactive_users"),
                         other.rows("inactive_users"))
        for path in (AUDIT, org_lists.SEARCH, "/rest/api/3/users/search"):
            self.assertEqual(len(site.requests(path)),
                             len(alone.requests(path)))


class Order(EventCase):
    def same_bytes(self, runs):
        files = [{path.name: path.read_bytes() for path in run.run.iterdir()
                  if path.name.endswith(".gz")} for run in runs]
        self.assertGreater(len(files[0]), 0)
        for other in files[1:]:
            self.assertEqual(files[0], other)

    def test_nothing_depends_on_arrival(self):
        done = []
        for concurrency, cap in ((1, None), (8, 7), (3, 50)):
            folder = self.folder / f"{concurrency}"
            folder.mkdir()
            faults = {"audit": {"page_cap": cap, "repeat_border": 3},
                      "org": {"page_cap": 9}} if cap else None
            done.append(self.run_of(
                self.site(scenario=faults), folder=folder,
                limits={"concurrency": concurrency}))
        self.same_bytes(done)

    def test_another_order(self):
        self.write_mapping(
            "sorted", columns={"at": ("timestamp", "event.at"),
                               "day": ("date", "event.at"),
                               "action": ("string", "event.action"),
                               "seen": ("boolean", "user.active"),
                               "name": ("string", "subject.name")},
            users="jira_users",
            order=["seen", "day", "action", "name"])
        site = self.site(generate=GENERATED.format(4, "ug"))
        run = self.run_of(site, org=False, mappings=["sorted"])

        def place(row):
            return [(row[name] is not None, row[name]) if name == "seen"
                    else (row[name] is not None, (row[name] or "").encode())
                    for name in ("seen", "day", "action", "name", "source",
                                 "event_id", "subject_id")]
        rows = run.rows("sorted")
        self.assertEqual(rows, sorted(rows, key=place))
        wanted = event_truth.user_events(site.dump(self.folder / "data"),
                                         org=False)
        self.assertEqual(
            sorted((row["event_id"], row["subject_id"]) for row in rows),
            sorted((row["event_id"], row["subject_id"]) for row in wanted))
        self.assertGreater(len({row["day"] for row in rows}), 20)

    def test_keys_that_a_mapping_makes_equal(self):
        self.write_mapping(
            "same", columns={"event_id": ("string", [
                {"when": {"field": "event.action", "matches": "."},
                 "value": "all"}, "event.id"])})
        self.refused(self.site(), 78, "two rows have the same key",
                     mappings=["same"])


class Selection(EventCase):
    def test_conditions_on_events_and_accounts(self):
        columns = {"to": ("string", "event.changes")}
        self.write_mapping(
            "switched", users="jira_users", columns=columns,
            where={"all": [
                {"change": {"field": "Active / Inactive", "to": "Inactive"}},
                {"field": "user.active", "equals": True}]})
        site = truth.Site(harness.SAMPLE)
        run = self.run_of(self.site(), org=False, mappings=["switched"])
        wanted = [(row["event_id"], row["subject_id"])
                  for row in event_truth.user_events(harness.SAMPLE, org=False)
                  if '"to":"Inactive"' in (row["changes"] or "")
                  and site.listed.get(row["account_id"], {}).get("active")]
        self.assertEqual(sorted((row["event_id"], row["subject_id"])
                                for row in run.rows("switched")),
                         sorted(wanted))
        self.assertGreater(len(wanted), 0)

    def test_events_about_no_account(self):
        self.write_mapping("all", subjects="any", columns={
            "subject_id": ("string", ["subject.id", {"value": ""}]),
            "at": ("timestamp", "event.at"),
            "status": ("string", "subject.status")},
            order=["at", "source", "event_id", "subject_id"])
        run = self.run_of(self.site(), org=False, mappings=["all"])
        events = event_truth.read(harness.SAMPLE, True, False)
        self.assertEqual({row["event_id"] for row in run.rows("all")},
                         {event.id for event in events})
        for row in run.rows("all"):
            self.assertEqual(row["status"] is None, row["subject_id"] == "")

    def test_no_list_of_accounts_is_read(self):
        """Names of people are asked for one by one instead."""
        self.write_mapping("bare", columns={
            "account": ("string", "subject.account_id"),
            "name": ("string", "subject.name"),
            "actor": ("string", "actor.name")})
        site = self.site()
        run = self.run_of(site, org=False, mappings=["bare"])
        self.assertEqual(site.requests("/rest/api/3/users/search"), [])
        wanted = {(row["event_id"], row["account_id"]):
                  (row["display_name"], row["actor_name"])
                  for row in event_truth.user_events(harness.SAMPLE,
                                                     org=False)}
        found = {(row["event_id"], row["account"]):
                 (row["name"], row["actor"]) for row in run.rows("bare")}
        self.assertEqual(found, wanted)

    def test_no_rows_are_an_answer(self):
        self.write_mapping("none", where={"field": "event.action",
                                          "equals": "never"})
        run = self.run_of(self.site(), org=False, mappings=["none"])
        self.assertEqual(run.rows("none"), [])

    def test_rows_that_do_not_fit(self):
        self.write_mapping("narrow")
        path = self.folder / "mappings" / "narrow.json"
        text = json.loads(path.read_text())
        text["columns"].append({"name": "action", "type": "string",
                                "length": 12, "from": "event.action"})
        path.write_text(json.dumps(text))
        job = {"mappings": ["narrow"], "guards": {"max_rejects": 1000}}
        run = self.run_of(self.site(), org=False, **job)
        self.assertEqual({row["action"] for row in run.rows("narrow")},
                         {"User updated", "User created"})
        reject = run.rejects()[0]
        self.assertEqual(
            (reject["source"], reject["dataset"], reject["field"]),
            ("jira_audit", "narrow", "action"))
        self.refused(self.site(), 65, "more than", folder=self.other(),
                     mappings=[str(path)], guards={"max_rejects": 0})

    def other(self):
        folder = self.folder / "other"
        folder.mkdir()
        return folder

    def test_explain_is_about_accounts(self):
        path = harness.make_job(self.folder, self.site().url, mappings=BOTH)
        code, _, told = harness.run_rollcall(
            ["explain", "-c", path, "--mapping", "user_events", ANN])
        self.assertEqual(code, 64, told)
        self.assertIn("is a mapping of events", told)
        self.assertIn("--mapping", told)


def org_event(number, action, context, actor=None, container=None, at=None):
    at = at or f"2026-11-20T10:00:{number:02}.000Z"
    return {"id": f"e{number}", "type": "events", "attributes": {
        "time": at, "processedAt": at, "action": action, "actor": actor,
        "context": context, "container": container or [],
        "location": {"ip": "10.0.0.1"}},
        "message": {"content": action, "format": "simple"}}


def user(identifier):
    return {"id": identifier, "type": "users"}


def by_email(address):
    return {"type": "users", "attributes": {"email": address}}


def group(identifier, name=None):
    return {"id": identifier, "type": "groups",
            "attributes": {"name": name} if name else {}}


def jira(number, summary, item, **members):
    return {"id": number, "summary": summary, "eventSource": "",
            "created": f"2026-11-20T09:00:{number % 60:02}.000+0000",
            "category": "user management", "objectItem": item, **members}


def key(name):
    return {"id": f"ug:{name}", "name": f"ug:{name}", "typeName": "USER"}


class Shapes(EventCase):
    """A small site with every way to name an account, both logs."""

    def make(self, records=(), events=()):
        people = [account(name, emailAddress=f"{name}@acme.test")
                  for name in ("ann", "bob", "eve", "twin1", "twin2")]
        people[3]["emailAddress"] = people[4]["emailAddress"]
        robot = account("robot", active=True, accountType="app")
        folder = make_site(self.folder / "site", [*people, robot], records)
        members = [{"accountId": person["accountId"], "claimStatus": "managed",
                    "accountStatus": "active", "membershipStatus": "active"}
                   for person in people]
        members.append({"accountId": "caller", "claimStatus": "managed",
                        "accountStatus": "active",
                        "membershipStatus": "active"})
        org = json.loads((harness.SAMPLE / "org.json").read_text())
        org.update(keyOwner="caller", sessionOwner="caller")
        (folder / "org.json").write_text(json.dumps(org))
        write_elements(folder / "org_users.json", members)
        write_elements(folder / "org_events.json", events)
        write_elements(folder / "event_actions.json", [])
        return folder

    def rows_of(self, records=(), events=(), **members):
        folder = self.make(records, events)
        run = self.run_of(self.site(site=folder), **members)
        self.assertEqual(run.rows("user_events"),
                         event_truth.user_events(folder))
        self.assertEqual(run.rows("access_changes"),
                         event_truth.access_changes(folder))
        self.run_ = run
        return run.rows("user_events")

    def test_every_way_to_name_an_account(self):
        rows = self.rows_of([
            jira(1, "User updated", key("ann")),
            jira(2, "User updated", key("nobody")),
            jira(3, "User updated", {"id": BOB, "name": BOB,
                                     "typeName": "USER"}),
            jira(4, "User updated", key("eve")),
            jira(5, "Group created", {"name": "g", "typeName": "GROUP"},
                 category="group management", authorKey="ug:eve",
                 authorAccountId="712020:eve"),
        ], [
            org_event(6, "x", [user(ANN)]),
            org_event(7, "x", [by_email("Bob@ACME.test")]),
            org_event(8, "x", [by_email("Who@acme.test")]),
            org_event(9, "x", [by_email("twin2@acme.test")]),
            org_event(10, "x", [user("712020:gone")]),
        ])
        self.assertEqual(
            {row["event_id"]: (row["subject_id"], row["account_status"])
             for row in rows},
            {"1": (ANN, "bridge"), "2": ("ug:nobody", "unresolved"),
             "3": (BOB, "account_id"), "4": ("712020:eve", "learned_pair"),
             "e6": (ANN, "account_id"), "e7": (BOB, "email"),
             "e8": ("who@acme.test", "unresolved"),
             "e9": ("twin2@acme.test", "unresolved"),
             "e10": ("712020:gone", "account_id")})
        self.assertNotIn("acme.test", self.run_.stderr)

    def test_several_accounts_and_one_twice(self):
        rows = self.rows_of([
            jira(1, "User added to group", {"name": "staff",
                                            "typeName": "GROUP"},
                 category="group management",
                 associatedItems=[key("bob"), key("ann"), key("none"),
                                  {"id": ANN, "name": ANN,
                                   "typeName": "USER"}]),
        ], [
            org_event(2, "group_member_removed",
                      [user(BOB), group("g1", "staff"), group("g2", "ops"),
                       by_email("bob@acme.test"), user(ANN)]),
        ])
        self.assertEqual([(row["event_id"], row["subject_id"])
                          for row in rows],
                         [("1", ANN), ("1", BOB), ("1", "ug:none"),
                          ("e2", ANN), ("e2", BOB)])
        self.assertEqual([row["account_status"] for row in rows],
                         ["account_id", "bridge", "unresolved", "account_id",
                          "account_id"])
        self.assertEqual(rows[-1]["object_name"], "staff; ops")
        self.assertEqual([row["change"] for row
                          in self.run_.rows("access_changes")],
                         ["added"] * 3 + ["removed"] * 2)

    def test_every_kind_of_actor(self):
        person = {"id": ANN, "name": "Ann at that time"}
        script = {"id": "scim", "name": "Provisioning",
                  "email": "Atlassian app"}
        rows = self.rows_of([
            jira(1, "User updated", key("bob")),
            jira(2, "User updated", key("bob"), authorKey="ug:robot",
                 authorAccountId="712020:robot"),
            jira(3, "User updated", key("bob"), authorKey="ug:lost"),
        ], [
            org_event(4, "x", [user(BOB)], person),
            org_event(5, "x", [user(BOB)], script),
            org_event(6, "x", [user(BOB)], {**script, "onBehalfOf": person}),
            org_event(7, "x", [user(BOB)], {"email": "eve@acme.test"}),
            org_event(8, "x", [user(BOB)], {"email": "x@y.test",
                                            "name": "X"}),
            org_event(9, "x", [user(BOB)], None),
        ])
        self.assertEqual(
            {row["event_id"]: (row["actor_kind"], row["actor_id"],
                               row["actor_name"]) for row in rows},
            {"1": ("nobody", None, None),
             "2": ("app", "712020:robot", "robot"),
             "3": ("person", "ug:lost", None),
             "e4": ("person", ANN, "ann"),
             "e5": ("app", "scim", "Provisioning"),
             "e6": ("person", ANN, "ann"),
             "e7": ("person", "712020:eve", "eve"),
             "e8": ("person", None, "X"),
             "e9": ("nobody", None, None)})

    def test_texts_that_are_hard_to_write(self):
        hard = "say \"hi\", \u00e9\U0001f600;\r\n\tend\\ \x7f"
        rows = self.rows_of([
            jira(1, hard, key("ann"), changedValues=[
                {"fieldName": hard, "changedFrom": "", "changedTo": hard},
                {"fieldName": "N\0UL", "changedTo": "\ud83d"}])])
        self.assertEqual(rows[0]["action"], hard)
        self.assertEqual(json.loads(rows[0]["changes"])[0],
                         {"field": hard, "from": "", "to": hard})
        table = truth.read_csv_gz(self.run_.run / "user_events-00001.csv.gz")
        self.assertEqual(table[0]["action"],
                         "say \"hi\", \u00e9\U0001f600; \tend\\ \x7f")
        self.assertEqual(json.loads(table[0]["changes"]),
                         json.loads(rows[0]["changes"]))

    def test_one_id_in_both_logs(self):
        rows = self.rows_of(
            [jira(7, "User updated", key("ann"))],
            [{**org_event(7, "x", [user(ANN)]), "id": "7"}])
        self.assertEqual([(row["source"], row["event_id"]) for row in rows],
                         [("jira_audit", "7"), ("org_events", "7")])

    def test_an_event_without_a_time(self):
        timeless = jira(2, "User updated", key("bob"))
        folder = self.make([jira(1, "User updated", key("ann")),
                            jira(2, "User updated", key("bob"))])
        del timeless["created"]
        site = self.site(site=folder, scenario={"rules": [
            {"path": AUDIT, "do": "bad_field", "row": 0,
             "pointer": "/created", "query": {"offset": "0"},
             "nth": [1]}]})
        run = self.run_of(site, org=False, limits={"concurrency": 1})
        rejects = run.rejects()
        self.assertEqual(len(rejects), 1, run.stderr)
        self.assertEqual((rejects[0]["source"], rejects[0]["field"],
                          rejects[0]["reason"]),
                         ("jira_audit", "at", "is missing"))
        self.assertEqual(run.source("jira_audit")["rejected"], 1)
        self.assertEqual(len(run.rows("user_events")), 1)


class Interrupted(EventCase):
    def start(self, site, folder, **options):
        path = harness.make_job(folder, site.url, **self.job(site.url))
        process = subprocess.Popen(
            [harness.binary("rollcall"), "extract", "-c", path, "--as-of",
             AS_OF], cwd=folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN,
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")},
            **options)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def slow_site(self):
        """The run has to wait when the spool holds some pages."""
        return self.site(scenario={"audit": {"page_cap": 5}, "rules": [
            {"path": AUDIT, "from": 8, "do": "status", "status": 503,
             "headers": {"Retry-After": "600"}}]})

    def wait_for_pages(self, site):
        while len(site.requests(AUDIT)) < 8:
            time.sleep(0.02)

    def test_ended_while_spooling(self):
        site = self.slow_site()
        process = self.start(site, self.folder)
        self.wait_for_pages(site)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), -signal.SIGTERM)
        self.assertEqual(visible(self.folder), set())

    def test_killed_while_spooling(self):
        """The file has no name: nothing but an empty folder, which the next
        run removes."""
        site = self.slow_site()
        process = self.start(site, self.folder)
        self.wait_for_pages(site)
        process.kill()
        process.wait()
        left, = visible(self.folder)
        self.assertTrue(left.startswith(".tmp-"), left)
        self.assertEqual(list((self.folder / "out" / left).iterdir()), [])
        run = self.extract(self.site(), **self.job(self.site().url))
        self.assertEqual(run.code, 0, run.stderr)
        self.assertNotIn(left, run.visible())

    def test_a_limit_of_file_size(self):
        site = self.site(generate=LARGE)
        process = self.start(site, self.folder, preexec_fn=lambda:
                             resource.setrlimit(resource.RLIMIT_FSIZE,
                                                (FILE_BYTES, FILE_BYTES)))
        out, told = process.communicate(timeout=harness.RUN_SECONDS)
        self.assertEqual(process.returncode, 74, told)
        self.assertIn("File too large", out + told)
        self.assertEqual(visible(self.folder), set())

    def test_a_full_disk(self):
        site = self.site(generate=LARGE)
        path = harness.make_job(self.folder, site.url, **self.job(
            site.url, org=False, mappings=["user_events"]))
        out, watch = self.folder / "out", self.folder / "watch"
        out.mkdir()
        watch.mkdir()
        script = ('mount -t tmpfs -o size=2m none "$1" || exit 99\n'
                  '"$2" extract -c "$3" --as-of "$4"; code=$?\n'
                  'ls -A "$1" > "$5"/left; exit $code')
        done = subprocess.run(
            ["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c",
             script, "sh", out, harness.binary("rollcall"), path, AS_OF,
             watch], cwd=self.folder, text=True, capture_output=True,
            timeout=harness.RUN_SECONDS, check=False,
            env={**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN,
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
        if done.returncode in (1, 99):
            self.skipTest(f"no tmpfs of our own: {done.stderr.strip()}")
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("full", done.stderr)
        self.assertEqual(set((watch / "left").read_text().split()),
                         UNPUBLISHED)
