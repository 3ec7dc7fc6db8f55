"""A run asks for nothing that it could do without, but for what is listed in
request_counts.ABOVE with the reason."""
import tempfile
import unittest
from pathlib import Path

import harness
import request_counts


class RequestCounts(unittest.TestCase):
    def test_every_mapping(self):
        with harness.FakeSite(generate=request_counts.SPEC) as site, \
                tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "site").mkdir()
            floors = request_counts.Floors(site.dump(folder / "site"))
            counts = request_counts.count(site, floors, folder)
        for count in counts:
            above, _ = request_counts.ABOVE.get(count.kind, (0, None))
            with self.subTest(count):
                self.assertGreater(count.floor, 0)
                self.assertGreaterEqual(count.asked, count.floor)
                self.assertLessEqual(count.asked, count.floor + above)


if __name__ == "__main__":
    unittest.main()
