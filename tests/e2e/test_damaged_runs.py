"""verify finds every damage of a run and names the file it is in.

Good runs are made once: packed and flat, packed in a Hive layout, and plain.
Each damage of damage.py is done to a copy of one of them.
"""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

import damage
import harness
from published import AS_OF, RUN, Case, Run

OWN = {"name": "own", "grain": "user", "users": "jira_users",
       "over_length": "reject",
       "where": {"field": "user.active", "equals": False},
       "columns": [{"name": "id", "type": "string", "key": True,
                    "from": "user.account_id"},
                   {"name": "name", "type": "string", "length": 14,
                    "from": "user.display_name"}],
       "order": ["name", "id"]}
SITE = "users=3400,records=900,seed=3,now=" + AS_OF
OUTPUTS = {"flat": {"part_size": "4KiB", "redshift_url": "s3://bucket/x"},
           "hive": {"layout": "hive", "part_size": "4KiB"},
           "plain": {"compression": "none"}}


def csv_key(line):
    return line.split(b",")[0]


def json_key(line):
    return json.loads(line)["account_id"].encode()


class DamagedRuns(Case):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.first = cls("test_undamaged_copies_are_good")
        cls.first.setUp()
        cls.first.tried = cls.first.violations = 0
        with harness.FakeSite(generate=SITE) as site:
            for name, output in OUTPUTS.items():
                cls.first.make(site, name, output)

    @classmethod
    def tearDownClass(cls):
        print(f"\nAREA damaged runs: {cls.first.tried} tried, "
              f"{cls.first.violations} violations", file=sys.stderr)
        cls.first.doCleanups()

    def make(self, site, name, output):
        (self.folder / "own.json").write_text(json.dumps(OWN))
        self.job(site, mappings=["inactive_users", "./own.json"],
                 guards={"max_rejects": 5000}, state=f"{name}.db",
                 output={"dir": name, **output})
        run = self.published()
        self.assertTrue((run.folder / "rejects.jsonl.gz").exists())
        if name == "hive":
            shutil.copytree(next((self.folder / name).glob(
                "dataset=inactive_users/*/*")), self.folder / name / "alone" / "part")

    def good(self, name):
        return self.first.folder / name

    def parts(self, name, form, dataset="inactive_users"):
        return [path.name for path in
                Run(self.good(name) / RUN).parts(dataset, form)]

    def index(self, name, path):
        return [one["path"] for one in Run(self.good(name) / RUN)
                .manifest()["resources"]].index(path)

    def verify(self, path):
        """(exit code, [(file, text)], what stdout told)."""
        try:
            code, out, err = harness.run_rollcall(["verify", path], timeout=30)
        except subprocess.TimeoutExpired:
            return "none: it hangs", [], {}
        found = [line.split(" finding ", 1)[1].split(": ", 1)
                 for line in err.splitlines() if " finding " in line]
        return code, found, json.loads(out or "{}")

    def wrong(self, number, name, one):
        place = self.folder / f"{number}"
        shutil.copytree(self.good(name), place, symlinks=True)
        try:
            one.do(place)
            return [f"{name}: {one.what}: {text}"
                    for text in one.wrong(*self.verify(place / one.target))]
        finally:
            shutil.rmtree(place)

    def try_all(self, name, damages):
        # Under a sanitizer some of each kind say as much of memory.
        damages = list(damages)[::5 if harness.is_sanitized() else 1]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            found = [text for texts in pool.map(
                lambda item: self.wrong(item[0], name, item[1]),
                enumerate(damages)) for text in texts]
        self.first.tried += len(damages)
        self.first.violations += len(found)
        self.assertGreater(len(damages), 0)
        self.assertEqual("\n".join(found), "")

    def test_undamaged_copies_are_good(self):
        for name in OUTPUTS:
            shutil.copytree(self.good(name), self.folder / name,
                            symlinks=True)
            self.rollcall("verify", self.folder / name / RUN)
        self.rollcall("verify", self.folder / "hive" / "alone" / "part")

    def test_files_of_a_run(self):
        out, damages = self.good("flat"), []
        csv, jsonl = (self.parts("flat", form) for form in ("csv", "jsonl"))
        self.assertGreater(len(csv), 1)
        for part in (csv[0], csv[-1], jsonl[0], "rejects.jsonl.gz"):
            damages += damage.of_file(out, f"{RUN}/{part}", re.escape(part))
            damages += damage.of_packed(f"{RUN}/{part}", re.escape(part))
        damages += damage.of_swaps(*csv[:2])
        damages += damage.of_swaps(*jsonl[:2])
        damages += damage.of_strays(RUN)
        damages += damage.of_done(out)
        damages += damage.of_redshift(out)
        self.try_all("flat", damages)

    def test_manifest(self):
        out, damages = self.good("flat"), []
        for form in ("csv", "jsonl"):
            part = self.parts("flat", form)[0]
            damages += damage.of_counts(self.index("flat", part), part)
        first = self.parts("flat", "csv", "own")[0]
        damages += damage.of_schema(self.index("flat", first))
        damages += damage.of_run()
        damages += damage.of_text()
        damages += damage.of_members()
        damages += damage.of_manifest_file(out)
        self.try_all("flat", damages)

    def test_rows(self):
        csv, jsonl = (self.parts("flat", form)[0] for form in
                      ("csv", "jsonl"))
        damages = [*damage.of_rows(csv, csv_key, "JSONL"),
                   *damage.of_rows(jsonl, json_key, "CSV"),
                   *damage.of_header(csv)]
        self.try_all("flat", damages)

    def test_hive(self):
        out = self.good("hive")
        damages = [*damage.of_hive(out, "inactive_users", RUN),
                   *damage.of_hive(out, "inactive_users", "alone/part")]
        self.try_all("hive", damages)

    def test_plain_files(self):
        out, damages = self.good("plain"), []
        for form in ("csv", "jsonl"):
            [part] = self.parts("plain", form)
            damages += damage.of_file(out, f"{RUN}/{part}", re.escape(part))
        self.try_all("plain", damages)


if __name__ == "__main__":
    unittest.main()
