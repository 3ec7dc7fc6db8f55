"""rollcall schema: what PowerCenter and warehouses are told, against the
mapping files, read here on their own; what they load is in test_values.py.
"""
import json
import os
import re
import subprocess
import sys
import types
import unittest
import xml.etree.ElementTree as xml

import harness
import outside
from published import Case, Run

MAPPINGS = harness.ROOT / "mappings"
SHIPPED = sorted(path.stem for path in MAPPINGS.glob("*.json"))
CELL_MAX = 1024 * 1024
FORMATS = {"powercenter": {"source": "xml", "control": "xml"},
           "postgres": {"table": "sql", "load": "sql"},
           "duckdb": {"table": "sql", "load": "sql"},
           "snowflake": {"table": "sql", "format": "sql", "stage": "sql",
                         "load": "sql"},
           "bigquery": {"schema": "json", "load": "sh"},
           "redshift": {"table": "sql", "load": "sql"},
           "spark": {"schema": "json", "load": "py"},
           "jsonschema": {"schema": "json"}}


def mapping(name):
    """A mapping file without its comments; no text of ours holds // or /*
    after a blank."""
    text = (MAPPINGS / f"{name}.json").read_text()
    text = re.sub(r"(^|\s)//[^\n]*", r"\1", text)
    return json.loads(re.sub(r"/\*.*?\*/", "", text, flags=re.S))


def columns(name):
    """(name, type, length, nullable, column) of each."""
    return [(one["name"], one["type"], one.get("length"),
             one.get("nullable", not one.get("key", False)), one)
            for one in mapping(name)["columns"]]


