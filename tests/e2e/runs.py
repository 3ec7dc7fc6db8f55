"""One extract, and what it left behind; sites made for one test."""
import json
import re
import tempfile
import unittest
from pathlib import Path

import harness
import truth

AS_OF = "2026-11-23T02:00:00Z"
NOW = "now=2026-11-23T02:00:00Z"
SEARCH = "/rest/api/3/users/search"
AUDIT = "/rest/api/3/auditing/record"
MIGRATION = "/rest/api/3/user/bulk/migration"
BULK = "/rest/api/3/user/bulk"
DATASET = "inactive_users"
EVERYBODY = "all_users"
# What a run that publishes nothing may leave in the output folder.
UNPUBLISHED = {".rollcall.lock"}


def visible(folder):
    """Names in the output folder of FOLDER's job, but for the lock."""
    out = Path(folder) / "out"
    return ({path.name for path in out.iterdir()} - UNPUBLISHED
            if out.exists() else set())


class Extract:
    """rollcall extract against SITE; job: changes to the job of harness."""

    def __init__(self, site, folder, as_of=AS_OF, args=(), **job):
        self.folder = Path(folder)
        path = harness.make_job(folder, site.url, **job)
        self.code, self.stdout, self.stderr = harness.run_rollcall(
            ["extract", "-c", path, "--as-of", as_of, *args], cwd=folder)
        self.out = self.folder / "out"
        self.run = self.out / as_of.replace("-", "").replace(":", "")

    def visible(self):
        return visible(self.folder)

    def rows(self, dataset=DATASET):
        return [row for path in sorted(self.run.glob(f"{dataset}-*.jsonl.gz"))
                for row in truth.read_jsonl_gz(path)]

    def by_name(self):
        return {row["display_name"]: row for row in self.rows()}

    def rejects(self):
        path = self.run / "rejects.jsonl.gz"
        return truth.read_jsonl_gz(path) if path.exists() else []

    def manifest(self):
        text = (self.run / "manifest.json").read_text()
        return json.loads(text)["x-rollcall"]

    def source(self, name):
        return next(source for source in self.manifest()["sources"]
                    if source["name"] == name)


class Case(unittest.TestCase):
    """Assertions on extracts; folder is the test's own."""

    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="rollcall-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def site(self, *args, **options):
        """A fake site that ends with the test."""
        return self.enterContext(harness.FakeSite(*args, **options))

    def extract(self, site, folder=None, **options):
        return Extract(site, folder or self.folder, **options)

    def published(self, site, **options):
        run = self.extract(site, **options)
        self.assertEqual(run.code, 0, run.stderr)
        manifest = run.manifest()
        name = run.run.name
        self.assertEqual(run.visible(), {"latest", name} | {
            f"{dataset['name']}_{name[:8]}_{name}.done"
            for dataset in manifest["datasets"]})
        self.assertEqual(manifest["verdict"], "complete")
        return run

    def refused(self, site, code, *texts, **options):
        """The run ends with CODE, says TEXTS, and shows nothing new."""
        before = visible(options.get("folder", self.folder))
        run = self.extract(site, **options)
        self.assertEqual(run.code, code, run.stderr)
        self.assertEqual(run.visible(), before)
        for text in texts:
            self.assertIn(text, run.stderr)
        return run

    def assertRows(self, run, expected):
        """By account, so that a difference can be read."""
        rows = run.rows()
        found = {row["account_id"]: row for row in rows}
        wanted = {row["account_id"]: row for row in expected}
        self.assertEqual(sorted(found), sorted(wanted))
        for account, row in wanted.items():
            self.assertEqual(found[account], row)
        self.assertEqual([row["account_id"] for row in rows],
                         [row["account_id"] for row in expected])

    def truth(self, site, **options):
        """Rows the whole site deserves."""
        data = self.folder / "data"
        if not data.exists():
            site.dump(data)
        return truth.inactive_users(data, AS_OF, **options)


def narrow_mapping(folder, pattern, replacement):
    """Puts the shipped mapping beside the job, with one place changed."""
    target = Path(folder) / "mappings" / f"{DATASET}.json"
    if target.exists():
        return
    shipped = harness.ROOT / "mappings" / f"{DATASET}.json"
    text, count = re.subn(pattern, replacement, shipped.read_text(),
                          flags=re.DOTALL)
    assert count == 1, pattern
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def write_elements(path, elements):
    lines = ",\n".join(json.dumps(element) for element in elements)
    path.write_text(f"[\n{lines}\n]\n")


def make_site(folder, users, records=(), keys=()):
    """A site folder of a caller and USERS; its path."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    caller = {"accountId": "caller", "accountType": "atlassian",
              "displayName": "Caller", "active": True, "_key": "ug:caller"}
    (folder / "site.json").write_text(json.dumps({
        "baseUrl": "https://acme.atlassian.net", "cloudId": "cloud",
        "user": harness.USER, "accountId": "caller", "now": AS_OF}))
    write_elements(folder / "users.json", [caller, *users])
    write_elements(folder / "audit.json", records)
    write_elements(folder / "keys.json", keys)
    return folder


def account(name, **members):
    """An inactive account called NAME, whose id and key end in it."""
    return {"accountId": f"712020:{name}", "accountType": "atlassian",
            "displayName": name, "active": False, "_key": f"ug:{name}",
            **members}
