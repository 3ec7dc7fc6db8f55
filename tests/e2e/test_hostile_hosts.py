"""Whatever a server says, credentials go to the endpoint's host alone."""
import base64
import json
import socket
import unittest
from urllib.parse import parse_qs, urlsplit

import area
import harness
import wire
from hostile import (SEARCH, USERS, Another, Case, answer, head,
                     no_memory_in_it, page)

PAIR = base64.b64encode(f"{harness.USER}:{harness.TOKEN}".encode()).decode()
LOGIN = f"Authorization: Basic {PAIR}"


def setUpModule():
    area.count("hostile answers")


@no_memory_in_it
class Elsewhere(Case):
    def setUp(self):
        super().setUp()
        self.other = self.enterContext(Another())

    def untouched(self):
        self.assertEqual(self.other.connections, 0)

    def test_another_host_is_not_found_by_accident(self):
        """What must not come would be seen."""
        with socket.create_connection((Another.host, self.other.port)) as s:
            s.recv(1)
        self.assertEqual(self.other.connections, 1)

    def test_redirects_of_every_kind(self):
        host = f"{Another.host}:{self.other.port}"
        targets = (f"http://{host}{SEARCH}", f"//{host}/steal",
                   f"http://127.0.0.1@{host}/")
        for n, status in enumerate((300, 301, 302, 303, 307, 308)):
            target = targets[n % 3]
            with self.subTest(f"{status} {target}"):
                server = self.server(lambda stream, _: stream.sendall(
                    answer(b"", f"Location: {target}",
                           status=f"{status} Moved")))
                run = self.run_at(server)
                self.assert_refused(run, 77, f"answered {status}",
                                    Another.host)
                self.assertEqual(len(server.asked()), 1)
        self.untouched()

    def test_headers_that_mean_another_place(self):
        url = f"http://{Another.host}:{self.other.port}/"
        headers = (f"Refresh: 0; url={url}", f"Content-Location: {url}",
                   f"Location: {url}", f'Link: <{url}>; rel="next"',
                   f'Alt-Svc: http/1.1="{Another.host}:{self.other.port}"',
                   "Connection: keep-alive", f"Host: {Another.host}")

        def say(stream, target):
            stream.sendall(answer(page(target), *headers))
            return True
        self.assert_all_there(self.run_at(self.server(say)))
        self.untouched()

    def test_challenges_are_not_answered(self):
        """Not with another scheme, not to a proxy that is none."""
        for status, code in (("401 Unauthorized", 77),
                             ("407 Proxy Authentication Required", 78)):
            with self.subTest(status):
                server = self.server(lambda stream, _: stream.sendall(
                    answer(b"{}", "WWW-Authenticate: Negotiate",
                           'WWW-Authenticate: Digest realm="x", nonce="y"',
                           "WWW-Authenticate: NTLM",
                           'Proxy-Authenticate: Basic realm="x"',
                           status=status)))
                run = self.run_at(server)
                self.assert_refused(run, code, f"answered {status[:3]}")
                self.assertEqual(len(server.asked()), 1)
                self.assertIn(LOGIN, server.asked()[0])
                self.assertNotIn("Proxy-Auth", server.asked()[0])


@no_memory_in_it
class Cookies(Case):
    def test_cookies_are_not_kept(self):
        cookies = [f"Set-Cookie: {name}; Path=/" for name in (
            "session=theirs", "atlassian.xsrf.token=t; HttpOnly",
            "a=b; Domain=127.0.0.1; Max-Age=99999999")]

        def say(stream, target):
            stream.sendall(answer(page(target), *cookies))
            return True
        server = self.server(say)
        self.assert_all_there(self.run_at(server))
        self.assertGreater(len(server.asked()), 2)
        for text in server.heads:
            self.assertNotIn("\ncookie:", text.lower())

    def test_our_own_is_sent_alone(self):
        """A server cannot put its value in place of the job's."""
        def say(stream, target):
            stream.sendall(answer(page(target), "Set-Cookie: s=theirs",
                                  "Set-Cookie: more=1"))
            return True
        server = self.server(say)
        self.assert_all_there(self.run_at(server, endpoints={"jira": {
            "auth": {"type": "cookie", "name": "s", "user": None}}}))
        for text in server.heads:
            self.assertIn(f"\r\nCookie: s={harness.TOKEN}\r\n", text + "\r\n")


