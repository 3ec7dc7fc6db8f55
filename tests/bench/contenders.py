"""rollcall and its peers: how each is called, and what it needs.

rollcall does everything it does every night: all columns, CSV and JSONL,
rejects, manifest, state, fsync, publish. The peers do the join and one CSV.
"""
import shutil
import subprocess
import sys
from pathlib import Path

import recorded

PEERS = Path(__file__).resolve().parent / "peers"
DUCKDB = "@duckdb/node-api"


class Rollcall:
    name = "rollcall"

    def __init__(self, site):
        self.site = site

    def missing(self):
        return None

    def prepare(self):
        self.site.forget()

    def command(self):
        return [recorded.harness.binary("rollcall"), "extract",
                "-c", self.site.job, "--replay", self.site.recording,
                "--run-id", "bench", "--quiet"]

    def env(self):
        return {recorded.harness.TOKEN_VARIABLE: "unused",
                "ROLLCALL_MAPPINGS": str(recorded.ROOT / "mappings")}

    def answer(self):
        return self.site.published()


class Peer:
    """A script that is called with the pages and the file to write."""

    def __init__(self, site, name, argv, tools=(), node=None):
        self.site, self.name, self.argv = site, name, argv
        self.tools, self.node = tools, node

    def missing(self):
        for tool in self.tools:
            if shutil.which(tool) is None:
                return f"{tool} is not installed"
        if self.node and not (self.node / "node_modules" / DUCKDB).is_dir():
            return f"the npm package {DUCKDB} is not installed"
        return None

    def prepare(self):
        self.answer().unlink(missing_ok=True)

    def command(self):
        return [*self.argv, self.site.pages, self.answer()]

    def env(self):
        return {"BENCH_NODE": str(self.node)} if self.node else {}

    def answer(self):
        return self.site.folder / f"{self.name.split()[0].lower()}.csv.gz"


def install_duckdb(node):
    """From npm, into the build folder; without it the bench goes on."""
    if not (node / "node_modules" / DUCKDB).is_dir() and shutil.which("npm"):
        subprocess.run(["npm", "install", "--prefix", str(node), "--no-save",
                        "--no-package-lock", "--no-audit", "--no-fund",
                        "--loglevel=error", DUCKDB], check=False)


def peers(site, node):
    return [
        Peer(site, "DuckDB (2 threads)",
             ["node", str(PEERS / "duckdb_peer.mjs")], ("node",), node),
        Peer(site, "Node.js", ["node", str(PEERS / "node_peer.mjs")],
             ("node",)),
        Peer(site, "Python (stdlib)",
             [sys.executable, str(PEERS / "python_peer.py")]),
        Peer(site, "jq (2 processes)", ["sh", str(PEERS / "jq_peer.sh")],
             ("jq", "awk", "sort", "gzip")),
    ]
