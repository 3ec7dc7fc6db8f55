"""Several sites in one job: side by side, all or none, or those there are;
together or apart; one by one."""
import json
import os
import signal
import time
from pathlib import Path

import harness
from published import AS_OF, RUN
from site_jobs import SEARCH, WRONG, SitesCase, variable

PATIENCE = 20


def children_of(pid):
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()]


def is_alive(pid):
    """Neither gone nor only waited for."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def wait_until(true):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise AssertionError("it does not come")
        time.sleep(0.02)


def span(site):
    """When it was asked, from the first to the last time."""
    at = [row["at"] for row in site.requests()]
    return min(at), max(at)


class Apart(SitesCase):
    def test_each_is_the_run_it_would_be_alone(self):
        self.sites_job()
        result = self.extract(env=self.env).json()
        self.assertEqual(result["status"], "published")
        self.assertIsNone(result["dir"])
        self.assertEqual(result["missing"], [])
        self.assertEqual([site["site"] for site in result["sites"]],
                         list(self.names))
        for site in result["sites"]:
            name = site["site"]
            run = self.run_of(name)
            self.assertEqual(site["status"], "published")
            self.assertEqual(Path(site["dir"]), run.folder)
            self.rollcall("verify", run.folder)
            self.assertEqual(run.files(), self.alone(name).files())
            self.assertEqual(run.facts()["site"], name)
            self.assertTrue((self.folder / "state" / name /
                             "rollcall.db").exists())
            self.assertEqual(
                (self.out / name / "latest").readlink(), Path(RUN))
        self.assertEqual(self.visible(), sorted(self.names))
        again = self.extract().json()
        self.assertEqual(again["status"], "already")

    def test_they_run_at_the_same_time_up_to_the_limit(self):
        for limit, overlaps in ((2, True), (1, False)):
            self.sites = {"beta": None, "gamma": None}
            self.slow("beta", 60)
            self.slow("gamma", 60)
            self.sites_job(limits={"sites": limit}, state=f"s{limit}/r.db",
                           output={"dir": f"o{limit}"})
            self.extract()
            beta, gamma = (span(site) for site in self.sites.values())
            self.assertEqual(gamma[0] < beta[1] and beta[0] < gamma[1],
                             overlaps)

    def test_a_site_has_its_own_settings(self):
        self.sites_job(more={"beta": {"mappings": ["all_users"]}},
                       output={"formats": ["jsonl"]})
        self.extract()
        self.assertTrue(self.run_of("beta").jsonl("all_users"))
        self.assertTrue(self.run_of("acme").jsonl("inactive_users"))

    def test_log_lines_name_the_site(self):
        self.sites_job()
        err = self.extract("--log-format", "json").err
        lines = [json.loads(line) for line in err.splitlines()]
        published = {line["site"] for line in lines
                     if line["event"] == "published"}
        self.assertEqual(published, set(self.names))


class OneFails(SitesCase):
    def setUp(self):
        super().setUp()
        self.env[variable("beta")] = WRONG

    def test_nothing_is_shown_and_the_others_are_stopped(self):
        self.slow("gamma", 400)
        self.sites_job()
        result = self.extract(code=77)
        line = json.loads(result.out)
        self.assertEqual(self.runs(), [])
        self.assertEqual(line["status"], "failed")
        self.assertEqual(line["missing"], list(self.names))
        self.assertEqual([site["status"] for site in line["sites"]],
                         ["withheld", "failed", "withheld"])
        self.assertEqual(line["error"], "auth")
        self.assertIn("site beta: ", line["message"])
        self.assertIn("acme: not published: withheld", result.err)
        self.assertLess(len(self.sites["gamma"].requests()), 6)
        self.env[variable("beta")] = harness.TOKEN
        self.assertEqual(self.extract().json()["status"], "published")

    def test_the_others_are_published_where_the_job_says_so(self):
        self.sites_job(on_site_failure="publish_others")
        result = self.extract(code=77)
        line = json.loads(result.out)
        self.assertEqual(self.runs(), ["acme", "gamma"])
        self.assertEqual(line["status"], "partial")
        self.assertEqual(line["missing"], ["beta"])
        self.assertEqual([site["status"] for site in line["sites"]],
                         ["published", "failed", "published"])
        self.assertIn("beta: not published: auth", result.err)

    def test_all_failing_is_a_failure_under_either_policy(self):
        self.env = {variable(name): WRONG for name in self.names}
        for policy in ("fail", "publish_others"):
            self.sites_job(on_site_failure=policy,
                           output={"sites": "together"})
            line = json.loads(self.extract(code=77).out)
            self.assertEqual(line["status"], "failed")
            self.assertEqual(self.runs(), [])
            self.assertFalse((self.out / RUN).exists())

    def test_a_partial_whole_says_what_it_lacks_and_is_completed(self):
        self.sites_job(on_site_failure="publish_others",
                       output={"sites": "together"})
        result = self.extract(code=77)
        line = json.loads(result.out)
        whole = self.whole(line)
        self.assertEqual(line["status"], "partial")
        self.assertEqual(whole.facts()["verdict"], "partial")
        self.assertEqual(whole.facts()["missing"],
                         [{"site": "beta", "verdict": "auth", "exit": 77}])
        self.assertEqual({row["site"] for row in whole.jsonl()},
                         {"acme", "gamma"})
        verified = self.rollcall("verify", whole.folder)
        self.assertEqual(verified.json()["missing"], 1)
        self.assertIn("lacks 1 of its sites", verified.err)
        self.assertIn("lacks 1 of its sites",
                      self.rollcall("status", "--out", "out").out)
        self.env[variable("beta")] = harness.TOKEN
        line = self.extract().json()
        self.assertEqual([site["status"] for site in line["sites"]],
                         ["already", "published", "already"])
        self.assertEqual(self.whole(line).facts()["verdict"], "complete")
        self.assertEqual({row["site"] for row in whole.jsonl()},
                         set(self.names))

    def whole(self, line):
        run = self.run_of("")
        self.assertEqual(Path(line["dir"]), run.folder)
        return run


class Waiting(SitesCase):
    """acme is read at once and waits for gamma, which is slow."""

    def setUp(self):
        super().setUp()
        self.sites.pop("beta")
        self.slow("gamma", 150)

    def begin_and_wait(self, *args):
        before = len(self.sites["acme"].requests())
        process = self.begin(*args)
        temp = self.out / "acme" / f".tmp-{RUN}" / "manifest.json"
        wait_until(temp.exists)
        self.assertGreater(len(self.sites["acme"].requests()), before)
        return process, children_of(process.pid)

    def assert_ended(self, pids):
        wait_until(lambda: not any(map(is_alive, pids)))

    def test_what_is_ready_is_not_shown_before_all_are(self):
        self.sites_job()
        process, _ = self.begin_and_wait()
        time.sleep(0.1)
        self.assertEqual(self.runs(), [])
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(self.runs(), ["acme", "gamma"])

    def test_a_signal_ends_all_of_them(self):
        self.sites_job()
        process, pids = self.begin_and_wait()
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertEqual(len(pids), 2)
        self.assert_ended(pids)
        self.assertEqual(self.runs(), [])
        line = json.loads(out)
        self.assertEqual(line["error"], "interrupted")
        self.assertEqual(line["exit"], 143)

    def test_none_outlives_the_parent_or_shows_anything(self):
        self.sites_job()
        process, pids = self.begin_and_wait()
        process.kill()
        process.wait()
        self.assert_ended(pids)
        self.assertEqual(self.runs(), [])

    def test_a_site_that_is_killed_is_a_failure_that_names_it(self):
        self.sites_job()
        process, pids = self.begin_and_wait()
        gamma = next(pid for pid in pids if self.is_reading(pid))
        os.kill(gamma, signal.SIGKILL)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 70)
        self.assertEqual(self.runs(), [])
        line = json.loads(out)
        self.assertIn("site gamma: ended without a result, exit 137",
                      line["message"])
        self.assertIn("read whole, and not published", err)

    def is_reading(self, pid):
        """The process that holds gamma's lock."""
        lock = (self.out / "gamma" / ".rollcall.lock").read_text()
        return f"pid {pid} " in lock

    def test_no_token_is_in_an_argument(self):
        self.sites_job()
        process, pids = self.begin_and_wait()
        for pid in pids:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
            self.assertNotIn(harness.TOKEN.encode(), line)
        self.assertEqual(process.wait(PATIENCE), 0)


