"""nginx before a server on this machine: TLS with an authority of its own,
HTTP/1.1 or HTTP/2. It logs which connection each request came by."""
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

CONFIG = """
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    log_format short '$connection $server_protocol $status';
    access_log {folder}/access.log short;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream site {{ server {backend}; keepalive 64; }}
    server {{
        listen 127.0.0.1:{port} ssl{http2};
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        keepalive_requests 100000;
        location / {{
            proxy_pass http://site;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffers 16 256k;
            proxy_buffer_size 256k;
            proxy_busy_buffers_size 512k;
            proxy_max_temp_file_size 0;
        }}
    }}
}}
"""
START_SECONDS = 10


def program():
    """Debian keeps it where only root's PATH looks."""
    return shutil.which("nginx", path=os.environ.get("PATH", "")
                        + ":/usr/sbin:/sbin")


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True,
                   capture_output=True)


def certificates(folder):
    """FOLDER/ca.pem, and what it vouches for: 127.0.0.1."""
    key = ("-newkey", "rsa:2048", "-nodes")
    openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out",
            "ca.pem", "-subj", "/CN=rollcall bench", "-days", "3650")
    openssl(folder, "req", *key, "-keyout", "server.key", "-out",
            "server.csr", "-subj", "/CN=127.0.0.1")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem",
            "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650",
            "-extfile", "names", "-out", "server.pem")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Front:
    """A context manager; url, ca_file and, afterwards, connections()."""

    def __init__(self, folder, backend, http2):
        self.folder = Path(folder)
        self.ca_file = self.folder / "ca.pem"
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.config = CONFIG.format(
            folder=self.folder, port=self.port,
            backend=backend.removeprefix("http://"),
            http2=" http2" if http2 else "",
            user="user root;" if os.geteuid() == 0 else "")
        self.process = None

    def __enter__(self):
        certificates(self.folder)
        path = self.folder / "nginx.conf"
        path.write_text(self.config)
        self.process = subprocess.Popen(
            [program(), "-c", str(path), "-e", str(self.folder / "error.log")])
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        self.__exit__()
        raise RuntimeError("nginx did not start: "
                           + (self.folder / "error.log").read_text())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(START_SECONDS)

    def forget(self):
        (self.folder / "access.log").write_text("")

    def connections(self):
        """(how many brought a request, by which protocols)."""
        lines = [line.split() for line in
                 (self.folder / "access.log").read_text().splitlines()]
        return len({line[0] for line in lines}), {line[1] for line in lines}
