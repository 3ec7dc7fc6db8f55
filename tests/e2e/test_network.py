"""What a user gets when the network or the site is not as it should be."""
import email.utils
import time
import unittest

import harness
import wire
from attempt import RunCase

MYSELF = "/rest/api/3/myself"
SEARCH = "/rest/api/3/users/search"
AUDIT = "/rest/api/3/auditing/record"
PASSING = (408, 409, 425, 429, 500, 502, 503, 504)
BRIEF = {"retry_for": "2s"}
AT_ONCE_SECONDS = 5  # far below any wait that is not wanted


def fault(do, path=SEARCH, **more):
    return {"path": path, "do": do, **more}


def statuses(site, path):
    return [row["status"] for row in site.requests(path)]


class Retries(RunCase):
    def test_every_passing_status_is_asked_again(self):
        site = self.site(*(fault("status", AUDIT, status=status, nth=[n + 1])
                           for n, status in enumerate(PASSING)))
        run = self.extract(site.url)
        self.assert_published(run)
        seen = statuses(site, AUDIT)
        self.assertEqual(sorted(s for s in seen if s != 200), list(PASSING))
        self.assertEqual(run.source("jira_audit")["retries"], len(PASSING))
        self.assertEqual(run.source("jira_audit")["requests"], len(seen))

    def test_damaged_answers_are_asked_again(self):
        faults = ("reset", "cut", "cut_chunked", "garbage", "empty_body")
        for do in faults:
            with self.subTest(do):
                site = self.site(fault(do, first=1))
                run = self.extract(site.url, "--force")
                self.assert_published(run)
                self.assertGreaterEqual(len(site.requests(SEARCH)), 5)

    def test_half_an_answer_then_a_reset_is_asked_again(self):
        site = self.site(fault("reset", first=1, after="half"))
        run = self.extract(site.url)
        self.assert_published(run)
        self.assertGreaterEqual(run.source("jira_users")["retries"], 1)

    def test_a_pause_in_the_body_is_waited_out(self):
        site = self.site(fault("stall", first=1, ms=300))
        run = self.extract(site.url)
        self.assert_published(run)
        self.assertEqual(run.source("jira_users")["retries"], 0)

    def test_a_page_of_an_error_with_a_proxys_html_is_asked_again(self):
        site = self.site(fault("status", first=1, status=502,
                               type="text/html", body="<html>Bad Gateway"))
        self.assert_published(self.extract(site.url))

    def test_refusals_are_not_asked_again(self):
        codes = {400: 65, 401: 77, 403: 77, 404: 65, 410: 65}
        for status, code in codes.items():
            with self.subTest(status):
                site = self.site(fault("status", status=status))
                run = self.extract(site.url)
                self.assert_refused(run, code, f"answered {status}",
                                    "jira_users")
                self.assertTrue(run.result["hint"])
                self.assertEqual(statuses(site, SEARCH), [status])

    def test_retries_used_up_name_every_cause(self):
        site = self.site(fault("status", MYSELF, status=500, nth=[1]),
                         fault("status", MYSELF, status=503))
        run = self.extract(site.url, limits=BRIEF)
        self.assert_refused(run, 69, "jira_users", site.url,
                            "500 Internal Server Error (once)",
                            "503 Service Unavailable", "limits.retry_for")
        tries = len(site.requests(MYSELF))
        self.assertGreaterEqual(tries, 2)
        self.assertIn(f"gave up after {tries} tries", run.told)

    def test_garbage_for_ever_is_no_data(self):
        site = self.site(fault("garbage"))
        run = self.extract(site.url)
        self.assert_refused(run, 65, "jira_users", site.url, "not JSON",
                            "mappings/sources/jira_users.json")
        self.assertLess(len(site.requests(SEARCH)), 10)


