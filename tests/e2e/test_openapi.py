"""The fake site and rollcall against Atlassian's own OpenAPI document, the
manifest against the Data Package profiles.

The documents are not part of this repository: ROLLCALL_SHARED_DATA names a
folder with openapi/jira-v3-subset.json and datapackage/2.0/*.json.
"""
import base64
import json
import os
import re
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import harness
from published import AS_OF, Case

DATA = Path(os.environ.get("ROLLCALL_SHARED_DATA") or "/nonexistent")
OPENAPI = DATA / "openapi" / "jira-v3-subset.json"
PACKAGE = DATA / "datapackage" / "2.0" / "datapackage.json"
GENERATED = "users=60,records=200,seed=5,keys=mixed,now=" + AS_OF

# What the real site answers although its document says otherwise, as
# (place in the answer, keyword). Nothing else is tolerated.
DEVIATIONS = {
    # Hidden addresses come as null; the document knows text only.
    ("/*/emailAddress", "type"),
    # Members nobody knows yet, which the sample site has on purpose.
    ("/*/externalId", "additionalProperties"),
    ("/*/ratio", "additionalProperties"),
    ("/*/future", "additionalProperties"),
}

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool,
         "integer": int, "number": (int, float), "null": type(None)}


class Validator:
    """The part of JSON Schema that the documents at hand use. An unknown
    keyword is an error, so that nothing is checked in appearance only."""

    NOTES = {"$schema", "context", "default", "description", "example",
             "examples", "format", "hidden", "item", "notes", "options",
             "propertyOrder", "readOnly", "title", "xml"}

    def __init__(self, document):
        self.document = document
        self.problems = []

    def check(self, schema, value):
        """Problems of VALUE: (place, keyword, what)."""
        self.problems = []
        self.walk(schema, value, "")
        return self.problems

    def note(self, at, keyword, value):
        place = re.sub(r"/\d+(?=/|$)", "/*", at)
        if (place, keyword) not in DEVIATIONS:
            self.problems.append((at, keyword, str(value)[:80]))

    def walk(self, schema, value, at):
        if schema is True:
            return
        if "$ref" in schema:
            return self.walk(self.resolve(schema["$ref"]), value, at)
        if value is None and schema.get("nullable"):
            return
        for keyword, argument in schema.items():
            if keyword in self.NOTES or keyword.startswith("x-"):
                continue
            rule = getattr(self, "on_" + keyword, None)
            if rule is None:
                if keyword in ("nullable", "additionalProperties"):
                    continue
                raise AssertionError(f"unknown keyword {keyword} at {at}")
            if not rule(argument, value, at):
                self.note(at, keyword, value)
        if isinstance(value, dict):
            self.others(schema, value, at)

    def others(self, schema, value, at):
        """Members that "properties" does not name."""
        rest = schema.get("additionalProperties", True)
        for name, member in value.items():
            if name in schema.get("properties", {}):
                continue
            if rest is False:
                self.note(f"{at}/{name}", "additionalProperties", member)
            elif isinstance(rest, dict):
                self.walk(rest, member, f"{at}/{name}")

    def resolve(self, reference):
        node = self.document
        for name in reference.lstrip("#/").split("/"):
            node = node[name.replace("~1", "/").replace("~0", "~")]
        return node

    def on_type(self, names, value, _):
        for name in [names] if isinstance(names, str) else names:
            if (isinstance(value, TYPES[name])
                    and (name == "boolean") == isinstance(value, bool)):
                return True
        return False

    def on_properties(self, schemas, value, at):
        for name, schema in schemas.items():
            if isinstance(value, dict) and name in value:
                self.walk(schema, value[name], f"{at}/{name}")
        return True

    def on_items(self, schema, value, at):
        for index, item in enumerate(value if isinstance(value, list)
                                     else []):
            self.walk(schema, item, f"{at}/{index}")
        return True

    def on_required(self, names, value, _):
        return not isinstance(value, dict) or set(names) <= set(value)

    def on_enum(self, values, value, _):
        return value in values

    def on_pattern(self, pattern, value, _):
        return not isinstance(value, str) or bool(re.search(pattern, value))

    def on_maxLength(self, most, value, _):
        return not isinstance(value, str) or len(value) <= most

    def on_minItems(self, least, value, _):
        return not isinstance(value, list) or len(value) >= least

    def on_uniqueItems(self, wanted, value, _):
        if not wanted or not isinstance(value, list):
            return True
        texts = [json.dumps(item, sort_keys=True) for item in value]
        return len(texts) == len(set(texts))

    def on_minProperties(self, least, value, _):
        return not isinstance(value, dict) or len(value) >= least

    def on_minimum(self, least, value, _):
        return not isinstance(value, (int, float)) or value >= least

    def matches(self, schemas, value, at):
        count = 0
        for schema in schemas:
            inner = Validator(self.document)
            inner.walk(schema, value, at)
            count += not inner.problems
        return count

    def on_oneOf(self, schemas, value, at):
        return self.matches(schemas, value, at) == 1

    def on_anyOf(self, schemas, value, at):
        return self.matches(schemas, value, at) >= 1

    def on_allOf(self, schemas, value, at):
        return self.matches(schemas, value, at) == len(schemas)


