"""Jobs of several sites: what the tests of sites and of merging share."""
import json
import os
import subprocess
import tempfile

import harness
from published import AS_OF, RUN, Case, Run

NOW = "now=2026-11-23T02:00:00Z"
SEARCH = "/rest/api/3/users/search"
WRONG = "not-the-token"


def variable(name):
    """Where the token of site NAME is."""
    return f"ROLLCALL_TEST_{name.upper()}_TOKEN"


def site_entry(name, url, **more):
    """A site of a job, with a credential of its own."""
    return {"name": name, **more, "endpoints": {"jira": {
        "url": url, "auth": {"type": "basic", "user": harness.USER,
                             "secret": {"env": variable(name)}}}}}


class SitesCase(Case):
    """A job of the sites in `sites`: name -> fake site. Fake sites that many
    tests can ask begin once; none of them remembers anything."""

    names = ("acme", "beta", "gamma")
    specs = {"beta": f"users=120,records=300,seed=3,{NOW}",
             "gamma": f"users=90,records=200,seed=5,{NOW}"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = {
            name: cls.enterClassContext(harness.FakeSite(
                generate=cls.specs.get(name))) for name in cls.names}

    def setUp(self):
        super().setUp()
        self.sites = dict(self.shared)
        self.env = {variable(name): harness.TOKEN for name in self.names}

    def slow(self, name, ms):
        """Puts a site that waits MS before each answer in NAME's place."""
        self.sites[name] = self.site(generate=self.specs[name],
                                     scenario={"latency_ms": ms})

    def sites_job(self, more=None, **overrides):
        """more: name -> what its entry says besides."""
        entries = [site_entry(name, site.url, **(more or {}).get(name, {}))
                   for name, site in self.sites.items()]
        overrides.setdefault("limits", {}).setdefault("retry_for", "2s")
        return harness.make_job(self.folder, "http://127.0.0.1:9",
                                **{"endpoints": None, "sites": entries,
                                   **overrides})

    def rollcall(self, *args, code=0, env=None):
        return super().rollcall(*args, code=code,
                                env={**self.env, **(env or {})})

    def begin(self, *args):
        """extract in the background."""
        process = subprocess.Popen(
            [harness.binary("rollcall"), "extract", "-c", "rollcall.json",
             "--as-of", AS_OF, *args],
            cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **self.env,
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def run_of(self, name, out="out"):
        return Run(self.folder / out / name / RUN)

    def runs(self):
        """Names of the sites that have published."""
        return [name for name in self.sites
                if (self.out / name / RUN).exists()]

    def alone(self, name, **overrides):
        """The run of a job that has this site and no others."""
        folder = tempfile.mkdtemp(dir=self.folder)
        entry = site_entry(name, self.sites[name].url)
        path = harness.make_job(folder, "http://127.0.0.1:9",
                                **{**overrides,
                                   "endpoints": entry["endpoints"]})
        result = self.rollcall("extract", "-c", path, "--as-of", AS_OF)
        return Run(json.loads(result.out)["dir"])
