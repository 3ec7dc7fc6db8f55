"""What an operator sees: progress on a terminal, and none elsewhere."""
import json
import os
import re
import signal
import subprocess
import time
import unittest

import harness
import runs
import terminal

SITE = f"users=1200,records=2400,seed=3,{runs.NOW}"
RULES = [
    {"path": runs.SEARCH, "nth": [3], "do": "status", "status": 429,
     "headers": {"Retry-After": "2"}},
    {"path": runs.AUDIT, "nth": [2], "do": "status", "status": 503},
]


def extract(job, *args):
    return ["extract", "-c", job, "--as-of", runs.AS_OF, *args]


def longest(frames):
    """Of the lines that are drawn; those of the log begin with a word."""
    return max(len(line) for frame in frames for line in frame
               if line and line[0] in "·✓⠋⠙⠸⠴⠦⠇⠏⠉")


def live(text):
    """Whether TEXT holds a line of the progress, and not of the log."""
    return re.search(r"\d pages|requests(,|$)", text, re.MULTILINE)


class Terminal(runs.Case):
    """One site, slow enough to be watched."""

    def setUp(self):
        super().setUp()
        self.slow = self.site(generate=SITE,
                              scenario={"latency_ms": 60, "rules": RULES})
        self.job = harness.make_job(self.folder, self.slow.url)

    def session(self, *args, **options):
        return terminal.Session(extract(self.job, *args), self.folder,
                                **options)

    def test_a_run_is_drawn_and_cleared_away(self):
        run = self.session(size=(110, 30), steps=[
            (lambda s: "waits" in s.raw, lambda s: s.resize(60)),
            (lambda s: "waits 1 s" in s.raw, lambda s: s.resize(132))])
        self.assertEqual(run.code, 0, run.screen.text())
        self.assertEqual(json.loads(run.stdout)["status"], "published")
        seen = "\n".join("\n".join(frame) for frame in run.frames)
        self.assertRegex(seen, r"\d jira_users +[\d,]+ accounts"
                         r"|jira_users +[\d,]+ accounts +\d+ pages")
        self.assertRegex(seen, r"jira_audit +[\d,]+ records")
        self.assertIn("waits 2 s: Retry-After of 429 Too Many Requests", seen)
        self.assertRegex(seen, r"20261123T020000Z  .*\d requests")
        self.assertIn("✓ jira_users", seen)
        # Nothing of it is left, and the log above it is whole.
        self.assertIsNone(live(run.screen.text()), run.screen.text())
        log, summary = run.screen.text().split("\npublished ")
        for line in log.splitlines():
            self.assertRegex(line, r"^(info|warn): ")
        self.assertRegex(summary, r"\n  requests +[\d,]+  \d of them again")
        self.assertIn("warn: retry: jira_users: 429 Too Many Requests",
                      run.screen.text())
        self.assertEqual(run.screen.colors, 0)

    def test_frames_are_rare_and_whole(self):
        run = self.session(size=(80, 24))
        self.assertEqual(run.code, 0)
        frames = run.raw.count("requests")
        seconds = run.chunks[-1][0] - run.chunks[0][0]
        logged = len(run.screen.lines())
        self.assertLessEqual(frames, seconds * 10 + 2 + logged)
        self.assertGreater(frames, seconds * 4)
        self.assertLess(longest(run.frames), 80)
        self.assertNotIn("\x1b[2J", run.raw)
        self.assertNotIn("\x1b[?", run.raw)

    def test_an_interrupt_leaves_the_terminal_clean(self):
        started = time.monotonic()
        run = self.session(env={"NO_COLOR": "1", "LANG": "C"}, steps=[
            (lambda s: "waits" in s.raw,
             lambda s: s.process.send_signal(signal.SIGINT))])
        self.assertEqual(run.code, -signal.SIGINT)
        self.assertLess(time.monotonic() - started, 10)
        self.assertIsNone(live(run.screen.text()), run.screen.text())
        self.assertIn("error: interrupted", run.screen.text())
        self.assertTrue(run.raw.isascii())
        self.assertNotRegex(run.raw, r"\x1b\[\d*m")

    def test_a_job_in_the_background_draws_nothing(self):
        self.job = harness.make_job(self.folder, self.site().url)
        for ending, drawn in (("&", False), (";", True)):
            with self.subTest(ending):
                run = self.session("--force", before=[
                    "setsid", "--ctty", "--wait", "sh", "-mc",
                    f'"$0" "$@" {ending} wait'])
                self.assertEqual(run.code, 0)
                self.assertIn("published", run.raw)
                self.assertEqual("\x1b[K" in run.raw, drawn)

    def test_elsewhere_there_are_only_lines(self):
        self.job = harness.make_job(self.folder, self.site().url)
        for options, env in (((), {"TERM": "dumb"}), ((), {"CI": "true"}),
                             (("--progress", "never"), {}),
                             (("--quiet",), {}),
                             (("--log-format", "json"), {}),
                             ((), {"ROLLCALL_PROGRESS": "never"})):
            with self.subTest(options=options, env=env):
                run = self.session("--force", *options, env=env)
                self.assertEqual(run.code, 0)
                self.assertNotIn("\x1b[J", run.raw)
                self.assertNotIn("\x1b[K", run.raw)


class File(runs.Case):
    """stderr is no terminal."""

    def test_a_file_gets_lines_only(self):
        site = self.site()
        job = harness.make_job(self.folder, site.url)
        path = self.folder / "stderr"
        env = {"TERM": "xterm", "CI": ""}
        code, _, err = harness.run_rollcall(extract(job), env, self.folder)
        self.assertEqual(code, 0, err)
        self.assertNotIn("\x1b", err)
        self.assertNotIn("\r", err)
        # Who wants it there gets it.
        with path.open("wb") as out:
            subprocess.run(
                [harness.binary("rollcall"), *map(str, extract(
                    job, "--force", "--progress", "always"))],
                env={**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN, "COLUMNS": "70",
                     "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")},
                cwd=self.folder, stderr=out, stdout=subprocess.DEVNULL,
                check=True)
        text = path.read_bytes().decode()
        self.assertIn("\x1b[J", text)
        screen = terminal.Screen(70)
        screen.feed(text)
        self.assertIsNone(live(screen.text()), screen.text())

    def test_an_unknown_word_is_refused(self):
        code, _, err = harness.run_rollcall(
            ["extract", "--progress", "sometimes"])
        self.assertEqual(code, 64)
        self.assertIn('--progress: unknown word "sometimes"', err)


if __name__ == "__main__":
    unittest.main()