class ValidatorItself(unittest.TestCase):
    """A validator that finds nothing would make all else pass."""

    SCHEMA = {"type": "object", "required": ["a"], "properties": {
        "a": {"type": "integer", "format": "int32"},
        "b": {"type": "array", "items": {"$ref": "#/defs/word"}},
        "c": {"type": "string", "nullable": True}},
        "additionalProperties": False}
    DOCUMENT = {"defs": {"word": {"enum": ["x", "y"]}}}

    def keywords(self, value):
        problems = Validator(self.DOCUMENT).check(self.SCHEMA, value)
        return [keyword for _, keyword, _ in problems]

    def test_good(self):
        self.assertEqual(self.keywords({"a": 1, "b": ["x"], "c": None}), [])

    def test_bad(self):
        for value, keyword in (([], "type"), ({}, "required"),
                               ({"a": True}, "type"), ({"a": 1.5}, "type"),
                               ({"a": 1, "b": ["z"]}, "enum"),
                               ({"a": 1, "c": 1}, "type"),
                               ({"a": 1, "d": 1}, "additionalProperties")):
            self.assertEqual(self.keywords(value), [keyword])

    def test_an_unknown_keyword_is_not_passed_over(self):
        with self.assertRaises(AssertionError):
            Validator({}).check({"dependencies": {}}, {})


@unittest.skipUnless(OPENAPI.is_file(), "ROLLCALL_SHARED_DATA names no folder "
                     "with openapi/jira-v3-subset.json")
class Answers(Case):
    ASKED = {
        "/rest/api/3/users/search": ["startAt=0&maxResults=1000",
                                     "startAt=5000"],
        "/rest/api/3/users": ["startAt=3&maxResults=7"],
        "/rest/api/3/auditing/record": [
            "limit=1000", "offset=5&limit=5",
            "from=2026-01-01T00:00:00.000Z&to=2026-02-01T00:00:00.000Z"],
        "/rest/api/3/user/bulk": ["accountId={id}&accountId=nobody"],
        "/rest/api/3/user/bulk/migration": ["key={key}&key=ug:nobody"],
        "/rest/api/3/myself": [""],
        "/rest/api/3/serverInfo": [""],
    }

    @classmethod
    def setUpClass(cls):
        cls.document = json.loads(OPENAPI.read_text())

    def get(self, site, path, query=""):
        login = base64.b64encode(f"{harness.USER}:{harness.TOKEN}".encode())
        request = urllib.request.Request(
            f"{site.url}{path}?{query}",
            headers={"Authorization": "Basic " + login.decode()})
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    def schema(self, path):
        answer = self.document["paths"][path]["get"]["responses"]["200"]
        return answer["content"]["application/json"]["schema"]

    def check_site(self, site):
        validator = Validator(self.document)
        users = self.get(site, "/rest/api/3/users/search")
        records = self.get(site, "/rest/api/3/auditing/record")["records"]
        key = next(record["authorKey"] for record in records
                   if "authorKey" in record)
        names = {"id": urllib.parse.quote(users[0]["accountId"]),
                 "key": urllib.parse.quote(key)}
        for path, queries in self.ASKED.items():
            for query in queries:
                answer = self.get(site, path, query.format(**names))
                self.assertEqual(
                    validator.check(self.schema(path), answer), [],
                    f"{path}?{query}")

    def test_sample_site(self):
        self.check_site(self.site())

    def test_generated_site(self):
        self.check_site(self.site(generate=GENERATED))

    def test_every_endpoint_of_the_fake_site_is_looked_at(self):
        served = re.findall(
            r'\{"(/rest/[^"]+)", serve',
            (harness.ROOT / "tests/fakesite/serve_misc.c").read_text())
        self.assertEqual(sorted(served), sorted(self.ASKED))

    def test_errors(self):
        site = self.site()
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.get(site, "/rest/api/3/users/search", "maxResults=x")
        with caught.exception as answer:
            body = json.load(answer)
        self.assertEqual(Validator(self.document).check(
            {"$ref": "#/components/schemas/ErrorCollection"}, body), [])


