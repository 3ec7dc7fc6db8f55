"""rollcall check: a verdict for each source, and what to do about it."""
import base64
import json
import re
import time
import unittest

import harness
import oauth
import org_lists as org
import truth
from published import AS_OF, Case

MYSELF = "/rest/api/3/myself"
SEARCH = "/rest/api/3/users/search"
AUDIT = "/rest/api/3/auditing/record"
STREAM = f"/admin/v1/orgs/{org.ORG}/events-stream"
JIRA = ["jira_users", "jira_audit", "jira_user_keys", "jira_user_names"]
EVERYTHING = ["jira_users", "org_directory_users", "adminhub_org_users",
              "jira_audit", "jira_user_keys", "jira_user_names", "org_events"]
NOWHERE = "http://127.0.0.1:9"
GATEWAY = f"https://api.atlassian.com/ex/jira/{oauth.CLOUD}"


def status_rule(path, status, body="{}", **members):
    return {"path": path, "do": "status", "status": status, "body": body,
            "type": "application/json", **members}


class CheckCase(Case):
    def check(self, *args, code=0, env=None):
        return self.rollcall("check", "-c", "rollcall.json", "--as-of", AS_OF,
                             *args, code=code, env={**org.ENV, **oauth.ENV,
                                                    **(env or {})})

    def rows(self, code=0, **options):
        """Source -> what the JSON document says of it."""
        result = self.check("--json", code=code, **options)
        self.document = json.loads(result.out)
        self.assertEqual(self.document["exit"], code)
        self.assertEqual(self.document["verdict"],
                         "failed" if code else "ok")
        self.assertNotIn(harness.TOKEN, result.out + result.err)
        return {row["name"]: row for row in self.document["sources"]}

    def faulty(self, *rules, args=(), **scenario):
        scenario["rules"] = list(rules)
        return self.site(scenario=scenario, args=list(args))

    def everything(self, site, **more):
        self.job(site, endpoints={**org.admin(site.url),
                                  **org.adminhub(site.url), **more})

    def verdicts(self, rows, names=JIRA):
        return [rows[name]["verdict"] for name in names]


class Verdicts(CheckCase):
    def test_all_is_well(self):
        site = self.site()
        self.everything(site)
        rows = self.rows()
        self.assertEqual(list(rows), EVERYTHING)
        for row in rows.values():
            self.assertEqual((row["verdict"], row["reachable"],
                              row["permitted"], row["error"], row["status"]),
                             ("ok", True, True, None, None))
            self.assertTrue(row["needs"]["permission"])
        self.assertEqual(rows["jira_users"]["rows"], 1)
        self.assertEqual(rows["jira_user_keys"]["rows"], None)
        self.assertEqual(self.document["datasets"][0]["name"],
                         "inactive_users")
        self.assertLess(len(site.requests()), 14)
        self.assertFalse(self.out.exists())

    def test_what_the_job_cannot_ask_is_skipped(self):
        self.job(self.site())
        rows = self.rows()
        for name in set(EVERYTHING) - set(JIRA):
            self.assertEqual(rows[name]["verdict"], "skipped")
            self.assertIn("the job has no endpoint", rows[name]["note"])
            self.assertIsNone(rows[name]["reachable"])

    def test_one_failure_does_not_hide_the_others(self):
        site = self.faulty(status_rule(SEARCH, 403), status_rule(STREAM, 404))
        self.everything(site)
        rows = self.rows(code=77)
        self.assertEqual(
            {name for name, row in rows.items() if row["verdict"] == "failed"},
            {"jira_users", "org_events"})
        self.assertEqual(rows["org_events"]["status"], 404)

    def test_an_empty_list_is_remarked(self):
        self.job(self.faulty(status_rule(SEARCH, 200, "[]")))
        self.assertIn("shows nothing", self.rows()["jira_users"]["note"])


