"""The signature of a manifest: made by rollcall and checked by openssl, made by
openssl and checked by rollcall, and what it finds that hashes cannot."""
import gzip
import json
import os
import re
import shutil
import stat
import subprocess
import unittest
from pathlib import Path

import damage
import harness
from keys import ENCRYPTED, make_key, openssl
from published import RUN, Case, Run, edit_manifest, rewrite

MANIFEST = "manifest.json"
SEAL = MANIFEST + ".sig"
HIVE_SEAL = "_" + SEAL
CSV = "inactive_users-00001.csv.gz"
JSONL = "inactive_users-00001.jsonl.gz"
SITE = None


def setUpModule():
    global SITE
    SITE = unittest.enterModuleContext(harness.FakeSite())


class Signed(Case):
    """A folder with key pairs; its output is signed by `key`."""

    OUTPUT = {}

    @classmethod
    def setUpClass(cls):
        cls.first = cls("runTest")
        cls.first.setUp()
        make_key(cls.first.folder / "key")
        make_key(cls.first.folder / "other")
        cls.first.job(SITE, output=cls.OUTPUT)
        cls.first.extract("--sign-key", "key")

    @classmethod
    def tearDownClass(cls):
        cls.first.doCleanups()

    def runTest(self):
        """Only to be made; unittest wants a name."""

    def setUp(self):
        super().setUp()
        if self is not self.first:
            shutil.copytree(self.first.folder, self.folder, symlinks=True,
                            dirs_exist_ok=True)
            self.run_ = Run(self.out / RUN)

    first = None

    def restore(self):
        shutil.rmtree(self.out)
        shutil.copytree(self.first.out, self.out, symlinks=True)

    def verify(self, path="out", key="key.pub", code=0):
        return self.rollcall("verify", "--public-key", key, path, code=code)

    def finds(self, file, words, path="out", key="key.pub"):
        err = self.verify(path, key, 65).err
        self.assertRegex(err, rf" finding {re.escape(file)}: {words}")
        return err


