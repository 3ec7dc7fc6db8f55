"""Systems that read what rollcall publishes: PostgreSQL, DuckDB, SQLite.

All run on this machine only, PostgreSQL behind a socket in a folder of its
own and never as root. What is not installed is an error that says how.
"""
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import harness

NPM = Path(os.environ.get("ROLLCALL_NPM") or harness.ROOT / "build" / "npm")
HERE = Path(__file__).resolve().parent
POSTGRES_BIN = Path("/usr/lib/postgresql/15/bin")
SECONDS = 120


def run(args, stdin=b"", user=None, **options):
    """stdout of a command that ends well."""
    done = subprocess.run(list(map(str, args)), input=stdin, user=user,
                          capture_output=True, timeout=SECONDS, check=False,
                          **options)
    if done.returncode != 0:
        raise RuntimeError(f"{args[0]}: exit {done.returncode}: "
                           + done.stderr.decode(errors="replace"))
    return done.stdout


def node_environment():
    """In which Node.js finds the packages that the tests need."""
    modules = NPM / "node_modules"
    if not modules.is_dir():
        raise RuntimeError(f"{NPM}: packages are missing: make build/npm/"
                           "installed")
    return {**os.environ, "NODE_PATH": str(modules)}


def node(script, request):
    """What a script beside this file makes of a JSON request."""
    out = run(["node", HERE / script], json.dumps(request).encode(),
              env=node_environment())
    return json.loads(out)


def duckdb(*statements):
    """The rows of each statement."""
    return node("duckdb.cjs", {"sql": statements})


class Postgres:
    """A server for one module; use it as a context manager."""

    def __init__(self):
        if not (POSTGRES_BIN / "initdb").exists():
            raise RuntimeError(f"{POSTGRES_BIN}: postgresql-15 is missing: "
                               "make test-deps")
        self.user = "postgres" if os.getuid() == 0 else None
        self.folder = tempfile.mkdtemp(prefix="pg-")
        if self.user:
            shutil.chown(self.folder, self.user)
        self.data = Path(self.folder) / "data"

    def tool(self, name, *args, stdin=b""):
        return run([POSTGRES_BIN / name, *args], stdin, user=self.user,
                   cwd=self.folder, env={"PATH": os.environ["PATH"],
                                         "LC_ALL": "C.UTF-8"})

    def __enter__(self):
        try:
            self.tool("initdb", "-D", self.data, "-A", "trust", "-E", "UTF8",
                      "--locale=C.UTF-8", "--no-sync")
            self.tool("pg_ctl", "-D", self.data, "-w", "-l",
                      Path(self.folder) / "log", "-o",
                      f"-k {self.folder} -c listen_addresses= -c fsync=off",
                      "start")
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, *_):
        self.tool("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    def psql(self, script):
        """What psql prints for a script, which may go on with COPY's data."""
        name = self.user or pwd.getpwuid(os.getuid()).pw_name
        return self.tool("psql", "-X", "-q", "-A", "-t", "-v",
                         "ON_ERROR_STOP=1", "-h", self.folder, "-U", name,
                         "postgres", stdin=script)


def sqlite(script):
    """What the sqlite3 shell prints in its JSON mode."""
    out = run(["sqlite3", "-bail", ":memory:"], script.encode())
    return json.loads(out)
