"""Files exported by hand instead of a site: what they say is published, and
what is wrong with them is told.

The truth is worked out from the site's JSON; the files come from the fake
site, which writes what an administrator would export.
"""
import csv
import gzip
import json
import os
import re
import signal
import subprocess
import unittest
import zipfile
from datetime import datetime, timedelta
from io import StringIO

import harness
import org_lists
import runs
import truth
from test_org_events import (DEACTIVATIONS, NO_CHANGES, OLDEST, REACTIVATIONS,
                             SETTLED)

DATASET = "inactive_users_export"
FILES = {"export_users": "users_export.csv",
         "managed_accounts": "managed_accounts.csv",
         "export_users_legacy": "users_export_legacy.csv",
         "audit": "audit_log.csv"}
HEADER = ["User id", "User name", "email", "User status", "Added to org",
          "Last seen in Jira - acme", "Last seen in Confluence - acme"]
ANN = ["712020:ann", "Ann", "ann@acme.test", "Deactivated", "3 Jan 2024",
       "14 Feb 2025", "Never accessed"]
BOB = ["712020:bob", "Bob, B", "bob@acme.test", "Suspended", "4 Jan 2024",
       "Never accessed", "Never logged in"]
AUDIT = ["Date", "Time", "Activity", "Actor", "Actor id", "Target id",
         "Target email", "IP address"]
EVENT = ["20 Nov 2026", "14:05:00", "Deactivated account", "Zed",
         "712020:zed", "712020:ann", "", "10.0.0.1"]


# --- the truth -------------------------------------------------------------

def day(text):
    return text[:10] + "T00:00:00Z" if text else None


def newest(*instants):
    return max(filter(None, instants), default=None)


def seen(member, files):
    """The first source that has an instant; never, when one says so."""
    products = [product.get("last_active")
                for product in member.get("products", [])]
    at = day(newest(*products))
    if at is None and "managed_accounts" in files and \
            member["claimStatus"] == "managed":
        at = day(member.get("lastActive"))
    if at is None and "export_users_legacy" in files and member.get("email"):
        at = newest(member.get("lastActive"), member.get("presence"))
        at = at and re.sub(r"\.\d+Z$", "Z", at)
    return {"last_seen_at": at, "last_seen_status": "known" if at else "never"}


class Log:
    """Facts of the organisation's log, as an export of it tells them."""

    def __init__(self, folder, people):
        self.names = {row["id"]: row["attributes"]["displayName"] for row
                      in truth.elements(folder / "event_actions.json")}
        self.people, self.found = people, {}
        self.by_email = {}
        for account, member in people.items():
            email = (member.get("email") or "").lower()
            self.by_email[email] = None if email in self.by_email else account
        self.by_email.pop("", None)
        for row in truth.elements(folder / "org_events.json"):
            self.take(row["attributes"])

    def take(self, said):
        at = truth.instant(said["time"])
        if not OLDEST <= at < SETTLED:
            return
        users = [item for part in ("context", "container")
                 for item in said.get(part) or [] if item["type"] == "users"]
        who = said.get("actor") or {}
        who = who.get("onBehalfOf") or who
        actor = who.get("id") or self.by_email.get(
            (who.get("email") or "").lower())
        event = (at, actor, who.get("name"), self.names.get(said["action"],
                                                            said["action"]))
        for user in users:
            subject = user.get("id") or self.by_email.get(
                user["attributes"]["email"].lower())
            for fact, holds in (
                    ("changed", said["action"] not in NO_CHANGES),
                    ("off", said["action"] in DEACTIVATIONS),
                    ("on", said["action"] in REACTIVATIONS)):
                if holds:
                    self.found.setdefault((subject, fact), []).append(event)

    def fact(self, account, name):
        events = sorted(self.found.get((account, name), []),
                        key=lambda event: (event[0], event[1] is not None))
        if not events:
            return None
        at, actor, called, action = events[-1]
        lenders = [event for event in events if event[1] is not None]
        if actor is None and lenders and \
                at - lenders[-1][0] <= truth.ACTOR_WITHIN:
            _, actor, called, _ = lenders[-1]
        person = self.people.get(actor, {})
        return at, actor, truth.clean(person.get("name")) or called, action

    def columns(self, account):
        off, on = self.fact(account, "off"), self.fact(account, "on")
        if off and on and on[0] > off[0]:
            off = None
        last = self.fact(account, "changed")
        return {
            "inactive_since": truth.rfc3339(off and off[0]),
            "deactivated_by_id": off and off[1],
            "deactivated_by_name": off and off[1] and off[2],
            "last_modified_at": truth.rfc3339(last and last[0]),
            "last_modified_by_id": last and last[1],
            "last_modified_by_name": last and last[1] and last[2],
            "last_modified_action": last and last[3],
            "last_modified_source": last and "audit_csv",
            "last_modified_status": "before_log" if last is None else
                                    "known" if last[1] else "no_actor"}


