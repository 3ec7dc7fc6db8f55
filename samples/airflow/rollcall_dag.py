"""Airflow: one run of rollcall a night, and a check that it is whole."""
import json
import subprocess
from datetime import datetime, timedelta

from airflow.decorators import dag, task
from airflow.exceptions import AirflowException, AirflowFailException

HOME = "/srv/rollcall"
# Only these may go away by themselves; another try costs the rest nothing but
# time, so they fail at once.
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
def rollcall_nightly():
    @task(execution_timeout=timedelta(hours=7))
    def extract(data_interval_end=None):
        as_of = data_interval_end.strftime("%Y-%m-%dT%H:%M:%SZ")
        return rollcall("extract", "-c", "rollcall.json", "--as-of", as_of,
                        "--quiet")

    @task
    def verify(published):
        return rollcall("verify", published["dir"])

    verify(extract())


rollcall_nightly()