class Together(SitesCase):
    def test_it_is_what_merge_makes_of_the_runs_apart(self):
        self.sites_job(output={"sites": "together"},
                       deliver=[{"type": "dir", "path": "land"}])
        line = self.extract().json()
        whole = self.run_of("")
        self.assertEqual(Path(line["dir"]), whole.folder)
        self.rollcall("verify", whole.folder)
        self.rollcall("merge", *(self.run_of(name).folder for name in
                                 reversed(self.names)),
                      "--out", "merged")
        merged = self.run_of("", "merged")
        self.assertEqual(whole.files(), merged.files())
        rows = [{"site": name, **row} for name in self.names
                for row in self.run_of(name).jsonl()]
        self.assertEqual(whole.jsonl(), rows)
        self.assertEqual(line["datasets"], [
            {"name": "inactive_users", "rows": len(rows), "rejected": 0}])
        header = self.rollcall("cat", "out").out.splitlines()[0]
        self.assertTrue(header.startswith("site,account_id,"), header)
        # One delivery, of the whole.
        self.assertEqual([one["verdict"] for one in line["deliveries"]],
                         ["sent"])
        self.assertEqual(sorted(path.name for path in
                                (self.folder / "land" / RUN).iterdir()),
                         sorted(path.name for path in
                                whole.folder.iterdir()))
        self.assertFalse((self.folder / "land" / "acme").exists())

    def test_old_runs_are_cleaned_whole_and_apart(self):
        self.sites_job(output={"sites": "together"})
        for day in (21, 22, 23):
            self.extract("-q", as_of=f"2026-11-{day}T02:00:00Z")
        cleaned = self.rollcall("clean", "--keep", "1").json()
        self.assertEqual(cleaned["removed"], ["20261121T020000Z"])
        cleaned = self.rollcall("clean", "--keep", "1", "--site",
                                "beta").json()
        self.assertEqual(cleaned["removed"], ["20261121T020000Z"])
        self.assertTrue((self.out / "acme" / "20261121T020000Z").exists())

    def test_schema_has_the_site_in_its_key(self):
        self.sites_job(output={"sites": "together"})
        text = self.rollcall("schema", "--format", "postgres").out
        self.assertIn("site", text)
        self.assertRegex(text, r'(?i)primary key \("?site"?, "?account_id"?\)')
        one = self.rollcall("schema", "--format", "postgres", "--site",
                            "beta").out
        self.assertNotRegex(one, r'(?i)key \("?site')

    def test_a_mapping_with_a_column_site_is_refused_before_all(self):
        mapping = json.loads("\n".join(
            line for line in (harness.ROOT / "mappings" / "all_users.json")
            .read_text().splitlines() if not line.strip().startswith("//")))
        mapping["columns"][1]["name"] = "site"
        mapping["name"] = "mine"
        (self.folder / "mine.json").write_text(json.dumps(mapping))
        self.sites_job(mappings=["./mine.json"],
                       output={"sites": "together"})
        self.assertIn('"site" is what the rows of all sites get',
                      self.extract(code=78).err)


