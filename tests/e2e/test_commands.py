"""plan, check, help, environment and log lines; and that README.md, the
sample job and the program say the same."""
import json
import re
import subprocess
import unittest

import harness
import truth
from published import AS_OF, RUN, Case, Run

README = (harness.ROOT / "README.md").read_text()
SAMPLE_JOB = harness.ROOT / "samples" / "rollcall.json"
VERBS = ("init", "extract", "plan", "check", "verify", "cat", "explain",
         "activate", "deactivate", "status", "clean", "deliver",
         "schema", "report", "help", "completion",
         "merge")
AUDIT = "/rest/api/3/auditing/record"
NOWHERE = "http://127.0.0.1:9"


class Plan(Case):
    def plan(self, *args, **options):
        return self.rollcall("plan", "-c", "rollcall.json", "--as-of", AS_OF,
                             *args, **options).out

    def test_it_asks_nothing_and_writes_nothing(self):
        site = self.site()
        self.job(site)
        self.plan()
        self.assertEqual(site.requests(), [])
        self.assertEqual([path.name for path in self.folder.iterdir()],
                         ["rollcall.json"])

    def test_it_names_what_extract_will_do(self):
        self.job(NOWHERE, events={"lookback": "40d", "settle": "10m"},
                 output={"formats": ["csv"]},
                 limits={"rate": {"jira": "2/s"}})
        text = self.plan()
        for part in (RUN, AS_OF, f"out/{RUN}", "inactive_users",
                     "inactive_users-00001.csv.gz",
                     NOWHERE + "/rest/api/3/users/search", NOWHERE + AUDIT,
                     "2026-10-14T02:00:00Z to 2026-11-23T01:50:00Z in 2 "
                     "windows", "at most 2 in 1000 ms", "at least 3 s"):
            self.assertIn(part, text)
        self.assertNotIn("jsonl", text)
        self.assertNotIn(harness.TOKEN, text)

    def test_a_long_span_has_a_window_for_each_request_under_way(self):
        for concurrency, lookback, windows in (
                (4, "180d", 6), (7, "180d", 7), (8, "180d", 9),
                (32, "180d", 36), (32, "90d", 36), (32, "89d", 3),
                (32, "25h", 1)):
            self.job(NOWHERE, events={"lookback": lookback, "settle": "0s",
                                      "overlap": "1h"},
                     limits={"concurrency": concurrency})
            with self.subTest(concurrency=concurrency, lookback=lookback):
                self.assertRegex(self.plan(), rf"in {windows} windows?\b")

    def test_the_promised_requests_are_a_lower_bound(self):
        site = self.site()
        self.job(site)
        least = int(re.search(r"requests +at least (\d+)", self.plan())[1])
        run = self.published()
        self.assertLessEqual(least, len(site.requests()))
        self.assertEqual(sum(source["requests"]
                             for source in run.facts()["sources"]),
                         len(site.requests()))

    def test_it_needs_no_secret(self):
        self.job(NOWHERE)
        self.plan(env={harness.TOKEN_VARIABLE: ""})

    def test_a_job_that_is_wrong_is_told_at_once(self):
        self.job(NOWHERE, evnts={}, limits={"rate": {"jra": "1/s"}},
                 guards={"min_users": "one"})
        err = self.rollcall("plan", code=78).err
        for part in ("evnts", "events", "limits.rate.jra",
                     "guards.min_users"):
            self.assertIn(part, err)

    def test_no_job_at_all(self):
        self.assertIn("-c FILE", self.rollcall("plan", code=66).err)


