"""A generated site as the pages rollcall read of it, made once and kept.

    FOLDER/rollcall.json, inactive_users.json   job and mapping
    FOLDER/recording/                           for rollcall extract --replay
    FOLDER/pages/{users,audit,keys}/            the same files, by what they are
    FOLDER/made                                 what they were made of
"""
import gzip
import hashlib
import json
import os
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import harness  # noqa: E402  pylint: disable=wrong-import-position
import request_counts  # noqa: E402,F401  pylint: disable=wrong-import-position

AS_OF = "2026-11-23T00:00:00Z"
SIZES = {
    "tiny": "users=2000,records=10000",
    "small": "users=10000,records=100000",
    "medium": "users=100000,records=1000000",
    "large": "users=200000,records=5000000",
    "many": "users=100000,records=5000000",  # the accounts of medium
}
KINDS = {"jira_users": "users", "jira_audit": "audit",
         "jira_user_keys": "keys"}
EVENT_COLUMN = """    {"name": "last_modified_event", "type": "string", "length": 64,
     "description": "id of that change in its log",
     "from": "fact.last_modified.event_id"},

"""


def spec(size):
    return f"{SIZES[size]},seed=1,now={AS_OF},keys=mixed,about=15"


def fingerprint(size):
    """Of all that decides which pages a recording has."""
    digest = hashlib.sha256(spec(size).encode())
    for path in sorted([*(ROOT / "tests/fakesite").glob("generate*.c"),
                        *(ROOT / "mappings/sources").glob("*.json"),
                        Path(__file__)]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def mapping():
    """The shipped mapping, and the column that names the event."""
    text = (ROOT / "mappings" / "inactive_users.json").read_text()
    return re.sub(r"(?m)^ *\{\"name\": \"extract_as_of\"",
                  lambda found: EVENT_COLUMN + found[0], text, count=1)


class Recorded:
    """The recording of a size below a folder."""

    def __init__(self, folder, size):
        self.size = size
        self.folder = Path(folder) / size
        self.recording = self.folder / "recording"
        self.pages = self.folder / "pages"
        self.job = self.folder / "rollcall.json"

    def ready(self):
        made = self.folder / "made"
        return made.exists() and made.read_text() == fingerprint(self.size)

    def make(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / "inactive_users.json").write_text(mapping())
        with harness.FakeSite(generate=spec(self.size)) as site:
            harness.make_job(self.folder, site.url,
                             mappings=["./inactive_users.json"])
            self.extract("--as-of", AS_OF, "--record", self.recording)
        self.unpack()
        self.sort_pages()
        (self.folder / "made").write_text(fingerprint(self.size))

    def extract(self, *args):
        self.forget()
        code, _, err = harness.run_rollcall(
            ["extract", "-c", self.job, "--run-id", "bench", *args],
            cwd=self.folder, timeout=3600)
        if code != 0:
            raise RuntimeError(f"rollcall: exit {code}: {err[-2000:]}")

    def forget(self):
        """What a run left behind, so that the next one is a first one."""
        for name in ("out", "state"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def unpack(self):
        """No peer is to be measured by how it inflates."""
        index = self.recording / "index.jsonl"
        for packed in self.recording.glob("*.json.gz"):
            with gzip.open(packed) as source, \
                    open(packed.with_suffix(""), "wb") as plain:
                shutil.copyfileobj(source, plain)
            packed.unlink()
        index.write_text(index.read_text().replace('.json.gz"', '.json"'))

    def sort_pages(self):
        for name in KINDS.values():
            (self.pages / name).mkdir(parents=True)
        for answer in self.answers():
            kind = KINDS.get(answer["source"])
            probe = answer["path"].endswith(("/myself", "record?limit=1000"))
            if kind and not probe:
                os.link(self.recording / answer["file"],
                        self.pages / kind / answer["file"])

    def answers(self):
        with open(self.recording / "index.jsonl", encoding="utf-8") as file:
            next(file)
            yield from map(json.loads, file)

    def megabytes(self):
        return sum(path.stat().st_size
                   for path in self.pages.glob("*/*.json")) / 1e6

    def published(self):
        return next((self.folder / "out" / "bench").glob("*.csv.gz"))
