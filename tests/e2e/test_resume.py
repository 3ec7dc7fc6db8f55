"""A run that ends before it is published, and the one that goes on."""
import os
import signal
import subprocess
import time
import unittest
from datetime import timedelta

import harness
import truth
from nights import (DAY, FIRST, SETTLE, WINDOW, SixWindows, record, text,
                    without_observations)
from runs import AUDIT

OVERLAP = timedelta(hours=24)


class Interrupted(SixWindows):
    def ends(self, site):
        """Where the windows begin whose end was asked for."""
        return {row["query"]["from"] for row in site.requests(AUDIT)
                if row["query"].get("offset") == "1"}

    def killed(self, count, as_of=FIRST, sign=signal.SIGKILL, job=None):
        """Kills a run when COUNT windows are whole and one stalls."""
        scenario = self.fault(count, as_of, do="stall", ms=600000)
        with self.serve(scenario) as site:
            path = harness.make_job(self.folder, site.url,
                                    **(job or self.job))
            run = subprocess.Popen(
                [harness.binary("rollcall"), "extract", "-c", str(path),
                 "--as-of", truth.rfc3339(as_of)], cwd=self.folder,
                env={**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN,
                     "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            give_up = time.monotonic() + harness.RUN_SECONDS
            while text(self.starts(as_of)[count]) not in self.ends(site):
                self.assertIsNone(run.poll())
                self.assertLess(time.monotonic(), give_up)
                time.sleep(0.01)
            run.send_signal(sign)
            run.wait(harness.RUN_SECONDS)
            site.process.kill()   # it would wait for its own delay
        self.assertFalse((self.folder / "out" / "latest").exists())
        return run.returncode

    def froms(self, run):
        return [span[0] for span in run.asked]

    def test_killed_and_run_again(self):
        self.killed(3)
        self.assertEqual(len(self.sql("SELECT * FROM unfinished_window")), 3)
        self.assertEqual(self.sql("SELECT * FROM fact WHERE provisional = 0"),
                         [])
        run = self.night(FIRST)
        self.assertEqual(self.froms(run),
                         [text(start) for start in self.starts()[3:]])
        windows = run.source("jira_audit")["windows"]
        self.assertEqual([row.get("resumed", False) for row in windows],
                         [True] * 3 + [False] * 3)
        self.assertEqual(sum(row["records"] for row in windows), 6)
        self.assertEqual(run.source("jira_audit")["items"], 6)
        self.assertEqual(without_observations(run.rows()),
                         without_observations(self.anew(FIRST).rows()))
        for table in ("unfinished", "unfinished_window",
                      "fact WHERE provisional", "pair WHERE provisional",
                      "newest WHERE provisional"):
            self.assertEqual(self.sql(f"SELECT * FROM {table}"), [], table)

    def test_killed_twice(self):
        self.killed(2)
        self.killed(4)
        run = self.night(FIRST)
        self.assertEqual(len(run.asked), 2)
        self.assertEqual(without_observations(run.rows()),
                         without_observations(self.anew(FIRST).rows()))

    def test_signal(self):
        self.assertEqual(self.killed(3, sign=signal.SIGTERM),
                         -signal.SIGTERM)
        self.assertEqual(len(self.night(FIRST).asked), 3)

    def test_a_later_as_of_reads_again_what_may_have_come_late(self):
        self.killed(3)
        later = FIRST + timedelta(hours=2)
        late = FIRST - SETTLE - OVERLAP
        self.log.append(record(300, late, "ug:u5", author="caller"))
        self.log.append(record(301, FIRST, "ug:u4", author="caller"))
        run = self.night(later)
        self.assertEqual(self.froms(run), [text(late)] + [
            text(start) for start in (
                self.starts()[2] - WINDOW, self.starts()[2] - 2 * WINDOW,
                FIRST - 180 * DAY)])
        self.assertEqual(without_observations(run.rows()),
                         without_observations(self.anew(later).rows()))
        self.assertEqual(self.knowledge(run)["known"], {
            "from": truth.rfc3339(FIRST - 180 * DAY),
            "to": truth.rfc3339(later - SETTLE)})

    def test_the_second_restart_still_knows_when_windows_were_read(self):
        self.killed(3)
        second = FIRST + timedelta(hours=2)
        with self.serve({"rules": [{"path": AUDIT, "do": "status",
                                    "status": 401}]}) as site:
            path = harness.make_job(self.folder, site.url, **self.job)
            code, _, _ = harness.run_rollcall(
                ["extract", "-c", path, "--as-of", truth.rfc3339(second)],
                cwd=self.folder)
        self.assertEqual(code, 77)
        late = FIRST - SETTLE - OVERLAP
        self.log.append(record(300, late, "ug:u5", author="caller"))
        run = self.night(second)
        self.assertEqual(self.froms(run)[0], text(late))
        self.assertEqual(run.by_name()["u5"]["last_modified_at"],
                         truth.rfc3339(late))

    def test_an_earlier_as_of_starts_over(self):
        self.killed(3)
        run = self.night(FIRST - DAY)
        self.assertEqual(len(run.asked), 6)
        self.assertIn("later as-of", run.stderr)
        self.assertEqual(without_observations(run.rows()),
                         without_observations(
                             self.anew(FIRST - DAY).rows()))

    def test_another_plan_starts_over(self):
        self.killed(3)
        run = self.night(FIRST, "--full")
        self.assertEqual(len(run.asked), 6)

    def test_too_long_ago(self):
        self.killed(3)
        self.sql("UPDATE unfinished SET started_at = started_at - ?",
                 49 * 3600 * 1000)
        run = self.night(FIRST)
        self.assertEqual(len(run.asked), 6)
        self.assertIn("too long ago", run.stderr)

    def test_empty_windows_are_read_again(self):
        kept, self.log = self.log, self.log[1:]
        self.killed(3)
        self.log = kept
        run = self.night(FIRST)
        self.assertEqual(len(run.asked), 4)
        self.assertIsNotNone(run.by_name()["u0"]["last_modified_at"])

    def test_windows_with_refused_records_are_read_again(self):
        self.log.append(record(300, FIRST - 40 * DAY, "ug:u3"))
        bad = {"path": AUDIT, "query": {"from": text(self.starts()[1]),
                                        "offset": "0"},
               "do": "bad_field", "pointer": "/created", "raw": "5", "row": 1}
        scenario = self.fault(3, do="status", status=401)
        scenario["rules"].append(bad)
        self.night(FIRST, code=77, scenario=scenario)
        run = self.night(FIRST, scenario={"rules": [bad]})
        self.assertEqual(len(run.asked), 4)
        self.assertEqual([row["item"] for row in run.rejects()], ["300"])

    def test_unavailable_then_resumed(self):
        self.job = {"limits": {"concurrency": 1, "retry_for": "1s"}}
        run = self.night(FIRST, code=69, scenario=self.fault(
            2, do="status", status=503, headers={"Retry-After": "0"}))
        self.assertEqual(run.visible(), set())
        run = self.night(FIRST)
        self.assertEqual(self.froms(run),
                         [text(start) for start in self.starts()[2:]])

    def test_no_permission_then_resumed(self):
        self.night(FIRST, code=77, scenario=self.fault(
            2, do="status", status=401))
        self.assertEqual(len(self.night(FIRST).asked), 4)

    def test_data_that_are_not_trusted_leave_nothing(self):
        self.night(FIRST, code=65, scenario=self.fault(
            3, do="garbage"))
        for table in ("unfinished", "unfinished_window", "fact", "pair",
                      "newest"):
            self.assertEqual(self.sql(f"SELECT * FROM {table}"), [], table)
        self.assertEqual(len(self.night(FIRST).asked), 6)

    def test_a_guard_that_trips_leaves_nothing(self):
        self.night(FIRST, code=65, guards={"min_users": 100})
        self.assertEqual(self.sql("SELECT * FROM fact"), [])
        self.assertEqual(self.sql("SELECT * FROM unfinished"), [])

    def test_a_night_that_is_interrupted(self):
        self.night(FIRST)
        later = FIRST + 40 * DAY - 38 * DAY
        self.log.append(record(300, later - timedelta(hours=5), "ug:u0",
                               author="caller"))
        scenario = {"rules": [{"path": AUDIT, "do": "status",
                               "status": 401}]}
        run = self.night(later, code=77, scenario=scenario)
        self.assertEqual(self.sql(
            "SELECT count(*) FROM fact WHERE provisional = 0"), [(6,)])
        run = self.night(later)
        self.assertEqual(len(run.asked), 1)
        self.assertEqual(run.by_name()["u0"]["last_modified_at"],
                         truth.rfc3339(later - timedelta(hours=5)))


if __name__ == "__main__":
    unittest.main()