NO_LOG = {**dict.fromkeys(
    ("inactive_since", "deactivated_by_id", "deactivated_by_name",
     "last_modified_at", "last_modified_by_id", "last_modified_by_name",
     "last_modified_action", "last_modified_source")),
    "last_modified_status": "no_access"}


def expected(folder, files):
    people = {account: member for account, member
              in org_lists.members(folder).items()
              if member["accountType"] != "app"}
    log = Log(folder, people) if "audit" in files else None
    return sorted(
        ({"account_id": account,
          "display_name": truth.clean(member.get("name")) or None,
          "email": truth.clean(member.get("email")) or None,
          "status": {"suspended": "suspended", "no_access": "suspended"}.get(
              member["_status"], "deactivated"),
          "claim_status": "managed" if "managed_accounts" in files
                          and member["claimStatus"] == "managed" else None,
          "added_at": day(member.get("addedToOrg")),
          **seen(member, files),
          **(log.columns(account) if log else NO_LOG),
          "first_observed_inactive_at": runs.AS_OF,
          "extract_as_of": runs.AS_OF}
         for account, member in people.items()
         if member["_status"] != "active"),
        key=lambda row: row["account_id"].encode())


# --- files and jobs --------------------------------------------------------

def text_of(rows, end="\r\n"):
    out = StringIO()
    csv.writer(out, lineterminator=end).writerows(rows)
    return out.getvalue()


class Case(runs.Case):
    def put(self, name, rows, age=None):
        """Writes bytes, a text, or rows; the path."""
        path = self.folder / name
        if isinstance(rows, list):
            rows = text_of(rows)
        path.write_bytes(rows if isinstance(rows, bytes) else rows.encode())
        if age is not None:
            at = (datetime.fromisoformat(runs.AS_OF.replace("Z", "+00:00"))
                  - age).timestamp()
            os.utime(path, (at, at))
        return name

    def rollcall(self, verb, *args, as_of=runs.AS_OF, **job):
        job = {"endpoints": None, "mappings": [DATASET], **job}
        path = harness.make_job(self.folder, "", **job)
        return harness.run_rollcall(
            [verb, "-c", path, "--as-of", as_of, *args], cwd=self.folder)

    def run_job(self, **job):
        self.code, self.stdout, self.stderr = self.rollcall("extract", **job)
        self.run_folder = self.folder / "out" / "20261123T020000Z"
        return self.code

    def publishes(self, **job):
        self.assertEqual(self.run_job(**job), 0, self.stderr)
        return [row for path
                in sorted(self.run_folder.glob(f"{DATASET}-*.jsonl.gz"))
                for row in truth.read_jsonl_gz(path)]

    def manifest(self):
        text = (self.run_folder / "manifest.json").read_text()
        return json.loads(text)["x-rollcall"]

    def source(self, name):
        return next(source for source in self.manifest()["sources"]
                    if source["name"] == name)

    def refuses(self, code, *texts, **job):
        before = runs.visible(self.folder)
        self.assertEqual(self.run_job(**job), code, self.stderr)
        self.assertEqual(runs.visible(self.folder), before)
        for text in texts:
            self.assertIn(text, self.stderr)

    def users(self, rows, name="users.csv", **job):
        return self.publishes(
            files={"export_users": self.put(name, rows)}, **job)

    def bad_users(self, code, rows, *texts, name="users.csv", **job):
        self.refuses(code, *texts, files={
            "export_users": self.put(name, rows)}, **job)


