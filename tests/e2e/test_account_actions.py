"""Turning accounts on and off: what is sent, to whom, and what is told."""
import concurrent.futures
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import time
import unittest

import harness
import org_lists
from accounts import (ADA, BEN, GWEN, NOOR, OKTA, OMAR, SERVICE, VERBS, VIAS,
                      Case, endpoints, state_path, write_path)
from test_fakesite_admin import call

WAIT_SECONDS = 60
DISABLE = write_path("deactivate", "admin", OMAR)
PROFILE = state_path("admin", OMAR)
STILL_ACTIVE = json.dumps({"account": {"account_id": OMAR,
                                       "account_status": "active"}})


def not_yet(**turns):
    """The profile as it was before, on some of the requests for it."""
    return {"path": PROFILE, "do": "status", "status": 200,
            "body": STILL_ACTIVE, **turns}


class Preview(Case):
    def test_it_shows_and_sends_nothing(self):
        for via in VIAS:
            for verb, account in zip(VERBS, (BEN, OMAR)):
                if (verb, via) == ("activate", "directory"):
                    account = "712020:00230023-0023-4023-8023-000000000023"
                with self.subTest(via=via, verb=verb):
                    site = self.site()
                    run = self.run_verb(self.job(site), verb, via, account)
                    self.assertEqual(run.code, 0, run.err)
                    path = write_path(verb, via, account).replace(":", "%3A")
                    self.assertIn(f"would send POST {site.url}{path}\n",
                                  run.out)
                    self.assertIn("state      " + ("active" if verb ==
                                                   "deactivate" else
                                                   "inactive"), run.out)
                    self.assertIn("add --apply", run.err)
                    self.assert_nothing_sent(site)

    def test_body_and_name_are_shown(self):
        site = self.site()
        run = self.run_verb(self.job(site), "deactivate", "admin", OMAR)
        self.assertIn(f"deactivate {OMAR}  Omar Silva\n", run.out)
        self.assertIn('body       {"message":"', run.out)
        self.assertIn(f"own accounts {SERVICE}\n", run.out)
        self.assertNotIn("@", run.out)

    def test_as_json(self):
        site = self.site()
        run = self.run_verb(self.job(site), "deactivate", "admin", OMAR, BEN,
                            OMAR, "--json")
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.verdicts, {OMAR: "would send", BEN: "already"})
        self.assertFalse(run.document["applied"])
        self.assertEqual(run.document["own_accounts"], [SERVICE])
        self.assertEqual(run.accounts[OMAR]["request"]["method"], "POST")
        self.assertIsNone(run.accounts[BEN]["request"])
        self.assertEqual(len(run.document["accounts"]), 2)
        self.assert_nothing_sent(site)

    def test_variables_apply_nothing(self):
        site = self.site()
        run = self.run_verb(self.job(site), "deactivate", None, OMAR, env={
            "ROLLCALL_VIA": "admin", "ROLLCALL_APPLY": "1",
            "ROLLCALL_YES": "1", "ROLLCALL_ACCOUNTS": "/dev/null"})
        self.assertEqual(run.code, 0, run.err)
        self.assert_nothing_sent(site)

    def test_names_cannot_drive_the_terminal(self):
        site = self.site({"path": PROFILE, "do": "status", "status": 200,
                          "body": json.dumps({"account": {
                              "account_id": OMAR, "account_status": "active",
                              "name": "a\x1b[2J\nb\u009bc"}})})
        run = self.run_verb(self.job(site), "deactivate", "admin", OMAR)
        self.assertIn("  a?[2J?b?c\n", run.out)


