"""When accounts were last seen, asked account by account.

What a row must say and who must be asked about are worked out from the site's
data alone.
"""
import json
import os
import sqlite3
import subprocess
import sys
import time
import unittest
from pathlib import Path

import harness
import org_lists as org
import runs
import truth

SITE = f"users=120,records=10,seed=3,{runs.NOW}"
BORDER = "2026-08-25T02:00:00Z"  # 90 days before the as-of time
IDLE, SEEN = "idle_users", "seen"
WAIT_SECONDS = 60
SOURCE = "last_active"
ACTIVE = {"all": [{"field": "user.active", "equals": True},
                  {"field": "user.account_type", "equals": "atlassian"}]}
COLUMNS = {"seen": ("timestamp", "user.last_seen_at"),
           "status": ("string", "user.last_seen_status"),
           "source": ("string", "user.last_seen_status.source")}


def path_of(account):
    return (f"/admin/v1/orgs/{org.ORG}/directory/users/{account}"
            "/last-active-dates")


def answer(account, body, **members):
    return {"path": path_of(account), "do": "status", "status": 200,
            "type": "application/json", "body": json.dumps(body), **members}


def refusal(account, status, **members):
    return {"path": path_of(account), "do": "status", "status": status,
            "type": "application/json", "body": "{}", **members}


def last_seen(member):
    """The newest of a member's products; None: never."""
    moments = [product.get("last_active_timestamp") or
               product.get("last_active")
               for product in member.get("products", [])]
    return max((org.moment(at if "T" in at else f"{at}T00:00:00Z")
                for at in moments if at), default=None)


def kept(folder):
    """How many answers are in the state of FOLDER's job."""
    with sqlite3.connect(folder / "state" / "rollcall.db") as db:
        return db.execute("SELECT count(*) FROM answers").fetchone()[0]


class Case(org.Case):
    def data(self, site):
        folder = self.folder / "data"
        return folder if folder.exists() else site.dump(folder)

    def jira(self, site):
        """account id -> account, of those whose row depends on the source."""
        return {user["accountId"]: user
                for user in truth.elements(self.data(site) / "users.json")
                if not user.get("_hidden") and not user.get("_unlisted")
                and user["active"] and user["accountType"] == "atlassian"
                and user["accountId"] != "unknown"}

    def seen_rows(self, site, unknown=()):
        """Rows of the mapping of mapping()."""
        known = org.members(self.data(site))
        rows = []
        for account in self.jira(site):
            row = {"account_id": account, "seen": None, "status": None,
                   "source": None}
            if account in known and account not in unknown:
                at = last_seen(known[account])
                row.update(seen=at, status="known" if at else "never",
                           source=SOURCE)
            rows.append(row)
        return org.by_id(rows)

    def seen_mapping(self, name=SEEN, **members):
        members = {"users": {"from": "jira_users", "enrich": [SOURCE]},
                   "where": ACTIVE, "columns": COLUMNS, **members}
        return self.mapping(name, **members)

    def seen_job(self, site, **job):
        return {"mappings": [SEEN], "endpoints": org.admin(site.url), **job}

    def run_seen(self, site, code=0, **job):
        self.seen_mapping()
        run = self.extract(site, **self.seen_job(site, **job))
        self.assertEqual(run.code, code, run.stderr)
        return run

    def again(self, site, **job):
        """A run under the same id, whether or not one was published."""
        for path in list((self.folder / "out").glob("*")):
            if path.is_symlink() or path.is_file():
                path.unlink()
            else:
                path.rename(self.folder / f"old-{path.name}-{time.time_ns()}")
        return self.run_seen(site, **job)

    def asked(self, site):
        """Accounts asked about, in order, once a request."""
        return [row["path"].split("/")[-2] for row in site.requests()
                if row["path"].endswith("/last-active-dates")]


