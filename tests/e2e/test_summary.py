"""What stands at the end of a run, for a person and for a scheduler."""
import json
import unittest

import runs

NIGHTS = ("2026-11-22T02:00:00Z", runs.AS_OF)


class Summary(runs.Case):
    """Two nights: one account has left the list, two are new in it."""

    NAMES = (("ada", "bob", "cyd"), ("bob", "cyd", "dee", "eve"))

    def night(self, number, *args):
        folder = self.folder / f"site{number}"
        site = self.site(site=runs.make_site(
            folder, [runs.account(name) for name in self.NAMES[number]]))
        return self.extract(site, as_of=NIGHTS[number], args=[
            "--accept-guard", "max_new_inactive", *args])

    def test_what_is_new_and_what_has_gone(self):
        first, second = self.night(0), self.night(1)
        self.assertEqual((first.code, second.code), (0, 0), second.stderr)
        told = json.loads(first.stdout)
        self.assertIsNone(told["previous"])
        self.assertNotIn("before", told["datasets"][0])
        self.assertIn("  inactive_users                       3  rows; in no "
                      "run before\n", first.stderr)
        told = json.loads(second.stdout)
        self.assertEqual(told["previous"], "20261122T020000Z")
        self.assertEqual(
            {name: told["datasets"][0][name]
             for name in ("rows", "before", "new", "gone")},
            {"rows": 4, "before": 3, "new": 2, "gone": 1})
        end = second.stderr.split("published 20261123T020000Z, as of "
                                  "2026-11-23T02:00:00Z\n")[1]
        self.assertIn("  inactive_users                       4  rows; 2 new "
                      "and 1 gone since run 20261122T020000Z\n"
                      "    before_log                         4  ", end)
        self.assertIn("  guards let pass          max_new_inactive\n", end)
        self.assertTrue(end.endswith("rollcall verify out/20261123T020000Z\n")
                        or end.endswith(f"rollcall verify {second.run}\n"))
        sources = second.manifest()["sources"]
        self.assertEqual(told["requests"],
                         sum(source["requests"] for source in sources
                             if "requests" in source))
        self.assertEqual(told["bytes"], sum(
            path.stat().st_size for path in second.run.glob("*.gz")))
        self.assertEqual(told["files"], len(list(second.run.glob("*.gz"))))

    def test_who_does_not_ask_for_it(self):
        quiet = self.night(0, "--quiet")
        self.assertNotIn("rollcall verify", quiet.stderr)
        machine = self.night(1, "--log-format", "json")
        events = [json.loads(line) for line in machine.stderr.splitlines()]
        self.assertEqual([event["message"].split(";")[0] for event in events
                          if event["event"] == "published"],
                         ["inactive_users: 4 rows, 0 refused"])


if __name__ == "__main__":
    unittest.main()
