"""Accounts from the organisation's lists, alone and beside Jira's."""
import json
import re
import time
import unittest

import harness
import org_lists as org
import runs

USERS = "inactive_users"
ROW = {"accountId": "712020:new", "status": "active", "name": "New",
       "accountType": "atlassian"}


def page(rows, following=None):
    """A rule's fixed answer in the form of v2."""
    return json.dumps({"data": rows, "links": {"next": following}})


def answers(path, body, **members):
    return {"rules": [{"path": path, "do": "status", "status": 200,
                       "type": "application/json", "body": body, **members}]}


class Alone(org.Case):
    """Each source as the universe, with no access to Jira."""

    def job(self, *endpoints):
        merged = {"jira": None}
        for endpoint in endpoints:
            merged.update(endpoint)
        return {"endpoints": merged}

    def test_the_directory(self):
        for number, options in enumerate(({}, {"generate": org.MANY})):
            with self.subTest(**options), \
                    harness.FakeSite(**options) as site:
                folder = self.folder / str(number)
                run = self.publishes(site, "inactive_users_org",
                                     folder=folder,
                                     **self.job(org.admin(site.url)))
                data = site.dump(folder / "data")
                self.assertEqual(run.dataset("inactive_users_org"),
                                 org.directory_rows(data))
                self.assertEqual({row["method"] for row in site.requests()},
                                 {"POST"})
                skipped = run.source("adminhub_org_users")
                self.assertEqual(skipped["skipped"],
                                 'the job has no endpoint "adminhub"')
                self.assertEqual(skipped["requests"], 0)
                self.assertIn("info  source adminhub_org_users: skipped: the "
                              'job has no endpoint "adminhub"', run.stderr)

    def test_the_directory_with_what_was_seen(self):
        site = self.site(generate=org.MANY)
        run = self.publishes(site, "inactive_users_org",
                             **self.job(org.admin(site.url),
                                        org.adminhub(site.url)))
        data = site.dump(self.folder / "data")
        self.assertEqual(run.dataset("inactive_users_org"),
                         org.directory_rows(data, hub=True))

    def test_the_administration_pages(self):
        for number, options in enumerate(({}, {"generate": org.MANY})):
            with self.subTest(**options), \
                    harness.FakeSite(**options) as site:
                folder = self.folder / str(number)
                run = self.publishes(site, "inactive_users_adminhub",
                                     folder=folder,
                                     **self.job(org.adminhub(site.url)))
                data = site.dump(folder / "data")
                self.assertEqual(run.dataset("inactive_users_adminhub"),
                                 org.hub_rows(data))
                asked = [row["query"] for row in site.requests(org.HUB_ORG)]
                self.assertEqual(asked[0],
                                 {"start-index": "1", "count": "100"})

    def test_the_pages_of_a_site(self):
        site = self.site(generate=org.MANY)
        name = self.mapping("hub_site", users="adminhub_site_users",
                            columns={"name": ("string", "user.display_name")})
        run = self.publishes(site, name, **self.job(org.adminhub(site.url)))
        known = org.members(site.dump(self.folder / "data"))
        self.assertEqual(
            [row["account_id"] for row in run.dataset(name)],
            sorted(account for account, member in known.items()
                   if not member.get("_offSite")))

    def test_managed_accounts(self):
        site = self.site(generate=org.MANY)
        name = self.mapping(
            "managed", users="org_managed_users",
            columns={"active": ("boolean", "user.active"),
                     "status": ("string", "user.status"),
                     "seen": ("timestamp", "user.last_seen_at")})
        run = self.publishes(site, name, **self.job(org.admin(site.url)))
        known = org.members(site.dump(self.folder / "data"))
        words = {"active": (True, "active"), "closed": (False, "closed"),
                 "inactive": (False, "deactivated")}
        expected = []
        for account, member in known.items():
            word = member.get("_v1Status", member["accountStatus"])
            if member["claimStatus"] == "managed":
                expected.append({"account_id": account,
                                 "active": words[word][0],
                                 "status": words[word][1],
                                 "seen": org.moment(
                                     member.get("lastActive"))})
        self.assertEqual(run.dataset(name), org.by_id(expected))
        self.assertGreater(run.source("org_managed_users")["pages"], 2)

    def test_a_universe_needs_its_endpoint(self):
        site = self.site()
        run = self.extract(site, mappings=["inactive_users_org"])
        self.assertEqual(run.code, 78, run.stderr)
        self.assertIn('needs an endpoint "admin"', run.stderr)

    def test_idle_is_inactive_too(self):
        site = self.site(generate=org.MANY)
        name = self.mapping(
            "idle", users="adminhub_org_users",
            where={"any": [
                {"field": "user.last_seen_at", "older_than": "90d"},
                {"field": "user.last_seen_status", "equals": "never"}]},
            columns={"seen": ("timestamp", "user.last_seen_at")})
        run = self.publishes(site, name, **self.job(org.adminhub(site.url)))
        known = org.members(site.dump(self.folder / "data"))
        border = "2026-08-25T02:00:00Z"
        expected = [{"account_id": account,
                     "seen": org.moment(member.get("presence"))}
                    for account, member in known.items()
                    if (org.moment(member.get("presence")) or "") < border]
        self.assertEqual(run.dataset(name), org.by_id(expected))
        self.assertIn(None, [row["seen"] for row in expected])
        self.assertLess(len(expected), len(known))


