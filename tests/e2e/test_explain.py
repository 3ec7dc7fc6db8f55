"""rollcall explain: who changed this account?"""
import json
import re
import tempfile
import unittest
from pathlib import Path

import harness
from runs import (AS_OF, AUDIT, DATASET, MIGRATION, SEARCH, Case, Extract,
                  account, make_site)

JIRA = "jira_audit"
ADA_ID = "5b10a2844c20165700ede002"


def ask(folder, who, *args, code=0, as_of=AS_OF):
    """(stdout, stderr) of the question in FOLDER's job."""
    found, out, err = harness.run_rollcall(
        ["explain", "-c", Path(folder) / "rollcall.json", "--as-of", as_of,
         *args, "--", who], cwd=folder)
    assert found == code, f"exit {found}: {err}"
    return out, err


def answer(folder, who, *args, **options):
    return json.loads(ask(folder, who, "--json", *args, **options)[0])


def event_of(number):
    return {"source": JIRA, "id": str(number)}


def named(rows, name):
    return next(row for row in rows if row["name"] == name)


def event(told, number):
    return next(row for row in told["events"] if row["id"] == str(number))


def mark(told, number, fact):
    """What the event was to the fact; None when it does not count."""
    rows = [row for row in event(told, number)["facts"]
            if row["fact"] == fact]
    return rows[0] if rows else None


def escaped(text):
    """As the text form writes a value."""
    return "".join(
        "\\n" if c == "\n" else
        f"\\u{ord(c):04x}" if ord(c) < 32 or 127 <= ord(c) < 160 else c
        for c in text)


def words(value):
    if value is None:
        return "(none)"
    return str(value).lower() if isinstance(value, bool) else escaped(value)


def place(row):
    return f"event {row['id']} ({row['source']})" if row else None


