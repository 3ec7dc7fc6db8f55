"""Airflow: the sites of one job as mapped tasks, and one run of all."""
import json
import subprocess
from datetime import datetime, timedelta

from airflow.decorators import dag, task
from airflow.exceptions import AirflowException, AirflowFailException

HOME = "/srv/rollcall"
SITES = ["acme", "beta", "gamma"]  # as the job has them
TRY_AGAIN = (69, 75)


def rollcall(*args):
    """Runs rollcall; its last line, which is JSON."""
    done = subprocess.run(["rollcall", *args], cwd=HOME, check=False,
                          stdout=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines() or ["{}"]
    if done.returncode in TRY_AGAIN:
        raise AirflowException(lines[-1])
    if done.returncode != 0:
        raise AirflowFailException(f"exit {done.returncode}: {lines[-1]}")
    return json.loads(lines[-1])


@dag(schedule="15 2 * * *", start_date=datetime(2026, 11, 1), catchup=False,
     max_active_runs=1,
     default_args={"retries": 6, "retry_delay": timedelta(minutes=10)})
def rollcall_sites():
    @task(execution_timeout=timedelta(hours=7), max_active_tis_per_dag=4)
    def extract(site, data_interval_end=None):
        as_of = data_interval_end.strftime("%Y-%m-%dT%H:%M:%SZ")
        return rollcall("extract", "-c", "rollcall.json", "--as-of", as_of,
                        "--site", site, "--quiet")

    # Begins when all of them have succeeded, and not otherwise.
    @task
    def merge(published):
        return rollcall("merge", *(one["dir"] for one in published),
                        "--out", "out", "--quiet")

    @task
    def verify(merged):
        return rollcall("verify", merged["dir"])

    verify(merge(extract.expand(site=SITES)))


rollcall_sites()
