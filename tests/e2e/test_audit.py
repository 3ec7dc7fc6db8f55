"""The audit log: every record of the lookback, or no run at all."""
import unittest
from datetime import timedelta

import harness
import truth
from runs import AS_OF, AUDIT, MIGRATION, NOW, Case, account, make_site

GENERATED = f"users=120,records=3000,seed=9,{NOW}"
EARLIER = "2026-11-22T02:00:00Z"
STEP = timedelta(milliseconds=1)
BEGIN = truth.instant(AS_OF) - timedelta(days=180)
END = truth.instant(AS_OF) - timedelta(minutes=5)


def spans(site):
    """(from, to) of each request with dates -> its offsets, in order."""
    found = {}
    for request in site.requests(AUDIT):
        query = request["query"]
        if "from" in query or "to" in query:
            found.setdefault((query["from"], query["to"]), []).append(
                int(query["offset"]))
    return found


def change(number, name, at, **members):
    """A record: somebody changed the account called NAME."""
    return {"id": number, "created": at, "summary": "User updated",
            "category": "user management", "authorAccountId": "caller",
            "objectItem": {"id": f"ug:{name}", "name": f"ug:{name}",
                           "typeName": "USER"},
            "changedValues": [{"fieldName": "Active / Inactive",
                               "changedFrom": "Active",
                               "changedTo": "Inactive"}], **members}


