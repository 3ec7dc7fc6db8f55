"""Service accounts that log in with OAuth: sites, jobs, and what may not be
told of them."""
import json
import stat

import attempt
import harness
import runs

CLIENT, CLIENT_SECRET = "fakesite-client", "fakesite-client-secret-1B2C"
FIRST_REFRESH = "fakesite-refresh-0-first"
ENV = {"ROLLCALL_TEST_CLIENT": CLIENT_SECRET,
       "ROLLCALL_TEST_REFRESH": FIRST_REFRESH}
CLOUD = "b3a1c5d2-0000-4000-8000-00000000acee"
GATEWAY = f"/ex/jira/{CLOUD}"
TOKEN_PATH = "/oauth/token"
MYSELF = GATEWAY + runs.SEARCH.replace("users/search", "myself")
CLASSIC = "read:jira-user manage:jira-configuration"
GRANULAR = ("read:user:jira read:application-role:jira read:avatar:jira "
            "read:group:jira read:audit-log:jira")
# How many requests a token serves that ends on the way. More than are under
# way at once: else all its uses may be unanswered when it is refused again,
# which nobody can tell from a token that never was good.
USES = 5


def client_auth(site, **members):
    return {"type": "oauth_client", "token_url": site.url + TOKEN_PATH,
            "client_id": CLIENT, "secret": {"env": "ROLLCALL_TEST_CLIENT"},
            "user": None, **members}


def refresh_auth(site, **members):
    return client_auth(site, type="oauth_refresh",
                       refresh_token={"env": "ROLLCALL_TEST_REFRESH"},
                       token_file="tokens/jira", **members)


class Case(attempt.RunCase):
    def oauth_site(self, *rules, refresh=False, scopes=None, args=(),
                   **scenario):
        args = ["--oauth-client", f"{CLIENT}={CLIENT_SECRET}", *args]
        if refresh:
            args += ["--oauth-refresh", FIRST_REFRESH]
        if scopes is not None:
            args += ["--scopes", scopes]
        return self.site(*rules, args=args, **scenario)

    @property
    def token_file(self):
        return self.folder / "tokens" / "jira"

    def run_with(self, site, auth, *args, env=None, **job):
        endpoints = {"jira": {"url": site.url + GATEWAY, "auth": auth}}
        return self.extract(site.url, *args, env={**ENV, **(env or {})},
                            endpoints=endpoints, **job)

    def by_client(self, site, *args, **job):
        return self.run_with(site, client_auth(site), *args, **job)

    def by_refresh(self, site, *args, **job):
        return self.run_with(site, refresh_auth(site), *args, **job)

    def logins(self, site):
        """The bodies sent to the token endpoint."""
        return [json.loads(row["body"])
                for row in site.requests(TOKEN_PATH)]

    def assert_kept(self, token):
        """TOKEN is in the file, which nobody else may read."""
        self.assertEqual(self.token_file.read_text(), token + "\n")
        self.assertEqual(stat.S_IMODE(self.token_file.lstat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.token_file.parent.stat().st_mode),
                         0o700)
        self.assertEqual({path.name for path in
                          self.token_file.parent.iterdir()},
                         {"jira", "jira.lock"})


def assert_no_secret(case, text, where):
    for word in (CLIENT_SECRET, "fakesite-access-", "fakesite-refresh-"):
        case.assertNotIn(word, text, where)


__all__ = ["Case", "assert_no_secret", "harness"]
