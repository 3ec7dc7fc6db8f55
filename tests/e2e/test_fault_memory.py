"""rollcall, or a library under it, asks for memory and gets none.

A run makes tens of thousands of allocations from far fewer places; one of
each place is tried. Whatever happens it ends by itself: well, with the right
bytes, or with an error that says so and nothing visible.
"""
import re
import signal
import tempfile
import unittest
from pathlib import Path

import faults
import harness
from faults import Fault
from test_fault_matrix import Scenario, Visible, leftovers, tree

STRIDE = 23
ONWARD_STRIDE = 12 * STRIDE
NO_MEMORY = "ENOMEM"

# Exit codes and what must be said with each. 69: libcurl gives one code for
# an endless header line and for no memory, and calls the scheme of a URL that
# it could not copy not supported. 78: a URL that it cannot take apart may be
# wrong, or memory is out. 74: the kernel's word for it.
WORDS = {0: "", 70: "memory",
         69: "memory is out|Protocol .* not supported",
         78: "memory is out|endpoints.jira.url: expected https://HOST",
         74: "Cannot allocate memory"}


def places(scenario):
    """The number of the first allocation of each place."""
    first = {}
    for number, call in enumerate(scenario.calls("memory"), 1):
        first.setdefault(call[1], number)
    return sorted(first.values())


def died_at_the_start(done):
    """Debian 12's libcrypto uses its locks without looking whether it got
    memory for them; that is while the job is read."""
    return done.code == -signal.SIGSEGV and done.out + done.err == ""


def wrong(scenario, fault):
    with tempfile.TemporaryDirectory(prefix="fault-") as folder:
        scenario.lay(folder)
        data = Path(folder) / "data"
        done = faults.run(scenario.command(folder), data,
                          fault.environment())
        if not (done.code in WORDS and
                re.search(WORDS[done.code], done.err)):
            if not died_at_the_start(done):
                yield f"exit {done.code}: {done.err[-600:]}"
        if done.code == 0 and tree(data / "out") != scenario.after:
            yield "exit 0 and not the right bytes"
        yield from Visible(scenario, data / "out").wrong()
        if leftovers(data) and not fault.onward:
            yield f"left behind: {leftovers(data)}"


@faults.plain_build
class Memory(unittest.TestCase):
    def try_points(self, name, scenario, points, stride):
        found = faults.try_all(faults.choose(points, stride),
                               lambda fault: wrong(scenario, fault), name)
        if found:
            self.fail("\n" + "\n".join(found))

    def test_every_place_that_asks(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        site = self.enterContext(harness.FakeSite())
        scenario = Scenario(folder / "second", site.url)
        scenario.publish("2026-11-22T02:00:00Z")
        scenario.settle()
        numbers = places(scenario)
        self.assertGreater(len(numbers), 500)
        with self.subTest("one allocation"):
            self.try_points("no memory once", scenario, [
                Fault("memory", number, "fail", NO_MEMORY)
                for number in numbers], STRIDE)
        with self.subTest("all from there on"):
            self.try_points("no memory any more", scenario, [
                Fault("memory", number, "fail", NO_MEMORY, onward=True)
                for number in numbers], ONWARD_STRIDE)


if __name__ == "__main__":
    unittest.main()