@unittest.skipUnless(OPENAPI.is_file(), "ROLLCALL_SHARED_DATA names no folder "
                     "with openapi/jira-v3-subset.json")
class Requests(Case):
    def parameters(self, path):
        document = json.loads(OPENAPI.read_text())
        listed = document["paths"][path]["get"].get("parameters", [])
        return {one["name"]: one["schema"] for one in listed
                if one["in"] == "query"}

    def fits(self, schema, value):
        values = value if isinstance(value, list) else [value]
        if schema["type"] == "array":
            return all(self.fits(schema["items"], one) for one in values)
        if len(values) != 1:
            return False
        if schema["type"] == "integer":
            bits = int(schema.get("format", "int64")[3:])
            return (re.fullmatch(r"\d+", values[0]) is not None
                    and int(values[0]) < 1 << (bits - 1))
        return len(values[0]) <= schema.get("maxLength", 1 << 20)

    def check_requests(self, site):
        self.job(site)
        self.rollcall("check", "-c", "rollcall.json", "--as-of", AS_OF)
        self.published()
        asked = site.requests()
        paths = {request["path"] for request in asked}
        self.assertGreaterEqual(len(paths), 4)
        for request in asked:
            known = self.parameters(request["path"])
            self.assertEqual(request["method"], "GET")
            for name, value in request["query"].items():
                where = f"{request['path']}: {name}={value}"
                self.assertIn(name, known, where)
                self.assertTrue(self.fits(known[name], value), where)

    def test_sample_site(self):
        self.check_requests(self.site())

    def test_generated_site(self):
        self.check_requests(self.site(generate=GENERATED))

    def test_times_have_date_zone_and_order(self):
        site = self.site()
        self.job(site)
        self.published()
        for request in site.requests("/rest/api/3/auditing/record"):
            query = request["query"]
            for name in {"from", "to"} & set(query):
                self.assertRegex(query[name], r"^\d{4}-\d\d-\d\dT[\d:]{8}"
                                              r"\.\d{3}Z$")
            if "from" in query:
                self.assertLess(query["from"], query["to"])


@unittest.skipUnless(PACKAGE.is_file(), "ROLLCALL_SHARED_DATA names no folder "
                     "with datapackage/2.0/datapackage.json")
class Manifest(Case):
    def problems(self, manifest):
        schema = json.loads(PACKAGE.read_text())
        return Validator(schema).check(schema, manifest)

    def test_it_is_a_data_package(self):
        self.job(self.site(), mappings=["inactive_users", "all_users"],
                 output={"csv": {"preset": "excel"}})
        self.assertEqual(self.problems(self.published().manifest()), [])

    def test_a_manifest_that_is_none_is_seen(self):
        self.job(self.site())
        manifest = self.published().manifest()
        manifest["resources"][0]["bytes"] = "many"
        self.assertNotEqual(self.problems(manifest), [])

    def test_its_tables_fit_their_own_profiles(self):
        self.job(self.site())
        for resource in self.published().manifest()["resources"]:
            for name, part in (("dataresource", resource),
                               ("tableschema", resource["schema"]),
                               ("tabledialect", resource.get("dialect"))):
                if part is None:
                    continue
                schema = json.loads((PACKAGE.parent / f"{name}.json")
                                    .read_text())
                self.assertEqual(Validator(schema).check(schema, part), [])


if __name__ == "__main__":
    unittest.main()
