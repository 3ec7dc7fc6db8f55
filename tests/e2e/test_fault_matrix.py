"""rollcall dies, or its disk fails, at every call that touches a file.

Whatever happens: nothing half is visible, what was published before stays,
and the same command afterwards gives the bytes of a run that was never
disturbed, with nothing left over.
"""
import hashlib
import json
import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import faults
import harness
from faults import Fault
from keys import make_key

AS_OF = "2026-11-23T02:00:00Z"
RUN = "20261123T020000Z"
NIGHT_BEFORE = "2026-11-22T02:00:00Z"
LOCK = ".rollcall.lock"
DISK = ("ENOSPC", "EIO", "EROFS", "EDQUOT")
DISK_CODES = (73, 74)
# An input that cannot be read is 66, the run before is an input too.
READ_CODES = (65, 66, 73, 74)
STRIDE = 47
STATE = "rollcall.db"

# Members of a manifest that tell of the run and not of the data.
RUN_ONLY = {"created", "timings", "waitedMs", "requests", "retries", "pages",
            "wireBytes", "bodyBytes", "walks", "repairs", "resumed",
            "claimedTotal"}

# Calls whose failure need not fail the run: set, kind, name, and why.
CANNOT_MATTER = (
    ("write", "close", rf"{re.escape(LOCK)}|{re.escape(STATE)}\.lock",
     "the lock goes with the process, and its text is for people"),
    ("read", "fstat", ".*",
     "only tells a folder from a file early; reading a folder fails too"),
    ("read", "stat(64)?|fstat64", "state|" + re.escape(STATE),
     "SQLite takes a journal that it cannot look at for none; the pages of "
     "the state are checked when it is opened"),
    ("read", "open", "state",
     "SQLite opens the folder to make the journal's name durable, and goes on "
     "without"),
    ("write", "fdatasync|fsync", "state", "the same"),
    ("read", "pread(64)?", re.escape(STATE),
     "a state that seems damaged is looked at twice, and is sound then"),
    ("write", "close", re.escape(STATE),
     "every write to it was made durable before"),
    ("write", "fchown", re.escape(STATE),
     "the journal belongs to who runs in any case"),
)

# Nothing of these may be there once a run has ended well. SQLite's journal of
# a write that was cut off stays until the state is opened again.
LEFTOVER = re.compile(r"\.tmp-|\.scratch-|.*-(wal|shm)$")


def without(value, names):
    if isinstance(value, dict):
        return {name: without(member, names)
                for name, member in value.items() if name not in names}
    if isinstance(value, list):
        return [without(member, names) for member in value]
    return value


def content(path):
    """What must be the same in every run: of a manifest without the times,
    of a done file without the hash over them, of a signature that it is one."""
    if path.is_symlink():
        return os.readlink(path)
    if path.name in ("manifest.json", "_manifest.json"):
        return without(json.loads(path.read_text()), RUN_ONLY)
    if path.suffix == ".done":
        return without(json.loads(path.read_text()), {"manifestSha256"})
    if path.suffix == ".sig":  # which is checked
        return path.stat().st_size
    return path.read_bytes()


def target(path):
    """The name a temporary file is to get; SQLite's files are the state."""
    name = re.sub(r"^\.tmp-(\d+-\d+-)?", "", path.rpartition("/")[2])
    return STATE if name.startswith(f"{STATE}-") else name


def tree(out):
    """Name -> content of all that a reader of OUT may see."""
    return {str(path.relative_to(out)): content(path)
            for path in sorted(out.rglob("*"))
            if not path.relative_to(out).parts[0].startswith(".")
            and (path.is_symlink() or path.is_file())}


