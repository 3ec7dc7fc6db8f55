"""extract --record keeps every answer, --replay reads them again."""
import gzip
import json
import os
import stat
import unittest

import harness
import runs

NOWHERE = "http://127.0.0.1:9"  # discard: nothing listens


def index(folder):
    """The lines of a recording's index, without its head."""
    lines = (folder / "index.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines[1:]]


def published_bytes(run):
    """Every file of a published run but the manifest, which tells times."""
    return {path.name: path.read_bytes() for path in run.run.iterdir()
            if path.name != "manifest.json"}


class Record(runs.Case):
    def setUp(self):
        super().setUp()
        self.pages = self.folder / "pages"
        self.again = self.folder / "again"
        self.again.mkdir()

    def record(self, site, **options):
        return self.published(site, args=["--record", self.pages], **options)

    def replay(self, env=None, **job):
        """A replay where no site is, and no secret either."""
        path = harness.make_job(self.again, NOWHERE, **job)
        return harness.run_rollcall(
            ["extract", "-c", path, "--replay", self.pages],
            env={harness.TOKEN_VARIABLE: "", **(env or {})}, cwd=self.again)

    def replayed(self, **job):
        code, stdout, stderr = self.replay(**job)
        self.assertEqual(code, 0, stderr)
        run = runs.Extract.__new__(runs.Extract)
        run.out = self.again / "out"
        run.run = run.out / json.loads(stdout)["run"]
        return run

    def test_a_replay_publishes_the_same_bytes(self):
        for concurrency in (1, 8):
            with self.subTest(concurrency=concurrency):
                site = self.site()
                self.pages = self.folder / f"pages{concurrency}"
                folder = self.folder / f"run{concurrency}"
                folder.mkdir()
                first = self.record(site, folder=folder,
                                    limits={"concurrency": concurrency})
                self.again = self.folder / f"again{concurrency}"
                self.again.mkdir()
                second = self.replayed(limits={"concurrency": 3})
                self.assertEqual(second.run.name, first.run.name)
                self.assertEqual(published_bytes(second),
                                 published_bytes(first))

    def test_pages_asked_ahead_that_come_in_another_order(self):
        """What is asked for is decided by what pages hold, not by when they
        come: else a replay asks for what was never recorded."""
        site = self.site(generate="users=10000,records=10,seed=1", scenario={
            "rules": [{"path": runs.SEARCH, "query": {"startAt": start},
                       "do": "delay", "ms": 300}
                      for start in ("1960", "7840", "8820")]})
        first = self.record(site, mappings=["all_users"],
                            limits={"concurrency": 8})
        second = self.replayed(mappings=["all_users"])
        self.assertEqual(published_bytes(second), published_bytes(first))

    def test_it_keeps_what_was_asked_and_answered(self):
        site = self.site()
        self.record(site)
        asked = [request["path"] for request in site.requests()]
        kept = index(self.pages)
        self.assertEqual(sorted(asked),
                         sorted(line["path"].split("?")[0] for line in kept))
        for line in kept:
            body = gzip.decompress((self.pages / line["file"]).read_bytes())
            self.assertEqual(len(body), line["bytes"])
            json.loads(body)

    def test_files_are_private_and_hold_no_credential(self):
        site = self.site()
        self.record(site)
        self.assertEqual(stat.S_IMODE(os.stat(self.pages).st_mode), 0o700)
        for path in self.pages.iterdir():
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            data = path.read_bytes()
            if path.suffix == ".gz":
                data = gzip.decompress(data)
            self.assertNotIn(harness.TOKEN.encode(), data)
            self.assertNotIn(b"Authorization", data)

    def test_retries_are_not_kept(self):
        site = self.site(scenario={"rules": [
            {"path": runs.SEARCH, "nth": [1], "do": "status", "status": 503}]})
        self.record(site)
        self.assertGreater(len(site.requests()), len(index(self.pages)))
        self.replayed()

    def test_a_list_that_moved_is_replayed_as_it_moved(self):
        site = self.site(
            generate=f"users=2500,records=500,seed=3,{runs.NOW}",
            scenario={"users": {"page_cap": 100, "delete_after": {
                "requests": 6, "indexes": list(range(40, 90))}}})
        first = self.record(site)
        self.assertGreater(first.source("jira_users")["walks"], 1)
        self.assertEqual(published_bytes(self.replayed()),
                         published_bytes(first))

    def test_what_a_failed_run_read_can_be_looked_into(self):
        site = self.site(scenario={"rules": [
            {"path": runs.AUDIT, "nth": [2], "do": "object"}]})
        run = self.refused(site, 65, args=["--record", self.pages])
        code, _, stderr = self.replay()
        self.assertEqual(code, 65)
        self.assertIn("where an array is due", run.stderr)
        self.assertIn("where an array is due", stderr)

    def test_another_time_is_not_in_the_recording(self):
        site = self.site()
        self.record(site)
        path = harness.make_job(self.again, NOWHERE)
        code, _, stderr = harness.run_rollcall(
            ["extract", "-c", path, "--replay", self.pages,
             "--as-of", "2026-11-22T02:00:00Z"], cwd=self.again)
        self.assertEqual(code, 65)
        self.assertIn("no answer to this request", stderr)
        self.assertIn("as-of", stderr)
        self.assertEqual(runs.visible(self.again), set())

    def test_a_damaged_page_is_refused(self):
        site = self.site()
        self.record(site)
        page = self.pages / index(self.pages)[0]["file"]
        data = bytearray(page.read_bytes())
        data[len(data) // 2] ^= 1
        page.write_bytes(data)
        code, _, stderr = self.replay()
        self.assertEqual(code, 65)
        self.assertIn(page.name, stderr)

    def test_what_earlier_runs_know_is_left_alone(self):
        site = self.site()
        self.published(site, as_of="2026-11-22T02:00:00Z")
        state = self.folder / "state" / "rollcall.db"
        known = state.read_bytes()
        run = self.extract(site, args=["--record", self.pages])
        self.assertEqual(run.code, 0, run.stderr)
        self.assertEqual(len(run.source("jira_audit")["windows"]), 6)
        self.assertEqual(state.read_bytes(), known)
        path = harness.make_job(self.folder, NOWHERE)
        account = run.rows()[0]["account_id"]
        code, _, stderr = harness.run_rollcall(
            ["explain", "-c", path, "--replay", self.pages, account],
            cwd=self.folder)
        self.assertEqual(code, 0, stderr)
        self.assertEqual(state.read_bytes(), known)

    def test_explain_reads_it_too(self):
        site = self.site()
        run = self.record(site)
        account = run.rows()[0]["account_id"]
        path = harness.make_job(self.again, NOWHERE)
        code, stdout, stderr = harness.run_rollcall(
            ["explain", "-c", path, "--replay", self.pages, "--json",
             account], cwd=self.again)
        self.assertEqual(code, 0, stderr)
        self.assertEqual(json.loads(stdout)["account_id"], account)

    def test_wrong_uses(self):
        self.pages.mkdir()
        (self.pages / "something").write_text("")
        path = harness.make_job(self.folder, NOWHERE)
        cases = [
            (["--record", self.pages], 73, "is not empty"),
            (["--replay", self.folder / "absent"], 66,
             "--replay: " + str(self.folder / "absent")),
            (["--replay", self.pages], 66, "index.jsonl"),
            (["--replay", self.pages, "--record", self.folder / "r"], 64,
             "recorded already"),
        ]
        for args, code, text in cases:
            with self.subTest(args=args):
                result = harness.run_rollcall(["extract", "-c", path, *args],
                                              cwd=self.folder)
                self.assertEqual(result[0], code, result[2])
                self.assertIn(text, result[2])


if __name__ == "__main__":
    unittest.main()
