"""What the world around a run does to it: the site goes away, clocks jump,
the output directory is pulled from under it, descriptors and file sizes are
limited, nobody reads standard output."""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest

import area
import faults
import harness
from published import RUN, AS_OF, Case, Run

USERS = "/rest/api/3/users/search"
STEADY = "2026-11-23T02:00:00Z"
YEAR = 366 * 86400
SYSEXITS = {66, 69, 70, 73, 74, 78}
DESCRIPTORS = range(4, 24)  # the loader needs one of its own
FILE_SIZES = (0, 20, 1000, 2400, 20000)
WAIT_SECONDS = 60


def setUpModule():
    area.count("faults: world")


class WorldCase(Case):
    def when_asked(self, site, process, requests):
        """Waits until the site got so many; False if the run was faster."""
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            if len(site.requests()) >= requests:
                return process.poll() is None
            if process.poll() is not None:
                return False
            time.sleep(0.002)
        raise AssertionError("the run does not ask")

    def limited(self, limits):
        """An extract under resource limits."""
        def set_limits():
            for what, value in limits.items():
                resource.setrlimit(what, (value, value))
        done = subprocess.run(
            [harness.binary("rollcall"), "extract", "-c", "rollcall.json",
             "--as-of", AS_OF], cwd=self.folder, stdin=subprocess.DEVNULL,
            env={**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN,
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")},
            preexec_fn=set_limits, capture_output=True, text=True,
            timeout=WAIT_SECONDS, check=False)
        return done


class Site(WorldCase):
    def test_it_goes_away_for_good(self):
        for requests in (1, 5, 12):
            with self.subTest(requests):
                site = self.site(scenario={"latency_ms": 30})
                self.job(site, limits={"retry_for": "1s"})
                process = self.start()
                if not self.when_asked(site, process, requests):
                    self.fail("the run was too fast for the test")
                site.process.kill()
                out, err = process.communicate(timeout=WAIT_SECONDS)
                self.assertEqual(process.returncode, 69, err)
                self.assertIn("gave up after", json.loads(out)["message"])
                self.assert_nothing_published()


class Signals(WorldCase):
    """By the number of requests; at every call that touches a file they are
    sent in test_fault_matrix.py."""

    def test_at_any_request(self):
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        for requests in range(1, 19, 3):
            number = numbers[requests // 3 % 3]
            with self.subTest(requests=requests, number=number):
                site = self.site(scenario={"latency_ms": 25})
                self.job(site)
                process = self.start()
                self.when_asked(site, process, requests)
                process.send_signal(number)
                out, err = process.communicate(timeout=WAIT_SECONDS)
                self.assertIn(process.returncode, (0, -number), err)
                told = json.loads(out)
                if process.returncode == 0:
                    self.assertEqual(told["status"], "published")
                    self.rollcall("verify", "out")
                    shutil.rmtree(self.out)
                else:
                    self.assertEqual(told["exit"], 128 + number)
                    self.assert_nothing_published()

    def test_the_first_of_two_counts(self):
        site = self.site(scenario={"latency_ms": 300})
        self.job(site)
        process = self.start()
        self.when_asked(site, process, 2)
        process.send_signal(signal.SIGSTOP)  # both are there when it goes on
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=WAIT_SECONDS)
        self.assertEqual(process.returncode, -signal.SIGTERM, err)
        self.assert_nothing_published()

    def test_nobody_reads_the_result(self):
        self.job(self.site())
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w") as gone:
            done = subprocess.run(
                [harness.binary("rollcall"), "extract", "-c",
                 "rollcall.json", "--as-of", AS_OF], cwd=self.folder,
                stdout=gone, stderr=subprocess.PIPE, text=True, check=False,
                env={**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN,
                     "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("stdout", done.stderr)
        self.rollcall("verify", "out")
        self.assertEqual(self.extract().json()["status"], "already")


class Place(WorldCase):
    """The output directory while the run works in it."""

    def disturbed(self, disturb):
        site = self.site(scenario={"latency_ms": 60})
        self.job(site)
        process = self.start()
        if not self.when_asked(site, process, 4):
            self.fail("the run was too fast for the test")
        disturb()
        out, err = process.communicate(timeout=WAIT_SECONDS)
        self.assertEqual(process.returncode, 73, err)
        return json.loads(out)

    def check_next(self):
        self.published()
        self.assertEqual(os.readlink(self.out / "latest"), RUN)

    def test_it_is_removed(self):
        self.disturbed(lambda: shutil.rmtree(self.out))
        self.assertFalse(self.out.exists())
        self.check_next()

    def test_only_the_unfinished_run_is_removed(self):
        self.disturbed(lambda: shutil.rmtree(self.out / f".tmp-{RUN}"))
        self.assert_nothing_published()
        self.check_next()

    def test_it_is_replaced_by_a_link(self):
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()

        def swap():
            self.out.rename(self.folder / "moved")
            self.out.symlink_to(elsewhere)
        told = self.disturbed(swap)
        self.assertIn("moved, removed or replaced", told["message"])
        self.assertEqual(list(elsewhere.iterdir()), [])
        self.assertEqual([path.name for path
                          in (self.folder / "moved").iterdir()],
                         [".rollcall.lock"])
        self.check_next()


class Limits(WorldCase):
    def test_too_few_descriptors(self):
        self.job(self.site())
        codes = set()
        for limit in DESCRIPTORS:
            with self.subTest(limit):
                done = self.limited({resource.RLIMIT_NOFILE: limit})
                codes.add(done.returncode)
                if done.returncode == 0:
                    self.rollcall("verify", "out")
                    shutil.rmtree(self.out)
                    continue
                self.assertIn(done.returncode, SYSEXITS, done.stderr)
                self.assertNotEqual(done.stderr, "")
                self.assert_nothing_published()
        self.assertIn(0, codes)
        self.assertGreater(len(codes), 1)

    def test_files_may_not_grow(self):
        self.job(self.site())
        for size in FILE_SIZES:
            with self.subTest(size):
                done = self.limited({resource.RLIMIT_FSIZE: size})
                self.assertEqual(done.returncode, 74, done.stderr)
                self.assertRegex(done.stderr, "File too large|rollcall.db: ")
                self.assert_nothing_published()


@faults.plain_build
class WallClock(WorldCase):
    def moved(self, wall, *args, code=0):
        return self.rollcall("extract", "-c", "rollcall.json", *args,
                             code=code, env={"LD_PRELOAD": faults.SHIM,
                                             "FAULT_WALL": wall})

    def test_rows_do_not_depend_on_it(self):
        self.job(self.site())
        want = self.published("--out", self.folder / "steady").files()
        for wall in (f"{5 * YEAR}", f"-{YEAR}@9", f"{YEAR}@9"):
            with self.subTest(wall):
                done = self.moved(wall, "--as-of", STEADY, "--force")
                self.assertEqual(Run(done.json()["dir"]).files(), want)
                self.rollcall("verify", "out")

    def test_a_time_it_does_not_know_yet_is_refused(self):
        self.job("http://127.0.0.1:9")
        done = self.moved(f"-{YEAR}", "--as-of", STEADY, code=64)
        self.assertIn("check the clock", done.json()["hint"])

    def test_the_run_is_named_by_it(self):
        self.job(self.site(), guards={"zero_rows": "allow"})
        done = self.moved(f"-{YEAR}", "--quiet")
        now = time.gmtime(time.time() - YEAR)
        self.assertIn(time.strftime("%Y%m", now), done.json()["run"])
        self.rollcall("verify", "out")

    def test_waits_and_deadlines_do_not_go_by_it(self):
        rule = {"path": USERS, "do": "status", "status": 503, "first": 2}
        for wall in (f"-{YEAR}@6", f"{YEAR}@6"):
            with self.subTest(wall):
                site = self.site(scenario={"rules": [rule]})
                self.job(site, limits={"retry_for": "30s",
                                       "run_for": "5m"})
                done = self.moved(wall, "--as-of", STEADY, "--force")
                self.assertEqual(done.json()["status"], "published")
                answers = [row["status"] for row in site.requests(USERS)]
                self.assertGreaterEqual(answers.count(503), 1)


@faults.plain_build
class Durable(WorldCase):
    """What a power failure may take: nothing is shown before it is synced,
    and nothing is told before the folder that shows it is."""

    def calls(self, *args):
        self.job(self.site(), output={"dir": "data/out"})
        return [(kind, path) for kind, path in faults.count(
            ["extract", "-c", self.folder / "rollcall.json", "--as-of",
             AS_OF, *args], self.folder / "data", "write")]

    def synced(self, calls, path, changes, until):
        """PATH's last change before UNTIL is followed by an fsync of it."""
        last = max((number for number, (kind, name) in
                    enumerate(calls[:until])
                    if name == path and kind in changes), default=None)
        self.assertIsNotNone(last, path)
        self.assertIn(("fsync", path), calls[last:until], path)

    def check(self, *args):
        calls = self.calls(*args)
        shown = next(number for number, (kind, name) in enumerate(calls)
                     if kind == "renameat2" and name == f"/out/{RUN}")
        temp = f"/out/.tmp-{RUN}"
        written = {name for kind, name in calls[:shown]
                   if kind == "write" and name.startswith(temp)}
        self.assertEqual(len(written), 3, written)
        for path in written:
            self.synced(calls, path, ("write", "fchmod"), shown)
        last = max(number for number, (kind, name) in
                   enumerate(calls[:shown])
                   if name.startswith(temp + "/") and
                   kind in ("open", "renameat"))
        self.assertIn(("fsync", temp), calls[last:shown])
        marks = [number for number, (kind, name) in enumerate(calls)
                 if number > shown and kind == "renameat"]
        self.assertEqual(len(marks), 2)
        for before, after in zip([shown, *marks], [*marks, len(calls)]):
            self.assertIn(("fsync", "/out"), calls[before:after])
        done = next(name for kind, name in calls[marks[0]:]
                    if kind == "write" and re.search(r"\.done$", name))
        self.synced(calls, done, ("write", "fchmod"), marks[1])

    def test_a_new_run(self):
        self.check()

    def test_a_run_that_is_replaced(self):
        self.calls()
        self.check("--force")


if __name__ == "__main__":
    unittest.main()
