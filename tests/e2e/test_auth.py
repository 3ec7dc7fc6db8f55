"""Credentials: where they come from, and what happens when they do not do."""
import base64
import os
import unittest

import harness
import org_lists
from attempt import RunCase, attempt

MYSELF = "/rest/api/3/myself"
SEARCH = "/rest/api/3/users/search"
AUDIT = "/rest/api/3/auditing/record"
COOKIE = "cloud.session.token"
GATEWAY = f"/ex/jira/{org_lists.SITE}"
KEY = "another-key-0A1B2C3D"
OTHER_TOKEN = "ATATT3xFfGF0-other-token=0A1B2C3D"


def auth(**members):
    return {"jira": {"auth": members}}


def secret(**members):
    return auth(secret={"env": None, **members})


class Kinds(RunCase):
    def test_a_bearer_token(self):
        site = self.site(args=["--bearer", harness.TOKEN])
        self.assert_published(self.extract(
            site.url, endpoints=auth(type="bearer", user=None)))

    def test_a_session_cookie(self):
        site = self.site(args=["--cookie", f"{COOKIE}={harness.TOKEN}"])
        self.assert_published(self.extract(
            site.url, endpoints=auth(type="cookie", name=COOKIE, user=None)))

    def test_one_kind_is_not_taken_for_another(self):
        for args in (["--bearer", harness.TOKEN],
                     ["--cookie", f"{COOKIE}={harness.TOKEN}"]):
            with self.subTest(args[0]):
                site = self.site(args=args)
                self.assert_refused(self.extract(site.url), 77,
                                    "answered 401")
                self.assertEqual(len(site.requests()), 1)

    def test_a_session_that_lapsed_is_called_a_session(self):
        site = self.site(args=["--cookie", f"{COOKIE}=fresh"])
        run = self.extract(site.url, endpoints=auth(type="cookie",
                                                    name=COOKIE, user=None))
        self.assert_refused(run, 77, "the session of endpoint jira")

    def test_every_request_is_authenticated(self):
        site = self.site()
        self.assert_published(self.extract(site.url))
        self.assertEqual({row["auth"] for row in site.requests()}, {"ok"})


class Everywhere(RunCase):
    """Each kind works at each of the three endpoints."""

    SITE_ARGS = {
        "jira": {"basic": ["--token", KEY], "bearer": ["--bearer", KEY],
                 "cookie": ["--cookie", f"{COOKIE}={KEY}"]},
        "admin": {kind: ["--api-key", KEY, "--admin-as", kind]
                  for kind in ("basic", "bearer", "cookie")},
        "adminhub": {kind: ["--session", KEY, "--hub-as", kind]
                     for kind in ("basic", "bearer", "cookie")}}
    MAPPING = {"jira": "inactive_users", "admin": "inactive_users_org",
               "adminhub": "inactive_users_adminhub"}

    def auth(self, kind):
        return {"type": kind, "secret": {"env": "ROLLCALL_TEST_KEY"},
                **{"basic": {"user": harness.USER},
                   "cookie": {"name": COOKIE}}.get(kind, {})}

    def run_at(self, site, endpoint, kind):
        auth = self.auth(kind)
        if endpoint == "jira":  # merged into what harness writes
            auth = {"user": None, **auth}
        folder = self.folder / f"{endpoint}-{kind}"
        folder.mkdir(exist_ok=True)
        return attempt(folder, site.url, env={"ROLLCALL_TEST_KEY": KEY},
                       mappings=[self.MAPPING[endpoint]],
                       endpoints={
                           **({} if endpoint == "jira" else {"jira": None}),
                           endpoint: {"url": site.url, "auth": auth,
                                      "organisation": org_lists.ORG,
                                      "site": org_lists.SITE}})

    def test_each_kind_at_each_endpoint(self):
        for endpoint, kinds in self.SITE_ARGS.items():
            for kind, args in kinds.items():
                with self.subTest(f"{kind} at {endpoint}"):
                    site = self.site(args=args)
                    run = self.run_at(site, endpoint, kind)
                    self.assertEqual(run.code, 0, run.err)
                    self.assertEqual({row["auth"] for row in site.requests()},
                                     {"ok"})

    def test_another_kind_is_refused_there(self):
        for endpoint, kinds in self.SITE_ARGS.items():
            for kind, args in kinds.items():
                other = {"basic": "cookie", "bearer": "basic",
                         "cookie": "bearer"}[kind]
                with self.subTest(f"{other} for {kind} at {endpoint}"):
                    run = self.run_at(self.site(args=args), endpoint, other)
                    self.assert_refused(run, 77, "answered 401",
                                        f"endpoint {endpoint}")


