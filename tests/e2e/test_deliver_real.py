"""Delivering to real servers: OpenSSH's sshd, and s3rver from npm."""
import os
import signal
import stat
import unittest

from landing import (BESIDE, DATE, DONE, EXTRA, EXTRA_BYTES, PLACE, RUN,
                     SECRETS, Landing)
from landing_real import Cutter, S3rver, Sshd

sshd = s3rver = None


def setUpModule():
    global sshd, s3rver
    sshd = unittest.enterModuleContext(Sshd())
    s3rver = unittest.enterModuleContext(S3rver())


class ToS3rver(Landing):
    def deliver(self, **options):
        return super().deliver(env={"LANDING_SECRET": "S3RVER"}, **options)

    def test_all_arrives(self):
        self.targets(s3rver.target())
        self.deliver()
        self.assert_delivered(s3rver.found(PLACE))
        self.assertEqual(self.verdicts(self.deliver()), ["already"])

    def test_keys_of_any_kind(self):
        prefix = "a=b c+d:e/"
        self.targets(s3rver.target(prefix=prefix))
        self.deliver()
        self.assert_delivered(s3rver.found(prefix))

    def test_a_wrong_secret_is_refused(self):
        self.targets(s3rver.target(prefix="wrong", secret={"env": "OTHER"}))
        result = Landing.deliver(self, code=77, env={"OTHER": "x"})
        self.assertIn("SignatureDoesNotMatch", result.err)
        self.assertEqual(s3rver.found("wrong/"), {})


class ToSftp(Landing):
    def setUp(self):
        super().setUp()
        self.path = f"/{self.id().rpartition('.')[2]}"
        self.there = sshd.drop / self.path[1:]

    def target(self, port=None, **changes):
        self.targets(sshd.target(self.path + "/dt={date}", port, **changes))

    def found(self):
        root = self.there / f"dt={DATE}"
        return {str(path.relative_to(root)): path.read_bytes()
                for path in root.rglob("*") if path.is_file()}

    def test_all_arrives(self):
        self.target(known_hosts=str(sshd.known_hosts), fingerprint=None)
        self.drop_none()
        self.assertEqual(self.verdicts(self.deliver()), ["sent"])
        self.assert_delivered(self.found())
        for path in self.there.rglob("*"):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode),
                             0o700 if path.is_dir() else 0o600, path)
        self.assertEqual(self.verdicts(self.deliver()), ["already"])

    def drop_none(self):
        """fingerprint: None in a target leaves it out."""
        path = self.folder / "rollcall.json"
        path.write_text(path.read_text().replace(
            '"fingerprint": null,', ""))

    def test_what_is_missing_or_differs_is_mended(self):
        self.target()
        self.deliver()
        root = self.there / f"dt={DATE}"
        (root / EXTRA).write_bytes(b"x" * EXTRA_BYTES)
        (root / BESIDE).write_bytes(b"longer than it should be" * 99)
        (root / RUN / "manifest.json").write_bytes(b"")
        result = self.deliver()
        self.assertEqual(result.json()["deliveries"][0]["sent"], 5)
        self.assertIn(f"{DONE} is there before", result.err)
        self.assert_delivered(self.found())

    def test_a_key_with_a_passphrase(self):
        self.target(key={"file": str(sshd.locked_key)},
                    passphrase={"env": "PHRASE"})
        self.deliver(env={"PHRASE": "open sesame"})
        self.assert_delivered(self.found())
        self.assertIn("login not accepted",
                      self.deliver(env={"PHRASE": "wrong"}, code=77).err)

    def test_a_host_that_is_another(self):
        wrong = self.folder / "hosts"
        wrong.write_text("elsewhere ssh-ed25519 "
                         f"{(sshd.folder / 'other.pub').read_text()}")
        for changes in ({"fingerprint": "SHA256:" + "A" * 43},
                        {"fingerprint": None, "known_hosts": str(wrong)}):
            with self.subTest(changes):
                self.target(**changes)
                self.drop_none()
                err = self.deliver(code=77).err
                self.assertIn("host key not accepted", err)
                self.assertFalse(self.there.exists())

    def test_keys_that_do_not_open(self):
        loose = self.folder / "loose"
        loose.write_bytes(sshd.key.read_bytes())
        loose.chmod(0o644)
        for key, code, words in (
                (sshd.folder / "other", 77, "login not accepted"),
                (self.folder / "none", 78, "cannot open"),
                (loose, 78, "chmod 600")):
            with self.subTest(words):
                self.target(key={"file": str(key)})
                self.assertIn(words, self.deliver(code=code).err)

    def test_a_cut_is_mended(self):
        with Cutter(sshd.port, EXTRA_BYTES // 2) as between:
            self.target(between.port)
            result = self.deliver()
            self.assertTrue(between.reached.is_set())
            self.assertIn("again in", result.err)
            self.assert_delivered(self.found())

    def test_a_kill_in_the_middle_of_a_file(self):
        with Cutter(sshd.port, EXTRA_BYTES // 2, hang=True) as between:
            self.target(between.port)
            process = self.start_deliver()
            self.assertTrue(between.reached.wait(30))
            self.kill(process, signal.SIGKILL)
            names = {os.path.basename(name) for name in self.found()}
            self.assertNotIn(os.path.basename(EXTRA), names)
            self.assertNotIn(os.path.basename(DONE), names)
            self.deliver()
            self.assert_delivered(self.found())

    def test_nobody_is_there(self):
        self.targets(sshd.target(self.path, port=9), retry_for="0s")
        self.assertIn("cannot connect", self.deliver(code=69).err)


if __name__ == "__main__":
    unittest.main()
