"""rollcall, or a library under it, asks for memory and gets none.

A run makes tens of thousands of allocations from far fewer places; one of
each place is tried. Whatever happens it ends by itself: well, with the right
bytes, or with an error that says so and nothing visible; and all memory that
was got is given back.
"""
import os
import re
import shutil
import signal
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import accounts
import faults
import harness
import org_lists
from faults import Fault
from keys import make_key
from test_fault_matrix import (AS_OF, NIGHT_BEFORE, Scenario, Visible,
                               leftovers, tree)

STRIDE = 53
ONWARD_STRIDE = 10 * STRIDE
COMMAND_STRIDE = 303
NO_MEMORY = "ENOMEM"
SOME_NIGHTS_BEFORE = "2026-11-10T02:00:00Z"
NEVER = 10 ** 9

# Exit codes and what must be said with each. 69: libcurl gives one code for
# an endless header line and for no memory. 74: the kernel's word for it.
WORDS = {0: "", 70: "memory", 69: "memory is out",
         74: "Cannot allocate memory"}

# What a verb may go on without, when it says so.
SAID = "out of memory|its oldest record cannot be had: .*memory is out"

# What libraries do not give back themselves: part of a stack, and why.
LIBRARY_LEAKS = (
    (":regcomp", "glibc 2.36 loses a node of a pattern it cannot compile"),
    (":EVP_MD_fetch", "OpenSSL 3.0 loses half of what it remembers of its "
     "digests"),
    (":OPENSSL_init_(crypto|ssl)|:ENGINE_register_all_complete",
     "OpenSSL 3.0 does not try again what it begins only once, nor ends it"),
    (":_dl_allocate_tls < libc[^ ]*:pthread_create < libcurl",
     "libcurl 7.88 asks a thread for the address when it has no memory to read "
     "it itself, and glibc keeps the stack of a thread for the next one"),
)

# Every verb, in the folder of a job with two published runs.
COMMANDS = {
    "plan": ("plan", "--as-of", AS_OF),
    "check": ("check", "--as-of", AS_OF),
    "check as json": ("check", "--json", "--as-of", AS_OF),
    "verify": ("verify", "out"),
    "cat": ("cat", "out/latest", "--dataset", "inactive_users"),
    "cat as jsonl": ("cat", "out/latest", "--dataset", "inactive_users",
                     "--format", "jsonl"),
    "explain": ("explain", accounts.BEN, "--mapping", "inactive_users",
                "--as-of", AS_OF),
    "explain as json": ("explain", accounts.BEN, "--json", "--mapping",
                        "inactive_users", "--as-of", AS_OF),
    "status": ("status", "--as-of", AS_OF),
    "status as json": ("status", "--json", "--as-of", AS_OF),
    "clean": ("clean", "--keep", "1"),
    "deliver": ("deliver", "latest"),
    "replay": ("extract", "--replay", "record", "--as-of",
               AS_OF, "--force"),
    "activate": ("activate", accounts.BEN, "--via", "admin"),
    "deactivate": ("deactivate", accounts.OMAR, "--via", "adminhub",
                   "--json"),
    **{f"schema for {form}": ("schema", "--dataset", "inactive_users",
                              "--format", form, "--out-dir", "schema",
                              *(("--repository", "R", "--folder", "F")
                                if form == "powercenter" else ()))
       for form in ("powercenter", "postgres", "snowflake", "bigquery",
                    "redshift", "duckdb", "spark", "jsonschema")},
}
# May have done it when only the words for it are missing.
CHANGING = ("clean", "extract")
NO_JOB = ("verify", "cat")


def places(calls):
    """The number of the first allocation of each place."""
    first = {}
    for number, call in enumerate(calls, 1):
        first.setdefault(call[1], number)
    return sorted(first.values())


def died_at_the_start(done):
    """Debian 12's libcrypto uses its locks without looking whether it got
    memory for them; that is while the job is read."""
    return done.code == -signal.SIGSEGV and done.out + done.err == ""


