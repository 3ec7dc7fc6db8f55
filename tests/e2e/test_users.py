"""The list of accounts: whole, each account once, or no run at all."""
import unittest

import harness
import truth
from runs import AS_OF, DATASET, EVERYBODY, NOW, SEARCH, Case, account, make_site

SMALL = f"users=300,records=200,seed=5,{NOW}"
LARGE = f"users=2500,records=200,seed=6,{NOW}"
CAPPED = 100


def indexes_of(requests, name="startAt"):
    return [int(request["query"][name]) for request in requests]


class WholeList(Case):
    """Rows are those of the site, whatever the server does to its pages."""

    def published(self, site, **options):
        return super().published(site, mappings=[DATASET, EVERYBODY],
                                 **options)

    def assertWhole(self, site, run, without=()):
        """Rows of all accounts but those at the indexes WITHOUT, which may be
        there or not; each account once."""
        expected = self.truth(site)
        data = self.folder / "data"
        users = list(truth.elements(data / "users.json"))
        vague = {users[index]["accountId"] for index in without}
        rows = [row for row in run.rows() if row["account_id"] not in vague]
        self.assertEqual(
            rows, [row for row in expected if row["account_id"] not in vague])
        listed = truth.Site(data).listed
        everybody = [row["account_id"] for row in run.rows(EVERYBODY)]
        self.assertEqual(sorted(set(everybody) - vague),
                         sorted(set(listed) - vague))
        self.assertEqual(len(everybody), len(set(everybody)))
        counted = run.manifest()["users"]
        self.assertEqual(counted, len(everybody))
        source = run.source("jira_users")
        if source["walks"] == 1:
            self.assertEqual(
                source["items"] - source["duplicates"]
                - source["placeholders"] - source["rejected"], counted)

    def test_pages_capped_below_what_is_asked(self):
        for cap, spec in ((1, SMALL), (37, SMALL), (100, SMALL),
                          (999, LARGE)):
            with self.subTest(cap=cap):
                folder = self.folder
                self.folder = folder / str(cap)
                self.folder.mkdir()
                site = self.site(generate=spec,
                                 scenario={"users": {"page_cap": cap}})
                self.assertWhole(site, self.published(site))
                self.folder = folder

    def test_rows_dropped_inside_a_page(self):
        gone = [*range(3, 60), 99, 100, 101, 250]
        site = self.site(generate=SMALL, scenario={
            "users": {"drop": gone, "page_cap": CAPPED}})
        run = self.published(site)
        self.assertWhole(site, run, without=gone)
        users = list(truth.elements(self.folder / "data" / "users.json"))
        ids = {users[index]["accountId"] for index in gone}
        self.assertFalse(ids & {row["account_id"] for row in run.rows()})

    def test_a_whole_window_dropped(self):
        gone = list(range(1000, 2000))
        site = self.site(generate=LARGE, scenario={"users": {"drop": gone}})
        run = self.published(site)
        self.assertWhole(site, run, without=gone)
        self.assertIn(2000, indexes_of(site.requests(SEARCH)))

    def test_nearly_a_whole_window_dropped(self):
        gone = list(range(1000, 1990))
        site = self.site(generate=LARGE, scenario={"users": {"drop": gone}})
        run = self.published(site)
        self.assertWhole(site, run, without=gone)
        self.assertEqual(run.source("jira_users")["walks"], 1)

    def test_the_list_ends_with_an_empty_page_and_one_beyond_it(self):
        site = self.site()
        self.published(site)
        requests = site.requests(SEARCH)
        self.assertEqual([request["query"]["maxResults"]
                          for request in requests], ["1000"] * 4)
        starts = indexes_of(requests)
        self.assertEqual(starts[0], 0)
        self.assertEqual(starts[-1] - starts[-2], 1000)

    def changed(self, kind, after, indexes, cap=CAPPED, **job):
        """A list without gaps, so that each row that slips is missed."""
        folder = self.folder / "site"
        if not folder.exists():
            make_site(folder, [account(f"{n:04}", active=n % 3 == 0)
                               for n in range(2499 if cap == 1000 else 299)])
        site = self.site(site=folder, scenario={"users": {
            "page_cap": cap,
            kind: {"requests": after, "indexes": indexes}}})
        run = self.published(site, **job)
        self.assertWhole(site, run, without=indexes)
        return run

    def test_an_account_of_the_first_page_deleted(self):
        for after in range(1, 6):
            with self.subTest(after=after):
                self.changed("delete_after", after, [7],
                             folder=self.sub(after))

    def test_an_account_deleted_just_before_the_overlap(self):
        for index in (78, 79, 80, 81, 99):
            with self.subTest(index=index):
                self.changed("delete_after", 2, [index],
                             folder=self.sub(index))

    def test_more_accounts_deleted_than_pages_overlap(self):
        for after in (1, 2, 3, 4):
            with self.subTest(after=after):
                run = self.changed("delete_after", after,
                                   list(range(10, 75)),
                                   folder=self.sub(after))
        self.assertEqual(run.code, 0)

    def test_many_deleted_across_pages_of_a_long_list(self):
        run = self.changed("delete_after", 2, list(range(0, 900, 3)),
                           cap=1000)
        self.assertGreater(run.source("jira_users")["walks"], 1)
        self.assertIn("walk 2", run.stderr)

    def test_accounts_added(self):
        for after in (1, 2, 3):
            with self.subTest(after=after):
                self.changed("add_after", after, [1, 2, 50, 150, 151, 299],
                             folder=self.sub(after))

    def test_more_accounts_added_than_pages_overlap(self):
        self.changed("add_after", 2, list(range(20, 90)))

    def sub(self, name):
        folder = self.folder / f"run-{name}"
        folder.mkdir()
        return folder

    def test_one_request_at_a_time_reads_the_same(self):
        self.changed("delete_after", 3, list(range(10, 75)),
                     limits={"concurrency": 1})

    def test_an_order_that_never_repeats_is_no_list(self):
        for cap in (37, 100, 150):
            with self.subTest(cap=cap):
                site = self.site(generate=SMALL, scenario={
                    "users": {"page_cap": cap, "shuffle": True}})
                self.refused(site, 65, "jira_users",
                             "changed during each of 5 walks")

    def test_a_page_too_large_for_the_server_is_halved(self):
        site = self.site(generate=LARGE, scenario={"rules": [
            {"path": SEARCH, "query": {"maxResults": "1000"},
             "do": "status", "status": 409}]})
        self.assertWhole(site, self.published(site))
        sizes = [request["query"]["maxResults"]
                 for request in site.requests(SEARCH)
                 if request["status"] == 200]
        self.assertEqual(set(sizes), {"500"})

    def test_a_server_that_can_give_no_page_at_all(self):
        site = self.site(scenario={"rules": [
            {"path": SEARCH, "do": "status", "status": 409}]})
        self.refused(site, 69, "409")


