"""A site whose accounts carry the values that loaders stumble over, and what
must arrive of them. Nothing here is computed by rollcall."""
import json
import re
from dataclasses import dataclass

import harness

NOW = "2026-11-23T02:00:00Z"
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"x\")"]
TEXTS = {
    "plain": "Ada Moreau",
    "comma": "Moreau, Ada",
    "quote": 'Ada "the" Moreau',
    "quote at both ends": '"Ada"',
    "one quote": '"',
    "two quotes": '""',
    "apostrophe": "O'Hara",
    "backslash": "back\\slash",
    "backslash at the end": "ends with\\",
    "backslash and quote": 'a\\"b',
    "newline": "two\nlines",
    "CR LF": "two\r\nlines",
    "CR": "two\rlines",
    "newline at the end": "line\n",
    "tab": "a\tb",
    "leading tab": "\ta",
    "leading blanks": "  Ada",
    "trailing blanks": "Ada  ",
    "blank": " ",
    "no-break space": "\u00a0Ada\u00a0",
    "control": "a\x01b\x1fc\x7fd",
    **{f"formula {one[0]} {len(one)}": one for one in FORMULAS},
    "emoji": "Ada 👩‍🔬🏳️‍🌈",
    "right to left": "شذى \u202eabc\u202c עדה",
    "combining": "A\u0301da e\u0301 Å",
    "Chinese": "雪 山田太郎",
    "line separator": "a\u2028b\u2029c\u0085d",
    "zero width": "a\u200bb\ufeffc",
    "empty": "",
    "null": None,
    "\\N": "\\N",
    "NULL": "NULL",
    "null word": "null",
    "None": "None",
    "NaN": "NaN",
    "\\.": "\\.",
    "true": "true",
    "number": "007",
    "exponent": "1e5",
    "date": "2026-11-23",
    "braces": '{"a": [1, 2]}',
    "percent": "100% {0} %s $1 ${x} `id`",
    "semicolon": "a; drop table users; --",
    "pipe": "a|b",
    "html": "<b>&amp;</b>",
    "4000 characters": "x" * 4000,
    "4000 wide characters": "雪" * 4000,
    "4000 quotes": '"' * 4000,
}
INTEGERS = {"zero": 0, "minus one": -1, "above 2^53": 2 ** 53 + 1,
            "least": -2 ** 63, "largest": 2 ** 63 - 1}
NUMBERS = {"tenth": "0.1", "minus": "-2.5", "large": "123456789012.25"}
TIMES = {"first second": "0001-01-01T00:00:00Z",
         "before 1900": "1899-12-31T23:59:59Z",
         "before the epoch": "1969-12-31T23:59:59Z",
         "epoch": "1970-01-01T00:00:00Z",
         "leap day": "2024-02-29T12:34:56Z",
         "above 32 bits": "2038-01-19T03:14:08Z",
         "last second": "9999-12-31T23:59:59Z"}


@dataclass(frozen=True)
class Row:
    """One account: what it is called here, and its cells."""
    name: str
    key: str
    text: str | None
    whole: int | None = None
    number: str | None = None
    time: str | None = None


def rows():
    made = []

    def add(name, text="x", **cells):
        made.append(Row(name, f"712020:{len(made):04}", text, **cells))

    for name, text in TEXTS.items():
        add(f"text: {name}", text)
    for name, value in INTEGERS.items():
        add(f"integer: {name}", whole=value)
    for name, value in NUMBERS.items():
        add(f"number: {name}", number=value)
    for name, value in TIMES.items():
        add(f"time: {name}", time=value)
    return made


def as_csv(text):
    """A text as the CSV holds it: line breaks become one blank, other control
    characters but TAB one blank each."""
    if text is None:
        return None
    return re.sub("[\x00-\x08\x0b-\x1f]", " ",
                  re.sub("\r\n|\r|\n", " ", text))


def write_site(folder, cases):
    folder.mkdir()
    users = [{"accountId": row.key, "accountType": "atlassian",
              "active": False, "note": row.text, "since": row.time,
              "locale": row.name, "displayName": row.name, "_key": row.key}
             for row in cases]
    caller = {"accountId": "712020:9999", "accountType": "app",
              "displayName": "caller", "active": True, "_key": "caller"}
    (folder / "site.json").write_text(json.dumps({
        "baseUrl": "https://acme.atlassian.net",
        "cloudId": "b3a1c5d2-0000-4000-8000-00000000acee",
        "user": harness.USER, "accountId": "712020:9999", "now": NOW}))
    for name, content in (("users", users + [caller]), ("audit", []),
                          ("keys", [])):
        (folder / f"{name}.json").write_text(
            "[\n" + ",\n".join(map(json.dumps, content)) + "\n]\n")
    return folder


def write_mapping(folder, cases):
    """mappings/ beside a job: the site's list with two members more, and a
    dataset of all types. Whole numbers and numbers are constants of an
    account, because Jira's list has none."""
    sources = folder / "mappings" / "sources"
    sources.mkdir(parents=True)
    text = (harness.ROOT / "mappings/sources/jira_users.json").read_text()
    fields = '"display_name": "/displayName",'
    assert text.count(fields) == 1 and text.count('"/timeZone"') == 1
    text = text.replace('"/timeZone"', '"/note"').replace(
        fields, fields + '"added_at": {"at": "/since", '
        '"time": ["iso8601_utc"]},')
    (sources / "jira_users.json").write_text(text)

    def constants(cell):
        return [{"when": {"field": "user.locale", "equals": row.name},
                 "value": cell(row)} for row in cases
                if cell(row) is not None]

    columns = [
        {"name": "account_id", "type": "string", "length": 128, "key": True,
         "from": "user.account_id"},
        {"name": "text", "type": "string", "length": 4000,
         "from": "user.time_zone"},
        {"name": "whole", "type": "integer",
         "from": constants(lambda row: row.whole)},
        {"name": "number", "type": "number",
         "from": constants(lambda row: row.number and float(row.number))},
        {"name": "time", "type": "timestamp", "from": "user.added_at"},
        {"name": "day", "type": "date", "from": "user.added_at"},
        {"name": "active", "type": "boolean", "nullable": False,
         "from": "user.active"}]
    path = folder / "hard.json"
    path.write_text(json.dumps({
        "name": "hard", "title": "Values that loaders stumble over",
        "users": "jira_users",
        "where": {"field": "user.active", "equals": False},
        "columns": columns, "over_length": "fail"}))
    return path