class Enriched(org.Case):
    """Jira's accounts, with more where there is more."""

    def test_jira_alone_writes_what_no_enriching_would(self):
        site = self.site(generate=org.MANY)
        run = self.publishes(site, USERS)
        self.assertRows(run, self.truth(site))
        bare = self.folder / "bare" / "mappings"
        bare.mkdir(parents=True)
        shipped = harness.ROOT / "mappings" / f"{USERS}.json"
        text, count = re.subn(r'"users": \{.*?\}', '"users": "jira_users"',
                              shipped.read_text(), flags=re.DOTALL)
        self.assertEqual(count, 1)
        (bare / f"{USERS}.json").write_text(text)
        other = self.publishes(site, USERS, folder=bare.parent)
        self.assertEqual(other.bytes(USERS), run.bytes(USERS))
        self.assertEqual(
            [source["name"] for source in run.manifest()["sources"]
             if "skipped" in source],
            ["org_directory_users", "org_directory_users_get",
             "adminhub_org_users"])

    def test_with_everything(self):
        for number, options in enumerate(({}, {"generate": org.MANY})):
            with self.subTest(**options), \
                    harness.FakeSite(**options) as site:
                folder = self.folder / str(number)
                run = self.publishes(
                    site, USERS, folder=folder,
                    endpoints={**org.admin(site.url),
                               **org.adminhub(site.url)})
                data = site.dump(folder / "data")
                self.assertRows(run, org.enriched_rows(data))

    def test_with_one_of_them(self):
        site = self.site(generate=org.MANY)
        data = site.dump(self.folder / "data")
        run = self.publishes(site, USERS, folder=self.folder / "admin",
                             endpoints=org.admin(site.url))
        self.assertRows(run, org.enriched_rows(data, hub=False))
        run = self.publishes(site, USERS, folder=self.folder / "hub",
                             endpoints=org.adminhub(site.url))
        self.assertRows(run, org.enriched_rows(data, directory=False))

    def test_an_endpoint_without_what_the_request_needs(self):
        site = self.site()
        run = self.publishes(
            site, USERS,
            endpoints={"adminhub": {
                name: value for name, value in
                org.adminhub(site.url)["adminhub"].items()
                if name != "organisation"}})
        self.assertEqual(run.source("adminhub_org_users")["skipped"],
                         'endpoint "adminhub" has no organisation')
        self.assertRows(run, self.truth(site))

    def test_an_address_that_jira_hides(self):
        rows = [{**ROW, "accountId": "712020:Ann", "status": "deactivated",
                 "email": "ann@example.test"},
                {**ROW, "accountId": "712020:Bob", "status": "active",
                 "email": "other@example.test"}]
        site = self.site(
            runs.make_site(self.folder / "site", [
                runs.account("Ann"),
                runs.account("Bob", emailAddress="bob@example.test"),
                runs.account("Cyd")]),
            scenario=answers(org.SEARCH, page(rows)))
        run = self.publishes(site, USERS, endpoints=org.admin(site.url))
        self.assertEqual(
            [(row["email"], row["email_status"], row["status"])
             for row in run.rows()],
            [("ann@example.test", "known", "deactivated"),
             ("bob@example.test", "known", "no_access"),
             (None, "hidden", "inactive")])
        both = self.extract(site, self.folder / "both",
                            mappings=["all_users", USERS],
                            endpoints=org.admin(site.url))
        self.assertEqual(both.code, 0, both.stderr)
        self.assertEqual(
            {row["display_name"]: row["email"]
             for row in both.dataset("all_users")},
            {"Caller": None, "Ann": None, "Bob": "bob@example.test",
             "Cyd": None})

    def test_other_datasets_of_the_run_stay_the_same(self):
        site = self.site(generate=org.MANY)
        alone = self.extract(site, self.folder / "alone",
                             mappings=["all_users"])
        both = self.extract(site, self.folder / "both",
                            mappings=["all_users", USERS],
                            endpoints={**org.admin(site.url),
                                       **org.adminhub(site.url)})
        self.assertEqual((alone.code, both.code), (0, 0), both.stderr)
        self.assertEqual(both.bytes("all_users"), alone.bytes("all_users"))

    def test_mappings_that_enrich_differently(self):
        site = self.site()
        name = self.mapping("other", columns={}, users={
            "from": "jira_users", "enrich": ["adminhub_org_users"]})
        run = self.extract(site, mappings=[USERS, name],
                           endpoints={**org.admin(site.url),
                                      **org.adminhub(site.url)})
        self.assertEqual(run.code, 78, run.stderr)
        self.assertIn("enriches in another place", run.stderr)

    def test_the_first_source_wins_and_is_named(self):
        site = self.site(generate=org.MANY)
        name = self.mapping(
            "origins", users={"from": "jira_users", "enrich": [
                "adminhub_org_users", "org_directory_users"]},
            columns={"email": ("string", "user.email"),
                     "source": ("string", "user.email.source"),
                     "status": ("string", "user.status.source"),
                     "seen": ("string", "user.last_seen_status.source")},
            where={"field": "user.status.source",
                   "equals": "org_directory_users"})
        run = self.publishes(site, name, endpoints={
            **org.admin(site.url), **org.adminhub(site.url)})
        data = site.dump(self.folder / "data")
        jira = {user["accountId"]: user for user in
                runs.truth.elements(data / "users.json")
                if not user.get("_hidden") and not user.get("_unlisted")}
        known = org.members(data)
        expected = []
        for account, user in jira.items():
            if account not in known:
                continue
            mail = user.get("emailAddress")
            other = mail or known[account].get("email")
            expected.append({
                "account_id": account, "email": other,
                "source": "jira_users" if mail else
                          "adminhub_org_users" if other else None,
                "status": "org_directory_users",
                "seen": "adminhub_org_users"})
        self.assertEqual(run.dataset(name), org.by_id(expected))

    def test_rows_without_account_id_go_by_their_address(self):
        def nameless(definition):
            definition["fields"]["account_id"] = {"at": "/nothing",
                                                  "required": False}
            definition["paging"]["overlap"] = 0
        users = [runs.account("Ann", emailAddress="Ann@Example.test"),
                 runs.account("Bob", emailAddress="two@example.test"),
                 runs.account("Bea", emailAddress="TWO@example.test"),
                 runs.account("Cyd")]
        site = self.site(runs.make_site(self.folder / "site", users))
        source = self.source("by_mail", "adminhub_org_users", nameless)
        rows = [{"email": "aNN@example.test", "activeStatus": "ENABLED",
                 "displayName": "Other", "presence": "2026-01-02T03:04:05Z"},
                {"email": "two@example.test", "activeStatus": "ENABLED"},
                {"email": "nobody@example.test", "activeStatus": "ENABLED"}]
        self.enterContext(site_with(self, site, rows))
        name = self.mapping(
            "mail", users={"from": "jira_users", "enrich": [source]},
            columns={"name": ("string", "user.display_name"),
                     "seen": ("timestamp", "user.last_seen_at"),
                     "status": ("string", "user.last_seen_status")})
        run = self.publishes(self.faked, name,
                             endpoints=org.adminhub(self.faked.url))
        found = {row["name"]: (row["seen"], row["status"])
                 for row in run.dataset(name)}
        self.assertEqual(found, {
            "Ann": ("2026-01-02T03:04:05Z", "known"), "Bob": (None, None),
            "Bea": (None, None), "Cyd": (None, None),
            "Caller": (None, None)})
        self.assertEqual(run.source(source)["unmatched"], 2)

    def test_names_of_the_directory_do_not_hide_an_outage(self):
        site = self.site(scenario={"rules": [
            {"path": runs.SEARCH, "do": "outage"}]})
        self.refused(site, 65, "guard max_placeholders", mappings=[USERS],
                     endpoints=org.admin(site.url))

    def test_a_list_that_moves_is_read_again_alone(self):
        site = self.site(generate=org.MANY.replace("700", "2500"), scenario={
            "users": {"page_cap": 100, "delete_after": {
                "requests": 8, "indexes": list(range(60))}}})
        run = self.publishes(site, USERS, endpoints={
            **org.admin(site.url), **org.adminhub(site.url)})
        self.assertEqual(run.source("jira_users")["walks"], 2)
        self.assertEqual(run.source("org_directory_users")["walks"], 1)
        self.assertEqual(run.source("adminhub_org_users")["walks"], 1)
        gone = {user["accountId"] for user in list(runs.truth.elements(
            site.dump(self.folder / "data") / "users.json"))[:60]}
        self.assertEqual(
            [row for row in run.rows() if row["account_id"] not in gone],
            [row for row in org.enriched_rows(self.folder / "data")
             if row["account_id"] not in gone])

    def test_who_only_the_organisation_knows_has_a_name(self):
        record = {"id": 1, "created": "2026-11-01T00:00:00.000+0000",
                  "summary": "User updated", "category": "user management",
                  "authorKey": "ug:boss", "authorAccountId": "712020:boss",
                  "objectItem": {"id": "ug:Ann", "name": "ug:Ann",
                                 "typeName": "USER"}}
        folder = runs.make_site(self.folder / "site", [runs.account("Ann")],
                                [record])
        site = self.site(folder, scenario=answers(
            org.SEARCH, page([{**ROW, "accountId": "712020:boss",
                               "name": "The Boss"}])))
        run = self.publishes(site, USERS, endpoints=org.admin(site.url))
        self.assertEqual(
            [(row["display_name"], row["last_modified_by_name"])
             for row in run.rows()], [("Ann", "The Boss")])
        self.assertEqual(site.requests(runs.BULK), [])


