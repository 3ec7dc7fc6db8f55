"""Hard values, extracted and then loaded into real systems: what each of them
holds is what the site had.

CSV keeps a text but for line breaks and control characters (see
hard_values.as_csv); JSONL keeps all of it. NULL and empty text stay apart in
every system but SQLite's CSV import, which has no NULL at all.
"""
import datetime
import decimal
import json
import sys
import unittest

import area
import hard_values
import harness
import outside
from published import Case, Run

CELLS = ("text", "whole", "number", "time", "day")
# What SQLite's shell makes of columns without a type.
SQLITE_CSV = "SQLite .import of CSV"


def moment(text):
    """An instant as UTC text without zone, whatever form it has."""
    if text is None:
        return None
    parsed = datetime.datetime.fromisoformat(text.replace(" ", "T"))
    if parsed.tzinfo is not None:
        parsed = parsed.astimezone(datetime.timezone.utc)
    return parsed.replace(tzinfo=None).isoformat()


def expected(row, csv):
    """The cells of one account as any system must show them."""
    return {"text": hard_values.as_csv(row.text) if csv else row.text,
            "whole": row.whole,
            "number": row.number and decimal.Decimal(row.number),
            "time": moment(row.time),
            "day": row.time and row.time[:10]}


def read_back(cells):
    """Cells of a system in the form of expected()."""
    def number(kind):
        return lambda cell: None if cell is None else kind(str(cell))

    forms = {"text": lambda cell: cell, "whole": number(int),
             "number": number(decimal.Decimal), "time": moment,
             "day": lambda cell: cell}
    return {name: forms[name](cells[name]) for name in CELLS}


class Loaded:
    """One system with one kind of file: account id -> cells."""

    def __init__(self, name, csv, rows):
        self.name, self.csv = name, csv
        self.rows = {row["account_id"]: read_back(row) for row in rows}

    def wrong(self, row):
        want, got = expected(row, self.csv), self.rows.get(row.key)
        if self.name == SQLITE_CSV and got:
            want = {name: "" if name == "text" and cell is None else cell
                    for name, cell in want.items()}
        if got == want:
            return None
        return f"{self.name}, {row.name}: {got!r:.200} for {want!r:.200}"


