"""What each contender answered, brought into one form and compared."""
import csv
import gzip
from datetime import datetime, timezone

COLUMNS = ("account_id", "display_name", "last_modified_at",
           "last_modified_by_id", "last_modified_event")


def second(text):
    """A time as rollcall's CSV writes it: UTC, to the second."""
    if not text or len(text) == len("2026-11-23 00:00:00"):
        return text
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def one_line(text):
    """rollcall makes a blank of a line end, as its CSV promises."""
    return text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")


def rows(path):
    """{account id: the other columns}, of a gzipped CSV."""
    found = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            account, name, at, by, event = (row[name] for name in COLUMNS)
            if account in found:
                raise ValueError(f"{path}: {account} twice")
            found[account] = (one_line(name), second(at), by, event)
    return found


def differences(wanted, found):
    """Texts, at most five; empty when all rows are equal."""
    texts = [f"{account}: {wanted.get(account)} / {found.get(account)}"
             for account in sorted(wanted.keys() | found.keys())
             if wanted.get(account) != found.get(account)]
    return texts[:5] + ([f"… and {len(texts) - 5} more"]
                        if len(texts) > 5 else [])