class Sample(Case):
    """The sample site, and what extract publishes of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        holder = tempfile.TemporaryDirectory(prefix="rollcall-")
        cls.addClassCleanup(holder.cleanup)
        cls.shared = Path(holder.name)
        cls.server = harness.FakeSite()
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        run = Extract(cls.server, cls.shared)
        assert run.code == 0, run.stderr
        cls.rows = run.by_name()
        users = json.loads((harness.SAMPLE / "users.json").read_text())
        cls.ids = {user["displayName"]: user["accountId"] for user in users}
        cls.keys = {user["displayName"]: user["_key"] for user in users}

    def told(self, name, *args):
        return answer(self.shared, self.ids[name], *args)

    def assertMark(self, told, number, fact, role, reason, other=None):
        found = mark(told, number, fact)
        self.assertEqual(found, {
            "fact": fact, "role": role, "reason": reason,
            "other": other and event_of(other)})


class Answers(Sample):
    def test_every_column_is_what_extract_publishes(self):
        for name, row in self.rows.items():
            with self.subTest(name=name):
                told = answer(self.shared, row["account_id"])
                self.assertTrue(told["selected"])
                self.assertIsNone(told["refused"])
                self.assertEqual({column["name"]: column["value"]
                                  for column in told["columns"]}, row)

    def test_text_says_what_json_says(self):
        for name in ("Dan Lindqvist", "Rosa Tie", "Judit Nagy", "Omar Silva",
                     "Yann\nTwo Lines", "Lea Group", "Hugo Tanaka",
                     "Wim Raw"):
            with self.subTest(name=name):
                text, _ = ask(self.shared, self.ids[name])
                told = self.told(name)
                self.assertSameFacts(text, told)

    def assertSameFacts(self, text, told):
        head, *parts = text.split("\n\n")
        parts = {part.split("\n")[0].strip(): part.strip("\n").split("\n")[1:]
                 for part in parts}
        self.assertIn(told["account_id"], head)
        self.assertEqual("\nselected  yes" in head, told["selected"])
        self.assertEqual(parts["fields"], [
            f"  {row['name']:<28} {words(row['value'])}  <- {row['source']}"
            for row in told["fields"]])
        self.assertEqual(
            [re.sub(r"  .*, (\d+) events?$", r" \1", line.strip())
             for line in parts["names in the log"]],
            [f"{row['name']} {row['events']}" for row in told["names"]]
            or ["none"])
        self.assertEvents(parts["events, oldest first"], told)
        self.assertColumns(parts["columns"], told)
        for line, fact in zip(parts["facts"], told["facts"], strict=True):
            self.assertEqual(line.split()[:2], [fact["name"], fact["status"]]
                             if fact["event"] is None
                             and fact["cancelled"] is None else
                             [fact["name"], fact["status"] + ":"])
            for part in ("event", "lent_by", "cancelled", "cancelled_by"):
                self.assertIn(place(fact[part]) or "", line)

    def assertEvents(self, lines, told):
        expected = []
        for row in told["events"]:
            expected.append(f"  {row['at']}  {row['source']} {row['id']}  "
                            f"{row['action']}")
            who = (f"{row['actor_id']}  "
                   f"{row['actor_name'] or '(name unknown)'}"
                   if row["actor_id"] else "nobody is named")
            expected.append(f"    {'by':<16} {who}")
            expected.append(f"    {'calls it':<16} {row['subject']}")
            expected += [f"    {'changed':<16} {words(c['field'])}: "
                         f"{words(c['from'])} -> {words(c['to'])}"
                         for c in row["changes"]]
            for fact in row["facts"]:
                expected.append(f"    {fact['fact']:<16} {self.role(fact)}")
        self.assertEqual(lines, expected or ["  none"])

    def role(self, fact):
        other = place(fact["other"])
        return {
            ("won", "only"): "won: the only one",
            ("won", "time"): "won: the newest",
            ("won", "actor"):
                f"won: names an actor, unlike the as new {other}",
            ("won", "id"): f"won: has a higher id than the as new {other}",
            ("lent", "time"): f"lent its actor to the newer {other}",
            ("lost", "time"): f"lost: older than {other}",
            ("lost", "actor"):
                f"lost: names nobody, unlike the as new {other}",
            ("lost", "id"): f"lost: has a lower id than the as new {other}",
            ("cancelled", None): f"cancelled by reactivated: {other}",
        }[fact["role"], fact["reason"]]

    def assertColumns(self, lines, told):
        for line, row in zip(lines, told["columns"], strict=True):
            start = f"  {row['name']:<28} {words(row['value'])}  <- "
            start += row["from"] or "nothing"
            if row["source"]:
                start += f" of {row['source']}"
            if row["event"]:
                start += f" of {place(row['event'])}"
            if row["lent_by"]:
                start += f", lent by {place(row['lent_by'])}"
            if row["alternatives"] > 1 and row["from"]:
                start += (f" [alternative {row['alternative']} of "
                          f"{row['alternatives']}]")
            self.assertEqual(line, start)

    def test_an_actor_that_was_lent(self):
        told = self.told("Dan Lindqvist")
        for fact in ("last_modified", "deactivated"):
            self.assertMark(told, 20033, fact, "lent", "time", 20034)
            self.assertMark(told, 20034, fact, "won", "time", 20033)
        column = named(told["columns"], "deactivated_by_name")
        self.assertEqual(
            (column["value"], column["from"], column["event"],
             column["lent_by"]),
            ("Ada Moreau", "fact.deactivated.actor_name", event_of(20034),
             event_of(20033)))
        self.assertIsNone(named(told["columns"], "deactivated_at")["lent_by"])
        text, _ = ask(self.shared, self.ids["Dan Lindqvist"])
        self.assertRegex(text, r"deactivated_by_name +Ada Moreau +<- "
                         r"fact\.deactivated\.actor_name of event 20034 "
                         r"\(jira_audit\), lent by event 20033")

    def test_too_late_to_be_lent(self):
        told = self.told("Edda Novak")
        self.assertMark(told, 20036, "deactivated", "lost", "time", 20038)
        self.assertIsNone(named(told["facts"], "deactivated")["lent_by"])

    def test_a_tie_by_actor(self):
        told = self.told("Rosa Tie")
        self.assertMark(told, 20083, "last_modified", "won", "actor", 20084)
        self.assertMark(told, 20084, "last_modified", "lost", "actor", 20083)
        self.assertMark(told, 20083, "deactivated", "won", "only")
        self.assertIsNone(mark(told, 20084, "deactivated"))

    def test_a_tie_by_id(self):
        told = self.told("Sam Tie")
        self.assertMark(told, 20087, "last_modified", "won", "id", 20086)
        self.assertMark(told, 20086, "last_modified", "lost", "id", 20087)

    def test_cancelled_by_a_reactivation(self):
        told = self.told("Judit Nagy")
        self.assertMark(told, 20055, "deactivated", "cancelled", None, 20056)
        self.assertMark(told, 20056, "reactivated", "won", "only")
        self.assertEqual(named(told["facts"], "deactivated"), {
            "name": "deactivated", "status": "before_log", "counted": 1,
            "event": None, "lent_by": None, "cancelled": event_of(20055),
            "cancelled_by": {**event_of(20056), "fact": "reactivated"}})

    def test_before_the_log(self):
        told = self.told("Hugo Tanaka")
        self.assertEqual((told["events"], told["names"]), ([], []))
        self.assertEqual({fact["status"] for fact in told["facts"]},
                         {"before_log"})
        self.assertIsNone(named(told["columns"], "deactivated_at")["from"])

    def test_only_mentioned(self):
        self.assertEqual(self.told("Olga Mentioned")["events"], [])
        self.assertNotIn("20072", [row["id"] for row
                                   in self.told("Ben Okafor")["events"]])

    def test_a_subject_of_a_group_record(self):
        told = self.told("Lea Group")
        record = next(row for row in told["events"]
                      if row["action"] == "User removed from group")
        self.assertEqual(record["category"], "group management")
        self.assertEqual(record["subject"], self.keys["Lea Group"])
        self.assertMark(told, record["id"], "last_modified", "won", "time",
                        named(told["facts"], "deactivated")["event"]["id"])

    def test_events_are_in_order_of_time(self):
        for name in ("Omar Silva", "Lea Group", "Farid Kumar"):
            times = [row["at"] for row in self.told(name)["events"]]
            self.assertGreater(len(times), 2)
            self.assertEqual(times, sorted(times))

    def test_changes(self):
        changes = event(self.told("Quinn Busy"), 20080)["changes"]
        self.assertEqual(changes, [
            {"field": "Email", "from": "quinn@example.test",
             "to": "quinn.old@example.test"}])

    def test_how_a_name_was_resolved(self):
        for name, way in (("Mona Learned", "learned_pair"),
                          ("Dan Lindqvist", "bridge"),
                          ("Kim Larsen", "account_id"),
                          ("Pat Customer", "account_id")):
            with self.subTest(name=name):
                told = self.told(name)
                self.assertEqual(told["names"], [
                    {"name": told["events"][0]["subject"], "resolved": way,
                     "events": len(told["events"])}])

    def test_actors_are_resolved_and_named(self):
        for name, number, actor in (
                ("Vera Keyed", 20096, "Noor Haddad"),
                ("Uma Contractor", 20094, "Elena External"),
                ("Uma Contractor", 20166, "Elena External"),
                ("Tariq Synced", 20090, "Okta provisioning")):
            self.assertEqual(event(self.told(name), number)["actor_name"],
                             actor)
        row = event(self.told("Vera Keyed"), 20096)
        self.assertEqual(row["actor"], self.keys["Noor Haddad"])
        self.assertEqual(row["actor_id"], self.ids["Noor Haddad"])

    def test_an_actor_whom_nobody_knows(self):
        row = event(self.told("Wim Raw"), 20098)
        self.assertEqual(row["actor_id"], row["actor"])
        self.assertTrue(row["actor"].startswith("ug:0099"))
        self.assertIsNone(row["actor_name"])

    def test_an_active_account_has_no_row_and_an_answer(self):
        told = self.told("Omar Silva")
        self.assertEqual((told["listed"], told["selected"]), (True, False))
        self.assertEqual(named(told["facts"], "deactivated")["cancelled"],
                         event_of(20021))
        self.assertEqual(event(told, 20021)["actor_name"], "Noor Haddad")

    def test_an_account_that_is_not_listed(self):
        told = answer(self.shared, "557058:00060006-0006-4006-8006-"
                                   "000000000006")
        self.assertEqual((told["listed"], told["selected"]), (False, False))
        self.assertEqual(named(told["fields"], "display_name"),
                         {"name": "display_name", "value": "Elena External",
                          "source": "jira_user_names"})
        text, _ = ask(self.shared, told["account_id"])
        self.assertIn("no: jira_users does not list the account", text)

    def test_the_unsettled_is_not_shown(self):
        self.assertNotIn("20170", [row["id"] for row
                                   in self.told("Edge Edith")["events"]])

    def test_fields_name_their_source(self):
        told = self.told("Dan Lindqvist")
        self.assertEqual({row["source"] for row in told["fields"]},
                         {"jira_users"})
        self.assertEqual(named(told["fields"], "active")["value"], False)
        self.assertEqual(named(told["columns"], "email")["source"],
                         "jira_users")

    def test_asked_by_another_name(self):
        told = self.told("Dan Lindqvist")
        for who in (self.keys["Dan Lindqvist"], "DAN@example.test"):
            self.assertEqual(answer(self.shared, who), told)
        self.assertEqual(
            answer(self.shared, self.keys["Hugo Tanaka"])["account_id"],
            self.ids["Hugo Tanaka"])

    def test_another_mapping(self):
        told = self.told("Omar Silva", "--mapping", "all_users")
        self.assertEqual((told["dataset"], told["selected"]),
                         ("all_users", True))
        self.assertEqual((told["events"], told["facts"]), ([], []))
        self.assertEqual(named(told["columns"], "active")["value"], True)

    def test_the_document_is_one_line(self):
        text, _ = ask(self.shared, self.ids["Dan Lindqvist"], "--json")
        self.assertEqual(text.count("\n"), 1)
        self.assertEqual(list(json.loads(text)), [
            "account_id", "dataset", "mapping", "as_of", "listed", "selected",
            "refused", "log", "fields", "names", "events", "facts",
            "columns"])

    def test_no_personal_data_in_the_log(self):
        people = [word for user in json.loads(
                      (harness.SAMPLE / "users.json").read_text())
                  for word in (user["displayName"],
                               user.get("emailAddress"))
                  if word and len(word) > 5]
        for who, code in ((self.ids["Dan Lindqvist"], 0),
                          ("dan@example.test", 0),
                          ("Ada Moreau", 66), ("no@example.test", 66)):
            _, err = ask(self.shared, who, "--verbose", code=code)
            for word in [*people, "no@example.test", harness.TOKEN]:
                self.assertNotIn(word, err)


class Unknown(Sample):
    def assertUnknown(self, who, *texts):
        out, err = ask(self.shared, who, code=66)
        self.assertEqual(out, "")
        for text in ("hint", *texts):
            self.assertIn(text, err)

    def test_nobody(self):
        self.assertUnknown("712020:no-such-account", "knows no account",
                           "rollcall cat")
        self.assertUnknown("nobody@example.test", "knows no account")

    def test_the_placeholder_is_nobody(self):
        self.assertUnknown("unknown", "knows no account")

    def test_a_key_that_leads_nowhere(self):
        self.assertUnknown(self.keys["Lars Unknownkey"],
                           "leads to no account", "keys.map_file")


class Own(Case):
    """Jobs and sites of their own."""

    def asked(self, users, records, who="712020:a", **options):
        folder = make_site(self.folder / "site", users, records)
        site = self.site(site=folder)
        harness.make_job(self.folder, site.url)
        return site, ask(self.folder, who, "--json", **options)

    def record(self, number, subject="ug:a", **members):
        return {"id": number, "created": "2026-11-01T10:00:00.000+0000",
                "summary": "User updated", "category": "user management",
                "objectItem": {"id": subject, "typeName": "USER"}, **members}

    def test_nothing_is_written(self):
        site, _ = self.asked([account("a")], [self.record(1)])
        self.assertEqual({path.name for path in self.folder.iterdir()},
                         {"site", "rollcall.json"})
        self.assertEqual({row["method"] for row in site.requests()}, {"GET"})

    def test_logs_are_read_twice_and_users_once(self):
        site, _ = self.asked([account("a")], [self.record(1)])
        asked = [str(row["query"]) for row in site.requests(AUDIT)]
        self.assertEqual({asked.count(query) for query in asked}, {2})
        firsts = [row for row in site.requests(SEARCH)
                  if row["query"].get("startAt") in ("0", ["0"], None)]
        self.assertEqual(len(firsts), 1)

    def test_the_run_before_knows_the_first_observation(self):
        folder = make_site(self.folder / "site", [account("a")],
                           [self.record(1)])
        site = self.site(site=folder)
        first = Extract(site, self.folder, as_of="2026-11-22T02:00:00Z")
        self.assertEqual(first.code, 0, first.stderr)
        before = sorted(map(str, self.folder.rglob("*")))
        told = answer(self.folder, "712020:a")
        self.assertEqual(
            named(told["columns"], "first_observed_inactive_at")["value"],
            "2026-11-22T02:00:00Z")
        self.assertEqual(sorted(map(str, self.folder.rglob("*"))), before)

    def test_two_accounts_of_one_address(self):
        users = [account("a", emailAddress="x@example.test"),
                 account("b", emailAddress="x@example.test")]
        _, (out, err) = self.asked(users, [], who="x@example.test", code=66)
        self.assertEqual(out, "")
        self.assertIn("more than one account", err)
        self.assertNotIn("x@example.test", err)

    def test_the_job_has_a_map_file(self):
        folder = make_site(self.folder / "site", [account("a")],
                           [self.record(1, "ug:else")])
        (self.folder / "keys.csv").write_text("ug:else,712020:a\n")
        harness.make_job(self.folder, self.site(site=folder).url, keys={
            "map_file": str(self.folder / "keys.csv")})
        self.assertEqual(answer(self.folder, "712020:a")["names"], [
            {"name": "ug:else", "resolved": "map_file", "events": 1}])

    def test_an_event_that_no_fact_counts(self):
        mapping = json.loads(re.sub(
            r"^\s*//.*$", "",
            (harness.ROOT / "mappings" / f"{DATASET}.json").read_text(),
            flags=re.M))
        del mapping["facts"]["last_modified"]
        mapping["columns"] = [
            column for column in mapping["columns"]
            if not column["name"].startswith("last_modified")]
        path = self.folder / "mine.json"
        path.write_text(json.dumps(mapping))
        site, (out, _) = self.asked_with(path, [self.record(1)])
        told = json.loads(out)
        self.assertEqual([(row["id"], row["facts"])
                          for row in told["events"]], [("1", [])])
        self.assertEqual(told["names"][0]["resolved"], "bridge")
        self.assertEqual(len(site.requests(MIGRATION)), 1)

    def test_values_of_every_type_and_what_made_them(self):
        """In text; and a row that is refused."""
        mapping = {"name": "own", "users": "jira_users", "columns": [
            {"name": "id", "type": "string", "key": True,
             "from": "user.account_id"},
            {"name": "name", "type": "string", "length": 12,
             "from": "user.display_name", "transforms": ["trim", "upper"]},
            {"name": "day", "type": "date", "from": {"value": "2026-11-22"}},
            {"name": "level", "type": "integer", "from": {"value": 42}}]}
        path = self.folder / "own.json"
        path.write_text(json.dumps(mapping))
        folder = make_site(self.folder / "site", [
            account("a", displayName="a\x01b\x85c"),
            account("b", displayName="far too long for it")])
        harness.make_job(self.folder, self.site(site=folder).url)
        text, _ = ask(self.folder, "712020:a", "--mapping", path)
        self.assertRegex(text, r"(?m)^selected +yes$")
        for line in (r"name +A\\u0001B\\u0085C  <- user\.display_name of "
                     r"jira_users; then trim, upper",
                     r"day +2026-11-22  <- constant",
                     r"level +42  <- constant"):
            self.assertRegex(text, rf"(?m)^  {line}$")
        text, _ = ask(self.folder, "712020:b", "--mapping", path)
        self.assertRegex(text, r"(?m)^selected +yes, but the row is refused: "
                         r"name: ")

    def asked_with(self, mapping, records):
        folder = make_site(self.folder / "site", [account("a")], records)
        site = self.site(site=folder)
        harness.make_job(self.folder, site.url)
        return site, ask(self.folder, "712020:a", "--json", "--mapping",
                         mapping)

    def test_several_mappings(self):
        folder = make_site(self.folder / "site", [account("a")])
        harness.make_job(self.folder, self.site(site=folder).url,
                         mappings=[DATASET, "all_users"])
        _, err = ask(self.folder, "712020:a", code=64)
        self.assertIn("--mapping", err)

    def test_a_log_that_may_not_be_read(self):
        rule = {"path": AUDIT, "do": "status", "status": 403}
        site = self.site(scenario={"rules": [rule]})
        harness.make_job(self.folder, site.url,
                         events={"no_access": "allow"})
        told = answer(self.folder, "5b10a2844c20165700ede012")
        self.assertFalse(told["log"]["readable"])
        self.assertEqual({fact["status"] for fact in told["facts"]},
                         {"no_access"})

    def test_guards_hold_as_for_extract(self):
        folder = make_site(self.folder / "site", [account("a")])
        harness.make_job(self.folder, self.site(site=folder).url,
                         guards={"min_users": 1000})
        _, err = ask(self.folder, "712020:a", code=65)
        self.assertIn("min_users", err)


if __name__ == "__main__":
    unittest.main()