class Truth(Case):
    """Every row says what the site's own data says."""

    def dumped(self, **options):
        harness.FakeSite(**options).dump(self.folder)
        for name in FILES.values():
            self.assertTrue((self.folder / name).exists(), name)

    def check(self, *names, **options):
        files = {name: FILES[name] for name in ("export_users", *names)}
        rows = self.publishes(files=files, **options)
        wanted = expected(self.folder, files)
        self.assertEqual([row["account_id"] for row in rows],
                         [row["account_id"] for row in wanted])
        for row, one in zip(rows, wanted):
            self.assertEqual(row, one)
        self.assertGreater(len(rows), 20)
        code, _, stderr = harness.run_rollcall(["verify", self.run_folder])
        self.assertEqual(code, 0, stderr)

    def test_all_files_of_the_sample(self):
        self.dumped()
        self.check("managed_accounts", "export_users_legacy", "audit")
        legacy = self.source("export_users_legacy_csv")
        with (self.folder / FILES["export_users_legacy"]).open(
                newline="") as file:
            rows = len(list(csv.reader(file))) - 1
        self.assertEqual((legacy["files"][0]["rows"],
                          legacy["files"][0]["extraCells"]), (rows, rows))
        self.assertGreater(legacy["duplicates"], 0)
        self.assertEqual(legacy["items"], legacy["files"][0]["rows"])

    def test_users_alone(self):
        self.dumped()
        self.check()
        self.assertEqual(self.source("audit_csv")["skipped"],
                         'the job has no file "audit"')
        self.assertIn("managed_accounts_csv: skipped: the job has no file "
                      '"managed_accounts"', self.stderr)

    def test_users_and_log(self):
        self.dumped()
        self.check("audit")

    def test_a_generated_organisation(self):
        self.dumped(generate=org_lists.MANY)
        self.check("managed_accounts", "export_users_legacy",
                   guards={"max_new_inactive": "100%"})

    def test_gzip_gives_the_same(self):
        self.dumped()
        for name in FILES.values():
            data = (self.folder / name).read_bytes()
            (self.folder / f"{name}.gz").write_bytes(gzip.compress(data))
        files = {key: f"{name}.gz" for key, name in FILES.items()}
        rows = self.publishes(files=files)
        self.assertEqual(rows, expected(self.folder, FILES))

    def test_the_same_bytes_again(self):
        self.dumped()
        found = []
        for number in range(2):
            self.publishes(files=FILES, output={"dir": f"out{number}"})
            run = self.folder / f"out{number}" / "20261123T020000Z"
            found.append({path.name: path.read_bytes()
                          for path in run.glob("*.gz")})
        self.assertEqual(len(found[0]), 2)
        self.assertEqual(found[0], found[1])

    def publishes(self, **job):
        rows = super().publishes(**job)
        folder = job.get("output", {}).get("dir", "out")
        self.run_folder = self.folder / folder / "20261123T020000Z"
        return rows