class Schemas(Case):
    def schema(self, form, name, *args, code=0, **options):
        return self.rollcall("schema", "--format", form, "--mapping", name,
                             *args, code=code, **options)

    def tree(self, text):
        """An XML document that xmllint takes as well."""
        path = self.folder / "document.xml"
        path.write_text(text, encoding="utf-8")
        command = ["xmllint", "--nonet", "--noout"]
        dtd = os.environ.get("ROLLCALL_POWERMART_DTD")
        if dtd and "POWERMART" in text:
            command += ["--dtdvalid", dtd]
        done = subprocess.run([*command, path], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return xml.fromstring(text)

    def port(self, column):
        name, kind, length, _, whole = column
        if kind == "string":
            longest = max(map(len, whole.get("values", [])), default=CELL_MAX)
            return ("string", str(length or longest), "0")
        return {"boolean": ("string", "5", "0"), "date": ("string", "10", "0"),
                "integer": ("bigint", "19", "0"),
                "number": ("double", "15", "0"),
                "timestamp": ("datetime", "29", "9")}[kind]

    def test_powercenter_field_by_field(self):
        for name in SHIPPED:
            with self.subTest(mapping=name):
                root = self.tree(self.schema("powercenter", name, "--part",
                                             "source").out)
                source = root.find("REPOSITORY/FOLDER/SOURCE")
                self.assertEqual(source.get("NAME"), f"FF_{name.upper()}")
                self.assertEqual(
                    [child.tag for child in source],
                    ["FLATFILE"] + ["TABLEATTRIBUTE"] * 7
                    + ["SOURCEFIELD"] * len(columns(name)))
                offset = 0
                for number, (field, column) in enumerate(
                        zip(source.iter("SOURCEFIELD"), columns(name)), 1):
                    kind, precision, scale = self.port(column)
                    self.assertEqual(
                        (field.get("NAME").rstrip("_"), field.get("DATATYPE"),
                         field.get("PRECISION"), field.get("SCALE"),
                         field.get("FIELDNUMBER"), field.get("OFFSET"),
                         field.get("DESCRIPTION")),
                        (column[0].upper(), kind, precision, scale,
                         str(number), str(offset),
                         column[4].get("description", "")))
                    self.assertRegex(field.get("NAME"), "^[A-Z_][A-Z0-9_]*$")
                    offset += int(field.get("LENGTH"))

    def test_powercenter_control(self):
        root = self.tree(self.schema(
            "powercenter", "all_users", "--part", "control", "--repository",
            "REP <1>", "--folder", "A&B \"x\"").out)
        folder = root.find("FOLDERMAP")
        source = self.tree(self.schema("powercenter", "all_users", "--part",
                                       "source").out)
        self.assertEqual(folder.get("TARGETREPOSITORYNAME"), "REP <1>")
        self.assertEqual(folder.get("TARGETFOLDERNAME"), "A&B \"x\"")
        self.assertEqual(folder.get("SOURCEREPOSITORYNAME"),
                         source.find("REPOSITORY").get("NAME"))
        self.assertEqual(folder.get("SOURCEFOLDERNAME"),
                         source.find("REPOSITORY/FOLDER").get("NAME"))
        version = self.schema("powercenter", "all_users", "--part", "source",
                              "--repository-version", "184.93").out
        self.assertIn('REPOSITORY_VERSION="184.93"', version)
        self.assertIn('VERSION="184"', version)

    def test_the_job_says_how_the_files_are(self):
        self.job("http://127.0.0.1:9", output={
            "csv": {"preset": "powercenter", "delimiter": "\t"}})
        root = self.tree(self.rollcall("schema", "--format", "powercenter",
                                       "--part", "source").out)
        flat = root.find("REPOSITORY/FOLDER/SOURCE/FLATFILE")
        self.assertEqual((flat.get("SKIPROWS"), flat.get("DELIMITERS"),
                          flat.get("ESCAPE_CHARACTER")), ("0", "\\011", ""))
        self.job("http://127.0.0.1:9", output={
            "dir": "land", "compression": "none",
            "csv": {"null": "NIL", "quote": "'"}})
        load = self.rollcall("schema", "--format", "duckdb").out
        self.assertIn(f"'{self.folder}/land/latest/inactive_users-*.csv'",
                      load)
        self.assertIn("nullstr = 'NIL'", load)
        refused = self.rollcall("schema", "--format", "snowflake", code=78)
        self.assertIn("output.csv.null: Snowflake", refused.err)

    def test_a_description_may_hold_anything(self):
        text = "it's \"5\" <b>&c\n-- */ ]]> $x `y` \\ 雪"
        own = {"name": "own", "users": "jira_users", "columns": [
            {"name": "level", "type": "string", "length": 9, "key": True,
             "description": text, "from": "user.account_id"}]}
        (self.folder / "own.json").write_text(json.dumps(own))
        root = self.tree(self.schema("powercenter", "./own.json", "--part",
                                     "source").out)
        field = root.find("REPOSITORY/FOLDER/SOURCE/SOURCEFIELD")
        self.assertEqual(field.get("DESCRIPTION"), text)
        self.assertEqual(field.get("NAME"), "LEVEL_")
        for form, path in (("bigquery", [0, "description"]),
                           ("spark", ["fields", 0, "metadata", "comment"]),
                           ("jsonschema", ["properties", "level",
                                           "description"])):
            found = json.loads(self.schema(form, "./own.json", "--part",
                                           "schema").out)
            for step in path:
                found = found[step]
            self.assertEqual(found, text)

    def test_files_of_every_format(self):
        wanted = set()
        for form, parts in FORMATS.items():
            for dataset in ("all_users", "user_events"):
                wanted |= {f"{dataset}.{form}.{part}.{end}"
                           for part, end in parts.items()}
            self.schema(form, "all_users", "--mapping", "user_events",
                        "--out-dir", "ddl", "--location", "s3://b/run",
                        "--repository", "R", "--folder", "F")
        self.assertEqual({path.name for path in
                          (self.folder / "ddl").iterdir()}, wanted)
        one = self.schema("redshift", "all_users", "--part", "load",
                          "--location", "s3://b/run").out
        self.assertEqual((self.folder / "ddl" /
                          "all_users.redshift.load.sql").read_text(), one)

    def test_command_lines_that_cannot_be(self):
        for args, text in (
                ([], "--format: is missing"),
                (["--format", "oracle"], "unknown word \"oracle\""),
                (["--format", "duckdb", "--part", "tabel"], "table"),
                (["--format", "duckdb", "--mapping", "user_events",
                  "--part", "load"], "--location: "),
                (["--format", "bigquery", "--mapping", "user_events"],
                 "--part schema"),
                (["--format", "duckdb", "--mapping", "user_events",
                  "--mapping", "all_users"], "--dataset"),
                (["--format", "duckdb", "--mapping", "user_events",
                  "--dataset", "x"], "no mapping makes \"x\""),
                (["--format", "duckdb", "--mapping", "user_events",
                  "--mapping", "all_users", "--table", "t"],
                 "--table: names one dataset, and there are 2"),
                (["--format", "duckdb", "--mapping", "user_events", "--part",
                  "table", "--out-dir", "./" * 2040], "choose a shorter")):
            self.assertIn(text, self.rollcall("schema", *args, code=64).err)
        (self.folder / "file").touch()
        for folder in ("file", "no/such"):
            self.assertIn(f"{folder}", self.rollcall(
                "schema", "--format", "jsonschema", "--mapping", "all_users",
                "--out-dir", folder, code=73).err)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         ["file"])
        self.rollcall("schema", "--format", "duckdb", code=66)
        self.rollcall("schema", "--format", "duckdb", "--mapping",
                      "no_such", code=78)

    def test_bigquery(self):
        self.schema("bigquery", "all_users", "--out-dir", ".", "--location",
                    "gs://b/it's $HOME/run", "--table", "lake.users")
        types_of = {"string": "STRING", "timestamp": "TIMESTAMP",
                    "boolean": "BOOLEAN"}
        fields = json.loads((self.folder / "all_users.bigquery.schema.json")
                            .read_text())
        self.assertEqual(
            [(one["name"], one["type"], one.get("maxLength"), one["mode"])
             for one in fields],
            [(name, types_of[kind], length and str(length),
              "NULLABLE" if nullable else "REQUIRED")
             for name, kind, length, nullable, _ in columns("all_users")])
        fake = self.folder / "bq"
        fake.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
        fake.chmod(0o755)
        done = subprocess.run(
            ["sh", "all_users.bigquery.load.sh"], cwd=self.folder, text=True,
            env={"PATH": f"{self.folder}:/usr/bin:/bin"}, check=True,
            capture_output=True)
        self.assertEqual(done.stdout.splitlines(), [
            "load", "--source_format=CSV", "--encoding=UTF-8",
            "--skip_leading_rows=1", "--field_delimiter=,", "--quote=\"",
            "--max_bad_records=0", "lake.users",
            "gs://b/it's $HOME/run/all_users-*.csv.gz",
            "all_users.bigquery.schema.json"])

    def test_spark(self):
        loader = self.schema("spark", "all_users", "--part", "load",
                             "--location", "/a \"b\"").out
        fields = json.loads(self.schema("spark", "all_users", "--part",
                                        "schema").out)
        seen = {}

        class Reader:
            def schema(self, value):
                seen["schema"] = value
                return self

            def option(self, name, value):
                seen[name] = value
                return self

            def csv(self, files):
                return files

        fake = types.ModuleType("pyspark.sql.types")
        fake.StructType = types.SimpleNamespace(fromJson=lambda one: one)
        names = {name: types.ModuleType(name) for name in
                 ("pyspark", "pyspark.sql")} | {"pyspark.sql.types": fake}
        sys.modules.update(names)
        self.addCleanup(lambda: [sys.modules.pop(one) for one in names])
        module = {}
        exec(loader, module)
        self.assertEqual(module["load"](types.SimpleNamespace(read=Reader())),
                         "/a \"b\"/all_users-*.csv.gz")
        self.assertEqual(seen.pop("schema"), fields)
        self.assertEqual(
            (seen["escape"], seen["mode"], seen["nullValue"],
             seen["emptyValue"], seen["timestampFormat"], seen["timeZone"]),
            ("\"", "FAILFAST", "\x01", "", "yyyy-MM-dd HH:mm:ss", "UTC"))


@unittest.skipIf(harness.is_sanitized(), "the rows are the same")
class JsonSchema(Case):
    def test_published_rows_are_valid_and_others_are_not(self):
        self.job(self.site(), mappings=["inactive_users", "all_users"])
        run = Run(self.extract().json()["dir"])
        for name in ("inactive_users", "all_users"):
            schema = json.loads(self.rollcall(
                "schema", "--format", "jsonschema", "--dataset", name).out)
            rows = run.jsonl(name)
            damaged = [{**rows[0], **change} for change in (
                {"account_id": None}, {"account_id": "x" * 129}, {"more": 1},
                {"email_status": "lost"}, {"extract_as_of": "yesterday"})]
            damaged.append({key: cell for key, cell in rows[0].items()
                            if key != "email"})
            found = outside.node("jsonschema.cjs",
                                 {"schema": schema, "rows": rows + damaged})
            self.assertEqual(found[:len(rows)], [[]] * len(rows))
            for errors, row in zip(found[len(rows):], damaged):
                self.assertEqual(len(errors), 1, (errors, row))


if __name__ == "__main__":
    unittest.main()
