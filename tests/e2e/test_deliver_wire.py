"""Delivering to S3 and Azure under faults: nothing lost, nothing early."""
import hashlib
import re
import signal
import unittest
import unittest.mock
from pathlib import Path

import harness
from landing import DONE, EXTRA, HIVE, PLACE, RUN, SECRETS, Landing
from landing_azure import Azure, sas
from landing_s3 import PIECE_LEAST, S3
from wire import Authority

BIG = PIECE_LEAST * 2 + 12345


class Kinds:
    """What S3 and Azure have in common; server() is one of them."""

    def run_against(self, server, **changes):
        self.targets(server.target(**changes))
        return server

    def test_all_arrives_in_order(self):
        with self.server() as server:
            self.run_against(server)
            result = self.deliver()
            self.assertEqual(self.verdicts(result), ["sent"])
            self.assert_delivered(server.found(PLACE))
            puts = [key.partition(PLACE)[2] for key in server.puts()]
            self.assert_order(puts)
            self.assert_never_early(server)
            before = len(server.puts())
            self.assertEqual(self.verdicts(self.deliver()), ["already"])
            self.assertEqual(len(server.puts()), before)

    def test_what_passes_is_tried_again(self):
        with self.server() as server:
            server.rules = [{"method": "PUT", "key": key, "do": deed}
                            for key, deed in self.passing]
            self.run_against(server)
            self.deliver()
            self.assertEqual([rule["times"] for rule in server.rules],
                             [0] * len(server.rules))
            self.assert_delivered(server.found(PLACE))
            self.assert_never_early(server)

    def test_what_does_not_pass_ends_it_and_is_finished_later(self):
        with self.server() as server:
            self.targets(server.target(), retry_for="0s")
            for key, deed, code, words in self.lasting:
                with self.subTest((key, deed)):
                    server.objects.clear()
                    server.snapshots.clear()
                    server.rules = [{"method": "PUT", "key": key, "do": deed,
                                     "times": 99}]
                    self.assertIn(words, self.deliver(code=code).err)
                    self.assertNotIn(self.key(DONE), server.objects)
                    server.rules = []
                    self.deliver()
                    self.assert_delivered(server.found(PLACE))
                    self.assert_never_early(server)

    def test_a_kill_at_any_file(self):
        for key, number in (("csv", signal.SIGKILL),
                            ("manifest.json", signal.SIGTERM),
                            (".done", signal.SIGKILL)):
            with self.subTest(key), self.server() as server:
                server.rules = [{"method": "PUT", "key": key, "do": "hang"}]
                self.run_against(server)
                process = self.start_deliver()
                self.assertTrue(server.hanging.wait(30))
                self.kill(process, number)
                self.assertNotIn(self.key(DONE), server.objects)
                self.deliver()
                self.assert_delivered(server.found(PLACE))
                self.assert_never_early(server)

    def test_a_done_file_without_the_rest_is_taken_away(self):
        with self.server() as server:
            self.run_against(server)
            self.deliver()
            server.objects.pop(self.key(EXTRA))
            server.snapshots.clear()
            server.log.clear()
            result = self.deliver()
            self.assertIn("taken away until", result.err)
            self.assertEqual([one[:2] for one in server.log
                              if one[0] in ("PUT", "DELETE")],
                             [("DELETE", self.key(DONE)),
                              ("DELETE", self.key(f"{HIVE}/_SUCCESS")),
                              ("PUT", self.key(EXTRA)),
                              ("PUT", self.key(f"{HIVE}/_SUCCESS")),
                              ("PUT", self.key(DONE))])
            self.assert_never_early(server)

    def key(self, name):
        return PLACE + name

    def test_a_target_that_hides_what_it_has(self):
        """Write permission alone: all is sent, each time."""
        with self.server() as server:
            self.hide(server)
            self.assertEqual(self.verdicts(self.deliver()), ["sent"])
            self.assertEqual(self.verdicts(self.deliver()), ["sent"])
            self.assert_delivered(server.found(PLACE))
            self.assert_never_early(server)

    def test_nobody_is_there(self):
        with self.server() as server:
            self.targets(server.target(), retry_for="0s")
        self.assertIn("cannot connect", self.deliver(code=69).err)