class Layouts(Case):
    """Headers and texts as they have been met."""

    def test_an_intermediate_layout(self):
        rows = self.users([
            ["USER ID", "User Name", "Email", "active", "created",
             "Last seen in Jira Software", "Days since Account Created"],
            ["712020:ann", "Ann", "ann@acme.test", "No", "3 Jan 2024",
             "9 Mar 2025", "20"],
            ["712020:eve", "Eve", "eve@acme.test", "Yes", "3 Jan 2024",
             "9 Mar 2025", "20"]])
        self.assertEqual([(row["account_id"], row["status"], row["email"],
                           row["added_at"], row["last_seen_at"])
                          for row in rows],
                         [("712020:ann", "inactive", "ann@acme.test",
                           "2024-01-03T00:00:00Z", "2025-03-09T00:00:00Z")])
        self.assertEqual(self.source("export_users_csv")["files"][0]
                         ["unknownColumns"], 1)
        self.assertIn("not read: Days since Account Created", self.stderr)

    def test_bytes_that_mean_the_same(self):
        rows = [HEADER, ANN, [*BOB[:1], 'B "quoted"\nBob', *BOB[2:]]]
        plain = text_of(rows, "\n")
        found = []
        for number, text in enumerate((
                plain, text_of(rows), "\ufeff" + plain, plain.rstrip("\n"),
                plain.replace("Ann,", '"Ann",'))):
            found.append(self.users(text, output={"dir": f"out{number}"}))
        self.assertEqual(found[0][1]["display_name"], 'B "quoted"\nBob')
        self.assertEqual(len(found), 5)
        for other in found[1:]:
            self.assertEqual(other, found[0])

    def publishes(self, **job):
        rows = super().publishes(**job)
        folder = job.get("output", {}).get("dir")
        if folder:
            run = self.folder / folder / "20261123T020000Z"
            rows = [row for path in sorted(run.glob(f"{DATASET}-*.jsonl.gz"))
                    for row in truth.read_jsonl_gz(path)]
        return rows

    def test_seen_never_and_unknown(self):
        rows = self.users([HEADER, ANN, BOB])
        self.assertEqual([(row["last_seen_at"], row["last_seen_status"])
                          for row in rows],
                         [("2025-02-14T00:00:00Z", "known"), (None, "never")])
        rows = self.publishes(
            files={"export_users": self.put("few.csv", [HEADER[:5], ANN[:5]])},
            output={"dir": "few"})
        self.assertEqual(rows[0]["last_seen_status"], "unknown")

    def test_the_first_of_two_rows_stays(self):
        other = [ANN[0], "", "other@acme.test", "Suspended", "", "", ""]
        rows = self.users([HEADER, ANN, other, ANN])
        self.assertEqual(len(rows), 1)
        self.assertEqual((rows[0]["display_name"], rows[0]["email"],
                          rows[0]["status"]),
                         ("Ann", "ann@acme.test", "deactivated"))
        users = self.source("export_users_csv")
        self.assertEqual((users["items"], users["duplicates"]), (3, 2))

    def test_several_files(self):
        rows = self.publishes(files={"export_users": [
            self.put("a.csv", [HEADER, ANN]),
            self.put("b.csv", [HEADER[:4], BOB[:4]])]})
        self.assertEqual([row["account_id"] for row in rows],
                         ["712020:ann", "712020:bob"])
        self.assertEqual([(one["path"], one["rows"]) for one
                          in self.source("export_users_csv")["files"]],
                         [("a.csv", 1), ("b.csv", 1)])

    def test_a_legacy_row_finds_its_account_by_address(self):
        legacy = ["group_name", "username", "full_name", "email", "active",
                  "last_login", "last_session", "Jira Core"]
        rows = self.publishes(files={
            "export_users": self.put("users.csv", [HEADER, ANN, BOB]),
            "export_users_legacy": self.put("old.csv", [
                legacy,
                ["g1", "bob", "Bob", "BOB@acme.test", "No",
                 "14 Dec 2012 15:31:57", "Never logged in", "No", "more"],
                ["g2", "bob", "Bob", "BOB@acme.test", "No",
                 "14 Dec 2012 15:31:57", "Never logged in", "No", "more"],
                ["g1", "zoe", "Zoe", "zoe@acme.test", "No", "", "", "No"]])})
        self.assertEqual(rows[1]["last_seen_at"], "2012-12-14T15:31:57Z")
        old = self.source("export_users_legacy_csv")
        self.assertEqual((old["items"], old["duplicates"], old["unmatched"],
                          old["files"][0]["extraCells"]), (3, 1, 1, 2))

    def test_a_delimiter_of_the_definition(self):
        folder = self.folder / "mappings" / "sources"
        folder.mkdir(parents=True)
        text = (harness.ROOT / "mappings" / "sources" /
                "export_users_csv.json").read_text()
        (folder / "export_users_csv.json").write_text(text.replace(
            '"csv": {', '"csv": {"delimiter": ";",', 1))
        rows = self.users(text_of([HEADER, ANN]).replace(",", ";"))
        self.assertEqual(rows[0]["display_name"], "Ann")

    def test_idle_accounts(self):
        folder = self.folder / "mappings"
        folder.mkdir()
        text = (harness.ROOT / "mappings" / f"{DATASET}.json").read_text()
        (folder / f"{DATASET}.json").write_text(text.replace(
            '"where": {"field": "user.active", "equals": false},',
            '"where": {"any": ['
            '{"field": "user.last_seen_at", "older_than": "90d"}, '
            '{"field": "user.last_seen_status", "equals": "never"}]},'))
        rows = self.users([
            HEADER,
            ["1", "Idle", "", "Active", "", "1 Feb 2026", "Never accessed"],
            ["2", "Busy", "", "Active", "", "1 Feb 2026", "20 Nov 2026"],
            ["3", "Never", "", "Active", "", "Never accessed", ""]])
        self.assertEqual([(row["display_name"], row["status"])
                          for row in rows],
                         [("Idle", "active"), ("Never", "active")])


