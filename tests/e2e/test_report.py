"""The page of report: what it holds, what it hides, when there is none."""
import collections
import datetime
import html
import os
import re
import subprocess
import urllib.parse

import harness
from published import RUN, Run, edit_manifest
from reported import (BEFORE_RUN, DATASET, GONE, HOSTILE, PEOPLE, Nights,
                      Page, plain)

JSONL = f"{DATASET}-00001.jsonl.gz"


def seconds(text):
    when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return when.timestamp()


class Report(Nights):
    def setUp(self):
        super().setUp()
        self.maxDiff = None

    @classmethod
    def prepare(cls):
        cls.first.shared = cls.first.out
        cls.whole = cls.first.page()

    def expected(self):
        """The run's rows, times as the page has them."""
        times = {column["name"] for column in self.whole.facts["columns"]
                 if column["type"] == "time"}
        return [{name: seconds(cell)
                 if name in times and cell is not None else cell
                 for name, cell in row.items()}
                for row in self.run_.jsonl()]

    # --- where it goes

    def test_its_place_and_who_may_read_it(self):
        result = self.rollcall("report", self.shared)
        path = self.folder / f"report-{RUN}.html"
        self.assertEqual(result.out, "")
        self.assertIn(path.name, result.err)
        self.assertEqual([one.name for one in self.folder.iterdir()],
                         [path.name])
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.rollcall("verify", self.shared)

    def test_same_run_same_bytes(self):
        once = self.page()
        for name in ("latest", RUN, f"{RUN}/", f"{RUN}/manifest.json"):
            self.assertEqual(self.page(path=self.shared / name).data,
                             once.data)
        out = self.rollcall("report", self.shared, "--output", "-").out
        self.assertEqual(out.encode(), once.data)

    def test_the_run_before_does_not_know_what_came_later(self):
        page = self.page(path=self.shared / BEFORE_RUN)
        self.assertNotIn(RUN, page.text)
        self.assertEqual(page.figures()["Since the run before"], "–")
        self.assertIn("no run was published before", page.text)

    def test_never_in_a_run(self):
        run = self.copy()
        before = sorted(path.name for path in run.folder.iterdir())
        result = self.rollcall("report", run.folder, "--output",
                               run.folder / "x.html", code=64)
        self.assertIn("stray file", result.err)
        self.rollcall("report", run.folder, "--output",
                      self.out / BEFORE_RUN / "x.html", code=64)
        self.assertEqual(sorted(path.name for path in run.folder.iterdir()),
                         before)
        self.rollcall("verify", run.folder)

    def test_places_that_cannot_be_written(self):
        self.rollcall("report", self.shared, "--output", "no/x.html", code=73)
        self.rollcall("report", self.shared, "--output", "x/", code=73)
        (self.folder / "taken").mkdir()
        self.rollcall("report", self.shared, "--output", "taken", code=73)
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [harness.binary("rollcall"), "report", self.shared,
                 "--output", "-"], stdout=full, stderr=subprocess.PIPE,
                check=False)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertEqual([one.name for one in self.folder.iterdir()],
                         ["taken"])

    def test_replaces_the_page_of_before(self):
        (self.folder / "page.html").write_text("old")
        os.chmod(self.folder / "page.html", 0o644)
        self.assertEqual(self.page().facts, self.whole.facts)
        self.assertEqual((self.folder / "page.html").stat().st_mode & 0o777,
                         0o600)

    # --- what it holds

    def test_every_row_is_in_it_once(self):
        self.assertEqual(self.whole.rows(), self.expected())
        self.assertEqual(self.whole.facts["dataset"], DATASET)
        self.assertEqual(self.whole.text.count("edge@example.test"), 1)

    def test_figures(self):
        rows = self.run_.jsonl()
        self.assertEqual(self.whole.figures(), {
            "Inactive accounts": str(len(rows)),
            "New": "+1", "Gone": "−1",
            "Since when: unknown": str(sum(
                row["inactive_since"] is None for row in rows)),
            "By whom: unknown": str(sum(
                row["last_modified_status"] != "known" for row in rows))})

    def test_who_and_what_was_counted(self):
        rows = self.run_.jsonl()
        for caption, column, absent in (
                ("Last changed by", "last_modified_by_name",
                 "Nobody named, or no change seen"),
                ("Last change: what is known", "last_modified_status", None),
                ("Inactive since: who tells", "inactive_since_source", None),
                ("Status", "status", None)):
            counts = collections.Counter(
                row[column] or row.get(column.replace("_name", "_id")) or
                absent for row in rows)
            table = {name: int(cells[1]) for name, cells
                     in self.whole.table(caption).items()}
            others = {name: count for name, count in table.items()
                      if name.endswith("others")}
            shown = {name: count for name, count in table.items()
                     if name not in others}
            self.assertEqual(sum(table.values()), len(rows), caption)
            for name, count in shown.items():
                self.assertEqual(counts[name], count, (caption, name))
            if not others:
                self.assertEqual(len(shown), len(counts))

    def test_months(self):
        counts = collections.Counter(
            "since an unknown day" if row["inactive_since"] is None
            else row["inactive_since"][:7] for row in self.run_.jsonl())
        table = self.whole.table(
            "Accounts by the month in which they became inactive")
        self.assertEqual({name: int(cells[0]) for name, cells in table.items()
                          if cells[0] != "0"}, counts)
        self.assertEqual(list(table)[-2], "2026-11")

    def test_change_since_the_run_before(self):
        self.assertEqual(self.whole.new(), ["712020:hostile"])
        gone = self.whole.table("Rows that only the run before had")
        self.assertEqual(gone, {GONE: ["Late Larry", "late@example.test"]})
        runs = self.whole.table("Runs, the newest first")
        self.assertEqual(list(runs), [RUN, BEFORE_RUN])
        self.assertEqual(runs[RUN][2:], [str(len(self.run_.jsonl())), "0"])

    def test_facts_of_the_run(self):
        facts = self.run_.facts()
        self.assertEqual(
            set(self.whole.table("Guards: what would have stopped the run")),
            {guard["name"] for guard in facts["guards"]})
        self.assertEqual(
            set(self.whole.table("Sources that were read")),
            {source["name"] for source in facts["sources"]
             if "skipped" not in source})
        text = plain(self.whole.body())
        for source in facts["sources"]:
            if "skipped" in source:
                self.assertIn(f"{source['name']} was not read: "
                              f"{source['skipped']}.", text)
        self.assertIn("deleted ones perhaps: "
                      f"{facts['keys']['unresolved']}", text)

    def test_reach_of_the_logs(self):
        log = self.run_.facts()["datasets"][0]["knowledge"]["logs"][0]
        row = self.whole.table("Audit logs, times in UTC")["jira_audit"]

        def span(it):
            return " to ".join(it[name][:16].replace("T", " ")
                               for name in ("from", "to"))
        self.assertEqual(row[0], span(log["known"]))
        self.assertEqual(row[4], log["oldest"][:16].replace("T", " "))
        self.assertIn('class="span known"', self.whole.text)
        self.assertIn("Oldest record seen: " + row[4], self.whole.text)

    def test_links_lead_to_the_files(self):
        place = self.folder / "a b" / "ü"
        place.mkdir(parents=True)
        self.rollcall("report", self.shared, "--output", place / "x.html")
        page = Page((place / "x.html").read_bytes())
        links = [html.unescape(link.split('"')[0]) for link
                 in page.body().split('<a href="')[1:]]
        files = [link for link in links if not link.startswith("#")]
        self.assertEqual(len(files), len(self.run_.manifest()["resources"]))
        for link in files:
            self.assertTrue((place / urllib.parse.unquote(link)).exists(),
                            link)

    def test_another_dataset(self):
        page = self.page("--dataset", "user_events")
        rows = self.run_.jsonl("user_events")
        self.assertEqual(page.figures()["Rows"], str(len(rows)))
        self.assertEqual([row["event_id"] for row in page.rows()],
                         [row["event_id"] for row in rows])
        self.assertIn("Events by month", page.text)
        self.rollcall("report", self.shared, "--dataset", "nobody", code=64)

    def test_links_within_the_page(self):
        body = self.whole.body()
        for name in re.findall('href="#([^"]*)"', body):
            self.assertIn(f'id="{name}"', body)

    def test_one_dataset_of_a_hive_layout(self):
        with harness.FakeSite() as site:
            self.job(site, output={"layout": "hive"})
            run = self.published()
        part = next(self.out.glob(f"dataset={DATASET}/*/*"))
        page = self.page(path=part)
        self.assertEqual([row["account_id"] for row in page.rows()],
                         [row["account_id"] for row in run.jsonl()])
        self.rollcall("report", part, "--output", part / "x.html", code=64)

    def test_fewer_rows_and_the_page_says_so(self):
        page = self.page("--rows", "5")
        total = len(self.run_.jsonl())
        self.assertEqual(page.rows(), self.expected()[:5])
        self.assertIn(f"the first 5 of {total} rows", plain(page.body()))
        self.assertEqual(page.figures(), self.whole.figures())
        self.assertEqual(self.page("--rows", "0").rows(), [])
        self.assertEqual(self.page("--rows", "all").facts, self.whole.facts)
        self.assertNotIn("the first", plain(self.whole.body()))
        for wrong in ("-1", "many", "", "99999999999999999999999"):
            self.rollcall("report", self.shared, "--rows", wrong, code=64)

    def test_csv_parts_alone(self):
        run = self.copy()

        def drop_jsonl(manifest):
            manifest["resources"] = [one for one in manifest["resources"]
                                     if one["format"] == "csv"]
        edit_manifest(run, drop_jsonl)
        rows = self.page(path=run.folder).rows()
        self.assertEqual([row["account_id"] for row in rows],
                         [row["account_id"] for row in self.expected()])
        self.assertEqual([row["last_modified_by_name"] for row in rows],
                         [row["last_modified_by_name"]
                          for row in self.expected()])

    # --- what it hides

    def test_texts_are_no_markup(self):
        self.assertIn(HOSTILE, [row["display_name"]
                                for row in self.whole.rows()])
        self.assertNotIn("<img", self.whole.text)
        self.assertEqual(self.whole.text.count("</script>"), 2)
        page = self.page("--title", '"><b>Title</b>')
        self.assertEqual(page.text.count("&quot;&gt;&lt;b&gt;Title"), 2)

    def test_asks_for_nothing(self):
        policy = self.whole.text.split('Content-Security-Policy" content="')[1]
        policy = policy.split('"')[0]
        self.assertTrue(policy.startswith("default-src 'none';"))
        for tag in ("style", "script"):
            named = {"'sha256-" + one + "'" for one in self.whole.hashes(tag)}
            self.assertEqual(len(named), 1)
            self.assertIn(f"{tag}-src {named.pop()}", policy)
        body = self.whole.body()
        for word in ("http:", "https:", "src=", "<link", "@import", "url(",
                     " style=", " onclick"):
            self.assertNotIn(word, body)
        self.assertNotIn("//", self.whole.text.split("<style>")[1]
                         .split("</style>")[0])

    def private(self):
        """Every text that tells of a person, of both runs."""
        texts = {row[name] for run in (RUN, BEFORE_RUN)
                 for row in Run(self.shared / run).jsonl() for name in PEOPLE}
        return {text for text in texts if text and text.strip()}

    def test_masked(self):
        page = self.page("--mask")
        for form in (page.text, html.unescape(page.text),
                     repr(page.rows())):
            for text in self.private():
                # A name of digits alone is in many a number.
                if not text.isdigit():
                    self.assertNotIn(text, form)
        self.assertNotIn("example.test", page.text)
        self.assertNotIn("rollcall-", page.body())
        self.assertNotIn("<a href=\"..", page.text)
        self.assertNotIn("00700", [row["display_name"]
                                   for row in page.rows()])

    def test_masked_people_are_told_apart(self):
        rows = self.page("--mask").rows()
        plain_rows = self.expected()
        codes = {}
        for hidden, row in zip(rows, plain_rows, strict=True):
            for id_, name in (("account_id", "display_name"),
                              ("deactivated_by_id", "deactivated_by_name"),
                              ("last_modified_by_id",
                               "last_modified_by_name")):
                if row[id_] is None:
                    continue
                code = hidden[id_].removeprefix("id-")
                self.assertEqual(codes.setdefault(row[id_], code), code)
                if row[name] is not None:
                    self.assertEqual(hidden[name], f"Person {code}")
            if row["email"] is not None:
                self.assertEqual(
                    hidden["email"],
                    f"{codes[row['account_id']]}@masked.invalid")
            for name in set(row) - set(PEOPLE):
                self.assertEqual(hidden[name], row[name], name)
        self.assertEqual(len(set(codes.values())), len(codes))
        other = self.page("--mask", path=self.shared / BEFORE_RUN).rows()
        self.assertFalse({row["account_id"] for row in rows} &
                         {row["account_id"] for row in other})

    def test_masked_events(self):
        page = self.page("--mask", "--dataset", "user_events")
        for row in Run(self.shared / RUN).jsonl("user_events"):
            for name in ("event_id", "subject_id", "account_id",
                         "display_name", "actor_id", "actor_name",
                         "remote_address", "object_name", "changes"):
                if row[name] and not row[name].isdigit():
                    self.assertNotIn(row[name], page.text, name)
        self.assertEqual(page.figures(), self.page(
            "--dataset", "user_events").figures())

    # --- when there is none

    def test_damaged_runs_are_refused(self):
        run = self.copy()
        path = run.folder / JSONL
        good = path.read_bytes()
        for damaged in (good[:-9], good[:60] + b"\0" + good[61:], b""):
            path.write_bytes(damaged)
            result = self.rollcall("report", run.folder, code=65)
            self.assertIn(JSONL, result.err)
        path.unlink()
        self.rollcall("report", run.folder, code=66)
        path.write_bytes(good)
        self.rollcall("report", run.folder)
        self.rollcall("report", self.folder / "nothing", code=66)
        manifest = run.folder / "manifest.json"
        manifest.write_text(manifest.read_text().replace(
            '"verdict": "complete"', '"verdict": "partial"'))
        (self.folder / f"report-{RUN}.html").unlink()
        self.rollcall("report", run.folder, code=65)
        self.assertEqual([one.name for one in self.folder.iterdir()], ["out"])

    def test_a_damaged_run_before_is_not_compared(self):
        run = self.copy()
        path = self.out / BEFORE_RUN / JSONL
        path.write_bytes(path.read_bytes()[:-9])
        page = self.page(path=run.folder)
        self.assertEqual(page.new(), [])
        self.assertEqual(page.figures()["Since the run before"], "–")
        self.assertIn(f"Rows were not compared with a run before: {JSONL}",
                      plain(page.body()))
        self.assertEqual(page.rows(), self.whole.rows())


del Nights