class ToS3(Kinds, Landing):
    passing = (("csv", 503), ("jsonl", "cut"), (EXTRA, "spoil"),
               ("manifest.json", "lost"), (".lst", 400), (".done", "slow"))
    lasting = (("csv", 503, 69, "gave up after"),
               ("jsonl", "spoil", 69, "arrived as something else"),
               ("manifest.json", 403, 77, "s3:PutObject"),
               (".done", "cut", 69, "gave up after"),
               (EXTRA, "redirect", 77, "redirects"))

    def server(self):
        return S3()

    def hide(self, server):
        server.write_only = True
        self.run_against(server)

    def test_any_key_is_signed_right(self):
        with S3() as server:
            self.run_against(server, prefix="a=b c+d:e~f/é%(1)!*'/")
            self.deliver()
            self.assert_delivered(server.found("a=b c+d:e~f/é%(1)!*'/"))

    def test_a_session_token_is_signed_and_sent(self):
        with S3(token=SECRETS["LANDING_TOKEN"]) as server:
            self.run_against(server, session_token={"env": "LANDING_TOKEN"})
            self.deliver()
            self.assert_delivered(server.found(PLACE))
            self.run_against(server)
            self.assertIn("InvalidToken", self.deliver(code=77).err)

    def test_an_access_key_may_be_a_reference(self):
        with S3() as server:
            self.run_against(server, access_key={"env": "LANDING_ACCESS"})
            self.deliver(env={"LANDING_ACCESS": "AKROLLCALL"})

    def test_refusals_have_their_cure(self):
        with S3() as server:
            for changes, words in (
                    ({"secret": {"env": "OTHER"}}, "check secret"),
                    ({"access_key": "AKOTHER"}, "check access_key"),
                    ({"region": "eu-x-2"}, "check region"),
                    ({"bucket": "nowhere"}, "no such bucket")):
                with self.subTest(words):
                    self.run_against(server, **changes)
                    err = self.deliver(code=77, env={"OTHER": "x"}).err
                    self.assertIn(words, err)
            self.assertEqual(server.objects, {})

    def test_certificates_are_checked(self):
        authority = Authority(self.folder)
        with S3() as server:
            server.http.socket = authority.context("IP:127.0.0.1").wrap_socket(
                server.http.socket, server_side=True)
            target = server.target(
                endpoint=server.url.replace("http:", "https:"))
            self.targets(target)
            self.assertIn("ca_file", self.deliver(code=69).err)
            self.assertEqual(server.log, [])
            self.targets({**target, "ca_file": str(authority.file)})
            self.deliver()
            self.assert_delivered(server.found(PLACE))

    def test_an_object_says_what_it_is(self):
        with S3() as server:
            self.run_against(server)
            self.deliver()
            for name, (sha256, kind, _) in server.meta.items():
                body = server.objects[name]
                self.assertEqual(sha256, hashlib.sha256(body).hexdigest())
                self.assertEqual(kind, {
                    "gz": "application/gzip", "json": "application/json",
                    "done": "application/json"}.get(
                        name.rpartition(".")[2], "application/octet-stream"))


