"""Who changed an account last, and when: rule by rule."""
import tempfile
import unittest
from pathlib import Path

import harness
import truth
from runs import (AS_OF, BULK, DATASET, MIGRATION, Case, Extract, account,
                  make_site)

ADA, NOOR = "Ada Moreau", "Noor Haddad"
LARS = "712020:00240024-0024-4024-8024-000000000024"
LARS_KEY = "ug:00240024-0024-4024-8024-000000000024"
CALLER = "712020:00010001-0001-4001-8001-000000000001"
WIM_AUTHOR = "ug:00990099-0099-4099-8099-000000000099"


def moment(text):
    return f"2026-{text}Z" if text else None


class Sample(Case):
    """The sample site, read once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        holder = tempfile.TemporaryDirectory(prefix="rollcall-")
        cls.addClassCleanup(holder.cleanup)
        with harness.FakeSite() as site:
            cls.run_ = Extract(site, holder.name)
            cls.requests = site.requests()
        assert cls.run_.code == 0, cls.run_.stderr
        cls.rows = cls.run_.by_name()

    def assertFact(self, name, fact, at, by):
        row = self.rows[name]
        self.assertEqual(
            (row[f"{fact}_at"], row[f"{fact}_by_name"]), (moment(at), by))
        self.assertEqual(row["inactive_since"], row["deactivated_at"])

    def assertStatus(self, name, status):
        self.assertEqual(self.rows[name]["last_modified_status"], status)

    def test_every_row_is_what_the_site_deserves(self):
        self.assertRows(self.run_, truth.inactive_users(harness.SAMPLE,
                                                        AS_OF))

    def test_csv_and_jsonl_say_the_same(self):
        expected = truth.inactive_users(harness.SAMPLE, AS_OF)
        found = truth.read_csv_gz(self.run_.run / f"{DATASET}-00001.csv.gz")
        self.assertEqual(len(found), len(expected))
        for csv, row in zip(found, expected):
            self.assertEqual(list(csv), list(row))
            for name, cell in csv.items():
                value = row[name]
                if value is not None and name.endswith(("_at", "_since",
                                                        "_as_of")):
                    value = value[:19].replace("T", " ")
                elif value is not None:
                    value = value.replace("\n", " ")
                self.assertEqual(cell, value, name)

    def test_being_mentioned_is_no_change(self):
        self.assertFact("Olga Mentioned", "last_modified", None, None)
        self.assertStatus("Olga Mentioned", "before_log")

    def test_every_account_of_a_group_record_was_changed(self):
        for name in ("Lea Group", "Max Group"):
            self.assertFact(name, "last_modified", "08-20T17:00:00", ADA)
            self.assertEqual(self.rows[name]["last_modified_action"],
                             "User removed from group")
        self.assertFact("Lea Group", "deactivated", "08-17T08:08:08", NOOR)

    def test_deactivated_again_after_a_reactivation(self):
        self.assertFact("Farid Kumar", "deactivated", "07-02T08:00:00.250",
                        NOOR)

    def test_a_reactivation_cancels_the_deactivation_before_it(self):
        self.assertFact("Judit Nagy", "deactivated", None, None)
        self.assertFact("Judit Nagy", "last_modified", "07-08T14:00:00", NOOR)
        self.assertEqual(self.rows["Judit Nagy"]["inactive_since_source"],
                         "unknown")

    def test_an_echo_without_actor_is_lent_the_one_before(self):
        self.assertFact("Dan Lindqvist", "deactivated", "06-12T09:00:04", ADA)
        self.assertFact("Lena Lent", "deactivated", "06-16T09:15:00", NOOR)
        self.assertStatus("Lena Lent", "known")

    def test_an_echo_after_more_than_a_quarter_of_an_hour_is_not(self):
        self.assertFact("Edda Novak", "deactivated", "06-15T09:16:00", None)
        self.assertStatus("Edda Novak", "no_actor")

    def test_the_newest_change_need_not_be_the_deactivation(self):
        self.assertFact("Quinn Busy", "deactivated", "07-22T09:00:00", ADA)
        self.assertFact("Quinn Busy", "last_modified", "07-23T18:00:00", None)
        self.assertStatus("Quinn Busy", "no_actor")

    def test_at_equal_times_the_event_with_an_actor_wins(self):
        self.assertFact("Rosa Tie", "last_modified", "07-24T12:00:00", ADA)
        self.assertEqual(self.rows["Rosa Tie"]["last_modified_action"],
                         "User updated")

    def test_at_equal_times_of_two_actors_the_higher_id_wins(self):
        self.assertFact("Sam Tie", "last_modified", "07-25T12:00:00", ADA)

    def test_nothing_since_the_log_begins(self):
        for name in ("Hugo Tanaka", "Igor Petrov"):
            self.assertFact(name, "last_modified", None, None)
            self.assertStatus(name, "before_log")

    def test_both_ends_of_the_settled_span(self):
        self.assertFact("Edge Edith", "deactivated", "05-27T02:00:00", NOOR)
        self.assertFact("Edge Edith", "last_modified", "11-23T01:54:59.999",
                        None)
        self.assertFact("Late Larry", "last_modified", "08-25T09:00:00", NOOR)

    def test_a_key_that_only_a_pair_of_an_author_teaches(self):
        self.assertFact("Mona Learned", "deactivated", "07-16T10:10:10", NOOR)
        self.assertFact("Mona Learned", "last_modified",
                        "10-20T12:34:56.789", ADA)
        self.assertGreaterEqual(self.run_.manifest()["keys"]["learned"], 1)

    def test_a_subject_called_by_account_id(self):
        self.assertFact("Kim Larsen", "deactivated", "07-14T09:09:09.090",
                        ADA)
        asked = [key for request in self.requests
                 if request["path"] == MIGRATION
                 for key in request["query"]["key"]]
        self.assertNotIn(self.rows["Kim Larsen"]["account_id"], asked)

    def test_a_portal_customer_whose_key_is_the_id(self):
        self.assertFact("Pat Customer", "deactivated", "07-09T16:45:12.901",
                        ADA)

    def test_an_author_known_by_key_only(self):
        self.assertFact("Vera Keyed", "deactivated", "08-03T16:00:00", NOOR)
        self.assertEqual(self.rows["Vera Keyed"]["deactivated_by_id"],
                         self.rows["Farid Kumar"]["deactivated_by_id"])

    def test_an_author_outside_the_list_is_named_by_bulk(self):
        self.assertFact("Uma Contractor", "deactivated", "07-30T16:00:00",
                        "Elena External")
        asked = [request["query"]["accountId"] for request in self.requests
                 if request["path"] == BULK]
        self.assertIn("557058:00060006-0006-4006-8006-000000000006",
                      asked[0])

    def test_an_author_whom_nobody_knows_stays_a_key(self):
        row = self.rows["Wim Raw"]
        self.assertEqual(row["deactivated_by_id"], WIM_AUTHOR)
        self.assertIsNone(row["deactivated_by_name"])
        self.assertEqual(self.run_.manifest()["keys"]["unresolvedActors"], 1)

    def test_an_app_that_acts(self):
        self.assertFact("Tariq Synced", "deactivated", "07-28T01:00:03.777",
                        "Okta provisioning")

    def test_only_the_action_tells(self):
        self.assertFact("Pia Summary", "deactivated", "07-21T09:00:00", NOOR)
        self.assertEqual(self.rows["Pia Summary"]["last_modified_action"],
                         "User deactivated")

    def test_unresolved_keys_are_counted(self):
        keys = self.run_.manifest()["keys"]
        self.assertEqual(keys["unresolved"], 2)
        self.assertEqual(keys["asked"], keys["alreadyIds"] + keys["mapped"]
                         + keys["learned"] + keys["lookedUp"]
                         + keys["unresolved"])
        for name in ("Lars Unknownkey", "Nils Listed"):
            self.assertStatus(name, "before_log")
        self.assertIn("2 user keys", self.run_.stderr)

    def test_statuses_are_counted(self):
        counted = self.run_.manifest()["datasets"][0]["statuses"]
        statuses = [row["last_modified_status"] for row in self.rows.values()]
        self.assertEqual(counted, {name: statuses.count(name)
                                   for name in counted})


class MapFile(Case):
    """Keys that only the job's own file knows."""

    def mapped(self, text):
        path = self.folder / "keys.csv"
        path.write_text(text)
        return {"keys": {"map_file": str(path)}}

    def test_resolves_a_key_nobody_else_knows(self):
        for header in ("", "user_key,account_id\n"):
            with self.subTest(header=header):
                self.setUp()
                run = self.published(self.site(), **self.mapped(
                    f"{header}{LARS_KEY},{LARS}\n"))
                row = run.by_name()["Lars Unknownkey"]
                self.assertEqual(row["last_modified_status"], "no_actor")
                self.assertEqual(row["last_modified_at"],
                                 "2026-10-02T10:05:00Z")
                keys = run.manifest()["keys"]
                self.assertEqual((keys["mapped"], keys["unresolved"]), (1, 1))

    def test_names_an_author_nobody_else_knows(self):
        run = self.published(self.site(), **self.mapped(
            f"{WIM_AUTHOR},{CALLER}\n"))
        row = run.by_name()["Wim Raw"]
        self.assertEqual(row["deactivated_by_id"], CALLER)
        self.assertEqual(row["deactivated_by_name"], "Rollcall service")
        self.assertEqual(run.manifest()["keys"]["unresolvedActors"], 0)

    def test_that_does_not_exist(self):
        self.refused(self.site(), 66, "keys.csv",
                     keys={"map_file": str(self.folder / "keys.csv")})

    def test_with_a_row_that_is_no_pair(self):
        self.refused(self.site(), 78, "keys.csv", "row 2",
                     **self.mapped(f"{LARS_KEY},{LARS}\nug:1\n"))


