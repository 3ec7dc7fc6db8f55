"""Memory follows the number of accounts, not the number of records."""
import os
import subprocess
import tempfile
import unittest

import harness
from runs import AS_OF, DATASET, NOW

# With eighty records an account nearly every one has its facts already, so
# what comes on top would be paid for records.
USERS, FEW, MANY = 5_000, 400_000, 1_000_000
GROWTH = 1.10
TRIES = 3


# Rows of events: one for two thirds of the records. Both logs are larger than
# the spool's cache, so what comes on top would be paid for events.
EVENT_USERS, FEW_EVENTS, MANY_EVENTS = 2_000, 200_000, 500_000
EVENT_GROWTH = 1.05


def peak_kib(site, folder, mapping):
    """(exit code, KiB) of an extract."""
    # One request at a time: how many answers are under way at once depends on
    # the machine, and would blur what is measured.
    job = harness.make_job(folder, site.url, mappings=[mapping],
                           limits={"concurrency": 1})
    with open(os.path.join(folder, "log"), "w") as log:
        process = subprocess.Popen(
            [harness.binary("rollcall"), "extract", "-c", job, "--as-of",
             AS_OF, "--quiet"], cwd=folder, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log,
            env={**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN,
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss


@unittest.skipIf(harness.is_sanitized(),
                 "the memory measured would be the sanitizer's")
class Peak(unittest.TestCase):
    def extract(self, records, users=USERS, mapping=DATASET):
        spec = f"users={users},records={records},seed=1,{NOW}"
        with (tempfile.TemporaryDirectory(prefix="rollcall-") as folder,
              harness.FakeSite(generate=spec) as site):
            code, peak = peak_kib(site, folder, mapping)
            with open(os.path.join(folder, "log")) as log:
                self.assertEqual(code, 0, log.read())
            parts = os.listdir(os.path.join(folder, "out", "latest"))
            self.assertIn(f"{mapping}-00001.csv.gz", parts)
        return peak

    def assert_flat(self, few, many, growth):
        """Whether a page more was under way at some moment is chance, and adds
        some MiB; what grows with the records is there each time."""
        bound = self.extract(*few) * growth
        peaks = []
        while len(peaks) < TRIES and (not peaks or min(peaks) > bound):
            peaks.append(self.extract(*many))
        self.assertLessEqual(min(peaks), bound, f"KiB: {peaks}")

    def test_ten_times_the_records_need_no_more(self):
        self.assert_flat((FEW,), (MANY,), GROWTH)

    def test_rows_of_events_need_no_more_for_five_times_the_records(self):
        self.assert_flat((FEW_EVENTS, EVENT_USERS, "user_events"),
                         (MANY_EVENTS, EVENT_USERS, "user_events"),
                         EVENT_GROWTH)


if __name__ == "__main__":
    unittest.main()
