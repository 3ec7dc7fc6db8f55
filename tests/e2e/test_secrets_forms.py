"""Every kind of credential in every form is told to its endpoint and to
nobody else, whatever a server makes of it."""
import base64
import contextlib
import gzip
import json
import os
import resource
import signal
import stat
import subprocess
import time
import unittest
from pathlib import Path
from urllib.parse import quote

import area
import harness
import hostile
import oauth
from attempt import AS_OF, RunCase
from hostile import SEARCH, answer, no_memory_in_it, page

PLANTED = "ATATT3xFfGF0planted0A1B2C3D4E5F"
OTHER = "OTHERtokenInAnotherVariable9Z8Y"
FIRST = "planted-first-refresh-token-77"
COOKIE = "cloud.session.token"
VARIABLE = "ROLLCALL_TEST_PLANTED"
NOBODY = 65534
LEVELS = ((), ("--quiet",), ("--verbose",))
FORMATS = ((), ("--log-format", "json"))


def spellings(secret, user=harness.USER):
    """What a secret can look like on its way."""
    pair = base64.b64encode(f"{user}:{secret}".encode()).decode()
    plain = base64.b64encode(secret.encode()).decode()
    return {secret, secret.lower(), quote(secret, safe=""), secret[:16],
            pair, pair.lower(), pair[-20:].rstrip("="), plain[:20],
            secret.encode().hex()}


WORDS = spellings(PLANTED) | spellings(OTHER) | spellings(FIRST)


def contents(path):
    data = path.read_bytes()
    if path.suffix == ".gz":
        with contextlib.suppress(EOFError, gzip.BadGzipFile):
            data = gzip.decompress(data)
    return data.decode("latin-1")


def setUpModule():
    area.count("secrets")


class SecretCase(RunCase):
    def assert_clean(self, text, where):
        lower = text.lower()
        for word in WORDS:
            self.assertNotIn(word.lower(), lower, where)

    def assert_folder_clean(self, folder, but=()):
        seen = 0
        for path in Path(folder).rglob("*"):
            if path.is_file() and path.name not in but:
                self.assert_clean(contents(path), str(path))
                seen += 1
        return seen

    def form(self, kind):
        """A reference to the secret in one form."""
        if kind == "env":
            return {"env": VARIABLE}
        path = self.folder / "planted"
        path.write_text(PLANTED + "\n")
        path.chmod(0o600)
        return ({"file": str(path)} if kind == "file" else
                {"command": ["cat", str(path)]})

    def environment(self):
        return {VARIABLE: PLANTED, "ROLLCALL_TEST_OTHER": OTHER,
                "ROLLCALL_TEST_FIRST": FIRST}


@no_memory_in_it
class Forms(SecretCase):
    """Each kind in each form, with a record, a state and every log."""

    def auth(self, kind, form, url):
        secret = self.form(form)
        if kind.startswith("oauth"):
            more = {"refresh_token": {"env": "ROLLCALL_TEST_FIRST"},
                    "token_file": "tokens/jira"}
            return {"type": kind, "user": None, "secret": secret,
                    "token_url": url + oauth.TOKEN_PATH,
                    "client_id": oauth.CLIENT,
                    **(more if kind == "oauth_refresh" else {})}
        return {"type": kind, "secret": secret,
                **{"cookie": {"name": COOKIE, "user": None},
                   "bearer": {"user": None}}.get(kind, {})}

    def site_for(self, kind):
        args = {"basic": ["--token", PLANTED], "bearer": ["--bearer", PLANTED],
                "cookie": ["--cookie", f"{COOKIE}={PLANTED}"]}
        login = ["--oauth-client", f"{oauth.CLIENT}={PLANTED}"]
        if kind == "oauth_refresh":
            login += ["--oauth-refresh", FIRST]
        return self.site(args=args.get(kind, login))

    def run_with(self, site, kind, form, *args):
        url = site.url + (oauth.GATEWAY if kind.startswith("oauth") else "")
        auth = self.auth(kind, form, site.url)
        if "env" not in auth["secret"]:
            auth["secret"] = {"env": None, **auth["secret"]}
        return self.extract(site.url, *args, env=self.environment(),
                            endpoints={"jira": {"url": url, "auth": auth}})

    def test_every_kind_in_every_form(self):
        for kind in ("basic", "bearer", "cookie", "oauth_client",
                     "oauth_refresh"):
            site = self.site_for(kind)
            for form in ("env", "file", "command"):
                with self.subTest(f"{kind} {form}"):
                    run = self.run_with(site, kind, form, "--force",
                                        "--verbose", "--record",
                                        f"record-{kind}-{form}",
                                        "--result-json", "result.json")
                    self.assert_published(run)
                    self.assert_clean(run.out + run.err, "streams")
            self.assertGreater(self.assert_folder_clean(
                self.folder, but=("planted", "jira")), 10)
        for text in (site.log.read_text(), contents(self.folder / "planted")):
            with self.assertRaises(AssertionError):
                self.assert_clean(text, "where it must be")

    def test_every_log(self):
        site = self.site_for("basic")
        refusing = self.site({"path": SEARCH, "do": "status", "status": 403})
        for at, code in ((site, 0), (refusing, 77)):
            for level in LEVELS:
                for words in FORMATS:
                    with self.subTest(f"{level} {words} {code}"):
                        run = self.run_with(at, "basic", "env", "--force",
                                            *level, *words)
                        self.assertIn(run.code, (code, 77))
                        self.assert_clean(run.out + run.err, "streams")