class Rows(Case):
    def test_every_row_and_nobody_else(self):
        site = self.site(generate=SITE)
        run = self.run_seen(site)
        expected = self.seen_rows(site)
        self.assertEqual(run.dataset(SEEN), expected)
        self.assertEqual({row["status"] for row in expected},
                         {"known", "never"})
        asked = self.asked(site)
        self.assertEqual(sorted(asked, key=str.encode),
                         [row["account_id"] for row in expected])
        report = run.source(SOURCE)
        self.assertEqual((report["asked"], report["reused"],
                          report["unknown"], report["requests"]),
                         (len(expected), 0, 0, len(expected)))
        self.assertNotIn("oldestAnswer", report)

    def test_the_order_is_that_of_account_ids(self):
        site = self.site(generate=SITE)
        self.run_seen(site, limits={"concurrency": 1})
        asked = self.asked(site)
        self.assertEqual(asked, sorted(asked, key=str.encode))

    def test_only_who_is_not_known_to_a_source_before(self):
        site = self.site(generate=SITE)
        name = self.seen_mapping(users={
            "from": "jira_users", "enrich": ["org_managed_users", SOURCE]})
        run = self.publishes(site, name, endpoints=org.admin(site.url))
        known = org.members(self.data(site))
        expected = {account for account in self.jira(site)
                    if known.get(account, {}).get("claimStatus") != "managed"
                    or not known[account].get("lastActive")}
        self.assertEqual(set(self.asked(site)), expected)
        self.assertEqual(len(self.asked(site)), len(expected))
        self.assertGreater(len(self.jira(site)), len(expected))
        self.assertEqual(
            [(row["account_id"], row["seen"]) for row in run.dataset(name)],
            [(row["account_id"], row["seen"]) for row in
             self.seen_rows(site)])

    def test_never_seen_is_known_and_not_asked(self):
        site = self.site(generate=SITE)
        name = self.seen_mapping(users={
            "from": "jira_users", "enrich": ["adminhub_org_users", SOURCE]})
        self.publishes(site, name, endpoints={**org.admin(site.url),
                                              **org.adminhub(site.url)})
        self.assertIn(None, [row["seen"] for row in self.seen_rows(site)])
        self.assertEqual(self.asked(site), [])

    def test_a_source_behind_it_does_not_spare_the_request(self):
        site = self.site(generate=SITE)
        name = self.seen_mapping(users={
            "from": "jira_users", "enrich": [SOURCE, "adminhub_org_users"]})
        run = self.publishes(site, name, endpoints={
            **org.admin(site.url), **org.adminhub(site.url)})
        self.assertEqual(set(self.asked(site)), set(self.jira(site)))
        self.assertEqual(run.dataset(name), self.seen_rows(site))

    def test_what_no_column_needs_is_not_asked(self):
        site = self.site(generate=SITE)
        name = self.seen_mapping(columns={
            "name": ("string", "user.display_name")})
        self.publishes(site, name, endpoints=org.admin(site.url))
        self.assertEqual(self.asked(site), [])

    def test_without_its_endpoint_it_is_skipped(self):
        site = self.site(generate=SITE)
        self.seen_mapping()
        run = self.publishes(site, SEEN)
        self.assertEqual(run.source(SOURCE)["skipped"],
                         'the job has no endpoint "admin"')
        self.assertEqual({row["status"] for row in run.dataset(SEEN)}, {None})
        self.assertEqual(kept(self.folder), 0)

    def test_it_cannot_be_the_universe(self):
        site = self.site()
        self.mapping("alone", users=SOURCE, columns={})
        run = self.extract(site, mappings=["alone"],
                           endpoints=org.admin(site.url))
        self.assertEqual(run.code, 78, run.stderr)
        self.assertIn("asked account by account", run.stderr)

    def test_an_answer_of_several_pages(self):
        data = self.folder / "site"
        with harness.FakeSite(generate=SITE) as site:
            site.dump(data)
        members = list(truth.elements(data / "org_users.json"))
        for number, member in enumerate(members):
            # the newest is on the first page, the last, or between
            member["products"] = [
                {"key": f"p{i}", "last_active_timestamp":
                 f"2026-0{1 + (number + i) % 3}-0{1 + i}T03:04:05.678Z"}
                for i in range(number % 4)]
            if number % 5 == 0:
                member["products"].append({"key": "x", "last_active": None})
            if number % 7 == 0:
                member["products"].append(
                    {"key": "y", "last_active": "2026-02-28"})
        runs.write_elements(data / "org_users.json", members)
        site = self.site(data, scenario={"org": {"page_cap": 1}})
        run = self.run_seen(site)
        self.assertEqual(run.dataset(SEEN), self.seen_rows(site))
        pages = sum(max(1, len(member["products"])) for member in members
                    if member["accountId"] in self.jira(site))
        self.assertEqual(len(self.asked(site)), pages)
        self.assertEqual(run.source(SOURCE)["pages"], pages)
        self.assertEqual(run.source(SOURCE)["asked"], len(self.jira(site)))


