"""The dataset of changes: yesterday's rows and the changes are today's rows.

The changes are applied, and what they should be is worked out, here and not
with rollcall's own code.
"""
import gzip
import json
import random
import shutil
import unittest

import harness
from published import Case, account, edit_manifest, rewrite, write_site

DATASET = "people"
CHANGES = "people_changes"
OF_RUN = ("seen_in", "seen_at")
EXTRA = ("op", "changed_at", "changed_columns", "before")
FIRST_DAY = 1
NAMES = ["Ann", "Zoë, \"Z\"", "two\r\nlines", " edge ", "=1+1", "'=quoted",
         "NULL", "\\.", "tab\there", "\U0001f600", "-5", "a;b|c", "x" * 90]
COLUMNS = [
    {"name": "account_id", "type": "string", "length": 128, "key": True,
     "from": "user.account_id"},
    {"name": "name", "type": "string", "length": 80,
     "from": "user.display_name"},
    {"name": "mail", "type": "string", "from": "user.email"},
    {"name": "active", "type": "boolean", "from": "user.active"},
    {"name": "first_seen", "type": "timestamp",
     "from": "observed.first_inactive_at"},
    {"name": "seen_in", "type": "string", "from": "run.id"},
    {"name": "seen_at", "type": "timestamp", "from": "run.as_of"},
]
DIALECTS = [{"preset": name} for name in
            ("rfc4180", "powercenter", "excel", "postgres")]
DIALECTS += [{"header": False, "delimiter": ";", "null": "-"},
             {"time_format": "%d.%m.%Y %H:%M", "header_case": "upper"}]


def night(day):
    return f"2026-10-{day:02}T02:00:00Z"


def run_id(day):
    return f"202610{day:02}T020000Z"


def read_csv(text, dialect):
    """Rows of cells; what stands for null, or is empty without quotes, is
    None."""
    null, quote = dialect["nullSequence"], dialect["quoteChar"]
    row, cell, quoted, inside, at = [], "", False, False, 0
    while at < len(text):
        char = text[at]
        at += 1
        if inside and char == quote and text[at:at + 1] == quote:
            cell += quote
            at += 1
        elif char == quote:
            inside, quoted = not inside, True
        elif not inside and char in (dialect["delimiter"], "\n"):
            cell = cell.removesuffix("\r") if not quoted else cell
            row.append(None if cell == null and (null or not quoted)
                       else cell)
            cell, quoted = "", False
            if char == "\n":
                yield row
                row = []
        elif inside or char != "\r":
            cell += char


def truth_of(before, after):
    """key -> (op, changed columns) of what has to be told."""
    found = {}
    for key in before.keys() | after.keys():
        if key not in before:
            found[key] = ("insert", None)
        elif key not in after:
            found[key] = ("delete", None)
        else:
            names = [name for name in after[key] if name not in OF_RUN
                     and before[key][name] != after[key][name]]
            if names:
                found[key] = ("update", ",".join(names))
    return found


