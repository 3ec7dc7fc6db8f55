"""clean: old runs go, whole; nothing else does, whenever it ends."""
import fcntl
import json
import os
import shutil
import subprocess
import time
import unittest

import harness
from published import Case, Run, edit_manifest

FIRST, LAST = 10, 16  # nights
NOW = "2026-11-23T12:00:00Z"


def night(day):
    return f"2026-11-{day:02}T02:00:00Z"


def run_id(day):
    return f"202611{day:02}T020000Z"


def done(day, name=None):
    return f"inactive_users_202611{day:02}_{name or run_id(day)}.done"


class CleanCase(Case):
    """A directory of a week's runs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        week = Case("setUp")
        week.setUp()
        cls.addClassCleanup(week.doCleanups)
        with harness.FakeSite() as site:
            week.job(site)
            for day in range(FIRST, LAST + 1):
                week.extract(as_of=night(day))
        cls.week = week.out

    def setUp(self):
        super().setUp()
        shutil.copytree(self.week, self.out, symlinks=True)

    def clean(self, *args, code=0):
        return self.rollcall("clean", "--out", "out", "--as-of", NOW, *args,
                             code=code)

    def days(self):
        """Days whose run is visible."""
        return [day for day in range(1, 31)
                if (self.out / run_id(day)).exists()]

    def assert_kept(self, *days):
        self.assertEqual(self.days(), list(days))
        self.assertEqual(self.visible(), sorted(
            [run_id(day) for day in days] + [done(day) for day in days]
            + ["latest"]))
        for day in days:
            self.rollcall("verify", self.out / run_id(day))

    def tree(self):
        return {str(path): (path.is_symlink(), path.is_dir())
                for path in self.folder.rglob("*")}


class Keeps(CleanCase):
    def test_the_newest_runs(self):
        result = self.clean("--keep", "3")
        self.assert_kept(14, 15, 16)
        told = result.json()
        self.assertEqual(told, {
            "status": "cleaned", "exit": 0, "kept": 3,
            "removed": [run_id(day) for day in range(FIRST, 14)],
            "leftovers": [], "done_files": [], "left_alone": []})
        for day in range(FIRST, 14):
            self.assertIn(f"removed {run_id(day)}, as of {night(day)}",
                          result.err)

    def test_the_run_before_the_last_even_if_one_is_asked_for(self):
        self.clean("--keep", "1")
        self.assert_kept(15, 16)
        self.clean("--keep", "1")
        self.assert_kept(15, 16)

    def test_more_than_there_are(self):
        before = self.tree()
        self.assertEqual(self.clean("--keep", "99").json()["removed"], [])
        self.assertEqual(self.tree(), before)

    def test_what_is_younger(self):
        self.clean("--keep", "1", "--older-than", "10d")
        self.assert_kept(14, 15, 16)
        self.clean("--keep", "1", "--older-than", "1w")
        self.assert_kept(15, 16)

    def test_the_run_that_latest_names_though_others_are_newer(self):
        (self.out / "latest").unlink()
        (self.out / "latest").symlink_to(run_id(12))
        self.clean("--keep", "1")
        self.assert_kept(11, 12, 16)

    def test_without_a_latest_that_leads_somewhere(self):
        for target in (None, "gone"):
            (self.out / "latest").unlink(missing_ok=True)
            if target:
                (self.out / "latest").symlink_to(target)
            self.clean("--keep", "1")
            self.assertEqual(self.days(), [15, 16])

    def test_the_next_run_finds_what_it_needs(self):
        self.clean("--keep", "1")
        with harness.FakeSite() as site:
            self.job(site)
            run = self.published(as_of=night(LAST), *["--force"])
        self.assertEqual(run.facts()["supersedes"], run_id(LAST - 1))

    def test_by_time_and_not_by_name(self):
        with harness.FakeSite() as site:
            self.job(site)
            self.extract("--run-id", "zz", as_of=night(1))
        self.assertEqual(self.clean("--keep", "6").json()["removed"],
                         ["zz", run_id(FIRST)])
        self.assert_kept(*range(11, LAST + 1))

    def test_a_dry_run_only_tells(self):
        (self.out / ".tmp-dead").mkdir()
        before = self.tree()
        result = self.clean("--keep", "3", "--dry-run")
        told = result.json()
        self.assertEqual(self.tree(), before)
        self.assertEqual(told["status"], "dry_run")
        self.assertIn(f"would remove {run_id(FIRST)}", result.err)
        real = self.clean("--keep", "3").json()
        self.assertEqual({**told, "status": "cleaned"}, real)

    def test_the_job_names_the_directory(self):
        self.job("http://127.0.0.1:9")
        self.rollcall("clean", "-c", "rollcall.json", "--keep", "2")
        self.assert_kept(15, 16)

    def test_the_lock_keeps_its_mode(self):
        lock = self.out / ".rollcall.lock"
        lock.chmod(0o640)
        self.clean("--keep", "2")
        self.assertEqual(lock.stat().st_mode & 0o777, 0o640)


class LeavesAlone(CleanCase):
    """What is not wholly a run of rollcall's."""

    def left(self, name, reason):
        result = self.clean("--keep", "1")
        self.assertIn(f"{name}: left alone: ", result.err)
        self.assertIn(reason, result.err)
        self.assertIn(name, result.json()["left_alone"])
        self.assertTrue((self.out / name).exists())
        self.assertEqual(len(self.days()), 3)

    def test_a_damaged_manifest(self):
        (self.out / run_id(11) / "manifest.json").write_text("{")
        self.left(run_id(11), "manifest.json")

    def test_a_manifest_of_another_run(self):
        edit_manifest(Run(self.out / run_id(11)),
                      lambda m: m["x-rollcall"].update(runId="other"))
        self.left(run_id(11), "another run")

    def test_a_file_that_is_not_in_the_manifest(self):
        (self.out / run_id(11) / "notes.txt").write_text("x")
        self.left(run_id(11), "notes.txt is not in its manifest")

    def test_a_folder_in_it(self):
        (self.out / run_id(11) / "sub").mkdir()
        self.left(run_id(11), "sub is not in its manifest")

    def test_a_link_in_it(self):
        part = self.out / run_id(11) / "inactive_users-00001.csv.gz"
        target = self.folder / "precious"
        shutil.move(part, target)
        part.symlink_to(target)
        self.left(run_id(11), "is no plain file")
        self.assertTrue(target.exists())

    def test_folders_and_files_of_others(self):
        (self.out / "mine").mkdir()
        (self.out / "mine" / "x").write_text("x")
        (self.out / "20261101T020000Z").mkdir()
        (self.out / "note.done").write_text("x")
        # A done file of rollcall's has a name that ends in its run's.
        names = {"other_20261101_x.done": {"runId": "x"},
                 "other_20261101_up.done": {"runId": "../up"},
                 "other_20261101_y.done": {"runId": "z"},
                 "other_20261101z.done": {"runId": "z"},
                 "two words_20261101_z.done": {"runId": "z"}}
        for name, members in names.items():
            hashed = {} if members["runId"] == "x" else {
                "manifestSha256": "0" * 64}
            (self.out / name).write_text(json.dumps({**members, **hashed}))
        self.clean("--keep", "2")
        for name in ("mine/x", "20261101T020000Z", "note.done", *names):
            self.assertTrue((self.out / name).exists(), name)

    def test_a_link_to_a_run(self):
        elsewhere = self.folder / "elsewhere"
        shutil.move(self.out / run_id(11), elsewhere)
        (self.out / run_id(11)).symlink_to(elsewhere)
        before = sorted(path.name for path in elsewhere.iterdir())
        self.clean("--keep", "2")
        self.assertTrue((self.out / run_id(11)).is_symlink())
        self.assertEqual(sorted(path.name for path in elsewhere.iterdir()),
                         before)

    def test_leftovers_that_are_links(self):
        precious = self.folder / "precious"
        precious.mkdir()
        (precious / "x").write_text("x")
        (self.out / ".tmp-link").symlink_to(precious)
        (self.out / ".tmp-dead").mkdir()
        (self.out / ".tmp-dead" / "part.gz").write_text("x")
        (self.out / ".tmp-dead" / "link").symlink_to(precious / "x")
        told = self.clean("--keep", "99").json()
        self.assertEqual(told["leftovers"], [".tmp-dead", ".tmp-link"])
        self.assertTrue((precious / "x").exists())
        self.assertEqual([name for name in self.visible()
                          if name.startswith(".tmp")], [])

    def test_done_files_of_runs_that_are_gone(self):
        shutil.rmtree(self.out / run_id(11))
        told = self.clean("--keep", "99").json()
        self.assertEqual(told["done_files"], [done(11)])
        self.assertFalse((self.out / done(11)).exists())
        self.assertTrue((self.out / done(12)).exists())