class Scenario:
    """What is there before the run, and what the run is."""

    def __init__(self, folder, url, *args, layout="flat"):
        self.folder, self.url, self.layout = Path(folder), url, layout
        self.folder.mkdir(parents=True)
        self.args = args
        # What has most files is signed too.
        self.key = self.folder.parent / "key" if layout == "hive" else None
        self.before, self.after = {}, {}

    def command(self, folder, as_of=AS_OF, args=None):
        path = Path(folder) / "rollcall.json"
        if not path.exists():
            harness.make_job(folder, self.url,
                             output={"dir": "data/out",
                                     "layout": self.layout},
                             state="data/state/rollcall.db",
                             sign=self.key and {"file": str(self.key)},
                             # One request after another: the same calls in
                             # every run, so that a point is what it seems.
                             limits={"retry_for": "2s", "concurrency": 1})
        return ["extract", "-c", path, "--as-of", as_of,
                *(self.args if args is None else args)]

    def publish(self, as_of):
        code, _, err = harness.run_rollcall(
            self.command(self.folder, as_of, ()))
        if code != 0:
            raise RuntimeError(err)

    def unmark(self):
        out = self.folder / "data" / "out"
        (out / "latest").unlink()
        for done in out.glob(f"*_{RUN}.done"):
            done.unlink()
        for folder in out.glob(f"dataset=*/dt=*/run={RUN}"):
            shutil.rmtree(folder)

    def settle(self):
        """The data of undisturbed runs."""
        self.before = tree(self.folder / "data" / "out")
        with tempfile.TemporaryDirectory() as folder:
            self.lay(folder)
            done = harness.run_rollcall(self.command(folder))
            if done[0] != 0:
                raise RuntimeError(done[2])
            self.after = tree(Path(folder) / "data" / "out")
            verified = harness.run_rollcall(
                ["verify", Path(folder) / "data" / "out"])
            if verified[0] != 0:
                raise RuntimeError(verified[2])
        return self

    def lay(self, folder):
        """A folder for one point."""
        shutil.copytree(self.folder, folder, symlinks=True,
                        dirs_exist_ok=True)

    def calls(self, of):
        with tempfile.TemporaryDirectory() as folder:
            self.lay(folder)
            return faults.count(self.command(folder),
                                Path(folder) / "data", of)


class MergeScenario(Scenario):
    """Of two runs, which lie outside the data that is looked at."""

    sites = ("acme", "beta")

    def prepare(self):
        for site in self.sites:
            path = harness.make_job(self.folder, self.url,
                                    output={"dir": site},
                                    state=f"{site}.db")
            code, _, err = harness.run_rollcall(
                ["extract", "-c", path, "--as-of", AS_OF])
            if code != 0:
                raise RuntimeError(err)
        (self.folder / "data").mkdir()
        return self

    def command(self, folder, as_of=AS_OF, args=None):
        del as_of, args
        return ["merge", *(Path(folder) / site / RUN for site in self.sites),
                "--out", Path(folder) / "data" / "out"]


def scenarios(folder, url):
    make_key(folder / "key")
    first = Scenario(folder / "first", url)
    second = Scenario(folder / "second", url, layout="hive")
    second.publish(NIGHT_BEFORE)
    force = Scenario(folder / "force", url, "--force", layout="hive")
    force.publish(NIGHT_BEFORE)
    force.publish(AS_OF)
    marks = Scenario(folder / "marks", url, layout="hive")
    marks.publish(AS_OF)
    marks.unmark()
    merge = MergeScenario(folder / "merge", url).prepare()
    return {name: scenario.settle() for name, scenario in
            (("first", first), ("second", second), ("force", force),
             ("marks", marks), ("merge", merge))}