class ChangesCase(Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(20261123)
        self.users = {}
        self.mapping()

    def mapping(self, columns=None, **members):
        path = self.folder / "own.json"
        path.write_text(json.dumps({
            "name": DATASET, "users": "jira_users", "changes": True,
            "columns": columns or COLUMNS, **members}))
        return path

    def configure(self, url, **overrides):
        overrides.setdefault("mappings", ["./own.json"])
        overrides.setdefault("guards", {
            "max_new_inactive": "100%", "max_fewer_users": "100%",
            "max_rejects": 1000, "max_placeholders": "100%"})
        return self.job(url, **overrides)

    def night(self, day, users, *args, code=0, **overrides):
        """The run of that day over a site of these users."""
        folder = self.folder / "site"
        with_caller = [account(1, displayName="Caller"), *users]
        with self.fresh_site(folder, with_caller, night(day)) as site:
            self.configure(site, **overrides)
            if code != 0:
                return self.extract(*args, as_of=night(day), code=code)
            return self.published(*args, as_of=night(day))

    def fresh_site(self, folder, users, now):
        return harness.FakeSite(write_site(folder, users, [], now=now))

    def entry(self, run):
        return next(dataset for dataset in run.facts()["datasets"]
                    if dataset["name"] == CHANGES)

    def told(self, run):
        return self.entry(run)["changes"]

    # A site that changes at random.

    def person(self, number):
        return account(number, active=self.random.random() < 0.6,
                       displayName=self.random.choice(NAMES),
                       emailAddress=self.random.choice(
                           ["a@example.test", "b@example.test", "", None]))

    def mutate(self):
        for number in range(2, 40):
            luck = self.random.random()
            if number not in self.users:
                if luck < 0.25:
                    self.users[number] = self.person(number)
            elif luck < 0.1:
                del self.users[number]
            elif luck < 0.3:
                self.users[number] = self.person(number)
        order = list(self.users.values())
        self.random.shuffle(order)
        return order


class Equivalence(ChangesCase):
    """Over many nights of a fixed seed."""

    def rows(self, run, form):
        rows = run.jsonl(DATASET) if form == "jsonl" else self.cells(run)
        return {row["account_id"]: row for row in rows}

    def cells(self, run, dataset=DATASET):
        """The rows of the CSV, by the names of the mapping."""
        resource = run.resources(dataset)[0]
        dialect = resource["dialect"]
        rows = []
        for part in run.parts(dataset):
            text = gzip.decompress(part.read_bytes()).decode()
            found = list(read_csv(text.lstrip("\ufeff"), dialect))
            rows += found[1 if dialect["header"] else 0:]
        names = [field["name"].lower()
                 for field in resource["schema"]["fields"]]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def changes(self, run, form):
        return (run.jsonl(CHANGES) if form == "jsonl"
                else self.cells(run, CHANGES))

    def apply(self, before, changes):
        """What a loader that merges has afterwards."""
        rows = {key: dict(row) for key, row in before.items()}
        for change in changes:
            key = change["account_id"]
            own = {name: value for name, value in change.items()
                   if name not in EXTRA}
            if change["op"] == "insert":
                self.assertNotIn(key, rows)
                rows[key] = own
            elif change["op"] == "update":
                old = json.loads(change["before"])
                self.assertEqual(",".join(old), change["changed_columns"])
                rows[key] = own
            else:
                self.assertEqual(self.without_run({key: rows.pop(key)}),
                                 self.without_run({key: own}))
            if change["op"] != "update":
                self.assertEqual(change["before"], None)
                self.assertEqual(change["changed_columns"], None)
        return rows

    def without_run(self, rows):
        return {key: {name: value for name, value in row.items()
                      if name not in OF_RUN} for key, row in rows.items()}

    def nights(self, days, form="jsonl", **overrides):
        before, loaded, ops = {}, {}, {}
        for day in range(FIRST_DAY, FIRST_DAY + days):
            run = self.night(day, self.mutate(), **overrides)
            after, changes = self.rows(run, form), self.changes(run, form)
            keys = [change["account_id"] for change in changes]
            self.assertEqual(keys, sorted(set(keys)))
            found = {change["account_id"]: (
                change["op"], change["changed_columns"] if
                change["op"] == "update" else None) for change in changes}
            self.assertEqual(found, truth_of(before, after), day)
            loaded = self.apply(loaded, changes)
            self.assertEqual(self.without_run(loaded),
                             self.without_run(after))
            for op, _ in found.values():
                ops[op] = ops.get(op, 0) + 1
            told = self.told(run)
            self.assertEqual(told["baseline"], run_id(day - 1)
                             if day > FIRST_DAY else None)
            self.assertEqual(
                [told[f"{op}s"] for op in ("insert", "update", "delete")],
                [sum(kind == op for kind, _ in found.values())
                 for op in ("insert", "update", "delete")])
            before = after
        self.assertEqual(set(ops), {"insert", "update", "delete"})
        self.assertGreater(min(ops.values()), 3)
        return run

    def test_jsonl(self):
        self.nights(25)

    def test_many_parts(self):
        """Rows of both runs go across the ends of parts."""
        def name(number):
            return "".join(self.random.choices("abcdefghij ", k=70))
        users = {n: account(n, displayName=name(n)) for n in range(2, 4000)}
        options = {"output": {"part_size": "1KiB"}}
        before = self.rows(self.night(1, list(users.values()), **options),
                           "jsonl")
        for number in self.random.sample(sorted(users), 900):
            if number % 3 == 0:
                del users[number]
            else:
                users[number]["displayName"] = name(number)
        users |= {n: account(n) for n in range(4000, 4100)}
        run = self.night(2, list(users.values()), **options)
        self.assertGreater(len(run.parts(DATASET)), 3)
        self.assertGreater(len(run.parts(CHANGES)), 1)
        after, changes = self.rows(run, "jsonl"), run.jsonl(CHANGES)
        self.assertEqual(len(changes), len(truth_of(before, after)))
        self.assertEqual(self.without_run(self.apply(before, changes)),
                         self.without_run(after))

    def test_csv_alone_of_any_dialect(self):
        """The rows are those a CSV can hold."""
        for index, csv in enumerate(DIALECTS):
            with self.subTest(csv=csv):
                self.users.clear()
                self.nights(6, "csv", output={
                    "formats": ["csv"], "csv": csv, "dir": f"out{index}"})


class Rows(ChangesCase):
    """One night after another, by hand."""

    def two_nights(self, before, after, **overrides):
        self.night(1, before, **overrides)
        run = self.night(2, after, **overrides)
        return run, {row["account_id"]: row for row in run.jsonl(CHANGES)}

    def test_each_op(self):
        run, rows = self.two_nights(
            [account(2), account(3), account(4)],
            [account(3), account(4, displayName="New", active=False),
             account(5)])
        self.assertEqual([row["op"] for row in run.jsonl(CHANGES)],
                         ["delete", "update", "insert"])
        gone, changed, new = (rows[f"712020:000{n}"] for n in (2, 4, 5))
        self.assertEqual((gone["name"], gone["seen_in"], gone["before"]),
                         ("User 2", run_id(1), None))
        self.assertEqual(changed["name"], "New")
        self.assertEqual(changed["changed_columns"], "name,active")
        self.assertEqual(json.loads(changed["before"]),
                         {"name": "User 4", "active": True})
        self.assertEqual((new["changed_columns"], new["changed_at"]),
                         (None, night(2)))
        self.assertEqual(list(new), ["op", "changed_at"] + [
            column["name"] for column in COLUMNS] + [
            "changed_columns", "before"])

    def test_old_values_keep_their_type(self):
        _, rows = self.two_nights(
            [account(2, emailAddress=None), account(3, displayName="q\"\n")],
            [account(2), account(3)])
        self.assertEqual(json.loads(rows["712020:0002"]["before"]),
                         {"mail": None})
        self.assertEqual(json.loads(rows["712020:0003"]["before"]),
                         {"name": "q\"\n"})

    def test_a_night_without_changes_is_an_empty_dataset(self):
        users = [account(2), account(3)]
        run, rows = self.two_nights(users, users)
        self.assertEqual(rows, {})
        self.assertEqual(self.entry(run)["rows"], 0)
        self.assertTrue(all(part.exists() for part in run.parts(CHANGES)))
        done = self.out / f"{CHANGES}_20261002_{run_id(2)}.done"
        self.assertEqual(json.loads(done.read_text())["rows"], 0)

    def test_a_refused_row_is_gone(self):
        """It is no row of the dataset, so a loader must not keep it."""
        _, rows = self.two_nights(
            [account(2)], [account(2, displayName="x" * 81)])
        self.assertEqual(rows["712020:0002"]["op"], "delete")

    def test_nobody_left(self):
        where = {"field": "user.active", "equals": False}
        self.mapping(where=where)
        run, rows = self.two_nights(
            [account(2, active=False)], [account(2)],
            guards={"zero_rows": "allow", "max_new_inactive": "100%"})
        self.assertEqual([row["op"] for row in rows.values()], ["delete"])
        self.assertEqual(run.jsonl(DATASET), [])

    def test_the_same_again_gives_the_same_bytes(self):
        self.night(1, [account(2), account(3)])
        first = self.night(2, [account(3, displayName="x"), account(4)])
        files = first.files()
        again = self.night(2, [account(3, displayName="x"), account(4)],
                           "--force")
        self.assertEqual(again.files(), files)
        self.assertEqual(self.told(again)["baseline"], run_id(1))

    def test_cat_gives_the_dataset_and_on_request_its_changes(self):
        run = self.night(1, [account(2)])
        for args, dataset in (((), DATASET),
                              (("--dataset", CHANGES), CHANGES)):
            out = self.rollcall("cat", "out", *args).out
            self.assertEqual(out.encode(), run.plain(dataset))

    def test_the_plan_names_it(self):
        self.configure("http://127.0.0.1:9")
        out = self.rollcall("plan").out
        self.assertIn(f"dataset   {CHANGES}: 11 columns", out)
        self.assertIn(f"{CHANGES}-00001.jsonl.gz", out)

    def test_the_shipped_mapping_can_have_it(self):
        text = (harness.ROOT / "mappings/inactive_users.json").read_text()
        self.assertEqual(text.count('"changes": false'), 1)
        folder = self.folder / "mappings"
        folder.mkdir()
        (folder / "inactive_users.json").write_text(
            text.replace('"changes": false', '"changes": true'))
        off = [account(n, active=False) for n in (2, 3, 4)]
        for day, users in ((1, off), (2, off), (3, off[1:])):
            run = self.night(day, users, mappings=["inactive_users"])
        rows = run.jsonl("inactive_users_changes")
        self.assertEqual([(row["op"], row["account_id"]) for row in rows],
                         [("delete", "712020:0002")])


class Baseline(ChangesCase):
    """What changes are counted from, and when that cannot be."""

    def all_inserted(self, run, reason):
        self.assertEqual({row["op"] for row in run.jsonl(CHANGES)},
                         {"insert"})
        self.assertEqual(len(run.jsonl(CHANGES)), len(run.jsonl(DATASET)))
        told = self.told(run)
        self.assertEqual(told["baseline"], None)
        self.assertIn(reason, told["reason"])

    def test_the_first_run(self):
        self.all_inserted(self.night(1, [account(2)]), "no run")

    def test_a_run_before_without_the_dataset(self):
        self.night(1, [account(2)], mappings=["all_users"])
        self.all_inserted(self.night(2, [account(2)]), "no such dataset")

    def test_a_run_before_with_other_columns(self):
        for change in ({"length": 70}, {"nullable": False}, {"name": "nom"},
                       {"values": ["User 2", "Caller"]}):
            with self.subTest(change):
                other = [dict(column) for column in COLUMNS]
                other[1].update(change)
                self.mapping(other)
                self.night(1, [account(2)], "--force")
                self.mapping()
                self.all_inserted(self.night(2, [account(2)], "--force"),
                                  "other columns")

    def test_another_description_is_the_same_dataset(self):
        self.mapping([{**column, "description": "x"} for column in COLUMNS])
        self.night(1, [account(2)])
        self.mapping()
        run = self.night(2, [account(2)])
        self.assertEqual(run.jsonl(CHANGES), [])

    def test_a_run_before_without_changes_is_enough(self):
        self.mapping(changes=False)
        run = self.night(1, [account(2)])
        self.assertEqual(run.parts(CHANGES), [])
        self.mapping()
        self.assertEqual(self.night(2, [account(2)]).jsonl(CHANGES), [])

    def test_an_older_night_has_none(self):
        self.night(2, [account(2)])
        self.all_inserted(self.night(1, [account(2)]), "no run")

    def test_times_without_a_day(self):
        csv = {"formats": ["csv"], "csv": {"time_format": "%H:%M"}}
        self.night(1, [account(2)], output=csv)
        run = self.night(2, [account(2)], output={"formats": ["jsonl"]})
        self.all_inserted(run, "times without a day")

    def damages(self, run):
        part = run.parts(DATASET, "jsonl")[0]
        name = part.name

        def flip():
            data = bytearray(part.read_bytes())
            data[len(data) // 2] ^= 0xff
            part.write_bytes(bytes(data))

        def swap(lines):
            lines[0], lines[1] = lines[1], lines[0]

        yield "a flipped bit", flip
        yield "a part that is gone", part.unlink
        yield "an empty part", lambda: part.write_bytes(b"")
        yield "rows out of order", lambda: rewrite(run, name, swap)
        yield "a row twice", lambda: rewrite(
            run, name, lambda lines: lines.insert(1, lines[0]), 1)
        yield "a row too few", lambda: edit_manifest(
            run, lambda m: [r.update({"x-rows": r["x-rows"] + 1})
                            for r in m["resources"]])
        yield "a null key", lambda: rewrite(
            run, name, lambda lines: lines.__setitem__(0, lines[0].replace(
                b'"account_id":"712020:0001"', b'"account_id":null')))
        yield "a line that is no row", lambda: rewrite(
            run, name, lambda lines: lines.__setitem__(0, b"{}\n"))
        yield "no manifest", (run.folder / "manifest.json").unlink
        yield "half a manifest", lambda: (
            run.folder / "manifest.json").write_text("{")

    def test_a_damaged_run_before_stops_the_run(self):
        """What a loader has of it nobody knows: a delete might be wrong."""
        users = [account(2), account(3)]
        count = len(list(self.damages(self.night(1, users))))
        self.assertGreater(count, 8)
        for index in range(count):
            run = self.night(1, users, "--force")
            what, damage = list(self.damages(run))[index]
            with self.subTest(what):
                damage()
                result = self.night(2, users[1:], code=65)
                self.assertIn("guard changes_baseline", result.err)
                self.assertIn("--accept-guard changes_baseline", result.err)
                self.assertFalse((self.out / run_id(2)).exists())
                after = self.night(2, users[1:], "--accept-guard",
                                   "changes_baseline")
                self.all_inserted(after, "damaged")
                guard = next(g for g in after.facts()["guards"]
                             if g["name"] == "changes_baseline")
                self.assertEqual((guard["value"], guard["accepted"]),
                                 (1, True))
            self.forget(run_id(2))

    def forget(self, name):
        shutil.rmtree(self.out / name)
        (self.out / "latest").unlink()
        for done in self.out.glob(f"*_{name}.done"):
            done.unlink()

    def test_damage_of_a_run_before_is_nothing_to_others(self):
        self.mapping(changes=False)
        run = self.night(1, [account(2)])
        run.parts(DATASET, "jsonl")[0].write_bytes(b"")
        self.night(2, [account(2)])

    def test_two_rows_of_one_key(self):
        columns = [dict(column) for column in COLUMNS]
        columns[0]["key"] = False
        columns[1].update(key=True, nullable=False)
        self.mapping(columns)
        users = [account(2, displayName="same"),
                 account(3, displayName="same")]
        result = self.night(1, users, code=65)
        self.assertIn("two rows have the same key", result.err)

    def test_a_key_that_a_csv_loses(self):
        columns = [dict(column) for column in COLUMNS]
        columns[0]["key"] = False
        columns[1].update(key=True, nullable=False)
        self.mapping(columns)
        output = {"formats": ["csv"]}
        self.night(1, [account(2)], output=output)
        result = self.night(2, [account(2, displayName="a\nb")], code=65,
                            output=output)
        self.assertIn("does not survive the CSV", result.err)


class Mapping(ChangesCase):
    def refused(self, *texts):
        self.configure("http://127.0.0.1:9")
        err = self.rollcall("plan", code=78).err
        for text in texts:
            self.assertIn(text, err)

    def test_an_order_that_is_not_the_key(self):
        self.mapping(order=["name", "account_id"])
        self.refused("own.json", "order", '"name" is no key column')

    def test_columns_that_it_has_itself(self):
        columns = [{**COLUMNS[1], "name": name}
                   for name in EXTRA] + COLUMNS[:1]
        self.mapping(columns)
        self.refused("changes", *(f'a "{name}" of its own' for name in EXTRA))

    def test_a_key_of_the_run(self):
        columns = COLUMNS[:5] + [
            {**COLUMNS[5], "key": True}]
        self.mapping(columns)
        self.refused('the key column "seen_in" is another in every run')

    def test_a_name_too_long(self):
        self.mapping(name="x" * 60)
        self.refused("name", "too long", "63")

    def test_events_do_not_change(self):
        self.mapping(grain="event")
        self.refused('take it out of a mapping of grain "event"')

    def test_no_boolean(self):
        self.mapping(changes="yes")
        self.refused("changes", "boolean")

    def test_two_datasets_of_one_name(self):
        self.mapping()
        other = json.loads((self.folder / "own.json").read_text())
        other["name"], other["changes"] = CHANGES, False
        (self.folder / "other.json").write_text(json.dumps(other))
        for mappings in (["./own.json", "./other.json"],
                         ["./other.json", "./own.json"]):
            self.configure("http://127.0.0.1:9", mappings=mappings)
            self.assertIn(f'a dataset "{CHANGES}" already',
                          self.rollcall("plan", code=78).err)


if __name__ == "__main__":
    unittest.main()
