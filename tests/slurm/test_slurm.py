"""The scripts of samples/slurm under a real Slurm: an array of three sites
and the merge behind it."""
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
from cluster import Cluster  # noqa: E402
from published import AS_OF, RUN, Run  # noqa: E402
from site_jobs import SitesCase, WRONG, variable  # noqa: E402

SCRIPTS = harness.ROOT / "samples" / "slurm"
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT"}


class Slurm(SitesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster = cls.enterClassContext(Cluster())

    def setUp(self):
        super().setUp()
        (self.folder / "log").mkdir()
        tools = self.folder / "bin"
        tools.mkdir()
        (tools / "rollcall").symlink_to(harness.binary("rollcall"))

    def night(self, **env):
        """Submits; the ids of the array and of the merge."""
        done = subprocess.run(
            [SCRIPTS / "night.sh"], check=True, capture_output=True,
            text=True, env={**self.cluster.env, **self.env,
                            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
                            "ROLLCALL_HOME": str(self.folder),
                            "ROLLCALL_SCRIPTS": str(SCRIPTS),
                            "ROLLCALL_MAPPINGS": str(harness.ROOT /
                                                     "mappings"),
                            "ROLLCALL_AS_OF": AS_OF,
                            "ROLLCALL_SITES": " ".join(self.names), **env})
        merge = int(done.stdout)
        return merge - 1, merge

    def wait(self, *jobs):
        for job in jobs:
            self.cluster.wait_for(
                lambda job=job: self.cluster.state(job) and
                self.cluster.state(job) <= ENDED)

    def logs(self):
        return "\n".join(path.read_text() for path in
                         sorted((self.folder / "log").iterdir()))

    def test_an_array_of_sites_and_its_merge(self):
        self.sites_job()
        array, merge = self.night()
        self.wait(array, merge)
        self.assertEqual(self.cluster.state(array), {"COMPLETED"},
                         self.logs())
        self.assertEqual(self.cluster.state(merge), {"COMPLETED"},
                         self.logs())
        run = Run(self.out / RUN)
        self.rollcall("verify", run.folder)
        self.assertEqual(run.jsonl(), [
            {"site": name, **row} for name in self.names
            for row in self.run_of(name).jsonl()])
        # As if one process had done all.
        self.sites_job(output={"dir": "at-once", "sites": "together"},
                       state="other/r.db")
        self.extract()
        self.assertEqual(Run(self.folder / "at-once" / RUN).files(),
                         run.files())

    def test_a_site_that_fails_keeps_the_merge_from_running(self):
        self.env[variable("beta")] = WRONG
        self.sites_job()
        array, merge = self.night()
        self.wait(array, merge)
        self.assertEqual(self.cluster.state(array), {"COMPLETED", "FAILED"},
                         self.logs())
        self.assertEqual(self.cluster.state(merge), {"CANCELLED"})
        self.assertFalse((self.out / RUN).exists())
        self.assertEqual(self.runs(), ["acme", "gamma"])
        self.assertIn("answered 401", self.logs())

    def test_a_site_that_is_away_is_tried_again(self):
        self.sites["beta"] = self.site(
            generate=self.specs["beta"], scenario={"rules": [
                {"path": "/rest/api/3/users/search", "first": 4,
                 "do": "status", "status": 503}]})
        self.sites_job(limits={"retry_for": "0s"})
        array, merge = self.night()
        self.wait(array, merge)
        self.assertEqual(self.cluster.state(merge), {"COMPLETED"},
                         self.logs() + self.cluster.logs())
        self.assertIn("503", self.logs())


if __name__ == "__main__":
    unittest.main()