class Apply(Case):
    def test_there_and_back(self):
        """Every API: what is sent, what is told, and what lists say then."""
        for via in VIAS:
            with self.subTest(via):
                site = self.site()
                job = self.job(site)
                run = self.apply(job, "deactivate", via, OMAR)
                self.assertEqual(run.code, 0, run.err)
                told = run.accounts[OMAR]
                self.assertEqual(
                    (told["before"], told["sent"], told["status"],
                     told["after"], told["verdict"]),
                    ("active", True, 204, "inactive", "done"))
                self.assertFalse(self.listed_active(site))
                run = self.apply(job, "deactivate", via, OMAR)
                self.assertEqual(run.verdicts, {OMAR: "already"})
                self.assertEqual(run.code, 0, run.err)
                run = self.apply(job, "activate", via, OMAR)
                self.assertEqual(run.verdicts, {OMAR: "done"})
                self.assertTrue(self.listed_active(site))
                self.assertEqual(self.written(site), [
                    write_path("deactivate", via, OMAR),
                    write_path("activate", via, OMAR)])

    def listed_active(self, site):
        rows = call(site, "/rest/api/3/users/search",
                    ("maxResults", 1000)).json()
        return next(row["active"] for row in rows
                    if row["accountId"] == OMAR)

    def test_extract_sees_it(self):
        site = self.site()
        job = self.job(site)
        self.assertEqual(self.apply(job, "deactivate", "admin", OMAR).code, 0)
        code, _, err = harness.run_rollcall(
            ["extract", "-c", job, "--as-of", "2026-11-23T02:00:00Z"],
            env=org_lists.ENV, cwd=self.folder)
        self.assertEqual(code, 0, err)
        code, rows, err = harness.run_rollcall(
            ["cat", self.folder / "out" / "latest", "--format", "jsonl"])
        self.assertIn(OMAR, rows)

    def test_the_body_is_sent(self):
        site = self.site()
        self.apply(self.job(site), "deactivate", "admin", OMAR)
        body = json.loads(site.requests(DISABLE)[0]["body"])
        self.assertEqual(list(body), ["message"])

    def test_the_form_for_an_organisation(self):
        site = self.site()
        job = self.job(site, changes={"adminhub": {"site": None}})
        run = self.apply(job, "deactivate", "adminhub", OMAR)
        self.assertEqual(run.verdicts, {OMAR: "done"}, run.err)
        self.assertEqual(self.written(site), [
            f"/gateway/api/adminhub/um/org/{org_lists.ORG}/users/{OMAR}"
            "/deactivate"])

    def test_200_and_a_flat_profile(self):
        site = self.site(org={"write_status": 200, "profile": "flat"})
        job = self.job(site)
        for via in VIAS:
            for verb in ("deactivate", "activate"):
                run = self.apply(job, verb, via, OMAR)
                self.assertEqual(run.verdicts, {OMAR: "done"}, run.err)

    def test_the_table(self):
        site = self.site()
        run = self.run_verb(self.job(site), "deactivate", "admin", OMAR, BEN,
                            "nobody", "--apply", "--yes")
        self.assertEqual(run.code, 66, run.err)
        rows = [line.split(None, 5) for line in run.out.splitlines()[:4]]
        self.assertEqual(rows, [
            ["account", "before", "sent", "status", "after", "verdict"],
            [OMAR, "active", "yes", "204", "inactive", "done"],
            [BEN, "inactive", "no", "-", "inactive", "already"],
            ["nobody", "unknown", "no", "-", "unknown", "failed"]])
        self.assertIn("nobody: nobody knows this account", run.out)
        self.assertNotIn("Omar", run.out)

    def test_accounts_from_a_file(self):
        site = self.site()
        names = self.folder / "ids"
        names.write_text(f"# leavers\n\n  {OMAR}  # twice\r\n{OMAR}\n{BEN}")
        job = self.job(site)
        run = self.apply(job, "deactivate", "admin", NOOR, "--accounts",
                         names)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.verdicts,
                         {NOOR: "done", OMAR: "done", BEN: "already"})
        names.write_text(f"{OMAR}\nada@acme.com\n")
        run = self.apply(job, "activate", "admin", "--accounts", names)
        self.assertEqual(run.code, 64)
        self.assertIn("ids:2", run.err)
        self.assertNotIn("ada@", run.err)
        run = self.apply(job, "activate", "admin", "--accounts", "nowhere")
        self.assertEqual(run.code, 66)
        self.assertEqual(len(self.written(site)), 2)

    def test_accounts_from_stdin(self):
        site = self.site()
        done = subprocess.run(
            [harness.binary("rollcall"), "deactivate", "-c", self.job(site),
             "--via", "admin", "--accounts", "-", "--apply", "--yes"],
            input=f"{OMAR}\n", capture_output=True, text=True, check=False,
            env={**os.environ, **org_lists.ENV, harness.TOKEN_VARIABLE:
                 harness.TOKEN, "ROLLCALL_MAPPINGS":
                 str(harness.ROOT / "mappings")})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.written(site), [DISABLE])


