"""A site that lives for a year, and what is known of it apart.

World is a seeded random site: accounts that come, are switched off and on
again and change groups, and a log of that, in which records arrive late, name
nobody, or bear the same time. write() makes the site folder of one night; with
whole=True also what the log has forgotten, for truth.py.

Memory is what runs that were published can know: since when the log is known,
and which of them saw an account active or inactive.
"""
import json
import random
from datetime import timedelta

import truth
from nights import DAY, record, switch
from runs import account, make_site

RETENTION = timedelta(days=180)
OVERLAP = timedelta(hours=24)
SETTLE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
MS = timedelta(milliseconds=1)
ADMINS = ("root", "boss")
ECHO_SECONDS = (0, 2, 60, 600, 899, 900, 901, 1800)
ACCOUNTS = 40


class World:
    def __init__(self, seed, start):
        self.rng = random.Random(seed)
        self.users = [account(name, active=True) for name in ADMINS]
        self.log = []      # (arrives, at, record)
        self.number = 1000
        for _ in range(ACCOUNTS):
            self.new_account(start, self.rng.random() < 0.7)

    def new_account(self, at, active):
        name = f"u{len(self.users):04d}"
        self.users.append(account(name, active=active))
        self.tell(at, name, summary="User created", changedValues=[
            {"fieldName": "Active / Inactive", "changedTo": "Active"}])

    # --- what happens ------------------------------------------------------

    def live(self, start, end, events):
        """EVENTS happenings in [START, END), then the night at END."""
        millis = (end - start) // MS
        times = sorted(start + MS * self.rng.randrange(millis)
                       for _ in range(events))
        for number, at in enumerate(times):
            if number and self.rng.random() < 0.1:
                at = times[number] = times[number - 1]
            self.happen(at, end)

    def happen(self, at, night):
        people = self.users[len(ADMINS):]
        user = self.rng.choice(people)
        name = user["displayName"]
        kind = self.rng.random()
        if kind < 0.05:
            self.new_account(at, self.rng.random() < 0.9)
        elif kind < 0.5:
            user["active"] = not user["active"]
            if self.rng.random() < 0.9:   # else the log never tells
                self.switched(at, name, user["active"], night)
        elif kind < 0.75:
            others = {name, self.rng.choice(people)["displayName"]}
            self.tell(at, None, self.author(), night, **group(others))
        else:
            self.tell(at, name, self.author(), night)

    def switched(self, at, name, active, night):
        by_value = self.rng.random() < 0.7
        members = (switch("Active" if active else "Inactive") if by_value
                   else {"summary": "User activated" if active
                         else "User deactivated"})
        author = self.author()
        self.tell(at, name, author, night, **members)
        if author is None or self.rng.random() < 0.4:
            after = at + SECOND * self.rng.choice(ECHO_SECONDS)
            echo = members if self.rng.random() < 0.5 else group({name})
            self.tell(after, name, None, night, **echo)

    def author(self):
        return self.rng.choice((None, "caller", *ADMINS))

    def tell(self, at, name, author=None, night=None, **members):
        """A record; some arrive only after NIGHT, still in the overlap."""
        if author in ADMINS and self.rng.random() < 0.5:
            members["authorKey"], author = f"ug:{author}", None
        elif author in ADMINS:
            author = f"712020:{author}"
        self.number += 1
        late = (night is not None and night - OVERLAP <= at < night
                and self.rng.random() < 0.15)
        self.log.append((night + SECOND if late else at, at, record(
            self.number, at, f"ug:{name}", author, **members)))

    # --- what can be seen of it --------------------------------------------

    def write(self, folder, as_of, whole=False):
        """The site folder at AS_OF."""
        since = as_of - RETENTION
        shown = [(at, row["id"], row) for arrives, at, row in self.log
                 if arrives <= as_of and (whole or at >= since)]
        shown.sort(key=lambda one: one[:2], reverse=True)
        make_site(folder, self.users, [row for _, _, row in shown])
        path = folder / "site.json"
        site = {**json.loads(path.read_text()), "now": truth.rfc3339(as_of)}
        path.write_text(json.dumps(site))
        return folder


def group(names):
    items = [{"id": f"ug:{name}", "name": f"ug:{name}", "typeName": "USER"}
             for name in sorted(names)]
    return {"summary": "User added to group", "category": "group management",
            "objectItem": {"name": "staff", "typeName": "GROUP"},
            "associatedItems": items}


class Memory:
    def __init__(self):
        self.forget()
        self.inactive = {}   # account -> first night of those that saw it so

    def forget(self):
        """The state is gone; the run published last is still there."""
        self.known_from = self.known_to = None
        self.active = {}     # account -> newest night that saw it so

    def published(self, users, as_of, learned):
        """LEARNED: the run could tell its state. Else only its rows tell of
        it: who was active then is known of the run before, if at all."""
        self.rows_from = self.known_from or as_of - RETENTION
        for user in users:
            name = user["accountId"]
            if not user["active"]:
                self.inactive.setdefault(name, as_of)
        self.shown = {**self.active, **{user["accountId"]: as_of
                                        for user in users if user["active"]}}
        if not learned:
            return
        self.known_from, self.known_to = self.rows_from, as_of - SETTLE
        self.active = self.shown
        for user in users:
            if user["active"]:
                self.inactive.pop(user["accountId"], None)

    def rows(self, folder, as_of):
        """What the run of AS_OF, the newest, has to have published; FOLDER:
        the site with all there ever was in its log."""
        lookback = (as_of - self.rows_from) // SECOND
        rows = truth.inactive_users(folder, as_of, lookback=f"{lookback}s")
        for row in rows:
            first = truth.rfc3339(self.inactive[row["account_id"]])
            last = truth.rfc3339(self.shown.get(row["account_id"]))
            row.update(first_observed_inactive_at=first,
                       last_observed_active_at=last)
            if row["inactive_since"] is None and last:
                row.update(inactive_since=first,
                           inactive_since_source="observed")
        return rows

    def oldest_asked(self, as_of):
        """No run of AS_OF may ask the log for anything before this."""
        if self.known_to is None:
            return as_of - RETENTION
        return self.known_to - OVERLAP


def next_night(rng, night, nights):
    """The scheduler misses a night now and then, and once a whole month."""
    if night == nights // 2:
        return night + nights // 12 + 1
    return night + rng.choice((1,) * 12 + (2, 3))


def first_night(nights):
    return truth.instant("2026-11-23T02:00:00Z") - nights * DAY
