/*
 * Records that change no account, as long as real ones: permissions,
 * workflows, fields, notifications and projects, with several changed values
 * and associated items. Those of projects name users all the same.
 */
#include "generate.h"

#include <stdlib.h>

enum {
    CHANGES_MIN = 1,
    CHANGES_SPAN = 4,
    ITEMS_MIN = 1,
    ITEMS_SPAN = 2,
    DESCRIBED_PERCENT = 35,
    PERMILLE_BARE = 250, /* changes without changedFrom */
    DRAWS_A_RECORD = 32
};

struct other {
    const char *summary;
    const char *category;
    const char *type; /* of the object */
    const char *name;
    const char *item_type; /* of the associated items */
    const char *item_name;
    const char *fields[4];
    int users; /* at most so many are mentioned */
};

static const struct other others[] = {
    {"Permission scheme updated",
     "permissions",
     "SCHEME",
     "Default software scheme",
     "PROJECT",
     "Apollo",
     {"Permission", "Type", "Group", "Project role"},
     0},
    {"Workflow updated",
     "workflows",
     "WORKFLOW",
     "Software workflow for project",
     "SCHEME",
     "Workflow scheme of the project",
     {"Status", "Transition", "Condition", "Post function"},
     0},
    {"Custom field updated",
     "fields",
     "CUSTOM_FIELD",
     "Customer reference",
     "SCHEME",
     "Field configuration scheme",
     {"Name", "Description", "Context", "Default value"},
     0},
    {"Notification scheme updated",
     "notifications",
     "SCHEME",
     "Default notification scheme",
     "PROJECT",
     "Zephyr",
     {"Event", "Type", "Recipient", "Template"},
     0},
    {"Project updated",
     "projects",
     "PROJECT",
     "Apollo",
     "PROJECT_ROLE",
     "Administrators",
     {"Lead", "Name", "Description", "Category"},
     2},
    {"Project roles changed",
     "projects",
     "PROJECT",
     "Gemini",
     "PROJECT_ROLE",
     "Developers",
     {"Users", "Groups", "Name", "Default assignee"},
     3},
    {"Project component updated",
     "projects",
     "PROJECT_COMPONENT",
     "Payments",
     "PROJECT",
     "Mercury",
     {"Component Lead", "Name", "Description", "Assignee type"},
     1},
};

enum { OTHERS = sizeof(others) / sizeof(others[0]) };

/* As they stand between the quotes of a JSON string. */
static const char *const phrases[] = {
    "Browse projects is granted to the group jira-software-users",
    "requested in the ticket \\\"Acc\\u00e8s \\u00e0 revoir\\\" by the owners",
    "In Progress \\u2192 Done when the reviewer approves the request",
    "Réservé aux équipes du siège, voir la procédure interne",
    "see https:\\/\\/wiki.example.test\\/pages\\/1842?focused=true",
    "first line\\nsecond line\\tafter a tab",
    "Überprüft durch den Fachbereich Einkauf und Logistik",
    "scheduled \\ud83d\\ude80 together with the release of the quarter",
    "C:\\\\exports\\\\audit\\\\2026 holds the approvals",
    "権限スキームの更新を確認しました",
    "the default remains as it was for all of the other projects",
    "every issue of this type needs a value before it can be closed",
};

enum { PHRASES = sizeof(phrases) / sizeof(phrases[0]) };

/* The draws of one record, one after the other. */
struct draws {
    const struct gen *gen;
    uint64_t next;
};

static size_t draw(struct draws *draws, size_t below)
{
    return gen_hash(draws->gen, DRAW_OTHER, draws->next++) % below;
}

static void add_phrases(struct draws *draws, size_t count, struct text *out)
{
    for (size_t i = 0; i < count; i++) {
        text_str(out, i == 0 ? "" : "; ");
        text_str(out, phrases[draw(draws, PHRASES)]);
    }
}

static void add_changes(const struct other *other, struct draws *draws,
                        const char *lead, struct text *out)
{
    size_t count = CHANGES_MIN + draw(draws, CHANGES_SPAN);

    text_str(out, ",\"changedValues\":[");
    for (size_t i = 0; i < count; i++) {
        text_fmt(out, "%s{\"fieldName\":\"%s\"", i == 0 ? "" : ",",
                 other->fields[i]);
        if (draw(draws, 1000) >= PERMILLE_BARE) {
            text_str(out, ",\"changedFrom\":\"");
            add_phrases(draws, draw(draws, 2), out);
            text_str(out, "\"");
        }
        text_str(out, ",\"changedTo\":\"");
        if (i == 0 && other->users > 0)
            text_str(out, lead);
        else
            add_phrases(draws, 1 + draw(draws, 2), out);
        text_str(out, "\"}");
    }
    text_str(out, "]");
}

static void add_items(const struct other *other, struct draws *draws,
                      size_t who, struct text *out)
{
    size_t count = ITEMS_MIN + draw(draws, ITEMS_SPAN);
    size_t users =
        other->users == 0 ? 0 : 1 + draw(draws, (size_t)other->users);

    text_str(out, ",\"associatedItems\":[");
    for (size_t i = 0; i < count; i++) {
        size_t id = 10000 + draw(draws, 900);

        text_fmt(out,
                 "%s{\"id\":\"%zu\",\"name\":\"%s %zu\",\"typeName\":\"%s\"}",
                 i == 0 ? "" : ",", id, other->item_name, id, other->item_type);
    }
    for (size_t i = 0; i < users; i++) {
        text_str(out, ",");
        gen_user_item(draws->gen, who, out);
        who = draw(draws, draws->gen->listed);
    }
    text_str(out, "]");
}

void gen_other(const struct gen *gen, size_t number, size_t who,
               struct text *out)
{
    struct draws draws = {gen, (uint64_t)number * DRAWS_A_RECORD};
    const struct other *other = &others[draw(&draws, OTHERS)];
    size_t id = 10000 + draw(&draws, 900);
    char lead[GEN_ID_BYTES];

    gen_reference(gen, who, lead);
    text_fmt(out,
             "\"summary\":\"%s\",\"category\":\"%s\",\"eventSource\":\"\",",
             other->summary, other->category);
    if (draw(&draws, 100) < DESCRIBED_PERCENT) {
        text_str(out, "\"description\":\"");
        add_phrases(&draws, 1 + draw(&draws, 3), out);
        text_str(out, "\",");
    }
    text_fmt(out,
             "\"objectItem\":{\"id\":\"%zu\",\"name\":\"%s %zu\","
             "\"typeName\":\"%s\"}",
             id, other->name, id, other->type);
    add_changes(other, &draws, lead, out);
    add_items(other, &draws, who, out);
}
