"""A year of nights in one folder, with faults: what is published is true.

Every night the site has lived on, its log has forgotten what is older than
180 days, and rollcall runs with the same output and state. A night that
failed is run again. Each published row is compared with what soak.py and
truth.py know of all that ever happened.

    ROLLCALL_SOAK=365 ROLLCALL_SOAK_SEED=7 python3 -m unittest test_soak
"""
import contextlib
import json
import os
import random
import shutil
import sqlite3
import sys
import unittest

import faults
import harness
import truth
from faults import Fault
from nights import DAY, free_port
from runs import AUDIT, DATASET, SEARCH, Case
from soak import (RETENTION, Memory, World, first_night, next_night)

NIGHTS = int(os.environ.get("ROLLCALL_SOAK", "40"))
SEED = int(os.environ.get("ROLLCALL_SOAK_SEED", "20261123"))
FAULTY = 0.25        # of the nights
VERIFIED_EVERY = 10  # nights; and after every fault, and the last
STATE = "rollcall.db"
DISK_CODES = (73, 74)
ALWAYS = {"do": "status", "headers": {"Retry-After": "0"}}


def shim(deed, cause="EIO"):
    """A fault at a random one of CALLS, every other time of the last ones,
    which publish and tell the state; what rollcall may exit with."""
    codes = {"fail": DISK_CODES, "signal": (-15,)}.get(deed, (-9,))

    def draw(rng, calls):
        last = rng.randrange(calls // rng.choice((1, 4)))
        fault = Fault("write", calls - last, deed, cause,
                      deed == "fail" and rng.random() < 0.5)
        return fault.environment(), None, codes
    return draw


def site(status, code):
    """The site answers STATUS for ever, from some request on."""
    def draw(rng, _):
        rule = {**ALWAYS, "status": status, "from": rng.randrange(1, 3),
                "path": rng.choice((AUDIT, SEARCH))}
        return {}, {"rules": [rule]}, (code,)
    return draw


SITE_FAULTS = (site(503, 69), site(401, 77))
SHIM_FAULTS = (shim("kill"), shim("kill-half"), shim("kill-after"),
               shim("fail", "ENOSPC"), shim("signal", "SIGTERM"))


class Year(Case):

    def setUp(self):
        super().setUp()
        self.rng = random.Random(SEED)
        self.first = first_night(NIGHTS)
        self.world = World(SEED, self.first - RETENTION - 20 * DAY)
        self.world.live(self.first - RETENTION - 20 * DAY, self.first, 300)
        self.memory = Memory()
        self.port = free_port()
        self.data = self.folder / "data"
        self.calls = 0       # that touch files, of the last whole run
        self.deck = []
        self.faults = self.nights = self.unlearned = 0
        self.wrong = []

    # --- runs --------------------------------------------------------------

    def attempt(self, as_of, environment=None, scenario=None):
        """One run; with the shim its calls are counted."""
        here = harness.FakeSite(self.folder / "site", scenario=scenario,
                                args=["--port", str(self.port)])
        with here as served:
            path = harness.make_job(
                self.folder, served.url, output={"dir": "data/out"},
                state=f"data/state/{STATE}",
                # One request after another: the same calls every time.
                limits={"retry_for": "1s", "concurrency": 1},
                guards={"max_new_inactive": "100%"})
            args = ["extract", "-c", path, "--as-of", truth.rfc3339(as_of)]
            if not faults.SHIM:
                return faults.Outcome(*harness.run_rollcall(args), [])
            return faults.run(args, self.data,
                              environment or {"FAULT_SET": "write"})

    def disturbed(self, as_of):
        """A run that something happens to."""
        if not self.deck:
            self.deck = [*SITE_FAULTS, *(SHIM_FAULTS if faults.SHIM else ())]
            self.rng.shuffle(self.deck)
        environment, scenario, codes = self.deck.pop()(self.rng, self.calls)
        done = self.attempt(as_of, environment, scenario)
        struck = scenario or done.struck
        self.faults += bool(struck)
        what = f"{environment or scenario} struck {struck}"
        if done.code not in ((0, *codes) if environment else codes):
            self.tell(as_of, f"{what}: exit {done.code}: {done.err}")
        if (self.data / "out" / "latest").exists():
            self.verify(as_of, self.data / "out" / "latest", what)
        return what

    def tell(self, as_of, text):
        self.wrong.append(f"{truth.rfc3339(as_of)}: {text}")

    def verify(self, as_of, path, what=""):
        code, _, err = harness.run_rollcall(["verify", path])
        # A done file may be missing after a fault: it is written last.
        if code != 0 and not (what and "done" in err):
            self.tell(as_of, f"{what}: {path.name} does not verify: {err}")

    def run_of(self, as_of):
        return self.data / "out" / (truth.rfc3339(as_of)
                                    .replace("-", "").replace(":", ""))

    def learned(self, as_of):
        """The state knows of the run; looked at in a copy, because SQLite
        would mend what a fault has left."""
        copy = self.folder / "copy"
        shutil.copytree(self.data / "state", copy)
        with contextlib.closing(sqlite3.connect(copy / STATE)) as db:
            rows = db.execute("SELECT as_of FROM published").fetchall()
        shutil.rmtree(copy)
        knows = rows == [(as_of.timestamp() * 1000,)]
        self.unlearned += not knows
        return knows

    # --- one night ---------------------------------------------------------

    def night(self, as_of, number):
        self.world.write(self.folder / "site", as_of)
        what = ""
        if number and self.rng.random() < FAULTY:
            what = self.disturbed(as_of)
        done = self.attempt(as_of)
        self.assertEqual(done.code, 0, f"{as_of} {what}: {done.err}")
        # A run that is there already is left alone, and touches little.
        if not what:
            self.calls = len(done.calls)
        if self.rng.random() < 0.1:
            self.again(as_of)
        self.check(as_of, what)
        shutil.rmtree(self.folder / "site")
        self.nights += 1

    def again(self, as_of):
        manifest = self.run_of(as_of) / "manifest.json"
        before = manifest.read_bytes()
        done = self.attempt(as_of)
        if done.code != 0 or manifest.read_bytes() != before:
            self.tell(as_of, f"the same night again: {done.err}")

    def check(self, as_of, what):
        """The published run against all that ever happened."""
        oldest = self.memory.oldest_asked(as_of)
        self.memory.published(
            [{"accountId": "caller", "active": True}, *self.world.users],
            as_of, self.learned(as_of))
        whole = self.world.write(self.folder / "whole", as_of, whole=True)
        self.compare(as_of, what, self.memory.rows(whole, as_of))
        shutil.rmtree(whole)
        manifest = json.loads(
            (self.run_of(as_of) / "manifest.json").read_text())
        (log,) = (source for source in manifest["x-rollcall"]["sources"]
                  if source["name"] == "jira_audit")
        asked = min(truth.instant(row["from"]) for row in log["windows"])
        if asked != oldest:
            self.tell(as_of, f"{what}: the log is asked from {asked}, "
                             f"needed from {oldest}")
        if self.nights % VERIFIED_EVERY == 0 or what:
            self.verify(as_of, self.run_of(as_of))

    def compare(self, as_of, what, expected):
        found = [row for path in sorted(
            self.run_of(as_of).glob(f"{DATASET}-*.jsonl.gz"))
            for row in truth.read_jsonl_gz(path)]
        for got, wanted in zip(found, expected):
            if got != wanted:
                self.tell(as_of, f"{what}: {wanted['account_id']}: " + str(
                    {key: (got.get(key), value)
                     for key, value in wanted.items()
                     if got.get(key) != value}))
        if len(found) != len(expected):
            self.tell(as_of, f"{what}: {len(found)} rows, not "
                             f"{len(expected)}")

    # --- the year ----------------------------------------------------------

    def test_what_is_published_is_true(self):
        number, lost = 0, False
        as_of = self.first
        while number < NIGHTS:
            self.night(as_of, number)
            if number >= NIGHTS // 8 and not lost:
                lost = True
                (self.data / "state" / STATE).unlink()
                self.memory.forget()
            number = next_night(self.rng, number, NIGHTS)
            then, as_of = as_of, self.first + number * DAY
            quiet = self.rng.random() < 0.2
            self.world.live(then, as_of, 0 if quiet
                            else self.rng.randrange(1, 12))
        latest = self.data / "out" / "latest"
        self.verify(as_of, latest)
        print(f"\n{NIGHTS} nights, {self.nights} runs published, "
              f"{self.faults} faults, {self.unlearned} runs without their "
              f"state, {len(self.wrong)} differences",
              file=sys.stderr)
        self.assertEqual(self.wrong, [])
        self.assertGreater(self.faults, NIGHTS // 40)


if __name__ == "__main__":
    unittest.main()
