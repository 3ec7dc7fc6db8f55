"""The join with Python's standard library: python_peer.py PAGES OUT.csv.gz

The strongest form found: no garbage collector, a page parsed in one go,
facts kept by the name the record uses and merged once all keys are known.
"""
import csv
import gc
import gzip
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path

ACTOR_WITHIN = timedelta(minutes=15)


def pages(folder):
    for path in sorted(folder.iterdir()):
        yield json.loads(path.read_bytes())


def read_accounts(folder):
    accounts = {}
    for page in pages(folder):
        for row in page:
            accounts.setdefault(row["accountId"], row)
    accounts.pop("unknown", None)
    return accounts


def read_keys(folder):
    return {row["key"]: row["accountId"] for page in pages(folder)
            for row in page if row["accountId"] not in ("", "unknown")}


def subjects(record):
    item = record["objectItem"]
    if item["typeName"] == "USER":
        yield item.get("id") or item["name"]
    if record["category"] == "group management":
        for item in record.get("associatedItems", ()):
            if item["typeName"] == "USER":
                yield item.get("id") or item["name"]


def read_log(folder, keys):
    """Per name the newest event, and the newest that names its author."""
    newest, authored = {}, {}
    for page in pages(folder):
        for record in page["records"]:
            key = record.get("authorKey")
            author = record.get("authorAccountId")
            if key and author:
                keys[key] = author
            author = author or key
            event = None
            for name in subjects(record):
                event = event or (record["created"], author is not None,
                                  record["id"], author)
                if name not in newest or event > newest[name]:
                    newest[name] = event
                if author and (name not in authored
                               or event > authored[name]):
                    authored[name] = event
    return newest, authored


def merged(events, accounts, keys):
    found = {}
    for name, event in events.items():
        account = name if name in accounts else keys.get(name)
        if account and (account not in found or event > found[account]):
            found[account] = event
    return found


def moment(event):
    return datetime.strptime(event[0], "%Y-%m-%dT%H:%M:%S.%f%z")


def author_of(event, lender, keys):
    if event[3] is None and lender is not None and (
            moment(event) - moment(lender) <= ACTOR_WITHIN):
        event = lender
    return keys.get(event[3], event[3])


def main():
    gc.disable()
    folder, out = Path(sys.argv[1]), sys.argv[2]
    accounts = read_accounts(folder / "users")
    keys = read_keys(folder / "keys")
    newest, authored = read_log(folder / "audit", keys)
    newest = merged(newest, accounts, keys)
    authored = merged(authored, accounts, keys)
    with gzip.open(out, "wt", compresslevel=6, newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("account_id", "display_name", "last_modified_at",
                       "last_modified_by_id", "last_modified_event"))
        for account in sorted(accounts):
            user = accounts[account]
            if user["active"] or user["accountType"] == "app":
                continue
            event = newest.get(account)
            rows.writerow((account, user.get("displayName"), *(
                (None, None, None) if event is None else
                (event[0], author_of(event, authored.get(account), keys),
                 event[2]))))


if __name__ == "__main__":
    main()