class Idle(Case):
    """The shipped mapping."""

    def idle_rows(self, site, unknown=()):
        rows = []
        for account, member in org.members(self.data(site)).items():
            added = org.moment(member.get("addedToOrg"))
            at = last_seen(member)
            if (member["_status"] != "active" or account in unknown or
                    member["accountType"] == "app" or
                    (added and added >= BORDER)):
                continue
            if at >= BORDER if at else not added:
                continue
            row = org.common(account, member)
            row["first_observed_idle_at"] = row.pop(
                "first_observed_inactive_at")
            rows.append({
                **row, "claim_status": member["claimStatus"],
                "added_at": added, "idle_since": at or added,
                "idle_reason": "not_seen" if at else "never_seen",
                "last_seen_at": at,
                "last_seen_status": "known" if at else "never",
                "last_seen_source": SOURCE})
        return org.by_id(rows)

    def people(self, site):
        """Who may be idle before anybody is asked about."""
        return {account for account, member in
                org.members(self.data(site)).items()
                if member["_status"] == "active"
                and member["accountType"] != "app"
                and (org.moment(member.get("addedToOrg")) or "") < BORDER}

    def job(self, site, *more):
        endpoints = {"jira": None, **org.admin(site.url)}
        for endpoint in more:
            endpoints.update(endpoint)
        return {"endpoints": endpoints}

    def site_of(self, **changes):
        """A site whose members were changed: number -> members."""
        data = self.folder / "site"
        with harness.FakeSite(generate=SITE) as site:
            site.dump(data)
        members = list(truth.elements(data / "org_users.json"))
        active = [member for member in members
                  if (member["accountStatus"], member["membershipStatus"])
                  == ("active", "active")]
        for number, change in changes["change"].items():
            active[number].update(change)
        runs.write_elements(data / "org_users.json", members)
        return data, [member["accountId"] for member in active]

    def test_the_shipped_mapping(self):
        for number, options in enumerate(({}, {"generate": org.MANY})):
            self.folder = self.folder / str(number)
            self.folder.mkdir()
            with self.subTest(**options), \
                    harness.FakeSite(**options) as site:
                run = self.publishes(site, IDLE, **self.job(site),
                                     guards={"zero_rows": "allow"})
                self.assertEqual(run.dataset(IDLE), self.idle_rows(site))
                self.assertEqual(set(self.asked(site)), self.people(site))
                self.assertEqual(len(self.asked(site)),
                                 len(self.people(site)))

    def test_the_administration_pages_spare_all_requests(self):
        site = self.site(generate=org.MANY)
        run = self.publishes(site, IDLE, **self.job(
            site, org.adminhub(site.url)))
        self.assertEqual(self.asked(site), [])
        self.assertEqual(
            [{**row, "last_seen_source": "adminhub_org_users"}
             for row in self.idle_rows(site)], run.dataset(IDLE))

    def test_who_joined_lately_is_not_idle(self):
        data, ids = self.site_of(change={
            0: {"addedToOrg": "2026-11-22T00:00:00Z", "products": []},
            1: {"addedToOrg": "2020-01-01T00:00:00Z", "products": []}})
        site = self.site(data)
        run = self.publishes(site, IDLE, **self.job(site))
        rows = {row["account_id"]: row for row in run.dataset(IDLE)}
        self.assertNotIn(ids[0], rows)
        self.assertNotIn(ids[0], self.asked(site))
        self.assertEqual(rows[ids[1]]["idle_reason"], "never_seen")
        self.assertEqual(rows[ids[1]]["idle_since"], "2020-01-01T00:00:00Z")
        self.assertEqual(run.dataset(IDLE), self.idle_rows(site))

    def test_what_is_not_known_is_counted_and_not_idle(self):
        data, ids = self.site_of(change={
            # never seen, and nobody knows since when that is
            2: {"addedToOrg": None, "products": []}})
        site = self.site(data, scenario={"rules": [
            refusal(ids[0], 404), refusal(ids[1], 403)]})
        run = self.publishes(site, IDLE, **self.job(site))
        self.assertEqual(run.dataset(IDLE),
                         self.idle_rows(site, unknown=ids[:2]))
        self.assertFalse(set(ids[:3]) & {row["account_id"] for row
                                         in run.dataset(IDLE)})
        self.assertEqual(run.source(SOURCE)["unknown"], 2)
        self.assertEqual(run.manifest()["datasets"][0]["undecided"], 3)
        self.assertIn("idle_users: 3 accounts are left out because something "
                      "is not known", run.stderr)

    def test_unknown_ones_can_be_had(self):
        data, ids = self.site_of(change={})
        shipped = (harness.ROOT / "mappings" / f"{IDLE}.json").read_text()
        clause = ('{"any": [\n      {"field": "user.last_seen_at", '
                  '"older_than": "90d"},')
        self.assertEqual(shipped.count(clause), 1)
        own = self.folder / "mappings" / f"{IDLE}.json"
        own.parent.mkdir()
        own.write_text(shipped.replace(clause, clause + (
            '{"all": [{"field": "user.last_seen_at", "present": false},'
            '{"field": "user.last_seen_status", "present": false}]},')))
        site = self.site(data, scenario={"rules": [refusal(ids[0], 404)]})
        run = self.publishes(site, IDLE, **self.job(site))
        reasons = {row["account_id"]: row["idle_reason"]
                   for row in run.dataset(IDLE)}
        self.assertEqual(reasons[ids[0]], "unknown")
        self.assertEqual(list(reasons.values()).count("unknown"), 1)
        self.assertEqual(run.manifest()["datasets"][0]["undecided"], 0)