class Help(Case):
    def option_lines(self, text):
        # Behind a long name the words stand on a line of their own.
        return re.findall(r"^  (?:-(\w), |    )--([a-z-]+)( \S+)?(?: +|\n +)"
                          r"(\S.*)$", text, re.M)

    def test_it_names_every_verb_option_and_code(self):
        text = self.rollcall("--help").out
        for verb in VERBS:
            self.assertRegex(text, rf"(?m)^  {verb} ")
        names = set()
        for verb in VERBS:
            own = self.option_lines(self.rollcall(verb, "--help").out)
            names |= {name for _, name, _, _ in own}
            self.assertTrue(all(words for _, _, _, words in own))
        self.assertEqual({name for _, name, _, _ in self.option_lines(text)},
                         names)
        self.assertIn("Exit codes:", text)

    def test_every_verb_takes_what_its_help_names(self):
        for verb in VERBS:
            text = self.rollcall(verb, "--help").out
            for _, name, argument, _ in self.option_lines(text):
                args = [f"--{name}" + ("=x" if argument else "")]
                err = harness.run_rollcall([verb, *args, "--no-such"])[2]
                self.assertIn("unknown option --no-such", err)
            every = self.option_lines(self.rollcall("--help").out)
            mine = {name for _, name, _, _ in self.option_lines(text)}
            operand = (["out"] if verb in ("verify", "cat", "deliver",
                                           "explain", "completion", "merge")
                       else [])
            for _, name, argument, _ in every:
                if name in mine:
                    continue
                arg = f"--{name}" + ("=x" if argument else "")
                err = self.rollcall(verb, arg, *operand, code=64).err
                self.assertIn(f'--{name}: not for "{verb}"', err)

    def test_version(self):
        for args in (["--version"], ["extract", "--version"]):
            self.assertRegex(self.rollcall(*args).out,
                             r"^rollcall \d+\.\d+\.\d+ \(libcurl/")

    def test_wrong_command_lines(self):
        for args, text in (([], "no command given"),
                           (["extrct"], "did you mean extract?"),
                           (["extract", "--asof", "x"],
                            "did you mean --as-of?"),
                           (["extract", "--as-of"], "needs a value"),
                           (["extract", "--force=1"], "takes no value"),
                           (["plan", "--force"], 'not for "plan"'),
                           (["verify", "a", "b"], "too many"),
                           (["extract", "-x"], "unknown option -x"),
                           (["extract", "--out", "a", "--out", "b"],
                            "given twice"),
                           (["extract", "--as-of", "soon"], "not a time"),
                           (["extract", "--as-of", "2999-01-01"],
                            "future"),
                           (["plan", "--log-format", "xml"], "xml")):
            with self.subTest(args):
                self.assertIn(text, self.rollcall(*args, code=64).err)

    def test_help_that_cannot_be_written_fails(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([harness.binary("rollcall"), "--help"],
                                  stdout=full, check=False)
        self.assertNotEqual(done.returncode, 0)


class Readme(Case):
    def codes(self, text):
        return sorted(set(map(int, re.findall(r"\b\d+\b", text))))

    def test_its_exit_codes_are_those_of_the_help(self):
        table = README[README.index("## Exit codes"):]
        table = table[:table.index("\n## ")]
        rows = re.findall(r"^\| ([0-9, ]+) \| (.+) \|$", table, re.M)
        text = self.rollcall("--help").out
        text = text[text.index("Exit codes:"):]
        self.assertEqual(self.codes(" ".join(row[0] for row in rows)),
                         self.codes(text))

    def test_its_exit_codes_are_those_of_the_program(self):
        source = (harness.ROOT / "extractor" / "error.c").read_text()
        codes = set(map(int, re.findall(r'\{"\w+", (\d+)\}', source)))
        table = README[README.index("## Exit codes"):]
        table = table[:table.index("\n## ")]
        listed = self.codes(" ".join(re.findall(
            r"^\| ([0-9, ]+) \|", table, re.M)))
        self.assertEqual(sorted(codes | {129, 143}), listed)

    def test_its_job_is_a_job(self):
        block = re.search(r"```json\n(.*?)```", README, re.S)[1]
        (self.folder / "rollcall.json").write_text(block)
        self.rollcall("plan")

    def test_the_keys_it_names_are_known(self):
        """guards.max_rejects, `limits.run_for` and the like."""
        names = set(re.findall(r"`?((?:events|guards|limits|output|keys)"
                               r"\.[a-z_]+)`?", README))
        bullet = re.search(r"\*\*Guards\.\*\*(.*?)past a limit", README,
                           re.S)[1]
        names |= {f"guards.{name}"
                  for name in re.findall(r"`([a-z_]+)`", bullet)}
        self.assertGreater(len(names), 7)
        for name in names:
            section, key = name.split(".")
            self.job(NOWHERE, **{section: {key: [None]}})
            err = self.rollcall("plan", code=78).err
            self.assertIn(name, err)
            self.assertNotIn("unknown", err, name)

    def test_its_columns_are_those_of_the_mapping(self):
        table = README[README.index("| column | |"):]
        table = table[:table.index("\n\n")]
        names = [name for line in table.splitlines()[2:]
                 for name in re.findall(r"`([a-z_]+)`", line.split("|")[1])]
        self.assertEqual(sorted(names), sorted(truth.COLUMNS))

    def test_its_presets_work(self):
        line = re.search(r"presets (.*?) name the common sets", README,
                         re.S)[1]
        names = re.findall(r"`(\w+)`", line)
        self.assertEqual(len(names), 3)
        for name in names:
            self.job(NOWHERE, output={"csv": {"preset": name}})
            self.rollcall("plan")


class SampleJob(Case):
    def write(self, text):
        (self.folder / "rollcall.json").write_text(text)

    def test_it_is_a_job_as_it_stands(self):
        self.write(SAMPLE_JOB.read_text())
        self.assertIn("acme.atlassian.net", self.rollcall("plan").out)

    def test_it_runs_against_a_site(self):
        site = self.site()
        text = SAMPLE_JOB.read_text().replace(
            "https://acme.atlassian.net", site.url).replace(
                "svc-rollcall@acme.com", harness.USER)
        self.write(text)
        self.published(env={"JIRA_API_TOKEN": harness.TOKEN})

    def uncommented(self):
        """The sample with its commented-out keys in force."""
        text = SAMPLE_JOB.read_text()
        at = text.index("  // , \"events\"")
        tail = re.sub(r"(?m)^  // ", "", text[at:])
        return text[:at] + re.sub(r"\}( +user_key,account_id)", r"} //\1",
                                  tail)

    def test_everything_commented_out_is_accepted(self):
        text = self.uncommented()
        for key in ("events", "keys", "limits", "guards", "state",
                    "output", "deliver", "actions"):
            self.assertRegex(text, rf'(?m)^, "{key}"')
        (self.folder / "keys.csv").write_text("user_key,account_id\n")
        self.write(text)
        self.rollcall("plan")

    def test_what_is_commented_out_is_the_default(self):
        """So uncommenting it changes nothing; the key map aside."""
        site = self.site()
        runs = []
        for text in (SAMPLE_JOB.read_text(), self.uncommented()):
            text = re.sub(r'(?m)^, "keys".*$', "", text).replace(
                "https://acme.atlassian.net", site.url).replace(
                    "svc-rollcall@acme.com", harness.USER)
            self.write(text)
            runs.append(self.published(
                "--force", env={"JIRA_API_TOKEN": harness.TOKEN}))
            runs[-1] = (runs[-1].files(), runs[-1].facts()["guards"])
        self.assertEqual(*runs)


class Environment(Case):
    def test_it_stands_for_flags(self):
        self.job(self.site())
        result = self.rollcall("extract", env={
            "ROLLCALL_AS_OF": AS_OF, "ROLLCALL_RUN_ID": "env",
            "ROLLCALL_OUT": str(self.folder / "there"),
            "ROLLCALL_JOB": str(self.folder / "rollcall.json"),
            "ROLLCALL_MAPPING": "all_users",
            "ROLLCALL_RESULT_JSON": str(self.folder / "told"),
            "ROLLCALL_QUIET": "1"})
        run = Run(self.folder / "there" / "env")
        self.assertEqual(len(run.csv("all_users")), 47)
        self.assertEqual((self.folder / "told").read_text(), result.out)
        self.assertNotIn(" info ", result.err)
        again = self.rollcall("extract", env={
            "ROLLCALL_AS_OF": AS_OF, "ROLLCALL_RUN_ID": "env",
            "ROLLCALL_OUT": str(self.folder / "there"),
            "ROLLCALL_FORCE": "1"})
        self.assertEqual(again.json()["status"], "published")

    def test_a_flag_beats_it_and_it_beats_the_job(self):
        self.job(NOWHERE)
        env = {"ROLLCALL_OUT": "/env", "ROLLCALL_AS_OF": "2026-01-01"}
        self.assertIn("/env/20260101T000000Z",
                      self.rollcall("plan", env=env).out)
        self.assertIn("/flag/20260102T000000Z", self.rollcall(
            "plan", "--out", "/flag", "--as-of", "2026-01-02", env=env).out)

    def test_an_empty_one_is_none(self):
        self.job(NOWHERE)
        self.rollcall("plan", env={"ROLLCALL_AS_OF": "", "ROLLCALL_JOB": ""})

    def test_a_wrong_one_is_a_usage_error(self):
        self.job(NOWHERE)
        self.rollcall("plan", env={"ROLLCALL_AS_OF": "soon"}, code=64)
        self.rollcall("plan", env={"ROLLCALL_LOG_FORMAT": "xml"}, code=64)

    def test_a_job_from_it_may_not_run_commands(self):
        job = self.job(NOWHERE, limits={"retry_for": "0s"}, endpoints={
            "jira": {"auth": {"secret": {"env": None, "command": [
                "/usr/bin/touch", str(self.folder / "ran")]}}}})
        err = self.rollcall("extract", env={"ROLLCALL_JOB": str(job)},
                            code=78).err
        self.assertIn("-c", err)
        self.assertFalse((self.folder / "ran").exists())


class Logs(Case):
    def lines(self, result):
        return [json.loads(line) for line in result.err.splitlines()]

    def test_json_lines(self):
        self.job(self.site(scenario={"rules": [
            {"path": AUDIT, "nth": [1], "do": "status", "status": 503}]}))
        lines = self.lines(self.extract("--log-format", "json", "-v"))
        self.assertGreater(len(lines), 20)
        for line in lines:
            self.assertLessEqual({"ts", "level", "event", "message"},
                                 set(line))
            self.assertRegex(line["ts"], r"^\d{4}-\d\d-\d\dT[\d:]{8}Z$")
            self.assertIn(line["level"], ("error", "warn", "info", "debug"))
        self.assertEqual({line.get("run") for line in lines[:-1]}, {RUN})
        self.assertEqual({"debug", "info", "warn"},
                         {line["level"] for line in lines})

    def test_json_lines_on_failure(self):
        self.job(self.site(args=["--token", "another"]))
        lines = self.lines(self.extract("--log-format=json", code=77))
        self.assertEqual([(line["level"], line["event"])
                          for line in lines[-2:]],
                         [("error", "auth"), ("error", "hint")])

    def test_quiet_leaves_only_what_matters(self):
        self.job(self.site())
        err = self.extract("-q").err
        self.assertEqual([line.split()[1] for line in err.splitlines()],
                         ["warn"])

    def test_neither_secrets_nor_names_are_logged(self):
        self.job(self.site())
        result = self.extract("-v")
        for text in (harness.TOKEN, "@", "Ada", "Moreau", "Basic "):
            self.assertNotIn(text, result.err + result.out)

    def test_colour_only_where_asked_for(self):
        self.job(self.site())
        self.assertNotIn("\033", self.extract().err)
        err = self.extract("--color", "always", "--force").err
        self.assertIn("\033[33m", err)


if __name__ == "__main__":
    unittest.main()
