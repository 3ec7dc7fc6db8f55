"""The requests of a run beside the fewest that could have done, which are
worked out from the site's data alone: pages of the greatest size, lookups in
full batches, and what proves an end or a login.
"""
from collections import Counter, namedtuple
from datetime import timedelta
from functools import cache

import harness
import org_lists
import runs
import truth

SPEC = f"users=1500,records=6000,seed=5,{runs.NOW},keys=mixed,about=30"
PAGE, BATCH, ADMIN_PAGE, STREAM_PAGE = 1000, 100, 100, 500

Count = namedtuple("Count", "mapping kind floor asked")

# By path; the first that fits.
KINDS = (
    ("login", runs.SEARCH.replace("users/search", "myself")),
    ("jira_users", runs.SEARCH),
    ("jira_audit", runs.AUDIT),
    ("jira_user_keys", runs.MIGRATION),
    ("jira_user_names", runs.BULK),
    ("org_directory_users", org_lists.SEARCH),
    ("adminhub_org_users", org_lists.HUB_ORG),
    ("org_events", f"/admin/v1/orgs/{org_lists.ORG}/events-stream"),
    ("event actions", f"/admin/v1/orgs/{org_lists.ORG}/event-actions"),
)

# What a run may ask beyond the floor, and why.
ABOVE = {
    "jira_users": (4, "pages overlap by 20 rows and follow the rows, not the "
                      "places, of the one before; one beyond the empty page "
                      "that ends the list is asked as well"),
    "jira_audit": (6, "six windows, each ended by an empty page: the log's "
                      "total is not to be trusted"),
    "jira_user_keys": (1, "what answers leave out is put together and asked "
                          "once more"),
    "jira_user_names": (2, "so are names, and keys that stay keys are asked "
                           "as if they were ids; subjects and actors are "
                           "asked apart"),
    "adminhub_org_users": (14, "pages overlap by 20 of 100 rows, and the end "
                               "is asked for by several at a time"),
}


def pages(rows, size):
    return -(-rows // size)


class Floors:
    """Of a site's dump in FOLDER."""

    def __init__(self, folder):
        as_of = truth.instant(runs.AS_OF)
        span = as_of - timedelta(days=180), as_of - timedelta(minutes=5)
        self.folder = folder
        self.site = truth.Site(folder, *span)
        self.places = sum(not user.get("_unlisted") for user
                          in truth.elements(folder / "users.json"))
        self.members = sum(1 for _
                           in truth.elements(folder / "org_users.json"))
        self.org_events = sum(
            span[0] <= truth.instant(event["attributes"]["time"]) < span[1]
            for event in truth.elements(folder / "org_events.json"))
        self.group_events = {
            int(record["id"]) for record
            in truth.elements(folder / "audit.json")
            if record["category"] == "group management"}

    def lists(self):
        return {
            "login": 1,
            "jira_users": pages(self.places, PAGE) + 1,
            "jira_audit": pages(len(self.site.events), PAGE),
            # A full page does not tell that it is the last.
            "org_directory_users": self.members // ADMIN_PAGE + 1,
            "adminhub_org_users": pages(self.members, ADMIN_PAGE),
            "org_events": pages(self.org_events, STREAM_PAGE) + 1,
            "event actions": 1,
        }

    def lookups(self, events, actors):
        """EVENTS whose subjects count; ACTORS who are to be named: ids, or
        keys that no record explains."""
        names = {name for event in events for name in event.subjects}
        names |= {name for name in actors if name.startswith("ug:")}
        keys = [name for name in names if name not in self.site.listed
                and name not in self.site.pairs]
        ids = {self.site.resolve(name) or name for name in actors}
        strangers = [name for name in ids if name not in self.site.listed]
        return {"jira_user_keys": pages(len(keys), BATCH),
                "jira_user_names": pages(len(strangers), BATCH)}

    @cache
    def of_facts(self):
        rows = truth.inactive_users(self.folder, runs.AS_OF)
        actors = {row[name] for row in rows
                  for name in ("last_modified_by_id", "deactivated_by_id")}
        return self.lookups([event for event in self.site.events.values()
                             if event.subjects], actors - {None})

    def of_events(self, wanted):
        events = [event for event in self.site.events.values()
                  if event.subjects and wanted(event)]
        actors = {event.account or event.key for event in events} - {None}
        return self.lookups(events, actors)

    def of(self, mapping, kinds):
        floors = self.lists()
        if mapping == "user_events":
            floors.update(self.of_events(lambda event: True))
        elif mapping == "access_changes":
            floors.update(self.of_events(
                lambda event: event.id in self.group_events))
        else:
            floors.update(self.of_facts() if "jira_audit" in kinds else {})
        return {kind: floors[kind] for kind in kinds}


JIRA_LISTS = ("login", "jira_users")
JIRA = (*JIRA_LISTS, "jira_audit", "jira_user_keys", "jira_user_names")
ORG = ("org_directory_users", "adminhub_org_users")

# The mapping, whether the job has the organisation's endpoints, and what it
# reads. inactive_users_export reads files and asks nothing.
CASES = (
    ("all_users", False, JIRA_LISTS),
    ("inactive_users", False, JIRA),
    ("inactive_users", True, (*JIRA, *ORG, "org_events", "event actions")),
    ("user_events", False, JIRA),
    ("access_changes", False, JIRA),
    ("inactive_users_org", True, ORG),
    ("inactive_users_adminhub", True, ("adminhub_org_users",)),
    ("idle_users", True, ORG),
)


def kind_of(request):
    return next((kind for kind, path in KINDS if request["path"] == path),
                request["path"])


def measure(folder):
    """The Counts of all CASES, of a site that is made for them."""
    (folder / "site").mkdir()
    with harness.FakeSite(generate=SPEC) as site:
        return count(site, Floors(site.dump(folder / "site")), folder)


def count(site, floors, folder):
    found = []
    for i, (mapping, org, kinds) in enumerate(CASES):
        seen = len(site.requests())
        endpoints = ({**org_lists.admin(site.url),
                      **org_lists.adminhub(site.url)} if org else {})
        run = org_lists.Extract(site, folder / str(i), mappings=[mapping],
                                endpoints=endpoints)
        if run.code != 0:
            raise RuntimeError(f"{mapping}: exit {run.code}: {run.stderr}")
        asked = Counter(map(kind_of, site.requests()[seen:]))
        floor = floors.of(mapping, kinds)
        title = f"{mapping} with organisation" if org else mapping
        found += [Count(title, kind, floor.get(kind, 0), asked[kind])
                  for kind in [*kinds, *(asked.keys() - set(kinds))]]
    return found