def died_in_regcomp(done, again):
    """glibc 2.36 gives pieces of a pattern back twice when there is no memory
    for the rest; that is while a mapping is read."""
    if done.code != -signal.SIGABRT or "double free" not in done.err:
        return False
    asked = again({"FAULT_STACKS": "1"}).asked
    return bool(asked) and ":regcomp" in asked[0]


def wrong_end(done, again):
    if not (done.code in WORDS and re.search(WORDS[done.code], done.err)):
        if not (died_at_the_start(done) or died_in_regcomp(done, again)):
            yield f"exit {done.code}: {done.err[-600:]}"


def leaks(done, undisturbed, again):
    """What is left behind and is not by a run that all goes well with. AGAIN
    is the same with stacks: whose it is."""
    if done.live is None or not done.live - undisturbed.live:
        return
    done = again({"FAULT_STACKS": "1"})
    known = {place.partition(" ")[0] for place in undisturbed.live}
    for place in done.live or ():
        stack = faults.stack(place)
        if place.partition(" ")[0] not in known and not any(
                re.search(name, stack) for name, _ in LIBRARY_LEAKS):
            yield f"not given back: {stack}"


def never():
    """No fault: what is left behind in an undisturbed run is told of."""
    return Fault("memory", NEVER, "fail", NO_MEMORY).environment()


def again(scenario, environment):
    with tempfile.TemporaryDirectory(prefix="fault-") as folder:
        scenario.lay(folder)
        return faults.run(scenario.command(folder), Path(folder) / "data",
                          environment)


def wrong(scenario, undisturbed, fault):
    with tempfile.TemporaryDirectory(prefix="fault-") as folder:
        scenario.lay(folder)
        data = Path(folder) / "data"
        done = faults.run(scenario.command(folder), data,
                          fault.environment())

        def anew(more):
            return again(scenario, {**fault.environment(), **more})

        yield from wrong_end(done, anew)
        yield from leaks(done, undisturbed, anew)
        if done.code == 0 and tree(data / "out") != scenario.after:
            yield "exit 0 and not the right bytes"
        yield from Visible(scenario, data / "out").wrong()
        if leftovers(data) and not fault.onward:
            yield f"left behind: {leftovers(data)}"


class Everything(Scenario):
    """A night that does all a run can do at once: three datasets, of which one
    tells what changed since the night before and has only its CSV to go by,
    lists of the organisation, Hive folders, a signature, a delivery."""

    def job(self, folder):
        mapping = self.folder.parent / "people.json"
        mapping.write_text(
            (harness.ROOT / "mappings/inactive_users.json").read_text()
            .replace('"changes": false', '"changes": true'))
        harness.make_job(
            folder, self.url,
            endpoints={**org_lists.admin(self.url),
                       **org_lists.adminhub(self.url)},
            mappings=[str(mapping), "user_events"],
            limits={"retry_for": "2s", "concurrency": 1},
            output={"dir": "data/out", "layout": self.layout,
                    "formats": ["csv"]},
            state="data/state/rollcall.db", sign={"file": str(self.key)},
            deliver=[{"type": "dir", "path": "mount/{date}/{run}"}])

    def command(self, folder, as_of=AS_OF, args=None):
        if not (Path(folder) / "rollcall.json").exists():
            self.job(Path(folder))
        return super().command(folder, as_of, args)


def publish_twice(folder, url):
    harness.make_job(
        folder, url,
        endpoints={**org_lists.admin(url), **org_lists.adminhub(url)},
        mappings=["inactive_users", "access_changes"],
        limits={"retry_for": "2s", "concurrency": 1},
        output={"layout": "hive"},
        deliver=[{"type": "dir", "path": "mount/{date}/{run}"}])
    for as_of in (NIGHT_BEFORE, AS_OF):
        code, _, err = harness.run_rollcall(
            ["extract", "-c", "rollcall.json", "--as-of", as_of,
             "--no-deliver", *(("--record", "record") if as_of == AS_OF
                               else ())], cwd=folder, env=org_lists.ENV)
        if code != 0:
            raise RuntimeError(err)


