"""The log's JSON form: README lists its members and events, and no line has
others."""
import json
import re
import unittest

import harness
import runs

README = (harness.ROOT / "README.md").read_text()
MEMBERS = {"ts", "level", "event", "run", "site", "message"}
LEVELS = ["error", "warn", "info", "debug"]
CALL = re.compile(r"\blog_line\(\s*(.*?);", re.DOTALL)
EVENT = re.compile(r"LOG_(ERROR|WARN|INFO|DEBUG),\s*(\"([a-z_]+)\"|\w+)")


def table(heading):
    """Rows of the README's table below a heading: [[cell, …], …]."""
    text = README.split(f"\n{heading}\n", 1)[1]
    rows = re.search(r"(^\|.*\n)+", text, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")]
            for row in rows[2:]]


def words(cell):
    return re.findall(r"`([a-z_]+)`", cell)


def events_in_code():
    """{event: levels} of all calls; what is no literal is looked up."""
    found = {}
    kinds = re.findall(r'\[ERROR_\w+\] = \{"(\w+)", [1-9]',
                       (harness.ROOT / "extractor/error.c").read_text())
    names = {"account_verb_name": ["activate", "deactivate"],
             "error_kind_name": kinds, "event": kinds + ["hint"]}
    for path in sorted((harness.ROOT / "extractor").glob("*.c")):
        if path.name == "log.c":
            continue
        for call in CALL.findall(path.read_text()):
            level, word, literal = EVENT.search(call).groups() if (
                EVENT.search(call)) else ("either", "", None)
            if level == "either":
                level, literal = ("warn info", re.search(
                    r'"([a-z_]+)"', call)[1])
            for event in [literal] if literal else names[word]:
                found.setdefault(event, set()).update(level.lower().split())
    return found


class Documented(unittest.TestCase):
    def test_members(self):
        self.assertEqual({words(row[0])[0] for row in table("### Its log")},
                         MEMBERS)

    def test_events(self):
        listed = {}
        for row in table("#### Events"):
            for event in words(row[0]):
                self.assertNotIn(event, listed)
                listed[event] = set(row[1].split(", "))
        self.assertEqual(listed, events_in_code())


class Lines(runs.Case):
    """Every line of runs that go well and badly, at every level."""

    RULES = [{"path": runs.SEARCH, "nth": [1], "do": "status", "status": 429,
              "headers": {"Retry-After": "0"}},
             {"path": runs.AUDIT, "nth": [2], "do": "cut"},
             {"path": runs.AUDIT, "nth": [4], "do": "garbage"},
             {"path": runs.SEARCH, "query": {"startAt": "0"}, "from": 2,
              "do": "bad_field", "row": 3, "pointer": "/active",
              "raw": "\"\\u0085\\ud83d\\\"\\n\""}]

    def check(self, args, code, levels):
        done, _, err = harness.run_rollcall([*args, "--log-format", "json"],
                                            cwd=self.folder)
        self.assertEqual(done, code, err)
        known = events_in_code()
        lines = [json.loads(line) for line in err.splitlines()]
        for line in lines:
            self.assertEqual(set(line) | {"run", "site"}, MEMBERS)
            self.assertTrue(all(isinstance(value, str)
                                for value in line.values()))
            self.assertRegex(line["ts"], r"^\d{4}-\d\d-\d\dT[\d:]{8}Z$")
            self.assertIn(line["level"], levels)
            self.assertIn(line["level"], known[line["event"]])
        self.assertEqual({line["level"] for line in lines}, set(levels))
        return lines

    def test_every_line_is_json_of_the_listed_members(self):
        site = self.site(scenario={"rules": self.RULES})
        job = harness.make_job(self.folder, site.url,
                               guards={"max_rejects": 5})
        args = ["extract", "-c", job, "--as-of", runs.AS_OF]
        lines = self.check([*args, "-v"], 0, LEVELS[1:])
        self.assertLessEqual({"page", "request", "retry", "reject", "window",
                              "source", "published"},
                             {line["event"] for line in lines})
        self.check([*args, "--force"], 0, LEVELS[1:3])
        self.check([*args, "--force", "--quiet"], 0, LEVELS[1:2])
        out = self.folder / "out" / "latest"
        part = next(out.glob("*.jsonl.gz"))
        part.write_bytes(part.read_bytes()[:-9])
        part.with_name("stray\x1b\udc9b\".gz").write_bytes(b"")
        lines = self.check(["verify", out], 65, LEVELS[:1])
        self.assertGreaterEqual({line["event"] for line in lines},
                                {"finding", "data"})

    def test_a_failure_is_told_in_the_same_form(self):
        site = self.site(args=["--token", "another"])
        job = harness.make_job(self.folder, site.url)
        lines = self.check(["extract", "-c", job, "--quiet"], 77, LEVELS[:1])
        self.assertEqual([line["event"] for line in lines], ["auth", "hint"])


if __name__ == "__main__":
    unittest.main()