class Rules(Case):
    """Cases the sample does not hold."""

    def record(self, number, at, summary="User updated", **members):
        return {"id": number, "created": f"2026-11-01T{at}+0000",
                "summary": summary, "category": "user management",
                "objectItem": {"id": "ug:a", "typeName": "USER"}, **members}

    def row(self, *records):
        folder = make_site(self.folder / "site", [account("a")], records)
        run = self.published(self.site(site=folder))
        self.assertRows(run, truth.inactive_users(folder, AS_OF))
        return run.rows()[0]

    def test_ids_are_ordered_as_numbers(self):
        row = self.row(self.record(99, "10:00:00.000", "Lower"),
                       self.record(100, "10:00:00.000", "Higher"))
        self.assertEqual(row["last_modified_action"], "Higher")

    def test_ids_beyond_doubles_keep_their_order(self):
        low, high = 2 ** 53 + 1, 2 ** 53 + 2
        row = self.row(self.record(high, "10:00:00.000", "Higher"),
                       self.record(low, "10:00:00.000", "Lower"))
        self.assertEqual(row["last_modified_action"], "Higher")

    def test_records_in_any_order_make_the_same_row(self):
        records = [self.record(1, "10:00:00.000", authorAccountId="caller"),
                   self.record(2, "10:05:00.000"),
                   self.record(3, "10:05:00.000", "Last")]
        rows = []
        for order in (records, records[::-1], records[1:] + records[:1]):
            self.setUp()
            rows.append(self.row(*order))
        self.assertEqual(rows, [rows[0]] * 3)
        self.assertEqual(rows[0]["last_modified_action"], "Last")
        self.assertEqual(rows[0]["last_modified_by_name"], "Caller")

    def test_an_actor_is_lent_by_the_same_kind_of_event_only(self):
        off = [{"fieldName": "Active / Inactive", "changedFrom": "Active",
                "changedTo": "Inactive"}]
        row = self.row(self.record(1, "10:00:00.000",
                                   authorAccountId="caller"),
                       self.record(2, "10:05:00.000", changedValues=off))
        self.assertEqual(row["last_modified_by_id"], "caller")
        self.assertIsNone(row["deactivated_by_id"])

    def test_a_group_that_lists_no_account(self):
        row = self.row(self.record(
            1, "10:00:00.000", category="group management",
            objectItem={"name": "g", "typeName": "GROUP"}, associatedItems=[]))
        self.assertEqual(row["last_modified_status"], "before_log")

    def test_times_in_another_zone(self):
        record = self.record(1, "10:00:00.000")
        record["created"] = "2026-11-01T10:00:00.000-0530"
        row = self.row(record)
        self.assertEqual(row["last_modified_at"], "2026-11-01T15:30:00Z")


if __name__ == "__main__":
    unittest.main()
