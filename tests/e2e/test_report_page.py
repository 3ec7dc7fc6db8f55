"""The page of report in a browser: Chromium opens it once, and does what a
reader does (report_page.cjs). ROLLCALL_SCREENS=FOLDER keeps pictures of it."""
import csv
import io
import json
import os
import subprocess
from pathlib import Path

from outside import NPM
from published import RUN, Run
from reported import DATASET, HOSTILE, Nights

BROWSER_SECONDS = 120


class Browser(Nights):
    MAPPINGS = [DATASET]

    @classmethod
    def prepare(cls):
        first = cls.first
        for name, rows in (("page", "all"), ("limited", "5")):
            first.rollcall("report", first.out, "--rows", rows, "--output",
                           f"{name}.html")
        done = subprocess.run(
            ["node", Path(__file__).with_name("report_page.cjs")],
            input=json.dumps({
                "page": str(first.folder / "page.html"),
                "limited": str(first.folder / "limited.html"),
                "screens": os.environ.get("ROLLCALL_SCREENS")}),
            env={**os.environ, "NODE_PATH": f"{NPM}/node_modules"},
            capture_output=True, text=True, timeout=BROWSER_SECONDS,
            check=False)
        assert done.returncode == 0, done.stderr
        cls.found = json.loads(done.stdout)
        cls.rows = Run(first.out / RUN).jsonl()

    def setUp(self):
        super().setUp()
        self.maxDiff = None

    def names(self, holds):
        return [row["display_name"] for row in self.rows if holds(row)]

    def test_says_nothing_and_asks_for_nothing(self):
        self.assertEqual(self.found["noise"], [])
        self.assertEqual({url.split("?")[0].rsplit("/", 1)[1] if
                          url.startswith("file:") else url[:5]
                          for url in self.found["requests"]} - {"blob:"},
                         {"page.html", "limited.html"})

    def test_axe_finds_nothing(self):
        self.assertEqual(self.found["accessibility"], [])

    def test_search(self):
        search = self.found["search"]
        self.assertEqual(search["UNAL"]["rows"], [HOSTILE])
        noor = search["noor user updated"]["rows"]
        self.assertEqual(noor, self.names(
            lambda row: "Noor" in str(row.values()) and
            row["last_modified_action"] == "User updated"))
        self.assertEqual(search["nobody has this"],
                         {"status": "No row matches.", "rows": []})
        self.assertEqual(search[""]["status"], "Rows 1 to 41 of 41")

    def test_sort(self):
        up, down, none = self.found["sort"]
        times = [row["inactive_since"] and
                 row["inactive_since"][:16].replace("T", " ")
                 for row in self.rows]
        known = sorted(time for time in times if time)
        unknown = ["–"] * times.count(None)
        self.assertEqual((up["way"], up["cells"]),
                         (["ascending"], known + unknown))
        self.assertEqual((down["way"], down["cells"]),
                         (["descending"], known[::-1] + unknown))
        self.assertEqual((none["way"], none["cells"]),
                         ([], [time or "–" for time in times]))
        self.assertEqual(up["focus"], "Inactive since")

    def test_filter(self):
        found = self.found["filter"]
        counts = {status: len(self.names(
            lambda row: row["last_modified_status"] == status))
            for status in ("no_actor", "before_log")}
        self.assertEqual(found, {
            "chosen": "Rows 1 to {0} of {0}, chosen from 41".format(
                counts["no_actor"]),
            "none": "No row matches.", "closed": True,
            "all": "Rows 1 to 41 of 41",
            "bar": "Rows 1 to {0} of {0}, chosen from 41".format(
                counts["before_log"]),
            "chip": "Last modified status: before_log", "focus": "chip"})

    def test_pages(self):
        self.assertEqual(self.found["pages"], {
            "first": "Rows 1 to 25 of 41", "back": True,
            "second": "Rows 26 to 41 of 41", "forth": True, "rows": 16})

    def test_columns(self):
        self.assertEqual(self.found["columns"], [
            "Account id", "Display name", "Status", "Inactive since",
            "Deactivated by", "Last modified at", "Last modified by"])

    def test_keyboard_alone(self):
        self.assertEqual(self.found["keyboard"], {
            "first": "Skip to the table", "slash": "search",
            "count": "Rows 1 to 1 of 1, chosen from 41", "row": HOSTILE,
            "dialog": True, "inside": True, "terms": len(self.rows[0]),
            "closed": True, "back": HOSTILE})

    def test_download(self):
        found = self.found["download"]
        self.assertEqual(found["name"], f"{DATASET}-{RUN}.csv")
        self.assertTrue(found["text"].startswith("\ufeffaccount_id,"))
        rows = list(csv.DictReader(io.StringIO(found["text"][1:],
                                               newline="")))
        wanted = [row for row in self.rows if row["email"]]
        self.assertEqual([row["account_id"] for row in rows],
                         [row["account_id"] for row in wanted])
        for row, source in zip(rows, wanted):
            for name, cell in source.items():
                text = cell or ""
                if name.endswith("_at") or name in ("inactive_since",
                                                    "extract_as_of"):
                    text = text.replace("T", " ").rstrip("Z")
                if text[:1] in ("=", "+", "-", "@") and cell:
                    text = "'" + text
                self.assertEqual(row[name], text, name)

    def test_telephone_and_desk(self):
        shapes = self.found["shapes"]
        for name in ("phone", "desktop"):
            self.assertEqual(shapes[name]["page"], shapes[name]["window"])
            self.assertEqual(shapes[name]["crowded"], [])

    def test_dark(self):
        for color in self.found["shapes"]["dark"]:
            self.assertLess(sum(map(int, color[4:-1].split(", "))), 150)

    def test_print(self):
        found = self.found["print"]
        pages = found.pop("pages")
        self.assertEqual(found, {"tools": False, "table": True, "rows": True,
                                 "charts": True, "closed": True})
        self.assertIn(pages, range(2, 12))

    def test_limited(self):
        self.assertIn("first 5 of 41", self.found["limited"]["note"])
        self.assertEqual(self.found["limited"]["status"], "Rows 1 to 5 of 5")


del Nights
