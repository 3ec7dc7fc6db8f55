"""truth.py against the sample site, row by row as a reader would say it."""
import gzip
import json
import tempfile
import unittest
from pathlib import Path

import harness
import truth

AS_OF = "2026-11-23T02:00:00Z"

# name: deactivated at, by, last modified at, by, status. Times without the
# year; "" stands for null, "=" for the same as deactivated.
EXPECTED = {
    "Ben Okafor": ("06-10T15:20:00.125Z", "Ada Moreau",
                   "09-01T06:00:01Z", "Ada Moreau", "known"),
    "Carla Rossi": ("06-11T03:00:41Z", "",
                    "09-01T06:00:01Z", "Ada Moreau", "known"),
    "Dan Lindqvist": ("06-12T09:00:04Z", "Ada Moreau", "=", "=", "known"),
    "Edda Novak": ("06-15T09:16:00Z", "", "=", "=", "no_actor"),
    "Lena Lent": ("06-16T09:15:00Z", "Noor Haddad", "=", "=", "known"),
    "Farid Kumar": ("07-02T08:00:00.250Z", "Noor Haddad", "=", "=", "known"),
    "Gwen Meyer": ("07-03T11:30:00Z", "Ada Moreau",
                   "07-03T11:30:07Z", "Ada Moreau", "known"),
    "Hugo Tanaka": ("", "", "", "", "before_log"),
    "Igor Petrov": ("", "", "", "", "before_log"),
    "Judit Nagy": ("", "", "07-08T14:00:00Z", "Noor Haddad", "known"),
    "Pat Customer": ("07-09T16:45:12.901Z", "Ada Moreau", "=", "=", "known"),
    "Former user": ("07-12T05:05:05.050Z", "", "=", "=", "no_actor"),
    "Kim Larsen": ("07-14T09:09:09.090Z", "Ada Moreau",
                   "10-29T15:00:00Z", "", "no_actor"),
    "Lars Unknownkey": ("", "", "", "", "before_log"),
    "Mona Learned": ("07-16T10:10:10Z", "Noor Haddad",
                     "10-20T12:34:56.789Z", "Ada Moreau", "known"),
    "Nils Listed": ("", "", "", "", "before_log"),
    "Olga Mentioned": ("", "", "", "", "before_log"),
    "Pia Summary": ("07-21T09:00:00Z", "Noor Haddad", "=", "=", "known"),
    "Quinn Busy": ("07-22T09:00:00Z", "Ada Moreau",
                   "07-23T18:00:00Z", "", "no_actor"),
    "Rosa Tie": ("07-24T12:00:00Z", "Ada Moreau", "=", "=", "known"),
    "Sam Tie": ("07-25T12:00:00Z", "Ada Moreau", "=", "=", "known"),
    "Tariq Synced": ("07-28T01:00:03.777Z", "Okta provisioning",
                     "07-28T01:00:04.100Z", "Okta provisioning", "known"),
    "Uma Contractor": ("07-30T16:00:00Z", "Elena External",
                       "11-20T18:00:00Z", "Elena External", "known"),
    "Vera Keyed": ("08-03T16:00:00Z", "Noor Haddad", "=", "=", "known"),
    "Wim Raw": ("08-04T16:00:00Z", "", "=", "=", "known"),
    "Nul\ufffdByte": ("08-12T08:08:08Z", "Noor Haddad", "=", "=", "known"),
    "Cut emoji \ufffd": ("08-13T08:08:08Z", "Noor Haddad", "=", "=", "known"),
    "Lea Group": ("08-17T08:08:08Z", "Noor Haddad",
                  "08-20T17:00:00Z", "Ada Moreau", "known"),
    "Max Group": ("08-17T08:09:08Z", "",
                  "08-20T17:00:00Z", "Ada Moreau", "known"),
    "Late Larry": ("08-25T09:00:00Z", "Noor Haddad", "=", "=", "known"),
    "Edge Edith": ("05-27T02:00:00Z", "Noor Haddad",
                   "11-23T01:54:59.999Z", "", "no_actor"),
    "Selma Self": ("08-27T21:00:00Z", "Selma Self", "=", "=", "known"),
    "Chris Chain": ("08-28T09:30:00Z", "Ben Okafor", "=", "=", "known"),
}

