"""Keys are looked up while the log is still being read, and what is asked
depends on what pages hold, not on when they come."""
import json
import unittest

import harness
import runs
from test_record import NOWHERE, published_bytes

SPEC = f"users=3000,records=20000,seed=3,{runs.NOW},keys=mixed,about=60"
LIMITS = {"concurrency": 8}


def late(path, ms, **when):
    return {"path": path, "do": "delay", "ms": ms, **when}


# Windows get far ahead of each other, and the accounts come last of all.
SLOW_LOG = [late(runs.AUDIT, 60)]
UNEVEN = [late(runs.AUDIT, 400, query={"offset": "0"}, every=2),
          late(runs.AUDIT, 120, every=3)]
LATE_USERS = [late(runs.SEARCH, 500)]


def asked(site):
    """The batches, whenever they were sent."""
    return sorted(json.dumps(request["query"])
                  for request in site.requests(runs.MIGRATION))


@unittest.skipIf(harness.is_sanitized(), "says nothing about our memory")
class Lookups(runs.Case):
    def run_against(self, rules, **options):
        folder = self.folder / f"run{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        site = self.site(generate=SPEC, scenario={"rules": rules})
        return site, self.published(site, folder=folder, limits=LIMITS,
                                    **options)

    def test_the_log_and_its_keys_are_asked_for_together(self):
        site, _ = self.run_against(SLOW_LOG)
        last = max(row["at"] for row in site.requests(runs.AUDIT))
        early = [row for row in site.requests(runs.MIGRATION)
                 if row["at"] < last]
        self.assertGreater(len(early), 2)
        for row in early:
            self.assertEqual(len(row["query"]["key"]), 100)

    def test_time_changes_neither_requests_nor_rows(self):
        site, first = self.run_against(SLOW_LOG)
        for rules in (UNEVEN, LATE_USERS):
            other, run = self.run_against(rules)
            self.assertEqual(asked(other), asked(site))
            self.assertEqual(published_bytes(run), published_bytes(first))

    def test_a_recording_has_the_answers(self):
        pages, again = self.folder / "pages", self.folder / "again"
        again.mkdir()
        _, first = self.run_against(UNEVEN, args=["--record", pages])
        code, stdout, stderr = harness.run_rollcall(
            ["extract", "-c", harness.make_job(again, NOWHERE),
             "--replay", pages],
            env={harness.TOKEN_VARIABLE: ""}, cwd=again)
        self.assertEqual(code, 0, stderr)
        for path in first.run.iterdir():
            if path.name != "manifest.json":
                self.assertEqual(
                    (again / "out" / json.loads(stdout)["run"] /
                     path.name).read_bytes(), path.read_bytes())

    def test_a_site_that_asks_to_wait(self):
        """While it says so nothing else is sent, the look-ups included."""
        site, run = self.run_against(
            SLOW_LOG + [{"path": runs.MIGRATION, "do": "status",
                         "status": 429, "headers": {"Retry-After": "1"},
                         "first": 1}])
        _, first = self.run_against(SLOW_LOG)
        self.assertEqual(published_bytes(run), published_bytes(first))
        refused = next(row for row in site.requests() if row["status"] == 429)
        told = refused["at"] + refused["ms"]
        self.assertEqual([row for row in site.requests()
                          if told + 200 < row["at"] < told + 950], [])


if __name__ == "__main__":
    unittest.main()
