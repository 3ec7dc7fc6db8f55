"""Files that are not compressed, and what PowerCenter reads beside a done
file: the list of a dataset's parts and its parameters."""
import json
import shutil
import unittest
from pathlib import Path

import harness
from published import DAY, RUN, Case, Run

OUTPUT = {"compression": "none", "companions": ["lst", "par"],
          "csv": {"preset": "powercenter"}, "part_size": "4KiB"}
DONE = f"inactive_users_{DAY}_{RUN}"
SITE = None


def setUpModule():
    global SITE
    SITE = unittest.enterModuleContext(harness.FakeSite())


def parameters(path):
    """(section, name -> value) of a parameter file."""
    head, *lines = path.read_text().splitlines()
    return head, dict(line.split("=", 1) for line in lines)


class Companions(Case):
    def beside(self):
        return [name for name in self.visible()
                if name not in ("latest", RUN)]

    def make(self, **output):
        self.job(SITE, output={**OUTPUT, **output})
        return self.published()

    def test_what_they_say(self):
        run = self.make(parameter_section="LAND.WF:wf.ST:s_m")
        listed = (self.out / f"{DONE}.lst").read_text().splitlines()
        self.assertGreater(len(listed), 1)
        self.assertEqual(listed, [str(part) for part in run.parts()])
        stream = b"".join(Path(name).read_bytes() for name in listed)
        self.assertEqual(
            stream.decode(),
            self.rollcall("cat", "--no-header", run.folder).out)
        head, values = parameters(self.out / f"{DONE}.par")
        self.assertEqual(head, "[LAND.WF:wf.ST:s_m]")
        self.assertEqual(values, {
            "$InputFile_inactive_users": str(self.out / f"{DONE}.lst"),
            "$$RunDir": str(run.folder), "$$RunId": RUN,
            "$$AsOfDate": "2026-11-23", "$$AsOf": "2026-11-23 02:00:00",
            "$$ExpectedRows": str(stream.count(b"\n")),
            "$$MaxRecordBytes": str(max(map(
                len, stream.splitlines(keepends=True))))})
        self.assertEqual(self.beside(), [f"{DONE}.done", f"{DONE}.lst",
                                         f"{DONE}.par"])
        for name in self.beside():
            self.assertEqual((self.out / name).stat().st_mode & 0o777, 0o600)

    def test_parameters_of_compressed_files(self):
        run = self.make(compression="gzip", companions=["par"],
                        part_size="200MiB")
        head, values = parameters(self.out / f"{DONE}.par")
        self.assertEqual(head, "[Global]")
        self.assertEqual(values["$InputFile_inactive_users"],
                         str(run.parts()[0]))
        self.make(compression="gzip", companions=["par"])
        # Of several parts none stands for all of them.
        self.assertEqual(self.beside(), [f"{DONE}.done", f"{DONE}.par"])

    def test_verify_and_status_miss_what_is_wrong(self):
        self.make()
        listed, parameter = (self.out / f"{DONE}.{end}"
                             for end in ("lst", "par"))
        first = listed.read_text()
        listed.write_text(first.splitlines()[0] + "\n")
        self.assertIn(f"{DONE}.lst", self.rollcall("verify", "out",
                                                   code=65).err)
        listed.write_text(first)
        parameter.unlink()
        found = self.rollcall("verify", "out", code=65).err
        self.assertIn(f"{DONE}.par: is missing", found)
        def missing():
            out = self.rollcall("status", "-c", "rollcall.json", "--json").out
            return [one for one in json.loads(out)["warnings"]
                    if "a done file is missing" in one]

        self.assertEqual(len(missing()), 1)
        # The same run again sets what is missing.
        self.extract()
        self.rollcall("verify", "out")
        self.assertEqual(missing(), [])

    def test_verify_tells_what_stands_in_their_place(self):
        self.make()
        parameter = self.out / f"{DONE}.par"
        good = parameter.read_text()
        for what, make in (
                ("too large", lambda: parameter.write_text("x" * (17 << 20))),
                ("a folder", parameter.mkdir),
                ("a link to nothing", lambda: parameter.symlink_to("gone"))):
            parameter.unlink()
            with self.subTest(what):
                make()
                self.assertIn(f"{DONE}.par", self.rollcall(
                    "verify", "out", code=65).err)
            if parameter.is_dir():
                parameter.rmdir()
                parameter.touch()
        parameter.unlink()
        parameter.write_text(good)
        self.rollcall("verify", "out")

    def test_a_copy_elsewhere_is_not_taken_for_the_first(self):
        self.make()
        copy = self.folder / "copy"
        shutil.copytree(self.out, copy, symlinks=True)
        self.assertIn(f"{DONE}.lst", self.rollcall("verify", copy,
                                                   code=65).err)

    def test_no_done_file_before_them(self):
        self.out.mkdir()
        (self.out / f"{DONE}.par").mkdir()
        self.job(SITE, output=OUTPUT)
        self.assertIn(f"{DONE}.par", self.extract(code=73).err)
        self.assertEqual(self.beside(), [f"{DONE}.lst", f"{DONE}.par"])
        (self.out / f"{DONE}.par").rmdir()
        self.extract()
        self.rollcall("verify", "out")

    def test_they_go_with_their_run(self):
        self.make()
        self.extract("--force", "--run-id", RUN)
        self.rollcall("verify", "out")
        self.job(SITE, output={"companions": None})
        # Replaced by a run that has none.
        self.extract("--force")
        self.assertEqual(self.beside(), [f"{DONE}.done"])

    def test_clean_takes_them_away(self):
        self.make()
        for day in (24, 25):
            self.extract(as_of=f"2026-11-{day}T00:30:00Z")
        self.rollcall("clean", "-c", "rollcall.json", "--keep", "1")
        self.assertEqual([name for name in self.visible() if DAY in name], [])
        # A run that somebody removed by hand leaves them without one.
        newest = next(name for name in self.visible()
                      if name.startswith("20261124T"))
        shutil.rmtree(self.out / newest)
        (self.out / "mine.lst").write_text("mine\n")
        (self.out / f"other_20261124_{newest}.lst").write_text("mine\n")
        self.rollcall("clean", "-c", "rollcall.json", "--keep", "1")
        self.assertEqual([name for name in self.visible() if newest in name],
                         [f"other_20261124_{newest}.lst"])
        self.assertIn("mine.lst", self.visible())

    def test_jobs_that_cannot_be(self):
        for output, text in (
                ({"compression": "gzip"}, "\"compression\": \"none\""),
                ({"csv": {"preset": "rfc4180"}}, "have no header"),
                ({"formats": ["jsonl"]}, "\"formats\" has no csv"),
                ({"companions": ["lst", "lst"]}, "given twice"),
                ({"companions": ["idx"]}, "output.companions[0]"),
                ({"parameter_section": "a]"}, "output.parameter_section"),
                ({"compression": "bzip2"}, "output.compression")):
            self.job("http://127.0.0.1:9", output={**OUTPUT, **output})
            self.assertIn(text, self.extract(code=78).err)
        self.assert_nothing_published()


