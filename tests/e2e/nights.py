"""A site that lives on from night to night, and what its audit log was asked.

A site folder is written anew for each night: the fake site serves it under
one address only as long as it runs, so every night has its own, and the job
names it by a fixed port.
"""
import json
import socket
import sqlite3
from datetime import timedelta
from pathlib import Path

import harness
import truth
from runs import AUDIT, Case, Extract, account, make_site

DAY = timedelta(days=1)
FIRST = truth.instant("2026-11-20T02:00:00Z")
SETTLE = timedelta(minutes=5)
WINDOW = timedelta(days=30)
# One window after the other, so that which of them are whole is certain.
ONE_LANE = {"limits": {"concurrency": 1}}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def record(number, at, subject, author=None, **members):
    """An audit record that changed SUBJECT (a user key)."""
    row = {"id": number, "summary": "User updated",
           "created": at.strftime("%Y-%m-%dT%H:%M:%S.")
           + f"{at.microsecond // 1000:03d}+0000",
           "category": "user management",
           "objectItem": {"id": subject, "name": subject, "typeName": "USER"}}
    if author is not None:
        row["authorAccountId"] = author
    return {**row, **members}


def switch(to):
    """The change of an account to Active or Inactive."""
    before = "Inactive" if to == "Active" else "Active"
    return {"changedValues": [{"fieldName": "Active / Inactive",
                               "changedFrom": before, "changedTo": to}]}


class Nights(Case):
    """Runs of one job over a log that grows."""

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.users = []
        self.log = []     # records, any order
        self.number = 0   # of site folders made
        self.lookback = "180d"
        self.job = {}

    @property
    def state(self):
        return self.folder / "state" / "rollcall.db"

    def serve(self, scenario=None):
        """The site as it is now; a context manager."""
        self.number += 1
        folder = make_site(self.folder / f"site{self.number}", self.users,
                           sorted(self.log, key=lambda row: row["created"],
                                  reverse=True))
        site = json.loads((folder / "site.json").read_text())
        # Its own clock must not hide what happened.
        site["now"] = "2026-12-31T00:00:00Z"
        (folder / "site.json").write_text(json.dumps(site))
        return harness.FakeSite(folder, scenario=scenario,
                                args=["--port", str(self.port)])

    def night(self, as_of, *args, code=0, folder=None, scenario=None, **job):
        """A run as of AS_OF; .asked: the spans of the log it asked for."""
        with self.serve(scenario) as site:
            run = Extract(site, folder or self.folder,
                          as_of=truth.rfc3339(as_of), args=args,
                          **{**self.job, **job})
            run.requests = site.requests()
            run.asked = spans(site.requests(AUDIT))
        self.assertEqual(run.code, code, run.stderr)
        return run

    def knowledge(self, run, source="jira_audit", dataset="inactive_users"):
        found = next(row for row in run.manifest()["datasets"]
                     if row["name"] == dataset)["knowledge"]
        log = next(row for row in found["logs"] if row["source"] == source)
        return {**log, "facts": found["facts"], "reason": found["reason"]}

    def sql(self, text, *values):
        with sqlite3.connect(self.state) as db:
            rows = db.execute(text, values).fetchall()
        db.close()
        return rows

    def anew(self, as_of):
        """Rows of a run that has no state and no run before it."""
        folder = self.folder / f"anew{self.number}"
        folder.mkdir()
        return self.night(as_of, folder=folder)


class SixWindows(Nights):
    """A log of six windows, each with a record; later ones are withheld."""

    def setUp(self):
        super().setUp()
        self.job = dict(ONE_LANE)
        self.users = [account(f"u{i}") for i in range(6)]
        self.log = [record(100 + i, FIRST - (29 * i + 10) * DAY, f"ug:u{i}",
                           author="caller") for i in range(6)]

    def starts(self, as_of=FIRST):
        """Where the windows begin, newest first; the last is a short one."""
        end = as_of - SETTLE
        return [max(end - (i + 1) * WINDOW, as_of - 180 * DAY)
                for i in range(6)]

    def fault(self, count, as_of=FIRST, **rule):
        """Windows after the newest COUNT do not answer well when their end is
        asked for: the beginnings of all come first."""
        return {"rules": [
            {"path": AUDIT, "query": {"from": text(start), "offset": "1"},
             **rule} for start in self.starts(as_of)[count:]]}


def spans(requests):
    """Distinct (from, to) texts of requests with dates, newest first."""
    found = {(row["query"]["from"], row["query"]["to"]) for row in requests
             if "from" in row.get("query", {})}
    return sorted(found, reverse=True)


def without_observations(rows):
    """ROWS but for what depends on which runs there were."""
    keys = ("first_observed_inactive_at", "last_observed_active_at")
    return [{name: value for name, value in row.items() if name not in keys}
            for row in rows]