class Refusals(Case):
    def refused(self, site, code, *args, text="", job=None, verb="deactivate",
                via="admin", **options):
        run = self.run_verb(job or self.job(site), verb, via, *args, **options)
        self.assertEqual(run.code, code, run.err)
        self.assertIn(text, run.err)
        self.assert_nothing_sent(site)
        return run

    def test_the_own_account_stops_everything(self):
        site = self.site()
        for via, own in (("admin", SERVICE), ("adminhub", SERVICE),
                         ("adminhub", ADA), ("directory", SERVICE)):
            for verb in VERBS:
                self.refused(site, 64, OMAR, own, "--apply", "--yes", via=via,
                             verb=verb, text="own account; nothing was sent")
        self.refused(site, 64, OMAR, "--myself", OMAR, "--apply", "--yes",
                     text="own account; nothing was sent")

    def test_an_own_account_known_by_its_address(self):
        site = self.site()
        job = self.job(site, jira=False, changes={"other": {
            "url": site.url, "auth": {"type": "basic",
                                      "user": "OMAR@example.test",
                                      "secret": {"env": "NOWHERE"}}}})
        self.refused(site, 64, OMAR, "--apply", "--yes", "--myself", "none",
                     job=job, text="own account")

    def test_an_unknown_login_must_be_named(self):
        site = self.site()
        job = self.job(site, jira=False)
        preview = self.refused(site, 0, OMAR, job=job)
        self.assertIn("--apply needs --myself", preview.out)
        self.refused(site, 64, OMAR, "--apply", "--yes", job=job,
                     text="--myself ACCOUNT_ID")
        run = self.apply(job, "deactivate", "admin", OMAR, "--myself", "none")
        self.assertEqual(run.verdicts, {OMAR: "done"})

    def test_a_session_that_is_not_told_must_be_named(self):
        """Jira's login cannot stand for the session's."""
        site = self.site({"path": "/gateway/api/me", "do": "status",
                          "status": 404})
        self.refused(site, 64, OMAR, "--apply", "--yes", via="adminhub",
                     text="cannot be told")
        run = self.apply(self.job(site), "deactivate", "adminhub", OMAR,
                         "--myself", ADA)
        self.assertEqual(run.verdicts, {OMAR: "done"})

    def test_nobody_to_ask(self):
        site = self.site()
        self.refused(site, 64, OMAR, "--apply", text="no terminal to ask on")
        self.assertEqual(site.requests(), [])

    def test_what_is_no_account_id(self):
        site = self.site()
        for word, text in (("omar@example.test", "e-mail"),
                           ("..", "no account id"),
                           ("unknown", "no account id"),
                           ("a b", "blanks"), ("x" * 129, "longer than 128")):
            run = self.refused(site, 64, word, OMAR, "--apply", "--yes",
                               text=text)
            self.assertNotIn("omar@", run.err)
        self.refused(site, 64, text="no account is named")
        self.assertEqual(site.requests(), [])

    def test_ids_are_opaque(self):
        site = self.site()
        odd = "a/../b?c=%2e#é"
        run = self.refused(site, 66, odd, verb="deactivate", via="adminhub")
        self.assertIn("nobody knows", run.out)
        paths = [row["path"] for row in site.requests()
                 if row["path"].startswith("/gateway/api/adminhub")]
        self.assertEqual(len(paths), 1)
        self.assertTrue(paths[0].endswith("/users/" + odd), paths)

    def test_via(self):
        site = self.site()
        for via in ("admn", None, "../sources/jira_users", "/etc/passwd"):
            run = self.refused(site, 64, OMAR, via=via, text="--via: ")
        self.refused(site, 64, OMAR, via="admn", text='did you mean "admin"')
        run = self.refused(site, 64, OMAR, via=None)
        for name in VIAS:
            self.assertIn(name, run.err)

    def test_all_known_words_are_listed_once(self):
        site = self.site()
        job = self.job(site)
        folder = self.folder / "mappings" / "actions"
        folder.mkdir(parents=True)
        for name in ("mine.json", "admin.json", "README", ".json"):
            (folder / name).write_text("{}")
        run = self.refused(site, 64, OMAR, via="frobnicate", job=job)
        self.assertIn("expected one of admin, mine, adminhub, directory\n",
                      run.err)

    def test_no_job(self):
        run = self.run_verb("nowhere.json", "deactivate", "admin", OMAR)
        self.assertEqual(run.code, 66, run.err)
        done = subprocess.run([harness.binary("rollcall"), "deactivate",
                               "--via", "admin", OMAR], cwd=self.folder,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 66)
        self.assertIn("-c FILE", done.stderr)

    def test_an_action_of_ones_own(self):
        site = self.site()
        job = self.job(site)
        folder = self.folder / "mappings" / "actions"
        folder.mkdir(parents=True)
        shipped = harness.ROOT / "mappings" / "actions" / "admin.json"
        text = shipped.read_text().replace('"admin",\n  "title"',
                                           '"mine",\n  "title"')
        (folder / "mine.json").write_text(text)
        run = self.apply(job, "deactivate", "mine", OMAR)
        self.assertEqual(run.verdicts, {OMAR: "done"}, run.err)
        (folder / "mine.json").write_text(text.replace("accept", "acept"))
        run = self.apply(job, "deactivate", "mine", OMAR)
        self.assertEqual(run.code, 78)
        self.assertIn("mine.json", run.err)
        self.assertIn('did you mean "accept"', run.err)

    def test_a_job_without_what_it_takes(self):
        site = self.site()
        for via, changes, text in (
                ("admin", {"admin": None}, 'needs an endpoint "admin"'),
                ("adminhub", {"adminhub": None}, 'endpoint "adminhub"'),
                ("directory", {"admin": {"organisation": None}},
                 "endpoints.admin.organisation: missing"),
                ("adminhub", {"adminhub": {"organisation": None,
                                           "site": None}},
                 "endpoints.adminhub.site: missing")):
            self.refused(site, 78, OMAR, "--apply", "--yes", via=via,
                         job=self.job(site, changes=changes), text=text)

    def test_google_says_no(self):
        """One that is refused does not stop the others."""
        site = self.site()
        run = self.apply(self.job(site), "activate", "admin", GWEN, BEN)
        self.assertEqual(run.code, 77, run.err)
        self.assertEqual(run.verdicts, {GWEN: "refused", BEN: "done"})
        self.assertEqual(run.accounts[GWEN]["status"], 403)
        self.assertEqual(run.accounts[GWEN]["after"], "inactive")
        self.assertIn("Google", run.accounts[GWEN]["reason"])
        self.assertEqual(self.lines()[1]["verdict"], "refused")

    def test_an_account_that_is_not_managed(self):
        site = self.site()
        run = self.apply(self.job(site), "deactivate", "admin", OKTA, OMAR)
        self.assertEqual(run.code, 77, run.err)
        self.assertEqual(run.verdicts, {OKTA: "failed", OMAR: "done"})
        self.assertIn("not managed here", run.accounts[OKTA]["reason"])
        self.assertEqual(self.written(site), [DISABLE])

    def test_an_account_nobody_knows(self):
        site = self.site()
        job = self.job(site)
        for via in VIAS:
            run = self.apply(job, "deactivate", via, "nobody")
            self.assertEqual(run.code, 66, run.err)
            self.assertEqual(run.verdicts, {"nobody": "failed"})
        self.assert_nothing_sent(site)

    def test_states_that_cannot_be_read(self):
        for body, text in (
                ({"account": {"account_id": OMAR, "account_status": "odd"}},
                 "is not in state.map of"),
                ({"account": {"account_id": OMAR}}, "state.map"),
                ({"account": {"account_id": BEN, "account_status": "active"}},
                 "not about this account"),
                ("[", "no valid JSON")):
            with self.subTest(body):
                site = self.site({"path": PROFILE, "do": "status",
                                  "status": 200, "body": body if body == "["
                                  else json.dumps(body)})
                run = self.run_verb(self.job(site, limits={
                    "retry_for": "1ms"}), "deactivate", "admin", OMAR,
                    "--apply", "--yes", "--json")
                self.assertIn(run.code, (65, 69), run.err)
                if run.code == 65:
                    self.assertIn(text, run.accounts[OMAR]["reason"])
                self.assert_nothing_sent(site)