class Refuses(CleanCase):
    def test_wrong_command_lines(self):
        for args, text in (([], "needs --keep"),
                           (["--keep", "0"], "--keep"),
                           (["--keep", "-1"], "--keep"),
                           (["--keep", "3x"], "--keep"),
                           (["--keep", "3", "--older-than", "soon"],
                            "--older-than")):
            with self.subTest(args):
                self.assertIn(text, self.clean(*args, code=64).err)
        self.assertEqual(len(self.days()), 7)

    def test_no_such_directory(self):
        self.rollcall("clean", "--out", "nowhere", "--keep", "1", code=66)
        self.assertFalse((self.folder / "nowhere").exists())

    def test_while_a_run_holds_the_lock(self):
        with open(self.out / ".rollcall.lock", "r+") as lock:
            lock.truncate()
            lock.write(f"pid {os.getpid()} run night\n")
            lock.flush()
            fcntl.flock(lock, fcntl.LOCK_EX)
            for args in ([], ["--dry-run"]):
                result = self.clean("--keep", "1", *args, code=75)
                self.assertIn(f"pid {os.getpid()} run night", result.err)
        self.assertEqual(len(self.days()), 7)
        self.clean("--keep", "1", "--dry-run")


class EndsInTheMiddle(CleanCase):
    """Each state it can leave, and a kill at many moments. Every single step
    is ended at in tests/unit/test_publish_retire.c."""


    def heals(self, *args):
        self.clean("--keep", "2", *args)
        self.assertEqual(self.days(), [15, 16])
        self.assertEqual(len(self.visible()), 5)
        self.assertEqual(self.files(16), self.whole)

    def files(self, day):
        return len(list((self.out / run_id(day)).iterdir()))

    def setUp(self):
        super().setUp()
        self.whole = self.files(16)

    def test_after_the_done_file(self):
        (self.out / done(10)).unlink()
        self.assertIn("done file is missing", self.rollcall(
            "verify", self.out / run_id(10), code=65).err)
        self.heals()

    def test_after_the_rename(self):
        (self.out / done(10)).unlink()
        (self.out / run_id(10)).rename(self.out / f".tmp-{run_id(10)}")
        self.heals()

    def test_within_the_folder(self):
        (self.out / done(10)).unlink()
        aside = self.out / f".tmp-{run_id(10)}"
        (self.out / run_id(10)).rename(aside)
        (aside / "manifest.json").unlink()
        self.heals()

    def test_the_next_run_heals_it_too(self):
        (self.out / done(10)).unlink()
        (self.out / run_id(10)).rename(self.out / f".tmp-{run_id(10)}")
        with harness.FakeSite() as site:
            self.job(site)
            self.published(as_of=night(17))
        self.assertEqual(self.days(), [*range(11, 18)])
        self.assertEqual(len(self.visible()), 15)

    def check(self):
        """A run that has its done file is whole, and so is what latest
        names."""
        for day in self.days():
            self.assertEqual(self.files(day), self.whole)
        for mark in self.out.glob("*.done"):
            facts = json.loads(mark.read_text())
            self.assertTrue((self.out / facts["runId"]).is_dir(), mark)
        self.rollcall("verify", "out")

    def killed_after(self, gone):
        """Kills clean once so many done files are gone; whether it lived
        that long."""
        process = subprocess.Popen(
            [harness.binary("rollcall"), "clean", "--out", "out", "--keep",
             "1"], cwd=self.folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        while process.poll() is None:
            if len(list(self.out.glob("*.done"))) <= 7 - gone:
                process.kill()
                break
        return process.wait() != 0

    def test_killed_at_many_moments(self):
        """Faster or slower, every state that is seen must hold."""
        killed = 0
        for gone in (0, 1, 2, 3, 4) * 3:
            shutil.rmtree(self.out)
            shutil.copytree(self.week, self.out, symlinks=True)
            killed += self.killed_after(gone)
            self.check()
            self.heals()
        self.assertGreater(killed, 0)

    def test_a_signal_ends_it_between_two_runs(self):
        process = subprocess.Popen(
            [harness.binary("rollcall"), "clean", "--out", "out", "--keep",
             "1"], cwd=self.folder, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        while process.poll() is None and len(self.days()) == 7:
            time.sleep(0)
        process.terminate()
        out = process.communicate()[0]
        self.check()
        self.assertEqual([name for name in self.visible()
                          if name.startswith(".tmp")], [])
        if process.returncode != 0:
            self.assertEqual(json.loads(out)["status"], "failed")


if __name__ == "__main__":
    unittest.main()