class Pieces(Landing):
    """A file above multipart_above."""

    def setUp(self):
        super().setUp()
        self.big = self.out / EXTRA
        self.big.write_bytes(bytes(range(256)) * (BIG // 256) + b"end")

    def target(self, server):
        self.targets(server.target(multipart_above="5MiB"), retry_for="1s")

    def test_it_arrives_whole(self):
        with S3() as server:
            server.rules = [{"method": "PUT", "key": EXTRA, "do": "cut"},
                            {"method": "POST", "key": EXTRA, "do": 503}]
            self.target(server)
            self.deliver()
            self.assert_delivered(server.found(PLACE))
            self.assert_never_early(server)
            self.assertEqual(server.uploads, {})
            self.assertTrue(
                server.meta[PLACE + EXTRA][2].endswith("-3"))
            self.assertEqual(self.verdicts(self.deliver()), ["already"])

    def test_a_failure_leaves_no_pieces(self):
        with S3() as server:
            server.rules = [{"method": "PUT", "key": EXTRA, "do": "slow"},
                            {"method": "PUT", "key": EXTRA, "do": 403,
                             "times": 99}]
            self.target(server)
            self.deliver(code=77)
            self.assertEqual((server.uploads, server.snapshots), ({}, []))
            self.assertNotIn(PLACE + EXTRA, server.objects)

    def fail_with(self, rules, code, words):
        with S3() as server:
            server.rules = [{"key": EXTRA, "times": 99, **rule}
                            for rule in rules]
            self.target(server)
            err = self.deliver(code=code).err
            self.assertIn(words, err)
            self.assertEqual(server.snapshots, [])
            self.assertNotIn(PLACE + EXTRA, server.objects)
            return server.uploads, err

    def test_an_upload_that_may_not_begin(self):
        uploads, _ = self.fail_with([{"method": "POST", "do": 403}], 77,
                                    "beginning an upload in pieces")
        self.assertEqual(uploads, {})

    def test_what_answers_like_no_s3(self):
        for method, words in (("POST", "answers without an UploadId"),
                              ("PUT", "answers a piece without an ETag")):
            with self.subTest(method):
                uploads, err = self.fail_with(
                    [{"method": method, "do": "blank"}], 69, words)
                self.assertEqual(uploads, {})
                self.assertIn("see that the url is of an S3 service", err)

    def test_pieces_that_cannot_be_taken_back_are_told(self):
        uploads, err = self.fail_with([{"method": "PUT", "do": 403},
                                       {"method": "DELETE", "do": 403}], 77,
                                      "sending a piece")
        self.assertEqual(len(uploads), 1)
        self.assertRegex(err, "warn.*deliver.*its pieces stay at the server")

    def test_a_signal_leaves_no_pieces(self):
        with S3() as server:
            server.rules = [{"method": "PUT", "key": EXTRA, "do": "hang"}]
            self.target(server)
            process = self.start_deliver()
            self.assertTrue(server.hanging.wait(30))
            self.kill(process, signal.SIGTERM)
            self.assertEqual((server.uploads, server.snapshots), ({}, []))


class ToAzure(Kinds, Landing):
    passing = ((EXTRA, 503), ("csv", "spoil"), (".done", "lost"),
               ("manifest.json", 400))
    lasting = (("manifest.json", "cut", 69, "gave up after"),
               ("csv", 403, 77, "check sas"),
               (EXTRA, "spoil", 69, "arrived as something else"))

    def server(self):
        return Azure()

    def hide(self, server):
        self.run_against(server)
        self.enterContext(unittest.mock.patch.dict(
            SECRETS, {"LANDING_SAS": sas("cw")}))

    def test_what_it_knows_of_a_blob_is_used(self):
        """Copied by others, a blob may have lost one of its sums, or both."""
        changed = self.key(f"{RUN}/inactive_users-00001.csv.gz")
        for forgets in (0, 1, 2):
            with self.subTest(forgets), Azure(forgets) as server:
                self.run_against(server)
                self.deliver()
                good = server.objects[changed]
                server.objects[changed] = b"x" + good[1:]
                server.objects[self.key(EXTRA)] = b"x"
                server.log.clear()
                self.deliver()
                self.assert_delivered(server.found(PLACE))
                # With _SUCCESS and the done file; all that may be another
                # when its sums are gone.
                self.assertEqual(len(server.puts()) == 4, forgets < 2)

    def test_refusals_have_their_cure(self):
        with Azure() as server:
            for value, code, words in (
                    (sas("r"), 77, "create and write"),
                    (sas()[:-3] + "xyz", 77, "check sas"),
                    ("https://a.example", 78, "no shared access")):
                with self.subTest(words):
                    self.run_against(server)
                    err = self.deliver(code=code,
                                       env={"LANDING_SAS": value}).err
                    self.assertIn(words, err)
            self.run_against(server, url=f"{server.url}/elsewhere")
            self.assertIn("no such container", self.deliver(code=77).err)
            self.assertEqual(server.objects, {})


@unittest.skipIf(harness.is_sanitized(), "the memory measured would be the sanitizer's")
class Memory(Landing):
    def peak(self, server, size):
        (self.out / EXTRA).write_bytes(bytes(size))
        server.rules = [{"method": "PUT", "key": "manifest.json",
                         "do": "hang"}]
        server.hanging.clear()
        process = self.start_deliver()
        self.assertTrue(server.hanging.wait(60))
        status = Path(f"/proc/{process.pid}/status").read_text()
        self.kill(process)
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])

    def test_a_large_file_is_not_held(self):
        with S3() as server:
            self.targets(server.target())
            small, large = (self.peak(server, size)
                            for size in (1000, 40_000_000))
            self.assertEqual(len(server.objects[PLACE + EXTRA]), 40_000_000)
            self.assertLess(large, small + 4096)


if __name__ == "__main__":
    unittest.main()
