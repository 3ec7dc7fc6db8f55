/*
 * Records of a generated site. They come in blocks of eight, each a little
 * story about two accounts: eight neighbouring records share a pattern and
 * are seconds to minutes apart.
 */
#include "generate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "stamp.h"

enum {
    BLOCK = GEN_BLOCK,
    FIRST_ID = 10000,
    TIE_EVERY = 40,
    GAP_EVERY = 7,
    INACTIVE_TRIES = 16,
    AUTHORS_ONE_IN = 40, /* of the accounts */
    UNLISTED_AUTHOR_PERCENT = 5,
    ID_ONLY_PERCENT = 10,
    KEY_ONLY_PERCENT = 10,
    OTHER_AUTHORED_PERCENT = 90
};

enum kind {
    DEACTIVATED,
    REACTIVATED,
    SAID_DEACTIVATED, /* only the summary says so */
    MAIL_CHANGED,
    RENAMED,
    PASSWORD,
    CREATED,
    JOINED_GROUP,
    LEFT_GROUP,
    MENTIONED_PROJECT,
    MENTIONED_COMPONENT,
    WORKFLOW
};

struct slot {
    enum kind kind;
    int who; /* which of the block's two subjects */
    bool authored;
};

static const struct slot patterns[][BLOCK] = {
    {{DEACTIVATED, 0, true},
     {DEACTIVATED, 0, false},
     {LEFT_GROUP, 0, false},
     {MAIL_CHANGED, 1, false},
     {MENTIONED_PROJECT, 0, true},
     {PASSWORD, 1, false},
     {CREATED, 1, true},
     {WORKFLOW, 0, true}},
    {{DEACTIVATED, 0, true},
     {REACTIVATED, 0, true},
     {DEACTIVATED, 0, false},
     {JOINED_GROUP, 1, true},
     {RENAMED, 1, false},
     {MENTIONED_COMPONENT, 0, true},
     {WORKFLOW, 0, true},
     {MAIL_CHANGED, 1, true}},
    {{WORKFLOW, 0, true},
     {MENTIONED_PROJECT, 0, true},
     {JOINED_GROUP, 1, true},
     {LEFT_GROUP, 1, true},
     {WORKFLOW, 0, true},
     {MENTIONED_COMPONENT, 1, true},
     {PASSWORD, 0, false},
     {WORKFLOW, 0, true}},
    {{SAID_DEACTIVATED, 0, true},
     {REACTIVATED, 0, false},
     {DEACTIVATED, 1, false},
     {LEFT_GROUP, 1, false},
     {MAIL_CHANGED, 1, true},
     {DEACTIVATED, 1, false},
     {RENAMED, 0, true},
     {MENTIONED_PROJECT, 1, true}},
    {{CREATED, 0, false},
     {JOINED_GROUP, 0, true},
     {DEACTIVATED, 1, true},
     {LEFT_GROUP, 1, false},
     {LEFT_GROUP, 1, false},
     {PASSWORD, 0, false},
     {MENTIONED_COMPONENT, 0, true},
     {DEACTIVATED, 0, true}},
};

enum {
    PATTERNS = sizeof(patterns) / sizeof(patterns[0]),
    STORY_SLOTS = 40, /* of all patterns */
    ABOUT_SLOTS = 29  /* those that change an account */
};

struct place {
    size_t number; /* 0 is the oldest record */
    size_t block;
    size_t slot;
};

static struct place place_of(const struct gen *gen, size_t index)
{
    size_t number = gen->records - 1 - index;

    return (struct place){number, number / BLOCK, number % BLOCK};
}

/* Time between two records of a block. */
static int64_t step_of(const struct gen *gen, size_t block)
{
    static const int64_t steps[] = {1000, 17000, 170000, 600000};
    int64_t step = steps[gen_hash(gen, DRAW_BLOCK, block) / 64 % 4];

    if (step > gen->block_span / (BLOCK + 2))
        step = gen->block_span / (BLOCK + 2);
    return step < 2 ? 2 : step;
}

size_t gen_blocks(const struct gen *gen)
{
    return (gen->records + BLOCK - 1) / BLOCK;
}

int64_t gen_block_at(const struct gen *gen, size_t block)
{
    return gen->end - (int64_t)(gen_blocks(gen) - 1 - block) * gen->block_span;
}

int64_t gen_record_at(const struct gen *gen, size_t index)
{
    struct place place = place_of(gen, index);
    int64_t step = step_of(gen, place.block);
    int64_t end = gen_block_at(gen, place.block);
    size_t slot = place.slot;
    size_t number = place.number;

    if (slot % 2 == 1 && gen_hash(gen, DRAW_RECORD, number) % TIE_EVERY == 0) {
        slot--;
        number--;
    }
    return end - (int64_t)(BLOCK - slot) * step +
           (int64_t)(gen_hash(gen, DRAW_RECORD, number) / 64 %
                     (uint64_t)(step / 2));
}