class GatewayToken(RunCase):
    """A token with scopes works behind the gateway, and only there."""

    def test_there(self):
        site = self.site(args=["--scoped"])
        self.assert_published(self.extract(
            site.url, endpoints={"jira": {"url": site.url + GATEWAY}}))

    def test_a_classic_one_works_at_both(self):
        site = self.site()
        for url in (site.url, site.url + GATEWAY):
            self.assert_published(self.extract(
                site.url, "--force", endpoints={"jira": {"url": url}}))

    def test_not_at_the_site(self):
        site = self.site(args=["--scoped"])
        self.assert_refused(self.extract(site.url), 77, "answered 401",
                            "/ex/jira/CLOUD_ID", "rollcall check")

    def test_a_scope_it_lacks(self):
        site = self.site(args=["--scoped", "--scopes", "read:jira-user"])
        run = self.extract(site.url, endpoints={"jira": {
            "url": site.url + GATEWAY}})
        self.assert_refused(run, 77, "jira_audit", "lacks a scope",
                            "manage:jira-configuration")


class WrongToken(RunCase):
    def test_the_message_says_what_to_do(self):
        site = self.site()
        run = self.extract(site.url,
                           env={harness.TOKEN_VARIABLE: OTHER_TOKEN})
        self.assert_refused(run, 77, "answered 401", site.url,
                            "token of endpoint jira", "expired", "revoked",
                            "auth.user")
        self.assertEqual([row["path"] for row in site.requests()], [MYSELF])

    def test_the_token_is_nowhere(self):
        site = self.site()
        run = self.extract(site.url, "--verbose",
                           env={harness.TOKEN_VARIABLE: OTHER_TOKEN})
        pair = base64.b64encode(f"{harness.USER}:{OTHER_TOKEN}".encode())
        found = run.out + run.err
        for path in self.folder.rglob("*"):
            if path.is_file():
                found += path.read_text(errors="replace")
        self.assertIn("request", run.err)
        self.assertNotIn(OTHER_TOKEN, found)
        self.assertNotIn(pair.decode(), found)

    def test_a_missing_scope_is_no_expired_token(self):
        site = self.site({"path": AUDIT, "do": "status", "status": 401,
                          "body": '{"code":401,"message":"Unauthorized; '
                                  'scope does not match"}'})
        run = self.extract(site.url)
        self.assert_refused(run, 77, "jira_audit", "lacks a scope",
                            "manage:jira-configuration", "read:audit-log:jira")
        self.assertNotIn("expired", run.told)

    def test_a_missing_permission_is_named(self):
        site = self.site({"path": AUDIT, "do": "status", "status": 403})
        self.assert_refused(self.extract(site.url), 77, "jira_audit",
                            "answered 403", "Administer Jira")

    def test_a_token_that_expires_on_the_way(self):
        for number in (2, 6, 15):
            with self.subTest(number):
                site = self.site({"do": "expire", "from": number})
                run = self.extract(site.url)
                self.assert_refused(run, 77, "answered 401", "expired")
                self.assertGreaterEqual(len(site.requests()), number)


class Disguise(RunCase):
    """Refusals that look like answers."""

    def test_a_login_page(self):
        for path in (MYSELF, SEARCH, AUDIT):
            with self.subTest(path):
                site = self.site({"path": path, "do": "html_login"})
                run = self.extract(site.url)
                self.assert_refused(run, 77, "answered 200 with text/html",
                                    "login page", "token of endpoint jira")

    def test_a_redirect_to_the_login(self):
        for path in (MYSELF, SEARCH, AUDIT):
            with self.subTest(path):
                site = self.site({"path": path, "do": "redirect"})
                run = self.extract(site.url)
                self.assert_refused(run, 77, "redirect to id.atlassian.com",
                                    "token of endpoint jira")

    def test_an_answer_as_to_nobody(self):
        for body in ("{}", '{"accountId":""}', '{"accountId":null}', "[]"):
            with self.subTest(body):
                site = self.site({"path": MYSELF, "do": "status",
                                  "status": 200, "body": body})
                run = self.extract(site.url)
                self.assert_refused(run, 77, "nobody", "token")
                self.assertEqual(len(site.requests()), 1)

    def test_an_answer_of_another_type_is_no_empty_list(self):
        site = self.site({"path": SEARCH, "do": "status", "status": 200,
                          "type": "text/plain", "body": "[]"})
        self.assert_refused(self.extract(site.url), 77, "text/plain",
                            "instead of JSON")