class Command:
    """One verb in a copy of FOLDER."""

    def __init__(self, folder, words):
        self.folder, self.words = folder, words

    def run(self, environment):
        with tempfile.TemporaryDirectory(prefix="fault-") as name:
            folder = Path(name) / "job"
            shutil.copytree(self.folder, folder, symlinks=True)
            job = () if self.words[0] in NO_JOB else ("-c", "rollcall.json")
            before = tree(folder / "out")
            done = faults.run([*self.words, *job], folder,
                              {**org_lists.ENV, **environment}, cwd=folder)
            done.out = re.sub(r'_ms":\d+', '_ms":0',
                              done.out.replace(name, "FOLDER"))
            done.changed = tree(folder / "out") != before
            done.left = leftovers(folder)
        return done

    def places(self):
        done = self.run({"FAULT_SET": "memory"})
        if done.code != 0:
            raise RuntimeError(done.err)
        return places([call[1:] for call in done.calls])

    def wrong(self, undisturbed, fault):
        def anew(more):
            return self.run({**fault.environment(), **more})

        done = anew({})
        yield from wrong_end(done, anew)
        yield from leaks(done, undisturbed, anew)
        if (done.code == 0 and done.out != undisturbed.out and
                not re.search(SAID, done.out)):
            yield f"exit 0 and not the right words: {done.out}"
        if done.code != 0 and done.changed and self.words[0] not in CHANGING:
            yield "what is published was changed"
        if done.left:
            yield f"left behind: {done.left}"


@faults.plain_build
class Memory(unittest.TestCase):
    def try_points(self, name, trial, points, stride):
        found = faults.try_all(faults.choose(points, stride), trial, name)
        if found:
            self.fail("\n" + "\n".join(found))

    def test_every_place_that_asks(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        site = self.enterContext(harness.FakeSite())
        self.enterContext(mock.patch.dict(os.environ, org_lists.ENV))
        make_key(folder / "key")
        scenario = Everything(folder / "night", site.url, layout="hive")
        scenario.publish(SOME_NIGHTS_BEFORE)
        scenario.settle()
        numbers = places(scenario.calls("memory"))
        undisturbed = again(scenario, never())
        self.assertEqual(undisturbed.code, 0, undisturbed.err)
        self.assertIsNotNone(undisturbed.live)
        self.assertLess(undisturbed.live.total(), 10, undisturbed.live)

        def trial(fault):
            return wrong(scenario, undisturbed, fault)
        self.assertGreater(len(numbers), 500)
        with self.subTest("one allocation"):
            self.try_points("no memory: extract", trial, [
                Fault("memory", number, "fail", NO_MEMORY)
                for number in numbers], STRIDE)
        with self.subTest("all from there on"):
            self.try_points("no memory: onward", trial, [
                Fault("memory", number, "fail", NO_MEMORY, onward=True)
                for number in numbers], ONWARD_STRIDE)

    def test_every_place_of_every_verb(self):
        base = Path(self.enterContext(tempfile.TemporaryDirectory()))
        site = self.enterContext(harness.FakeSite())
        commands = {name: Command(base, words)
                    for name, words in COMMANDS.items()}
        publish_twice(base, site.url)
        points, undisturbed = [], {}
        for name, command in commands.items():
            undisturbed[name] = command.run(never())
            self.assertEqual(undisturbed[name].code, 0,
                             undisturbed[name].err)
            points += [(name, Fault("memory", number, "fail", NO_MEMORY))
                       for number in command.places()]
        self.assertGreater(len(points), 100 * len(commands))
        self.try_points(
            "no memory: verbs",
            lambda point: commands[point[0]].wrong(undisturbed[point[0]],
                                                   point[1]),
            points, COMMAND_STRIDE)


if __name__ == "__main__":
    unittest.main()
