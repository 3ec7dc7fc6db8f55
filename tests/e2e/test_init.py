"""rollcall init: a job file from options or from a dialogue, which a run
takes as it is."""
import os
import pty
import re
import select
import signal
import stat
import subprocess
import time
import unittest

import harness
import oauth
import org_lists
from published import AS_OF, Case

WAIT_SECONDS = 30
BASIC = ["--user", harness.USER, "--secret", f"env:{harness.TOKEN_VARIABLE}"]


class Init(Case):
    @property
    def path(self):
        return self.folder / "rollcall.json"

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def init(self, *args, **options):
        return self.rollcall("init", *args, **options)

    def refused(self, code, *args, texts=()):
        before = self.names()
        err = self.init(*args, code=code).err
        for text in texts:
            self.assertIn(text, err)
        self.assertEqual(self.names(), before)
        return err


class Unattended(Init):
    def test_what_it_writes_extracts(self):
        site = self.site()
        result = self.init("--url", site.url, *BASIC, "--formats", "csv")
        self.assertEqual(result.out, "")
        self.assertIn(harness.TOKEN_VARIABLE, result.err)
        self.assertEqual(self.names(), ["rollcall.json"])
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.assertNotIn(harness.TOKEN, self.path.read_text())
        self.assertEqual(site.requests(), [])
        self.published()
        self.assertEqual([path.name for path
                          in (self.out / "latest").glob("inactive*")],
                         ["inactive_users-00001.csv.gz"])

    def published(self, env=None):
        self.rollcall("extract", "-c", self.path, "--as-of", AS_OF, env=env)
        self.rollcall("verify", self.out / "latest")

    def test_with_an_organisation(self):
        site = self.site()
        name, key = next(iter(org_lists.ENV.items()))
        self.init("--url", site.url, *BASIC, "--organisation", org_lists.ORG,
                  "--organisation-url", site.url, "--organisation-secret",
                  f"env:{name}", "--mapping", "inactive_users", "--mapping",
                  "access_changes")
        self.published(env={name: key})
        self.assertTrue(list((self.out / "latest").glob(
            "access_changes-*.jsonl.gz")))
        self.assertTrue([request for request in site.requests()
                         if request["path"] == org_lists.SEARCH])

    def test_with_oauth_and_check(self):
        site = self.site(args=["--oauth-client",
                               f"{oauth.CLIENT}={oauth.CLIENT_SECRET}"])
        table = self.init("--url", site.url + oauth.GATEWAY, "--access",
                          "oauth_client", "--client-id", oauth.CLIENT,
                          "--token-url", site.url + oauth.TOKEN_PATH,
                          "--secret", "env:ROLLCALL_TEST_CLIENT", "--check",
                          env=oauth.ENV).out
        self.assertIn("jira_users", table)
        self.published(env=oauth.ENV)

    def test_a_check_that_fails_leaves_the_job(self):
        site = self.site()
        self.init("--url", site.url, *BASIC, "--check", code=77,
                  env={harness.TOKEN_VARIABLE: "wrong"})
        self.assertEqual(self.names(), ["rollcall.json"])

    def test_variables_answer_too(self):
        self.init("-c", "other.json", env={
            "ROLLCALL_SITE": "https://acme.atlassian.net",
            "ROLLCALL_USER": "a@b.c", "ROLLCALL_OUT": "landing"})
        text = (self.folder / "other.json").read_text()
        self.assertIn('"dir": "landing"', text)
        self.rollcall("plan", "-c", "other.json")

    def test_everything_commented_out_is_accepted(self):
        self.init("--url", "https://acme.atlassian.net", *BASIC,
                  "--organisation", "ORG")
        text, count = re.subn(r"(?m)^( *)// (, \"| {3,}\")", r"\1\2",
                              self.path.read_text())
        self.assertGreaterEqual(count, 7)
        self.path.write_text(text)
        self.rollcall("plan")

    def test_every_dataset_it_names_is_one(self):
        shown = self.help_of_mappings()
        names = re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", shown)
        self.assertGreaterEqual(len(names), 6)
        for name in set(names):
            self.init("--url", "https://acme.atlassian.net", *BASIC,
                      "--organisation", "ORG", "--mapping", name, "--force")

    def help_of_mappings(self):
        source = (harness.ROOT / "extractor" /
                  "init_questions.c").read_text()
        part = source[source.index('{"mapping"'):]
        return part[:part.index("list_problem")].replace('"', "")


