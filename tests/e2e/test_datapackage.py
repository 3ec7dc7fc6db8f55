"""The manifest and the data before validators of other people.

ajv checks the descriptor against the Data Package 2.0 profile, which is not
part of this repository: ROLLCALL_SHARED_DATA names a folder with
datapackage/2.0/datapackage.json. datapackage (npm) checks it against the
profile it brings, of version 1, and casts every cell by the manifest's own
schema. It does not unpack gzip, so it gets the parts unpacked.
"""
import copy
import gzip
import json
import os
import unittest
from pathlib import Path

import hard_values
import harness
import outside
from published import Case, Run

DATA = Path(os.environ.get("ROLLCALL_SHARED_DATA") or "/nonexistent")
PROFILE = DATA / "datapackage" / "2.0" / "datapackage.json"


def unpacked(run, folder):
    """The descriptor of RUN's tables as plain CSV files in FOLDER."""
    descriptor = copy.deepcopy(run.manifest())
    tables = []
    for one in descriptor["resources"]:
        if one["format"] != "csv":
            continue
        path = run.folder / one["path"]
        one["path"] = one["name"]
        (folder / one["name"]).write_bytes(gzip.decompress(path.read_bytes()))
        # In version 1 a table is named by its profile, and names of resources
        # have no capitals; ours have none.
        one["profile"] = "tabular-data-resource"
        for name in ("compression", "bytes", "hash"):
            del one[name]
        tables.append(one)
    descriptor["resources"] = tables
    return descriptor


def damaged(descriptor, folder, change):
    """The same with a first CSV whose lines CHANGE has changed."""
    bad = copy.deepcopy(descriptor)
    one = bad["resources"][0]
    lines = (folder / one["path"]).read_text().split("\n")
    change(lines)
    one["path"] = f"{change.__name__}-{one['path']}"
    (folder / one["path"]).write_text("\n".join(lines))
    bad["resources"] = [one]
    return bad


@unittest.skipIf(harness.is_sanitized(), "the files are the same")
class DataPackage(Case):
    def check(self, *packages, unread=()):
        profile = str(PROFILE) if PROFILE.exists() else None
        return outside.node("package.cjs", {
            "profile": profile,
            "packages": [{"descriptor": one, "base": str(self.folder)}
                         for one in packages] + [
                             {"descriptor": one, "base": None}
                             for one in unread]})

    def run_of(self, *args, **options):
        return Run(self.extract(*args, **options).json()["dir"])

    def sample_runs(self):
        """Two datasets, in small parts; hard values of every type."""
        self.job(self.site(), mappings=["inactive_users", "all_users"],
                 output={"part_size": "1KiB", "layout": "hive"})
        yield self.run_of()
        # A number of JavaScript has 53 bits.
        cases = [row for row in hard_values.rows()
                 if abs(row.whole or 0) < 2 ** 53]
        hard_values.write_mapping(self.folder, cases)
        site = hard_values.write_site(self.folder / "site", cases)
        self.job(self.site(site=site), mappings=["./hard.json"],
                 guards={"max_placeholders": "100%",
                         "max_new_inactive": "100%",
                         "max_fewer_users": "100%"})
        yield self.run_of("--run-id", "hard",
                          env={"ROLLCALL_MAPPINGS": ""})

    def test_manifest_and_rows(self):
        runs = list(self.sample_runs())
        parts = [Run(folder) for folder in self.out.glob("dataset=*/dt=*/*")]
        manifests = [run.manifest() for run in runs] + [
            json.loads((part.folder / "_manifest.json").read_text())
            for part in parts]
        self.assertEqual(len(manifests), 4)
        tables = [unpacked(run, self.folder) for run in runs]
        results = self.check(*tables, unread=manifests)
        for result in results:
            self.assertEqual(result["package"], [])
            self.assertIn(result["profile"], (None, []))
        for run, result in zip(runs, results):
            want = {one["name"]: one["x-rows"]
                    for one in run.manifest()["resources"]
                    if one["format"] == "csv"}
            got = {name: table["rows"]
                   for name, table in result["tables"].items()}
            errors = [text for table in result["tables"].values()
                      for text in table["errors"]]
            self.assertEqual(errors, [])
            self.assertEqual(got, want)

    def test_they_see_what_is_wrong(self):
        self.job(self.site())
        sound = unpacked(self.run_of(), self.folder)
        names = sound["resources"][0]["schema"]["fields"]
        as_of = [one["name"] for one in names].index("extract_as_of")

        def no_time(lines):
            cells = lines[3].split(",")
            cells[as_of] = "yesterday"
            lines[3] = ",".join(cells)

        def twice(lines):
            lines.insert(2, lines[1])

        nameless = copy.deepcopy(sound)
        del nameless["resources"][0]["name"]
        results = self.check(sound, damaged(sound, self.folder, no_time),
                             damaged(sound, self.folder, twice), nameless)
        errors = [[text for table in result["tables"].values()
                   for text in table["errors"]] for result in results]
        self.assertEqual(errors[0], [])
        self.assertIn("extract_as_of", " ".join(errors[1]))
        self.assertIn("unique constraint", " ".join(errors[2]))
        self.assertTrue(results[3]["package"])
        if PROFILE.exists():
            self.assertTrue(results[3]["profile"])


if __name__ == "__main__":
    unittest.main()