class SecretFile(RunCase):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "token"
        self.path.write_text(harness.TOKEN + "\n")

    def refused(self, *texts, code=78):
        site = self.site()
        run = self.extract(site.url, endpoints=secret(file="token"))
        self.assert_refused(run, code, *texts)
        self.assertEqual(site.requests(), [])

    def test_a_private_file_is_read(self):
        self.path.chmod(0o600)
        site = self.site()
        self.assert_published(self.extract(site.url,
                                           endpoints=secret(file="token")))

    def test_a_file_others_can_read_is_refused(self):
        for mode in (0o644, 0o640, 0o604, 0o620):
            with self.subTest(oct(mode)):
                self.path.chmod(mode)
                self.refused(f"mode {mode:04o}", f"chmod 600 {self.path}")

    def test_a_missing_file(self):
        self.path.unlink()
        self.refused("endpoint jira", str(self.path),
                     "No such file or directory")

    def test_a_link_is_judged_by_what_it_leads_to(self):
        real = self.folder / "real"
        self.path.rename(real)
        self.path.symlink_to(real)
        real.chmod(0o640)
        self.refused("open to group or others")
        real.chmod(0o600)
        self.assert_published(self.extract(self.site().url,
                                           endpoints=secret(file="token")))

    def test_a_folder_and_a_pipe(self):
        self.path.unlink()
        self.path.mkdir(mode=0o700)
        self.refused("no regular file")
        self.path.rmdir()
        os.mkfifo(self.path, 0o600)
        self.refused("no regular file")

    def test_an_empty_file_and_one_of_two_lines(self):
        for text, words in (("", "empty"), ("\n", "empty"),
                            ("one\ntwo\n", "more than one line")):
            with self.subTest(text):
                self.path.write_text(text)
                self.path.chmod(0o600)
                self.refused(words)


class SecretCommand(RunCase):
    def test_its_output_is_the_secret(self):
        site = self.site()
        self.assert_published(self.extract(
            site.url,
            endpoints=secret(command=["printf", "%s\n", harness.TOKEN])))

    def test_no_shell_reads_it(self):
        """One argument stays one, whatever a shell would make of it."""
        site = self.site()
        trap = self.folder / "trap"
        self.extract(site.url, endpoints=secret(
            command=["echo", f"$(touch {trap})", ";", "touch", str(trap)]))
        self.assertFalse(trap.exists())

    def test_a_job_not_named_with_c_may_not_run_commands(self):
        site = self.site()
        trap = self.folder / "trap"
        harness.make_job(self.folder, site.url,
                         endpoints=secret(command=["touch", str(trap)]))
        code, out, err = harness.run_rollcall(["extract"], cwd=self.folder)
        self.assertEqual(code, 78, err)
        self.assertIn("-c", err)
        self.assertFalse(trap.exists())
        self.assertEqual(site.requests(), [])
        path = self.folder / "rollcall.json"
        code, _, _ = harness.run_rollcall(
            ["extract"], cwd=self.folder, env={"ROLLCALL_JOB": str(path)})
        self.assertEqual(code, 78)
        self.assertFalse(trap.exists())

    def test_a_command_that_fails(self):
        site = self.site()
        for command, words in ((["false"], "failed with status 1"),
                               (["./no-such-program"], "cannot run"),
                               (["sh", "-c", "kill -9 $$"], "was killed")):
            with self.subTest(command[0]):
                run = self.extract(site.url,
                                   endpoints=secret(command=command))
                self.assert_refused(run, 77, "endpoint jira", words)
        self.assertEqual(site.requests(), [])

    def test_a_command_that_says_nothing(self):
        site = self.site()
        run = self.extract(site.url, endpoints=secret(command=["true"]))
        self.assert_refused(run, 78, "endpoint jira", "empty")


class SecretVariable(RunCase):
    def test_a_variable_that_is_not_set(self):
        site = self.site()
        run = self.extract(site.url, endpoints=secret(env="NO_SUCH_TOKEN"))
        self.assert_refused(run, 78, "endpoint jira", "NO_SUCH_TOKEN",
                            "is not set", "export")
        self.assertEqual(site.requests(), [])

    def test_a_variable_that_is_empty(self):
        site = self.site()
        run = self.extract(site.url, env={harness.TOKEN_VARIABLE: ""})
        self.assert_refused(run, 78, harness.TOKEN_VARIABLE, "empty")
        self.assertEqual(site.requests(), [])

    def test_only_the_endpoints_in_use_need_theirs(self):
        site = self.site()
        other = {"url": "https://example.test",
                 "auth": {"type": "bearer", "secret": {"env": "NO_SUCH"}}}
        self.assert_published(self.extract(site.url,
                                           endpoints={"other": other}))


if __name__ == "__main__":
    unittest.main()
