"""Two nights of one site, and the page that report makes of the second."""
import base64
import hashlib
import html
import json
import re
import shutil

import harness
from published import AS_OF, RUN, Case, Run

BEFORE = "2026-11-22T02:00:00Z"
BEFORE_RUN = "20261122T020000Z"
DATASET = "inactive_users"
# Whoever can choose a name can try this.
HOSTILE = "</script><img src=x onerror=alert(1)> Ünal"
GONE = "712020:00480048-0048-4048-8048-000000000048"
PEOPLE = ("account_id", "display_name", "email", "deactivated_by_id",
          "deactivated_by_name", "last_modified_by_id",
          "last_modified_by_name")


def change_site(folder):
    """One inactive account more, and one less."""
    path = folder / "users.json"
    users = json.loads(path.read_text())
    for user in users:
        if user["accountId"] == GONE:
            user["active"] = True
    users.append({"accountId": "712020:hostile", "accountType": "atlassian",
                  "displayName": HOSTILE, "active": False,
                  "emailAddress": "=1+1@example.test", "_key": "ug:hostile"})
    path.write_text(json.dumps(users))


class Page:
    """The page, read as a person or a script would."""

    def __init__(self, data):
        self.data = data
        self.text = data.decode()
        self.facts = json.loads(re.search(
            r'<script type="application/json" id="data">(.*?)</script>',
            self.text, re.DOTALL)[1])

    def body(self):
        """Without the style and the scripts."""
        return re.sub(r"<(script|style).*?</\1>", "", self.text,
                      flags=re.DOTALL)

    def rows(self):
        """As the run's JSONL has them, but that times are seconds."""
        columns = self.facts["columns"]
        return [{column["name"]: column["values"][cell]
                 if "values" in column and cell is not None else cell
                 for column, cell in zip(columns, row)}
                for row in self.facts["rows"]]

    def new(self):
        width = len(self.facts["columns"])
        return [row[0] for row in self.facts["rows"] if len(row) > width]

    def table(self, caption):
        """First cell -> the texts of the others."""
        found = re.search(rf"<caption>{re.escape(caption)}</caption>.*?"
                          "<tbody>(.*?)</tbody>", self.text, re.DOTALL)[1]
        rows = {}
        for row in re.findall("<tr[^>]*>(.*?)</tr>", found, re.DOTALL):
            cells = [plain(cell) for cell in re.findall(
                "<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
            rows[cells[0]] = cells[1:]
        return rows

    def figures(self):
        return {plain(name): plain(value) for name, value in re.findall(
            '<div class="figure"><dt>(.*?)</dt><dd><strong>(.*?)</strong>',
            self.text)}

    def hashes(self, tag):
        """What a policy must name for its elements of this kind."""
        return {base64.b64encode(hashlib.sha256(text.encode()).digest())
                .decode()
                for text in re.findall(f"<{tag}>(.*?)</{tag}>", self.text,
                                       re.DOTALL)}


def plain(markup):
    text = re.sub("<small>.*?</small>", "", markup)
    return html.unescape(re.sub("<[^>]*>", "", text)).replace("\xa0", " ")


class Nights(Case):
    """Each test gets a folder in which both runs are; nobody changes it."""

    MAPPINGS = [DATASET, "user_events"]
    first = None

    @classmethod
    def setUpClass(cls):
        cls.first = cls("runTest")
        cls.first.setUp()
        folder = cls.first.folder / "site"
        shutil.copytree(harness.SAMPLE, folder)
        for as_of, change in ((BEFORE, None), (AS_OF, change_site)):
            if change is not None:
                change(folder)
            with harness.FakeSite(folder) as site:
                cls.first.job(site, mappings=cls.MAPPINGS)
                cls.first.published(as_of=as_of)
        cls.prepare()

    @classmethod
    def prepare(cls):
        """For what all tests share."""

    @classmethod
    def tearDownClass(cls):
        cls.first.doCleanups()

    def runTest(self):
        """Only to be made; unittest wants a name."""

    def setUp(self):
        super().setUp()
        if self is not self.first and self.first is not None:
            self.shared = self.first.out
            self.run_ = Run(self.shared / RUN)

    def copy(self):
        """Both runs in this test's own folder, to be damaged."""
        shutil.copytree(self.shared, self.out, symlinks=True)
        return Run(self.out / RUN)

    def page(self, *args, path=None, **options):
        self.rollcall("report", path or self.shared, "--output", "page.html",
                      *args, **options)
        return Page((self.folder / "page.html").read_bytes())
