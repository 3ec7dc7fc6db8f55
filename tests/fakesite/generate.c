#include "generate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "stamp.h"

enum {
    CUSTOMER_PERCENT = 7,
    APP_PERCENT = 5,
    INACTIVE_PERCENT = 25,
    ERASED_PERCENT = 2,
    HIDDEN_PERCENT = 2,
    NO_MAIL_PERCENT = 30,
    DROPPED_PERCENT = 2,
    UNKNOWN_PERCENT = 1,
    PLACEHOLDER_EVERY = 997,
    ODD_NAME_EVERY = 150,
    ABOUT_MAX = 72 /* a story about accounts has other records too */
};

static const uint32_t ODD_FACTOR = 0x9E3779B1u;
static const uint32_t KEY_MASK = 0x5A5A1234u;
static const int64_t LOG_SPAN_MS = INT64_C(190) * 24 * 3600 * 1000;
static const int64_t NEWEST_AGE_MS = 30 * 1000;

uint64_t gen_hash(const struct gen *gen, enum gen_draw draw, uint64_t index)
{
    uint64_t x = gen->seed * UINT64_C(0x9E3779B97F4A7C15) +
                 ((uint64_t)draw << 56) + index;

    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

static bool chance(const struct gen *gen, enum gen_draw draw, size_t index,
                   unsigned percent)
{
    return gen_hash(gen, draw, index) % 100 < percent;
}

static uint32_t scramble_mask(const struct gen *gen)
{
    return (uint32_t)gen->seed ^ KEY_MASK;
}

/* One to one on 32 bits, so that an id leads back to its index. */
static uint32_t scramble(const struct gen *gen, size_t index)
{
    uint32_t x = ((uint32_t)index ^ scramble_mask(gen)) * ODD_FACTOR;

    return x ^ (x >> 16);
}

static size_t unscramble(const struct gen *gen, uint32_t x)
{
    uint32_t inverse = ODD_FACTOR;

    for (int i = 0; i < 5; i++)
        inverse *= 2 - ODD_FACTOR * inverse;
    x ^= x >> 16;
    return (x * inverse) ^ scramble_mask(gen);
}

enum gen_person gen_person(const struct gen *gen, size_t index)
{
    uint64_t draw = gen_hash(gen, DRAW_TYPE, index) % 100;

    if (index == 0 || index >= gen->listed)
        return GEN_PERSON;
    if (draw < CUSTOMER_PERCENT)
        return GEN_CUSTOMER;
    return draw < CUSTOMER_PERCENT + APP_PERCENT ? GEN_APP : GEN_PERSON;
}

bool gen_active(const struct gen *gen, size_t index)
{
    return index == 0 || index >= gen->listed ||
           !chance(gen, DRAW_STATE, index, INACTIVE_PERCENT);
}

bool gen_placeholder(const struct gen *gen, size_t index)
{
    return index < gen->listed && index % PLACEHOLDER_EVERY == 3;
}

static void uuid(struct text *out, uint32_t first, uint64_t rest)
{
    text_fmt(out, "%08" PRIx32 "-%04x-4%03x-a%03x-%012" PRIx64, first,
             (unsigned)(rest >> 48), (unsigned)(rest >> 36) & 0xFFF,
             (unsigned)(rest >> 24) & 0xFFF,
             (rest * UINT64_C(0x2545F4914F6CDD1D)) >> 16);
}

static void into(char out[GEN_ID_BYTES], struct text *text)
{
    snprintf(out, GEN_ID_BYTES, "%s", text->data);
    text_free(text);
}

void gen_id(const struct gen *gen, size_t index, char out[GEN_ID_BYTES])
{
    uint64_t rest = gen_hash(gen, DRAW_ID, index);
    uint32_t first = scramble(gen, index);
    enum gen_person type = gen_person(gen, index);
    struct text text = {0};

    if (type == GEN_CUSTOMER)
        text_str(&text, "qm:");
    else if (type == GEN_APP || rest % 3 == 0)
        text_str(&text, "557058:");
    else if (rest % 3 == 1)
        text_str(&text, "712020:");
    if (type == GEN_PERSON && rest % 3 == 2)
        text_fmt(&text, "%08" PRIx32 "%016" PRIx64, first, rest);
    else
        uuid(&text, first, rest);
    if (type == GEN_CUSTOMER)
        text_fmt(&text, ":%016" PRIx64, gen_hash(gen, DRAW_KEY, index));
    into(out, &text);
}

void gen_key(const struct gen *gen, size_t index, char out[GEN_ID_BYTES])
{
    struct text text = {0};

    if (gen_person(gen, index) == GEN_CUSTOMER) {
        gen_id(gen, index, out);
        return;
    }
    text_str(&text, "ug:");
    uuid(&text, scramble(gen, index) ^ KEY_MASK,
         gen_hash(gen, DRAW_KEY, index));
    into(out, &text);
}

/* The account whose id or key is TEXT, from eight hex digits at HEX. */
static long decode(const struct gen *gen, const char *text, const char *hex,
                   bool key)
{
    char digits[9] = "";
    char check[GEN_ID_BYTES];
    uint32_t number;
    size_t index;

    snprintf(digits, sizeof(digits), "%s", hex);
    number = (uint32_t)strtoul(digits, NULL, 16);
    index = unscramble(gen, key ? number ^ KEY_MASK : number);
    if (index >= gen->total)
        return SITE_NONE;
    if (key)
        gen_key(gen, index, check);
    else
        gen_id(gen, index, check);
    return strcmp(check, text) == 0 ? (long)index : SITE_NONE;
}

static long by_id(const struct site *site, const char *id)
{
    const char *colon = strchr(id, ':');
    long index = decode(site->data, id, colon == NULL ? id : colon + 1, false);

    if (index != SITE_NONE && gen_placeholder(site->data, (size_t)index))
        return SITE_NONE;
    return index;
}

static long by_key(const struct site *site, const char *key)
{
    if (strncmp(key, "ug:", 3) == 0)
        return decode(site->data, key, key + 3, true);
    return by_id(site, key);
}

static enum bridge fate(const struct gen *gen, size_t index)
{
    uint64_t draw = gen_hash(gen, DRAW_BRIDGE, index) % 100;

    if (gen_placeholder(gen, index))
        return BRIDGE_UNKNOWN;
    if (draw < DROPPED_PERCENT)
        return BRIDGE_DROPPED;
    return draw < DROPPED_PERCENT + UNKNOWN_PERCENT ? BRIDGE_UNKNOWN
                                                    : BRIDGE_KNOWN;
}

static enum bridge bridge(const struct site *site, const char *key,
                          struct text *id)
{
    long index = by_key(site, key);
    char account[GEN_ID_BYTES];
    enum bridge result;

    if (index == SITE_NONE)
        return BRIDGE_DROPPED;
    result = fate(site->data, (size_t)index);
    gen_id(site->data, (size_t)index, account);
    if (result == BRIDGE_KNOWN)
        text_str(id, account);
    if (result == BRIDGE_UNKNOWN)
        text_str(id, "unknown");
    return result;
}

static bool key_row(const struct site *site, size_t index, struct text *out)
{
    const struct gen *gen = site->data;
    char key[GEN_ID_BYTES];

    if (index >= gen->total)
        return false;
    if (fate(gen, index) == BRIDGE_KNOWN)
        return true;
    gen_key(gen, index, key);
    text_fmt(out, "{\"key\": \"%s\", \"accountId\": \"%s\"}", key,
             fate(gen, index) == BRIDGE_UNKNOWN ? "unknown" : "");
    return true;
}

static void display_name(const struct gen *gen, size_t index, struct text *out)
{
    static const char *const first[] = {
        "Ada",  "Noor",  "Jose",  "Mei",   "Olu",    "Ines", "Igor", "Lena",
        "Ravi", "Søren", "Chloé", "Yusuf", "Anneke", "Tomi", "Bea",  "Zoë"};
    static const char *const last[] = {
        "Moreau", "Okafor", "Lindqvist", "Haddad", "Silva", "Tanaka",
        "Novak",  "Meyer",  "O'Brien",   "Kumar",  "Rossi"};
    static const char *const odd[] = {
        "\"Bo, the builder\"", "=SUM(A1:A9)", " leading blank",
        "two\nlines",          "😀 Smile",     "שלום עולם"};
    uint64_t draw = gen_hash(gen, DRAW_NAME, index);

    if (index % ODD_NAME_EVERY == 7) {
        text_json(out, odd[draw % 6]);
        return;
    }
    text_fmt(out, "\"%s %s %zu\"", first[draw % 16], last[draw / 16 % 11],
             index);
}

static unsigned flags(const struct site *site, size_t index)
{
    const struct gen *gen = site->data;

    if (index >= gen->listed)
        return ACCOUNT_UNLISTED;
    if (index == 0)
        return 0;
    return chance(gen, DRAW_ROW, index, HIDDEN_PERCENT) ? ACCOUNT_HIDDEN : 0;
}

static void account(const struct site *site, size_t index, struct text *out)
{
    static const char *const types[] = {"atlassian", "app", "customer"};
    const struct gen *gen = site->data;
    uint64_t draw = gen_hash(gen, DRAW_ROW, index) / 100;
    bool active = gen_active(gen, index);
    bool erased = !active && draw % 100 < ERASED_PERCENT;
    char id[GEN_ID_BYTES];
    char key[GEN_ID_BYTES];

    gen_id(gen, index, id);
    gen_key(gen, index, key);
    text_fmt(out, "{\"accountId\":\"%s\",\"accountType\":\"%s\",",
             gen_placeholder(gen, index) ? "unknown" : id,
             types[gen_person(gen, index)]);
    if (!erased && draw / 100 % 100 >= NO_MAIL_PERCENT)
        text_fmt(out, "\"emailAddress\":\"user%zu@example.test\",", index);
    text_str(out, "\"displayName\":");
    if (erased)
        text_str(out, "\"Former user\"");
    else
        display_name(gen, index, out);
    text_fmt(out, ",\"active\":%s", active ? "true" : "false");
    if (!erased)
        text_str(out, ",\"timeZone\":\"Europe/Paris\",\"locale\":\"en_GB\"");
    text_fmt(out, ",\"_key\":\"%s\"", key);
    if (flags(site, index) & ACCOUNT_HIDDEN)
        text_str(out, ",\"_hidden\":true");
    if (flags(site, index) & ACCOUNT_UNLISTED)
        text_str(out, ",\"_unlisted\":true");
    text_str(out, "}");
}

static void record(const struct site *site, size_t index, struct text *out)
{
    gen_record(site->data, index, out);
}

static int64_t record_at(const struct site *site, size_t index)
{
    return gen_record_at(site->data, index);
}

static const struct site_ops generated_ops = {
    .account = account,
    .flags = flags,
    .by_id = by_id,
    .by_key = by_key,
    .bridge = bridge,
    .record = record,
    .record_at = record_at,
    .key_row = key_row,
    .release = free,
};

static enum gen_keys keys_named(const char *name)
{
    static const char *const names[] = {"ug", "id", "mixed"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(names[i], name) == 0)
            return (enum gen_keys)i;
    }
    die(EX_USAGE, "--generate: keys must be ug, id or mixed");
}