class Visible:
    """What is wrong with what can be seen in OUT."""

    def __init__(self, scenario, out):
        self.scenario, self.out = scenario, out
        self.names = sorted(path.name for path in out.iterdir()
                            if path.name[0] != ".") if out.exists() else []

    def wrong(self):
        for name in self.names:
            path = self.out / name
            if name == "latest":
                yield from self.wrong_link(path)
            elif name.endswith(".done"):
                yield from self.wrong_done(path)
            elif name.startswith("dataset="):
                for run in path.glob("dt=*/*"):
                    yield from self.wrong_hive(run)
            elif path.is_dir() and not path.is_symlink():
                yield from self.wrong_run(path)
            else:
                yield f"{name} is visible"
        for name in self.scenario.before:
            run = name.rpartition("/")[0] or name
            if not os.path.lexists(self.out / run) and (
                    not name.endswith(".done") or RUN not in name):
                yield f"{run} is gone"

    def wrong_link(self, path):
        target = os.readlink(path)
        if target not in self.names or not (self.out / target).is_dir():
            yield f"latest leads to {target}"

    def wrong_done(self, path):
        done = json.loads(path.read_text())
        manifest = self.out / done["runId"] / "manifest.json"
        if not manifest.exists():
            yield f"{path.name} is there and its run is not"
        elif (hashlib.sha256(manifest.read_bytes()).hexdigest() !=
              done["manifestSha256"]):
            yield f"{path.name} names another manifest"

    def wrong_hive(self, path):
        """As it was or as it shall be; the mark may be missing."""
        name = str(path.relative_to(self.out))
        seen = tree(path)
        marked = seen.pop("_SUCCESS", None) is not None
        for known in (self.scenario.before, self.scenario.after):
            whole = {one[len(name) + 1:]: value
                     for one, value in known.items()
                     if one.startswith(f"{name}/")}
            whole.pop("_SUCCESS", None)
            if seen and seen == whole:
                break
        else:
            yield f"{name} is not whole: {sorted(seen)}"
        run = self.out / path.name.removeprefix("run=")
        if marked and not (run / "manifest.json").exists():
            yield f"{name} is marked and its run is not there"

    def wrong_run(self, path):
        seen = {f"{path.name}/{name}": value
                for name, value in tree(path).items()}
        for known in (self.scenario.before, self.scenario.after):
            if seen == {name: value for name, value in known.items()
                        if name.startswith(f"{path.name}/")}:
                break
        else:
            yield f"{path.name} is not whole: {sorted(seen)}"
        key = self.scenario.key
        code, _, err = harness.run_rollcall(
            ["verify", path, *(["--public-key", f"{key}.pub"] if key
                               else [])])
        # A done file may be missing: it is written last, and Hive folders and
        # their marks before it.
        if code != 0 and not re.search("done|_SUCCESS|dataset=.* cannot be "
                                       "opened|_manifest.json: is not", err):
            yield f"{path.name} does not verify: {err}"


def leftovers(data):
    return [str(path.relative_to(data)) for path in data.rglob("*")
            if LEFTOVER.match(path.name)]


class Trial:
    """One point: a run with a fault, and one without."""

    def __init__(self, scenario, fault):
        self.scenario, self.fault = scenario, fault

    def __call__(self):
        with tempfile.TemporaryDirectory(prefix="fault-") as folder:
            self.scenario.lay(folder)
            yield from self.check(Path(folder))

    def check(self, folder):
        data = folder / "data"
        done = faults.run(self.scenario.command(folder), data,
                          self.fault.environment())
        at = " ".join(done.struck or ("nothing",))
        wrong = [*self.wrong_outcome(done, data),
                 *Visible(self.scenario, data / "out").wrong(),
                 *self.wrong_healing(folder)]
        for text in wrong:
            yield f"[{at}] {text}"

    def wrong_outcome(self, done, data):
        if done.struck is None:
            expected = (0,)
        elif self.fault.deed.startswith("kill"):
            expected = (-9,)
        elif self.fault.deed == "short" or self.fault.cause == "EINTR":
            expected = (0,)
        elif self.fault.deed == "signal":
            yield from self.wrong_end(done, data)
            return
        else:
            expected = (READ_CODES if self.fault.set == "read"
                        else DISK_CODES)
            if done.code == 0:
                yield from self.wrong_success(done, data)
                return
            yield from self.wrong_words(done)
        if done.code not in expected:
            yield f"exit {done.code}: {done.err}"
        if done.code > 0 and not self.fault.onward:
            yield from self.wrong_rest(done, data)

    def wrong_end(self, done, data):
        """By the signal before anything is visible, or well."""
        if done.code == 0:
            if tree(data / "out") != self.scenario.after:
                yield "exit 0 and not the right bytes"
            return
        number = self.fault.number()
        if done.code != -number:
            yield f"exit {done.code}: {done.err}"
        if json.loads(done.out)["exit"] != 128 + number:
            yield f"another exit is told: {done.out}"
        if tree(data / "out") != self.scenario.before:
            yield "something was published or taken away"
        if leftovers(data):
            yield f"left behind: {leftovers(data)}"

    def wrong_rest(self, done, data):
        """A failed run cleans up, unless that is what failed."""
        left = leftovers(data)
        if left and not done.struck[0].startswith("unlink"):
            yield f"left behind: {left}"
        if (done.struck[0] == "renameat2" and
                not done.struck[1].startswith("/out/dataset=")):
            for name in self.scenario.before:
                if not os.path.lexists(data / "out" / name):
                    yield f"{name} is gone"

    def wrong_success(self, done, data):
        kind, name = done.struck[0], target(done.struck[1])
        if not any(self.fault.set == one[0] and
                   re.fullmatch(one[1], kind) and
                   re.fullmatch(one[2], name) for one in CANNOT_MATTER):
            yield f"exit 0 though {kind} of {name} failed"
        if tree(data / "out") != self.scenario.after:
            yield "exit 0 and not the right bytes"

    def wrong_words(self, done):
        """The file is named; of a folder, what was done in it."""
        kind, path = done.struck
        told = json.loads(done.out)["message"]
        names = ((RUN, "latest", "done", "/out: ") if path in ("/out", "/out/.")
                 else (target(path),))
        if (kind, target(path)) == ("fsync", RUN):
            names += ("manifest.json",)
        if path == "/out/.tmp-_hive" or path.startswith("/out/dataset="):
            names += ("dataset=",)
        # Where nothing works any more, the last thing tried is told.
        if not self.fault.onward and not any(name in told for name in names):
            yield f"{names} not named: {told}"

    def wrong_healing(self, folder):
        code, _, err = harness.run_rollcall(self.scenario.command(folder))
        data = folder / "data"
        if code != 0:
            yield f"the next run: exit {code}: {err}"
        elif tree(data / "out") != self.scenario.after:
            yield "the next run gives other bytes"
        else:
            yield from Visible(self.scenario, data / "out").wrong()
        if leftovers(data):
            yield f"the next run leaves {leftovers(data)}"


