"""Publishing: all of a run or nothing, once, and never backwards."""
import json
import os
import signal
import time
import unittest

import truth
from published import (AS_OF, DAY, RUN, Case, Run, account, switched,
                       write_site)

DONE = f"inactive_users_{DAY}_{RUN}.done"
COMPLETE = [RUN, DONE, "latest"]
SLOW = {"latency_ms": 20}
AUDIT = "/rest/api/3/auditing/record"
NIGHTS = ["2026-11-20T02:00:00Z", "2026-11-21T02:00:00Z",
          "2026-11-22T02:00:00Z"]
FAILURES = {
    "the log is denied": ({"rules": [{"path": AUDIT, "do": "status",
                                      "status": 403}]}, 77),
    "the log is down": ({"rules": [{"path": AUDIT, "do": "status",
                                    "status": 503}]}, 69),
    "a login page": ({"rules": [{"path": AUDIT, "do": "html_login"}]}, 77),
    "the log is silent": ({"audit": {"empty": True}}, 65),
}


class Visible(Case):
    def test_a_complete_run_is_all_there_is(self):
        self.job(self.site())
        run = self.published()
        self.assertEqual(self.visible(), COMPLETE)
        self.assertEqual(os.readlink(self.out / "latest"), RUN)
        done = json.loads((self.out / DONE).read_text())
        self.assertEqual((done["runId"], done["dataset"], done["rows"]),
                         (RUN, "inactive_users", 41))
        self.assertEqual(run.facts()["verdict"], "complete")

    def test_a_failed_run_leaves_nothing(self):
        for name, (scenario, code) in FAILURES.items():
            with self.subTest(name):
                self.job(self.site(scenario=scenario))
                result = self.extract(code=code)
                self.assert_nothing_published()
                self.assertEqual(result.json()["exit"], code)

    def test_a_failed_run_leaves_the_last_good_one(self):
        self.job(self.site())
        self.published()
        scenario, code = FAILURES["the log is denied"]
        self.job(self.site(scenario=scenario))
        self.extract("--run-id", "z", code=code)
        self.extract("--force", code=code)
        self.assertEqual(self.visible(), COMPLETE)
        self.rollcall("verify", "out")

    def test_done_file_comes_last(self):
        self.job(self.site(scenario=SLOW))
        process = self.start()
        while process.poll() is None:
            seen = self.visible()
            if DONE in seen:
                self.assertEqual(
                    [name for name in seen if name[0] != "."], COMPLETE)
                break
            time.sleep(0.002)
        self.assertEqual(process.wait(), 0)


class Again(Case):
    def test_the_same_run_id_asks_nothing(self):
        site = self.site()
        self.job(site)
        before = self.published().files()
        asked = len(site.requests())
        result = self.extract()
        self.assertEqual(result.json()["status"], "already")
        self.assertEqual(len(site.requests()), asked)
        self.assertEqual(Run(self.out / RUN).files(), before)

    def test_missing_markers_are_set_again(self):
        self.job(self.site())
        self.published()
        (self.out / DONE).unlink()
        (self.out / "latest").unlink()
        self.assertEqual(self.extract().json()["status"], "already")
        self.assertEqual(self.visible(), COMPLETE)
        self.rollcall("verify", "out")

    def test_force_replaces(self):
        self.job(self.site())
        self.published()
        self.job(self.site(), mappings=["all_users"])
        run = self.published("--force")
        self.assertEqual(self.visible(), [
            RUN, f"all_users_{DAY}_{RUN}.done", "latest"])
        self.assertEqual(run.parts(), [])

    def test_run_id_and_out(self):
        self.job(self.site())
        run = self.published("--run-id", "night-1", "--out",
                             self.folder / "deep" / "er")
        self.assertEqual(run.folder, self.folder / "deep" / "er" / "night-1")
        self.assertEqual(run.facts()["runId"], "night-1")
        self.assertTrue((self.folder / "deep" / "er" /
                         f"inactive_users_{DAY}_night-1.done").exists())
        self.assertFalse(self.out.exists())

    def test_run_ids_that_are_no_names_are_refused(self):
        self.job("http://127.0.0.1:9")
        for name in ("../up", "latest", ".hidden", "a/b", "x" * 65):
            self.extract("--run-id", name, code=64)
            self.assertFalse(self.out.exists())

    def test_an_older_run_does_not_move_latest_back(self):
        self.job(self.site())
        self.published()
        run = self.published(as_of=NIGHTS[0])
        self.assertNotEqual(run.folder.name, RUN)
        self.assertEqual(os.readlink(self.out / "latest"), RUN)
        # Nor does the newer run count as the one before it.
        self.assertNotIn("supersedes", run.facts())

    def test_latest_goes_by_time_and_not_by_name(self):
        self.job(self.site())
        for night, name, latest in ((0, "night-9", "night-9"),
                                    (1, "night-10", "night-10"),
                                    (0, "zz", "night-10"),
                                    (1, "again", "night-10")):
            self.published("--run-id", name, as_of=NIGHTS[night])
            self.assertEqual(os.readlink(self.out / "latest"), latest)

    def test_a_foreign_folder_is_not_overwritten(self):
        self.job("http://127.0.0.1:9")
        (self.out / RUN).mkdir(parents=True)
        (self.out / RUN / "precious").write_text("x")
        self.extract(code=73)
        self.assertEqual((self.out / RUN / "precious").read_text(), "x")


