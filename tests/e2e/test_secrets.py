"""Secrets and personal data stay where they belong."""
import base64
import gzip
import json
import os
import re
import shutil
import stat
import subprocess
import time
import unittest
from pathlib import Path

import area
import harness
import oauth
from attempt import AS_OF, Attempt, RunCase

TOKEN = "ATATT3xFfGF0-planted-token=0A1B2C3D"
PAIR = base64.b64encode(f"{harness.USER}:{TOKEN}".encode()).decode()
SEARCH = "/rest/api/3/users/search"
AUDIT = "/rest/api/3/auditing/record"
NOBODY = 65534
ENVIRONMENT = {**os.environ, harness.TOKEN_VARIABLE: TOKEN,
               "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")}
VERBOSE = ("--verbose", "--log-format", "json")


def addresses():
    """Every e-mail address of the sample, and the one that asks."""
    text = "".join((harness.SAMPLE / name).read_text()
                   for name in ("users.json", "audit.json"))
    found = set(re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", text))
    return sorted(found | {harness.USER})


def setUpModule():
    area.count("secrets")


class SecretCase(RunCase):
    def run_verbosely(self, site, *args, **job):
        return self.extract(site.url, *VERBOSE, *args,
                            env={harness.TOKEN_VARIABLE: TOKEN}, **job)

    def assert_clean(self, text, where):
        for word in (TOKEN, PAIR, TOKEN[:12], *addresses()):
            self.assertNotIn(word, text, where)

    def assert_all_clean(self, run):
        """Streams and every file but the dataset, which has addresses."""
        self.assert_clean(run.out, "stdout")
        self.assert_clean(run.err, "stderr")
        for path in (run.folder / "out").rglob("*"):
            if not path.is_file() or path.name.startswith("inactive_users-"):
                continue
            data = path.read_bytes()
            if path.suffix == ".gz":
                data = gzip.decompress(data)
            self.assert_clean(data.decode(), path.name)

    def token_site(self, *rules, **scenario):
        return self.site(*rules, args=["--token", TOKEN], **scenario)


class Words(SecretCase):
    def test_what_is_looked_for_can_be_found(self):
        """The dataset has addresses: searched the same way, they are seen."""
        run = self.run_verbosely(self.token_site())
        self.assert_published(run)
        self.assertGreater(len(addresses()), 20)
        with self.assertRaises(AssertionError):
            self.assert_clean(run.csv.decode(), "dataset")

    def test_a_run_that_publishes(self):
        run = self.run_verbosely(self.token_site())
        self.assert_published(run)
        self.assertIn('"level":"debug"', run.err)
        self.assert_all_clean(run)
        self.assertNotIn(TOKEN.encode(), run.csv)

    def test_rows_that_are_refused(self):
        site = self.token_site(
            {"path": SEARCH, "do": "bad_field", "row": 3,
             "pointer": "/active", "raw": '"maybe"'},
            {"path": AUDIT, "do": "bad_field", "row": 1,
             "pointer": "/created", "raw": '"yesterday"'})
        run = self.run_verbosely(site)
        self.assertEqual(run.code, 0, run.err)
        rejects = gzip.decompress(
            (run.run / "rejects.jsonl.gz").read_bytes()).splitlines()
        self.assertGreaterEqual(len(rejects), 2)
        self.assert_all_clean(run)

    def test_a_value_too_long_for_its_column(self):
        address = '"' + "x" * 400 + '@long.example.test"'
        site = self.token_site({"path": SEARCH, "do": "bad_field", "row": 5,
                                "pointer": "/emailAddress", "raw": address})
        run = self.run_verbosely(site)
        self.assertEqual(run.code, 0, run.err)
        self.assert_all_clean(run)
        self.assertNotIn("long.example.test", run.out + run.err)

    def test_answers_that_echo_the_request(self):
        echo = json.dumps({"message": f"{TOKEN} {PAIR} {addresses()[0]}"})
        for status in (400, 401, 403, 404, 500):
            with self.subTest(status):
                site = self.token_site({
                    "path": SEARCH, "do": "status", "status": status,
                    "body": echo, "headers": {
                        "Location": f"http://{TOKEN}@h.test/{PAIR}"}})
                run = self.run_verbosely(site, limits={"retry_for": "0s"})
                self.assertNotEqual(run.code, 0)
                self.assert_all_clean(run)

    def test_garbage_that_echoes_the_request(self):
        site = self.token_site({
            "path": SEARCH, "do": "status", "status": 200,
            "body": f"[{TOKEN} {addresses()[0]}]"})
        run = self.run_verbosely(site)
        self.assertEqual(run.code, 65, run.err)
        self.assert_all_clean(run)

    def test_a_redirect_that_echoes_the_request(self):
        site = self.token_site({
            "path": SEARCH, "do": "redirect",
            "location": f"http://{TOKEN}@login.test/?t={PAIR}"})
        run = self.run_verbosely(site)
        self.assertEqual(run.code, 77, run.err)
        self.assertIn("login.test", run.err)
        self.assert_all_clean(run)


class OAuth(oauth.Case):
    """Client secrets, refresh tokens and access tokens are told to nobody."""

    def assert_all_clean(self, run):
        oauth.assert_no_secret(self, run.out, "stdout")
        oauth.assert_no_secret(self, run.err, "stderr")
        read = 0
        for path in self.folder.rglob("*"):
            if not path.is_file() or path == self.token_file:
                continue
            data = path.read_bytes()
            if path.suffix == ".gz":
                data = gzip.decompress(data)
            oauth.assert_no_secret(self, data.decode(errors="replace"),
                                   path.name)
            read += 1
        self.assertGreater(read, 1)

    def test_what_is_looked_for_can_be_found(self):
        site = self.oauth_site(refresh=True)
        self.assert_published(self.by_refresh(site))
        for text in (site.log.read_text(), self.token_file.read_text()):
            with self.assertRaises(AssertionError):
                oauth.assert_no_secret(self, text, "where it must be")

    def test_runs_that_publish(self):
        for refresh, start in ((False, self.by_client),
                               (True, self.by_refresh)):
            with self.subTest(refresh):
                site = self.oauth_site(refresh=refresh,
                                       oauth={"expires_after": oauth.USES})
                run = start(site, "--force", *VERBOSE)
                self.assert_published(run)
                self.assertIn('"event":"login"', run.err)
                self.assertIn('"level":"debug"', run.err)
                self.assert_all_clean(run)

    def test_answers_that_echo_the_request(self):
        echo = " ".join((oauth.CLIENT_SECRET, oauth.FIRST_REFRESH,
                         "fakesite-access-1"))
        for status in (200, 400, 401, 403, 404, 500):
            for body in (json.dumps({"error": echo, "message": echo,
                                     "token_type": echo, "expires_in": echo}),
                         f"[{echo}", json.dumps(echo)):
                with self.subTest(f"{status} {body[:10]}"):
                    site = self.oauth_site({
                        "path": oauth.TOKEN_PATH, "do": "status",
                        "status": status, "body": body,
                        "type": "application/json", "headers": {
                            "Location": f"http://h.test/{echo[:20]}"}},
                        refresh=True)
                    run = self.by_refresh(site, *VERBOSE,
                                          limits={"retry_for": "0s"})
                    self.assertNotEqual(run.code, 0)
                    self.assert_all_clean(run)

    def test_check(self):
        site = self.oauth_site(refresh=True, scopes="read:jira-user")
        path = harness.make_job(self.folder, site.url, endpoints={"jira": {
            "url": site.url + oauth.GATEWAY,
            "auth": oauth.refresh_auth(site)}})
        for args in ((), ("--json",)):
            code, out, err = harness.run_rollcall(
                ["check", "-c", path, *VERBOSE, *args], cwd=self.folder,
                env=oauth.ENV)
            self.assertEqual(code, 77, err)
            oauth.assert_no_secret(self, out + err, "check")

    def test_the_command_line_and_the_environment(self):
        """What a command printed stays out of both."""
        site = self.oauth_site(latency_ms=50)
        auth = oauth.client_auth(site)
        auth["secret"] = {"command": ["cat", "client-secret"]}
        (self.folder / "client-secret").write_text(oauth.CLIENT_SECRET)
        path = harness.make_job(self.folder, site.url, endpoints={"jira": {
            "url": site.url + oauth.GATEWAY,
            "auth": {**auth, "secret": {"env": None, **auth["secret"]}}}})
        with subprocess.Popen(
                [harness.binary("rollcall"), "extract", "-c", path, "--as-of",
                 AS_OF], cwd=self.folder, env=ENVIRONMENT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL) as process:
            self.addCleanup(process.kill)
            while len(site.requests()) < 4:
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            text = (Path("/proc") / str(process.pid) / "cmdline").read_text()
            oauth.assert_no_secret(self, text, "cmdline")
            process.kill()


class Process(SecretCase):
    def started(self, site, **more):
        path = harness.make_job(self.folder, site.url)
        path.chmod(0o644)
        process = self.enterContext(subprocess.Popen(
            [harness.binary("rollcall"), "extract", "-c", path, "--as-of",
             AS_OF, *VERBOSE], cwd=self.folder, text=True,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more))
        self.addCleanup(process.kill)
        while len(site.requests()) < 4:
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        return process, Path("/proc") / str(process.pid)

    def test_the_command_line_tells_nothing(self):
        site = self.token_site(latency_ms=50)
        process, proc = self.started(site)
        for name in ("cmdline", "comm"):
            self.assert_clean((proc / name).read_text(), name)
        process.communicate()
        self.assertEqual(process.returncode, 0)

    def test_memory_is_closed_to_others(self):
        """A process that cannot be dumped belongs to root in /proc."""
        site = self.token_site(latency_ms=100)
        more = {}
        if os.geteuid() == 0:
            more = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            self.hand_to_nobody()
        process, proc = self.started(site, **more)
        self.assertIn(f"Uid:\t{more.get('user', os.geteuid())}\t",
                      (proc / "status").read_text())
        for name in ("mem", "environ", "maps"):
            self.assertEqual((proc / name).stat().st_uid, 0, name)
        process.kill()

    def hand_to_nobody(self):
        """What the run needs, where an ordinary user may read and write."""
        shutil.copytree(harness.ROOT / "mappings", self.folder / "mappings")
        binary = self.folder / "rollcall"
        shutil.copy(harness.binary("rollcall"), binary)
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        before = os.environ.get("ROLLCALL")
        os.environ["ROLLCALL"] = str(binary)
        self.addCleanup(lambda: os.environ.pop("ROLLCALL") if before is None
                        else os.environ.update(ROLLCALL=before))

    def test_there_is_no_core(self):
        site = self.token_site(latency_ms=100)
        process, proc = self.started(site)
        limits = (proc / "limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        process.kill()


class Modes(SecretCase):
    def modes(self, folder):
        return {str(path.relative_to(folder)):
                stat.S_IMODE(path.lstat().st_mode)
                for path in folder.rglob("*") if not path.is_symlink()}

    def publish(self, **job):
        site = self.token_site()
        path = harness.make_job(self.folder, site.url, **job)
        done = subprocess.run(
            [harness.binary("rollcall"), "extract", "-c", path, "--as-of",
             AS_OF, "--result-json", "result.json"], cwd=self.folder, umask=0,
            env=ENVIRONMENT, text=True,
            capture_output=True, check=False, timeout=60)
        run = Attempt(self.folder, (done.returncode, done.stdout,
                                    done.stderr), 0)
        self.assert_published(run)
        return self.modes(self.folder / "out")

    def test_only_the_owner_may_read(self):
        modes = self.publish()
        folders = {name for name in modes
                   if (self.folder / "out" / name).is_dir()}
        self.assertEqual({modes[name] for name in folders}, {0o700})
        self.assertEqual({mode for name, mode in modes.items()
                          if name not in folders}, {0o600})
        self.assertGreaterEqual(len(modes), 5)
        for name, mode in (("out", 0o700), ("result.json", 0o600)):
            path = self.folder / name
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), mode, name)

    def test_unless_the_job_says_otherwise(self):
        modes = self.publish(output={"file_mode": "0640",
                                     "dir_mode": "0750"})
        self.assertEqual(set(modes.values()), {0o640, 0o750})


if __name__ == "__main__":
    unittest.main()