class OneByOne(SitesCase):
    def test_a_site_alone_is_published_in_its_folder(self):
        self.sites_job()
        line = self.extract("--site", "beta").json()
        self.assertEqual(Path(line["dir"]), self.run_of("beta").folder)
        self.assertEqual(self.runs(), ["beta"])
        env = {"ROLLCALL_SITE": "gamma"}
        self.extract(env=env)
        self.assertEqual(self.runs(), ["beta", "gamma"])
        # What is left is done by a run of all, at the same time.
        line = self.extract().json()
        self.assertEqual([site["status"] for site in line["sites"]],
                         ["published", "already", "already"])

    def test_deliveries_go_to_a_folder_of_the_site(self):
        self.sites_job(deliver=[{"type": "dir", "path": "land"}])
        self.extract("--site", "beta")
        landed = self.folder / "land" / "beta" / RUN / "manifest.json"
        self.assertTrue(landed.exists())

    def test_what_is_about_one_site_asks_for_it(self):
        self.sites_job()
        for args in (("explain", "712020:1"),
                     ("deactivate", "712020:1", "--via", "admin"),
                     ("clean", "--keep", "3"), ("deliver", "latest"),
                     ("extract", "--record", "pages"),
                     ("schema", "--format", "postgres", "--part", "table")):
            if args[0] == "schema":
                continue
            err = self.rollcall(*args, code=64).err
            self.assertIn("has 3 sites", err, args)
            self.assertIn("--site acme", err, args)
        err = self.rollcall("extract", "--site", "acne", code=64).err
        self.assertIn('has no site "acne"', err)
        self.assertIn('did you mean "acme"', err)
        self.assertIn("is the name of a site",
                      self.extract("--run-id", "beta", code=64).err)
        harness.make_job(self.folder, self.sites["acme"].url)
        self.assertIn('has no "sites"',
                      self.rollcall("plan", "--site", "acme", code=64).err)

    def test_plan_check_and_status_go_through_all(self):
        self.sites_job(mappings=["all_users"])
        plan = self.rollcall("plan").out
        self.assertEqual([line.split()[1] for line in plan.splitlines()
                          if line.startswith("site ")], list(self.names))
        self.assertEqual(plan.count("\nrun "), 3)
        self.env[variable("gamma")] = WRONG
        check = self.rollcall("check", code=77)
        self.assertIn("site gamma: failed", check.err)
        self.assertEqual(check.out.count("\nsite "), 2)
        check = self.rollcall("check", "--json", code=77).json()
        self.assertEqual([one["site"] for one in check["sites"]],
                         list(self.names))
        self.env[variable("gamma")] = harness.TOKEN
        self.extract()
        status = self.rollcall("status", "--json").json()
        for one in status["sites"]:
            self.assertEqual(one["report"]["last"], RUN)
            self.assertIn(f"/{one['site']}/", one["report"]["state"]["file"])
        one = self.rollcall("status", "--json", "--site", "beta").json()
        self.assertEqual(one["last"], RUN)

    def test_a_recorded_site_is_replayed_to_the_same_bytes(self):
        self.sites_job()
        self.extract("--site", "beta", "--record", "pages")
        before = self.run_of("beta").files()
        asked = len(self.sites["beta"].requests(SEARCH))
        self.extract("--site", "beta", "--replay", "pages", "--force")
        self.assertEqual(self.run_of("beta").files(), before)
        self.assertEqual(len(self.sites["beta"].requests(SEARCH)), asked)


if __name__ == "__main__":
    import unittest
    unittest.main()