class Refused(Case):
    def test_accounts_it_does_not_know(self):
        people = sorted(self.people(), key=str.encode)
        site = self.site(generate=SITE, scenario={"rules": [
            refusal(people[0], 404), refusal(people[1], 403)]})
        run = self.run_seen(site)
        self.assertEqual(run.dataset(SEEN),
                         self.seen_rows(site, unknown=people[:2]))
        self.assertEqual(run.source(SOURCE)["unknown"], 2)
        self.assertEqual(run.source(SOURCE)["asked"], len(people))

    def people(self):
        with harness.FakeSite(generate=SITE) as site:
            return list(self.jira(site))

    def everybody(self, status):
        with harness.FakeSite(generate=SITE) as site:
            return [refusal(user["accountId"], status) for user in
                    truth.elements(self.data(site) / "users.json")]

    def test_a_403_for_all_is_a_permission(self):
        site = self.site(generate=SITE,
                         scenario={"rules": self.everybody(403)})
        run = self.run_seen(site, code=77)
        self.assertIn("answered 403 for all", run.stderr)
        self.assertIn("organisation admin", run.stderr)
        self.assertEqual(run.visible(), set())
        # not one of these is kept: a better key asks about all
        self.assertEqual(kept(self.folder), 0)
        # five more were asked about, to be sure
        self.assertEqual(len(self.asked(site)), len(self.people()) + 5)

    def test_a_404_for_all_is_a_wrong_address(self):
        site = self.site(generate=SITE,
                         scenario={"rules": self.everybody(404)})
        run = self.run_seen(site, code=65)
        self.assertIn("knows none of", run.stderr)
        self.assertIn("last_active.json", run.stderr)
        self.assertEqual(run.visible(), set())

    def test_the_only_account_may_be_unknown(self):
        people = self.people()
        site = self.site(generate=SITE,
                         scenario={"rules": [refusal(people[0], 403)]})
        self.seen_mapping(where={"field": "user.account_id",
                                 "equals": people[0]})
        run = self.extract(site, **self.seen_job(site))
        self.assertEqual(run.code, 0, run.stderr)
        self.assertEqual([row["status"] for row in run.dataset(SEEN)], [None])
        self.assertEqual(len(self.asked(site)), 6)

    def test_what_is_no_answer_ends_the_run(self):
        who = sorted(self.people(), key=str.encode)[3]
        for rule, code, text in (
                (refusal(who, 401), 77, "answered 401"),
                ({"path": path_of(who), "do": "html_login"}, 77,
                 "instead of JSON"),
                ({"path": path_of(who), "do": "redirect",
                  "location": "https://id.example.test/login"}, 77,
                 "redirect"),
                (refusal(who, 400), 65, "answered 400"),
                (answer(who, []), 65, "where an object is due"),
                (answer(who, {"data": []}), 65, "array where an object"),
                ({"path": path_of(who), "do": "garbage"}, 65, "last_active")):
            with self.subTest(rule=rule), harness.FakeSite(
                    generate=SITE, scenario={"rules": [rule]}) as site:
                self.seen_mapping()
                run = self.extract(site, **self.seen_job(
                    site, limits={"retry_for": "1s"}))
                self.assertEqual(run.code, code, run.stderr)
                self.assertIn(text, run.stderr)
                self.assertEqual(run.visible(), set())

    def test_fields_that_cannot_be_read(self):
        people = sorted(self.people(), key=str.encode)
        product = {"key": "jira", "last_active": "yesterday"}
        site = self.site(generate=SITE, scenario={"rules": [
            answer(people[0], {"data": {}}),
            answer(people[1], {"data": {"product_access": [product]}})]})
        run = self.run_seen(site)
        self.assertEqual(run.dataset(SEEN),
                         self.seen_rows(site, unknown=people[:2]))
        self.assertEqual(
            sorted((one["item"], one["field"], one["reason"])
                   for one in run.rejects()),
            sorted([(people[0], "last_seen_status", "is missing"),
                    (people[1], "last_seen_at",
                     "is not a time in the expected format")]))
        report = run.source(SOURCE)
        self.assertEqual((report["rejected"], report["unknown"]), (2, 0))
        # they are asked about once more by the next run, and nobody else
        before = len(self.asked(site))
        self.again(site)
        self.assertEqual(sorted(self.asked(site)[before:], key=str.encode),
                         people[:2])

    def test_guards_hold_for_them(self):
        people = self.people()
        site = self.site(generate=SITE, scenario={"rules": [
            answer(who, {"data": {}}) for who in people[:3]]})
        run = self.run_seen(site, code=65, guards={"max_rejects": 2})
        self.assertIn("more than 2 rows refused", run.stderr)

    def test_it_waits_when_asked_to(self):
        who = self.people()[5]
        site = self.site(generate=SITE, scenario={"rules": [
            refusal(who, 429, first=1, headers={"Retry-After": "1"})]})
        run = self.run_seen(site)
        self.assertEqual(run.dataset(SEEN), self.seen_rows(site))
        self.assertEqual(run.source(SOURCE)["retries"], 1)


