"""Night after night: what a run reads again, and what it knows already."""
import json
import os
import random
import re
import resource
import shutil
import subprocess
import time
import unittest
from datetime import timedelta

import harness
import truth
from nights import (DAY, FIRST, Nights, record, switch,
                    without_observations)
from runs import AS_OF, AUDIT, DATASET, MIGRATION, account, narrow_mapping

OVERLAP = timedelta(hours=24)
SETTLE = timedelta(minutes=5)
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
PEOPLE = ("ann", "bob", "cyd")
STATE_BYTES = 144 * 1024  # more than a new state, less than 4000 accounts


def asked(start, end):
    """The span [START, END) as the log is asked for it."""
    def text(moment):
        millis = moment.microsecond // 1000
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{millis:03d}Z"
    return text(start), text(end - MS)


class Quiet(Nights):
    """Three inactive accounts, each with one record long ago."""

    def setUp(self):
        super().setUp()
        self.users = [account(name) for name in PEOPLE]
        self.log = [record(100 + i, FIRST - (20 + i) * DAY, f"ug:{name}",
                           author="caller")
                    for i, name in enumerate(PEOPLE)]

    def touched(self, run, name):
        return run.by_name()[name]["last_modified_at"]


class NextNight(Quiet):

    def test_asks_for_the_overlap_and_what_is_new(self):
        first = self.night(FIRST)
        self.assertEqual(len(first.asked), 6)
        self.assertEqual(self.knowledge(first)["facts"], "read anew")
        second = self.night(FIRST + DAY)
        self.assertEqual(second.asked, [
            asked(FIRST - SETTLE - OVERLAP, FIRST + DAY - SETTLE)])
        known = self.knowledge(second)
        self.assertEqual(known["facts"], "continued")
        self.assertIsNone(known["reason"])
        self.assertEqual(known["before"], {
            "from": truth.rfc3339(FIRST - 180 * DAY),
            "to": truth.rfc3339(FIRST - SETTLE)})
        self.assertEqual(known["known"], {
            "from": truth.rfc3339(FIRST - 180 * DAY),
            "to": truth.rfc3339(FIRST + DAY - SETTLE)})
        self.assertEqual(known["oldest"],
                         truth.rfc3339(FIRST - 22 * DAY))
        self.assertEqual(known["gaps"], [])
        self.assertEqual(self.touched(second, "ann"),
                         truth.rfc3339(FIRST - 20 * DAY))

    def test_rows_are_those_of_a_run_that_reads_all(self):
        self.night(FIRST)
        self.log.append(record(200, FIRST + HOUR, "ug:bob"))
        second = self.night(FIRST + DAY)
        self.assertEqual(self.touched(second, "bob"),
                         truth.rfc3339(FIRST + HOUR))
        self.assertEqual(without_observations(second.rows()),
                         without_observations(self.anew(FIRST + DAY).rows()))

    def test_a_late_record_inside_the_overlap_is_found(self):
        self.night(FIRST)
        self.log.append(record(200, FIRST - SETTLE - OVERLAP, "ug:bob"))
        self.log.append(record(201, FIRST - SETTLE - OVERLAP - MS, "ug:cyd"))
        second = self.night(FIRST + DAY)
        self.assertEqual(self.touched(second, "bob"),
                         truth.rfc3339(FIRST - SETTLE - OVERLAP))
        self.assertEqual(self.touched(second, "cyd"),
                         truth.rfc3339(FIRST - 22 * DAY))

    def test_what_settles_tonight_is_read_the_night_after(self):
        self.log.append(record(200, FIRST - SETTLE, "ug:bob"))
        self.log.append(record(201, FIRST - SETTLE - MS, "ug:cyd"))
        first = self.night(FIRST)
        self.assertEqual(self.touched(first, "bob"),
                         truth.rfc3339(FIRST - 21 * DAY))
        self.assertEqual(self.touched(first, "cyd"),
                         truth.rfc3339(FIRST - SETTLE - MS))
        second = self.night(FIRST + DAY, events={"overlap": "0s"})
        self.assertEqual(second.asked, [
            asked(FIRST - SETTLE, FIRST + DAY - SETTLE)])
        self.assertEqual(self.touched(second, "bob"),
                         truth.rfc3339(FIRST - SETTLE))

    def test_records_of_one_time_are_ranked_across_nights(self):
        at = FIRST - HOUR
        self.log.append(record(210, at, "ug:ann"))
        self.log.append(record(220, at, "ug:bob", author="caller"))
        self.log.append(record(230, at, "ug:cyd", author="caller"))
        self.night(FIRST)
        self.log.append(record(205, at, "ug:ann", author="caller"))
        self.log.append(record(225, at, "ug:bob"))
        self.log.append(record(235, at, "ug:cyd", author="caller"))
        second = self.night(FIRST + DAY)
        rows = second.by_name()
        self.assertEqual(rows["ann"]["last_modified_by_id"], "caller")
        self.assertEqual(rows["bob"]["last_modified_by_id"], "caller")
        self.assertEqual(without_observations(second.rows()),
                         without_observations(self.anew(FIRST + DAY).rows()))

    def test_an_actor_is_lent_across_nights(self):
        self.log.append(record(200, FIRST - 10 * timedelta(minutes=1),
                               "ug:bob", author="caller"))
        self.night(FIRST)
        self.log.append(record(201, FIRST - 1 * timedelta(minutes=1),
                               "ug:bob"))
        second = self.night(FIRST + DAY, events={"overlap": "0s"})
        row = second.by_name()["bob"]
        self.assertEqual(row["last_modified_by_id"], "caller")
        self.assertEqual(row["last_modified_at"],
                         truth.rfc3339(FIRST - timedelta(minutes=1)))

    def test_a_reactivation_cancels_what_an_earlier_night_saw(self):
        self.log.append(record(200, FIRST - DAY, "ug:bob", "caller",
                               **switch("Inactive")))
        first = self.night(FIRST)
        self.assertEqual(first.by_name()["bob"]["deactivated_at"],
                         truth.rfc3339(FIRST - DAY))
        self.log.append(record(201, FIRST + HOUR, "ug:bob", "caller",
                               **switch("Active")))
        second = self.night(FIRST + DAY)
        self.assertIsNone(second.by_name()["bob"]["deactivated_at"])

    def test_a_quiet_night_is_plausible(self):
        self.night(FIRST)
        second = self.night(FIRST + DAY)
        self.assertEqual(second.source("jira_audit")["items"], 0)
        third = self.night(FIRST + 2 * DAY)
        self.assertEqual(self.touched(third, "cyd"),
                         truth.rfc3339(FIRST - 22 * DAY))

    def test_the_same_run_again_gives_the_same_rows(self):
        self.night(FIRST)
        self.log.append(record(200, FIRST + HOUR, "ug:bob", "caller"))
        second = self.night(FIRST + DAY)
        before = {path.name: path.read_bytes()
                  for path in second.run.glob("inactive_users-*")}
        again = self.night(FIRST + DAY, "--force")
        self.assertEqual(before, {
            path.name: path.read_bytes()
            for path in again.run.glob("inactive_users-*")})

    def test_a_longer_lookback_reads_what_came_before(self):
        self.night(FIRST, events={"lookback": "30d"})
        self.log.append(record(50, FIRST - 50 * DAY, "ug:bob"))
        second = self.night(FIRST + DAY, events={"lookback": "60d"})
        self.assertEqual(second.asked, [
            asked(FIRST - SETTLE - OVERLAP, FIRST + DAY - SETTLE),
            asked(FIRST + DAY - 60 * DAY, FIRST - 30 * DAY)])

    def test_keys_the_bridge_told_are_not_asked_again(self):
        first = self.night(FIRST)
        self.assertTrue(any(row["path"] == MIGRATION
                            for row in first.requests))
        second = self.night(FIRST + DAY)
        self.assertFalse(any(row["path"] == MIGRATION
                             for row in second.requests))
        self.assertEqual(second.manifest()["keys"]["remembered"], 3)
        self.assertEqual(self.touched(second, "bob"),
                         truth.rfc3339(FIRST - 21 * DAY))