class RetryAfter(RunCase):
    def limited(self, **headers):
        """Seconds between a 429 with these headers and the next request."""
        site = self.site(fault("status", MYSELF, status=429, first=1,
                               headers={name.replace("_", "-"): value
                                        for name, value in headers.items()}))
        relay = self.enterContext(wire.Relay(site.url))
        self.assert_published(self.extract(relay.url, "--force"))
        times = [at for at, head in relay.heads if b"/myself " in head]
        self.assertEqual(len(times), 2)
        return times[1] - times[0]

    def test_seconds_are_kept(self):
        self.assertGreaterEqual(self.limited(Retry_After="1"), 1)

    def test_a_date_is_kept(self):
        until = int(time.time()) + 2
        self.limited(Retry_After=email.utils.formatdate(until, usegmt=True))
        self.assertGreaterEqual(time.time(), until)

    def test_past_garbage_and_no_wait_cost_no_time(self):
        past = email.utils.formatdate(time.time() - 86400, usegmt=True)
        for value in ({"Retry_After": past}, {"Retry_After": "soon"},
                      {"Retry_After": "-5"}, {}):
            with self.subTest(value):
                self.assertLess(self.limited(**value), AT_ONCE_SECONDS)

    def test_limits_that_are_not_in_force_are_not_obeyed(self):
        self.assertLess(self.limited(
            Beta_Retry_After="3600", X_Beta_Retry_After="3600",
            Beta_RateLimit='"quota";r=0;t=3600', X_RateLimit_Remaining="0",
            X_RateLimit_Reset="2199-01-01T00:00Z"), AT_ONCE_SECONDS)

    def test_a_wait_beyond_the_budget_fails_at_once(self):
        for value in ("7200", "99999999999999999999"):
            with self.subTest(value):
                site = self.site(fault("status", status=429,
                                       headers={"Retry-After": value}))
                run = self.extract(site.url, limits={"retry_for": "1m"})
                self.assert_refused(run, 69, "429 Too Many Requests",
                                    "asked to wait", "limits.retry_for")
                self.assertLess(run.seconds, AT_ONCE_SECONDS)
                self.assertEqual(statuses(site, SEARCH), [429])

    def test_a_site_that_limits_its_rate_is_read_to_the_end(self):
        site = self.site(limit={"per_second": 4, "form": "absent"})
        run = self.extract(site.url)
        self.assert_published(run)
        self.assertIn(429, statuses(site, AUDIT) + statuses(site, SEARCH))


class Bodies(RunCase):
    def test_answers_are_taken_compressed(self):
        site = self.site()
        relay = self.enterContext(wire.Relay(site.url))
        run = self.extract(relay.url)
        self.assert_published(run)
        for _, head in relay.heads:
            self.assertRegex(head, rb"(?i)\r\naccept-encoding: [^\r]*gzip")
        users = run.source("jira_users")
        self.assertLess(users["wireBytes"] * 2, users["bodyBytes"])

    def test_a_body_above_its_ceiling_is_a_clean_error(self):
        for rule in (fault("bomb", mb=200), fault("endless")):
            with self.subTest(rule["do"]):
                site = self.site(rule)
                run = self.extract(site.url)
                self.assert_refused(run, 65, "jira_users", "body", "ceiling")
                self.assertEqual(len(site.requests(SEARCH)), 1)

    def test_headers_without_end_are_a_clean_error(self):
        server = self.enterContext(wire.EndlessHeaders())
        run = self.extract(server.url, limits=BRIEF)
        self.assert_refused(run, 65, "jira_users", "headers", "ceiling")

    def test_a_body_that_stalls_for_ever_ends_with_the_run(self):
        site = self.site(fault("stall", ms=60000))
        run = self.extract(site.url, limits={"run_for": "1s"})
        self.assert_refused(run, 75, "limits.run_for")
        self.assertLess(run.seconds, AT_ONCE_SECONDS)


class Bounds(RunCase):
    def test_one_connection_is_used_again_and_again(self):
        site = self.site()
        relay = self.enterContext(wire.Relay(site.url))
        self.assert_published(self.extract(relay.url,
                                           limits={"concurrency": 1}))
        self.assertEqual((relay.connections, relay.peak), (1, 1))
        self.assertGreater(len(relay.heads), 15)

    def test_concurrency_bounds_the_wire_and_not_the_outcome(self):
        for concurrency in (1, 2, 8):
            with self.subTest(concurrency):
                site = self.site(latency_ms=40)
                relay = self.enterContext(wire.Relay(site.url))
                run = self.extract(relay.url, "--force",
                                   limits={"concurrency": concurrency})
                self.assert_published(run)
                self.assertLessEqual(relay.peak, concurrency)
                self.assertGreater(relay.peak, concurrency / 2)
                self.assertLessEqual(relay.connections, concurrency)

    def test_the_rate_is_kept(self):
        rate, site = 12, self.site()
        relay = self.enterContext(wire.Relay(site.url))
        run = self.extract(relay.url, limits={"rate": {"jira": f"{rate}/s"}})
        self.assert_published(run)
        times = [at for at, _ in relay.heads]
        self.assertGreater(len(times), rate + 5)
        for first, start in enumerate(times):
            for last in range(first, len(times)):
                allowed = rate + rate * (times[last] - start) + 1.5
                self.assertLessEqual(last - first + 1, allowed)

    def test_the_runs_time_ends_it(self):
        site = self.site(latency_ms=150)
        run = self.extract(site.url, limits={"run_for": "1s",
                                             "concurrency": 1})
        self.assert_refused(run, 75, "limits.run_for: 1s are not enough",
                            "run again")
        self.assertGreaterEqual(run.seconds, 1)
        self.assertLess(run.seconds, AT_ONCE_SECONDS)


