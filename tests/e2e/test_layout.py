"""The Hive layout and the lists for Redshift: beside the run, and as sure."""
import json
import os
import shutil
import unittest

import faults
import harness
from published import AS_OF, DAY, RUN, Case

HIVE_DAY = "2026-11-23"
BOTH = ["inactive_users", "all_users"]
HIVE = {"layout": "hive"}
NIGHT_BEFORE, EARLIER = "2026-11-22T02:00:00Z", "20261122T020000Z"
BUCKET = "s3://landing/rollcall"


def hive_name(dataset, run=RUN, day=HIVE_DAY):
    return f"dataset={dataset}/dt={day}/run={run}"


class LayoutCase(Case):
    """A folder whose job asks for the layout; one site for all tests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = cls.enterClassContext(harness.FakeSite())

    def lay_out(self, *args, output=HIVE, mappings=BOTH, **options):
        self.job(self.shared, output={"dir": "out", **output},
                 mappings=mappings)
        return self.published(*args, **options)

    def folder_of(self, dataset, run=RUN, day=HIVE_DAY):
        return self.out / hive_name(dataset, run, day)

    def hive_files(self):
        """Names below the dataset=… folders."""
        return sorted(str(path.relative_to(self.out))
                      for path in self.out.glob("dataset=*/**/*")
                      if path.is_file())

    def found(self, path="out"):
        return self.rollcall("verify", path, code=65).err


def whole(run, datasets=BOTH, day=HIVE_DAY):
    return sorted(f"{hive_name(dataset, run, day)}/{name}"
                  for dataset in datasets
                  for name in ("_SUCCESS", "_manifest.json",
                               f"{dataset}-00001.csv.gz",
                               f"{dataset}-00001.jsonl.gz"))


class Layout(LayoutCase):
    def test_each_dataset_has_a_folder_with_the_bytes_of_the_run(self):
        run = self.lay_out()
        self.assertEqual(self.hive_files(), whole(RUN))
        self.assertEqual(run.facts()["layout"], "hive")
        for dataset in BOTH:
            folder = self.folder_of(dataset)
            self.assertEqual((folder / "_SUCCESS").read_bytes(), b"")
            for part in run.parts(dataset) + run.parts(dataset, "jsonl"):
                self.assertTrue(os.path.samefile(folder / part.name, part))
            for path in (folder, *folder.iterdir()):
                self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_its_manifest_is_of_that_dataset_alone(self):
        run = self.lay_out()
        for dataset in BOTH:
            folder = self.folder_of(dataset)
            manifest = json.loads((folder / "_manifest.json").read_text())
            whole_run = run.manifest()
            whole_run["resources"] = [
                one for one in whole_run["resources"]
                if one["x-dataset"] == dataset]
            whole_run["x-rollcall"]["datasets"] = [
                one for one in whole_run["x-rollcall"]["datasets"]
                if one["name"] == dataset]
            self.assertEqual(manifest, whole_run)
            for one in manifest["resources"]:
                self.assertTrue((folder / one["path"]).is_file())

    def test_a_folder_stands_for_itself_wherever_it_is(self):
        run = self.lay_out()
        copy = self.folder / "copy"
        shutil.copytree(self.folder_of("all_users"), copy)
        for path in (self.folder_of("all_users"), copy,
                     copy / "_manifest.json"):
            told = self.rollcall("verify", path).json()
            self.assertEqual((told["parts"], told["findings"]), (2, 0))
        self.assertEqual(self.rollcall("cat", copy).out.encode(),
                         run.plain("all_users"))

    def test_without_it_nothing_of_it_is_there(self):
        run = self.lay_out(output={})
        self.assertNotIn("layout", run.facts())
        self.assertEqual(self.visible(), [
            RUN, f"all_users_{DAY}_{RUN}.done",
            f"inactive_users_{DAY}_{RUN}.done", "latest"])
        flat = run.files()
        other = self.folder / "other"
        laid = self.lay_out("--out", other)
        self.assertEqual(laid.files(), flat)

    def test_plan_says_where(self):
        self.lay_out()
        plan = self.rollcall("plan", "-c", "rollcall.json", "--as-of",
                             AS_OF).out
        for dataset in BOTH:
            self.assertIn(f"layout    {self.out}/{hive_name(dataset)}", plan)

    def test_a_column_with_the_name_of_a_folder_is_refused(self):
        text = (harness.ROOT / "mappings/all_users.json").read_text()
        (self.folder / "all_users.json").write_text(
            text.replace('"name": "locale"', '"name": "run"'))
        self.job(self.shared, output=HIVE, mappings=["./all_users.json"])
        told = self.extract(code=78).err
        self.assertIn('columns: "run" is the name of a folder', told)
        self.job(self.shared, mappings=["./all_users.json"])
        self.published()


class Again(LayoutCase):
    def test_the_same_run_id_sets_what_is_missing(self):
        run = self.lay_out()
        before = run.files()
        for damage in ("_SUCCESS", "folder", "folders"):
            with self.subTest(damage):
                if damage == "_SUCCESS":
                    (self.folder_of("all_users") / "_SUCCESS").unlink()
                elif damage == "folder":
                    shutil.rmtree(self.folder_of("all_users"))
                else:
                    for dataset in BOTH:
                        shutil.rmtree(self.out / f"dataset={dataset}")
                self.assertEqual(self.extract().json()["status"], "already")
                self.assertEqual(self.hive_files(), whole(RUN))
                self.rollcall("verify", "out")
        self.assertEqual(run.files(), before)

    def test_what_is_there_is_left_alone(self):
        self.lay_out()
        before = {name: (self.out / name).stat().st_ino
                  for name in self.hive_files()}
        self.extract()
        self.assertEqual({name: (self.out / name).stat().st_ino
                          for name in self.hive_files()}, before)

    def test_force_replaces_the_folders_and_drops_what_is_gone(self):
        self.lay_out()
        self.lay_out("--force", mappings=["all_users"])
        self.assertEqual(self.hive_files(), whole(RUN, ["all_users"]))
        self.assertFalse((self.out / "dataset=inactive_users").exists())
        self.lay_out("--force", output={})
        self.assertEqual(self.hive_files(), [])
        self.assertFalse((self.out / "dataset=all_users").exists())

    def test_an_earlier_day_of_the_same_run_id_goes(self):
        self.lay_out("--run-id", "one", as_of=NIGHT_BEFORE)
        self.lay_out("--run-id", "one", "--force")
        self.assertEqual(self.hive_files(), whole("one"))

    def test_what_dead_runs_left_is_swept(self):
        self.lay_out()
        for name in (".tmp-_hive", ".tmp-_hive-old"):
            (self.out / name).mkdir()
            (self.out / name / "half.csv.gz").write_bytes(b"half")
        self.extract()
        self.assertEqual([path.name for path in self.out.glob(".tmp-*")], [])

    def test_links_in_the_way_are_not_followed(self):
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        self.out.mkdir()
        (self.out / "dataset=all_users").symlink_to(elsewhere)
        self.job(self.shared, output=HIVE, mappings=["all_users"])
        told = self.extract(code=73).json()["message"]
        self.assertIn("dataset=all_users", told)
        self.assertEqual(list(elsewhere.iterdir()), [])


@faults.plain_build
class WithoutLinks(LayoutCase):
    def test_the_parts_are_copied(self):
        """As on a file system that has no second names."""
        self.job(self.shared, output=HIVE, mappings=["all_users"],
                 limits={"concurrency": 1})
        command = ["extract", "-c", self.folder / "rollcall.json", "--as-of",
                   AS_OF, "--out"]
        first = self.folder / "first"
        calls = faults.count([*command, first], first, "write")
        at = [kind for kind, _ in calls].index("linkat") + 1
        done = faults.run([*command, self.out], self.out, faults.Fault(
            "write", at, cause="EPERM").environment())
        self.assertEqual((done.code, done.struck[0]), (0, "linkat"), done.err)
        folder = self.folder_of("all_users")
        same = [os.path.samefile(part, self.out / RUN / part.name)
                for part in sorted(folder.glob("all_users-*"))]
        self.assertEqual(same, [False, True])
        self.rollcall("verify", "out")


class Verify(LayoutCase):
    def test_it_sees_every_damage(self):
        damages = {
            "_SUCCESS: is missing":
                lambda folder: (folder / "_SUCCESS").unlink(),
            "_manifest.json: is not what the run's manifest says":
                lambda folder: (folder / "_manifest.json").write_text("{}"),
            "all_users-00001.csv.gz: is missing or no regular file":
                lambda folder: (folder / "all_users-00001.csv.gz").unlink(),
            "all_users-00001.csv.gz: is not the run's file of this name":
                lambda folder: swap(folder / "all_users-00001.csv.gz"),
            "stray: is not in the manifest":
                lambda folder: (folder / "stray").touch(),
            "cannot be opened": shutil.rmtree,
        }

        def swap(path):
            data = path.read_bytes()
            path.unlink()
            path.write_bytes(data[:-1])

        self.lay_out(mappings=["all_users"])
        sound = self.folder / "sound"
        shutil.copytree(self.out, sound, symlinks=True)
        for text, damage in damages.items():
            with self.subTest(text):
                shutil.rmtree(self.out)
                shutil.copytree(sound, self.out, symlinks=True)
                damage(self.folder_of("all_users"))
                self.assertIn(text, self.found())

    def test_a_copy_is_as_good_as_a_link(self):
        self.lay_out(mappings=["all_users"])
        part = self.folder_of("all_users") / "all_users-00001.csv.gz"
        data = part.read_bytes()
        part.unlink()
        part.write_bytes(data)
        self.rollcall("verify", "out")


class Clean(LayoutCase):
    def clean(self):
        return self.rollcall("clean", "--out", "out", "--keep", "1",
                             "--as-of", AS_OF)

    def test_the_folders_go_with_their_run(self):
        for day in (20, 21):
            self.lay_out(as_of=f"2026-11-{day}T02:00:00Z")
        self.lay_out(as_of=NIGHT_BEFORE)
        self.lay_out()
        self.clean()
        self.assertEqual(self.hive_files(),
                         sorted(whole(EARLIER, day="2026-11-22")
                                + whole(RUN)))
        self.assertEqual(
            sorted(path.name for path in
                   (self.out / "dataset=all_users").iterdir()),
            ["dt=2026-11-22", "dt=2026-11-23"])
        self.rollcall("verify", "out")

    def test_a_folder_with_somebodys_file_keeps_its_run(self):
        first = self.lay_out(as_of="2026-11-21T02:00:00Z")
        self.lay_out(as_of=NIGHT_BEFORE)
        self.lay_out()
        name = first.folder.name
        (self.folder_of("all_users", name, "2026-11-21") / "_metadata").touch()
        result = self.clean()
        self.assertEqual(result.json()["left_alone"], [name])
        self.assertIn("_metadata is not in its manifest", result.err)
        self.assertTrue(first.folder.is_dir())
        self.assertTrue(self.folder_of("all_users", name,
                                       "2026-11-21").is_dir())


class Redshift(LayoutCase):
    def entries(self, dataset, form, run=RUN):
        path = self.out / f"{dataset}_{DAY}_{run}.{form}.manifest"
        return json.loads(path.read_text())["entries"]

    def test_the_list_names_every_part_once(self):
        for layout in ("flat", "hive"):
            with self.subTest(layout):
                run = self.lay_out("--force", output={
                    "layout": layout, "part_size": "1B",
                    "redshift_url": BUCKET + "/"})
                self.assertGreater(len(run.parts()), 2)
                for form in ("csv", "jsonl"):
                    self.assertEqual(
                        self.entries("inactive_users", form),
                        [{"url": f"{BUCKET}/{RUN}/{one['path']}",
                          "mandatory": True,
                          "meta": {"content_length": one["bytes"]}}
                         for one in run.resources(form=form)])

    def test_it_comes_and_goes_with_the_run(self):
        asked = {"redshift_url": BUCKET}
        self.lay_out(output=asked)
        lists = sorted(f"{dataset}_{DAY}_{RUN}.{form}.manifest"
                       for dataset in BOTH for form in ("csv", "jsonl"))
        self.assertEqual([name for name in self.visible()
                          if name.endswith(".manifest")], lists)
        (self.out / lists[0]).unlink()
        self.extract()
        self.assertTrue((self.out / lists[0]).exists())
        self.lay_out("--force", output={})
        self.assertEqual([name for name in self.visible()
                          if name.endswith(".manifest")], [])


if __name__ == "__main__":
    unittest.main()