@faults.plain_build
class Matrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = cls.enterClassContext(harness.FakeSite())
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.scenarios = scenarios(folder, cls.site.url)

    def try_points(self, name, points):
        chosen = faults.choose(points, STRIDE)
        wrong = faults.try_all(
            chosen, lambda point: Trial(self.scenarios[point[0]], point[1])(),
            name)
        self.assertGreater(len(chosen), 0)
        if wrong:
            self.fail("\n" + "\n".join(wrong))

    def calls(self, of):
        """(scenario, number, kind) of every call."""
        for name, scenario in self.scenarios.items():
            for number, call in enumerate(scenario.calls(of), 1):
                yield name, number, call[0]

    def test_killed(self):
        points = []
        for name, number, kind in self.calls("write"):
            points.append((name, Fault("write", number, "kill")))
            points.append((name, Fault("write", number, "kill-after")))
            if "write" in kind:
                points.append((name, Fault("write", number, "kill-half")))
        self.try_points("faults: killed", points)

    def test_the_disk_fails(self):
        self.try_points("faults: disk", [
            (name, Fault("write", number, "fail", cause, onward))
            for name, number, _ in self.calls("write")
            for cause in DISK for onward in (False, True)])

    def test_writes_that_are_short_or_interrupted(self):
        points = []
        for name, number, kind in self.calls("write"):
            if "write" in kind:
                points.append((name, Fault("write", number, "short")))
            if "write" in kind or kind == "fsync":
                points.append((name, Fault("write", number, "fail",
                                           "EINTR")))
        self.try_points("faults: short writes", points)

    def test_signals(self):
        self.try_points("faults: signals", [
            (name, Fault("write", number, "signal", cause, onward))
            for name, number, _ in self.calls("write")
            for cause in ("SIGTERM", "SIGINT", "SIGHUP")
            for onward in (False, True)])

    def test_files_that_cannot_be_read(self):
        self.try_points("faults: reading", [
            (name, Fault("read", number, "fail", cause, onward))
            for name, number, _ in self.calls("read")
            for cause in ("EIO", "EMFILE", "ENOMEM")
            for onward in (False, True)])


if __name__ == "__main__":
    unittest.main()
