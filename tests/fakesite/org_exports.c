/* org_dump_exports(): what an administrator of the organisation exports. */
#include "org.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { PRODUCTS_MAX = 16 };

/* Columns "Last seen in PRODUCT - SITE", in order of appearance. */
struct products {
    char *names[PRODUCTS_MAX];
    size_t count;
};

struct sheet {
    FILE *file;
    const char *name;
    bool first; /* no comma before the next cell */
};

static void cell(struct sheet *sheet, const char *text)
{
    bool quotes = strpbrk(text, ",\"\r\n") != NULL || text[0] == ' ' ||
                  (text[0] != '\0' && text[strlen(text) - 1] == ' ');

    if (!sheet->first)
        putc(',', sheet->file);
    sheet->first = false;
    if (quotes)
        putc('"', sheet->file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', sheet->file);
        putc(*text, sheet->file);
    }
    if (quotes)
        putc('"', sheet->file);
}

static void row_end(struct sheet *sheet)
{
    fputs("\r\n", sheet->file);
    sheet->first = true;
}

static struct sheet sheet_open(const char *dir, const char *name,
                               const char *header)
{
    struct sheet sheet = {site_create(dir, name), name, true};

    fputs(header, sheet.file);
    return sheet;
}

static void sheet_close(const struct sheet *sheet)
{
    if (ferror(sheet->file) || fclose(sheet->file) != 0)
        die(EX_IOERR, "cannot write %s", sheet->name);
}

static void member_cell(struct sheet *sheet, struct span object,
                        const char *name)
{
    char *text = raw_member_text(object, name);

    cell(sheet, text);
    free(text);
}

/* "2024-01-03T15:31:57.000Z" as "3 Jan 2024", with the time if wanted. */
static void day_cell(struct sheet *sheet, const char *iso, bool time,
                     const char *never)
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr",
                                       "May", "Jun", "Jul", "Aug",
                                       "Sep", "Oct", "Nov", "Dec"};
    struct text text = {0};
    int year, month, day;

    if (sscanf(iso, "%d-%d-%d", &year, &month, &day) != 3) {
        cell(sheet, never);
        return;
    }
    text_fmt(&text, "%d %s %d", day, months[month - 1], year);
    if (time)
        text_fmt(&text, " %.8s", iso + strlen("2024-01-03T"));
    cell(sheet, text.data);
    text_free(&text);
}

static void member_day(struct sheet *sheet, struct span object,
                       const char *name, bool time, const char *never)
{
    char *iso = raw_member_text(object, name);

    day_cell(sheet, iso, time, never);
    free(iso);
}

static char *product_name(struct span product)
{
    char *name = raw_member_text(product, "name");
    char *url = raw_member_text(product, "url");
    const char *host = strstr(url, "://");
    struct text text = {0};

    host = host != NULL ? host + 3 : url;
    text_fmt(&text, "%s - %.*s", name, (int)strcspn(host, "."), host);
    free(name);
    free(url);
    return text.data;
}

/* The newest "last_active" of a product, or "" when it was never used. */
static char *last_in(struct span member, const char *wanted)
{
    char *newest = must_copy("", 0);
    struct raw_entry entry;
    struct raw_walk walk;
    struct span list;

    if (!raw_member(member, "products", &list) || !raw_open(&walk, list))
        return newest;
    while (raw_next(&walk, &entry)) {
        char *name = product_name(entry.value);
        char *at = raw_member_text(entry.value, "last_active");

        if (strcmp(name, wanted) == 0 && strcmp(at, newest) > 0) {
            char *other = newest;

            newest = at;
            at = other;
        }
        free(name);
        free(at);
    }
    return newest;
}

static void note_products(struct products *products, struct span member)
{
    struct raw_entry entry;
    struct raw_walk walk;
    struct span list;

    if (!raw_member(member, "products", &list) || !raw_open(&walk, list))
        return;
    while (raw_next(&walk, &entry)) {
        char *name = product_name(entry.value);
        size_t i = 0;

        while (i < products->count && strcmp(products->names[i], name) != 0)
            i++;
        if (i == products->count && i < PRODUCTS_MAX)
            products->names[products->count++] = name;
        else
            free(name);
    }
}

