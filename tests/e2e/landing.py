"""What the tests of delivery share: a published run, made once, and a job
that delivers it."""
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import harness
from landing_azure import sas
from landing_s3 import SECRET
from published import AS_OF, RUN, Case, Result

DATE = AS_OF[:10]
PLACE = f"in/dt={DATE}/"
# What others may put beside: not in the manifest, and delivered all the same.
EXTRA = f"{RUN}/_redshift.manifest"
BESIDE = f"inactive_users_{RUN[:8]}_{RUN}.lst"
DONE = f"inactive_users_{RUN[:8]}_{RUN}.done"
EXTRA_BYTES = 300_000
HIVE = f"dataset=inactive_users/dt={DATE}/run={RUN}"
SECRETS = {"LANDING_SECRET": SECRET, "LANDING_SAS": sas(),
           "LANDING_TOKEN": "session/token+=="}


class Landing(Case):
    """A test has the run in its output folder; deliver() sends it."""

    @classmethod
    def setUpClass(cls):
        cls.made = tempfile.mkdtemp(prefix="landing-")
        cls.addClassCleanup(shutil.rmtree, cls.made)
        with harness.FakeSite() as site:
            path = harness.make_job(cls.made, site.url)
            code, _, err = harness.run_rollcall(
                ["extract", "-c", path, "--as-of", AS_OF], cwd=cls.made)
        assert code == 0, err
        out = Path(cls.made) / "out"
        (out / EXTRA).write_bytes(
            b"".join(bytes([i * i % 251]) for i in range(EXTRA_BYTES)))
        (out / BESIDE).write_text("inactive_users-00001.csv\n")
        (out / HIVE).mkdir(parents=True)
        os.link(out / RUN / "inactive_users-00001.csv.gz",
                out / HIVE / "inactive_users-00001.csv.gz")
        (out / HIVE / "_manifest.json").write_text("{}\n")
        (out / HIVE / "_SUCCESS").touch()

    def setUp(self):
        super().setUp()
        shutil.copytree(Path(self.made) / "out", self.out, symlinks=True)

    def files(self):
        """Name below the output directory -> bytes, of what is delivered."""
        return {str(path.relative_to(self.out)): path.read_bytes()
                for path in self.out.rglob("*")
                if path.is_file() and path.name != ".rollcall.lock"
                and "latest" not in path.parts}

    def targets(self, *targets, retry_for="3s", **overrides):
        harness.make_job(self.folder, "http://127.0.0.1:9",
                         deliver=list(targets),
                         limits={"retry_for": retry_for}, **overrides)

    def deliver(self, *args, code=0, env=None, run=RUN):
        code_got, out, err = harness.run_rollcall(
            ["deliver", "-c", "rollcall.json", run, *args],
            env={**SECRETS, **(env or {})}, cwd=self.folder)
        self.assertEqual(code_got, code, out + err)
        for secret in (SECRET, sas().partition("sig=")[2], "session/token"):
            self.assertNotIn(secret, out + err)
        return Result(code_got, out, err)

    def start_deliver(self):
        process = subprocess.Popen(
            [harness.binary("rollcall"), "deliver", "-c", "rollcall.json",
             RUN], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **SECRETS, harness.TOKEN_VARIABLE: "x"})
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def kill(self, process, number=signal.SIGKILL):
        process.send_signal(number)
        self.assertEqual(process.wait(20), -number)

    def verdicts(self, result):
        return [one["verdict"] for one in result.json()["deliveries"]]

    def assert_delivered(self, found):
        """FOUND: name -> bytes of what is at the target."""
        self.assertEqual(sorted(found), sorted(self.files()))
        self.assertEqual(found, self.files())

    def assert_order(self, names):
        """Parts, other files, manifests, what stands beside, _SUCCESS, done
        file."""
        def rank(name):
            return (name.endswith(".done"), name.endswith("_SUCCESS"),
                    name == BESIDE, name.endswith("manifest.json"),
                    name == EXTRA)
        self.assertEqual(names, sorted(names, key=rank))
        self.assertEqual(names[-3:], [BESIDE, f"{HIVE}/_SUCCESS", DONE])

    def assert_never_early(self, server):
        """Whenever _SUCCESS appeared all but the done file was there, and
        with the done file all."""
        for snapshot in server.snapshots:
            seen = {name[len(PLACE):]: value
                    for name, value in snapshot.items()}
            whole = self.files()
            if DONE not in seen:
                del whole[DONE]
            self.assertEqual(seen, whole)