class Refusals(Init):
    def test_a_missing_answer_is_named(self):
        site = ["--url", "https://acme.atlassian.net"]
        for args, flag in (([], "--url"), (site, "--user"),
                           ([*site, "--access", "oauth_client"],
                            "--client-id")):
            with self.subTest(args):
                self.refused(64, *args, texts=[f"{flag}: missing"])

    def test_a_wrong_answer_is_named_and_not_repeated(self):
        for site in ("http://acme.atlassian.net", "acme.atlassian.net",
                     "https://me:s3same@acme.atlassian.net",
                     "https://acme.atlassian.net/jira"):
            with self.subTest(site):
                err = self.refused(64, "--url", site, *BASIC,
                                   texts=["--url: expected",
                                          "https://NAME.atlassian.net"])
                self.assertNotIn("s3same", err)
        for secret in ("ATATT3xFfGF0", "env:ATATT3xFfGF0=1A2B"):
            err = self.refused(64, "--url", "https://acme.atlassian.net",
                               "--user", "a@b.c", "--secret", secret,
                               texts=["--secret: expected"])
            self.assertNotIn("ATATT3xFfGF0", err)

    def test_an_answer_that_fits_no_other(self):
        self.refused(64, "--url", "https://acme.atlassian.net", "--access",
                     "bearer", "--user", "a@b.c",
                     texts=["--user: does not go with"])

    def test_answers_that_make_no_job(self):
        for mapping, text in (("nosuch", "nosuch"),
                              ("idle_users", "rollcall.json: endpoints")):
            self.refused(78, "--url", "https://acme.atlassian.net", *BASIC,
                         "--mapping", mapping, texts=[text])

    def test_a_folder_that_is_not_there(self):
        self.refused(73, "-c", "none/rollcall.json", "--url",
                     "https://acme.atlassian.net", *BASIC,
                     texts=["none/rollcall.json"])

    def test_what_is_there_stays(self):
        self.path.write_text("mine")
        args = ["--url", "https://acme.atlassian.net", *BASIC]
        self.refused(73, *args, texts=["rollcall.json", "--force"])
        self.refused(78, *args, "--force", "--mapping", "nosuch")
        self.assertEqual(self.path.read_text(), "mine")
        self.init(*args, "--force")
        self.rollcall("plan")
        self.assertEqual(self.names(), ["rollcall.json"])

    def test_a_link_is_not_followed(self):
        self.path.symlink_to("elsewhere.json")
        self.refused(73, "--url", "https://acme.atlassian.net", *BASIC)


class Dialogue(Init):
    def start(self, *args):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        process = self.enterContext(subprocess.Popen(
            [harness.binary("rollcall"), "init", *args], stdin=slave,
            stderr=slave, stdout=subprocess.PIPE, text=True, cwd=self.folder,
            env={**os.environ, "NO_COLOR": "1",
                 harness.TOKEN_VARIABLE: harness.TOKEN,
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")}))
        self.addCleanup(process.kill)
        os.close(slave)
        return process, master

    def read_until(self, master, text):
        shown = ""
        end = time.monotonic() + WAIT_SECONDS
        while text not in shown:
            self.assertLess(time.monotonic(), end, shown)
            if select.select([master], [], [], 1)[0]:
                shown += os.read(master, 4096).decode()
        return shown

    def say(self, master, *dialogue):
        """Each (question, answer) in turn; what was shown."""
        shown = ""
        for question, answer in dialogue:
            shown += self.read_until(master, question)
            os.write(master, answer.encode() + b"\n")
        return shown

    def test_questions_answers_and_a_check(self):
        site = self.site()
        process, master = self.start("--formats", "jsonl")
        shown = self.say(
            master, ("url: ", "acme"), ("url: ", site.url),
            ("access [basic]: ", ""), ("user: ", ""), ("user: ", harness.USER),
            ("secret [env:JIRA_API_TOKEN]: ", harness.TOKEN),
            ("secret [env:JIRA_API_TOKEN]: ", f"env:{harness.TOKEN_VARIABLE}"),
            ("organisation [none]: ", ""),
            ("mapping [inactive_users]: ", "inactive_users, all_users"),
            ("out [out]: ", ""), ("yes or no [yes]: ", ""))
        table, _ = process.communicate(timeout=WAIT_SECONDS)
        self.assertEqual(process.returncode, 0, table)
        for text in ("expected the site's address", "expected an answer",
                     "never the secret"):
            self.assertIn(text, shown)
        for question in ("formats [", "cookie [", "token-url ["):
            self.assertNotIn(question, shown)
        self.assertIn("jira_audit", table)
        self.rollcall("extract", "--as-of", AS_OF)
        self.assertEqual(sorted(path.name for path
                                in (self.out / "latest").glob("*.gz")),
                         ["all_users-00001.jsonl.gz",
                          "inactive_users-00001.jsonl.gz"])

    def test_no_check(self):
        process, master = self.start("--url", "https://acme.atlassian.net")
        self.say(master, ("access [basic]: ", "bearer"),
                 ("secret [", ""), ("organisation [", "none"),
                 ("mapping [", ""), ("out [", ""), ("formats [", ""),
                 ("[yes]: ", "no"))
        self.assertEqual(process.wait(WAIT_SECONDS), 0)
        self.assertEqual(self.names(), ["rollcall.json"])

    def test_an_end_and_an_interrupt_leave_nothing(self):
        for end in (True, False):
            process, master = self.start()
            self.say(master, ("url: ", "https://acme.atlassian.net"))
            self.read_until(master, "access [basic]: ")
            if end:
                os.write(master, b"\x04")
            else:
                process.send_signal(signal.SIGINT)
            code = process.wait(WAIT_SECONDS)
            self.assertEqual(code, 64 if end else -signal.SIGINT)
            self.assertEqual(self.names(), [])

    def test_a_wrong_option_is_told_before_any_question(self):
        process, master = self.start("--formats", "parquet")
        shown = self.read_until(master, "--formats")
        self.assertEqual(process.wait(WAIT_SECONDS), 64)
        self.assertNotIn("url", shown)


if __name__ == "__main__":
    unittest.main()