class Plain(Case):
    def test_files_are_what_the_compressed_ones_hold(self):
        self.job(SITE, output={"dir": "gz"})
        packed = Run(self.extract().json()["dir"])
        self.job(SITE, output={"compression": "none"})
        run = self.published()
        self.assertEqual(
            sorted(path.name for path in run.folder.iterdir()),
            ["inactive_users-00001.csv", "inactive_users-00001.jsonl",
             "manifest.json"])
        for form in ("csv", "jsonl"):
            self.assertEqual(run.parts(form=form)[0].read_bytes(),
                             packed.plain(form=form))
            one = run.resources(form=form)[0]
            self.assertNotIn("compression", one)
            self.assertEqual((one["bytes"], one["hash"]),
                             (one["x-uncompressedBytes"],
                              one["x-uncompressedHash"]))
            self.assertEqual(one["name"], f"inactive_users-00001.{form}")
            for extra in ([], ["--no-header"]):
                command = ["cat", "--format", form, *extra]
                self.assertEqual(
                    self.rollcall(*command, run.folder).out,
                    self.rollcall(*command, packed.folder).out)
        self.rollcall("status", "-c", "rollcall.json")
        part = run.parts()[0]
        part.write_bytes(part.read_bytes()[:-1])
        self.assertIn("inactive_users-00001.csv",
                      self.rollcall("verify", "out", code=65).err)

    def test_the_next_run_reads_them(self):
        """Changes and first observations, plain and compressed in turn."""
        mapping = {"name": "own", "users": "jira_users", "changes": True,
                   "columns": [
                       {"name": "id", "type": "string", "key": True,
                        "from": "user.account_id"},
                       {"name": "first", "type": "timestamp",
                        "from": "observed.first_inactive_at"},
                       {"name": "at", "type": "timestamp",
                        "from": "run.as_of"}]}
        (self.folder / "own.json").write_text(json.dumps(mapping))
        before = None
        for day, compression in ((21, "none"), (22, "gzip"), (23, "none"),
                                 (24, "none")):
            self.job(SITE, mappings=["./own.json"],
                     output={"compression": compression})
            shutil.rmtree(self.folder / "state", ignore_errors=True)
            result = self.extract(as_of=f"2026-11-{day}T00:30:00Z").json()
            self.rollcall("verify", result["dir"])
            run = Run(result["dir"])
            changes = next(one["changes"] for one in run.facts()["datasets"]
                           if "changes" in one)
            self.assertEqual(changes["baseline"], before)
            if before is not None:
                self.assertEqual((changes["inserts"], changes["deletes"]),
                                 (0, 0))
            before = run.folder.name


if __name__ == "__main__":
    unittest.main()
