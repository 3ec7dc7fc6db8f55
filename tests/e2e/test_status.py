"""status: how the output directory stands, for a person and a monitor."""
import fcntl
import json
import os
import shutil
import sqlite3
import unittest

import harness
import truth
from nights import DAY, FIRST, SETTLE, SixWindows
from published import Case, Run, account, edit_manifest, write_site

NIGHTS = ["2026-11-20T02:00:00Z", "2026-11-21T02:00:00Z"]
RUNS = ["20261120T020000Z", "20261121T020000Z"]
NOW = "2026-11-21T12:00:00Z"
HOUR = 3600 * 1000
MEMBERS = {"out", "now", "verdict", "last", "last_as_of", "age_ms",
           "max_age_ms", "latest", "lock", "runs", "leftovers", "sources",
           "known", "state", "next", "change", "warnings"}


class StatusCase(Case):
    """Two nights: five accounts of which two are inactive, then six and
    three."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        nights = Case("setUp")
        nights.setUp()
        cls.addClassCleanup(nights.doCleanups)
        for index, at in enumerate(NIGHTS):
            users = [account(n, active=n > 3 + index) for n in range(2, 7)]
            users += [account(7)] * index
            folder = nights.folder / f"site{index}"
            with harness.FakeSite(write_site(folder, [account(1), *users], [],
                                             now=at)) as site:
                nights.job(site, guards={"max_new_inactive": "50%"})
                nights.published(as_of=at)
        cls.nights = nights.folder

    def setUp(self):
        super().setUp()
        shutil.copytree(self.nights / "out", self.out, symlinks=True)
        self.job("http://127.0.0.1:9", events={"lookback": "40d"})

    def status(self, *args, code=0, now=NOW):
        return self.rollcall("status", "-c", "rollcall.json", "--as-of", now,
                             *args, code=code)

    def facts(self, *args, **options):
        return self.status("--json", *args, **options).json()

    def run_folder(self, index):
        return Run(self.out / RUNS[index])


class Facts(StatusCase):
    def test_all_is_well(self):
        facts = self.facts()
        self.assertEqual(set(facts), MEMBERS)
        self.assertEqual(
            (facts["verdict"], facts["last"], facts["last_as_of"],
             facts["latest"], facts["age_ms"], facts["max_age_ms"]),
            ("ok", RUNS[1], NIGHTS[1], RUNS[1], 10 * HOUR, 26 * HOUR))
        self.assertEqual(facts["out"], str(self.out))
        self.assertEqual(facts["lock"], {"held": False, "holder": None})
        self.assertEqual((facts["leftovers"], facts["warnings"]), ([], []))
        newest, older = facts["runs"]
        self.assertEqual((newest["run"], newest["as_of"], newest["verdict"],
                          newest["accounts"], newest["datasets"]),
                         (RUNS[1], NIGHTS[1], "complete", 7,
                          [{"name": "inactive_users", "rows": 3}]))
        self.assertEqual((older["run"], older["age_ms"]), (RUNS[0], 34 * HOUR))
        self.assertEqual(newest["bytes"], sum(
            path.stat().st_size for path in self.run_folder(1).folder.glob(
                "*.gz")))

    def test_what_changed_since_the_run_before(self):
        self.assertEqual(self.facts()["change"], {
            "since": RUNS[0], "accounts": 1,
            "datasets": [{"name": "inactive_users", "rows": 1}]})
        shutil.rmtree(self.run_folder(0).folder)
        self.assertEqual(self.facts()["change"], None)

    def test_logs_and_the_next_window(self):
        facts = self.facts()
        log = next(source for source in facts["sources"]
                   if source["name"] == "jira_audit")
        windows = next(source for source in
                       self.run_folder(1).facts()["sources"]
                       if source["name"] == "jira_audit")["windows"]
        self.assertEqual((log["windows"], log["from"], log["to"]),
                         (len(windows), min(w["from"] for w in windows),
                          max(w["to"] for w in windows)))
        self.assertEqual((log["kind"], log["gaps"], log["skipped"]),
                         ("events", [], None))
        self.assertEqual(facts["next"], {"from": "2026-10-12T12:00:00Z",
                                         "to": "2026-11-21T11:55:00Z"})
        skipped = next(source for source in facts["sources"]
                       if source["name"] == "org_events")
        self.assertIn("no endpoint", skipped["skipped"])

    def test_a_gap(self):
        gap = {}

        def cut(manifest):
            source = next(one for one in manifest["x-rollcall"]["sources"]
                          if one["name"] == "jira_audit")
            windows = sorted(source["windows"], key=lambda w: w["from"])
            gap.update({"from": windows[2]["from"], "to": windows[2]["to"]})
            source["windows"].remove(windows[2])
        edit_manifest(self.run_folder(1), cut)
        facts = self.facts()
        log = next(source for source in facts["sources"]
                   if source["name"] == "jira_audit")
        self.assertEqual(log["gaps"], [gap])
        self.assertEqual(facts["verdict"], "warning")
        self.assertIn("jira_audit: 1 gaps", facts["warnings"][0])
        self.assertIn(f"from {gap['from']} to {gap['to']}", self.status().out)

    def test_what_is_known_from_all_runs(self):
        """Where facts are carried, a run reads less than is known."""
        span = {"from": "2026-01-01T00:00:00Z", "to": "2026-11-21T01:55:00Z"}
        logs = [{"source": "jira_audit", "known": span,
                 "oldest": "2026-01-02T00:00:00Z", "gaps": []},
                {"source": "org_events", "known": None, "gaps": []}]
        edit_manifest(self.run_folder(1), lambda manifest: manifest[
            "x-rollcall"]["datasets"][0].update(knowledge={"logs": logs}))
        self.assertEqual(self.facts()["known"], [
            {"dataset": "inactive_users", "source": "jira_audit", **span,
             "oldest": "2026-01-02T00:00:00Z"}])
        self.assertIn("inactive_users of jira_audit: from "
                      f"{span['from']} to {span['to']}", self.status().out)

    def test_a_log_that_could_not_be_read(self):
        edit_manifest(self.run_folder(1), lambda manifest: [
            source.update(noAccess=True) for source in
            manifest["x-rollcall"]["sources"]
            if source["name"] == "jira_audit"])
        self.assertIn("jira_audit: the log could not be read",
                      self.facts()["warnings"])

    def test_without_a_job(self):
        facts = self.rollcall("status", "--out", "out", "--json", "--as-of",
                              NOW).json()
        self.assertEqual((facts["last"], facts["next"]), (RUNS[1], None))

    def test_it_changes_nothing(self):
        before = {str(path): path.lstat().st_mtime_ns
                  for path in self.folder.rglob("*")}
        self.status()
        self.facts()
        self.assertEqual(before, {str(path): path.lstat().st_mtime_ns
                                  for path in self.folder.rglob("*")})

    def test_the_text_says_the_same(self):
        out = self.status().out
        for text in (f"output    {self.out}", f"latest    {RUNS[1]}",
                     "lock      free",
                     f"{RUNS[1]}  as of {NIGHTS[1]}, 10 h old  complete  "
                     "inactive_users 3",
                     "jira_audit: read from ", "no gap",
                     "from 2026-10-12T12:00:00Z to 2026-11-21T11:55:00Z",
                     f"accounts  7 (+1 since {RUNS[0]})",
                     f"inactive_users 3 (+1 since {RUNS[0]})"):
            self.assertIn(text, out)
        self.assertNotIn("warning", out)


class Age(StatusCase):
    def test_an_old_run_is_a_warning(self):
        facts = self.facts(now="2026-11-22T04:00:01Z")
        self.assertEqual(facts["verdict"], "stale")
        self.assertIn("more than 26 hours", facts["warnings"][0])
        self.assertEqual(self.facts(now="2026-11-22T04:00:00Z")["verdict"],
                         "ok")

    def test_and_an_error_for_who_asks(self):
        self.status("--max-age", "10h")
        result = self.status("--max-age", "9h", code=65)
        self.assertIn(NIGHTS[1], result.err)
        self.assertIn("warning", result.out)
        facts = self.facts("--max-age", "9h", code=65)
        self.assertEqual((facts["verdict"], facts["max_age_ms"]),
                         ("stale", 9 * HOUR))

    def test_no_run_at_all(self):
        shutil.rmtree(self.out)
        self.out.mkdir()
        facts = self.facts()
        self.assertEqual((facts["verdict"], facts["last"], facts["runs"],
                          facts["change"]), ("stale", None, [], None))
        self.assertIn("no run is published",
                      self.status("--max-age", "26h", code=65).err)

    def test_a_failed_night_does_not_renew_it(self):
        """What lies beside the runs is none."""
        (self.out / ".tmp-20261121T110000Z").mkdir()
        (self.out / "20261121T110000Z").mkdir()
        self.status("--max-age", "9h", code=65)

    def test_no_directory(self):
        shutil.rmtree(self.out)
        self.assertIn("cannot open the output directory",
                      self.status(code=66).err)

    def test_no_job(self):
        (self.folder / "rollcall.json").unlink()
        self.assertIn("-c FILE", self.rollcall("status", code=66).err)

    def test_a_wrong_age(self):
        self.assertIn("--max-age", self.status("--max-age", "old",
                                               code=64).err)


class Odd(StatusCase):
    def warned(self, *texts):
        facts = self.facts()
        self.assertEqual(facts["verdict"], "warning")
        out = self.status().out
        for text in texts:
            self.assertIn(text, " ".join(facts["warnings"]))
            self.assertIn(text, out)
        return facts

    def test_a_missing_done_file(self):
        next(self.out.glob(f"*_{RUNS[1]}.done")).unlink()
        facts = self.warned(f"{RUNS[1]}: a done file is missing",
                            f"--run-id {RUNS[1]}")
        self.assertEqual(facts["runs"][0]["verdict"], "unmarked")

    def test_a_damaged_manifest(self):
        (self.run_folder(0).folder / "manifest.json").write_text("{")
        facts = self.warned(RUNS[0], "manifest.json")
        self.assertEqual(facts["runs"][1]["verdict"], "unreadable")
        self.assertEqual(facts["runs"][1]["as_of"], None)

    def test_latest_that_leads_nowhere(self):
        (self.out / "latest").unlink()
        (self.out / "latest").symlink_to("gone")
        facts = self.warned('latest leads to "gone"')
        self.assertEqual(facts["last"], RUNS[1])

    def test_no_latest(self):
        (self.out / "latest").unlink()
        self.warned("no link latest")

    def test_latest_that_leads_to_an_older_run(self):
        (self.out / "latest").unlink()
        (self.out / "latest").symlink_to(RUNS[0])
        self.job("http://127.0.0.1:9")
        facts = self.facts()
        self.assertEqual(facts["last"], RUNS[0])
        self.assertIn(f"{RUNS[1]} is newer", " ".join(facts["warnings"]))

    def test_leftovers_of_a_dead_run(self):
        (self.out / ".tmp-dead").mkdir()
        self.assertEqual(self.warned("1 leftovers")["leftovers"],
                         [".tmp-dead"])
        self.assertIn("leftover  .tmp-dead", self.status().out)

    def test_a_run_that_is_under_way(self):
        """Seen, and not disturbed: it can still take what it holds."""
        (self.out / ".tmp-night").mkdir()
        path = self.out / ".rollcall.lock"
        path.write_text(f"pid {os.getpid()} run night\n")
        with open(path, "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            facts = self.facts()
            self.assertEqual(facts["lock"], {
                "held": True, "holder": f"pid {os.getpid()} run night"})
            self.assertEqual(facts["warnings"], [])
            out = self.status().out
            self.assertIn(f"held by pid {os.getpid()} run night", out)
            self.assertIn("running   .tmp-night", out)
        self.assertEqual(self.facts()["lock"]["held"], False)

    def test_names_that_are_no_text(self):
        (self.out / "latest").unlink()
        os.symlink(b"\xff\x1b[31m", bytes(self.out / "latest"))
        os.mkdir(bytes(self.out) + b"/.tmp-\xff")
        facts = self.facts()
        self.assertEqual((facts["latest"], facts["leftovers"]),
                         ("??[31m", [".tmp-?"]))
        self.assertNotIn("\x1b", self.status().out)

    def test_links_are_not_followed(self):
        shutil.move(self.run_folder(0).folder, self.folder / "elsewhere")
        (self.out / RUNS[0]).symlink_to(self.folder / "elsewhere")
        self.assertEqual([run["run"] for run in self.facts()["runs"]],
                         [RUNS[1]])


class State(SixWindows):
    """What the state knows; the log is one of six windows."""

    def setUp(self):
        super().setUp()
        self.job = {"limits": {"concurrency": 1, "retry_for": "1s"}}

    def look(self, *args, now=FIRST + DAY / 2, code=0):
        found, out, err = harness.run_rollcall(
            ["status", "-c", "rollcall.json", "--as-of", truth.rfc3339(now),
             *args], cwd=self.folder)
        self.assertEqual(found, code, out + err)
        self.assertEqual(err, "")
        return out

    def facts(self, *args, **options):
        return json.loads(self.look("--json", *args, **options))

    def interrupted(self):
        """A night whose log gives its newest two windows and no more."""
        self.night(FIRST, code=69, scenario=self.fault(
            2, do="status", status=503, headers={"Retry-After": "0"}))

    def cursor(self):
        return {"dataset": "inactive_users", "source": "jira_audit",
                "from": truth.rfc3339(FIRST - 180 * DAY),
                "to": truth.rfc3339(FIRST - SETTLE),
                "oldest": truth.rfc3339(FIRST - 155 * DAY)}

    def test_after_a_night(self):
        self.night(FIRST)
        facts = self.facts()
        state = facts["state"]
        self.assertEqual(set(state), {"file", "lock", "published", "cursors",
                                      "next", "unfinished"})
        self.assertEqual(state["file"], str(self.state))
        self.assertEqual(state["lock"], {"held": False, "holder": None})
        self.assertEqual(state["published"], {"run": "20261120T020000Z",
                                              "as_of": truth.rfc3339(FIRST)})
        self.assertEqual(state["cursors"], [self.cursor()])
        span = {"from": truth.rfc3339(FIRST - SETTLE - DAY),
                "to": truth.rfc3339(FIRST + DAY / 2 - SETTLE)}
        self.assertEqual(state["next"], [
            {"source": "jira_audit", "spans": [span], "windows": 1,
             "reads_all": False}])
        self.assertEqual(state["unfinished"], None)
        self.assertEqual(facts["warnings"], [])
        out = self.look()
        for text in (f"state     {self.state}, has learned from "
                     f"20261120T020000Z, as of {truth.rfc3339(FIRST)}\n",
                     "cursor    inactive_users of jira_audit: from "
                     f"{self.cursor()['from']} to {self.cursor()['to']}, "
                     f"oldest record {self.cursor()['oldest']}\n",
                     f"next      jira_audit: {span['from']} to {span['to']} "
                     "in 1 window, the rest is known\n"):
            self.assertIn(text, out)
        for text in ("a run now reads the logs", "begun", "no state yet"):
            self.assertNotIn(text, out)

    def test_what_it_says_is_next_is_what_the_next_run_asks(self):
        self.night(FIRST)
        told = self.facts(now=FIRST + DAY)["state"]["next"][0]["spans"]
        run = self.night(FIRST + DAY)
        self.assertEqual([span["from"].replace("Z", ".000Z")
                          for span in told], [one[0] for one in run.asked])

    def test_an_interrupted_run(self):
        self.interrupted()
        facts = self.facts(now=FIRST)
        state = facts["state"]
        unfinished = state["unfinished"]
        self.assertEqual(
            {name: unfinished[name] for name in unfinished
             if name != "begun"},
            {"run": "20261120T020000Z", "as_of": truth.rfc3339(FIRST),
             "used": True, "unused": None,
             "finished": [{"source": "jira_audit", "windows": 2}]})
        ((begun,),) = self.sql("SELECT started_at FROM unfinished")
        self.assertEqual(
            round(truth.instant(unfinished["begun"]).timestamp() * 1000),
            begun)
        self.assertEqual((state["published"], state["cursors"]), (None, []))
        self.assertEqual(state["next"][0]["windows"], 6)
        self.assertTrue(state["next"][0]["reads_all"])
        out = self.look(now=FIRST)
        self.assertIn("begun     20261120T020000Z  as of "
                      f"{truth.rfc3339(FIRST)}, begun at ", out)
        self.assertIn("not finished; a run now goes on with it\n", out)
        self.assertIn("finished  jira_audit: 2 windows\n", out)
        self.assertEqual(len(self.night(FIRST).asked), 4)

    def test_an_interrupted_run_that_is_of_no_use(self):
        self.interrupted()
        for why, now in (("later as-of", FIRST - DAY),
                         ("too long ago", FIRST)):
            if now == FIRST:
                self.sql("UPDATE unfinished SET started_at = started_at - ?",
                         49 * HOUR)
            unfinished = self.facts(now=now)["state"]["unfinished"]
            self.assertEqual(unfinished["used"], False)
            self.assertIn(why, unfinished["unused"])
            self.assertIn(f"a run now does not use it: {unfinished['unused']}",
                          self.look(now=now))

    def test_no_state_yet(self):
        self.night(FIRST)
        shutil.rmtree(self.state.parent)
        facts = self.facts()
        self.assertEqual((facts["state"], facts["warnings"]), (None, []))
        out = self.look()
        self.assertIn("state     no state yet\n", out)
        self.assertIn("a run now reads the logs from ", out)
        self.assertFalse(self.state.parent.exists())

    def test_without_a_job(self):
        self.night(FIRST)
        code, out, _ = harness.run_rollcall(
            ["status", "--out", "out", "--as-of", truth.rfc3339(FIRST)],
            cwd=self.folder)
        self.assertEqual(code, 0)
        for text in ("state ", "cursor ", "next "):
            self.assertNotIn(text, out)

    def unusable(self, *texts):
        facts = self.facts("--max-age", "26h")
        self.assertEqual((facts["state"], facts["last"], facts["verdict"]),
                         (None, "20261120T020000Z", "warning"))
        (warning,) = facts["warnings"]
        for text in (str(self.state), "is not shown", *texts):
            self.assertIn(text, warning)
        self.assertIn(f"warning   {warning}\n", self.look())
        self.assertNotIn("no state yet", self.look())

    def test_a_damaged_state(self):
        self.night(FIRST)
        self.state.write_bytes(b"no database at all" * 500)
        before = self.state.read_bytes()
        self.unusable()
        self.assertEqual(self.state.read_bytes(), before)
        self.assertEqual({path.name for path in self.state.parent.iterdir()},
                         {"rollcall.db", "rollcall.db.lock"})

    def test_a_state_damaged_within(self):
        """Found only when it is read."""
        self.night(FIRST)
        with open(self.state, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(4096)
            file.write(b"\xff" * (size - 4096))
        self.unusable()

    def test_a_state_of_another_program_or_a_later_version(self):
        self.night(FIRST)
        self.sql("PRAGMA user_version = 99")
        self.unusable()
        self.sql("PRAGMA application_id = 7")
        self.unusable()

    def test_a_mapping_that_is_wrong(self):
        """What stands in the output is told all the same."""
        self.night(FIRST)
        path = self.folder / "rollcall.json"
        job = json.loads(path.read_text())
        path.write_text(json.dumps({**job, "mappings": ["gone.json"]}))
        (warning,) = self.facts()["warnings"]
        self.assertIn("gone.json", warning)

    def test_while_another_run_holds_the_state(self):
        """Seen, and not disturbed: the file and its lock stay as they are."""
        self.interrupted()
        path = self.state.with_name("rollcall.db.lock")
        path.write_text(f"pid {os.getpid()} run night\n")
        before = self.seen()
        with open(path, "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self.facts(now=FIRST)["state"]
            out = self.look(now=FIRST)
        holder = f"pid {os.getpid()} run night"
        self.assertEqual(state["lock"], {"held": True, "holder": holder})
        self.assertEqual(state["unfinished"]["used"], False)
        self.assertIn(holder, state["unfinished"]["unused"])
        self.assertIn(f"{self.state}, held by {holder}\n", out)
        self.assertIn("does not use it: another run holds the state", out)
        self.assertEqual(self.seen(), before)

    def test_while_a_run_writes(self):
        """What it has not committed is not seen, and not waited for."""
        self.interrupted()
        db = sqlite3.connect(self.state)
        self.addCleanup(db.close)
        db.execute("BEGIN IMMEDIATE")
        db.execute("DELETE FROM unfinished_window")
        self.assertEqual(self.facts(now=FIRST)["state"]["unfinished"]
                         ["finished"][0]["windows"], 2)
        db.commit()
        self.assertEqual(self.facts(now=FIRST)["state"]["unfinished"]
                         ["finished"], [])

    def test_it_changes_nothing(self):
        self.night(FIRST)
        before = self.seen()
        self.look()
        self.facts()
        self.assertEqual(self.seen(), before)

    def seen(self):
        return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size)
                for path in self.folder.rglob("*")}


if __name__ == "__main__":
    unittest.main()