class Trouble(Case):
    def test_a_login_that_is_not_accepted(self):
        for end in ("401", "redirect", "html"):
            with self.subTest(end):
                site = self.site(org={"session_after": 0, "session_end": end})
                run = self.apply(self.job(site), "deactivate", "adminhub",
                                 OMAR, NOOR)
                self.assertEqual(run.code, 77, run.err)
                self.assertEqual(run.verdicts,
                                 {OMAR: "not read", NOOR: "not read"})
                self.assert_nothing_sent(site)

    def test_a_session_that_ends_midway(self):
        """After: who I am, two states, and the first write. Its state cannot
        be read back then, and nothing more is sent."""
        for end in ("401", "redirect", "html"):
            with self.subTest(end):
                site = self.site(org={"session_after": 4, "session_end": end})
                self.journal.unlink(missing_ok=True)
                run = self.apply(self.job(site), "deactivate", "adminhub",
                                 OMAR, NOOR)
                self.assertEqual(run.code, 77, run.err)
                self.assertEqual(run.verdicts, {OMAR: "not confirmed",
                                                NOOR: "not sent"})
                self.assertEqual(run.accounts[OMAR]["status"], 204)
                self.assertEqual(self.lines()[1]["verdict"], "not confirmed")
                self.assertEqual(len(self.written(site)), 1)

    def test_a_session_that_ends_at_the_write(self):
        site = self.site(org={"session_after": 3, "session_end": "401"})
        run = self.apply(self.job(site), "deactivate", "adminhub", OMAR, NOOR)
        self.assertEqual(run.code, 77, run.err)
        self.assertEqual(run.verdicts, {OMAR: "failed", NOOR: "not sent"})
        self.assertEqual(len(self.written(site)), 1)

    def test_an_unknown_outcome_is_looked_up(self):
        """The write took effect, but its answer says or brings nothing."""
        for fault, status in (
                ({"do": "status", "status": 500}, 500),
                ({"do": "status", "status": 503,
                  "headers": {"Retry-After": "0"}}, 503),
                ({"do": "reset"}, None), ({"do": "reset", "after": "half"},
                                          None),
                ({"do": "html_login"}, 200)):
            with self.subTest(fault):
                site = self.site({"path": DISABLE, "served": True, **fault})
                run = self.apply(self.job(site), "deactivate", "admin", OMAR)
                self.assertEqual(run.code, 0, run.err)
                self.assertEqual(run.verdicts, {OMAR: "done"})
                self.assertEqual(run.accounts[OMAR]["status"], status)
                self.assertEqual(self.written(site), [DISABLE])

    def test_a_write_without_effect_is_not_repeated(self):
        """Each looks at the state for some seconds, so all do at once."""
        rules = ({"do": "reset"},
                 {"do": "status", "status": 500, "body": ""},
                 {"do": "status", "status": 204, "body": ""})
        sites = [self.site({"path": DISABLE, **rule}) for rule in rules]
        jobs = []
        for number, site in enumerate(sites):
            folder = self.folder / str(number)
            folder.mkdir()
            jobs.append(harness.make_job(folder, site.url,
                                         endpoints=endpoints(site.url)))
        with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
            outcomes = list(pool.map(lambda job: self.apply(
                job, "deactivate", "admin", OMAR, NOOR), jobs))
        for site, run, words in zip(sites, outcomes, (
                "no answer came", "the server failed, and",
                "the server took the request, but")):
            with self.subTest(words):
                self.assertEqual(run.code, 69, run.err)
                self.assertEqual(run.verdicts,
                                 {OMAR: "not confirmed", NOOR: "done"})
                self.assertEqual(run.accounts[OMAR]["after"], "active")
                self.assertIn(words, run.accounts[OMAR]["reason"])
                self.assertEqual(len(site.requests(DISABLE)), 1)

    def test_a_state_that_follows_late(self):
        site = self.site(not_yet(nth=[2, 3]))
        run = self.apply(self.job(site), "deactivate", "admin", OMAR)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.verdicts, {OMAR: "done"})
        self.assertEqual(len(site.requests(PROFILE)), 4)
        self.assertEqual(len(site.requests(DISABLE)), 1)

    def test_a_429_is_waited_for(self):
        site = self.site({"path": DISABLE, "first": 2, "do": "status",
                          "status": 429, "headers": {"Retry-After": "1"}})
        run = self.apply(self.job(site), "deactivate", "admin", OMAR)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.verdicts, {OMAR: "done"})
        self.assertEqual([row["status"] for row in site.requests(DISABLE)],
                         [429, 429, 204])

    def test_a_429_without_end_stops(self):
        site = self.site({"path": DISABLE, "do": "status", "status": 429,
                          "headers": {"Retry-After": "3600"}})
        run = self.apply(self.job(site), "deactivate", "admin", OMAR, NOOR)
        self.assertEqual(run.code, 69, run.err)
        self.assertEqual(run.verdicts[NOOR], "not sent")
        self.assertEqual(self.written(site), [DISABLE])


