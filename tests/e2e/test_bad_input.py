"""Mistakes of the user and of the machine: named, cured, nothing published."""
import json
import os
import resource
import shutil
import signal
import subprocess
import time
import unittest

import area
import harness
from attempt import AS_OF, Attempt, RunCase

NOWHERE = "http://127.0.0.1:9"  # discard: nothing may be asked
PASTED = "ATATT3xFfGF0pasted-token=0A1B2C3D"
MAPPINGS = harness.ROOT / "mappings"
DEAD_SECONDS = 2
FILE_BYTES = 128 * 1024  # more than a new state, less than the part


def setUpModule():
    area.count("bad input")


class InputCase(RunCase):
    def rollcall(self, *args, env=None):
        outcome = harness.run_rollcall(args, env=env, cwd=self.folder)
        return Attempt(self.folder, outcome, 0)

    def job(self, text=None, **changes):
        """Runs a job file of this text, or the usual one with changes."""
        changes.setdefault("limits", {"retry_for": "0s"})
        path = harness.make_job(self.folder, NOWHERE, **changes)
        if text is not None:
            path.write_bytes(text.encode() if isinstance(text, str)
                             else text)
        return self.rollcall("extract", "-c", path, "--as-of", AS_OF)

    def usage(self, *args):
        harness.make_job(self.folder, NOWHERE, limits={"retry_for": "0s"})
        run = self.rollcall(*args)
        self.assertEqual(run.code, 64, run.err)
        self.assert_nothing_published(self.folder)
        return run.err


class JobText(InputCase):
    def test_an_empty_job(self):
        for text in ("", " \n", "// nothing\n"):
            with self.subTest(text):
                self.assert_refused(self.job(text), 78, "rollcall.json",
                                    "is empty")

    def test_broken_json_names_line_and_column(self):
        for text, place, words in (
                ('{"endpoints": {\n "jira": {,}}}', ":2:11:", "','"),
                ('{\n"mappings": ["a" "b"]}', ":2:18:", "expected ','"),
                ('{"a": 1', ":1:8:", "ends early"),
                ('{"a": 1} x', ":1:10:", "'x'"),
                ("{'a': 1}", ":1:2:", "double quotes"),
                (b"\xff\xfe{\0}\0", ":1:1:", "UTF-16")):
            with self.subTest(text):
                self.assert_refused(self.job(text), 78,
                                    "rollcall.json" + place, words)

    def test_a_job_that_is_no_object(self):
        self.assert_refused(self.job("[]"), 78, "expected object",
                            "found array")

    def test_a_duplicate_key(self):
        path = harness.make_job(self.folder, NOWHERE)
        text = path.read_text().replace('"mappings"', '"state": "s", '
                                        '"mappings"')
        self.assert_refused(self.job(text), 78, "state: given twice")


class JobMembers(InputCase):
    def test_an_unknown_key_names_the_nearest(self):
        for changes, where, meant in (
                ({"limts": {}}, "limts", "limits"),
                ({"limits": {"concurency": 2}}, "limits", "concurrency"),
                ({"output": {"csv": {"delimeter": ";"}}}, "output.csv",
                 "delimiter"),
                ({"endpoints": {"jira": {"auth": {"usr": "x"}}}},
                 "endpoints.jira.auth", "user")):
            with self.subTest(meant):
                self.assert_refused(self.job(**changes), 78, where,
                                    "unknown key",
                                    f'did you mean "{meant}"?')

    def test_a_wrong_type_or_value(self):
        for changes, texts in (
                ({"limits": {"concurrency": "2"}},
                 ("limits.concurrency", "expected number, found string")),
                ({"limits": {"concurrency": 0}},
                 ("limits.concurrency", "from 1 to 32", "found 0")),
                ({"limits": {"retry_for": "soon"}},
                 ("limits.retry_for", '"15m"', '"soon"')),
                ({"limits": {"rate": {"jira": "fast"}}},
                 ("limits.rate.jira", '"10/s"', '"fast"')),
                ({"limits": {"rate": {"jirra": "1/s"}}},
                 ("limits.rate", 'unknown endpoint "jirra"', '"jira"')),
                ({"mappings": "inactive_users"},
                 ("mappings", "expected array")),
                ({"mappings": []}, ("mappings", "must not be empty")),
                ({"guards": {"max_new_inactive": "lots"}},
                 ("guards.max_new_inactive", '"lots"')),
                ({"endpoints": {"jira": {"auth": {"type": "basik"}}}},
                 ("endpoints.jira.auth.type", '"basic"'))):
            with self.subTest(texts[0]):
                self.assert_refused(self.job(**changes), 78, *texts)

    def test_what_is_missing_is_named(self):
        self.assert_refused(self.job(endpoints=None), 78,
                            "endpoints: missing")
        run = self.job(endpoints={"jira": None, "admin": {
            "url": NOWHERE, "auth": {"type": "none"}}})
        self.assert_refused(run, 78, 'source "jira_users"',
                            'endpoint "jira"', "add it")

    def test_several_mistakes_are_told_in_one_go(self):
        run = self.job(limits={"concurrency": 99, "retry_for": "soon"},
                       guards={"zero_rows": "maybe"}, mappings="x")
        self.assert_refused(run, 78, "4 mistakes", "limits.concurrency",
                            "limits.retry_for", "guards.zero_rows",
                            "mappings")
        lines = run.err.splitlines()
        self.assertEqual(len(lines), 5, run.err)
        self.assertNotIn("\\u000a", run.err)

    def test_a_pasted_secret_is_refused_and_not_repeated(self):
        for member in (PASTED, {"env": PASTED}, {"value": PASTED},
                       {"env": PASTED, "file": PASTED}, [PASTED]):
            with self.subTest(type(member)):
                run = self.job(json.dumps({
                    "endpoints": {"jira": {"url": NOWHERE, "auth": {
                        "type": "basic", "user": "x", "secret": member}}},
                    "mappings": ["inactive_users"]}))
                self.assert_refused(run, 78, "endpoints.jira.auth.secret")
                self.assertNotIn(PASTED, run.out + run.err)

    def test_credentials_in_the_url_are_not_repeated(self):
        for url in (f"https://svc:{PASTED}@example.test",
                    f"https://{PASTED}@example.test",
                    f"https://example.test/?token={PASTED}",
                    f"https://example.test/#{PASTED}"):
            with self.subTest(url):
                run = self.job(endpoints={"jira": {"url": url}})
                self.assert_refused(run, 78, "endpoints.jira.url")
                self.assertNotIn(PASTED, run.out + run.err)