class Resumed(Case):
    """A run that was stopped leaves only the rest."""

    def people(self, site):
        return sorted(self.jira(site), key=str.encode)

    def start(self, site, **job):
        self.seen_mapping()
        path = harness.make_job(self.folder, site.url,
                                **self.seen_job(site, **job))
        process = subprocess.Popen(
            [harness.binary("rollcall"), "extract", "-c", path, "--as-of",
             runs.AS_OF], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, **org.ENV, harness.TOKEN_VARIABLE:
                 harness.TOKEN,
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_for(self, site, count):
        """Until COUNT accounts were asked about; with one request at a time
        all but the last have been answered and dealt with."""
        end = time.monotonic() + WAIT_SECONDS
        while len(self.asked(site)) < count:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def scenario(self, *rules):
        return {"rules": list(rules)}

    def stalled(self, number):
        """A site that does not end its answer about account NUMBER the first
        time."""
        with harness.FakeSite(generate=SITE) as site:
            who = self.people(site)[number]
        return self.site(generate=SITE, scenario=self.scenario(
            {"path": path_of(who), "first": 1, "do": "stall",
             "ms": 10 * 60 * 1000}))

    def assertResumed(self, site, run, before, reused):
        people = self.people(site)
        self.assertEqual(run.dataset(SEEN), self.seen_rows(site))
        self.assertEqual(sorted(self.asked(site)[before:], key=str.encode),
                         people[reused:])
        report = run.source(SOURCE)
        self.assertEqual((report["reused"], report["asked"]),
                         (reused, len(people) - reused))
        self.assertIn("oldestAnswer", report)

    def test_killed(self):
        site = self.stalled(70)
        process = self.start(site, limits={"concurrency": 1})
        self.wait_for(site, 71)
        process.kill()
        process.wait(WAIT_SECONDS)
        before = len(self.asked(site))
        run = self.run_seen(site)
        self.assertResumed(site, run, before, 50)  # EACH_COMMIT

    def test_interrupted(self):
        site = self.stalled(30)
        process = self.start(site, limits={"concurrency": 1})
        self.wait_for(site, 31)
        process.terminate()
        log = process.stderr.read().decode()
        process.wait(WAIT_SECONDS)
        self.assertIn("30 answers of this run are kept", log)
        before = len(self.asked(site))
        run = self.run_seen(site)
        self.assertResumed(site, run, before, 30)

    def test_a_key_that_expires(self):
        with harness.FakeSite(generate=SITE) as other:
            who = self.people(other)[20]
        site = self.site(generate=SITE, scenario=self.scenario(
            {"path": path_of(who), "first": 1, "do": "expire"}))
        run = self.run_seen(site, code=77, limits={"concurrency": 1})
        self.assertEqual(run.visible(), set())
        self.assertIn("20 answers of this run are kept", run.stderr)
        before = len(self.asked(site))
        run = self.run_seen(site)
        self.assertResumed(site, run, before, 20)

    def test_the_time_of_the_run_is_spent(self):
        site = self.site(generate=SITE)
        limits = {"rate": {"admin": "1/h"}, "run_for": "60s"}
        for number in range(3):
            run = self.run_seen(site, code=75, limits=limits)
            self.assertEqual(run.visible(), set())
            self.assertEqual(self.asked(site), self.people(site)[:number + 1])
            self.assertIn("limits.run_for leaves", run.stderr)
            left = len(self.people(site)) - number
            self.assertIn(f"1 of {left} accounts answered", run.stderr)
        run = self.run_seen(site)
        self.assertResumed(site, run, 3, 3)

    def test_another_as_of_time_uses_what_was_said_today(self):
        site = self.site(generate=SITE)
        self.run_seen(site)
        count = len(self.asked(site))
        for as_of in ("2025-01-01T00:00:00Z", "2026-11-24T02:00:00Z"):
            path = harness.make_job(self.folder, site.url,
                                    **self.seen_job(site))
            code, _, log = harness.run_rollcall(
                ["extract", "-c", path, "--as-of", as_of], cwd=self.folder,
                env=org.ENV)
            self.assertEqual(code, 0, log)
        self.assertEqual(len(self.asked(site)), count)

    def age(self, ms):
        with sqlite3.connect(self.folder / "state" / "rollcall.db") as db:
            db.execute("UPDATE answers SET asked_at = asked_at - ?", (ms,))

    def test_old_answers_and_future_ones_are_not_used(self):
        site = self.site(generate=SITE)
        self.run_seen(site)
        count = len(self.asked(site))
        hour = 3600 * 1000
        for ms in (20 * hour, -hour):
            self.age(ms)
            before = len(self.asked(site))
            run = self.again(site)
            self.assertEqual(len(self.asked(site)) - before, count)
            self.assertEqual(run.source(SOURCE)["reused"], 0)
        self.age(19 * hour)
        run = self.again(site)
        self.assertEqual(run.source(SOURCE)["reused"], count)
        self.assertEqual(run.source(SOURCE)["requests"], 0)
        self.assertEqual(run.dataset(SEEN), self.seen_rows(site))

    def test_answers_of_other_rules_or_another_place_are_not_used(self):
        site = self.site(generate=SITE)
        self.run_seen(site)
        count = len(self.asked(site))
        endpoint = org.admin(site.url.replace("127.0.0.1", "localhost"))
        run = self.again(site, endpoints=endpoint)
        self.assertEqual(run.source(SOURCE)["reused"], 0)
        shipped = (harness.ROOT / "mappings" / "sources" /
                   f"{SOURCE}.json").read_text()
        own = self.folder / "mappings" / "sources" / f"{SOURCE}.json"
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(shipped + "\n")
        run = self.again(site)
        self.assertEqual(run.source(SOURCE)["reused"], 0)
        self.assertEqual(len(self.asked(site)), 3 * count)

    def test_a_damaged_state_costs_requests_only(self):
        site = self.site(generate=SITE)
        run = self.run_seen(site)
        whole = run.bytes(SEEN)
        count = len(self.asked(site))
        path = self.folder / "state" / "rollcall.db"
        data = path.read_bytes()
        for damaged in (b"not a database, but long enough to be looked at"
                        * 100,
                        data[:4096] + b"\xff" * (len(data) - 4096)):
            path.write_bytes(damaged)
            before = len(self.asked(site))
            run = self.again(site)
            self.assertEqual(len(self.asked(site)) - before, count)
            self.assertIn("warn  state", run.stderr)
            self.assertEqual(run.bytes(SEEN), whole)

    def test_the_state_is_nobody_elses(self):
        site = self.site(generate=SITE)
        self.run_seen(site)
        state = self.folder / "state"
        self.assertEqual(state.stat().st_mode & 0o777, 0o700)
        for path in state.iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)