class Generated(Nights):
    """Random logs: every night as a run that has read all."""

    SUMMARIES = ("User updated", "User deactivated", "User activated")

    def grow(self, rng, start, end, number):
        span = (end - start) // timedelta(seconds=10)
        for i in range(rng.randrange(40)):
            at = start + timedelta(seconds=10 * rng.randrange(span))
            who = f"ug:u{rng.randrange(25)}"
            members = rng.choice(({}, switch("Inactive"), switch("Active"),
                                  {"summary": rng.choice(self.SUMMARIES)}))
            author = rng.choice((None, "caller", "712020:u3"))
            self.log.append(record(number + i, at, who, author, **members))
            if rng.random() < 0.3:   # its echo, perhaps at the same time
                self.log.append(record(
                    number + 500 + i, at + timedelta(seconds=rng.choice(
                        (0, 10, 600))), who, **members))

    def test_nights_and_one_full_run_agree(self):
        for seed in range(3):
            with self.subTest(seed=seed):
                self.one_season(seed)

    def one_season(self, seed):
        rng = random.Random(seed)
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        self.users = [account(f"u{i}") for i in range(25)]
        self.log = []
        as_of, number = FIRST - 4 * DAY, 1000
        self.grow(rng, as_of - 100 * DAY, as_of, number)
        for _ in range(4):
            run = self.night(as_of)
            anew = self.anew(as_of)
            self.assertEqual(without_observations(run.rows()),
                             without_observations(anew.rows()))
            self.assertEqual(
                without_observations(run.rows()),
                without_observations(truth.inactive_users(
                    self.folder / f"site{self.number}",
                    truth.rfc3339(as_of))))
            shutil.rmtree(anew.folder)
            number += 1000
            step = rng.choice((DAY, 2 * DAY, 5 * HOUR))
            # Late records, too, as long as the overlap has them.
            self.grow(rng, as_of - SETTLE - OVERLAP, as_of + step, number)
            as_of += step