class Files(InputCase):
    def test_a_job_that_is_not_there(self):
        run = self.rollcall("extract", "-c", "nope.json")
        self.assert_refused(run, 66, "nope.json: cannot open",
                            "No such file or directory")
        run = self.rollcall("extract", "-c", self.folder)
        self.assert_refused(run, 66, "is a folder")

    def test_no_job_named_and_none_here(self):
        run = self.rollcall("extract")
        self.assert_refused(run, 66, "rollcall.json", "-c FILE")

    def test_another_missing_file_is_not_blamed_on_the_job(self):
        harness.make_job(self.folder, NOWHERE, mappings=["./mine.json"])
        run = self.rollcall("extract", "--as-of", AS_OF)
        self.assert_refused(run, 66, "mine.json: cannot open")
        self.assertNotIn("-c", run.result["hint"] or "")

    def test_a_mapping_nobody_knows(self):
        run = self.job(mappings=["inactive_user"])
        self.assert_refused(run, 78, 'unknown mapping "inactive_user"',
                            'did you mean "inactive_users"?', "looked for",
                            str(self.folder / "mappings"))

    def test_the_map_file_of_keys(self):
        """It is read before anything is asked."""
        keys = {"keys": {"map_file": "keys.csv"}}
        self.assert_refused(self.job(**keys), 66, "keys.csv: cannot open")
        path = self.folder / "keys.csv"
        for text, code, words in (
                ("user_key,account_id\nug:1\n", 78, "row 2"),
                ("ug:1,a,b\n", 78, "two values"), ("ug:1,\n", 78, "row 1"),
                ('"ug:1', 65, "row 1")):
            with self.subTest(text):
                path.write_text(text)
                self.assert_refused(self.job(**keys), code, "keys.csv", words)


