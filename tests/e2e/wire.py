"""Servers of the tests that look at the wire itself: a relay in front of the
fake site that counts connections and keeps request heads, with TLS on demand,
and certificates for it."""
import contextlib
import socket
import ssl
import subprocess
import threading
import time
from urllib.parse import urlsplit

CHUNK = 65536


class Listener:
    """Accepts on a free loopback port; one thread a connection runs serve().

    connections: how many came; tls: an SSLContext, or None.
    """
    host = "127.0.0.1"

    def __init__(self, tls=None):
        self.tls = tls
        self.connections = 0
        self.open = []
        self.lock = threading.Lock()
        self.socket = None

    def __enter__(self):
        self.socket = socket.create_server((self.host, 0))
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        with self.lock:
            for client in self.open:
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)

    @property
    def port(self):
        return self.socket.getsockname()[1]

    @property
    def url(self):
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{self.host}:{self.port}"

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open.append(client)
            threading.Thread(target=self.attend, args=(client,),
                             daemon=True).start()

    def attend(self, client):
        with contextlib.suppress(OSError):
            with (self.tls.wrap_socket(client, server_side=True)
                  if self.tls else client) as stream:
                self.serve(stream)

    def serve(self, stream):
        """Says nothing and waits for the end."""
        while stream.recv(CHUNK):
            pass


class EndlessHeaders(Listener):
    def serve(self, stream):
        stream.recv(CHUNK)
        stream.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            stream.sendall(b"X-Padding: " + b"x" * 1000 + b"\r\n")


class Relay(Listener):
    """Hands bytes on to a site. heads: (time, request head) in order; peak:
    the most requests under way at once."""

    def __init__(self, url, tls=None):
        super().__init__(tls)
        self.target = urlsplit(url).hostname, urlsplit(url).port
        self.heads = []
        self.peak = self.busy = 0

    def serve(self, stream):
        with socket.create_connection(self.target) as site:
            state = {"busy": False}
            back = threading.Thread(target=self.hand_back, daemon=True,
                                    args=(site, stream, state))
            back.start()
            with contextlib.suppress(OSError):
                while data := stream.recv(CHUNK):
                    self.begin(state, data)
                    site.sendall(data)
            with contextlib.suppress(OSError):
                site.shutdown(socket.SHUT_RDWR)
            back.join()
            self.end(state)

    def hand_back(self, site, stream, state):
        with contextlib.suppress(OSError):
            while data := site.recv(CHUNK):
                self.end(state)
                stream.sendall(data)
        with contextlib.suppress(OSError):
            stream.shutdown(socket.SHUT_RDWR)

    def begin(self, state, data):
        with self.lock:
            self.heads.append((time.monotonic(), data))
            self.busy += not state["busy"]
            state["busy"] = True
            self.peak = max(self.peak, self.busy)

    def end(self, state):
        with self.lock:
            self.busy -= state["busy"]
            state["busy"] = False


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True,
                   capture_output=True)


class Authority:
    """A certificate authority in a folder; file is its own certificate."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / "ca.pem"
        openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=rollcall test authority",
                "-keyout", "ca.key", "-out", "ca.pem")

    def context(self, names, days=2):
        """For a server that goes by NAMES, e.g. "IP:127.0.0.1"; with negative
        DAYS its certificate has expired."""
        (self.folder / "names.ext").write_text(f"subjectAltName={names}\n")
        openssl(self.folder, "req", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=site",
                "-keyout", "site.key", "-out", "site.csr")
        openssl(self.folder, "x509", "-req", "-in", "site.csr",
                "-days", str(days), "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-extfile", "names.ext", "-out", "site.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "site.pem",
                                self.folder / "site.key")
        return context
