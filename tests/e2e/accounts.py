"""activate and deactivate against a fake site, and what was sent there."""
import json
import re
import tempfile
import unittest
from pathlib import Path

import harness
import org_lists

ADA = "5b10a2844c20165700ede002"    # whose session it is
BEN = "712020:00100010-0010-4010-8010-000000000010"     # deactivated
GWEN = "712020:00150015-0015-4015-8015-000000000015"    # from Google
NOOR = "557058:00030003-0003-4003-8003-000000000003"    # active
OKTA = "557058:00040004-0004-4004-8004-000000000004"    # not managed
OMAR = "712020:00050005-0005-4005-8005-000000000005"    # active
SERVICE = "712020:00010001-0001-4001-8001-000000000001"  # of the jira token
ORG, SITE = org_lists.ORG, org_lists.SITE
VIAS = ("admin", "adminhub", "directory")
VERBS = ("activate", "deactivate")
WRITE = re.compile(r"/(disable|enable|delete|suspend|restore|activate|"
                   r"deactivate|suspend-access|restore-access)$")
V2 = f"/admin/v2/orgs/{ORG}/directories/-/users"
HUB = f"/gateway/api/adminhub/um/site/{SITE}/users"


def write_path(verb, via, account):
    return {
        ("activate", "admin"): f"/users/{account}/manage/lifecycle/enable",
        ("deactivate", "admin"): f"/users/{account}/manage/lifecycle/disable",
        ("activate", "adminhub"): f"/gateway/api/users/{account}/activate",
        ("deactivate", "adminhub"): f"{HUB}/{account}/deactivate",
        ("activate", "directory"): f"{V2}/{account}/restore",
        ("deactivate", "directory"): f"{V2}/{account}/suspend",
    }[verb, via]


def state_path(via, account):
    return {"admin": f"/users/{account}/manage/profile",
            "adminhub": f"{HUB}/{account}", "directory": f"{V2}/search"}[via]


def endpoints(url, **changes):
    return harness.merge({**org_lists.admin(url), **org_lists.adminhub(url)},
                         changes)


class Outcome:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def document(self):
        return json.loads(self.out)

    @property
    def accounts(self):
        return {account["account_id"]: account
                for account in self.document["accounts"]}

    @property
    def verdicts(self):
        return {name: account["verdict"]
                for name, account in self.accounts.items()}


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.journal = self.folder / "state" / "journal.jsonl"

    def site(self, *rules, **scenario):
        if rules:
            scenario["rules"] = list(rules)
        return self.enterContext(harness.FakeSite(scenario=scenario or None))

    def job(self, site, jira=True, changes=None, **members):
        job = harness.make_job(self.folder, site.url,
                               endpoints=endpoints(site.url, **changes or {}),
                               **members)
        if not jira:
            text = json.loads(job.read_text())
            del text["endpoints"]["jira"]
            job.write_text(json.dumps(text))
        return job

    def run_verb(self, job, verb, via, *args, env=None, **options):
        return Outcome(*harness.run_rollcall(
            [verb, "-c", job, *(["--via", via] if via else []), *args],
            env={**org_lists.ENV, **(env or {})}, cwd=self.folder, **options))

    def apply(self, job, verb, via, *accounts, **options):
        """--json, so that every part can be looked at."""
        return self.run_verb(job, verb, via, *accounts, "--apply", "--yes",
                             "--json", **options)

    def written(self, site):
        return [row["path"] for row in site.requests()
                if row["method"] != "GET" and WRITE.search(row["path"])]

    def lines(self):
        return ([json.loads(line)
                 for line in self.journal.read_text().splitlines()]
                if self.journal.exists() else [])

    def assert_nothing_sent(self, site):
        self.assertEqual(self.written(site), [])
        for row in site.requests():
            if row["method"] != "GET":
                self.assertTrue(row["path"].endswith("/search"), row)
        self.assertEqual(self.lines(), [])