class Echo(SecretCase, hostile.Case):
    """A server that puts what it was sent in every place of an answer."""

    def places(self, word):
        def status(p):
            return answer(p, status=f"200 {word}")

        def broken(p):
            return answer(p, status=f"{word} 200")
        body = json.dumps({"errorMessages": [word], word: word}).encode()
        return {
            "a reason": status, "a status": broken,
            "a version": lambda p: f"HTTP/{word} 200 OK\r\n\r\n".encode(),
            "a type": lambda p: answer(p, kind=f"application/{word}"),
            "another type": lambda p: answer(p, kind=word),
            "a header's name": lambda p: answer(p, f"{word}: x"),
            "an encoding": lambda p: answer(p, f"Content-Encoding: {word}"),
            "a transfer": lambda p: answer(p, f"Transfer-Encoding: {word}"),
            "a length": lambda p: answer(p, length=word),
            "a chunk": lambda p: hostile.head(
                "Transfer-Encoding: chunked") + word.encode() + b"\r\n",
            "a host": lambda p: answer(
                b"", f"Location: https://{word}.h.test/", status="302 Found"),
            "a path": lambda p: answer(
                b"", f"Location: /{word}", status="302 Found"),
            "a scheme": lambda p: answer(
                b"", f"Location: {word}://x/", status="302 Found"),
            "a wait": lambda p: answer(body, f"Retry-After: {word}",
                                       status="429 Too Many Requests"),
            "a challenge": lambda p: answer(
                body, f'WWW-Authenticate: Basic realm="{word}"',
                status="401 Unauthorized"),
            "a refusal": lambda p: answer(body, status="403 Forbidden"),
            "a fault": lambda p: answer(body, status="500 Oops"),
            "no JSON": lambda p: answer(word.encode()),
            "no array": lambda p: answer(body),
            "a name twice": lambda p: answer(
                f'[{{"{word}": 1, "{word}": 2}}]'.encode()),
            "members of an account": lambda p: answer(json.dumps(
                [{"accountId": "a", "active": word, "accountType": word,
                  word: word}] * 20).encode()),
        }

    def test_every_place(self):
        pair = base64.b64encode(
            f"{harness.USER}:{PLANTED}".encode()).decode()
        told = ("a type", "another type", "a host", "a version")
        for word in (PLANTED, pair.rstrip("=")):
            for name, say in self.places(word).items():
                if word != PLANTED and name not in told:
                    continue
                with self.subTest(f"{name} {word[:6]}"):
                    server = self.server(lambda stream, target, say=say:
                                         stream.sendall(say(page(target))))
                    run = self.run_at(server, "--verbose")
                    self.assertTrue(server.asked())
                    self.assert_clean(run.out + run.err, "streams")
                    self.assert_folder_clean(self.folder)

    def run_at(self, server, *args, **more):
        token = harness.TOKEN
        harness.TOKEN = PLANTED
        try:
            return super().run_at(server, *args, **more)
        finally:
            harness.TOKEN = token


@no_memory_in_it
class Children(SecretCase):
    """A command that tells a secret learns nothing of the others."""

    def test_command_line_and_environment(self):
        spy = self.folder / "spy.sh"
        spy.write_text("#!/bin/sh\ncp /proc/$$/cmdline seen.cmdline\n"
                       "cp /proc/$$/environ seen.environ\n"
                       "ls -l /proc/$$/fd > seen.fd\n"
                       "grep -i core /proc/$$/limits > seen.limits\n"
                       "cat planted\n")
        spy.chmod(0o700)
        (self.folder / "planted").write_text(PLANTED)
        site = self.site(args=["--token", PLANTED])
        run = self.extract(site.url, env=self.environment(), endpoints={
            "jira": {"auth": {"secret": {"env": None,
                                         "command": [str(spy)]}}},
            "planted": {"url": "https://h.test", "auth": {
                "type": "bearer", "secret": {"env": VARIABLE}}},
            "other": {"url": "https://h.test", "auth": {
                "type": "oauth_refresh", "client_id": "c",
                "token_url": "https://h.test/", "token_file": "t/f",
                "secret": {"env": "ROLLCALL_TEST_OTHER"},
                "refresh_token": {"env": "ROLLCALL_TEST_FIRST"}}}})
        self.assert_published(run)
        for name in ("cmdline", "environ"):
            self.assert_clean(contents(self.folder / f"seen.{name}"), name)
        self.assertIn("PATH=", contents(self.folder / "seen.environ"))
        self.assertRegex(contents(self.folder / "seen.limits"), r" 0 +0 ")
        held = contents(self.folder / "seen.fd")
        self.assertNotIn("rollcall.lock", held)
        self.assertNotIn("rollcall.db", held)