class Spans(CheckCase):
    """From when to when a log reaches, where that is cheap to ask."""

    def truth(self, site):
        """The oldest and newest record of Jira's log in the window."""
        data = self.folder / "data"
        site.dump(data)
        first, end = map(truth.instant, ("2026-05-27T02:00:00Z",
                                         "2026-11-23T01:55:00Z"))
        times = [truth.instant(record["created"]) for record
                 in truth.elements(data / "audit.json")]
        times = [at for at in times if first <= at < end]
        return truth.rfc3339(min(times)), truth.rfc3339(max(times))

    def span(self, name="jira_audit"):
        row = self.rows()[name]
        return row["oldest"], row["newest"]

    def test_jiras_log(self):
        site = self.site()
        self.job(site)
        self.assertEqual(self.span(), self.truth(site))
        self.assertEqual(len(site.requests(AUDIT)), 2)

    def test_a_total_that_lies(self):
        """Too small, too large, or text: the oldest is not known."""
        site = self.site()
        newest = self.truth(site)[1]
        for total in (3, 10 ** 6, "lie"):
            with self.subTest(total):
                self.job(self.site(scenario={"audit": {"total": total}}))
                self.assertEqual(self.span(), (None, newest))

    def test_a_refused_question_for_the_last_record(self):
        site = self.faulty(status_rule(AUDIT, 400, nth=[2]))
        self.job(site)
        oldest, newest = self.span()
        self.assertIsNone(oldest)
        self.assertIsNotNone(newest)
        self.assertEqual(self.verdicts(self.rows()), ["ok"] * 4)

    def test_the_organisations_stream_is_oldest_first(self):
        self.everything(self.site())
        oldest, newest = self.span("org_events")
        self.assertGreater(oldest, "2026-05-27T")
        self.assertIsNone(newest)

    def test_an_empty_log_has_no_span(self):
        self.job(self.site(scenario={"audit": {"empty": "all"}}))
        self.assertEqual(self.span(), (None, None))


class Failures(CheckCase):
    def failed(self, code, names=JIRA, **options):
        """The rows; all of the names must have failed for one reason."""
        rows = self.rows(code=code, **options)
        self.assertEqual(self.verdicts(rows, names), ["failed"] * len(names))
        return rows[names[0]]

    def told(self, row):
        return f"{row['error']['message']}\n{row['error']['hint']}"

    def test_no_such_host(self):
        self.job("https://no-such-host.invalid", limits={"retry_for": "0s"})
        row = self.failed(69)
        self.assertEqual((row["reachable"], row["permitted"]), (False, None))
        self.assertIn("host name not found", self.told(row))

    def test_nobody_listens(self):
        self.job(NOWHERE, limits={"retry_for": "0s"})
        row = self.failed(69)
        self.assertFalse(row["reachable"])
        self.assertIn("cannot connect", self.told(row))

    def test_a_wrong_token(self):
        self.job(self.site(args=["--token", "another"]))
        row = self.failed(77)
        self.assertEqual((row["reachable"], row["permitted"], row["status"]),
                         (True, False, 401))
        self.assertIn("auth.user", self.told(row))

    def test_a_token_that_is_nobodys(self):
        self.job(self.faulty(status_rule(MYSELF, 200)))
        row = self.failed(77, ["jira_users"])
        self.assertIn("nobody", self.told(row))

    def test_the_right_token_without_the_permission(self):
        self.job(self.faulty(status_rule(AUDIT, 403)))
        rows = self.rows(code=77)
        self.assertEqual(self.verdicts(rows), ["ok", "failed", "ok", "ok"])
        for text in ("Administer Jira", "manage:jira-configuration",
                     "read:audit-log:jira", "Free plan"):
            self.assertIn(text, self.told(rows["jira_audit"]))

    def test_the_organisations_log_without_guard(self):
        self.everything(self.site(scenario={"org": {"log": "denied"}}))
        row = self.failed(77, ["org_events"])
        self.assertIn("Atlassian Guard", self.told(row))

    def test_a_session_that_is_over(self):
        for end, words in (("401", "answered 401"), ("redirect", "redirect"),
                           ("html", "text/html")):
            with self.subTest(end):
                self.everything(self.site(scenario={"org": {
                    "session_after": 0, "session_end": end}}))
                row = self.failed(77, ["adminhub_org_users"])
                self.assertIn(words, self.told(row))
                self.assertIn("session", self.told(row))

    def test_an_endpoint_that_has_moved(self):
        self.job(self.faulty(status_rule(SEARCH, 404)))
        row = self.failed(65, ["jira_users"])
        self.assertEqual((row["status"], row["permitted"]), (404, None))
        self.assertIn("mappings/sources/jira_users.json", self.told(row))

    def test_a_server_that_wants_a_pause(self):
        self.job(self.faulty(status_rule(AUDIT, 429,
                                         headers={"Retry-After": "60"})))
        row = self.failed(69, ["jira_audit"])
        self.assertEqual((row["reachable"], row["status"]), (True, 429))
        self.assertIn("asked to wait 1m0s", self.told(row))

    def test_a_secret_that_is_not_there(self):
        self.job(NOWHERE)
        row = self.failed(78, env={harness.TOKEN_VARIABLE: ""})
        self.assertIn(harness.TOKEN_VARIABLE, self.told(row))
        self.assertIsNone(row["reachable"])