@unittest.skipIf(harness.is_sanitized(), "the files are the same")
class Values(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cases = hard_values.rows()
        cls.home = Case("setUp")
        cls.home.setUp()
        cls.addClassCleanup(cls.home.doCleanups)
        folder = cls.home.folder
        hard_values.write_mapping(folder, cls.cases)
        site = hard_values.write_site(folder / "site", cls.cases)
        with harness.FakeSite(site=site) as running:
            cls.home.job(running, mappings=["./hard.json"],
                         output={"layout": "hive"},
                         guards={"max_placeholders": "100%",
                                 "max_new_inactive": "100%"})
            cls.run_made = Run(cls.extracted().json()["dir"])
        cls.home.rollcall("verify", "out")
        cls.systems = [*cls.postgres(), *cls.duckdb(), *cls.sqlite()]

    @classmethod
    def extracted(cls):
        return cls.home.extract(as_of=hard_values.NOW,
                                env={"ROLLCALL_MAPPINGS": ""})

    @classmethod
    def schema(cls, form, part):
        return cls.home.rollcall("schema", "-c", "rollcall.json", "--format",
                                 form, "--part", part,
                                 env={"ROLLCALL_MAPPINGS": ""}).out

    @classmethod
    def postgres(cls):
        """CSV by the DDL and COPY of `rollcall schema` and the rows of
        `rollcall cat`; JSONL as one document a line."""
        rows = cls.run_made.plain("hard", "jsonl")
        # One line of JSON is one field: no quote and no delimiter of a COPY
        # may occur in it, and these cannot.
        documents = ("CREATE TABLE lines (line jsonb);"
                     "COPY lines FROM STDIN WITH (FORMAT csv, "
                     "QUOTE E'\\x01', DELIMITER E'\\x02');\n")
        fields = ", ".join(f"(line->>'{name}')::{kind} AS {name}"
                           for name, kind in
                           (("account_id", "text"), ("text", "text"),
                            ("whole", "bigint"), ("number", "numeric"),
                            ("time", "timestamptz"), ("day", "date")))
        show = "SET TIME ZONE 'UTC'; SELECT row_to_json(t)::text FROM"

        def read(out):
            return [json.loads(line, parse_float=str)
                    for line in out.decode().split("\n") if line]

        with outside.Postgres() as server:
            server.psql(cls.schema("postgres", "table").encode())
            server.psql(cls.schema("postgres", "load").encode()
                        + cls.home.rollcall("cat", "out/latest").out.encode())
            server.psql(documents.encode() + rows)
            csv = read(server.psql(f"{show} hard t;".encode()))
            jsonl = read(server.psql(
                f"{show} (SELECT {fields} FROM lines) t;".encode()))
        return [Loaded("PostgreSQL 15 CSV", True, csv),
                Loaded("PostgreSQL 15 JSONL", False, jsonl)]

    @classmethod
    def duckdb(cls):
        """CSV by the statements of `rollcall schema`, JSONL, and both from
        the Hive layout, with its folders as columns."""
        out = cls.run_made.folder.parent
        tree = f"{out}/dataset=*/dt=*/run=*"
        types = ("{account_id: 'VARCHAR', text: 'VARCHAR', whole: 'BIGINT', "
                 "number: 'DOUBLE', \"time\": 'TIMESTAMP', day: 'DATE', "
                 "active: 'BOOLEAN'}")
        hive = ("hive_partitioning = true, hive_types = {dataset: VARCHAR, "
                "dt: DATE, run: VARCHAR}")
        show = ("SELECT account_id, text, whole::VARCHAR AS whole, "
                "number::VARCHAR AS number, \"time\"::VARCHAR AS \"time\", "
                "day::VARCHAR AS day FROM")
        jsonl = f"format = 'newline_delimited', columns = {types}"
        csv = (f"auto_detect = false, header = true, nullstr = '', "
               f"allow_quoted_nulls = false, quote = '\"', escape = '\"', "
               f"columns = {types}")
        reads = {
            "DuckDB JSONL":
                f"read_json('{out}/latest/hard-*.jsonl.gz', {jsonl})",
            "DuckDB Hive CSV": f"read_csv('{tree}/hard-*.csv.gz', {csv}, "
                               f"{hive})",
            "DuckDB Hive JSONL": f"read_json('{tree}/hard-*.jsonl.gz', "
                                 f"{jsonl}, {hive})"}
        partitions = (f"SELECT DISTINCT dataset, dt::VARCHAR AS dt, run FROM "
                      f"{reads['DuckDB Hive CSV']}")
        results = outside.duckdb(
            cls.schema("duckdb", "table"), cls.schema("duckdb", "load"),
            f"{show} hard", *(f"{show} {read}" for read in reads.values()),
            partitions)
        cls.partitions = results[-1]
        return [Loaded("DuckDB CSV", True, results[2]),
                *(Loaded(name, "CSV" in name, rows)
                  for name, rows in zip(reads, results[3:-1]))]

    @classmethod
    def sqlite(cls):
        """CSV by the shell's .import, which knows text alone, and JSONL by
        SQLite's JSON functions."""
        folder = cls.home.folder
        (folder / "hard.csv").write_bytes(cls.run_made.plain("hard"))
        lines = cls.run_made.plain("hard", "jsonl").decode().split("\n")[:-1]
        (folder / "lines.json").write_text("[" + ",".join(lines) + "]")
        # "time" is NULL where a cell is empty, for the texts have no type.
        empty = ", ".join(f"nullif({name}, '') AS {name}"
                          for name in CELLS[1:])
        csv = outside.sqlite(
            f".import --csv {folder}/hard.csv hard\n.mode json\n"
            f"SELECT account_id, text, {empty} FROM hard;\n")
        fields = ", ".join(f"value->>'{name}' AS {name}"
                           for name in ("account_id", *CELLS))
        jsonl = outside.sqlite(
            f".mode json\nSELECT {fields} FROM "
            f"json_each(readfile('{folder}/lines.json'));\n")
        return [Loaded(SQLITE_CSV, True, csv),
                Loaded("SQLite JSON functions", False, jsonl)]

    def test_every_value_is_there(self):
        wrong = [text for system in self.systems for row in self.cases
                 if (text := system.wrong(row)) is not None]
        self.show()
        area.tell("values in other systems",
                  len(self.systems) * len(self.cases), len(wrong))
        self.assertEqual(wrong, [])
        for system in self.systems:
            self.assertEqual(len(system.rows), len(self.cases), system.name)

    def test_null_and_empty_are_told_apart(self):
        keys = {row.text: row.key for row in self.cases
                if row.text in (None, "")}
        for system in self.systems:
            got = (system.rows[keys[None]]["text"],
                   system.rows[keys[""]]["text"])
            self.assertEqual(got, ("", "") if system.name == SQLITE_CSV
                             else (None, ""), system.name)

    def test_the_folders_are_columns(self):
        self.assertEqual(self.partitions, [
            {"dataset": "hard", "dt": "2026-11-23",
             "run": self.run_made.folder.name}])

    def show(self):
        """The table of systems and values, for whoever reads the log."""
        names = [system.name for system in self.systems]
        print("\nvalue" + " " * 26 + "  ".join(names), file=sys.stderr)
        for row in self.cases:
            marks = ("same" if system.wrong(row) is None and
                     expected(row, False) == system.rows.get(row.key) else
                     "as told" if system.wrong(row) is None else "WRONG"
                     for system in self.systems)
            print(f"{row.name:<29}  " + "  ".join(
                f"{mark:<{len(name)}}" for mark, name in zip(marks, names)),
                file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