class Told(Case):
    def test_progress_and_time(self):
        site = self.site(generate=org.MANY)
        self.seen_mapping()
        run = self.extract(site, **self.seen_job(
            site, limits={"rate": {"admin": "30000/min"}}))
        self.assertEqual(run.code, 0, run.stderr)
        total = len(self.asked(site))
        self.assertIn(f"last_active: {total} accounts to ask about, up to 1 "
                      "min at the configured rate; 0 answers", run.stderr)
        for number in range(100, total, 100):
            self.assertIn(f"{number} of {total} accounts answered; left up "
                          "to 1 min", run.stderr)
        self.assertNotIn("exit 75", run.stderr)

    def test_plan(self):
        site = self.site()
        path = harness.make_job(
            self.folder, site.url, mappings=[IDLE],
            endpoints={"jira": None, **org.admin(site.url)},
            limits={"rate": {"admin": "50/min"}})
        code, out, log = harness.run_rollcall(["plan", "-c", path],
                                              env=org.ENV)
        self.assertEqual(code, 0, log)
        self.assertIn("last-active-dates, one account a request, only for "
                      "accounts that may have a row", out)
        self.assertIn("requests  last_active: at most one for each row", out)
        self.assertIn("time      last_active: 1200 s for each 1000", out)
        self.assertEqual(site.requests(), [])

    def check(self, site):
        path = harness.make_job(
            self.folder, site.url, mappings=[IDLE],
            endpoints={"jira": None, **org.admin(site.url)})
        return harness.run_rollcall(["check", "-c", path], env=org.ENV)

    def test_check_asks_about_nobody(self):
        site = self.site()
        code, out, log = self.check(site)
        self.assertEqual(code, 0, out + log)
        self.assertRegex(out, r"last_active +ok +yes +yes +- +- +- ")
        self.assertIn("whether it tells of an account shows when a run asks",
                      out)
        self.assertEqual(self.asked(site), ["rollcall-check"])

    def test_check_finds_a_bad_key(self):
        site = self.site(scenario={"rules": [
            {"path": path_of("rollcall-check"), "do": "expire"}]})
        code, out, log = self.check(site)
        self.assertEqual(code, 77, out + log)
        self.assertRegex(out, r"last_active +failed +yes +no ")
        self.assertRegex(out, r"last_active: .*401")

    def test_explain_asks_about_one(self):
        site = self.site(generate=SITE)
        path = harness.make_job(
            self.folder, site.url, mappings=[IDLE],
            endpoints={"jira": None, **org.admin(site.url)})
        for account, member in org.members(self.data(site)).items():
            if member["_status"] == "active" and last_seen(member):
                break
        code, out, log = harness.run_rollcall(
            ["explain", "-c", path, "--json", account, "--as-of", runs.AS_OF],
            env=org.ENV)
        self.assertEqual(code, 0, log)
        told = json.loads(out)
        self.assertEqual(self.asked(site), [account])
        fields = {field["name"]: field for field in told["fields"]}
        self.assertEqual(fields["last_seen_at"]["value"], last_seen(member))
        self.assertEqual(fields["last_seen_at"]["source"], SOURCE)
        self.assertEqual(told["selected"], last_seen(member) < BORDER)
        self.assertFalse((self.folder / "state").exists())