class Definitions(InputCase):
    """Copies of the shipped files with one mistake each, beside the job."""

    def broken(self, name, old, new):
        folder = self.folder / "mappings"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(MAPPINGS, folder)
        path = folder / name
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1))
        return self.job()

    def test_mistakes_of_a_mapping(self):
        name = "inactive_users.json"
        for old, new, texts in (
                ('"type": "timestamp"', '"type": "timestmp"',
                 ("columns[6].type", '"timestmp"', '"timestamp"')),
                ('"user.display_name"', '"user.displayname"',
                 ("columns[1].from", '"displayname"',
                  '"display_name"')),
                ('"fact.deactivated.at",', '"fact.deactivatd.at",',
                 ("columns[6].from[1]", '"deactivated"')),
                ('"equals": false', '"equal": false',
                 ("where.all[0]", '"equals"')),
                ('"equals": "app"', '"equals": 5', ("where.all[1]",)),
                ('"present": true', '"present": "yes"',
                 ("columns[6].from[2].when",)),
                ('"matches": "."', '"matches": "("',
                 ("columns[2].from[0].when",)),
                ('"cancelled_by": "reactivated"',
                 '"cancelled_by": "reactivate"',
                 ("facts.deactivated.cancelled_by", '"reactivated"')),
                ('"order": ["account_id"]', '"order": ["acount_id"]',
                 ("order", '"account_id"')),
                ('"grain": "user"', '"grain": "usr"', ("grain", '"user"')),
                ('"events": ["jira_audit"', '"events": ["jira_audits"',
                 ('unknown source "jira_audits"', '"jira_audit"'))):
            with self.subTest(new):
                run = self.broken(name, old, new)
                if "source" not in texts[0]:
                    texts = (name, *texts)
                self.assert_refused(run, 78, *texts)

    def test_mistakes_of_a_source(self):
        name = "sources/jira_users.json"
        for old, new, texts in (
                ('"style": "offset"', '"style": "ofset"',
                 ("paging.style", '"offset"')),
                ('"items": ""', '"items": "values"', ("items", "pointer")),
                ('"kind": "users"', '"kind": "events"',
                 ("10 mistakes", 'unknown field "account_id"')),
                ('"name": "jira_users"', '"name": "jira_people"',
                 ('name: expected "jira_users"',)),
                ('"path": "/rest/api/3/users/search"}',
                 '"path": "/rest/{api}/users"}',
                 ("request.path", 'unknown placeholder "api"')),
                ('"display_name": "/displayName"',
                 '"displayname": "/displayName"',
                 ("fields", '"display_name"')),
                ('"method": "GET"', '"method": "FETCH"',
                 ("request.method", "expected one of GET, POST")),
                ('"endpoint": "jira"', '"endpoint": "jra"',
                 ('endpoint "jra"', "endpoints"))):
            with self.subTest(new):
                run = self.broken(name, old, new)
                self.assert_refused(run, 78, *texts)


class Words(InputCase):
    """The command line."""

    def test_times(self):
        for value, words in (("nonsense", "is not a time"),
                             ("2026-13-01", "is not a time"),
                             ("2199-01-01T00:00:00Z", "lies in the future")):
            with self.subTest(value):
                err = self.usage("extract", "--as-of", value)
                self.assertIn(f'--as-of: "{value}" {words}', err)
                self.assertIn("hint", err)

    def test_run_ids(self):
        for value in ("../x", "a/b", ".hidden", "x" * 65, "a b", "latest"):
            with self.subTest(value):
                err = self.usage("extract", "--as-of", AS_OF, "--run-id",
                                 value)
                self.assertIn("letters, digits", err)

    def test_unknown_words_and_what_was_meant(self):
        for args, texts in (
                (("extrct",), ("unknown command extrct",
                               "did you mean extract?")),
                (("frobnicate",), ("unknown command frobnicate", "--help")),
                (("extract", "--as-off", "x"),
                 ("unknown option --as-off", "did you mean --as-of?")),
                (("extract", "-z"), ("unknown option -z", "--help")),
                ((), ("no command given", "--help"))):
            with self.subTest(args):
                err = self.usage(*args)
                for text in texts:
                    self.assertIn(text, err)

    def test_options_that_do_not_fit(self):
        for args, text in (
                (("--quiet", "--quiet"), "--quiet: given twice"),
                (("--out", "a", "--out=b"), "--out: given twice"),
                (("--dataset", "x"), '--dataset: not for "extract"'),
                (("--force=1",), "--force: takes no value"),
                (("--out",), "--out: needs a value (DIR)"),
                (("--out=",), "--out: needs a value (DIR)"),
                (("--log-format", "xml"), '--log-format: unknown word "xml"'),
                (("--color", "blue"), '--color: unknown word "blue"'),
                (("more",), '"more" is one operand too many')):
            with self.subTest(args):
                self.assertIn(text, self.usage("extract", *args))

    def test_a_wrong_environment_variable_is_a_mistake_too(self):
        harness.make_job(self.folder, NOWHERE)
        run = self.rollcall("extract", env={"ROLLCALL_AS_OF": "nonsense"})
        self.assertEqual(run.code, 64)


