"""merge: runs of several sites as one, in every form a run can have; and
what cannot be merged."""
import json

import harness
from keys import make_key
from published import RUN, Run, rewrite
from site_jobs import SitesCase, site_entry

CHANGES = {"name": "people", "grain": "user", "users": "jira_users",
           "changes": True,
           "order": ["account_id"],
           "columns": [
               {"name": "account_id", "type": "string", "length": 128,
                "key": True, "from": "user.account_id"},
               {"name": "name", "type": "string", "length": 80,
                "from": "user.display_name"},
               {"name": "seen_at", "type": "timestamp",
                "from": "run.as_of"}]}


class MergeCase(SitesCase):
    names = ("acme", "beta")

    def merge(self, *args, code=0, runs=("acme", "beta"), out="merged"):
        result = self.rollcall(
            "merge", *(self.out / name for name in runs), "--out", out,
            *args, code=code)
        return result

    def merged(self, *args, **options):
        run = Run(self.folder / self.merge(*args, **options).json()["dir"])
        self.rollcall("verify", run.folder)
        return run

    def assert_rows(self, run, dataset):
        rows = [{"site": name, **row} for name in self.names
                for row in self.run_of(name).jsonl(dataset)]
        self.assertTrue(rows)
        self.assertEqual(run.jsonl(dataset), rows)


class Merge(MergeCase):
    def test_all_of_a_run_comes_along(self):
        self.sites_job(mappings=["inactive_users", "user_events"],
                       output={"layout": "hive", "part_size": "2KiB",
                               "compression": "none",
                               "companions": ["lst", "par"],
                               "csv": {"preset": "powercenter"}},
                       deliver=[{"type": "dir", "path": "land"}])
        self.extract("--no-deliver")
        run = self.merged("-c", "rollcall.json", out="merged")
        for dataset in ("inactive_users", "user_events"):
            rows = [{"site": name, **row} for name in self.names
                    for row in self.plain_jsonl(self.run_of(name), dataset)]
            self.assertEqual(self.plain_jsonl(run, dataset), rows)
            self.assertGreater(len(run.parts(dataset)), 1)
            for one in self.names:
                self.assertIn(f"{one}".encode(),
                              run.parts(dataset)[0].read_bytes() +
                              run.parts(dataset)[-1].read_bytes())
        facts = run.facts()
        self.assertEqual(facts["layout"], "hive")
        self.assertTrue(facts["companions"]["lst"])
        self.assertEqual([site["site"] for site in facts["sites"]],
                         list(self.names))
        for site in facts["sites"]:
            own = self.run_of(site["site"]).facts()
            for member in ("users", "datasets", "sources", "keys", "guards"):
                self.assertEqual(site[member], own[member])
        self.assertEqual(facts["users"],
                         sum(site["users"] for site in facts["sites"]))
        hive = (self.folder / "merged" / "dataset=inactive_users" /
                "dt=2026-11-23" / f"run={RUN}")
        self.rollcall("verify", hive)

    def plain_jsonl(self, run, dataset):
        return [json.loads(line) for part in run.parts(dataset, "jsonl")
                for line in part.read_text().splitlines()]

    def test_once_is_enough_and_the_order_is_no_matter(self):
        self.sites_job()
        self.extract()
        run = self.merged("--run-id", "mine")
        self.assertEqual(run.folder.name, "mine")
        before = run.files()
        self.assert_rows(run, "inactive_users")
        self.assertEqual(self.merge("--run-id", "mine").json()["status"],
                         "already")
        run = self.merged("--run-id", "mine", "--force",
                          runs=("beta", "acme"))
        self.assertEqual(run.files(), before)
        # Named anew, it is another site.
        run = self.merged("--as", "two", "--as", "one", "--run-id", "other")
        self.assertEqual({row["site"] for row in run.jsonl()},
                         {"one", "two"})
        self.assertEqual(run.jsonl()[0]["site"], "one")

    def test_it_is_signed_where_that_is_asked_for(self):
        make_key(self.folder / "key")
        self.sites_job(output={"sites": "together"},
                       sign={"file": "key"})
        self.extract()
        for path in ("out", "out/acme", "out/beta"):
            self.rollcall("verify", "--public-key", "key.pub", path)
        for args in (("-c", "rollcall.json"), ("--sign-key", "key")):
            self.merge(*args, "--force")
            self.rollcall("verify", "--public-key", "key.pub", "merged")
        self.merge("--force")
        self.rollcall("verify", "--public-key", "key.pub", "merged", code=65)

    def test_refused_rows_come_along(self):
        mapping = {**CHANGES, "over_length": "reject"}
        mapping.pop("changes")
        mapping["columns"] = [CHANGES["columns"][0],
                              {**CHANGES["columns"][1], "length": 9}]
        (self.folder / "people.json").write_text(json.dumps(mapping))
        self.sites_job(mappings=["./people.json"],
                       guards={"max_rejects": 100000})
        self.extract()
        run = self.merged()
        self.assert_rows(run, "people")
        self.rollcall("verify", run.folder)
        rejects = run.resources("rejects", "jsonl")
        own = [self.run_of(name).resources("rejects", "jsonl")
               for name in self.names]
        self.assertEqual(rejects[0]["x-rows"],
                         sum(one[0]["x-rows"] for one in own))

    def test_what_cannot_be_merged_is_told_and_nothing_is_left(self):
        self.sites_job(more={"beta": {"mappings": ["all_users"]}})
        self.extract()
        self.refused(65, "site acme has inactive_users, site beta all_users")
        self.refused(64, "is of site \"acme\"", runs=("acme", "acme"))
        self.refused(64, "--as: names 1 sites", "--as", "one")
        self.refused(66, "cannot open", runs=("acme", "nobody"))
        rewrite(self.run_of("beta"), "all_users-00001.csv.gz",
                lambda lines: lines.pop(), rows=0)
        self.refused(65, "finding", runs=("beta",))

    def refused(self, code, text, *args, **options):
        result = self.merge(*args, code=code, **options)
        self.assertIn(text, result.err)
        self.assertEqual(json.loads(result.out)["status"], "failed")
        merged = self.folder / "merged"
        self.assertEqual([path for path in merged.glob("*")
                          if path.name != ".rollcall.lock"], [])