class Events(Case):
    def events(self, *rows, header=None, **job):
        return self.publishes(files={
            "export_users": self.put("users.csv", [HEADER, ANN, BOB]),
            "audit": self.put("audit.csv", [header or AUDIT, *rows])}, **job)

    def bad_events(self, code, *texts, rows=(EVENT,), header=None, **job):
        self.refuses(code, *texts, files={
            "export_users": self.put("users.csv", [HEADER, ANN, BOB]),
            "audit": self.put("audit.csv", [header or AUDIT, *rows])}, **job)

    def test_identical_rows_are_one_event(self):
        login = ["2026-11-19", "10:00", "Logged in", "Zed", "712020:zed", "",
                 "", ""]
        rows = self.events(EVENT, login, EVENT)
        log = self.source("audit_csv")
        self.assertEqual((log["items"], log["duplicates"]), (3, 1))
        self.assertEqual(log["windows"][0]["records"], 2)
        self.assertEqual(log["oldest"], "2026-11-19T10:00:00Z")
        self.assertEqual((rows[0]["last_modified_at"],
                          rows[0]["last_modified_by_name"],
                          rows[0]["last_modified_status"]),
                         ("2026-11-20T14:05:00Z", "Zed", "known"))
        self.assertEqual(rows[1]["last_modified_status"], "before_log")

    def test_one_column_for_the_time(self):
        rows = self.events(
            ["2026-11-20T14:05:00+02:00", "Suspended user", "Zed", "z@x.test",
             "bob@acme.test"],
            header=["Created", "Event", "Performed by", "Actor email",
                    "Affected user"])
        self.assertEqual((rows[1]["inactive_since"],
                          rows[1]["deactivated_by_id"],
                          rows[1]["deactivated_by_name"]),
                         ("2026-11-20T12:05:00Z", None, "Zed"))
        self.assertEqual(rows[1]["last_modified_status"], "known")

    def test_an_event_without_time_is_refused(self):
        for cells in (["", ""], ["20.11.2026", "14:05:00"], ["", "14:05:00"]):
            with self.subTest(cells):
                self.bad_events(65, "audit.csv", "more than 0 rows refused",
                                " at ", rows=[EVENT, [*cells, *EVENT[2:]]],
                                guards={"max_rejects": 0})

    def test_what_is_refused_is_published(self):
        self.events(EVENT, ["", "", *EVENT[2:]])
        rejects = truth.read_jsonl_gz(self.run_folder / "rejects.jsonl.gz")
        self.assertEqual([(row["source"], row["field"], row["reason"])
                          for row in rejects],
                         [("audit_csv", "at", "is missing")])

    def test_a_log_that_names_no_account_is_none(self):
        self.bad_events(65, "a column is missing", "Target id",
                        "Target email", "found: Date, Time, Activity",
                        "mappings/sources/audit_csv.json",
                        header=AUDIT[:5], rows=[EVENT[:5]])

    def test_an_empty_log(self):
        self.bad_events(65, "files.audit: audit.csv has a header and no rows",
                        rows=[])
        self.events(guards={"min_users": 0})

    def test_a_mapping_that_needs_its_log(self):
        folder = self.folder / "mappings"
        folder.mkdir()
        text = (harness.ROOT / "mappings" / f"{DATASET}.json").read_text()
        (folder / f"{DATASET}.json").write_text(
            text.replace(', "optional": true', ""))
        self.bad_users(78, [HEADER, ANN], 'source "audit_csv" needs a file '
                       '"audit"', '"files": {"audit": PATH}')

    def test_explain(self):
        files = {"export_users": self.put("users.csv", [HEADER, ANN]),
                 "audit": self.put("audit.csv", [AUDIT, EVENT])}
        code, out, err = self.rollcall("explain", "ann@acme.test",
                                       files=files)
        self.assertEqual(code, 0, err)
        self.assertIn("Ann  <- export_users_csv", out)
        self.assertIn("2026-11-20T14:05:00Z  audit_csv", out)
        code, out, err = self.rollcall(
            "explain", "712020:ann", files={"export_users": "users.csv"})
        self.assertEqual(code, 0, err)
        self.assertIn("not all of it readable", out)
        self.assertIn("no_access", out)