ABSENT = ("Omar Silva", "Old deploy bot", "Hidden Henry", "Ada Moreau",
          "Elena External", "")


def spelled(row, columns):
    return tuple((row[name] or "").removeprefix("2026-") for name in columns)


class Sample(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = {row["display_name"]: row for row
                    in truth.inactive_users(harness.SAMPLE, AS_OF)}

    def test_rows(self):
        for name, (at, who, changed, by, status) in EXPECTED.items():
            row = self.rows[name]
            if changed == "=":
                changed, by = at, who
            self.assertEqual(spelled(row, (
                "deactivated_at", "deactivated_by_name", "last_modified_at",
                "last_modified_by_name", "last_modified_status")),
                (at, who, changed, by, status), name)
            self.assertEqual(row["inactive_since"], row["deactivated_at"])
            self.assertEqual(row["inactive_since_source"],
                             "event" if at else "unknown")

    def test_absent(self):
        for name in ABSENT:
            self.assertNotIn(name, self.rows)

    def test_order_and_columns(self):
        rows = truth.inactive_users(harness.SAMPLE, AS_OF)
        ids = [row["account_id"].encode() for row in rows]
        self.assertEqual(ids, sorted(set(ids)))
        for row in rows:
            self.assertEqual(tuple(row), truth.COLUMNS)
            self.assertEqual(row["email"] is None,
                             row["email_status"] == "hidden")

    def test_action_is_that_of_the_winner(self):
        for name, action in (("Rosa Tie", "User updated"),
                             ("Gwen Meyer", "User removed from group"),
                             ("Pia Summary", "User deactivated"),
                             ("Hugo Tanaka", None)):
            self.assertEqual(self.rows[name]["last_modified_action"], action)

    def test_a_key_nobody_knows_stays_the_actor(self):
        row = self.rows["Wim Raw"]
        self.assertRegex(row["deactivated_by_id"], "^ug:")
        self.assertIsNone(row["deactivated_by_name"])


class Readers(unittest.TestCase):
    def read(self, text, reader):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.gz"
            path.write_bytes(gzip.compress(text.encode()))
            return reader(path)

    def test_csv(self):
        rows = self.read('a,b,c\n"x,"",y",,""\n"two\nlines"," ",z\n',
                         truth.read_csv_gz)
        self.assertEqual(rows, [{"a": 'x,",y', "b": None, "c": ""},
                                {"a": "two\nlines", "b": " ", "c": "z"}])

    def test_csv_that_is_none(self):
        for text in ('a,b\nx,"y', 'a,b\nx"y,z\n', "a,b\nx,y", "a,b\nx\n"):
            with self.assertRaises(ValueError, msg=text):
                self.read(text, truth.read_csv_gz)

    def test_jsonl(self):
        self.assertEqual(self.read('{"a": 1}\n{"a": "\u2028"}\n',
                                   truth.read_jsonl_gz),
                         [{"a": 1}, {"a": "\u2028"}])

    def test_elements_that_are_cut_off(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "users.json"
            path.write_text('[\n{"a": {"b": 1},\n "c": 2},\n{"d": 3}\n]\n')
            self.assertEqual(list(truth.elements(path)),
                             [{"a": {"b": 1}, "c": 2}, {"d": 3}])
            path.write_text('[\n{"a": 1},\n{"d":')
            with self.assertRaises(ValueError):
                list(truth.elements(path))

    def test_job(self):
        with tempfile.TemporaryDirectory() as folder:
            path = harness.make_job(folder, "http://127.0.0.1:1",
                                    output={"formats": ["csv"]}, state=None)
            job = json.loads(path.read_text())
        self.assertEqual(job["output"], {"dir": "out", "formats": ["csv"]})
        self.assertNotIn("state", job)


if __name__ == "__main__":
    unittest.main()