class Journal(Case):
    def test_what_it_holds(self):
        site = self.site()
        job = self.job(site)
        self.apply(job, "deactivate", "admin", OMAR, BEN)
        self.apply(job, "activate", "adminhub", OMAR)
        lines = self.lines()
        self.assertEqual([(line["phase"], line["verb"], line["via"])
                          for line in lines],
                         [("intent", "deactivate", "admin"),
                          ("outcome", "deactivate", "admin"),
                          ("intent", "activate", "adminhub"),
                          ("outcome", "activate", "adminhub")])
        host = site.url.removeprefix("http://")
        for line in lines:
            self.assertEqual((line["account_id"], line["host"]), (OMAR, host))
            self.assertRegex(line["at"], r"^\d{4}-\d\d-\d\dT.*Z$")
            self.assertTrue(line["by"])
        self.assertEqual(set(lines[0]), {"at", "phase", "verb", "via",
                                         "account_id", "host", "before", "by"})
        self.assertEqual({name: lines[1][name] for name in
                          ("before", "status", "after", "verdict")},
                         {"before": "active", "status": 204,
                          "after": "inactive", "verdict": "done"})
        self.assertEqual(stat.S_IMODE(self.journal.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.journal.parent.stat().st_mode),
                         0o700)

    def test_it_can_stand_elsewhere(self):
        site = self.site()
        self.journal = self.folder / "log" / "deeds"
        job = self.job(site, actions={"journal": "log/deeds"})
        self.apply(job, "deactivate", "admin", OMAR)
        self.assertEqual(len(self.lines()), 2)
        self.assertFalse((self.folder / "state").exists())

    def test_what_is_already_so_leaves_no_line(self):
        site = self.site()
        run = self.apply(self.job(site), "deactivate", "admin", BEN)
        self.assertEqual((run.code, self.lines()), (0, []))
        self.assertFalse(self.journal.exists())

    def test_without_it_nothing_is_sent(self):
        site = self.site()
        (self.folder / "state").write_text("in the way")
        run = self.run_verb(self.job(site), "deactivate", "admin", OMAR,
                            "--apply", "--yes")
        self.assertEqual(run.code, 73, run.err)
        self.assertIn("journal of actions", run.err)
        self.assertIn("actions.journal", run.err)
        self.assertEqual(self.written(site), [])

    def test_a_link_is_not_followed(self):
        site = self.site()
        self.journal.parent.mkdir()
        target = self.folder / "target"
        self.journal.symlink_to(target)
        run = self.run_verb(self.job(site), "deactivate", "admin", OMAR,
                            "--apply", "--yes")
        self.assertEqual(run.code, 73, run.err)
        self.assertFalse(target.exists())
        self.assertEqual(self.written(site), [])

    def test_a_full_disk(self):
        site = self.site()
        done = subprocess.run(
            ["bash", "-c", 'ulimit -f 0; exec "$@"', "-",
             harness.binary("rollcall"), "deactivate", "-c", self.job(site),
             "--via", "admin", OMAR, NOOR, "--apply", "--yes", "--json"],
            env={**os.environ, **org_lists.ENV,
                 harness.TOKEN_VARIABLE: harness.TOKEN,
                 "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")},
            capture_output=True, text=True, check=False, cwd=self.folder)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertEqual(
            [account["verdict"]
             for account in json.loads(done.stdout)["accounts"]],
            ["not sent", "not sent"])
        self.assertEqual(self.written(site), [])