/* Who is a person and belongs to the organisation; appends the member. */
static bool person(const struct org *org, size_t index, struct text *out)
{
    struct span type;

    text_clear(out);
    if ((org->ops->flags(org, index) & MEMBER_ABSENT) != 0)
        return false;
    org_member(org, index, out);
    return !raw_member(raw_of(out), "accountType", &type) ||
           !raw_is(type, "\"app\"");
}

static bool is_active(struct span member)
{
    struct span status;

    return raw_member(member, "status", &status) &&
           raw_is(status, "\"active\"");
}

static const char *status_word(struct span member)
{
    struct span status;

    if (is_active(member))
        return "Active";
    raw_member(member, "status", &status);
    return raw_is(status, "\"suspended\"") || raw_is(status, "\"not_invited\"")
               ? "Suspended"
               : "Deactivated";
}

static void dump_users(const struct org *org, const char *dir,
                       const struct products *products)
{
    struct sheet sheet = sheet_open(dir, "users_export.csv",
                                    "User id,User name,email,"
                                    "User status,Added to org,"
                                    "Org role");
    struct text row = {0};

    sheet.first = false;
    for (size_t i = 0; i < products->count; i++) {
        struct text name = {0};

        text_fmt(&name, "Last seen in %s", products->names[i]);
        cell(&sheet, name.data);
        text_free(&name);
    }
    row_end(&sheet);
    for (size_t i = 0; i < org->member_count; i++) {
        if (!person(org, i, &row))
            continue;
        member_cell(&sheet, raw_of(&row), "accountId");
        member_cell(&sheet, raw_of(&row), "name");
        member_cell(&sheet, raw_of(&row), "email");
        cell(&sheet, status_word(raw_of(&row)));
        member_day(&sheet, raw_of(&row), "addedToOrg", false, "");
        cell(&sheet, "User");
        for (size_t p = 0; p < products->count; p++) {
            char *at = last_in(raw_of(&row), products->names[p]);

            day_cell(&sheet, at, false, "Never accessed");
            free(at);
        }
        row_end(&sheet);
    }
    text_free(&row);
    sheet_close(&sheet);
}

static bool has_address(struct span member)
{
    char *email = raw_member_text(member, "email");
    bool found = *email != '\0';

    free(email);
    return found;
}

/* One row for each user and group, and one value more than names. */
static void dump_legacy(const struct org *org, const char *dir)
{
    static const char *const groups[] = {"jira-users", "confluence-users"};
    struct sheet sheet = sheet_open(
        dir, "users_export_legacy.csv",
        "group_name,username,full_name,email,active,last_login,last_session,"
        "Jira Service Desk,Jira Software,Jira Core,Confluence\r\n");
    struct text row = {0};

    for (size_t i = 0; i < 2 * org->member_count; i++) {
        if (!person(org, i / 2, &row) || (i % 2 == 1 && i % 3 == 0) ||
            !has_address(raw_of(&row)))
            continue;
        cell(&sheet, groups[i % 2]);
        member_cell(&sheet, raw_of(&row), "accountId");
        member_cell(&sheet, raw_of(&row), "name");
        member_cell(&sheet, raw_of(&row), "email");
        cell(&sheet, is_active(raw_of(&row)) ? "Yes" : "No");
        member_day(&sheet, raw_of(&row), "lastActive", true, "Never logged in");
        member_day(&sheet, raw_of(&row), "presence", true, "Never accessed");
        for (unsigned product = 0; product < 5; product++)
            cell(&sheet, "No");
        row_end(&sheet);
    }
    text_free(&row);
    sheet_close(&sheet);
}

static void dump_managed(const struct org *org, const char *dir)
{
    struct sheet sheet = sheet_open(
        dir, "managed_accounts.csv",
        "Name,Atlassian ID,Email,Status,Last active,Claimed,Billable,"
        "Policy type,SAML single sign-on,Two-step verification,"
        "Verified email\r\n");
    struct text row = {0};

    for (size_t i = 0; i < org->member_count; i++) {
        if (!person(org, i, &row) ||
            (org->ops->flags(org, i) & MEMBER_MANAGED) == 0)
            continue;
        member_cell(&sheet, raw_of(&row), "name");
        member_cell(&sheet, raw_of(&row), "accountId");
        member_cell(&sheet, raw_of(&row), "email");
        cell(&sheet, strcmp(status_word(raw_of(&row)), "Deactivated") == 0
                         ? "Deactivated"
                         : "Active");
        member_day(&sheet, raw_of(&row), "lastActive", false, "Never");
        cell(&sheet, "Yes");
        cell(&sheet, "Yes");
        cell(&sheet, "Default");
        cell(&sheet, "Off");
        cell(&sheet, "Off");
        cell(&sheet, "Yes");
        row_end(&sheet);
    }
    text_free(&row);
    sheet_close(&sheet);
}

