"""One run of rollcall against a fake site, and what it may leave behind.

A finished run is compared with a run without faults: whatever went wrong on
the way, the bytes must be the same. A failed run must leave nothing that
somebody could take for data.
"""
import functools
import gzip
import json
import tempfile
import time
import unittest
from pathlib import Path

import harness

AS_OF = "2026-11-23T02:00:00Z"
RUN_ID = "20261123T020000Z"
TIMEOUT_SECONDS = 60
LOCK = ".rollcall.lock"  # stays between runs and is no output


class Attempt:
    def __init__(self, folder, outcome, seconds):
        self.code, self.out, self.err = outcome
        self.folder, self.seconds = Path(folder), seconds

    @property
    def result(self):
        return json.loads(self.out.splitlines()[-1])

    @property
    def told(self):
        """The error and its cure, as a user reads them."""
        result = self.result
        return f"{result['message']}\n{result['hint'] or ''}"

    @property
    def run(self):
        return self.folder / "out" / RUN_ID

    @property
    def manifest(self):
        return json.loads((self.run / "manifest.json").read_text())

    @property
    def csv(self):
        part = self.run / "inactive_users-00001.csv.gz"
        return gzip.decompress(part.read_bytes())

    def source(self, name):
        """What the manifest says of a source."""
        return next(source for source
                    in self.manifest["x-rollcall"]["sources"]
                    if source["name"] == name)

    def left_behind(self):
        """Everything under the output directory but the lock."""
        out = self.folder / "out"
        if not out.is_dir():
            return []
        return sorted(path.name for path in out.iterdir()
                      if path.name != LOCK)


def attempt(folder, url, *args, env=None, **job):
    path = harness.make_job(folder, url, **job)
    started = time.monotonic()
    outcome = harness.run_rollcall(
        ["extract", "-c", path, "--as-of", AS_OF, *args], env=env, cwd=folder,
        timeout=TIMEOUT_SECONDS)
    return Attempt(folder, outcome, time.monotonic() - started)


@functools.cache
def undisturbed():
    """The CSV of the sample site when nothing goes wrong."""
    with tempfile.TemporaryDirectory() as folder, harness.FakeSite() as site:
        return attempt(folder, site.url).csv


class RunCase(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def site(self, *rules, args=(), **scenario):
        if rules:
            scenario["rules"] = list(rules)
        return self.enterContext(
            harness.FakeSite(scenario=scenario or None, args=args))

    def extract(self, url, *args, env=None, **job):
        return attempt(self.folder, url, *args, env=env, **job)

    def assert_published(self, run):
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.result["status"], "published")
        self.assertEqual(run.csv, undisturbed())

    def assert_nothing_published(self, folder):
        self.assertEqual(Attempt(folder, (None, "", ""), 0).left_behind(), [])

    def assert_refused(self, run, code, *texts):
        """The exit code, words of message or hint, and an empty output."""
        self.assertEqual(run.code, code, run.err)
        self.assertEqual(run.result["exit"], code)
        self.assertEqual(run.result["status"], "failed")
        for text in texts:
            self.assertIn(text, run.told)
        self.assert_nothing_published(run.folder)