def site_with(case, site, rows):
    """The same site again, whose administration pages show ROWS once."""
    first = {"users": rows, "total": len(rows)}
    rules = [{"path": org.HUB_ORG, "query": {"start-index": "1"},
              "do": "status", "status": 200, "type": "application/json",
              "body": json.dumps(first)},
             {"path": org.HUB_ORG, "do": "status", "status": 200,
              "type": "application/json",
              "body": json.dumps({"users": [], "total": len(rows)})}]
    case.faked = harness.FakeSite(*site.source[1:], scenario={"rules": rules})
    return case.faked


class Paging(org.Case):
    """Cursors, fallbacks and lists that are not what they seem."""

    def rows(self, scenario, expanded=True, **options):
        site = self.site(generate=org.MANY, scenario=scenario)
        run = self.publishes(site, "inactive_users_org",
                             endpoints={"jira": None, **org.admin(site.url)},
                             **options)
        data = site.dump(self.folder / "data")
        self.assertEqual(run.dataset("inactive_users_org"),
                         org.directory_rows(data, expanded=expanded))
        return site, run

    def test_a_cursor_inside_a_url(self):
        self.rows({"org": {"next": "url", "page_cap": 50}})

    def test_a_url_that_leads_elsewhere(self):
        site, run = self.rows({"org": {"next": "url", "page_cap": 90,
                                       "next_host": "127.0.0.1:1"}})
        self.assertEqual(len(site.requests(org.SEARCH)),
                         run.source("org_directory_users")["pages"])

    def test_a_bare_cursor_in_small_pages(self):
        self.rows({"org": {"page_cap": 7}})

    def test_the_older_form_where_the_search_is_not_offered(self):
        statuses = [{"org": {"old_site": True}}] + [
            {"rules": [{"path": org.SEARCH, "do": "status", "status": status}]}
            for status in (404, 405, 410)]
        for scenario in statuses:
            with self.subTest(**scenario):
                self.setUp()
                site, run = self.rows(scenario, expanded=False)
                self.assertEqual(len(site.requests(org.SEARCH)), 1)
                self.assertGreater(len(site.requests(org.DIRECTORY)), 5)
                asked = run.source("org_directory_users")
                read = run.source("org_directory_users_get")
                self.assertEqual(asked["fallback"], "org_directory_users_get")
                self.assertEqual(asked["items"], 0)
                self.assertGreater(read["items"], 600)

    def test_check_tries_the_older_form(self):
        site = self.site(scenario={"org": {"old_site": True}})
        path = harness.make_job(
            self.folder, site.url, mappings=["inactive_users_org"],
            endpoints={"jira": None, **org.admin(site.url)})
        code, out, err = harness.run_rollcall(
            ["check", "-c", path], cwd=self.folder, env=org.ENV)
        self.assertEqual(code, 0, out + err)
        self.assertRegex(out, "(?m)^org_directory_users +replaced ")
        self.assertIn("org_directory_users: replaced: status 404; "
                      "org_directory_users_get is read instead\n", out)
        self.assertRegex(out, "(?m)^org_directory_users_get +ok +yes +yes +1 ")
        self.assertRegex(out, "(?m)^adminhub_org_users +skipped ")
        self.assertIn("adminhub_org_users: skipped: the job has no", out)

    def refused_org(self, scenario, code, *texts, mapping="inactive_users_org",
                    generate=org.MANY, **options):
        with harness.FakeSite(generate=generate, scenario=scenario) as site:
            endpoints = {**org.admin(site.url), **org.adminhub(site.url)}
            return self.refused(site, code, *texts, mappings=[mapping],
                                endpoints=endpoints, **options)

    def test_neither_form_is_offered(self):
        self.refused_org(
            {"org": {"old_site": True},
             "rules": [{"path": org.DIRECTORY, "do": "status",
                        "status": 404}]},
            65, "org_directory_users_get.json")

    def test_later_pages_do_not_fall_back(self):
        self.refused_org(
            {"rules": [{"path": org.SEARCH, "from": 3, "do": "status",
                        "status": 404}]},
            65, "sources/org_directory_users.json")

    def test_a_list_that_is_gone_names_its_file(self):
        for path, mapping, file in (
                (org.HUB_ORG, "inactive_users_adminhub",
                 "adminhub_org_users.json"),
                (org.HUB_ORG, USERS, "adminhub_org_users.json")):
            self.refused_org({"rules": [{"path": path, "do": "status",
                                         "status": 404}]},
                             65, file, mapping=mapping)

    def test_a_cursor_that_repeats(self):
        for mapping in ("inactive_users_org", USERS):
            self.refused_org(answers(org.SEARCH, page([ROW], "again")), 65,
                             "a cursor came a second time", mapping=mapping)

    def test_an_empty_list_is_no_answer(self):
        self.refused_org(answers(org.SEARCH, page([])), 65,
                         "org_directory_users: the list answers with no "
                         "accounts", mapping=USERS)

    def test_a_new_word_is_refused(self):
        site = self.site(scenario={"rules": [
            {"path": org.SEARCH, "first": 1, "do": "bad_field", "row": 3,
             "pointer": "/status", "raw": '"paused"'}]})
        run = self.publishes(site, USERS, endpoints=org.admin(site.url))
        self.assertEqual(
            [(row["source"], row["field"], row["reason"])
             for row in run.rejects()],
            [("org_directory_users", "active",
              "is a word the source does not map")])
        self.assertEqual(run.source("org_directory_users")["rejected"], 1)

    def test_many_new_words_are_a_change_of_the_source(self):
        row = {**ROW, "status": "paused"}
        rows = [{**row, "accountId": f"712020:{n}"} for n in range(20)]
        self.refused_org(answers(org.SEARCH, page(rows)), 65,
                         "org_directory_users: more than 10 rows refused",
                         mapping=USERS)


