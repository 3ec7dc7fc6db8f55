"""A job folder with its runs: what the tests of output, publishing, verify
and the commands share."""
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import harness
import truth

AS_OF = "2026-11-23T02:00:00Z"
RUN = "20261123T020000Z"
DAY = "20261123"
SWITCH = "Active / Inactive"


class Result:
    """What a finished rollcall left: exit code, stdout, stderr."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)


class Run:
    """One published directory."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def manifest(self):
        return json.loads((self.folder / "manifest.json").read_text())

    def facts(self):
        return self.manifest()["x-rollcall"]

    def resources(self, dataset="inactive_users", form="csv"):
        return [one for one in self.manifest()["resources"]
                if one["x-dataset"] == dataset and one["format"] == form]

    def parts(self, dataset="inactive_users", form="csv"):
        return [self.folder / one["path"]
                for one in self.resources(dataset, form)]

    def plain(self, dataset="inactive_users", form="csv"):
        """The bytes of all parts, one after the other."""
        return b"".join(gzip.decompress(part.read_bytes())
                        for part in self.parts(dataset, form))

    def jsonl(self, dataset="inactive_users"):
        return [row for part in self.parts(dataset, "jsonl")
                for row in truth.read_jsonl_gz(part)]

    def csv(self, dataset="inactive_users"):
        return [row for part in self.parts(dataset)
                for row in truth.read_csv_gz(part)]

    def files(self):
        """Name -> bytes of the data files."""
        return {path.name: path.read_bytes()
                for path in self.folder.iterdir()
                if path.name != "manifest.json"}


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="rollcall-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.out = self.folder / "out"

    def site(self, *args, **options):
        return self.enterContext(harness.FakeSite(*args, **options))

    def job(self, site, **overrides):
        url = site if isinstance(site, str) else site.url
        overrides.setdefault("limits", {}).setdefault("retry_for", "2s")
        return harness.make_job(self.folder, url, **overrides)

    def rollcall(self, *args, code=0, env=None):
        result = Result(*harness.run_rollcall(args, env=env,
                                              cwd=self.folder))
        self.assertEqual(result.code, code, result.out + result.err)
        return result

    def extract(self, *args, code=0, as_of=AS_OF, env=None):
        return self.rollcall("extract", "-c", "rollcall.json",
                             "--as-of", as_of, *args, code=code, env=env)

    def published(self, *args, **options):
        """Extracts and verifies; the run."""
        run = Run(self.extract(*args, **options).json()["dir"])
        self.rollcall("verify", run.folder)
        return run

    def visible(self):
        """Names in the output directory, the lock aside."""
        if not self.out.exists():
            return []
        return sorted(path.name for path in self.out.iterdir()
                      if path.name != ".rollcall.lock")

    def assert_nothing_published(self):
        self.assertEqual(self.visible(), [])

    def start(self, *args):
        """rollcall extract in the background."""
        process = subprocess.Popen(
            [harness.binary("rollcall"), "extract", "-c", "rollcall.json",
             "--as-of", AS_OF, *args],
            cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN,
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process


# --- sites -----------------------------------------------------------------

def account(number, active=True, **members):
    user = {"accountId": f"712020:{number:04}", "accountType": "atlassian",
            "displayName": f"User {number}", "active": active,
            "emailAddress": f"user{number}@example.test",
            "_key": f"ug:{number:04}"}
    user.update(members)
    return {name: value for name, value in user.items()
            if value is not None}


def switched(number, identifier, at, to):
    """The record of account NUMBER becoming TO (Active or Inactive)."""
    other = "Active" if to == "Inactive" else "Inactive"
    item = {"id": f"ug:{number:04}", "name": f"ug:{number:04}",
            "typeName": "USER"}
    return {"id": identifier, "created": at.replace("Z", ".000+0000"),
            "summary": "User updated", "category": "user management",
            "eventSource": "", "authorKey": "ug:0001",
            "authorAccountId": "712020:0001", "objectItem": item,
            "changedValues": [{"fieldName": SWITCH, "changedFrom": other,
                               "changedTo": to}]}


def write_site(folder, users, records, now=AS_OF):
    """A site folder; user 1 should be among USERS, as the caller."""
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    (folder / "site.json").write_text(json.dumps({
        "baseUrl": "https://acme.atlassian.net",
        "cloudId": "b3a1c5d2-0000-4000-8000-00000000acee",
        "user": harness.USER, "accountId": "712020:0001", "now": now}))
    for name, rows in (("users", users), ("audit", records), ("keys", [])):
        lines = ",\n".join(json.dumps(row) for row in rows)
        (folder / f"{name}.json").write_text(f"[\n{lines}\n]\n")
    return folder


# --- damage ----------------------------------------------------------------

def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def edit_manifest(run, change, spoil=lambda text: text):
    """CHANGE(manifest) in place, SPOIL its text, and done files that agree
    with it."""
    path = run.folder / "manifest.json"
    manifest = run.manifest()
    change(manifest)
    text = spoil(json.dumps(manifest, indent=2).encode() + b"\n")
    path.write_bytes(text)
    for done in run.folder.parent.glob(f"*_{run.folder.name}.done"):
        facts = json.loads(done.read_text())
        facts["manifestSha256"] = sha256(text)[7:]
        for dataset in manifest["x-rollcall"]["datasets"]:
            if dataset["name"] == facts["dataset"]:
                facts["rows"] = dataset["rows"]
        done.write_text(json.dumps(facts) + "\n")


def rewrite(run, name, change, rows=0):
    """CHANGE(lines) on the plain lines of part NAME, with every size, hash
    and count recomputed; ROWS more of them than before."""
    path = run.folder / name
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    change(lines)
    plain = b"".join(lines)
    packed = gzip.compress(plain, mtime=0)
    path.write_bytes(packed)

    def recompute(manifest):
        for one in manifest["resources"]:
            if one["path"] != name:
                continue
            one["bytes"] = len(packed)
            one["hash"] = sha256(packed)
            one["x-uncompressedBytes"] = len(plain)
            one["x-uncompressedHash"] = sha256(plain)
            one["x-maxRecordBytes"] = max(map(len, lines))
            one["x-rows"] += rows
            recount(manifest["x-rollcall"], one, rows)
    edit_manifest(run, recompute)


def recount(facts, resource, rows):
    for dataset in facts["datasets"]:
        if dataset["name"] != resource["x-dataset"]:
            continue
        dataset["rows"] += rows
        for form in dataset["formats"]:
            if form["format"] == resource["format"]:
                form["rows"] += rows
