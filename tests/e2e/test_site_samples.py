"""The samples for jobs of several sites: run where that can be done here."""
import functools
import inspect
import os
import runpy
import subprocess
import sys
import types
import unittest
from datetime import datetime, timezone
from unittest import mock

import harness
from published import RUN, Run
from site_jobs import SitesCase

SAMPLES = harness.ROOT / "samples"


class Task:
    """Stands in for Airflow's: does at once what it is asked for."""

    def __init__(self, function, at):
        self.function = function
        self.at = at

    def __call__(self, *args, **named):
        if "data_interval_end" in inspect.signature(self.function).parameters:
            named["data_interval_end"] = self.at
        return self.function(*args, **named)

    def expand(self, **lists):
        (name, values), = lists.items()
        return [self(**{name: value}) for value in values]


def airflow(at):
    def task(*args, **_):
        make = functools.partial(Task, at=at)
        return make(args[0]) if args else make

    modules = {name: types.ModuleType(name) for name in (
        "airflow", "airflow.decorators", "airflow.exceptions")}
    modules["airflow.decorators"].dag = lambda **_: lambda function: function
    modules["airflow.decorators"].task = task
    for name in ("AirflowException", "AirflowFailException"):
        setattr(modules["airflow.exceptions"], name, type(name, (Exception,),
                                                          {}))
    return modules


@unittest.skipIf(harness.is_sanitized(), "nothing of ours but the program")
class SiteSamples(SitesCase):
    def setUp(self):
        super().setUp()
        tools = self.folder / "bin"
        tools.mkdir()
        (tools / "rollcall").symlink_to(harness.binary("rollcall"))
        self.environment = {
            **os.environ, **self.env,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")}

    def assert_merged(self, run):
        self.rollcall("verify", run.folder)
        self.assertEqual(run.jsonl(), [
            {"site": name, **row} for name in self.names
            for row in Run(self.out / name / run.folder.name).jsonl()])

    def test_airflow(self):
        self.sites_job()
        at = datetime(2026, 11, 23, 2, tzinfo=timezone.utc)
        with mock.patch.dict(sys.modules, airflow(at)), \
                mock.patch.dict(os.environ, self.environment):
            # Its folder is no matter until a task is run.
            source = (SAMPLES / "airflow/rollcall_sites_dag.py").read_text()
            path = self.folder / "dag.py"
            path.write_text(source.replace("/srv/rollcall",
                                           str(self.folder)))
            runpy.run_path(str(path))
        self.assert_merged(Run(self.out / RUN))

    def container(self, job):
        import yaml
        for one in yaml.safe_load_all(
                (SAMPLES / "kubernetes/sites.yaml").read_text()):
            if one["metadata"]["name"] == job:
                pod = one["spec"]["jobTemplate"]["spec"]["template"]["spec"]
                return pod["containers"][0]
        raise KeyError(job)

    def run_container(self, job, **env):
        container = self.container(job)
        given = {one["name"]: one["value"] for one in container["env"]}
        given.update(OUT=str(self.out), ROLLCALL_JOB="rollcall.json",
                     ROLLCALL_RESULT_JSON=str(self.folder / "result"), **env)
        return subprocess.run([*container["command"], *container["args"]],
                              cwd=self.folder, capture_output=True, text=True,
                              env={**self.environment, **given}, check=False)

    def test_kubernetes(self):
        self.sites_job()
        # The clock of the sample is the schedule's: 02:15 of a day gone by.
        date = self.folder / "bin" / "date"
        date.write_text('#!/bin/sh\nexec /bin/date -u -d 2026-11-23 "$2"\n')
        date.chmod(0o755)
        for index in range(len(self.names)):
            done = self.run_container("rollcall-sites",
                                      JOB_COMPLETION_INDEX=str(index))
            self.assertEqual(done.returncode, 0, done.stderr)
            if index == 0: # two are missing
                done = self.run_container("rollcall-merge")
                self.assertEqual(done.returncode, 66, done.stderr)
        done = self.run_container("rollcall-merge")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_merged(Run(self.out / "20261123T021500Z"))


if __name__ == "__main__":
    unittest.main()
