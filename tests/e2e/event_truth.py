"""What user_events and access_changes must hold, worked out from the files of
a site folder alone: audit.json, org_events.json and who the accounts are."""
import json
import re
from datetime import timedelta
from pathlib import Path

import org_lists
import runs
import truth

JIRA, ORG = "jira_audit", "org_events"
END = truth.instant(runs.AS_OF) - timedelta(minutes=5)
START = truth.instant(runs.AS_OF) - timedelta(days=180)
STATUSES = ["account_id", "map_file", "learned_pair", "bridge", "email",
            "unresolved"]
ACCOUNT = re.compile(r".*:.*|[0-9a-fA-F]{24}|"
                     r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Where an event of the organisation says what else it is about.
PLACES = [(part, kind) for kind in ("group", "product", "site")
          for part in ("context", "container")]


class People:
    """Names of logs to accounts; jira, org: which endpoints the job has."""

    def __init__(self, folder, jira, org, said):
        self.jira = jira
        self.site = truth.Site(folder, START, END)
        self.known = {}  # account id -> (name, type) of the lists read
        self.emails = {}
        for account, user in self.site.listed.items() if jira else ():
            self.add(account, user.get("displayName"),
                     user.get("emailAddress"), user.get("accountType"))
        for account, member in org_lists.members(folder).items() if org \
                else ():
            self.add(account, member.get("name"), member.get("email"),
                     member["accountType"])
        # Ids that the organisation's log itself uses.
        self.ids = {id for row in said for id in row.ids()}
        self.ids |= set(self.site.pairs.values()) if jira else set()

    def add(self, account, name, email, kind):
        had = self.known.get(account, (None, None))
        self.known[account] = (had[0] or name, had[1] or kind)
        if email:
            self.emails.setdefault(email.lower(), set()).add(account)

    def resolve(self, name):
        """(account id or None, status) of a key, an id or ("email", …)."""
        if isinstance(name, tuple):
            found = self.emails.get(name[1].lower(), set())
            return (*found, "email") if len(found) == 1 \
                else (None, "unresolved")
        if name in self.known:
            return name, "account_id"
        if self.jira and name in self.site.pairs:
            return self.site.pairs[name], "learned_pair"
        if name in self.ids:
            return name, "account_id"
        if self.jira and name in self.site.bridge:
            return self.site.bridge[name], "bridge"
        if self.jira and name in self.site.known:
            return name, "account_id"
        return None, "unresolved"

    def name(self, account):
        name = self.known.get(account, (None, None))[0]
        if account not in self.known and self.jira:
            name = self.site.known.get(account, {}).get("displayName")
        return truth.clean(name)

    def subject(self, name):
        account, status = self.resolve(name)
        shown = name[1].lower() if isinstance(name, tuple) else name
        return {"subject_id": account or shown, "account_id": account,
                "display_name": account and self.name(account),
                "account_status": status}

    def actor(self, name, said=None):
        """name: None, ("email", …), ("app", id), or an id or a key."""
        if name is None:
            return {"actor_id": None, "actor_name": None,
                    "actor_kind": "nobody"}
        if isinstance(name, tuple) and name[0] == "app":
            return {"actor_id": name[1], "actor_name": said,
                    "actor_kind": "app"}
        account = self.resolve(name)[0]
        if account is None and not isinstance(name, tuple):
            account = name
        kind = self.known.get(account, (None, None))[1]
        return {"actor_id": account,
                "actor_name": account and self.name(account) or said,
                "actor_kind": "app" if kind == "app" else "person"}


class JiraRecord:
    source = JIRA

    def __init__(self, record):
        self.at = truth.instant(record["created"])
        self.id = str(record["id"])
        self.record = record
        self.subjects = truth.subjects_of(record)

    def ids(self):
        return ()

    def columns(self, people, _actions):
        record = self.record
        item = record.get("objectItem") or {}
        group = item if item.get("typeName") == "GROUP" else {}
        changes = [{short: truth.clean(change.get(name)) for short, name in (
            ("field", "fieldName"), ("from", "changedFrom"),
            ("to", "changedTo"))}
            for change in record.get("changedValues") or []]
        return {
            "action": truth.clean(record.get("summary")), "action_name": None,
            "category": record.get("category"),
            **people.actor(record.get("authorAccountId")
                           or record.get("authorKey")),
            "remote_address": record.get("remoteAddress"),
            "object_type": "group" if group else None,
            "object_id": group.get("id"),
            "object_name": truth.clean(group.get("name")),
            "changes": json.dumps(changes, ensure_ascii=False,
                                  separators=(",", ":")) if changes else None}

    def change(self):
        return {"User added to group": "added",
                "User removed from group": "removed"}.get(
                    self.record.get("summary"))


class OrgEvent:
    source = ORG

    def __init__(self, row):
        self.said = row["attributes"]
        self.at, self.id = truth.instant(self.said["time"]), row["id"]
        self.subjects = []
        for part in ("context", "container"):
            if not self.subjects:
                self.subjects = list(dict.fromkeys(
                    item.get("id") or ("email", item["attributes"]["email"])
                    for item in self.said.get(part) or []
                    if item["type"] == "users"))
        self.actor, self.actor_said = self.who()

    def who(self):
        actor = self.said.get("actor") or {}
        for who in (actor.get("onBehalfOf") or {}, actor):
            if who.get("id"):
                person = ACCOUNT.fullmatch(who["id"])
                return (who["id"] if person else ("app", who["id"]),
                        who.get("name"))
            if "@" in (who.get("email") or ""):
                return (("email", who["email"]),
                        who.get("name") or who["email"])
        return None, None

    def ids(self):
        return [name for name in (*self.subjects, self.actor)
                if isinstance(name, str)]

    def object(self):
        for part, kind in PLACES:
            items = [item for item in self.said.get(part) or []
                     if item.get("type") == kind + "s"]
            ids = [item["id"] for item in items if item.get("id")]
            names = [item["attributes"]["name"] for item in items
                     if item.get("attributes", {}).get("name")]
            if ids or names:
                return kind, "; ".join(ids) or None, "; ".join(names) or None
        return None, None, None

    def columns(self, people, actions):
        kind, identifier, name = self.object()
        return {
            "action": self.said["action"],
            "action_name": actions.get(self.said["action"]),
            "category": None,
            **people.actor(self.actor, self.actor_said),
            "remote_address": (self.said.get("location") or {}).get("ip"),
            "object_type": kind, "object_id": identifier, "object_name": name,
            "changes": None}

    def change(self):
        return {"group_member_added": "added",
                "group_member_removed": "removed"}.get(self.said["action"])


def read(folder, jira, org):
    """Events of the logs that the job has, in the window, once each."""
    folder, found = Path(folder), {}
    if jira:
        for record in truth.elements(folder / "audit.json"):
            # One without a time is refused; nobody knows when it happened.
            if record.get("created"):
                event = JiraRecord(record)
                found[event.source, event.id] = event
    if org:
        for row in truth.elements(folder / "org_events.json"):
            processed = truth.instant(row["attributes"]["processedAt"])
            if processed <= truth.instant(runs.AS_OF):
                event = OrgEvent(row)
                found[event.source, event.id] = event
    return [event for event in found.values() if START <= event.at < END]


def user_events(folder, jira=True, org=True, events=None):
    """The rows of user_events, in order."""
    events = events or read(folder, jira, org)
    people = People(folder, jira, org,
                    [event for event in events if event.source == ORG])
    actions = {row["id"]: row["attributes"]["displayName"] for row in
               truth.elements(Path(folder) / "event_actions.json")} \
        if org else {}
    rows = []
    for event in events:
        told = event.columns(people, actions)
        by_id = {}
        for name in event.subjects:
            subject = people.subject(name)
            had = by_id.setdefault(subject["subject_id"], subject)
            had["account_status"] = min(had["account_status"],
                                        subject["account_status"],
                                        key=STATUSES.index)
        rows += [(event.at, event.source, event.id, subject["subject_id"],
                  {"source": event.source, "event_id": event.id, **subject,
                   "occurred_at": truth.rfc3339(event.at), **told,
                   "extract_as_of": runs.AS_OF})
                 for subject in by_id.values()]
    rows.sort(key=lambda row: (row[0], *(text.encode()
                                         for text in row[1:4])))
    return [row[-1] for row in rows]


def access_changes(folder, jira=True, org=True):
    events = read(folder, jira, org)
    change = {(event.source, event.id): event.change() for event in events}
    left_out = ("action_name", "category", "remote_address", "changes")
    return [{**{name: value for name, value in row.items()
                if name not in left_out},
             "change": change[row["source"], row["event_id"]]}
            for row in user_events(folder, jira, org, events)
            if change[row["source"], row["event_id"]]]
