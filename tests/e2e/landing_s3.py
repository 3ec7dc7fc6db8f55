"""A small S3 that believes nothing: each request's signature is computed again
from what arrived, each body is hashed. Written from Amazon's description of
Signature Version 4, without a library of theirs.

rules: what to do instead of the usual, first match first:
    {"method": "PUT", "key": part of the key, "do": DEED, "times": N}
deeds: a number (that status), "cut" (no answer, nothing kept), "lost" (kept,
and no answer), "spoil" (another byte is kept), "hang" (until release()),
"slow" (answers late), "redirect"; of an upload in pieces: "blank" (neither
UploadId nor ETag is told).
"""
import datetime
import hashlib
import hmac
import base64
import re
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACCESS, SECRET, REGION, BUCKET = "AKROLLCALL", "s3/secret+key", "eu-x-1", \
    "landing"
SKEW_SECONDS = 900
SLOW_SECONDS = 0.3
PIECE_LEAST = 5 * 1024 * 1024
ERROR = "<?xml version=\"1.0\"?><Error><Code>{}</Code></Error>"


class Refused(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Server:
    """What the servers of deliveries share: rules, a log, threads."""

    def __init__(self, handler):
        self.objects, self.log, self.rules = {}, [], []
        self.snapshots = []  # of the keys, whenever a done file appeared
        self.hanging, self.go_on = threading.Event(), threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http.daemon_threads = True
        self.http.owner = self
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever,
                                       kwargs={"poll_interval": 0.02})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.release()
        self.http.shutdown()
        self.http.server_close()

    def release(self):
        self.go_on.set()

    def keep(self, key, value):
        self.objects[key] = value
        if key.endswith((".done", "_SUCCESS")):
            self.snapshots.append(dict(self.objects))

    def deed(self, method, key):
        for rule in self.rules:
            if (rule.get("times", 1) > 0 and
                    rule.get("method", method) == method and
                    rule.get("key", "") in key):
                rule["times"] = rule.get("times", 1) - 1
                return rule["do"]
        return None

    def puts(self):
        return [key for method, key, status in self.log
                if method == "PUT" and status in (200, 201)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.owner.log.append((self.command, self.key, status))
        self.send_response(status)
        if not any(name == "Content-Length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def break_off(self):
        self.owner.log.append((self.command, self.key, 0))
        self.close_connection = True

    def serve(self):
        self.owner = self.server.owner
        path, _, self.query = self.path.partition("?")
        self.raw_path = path
        self.key = urllib.parse.unquote(path).partition("/")[2]
        deed = self.owner.deed(self.command, self.key)
        if deed == "cut":
            self.rfile.read(16)
            return self.break_off()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            if deed == "hang":
                self.owner.hanging.set()
                self.owner.go_on.wait(60)
                return self.break_off()
            if deed == "redirect":
                return self.answer(307, headers=[
                    ("Location", "http://127.0.0.1:1/elsewhere")])
            if isinstance(deed, int):
                raise Refused(deed, self.words.get(deed, "InternalError"))
            if deed == "slow":
                time.sleep(SLOW_SECONDS)
            self.act(body, deed)
        except Refused as refusal:
            self.refuse(refusal)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = serve


class S3Handler(Handler):
    words = {403: "AccessDenied", 503: "SlowDown", 400: "BadDigest",
             404: "NoSuchBucket"}

    def refuse(self, refusal):
        self.answer(refusal.status, ERROR.format(refusal.code).encode())

    def check_signature(self, body):
        match = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/"
            r"aws4_request, SignedHeaders=([a-z0-9;-]+), "
            r"Signature=([0-9a-f]{64})", self.headers["Authorization"] or "")
        if not match:
            raise Refused(400, "AuthorizationHeaderMalformed")
        access, day, region, names, signature = match.groups()
        stamp = self.headers["x-amz-date"]
        when = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(
            tzinfo=datetime.timezone.utc)
        if access != ACCESS:
            raise Refused(403, "InvalidAccessKeyId")
        if region != REGION:
            raise Refused(400, "AuthorizationHeaderMalformed")
        if abs(time.time() - when.timestamp()) > SKEW_SECONDS:
            raise Refused(403, "RequestTimeTooSkewed")
        names = names.split(";")
        needed = {"host", "x-amz-content-sha256", "x-amz-date"} | {
            name.lower() for name in self.headers
            if name.lower().startswith("x-amz-")}
        if names != sorted(names) or not needed <= set(names):
            raise Refused(403, "SignatureDoesNotMatch")
        path = "/".join(urllib.parse.quote(urllib.parse.unquote(step),
                                           safe="-._~")
                        for step in self.raw_path.split("/"))
        pairs = sorted((urllib.parse.quote(urllib.parse.unquote(name), "-._~"),
                        urllib.parse.quote(urllib.parse.unquote(value),
                                           "-._~"))
                       for name, _, value in
                       (item.partition("=") for item in
                        self.query.split("&") if item))
        claimed = self.headers["x-amz-content-sha256"]
        canonical = "\n".join(
            [self.command, path, "&".join("=".join(p) for p in pairs)] +
            [f"{name}:{' '.join(self.headers[name].split())}"
             for name in names] + ["", ";".join(names), claimed])
        scope = f"{day}/{region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope,
                          hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + SECRET).encode()
        for step in (day, region, "s3", "aws4_request"):
            key = _hmac(key, step)
        if _hmac(key, text).hex() != signature:
            raise Refused(403, "SignatureDoesNotMatch")
        if claimed != hashlib.sha256(body).hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch")
        md5 = self.headers["Content-MD5"]
        if md5 and base64.b64decode(md5) != hashlib.md5(body).digest():
            raise Refused(400, "BadDigest")
        if (self.owner.token and
                self.headers["x-amz-security-token"] != self.owner.token):
            raise Refused(403, "InvalidToken")

    def act(self, body, deed):
        self.check_signature(body)
        bucket, _, self.key = self.key.partition("/")
        if bucket != BUCKET:
            raise Refused(404, "NoSuchBucket")
        query = dict(urllib.parse.parse_qsl(self.query,
                                            keep_blank_values=True))
        if "uploads" in query or "uploadId" in query:
            return self.pieces(query, body, deed == "blank")
        getattr(self, self.command.lower())(body, deed)

    def put(self, body, deed):
        if "Content-MD5" not in self.headers:
            raise Refused(400, "InvalidRequest")
        if deed == "spoil":
            body = bytes([body[0] ^ 1]) + body[1:]
        self.owner.meta[self.key] = (self.headers["x-amz-meta-sha256"],
                                     self.headers["Content-Type"],
                                     hashlib.md5(body).hexdigest())
        self.owner.keep(self.key, body)
        if deed == "lost":
            return self.break_off()
        self.answer(200, headers=[
            ("ETag", f'"{hashlib.md5(body).hexdigest()}"')])

    def head(self, _body, _deed):
        if self.owner.write_only:
            raise Refused(403, "AccessDenied")
        if self.key not in self.owner.objects:
            raise Refused(404, "NoSuchKey")
        sha256, kind, etag = self.owner.meta[self.key]
        self.answer(200, headers=[
            ("Content-Length", str(len(self.owner.objects[self.key]))),
            ("Content-Type", kind), ("ETag", f'"{etag}"'),
            ("x-amz-meta-sha256", sha256 or "")])

    get = head  # only what is not there is asked for

    def delete(self, _body, _deed):
        self.owner.objects.pop(self.key, None)
        self.answer(204)

    def pieces(self, query, body, blank):
        uploads = self.owner.uploads
        if "uploads" in query and blank:
            return self.answer(200, b"<html>welcome</html>")
        if "uploads" in query:
            number = f"up/{len(uploads) + 1}+="
            uploads[number] = {"meta": (self.headers["x-amz-meta-sha256"],
                                        self.headers["Content-Type"])}
            return self.answer(200, (
                "<InitiateMultipartUploadResult><UploadId>"
                f"{number}</UploadId></InitiateMultipartUploadResult>"
            ).encode())
        upload = uploads.get(query["uploadId"])
        if upload is None:
            raise Refused(404, "NoSuchUpload")
        if self.command == "PUT":
            upload[int(query["partNumber"])] = body
            return self.answer(200, headers=[] if blank else [
                ("ETag", f'"{hashlib.md5(body).hexdigest()}"')])
        del uploads[query["uploadId"]]
        if self.command == "DELETE":
            return self.answer(204)
        listed = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>"
                            r"\"([0-9a-f]+)\"</ETag>", body.decode())
        whole = [upload[int(number)] for number, _ in listed]
        if (any(hashlib.md5(piece).hexdigest() != etag
                for piece, (_, etag) in zip(whole, listed)) or
                any(len(piece) < PIECE_LEAST for piece in whole[:-1])):
            raise Refused(400, "InvalidPart")
        etag = hashlib.md5(b"".join(hashlib.md5(piece).digest()
                                    for piece in whole)).hexdigest()
        self.owner.meta[self.key] = (*upload["meta"],
                                     f"{etag}-{len(whole)}")
        self.owner.keep(self.key, b"".join(whole))
        self.answer(200, b"<CompleteMultipartUploadResult/>")


class S3(Server):
    def __init__(self, token=None, write_only=False):
        super().__init__(S3Handler)
        self.meta, self.uploads = {}, {}
        self.token, self.write_only = token, write_only

    def target(self, **changes):
        return {"type": "s3", "bucket": BUCKET, "region": REGION,
                "prefix": "in/dt={date}/", "endpoint": self.url,
                "access_key": ACCESS, "secret": {"env": "LANDING_SECRET"},
                **changes}

    def found(self, prefix):
        return {key[len(prefix):]: value
                for key, value in self.objects.items()
                if key.startswith(prefix)}