class Accounts(Case):
    """Which accounts are rows, on the sample site."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.expected = truth.inactive_users(harness.SAMPLE, AS_OF)

    def test_placeholders_are_counted_and_not_published(self):
        run = self.published(self.site())
        self.assertEqual(run.source("jira_users")["placeholders"], 2)
        self.assertNotIn("unknown", {row["account_id"] for row in run.rows()})
        guard = next(guard for guard in run.manifest()["guards"]
                     if guard["name"] == "max_placeholders")
        self.assertEqual(guard["value"], -(-2 * 1000000 // (47 + 2)))

    def test_who_is_a_row(self):
        rows = self.published(self.site()).by_name()
        self.assertEqual(rows["Former user"]["email_status"], "hidden")
        self.assertEqual(rows["Hugo Tanaka"]["email"], None)
        self.assertEqual(rows["Hugo Tanaka"]["email_status"], "hidden")
        self.assertEqual(rows["00700"]["email_status"], "hidden")
        self.assertEqual(rows["Ben Okafor"]["email"], "ben@example.test")
        self.assertEqual(rows["Ben Okafor"]["email_status"], "known")
        self.assertEqual(rows["Pat Customer"]["account_type"], "customer")
        self.assertNotIn("Old deploy bot", rows)
        self.assertNotIn("Omar Silva", rows)

    def test_numbers_beyond_doubles_in_members_nobody_asked_for(self):
        members = {"externalId": 2 ** 64 + 1, "x": {"y": [1e308, -0.0]}}
        folder = make_site(self.folder / "site", [account("a", **members)])
        site = self.site(site=folder, scenario={"rules": [
            {"path": SEARCH, "do": "bad_field", "row": 1,
             "pointer": "/huge", "raw": "123456789012345678901234567890e999"}
        ]})
        run = self.published(site)
        self.assertEqual([row["display_name"] for row in run.rows()], ["a"])
        self.assertEqual(run.source("jira_users")["rejected"], 0)

    def test_half_a_surrogate_and_a_nul_in_names(self):
        run = self.published(self.site())
        self.assertIn("Nul\ufffdByte", run.by_name())
        self.assertIn("Cut emoji \ufffd", run.by_name())
        self.assertGreaterEqual(run.source("jira_users")["repairs"], 2)
        self.assertRows(run, self.expected)


class Refusals(Case):
    """What is refused: one row with a reason, or the whole run."""

    def bad_field(self, raw, pointer="/active", row=5):
        rule = {"path": SEARCH, "do": "bad_field", "row": row,
                "query": {"startAt": "0"}, "pointer": pointer}
        if raw is not None:
            rule["raw"] = raw
        # The second page shows the row again: damage it there as well.
        again = {**rule, "query": {"startAt": "2"}, "row": row - 2}
        return self.site(site=self.three(), scenario={"rules": [rule, again]})

    def three(self):
        return make_site(self.folder / "site",
                         [account(name) for name in "abc"])

    def test_a_field_of_a_wrong_type_refuses_the_row(self):
        for pointer, raw, field, reason in (
                ("/active", '"yes"', "active", "is not true or false"),
                ("/active", None, "active", "is missing"),
                ("/displayName", "17", "display_name", "is not a text"),
                ("/emailAddress", "[]", "email", "is not a text"),
                ("/accountId", "{}", "account_id", "is not a text"),
                ("/accountId", '""', "account_id", "is missing"),
                ("", '"row"', "item", "is not an object")):
            with self.subTest(pointer=pointer, raw=raw):
                self.setUp()
                run = self.published(self.bad_field(raw, pointer, row=2))
                self.assertEqual([row["display_name"] for row in run.rows()],
                                 ["a", "c"])
                self.assertEqual(run.source("jira_users")["rejected"], 1)
                [reject] = run.rejects()
                self.assertEqual(reject["source"], "jira_users")
                self.assertEqual((reject["field"], reject["reason"]),
                                 (field, reason))
                wanted = ("index 2" if field in ("account_id", "item")
                          else "712020:b")
                self.assertEqual(reject["item"], wanted)

    def test_more_refused_rows_than_the_job_allows(self):
        site = self.bad_field("1776543210", "/displayName", row=2)
        self.refused(site, 65, "display_name", "guards.max_rejects",
                     guards={"max_rejects": 0})
        self.assertNotIn("1776543210", self.extract(
            site, guards={"max_rejects": 0}).stderr)

    def test_ten_megabytes_of_name_refuse_the_row(self):
        folder = self.three()
        big = {"path": SEARCH, "do": "big_name", "bytes": 10 * 2 ** 20}
        site = self.site(site=folder, scenario={"rules": [
            {**big, "query": {"startAt": "0"}, "row": 2},
            {**big, "query": {"startAt": "2"}, "row": 0}]})
        run = self.published(site)
        self.assertEqual([row["display_name"] for row in run.rows()],
                         ["a", "c"])
        [reject] = run.rejects()
        self.assertEqual(reject["item"], "712020:b")
        self.assertEqual(reject["field"], "display_name")

    def test_a_page_that_is_an_object(self):
        site = self.site(scenario={"rules": [{"path": SEARCH,
                                              "do": "object"}]})
        self.refused(site, 65, "jira_users", "object", "array")


class Guards(Case):
    """Numbers that a run must stay within."""

    def test_too_few_users(self):
        self.refused(self.site(), 65, "min_users", "47 is below 48",
                     guards={"min_users": 48})
        self.published(self.site(), guards={"min_users": 47})

    def test_placeholders_in_the_place_of_accounts(self):
        users = [account(name) for name in "abc"]
        users += [{**account(name), "accountId": "unknown"} for name in "de"]
        site = self.site(site=make_site(self.folder / "site", users))
        self.refused(site, 65, "max_placeholders",
                     guards={"max_placeholders": "33%"})
        self.published(site, guards={"max_placeholders": "34%"})

    def test_an_outage_that_shows_everybody_nameless_and_inactive(self):
        site = self.site(scenario={"rules": [{"path": SEARCH,
                                              "do": "outage"}]})
        self.refused(site, 65, "max_placeholders")

    def test_an_outage_of_some_accounts(self):
        site = self.site(generate=SMALL, scenario={"rules": [
            {"path": SEARCH, "do": "outage", "percent": 30}]})
        self.refused(site, 65, "max_placeholders")

    def nobody_inactive(self):
        return self.site(site=make_site(
            self.folder / "site", [account("a", active=True)]))

    def test_no_row_at_all_is_refused(self):
        self.refused(self.nobody_inactive(), 65, "inactive_users", "zero_rows")

    def test_no_row_at_all_where_the_job_allows_it(self):
        run = self.published(self.nobody_inactive(),
                             guards={"zero_rows": "allow"})
        self.assertEqual(run.rows(), [])
        self.assertEqual(run.manifest()["datasets"][0]["rows"], 0)

    def test_a_list_that_lost_many_accounts(self):
        """Such as one of which whole windows are hidden."""
        everybody = [account(n) for n in "abcdefghij"]
        first = make_site(self.folder / "one", everybody)
        self.published(self.site(site=first), as_of="2026-11-22T02:00:00Z")
        # make_site adds the caller's account: 3 of 11 are gone.
        later = self.site(site=make_site(self.folder / "two", everybody[:7]))
        self.refused(later, 65, "max_fewer_users", "3 of 11")
        again = self.extract(later, guards={"max_fewer_users": "28%"})
        self.assertEqual(again.code, 0, again.stderr)

    def test_a_wave_of_newly_inactive_accounts(self):
        first = make_site(self.folder / "one", [
            account("a"), *(account(n, active=False) for n in "b"),
            *(account(n, active=True) for n in "cdefgh")])
        second = make_site(self.folder / "two", [
            account(n) for n in "abcd"] + [
            account(n, active=True) for n in "efgh"])
        run = self.published(self.site(site=first),
                             as_of="2026-11-22T02:00:00Z")
        self.assertEqual(len(run.rows()), 2)
        later = self.site(site=second)
        self.refused(later, 65, "max_new_inactive", "2 of 9",
                     guards={"max_new_inactive": "22%"})
        again = self.extract(later, guards={"max_new_inactive": "23%"})
        self.assertEqual(again.code, 0, again.stderr)
        seen = {row["account_id"][-1]: row["first_observed_inactive_at"]
                for row in again.rows()}
        self.assertEqual(seen, {"a": "2026-11-22T02:00:00Z",
                                "b": "2026-11-22T02:00:00Z",
                                "c": AS_OF, "d": AS_OF})

    def accepted(self, site, *names, **options):
        """Published past these guards, which is told and recorded."""
        args = [word for name in names for word in ("--accept-guard", name)]
        run = self.extract(site, args=args, **options)
        self.assertEqual(run.code, 0, run.stderr)
        for name in names:
            self.assertRegex(run.stderr, rf"warn .*guard {name}: .*accepted")
        guards = run.manifest()["guards"]
        self.assertEqual({guard["name"] for guard in guards
                          if guard["accepted"]}, set(names))
        return run

    def test_each_guard_can_be_accepted_for_one_run(self):
        """And says how; what is accepted is nothing but what was named."""
        jira = [account(name) for name in "abc"]
        outage = jira + [{**account(name), "accountId": "unknown"}
                         for name in "de"]
        long = [account(n, displayName="x" * 1001) for n in "ab"] + jira[2:]
        for name, users, guards in (
                ("min_users", jira, {"min_users": 9}),
                ("max_placeholders", outage, {}),
                ("max_rejects", long, {"max_rejects": 1}),
                ("zero_rows", [account("a", active=True)], {})):
            with self.subTest(name):
                folder = self.folder / name
                site = self.site(site=make_site(folder, users))
                other = "max_fewer_users"
                self.refused(site, 65, f"--accept-guard {name}",
                             folder=folder, guards=guards,
                             args=["--accept-guard", other])
                run = self.accepted(site, name, folder=folder, guards=guards)
                self.assertNotIn(f"guard {other}", run.stderr)

    def test_waves_can_be_accepted(self):
        first = make_site(self.folder / "one", [account("a")] + [
            account(n, active=True) for n in "bcdefgh"])
        second = make_site(self.folder / "two",
                           [account(n) for n in "abcde"])
        self.published(self.site(site=first), as_of="2026-11-22T02:00:00Z")
        later = self.site(site=second)
        self.refused(later, 65, "--accept-guard max_fewer_users")
        self.refused(later, 65, "--accept-guard max_new_inactive",
                     args=["--accept-guard", "max_fewer_users"])
        run = self.accepted(later, "max_fewer_users", "max_new_inactive")
        self.assertEqual(len(run.rows()), 5)

    def test_a_guard_that_there_is_not(self):
        run = self.refused(self.site(), 64, '"max_user" is no guard',
                           args=["--accept-guard", "max_user"])
        for name in ("min_users", "max_fewer_users", "max_new_inactive",
                     "max_placeholders", "max_rejects", "zero_rows"):
            self.assertIn(name, run.stderr)

    def test_no_variable_accepts_a_guard(self):
        """A variable stays, and would accept every night."""
        path = harness.make_job(self.folder, self.nobody_inactive().url)
        code, _, err = harness.run_rollcall(
            ["extract", "-c", path, "--as-of", AS_OF], cwd=self.folder,
            env={"ROLLCALL_ACCEPT_GUARD": "zero_rows"})
        self.assertEqual(code, 65, err)

    def test_the_manifest_has_every_guard_with_its_limit(self):
        run = self.published(self.site(), guards={"max_rejects": 3})
        guards = {guard["name"]: guard for guard in run.manifest()["guards"]}
        self.assertEqual(set(guards), {
            "min_users", "max_placeholders", "zero_rows", "max_rejects"})
        self.assertEqual((guards["max_rejects"]["value"],
                          guards["max_rejects"]["limit"],
                          guards["max_rejects"]["accepted"]), (0, 3, False))


if __name__ == "__main__":
    unittest.main()