class Gateway(CheckCase):
    """The exact url for tokens that do not work at the site."""

    def test_it_is_looked_up_after_a_401(self):
        site = self.site(args=["--scoped"])
        self.job(site)
        rows = self.rows(code=77)
        for name in JIRA:
            self.assertIn(f'"url": "{GATEWAY}"', rows[name]["note"])
        asked = site.requests("/_edge/tenant_info")
        self.assertEqual({row["auth"] for row in asked}, {"none"})

    def test_not_after_a_403(self):
        site = self.faulty(status_rule(AUDIT, 403))
        self.job(site)
        self.assertIsNone(self.rows(code=77)["jira_audit"]["note"])
        self.assertEqual(site.requests("/_edge/tenant_info"), [])

    def test_a_site_that_does_not_tell(self):
        for body in ("{}", "[]", '{"cloudId": 5}', '{"cloudId": "a/../b"}'):
            with self.subTest(body):
                self.job(self.faulty(
                    status_rule("/_edge/tenant_info", 200, body),
                    args=["--token", "another"]))
                self.assertIsNone(self.rows(code=77)["jira_users"]["note"])

    def test_there_a_scoped_token_works(self):
        site = self.site(args=["--scoped"])
        self.job(site.url + oauth.GATEWAY)
        self.assertEqual(self.verdicts(self.rows()), ["ok"] * 4)


class Scopes(CheckCase):
    def scoped(self, scopes):
        site = self.site(args=[
            "--oauth-client", f"{oauth.CLIENT}={oauth.CLIENT_SECRET}",
            "--scopes", scopes])
        auth = oauth.client_auth(site)
        self.job(site.url + oauth.GATEWAY, endpoints={"jira": {"auth": auth}})
        return site

    def test_all_there(self):
        for scopes in (oauth.CLASSIC, oauth.GRANULAR):
            with self.subTest(scopes):
                site = self.scoped(scopes)
                rows = self.rows()
                self.assertEqual([rows[name]["lacks"] for name in JIRA],
                                 [[]] * 4)
                self.assertEqual(
                    self.document["credentials"][0]["scopes"],
                    scopes.split())
                self.assertEqual(len(site.requests(oauth.TOKEN_PATH)), 1)

    def test_a_missing_one_is_named(self):
        for scopes, lacks in (("read:jira-user",
                               ["manage:jira-configuration"]),
                              (oauth.GRANULAR.replace(
                                  " read:audit-log:jira", ""),
                               ["read:audit-log:jira"])):
            with self.subTest(scopes):
                site = self.scoped(scopes)
                rows = self.rows(code=77)
                self.assertEqual(self.verdicts(rows),
                                 ["ok", "failed", "ok", "ok"])
                self.assertEqual(rows["jira_audit"]["lacks"], lacks)
                self.assertIn("lacks a scope",
                              rows["jira_audit"]["error"]["hint"])
                # One login, and none to cure what no login can.
                self.assertEqual(len(site.requests(oauth.TOKEN_PATH)), 1)
                self.assertIn(f"jira_audit: the token lacks {lacks[0]}\n",
                              self.check(code=77).out)

    def test_without_a_list_nothing_is_claimed(self):
        self.job(self.site())
        self.assertIsNone(self.rows()["jira_audit"]["lacks"])

    def test_a_refresh_token_is_spent_once(self):
        site = self.site(args=[
            "--oauth-client", f"{oauth.CLIENT}={oauth.CLIENT_SECRET}",
            "--oauth-refresh", oauth.FIRST_REFRESH])
        self.job(site.url + oauth.GATEWAY, endpoints={
            "jira": {"auth": oauth.refresh_auth(site)}})
        self.rows()
        self.assertEqual(len(site.requests(oauth.TOKEN_PATH)), 1)
        self.rows()

    def test_a_login_that_fails(self):
        self.scoped(oauth.CLASSIC)
        rows = self.rows(code=77, env={"ROLLCALL_TEST_CLIENT": "wrong"})
        self.assertEqual(self.verdicts(rows), ["failed"] * 4)
        self.assertIn("access_denied", rows["jira_users"]["error"]["message"])


