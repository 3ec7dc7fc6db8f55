"""Real servers to deliver to: OpenSSH's sshd, and s3rver from npm, which
checks signatures. Both run as whoever runs the tests, on loopback."""
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import harness
import outside

SSHD = "/usr/sbin/sshd"
START_SECONDS = 30
S3RVER_START = """
const S3rver = require('@20minutes/s3rver');
const server = new S3rver({directory: process.argv[1], address: '127.0.0.1',
    port: 0, silent: true, configureBuckets: [{name: 'landing', configs: []}]});
server.run().then(address => console.log(address.port));
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def run(*command, **options):
    return subprocess.run(list(map(str, command)), check=True,
                          capture_output=True, text=True, **options).stdout


class Sshd:
    """sftp://127.0.0.1:PORT with the user's own account and keys made anew."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="sshd-"))
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.drop = self.folder / "drop"
        self.key = self.folder / "key"
        self.locked_key = self.folder / "locked_key"
        self.known_hosts = self.folder / "known_hosts"

    def make_keys(self):
        for name, phrase in (("host", ""), ("key", ""), ("other", ""),
                             ("locked_key", "open sesame")):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", phrase, "-f",
                self.folder / name)
        public = [(self.folder / f"{name}.pub").read_text()
                  for name in ("key", "locked_key")]
        (self.folder / "authorized").write_text("".join(public))
        self.fingerprint = run("ssh-keygen", "-l", "-f",
                               self.folder / "host.pub").split()[1]

    def __enter__(self):
        self.make_keys()
        self.drop.mkdir()
        if os.getuid() == 0:  # sshd's own, which a boot makes
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self.start()
        host = (self.folder / "host.pub").read_text().split()[:2]
        self.known_hosts.write_text(
            f"[127.0.0.1]:{self.port} {' '.join(host)}\n")
        return self

    def start(self):
        self.port = free_port()
        (self.folder / "config").write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\n"
            f"HostKey {self.folder}/host\nPidFile none\nUsePAM no\n"
            f"AuthorizedKeysFile {self.folder}/authorized\n"
            "StrictModes no\nPasswordAuthentication no\n"
            "PermitRootLogin prohibit-password\nMaxStartups 100\n"
            "Subsystem sftp internal-sftp\n")
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [SSHD, "-D", "-e", "-f", str(self.folder / "config")],
                stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError((self.folder / "log").read_text())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)

    def target(self, path="", port=None, **changes):
        return {"type": "sftp", "user": self.user,
                "url": f"sftp://127.0.0.1:{port or self.port}"
                       f"{self.drop}{path}",
                "key": {"file": str(self.key)},
                "fingerprint": self.fingerprint, **changes}


class Cutter:
    """Passes bytes on to PORT; of the first connection only so many from the
    client, and then cuts it, or hangs until it is closed."""

    def __init__(self, port, after, hang=False):
        self.port_behind, self.after, self.hang = port, after, hang
        self.reached = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.first, self.sockets = True, [self.listener]

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        for one in self.sockets:
            one.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1",
                                               self.port_behind))
            limit, self.first = (self.after if self.first else None), False
            self.sockets += [client, server]
            for ends in ((client, server, limit), (server, client, None)):
                threading.Thread(target=self.forward, daemon=True,
                                 args=ends).start()

    def forward(self, source, target, left):
        try:
            while data := source.recv(65536):
                if left is not None:
                    if len(data) >= left:
                        self.reached.set()
                        if self.hang:
                            return
                        break
                    left -= len(data)
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class S3rver:
    """The npm package, with the bucket "landing" and its own key pair."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="s3rver-")
        self.process = subprocess.Popen(
            ["node", "-e", S3RVER_START, self.folder.name],
            stdout=subprocess.PIPE, text=True, env=outside.node_environment())
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()

    def target(self, **changes):
        return {"type": "s3", "bucket": "landing", "region": "us-east-1",
                "prefix": "in/dt={date}/", "endpoint": self.url,
                "access_key": "S3RVER", "secret": {"env": "LANDING_SECRET"},
                **changes}

    def found(self, prefix):
        """What is kept under the prefix: s3rver has files for objects."""
        root = Path(self.folder.name) / "landing"
        suffix = "._S3rver_object"
        return {name[len(prefix):]: path.read_bytes()
                for path in root.rglob("*") if path.name.endswith(suffix)
                and (name := str(path.relative_to(root))[:-len(suffix)]
                     ).startswith(prefix)}
