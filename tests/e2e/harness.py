"""What the end-to-end tests share: the fake site, rollcall, a job file.

The binaries are build/fakesite and build/rollcall, or what the environment
variables FAKESITE and ROLLCALL say.
"""
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "site"
USER = "svc@example.test"
TOKEN = "fakesite-token"
TOKEN_VARIABLE = "ROLLCALL_TEST_TOKEN"
START_SECONDS = 30
STOP_SECONDS = 10
RUN_SECONDS = 300


def binary(name):
    return os.environ.get(name.upper(), str(ROOT / "build" / name))


def has_symbol(name):
    with open(binary("rollcall"), "rb") as program:
        return name in program.read()


def is_sanitized():
    """What says nothing about memory need not be tried twice."""
    return has_symbol(b"__asan_init")


def is_fortified():
    """Not where sanitizers watch, whose faults it would hide, nor where gcov
    counts, whose build is not optimised, which fortified functions need."""
    return not is_sanitized() and not has_symbol(b"__gcov_init")


class FakeSite:
    """A running fake site; use it as a context manager.

    site: a site folder (default: the sample), or generate: a specification
    such as "users=2000,records=5000,seed=1". scenario: a dict. More options
    of the program go into args.
    """

    def __init__(self, site=SAMPLE, generate=None, scenario=None, args=()):
        self.source = (["--generate", generate] if generate
                       else ["--site", str(site)])
        self.args = list(args)
        self.scenario = scenario
        self.folder = self.log = self.process = self.url = None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="fakesite-")
        self.log = Path(self.folder.name) / "requests.jsonl"
        command = [binary("fakesite"), *self.source, *self.args,
                   "--requests", str(self.log)]
        if self.scenario is not None:
            path = Path(self.folder.name) / "scenario.json"
            path.write_text(json.dumps(self.scenario))
            command += ["--scenario", str(path)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                        text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            self.__exit__()
            raise RuntimeError("fakesite did not start: exit "
                               f"{self.process.returncode}")
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    def stop(self):
        """The exit code; safe to call twice."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(STOP_SECONDS)
        self.process.stdout.close()
        return code

    def requests(self, path=None):
        """The request log so far, of one path or of all."""
        if not self.log.exists():
            return []
        lines = self.log.read_text().splitlines()
        return [row for row in map(json.loads, lines)
                if path is None or row["path"] == path]

    def dump(self, folder):
        """Writes the site's data where truth.py can read it."""
        subprocess.run([binary("fakesite"), *self.source,
                        "--dump", str(folder)], check=True)
        return folder


def run_rollcall(args, env=None, cwd=None, timeout=RUN_SECONDS):
    """(exit code, stdout, stderr) of rollcall with the test's token."""
    full = {**os.environ, TOKEN_VARIABLE: TOKEN, "NO_COLOR": "1",
            "ROLLCALL_MAPPINGS": str(ROOT / "mappings"), **(env or {})}
    done = subprocess.run([binary("rollcall"), *map(str, args)], cwd=cwd,
                          env=full, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=timeout,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def merge(base, changes):
    """BASE with CHANGES; objects are merged, None removes."""
    for name, value in changes.items():
        if value is None:
            base.pop(name, None)
        elif isinstance(value, dict) and isinstance(base.get(name), dict):
            merge(base[name], value)
        else:
            base[name] = value
    return base


def make_job(folder, url, **overrides):
    """Writes FOLDER/rollcall.json for the site at URL; its path."""
    job = {
        "endpoints": {
            "jira": {"url": url,
                     "auth": {"type": "basic", "user": USER,
                              "secret": {"env": TOKEN_VARIABLE}}}},
        "mappings": ["inactive_users"],
        "output": {"dir": "out"},
        "state": "state/rollcall.db",
    }
    path = Path(folder) / "rollcall.json"
    path.write_text(json.dumps(merge(job, overrides), indent=2) + "\n")
    return path