@no_memory_in_it
class Tls(Case):
    def setUp(self):
        super().setUp()
        self.authority = wire.Authority(self.folder)
        self.trust = {"jira": {"ca_file": str(self.folder / "ca.pem")}}

    def good(self, say):
        context = self.authority.context("IP:127.0.0.1")
        return self.server(say, tls=context)

    def test_an_expired_certificate(self):
        context = self.authority.context("IP:127.0.0.1", days=-1)
        server = self.server(None, tls=context)
        run = self.run_at(server, endpoints=self.trust)
        self.assert_refused(run, 69, "certificate not accepted", "expired")
        self.assertEqual(server.heads, [])

    def test_an_old_version(self):
        context = self.authority.context("IP:127.0.0.1")
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = \
            wire.ssl.TLSVersion.TLSv1_1
        server = self.server(None, tls=context)
        run = self.run_at(server, endpoints=self.trust)
        self.assert_refused(run, 69, "TLS handshake failed")
        self.assertEqual(server.heads, [])

    def test_a_downgrade(self):
        """To plain http on the same host, where our token could be read."""
        plain = self.server(lambda stream, _: None)
        for status in (301, 308):
            server = self.good(lambda stream, _: stream.sendall(
                answer(b"", f"Location: {plain.url}{SEARCH}",
                       status=f"{status} Moved")))
            run = self.run_at(server, endpoints=self.trust)
            self.assert_refused(run, 77, f"answered {status}", "127.0.0.1")
            self.assertIn(LOGIN, server.heads[0])
        self.assertEqual(plain.connections, 0)

    def test_a_body_cut_without_goodbye(self):
        """HTTP/1.0 ends by closing, which a stranger in between can do."""
        server = self.good(lambda stream, target: stream.sendall(
            head(version="HTTP/1.0 200 OK") + page(target)[:-20]))
        run = self.run_at(server, endpoints=self.trust)
        self.assert_refused(run, 69, "answer cut short")


class Cursors(Case):
    """links.next names another host: only its cursor is taken."""
    PATH = "/admin/v1/orgs/acme/users"

    def test_a_next_page_elsewhere(self):
        other = self.enterContext(Another())
        pages = [USERS[n:n + 10] for n in range(0, len(USERS), 10)]

        def say(stream, target):
            query = parse_qs(urlsplit(target).query)
            number = int(query.get("cursor", ["0"])[0])
            links = {} if number + 1 == len(pages) else {
                "next": f"{other.url}/steal?cursor={number + 1}&x=y#z"}
            stream.sendall(answer(json.dumps({
                "data": [member(user) for user in pages[number]],
                "links": links}).encode()))
            return True
        server = self.server(say, self.PATH)
        run = self.managed(server)
        self.assert_all_there(run)
        self.assertEqual([text.split()[1] for text in server.asked()],
                         [self.PATH, self.PATH + "?cursor=1",
                          self.PATH + "?cursor=2"])
        for text in server.asked():
            self.assertIn(f"Authorization: Bearer {harness.TOKEN}", text)
            self.assertIn(f"Host: 127.0.0.1:{server.port}", text)
        self.assertEqual(other.connections, 0)

    def test_a_cursor_that_would_break_the_request(self):
        """It goes out encoded; one without bound ends the run."""
        cursor = "a\r\nX-Evil: 1\r\n\r\nGET /steal HTTP/1.1 \u0001&x=/../#?"
        for text, code, words in ((cursor, 65, "cursor"),
                                  ("x" * 100_000, 65, "too long")):
            with self.subTest(text[:9]):
                server = self.server(lambda stream, _: stream.sendall(
                    answer(json.dumps({
                        "data": [member(user) for user in USERS],
                        "links": {"next": text}}).encode())) or True,
                    self.PATH)
                self.assert_refused(self.managed(server), code, words)
                for asked in server.heads:
                    self.assertNotIn("\nX-Evil", asked)
                    self.assertTrue(asked.startswith("GET /admin/v1/orgs/"))

    def managed(self, server):
        auth = {"type": "bearer", "secret": {"env": harness.TOKEN_VARIABLE}}
        return self.run_at(
            server, users="org_managed_users", endpoints={
                "jira": None, "admin": {"url": server.url, "auth": auth,
                                        "organisation": "acme"}})


def member(user):
    """As the list of managed accounts shows an account."""
    return {"account_id": user["accountId"], "name": user["displayName"],
            "account_type": "atlassian",
            "account_status": "active" if user["active"] else "inactive"}


if __name__ == "__main__":
    unittest.main()
