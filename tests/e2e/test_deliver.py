"""Delivering a published run: to a folder, and what is the same for all."""
import stat
import unittest

from landing import DATE, DONE, EXTRA, RUN, SECRETS, Landing
from landing_azure import Azure
from landing_s3 import S3


class Folder(Landing):
    def setUp(self):
        super().setUp()
        self.there = self.folder / "mount" / f"dt={DATE}" / RUN
        self.target = {"type": "dir", "path": "mount/dt={date}/{run}"}
        self.targets(self.target)

    def found(self):
        return {str(path.relative_to(self.there)): path.read_bytes()
                for path in self.there.rglob("*") if path.is_file()}

    def test_all_of_a_run_is_copied(self):
        result = self.deliver()
        self.assert_delivered(self.found())
        one, = result.json()["deliveries"]
        self.assertEqual(one, {
            "target": "deliver[0]", "type": "dir", "to": str(self.there),
            "verdict": "sent", "files": len(self.files()),
            "sent": len(self.files()),
            "bytes": sum(map(len, self.files().values()))})
        self.assertIn(f"sent {len(self.files())} of", result.err)
        for path in self.there.rglob("*"):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode),
                             0o700 if path.is_dir() else 0o600, path)
        # A copy is a run like any other.
        (self.there / EXTRA).unlink()
        self.rollcall("verify", self.there / RUN)

    def test_what_is_there_is_not_sent_again(self):
        self.deliver()
        times = {path: path.stat().st_mtime_ns
                 for path in self.there.rglob("*") if path.is_file()}
        result = self.deliver()
        self.assertEqual(self.verdicts(result), ["already"])
        self.assertEqual(times, {path: path.stat().st_mtime_ns
                                 for path in times})

    def test_what_is_missing_or_differs_is_mended(self):
        self.deliver()
        (self.there / EXTRA).write_bytes(b"x")
        (self.there / RUN / "manifest.json").unlink()
        result = self.deliver("--result-json", "result.json")
        # With the two that announce it.
        self.assertEqual(result.json()["deliveries"][0]["sent"], 4)
        self.assertIn("taken away until", result.err)
        self.assert_delivered(self.found())
        self.assertEqual((self.folder / "result.json").read_text(),
                         result.out)

    def test_leftovers_of_the_dead_are_no_hindrance(self):
        self.deliver()
        (self.there / DONE).unlink()
        (self.there / f".tmp-{DONE}").write_text("half")
        self.deliver()
        self.assert_delivered(self.found())

    def test_the_latest(self):
        self.assertEqual(self.deliver(run="latest").json()["run"], RUN)

    def test_no_such_run(self):
        for run, code, words in (("20200101T000000Z", 66, "no such run"),
                                 ("out/latest", 64, "is no run")):
            self.assertIn(words, self.deliver(run=run, code=code).err)

    def test_a_damaged_run_goes_nowhere(self):
        part = next((self.out / RUN).glob("*.csv.gz"))
        good = part.read_bytes()
        for bad, words in ((good[:-1], "not what the manifest says"),
                           (b"x" * len(good), "not what the manifest says"),
                           (None, "lacks files")):
            part.unlink()
            if bad is not None:
                part.write_bytes(bad)
            self.assertIn(words, self.deliver(code=65).err)
            self.assertFalse(self.there.exists())
            part.write_bytes(good)
        part.rename(part.with_name("moved"))
        part.symlink_to("moved")
        self.assertIn("no plain file", self.deliver(code=65).err)

    def test_a_run_without_done_file_goes_nowhere(self):
        (self.out / DONE).unlink()
        self.assertIn("lacks a done file", self.deliver(code=65).err)

    def test_the_output_directory_may_be_named(self):
        """The targets are the job's all the same."""
        self.rollcall("deliver", "--out", self.out, RUN)
        self.assert_delivered(self.found())
        (self.folder / "rollcall.json").unlink()
        self.assertIn("rollcall.json", self.rollcall(
            "deliver", "--out", self.out, RUN, code=66).err)

    def test_the_output_directory_is_no_target(self):
        self.targets({"type": "dir", "path": "out"})
        self.assertIn("itself", self.deliver(code=78).err)

    def test_a_folder_that_cannot_be_made(self):
        (self.folder / "mount").write_text("a file")
        self.assertIn("cannot create", self.deliver(code=73).err)

    def test_what_is_no_file_there_is_left_alone(self):
        self.deliver()
        for name in (EXTRA, DONE):
            with self.subTest(name):
                path = self.there / name
                path.unlink()
                path.mkdir()
                err = self.deliver(code=73).err
                self.assertIn(f"{name}: what is there is no file", err)
                self.assertIn("move it away there", err)
                self.assertTrue(path.is_dir())
                path.rmdir()
                self.deliver()
                self.assert_delivered(self.found())

    def test_a_lock_is_kept(self):
        with S3() as server:
            server.rules = [{"method": "PUT", "do": "hang"}]
            self.targets(server.target())
            process = self.start_deliver()
            self.assertTrue(server.hanging.wait(30))
            self.assertIn(f"run {RUN}", self.deliver(code=75).err)
            self.kill(process)