int64_t gen_record_id(const struct gen *gen, size_t index)
{
    size_t number = place_of(gen, index).number;

    return (int64_t)(FIRST_ID + number + number / GAP_EVERY);
}

static size_t subject(const struct gen *gen, size_t block, int who)
{
    uint64_t draw = gen_hash(gen, DRAW_SUBJECT, block * 2 + (size_t)who);
    size_t index = draw % gen->listed;

    if (draw / 1000 % 4 == 0)
        return index;
    for (int i = 0; i < INACTIVE_TRIES && gen_active(gen, index); i++)
        index = (index + 1) % gen->listed;
    return index;
}

void gen_reference(const struct gen *gen, size_t index, char out[GEN_ID_BYTES])
{
    bool id =
        gen->keys == GEN_KEYS_ID || (gen->keys == GEN_KEYS_MIXED &&
                                     gen_hash(gen, DRAW_KEY, index) % 2 == 0);

    if (id && !gen_placeholder(gen, index))
        gen_id(gen, index, out);
    else
        gen_key(gen, index, out);
}

static void author(const struct gen *gen, size_t number, struct text *out)
{
    uint64_t draw = gen_hash(gen, DRAW_AUTHOR, number);
    size_t index = draw / 1000 % (gen->listed / AUTHORS_ONE_IN + 1);
    uint64_t form = draw % 100;
    char name[GEN_ID_BYTES];

    if (draw / 100 % 100 < UNLISTED_AUTHOR_PERCENT)
        index = gen->listed + draw / 1000 % (gen->total - gen->listed);
    if (gen_placeholder(gen, index))
        index = 0;
    gen_key(gen, index, name);
    if (form >= ID_ONLY_PERCENT)
        text_fmt(out, "\"authorKey\":\"%s\",", name);
    gen_id(gen, index, name);
    if (form < 100 - KEY_ONLY_PERCENT)
        text_fmt(out, "\"authorAccountId\":\"%s\",", name);
    text_fmt(out, "\"remoteAddress\":\"10.20.%d.%d\",", (int)(draw >> 40) & 255,
             (int)(draw >> 48) & 255);
}

void gen_user_item(const struct gen *gen, size_t who, struct text *out)
{
    char name[GEN_ID_BYTES];

    gen_reference(gen, who, name);
    text_fmt(out,
             "{\"id\":\"%s\",\"name\":\"%s\",\"typeName\":\"USER\","
             "\"parentId\":\"10000\",\"parentName\":\"IDP Directory\"}",
             name, name);
}

static void change(struct text *out, const char *field, const char *from,
                   const char *to)
{
    text_fmt(out, ",\"changedValues\":[{\"fieldName\":\"%s\"", field);
    if (from != NULL)
        text_fmt(out, ",\"changedFrom\":\"%s\"", from);
    text_fmt(out, ",\"changedTo\":\"%s\"}]", to);
}

static void user_changes(enum kind kind, struct text *out)
{
    static const struct {
        enum kind kind;
        const char *field;
        const char *from;
        const char *to;
    } table[] = {
        {DEACTIVATED, "Active / Inactive", "Active", "Inactive"},
        {REACTIVATED, "Active / Inactive", "Inactive", "Active"},
        {CREATED, "Active / Inactive", NULL, "Active"},
        {MAIL_CHANGED, "Email", "old@example.test", "new@example.test"},
        {RENAMED, "Full name", "Old Name", "New Name"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].kind == kind)
            change(out, table[i].field, table[i].from, table[i].to);
    }
}

static void user_record(const struct gen *gen, enum kind kind, size_t who,
                        struct text *out)
{
    const char *summary = kind == CREATED            ? "User created"
                          : kind == PASSWORD         ? "User's password changed"
                          : kind == SAID_DEACTIVATED ? "User deactivated"
                                                     : "User updated";

    text_fmt(out,
             "\"summary\":\"%s\",\"category\":\"user management\","
             "\"eventSource\":\"\",\"objectItem\":",
             summary);
    gen_user_item(gen, who, out);
    user_changes(kind, out);
    if (kind == CREATED) {
        text_str(out, ",\"associatedItems\":[");
        gen_user_item(gen, who, out);
        text_str(out, "]");
    }
}