class Expiry(CheckCase):
    def warning(self, **auth):
        self.job(self.site(), endpoints={"jira": {"auth": auth}})
        self.rows()
        return self.document["credentials"][0]

    def day(self, days):
        return time.strftime("%Y-%m-%d",
                             time.gmtime(time.time() + days * 86400))

    def test_a_day_that_is_far(self):
        found = self.warning(expires=self.day(30))
        self.assertEqual(found["expires"], self.day(30) + "T00:00:00Z")
        self.assertIsNone(found["warning"])
        self.assertIsNone(self.warning()["expires"])

    def test_a_day_that_is_near_or_past(self):
        for days, words in ((10, "in 9 days"), (-10, "10 days ago")):
            with self.subTest(days):
                found = self.warning(expires=self.day(days))
                self.assertIn("endpoint jira", found["warning"])
                self.assertIn(words, found["warning"])

    def test_extract_warns_too(self):
        self.job(self.site(), endpoints={"jira": {"auth": {
            "expires": self.day(3)}}})
        self.assertIn("credential endpoint jira: its secret ends",
                      self.extract().err)

    def test_past_it_a_refusal_says_so(self):
        self.job(self.site(args=["--token", "another"]),
                 endpoints={"jira": {"auth": {"expires": self.day(-10)}}})
        hint = self.rows(code=77)["jira_users"]["error"]["hint"]
        self.assertIn("the secret of endpoint jira ended", hint)
        self.assertIn("make a new one", hint)

    def test_a_session_that_is_a_jwt_tells_its_end(self):
        end = int(time.time()) + 3 * 86400
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode())
                 .decode().rstrip("=")
                 for part in ({"alg": "RS256"}, {"sub": "x", "exp": end})]
        session = ".".join([*parts, "c2lnbmF0dXJl"])
        site = self.site(args=["--session", session])
        self.everything(site)
        self.rows(env={"ROLLCALL_TEST_SESSION": session})
        found = {row["endpoint"]: row for row in self.document["credentials"]}
        self.assertEqual(
            found["adminhub"]["expires"],
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end)))
        self.assertIn("in 2 days", found["adminhub"]["warning"])


class Text(CheckCase):
    def table(self, text):
        return text.split("\n\n")[1].splitlines()

    def test_columns_are_straight(self):
        site = self.faulty(status_rule(AUDIT, 403))
        self.everything(site)
        lines = self.table(self.check(code=77).out)
        self.assertEqual(len(lines), 1 + len(EVERYTHING))
        starts = [match.start() for match in re.finditer(r"\S+", lines[0])]
        self.assertEqual(len(starts), 8)
        for line in lines:
            self.assertEqual(line, line.rstrip())
            for start in starts[1:]:
                self.assertEqual(line[start - 2:start], "  ", line)
                self.assertNotEqual(line[start], " ", line)
        widest = max(len(line[:starts[1]].rstrip()) for line in lines)
        self.assertEqual(starts[1], widest + 2)

    def test_it_says_what_the_document_says(self):
        site = self.faulty(status_rule(AUDIT, 403))
        self.everything(site)
        rows = self.rows(code=77)
        lines = self.table(self.check(code=77).out)[1:]
        for line, (name, row) in zip(lines, rows.items()):
            found = re.split(r" {2,}", line)
            answer = {None: "-", True: "yes", False: "no"}
            self.assertEqual(found[:7], [
                name, row["verdict"], answer[row["reachable"]],
                answer[row["permitted"]], str(row["rows"] or "-"),
                *(re.sub(r"\.\d+", "", row[end] or "-")
                  for end in ("oldest", "newest"))])

    def test_a_failure_is_told_once_with_its_hint(self):
        self.job(self.site(args=["--token", "another"]))
        out = self.check(code=77).out
        self.assertEqual(out.count("is not accepted"), 1)
        self.assertEqual(out.count("hint: as for jira_users"), 3)
        self.assertIn("jira_users: failed: http://", out)

    def test_no_colour_and_no_escape(self):
        self.job(self.site())
        self.assertNotIn("\x1b", self.check("--color", "always").out)


if __name__ == "__main__":
    unittest.main()