class Access(org.Case):
    """Sessions and keys that end."""

    def walked(self, site):
        """The pages asked for. The site notes a request when it has answered,
        perhaps after rollcall has ended over another."""
        for _ in range(500):
            if len(site.requests(org.HUB_ORG)) > 2:
                break
            time.sleep(0.01)
        return len(site.requests(org.HUB_ORG))

    def test_a_session_that_ends_in_mid_walk(self):
        for end in ("401", "redirect", "html"):
            for mapping in ("inactive_users_adminhub", USERS):
                with self.subTest(end=end, mapping=mapping), \
                        harness.FakeSite(generate=org.MANY, scenario={
                            "org": {"session_after": 3,
                                    "session_end": end}}) as site:
                    run = self.refused(site, 77, "adminhub_org_users",
                                       mappings=[mapping],
                                       endpoints=org.adminhub(site.url))
                    self.assertNotIn(org.SESSION, run.stderr)
                    self.assertGreater(self.walked(site), 2)

    def test_a_key_that_is_refused(self):
        for status in (401, 403):
            with harness.FakeSite(scenario={"rules": [
                    {"path": org.SEARCH, "do": "status",
                     "status": status}]}) as site:
                run = self.refused(site, 77, "org_directory_users",
                                   mappings=[USERS],
                                   endpoints=org.admin(site.url))
                self.assertNotIn(org.KEY, run.stderr)


if __name__ == "__main__":
    unittest.main()