class Output(InputCase):
    def published_to(self, target):
        site = self.site()
        run = self.extract(site.url, "--out", target)
        return run, site

    def test_a_file_where_the_folder_should_be(self):
        (self.folder / "taken").write_text("mine")
        for target in ("taken", "taken/below", "/proc/nope"):
            with self.subTest(target):
                run, site = self.published_to(target)
                self.assert_refused(run, 73, target)
                self.assertEqual(site.requests(), [])
        self.assertEqual((self.folder / "taken").read_text(), "mine")

    def test_a_file_where_the_run_should_be(self):
        (self.folder / "out").mkdir()
        (self.folder / "out" / "20261123T020000Z").write_text("mine")
        run, site = self.published_to("out")
        self.assertEqual(run.code, 73, run.err)
        self.assertIn("exists and is not a folder", run.told)
        self.assertEqual(run.left_behind(), ["20261123T020000Z"])
        self.assertEqual(site.requests(), [])

    def test_a_limit_of_file_size(self):
        """Nobody dies by SIGXFSZ and leaves half a run behind."""
        for limit, text in ((4096, "rollcall.db: reading or writing failed"),
                            (FILE_BYTES, "File too large")):
            with self.subTest(text):
                self.limited(limit, text)

    def limited(self, limit, text):
        site = self.enterContext(harness.FakeSite(
            generate="users=12000,records=10,seed=1"))
        path = harness.make_job(self.folder, site.url,
                                mappings=["all_users"])
        done = subprocess.run(
            [harness.binary("rollcall"), "extract", "-c", path, "--as-of",
             AS_OF], env=environment(), cwd=self.folder, text=True,
            capture_output=True, check=False, timeout=60,
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_FSIZE, (limit, limit)))
        run = Attempt(self.folder, (done.returncode, done.stdout,
                                    done.stderr), 0)
        self.assert_refused(run, 74, text)

    def test_a_full_disk(self):
        site = self.site()
        path = harness.make_job(self.folder, site.url)
        out = self.folder / "out"
        out.mkdir()
        watch = self.folder / "watch"
        watch.mkdir()
        script = ('mount -t tmpfs -o size=8k none "$1" || exit 99\n'
                  '"$2" extract -c "$3" --as-of "$4"; code=$?\n'
                  'ls -A "$1" > "$5"/left; exit $code')
        done = subprocess.run(
            ["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c",
             script, "sh", out, harness.binary("rollcall"), path, AS_OF,
             watch],
            env=environment(), cwd=self.folder, text=True, timeout=60,
            capture_output=True, check=False)
        if done.returncode in (1, 99):
            self.skipTest(f"no tmpfs of our own: {done.stderr.strip()}")
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("No space left on device", done.stderr)
        self.assertEqual((watch / "left").read_text(), ".rollcall.lock\n")

    def test_stdout_that_is_full(self):
        path = harness.make_job(self.folder, self.site().url)
        for verb, *args in (("extract", "--as-of", AS_OF),
                            ("verify", "out"), ("status", "--as-of", AS_OF),
                            ("status", "--json", "--as-of", AS_OF),
                            ("plan",), ("check",), ("clean", "--keep", "9"),
                            ("explain", "712020:00100010-0010-4010-8010-"
                             "000000000010"),
                            ("schema", "--format", "postgres", "--part",
                             "table")):
            job = () if verb == "verify" else ("-c", path)
            with self.subTest(verb), open("/dev/full", "wb") as full:
                done = subprocess.run(
                    [harness.binary("rollcall"), verb, *args, *job],
                    env=environment(), cwd=self.folder, stdout=full,
                    stderr=subprocess.PIPE, text=True, timeout=60,
                    check=False)
                self.assertEqual(done.returncode, 74, done.stderr)
                self.assertIn("stdout: No space left on device",
                              done.stderr)


def environment():
    return {**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN,
            "NO_COLOR": "1", "ROLLCALL_MAPPINGS": str(MAPPINGS)}


class Signals(RunCase):
    def started(self, site, **more):
        path = harness.make_job(self.folder, site.url)
        process = self.enterContext(subprocess.Popen(
            [harness.binary("rollcall"), "extract", "-c", path, "--as-of",
             AS_OF], env=environment(), cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more))
        self.addCleanup(process.kill)
        while len(site.requests()) < 4:
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        return process

    def test_a_signal_ends_it_at_once_and_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number.name):
                site = self.site(latency_ms=300)
                process = self.started(site)
                out = self.folder / "out"
                self.assertTrue(list(out.glob(".tmp-*")))
                process.send_signal(number)
                result, err = process.communicate(timeout=DEAD_SECONDS)
                self.assertEqual(process.returncode, -number, err)
                self.assertEqual(json.loads(result)["status"], "failed")
                self.assertIn("interrupted", err)
                self.assert_nothing_published(self.folder)

    def test_during_a_wait_for_a_retry(self):
        site = self.site({"path": "/rest/api/3/users/search", "do": "status",
                          "status": 429, "headers": {"Retry-After": "600"}})
        process = self.started(site)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=DEAD_SECONDS)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assert_nothing_published(self.folder)

    def test_nohup_is_respected(self):
        site = self.site(latency_ms=50)
        process = self.started(site, preexec_fn=lambda: signal.signal(
            signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        _, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, err)

    def test_the_next_run_is_not_in_the_way_of_the_last(self):
        site = self.site(latency_ms=100)
        process = self.started(site)
        process.kill()
        process.communicate()
        self.assertTrue(list((self.folder / "out").glob(".tmp-*")))
        run = self.extract(site.url)
        self.assert_published(run)
        self.assertEqual([name for name in run.left_behind()
                          if name.startswith(".")], [])


if __name__ == "__main__":
    unittest.main()
