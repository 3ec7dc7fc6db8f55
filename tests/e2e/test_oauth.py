"""OAuth: access tokens are fetched, renewed and given up; refresh tokens are
rotated and never lost."""
import fcntl
import os
import signal
import subprocess
import time
import unittest

import harness
import oauth
from attempt import AS_OF
from oauth import CLIENT_SECRET, FIRST_REFRESH, TOKEN_PATH, USES

BUSY_SECONDS = 30
NEWEST = "fakesite-refresh-{}-4E5F6A7B"
AUDIT = oauth.GATEWAY + "/rest/api/3/auditing/record"
SEARCH = oauth.GATEWAY + "/rest/api/3/users/search"


def token_rule(**members):
    return {"path": TOKEN_PATH, "do": "status", "type": "application/json",
            **members}


class Client(oauth.Case):
    def test_one_login_serves_a_run(self):
        site = self.oauth_site()
        self.assert_published(self.by_client(site))
        self.assertEqual(self.logins(site), [{
            "grant_type": "client_credentials", "client_id": oauth.CLIENT,
            "client_secret": CLIENT_SECRET}])
        self.assertEqual({row["auth"] for row in site.requests()
                          if row["path"] != TOKEN_PATH}, {"ok"})
        self.assertEqual(site.requests()[0]["path"], TOKEN_PATH)

    def test_scopes_and_audience_are_sent(self):
        site = self.oauth_site(scopes=f"{oauth.CLASSIC} write:jira-work")
        auth = oauth.client_auth(site, scopes=oauth.CLASSIC.split(),
                                 audience="api.atlassian.com")
        self.assert_published(self.run_with(site, auth))
        sent = self.logins(site)[0]
        self.assertEqual((sent["scope"], sent["audience"]),
                         (oauth.CLASSIC, "api.atlassian.com"))

    def test_on_the_organisations_endpoint_too(self):
        site = self.oauth_site()
        org = harness.json.loads(
            (harness.SAMPLE / "org.json").read_text())["orgId"]
        auth = oauth.client_auth(site)
        auth.pop("user")
        run = self.extract(site.url, "--mapping", "inactive_users_org",
                           env=oauth.ENV, endpoints={"admin": {
                               "url": site.url, "organisation": org,
                               "auth": auth}})
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(len(self.logins(site)), 1)

    def test_tokens_that_end_on_the_way_are_renewed(self):
        """Each lasts a few requests: their end is seen as a 401."""
        for concurrency in (1, 4):
            with self.subTest(concurrency):
                site = self.oauth_site(oauth={"expires_after": USES})
                run = self.by_client(site, "--force",
                                     limits={"concurrency": concurrency})
                self.assert_published(run)
                answers = [row for row in site.requests()
                           if row["path"] != TOKEN_PATH]
                refused = [row for row in answers if row["status"] == 401]
                served = len(answers) - len(refused)
                self.assertGreater(len(refused), 0)
                self.assertEqual(len(self.logins(site)), -(-served // USES))

    def test_tokens_are_renewed_before_they_end(self):
        """With an hour told, a tenth of it or a minute before."""
        site = self.oauth_site(oauth={"expires_in": 2}, latency_ms=300)
        self.assert_published(self.by_client(
            site, limits={"concurrency": 1}))
        self.assertGreater(len(self.logins(site)), 1)

    def test_a_new_token_that_is_refused_as_well(self):
        site = self.oauth_site({"path": SEARCH, "do": "expire", "from": 2})
        run = self.by_client(site, limits={"concurrency": 1})
        self.assert_refused(run, 77, "jira_users", "answered 401")
        self.assertEqual(len(self.logins(site)), 2)
        self.assertEqual([row["status"] for row in site.requests(SEARCH)][1:],
                         [401, 401])

    def test_tokens_do_not_work_at_the_site(self):
        site = self.oauth_site()
        run = self.extract(site.url, env=oauth.ENV, endpoints={
            "jira": {"auth": oauth.client_auth(site)}})
        self.assert_refused(run, 77, "answered 401", "/ex/jira/CLOUD_ID")

    def test_a_cloud_that_is_not_the_sites(self):
        site = self.oauth_site()
        run = self.extract(site.url, env=oauth.ENV, endpoints={"jira": {
            "url": site.url + "/ex/jira/another",
            "auth": oauth.client_auth(site)}})
        self.assert_refused(run, 65, "answered 404")

    def test_the_secret_is_known_to_be_old(self):
        site = self.oauth_site()
        run = self.run_with(site, oauth.client_auth(site,
                                                    expires="2026-11-20"))
        self.assert_published(run)
        self.assertIn("endpoint jira: its secret ended 2026-11-20", run.err)


class Scopes(oauth.Case):
    def test_classic_or_granular_ones_are_enough(self):
        for scopes in (oauth.CLASSIC, oauth.GRANULAR):
            with self.subTest(scopes):
                site = self.oauth_site(scopes=scopes)
                self.assert_published(self.by_client(site, "--force"))

    def test_a_missing_one_is_not_cured_by_a_login(self):
        site = self.oauth_site(scopes="read:jira-user")
        run = self.by_client(site)
        self.assert_refused(run, 77, "jira_audit", "lacks a scope",
                            "manage:jira-configuration",
                            "it has: read:jira-user")
        self.assertEqual(len(self.logins(site)), 1)

    def test_one_that_the_credential_does_not_have(self):
        site = self.oauth_site(scopes="read:jira-user")
        auth = oauth.client_auth(site, scopes=["manage:jira-configuration"])
        self.assert_refused(self.run_with(site, auth), 77, "invalid_scope",
                            "auth.scopes")


class TokenEndpoint(oauth.Case):
    """What it may answer instead of a token."""

    def refused(self, code, *texts, rule=None, **options):
        site = self.oauth_site(*([rule] if rule else []))
        run = self.by_client(site, limits={"retry_for": "0s"}, **options)
        self.assert_refused(run, code, "endpoint jira", *texts)
        self.assertEqual({row["path"] for row in site.requests()},
                         {TOKEN_PATH})
        oauth.assert_no_secret(self, run.out + run.err, "streams")
        return run

    def test_a_wrong_client_secret(self):
        self.refused(77, "access_denied", "auth.secret",
                     env={"ROLLCALL_TEST_CLIENT": "another"})

    def test_errors_of_the_standard(self):
        for error, status, words in (
                ("invalid_client", 401, "auth.client_id"),
                ("unauthorized_client", 403, "service account"),
                ("invalid_grant", 400, "service account"),
                ("invalid_request", 400, "auth.token_url"),
                ("unsupported_grant_type", 400, "auth.type")):
            with self.subTest(error):
                self.refused(77, error, words, rule=token_rule(
                    status=status, body=f'{{"error":"{error}"}}'))

    def test_an_error_that_echoes_the_request(self):
        """Only codes of the standard are repeated."""
        run = self.refused(77, "answered 400", rule=token_rule(
            status=400, body=f'{{"error":"no {CLIENT_SECRET}",'
                             f'"error_description":"{CLIENT_SECRET}"}}'))
        self.assertNotIn("no fakesite", run.err)

    def test_a_page_instead_of_an_answer(self):
        for rule in ({"path": TOKEN_PATH, "do": "html_login"},
                     {"path": TOKEN_PATH, "do": "redirect"},
                     token_rule(status=404, body="{}")):
            with self.subTest(rule):
                self.refused(77, "auth.token_url", rule=rule)

    def test_trouble_that_passes(self):
        for rule in (token_rule(status=429, headers={"Retry-After": "0"},
                                first=2, body="{}"),
                     token_rule(status=503, first=2, body="{}"),
                     {"path": TOKEN_PATH, "do": "cut", "first": 1},
                     {"path": TOKEN_PATH, "do": "reset", "first": 1}):
            with self.subTest(rule):
                site = self.oauth_site(rule)
                self.assert_published(self.by_client(site, "--force"))

    def test_trouble_that_does_not(self):
        for status in (429, 500, 503):
            with self.subTest(status):
                self.refused(69, "access token", f"{status}", "gave up",
                             rule=token_rule(status=status, body="{}"))

    def test_answers_that_are_no_token(self):
        good = {"access_token": "a", "token_type": "Bearer",
                "expires_in": 3600}
        for change, words in (({"access_token": ""}, "access_token"),
                              ({"access_token": None}, "access_token"),
                              ({"access_token": "a\nb"}, "access_token"),
                              ({"token_type": "mac"}, "token_type"),
                              ({"token_type": None}, "token_type"),
                              ({"expires_in": 0}, "expires_in"),
                              ({"expires_in": -5}, "expires_in"),
                              ({"expires_in": 10 ** 12}, "expires_in"),
                              ({"expires_in": "soon"}, "expires_in"),
                              ({"expires_in": []}, "expires_in")):
            with self.subTest(change):
                body = {name: value for name, value in {**good, **change}
                        .items() if value is not None}
                self.refused(77, "is no access token", words, rule=token_rule(
                    status=200, body=harness.json.dumps(body)))


class Refresh(oauth.Case):
    def test_the_new_token_is_kept(self):
        site = self.oauth_site(refresh=True)
        self.assert_published(self.by_refresh(site))
        self.assertEqual([sent["refresh_token"]
                          for sent in self.logins(site)], [FIRST_REFRESH])
        self.assert_kept(NEWEST.format(1))

    def test_the_file_wins_over_the_reference(self):
        site = self.oauth_site(refresh=True)
        for number in range(3):
            self.assert_published(self.by_refresh(site, "--force"))
            self.assert_kept(NEWEST.format(number + 1))
        env = {"ROLLCALL_TEST_REFRESH": ""}
        self.assert_published(self.by_refresh(site, "--force", env=env))
        self.assert_kept(NEWEST.format(4))

    def test_every_renewal_of_a_run_is_kept(self):
        site = self.oauth_site(refresh=True, oauth={"expires_after": USES})
        self.assert_published(self.by_refresh(site))
        count = len(self.logins(site))
        self.assertGreater(count, 2)
        self.assert_kept(NEWEST.format(count))

    def test_a_server_that_does_not_rotate(self):
        site = self.oauth_site(refresh=True, oauth={"reuse": "kept"})
        for _ in range(2):
            self.assert_published(self.by_refresh(site, "--force"))
        self.assertFalse(self.token_file.exists())

    def test_a_spent_token(self):
        site = self.oauth_site(refresh=True)
        self.assert_published(self.by_refresh(site))
        self.token_file.write_text(FIRST_REFRESH + "\n")
        run = self.by_refresh(site, "--force")
        self.assertEqual(run.code, 77, run.err)
        for text in ("invalid_grant", "authorise the account again",
                     str(self.token_file)):
            self.assertIn(text, run.told)

    def test_kept_even_when_the_rest_of_the_answer_is_no_good(self):
        body = {"access_token": "", "token_type": "Bearer",
                "refresh_token": "fakesite-refresh-77"}
        site = self.oauth_site(token_rule(
            status=200, body=harness.json.dumps(body)), refresh=True)
        self.assert_refused(self.by_refresh(site), 77, "access_token")
        self.assert_kept("fakesite-refresh-77")

    def test_kept_when_another_request_has_ended_the_run(self):
        """The answer is waited for, and the token in it saved."""
        site = self.oauth_site({"path": TOKEN_PATH, "do": "delay", "ms": 1500,
                                "nth": [1]}, refresh=True)
        process = self.start(site)
        self.wait_for(lambda: site.requests(TOKEN_PATH))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(BUSY_SECONDS), -signal.SIGTERM)
        self.assert_kept(NEWEST.format(1))

    # --- being killed ------------------------------------------------------

    def start(self, site):
        path = harness.make_job(self.folder, site.url, endpoints={"jira": {
            "url": site.url + oauth.GATEWAY,
            "auth": oauth.refresh_auth(site)}})
        process = subprocess.Popen(
            [harness.binary("rollcall"), "extract", "-c", path, "--as-of",
             AS_OF, "--force"], cwd=self.folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={
                **os.environ, **oauth.ENV,
                "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_for(self, condition):
        end = time.monotonic() + BUSY_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.002)

    def kill_when(self, site, condition):
        process = self.start(site)
        self.wait_for(condition)
        process.kill()
        process.wait()

    def test_killed_once_the_access_token_is_in_use(self):
        """By the first request with it, its refresh token is safe."""
        for _ in range(5):
            site = self.oauth_site(refresh=True, latency_ms=20)
            self.token_file.unlink(missing_ok=True)
            self.kill_when(site, lambda: site.requests(oauth.MYSELF))
            self.assertEqual(self.token_file.read_text(),
                             NEWEST.format(1) + "\n")
            self.assert_published(self.by_refresh(site, "--force"))

    def test_killed_while_the_answer_is_on_its_way(self):
        """What is left: the server has rotated, the answer never came. The
        token on disk is the one before, which Atlassian takes once more."""
        for _ in range(5):
            site = self.oauth_site(refresh=True, oauth={"reuse": "grace"})
            self.token_file.unlink(missing_ok=True)
            self.kill_when(site, lambda: site.requests(TOKEN_PATH))
            self.assert_published(self.by_refresh(site, "--force"))
            self.assert_published(self.by_refresh(site, "--force"))

    def test_a_token_that_was_written_but_not_renamed(self):
        site = self.oauth_site(refresh=True)
        self.assert_published(self.by_refresh(site))
        newest = self.token_file.rename(self.token_file.with_name("jira.new"))
        self.token_file.write_text(FIRST_REFRESH + "\n")
        self.token_file.chmod(0o600)
        with newest.open("ab") as file:
            file.write(bytes(1000))
        self.assert_published(self.by_refresh(site, "--force"))
        self.assert_kept(NEWEST.format(2))

    def test_room_that_was_never_written_to(self):
        site = self.oauth_site(refresh=True)
        self.assert_published(self.by_refresh(site))
        self.token_file.with_name("jira.new").write_bytes(bytes(1000))
        self.assert_published(self.by_refresh(site, "--force"))
        self.assert_kept(NEWEST.format(2))


class TokenFile(oauth.Case):
    """Whether the token can be kept is known before it is spent."""

    def refused(self, code, *texts):
        site = self.oauth_site(refresh=True)
        run = self.by_refresh(site)
        self.assert_refused(run, code, "endpoint jira", *texts)
        self.assertEqual(site.requests(), [])

    def test_a_folder_that_cannot_be_made(self):
        (self.folder / "tokens").write_text("")
        self.refused(73, "tokens")

    def test_a_folder_others_can_write_to(self):
        (self.folder / "tokens").mkdir()
        (self.folder / "tokens").chmod(0o770)
        self.refused(78, "chmod go-w")

    def test_a_file_others_can_read(self):
        self.token_file.parent.mkdir(mode=0o700)
        self.token_file.write_text(FIRST_REFRESH)
        self.token_file.chmod(0o640)
        self.refused(78, "mode 0640", "chmod 600")

    def test_a_link(self):
        self.token_file.parent.mkdir(mode=0o700)
        real = self.folder / "real"
        real.write_text(FIRST_REFRESH)
        real.chmod(0o600)
        self.token_file.symlink_to(real)
        self.refused(78, "it is a link")

    def test_a_folder_in_its_place(self):
        self.token_file.mkdir(parents=True)
        self.refused(78, "no regular file")

    def test_an_empty_file(self):
        self.token_file.parent.mkdir(mode=0o700)
        self.token_file.touch(mode=0o600)
        self.refused(78, "empty")

    def test_a_disk_without_room(self):
        """A limit on the size of files stands for a full disk."""
        site = self.oauth_site(refresh=True)
        path = harness.make_job(self.folder, site.url, endpoints={"jira": {
            "url": site.url + oauth.GATEWAY,
            "auth": oauth.refresh_auth(site)}})
        done = subprocess.run(
            ["sh", "-c", 'ulimit -f 8; exec "$@"', "sh",
             harness.binary("rollcall"), "check", "-c", path],
            cwd=self.folder, capture_output=True, text=True, check=False,
            env={**os.environ, **oauth.ENV,
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertEqual(site.requests(), [])

    def test_two_runs_do_not_spend_one_token(self):
        """The second waits for the first, and takes the token it left."""
        site = self.oauth_site(refresh=True)
        self.token_file.parent.mkdir(mode=0o700)
        lock = self.token_file.with_name("jira.lock")
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            path = harness.make_job(self.folder, site.url, endpoints={
                "jira": {"url": site.url + oauth.GATEWAY,
                         "auth": oauth.refresh_auth(site)}})
            process = subprocess.Popen(
                [harness.binary("rollcall"), "extract", "-c", path,
                 "--as-of", AS_OF], cwd=self.folder,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**os.environ, **oauth.ENV,
                     "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
            self.addCleanup(process.kill)
            time.sleep(0.5)
            self.assertIsNone(process.poll())
            self.assertEqual(site.requests(), [])
        self.assertEqual(process.wait(BUSY_SECONDS), 0)
        self.assertEqual(len(self.logins(site)), 1)

    def test_two_endpoints_may_share_it(self):
        site = self.oauth_site(refresh=True)
        org = harness.json.loads(
            (harness.SAMPLE / "org.json").read_text())["orgId"]
        auth = oauth.refresh_auth(site)
        auth.pop("user")
        run = self.extract(site.url, env=oauth.ENV, endpoints={
            "jira": {"url": site.url + oauth.GATEWAY,
                     "auth": oauth.refresh_auth(site)},
            "admin": {"url": site.url, "organisation": org, "auth": auth}})
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual([sent["refresh_token"]
                          for sent in self.logins(site)],
                         [FIRST_REFRESH, NEWEST.format(1)])
        self.assert_kept(NEWEST.format(2))


class JobFile(oauth.Case):
    def test_mistakes_are_named(self):
        site = self.oauth_site()
        good = oauth.refresh_auth(site)
        for change, words in (
                ({"token_url": None}, "auth.token_url: missing"),
                ({"token_url": "http://example.test/x"}, "expected https://"),
                ({"client_id": None}, "auth.client_id: missing"),
                ({"token_file": None}, "auth.token_file: missing"),
                ({"refresh_token": "pasted"}, "never written into a file"),
                ({"refresh_token": {"file": "tokens/jira"}},
                 "another file than that of refresh_token"),
                ({"scopes": ["a"]}, "unknown key \"scopes\""),
                ({"expires": "soon"}, "2027-03-01"),
                ({"type": "oauth"}, "oauth_client")):
            with self.subTest(change):
                run = self.run_with(site, {**good, **change})
                self.assert_refused(run, 78, words)
                self.assertNotIn("pasted", run.err)
        self.assertEqual(site.requests(), [])


if __name__ == "__main__":
    unittest.main()