static void group_record(const struct gen *gen, enum kind kind, size_t who,
                         struct text *out)
{
    text_fmt(out,
             "\"summary\":\"User %s group\","
             "\"category\":\"group management\",\"eventSource\":\"\","
             "\"objectItem\":{\"name\":\"jira-software-users\","
             "\"typeName\":\"GROUP\",\"parentId\":\"10000\",\"parentName\":"
             "\"com.atlassian.crowd.directory."
             "IdentityPlatformRemoteDirectory\"},\"associatedItems\":[",
             kind == JOINED_GROUP ? "added to" : "removed from");
    gen_user_item(gen, who, out);
    text_str(out, "]");
}

static void other_record(const struct gen *gen, enum kind kind, size_t who,
                         struct text *out)
{
    char name[GEN_ID_BYTES];

    gen_reference(gen, who, name);
    if (kind == WORKFLOW) {
        text_str(out, "\"summary\":\"Workflow updated\","
                      "\"category\":\"workflows\",\"eventSource\":\"\","
                      "\"objectItem\":{\"id\":\"Software workflow for "
                      "project 10018\",\"name\":\"Software workflow for "
                      "project 10018\",\"typeName\":\"WORKFLOW\"}");
        return;
    }
    text_fmt(out,
             "\"summary\":\"%s updated\",\"category\":\"projects\","
             "\"eventSource\":\"\",\"objectItem\":{\"id\":\"10018\","
             "\"name\":\"Apollo\",\"typeName\":\"%s\"}",
             kind == MENTIONED_PROJECT ? "Project" : "Project component",
             kind == MENTIONED_PROJECT ? "PROJECT" : "PROJECT_COMPONENT");
    change(out, kind == MENTIONED_PROJECT ? "Lead" : "Component Lead", "",
           name);
    text_str(out, ",\"associatedItems\":[");
    gen_user_item(gen, who, out);
    text_str(out, "]");
}

static const struct slot *slot_of(const struct gen *gen, size_t block,
                                  size_t slot)
{
    return &patterns[gen_hash(gen, DRAW_BLOCK, block) % PATTERNS][slot];
}

/* Whether a block is a story about accounts. Were single records left out to
 * meet the share, its causes and effects would be torn apart. */
static bool is_story(const struct gen *gen, size_t block)
{
    return gen->about == ABOUT_STORIES ||
           gen_hash(gen, DRAW_ABOUT, block) % (100 * ABOUT_SLOTS) <
               (uint64_t)gen->about * STORY_SLOTS;
}

static bool changes_account(const struct slot *slot)
{
    return slot->kind < MENTIONED_PROJECT;
}

bool gen_echo(const struct gen *gen, size_t block, size_t nth,
              struct gen_echo *echo)
{
    if (!is_story(gen, block))
        return false;
    for (size_t i = 0; i < BLOCK; i++) {
        const struct slot *slot = slot_of(gen, block, i);
        size_t number = block * BLOCK + i;

        if (number >= gen->records)
            return false;
        if (slot->kind != DEACTIVATED || slot->authored || nth-- > 0)
            continue;
        echo->who = subject(gen, block, slot->who);
        echo->at = gen_record_at(gen, gen->records - 1 - number);
        return true;
    }
    return false;
}

static void story_record(const struct gen *gen, const struct slot *slot,
                         size_t number, size_t who, struct text *out)
{
    if (slot->authored)
        author(gen, number, out);
    if (slot->kind == JOINED_GROUP || slot->kind == LEFT_GROUP)
        group_record(gen, slot->kind, who, out);
    else if (changes_account(slot))
        user_record(gen, slot->kind, who, out);
    else
        other_record(gen, slot->kind, who, out);
}

static void long_record(const struct gen *gen, size_t number, size_t who,
                        struct text *out)
{
    if (gen_hash(gen, DRAW_ABOUT, number) / 4096 % 100 < OTHER_AUTHORED_PERCENT)
        author(gen, number, out);
    gen_other(gen, number, who, out);
}

void gen_record(const struct gen *gen, size_t index, struct text *out)
{
    struct place place = place_of(gen, index);
    const struct slot *slot = slot_of(gen, place.block, place.slot);
    size_t who = subject(gen, place.block, slot->who);
    char created[STAMP_BYTES];

    stamp_jira(created, gen_record_at(gen, index));
    text_fmt(out, "{\"id\":%" PRId64 ",\"created\":\"%s\",",
             gen_record_id(gen, index), created);
    if (gen->about == ABOUT_STORIES ||
        (is_story(gen, place.block) && changes_account(slot)))
        story_record(gen, slot, place.number, who, out);
    else
        long_record(gen, place.number, who, out);
    text_str(out, "}");
}
