"""report, when its disk or its memory fails, or it is killed: there is the
whole page or none of it, and the page of before stays until then."""
import tempfile
import unittest
from pathlib import Path

import faults
from faults import Fault
from published import RUN
from reported import Nights, Page
from test_fault_memory import died_at_the_start

OLD = b"the page of before"
# Of a disk or a memory that fails. 65 and 66: what cannot be read seems to be
# damaged, or not to be there.
CODES = {"write": {0, 73, 74}, "read": {0, 65, 66, 70, 73, 74},
         "memory": {0, 70, 74}}
STRIDE, MEMORY_STRIDE = 8, 48


@faults.plain_build
class Report(Nights):
    @classmethod
    def prepare(cls):
        cls.first.shared = cls.first.out
        cls.whole = cls.first.page(path=cls.first.out / RUN).data

    def command(self, folder):
        # The links in a page are as long as the way to the run.
        return ["report", self.shared / RUN, "--mask", "--output",
                Path(folder) / "page.html"]

    def trial(self, fault):
        with tempfile.TemporaryDirectory(prefix="fault-") as folder:
            page = Path(folder) / "page.html"
            page.write_bytes(OLD)
            done = faults.run(self.command(folder), "/tmp",
                              fault.environment())
            if died_at_the_start(done):
                return
            killed = fault.deed.startswith("kill")
            if done.struck is None:
                yield "was not struck"
            if not killed and done.code not in CODES[fault.set]:
                yield f"exit {done.code}: {done.err[-300:]}"
            if done.code != 0 and not killed and " error " not in done.err:
                yield "says nothing"
            if not self.fits(page.read_bytes(), done.code):
                yield f"exit {done.code}, and neither page"
            if not (killed or fault.onward) and len(list(
                    Path(folder).iterdir())) != 1:
                yield "left something behind"

    def fits(self, data, code):
        """One of the pages; of the runs beside it, it may have missed one."""
        if data == OLD:
            return code != 0
        found, whole = Page(data), Page(self.masked)
        return (found.facts, found.figures()) == (whole.facts,
                                                  whole.figures())

    def count(self, which):
        with tempfile.TemporaryDirectory(prefix="fault-") as folder:
            calls = faults.count(self.command(folder), "/tmp", which)
            self.masked = (Path(folder) / "page.html").read_bytes()
        return calls

    def try_all(self, which, numbers, stride=STRIDE, **deed):
        found = faults.try_all(
            faults.choose([Fault(which, number, **deed)
                           for number in numbers], stride),
            self.trial, f"report, {which}")
        self.assertEqual(found, [])

    def test_a_disk_that_fails(self):
        numbers = range(1, len(self.count("write")) + 1)
        self.assertGreater(len(numbers), 5)
        self.try_all("write", numbers, 2, cause="ENOSPC", onward=True)
        self.try_all("write", numbers, 2, deed="kill-half")
        self.try_all("write", numbers, 2, deed="kill-after")

    def test_files_that_cannot_be_read(self):
        numbers = range(1, len(self.count("read")) + 1)
        self.assertGreater(len(numbers), 10)
        self.try_all("read", numbers)

    def test_no_memory(self):
        places = {}
        for number, call in enumerate(self.count("memory"), 1):
            places.setdefault(call, number)
        self.assertGreater(len(places), 50)
        self.try_all("memory", sorted(places.values()), MEMORY_STRIDE,
                     cause="ENOMEM")


del Nights

if __name__ == "__main__":
    unittest.main()