@no_memory_in_it
class Running(SecretCase):
    def started(self, site, **more):
        path = harness.make_job(self.folder, site.url,
                                mappings=["user_events"])
        process = self.enterContext(subprocess.Popen(
            [harness.binary("rollcall"), "extract", "-c", path, "--as-of",
             AS_OF, "--record", "record"], cwd=self.folder,
            env={**os.environ, harness.TOKEN_VARIABLE: PLANTED,
                 "TMPDIR": str(self.folder / "tmp"),
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more))
        self.addCleanup(process.kill)
        while len(site.requests()) < 6:
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        return process

    def test_files_while_it_runs(self):
        """Those with a name, and those that have none any more."""
        (self.folder / "tmp").mkdir(mode=0o700)
        site = self.site(args=["--token", PLANTED], latency_ms=60)
        process = self.started(site)
        self.assertGreater(self.assert_folder_clean(self.folder), 2)
        looked = 0
        for link in (Path("/proc") / str(process.pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                if stat.S_ISREG(link.stat().st_mode):
                    self.assert_clean(link.read_bytes().decode("latin-1"),
                                      os.readlink(link))
                    looked += 1
        self.assertGreater(looked, 2)

    def test_a_crash_leaves_no_core(self):
        """Whatever the limit was when it was started."""
        def limits():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        (self.folder / "tmp").mkdir(mode=0o700)
        for number in (signal.SIGABRT, signal.SIGSEGV):
            subprocess.run(["rm", "-rf", self.folder / "record"], check=True)
            site = self.site(args=["--token", PLANTED], latency_ms=60)
            process = self.started(site, preexec_fn=limits)
            process.send_signal(number)
            _, status, _ = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertTrue(os.WIFSIGNALED(status))
            self.assertFalse(os.WCOREDUMP(status))
            self.assertEqual(list(self.folder.rglob("core*")), [])


@no_memory_in_it
class Places(SecretCase):
    """Who may read what is written, and links that lead elsewhere."""

    def setUp(self):
        super().setUp()
        self.site_ = self.site(args=["--token", PLANTED])
        self.trap = Path(self.folder.parent) / (self.folder.name + "-trap")
        self.trap.mkdir()
        self.addCleanup(lambda: subprocess.run(["rm", "-rf", self.trap],
                                               check=True))

    def run_in(self, *args, umask=-1):
        path = harness.make_job(self.folder, self.site_.url)
        return subprocess.run(
            [harness.binary("rollcall"), "extract", "-c", path, "--as-of",
             AS_OF, *args], cwd=self.folder, umask=umask, text=True,
            capture_output=True, check=False,
            env={**os.environ, harness.TOKEN_VARIABLE: PLANTED,
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})

    def test_modes_whatever_the_umask(self):
        for umask in (0, 0o777):
            with self.subTest(oct(umask)):
                for args in (("--record", "record"), ("--result-json",
                                                      "result.json")):
                    done = self.run_in("--force", *args, umask=umask)
                    self.assertEqual(done.returncode, 0, done.stderr)
                for top in ("out", "state", "record", "result.json"):
                    for path in (self.folder / top,
                                 *(self.folder / top).rglob("*")):
                        if path.is_symlink():
                            continue
                        mode = stat.S_IMODE(path.stat().st_mode)
                        self.assertEqual(
                            mode, 0o700 if path.is_dir() else 0o600, path)
                subprocess.run(["rm", "-rf", self.folder / "record"],
                               check=True)

    def refused_with(self, name, target, *args):
        link = self.folder / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        if os.geteuid() == 0:
            os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
        done = self.run_in(*args)
        self.assertIn(done.returncode, (65, 73, 74, 78), done.stderr)
        self.assertIn(Path(name).name, done.stderr)
        self.assertEqual(list(self.trap.rglob("*")), [])
        link.unlink()

    def test_links_of_files(self):
        mine = self.folder / "mine"
        mine.write_text("mine")
        for name in ("state/rollcall.db", "out/.rollcall.lock",
                     "out/20261123T020000Z"):
            with self.subTest(name):
                self.refused_with(name, mine)
                self.assertEqual(mine.read_text(), "mine")

    @unittest.skipUnless(os.geteuid() == 0, "a link of another user")
    def test_links_of_folders_that_others_made(self):
        for name in ("out", "state", "record"):
            with self.subTest(name):
                self.refused_with(name, self.trap, *(
                    ("--record", name) if name == "record" else ()))

    def test_links_of_our_own_are_followed(self):
        (self.folder / "out").symlink_to(self.trap)
        done = self.run_in()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("latest", {path.name for path in self.trap.iterdir()})

    def test_a_marker_is_replaced_and_not_written_through(self):
        mine = self.folder / "mine"
        mine.write_text("mine")
        (self.folder / "out").mkdir()
        for name in ("latest",
                     "inactive_users_20261123_20261123T020000Z.done"):
            (self.folder / "out" / name).symlink_to(mine)
        (self.folder / "result.json").symlink_to(mine)
        self.run_in("--result-json", "result.json")
        self.assertEqual(mine.read_text(), "mine")


if __name__ == "__main__":
    unittest.main()