/* The official name of an action; the action where it has none. */
static void action_cell(struct sheet *sheet, const struct org *org,
                        struct span attributes)
{
    char *action = raw_member_text(attributes, "action");
    struct text row = {0};
    bool found = false;

    for (size_t i = 0; !found && org->ops->action(org, i, &row); i++) {
        char *id = raw_member_text(raw_of(&row), "id");
        struct span about;

        if (strcmp(id, action) == 0 &&
            raw_member(raw_of(&row), "attributes", &about)) {
            member_cell(sheet, about, "displayName");
            found = true;
        }
        free(id);
        text_clear(&row);
    }
    if (!found)
        cell(sheet, action);
    free(action);
    text_free(&row);
}

/* Who did it: the person an app acted for, where there is one. */
static void actor_cells(struct sheet *sheet, struct span attributes)
{
    struct span actor = {"{}", 2}, person_of;

    if (raw_member(attributes, "actor", &actor) &&
        raw_member(actor, "onBehalfOf", &person_of) &&
        !raw_is(person_of, "null"))
        actor = person_of;
    member_cell(sheet, actor, "name");
    member_cell(sheet, actor, "id");
    member_cell(sheet, actor, "email");
}

static void event_row(struct sheet *sheet, const struct org *org,
                      struct span attributes, struct span target)
{
    char *time = raw_member_text(attributes, "time");
    struct span location = {"{}", 2}, about = {"{}", 2};
    char day[11] = "";

    memcpy(day, time, strlen(time) < 10 ? strlen(time) : 10);
    cell(sheet, day);
    cell(sheet, strlen(time) > 11 ? time + 11 : "");
    action_cell(sheet, org, attributes);
    actor_cells(sheet, attributes);
    member_cell(sheet, target, "id");
    raw_member(target, "attributes", &about);
    member_cell(sheet, about, "email");
    raw_member(attributes, "location", &location);
    member_cell(sheet, location, "ip");
    row_end(sheet);
    free(time);
}

/* A row for each account of a list of the event; how many there were. */
static size_t target_rows(struct sheet *sheet, const struct org *org,
                          struct span attributes, const char *name)
{
    struct raw_entry entry;
    struct raw_walk walk;
    struct span list, type;
    size_t count = 0;

    if (!raw_member(attributes, name, &list) || !raw_open(&walk, list))
        return 0;
    while (raw_next(&walk, &entry)) {
        if (!raw_member(entry.value, "type", &type) ||
            !raw_is(type, "\"users\""))
            continue;
        event_row(sheet, org, attributes, entry.value);
        count++;
    }
    return count;
}

static void dump_audit(const struct org *org, const char *dir)
{
    struct sheet sheet =
        sheet_open(dir, "audit_log.csv",
                   "Date,Time,Activity,Actor,Actor id,Actor email,Target id,"
                   "Target email,IP address\r\n");
    struct text row = {0};

    for (size_t i = 0; i < org->event_count; i++) {
        struct span attributes;

        text_clear(&row);
        org_event(org, i, &row);
        if (!raw_member(raw_of(&row), "attributes", &attributes))
            continue;
        if (target_rows(&sheet, org, attributes, "context") == 0 &&
            target_rows(&sheet, org, attributes, "container") == 0)
            event_row(&sheet, org, attributes, (struct span){"{}", 2});
    }
    text_free(&row);
    sheet_close(&sheet);
}

void org_dump_exports(const struct org *org, const char *dir)
{
    struct products products = {{NULL}, 0};
    struct text row = {0};

    if (org->id == NULL)
        return;
    for (size_t i = 0; i < org->member_count; i++) {
        if (person(org, i, &row))
            note_products(&products, raw_of(&row));
    }
    text_free(&row);
    dump_users(org, dir, &products);
    dump_legacy(org, dir);
    dump_managed(org, dir);
    dump_audit(org, dir);
    while (products.count > 0)
        free(products.names[--products.count]);
}
