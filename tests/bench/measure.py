"""Runs a command and tells what it took.

    measure.py RESULT.json COMMAND…

A process of its own, and a small one: the kernel counts the memory of whoever
starts a program among that program's peak.
"""
import json
import os
import subprocess
import sys
import time
from collections import namedtuple

# seconds, seconds (user and system), MiB of the largest process
Figures = namedtuple("Figures", "wall cpu peak")


def watch(command):
    """(exit code, seconds, rusage) of COMMAND and what it waited for."""
    start = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), time.monotonic() - start, usage


def run(command, result, cwd=None, env=None, quiet=True):
    """The Figures of COMMAND; RuntimeError when it fails. RESULT is a file
    that is written on the way."""
    done = subprocess.run(
        [sys.executable, "-S", "-E", __file__, str(result),
         *map(str, command)], cwd=cwd, env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: exit {done.returncode}: "
                           f"{(done.stderr or '')[-2000:]}")
    return Figures(*json.loads(result.read_text()))


def main():
    code, wall, usage = watch(sys.argv[2:])
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump([wall, usage.ru_utime + usage.ru_stime,
                   usage.ru_maxrss / 1024], file)
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
