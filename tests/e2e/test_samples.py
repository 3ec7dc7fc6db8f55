"""The samples: what can be run here is run, the rest is read by a parser."""
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import types
import unittest
from pathlib import Path
from unittest import mock

import harness
import outside
from published import DAY, RUN, Case

SAMPLES = harness.ROOT / "samples"
VERB_USE = re.compile(r"(?:^|[\s`\"'(])rollcall ([a-z]+)((?: [^|>`\n]*)?)")
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*)")
CRON_FIELD = re.compile(r"(\*|\d+(-\d+)?(,\d+(-\d+)?)*)(/\d+)?$")
CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
PLAIN_COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)


def texts(*suffixes):
    return [path for path in sorted(SAMPLES.rglob("*"))
            if path.suffix in suffixes and "site" not in path.parts]


@unittest.skipIf(harness.is_sanitized(), "nothing of ours but the program")
class Written(unittest.TestCase):
    """Of what cannot be run: it is well formed and asks for what there is."""

    def test_shell(self):
        scripts = [*texts(".sh"), SAMPLES / "demo.sh"]
        self.assertGreater(len(scripts), 8)
        outside.run(["shellcheck", *scripts])
        for path in scripts:
            self.assertTrue(os.access(path, os.X_OK) or path.name ==
                            "demo.sh", path)

    def test_json(self):
        jobs = [path for path in texts(".json") if path.parent != SAMPLES]
        self.assertGreater(len(jobs), 2)
        for path in jobs:
            json.loads(PLAIN_COMMENT.sub("", path.read_text()))

    def test_python(self):
        for path in texts(".py"):
            compile(path.read_text(), path, "exec")

    def test_yaml(self):
        import yaml
        kinds = [one["kind"] for one in yaml.safe_load_all(
            (SAMPLES / "kubernetes/cronjob.yaml").read_text())]
        self.assertEqual(kinds, ["ConfigMap", "PersistentVolumeClaim",
                                 "CronJob"])

    def test_verbs_and_options_exist(self):
        code, known, _ = harness.run_rollcall(["--help"])
        self.assertEqual(code, 0)
        verbs = set(re.findall(r"^  ([a-z]+)  ", known, re.MULTILINE))
        options = set(OPTION.findall(known))
        seen = set()
        for path in texts(".md", ".sh", ".py", ".cron", ".service", ".yaml",
                          ".jil", ".json"):
            for verb, rest in VERB_USE.findall(path.read_text()):
                if verb in verbs:
                    seen.add(verb)
                    self.assertLessEqual(set(OPTION.findall(rest)), options,
                                         f"{path}: {rest}")
        self.assertLessEqual({"extract", "verify", "cat", "schema", "status",
                              "clean"}, seen)

    def test_cron(self):
        lines = [line for line in
                 (SAMPLES / "cron/rollcall.cron").read_text().splitlines()
                 if line and line[0] != "#" and not
                 re.match(r"[A-Z_]+=", line)]
        self.assertEqual(len(lines), 2)
        for line in lines:
            fields = line.split(None, 6)
            self.assertEqual(fields[5], "rollcall")
            for field, (least, most) in zip(fields, CRON_RANGES):
                self.assertRegex(field, CRON_FIELD)
                for number in re.findall(r"\d+", field.split("/")[0]):
                    self.assertTrue(least <= int(number) <= most, line)


@unittest.skipIf(harness.is_sanitized(), "nothing of ours but the program")
class Systemd(Case):
    def units(self, change=lambda text: text):
        for path in (SAMPLES / "systemd").glob("rollcall.*"):
            text = change(path.read_text()).replace(
                "/usr/local/bin/rollcall", harness.binary("rollcall"))
            (self.folder / path.name).write_text(text)
        return [self.folder / "rollcall.service",
                self.folder / "rollcall.timer"]

    def test_units_are_clean(self):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--recursive-errors=no",
             *self.units()], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr),
                         (0, ""))

    def test_a_unit_that_is_not_is_seen(self):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--recursive-errors=no",
             *self.units(lambda text: text.replace("Type=", "Typ="))],
            capture_output=True, text=True, check=False)
        self.assertIn("Typ", done.stderr)

    def test_the_calendar(self):
        out = outside.run(["systemd-analyze", "calendar",
                           "*-*-* 02:15:00 UTC"]).decode()
        self.assertIn("Next elapse", out)