class Person(Case):
    """With a terminal."""

    def start(self, job, *args):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        process = self.enterContext(subprocess.Popen(
            [harness.binary("rollcall"), "deactivate", "-c", job, "--via",
             "admin", *args],
            stdin=slave, stderr=slave, stdout=subprocess.PIPE, text=True,
            cwd=self.folder, env={
                **os.environ, **org_lists.ENV, "NO_COLOR": "1",
                harness.TOKEN_VARIABLE: harness.TOKEN,
                "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")}))
        self.addCleanup(process.kill)
        os.close(slave)
        return process, master

    def read_until(self, master, text):
        shown = ""
        end = time.monotonic() + WAIT_SECONDS
        while text not in shown:
            self.assertLess(time.monotonic(), end, shown)
            if select.select([master], [], [], 1)[0]:
                shown += os.read(master, 4096).decode()
        return shown

    def answer(self, answer, *accounts):
        site = self.site()
        process, master = self.start(self.job(site), *accounts, "--apply")
        shown = self.read_until(master, "Type yes")
        self.assertEqual(self.written(site), [])
        os.write(master, answer)
        out, _ = process.communicate(timeout=WAIT_SECONDS)
        return site, process.returncode, out, shown

    def test_yes(self):
        site, code, out, shown = self.answer(b"yes\n", OMAR, NOOR, BEN)
        self.assertEqual(code, 0)
        self.assertIn("deactivate 2 accounts by admin:", shown)
        self.assertIn("Omar Silva", shown)
        self.assertIn("Noor Haddad", shown)
        self.assertNotIn("Ben Okafor", shown)
        self.assertEqual(len(self.written(site)), 2)
        self.assertEqual(out.count(" done\n"), 2)

    def test_anything_else(self):
        for answer in (b"y\n", b"\n", b"no\n", b"yes please\n", b"\x04"):
            with self.subTest(answer):
                site, code, out, _ = self.answer(answer, OMAR)
                self.assertEqual(code, 64)
                self.assert_nothing_sent(site)
                self.assertIn("nothing was sent", out)

    def test_an_interrupt_at_the_question(self):
        site = self.site()
        process, master = self.start(self.job(site), OMAR, "--apply")
        self.read_until(master, "Type yes")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=WAIT_SECONDS)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assert_nothing_sent(site)

    def test_yes_beforehand(self):
        site = self.site()
        process, _ = self.start(self.job(site), OMAR, "--apply", "--yes")
        process.communicate(timeout=WAIT_SECONDS)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(self.written(site), [DISABLE])

    def test_an_interrupt_between_accounts(self):
        site = self.site({"path": write_path("deactivate", "admin", NOOR),
                          "do": "delay", "ms": WAIT_SECONDS * 1000})
        process, _ = self.start(self.job(site), OMAR, NOOR, ADA, "--apply",
                                "--yes", "--json")
        end = time.monotonic() + WAIT_SECONDS
        while len(self.lines()) < 3:
            self.assertLess(time.monotonic(), end)
            self.assertIsNone(process.poll())
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=WAIT_SECONDS)
        self.assertEqual(process.returncode, -signal.SIGINT)
        told = {account["account_id"]: account["verdict"]
                for account in json.loads(out)["accounts"]}
        self.assertEqual(told[OMAR], "done")
        self.assertIn(told[NOOR], ("not confirmed", "not sent"))
        self.assertEqual(told[ADA], "not sent")
        self.assertEqual(self.lines()[3]["account_id"], NOOR)
        self.assertEqual(self.lines()[3]["verdict"], told[NOOR])


class Secrets(Case):
    def test_they_appear_nowhere(self):
        site = self.site({"path": write_path("deactivate", "admin", NOOR),
                          "do": "status", "status": 403, "body": json.dumps(
                              {"key": org_lists.KEY,
                               "message": "omar@example.test"})})
        job = self.job(site)
        texts = []
        for via in VIAS:
            for args in ((), ("--apply", "--yes"), ("--json",),
                         ("--apply", "--yes", "--json")):
                for verb in VERBS:
                    run = self.run_verb(job, verb, via, OMAR, NOOR, "nobody",
                                        "--verbose", *args)
                    texts += [run.out, run.err]
        texts.append(self.journal.read_text())
        addresses = re.findall(r"[\w.]+@[\w.]+", "".join(texts))
        self.assertEqual(addresses, [])
        for secret in (org_lists.KEY, org_lists.SESSION, harness.TOKEN):
            self.assertNotIn(secret, "".join(texts))
        self.assertNotIn("Omar Silva", texts[-1])
        self.assertIn("Omar Silva", "".join(texts))


if __name__ == "__main__":
    unittest.main()