class WhenKnowledgeEnds(Quiet):

    def whole(self, run, reason):
        self.assertEqual(len(run.asked), 6)
        known = self.knowledge(run)
        self.assertEqual(known["facts"], "read anew")
        self.assertIn(reason, known["reason"])
        self.assertIn(reason, run.stderr)

    def test_state_lost(self):
        self.night(FIRST)
        self.state.unlink()
        second = self.night(FIRST + DAY)
        self.whole(second, "nothing is known of it yet")
        self.assertEqual(
            second.by_name()["ann"]["first_observed_inactive_at"],
            truth.rfc3339(FIRST))
        third = self.night(FIRST + 2 * DAY)
        self.assertEqual(len(third.asked), 1)
        self.assertEqual(
            third.by_name()["ann"]["first_observed_inactive_at"],
            truth.rfc3339(FIRST))

    def test_state_damaged(self):
        self.night(FIRST)
        self.state.write_bytes(b"no database at all" * 100)
        second = self.night(FIRST + DAY)
        self.whole(second, "nothing is known of it yet")
        self.assertIn("damaged", second.stderr)
        self.assertEqual(
            second.by_name()["ann"]["first_observed_inactive_at"],
            truth.rfc3339(FIRST))
        self.assertEqual(len(list(self.state.parent.glob("*.damaged-*"))), 1)

    def test_state_of_another_program(self):
        self.night(FIRST)
        self.sql("PRAGMA application_id = 7")
        before = self.state.read_bytes()
        run = self.night(FIRST + DAY, code=78)
        self.assertIn("another program", run.stderr)
        self.assertEqual(run.requests, [])
        self.assertEqual(self.state.read_bytes(), before)

    def test_state_of_a_later_version(self):
        self.night(FIRST)
        self.sql("PRAGMA user_version = 99")
        run = self.night(FIRST + DAY, code=78)
        self.assertIn("later version", run.stderr)
        self.assertEqual(run.requests, [])

    def test_state_that_cannot_be_made(self):
        (self.folder / "state").write_text("in the way")
        run = self.night(FIRST, code=73)
        self.assertEqual(run.requests, [])
        self.assertEqual(run.visible(), set())

    def test_facts_of_the_mapping_changed(self):
        self.night(FIRST)
        narrow_mapping(self.folder, '"actor_within": "15m"\n    },\n\n'
                       "    // Jira tells",
                       '"actor_within": "16m"\n    },\n\n    // Jira tells')
        second = self.night(FIRST + DAY)
        self.whole(second, "events or facts changed")
        self.assertEqual(len(self.night(FIRST + 2 * DAY).asked), 1)

    def test_other_changes_of_the_mapping(self):
        self.night(FIRST)
        narrow_mapping(self.folder, '"title": "[^"]*"', '"title": "x"')
        self.assertEqual(len(self.night(FIRST + DAY).asked), 1)

    def test_another_site(self):
        self.night(FIRST)
        self.port += 1
        self.whole(self.night(FIRST + DAY), "address of jira_audit changed")

    def test_definition_of_the_log_changed(self):
        self.night(FIRST)
        target = self.folder / "mappings" / "sources" / "jira_audit.json"
        target.parent.mkdir(parents=True)
        shipped = harness.ROOT / "mappings" / "sources" / "jira_audit.json"
        target.write_text(shipped.read_text().replace(
            '"size": 1000', '"size": 500'))
        self.whole(self.night(FIRST + DAY), "definition")

    def test_the_old_stays_until_the_new_is_published(self):
        self.night(FIRST)
        narrow_mapping(self.folder, '"actor_within": "15m"\n    },\n\n'
                       "    // Jira tells",
                       '"actor_within": "16m"\n    },\n\n    // Jira tells')
        before = self.sql("SELECT count(*) FROM fact WHERE provisional = 0")
        self.night(FIRST + DAY, code=65,
                   scenario={"audit": {"empty": True}})
        self.assertEqual(self.sql(
            "SELECT count(*) FROM fact WHERE provisional = 0"), before)
        (self.folder / "mappings" / f"{DATASET}.json").unlink()
        self.assertEqual(len(self.night(FIRST + DAY).asked), 1)

    def test_full(self):
        self.night(FIRST)
        self.log = self.log[1:]
        second = self.night(FIRST + DAY, "--full")
        self.whole(second, "--full")
        self.assertIsNone(self.touched(second, "ann"))
        third = self.night(FIRST + 2 * DAY)
        self.assertEqual(len(third.asked), 1)
        self.assertIsNone(self.touched(third, "ann"))

    def test_a_run_of_the_past_leaves_the_state_alone(self):
        self.log.append(record(200, FIRST + HOUR, "ug:bob", "caller"))
        self.night(FIRST)
        self.night(FIRST + DAY)
        before = self.state.read_bytes()
        past = self.night(FIRST - DAY)
        self.assertEqual(len(past.asked), 6)
        self.assertIn("a run of a later time", past.stderr)
        self.assertEqual(self.state.read_bytes(), before)
        self.assertEqual(self.touched(past, "bob"),
                         truth.rfc3339(FIRST - 21 * DAY))
        self.assertEqual(len(self.night(FIRST + 2 * DAY).asked), 1)

    def test_a_run_of_the_past_without_logs(self):
        self.job = {"mappings": ["all_users"]}
        self.night(FIRST + DAY)
        before = self.state.read_bytes()
        self.night(FIRST)
        self.assertEqual(self.state.read_bytes(), before)

    def test_a_pause_longer_than_the_lookback(self):
        self.job = {"events": {"lookback": "30d"}}
        start = FIRST - 40 * DAY
        self.log.append(record(99, start - DAY, "ug:ann", "caller"))
        self.log = [row for row in self.log if row["id"] == 99]
        first = self.night(start)
        self.assertIsNotNone(self.touched(first, "ann"))
        second = self.night(FIRST, scenario=None)
        known = self.knowledge(second)
        self.assertEqual(known["facts"], "read anew")
        self.assertIn("longer ago than events.lookback", known["reason"])
        self.assertEqual(known["gaps"], [
            {"from": truth.rfc3339(start - SETTLE),
             "to": truth.rfc3339(FIRST - 30 * DAY)}])
        self.assertEqual(known["known"]["from"],
                         truth.rfc3339(FIRST - 30 * DAY))
        self.assertEqual(second.by_name()["ann"]["last_modified_status"],
                         "before_log")

    def test_another_dataset_begins_anew_beside_one_that_continues(self):
        self.night(FIRST)
        both = {"mappings": [DATASET, str(self.copy_mapping("second"))]}
        second = self.night(FIRST + DAY, **both)
        self.assertEqual(len(second.asked), 6)
        self.assertEqual(self.knowledge(second)["facts"], "continued")
        self.assertEqual(self.knowledge(second, dataset="second")["facts"],
                         "read anew")
        self.log.append(record(300, FIRST + DAY + HOUR, "ug:bob", "caller"))
        self.night(FIRST + 2 * DAY)          # the first alone
        self.log.append(record(301, FIRST + 2 * DAY + HOUR, "ug:cyd"))
        fourth = self.night(FIRST + 3 * DAY, **both)
        self.assertEqual(fourth.asked, [
            asked(FIRST + DAY - SETTLE - OVERLAP, FIRST + 3 * DAY - SETTLE)])
        self.assertEqual(
            without_observations(fourth.rows()),
            without_observations(fourth.rows("second")))
        self.assertEqual(self.touched(fourth, "bob"),
                         truth.rfc3339(FIRST + DAY + HOUR))

    def copy_mapping(self, name):
        path = self.folder / f"{name}.json"
        shipped = harness.ROOT / "mappings" / f"{DATASET}.json"
        path.write_text(shipped.read_text().replace(
            f'"name": "{DATASET}"', f'"name": "{name}"'))
        return path

    def test_a_log_without_access_is_known_no_further(self):
        denied = {"rules": [{"path": AUDIT, "do": "status", "status": 403,
                             "body": "{}"}]}
        self.job = {"events": {"no_access": "allow"}}
        self.night(FIRST)
        second = self.night(FIRST + DAY, scenario=denied)
        self.assertEqual(self.knowledge(second)["known"]["to"],
                         truth.rfc3339(FIRST - SETTLE))
        third = self.night(FIRST + 2 * DAY)
        self.assertEqual(third.asked, [
            asked(FIRST - SETTLE - OVERLAP, FIRST + 2 * DAY - SETTLE)])


