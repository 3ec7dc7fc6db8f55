"""A delivery into a folder while its disk, or that of the run, fails."""
import unittest

import faults
from faults import Fault
from landing import DONE, Landing
from test_fault_matrix import DISK_CODES, LEFTOVER, READ_CODES

STRIDES = {"write": 7, "read": 1}
CODES = {"write": DISK_CODES, "read": READ_CODES}


@faults.plain_build
class Folder(Landing):
    def setUp(self):
        super().setUp()
        self.there = self.folder / "mount"
        self.targets({"type": "dir", "path": "mount"})
        self.args = ["deliver", "-c", "rollcall.json", "latest"]

    def found(self):
        return {str(path.relative_to(self.there)): path.read_bytes()
                for path in self.there.rglob("*") if path.is_file()}

    def empty(self):
        for path in sorted(self.there.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()

    def run_with(self, environment, under):
        return faults.run(self.args, under, environment, cwd=self.folder)

    def points(self, calls, under, kinds):
        """Faults of a whole delivery: at the first call of a kind on a path."""
        done = self.run_with({"FAULT_SET": calls}, under)
        self.assertEqual(done.code, 0, done.err)
        first = {}
        for number, call in enumerate(done.calls, 1):
            first.setdefault(call[1:], number)
        self.assertGreater(len(first), 30)
        self.empty()
        return faults.choose(
            [Fault(calls, number, "fail", cause, onward)
             for number in first.values() for cause, onward in kinds],
            STRIDES[calls])

    def wrong(self, fault, under):
        done = self.run_with(fault.environment(), under)
        seen = self.found()
        if done.code == 0 and seen != self.files():
            yield f"exit 0 and not all is there: {sorted(seen)}"
        if done.code not in (0, *CODES[fault.set]):
            yield f"exit {done.code}: {done.err}"
        left = [name for name in seen if LEFTOVER.match(
            name.rpartition("/")[2])]
        if left and not fault.onward and not done.struck[0].startswith(
                "unlink"):
            yield f"left behind: {left}"
        if DONE in seen and seen != self.files():
            yield f"announced, and not whole: {sorted(seen)}"
        if any(value != self.files()[name] for name, value in seen.items()
               if name not in left):
            yield "other bytes under a name"
        again = self.run_with({}, under)
        if again.code != 0 or self.found() != self.files():
            yield f"the next delivery: {again.code}: {again.err}"
        self.empty()

    def try_points(self, calls, under, *kinds):
        self.there.mkdir()
        for fault in self.points(calls, under, kinds):
            with self.subTest(str(fault)):
                self.assertEqual(list(self.wrong(fault, under)), [])

    def test_the_target_cannot_be_written(self):
        self.try_points("write", self.there, ("EIO", False), ("ENOSPC", False),
                        ("ENOSPC", True))

    def test_the_run_cannot_be_read(self):
        self.try_points("read", self.out, ("EIO", False))


if __name__ == "__main__":
    unittest.main()
