"""The organisation's lists of accounts: jobs that read them, and what a run
must make of them, worked out from the site's data alone."""
import json
from pathlib import Path

import harness
import runs
import truth

KEY, SESSION = "fakesite-api-key", "fakesite-session"
ENV = {"ROLLCALL_TEST_KEY": KEY, "ROLLCALL_TEST_SESSION": SESSION}
ORG = "5ac0e1f2-0000-4000-8000-0000000000a1"
SITE = "b3a1c5d2-0000-4000-8000-00000000acee"
DIRECTORY = f"/admin/v2/orgs/{ORG}/directories/-/users"
SEARCH = f"{DIRECTORY}/search"
MANAGED = f"/admin/v1/orgs/{ORG}/users"
HUB_ORG = f"/gateway/api/adminhub/um/org/{ORG}/users"
HUB_SITE = f"/gateway/api/adminhub/um/site/{SITE}/users"
MANY = f"users=700,records=600,seed=5,{runs.NOW},keys=mixed"


def admin(url, **members):
    return {"admin": {"url": url, "organisation": ORG,
                      "auth": {"type": "bearer",
                               "secret": {"env": "ROLLCALL_TEST_KEY"}},
                      **members}}


def adminhub(url, **members):
    return {"adminhub": {"url": url, "organisation": ORG, "site": SITE,
                         "auth": {"type": "cookie",
                                  "name": "cloud.session.token",
                                  "secret": {"env": "ROLLCALL_TEST_SESSION"}},
                         **members}}


class Extract(runs.Extract):
    """With the organisation's secrets in the environment."""

    def __init__(self, site, folder, **job):
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)
        path = harness.make_job(folder, site.url, **job)
        self.code, self.stdout, self.stderr = harness.run_rollcall(
            ["extract", "-c", path, "--as-of", runs.AS_OF], cwd=folder,
            env=ENV)
        self.out = self.folder / "out"
        self.run = self.out / runs.AS_OF.replace("-", "").replace(":", "")

    def dataset(self, name):
        return [row for path in sorted(self.run.glob(f"{name}-*.jsonl.gz"))
                for row in truth.read_jsonl_gz(path)]

    def bytes(self, name):
        return [path.read_bytes()
                for path in sorted(self.run.glob(f"{name}-0*"))]

    def guards(self):
        return {guard["name"]: guard for guard in self.manifest()["guards"]}


class Case(runs.Case):
    """FOLDER/mappings is where a test puts mappings of its own."""

    shipped = False  # True: both logs are read

    def extract(self, site, folder=None, **job):
        if not self.shipped:
            runs.narrow_mapping(folder or self.folder, r', "org_events"\]',
                                "]")
        return Extract(site, folder or self.folder, **job)

    def publishes(self, site, mapping, **job):
        run = self.extract(site, mappings=[mapping], **job)
        self.assertEqual(run.code, 0, run.stderr)
        self.assertEqual(run.manifest()["verdict"], "complete")
        return run

    def mapping(self, name, **members):
        """Writes a mapping whose columns are {name: reference or from}."""
        columns = members.pop("columns")
        text = {"name": name, "order": ["account_id"], **members, "columns": [
            {"name": "account_id", "type": "string", "key": True,
             "from": "user.account_id"},
            *({"name": column, "type": kind, "from": source}
              for column, (kind, source) in columns.items())]}
        folder = self.folder / "mappings"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(text))
        return name

    def source(self, name, model, change):
        """Writes source NAME: the shipped MODEL after CHANGE(definition)."""
        path = harness.ROOT / "mappings" / "sources" / f"{model}.json"
        lines = [line.split(" // ")[0].split("\t// ")[0]
                 for line in path.read_text().splitlines()
                 if not line.strip().startswith("//")]
        definition = json.loads("\n".join(lines))
        definition["name"] = name
        change(definition)
        folder = self.folder / "mappings" / "sources"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(definition))
        return name


# --- the truth -------------------------------------------------------------

def status(member):
    if member.get("forDeletion"):
        return "for_deletion"
    if member["accountStatus"] != "active":
        return "deactivated"
    return {"suspended": "suspended", "no_membership": "no_access",
            "active": "active"}[member["membershipStatus"]]


def members(folder):
    """account id -> what the organisation knows of it."""
    folder = Path(folder)
    accounts = {user["accountId"]: user
                for user in truth.elements(folder / "users.json")}
    found = {}
    for member in truth.elements(folder / "org_users.json"):
        account = accounts.get(member["accountId"], {})
        found[member["accountId"]] = {
            "name": account.get("displayName"),
            "email": account.get("emailAddress"),
            "accountType": account.get("accountType", "atlassian"),
            **member, "_status": status(member)}
    return found


def moment(text):
    return truth.rfc3339(truth.instant(text)) if text else None


def by_id(rows):
    return sorted(rows, key=lambda row: row["account_id"].encode())


def seen(member):
    at = moment(member.get("presence"))
    return {"last_seen_at": at, "last_seen_status": "known" if at else "never"}


def common(account, member):
    return {"account_id": account,
            "display_name": truth.clean(member.get("name") or ""),
            "email": truth.clean(member.get("email")) or None,
            "account_type": member["accountType"],
            "first_observed_inactive_at": runs.AS_OF,
            "extract_as_of": runs.AS_OF}


def products(member):
    """Their names in order, each once; the empty text for none."""
    names = {one.get("name") or one["key"] for one in member["products"]}
    return "; ".join(sorted(names, key=str.encode))


def directory_rows(folder, hub=False, expanded=True):
    """Rows of inactive_users_org; expanded: by the search, which alone tells
    of products."""
    unknown = {"last_seen_at": None, "last_seen_status": "unknown"}
    return by_id(
        {**common(account, member),
         "claim_status": member["claimStatus"],
         "products": products(member) if expanded else None,
         "added_at": moment(member.get("addedToOrg")),
         "status": member["_status"],
         "inactive_since": moment(member.get("deactivatedOn")),
         "inactive_since_source":
             "directory" if member.get("deactivatedOn") else "unknown",
         **(seen(member) if hub else unknown)}
        for account, member in members(folder).items()
        if member["_status"] != "active" and member["accountType"] != "app")


def hub_rows(folder):
    """Rows of inactive_users_adminhub."""
    return by_id(
        {**common(account, member), "account_type": "atlassian",
         **seen(member)}
        for account, member in members(folder).items()
        if (member["accountStatus"], member["membershipStatus"])
        != ("active", "active") and member["accountType"] != "app")


def enriched_rows(folder, directory=True, hub=True):
    """Rows of inactive_users with the organisation's lists beside Jira's."""
    known = members(folder)
    rows = truth.inactive_users(folder, runs.AS_OF)
    for row in rows:
        member = known.get(row["account_id"])
        if member is None:
            continue
        if not row["display_name"]:
            row["display_name"] = truth.clean(member.get("name"))
        if not row["email"]:
            row["email"] = truth.clean(member.get("email")) or None
            row["email_status"] = "known" if row["email"] else "hidden"
        if directory:
            row["status"] = {"active": "no_access"}.get(member["_status"],
                                                        member["_status"])
            at = moment(member.get("deactivatedOn"))
            if at:
                row["inactive_since"] = at
                row["inactive_since_source"] = "directory"
        if hub:
            row.update(seen(member))
    return rows