class Locked(Case):
    def wait_for_request(self, site):
        for _ in range(500):
            if site.requests():
                return
            time.sleep(0.01)
        self.fail("rollcall asked nothing")

    def test_a_second_run_is_told_to_try_later(self):
        site = self.site(scenario={"latency_ms": 150})
        self.job(site)
        first = self.start()
        self.wait_for_request(site)
        unasked = self.site()
        self.job(unasked)
        result = self.extract("--run-id", "second", code=75)
        self.assertIn(f"pid {first.pid} run {RUN}", result.err)
        self.assertEqual(unasked.requests(), [])
        self.assertEqual(first.wait(), 0)
        self.assertEqual(self.visible(), COMPLETE)

    def test_a_killed_run_keeps_no_lock(self):
        site = self.site(scenario={"latency_ms": 150})
        self.job(site)
        first = self.start()
        self.wait_for_request(site)
        first.kill()
        first.wait()
        self.assertEqual(self.visible(), [f".tmp-{RUN}"])
        self.job(self.site())
        self.published("--run-id", "next")
        self.assertEqual(self.visible(), [
            f"inactive_users_{DAY}_next.done", "latest", "next"])

    def test_a_signal_ends_the_run_and_leaves_nothing(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            site = self.site(scenario={"latency_ms": 150})
            self.job(site)
            process = self.start()
            self.wait_for_request(site)
            process.send_signal(number)
            self.assertEqual(process.wait(10), -number)
            self.assert_nothing_published()


class Killed(Case):
    """SIGKILL at any moment: no half run, and the next one is the same."""

    POINTS = 12

    def test_killed_anywhere(self):
        site = self.site(scenario={"latency_ms": 8})
        self.job(site)
        begin = time.monotonic()
        wanted = self.published("--out", self.folder / "wanted").files()
        whole = time.monotonic() - begin
        for point in range(self.POINTS):
            with self.subTest(point):
                process = self.start()
                time.sleep(whole * point / (self.POINTS - 1))
                process.kill()
                process.wait()
                self.check_what_is_visible()
                run = self.published()
                self.assertEqual(run.files(), wanted)
                self.assertEqual(self.visible(), COMPLETE)
                self.forget()

    def check_what_is_visible(self):
        names = [name for name in self.visible() if name[0] != "."]
        if names:  # the run first, then what points at it, then its marker
            self.assertIn(names, ([RUN], [RUN, "latest"], COMPLETE))
            for part in Run(self.out / RUN).manifest()["resources"]:
                self.assertTrue((self.out / RUN / part["path"]).exists())

    def forget(self):
        for path in (self.out / RUN).iterdir():
            path.unlink()
        (self.out / RUN).rmdir()
        (self.out / DONE).unlink()
        (self.out / "latest").unlink()


class Nights(Case):
    """Runs one after the other over a site that changes."""

    def night(self, number, inactive, *args, code=0, **overrides):
        """The run of NIGHTS[number], with these accounts inactive."""
        folder = self.folder / f"site{number}{sorted(inactive)}"
        users = [account(one, active=one not in inactive)
                 for one in range(1, 21)]
        records = [switched(one, 100 + one, "2026-11-01T00:00:00Z",
                            "Inactive") for one in sorted(inactive)]
        site = self.site(write_site(folder, users, records,
                                    now=NIGHTS[number]))
        overrides.setdefault("guards", {"max_new_inactive": "50%"})
        self.job(site, **overrides)
        if code != 0:
            return self.extract(*args, as_of=NIGHTS[number], code=code)
        return self.published(*args, as_of=NIGHTS[number])

    def first_observed(self, run):
        return {int(row["account_id"][-4:]):
                NIGHTS.index(row["first_observed_inactive_at"])
                for row in run.jsonl()}

    def test_first_observation_is_carried(self):
        run = self.night(0, {2, 3})
        self.assertEqual(self.first_observed(run), {2: 0, 3: 0})
        run = self.night(1, {2, 4})
        self.assertEqual(self.first_observed(run), {2: 0, 4: 1})
        # 3 was active in between: that inactivity is a new one.
        run = self.night(2, {2, 3, 4})
        self.assertEqual(self.first_observed(run), {2: 0, 3: 2, 4: 1})
        self.assertEqual(run.facts()["supersedes"], "20261121T020000Z")

    def test_publishing_a_night_again_keeps_it(self):
        self.night(0, {2})
        before = self.night(1, {2, 3}).files()
        again = self.night(1, {2, 3}, "--force")
        self.assertEqual(again.files(), before)
        self.assertEqual(self.first_observed(again), {2: 0, 3: 1})

    def test_it_is_carried_through_csv_of_any_dialect(self):
        dialects = [{"preset": name} for name in
                    ("rfc4180", "powercenter", "excel", "postgres")]
        dialects += [{"header": False, "delimiter": ";", "null": "-"},
                     {"time_format": "%d.%m.%Y %H:%M:%S"},
                     {"time_format": "%Y%m%d%H%M%S"}]
        for csv in dialects:
            with self.subTest(csv=csv):
                output = {"formats": ["csv"], "csv": csv,
                          "dir": f"out{dialects.index(csv)}"}
                self.night(0, {2}, output=output)
                self.night(1, {2, 3}, output=output)
                output["formats"] = ["jsonl"]
                run = self.night(2, {2, 3}, output=output)
                self.assertEqual(self.first_observed(run), {2: 0, 3: 1})

    def test_times_without_a_day_are_not_believed(self):
        output = {"formats": ["csv"], "csv": {"time_format": "%H:%M"}}
        self.night(0, {2}, output=output)
        run = self.night(1, {2}, guards={"max_new_inactive": "0%"})
        self.assertEqual(self.first_observed(run), {2: 1})

    def test_too_many_new_inactive_accounts_stop_the_run(self):
        self.night(0, {2})
        guards = {"max_new_inactive": "10%"}
        self.night(1, {2, 3, 4}, guards=guards)
        result = self.night(2, {2, 3, 4, 5, 6, 7}, code=65, guards=guards)
        self.assertIn("max_new_inactive", result.err)
        self.assertIn("guards.max_new_inactive", result.json()["hint"])
        self.assertEqual(os.readlink(self.out / "latest"),
                         "20261121T020000Z")
        self.assertEqual(
            [name for name in self.visible() if "20261122" in name], [])

    def test_the_guard_needs_a_run_before(self):
        self.night(0, set(range(2, 21)), guards={"max_new_inactive": "0%"})

    def test_nobody_inactive_stops_the_run_unless_allowed(self):
        self.night(0, set(), code=65)
        self.assert_nothing_published()
        run = self.night(0, set(), guards={"zero_rows": "allow"})
        self.assertEqual((run.csv(), run.jsonl()), ([], []))
        self.assertEqual(run.plain().decode(),
                         ",".join(truth.COLUMNS) + "\n")


class Told(Case):
    MEMBERS = {"status", "exit", "run", "as_of", "dir", "datasets"}
    FIGURES = {"previous", "accounts", "requests", "retries", "pages",
               "waited_ms", "elapsed_ms", "unresolved_keys",
               "unresolved_emails", "warnings", "files", "bytes"}

    def tell(self, *args, code=0, **options):
        path = self.folder / "result.json"
        result = self.extract(*args, "--result-json", path, code=code,
                              **options)
        self.assertEqual(result.out.count("\n"), 1)
        self.assertTrue(result.out.endswith("}\n"))
        self.assertEqual(path.read_text(), result.out)
        return result.json()

    def test_success_is_told(self):
        self.job(self.site())
        told = self.tell()
        self.assertEqual(set(told), self.MEMBERS | self.FIGURES)
        self.assertEqual((told["status"], told["exit"], told["run"],
                          told["as_of"]), ("published", 0, RUN, AS_OF))
        self.assertEqual(told["datasets"], [
            {"name": "inactive_users", "rows": 41, "rejected": 0,
             "undecided": 0, "last_change": {"known": 31, "no_actor": 5,
                                             "before_log": 5,
                                             "no_access": 0}}])
        self.assertEqual((told["accounts"], told["retries"], told["files"],
                          told["unresolved_keys"], told["warnings"]),
                         (47, 0, 2, 2, 1))
        self.assertGreater(told["bytes"], 1000)
        again = self.tell()
        self.assertEqual(set(again), self.MEMBERS)
        self.assertEqual(again["status"], "already")

    def test_failure_is_told(self):
        self.job(self.site(args=["--token", "other"]))
        told = self.tell(code=77)
        self.assertEqual(set(told),
                         self.MEMBERS | {"error", "message", "hint"})
        self.assertEqual((told["status"], told["exit"], told["dir"],
                          told["error"]), ("failed", 77, None, "auth"))

    def test_a_job_that_is_wrong_is_told(self):
        self.job("http://127.0.0.1:9", gards={})
        told = self.tell(code=78)
        self.assertEqual((told["run"], told["error"]), (None, "config"))
        self.assertIn("guards", told["message"])

    def test_a_result_that_cannot_be_told_fails_the_run(self):
        self.job(self.site())
        self.extract("--result-json", self.folder / "no" / "where", code=73)


if __name__ == "__main__":
    unittest.main()