class Witness(Quiet):
    """The newest record known must come again."""

    def setUp(self):
        super().setUp()
        self.log.append(record(200, FIRST - HOUR, "ug:bob", "caller"))

    def test_a_log_that_lost_its_newest_record(self):
        self.night(FIRST)
        kept = self.log.pop()
        self.log.append(record(201, FIRST + HOUR, "ug:bob", "caller"))
        run = self.night(FIRST + DAY, code=65)
        self.assertIn(truth.rfc3339(FIRST - HOUR), run.stderr)
        self.assertIn("--full", run.stderr)
        self.log.append(kept)
        self.night(FIRST + DAY)

    def test_an_empty_answer(self):
        self.night(FIRST)
        run = self.night(FIRST + DAY, code=65,
                         scenario={"audit": {"empty": "all"}})
        self.assertIn("does not show it any more", run.stderr)

    def test_full_accepts_the_loss(self):
        self.night(FIRST)
        self.log.pop()
        self.night(FIRST + DAY, "--full")
        self.night(FIRST + 2 * DAY)

    def test_what_the_log_may_have_forgotten(self):
        self.night(FIRST - 40 * DAY)
        self.log = [record(300, FIRST - 2 * DAY, "ug:bob", "caller")]
        self.night(FIRST)


class Backfill(Quiet):

    def test_reads_the_span_beside_the_night(self):
        self.job = {"events": {"lookback": "30d"}}
        self.log.append(record(50, FIRST - 50 * DAY, "ug:dan", "caller"))
        self.users.append(account("dan"))
        first = self.night(FIRST)
        self.assertIsNone(self.touched(first, "dan"))
        start, end = FIRST - 60 * DAY, FIRST - 30 * DAY
        second = self.night(FIRST + DAY, "--from", truth.rfc3339(start),
                            "--to", truth.rfc3339(end))
        self.assertEqual(second.asked, [
            asked(FIRST - SETTLE - OVERLAP, FIRST + DAY - SETTLE),
            asked(start, end)])
        self.assertEqual(self.touched(second, "dan"),
                         truth.rfc3339(FIRST - 50 * DAY))
        self.assertEqual(self.knowledge(second)["known"], {
            "from": truth.rfc3339(start),
            "to": truth.rfc3339(FIRST + DAY - SETTLE)})
        third = self.night(FIRST + 2 * DAY)
        self.assertEqual(len(third.asked), 1)
        self.assertEqual(self.touched(third, "dan"),
                         truth.rfc3339(FIRST - 50 * DAY))

    def test_a_gap_is_refused(self):
        self.job = {"events": {"lookback": "30d"}}
        self.night(FIRST)
        run = self.night(
            FIRST + DAY, "--from", truth.rfc3339(FIRST - 60 * DAY), "--to",
            truth.rfc3339(FIRST - 30 * DAY - MS), code=64)
        self.assertIn("gap", run.stderr)
        self.assertIn(truth.rfc3339(FIRST - 30 * DAY), run.stderr)
        self.assertEqual(run.requests, [])

    def test_bad_spans(self):
        for args, text in (
                (("--from", "2026-01-01"), "without --to"),
                (("--to", "2026-01-01"), "without --from"),
                (("--from", "x", "--to", "2026-01-01"), "not a time"),
                (("--from", "2026-01-02", "--to", "2026-01-02"),
                 "not later"),
                (("--from", "2026-01-02", "--to", truth.rfc3339(FIRST)),
                 "settle")):
            with self.subTest(args=args):
                run = self.night(FIRST, *args, code=64)
                self.assertIn(text, run.stderr)
                self.assertEqual(run.requests, [])