# A child's peak is at least what its parent held when it was begun, so the
# parent must be smaller than a test that has read a request log.
MEASURE = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss, file=sys.stderr)
"""


@unittest.skipIf(harness.is_sanitized(),
                 "the memory measured would be the sanitizer's")
class Memory(Case):
    USERS = 4000
    GROWTH_KIB = 2048

    def peak(self, site, folder, enrich):
        folder.mkdir()
        self.folder = folder
        self.seen_mapping(users={"from": "jira_users", "enrich": enrich}
                          if enrich else "jira_users")
        job = harness.make_job(folder, site.url, **self.seen_job(site))
        done = subprocess.run(
            [sys.executable, "-S", "-E", "-c", MEASURE,
             harness.binary("rollcall"), "extract", "-c", job, "--as-of",
             runs.AS_OF, "--quiet"], cwd=folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **org.ENV,
                 harness.TOKEN_VARIABLE: harness.TOKEN,
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
        code, kib = map(int, done.stderr.splitlines()[-1].split())
        self.assertEqual(code, 0, done.stderr)
        return kib

    def test_asking_costs_no_memory_an_account(self):
        folder = self.folder
        site = self.site(generate=f"users={self.USERS},records=10,seed=1,"
                                  f"{runs.NOW}")
        without = self.peak(site, folder / "without", [])
        asking = self.peak(site, folder / "asking", [SOURCE])
        self.assertGreater(len(self.asked(site)), self.USERS / 2)
        self.assertLess(asking, without + self.GROWTH_KIB)


if __name__ == "__main__":
    unittest.main()
