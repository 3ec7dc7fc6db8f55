"""How many instructions a record may cost: make bench-ceiling.

Time on a shared machine says little; valgrind counts the same instructions
whoever else is running. The figure covers a whole run, from the pages of a
recording to a published dataset, of 10,000 records, 15 % of them about one of
2,000 accounts.
"""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import answers
import contenders
import measure
import recorded

# Instructions of the whole run for each record read. Lower it with the figure
# that the test prints and a tenth more: what has become fast stays fast. It
# is raised only by a change that says what the run does more.
#
# 18,800 measured with the flags of the Makefile on Debian 12; valgrind shows no
# SHA extensions to libcrypto, so each byte that is hashed counts about 30.
CEILING = 20_700


def instructions(command, env, cwd):
    """As valgrind counts them, without a cache to simulate."""
    done = subprocess.run(
        ["valgrind", "--tool=cachegrind", "--cache-sim=no",
         "--cachegrind-out-file=/dev/null", *map(str, command)],
        cwd=cwd, env={**os.environ, **env}, capture_output=True,
        text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"exit {done.returncode}: {done.stderr[-2000:]}")
    return int(re.search(r"I +refs: +([\d,]+)", done.stderr)[1]
               .replace(",", ""))


def records(site):
    """Those on the pages of the log."""
    return sum(path.read_bytes().count(b'"created":')
               for path in (site.pages / "audit").iterdir())


class Tiny(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.site = recorded.Recorded(Path(folder.name), "tiny")
        cls.site.make()

    def test_instructions_a_record(self):
        rollcall = contenders.Rollcall(self.site)
        rollcall.prepare()
        each = instructions(rollcall.command(), rollcall.env(),
                            self.site.folder) // records(self.site)
        print(f"{each:,} instructions a record, at most {CEILING:,}")
        self.assertLessEqual(each, CEILING)

    def test_python_answers_the_same(self):
        """The other peers need what only `make bench` installs."""
        rollcall = contenders.Rollcall(self.site)
        peer = next(peer for peer in contenders.peers(self.site, None)
                    if peer.name.startswith("Python"))
        for contender in (rollcall, peer):
            contender.prepare()
            measure.run(contender.command(),
                        self.site.folder / "figures.json",
                        cwd=self.site.folder, env=contender.env())
        wanted, found = (answers.rows(contender.answer())
                         for contender in (rollcall, peer))
        self.assertEqual(answers.differences(wanted, found), [])
        self.assertGreater(sum(row[3] != "" for row in wanted.values()), 100)


if __name__ == "__main__":
    unittest.main()
