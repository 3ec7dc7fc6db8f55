"""Nothing that reads can change an account: neither by what it sends, nor by
what a source file can say, nor by what the program's parts can reach."""
import re
import shutil
import subprocess
import unittest

import harness
import org_lists
from accounts import ADA, WRITE, Case

MAPPINGS = sorted(path.stem for path
                  in (harness.ROOT / "mappings").glob("*.json"))
READING = (("plan",), ("check",), ("explain", ADA), ("extract", "--as-of",
                                                     "2026-11-23T02:00:00Z"))
# May reach what changes accounts; everything else may not.
ACTING = re.compile(r"^(command_account|account(_[a-z]+)?)\.[ch]$")
HEADERS = ("account_action.h", "account_journal.h", "account.h")


# What a mapping needs besides; rows of events are not explained.
EXPORT = {"export_users": "site/users_export.csv"}
MORE = {"inactive_users_export": {"files": EXPORT},
        "idle_users": {"guards": {"zero_rows": "allow"}}}
ROWS_OF_EVENTS = ("access_changes", "user_events")


class Requests(Case):
    def test_no_reading_command_writes(self):
        for mapping in MAPPINGS:
            for verb, *args in READING:
                with self.subTest(mapping=mapping, verb=verb):
                    site = self.site()
                    site.dump(self.folder / "site")
                    job = self.job(site, **MORE.get(mapping, {}))
                    code, _, err = harness.run_rollcall(
                        [verb, "-c", job, "--mapping", mapping, *args],
                        env=org_lists.ENV, cwd=self.folder)
                    refused = verb == "explain" and mapping in ROWS_OF_EVENTS
                    self.assertEqual(code, 64 if refused else 0, err)
                    if not (refused or verb == "plan" or
                            "files" in MORE.get(mapping, {})):
                        self.assertTrue(site.requests())
                    self.assert_nothing_sent(site)
                    shutil.rmtree(self.folder / "out", ignore_errors=True)

    def test_writes_would_be_seen(self):
        """The same look at the log finds those of deactivate."""
        site = self.site()
        run = self.apply(self.job(site), "deactivate", "admin", ADA)
        self.assertEqual(run.code, 0, run.err)
        with self.assertRaises(AssertionError):
            self.assert_nothing_sent(site)

    def test_a_source_cannot_say_it(self):
        site = self.site()
        folder = self.folder / "mappings"
        (folder / "sources").mkdir(parents=True)
        shipped = (harness.ROOT / "mappings" / "sources" /
                   "org_directory_users.json").read_text()
        path = "/admin/v2/orgs/{organisation}/directories/{directory}/users"
        self.assertIn(f'"{path}/search"', shipped)
        (folder / "sources" / "org_directory_users.json").write_text(
            shipped.replace(f'"{path}/search"', f'"{path}/{ADA}/suspend"'))
        code, _, err = harness.run_rollcall(
            ["extract", "-c", self.job(site), "--mapping",
             "inactive_users_org"], env=org_lists.ENV, cwd=self.folder)
        self.assertEqual(code, 78, err)
        self.assertIn("request.path: what only reads", err)
        self.assertEqual(site.requests(), [])

    def test_no_shipped_source_says_it(self):
        for path in (harness.ROOT / "mappings" / "sources").glob("*.json"):
            for word in re.findall(r'"(/[^"]*)"', path.read_text()):
                self.assertIsNone(WRITE.search(word), f"{path.name}: {word}")


class Layers(Case):
    def setUp(self):
        super().setUp()
        for name in (".ci", "extractor", "transforms"):
            shutil.copytree(harness.ROOT / name, self.folder / name)

    def layers(self):
        return subprocess.run(["sh", ".ci/layers.sh"], cwd=self.folder,
                              capture_output=True, text=True, check=False)

    def test_only_two_modules_reach_it(self):
        self.assertEqual(self.layers().returncode, 0)
        for path in sorted((self.folder / "extractor").glob("*.c")):
            if ACTING.match(path.name):
                continue
            text = path.read_text()
            path.write_text("".join(f'#include "{header}"\n'
                                    for header in HEADERS) + text)
            done = self.layers()
            self.assertEqual(done.returncode, 1, path.name)
            for line in range(1, len(HEADERS) + 1):
                self.assertIn(f"extractor/{path.name}:{line}: ", done.stdout)
            path.write_text(text)
        self.assertEqual(self.layers().returncode, 0)


if __name__ == "__main__":
    unittest.main()
