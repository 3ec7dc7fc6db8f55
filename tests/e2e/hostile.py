"""A server that means harm: it speaks raw bytes, and keeps all it was sent.

Every path but one is answered as a small site would; what is said at `path`
is the test's. Another() is the second host that must never hear of us.
"""
import contextlib
import gzip
import json
import os
import resource
import struct
import subprocess
import tempfile
import time
import unittest
import zlib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import harness
import wire
from attempt import AS_OF, TIMEOUT_SECONDS, Attempt, RunCase

SEARCH = "/rest/api/3/users/search"
MYSELF = "/rest/api/3/myself"
USERS = [{"accountId": f"712020:{n:03}", "accountType": "atlassian",
          "displayName": f"Person {n}", "active": n % 2 == 0}
         for n in range(30)]
KIB_A_MIB = 1024
QUICK = {"concurrency": 1, "retry_for": "0s", "run_for": "30s"}


no_memory_in_it = unittest.skipIf(
    harness.is_sanitized(), "says nothing about the program's memory")


def answer(body, *headers, status="200 OK", length=None,
           kind="application/json"):
    """A whole HTTP/1.1 answer as bytes."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}",
             f"Content-Length: {len(body) if length is None else length}",
             *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def head(*headers, version="HTTP/1.1 200 OK"):
    return "\r\n".join([version, "Content-Type: application/json", *headers,
                        "", ""]).encode()


def page(target):
    """The page of USERS that a request asks for."""
    query = parse_qs(urlsplit(target).query)
    start = int(query.get("startAt", ["0"])[0])
    size = int(query.get("maxResults", ["1000"])[0])
    return json.dumps(USERS[start:start + size]).encode()


def zipped(first, more=b"", times=0, last=b""):
    """gzip of FIRST, MORE over and over, and LAST. MORE is packed once, into
    blocks that do not refer to what was before."""
    pack = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)

    def block(text):
        return pack.compress(text) + pack.flush(zlib.Z_FULL_FLUSH)
    body = block(first) + block(more) * times + block(last) + pack.flush()
    check = zlib.crc32(first)
    for _ in range(times):
        check = zlib.crc32(more, check)
    size = len(first) + len(more) * times + len(last)
    return (b"\x1f\x8b\x08" + bytes(6) + b"\x03" + body +
            struct.pack("<II", zlib.crc32(last, check), size & 0xffffffff))


class Server(wire.Listener):
    """say(stream, target) answers at PATH; then the connection ends, unless
    it returned True. heads: what came, in order."""

    def __init__(self, say, path=SEARCH, tls=None):
        super().__init__(tls)
        self.say, self.path, self.heads = say, path, []

    def serve(self, stream):
        kept = b""
        while True:
            while b"\r\n\r\n" not in kept:
                data = stream.recv(wire.CHUNK)
                if not data:
                    return
                kept += data
            text, kept = kept.split(b"\r\n\r\n", 1)
            self.heads.append(text.decode())
            target = text.split(b" ")[1].decode()
            if not self.reply(stream, target):
                return

    def reply(self, stream, target):
        path = urlsplit(target).path
        if path == self.path:
            return self.say(stream, target)
        stream.sendall(self.ordinary(path, target))
        return True

    @staticmethod
    def ordinary(path, target):
        if path == MYSELF:
            return answer(b'{"accountId": "712020:000"}')
        if path == SEARCH:
            return answer(page(target))
        return answer(b'{"message": "no such path"}', status="404 Not Found")

    def asked(self, path=None):
        """Heads of the requests to PATH (default: its own)."""
        wanted = path or self.path
        return [text for text in self.heads
                if urlsplit(text.split(" ")[1]).path == wanted]


class Another(wire.Listener):
    """Any connection at all is one too many."""
    host = "127.0.0.2"

    def serve(self, stream):
        with contextlib.suppress(OSError):
            stream.sendall(answer(b"[]"))


class Case(RunCase):
    """Runs whose peak of memory is known: run.peak, in KiB."""

    def server(self, say, path=SEARCH, tls=None):
        return self.enterContext(Server(say, path, tls))

    def run_at(self, server, *args, limits=None, users="jira_users", **job):
        """An extract of all accounts in a folder of its own, with its peak of
        memory. What the caller holds counts too, as it was forked from it."""
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        shipped = harness.ROOT / "mappings" / "all_users.json"
        (self.folder / "mappings").mkdir()
        (self.folder / "mappings" / "all_users.json").write_text(
            shipped.read_text().replace('"jira_users"', f'"{users}"'))
        path = harness.make_job(
            self.folder, server.url, mappings=["all_users"],
            limits={**QUICK, **(limits or {})}, **job)
        files = [open(self.folder / name, "w+", encoding="utf-8")
                 for name in ("stdout", "stderr")]
        with files[0] as out, files[1] as err:
            started = time.monotonic()
            process = subprocess.Popen(
                [harness.binary("rollcall"), "extract", "-c", path,
                 "--as-of", AS_OF, *args], cwd=self.folder, stdout=out,
                stdin=subprocess.DEVNULL, stderr=err, preexec_fn=mortal,
                env={**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN,
                     "NO_COLOR": "1",
                     "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.monotonic() - started
            texts = [file.seek(0) or file.read() for file in files]
        run = Attempt(self.folder, (process.returncode, *texts), seconds)
        run.peak = usage.ru_maxrss
        return run

    def assert_peak(self, run, mib):
        if not harness.is_sanitized():
            self.assertLessEqual(run.peak, mib * KIB_A_MIB)

    def assert_all_there(self, run):
        self.assertEqual(run.code, 0, run.err)
        lines = gzip.decompress(
            (run.run / "all_users-00001.jsonl.gz").read_bytes()).splitlines()
        self.assertEqual([json.loads(line)["account_id"] for line in lines],
                         [user["accountId"] for user in USERS])


def mortal():
    """A run that hangs in spite of all ends by itself."""
    resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT_SECONDS,) * 2)
