"""What a run must publish, worked out from the site's data alone.

Shares nothing with rollcall or the fake site but the files of a site folder
(users.json, audit.json, keys.json), so that it is an independent witness.

    truth.py DIR --as-of 2026-11-23T02:00:00Z [--lookback 180d] [--settle 5m]

prints the rows of the dataset inactive_users, one JSON object per line.
"""
import argparse
import gzip
import json
import re
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

ACTOR_WITHIN = timedelta(minutes=15)
UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
SWITCH = "Active / Inactive"

COLUMNS = (
    "account_id", "display_name", "email", "email_status", "account_type",
    "status", "inactive_since", "inactive_since_source", "last_seen_at",
    "last_seen_status", "deactivated_at", "deactivated_by_id",
    "deactivated_by_name", "last_modified_at", "last_modified_by_id",
    "last_modified_by_name", "last_modified_action", "last_modified_source",
    "last_modified_status", "first_observed_inactive_at",
    "last_observed_active_at", "extract_as_of",
)


# --- times and texts -------------------------------------------------------

def instant(text):
    """A time with zone (Z, +hh:mm or +hhmm) as a datetime in UTC."""
    text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text.replace("Z", "+00:00"))
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text}: no zone")
    return moment.astimezone(timezone.utc)


def duration(text):
    match = re.fullmatch(r"(\d+)([dhms])", text)
    if not match:
        raise ValueError(f"{text}: not a duration")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def rfc3339(moment):
    """RFC 3339 in UTC; milliseconds only where there are some."""
    if moment is None:
        return None
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    millis = moment.microsecond // 1000
    return f"{text}.{millis:03d}Z" if millis else f"{text}Z"


def clean(text):
    """Texts cannot hold a NUL or half a surrogate pair: U+FFFD instead."""
    if text is None:
        return None
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text)


# --- reading ---------------------------------------------------------------

def elements(path):
    """The elements of a JSON array, one by one: the file may be large."""
    pending = ""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            pending += line
            if not line.rstrip().rstrip(",]").rstrip().endswith("}"):
                continue
            try:
                yield json.loads(pending.strip().lstrip("[").rstrip(",]"))
            except json.JSONDecodeError:
                continue  # an inner brace: the element goes on
            pending = ""
    if pending.strip().strip("[],").strip():
        raise ValueError(f"{path}: cut off: {pending[:80]}")


class Event:
    __slots__ = ("at", "id", "action", "key", "account", "subjects", "facts")

    def __init__(self, record):
        self.at = instant(record["created"])
        self.id = int(record["id"])
        self.action = record.get("summary")
        self.key = record.get("authorKey") or None
        self.account = record.get("authorAccountId") or None
        self.subjects = subjects_of(record)
        self.facts = facts_of(record)


def subjects_of(record):
    items = [record.get("objectItem") or {}]
    if record.get("category") == "group management":
        items += record.get("associatedItems") or []
    names = []
    for item in items:
        name = item.get("id") or item.get("name")
        if item.get("typeName") == "USER" and name and name not in names:
            names.append(name)
    return names


def facts_of(record):
    facts = ["last_modified"]
    summary = record.get("summary")
    switches = [(change.get("changedFrom"), change.get("changedTo"))
                for change in record.get("changedValues") or []
                if change.get("fieldName") == SWITCH]
    if (summary == "User deactivated"
            or any(to == "Inactive" for _, to in switches)):
        facts.append("deactivated")
    if (summary in ("User activated", "User reactivated")
            or ("Inactive", "Active") in switches):
        facts.append("reactivated")
    return facts


class Site:
    """The part of a site folder that a run can see."""

    def __init__(self, folder, start=None, end=None):
        folder = Path(folder)
        self.listed = {}    # account id -> row of users/search
        self.known = {}     # account id -> row of user/bulk
        self.bridge = {}    # user key -> account id
        for user in elements(folder / "users.json"):
            self.add_user(user)
        keys = folder / "keys.json"
        for row in elements(keys) if keys.exists() else ():
            self.bridge[row["key"]] = row.get("accountId")
        self.bridge = {key: account for key, account in self.bridge.items()
                       if account and account != "unknown"}
        self.events = {}
        for record in elements(folder / "audit.json"):
            event = Event(record)
            if ((start is None or event.at >= start)
                    and (end is None or event.at < end)):
                self.events[event.id] = event
        self.pairs = {event.key: event.account
                      for event in self.events.values()
                      if event.key and event.account}

    def add_user(self, user):
        account = user.get("accountId")
        if user.get("_key"):
            self.bridge[user["_key"]] = account
        if not account or account == "unknown":
            return
        self.known[account] = user
        if not user.get("_hidden") and not user.get("_unlisted"):
            self.listed.setdefault(account, user)

    def resolve(self, name):
        """The account id behind a name of a record, or None."""
        if name in self.known:
            return name
        return self.pairs.get(name) or self.bridge.get(name)

    def actor_id(self, event):
        if event.account:
            return event.account
        if event.key:
            return self.resolve(event.key) or event.key
        return None

    def name_of(self, account):
        user = self.listed.get(account) or self.known.get(account)
        return clean(user.get("displayName")) if user else None