static uint64_t number(const char *text, const char *name)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0')
        die(EX_USAGE, "--generate: %s is not a number", name);
    return value;
}

static int percent(const char *text, const char *name)
{
    uint64_t value = number(text, name);

    if (value > ABOUT_MAX)
        die(EX_USAGE, "--generate: %s must be at most %d", name, ABOUT_MAX);
    return (int)value;
}

static void setting(struct site *site, struct gen *gen, const char *name,
                    const char *value)
{
    enum stamp_zone zone;

    if (strcmp(name, "users") == 0)
        gen->listed = number(value, name);
    else if (strcmp(name, "records") == 0)
        gen->records = number(value, name);
    else if (strcmp(name, "seed") == 0)
        gen->seed = number(value, name);
    else if (strcmp(name, "keys") == 0)
        gen->keys = keys_named(value);
    else if (strcmp(name, "about") == 0)
        gen->about = percent(value, name);
    else if (strcmp(name, "now") != 0)
        die(EX_USAGE, "--generate: unknown setting %s", name);
    else if (!stamp_parse(value, &site->now, &zone))
        die(EX_USAGE, "--generate: now is not a time");
}

static void parse_spec(struct site *site, struct gen *gen, const char *spec)
{
    char *copy = must_copy(spec, strlen(spec));
    char *rest = copy;
    char *part;

    while ((part = strsep(&rest, ",")) != NULL) {
        char *value = part;
        const char *name = strsep(&value, "=");

        if (value == NULL)
            die(EX_USAGE, "--generate: %s has no value", name);
        setting(site, gen, name, value);
    }
    free(copy);
    if (gen->listed == 0)
        die(EX_USAGE, "--generate: needs users=N");
}

void site_generate(struct site *site, const char *spec)
{
    struct gen *gen = must_alloc(sizeof(*gen));
    enum stamp_zone zone;
    char caller[GEN_ID_BYTES];
    int64_t blocks;

    *site = (struct site){.ops = &generated_ops, .data = gen};
    *gen = (struct gen){.seed = 1, .about = ABOUT_STORIES};
    stamp_parse("2026-11-23T00:00:00Z", &site->now, &zone);
    parse_spec(site, gen, spec);
    gen->total = gen->listed + gen->listed / 100 + 3;
    gen->end = site->now - NEWEST_AGE_MS;
    blocks = (int64_t)gen->records / 8 + 1;
    gen->block_span = LOG_SPAN_MS / blocks;
    gen_id(gen, 0, caller);
    site->base_url = must_copy("https://acme.atlassian.net", 26);
    site->cloud_id = must_copy("b3a1c5d2-0000-4000-8000-00000000acee", 36);
    site->user = must_copy("svc@example.test", 16);
    site->caller = must_copy(caller, strlen(caller));
    site->account_count = gen->total;
    site->record_count = gen->records;
    if (gen->records > 0)
        site->last_record_id = gen_record_id(gen, 0);
}