class BadFiles(Case):
    """One mistake each; the error names file and cure, and nothing stays."""

    def test_a_missing_file(self):
        for name in ("gone.csv", "gone.csv.gz"):
            self.refuses(66, f"files.export_users: {self.folder}/{name}",
                         "No such file", files={"export_users": name})
        (self.folder / "folder.csv").mkdir()
        self.refuses(66, "folder.csv: is not a file",
                     files={"export_users": "folder.csv"})

    def test_things_that_are_no_csv(self):
        book = self.folder / "book"
        with zipfile.ZipFile(book, "w") as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
        for data, words, cure in (
                (b"<!DOCTYPE html><html>log in</html>", "is a web page",
                 "log in again"),
                (b"\xef\xbb\xbf \n<html>", "is a web page", "log in again"),
                (book.read_bytes(), "is a workbook or a ZIP", "save"),
                (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel",
                 "save"),
                (gzip.compress(b"a,b\n"), "is gzip data", ".csv.gz"),
                ("User id".encode("utf-16"), "is UTF-16", "UTF-8"),
                (b'{"error": "x"}', "is JSON", "as CSV"),
                (b"%PDF-1.4", "is a PDF", "as CSV"),
                (b"", "is empty", "export it anew"),
                (b"\xef\xbb\xbf", "is empty", "export it anew")):
            with self.subTest(words):
                self.bad_users(65, data, "users.csv: " + words, cure)

    def test_text_that_is_not_utf8(self):
        for rows in ([HEADER, ANN, ["x", "J\xf6rg", *BOB[2:]]],
                     [HEADER + ["extra"], ANN + ["x"], ANN + ["\xe9"]]):
            self.bad_users(65, text_of(rows).encode("latin-1"),
                           "users.csv: row 3: ", "is not UTF-8")
        self.bad_users(65, text_of([["User\xe9", *HEADER]]).encode("latin-1"),
                       "row 1", "not UTF-8")

    def test_columns_that_are_missing(self):
        self.bad_users(65, [["username", *HEADER[1:]], ANN], "users.csv: a "
                       "column is missing: expected one of: User id",
                       "found: username, User name, email",
                       "mappings/sources/export_users_csv.json")
        self.bad_users(65, [HEADER[:3], ANN[:3]],
                       "expected one of: User status, Status, active")

    def test_a_header_that_is_missing(self):
        """The first row is a person's, and is not told."""
        self.bad_users(65, [ANN, BOB], "users.csv: a column is missing",
                       "begins with its header")
        for text in ("Ann", "ann@acme.test", "712020:ann"):
            self.assertNotIn(text, self.stderr + self.stdout)
        self.bad_users(65, text_of([HEADER, ANN]).replace(",", ";"),
                       "none of the names in the first row is known",
                       "delimiter is ','")

    def test_columns_that_are_there_twice(self):
        self.bad_users(65, [[*HEADER, "EMAIL"], [*ANN, "x"]],
                       'two columns are called "EMAIL"')
        self.bad_users(65, [[*HEADER, "Name"], [*ANN, "x"]],
                       'the columns "User name" and "Name" are both taken')

    def test_rows_of_another_width(self):
        self.bad_users(65, [HEADER, ANN, BOB[:4]], "users.csv: row 3: has 4 "
                       "cells, and the header 7", "cut off")
        self.bad_users(65, [HEADER, ANN, [*BOB, "x"]], "row 3: has 8 cells",
                       "more_cells")

    def test_quotes_out_of_place(self):
        self.bad_users(65, text_of([HEADER]) + 'a"b,c\n',
                       "users.csv: row 2: quotes are out of place")
        self.bad_users(65, text_of([HEADER]) + '"a,c\n',
                       "row 2: a quoted cell is not closed")

    def test_a_header_only(self):
        self.bad_users(65, [HEADER], "users.csv has a header and no rows",
                       "guards.min_users")
        rows = self.users([HEADER],
                          guards={"min_users": 0, "zero_rows": "allow"})
        self.assertEqual(rows, [])

    def test_a_file_that_was_cut(self):
        data = gzip.compress(text_of([HEADER, ANN, BOB] * 1).encode())
        self.bad_users(65, data[:-9], "users.csv.gz: gzip data is cut off",
                       "fetch it anew", name="users.csv.gz")
        self.bad_users(65, b"x" + data, "gzip data is damaged",
                       name="users.csv.gz")
        self.bad_users(65, data + b"more", "has bytes after",
                       name="users.csv.gz")

    def test_words_nobody_knows(self):
        for place, word, field in ((3, "Dormant", "active"),
                                   (5, "yesterday", "last_seen_at"),
                                   (4, "03/01/2024", "added_at"),
                                   (0, "", "account_id")):
            with self.subTest(word):
                row = [*ANN]
                row[place] = word
                self.bad_users(65, [HEADER, BOB, row], f" {field} is ",
                               "more than 0 rows refused",
                               guards={"max_rejects": 0})
        self.assertIn("users.csv row 3: account_id", self.stderr)

    def test_an_old_export(self):
        job = {"files": {"export_users": self.put(
            "users.csv", [HEADER, ANN], age=timedelta(hours=49))}}
        self.refuses(65, "guard max_export_age: files.export_users: users.csv "
                     "is of 2026-11-21T01:00:00Z, 49 hours",
                     "raise guards.max_export_age", **job)
        self.publishes(**job, guards={"max_export_age": "3d"})
        self.assertEqual(self.source("export_users_csv")["files"][0]
                         ["modified"], "2026-11-21T01:00:00Z")

    def test_nothing_is_asked_before_the_files_are_read(self):
        site = self.site()
        self.refuses(66, "gone.csv",
                     files={"export_users": "gone.csv"},
                     endpoints={"jira": {
                         "url": site.url, "auth": {
                             "type": "basic", "user": harness.USER,
                             "secret": {"env": harness.TOKEN_VARIABLE}}}})
        self.assertEqual(site.requests(), [])


