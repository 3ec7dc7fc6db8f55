"""Every fault the fake site can play, several seeds, one and many requests
at a time: the rows are true, or nothing is published.

With -v the table of verdicts is printed at the end.
"""
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import area
import harness
import truth
from runs import (AS_OF, AUDIT, BULK, DATASET, EVERYBODY, MIGRATION, NOW,
                  SEARCH, Extract, visible)

# (seed, requests at a time)
RUNS = ((1, 1), (2, 8), (3, 8))
FATAL_RUNS = ((1, 1), (1, 8))
AT_ONCE = 6
MYSELF = "/rest/api/3/myself"
CAP = {"page_cap": 100}
DELETED = [3, 4, 5, *range(150, 190), 601, 999, 1400]
ADDED = [0, 1, 90, 91, *range(300, 340), 1500, 1999]
WAITS = {"limits": {"retry_for": "30s"}}
IMPATIENT = {"limits": {"retry_for": "1s"}}


def rule(do, path=None, **more):
    found = {"do": do, **more}
    return {**found, "path": path} if path else found


def rules(*several, **more):
    return {"rules": list(several), **more}


def status(code, path=None, **more):
    return rule("status", path, status=code, **more)


def limited(form):
    return {"limit": {"per_second": 15, "form": form, "retry_after": 1}}


def once_each(do, **more):
    """The fault on the second request of each endpoint, or its only one."""
    return rules(*(rule(do, path, nth=[2], **more)
                   for path in (SEARCH, AUDIT, MIGRATION)),
                 rule(do, BULK, nth=[1], **more),
                 rule(do, MYSELF, nth=[1], **more))


# name: scenario. The rows must be those of the untouched site.
SURVIVED = {
    "429 seconds": limited("seconds"),
    "429 date": limited("date"),
    "429 past": limited("past"),
    "429 garbage": limited("garbage"),
    "429 absent": limited("absent"),
    "429 once each": rules(
        *(status(429, path, nth=[1], headers={"Retry-After": "0"})
          for path in (MYSELF, SEARCH, AUDIT, MIGRATION, BULK))),
    "503 burst": rules(status(503, first=2), status(502, nth=[6, 7]),
                       status(504, AUDIT, nth=[4])),
    "500 every seventh": rules(status(500, every=7)),
    "408 and 425": rules(status(408, SEARCH, nth=[2]),
                         status(425, AUDIT, nth=[3])),
    "cut": once_each("cut"),
    "cut chunked": once_each("cut_chunked"),
    "reset": once_each("reset"),
    "reset in the middle": once_each("reset", after="half"),
    "short stall": once_each("stall", ms=150),
    "delay": once_each("delay", ms=150),
    "garbage": once_each("garbage"),
    "empty body": once_each("empty_body"),
    "latency": {"latency_ms": 10},
    "slow small pages": {"latency_ms": 3, "users": CAP, "audit": CAP},
    "caps": {"users": {"page_cap": 37}, "audit": {"page_cap": 41},
             "keys": {"page_cap": 7}},
    "drops": {"users": {**CAP, "drop": DELETED}},
    "delete early": {"users": {**CAP, "delete_after": {
        "requests": 2, "indexes": DELETED}}},
    "delete late": {"users": {**CAP, "delete_after": {
        "requests": 17, "indexes": DELETED}}},
    "delete large pages": {"users": {"delete_after": {
        "requests": 1, "indexes": DELETED}}},
    "add": {"users": {**CAP, "add_after": {"requests": 4,
                                           "indexes": ADDED}}},
    "add large pages": {"users": {"add_after": {"requests": 1,
                                                "indexes": ADDED}}},
    "delete and add": {"users": {
        **CAP, "delete_after": {"requests": 6, "indexes": DELETED},
        "add_after": {"requests": 9, "indexes": ADDED}}},
    "halved": rules(status(409, SEARCH, query={"maxResults": "1000"})),
    "records added": {"audit": {**CAP, "add_after": {"requests": 5,
                                                     "records": 300}}},
    "records repeated": {"audit": {**CAP, "repeat_border": 17}},
    "total lies": {"audit": {**CAP, "total": "lie"}},
    "total zero": {"audit": {"total": 0}},
    "everything": {
        "latency_ms": 1, "keys": {"page_cap": 30},
        "users": {**CAP, "delete_after": {"requests": 8,
                                          "indexes": DELETED},
                  "drop": [700, 701, 702]},
        "audit": {"page_cap": 90, "repeat_border": 5, "total": "lie",
                  "add_after": {"requests": 3, "records": 50}},
        "rules": [status(503, every=29), rule("cut", every=31),
                  rule("reset", every=37), rule("garbage", SEARCH, nth=[9])],
    },
}