class Hosts(RunCase):
    def test_a_redirect_is_never_followed(self):
        other = self.enterContext(wire.Listener())
        site = self.site(fault("redirect", location=other.url + "/steal"))
        run = self.extract(site.url)
        self.assert_refused(run, 77, "answered 302", "redirect to 127.0.0.1")
        self.assertEqual(other.connections, 0)
        self.assertEqual(len(site.requests(SEARCH)), 1)

    def test_a_redirect_within_the_site_is_not_followed_either(self):
        site = self.site(fault("redirect", location=SEARCH + "?startAt=9"))
        self.assert_refused(self.extract(site.url), 77, "answered 302")
        self.assertEqual(len(site.requests(SEARCH)), 1)

    def test_the_site_knows_who_asks(self):
        site = self.site()
        code, version, _ = harness.run_rollcall(["--version"])
        self.assertEqual(code, 0)
        self.assert_published(self.extract(site.url))
        name = "/".join(version.split()[:2])
        self.assertRegex(name, r"^rollcall/\d+\.\d+\.\d+$")
        self.assertEqual({row["user_agent"] for row in site.requests()},
                         {name})

    def test_nobody_listens(self):
        site = self.site()
        site.stop()
        run = self.extract(site.url, limits={"retry_for": "1s"})
        self.assert_refused(run, 69, site.url, "cannot connect")

    def test_a_host_name_that_does_not_exist(self):
        host = "x" * 64 + ".test"  # too long a label: no name server is asked
        run = self.extract(f"https://{host}", limits={"retry_for": "1s"})
        self.assert_refused(run, 69, host, "host name not found")

    def test_plain_http_is_for_loopback_only(self):
        for url in ("http://example.test", "http://127.0.0.1.example.test",
                    "http://10.0.0.1:8080"):
            with self.subTest(url):
                self.assert_refused(self.extract(url), 78,
                                    "endpoints.jira.url", "https://")

    def test_a_proxy_of_the_environment_does_not_see_loopback(self):
        proxy = self.enterContext(wire.Listener())
        site = self.site()
        names = ("http_proxy", "https_proxy", "all_proxy", "ALL_PROXY")
        run = self.extract(site.url, env=dict.fromkeys(names, proxy.url))
        self.assert_published(run)
        self.assertEqual(proxy.connections, 0)


class Tls(RunCase):
    def setUp(self):
        super().setUp()
        self.authority = wire.Authority(self.folder)

    def relay(self, names):
        site = self.site()
        return self.enterContext(
            wire.Relay(site.url, self.authority.context(names)))

    def test_the_right_authority_is_trusted(self):
        relay = self.relay("IP:127.0.0.1")
        run = self.extract(relay.url,
                           endpoints={"jira": {"ca_file": "ca.pem"}})
        self.assert_published(run)

    def test_an_unknown_authority_is_refused(self):
        relay = self.relay("IP:127.0.0.1")
        run = self.extract(relay.url, limits=BRIEF)
        self.assert_refused(run, 69, relay.url, "certificate not accepted",
                            "endpoints.jira.ca_file")
        self.assertEqual((relay.connections, relay.heads), (1, []))

    def test_a_certificate_for_another_name_is_refused(self):
        relay = self.relay("DNS:elsewhere.test")
        run = self.extract(relay.url, limits=BRIEF,
                           endpoints={"jira": {"ca_file": "ca.pem"}})
        self.assert_refused(run, 69, relay.url, "certificate not accepted")
        self.assertEqual(relay.heads, [])

    def test_a_ca_file_that_is_none(self):
        relay = self.relay("IP:127.0.0.1")
        (self.folder / "empty.pem").write_text("no certificate\n")
        for name in ("nope.pem", "empty.pem"):
            with self.subTest(name):
                run = self.extract(relay.url, limits=BRIEF,
                                   endpoints={"jira": {"ca_file": name}})
                self.assert_refused(run, 78, "ca_file", "PEM")
                self.assertEqual(relay.heads, [])

    def test_a_server_that_speaks_no_tls(self):
        site = self.site()
        run = self.extract(site.url.replace("http:", "https:"),
                           limits={"retry_for": "1s"})
        self.assert_refused(run, 69, "TLS handshake failed")


if __name__ == "__main__":
    unittest.main()