class Jobs(Case):
    def test_a_job_that_names_no_file(self):
        self.refuses(78, "missing; only a job with")
        self.refuses(78, 'source "export_users_csv" needs a file '
                     '"export_users"', '"files": {"export_users": PATH}',
                     files={"audit": "a.csv"})

    def test_a_slip_of_the_pen(self):
        self.put("users.csv", [HEADER, ANN])
        self.refuses(78, 'files.managed_acounts: no source reads it; did you '
                     'mean "managed_accounts"?',
                     files={"export_users": "users.csv",
                            "managed_acounts": "m.csv"})

    def test_a_file_that_nothing_reads(self):
        self.put("users.csv", [HEADER, ANN])
        self.publishes(files={"export_users": "users.csv",
                              "holidays": "h.csv"})
        self.assertIn("files.holidays: no source of the run reads it",
                      self.stderr)

    def test_what_files_may_be(self):
        for files, words in (
                ({}, "files: expected 1 to 32"),
                ([], "files: expected object"),
                ({"a": "users.xlsx"}, "files.a: expected the path of a file "
                 "ending in .csv or .csv.gz"),
                ({"a": []}, "files.a: expected 1 to 64 paths"),
                ({"a": ["x.csv", "x.csv"]}, "names x.csv twice"),
                ({"a": {"path": "x.csv"}}, "files.a: expected")):
            with self.subTest(words):
                self.refuses(78, words, files=files)
        self.refuses(78, "guards.max_export_age: expected a time span",
                     files={"export_users": "x.csv"},
                     guards={"max_export_age": "7"})
        self.refuses(78, 'did you mean "files"', fils={"a": "x.csv"})


class Commands(Case):
    def test_check_reads_the_files(self):
        files = {"export_users": self.put("users.csv", [
            [*HEADER, "Org role"], [*ANN, "User"], [*BOB, "User"]]),
            "audit": self.put("audit.csv", [AUDIT, EVENT])}
        code, out, err = self.rollcall("check", files=files)
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"export_users_csv +ok +yes +yes +2 +- +- ")
        self.assertIn("7 columns known, 1 not read\n", out)
        self.assertRegex(out, r"audit_csv +ok +yes +yes +1 "
                              r"+2026-11-20T14:05:00Z +- ")
        self.assertIn("8 columns known, 0 not read\n", out)
        self.assertRegex(out, r"managed_accounts_csv +skipped ")
        self.assertIn('the job has no file "managed_accounts"', out)
        self.assertEqual(runs.visible(self.folder), set())

    def test_check_finds_what_a_run_would_find(self):
        odd = [*ANN]
        odd[3] = "Dormant"
        for name, rows, job, code, words in (
                ("users.csv", [HEADER, odd], {}, 0,
                 "1 refused: users.csv row 2: active is a word"),
                ("users.csv", [HEADER, odd], {"guards": {"max_rejects": 0}},
                 65, "1 rows are refused; the first: users.csv row 2"),
                ("users.csv", [HEADER[1:], ANN[1:]], {}, 65,
                 "a column is missing"),
                ("users.csv", [HEADER], {}, 65, "no rows"),
                ("old.csv", [HEADER, ANN], {}, 65, "max_export_age")):
            with self.subTest(words):
                self.put(name, rows,
                         timedelta(days=9) if name == "old.csv" else None)
                found, out, _ = self.rollcall(
                    "check", files={"export_users": name}, **job)
                self.assertEqual(found, code, out)
                self.assertIn(words, out)
        code, out, _ = self.rollcall("check",
                                     files={"export_users": "gone.csv"})
        self.assertEqual(code, 66)
        self.assertIn("files.export_users", out)

    def test_plan_asks_nothing(self):
        code, out, err = self.rollcall("plan", files={
            "export_users": ["a.csv", "b.csv"], "other": "c.csv"})
        self.assertEqual(code, 0, err)
        self.assertIn(f"source    export_users_csv: file {self.folder}/a.csv; "
                      "no requests\n", out)
        self.assertIn(f"file {self.folder}/b.csv; no requests\n", out)
        self.assertIn("audit_csv: skipped", out)
        self.assertIn("other: no source of the run reads it", out)
        self.assertIn("requests  none", out)