class Several(Landing):
    def test_one_failing_target_hinders_no_other(self):
        with S3() as first, Azure() as second, S3() as third:
            first.rules = [{"do": 503, "times": 99}]
            second.rules = [{"method": "PUT", "do": 403, "times": 99}]
            self.targets(first.target(name="far"), second.target(),
                         third.target(name="near"), retry_for="0s")
            result = self.deliver(code=77)
            self.assertEqual(self.verdicts(result),
                             ["failed", "failed", "sent"])
            document = result.json()
            self.assertEqual([one.get("error")
                              for one in document["deliveries"]],
                             ["unavailable", "auth", None])
            self.assertEqual((document["status"], document["exit"]),
                             ("failed", 77))
            self.assertIn("deliver[1]", document["message"])
            for words in ("far", "in 0 s: 503", "AuthenticationFailed",
                          "rollcall deliver"):
                self.assertIn(words, result.out + result.err)
            first.rules = second.rules = []
            result = self.deliver()
            self.assertEqual(self.verdicts(result),
                             ["sent", "sent", "already"])

    def test_a_job_without_targets(self):
        self.targets()
        self.assertIn("names no targets", self.deliver(code=78).err)

    def test_a_missing_secret_is_told_of_its_target_alone(self):
        with S3() as server:
            self.targets(server.target(secret={"env": "NOT_SET_AT_ALL"}),
                         {"type": "dir", "path": "mount"})
            result = self.deliver(code=78)
            self.assertEqual(self.verdicts(result), ["failed", "sent"])
            self.assertIn("NOT_SET_AT_ALL", result.err)
            self.assertEqual(server.log, [])


class Extract(Landing):
    """extract delivers what it published."""

    def extract_to(self, server, *args, code=0, retry_for="1s", **options):
        site = self.site()
        self.job(site, deliver=[server.target()],
                 limits={"retry_for": retry_for})
        return self.extract("--out", self.folder / "fresh", *args, code=code,
                            env=SECRETS, **options)

    def test_it_delivers_after_the_publish(self):
        with S3() as server:
            result = self.extract_to(server)
            document = result.json()
            self.assertEqual(document["status"], "published")
            self.assertEqual(self.verdicts(result), ["sent"])
            # The state has learnt from the run before it was sent.
            self.assertLess(result.err.index("published"),
                            result.err.index("sent"))
            result = self.extract_to(server)
            self.assertEqual(result.json()["status"], "already")
            self.assertEqual(self.verdicts(result), ["already"])

    def test_a_failed_delivery_leaves_the_run_published(self):
        with S3() as server:
            server.rules = [{"method": "PUT", "key": "manifest", "do": 503,
                             "times": 99}]
            result = self.extract_to(server, code=69, retry_for="0s")
            document = result.json()
            self.assertEqual((document["status"], document["exit"],
                              document["error"]),
                             ("undelivered", 69, "unavailable"))
            self.assertEqual(document["datasets"][0]["rows"], 41)
            self.assertIn(f"rollcall deliver {RUN}", document["hint"])
            self.rollcall("verify", document["dir"])
            self.assertEqual(server.snapshots, [])
            server.rules = []
            result = self.rollcall("deliver", "-c", "rollcall.json", "--out",
                                   self.folder / "fresh", RUN, env=SECRETS)
            self.assertEqual(self.verdicts(result), ["sent"])
            self.assertLess(result.json()["deliveries"][0]["sent"],
                            result.json()["deliveries"][0]["files"])

    def test_not_when_told_not_to(self):
        with S3() as server:
            result = self.extract_to(server, "--no-deliver")
            self.assertNotIn("deliveries", result.json())
            self.assertIn("left to rollcall deliver", result.err)
            self.assertEqual(server.log, [])

    def test_a_replayed_run_is_not_delivered(self):
        with S3() as server:
            self.extract_to(server, "--no-deliver", "--record", "pages")
            result = self.extract("--out", self.folder / "again", "--replay",
                                  "pages", env=SECRETS)
            self.assertIn("replayed", result.err)
            self.assertEqual(server.log, [])