class Changes(MergeCase):
    """Changes are merged as long as all sites count from the same run."""

    def night(self, day, sites):
        self.sites = {name: self.shared[name] for name in sites}
        self.sites_job(mappings=["./people.json"], more={
            name: {"guards": {"max_fewer_users": "100%"}} for name in sites},
            output={"sites": "together"})
        return self.extract(as_of=f"2026-11-{day}T02:00:00Z")

    def test_with_one_baseline_or_not_at_all(self):
        (self.folder / "people.json").write_text(json.dumps(CHANGES))
        line = self.night(20, ["acme", "beta"]).json()
        changes = self.of(line)
        self.assertIsNone(changes["baseline"])
        self.assertGreater(changes["inserts"], 100)
        line = self.night(21, ["acme", "beta"]).json()
        self.assertEqual(self.of(line)["baseline"], "20261120T020000Z")
        self.assertEqual(self.of(line)["inserts"], 0)
        # A night without beta, and one with it again.
        self.night(22, ["acme"])
        result = self.night(23, ["acme", "beta"])
        self.assertIn("people_changes: left out: the sites' changes count "
                      "from different runs", result.err)
        facts = Run(result.json()["dir"]).facts()
        self.assertEqual([one["name"] for one in facts["datasets"]],
                         ["people"])
        self.assertEqual(facts["omitted"][0]["dataset"], "people_changes")
        self.rollcall("verify", "out")
        line = self.night(24, ["acme", "beta"]).json()
        self.assertEqual(self.of(line)["baseline"], "20261123T020000Z")

    def of(self, line):
        facts = Run(line["dir"]).facts()
        return next(one["changes"] for one in facts["datasets"]
                    if one["name"] == "people_changes")


class Names(MergeCase):
    def test_runs_of_jobs_without_sites(self):
        """The folder above the run names it; or --as does."""
        for name in self.names:
            entry = site_entry(name, self.sites[name].url)
            path = harness.make_job(self.folder, "", **{
                "endpoints": entry["endpoints"], "state": f"{name}.db",
                "output": {"dir": f"out/{name}"}})
            self.rollcall("extract", "-c", path, "--as-of",
                          "2026-11-23T02:00:00Z")
        self.assertNotIn("site", self.run_of("acme").facts())
        self.assert_rows(self.merged(), "inactive_users")
        (self.out / "acme").rename(self.folder / "Acme Inc")
        run = ("../Acme Inc", "beta")
        self.assertIn("--as NAME", self.merge(code=64, runs=run).err)
        self.merged("--as", "acme", "--as", "beta", "--run-id", "named",
                    runs=run)


if __name__ == "__main__":
    import unittest
    unittest.main()
