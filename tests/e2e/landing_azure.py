"""A stand-in for Azure Blob Storage: checks the shared access signature and
what it permits, the version and type headers and Content-MD5. Rules and deeds
as in landing_s3."""
import base64
import hashlib
import hmac
import urllib.parse

from landing_s3 import Handler, Refused, Server

CONTAINER = "landing"
KEY = b"key of the account"


def sas(permissions="rwcd", ends="2099-01-01T00:00:00Z"):
    """A signature over what it permits; what a portal gives has a '?'."""
    text = f"{permissions}\n{ends}\n{CONTAINER}"
    signature = base64.b64encode(
        hmac.new(KEY, text.encode(), hashlib.sha256).digest()).decode()
    return "?" + urllib.parse.urlencode({
        "sp": permissions, "se": ends, "sv": "2021-08-06", "sr": "c",
        "sig": signature})


class AzureHandler(Handler):
    words = {403: "AuthenticationFailed", 503: "ServerBusy",
             400: "Md5Mismatch", 404: "ContainerNotFound"}

    def refuse(self, refusal):
        self.answer(refusal.status, headers=[
            ("x-ms-error-code", refusal.code)])

    def check(self, needed):
        query = dict(urllib.parse.parse_qsl(self.query))
        good = sas(query.get("sp", ""), query.get("se", ""))
        if query != dict(urllib.parse.parse_qsl(good[1:])):
            raise Refused(403, "AuthenticationFailed")
        if not set(query["sp"]) & set(needed):
            raise Refused(403, "AuthorizationPermissionMismatch")
        if self.headers["x-ms-version"] < "2019-12-12":
            raise Refused(400, "InvalidHeaderValue")

    def act(self, body, deed):
        container, _, self.key = self.key.partition("/")
        if container != CONTAINER:
            raise Refused(404, "ContainerNotFound")
        getattr(self, self.command.lower())(body, deed)

    def put(self, body, deed):
        self.check("wc")
        if self.headers["x-ms-blob-type"] != "BlockBlob":
            raise Refused(400, "InvalidHeaderValue")
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
        if self.headers["Content-MD5"] != md5:
            raise Refused(400, "Md5Mismatch")
        if deed == "spoil":
            body = bytes([body[0] ^ 1]) + body[1:]
        self.owner.keep(self.key, body)
        if deed == "lost":
            return self.break_off()
        self.answer(201)

    def head(self, _body, _deed):
        self.check("r")
        if self.key not in self.owner.objects:
            raise Refused(404, "BlobNotFound")
        body = self.owner.objects[self.key]
        sums = [("Content-MD5",
                 base64.b64encode(hashlib.md5(body).digest()).decode()),
                ("x-ms-meta-sha256", hashlib.sha256(body).hexdigest())]
        self.answer(200, headers=[("Content-Length", str(len(body))),
                                  *sums[self.owner.forgets:]])

    def delete(self, _body, _deed):
        self.check("d")
        if self.owner.objects.pop(self.key, None) is None:
            raise Refused(404, "BlobNotFound")
        self.answer(202)


class Azure(Server):
    def __init__(self, forgets=0):
        """forgets: 1, the MD5 of what was put; 2, the other sum too."""
        super().__init__(AzureHandler)
        self.forgets = forgets

    def target(self, **changes):
        return {"type": "azure", "url": f"{self.url}/{CONTAINER}",
                "prefix": "in/dt={date}", "sas": {"env": "LANDING_SAS"},
                **changes}

    def found(self, prefix):
        return {key[len(prefix):]: value
                for key, value in self.objects.items()
                if key.startswith(prefix)}