class Flat(Signed):
    def openssl_verify(self, name=SEAL, code=0):
        return openssl("pkeyutl", "-verify", "-pubin", "-inkey",
                       self.folder / "key.pub", "-rawin", "-in",
                       self.run_.folder / MANIFEST, "-sigfile",
                       self.run_.folder / name, code=code)

    def test_openssl_checks_ours(self):
        self.assertIn("Successfully", self.openssl_verify())
        path = self.run_.folder / MANIFEST
        path.write_bytes(path.read_bytes() + b" ")
        self.openssl_verify(code=1)

    def test_the_commands_of_the_readme(self):
        """An auditor without rollcall, word for word."""
        text = (harness.ROOT / "README.md").read_text()
        text = text[text.index("## Sign and audit"):]
        block = next(block for block in re.findall(r"```\n(.*?)```", text,
                                                   re.S)
                     if block.startswith("cd RUN_FOLDER\n"))
        script = "set -e\n" + block.replace("RUN_FOLDER", str(
            self.run_.folder)).replace("sign.pub", str(
                self.folder / "key.pub"))
        run = ["bash", "-o", "pipefail", "-c", script]
        done = subprocess.run(run, capture_output=True, text=True, check=True)
        self.assertIn("Verified Successfully", done.stdout)
        self.assertIn(f"{CSV}: OK", done.stdout)
        part = self.run_.folder / CSV
        part.write_bytes(part.read_bytes()[:-1])
        self.assertNotEqual(subprocess.run(run, capture_output=True,
                                           check=False).returncode, 0)

    def test_openssl_makes_the_same(self):
        openssl("pkeyutl", "-sign", "-inkey", self.folder / "key", "-rawin",
                "-in", self.run_.folder / MANIFEST, "-out",
                self.folder / "sig")
        self.assertEqual((self.folder / "sig").read_bytes(),
                         (self.run_.folder / SEAL).read_bytes())

    def test_what_openssl_signed_later(self):
        self.rollcall("extract", "-c", "rollcall.json", "--as-of",
                      "2026-11-23T03:00:00Z", "--out", "late")
        folder = self.folder / "late" / "20261123T030000Z"
        self.finds(SEAL, "is missing", "late")
        openssl("pkeyutl", "-sign", "-inkey", self.folder / "key", "-rawin",
                "-in", folder / MANIFEST, "-out", folder / SEAL)
        self.verify("late")
        self.rollcall("verify", "late")

    def test_it_is_a_private_file_of_64_bytes(self):
        told = (self.run_.folder / SEAL).stat()
        self.assertEqual((told.st_size, stat.S_IMODE(told.st_mode)),
                         (64, 0o600))
        self.assertEqual(self.run_.facts()["signature"], "ed25519")

    def test_by_any_name_of_the_run_and_without_a_key(self):
        for path in ("out", f"out/{RUN}", f"out/{RUN}/{MANIFEST}"):
            self.verify(path)
            self.rollcall("verify", path)

    def test_another_key(self):
        self.finds(SEAL, "is not the signature of manifest.json by this key",
                   key="other.pub")

    def test_only_the_signature_finds_an_edit_that_fits(self):
        """Part, manifest and done files agree: hashes prove nothing."""
        for name in (CSV, JSONL):
            rewrite(self.run_, name, lambda lines: lines.pop(), -1)
        edit_manifest(self.run_, lambda manifest: manifest["x-rollcall"]
                      ["datasets"][0].update(rows=40))
        self.rollcall("verify", "out")
        err = self.finds(SEAL, "is not the signature of manifest.json")
        self.assertEqual(err.count(" finding "), 1)

    def test_an_edited_time_of_a_copied_run(self):
        copy = self.folder / "elsewhere" / "copy"
        shutil.copytree(self.run_.folder, copy)
        path = copy / MANIFEST
        path.write_bytes(re.sub(rb'"elapsedMs": \d+', b'"elapsedMs": 1',
                                path.read_bytes()))
        self.rollcall("verify", copy)
        self.finds(SEAL, "is not the signature of", copy)

    def test_a_missing_signature(self):
        (self.run_.folder / SEAL).unlink()
        self.finds(SEAL, "is missing")
        # The manifest says that there is one.
        self.assertIn(f"{SEAL}: is missing",
                      self.rollcall("verify", "out", code=65).err)

    def test_the_claim_to_be_signed_taken_away_with_it(self):
        (self.run_.folder / SEAL).unlink()
        edit_manifest(self.run_, lambda manifest: manifest["x-rollcall"]
                      .pop("signature"))
        self.rollcall("verify", "out")
        self.finds(SEAL, "is missing")

    def test_a_damaged_signature(self):
        path = self.run_.folder / SEAL
        whole = path.read_bytes()
        for at in (0, 31, 32, 63):
            path.write_bytes(damage.flip(whole, at, at % 8))
            self.finds(SEAL, "is not the signature of manifest.json")
            self.rollcall("verify", "out")  # nobody asked
        for text in (b"", whole[:63], whole + b"\n", bytes(64)[:10]):
            path.write_bytes(text)
            self.finds(SEAL, "is no signature")
            self.rollcall("verify", "out", code=65)
        for spoil in (damage.replace_by_link, damage.replace_by_pipe):
            path.write_bytes(whole)
            spoil(path)
            self.finds(SEAL, "is no signature")
            path.unlink()

    def test_damage_is_found_besides(self):
        path = self.run_.folder / CSV
        path.write_bytes(path.read_bytes()[:-1])
        self.assertIn(f"{CSV}: gzip data is cut off",
                      self.verify(code=65).err)
        (self.run_.folder / MANIFEST).write_text("{")
        err = self.finds(SEAL, "is not the signature")
        self.assertIn(f"finding {MANIFEST}: ", err)

    def test_public_keys_that_are_none(self):
        make_key(self.folder / "rsa", "-pkeyopt", "rsa_keygen_bits:1024",
                 algorithm="RSA")
        (self.folder / "empty").write_text("")
        for key, code, text in (
                ("rsa.pub", 78, "holds an RSA key, and not an Ed25519 key"),
                ("key", 78, "holds a private key"),
                ("empty", 78, "holds no whole public key in PEM"),
                ("nowhere", 66, "nowhere")):
            result = self.verify(key=key, code=code)
            self.assertIn("--public-key: ", result.err)
            self.assertIn(text, result.err)
            self.assertEqual(result.out, "")

    def test_clean_takes_it_along(self):
        for day in (24, 25):
            self.extract("--sign-key", "key", as_of=f"2026-11-{day}T02:00:00Z")
        told = self.rollcall("clean", "-c", "rollcall.json", "--keep", "1")
        self.assertEqual(told.json()["removed"], [RUN])
        self.verify()

    def test_a_run_that_is_there_already(self):
        self.assertEqual(self.extract("--sign-key", "key").json()["status"],
                         "already")
        self.assertEqual(self.extract().json()["status"], "already")
        err = self.extract("--sign-key", "other", code=65).err
        self.assertIn("is not the signature of its manifest by this key", err)
        self.extract("--sign-key", "other", "--force")
        self.verify(key="other.pub")

    def test_a_run_that_is_there_unsigned(self):
        self.extract("--out", "plain")
        err = self.extract("--out", "plain", "--sign-key", "key",
                           code=65).err
        self.assertIn("is published already, and not signed", err)
        self.extract("--out", "plain", "--sign-key", "key", "--force")
        self.verify("plain")

    def test_delivery_brings_it_before_the_manifest(self):
        target = self.folder / "target"
        target.mkdir()
        self.job(SITE, deliver=[{"type": "dir", "path": str(target)}])
        self.rollcall("deliver", "-c", "rollcall.json", RUN)
        self.verify(target / RUN)
        order = [target / RUN / name for name in (CSV, SEAL, MANIFEST)]
        (self.run_.folder / SEAL).unlink()
        err = self.rollcall("deliver", "-c", "rollcall.json", RUN,
                            code=65).err
        self.assertIn("lacks a signature", err)
        times = [path.stat().st_mtime_ns for path in order]
        self.assertEqual(times, sorted(times))


