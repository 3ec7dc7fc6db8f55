"""Faults at a chosen call of a running rollcall, by tests/faults/shim.h.

A Fault says what happens at which call; run() runs rollcall with it. Points
of a matrix are tried a few at a time, each in a folder of its own. With
ROLLCALL_FAULTS=all every point is tried, else every STRIDE-th.
"""
import collections
import concurrent.futures
import dataclasses
import errno
import os
import random
import re
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

import area
import harness

SHIM = os.environ.get(
    "FAULTSHIM", str(harness.ROOT / "build/tests/faults/shim.so"))
EVERYTHING = os.environ.get("ROLLCALL_FAULTS") == "all"
SEED = 20261123
DEAD_SECONDS = 120

plain_build = unittest.skipUnless(
    SHIM, "the shim and the sanitizers do not go together")


@dataclasses.dataclass(frozen=True)
class Fault:
    """At call AT of SET do DEED; cause: a name of errno, or of a signal."""
    set: str
    at: int
    deed: str = "fail"
    cause: str = "EIO"
    onward: bool = False

    def number(self):
        return int(getattr(errno, self.cause, 0) or
                   getattr(signal, self.cause))

    def environment(self):
        return {"FAULT_SET": self.set, "FAULT_AT": str(self.at),
                "FAULT_DO": self.deed,
                "FAULT_ERRNO": str(self.number()),
                "FAULT_ONWARD": str(int(self.onward))}

    def __str__(self):
        named = self.deed in ("fail", "signal")
        cause = f" {self.cause}" if named else ""
        return (f"{self.deed}{cause}{' onward' if self.onward else ''} "
                f"at {self.set} {self.at}")


class Outcome:
    """What a run came to.

    calls: (number, kind, path) of each call, when none fails. struck: (kind,
    path below the watched folder) of the call that was hit, or None when the
    run never came to it. asked: with stacks, who was refused memory. live: how
    many blocks of memory each place left behind, or None when the process did
    not come to its end.
    """

    def __init__(self, code, out, err, lines):
        self.code, self.out, self.err = code, out, err
        self.calls = [line for line in lines if line[0].isdigit()]
        self.struck = next((line[2:] for line in lines
                            if line[0] == "struck"), None)
        self.asked = [line[1] for line in lines if line[0] == "asked"]
        self.live = None
        if lines and lines[-1] == ("ended",):
            self.live = collections.Counter(
                " ".join(line[2:]) for line in lines
                if line[0] == "live")


def run(args, under, env, cwd=None):
    """rollcall with the shim; env says what it does."""
    with tempfile.NamedTemporaryFile(prefix="faults-") as log:
        full = {"LD_PRELOAD": SHIM, "FAULT_UNDER": os.path.realpath(under),
                "FAULT_LOG": log.name, **env}
        code, out, err = harness.run_rollcall(args, env=full, cwd=cwd,
                                              timeout=DEAD_SECONDS)
        lines = [tuple(line.rstrip("\n").split(" ", 3)) for line
                 in Path(log.name).read_text().splitlines()]
    return Outcome(code, out, err, lines)


def stack(places):
    """Places of the shim's log by their names, the innermost first."""
    def name(place):
        found = re.fullmatch(r"rollcall\+([0-9a-f]+).*", place)
        if not found:
            return place
        told = subprocess.run(
            ["addr2line", "-f", "-s", "-e", harness.binary("rollcall"),
             hex(int(found[1], 16) - 1)],
            capture_output=True, text=True, check=True).stdout.split()
        return "@".join(told[:2])

    return " < ".join(map(name, re.split("[ ,]", places)))


def count(args, under, calls):
    """The calls of a set that a run without faults makes: (kind, path)."""
    done = run(args, under, {"FAULT_SET": calls})
    if done.code != 0:
        raise RuntimeError(done.err)
    return [call[1:] for call in done.calls]


def choose(points, stride):
    """All points, or each stride-th of them from a place that is the same
    every time."""
    if EVERYTHING:
        return points
    return points[random.Random(SEED).randrange(stride)::stride]


def name_of(point):
    return (", ".join(map(str, point)) if isinstance(point, tuple)
            else str(point))


def try_all(points, trial, name):
    """TRIAL(point) yields what is wrong. All that is wrong, and a count on
    standard error."""
    def violations(point):
        try:
            return [f"{name_of(point)}: {text}" for text in trial(point)]
        except subprocess.TimeoutExpired:
            return [f"{name_of(point)}: hangs"]

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [text for found in pool.map(violations, points)
                 for text in found]
    area.tell(name, len(points), len(wrong))
    return wrong
