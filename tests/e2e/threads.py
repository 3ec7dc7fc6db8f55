"""Whole runs whose worker has something to do, under the thread sanitizer; make
tsan runs them. A race ends the program with an exit code of its own."""
import os
import signal
import time
import unittest
from unittest import mock

import area
import harness
import runs
from published import Case

MANY = f"users=3000,records=6000,seed=7,{runs.NOW},keys=mixed"
RACE = 99
OPTIONS = {"TSAN_OPTIONS": f"halt_on_error=1:exitcode={RACE}"}
# Requests after which a signal comes: while pages are read, and later.
STOPS = (2, 5, 9, 14, 22)
WAIT_SECONDS = 120


def setUpModule():
    area.count("threads")
    unittest.enterModuleContext(mock.patch.dict(os.environ, OPTIONS))


class Threads(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(harness.binary("rollcall"), "rb") as program:
            if b"__tsan_init" not in program.read():
                raise RuntimeError("not built with the thread sanitizer")

    def setUp(self):
        super().setUp()
        self.many = self.site(generate=MANY, scenario={"latency_ms": 5})
        self.job(self.many, limits={"concurrency": 8},
                 mappings=["all_users", "access_changes"],
                 output={"part_size": "16KiB"})

    def test_runs_that_publish(self):
        first = self.published("--record", "record").files()
        again = self.published("--force", "--replay", "record").files()
        self.assertGreater(len(first), 8)
        self.assertEqual(first, again)

    def test_a_signal_at_any_time(self):
        for requests in STOPS:
            with self.subTest(requests):
                before = len(self.many.requests())
                process = self.start()
                until = time.monotonic() + WAIT_SECONDS
                while (len(self.many.requests()) < before + requests and
                       process.poll() is None):
                    self.assertLess(time.monotonic(), until)
                    time.sleep(0.005)
                process.send_signal(signal.SIGTERM)
                _, err = process.communicate(timeout=WAIT_SECONDS)
                self.assertIn(process.returncode, (0, -signal.SIGTERM), err)
                self.assertNotIn("ThreadSanitizer", err)


if __name__ == "__main__":
    unittest.main()