@unittest.skipIf(harness.is_sanitized(), "nothing of ours but the program")
class Run(Case):
    """The samples that work on this machine, on one published run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site_url = cls.enterClassContext(harness.FakeSite()).url

    def setUp(self):
        super().setUp()
        # The program as the samples call it.
        tools = self.folder / "bin"
        tools.mkdir()
        (tools / "rollcall").symlink_to(harness.binary("rollcall"))
        self.env = {**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN,
                    "PATH": f"{tools}:{os.environ['PATH']}",
                    "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings"),
                    "ROLLCALL_OUT": str(self.out),
                    "ROLLCALL_HOME": str(self.folder),
                    "ROLLCALL_PAUSE": "0"}

    def tool(self, name, text):
        path = self.folder / "bin" / name
        path.unlink(missing_ok=True) # never written through the link
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o700)

    def sample(self, name, *args, code=0, **env):
        done = subprocess.run([SAMPLES / name, *map(str, args)],
                              cwd=self.folder, env={**self.env, **env},
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def publish(self, **output):
        self.job(self.site_url, output=output)
        return self.published()

    def test_postgresql(self):
        run = self.publish()
        want = [row["account_id"] for row in run.jsonl()]
        with outside.Postgres() as server:
            self.tool("psql", f"""exec setpriv --reuid={server.user} \\
                --clear-groups {outside.POSTGRES_BIN}/psql "$@" """
                      if server.user else
                      f'exec {outside.POSTGRES_BIN}/psql "$@"')
            there = {"PGHOST": server.folder, "PGDATABASE": "postgres",
                     "PGUSER": server.user or "", "LC_ALL": "C.UTF-8"}
            load = ("postgresql/load.sh", "rollcall.json", self.out,
                    "inactive_users")
            for _ in range(2): # a new table, and one that has rows
                told = self.sample(*load, **there)
                self.assertIn(f"{len(want)} rows of run {RUN}", told)
            got = server.psql(b'SELECT account_id FROM inactive_users '
                              b'ORDER BY account_id COLLATE "C"')
            self.assertEqual(got.decode().split(), want)
            # Fewer rows than the done file says: nothing is committed.
            done = self.out / f"inactive_users_{DAY}_{RUN}.done"
            done.write_text(done.read_text().replace('"rows":41',
                                                     '"rows":42'))
            self.sample(*load, code=65, **there)
            self.tool("rollcall", f"""case $1 in verify) exit 0 ;; esac
                exec {harness.binary("rollcall")} "$@" """)
            self.sample(*load, code=3, **there)
            self.assertEqual(server.psql(
                b"SELECT count(*) FROM inactive_users").strip(), b"41")

    def test_duckdb(self):
        run = self.publish(layout="hive")
        views = (SAMPLES / "duckdb/views.sql").read_text().replace(
            "'out/", f"'{self.out}/")
        schema = self.rollcall("schema", "--format", "duckdb", "-c",
                               "rollcall.json").out
        _, runs, new, by, _, loaded = outside.duckdb(
            views, "SELECT DISTINCT dt::VARCHAR AS dt, run FROM "
            "inactive_users_runs", "SELECT count(*)::INT AS n FROM "
            "newly_inactive_users", "SELECT * FROM deactivations_by",
            schema.replace('"inactive_users"', "loaded"),
            "SELECT count(*)::INT AS n FROM loaded")
        rows = run.jsonl()
        self.assertEqual(runs, [{"dt": "2026-11-23", "run": RUN}])
        self.assertEqual(new, [{"n": len(rows)}])
        self.assertEqual(
            sum(int(one["accounts"]) for one in by),
            sum(row["deactivated_at"] is not None for row in rows))
        self.assertEqual(loaded, [{"n": len(rows)}])

    def test_powercenter(self):
        text = (SAMPLES / "powercenter/rollcall.json").read_text()
        output = json.loads(PLAIN_COMMENT.sub("", text))["output"]
        run = self.publish(**{**output, "dir": "out"})
        self.assertEqual(
            self.sample("powercenter/rows.sh", "inactive_users").encode(),
            run.plain())
        # The real clock says that the run is old.
        self.sample("powercenter/verify.sh", code=65)
        self.extract(as_of=subprocess.run(
            ["date", "-u", "+%Y-%m-%dT%H:%M:%SZ"], capture_output=True,
            text=True, check=True).stdout.strip())
        self.sample("powercenter/verify.sh")
        self.tool("pmcmd", 'printf "%s\\n" "$@"')
        told = self.sample("powercenter/start.sh", "wf", "inactive_users",
                           IS="is", DOMAIN="d", PC_USER="u", PC_FOLDER="CRM")
        parameters = Path(told.split("-paramfile\n")[1].split("\n")[0])
        self.assertIn("$$ExpectedRows=41", parameters.read_text())
        self.rollcall("schema", "--format", "powercenter", "-c",
                      "rollcall.json", "--out-dir", "pc", "--repository",
                      "REP", "--folder", "CRM")
        for part in ("source", "control"):
            self.assertTrue((self.folder / "pc" / f"inactive_users."
                             f"powercenter.{part}.xml").exists())

    def test_warehouses(self):
        self.publish(redshift_url="s3://acme-landing/rollcall",
                     part_size="1B")
        job = ("rollcall.json", self.out, "inactive_users")
        sql = self.sample("snowflake/load.sh", *job)
        self.assertIn('COPY INTO "INACTIVE_USERS" ("ACCOUNT_ID", ', sql)
        self.assertIn(f"'{RUN}/inactive_users-00002.csv.gz'", sql)
        sql = self.sample("redshift/load.sh", *job,
                          "s3://acme-landing/rollcall")
        self.assertIn("    FROM 's3://acme-landing/rollcall/inactive_users_"
                      f"{DAY}_{RUN}.csv.manifest'\n", sql)
        self.assertIn("\n    MANIFEST\n", sql)
        self.tool("bq", 'for last; do :; done; cat "$last"; echo "$@" >bq')
        fields = json.loads(self.sample("bigquery/load.sh", *job,
                                        "gs://b/r", "p:d.t"))
        self.assertIn("account_id", [one["name"] for one in fields])
        self.assertIn(f"gs://b/r/{RUN}/inactive_users-*.jsonl.gz",
                      (self.folder / "bq").read_text())
        load = runpy.run_path(str(SAMPLES / "databricks/load.py"))
        self.assertEqual(load["done_file"](os.listdir(self.out),
                                           "inactive_users"),
                         f"inactive_users_{DAY}_{RUN}.done")

    def test_redshift_job(self):
        text = (SAMPLES / "redshift/rollcall.json").read_text()
        (self.folder / "rollcall.json").write_text(text)
        self.rollcall("plan", "-c", "rollcall.json")

    def test_cron(self):
        self.job(self.site_url)
        self.sample("cron/nightly.sh")
        self.rollcall("verify", "out")
        self.tool("rollcall", "echo x >>tried; exit 75")
        self.sample("cron/nightly.sh", code=75)
        self.assertEqual((self.folder / "tried").read_text(), "x\n" * 6)
        self.tool("rollcall", "echo x >>once; exit 77")
        self.sample("cron/nightly.sh", code=77)
        self.assertEqual((self.folder / "once").read_text(), "x\n")

    def test_airflow(self):
        """The DAG's own function, before stand-ins for Airflow's."""
        class Again(Exception):
            pass

        class Failed(Exception):
            pass

        def decorator(*args, **_):
            return args[0] if args else lambda function: mock.Mock(
                side_effect=function)

        airflow = {name: types.ModuleType(name) for name in (
            "airflow", "airflow.decorators", "airflow.exceptions")}
        airflow["airflow.decorators"].dag = lambda **_: (
            lambda function: lambda: None)
        airflow["airflow.decorators"].task = decorator
        airflow["airflow.exceptions"].AirflowException = Again
        airflow["airflow.exceptions"].AirflowFailException = Failed
        with mock.patch.dict(sys.modules, airflow), \
                mock.patch.dict(os.environ, self.env):
            dag = runpy.run_path(str(SAMPLES / "airflow/rollcall_dag.py"))
            rollcall = dag["rollcall"]
            rollcall.__globals__["HOME"] = str(self.folder)
            self.job(self.site_url)
            published = rollcall("extract", "-c", "rollcall.json", "--quiet")
            self.assertEqual(published["status"], "published")
            self.assertEqual(rollcall("verify", published["dir"])["findings"],
                             0)
            self.tool("rollcall", "echo '{}'; exit 75")
            self.assertRaises(Again, rollcall, "extract")
            self.tool("rollcall", "echo '{}'; exit 65")
            self.assertRaises(Failed, rollcall, "extract")


if __name__ == "__main__":
    unittest.main()