class Observed(Quiet):

    def active(self, name, active):
        for user in self.users:
            if user["displayName"] == name:
                user["active"] = active

    def row(self, run, name):
        keys = ("inactive_since", "inactive_since_source",
                "first_observed_inactive_at", "last_observed_active_at")
        return tuple(run.by_name()[name][key] for key in keys)

    def test_the_interval_between_two_runs(self):
        self.active("bob", True)
        self.job = {"guards": {"max_new_inactive": "100%"}}
        first = self.night(FIRST)
        self.assertEqual(self.row(first, "ann"), (
            None, "unknown", truth.rfc3339(FIRST), None))
        self.active("bob", False)
        nights = [truth.rfc3339(FIRST + i * DAY) for i in range(6)]
        for i in (1, 2):
            run = self.night(FIRST + i * DAY)
            self.assertEqual(self.row(run, "bob"), (
                nights[1], "observed", nights[1], nights[0]))
            self.assertEqual(self.row(run, "ann"), (
                None, "unknown", nights[0], None))
        self.active("bob", True)
        self.night(FIRST + 3 * DAY)
        self.active("bob", False)
        run = self.night(FIRST + 4 * DAY)
        self.assertEqual(self.row(run, "bob"), (
            nights[4], "observed", nights[4], nights[3]))

    def test_an_event_tells_better(self):
        self.active("bob", True)
        self.job = {"guards": {"max_new_inactive": "100%"}}
        self.night(FIRST)
        self.active("bob", False)
        self.log.append(record(200, FIRST + HOUR, "ug:bob", "caller",
                               **switch("Inactive")))
        run = self.night(FIRST + DAY)
        self.assertEqual(self.row(run, "bob"), (
            truth.rfc3339(FIRST + HOUR), "event",
            truth.rfc3339(FIRST + DAY), truth.rfc3339(FIRST)))

    def test_the_output_folder_may_go(self):
        self.night(FIRST)
        shutil.rmtree(self.folder / "out")
        run = self.night(FIRST + DAY)
        self.assertEqual(self.row(run, "ann")[2], truth.rfc3339(FIRST))

    def test_a_published_run_that_the_state_could_not_learn_from(self):
        self.active("bob", True)
        self.job = {"guards": {"max_new_inactive": "100%"}}
        self.night(FIRST)
        self.active("bob", False)
        self.sql("CREATE TRIGGER no BEFORE INSERT ON published"
                 " BEGIN SELECT RAISE(ABORT, 'no'); END")
        self.night(FIRST + DAY, code=70)
        self.sql("DROP TRIGGER no")
        nights = [truth.rfc3339(FIRST + i * DAY) for i in range(4)]
        for i in (2, 3):
            run = self.night(FIRST + i * DAY)
            self.assertEqual(self.row(run, "bob"), (
                nights[1], "observed", nights[1], nights[0]))

    def test_a_run_that_is_not_published_saw_nothing(self):
        self.active("bob", True)
        self.night(FIRST)
        self.active("bob", False)
        self.night(FIRST + DAY, code=65, guards={"min_users": 100})
        run = self.night(FIRST + 2 * DAY,
                         guards={"max_new_inactive": "100%"})
        self.assertEqual(self.row(run, "bob")[2:], (
            truth.rfc3339(FIRST + 2 * DAY), truth.rfc3339(FIRST)))