class BesideASite(Case):
    """Files as what enriches a list that is asked for."""

    def test_jira_users_with_what_the_export_knows(self):
        site = self.site()
        site.dump(self.folder)
        runs.narrow_mapping(self.folder, r'"enrich": \[.*?\]',
                            '"enrich": ["export_users_csv"]')
        job = {"mappings": ["inactive_users"], "endpoints": {"jira": {
            "url": site.url, "auth": {
                "type": "basic", "user": harness.USER,
                "secret": {"env": harness.TOKEN_VARIABLE}}}}}
        self.publishes(**job, files={"export_users": "users_export.csv"})
        rows = {row["account_id"]: row for row in truth.read_jsonl_gz(
            self.run_folder / "inactive_users-00001.jsonl.gz")}
        found = 0
        for row in expected(self.folder, ["export_users"]):
            if row["account_id"] in rows:
                found += 1
                for column in ("last_seen_at", "last_seen_status", "status"):
                    self.assertEqual(rows[row["account_id"]][column],
                                     row[column])
        self.assertGreater(found, 20)
        self.publishes(**job, output={"dir": "plain"})
        self.assertIn('skipped: the job has no file "export_users"',
                      self.stderr)


GROWTH = 1.10


@unittest.skipIf(harness.is_sanitized(),
                 "the memory measured would be the sanitizer's")
class Memory(Case):
    """Follows the accounts, not the rows of a log."""

    def log_of(self, count):
        """Written row by row: what this process holds when it starts another
        counts as that one's."""
        with (self.folder / "audit.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(AUDIT)
            writer.writerows(
                [f"2026-11-{1 + i % 20:02}",
                 f"10:00:{i % 60:02}.{i % 997:03}", f"Changed {i}", "Zed",
                 "712020:zed", ("712020:ann", "712020:bob")[i % 2], "",
                 "10.0.0.1"] for i in range(count))
        return "audit.csv"

    def peak(self, count):
        job = harness.make_job(
            self.folder, "", endpoints=None, mappings=[DATASET],
            output={"dir": f"out{count}"}, files={
                "export_users": self.put("users.csv", [HEADER, ANN, BOB]),
                "audit": self.log_of(count)})
        with (self.folder / "log").open("w") as log:
            process = subprocess.Popen(
                [harness.binary("rollcall"), "extract", "-c", job, "--as-of",
                 runs.AS_OF, "--quiet"], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ,
                     "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0,
                         (self.folder / "log").read_text())
        return usage.ru_maxrss

    def test_five_times_the_rows_need_no_more(self):
        few, many = self.peak(120_000), self.peak(600_000)
        self.assertLessEqual(many, few * GROWTH,
                             f"{few} KiB, {many} KiB")


class Signals(Case):
    def test_a_signal_ends_a_long_file(self):
        row = text_of([[*EVENT, ""]]).encode()
        self.put("audit.csv", text_of([[*AUDIT, "Odd"]]).encode()
                 + row * 1_000_000)
        job = harness.make_job(
            self.folder, "", endpoints=None, mappings=[DATASET], files={
                "export_users": self.put("users.csv", [HEADER, ANN]),
                "audit": "audit.csv"})
        process = subprocess.Popen(
            [harness.binary("rollcall"), "extract", "-c", job, "--as-of",
             runs.AS_OF, "--verbose"], cwd=self.folder, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={
                **os.environ,
                "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        while "managed_accounts_csv: skipped" not in process.stderr.readline():
            pass
        process.terminate()
        _, told = process.communicate(timeout=harness.RUN_SECONDS)
        self.assertEqual(process.returncode, -signal.SIGTERM, told)
        self.assertIn("interrupted", told)
        # Told at the end of a file, which was not reached.
        self.assertNotIn("not read: Odd", told)
        self.assertEqual(runs.visible(self.folder), set())


class Secrecy(Case):
    def test_the_manifest_and_the_log_hold_no_person(self):
        self.publishes(files={
            "export_users": self.put("users.csv", [HEADER, ANN, BOB]),
            "audit": self.put("audit.csv", [AUDIT, EVENT])})
        text = (self.run_folder / "manifest.json").read_text()
        for secret in ("ann@acme.test", "Ann", "Bob", "Zed"):
            self.assertNotIn(secret, text)
            self.assertNotIn(secret, self.stderr)


if __name__ == "__main__":
    unittest.main()
