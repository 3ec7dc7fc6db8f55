"""A file that cannot be looked at or read, under the verbs that look at what
was published: it is never taken for one that is not there.

A verb ends with an error, with the words of a run that all goes well with, or
with words that name what it could not look at.
"""
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import faults
import harness
from faults import Fault
from published import RUN
from test_fault_matrix import AS_OF, READ_CODES
from test_fault_memory import Command, publish_twice

STRIDE = 61
COMMANDS = {
    "deliver": ("deliver", "latest"),
    "clean": ("clean", "--keep", "1"),
    "status": ("status", "--json", "--as-of", AS_OF),
    "verify": ("verify", "out"),
}
SAID = re.compile(r'"problem":"|"left_alone":\["|Input/output error|'
                  "so what the state knows is not shown")


class Verb(Command):
    """Also in a folder where something is missing, which is to be told."""

    def count(self):
        self.told = self.run({"FAULT_SET": "read"})
        return len(self.told.calls)

    def wrong(self, fault):
        done, told = self.run(fault.environment()), self.told
        if done.struck is None:
            yield "was not struck"
            return
        at = " ".join(done.struck)
        if done.code not in (told.code, *READ_CODES):
            yield f"[{at}] exit {done.code}: {done.err}"
        if done.code == told.code and done.out != told.out and \
                not SAID.search(done.out + done.err):
            yield f"[{at}] exit {done.code} and other words: {done.out}"
        if done.code != 0 and done.err == "":
            yield f"[{at}] says nothing"
        if done.changed and self.words[0] != "clean":
            yield f"[{at}] what is published was changed"
        if done.left:
            yield f"[{at}] left behind: {done.left}"


@faults.plain_build
class Verbs(unittest.TestCase):
    def test_files_that_cannot_be_read(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        whole, lacking = folder / "whole", folder / "lacking"
        whole.mkdir()
        with harness.FakeSite() as site:
            publish_twice(whole, site.url)
        shutil.copytree(whole, lacking, symlinks=True)
        (lacking / f"out/inactive_users_{AS_OF[:10].replace('-', '')}_{RUN}"
         ".done").unlink()
        verbs = {name: Verb(whole, words) for name, words in COMMANDS.items()}
        verbs["verify what lacks a done file"] = Verb(lacking,
                                                      COMMANDS["verify"])
        points = [(name, Fault("read", number + 1, "fail", "EIO"))
                  for name, verb in verbs.items()
                  for number in range(verb.count())]
        self.assertEqual([verb.told.code for verb in verbs.values()],
                         [0, 0, 0, 0, 65])
        self.assertGreater(len(points), 500)
        found = faults.try_all(
            faults.choose(points, STRIDE),
            lambda point: verbs[point[0]].wrong(point[1]),
            "faults: reading, verbs")
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