# --- facts -----------------------------------------------------------------

class Fact:
    """Folds events into the winner, and the one that may lend its actor."""

    def __init__(self):
        self.winner = None
        self.lender = None

    def add(self, event, actor):
        candidate = ((event.at, actor is not None, event.id), event, actor)
        if self.winner is None or candidate[0] > self.winner[0]:
            self.winner = candidate
        if actor and (self.lender is None or candidate[0] > self.lender[0]):
            self.lender = candidate

    def actor(self):
        _, event, actor = self.winner
        if actor is None and self.lender:
            _, other, lent = self.lender
            if event.at - other.at <= ACTOR_WITHIN:
                return lent
        return actor


def fold(site):
    """account id -> fact name -> Fact."""
    accounts = {}
    for event in site.events.values():
        actor = site.actor_id(event)
        subjects = {site.resolve(name) for name in event.subjects}
        for account in subjects - {None}:
            facts = accounts.setdefault(account, {})
            for name in event.facts:
                facts.setdefault(name, Fact()).add(event, actor)
    return accounts


def cancelled(facts):
    if "deactivated" not in facts or "reactivated" not in facts:
        return False
    return facts["reactivated"].winner[0] > facts["deactivated"].winner[0]


# --- rows ------------------------------------------------------------------

def make_row(site, account, user, facts, as_of):
    email = user.get("emailAddress") or None
    row = dict.fromkeys(COLUMNS)
    row.update(
        account_id=account,
        display_name=clean(user.get("displayName")),
        email=clean(email),
        email_status="known" if email else "hidden",
        account_type=user.get("accountType"),
        status="inactive",
        inactive_since_source="unknown",
        last_seen_status="unknown",
        last_modified_status="before_log",
        first_observed_inactive_at=rfc3339(as_of),
        extract_as_of=rfc3339(as_of))
    modified = facts.get("last_modified")
    if modified:
        actor = modified.actor()
        event = modified.winner[1]
        row.update(
            last_modified_at=rfc3339(event.at),
            last_modified_by_id=actor,
            last_modified_by_name=site.name_of(actor),
            last_modified_action=clean(event.action),
            last_modified_source="jira_audit",
            last_modified_status="known" if actor else "no_actor")
    off = facts.get("deactivated")
    if off and not cancelled(facts):
        actor = off.actor()
        at = rfc3339(off.winner[1].at)
        row.update(deactivated_at=at, deactivated_by_id=actor,
                   deactivated_by_name=site.name_of(actor),
                   inactive_since=at, inactive_since_source="event")
    return row


def inactive_users(folder, as_of, lookback="180d", settle="5m"):
    """The rows of the dataset, in order. AS_OF: text or datetime."""
    if isinstance(as_of, str):
        as_of = instant(as_of)
    site = Site(folder, as_of - duration(lookback), as_of - duration(settle))
    facts = fold(site)
    chosen = [(account, user) for account, user in site.listed.items()
              if user.get("active") is False
              and user.get("accountType") != "app"]
    chosen.sort(key=lambda pair: pair[0].encode())
    return [make_row(site, account, user, facts.get(account, {}), as_of)
            for account, user in chosen]


# --- readers of published files --------------------------------------------

def read_jsonl_gz(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines]


def csv_records(text, delimiter):
    """Lists of fields; an unquoted empty one is None, a quoted one is ""."""
    edge = re.escape(delimiter)
    field = re.compile(rf'(?:"((?:[^"]|"")*)"|([^"\r\n{edge}]*))'
                       rf"({edge}|\r?\n)")
    record, at = [], 0
    while at < len(text):
        match = field.match(text, at)
        if not match:
            raise ValueError(f"not CSV: {text[at:at + 60]!r}")
        quoted, plain, after = match.groups()
        record.append(plain or None if quoted is None
                      else quoted.replace('""', '"'))
        at = match.end()
        if after != delimiter:
            yield record
            record = []
    if record:
        raise ValueError("the last record has no line end")


def read_csv_gz(path, delimiter=","):
    """Rows as dicts of text, None for null."""
    with gzip.open(path, "rb") as file:
        rows = list(csv_records(file.read().decode("utf-8"), delimiter))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--as-of", required=True)
    parser.add_argument("--lookback", default="180d")
    parser.add_argument("--settle", default="5m")
    options = parser.parse_args()
    for row in inactive_users(options.folder, options.as_of,
                              options.lookback, options.settle):
        json.dump(row, sys.stdout, ensure_ascii=False)
        print()


if __name__ == "__main__":
    main()