class Hive(Signed):
    OUTPUT = {"layout": "hive"}

    def hive(self):
        return next(self.out.glob("dataset=*/*/*"))

    def test_each_folder_has_its_own(self):
        self.verify()
        folder = self.hive()
        self.verify(folder)
        openssl("pkeyutl", "-verify", "-pubin", "-inkey",
                self.folder / "key.pub", "-rawin", "-in",
                folder / "_manifest.json", "-sigfile", folder / HIVE_SEAL)
        self.rollcall("verify", folder)

    def test_damaged(self):
        folder = self.hive()
        name = f"{folder.relative_to(self.out)}/{HIVE_SEAL}"
        path = folder / HIVE_SEAL
        whole = path.read_bytes()
        path.write_bytes(damage.flip(whole, 3, 1))
        self.finds(name, "is not the signature of _manifest.json")
        self.finds(HIVE_SEAL, "is not the signature of _manifest", folder)
        self.rollcall("verify", "out")
        path.unlink()
        self.finds(name, "is missing")
        self.finds(HIVE_SEAL, "is missing", folder)
        self.rollcall("verify", "out", code=65)

    def test_edited_to_fit(self):
        folder = self.hive()
        elsewhere = self.folder / "elsewhere" / "part"
        shutil.copytree(folder, elsewhere)
        text = (elsewhere / CSV).read_bytes()
        packed = gzip.compress(gzip.decompress(text), 1, mtime=0)
        (elsewhere / CSV).write_bytes(packed)
        path = elsewhere / "_manifest.json"
        manifest = json.loads(path.read_text())
        manifest["resources"][0].update(bytes=len(packed),
                                        hash=damage.sha256(packed))
        path.write_text(json.dumps(manifest))
        self.rollcall("verify", elsewhere)
        self.finds(HIVE_SEAL, "is not the signature", elsewhere)

    def test_a_folder_that_is_lost_needs_the_key(self):
        shutil.rmtree(self.hive())
        err = self.extract(code=78).err
        self.assertIn("lacks the signature", err)
        self.assertIn("--sign-key", err)
        self.extract("--sign-key", "key")
        self.verify()


