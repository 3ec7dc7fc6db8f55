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

import contenders
import recorded

# Instructions of the whole run for each record read. Lower it with the figure
# that the test prints and a tenth more: what has become fast stays fast. It
# is raised only by a change that says what the run does more.
#
# 100,300 measured with -O2 on Debian 12; valgrind shows no SHA extensions to
# libcrypto, so each byte that is hashed counts about 30.
CEILING = 110_000


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


class Ceiling(unittest.TestCase):
    def test_instructions_a_record(self):
        with tempfile.TemporaryDirectory() as folder:
            site = recorded.Recorded(Path(folder), "tiny")
            site.make()
            site.forget()
            rollcall = contenders.Rollcall(site)
            each = instructions(rollcall.command(), rollcall.env(),
                                site.folder) // records(site)
        print(f"{each:,} instructions a record, at most {CEILING:,}")
        self.assertLessEqual(each, CEILING)


if __name__ == "__main__":
    unittest.main()