# Accounts that come or go: they may be there or not.
VAGUE = {
    "drops": DELETED, "delete early": DELETED, "delete late": DELETED,
    "delete large pages": DELETED, "add": ADDED, "add large pages": ADDED,
    "delete and add": DELETED + ADDED,
    "everything": DELETED + [700, 701, 702],
}

# name: (exit code, scenario). Nothing may be published.
FATAL = {
    "429 for ever": (69, rules(status(429, AUDIT))),
    "429 for an hour": (69, rules(status(429, SEARCH,
                                         headers={"Retry-After": "3600"}))),
    "503 for ever": (69, rules(status(503, AUDIT, query={"offset": "0"}))),
    "cut for ever": (69, rules(rule("cut", SEARCH))),
    "reset for ever": (69, rules(rule("reset", MIGRATION))),
    "garbage for ever": (65, rules(rule("garbage", AUDIT))),
    "empty body for ever": (69, rules(rule("empty_body", SEARCH))),
    "keys garbage for ever": (65, rules(rule("garbage", MIGRATION))),
    "object": (65, rules(rule("object", SEARCH))),
    "array": (65, rules(rule("object", AUDIT))),
    "shuffled": (65, {"users": {**CAP, "shuffle": True}}),
    "400": (65, rules(status(400, AUDIT))),
    "404": (65, rules(status(404, SEARCH))),
    "204": (65, rules(status(204, SEARCH))),
    "206": (65, rules(status(206, SEARCH))),
    "401": (77, rules(status(401))),
    "expired in the middle": (77, rules(rule("expire", SEARCH, **{"from": 2}),
                                        users=CAP)),
    "403 users": (77, rules(status(403, SEARCH))),
    "403 names": (77, rules(status(403, BULK))),
    "login page": (77, rules(rule("html_login", AUDIT, nth=[5]))),
    "redirect": (77, rules(rule("redirect", SEARCH, nth=[2]))),
    "silent log": (65, {"audit": {"empty": True}}),
    "outage": (65, rules(rule("outage", SEARCH))),
    # By where it begins: the page after it is asked for at the same time.
    "outage of the second page": (65, rules(rule(
        "outage", SEARCH, query={"startAt": "980"}))),
    "bomb": (65, rules(rule("bomb", AUDIT, mb=80))),
}


class Cell:
    """One run under one fault."""

    def __init__(self, name, seed, concurrency, scenario, job):
        self.name, self.seed, self.concurrency = name, seed, concurrency
        self.verdict = "?"
        spec = f"users=2000,records=5000,seed={seed},keys=mixed,{NOW}"
        job = {**job, "limits": {**job["limits"], "concurrency": concurrency}}
        with (tempfile.TemporaryDirectory(prefix="matrix-") as folder,
              harness.FakeSite(generate=spec, scenario=scenario) as site):
            run = Extract(site, folder, mappings=[DATASET, EVERYBODY], **job)
            self.code, self.stderr = run.code, run.stderr
            self.visible = visible(folder)
            self.rows = run.rows()
            self.everybody = [row["account_id"]
                              for row in run.rows(EVERYBODY)]

    def __str__(self):
        return (f"{self.name:<28}{self.seed:>5}{self.concurrency:>9}  "
                f"{self.verdict}")


