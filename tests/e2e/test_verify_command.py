"""verify finds every damage, and cat gives no rows it cannot vouch for."""
import json
import os
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

import harness
from published import (AS_OF, RUN, Case, Run, edit_manifest, rewrite, sha256)

CSV = "inactive_users-00001.csv.gz"
JSONL = "inactive_users-00001.jsonl.gz"
BIG = "users=9000,records=3000,seed=3,now=" + AS_OF


def swap(lines, one, other):
    lines[one], lines[other] = lines[other], lines[one]


class Published(Case):
    """Each test gets a copy of one published output directory."""

    SITE = {}
    JOB = {}

    @classmethod
    def setUpClass(cls):
        cls.first = cls("runTest")
        cls.first.setUp()
        with harness.FakeSite(**cls.SITE) as site:
            cls.first.job(site, **cls.JOB)
            cls.first.published()

    @classmethod
    def tearDownClass(cls):
        cls.first.doCleanups()

    def runTest(self):
        """Only to be made; unittest wants a name."""

    def setUp(self):
        super().setUp()
        if self is not self.first:
            shutil.copytree(self.first.out, self.out, symlinks=True)
            self.run_ = Run(self.out / RUN)

    first = None

    def findings(self, count=None, path=None):
        """The findings of a verify that must fail."""
        result = self.rollcall("verify", path or self.run_.folder, code=65)
        lines = [line for line in result.err.splitlines()
                 if " finding " in line]
        told = result.json()
        self.assertEqual((told["status"], told["findings"]),
                         ("failed", len(lines)))
        self.assertGreater(len(lines), 0)
        if count is not None:
            self.assertEqual(len(lines), count, result.err)
        return "\n".join(line.split(" finding ")[1] for line in lines)


class Good(Published):
    def test_by_any_of_its_names(self):
        for path in ("out", "out/latest", f"out/{RUN}", f"out/{RUN}/",
                     f"out/{RUN}/manifest.json", self.out):
            told = self.rollcall("verify", path).json()
            self.assertEqual(told, {
                "status": "verified", "run": RUN, "parts": 2, "rows": 41,
                "findings": 0, "missing": 0})

    def test_a_copy_of_the_run_alone(self):
        """No output directory around it: no done file is due."""
        shutil.copytree(self.run_.folder, self.folder / "elsewhere" / "x")
        self.rollcall("verify", "elsewhere/x")

    def test_what_is_not_there_is_no_input(self):
        self.rollcall("verify", "nothing", code=66)
        (self.folder / "empty").mkdir()
        self.rollcall("verify", "empty", code=66)
        self.rollcall("verify", code=64)

    def test_the_json_line_is_all_of_stdout(self):
        self.assertEqual(self.rollcall("verify", "out").out.count("\n"), 1)