class Around(Quiet):
    """Locks, a state that fails, and the verbs that look."""

    def environment(self):
        return {**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN,
                "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")}

    def test_two_runs_with_one_state(self):
        with self.serve({"latency_ms": 300}) as site:
            path = harness.make_job(self.folder, site.url)
            first = subprocess.Popen(
                [harness.binary("rollcall"), "extract", "-c", str(path),
                 "--as-of", AS_OF], cwd=self.folder, env=self.environment(),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            lock = self.state.with_name("rollcall.db.lock")
            while not (lock.exists() and lock.read_text().endswith("\n")):
                self.assertIsNone(first.poll())
                time.sleep(0.01)
            code, _, err = harness.run_rollcall(
                ["extract", "-c", path, "--as-of", AS_OF, "--out", "other"],
                cwd=self.folder)
            first.communicate()
        self.assertEqual(code, 75, err)
        self.assertIn(f"pid {first.pid} run 20261123T020000Z", err)
        self.assertIn("rollcall.db.lock", err)
        self.assertEqual(first.returncode, 0)

    def test_state_that_cannot_learn_after_the_run(self):
        self.night(FIRST)
        self.sql("CREATE TRIGGER no BEFORE INSERT ON published"
                 " BEGIN SELECT RAISE(ABORT, 'no'); END")
        with self.serve() as site:
            path = harness.make_job(self.folder, site.url)
            code, _, err = harness.run_rollcall(
                ["extract", "-c", path, "--as-of",
                 truth.rfc3339(FIRST + DAY)], cwd=self.folder)
        self.assertNotEqual(code, 0)
        self.assertIn("the run is published; only the state is not", err)
        self.sql("DROP TRIGGER no")
        self.log.append(record(200, FIRST - HOUR, "ug:bob", "caller"))
        third = self.night(FIRST + 2 * DAY)
        self.assertEqual(third.asked, [
            asked(FIRST - SETTLE - OVERLAP, FIRST + 2 * DAY - SETTLE)])
        self.assertEqual(self.touched(third, "bob"),
                         truth.rfc3339(FIRST - HOUR))

    def test_a_disk_that_is_full_after_the_run(self):
        with harness.FakeSite(generate="users=4000,records=10,seed=1") as site:
            path = harness.make_job(self.folder, site.url,
                                    mappings=["all_users"])
            done = subprocess.run(
                [harness.binary("rollcall"), "extract", "-c", str(path),
                 "--as-of", AS_OF], cwd=self.folder, env=self.environment(),
                capture_output=True, text=True, check=False,
                preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_FSIZE, (STATE_BYTES, STATE_BYTES)))
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("the run is published; only the state is not",
                      done.stderr)
        self.assertTrue((self.folder / "out" / "latest").exists())
        self.assertEqual(self.sql("SELECT * FROM published"), [])
        self.assertEqual(self.sql("SELECT * FROM account"), [])

    def verb(self, name, as_of, *args):
        with self.serve() as site:
            path = harness.make_job(self.folder, site.url, **self.job)
            return harness.run_rollcall(
                [name, "-c", path, "--as-of", truth.rfc3339(as_of), *args],
                cwd=self.folder)

    def test_plan_tells_what_would_be_asked(self):
        code, out, err = self.verb("plan", FIRST)
        self.assertEqual(code, 0, err)
        self.assertIn(f"{truth.rfc3339(FIRST - 180 * DAY)} to "
                      f"{truth.rfc3339(FIRST - SETTLE)} in 6 windows", out)
        self.assertFalse(self.state.exists())
        self.night(FIRST)
        before = self.state.read_bytes()
        code, out, err = self.verb("plan", FIRST + DAY)
        self.assertEqual(code, 0, err)
        self.assertIn(f"{truth.rfc3339(FIRST - SETTLE - OVERLAP)} to "
                      f"{truth.rfc3339(FIRST + DAY - SETTLE)} in 1 window, "
                      "the rest is known", out)
        self.assertEqual(self.state.read_bytes(), before)
        code, out, err = self.verb("plan", FIRST + DAY, "--full")
        self.assertIn("in 6 windows", out)

    def test_explain_knows_what_the_log_forgot(self):
        self.job = {"events": {"lookback": "21d"}}
        self.night(FIRST)
        last = self.night(FIRST + DAY)
        self.assertEqual(self.touched(last, "ann"),
                         truth.rfc3339(FIRST - 20 * DAY))
        self.log = self.log[1:]
        before = self.state.read_bytes()
        code, out, err = self.verb("explain", FIRST + 2 * DAY, "--json",
                                   "712020:ann")
        self.assertEqual(code, 0, err)
        told = json.loads(out)
        (event,) = told["events"]
        self.assertEqual((event["id"], event["earlier"], event["subject"]),
                         ("100", True, None))
        self.assertEqual(event["actor_name"], "Caller")
        value = {column["name"]: column["value"]
                 for column in told["columns"]}
        self.assertEqual(value["last_modified_at"],
                         truth.rfc3339(FIRST - 20 * DAY))
        self.assertEqual(value["last_modified_by_name"], "Caller")
        code, out, err = self.verb("explain", FIRST + 2 * DAY, "712020:ann")
        self.assertRegex(out, re.compile("from an earlier run"))
        self.assertEqual(self.state.read_bytes(), before)


if __name__ == "__main__":
    unittest.main()