class Matrix:
    """All runs, some at a time, and the truth they are held against."""

    def __init__(self):
        self.pool = ThreadPoolExecutor(AT_ONCE)
        self.cells = {}
        self.sites = {seed: self.pool.submit(self.site, seed)
                      for seed, _ in RUNS}
        for name, scenario in SURVIVED.items():
            self.submit(name, RUNS, scenario, WAITS)
        for name, (_, scenario) in FATAL.items():
            self.submit(name, FATAL_RUNS, scenario, IMPATIENT)

    def submit(self, name, runs, *how):
        self.cells[name] = [self.pool.submit(Cell, name, seed, many, *how)
                            for seed, many in runs]

    @staticmethod
    def site(seed):
        """(account ids by index, those of the list, rows)"""
        spec = f"users=2000,records=5000,seed={seed},keys=mixed,{NOW}"
        with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
            site = harness.FakeSite(generate=spec)
            site.dump(folder)
            users = [user["accountId"] for user in
                     truth.elements(Path(folder) / "users.json")]
            return (users, set(truth.Site(folder).listed),
                    truth.inactive_users(folder, AS_OF))

    def of(self, name):
        return [cell.result() for cell in self.cells[name]]

    def close(self):
        self.pool.shutdown(cancel_futures=True)

    def table(self):
        rows = ["", f"{'fault':<28}{'seed':>5}{'at once':>9}  verdict"]
        return "\n".join(rows + [
            str(cell.result()) for cells in self.cells.values()
            for cell in cells if cell.done() and not cell.cancelled()])


def setUpModule():
    global MATRIX
    area.count("truth under faults")
    MATRIX = Matrix()


def tearDownModule():
    MATRIX.close()
    if {"-v", "--verbose"} & set(sys.argv):
        print(MATRIX.table(), file=sys.stderr)


class Survived(unittest.TestCase):
    """Rows are those of the site."""

    def check(self, cell):
        users, listed, expected = MATRIX.sites[cell.seed].result()
        vague = {users[index] for index in VAGUE.get(cell.name, ())}
        cell.verdict = "LOST OR WRONG"
        self.assertEqual(cell.code, 0, cell.stderr[-3000:])
        found = [row for row in cell.rows if row["account_id"] not in vague]
        wanted = [row for row in expected if row["account_id"] not in vague]
        self.assertGreater(len(wanted), 300)
        self.assertEqual([row["account_id"] for row in found],
                         [row["account_id"] for row in wanted])
        for row, right in zip(found, wanted):
            self.assertEqual(row, right)
        self.assertEqual(sorted(set(cell.everybody) - vague),
                         sorted(listed - vague))
        for ids in (cell.everybody, [row["account_id"] for row in cell.rows]):
            self.assertEqual(len(ids), len(set(ids)))
        cell.verdict = "true"


class Fatal(unittest.TestCase):
    """Nothing is published, and the exit code says what kind it was."""

    def check(self, cell):
        code, _ = FATAL[cell.name]
        cell.verdict = f"WRONG: exit {cell.code}"
        self.assertEqual(cell.code, code, cell.stderr[-3000:])
        self.assertEqual(cell.visible, set())
        cell.verdict = f"nothing published, exit {code}"


def add_tests(case, names):
    def make(name):
        def test(self):
            for cell in MATRIX.of(name):
                with self.subTest(seed=cell.seed, at_once=cell.concurrency):
                    self.check(cell)
        return test
    for name in names:
        setattr(case, "test_" + name.replace(" ", "_"), make(name))


add_tests(Survived, SURVIVED)
add_tests(Fatal, FATAL)

if __name__ == "__main__":
    unittest.main()