class Windows(Case):
    """What is asked: closed spans with a frozen end."""

    def capped(self, cap=100):
        site = self.site(generate=GENERATED,
                         scenario={"audit": {"page_cap": cap}})
        return site, self.published(site)

    def test_spans_cover_the_lookback_without_gap_or_overlap(self):
        site, _ = self.capped()
        edges = sorted((truth.instant(start), truth.instant(end))
                       for start, end in spans(site))
        self.assertEqual(edges[0][0], BEGIN)
        self.assertEqual(edges[-1][1], END - STEP)
        for (_, end), (start, _) in zip(edges, edges[1:]):
            self.assertEqual(start, end + STEP)

    def test_every_request_has_both_ends_with_a_zone(self):
        site, _ = self.capped()
        for request in site.requests(AUDIT):
            for name in ("from", "to"):
                self.assertRegex(request["query"][name],
                                 r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_the_end_of_the_newest_span_is_the_same_on_every_page(self):
        site, _ = self.capped()
        newest = [request["query"]["to"] for request in site.requests(AUDIT)
                  if request["query"]["to"] > "2026-11"]
        self.assertGreater(len(newest), 3)
        self.assertEqual(set(newest), {"2026-11-23T01:54:59.999Z"})

    def test_a_span_ends_with_an_empty_page(self):
        site, run = self.capped()
        windows = {window["from"]: window
                   for window in run.source("jira_audit")["windows"]}
        for (start, _), offsets in spans(site).items():
            records = windows[truth.rfc3339(truth.instant(start))]["records"]
            self.assertGreater(records, 200)
            self.assertEqual(offsets, [*range(0, records, 100), records])

    def test_the_manifest_counts_what_the_site_holds(self):
        site, run = self.capped()
        self.assertRows(run, self.truth(site))
        events = truth.Site(self.folder / "data", BEGIN, END).events
        source = run.source("jira_audit")
        self.assertEqual(source["items"], len(events))
        self.assertEqual(source["duplicates"], 0)
        self.assertEqual(
            sum(window["records"] for window in source["windows"]),
            len(events))
        for window in source["windows"]:
            inside = [event.at for event in events.values()
                      if truth.instant(window["from"]) <= event.at
                      < truth.instant(window["to"])]
            self.assertEqual(window["records"], len(inside))
            self.assertEqual(window["oldest"], truth.rfc3339(min(inside)))

    def test_lookback_and_settle_of_the_job(self):
        site = self.site(generate=GENERATED)
        run = self.published(site, events={"lookback": "45d", "settle": "2h"})
        self.assertRows(run, self.truth(site, lookback="45d", settle="2h"))
        edges = sorted(spans(site))
        self.assertEqual(edges[0][0], "2026-10-09T02:00:00.000Z")
        self.assertEqual(edges[-1][1], "2026-11-22T23:59:59.999Z")


class Pages(Case):
    """What the server does to pages changes no row."""

    def survives(self, **audit):
        site = self.site(generate=GENERATED, scenario={"audit": audit})
        run = self.published(site)
        self.assertRows(run, self.truth(site))
        return site, run

    def test_pages_capped_below_what_is_asked(self):
        for cap in (7, 333, 999):
            with self.subTest(cap=cap):
                self.setUp()
                self.survives(page_cap=cap)

    def test_total_is_recorded_and_not_trusted(self):
        for total, claims in (("lie", None), (0, 0), (10 ** 9, 10 ** 9)):
            with self.subTest(total=total):
                self.setUp()
                _, run = self.survives(total=total, page_cap=100)
                for window in run.source("jira_audit")["windows"]:
                    self.assertEqual(
                        window["claimedTotal"],
                        window["records"] // 2 if claims is None else claims)

    def test_records_added_while_the_log_is_read(self):
        for after in (1, 4, 9):
            with self.subTest(after=after):
                self.setUp()
                self.survives(page_cap=100, add_after={"requests": after,
                                                       "records": 120})

    def test_records_repeated_at_the_border_of_pages(self):
        for k in (1, 30, 99):
            with self.subTest(k=k):
                self.setUp()
                _, run = self.survives(page_cap=100, repeat_border=k)
                source = run.source("jira_audit")
                events = truth.Site(self.folder / "data", BEGIN, END).events
                self.assertGreater(source["duplicates"], k)
                self.assertEqual(source["items"] - source["duplicates"],
                                 len(events))


    def test_a_last_page_of_repeated_records_only(self):
        records = [change(n, "a", f"2026-11-10T00:{n // 60:02}:{n % 60:02}"
                          ".000+0000") for n in range(1189)]
        folder = make_site(self.folder / "site", [account("a")], records)
        site = self.site(site=folder, scenario={
            "audit": {"page_cap": 100, "repeat_border": 1}})
        run = self.published(site)
        self.assertRows(run, truth.inactive_users(folder, AS_OF))
        self.assertEqual(run.source("jira_audit")["duplicates"], 12)

    def test_a_server_that_does_not_look_at_the_offset(self):
        site = self.site(generate=GENERATED, scenario={"audit": {
            "page_cap": 100, "repeat_border": 100}})
        self.refused(site, 65, "jira_audit", "paging does not advance",
                     '"offset"')


class Empty(Case):
    """An empty answer is not taken for an empty log."""

    def test_no_records_with_dates_though_some_exist(self):
        site = self.site(scenario={"audit": {"empty": True}})
        self.refused(site, 65, "jira_audit", "no records", "without dates",
                     "Administer Jira")

    def test_no_records_where_the_run_before_saw_some(self):
        self.published(self.site(), as_of=EARLIER)
        site = self.site(scenario={"audit": {"empty": "all"}})
        self.refused(site, 65, "jira_audit", "the run published before")

    def before_log(self, site, count):
        run = self.published(site)
        self.assertEqual({row["last_modified_status"] for row in run.rows()},
                         {"before_log"})
        self.assertEqual(run.manifest()["datasets"][0]["statuses"],
                         {"known": 0, "no_actor": 0, "before_log": count,
                          "no_access": 0})
        self.assertEqual(run.source("jira_audit")["items"], 0)
        return run

    def test_a_log_that_is_really_empty(self):
        site = self.site(site=make_site(self.folder / "site",
                                        [account("a"), account("b")]))
        self.before_log(site, 2)

    def test_a_log_with_older_records_only(self):
        site = self.site(site=make_site(
            self.folder / "site", [account("a")],
            [change(1, "a", "2026-01-01T00:00:00.000+0000")]))
        self.before_log(site, 1)

    def test_a_log_with_newer_records_only(self):
        site = self.site(site=make_site(
            self.folder / "site", [account("a")],
            [change(1, "a", "2026-11-23T01:55:00.000+0000")]))
        self.before_log(site, 1)


class NoAccess(Case):
    """A log that may not be read."""

    def forbidden(self, **when):
        return self.site(scenario={"rules": [
            {"path": AUDIT, "do": "status", "status": 403, **when}]})

    def test_ends_the_run(self):
        for when in ({}, {"nth": [4]}):
            with self.subTest(when=when):
                self.refused(self.forbidden(**when), 77, "jira_audit", "403",
                             "Administer Jira", "manage:jira-configuration")

    def test_is_said_where_the_job_allows_it(self):
        run = self.published(self.forbidden(), events={"no_access": "allow"})
        rows = run.rows()
        self.assertEqual(
            [row["account_id"] for row in rows],
            [row["account_id"] for row in
             truth.inactive_users(harness.SAMPLE, AS_OF)])
        for row in rows:
            self.assertEqual(row["last_modified_status"], "no_access")
            self.assertIsNone(row["last_modified_at"])
            self.assertIsNone(row["deactivated_at"])
        self.assertTrue(run.source("jira_audit")["noAccess"])
        self.assertEqual(
            run.manifest()["datasets"][0]["statuses"]["no_access"], len(rows))

    def test_of_one_span_leaves_what_the_others_said_in_doubt(self):
        site = self.site(scenario={"rules": [
            {"path": AUDIT, "query": {"to": "2026-07-26T01:54:59.999Z"},
             "do": "status", "status": 403}]})
        run = self.published(site, events={"no_access": "allow"})
        self.assertTrue(run.source("jira_audit")["noAccess"])
        rows = run.by_name()
        self.assertEqual(rows["Hugo Tanaka"]["last_modified_status"],
                         "no_access")
        self.assertEqual(rows["Dan Lindqvist"]["last_modified_at"],
                         "2026-06-12T09:00:04Z")

    def test_of_the_key_bridge_ends_the_run_always(self):
        site = self.site(scenario={"rules": [
            {"path": MIGRATION, "do": "status", "status": 403}]})
        self.refused(site, 77, "jira_user_keys",
                     events={"no_access": "allow"})


class Refusals(Case):
    """A record that cannot be read is refused, said and counted."""

    def one_bad(self, pointer, raw):
        rule = {"path": AUDIT, "do": "bad_field", "row": 0,
                "query": {"offset": "0"}, "pointer": pointer}
        if raw is not None:
            rule["raw"] = raw
        folder = make_site(self.folder / "site", [account("a")], [
            change(7, "a", "2026-11-01T00:00:00.000+0000"),
            change(8, "a", "2026-11-02T00:00:00.000+0000")])
        return self.site(site=folder, scenario={"rules": [rule]})

    def test_members_of_a_wrong_type(self):
        for pointer, raw, item, field in (
                ("/objectItem", "17", "8", "/objectItem"),
                ("/objectItem/id", "{}", "8", "/objectItem"),
                ("/objectItem/typeName", "1", "8", "/typeName"),
                ("/created", '"yesterday"', "8", "at"),
                ("/created", None, "8", "at"),
                ("/changedValues", "{}", "8", "/changedValues"),
                ("/changedValues", "[1]", "8", "/changedValues"),
                ("/id", None, "index 0", "id"),
                ("/id", "1.5", "1.5", "id"),
                ("/summary", "[]", "8", "action"),
                ("", "null", "index 0", "item")):
            with self.subTest(pointer=pointer, raw=raw):
                self.setUp()
                site = self.one_bad(pointer, raw)
                run = self.published(site)
                [row] = run.rows()
                self.assertEqual(row["last_modified_at"],
                                 "2026-11-01T00:00:00Z")
                source = run.source("jira_audit")
                self.assertEqual(source["rejected"], 1)
                self.assertEqual(source["items"], 2)
                [reject] = run.rejects()
                self.assertEqual(reject["source"], "jira_audit")
                self.assertEqual((reject["item"], reject["field"]),
                                 (item, field))
                self.assertTrue(reject["reason"])
                self.assertIn(f"jira_audit: {item}: {field}", run.stderr)

    def test_a_record_from_outside_the_span_is_left_out(self):
        for at in ("2026-11-23T01:55:00.000+0000",
                   "2026-10-01T00:00:00.000+0000"):
            with self.subTest(at=at):
                self.setUp()
                run = self.published(self.one_bad("/created", f'"{at}"'))
                [row] = run.rows()
                self.assertEqual(row["last_modified_at"],
                                 "2026-11-01T00:00:00Z")
                self.assertEqual(run.source("jira_audit")["items"], 1)

    def test_more_than_the_job_allows(self):
        site = self.one_bad("/created", '"yesterday"')
        self.refused(site, 65, "jira_audit", "guards.max_rejects",
                     guards={"max_rejects": 0})

    def test_a_document_without_records(self):
        site = self.site(scenario={"rules": [{"path": AUDIT, "nth": [2],
                                              "do": "object"}]})
        self.refused(site, 65, "jira_audit", "/records")


if __name__ == "__main__":
    unittest.main()