class Job(Landing):
    def test_mistakes_are_told(self):
        sftp = {"type": "sftp", "url": "sftp://h/drop", "user": "u",
                "key": {"file": "k"}, "known_hosts": "kh"}
        s3 = {"type": "s3", "bucket": "landing", "region": "r",
              "access_key": "A", "secret": {"env": "S"}}
        azure = {"type": "azure", "url": "https://a.example/c",
                 "sas": {"env": "S"}}
        for target, words in (
                ({}, "deliver[0].type: missing"),
                ({"type": "s4"}, "did you mean"),
                ({**s3, "buckets": "x"},
                 'unknown key "buckets"; did you mean "bucket"'),
                ({"type": "s3"}, "deliver[0].bucket: missing"),
                ({**s3, "secret": "hidden"}, "deliver[0].secret"),
                ({**s3, "prefix": "../up"}, "deliver[0].prefix"),
                ({**s3, "prefix": "/up"}, "deliver[0].prefix"),
                ({**s3, "prefix": "dt={day}"}, "{date} and {run}"),
                ({**s3, "endpoint": "http://far.example"}, "https://"),
                ({**s3, "multipart_above": "1MiB"}, "out of range"),
                ({**azure, "url": "https://a.example/c?sig=hidden"},
                 "without query"),
                ({**azure, "bucket": "x"}, "unknown key"),
                ({**sftp, "url": "sftp://me@h/drop"}, "deliver[0].url"),
                ({**sftp, "url": "sftp://h/my drop"}, "deliver[0].url"),
                ({**sftp, "url": "ftp://h/drop"}, "deliver[0].url"),
                ({**sftp, "known_hosts": None}, "deliver[0].known_hosts"),
                ({**sftp, "fingerprint": "SHA256:" + "a" * 43},
                 "either known_hosts or fingerprint"),
                ({**sftp, "fingerprint": "aa:bb"}, "ssh-keygen -l"),
                ({**sftp, "key": {"env": "KEY"}}, "deliver[0].key"),
                ({"type": "dir"}, "deliver[0].path: missing")):
            with self.subTest(words):
                self.targets(target)
                err = self.deliver(code=78).err
                self.assertIn(words, err)
                self.assertNotIn("hidden", err)

    def test_a_key_is_a_file(self):
        (self.folder / "keys").mkdir()
        (self.folder / "key").touch(mode=0o600)
        sftp = {"type": "sftp", "url": "sftp://127.0.0.1:9/drop",
                "user": "u"}
        for changes, words in (
                ({"key": {"file": "keys"}, "known_hosts": "key"},
                 r"key: .*/keys is no regular file"),
                ({"key": {"file": "key"}, "known_hosts": "keys"},
                 r"known_hosts: .*/keys is no regular file"),
                ({"key": {"file": "none"}, "known_hosts": "key"},
                 r"key: cannot open .*/none")):
            with self.subTest(words):
                self.targets({**sftp, **changes})
                self.assertRegex(self.deliver(code=78).err, words)

    def test_plan_lists_them(self):
        self.targets({"type": "dir", "path": "/mnt/dt={date}"},
                     {"type": "s3", "bucket": "landing", "name": "lake",
                      "region": "eu-central-1", "access_key": "A",
                      "prefix": "in", "secret": {"env": "NOT_SET"}})
        out = self.rollcall("plan", "-c", "rollcall.json").out
        self.assertIn("deliver   deliver[0]: /mnt/dt={date}\n"
                      "deliver   lake: s3://landing/in/\n", out)


class Check(Landing):
    """check asks each target one question that changes nothing."""

    def check(self, *targets, code=0, env=None):
        site = self.site()
        self.job(site, deliver=list(targets))
        result = self.rollcall("check", "-c", "rollcall.json", "--json",
                               code=code, env={**SECRETS, **(env or {})})
        return [row for row in result.json()["sources"]
                if row["kind"] == "target"]

    def test_targets_that_are_there(self):
        with S3() as s3, S3(write_only=True) as hiding, Azure() as azure:
            rows = self.check(s3.target(), hiding.target(), azure.target(),
                              {"type": "dir", "path": "not/yet/there"})
            self.assertEqual([(row["verdict"], row["reachable"],
                               row["permitted"]) for row in rows],
                             [("ok", True, True), ("ok", True, None),
                              ("ok", True, True), ("ok", True, True)])
            self.assertIn("each delivery sends all", rows[1]["note"])
            self.assertFalse((self.folder / "not").exists())
            for server in (s3, hiding, azure):
                self.assertEqual(server.objects, {})
                self.assertEqual(len(server.log), 1)

    def test_targets_that_refuse(self):
        (self.folder / "file").write_text("x")
        with S3() as s3, Azure() as azure:
            rows = self.check(s3.target(secret={"env": "OTHER"}),
                              azure.target(sas={"env": "OTHER"}),
                              {"type": "dir", "path": "file/below"},
                              s3.target(name="lake", bucket="nowhere"),
                              code=77, env={"OTHER": "sp=rw&sig=x"})
            self.assertEqual([(row["verdict"], row["error"]["kind"])
                              for row in rows],
                             [("failed", "auth"), ("failed", "auth"),
                              ("failed", "cant_create"), ("failed", "auth")])
            for row, words in zip(rows, ("check secret", "check sas", None,
                                         "check bucket")):
                self.assertIn(words or "", row["error"]["hint"] or "")


if __name__ == "__main__":
    unittest.main()