class Damaged(Published):
    def flip(self, name, share):
        path = self.run_.folder / name
        data = bytearray(path.read_bytes())
        data[int((len(data) - 1) * share)] ^= 0x10
        path.write_bytes(data)

    def test_a_flipped_bit_anywhere(self):
        for name in (CSV, JSONL):
            clean = (self.run_.folder / name).read_bytes()
            for share in (0, 0.3, 0.6, 0.999, 1):
                with self.subTest(name=name, share=share):
                    self.flip(name, share)
                    self.assertIn(name + ": ", self.findings())
                    (self.run_.folder / name).write_bytes(clean)

    def test_a_flipped_bit_in_the_manifest(self):
        path = self.run_.folder / "manifest.json"
        text = path.read_bytes().replace(b'"verdict": "complete"',
                                         b'"verdict": "complexe"')
        path.write_bytes(text)
        self.findings()
        path.write_bytes(text[:len(text) // 2])
        self.assertIn("manifest.json: ", self.findings(1))

    def test_the_manifest_is_not_what_the_done_file_saw(self):
        path = self.run_.folder / "manifest.json"
        path.write_bytes(path.read_bytes() + b"\n")
        self.assertIn(".done: ", self.findings(1))

    def test_a_cut_part(self):
        for name in (CSV, JSONL):
            path = self.run_.folder / name
            data = path.read_bytes()
            for size in (0, 5, 20, len(data) // 2, len(data) - 1):
                with self.subTest(name=name, size=size):
                    path.write_bytes(data[:size])
                    self.assertIn(name + ": ", self.findings())
            path.write_bytes(data)

    def test_something_after_the_end(self):
        path = self.run_.folder / CSV
        path.write_bytes(path.read_bytes() + b"\0")
        self.assertIn(CSV + ": ", self.findings())

    def test_numbers_of_the_manifest(self):
        for key, value in (("x-rows", 40), ("x-rows", 42), ("bytes", 1),
                           ("hash", sha256(b"")), ("x-maxRecordBytes", 1),
                           ("x-uncompressedBytes", 10),
                           ("x-uncompressedHash", sha256(b""))):
            with self.subTest(key=key):
                before = self.run_.manifest()["resources"][0][key]
                edit_manifest(self.run_, lambda manifest:
                              manifest["resources"][0].update({key: value}))
                self.assertIn(CSV + ": ", self.findings())
                edit_manifest(self.run_, lambda manifest:
                              manifest["resources"][0].update({key: before}))
        self.rollcall("verify", "out")

    def test_rows_of_the_dataset(self):
        edit_manifest(self.run_, lambda manifest: manifest["x-rollcall"]
                      ["datasets"][0].update(rows=40))
        self.assertIn("inactive_users: 40 rows stated", self.findings())

    def test_a_stray_file(self):
        for name in ("inactive_users-00002.csv.gz", ".hidden", "a folder"):
            path = self.run_.folder / name
            path.mkdir() if " " in name else path.write_text("")
            self.assertEqual(self.findings(1),
                             name + ": is not in the manifest")
            path.rmdir() if " " in name else path.unlink()

    def test_a_missing_file(self):
        (self.run_.folder / JSONL).unlink()
        self.assertIn(JSONL + ": cannot be found", self.findings())

    def test_a_link_in_place_of_a_part(self):
        shutil.move(self.run_.folder / CSV, self.folder / "moved")
        (self.run_.folder / CSV).symlink_to(self.folder / "moved")
        self.assertIn(CSV + ": is no regular file", self.findings())

    def test_a_missing_done_file(self):
        next(self.out.glob("*.done")).unlink()
        self.assertIn("done file is missing", self.findings(1))

    def test_a_run_under_another_name(self):
        self.run_.folder.rename(self.out / "20261124T020000Z")
        self.assertIn("another name", self.findings(
            path="out/20261124T020000Z"))


class Forged(Published):
    """Every hash, size and count fits; only the rows tell."""

    def test_rewriting_alone_is_no_damage(self):
        rewrite(self.run_, CSV, lambda lines: None)
        rewrite(self.run_, JSONL, lambda lines: None)
        self.rollcall("verify", "out")

    def test_a_row_less(self):
        for name, other in ((CSV, "jsonl"), (JSONL, "csv")):
            with self.subTest(name):
                rewrite(self.run_, name, lambda lines: lines.pop(7), rows=-1)
                self.assertIn("CSV and JSONL do not hold the same rows",
                              self.findings())
                self.restore()

    def test_a_row_less_and_counted_as_before(self):
        rewrite(self.run_, CSV, lambda lines: lines.pop())
        self.assertIn(CSV + ": holds 40 rows, the manifest says 41",
                      self.findings())

    def test_two_rows_in_the_wrong_order(self):
        for name in (CSV, JSONL):
            rewrite(self.run_, name, lambda lines: swap(lines, 3, 4))
            text = self.findings()
            self.assertIn(name + ": row ", text)
            self.assertIn("order", text)
            self.restore()

    def test_a_row_twice(self):
        rewrite(self.run_, CSV, lambda lines: lines.insert(5, lines[5]), 1)
        self.assertIn(CSV + ": row ", self.findings())

    def test_a_cell_that_csv_and_jsonl_tell_differently(self):
        for old, new in ((b"Ada Moreau", b"Eve Moreau"),
                         (b",known,", b",no_actor,"),
                         (b",5b10a2844c20165700ede002,", b",,"),
                         (b" 09:00:00,", b" 09:00:01,")):
            with self.subTest(new=new):
                def forge(lines):
                    at = next(i for i, line in enumerate(lines)
                              if old in line)
                    lines[at] = lines[at].replace(old, new, 1)
                rewrite(self.run_, CSV, forge)
                self.assertIn("do not hold the same rows", self.findings())
                self.restore()

    def test_empty_text_in_place_of_null(self):
        def forge(lines):
            at = next(i for i, line in enumerate(lines)
                      if line.count(b",,,,"))
            lines[at] = lines[at].replace(b",,,,", b',"",,,', 1)
        rewrite(self.run_, CSV, forge)
        self.findings()

    def test_values_outside_the_schema(self):
        for old, new, text in (
                (b",known,", b",maybe,", "list of allowed values"),
                (b",2026-11-23 02:00:00\n", b",2026-11-23\n", "no time"),
                (b",2026-11-23 02:00:00\n", b",\n", "null is not allowed"),
                (b"\xd7", b"\xff", "UTF-8")):
            with self.subTest(text):
                def forge(lines):
                    at = next(i for i, line in enumerate(lines)
                              if old in line)
                    lines[at] = lines[at].replace(old, new, 1)
                rewrite(self.run_, CSV, forge)
                found = self.findings()
                self.assertIn(CSV + ": row ", found)
                self.assertIn(text, found)
                self.restore()

    def test_other_members_and_headers(self):
        rewrite(self.run_, JSONL, lambda lines: lines.__setitem__(
            0, lines[0].replace(b'"email":', b'"mail":')))
        self.assertIn(JSONL + ": ", self.findings())
        self.restore()
        rewrite(self.run_, CSV, lambda lines: lines.__setitem__(
            0, lines[0].replace(b",email,", b",mail,")))
        self.assertIn("header", self.findings())

    def test_the_findings_hold_no_personal_data(self):
        rewrite(self.run_, CSV, lambda lines: swap(lines, 3, 9))
        self.assertNotIn("@", self.findings())

    def restore(self):
        shutil.rmtree(self.out)
        shutil.copytree(self.first.out, self.out, symlinks=True)


class OtherOrder(Case):
    def test_a_key_twice_far_apart(self):
        (self.folder / "own.json").write_text(json.dumps({
            "name": "own", "grain": "user", "users": "jira_users",
            "columns": [
                {"name": "id", "type": "string", "key": True,
                 "from": "user.account_id"},
                {"name": "name", "type": "string",
                 "from": "user.display_name"}],
            "order": ["name", "id"]}))
        self.job(self.site(), mappings=["./own.json"])
        run = self.published()
        names = [row["name"] for row in run.jsonl("own")]
        self.assertEqual(names, sorted(names, key=str.encode))

        def forge(lines):
            key = lines[2].split(b",")[0]
            lines[40] = key + lines[40][lines[40].index(b","):]
        rewrite(run, "own-00001.csv.gz", forge)
        err = self.rollcall("verify", "out", code=65).err
        self.assertIn("own-00001.csv.gz: row 40: repeats the key", err)


class ManyParts(Published):
    SITE = {"generate": BIG}
    JOB = {"output": {"part_size": "4KiB"}}

    def test_swapped_parts(self):
        one, other = self.run_.parts()[:2]
        held = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(held)
        text = self.findings()
        self.assertIn(one.name + ": ", text)
        self.assertIn(other.name + ": ", text)

    def test_swapped_parts_with_hashes_recomputed(self):
        held = [path.read_bytes() for path in self.run_.parts()[:2]]
        for path, data in zip(self.run_.parts()[:2], reversed(held)):
            path.write_bytes(data)

        def change(manifest):
            one, other = [resource for resource in manifest["resources"]
                          if resource["format"] == "csv"][:2]
            for key in ("bytes", "hash", "x-rows", "x-uncompressedBytes",
                        "x-uncompressedHash", "x-maxRecordBytes"):
                one[key], other[key] = other[key], one[key]
        edit_manifest(self.run_, change)
        self.assertIn("order", self.findings())

    def test_a_part_left_out_of_files_and_manifest(self):
        gone = self.run_.parts(form="jsonl")[1]
        gone.unlink()
        edit_manifest(self.run_, lambda manifest: manifest.update(
            resources=[one for one in manifest["resources"]
                       if one["path"] != gone.name]))
        self.findings()

    def test_a_key_twice_in_two_parts(self):
        key = self.run_.csv()[3]["account_id"].encode()

        def forge(lines):
            at = len(lines) - 2
            lines[at] = key + lines[at][lines[at].index(b","):]
        last = self.run_.parts()[-1].name
        rewrite(self.run_, last, forge)
        self.assertIn(last + ": row ", self.findings())

    def test_cat_into_a_reader_that_leaves(self):
        process = subprocess.Popen(
            [harness.binary("rollcall"), "cat", str(self.out)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(), -signal.SIGPIPE)
        self.assertEqual(err, b"")

    def test_cat_stops_at_a_damaged_part(self):
        path = self.run_.parts()[1]
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        result = subprocess.run(
            [harness.binary("rollcall"), "cat", str(self.out)],
            capture_output=True, check=False)
        self.assertEqual(result.returncode, 65)
        self.assertIn(path.name.encode(), result.stderr)


class Cat(Published):
    JOB = {"mappings": ["inactive_users", "all_users"]}

    def cat(self, *args, **options):
        return self.rollcall("cat", *args, "out", **options).out

    def test_a_dataset_must_be_named_when_there_are_two(self):
        self.assertIn("--dataset", self.rollcall("cat", "out", code=64).err)
        text = self.cat("--dataset", "all_users")
        self.assertEqual(text.encode(), self.run_.plain("all_users"))

    def test_an_unknown_dataset(self):
        result = self.rollcall("cat", "--dataset", "users", "out", code=66)
        self.assertIn("users", result.err)
        self.assertEqual(result.out, "")

    def test_no_header(self):
        text = self.cat("--dataset", "all_users", "--no-header")
        plain = self.run_.plain("all_users").decode()
        self.assertEqual(text, plain[plain.index("\n") + 1:])

    def test_jsonl(self):
        text = self.cat("--dataset", "all_users", "--format", "jsonl")
        self.assertEqual([json.loads(line) for line in text.splitlines()],
                         self.run_.jsonl("all_users"))

    def test_a_format_that_does_not_exist(self):
        self.rollcall("cat", "--dataset", "all_users", "--format", "xml",
                      "out", code=64)

    def test_a_full_disk_is_said(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [harness.binary("rollcall"), "cat", "--dataset", "all_users",
                 str(self.out)], stdout=full, stderr=subprocess.PIPE,
                check=False)
        self.assertEqual(done.returncode, 74)

    def test_the_path_may_be_the_manifest(self):
        text = self.rollcall("cat", "--dataset", "all_users",
                             self.run_.folder / "manifest.json").out
        self.assertEqual(text.encode(), self.run_.plain("all_users"))


# Only a base: it has no tests of its own.
del Published


if __name__ == "__main__":
    unittest.main()