class Keys(Case):
    """Where the key comes from, and what is no key."""

    def setUp(self):
        super().setUp()
        self.public = make_key(self.folder / "key")

    def pem(self):
        return (self.folder / "key").read_text()

    def good(self, result):
        self.assertEqual(result.code, 0)
        self.rollcall("verify", "--public-key", self.public, "out")

    def test_of_the_job(self):
        self.job(SITE, sign={"file": "key"})
        self.good(self.extract())
        self.job(SITE, sign={"env": "SIGNER"}, output={"dir": "env"})
        self.extract(env={"SIGNER": self.pem()})
        self.rollcall("verify", "--public-key", self.public, "env")
        self.job(SITE, sign={"command": ["cat", "key"]},
                 output={"dir": "command"})
        self.extract()
        self.rollcall("verify", "--public-key", self.public, "command")
        err = self.rollcall("extract", "--as-of", "2026-11-25T02:00:00Z",
                            code=78).err
        self.assertIn("command cat is not run", err)

    def test_the_flag_goes_before_the_job(self):
        other = make_key(self.folder / "other")
        self.job(SITE, sign={"file": "key"})
        self.extract(env={"ROLLCALL_SIGN_KEY": "other"})
        self.rollcall("verify", "--public-key", other, "out")

    def refused(self, *texts, job=None, env=None, flag=("--sign-key", "bad")):
        self.job(SITE, **(job or {}))
        before = len(SITE.requests())
        err = self.extract(*flag, code=78, env=env).err
        for text in texts:
            self.assertIn(text, err)
        for line in self.pem().splitlines()[1:-1]:
            self.assertNotIn(line, err)
        self.assertEqual(len(SITE.requests()), before)
        self.assert_nothing_published()

    def test_a_key_that_others_can_read(self):
        bad = self.folder / "bad"
        shutil.copy(self.folder / "key", bad)
        for mode in (0o640, 0o604, 0o620):
            bad.chmod(mode)
            self.refused("bad is open to group or others", "chmod 600")

    def test_keys_of_another_kind(self):
        bad = self.folder / "bad"
        for algorithm, options, text in (
                ("RSA", ["-pkeyopt", "rsa_keygen_bits:1024"], "an RSA key"),
                ("EC", ["-pkeyopt", "ec_paramgen_curve:P-256"], "an EC key"),
                ("ed448", [], "an Ed448 key"),
                ("x25519", [], "an X25519 key")):
            make_key(bad, *options, algorithm=algorithm)
            self.refused(f"bad: holds {text}, and not an Ed25519 key",
                         "openssl genpkey")
        make_key(bad, *ENCRYPTED)
        self.refused("bad: the key has a passphrase")

    def test_damaged_keys(self):
        bad, whole = self.folder / "bad", self.pem()
        public = self.public.read_text()
        for text, said in (("", "empty"), ("\n", "empty"),
                           (whole[:60], "no whole private key"),
                           (whole.replace("MC4", "MC5"),
                            "no whole private key"),
                           (whole.split("\n", 1)[1], "no whole private key"),
                           (public, "holds a public key"),
                           ("x" * 20000, "more than"),
                           (whole.replace("M", "\0", 1), "control")):
            bad.write_text(text)
            bad.chmod(0o600)
            self.refused(said)
        bad.unlink()
        self.refused("cannot open bad")
        bad.mkdir()
        self.refused("bad")

    def test_the_job_names_what_is_wrong(self):
        for sign, text in ((self.pem(), "a secret is never written"),
                           ({"file": "key", "env": "X"}, "exactly one"),
                           ({"env": self.pem()}, "is not the name")):
            self.refused("sign", text, job={"sign": sign}, flag=())

    def test_check_looks_at_it(self):
        self.job(SITE, sign={"file": "key"})
        found = self.rollcall("check", "-c", "rollcall.json", "--json")
        row = found.json()["sources"][-1]
        self.assertEqual((row["name"], row["kind"], row["verdict"]),
                         ("sign", "key", "ok"))
        (self.folder / "key").chmod(0o644)
        found = self.rollcall("check", "-c", "rollcall.json", code=78)
        self.assertRegex(found.out, r"(?m)^sign +failed")
        self.assertIn("key is open to group or others", found.out)
        self.assertIn("chmod 600", found.out)

    def test_it_is_nowhere_but_in_its_place(self):
        """Not in the output, the log, a recording, or another command."""
        secret = "".join(self.pem().splitlines()[1:-1])
        spy = self.folder / "spy"
        spy.write_text("#!/bin/sh\nenv >seen\ncat /proc/$PPID/cmdline >>seen\n"
                       f"printf '%s' {harness.TOKEN}\n")
        spy.chmod(0o700)
        self.job(SITE, sign={"env": "SIGNER"}, endpoints={"jira": {"auth": {
            "secret": {"env": None, "command": ["./spy"]}}}})
        result = self.extract("--verbose", "--record", "tape",
                              env={"SIGNER": self.pem()})
        self.assertIn("PATH=", (self.folder / "seen").read_text())
        (self.folder / "key").unlink()
        texts = [result.out, result.err]
        for folder, _, names in os.walk(self.folder):
            for name in names:
                data = Path(folder, name).read_bytes()
                if name.endswith(".gz"):
                    data = gzip.decompress(data)
                texts.append(data.decode(errors="replace"))
        self.assertGreater(len(texts), 5)
        for text in texts:
            self.assertNotIn(secret, text)


# Only a base: it has no tests of its own.
del Signed


if __name__ == "__main__":
    unittest.main()
