"""The files: what they hold, and that the same input gives the same bytes."""
import gzip
import hashlib
import json
import os
import shutil
import stat
import unittest
from pathlib import Path

import harness
import truth
from published import AS_OF, DAY, RUN, Case, Run, account, write_site

TIMES = {"inactive_since", "last_seen_at", "deactivated_at",
         "last_modified_at", "first_observed_inactive_at", "extract_as_of"}
YANN = "712020:00370037-0037-4037-8037-000000000037"
ZOE = "712020:00380038-0038-4038-8038-000000000038"
SHIRA = "712020:00390039-0039-4039-8039-000000000039"
BLANK = "712020:00400040-0040-4040-8040-000000000040"
FORMULA = "712020:00410041-0041-4041-8041-000000000041"
QUOTES = "712020:00360036-0036-4036-8036-000000000036"
MANY = "users=8000,records=4000,seed=7,now=" + AS_OF


def as_csv(name, value):
    """What the CSV shows of a JSONL value."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if name in TIMES:
        return truth.instant(value).strftime("%Y-%m-%d %H:%M:%S")
    return (str(value).replace("\r\n", " ").replace("\n", " ")
            .replace("\r", " "))


def by_id(rows):
    return {row["account_id"]: row for row in rows}


class SameRows(Case):
    def test_csv_and_jsonl_agree_cell_by_cell(self):
        self.job(self.site())
        run = self.published()
        wanted = truth.inactive_users(harness.SAMPLE, AS_OF)
        rows = run.jsonl()
        self.assertEqual(rows, wanted)
        self.assertEqual(run.csv(), [{name: as_csv(name, value)
                                      for name, value in row.items()}
                                     for row in rows])
        self.assertEqual(list(rows[0]), list(truth.COLUMNS))

    def test_awkward_names(self):
        self.job(self.site())
        run = self.published()
        rows, cells = by_id(run.jsonl()), by_id(run.csv())
        plain = run.plain().decode()
        self.assertEqual(rows[YANN]["display_name"], "Yann\nTwo Lines")
        self.assertEqual(cells[YANN]["display_name"], "Yann Two Lines")
        self.assertEqual(cells[ZOE]["display_name"], "Zoë 😀 Smile")
        self.assertEqual(cells[SHIRA]["display_name"], "שירה כהן")
        self.assertIn('," Leading Blank ",', plain)
        self.assertEqual(cells[BLANK]["display_name"], " Leading Blank ")
        self.assertEqual(cells[FORMULA]["display_name"][0], "=")
        self.assertIn(',"""Xenia, the Great""",', plain)
        self.assertNotIn("\r", plain)
        formats = run.facts()["datasets"][0]["formats"]
        self.assertEqual([(one["format"], one["newlinesReplaced"])
                          for one in formats], [("csv", 1), ("jsonl", 0)])

    def test_null_is_not_empty_text(self):
        site = write_site(self.folder / "site", [
            account(1), account(2, active=False, displayName=""),
            account(3, active=False, displayName=None)], [])
        self.job(self.site(site), guards={"max_placeholders": "100%"})
        run = self.published()
        self.assertEqual([row["display_name"] for row in run.jsonl()],
                         ["", None])
        self.assertEqual([row["display_name"] for row in run.csv()],
                         ["", None])
        lines = run.plain().decode().splitlines()
        self.assertTrue(lines[1].startswith('712020:0002,"",'))
        self.assertTrue(lines[2].startswith("712020:0003,,"))


class SameBytes(Case):
    def test_gzip_members_are_plain(self):
        self.job(self.site())
        run = self.published()
        for form in ("csv", "jsonl"):
            data = run.parts(form=form)[0].read_bytes()
            self.assertEqual(data[:4], b"\x1f\x8b\x08\x00")  # no name
            self.assertEqual(data[4:8], b"\0\0\0\0")         # no time
            self.assertEqual(data.count(b"\x1f\x8b\x08"), 1)

    def test_every_way_to_the_run_gives_the_same_bytes(self):
        site = self.site(generate=MANY)
        runs = []
        for name, limit in (("a", 1), ("b", 4), ("c", 16)):
            self.job(site, limits={"concurrency": limit},
                     output={"part_size": "4KiB"},
                     guards={"max_new_inactive": "100%"})
            runs.append(self.published("--out", self.folder / name))
        again = self.published("--out", self.folder / "c", "--force")
        self.assertGreater(len(runs[0].files()), 4)
        for run in (*runs[1:], again):
            self.assertEqual(runs[0].files(), run.files())

    def test_manifests_differ_only_in_times(self):
        self.job(self.site())
        manifests = []
        for name in "ab":
            manifests.append(
                self.published("--out", self.folder / name).manifest())
            shutil.rmtree(self.folder / "state")
        for manifest in manifests:
            del manifest["created"], manifest["x-rollcall"]["timings"]
        self.assertEqual(*manifests)


class Parts(Case):
    def test_many_parts_hold_every_row_once(self):
        site = self.site(generate=MANY)
        self.job(site, output={"part_size": "2KiB"})
        run = self.published()
        wanted = truth.inactive_users(site.dump(self.folder / "dump"), AS_OF)
        self.assertEqual(run.jsonl(), wanted)
        self.assertEqual([row["account_id"] for row in run.csv()],
                         [row["account_id"] for row in wanted])
        for form in ("csv", "jsonl"):
            resources = run.resources(form=form)
            self.assertGreater(len(resources), 2)
            self.assertEqual([one["path"] for one in resources],
                             [f"inactive_users-{i:05}.{form}.gz"
                              for i in range(1, len(resources) + 1)])
            self.assertEqual(sum(one["x-rows"] for one in resources),
                             len(wanted))
            for one in resources:
                self.assertGreater(one["x-rows"], 0)
            # Rolled once the size is passed: no part but the last is small.
            self.assertGreaterEqual(
                min(one["bytes"] for one in resources[:-1]), 2048)

    def test_cat_joins_parts_under_one_header(self):
        self.job(self.site(generate=MANY), output={"part_size": "4KiB"})
        run = self.published()
        lines = self.rollcall("cat", run.folder).out.splitlines()
        header = ",".join(truth.COLUMNS)
        self.assertEqual(lines[0], header)
        self.assertEqual(lines.count(header), 1)
        self.assertEqual([line.split(",")[0] for line in lines[1:]],
                         [row["account_id"] for row in run.csv()])

    def test_resources_tell_what_the_files_are(self):
        self.job(self.site())
        run = self.published()
        for one in run.manifest()["resources"]:
            data = (run.folder / one["path"]).read_bytes()
            plain = gzip.decompress(data)
            self.assertEqual(one["bytes"], len(data))
            self.assertEqual(one["hash"], "sha256:"
                             + hashlib.sha256(data).hexdigest())
            self.assertEqual(one["x-uncompressedBytes"], len(plain))
            self.assertEqual(one["x-uncompressedHash"], "sha256:"
                             + hashlib.sha256(plain).hexdigest())
            self.assertEqual(one["x-maxRecordBytes"], max(
                map(len, plain.splitlines(keepends=True))))
            self.assertEqual(one["x-rows"], plain.count(b"\n")
                             - (one["format"] == "csv"))


class Dialects(Case):
    def run_with(self, **csv):
        self.job(self.site(), output={"csv": csv})
        run = self.published()
        return run, run.plain()

    def test_powercenter_preset(self):
        run, plain = self.run_with(preset="powercenter")
        rows = run.jsonl()
        self.assertNotIn(b"\r", plain)
        self.assertEqual([line.split(",")[0] for line in
                          plain.decode().splitlines()],
                         [row["account_id"] for row in rows])
        # With or without a header, the stream of a command is rows alone.
        for args in ([], ["--no-header"]):
            self.assertEqual(
                self.rollcall("cat", *args, run.folder).out.encode(), plain)
        self.job(self.site(), output={"csv": {"preset": "powercenter",
                                              "header": True}})
        plain = self.published("--force").plain()
        self.assertEqual(plain.split(b"\n")[0].decode(),
                         ",".join(truth.COLUMNS).upper())

    def test_excel_preset(self):
        run, plain = self.run_with(preset="excel")
        self.assertTrue(plain.startswith(b"\xef\xbb\xbfaccount_id,"))
        self.assertEqual(plain.count(b"\n"), plain.count(b"\r\n"))
        self.assertEqual(plain.count(b"\r"), plain.count(b"\r\n"))
        self.assertIn(b"\"'=HYPERLINK(\"\"http", plain)
        # JSONL keeps the text as it is.
        self.assertEqual(by_id(run.jsonl())[FORMULA]["display_name"][0], "=")
        # The mark is no part of the rows.
        out = self.rollcall("cat", "--no-header", run.folder).out
        self.assertTrue(out.startswith("557058:"), out[:40])

    def test_postgres_preset(self):
        _, plain = self.run_with(preset="postgres")
        self.assertIn(b",2026-11-23 02:00:00+00\n", plain)

    def test_delimiter_and_quote(self):
        run, plain = self.run_with(delimiter="|", quote="'")
        self.assertIn(b"|\"Xenia, the Great\"|", plain)
        dialect = run.resources()[0]["dialect"]
        self.assertEqual((dialect["delimiter"], dialect["quoteChar"]),
                         ("|", "'"))

    def test_tabs(self):
        run, plain = self.run_with(delimiter="\t")
        rows = truth.read_csv_gz(run.parts()[0], "\t")
        self.assertEqual([row["account_id"] for row in rows],
                         [row["account_id"] for row in run.jsonl()])
        self.assertIn(b"\t\"=HYPERLINK(", plain)

    def test_null_text(self):
        _, plain = self.run_with(null="NULL")
        row = next(line for line in plain.decode().splitlines()
                   if line.startswith(QUOTES))
        self.assertEqual(row.split(",")[3:5], ["NULL", "hidden"])

    def test_headers(self):
        run, plain = self.run_with(header=False)
        self.assertEqual(plain.count(b"\n"), 41)
        self.assertFalse(run.resources()[0]["dialect"]["header"])
        cat = self.rollcall("cat", "out").out
        self.assertEqual(cat.encode(), plain)

    def test_header_case_and_time_format(self):
        _, plain = self.run_with(header_case="upper", line_end="crlf",
                                 time_format="%d.%m.%Y %H:%M:%S.%f")
        self.assertTrue(plain.startswith(b"ACCOUNT_ID,DISPLAY_NAME,"))
        self.assertIn(b",23.11.2026 02:00:00.000\r\n", plain)

    def test_a_dialect_that_cannot_be_read_back_is_refused(self):
        for csv in ({"delimiter": '"'}, {"null": "a,b"},
                    {"delimiter": "||"}, {"time_format": "%q"},
                    {"preset": "access"}):
            self.job("http://127.0.0.1:9", output={"csv": csv})
            self.extract(code=78)
            self.assert_nothing_published()


class Formats(Case):
    def test_csv_only(self):
        self.job(self.site(), output={"formats": ["csv"]})
        run = self.published()
        self.assertEqual(list(run.files()), ["inactive_users-00001.csv.gz"])
        self.rollcall("cat", "--format", "jsonl", "out", code=66)

    def test_jsonl_only(self):
        self.job(self.site(), output={"formats": ["jsonl"]})
        run = self.published()
        self.assertEqual(list(run.files()), ["inactive_users-00001.jsonl.gz"])
        self.assertEqual(len(run.jsonl()), 41)
        self.rollcall("cat", "out", code=66)

    def test_two_mappings_share_one_run(self):
        site = self.site()
        self.job(site, mappings=["inactive_users", "all_users"])
        run = self.published()
        self.assertEqual([one["name"] for one in run.facts()["datasets"]],
                         ["inactive_users", "all_users"])
        self.assertEqual((len(run.csv()), len(run.csv("all_users"))),
                         (41, 47))
        self.assertEqual(self.visible(), [
            RUN, f"all_users_{DAY}_{RUN}.done",
            f"inactive_users_{DAY}_{RUN}.done", "latest"])
        # One reading serves both.
        alone = len(site.requests())
        self.published("--force", "--full", "--mapping", "inactive_users")
        self.assertEqual(len(site.requests()), 2 * alone)

    def test_accounts_alone_need_no_log(self):
        site = self.site()
        self.job(site, mappings=["all_users"])
        run = self.published()
        self.assertEqual(
            [row["active"] for row in run.csv("all_users")],
            ["true" if row["active"] is True else "false"
             for row in run.jsonl("all_users")])
        self.assertEqual(site.requests("/rest/api/3/auditing/record"), [])


class Modes(Case):
    def modes(self):
        found = {}
        for folder, _, names in os.walk(self.out):
            for path in (folder, *(Path(folder, name) for name in names)):
                if not os.path.islink(path):
                    mode = os.lstat(path).st_mode
                    found.setdefault(stat.S_ISDIR(mode), set()).add(
                        oct(stat.S_IMODE(mode)))
        return found[True], found[False]

    def test_files_are_for_the_owner_alone(self):
        self.job(self.site())
        self.published()
        self.assertEqual(self.modes(), ({"0o700"}, {"0o600"}))

    def test_the_job_opens_them(self):
        old = os.umask(0o077)
        self.addCleanup(os.umask, old)
        self.job(self.site(), output={"file_mode": "0640",
                                      "dir_mode": "0750"})
        self.published()
        self.assertEqual(self.modes(), ({"0o750"}, {"0o640"}))

    def test_writing_for_all_is_refused(self):
        for key, mode in (("file_mode", "0666"), ("dir_mode", "0777"),
                          ("file_mode", "0400")):
            self.job("http://127.0.0.1:9", output={key: mode})
            self.extract(code=78)


class Transforms(Case):
    COLUMN = {"type": "string", "from": "user.display_name"}

    def mapping(self, columns, **members):
        path = self.folder / "own.json"
        path.write_text(json.dumps({
            "name": "own", "grain": "user", "users": "jira_users",
            "columns": [{"name": "id", "type": "string", "key": True,
                         "from": "user.account_id"}, *columns],
            **members}))
        return path

    def column(self, name, *transforms, **members):
        return {"name": name, **self.COLUMN, **members,
                "transforms": list(transforms)}

    def own_site(self, **members):
        users = [account(1), account(2, **members)]
        return self.site(write_site(self.folder / "site", users, []))

    def cells(self, columns, env=None, **user):
        """The cells of user 2."""
        self.job(self.own_site(**user), mappings=["./own.json"])
        self.mapping(columns)
        return self.published(env=env).jsonl("own")[1]

    def test_texts(self):
        (self.folder / "dept.csv").write_text(
            "id,dept\n712020:0002,\"R&D, west\"\n")
        row = self.cells([
            self.column("trimmed", "trim"),
            self.column("lowered", "trim", "lower"),
            self.column("uppered", "trim", "upper"),
            self.column("cut", "trim", {"truncate": 3}),
            self.column("line", "trim", {"replace_newlines": " / "}),
            self.column("mapped", "trim", "lower",
                        {"map": {"é\nbob": "Robert"}}),
            self.column("around", "trim",
                        {"concat": {"before": "<", "after": ">"}}),
            self.column("unset", {"default": "none"},
                        **{"from": "user.email"}),
            self.column("dept", {"lookup": {"file": "dept.csv"}},
                        **{"from": "user.account_id"}),
            self.column("no_dept", {"lookup": {"file": "dept.csv"}}),
        ], displayName="  é\nBob ", emailAddress=None)
        self.assertEqual(row, {
            "id": "712020:0002", "trimmed": "é\nBob", "lowered": "é\nbob",
            "uppered": "é\nBOB", "cut": "é\nB", "line": "é / Bob",
            "mapped": "Robert", "around": "<é\nBob>", "unset": "none",
            "dept": "R&D, west", "no_dept": None})

    def test_dates(self):
        row = self.cells([self.column(
            "day", {"format_date": {"format": "%d.%m.%Y %H:%M",
                                    "offset": "-03:30"}},
            **{"from": "run.as_of"})])
        self.assertEqual(row["day"], "22.11.2026 22:30")

    def test_salted_hash(self):
        columns = [self.column("mail", "lower",
                               {"sha256": {"salt": {"env": "SALT"}}},
                               **{"from": "user.email"})]
        row = self.cells(columns, env={"SALT": "pepper"})
        wanted = hashlib.sha256(b"pepperuser2@example.test").hexdigest()
        self.assertEqual(row["mail"], wanted)
        text = (self.out / RUN / "manifest.json").read_text()
        self.assertNotIn("pepper", text)
        self.assertNotIn("example.test", text)

    def test_a_salt_that_is_missing_stops_the_run(self):
        self.job("http://127.0.0.1:9", mappings=["./own.json"])
        self.mapping([self.column("mail",
                                  {"sha256": {"salt": {"env": "NO_SALT"}}})])
        self.assertIn("NO_SALT", self.extract(code=78).err)

    def over_length(self, policy, code=0):
        self.job(self.own_site(displayName="Überlang"),
                 mappings=["./own.json"])
        self.mapping([{"name": "name", "length": 7, **self.COLUMN}],
                     over_length=policy)
        return self.extract(code=code)

    def test_too_long_a_text_is_rejected_and_said(self):
        run = Run(self.over_length("reject").json()["dir"])
        self.rollcall("verify", run.folder)
        self.assertEqual([row["id"] for row in run.jsonl("own")],
                         ["712020:0001"])
        refused = truth.read_jsonl_gz(run.folder / "rejects.jsonl.gz")
        self.assertEqual([(one["dataset"], one["item"], one["field"])
                          for one in refused],
                         [("own", "712020:0002", "name")])
        self.assertNotIn("Überlang", json.dumps(refused))
        self.assertEqual(run.facts()["datasets"][0]["rejected"], 1)

    def test_too_long_a_text_is_cut(self):
        run = Run(self.over_length("truncate").json()["dir"])
        self.rollcall("verify", run.folder)
        self.assertEqual(run.jsonl("own")[1]["name"], "Überlan")
        self.assertEqual(run.facts()["datasets"][0]["truncated"], 1)

    def test_a_column_has_its_own_policy(self):
        self.job(self.own_site(displayName="Überlang"),
                 mappings=["./own.json"])
        self.mapping([{"name": "name", "length": 7, **self.COLUMN,
                       "over_length": "truncate"}], over_length="fail")
        run = self.published()
        self.assertEqual(run.jsonl("own")[1]["name"], "Überlan")
        dataset = run.facts()["datasets"][0]
        self.assertEqual((dataset["overLength"], dataset["truncated"]),
                         ({"name": 1}, 1))

    def test_policies_that_cannot_be(self):
        self.job("http://127.0.0.1:9", mappings=["./own.json"])
        for column, text in (
                ({"name": "name", **self.COLUMN, "over_length": "fail"},
                 "columns[1].over_length: the column has no length"),
                ({"name": "name", "length": 7, "key": True, **self.COLUMN,
                  "over_length": "truncate"},
                 "columns[1].over_length: a key is never cut"),
                ({"name": "name", "length": 7, **self.COLUMN,
                  "over_length": "cut"}, "columns[1].over_length: ")):
            self.mapping([column])
            self.assertIn(text, self.extract(code=78).err)

    def test_too_long_a_text_fails_the_run(self):
        self.assertIn("712020:0002", self.over_length("fail", 65).err)
        self.assert_nothing_published()

    def test_more_rejects_than_allowed(self):
        self.job(self.own_site(displayName="Überlang"),
                 mappings=["./own.json"], guards={"max_rejects": 0})
        self.mapping([{"name": "name", "length": 7, **self.COLUMN}])
        self.extract(code=65)
        self.assert_nothing_published()


if __name__ == "__main__":
    unittest.main()
