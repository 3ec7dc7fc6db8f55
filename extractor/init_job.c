#include <string.h>

#include "init.h"
#include "jsonw.h"

typedef void write_fn(struct jsonw *w, const char *text);

static void write_text(struct jsonw *w, const char *text)
{
    jsonw_text(w, NULL, text);
}

/* Elements of a text, each up to `end`; bytes of `skip` before it are none of
 * it. */
static void write_parts(struct jsonw *w, const char *text, const char *skip,
                        const char *end)
{
    char part[INIT_ANSWER_MAX + 1];

    for (text += strspn(text, skip); *text != '\0';
         text += strspn(text, skip)) {
        size_t len = strcspn(text, end);

        if (len > INIT_ANSWER_MAX)
            len = INIT_ANSWER_MAX;
        memcpy(part, text, len);
        part[len] = '\0';
        jsonw_text(w, NULL, part);
        text += len;
    }
}

static void write_list(struct jsonw *w, const char *text)
{
    jsonw_array(w, NULL);
    write_parts(w, text, ", ", ",");
    jsonw_array_end(w);
}

/* "env:NAME" -> {"env":"NAME"}; the words are those of the job file. */
static void write_secret(struct jsonw *w, const char *text)
{
    const char *rest = strchr(text, ':');
    char kind[16];
    size_t len = rest != NULL ? (size_t)(rest - text) : 0;

    if (len == 0 || len >= sizeof(kind))
        return;
    memcpy(kind, text, len);
    kind[len] = '\0';
    jsonw_object(w, NULL);
    if (strcmp(kind, "command") == 0) {
        jsonw_array(w, kind);
        write_parts(w, rest + 1, " ", " ");
        jsonw_array_end(w);
    } else {
        jsonw_text(w, kind, rest + 1);
    }
    jsonw_object_end(w);
}

static write_fn *const writers[INIT_QUESTIONS] = {
    [INIT_SITE] = write_text,
    [INIT_ACCESS] = write_text,
    [INIT_USER] = write_text,
    [INIT_COOKIE] = write_text,
    [INIT_TOKEN_URL] = write_text,
    [INIT_CLIENT_ID] = write_text,
    [INIT_REFRESH_TOKEN] = write_secret,
    [INIT_SECRET] = write_secret,
    [INIT_ORGANISATION] = write_text,
    [INIT_ORGANISATION_URL] = write_text,
    [INIT_ORGANISATION_SECRET] = write_secret,
    [INIT_MAPPING] = write_list,
    [INIT_OUT] = write_text,
    [INIT_FORMATS] = write_list,
};

/* A part of the file, written when the answer to `needs` begins with `word`;
 * see init_answered(). '$' is replaced by the answers in `holes`, in order. */
static const struct part {
    const char *text;
    enum init_question holes[2];
    enum init_question needs;
    const char *word;
} parts[] = {
    {"// The job of rollcall for one site. Comments are allowed; lines that "
     "begin with //\n// and a comma show further keys and their defaults. No "
     "secret stands in here.\n"
     "{\n"
     "  \"endpoints\": {\n"
     "    \"jira\": {\n"
     "      \"url\": $,\n"
     "      \"auth\": {\n"
     "        \"type\": $,\n",
     {INIT_SITE, INIT_ACCESS}, INIT_SITE, NULL},
    {"        \"user\": $,\n", {INIT_USER}, INIT_ACCESS, "basic"},
    {"        \"name\": $,\n", {INIT_COOKIE}, INIT_ACCESS, "cookie"},
    {"        \"token_url\": $,\n        \"client_id\": $,\n",
     {INIT_TOKEN_URL, INIT_CLIENT_ID}, INIT_ACCESS, "oauth_"},
    {"        // only the first one: the newest is kept in token_file\n"
     "        \"refresh_token\": $,\n"
     "        \"token_file\": \"state/jira.token\",\n",
     {INIT_REFRESH_TOKEN}, INIT_ACCESS, "oauth_refresh"},
    {"        \"secret\": $\n"
     "        // the day on which it ends, to be warned two weeks before\n"
     "        // , \"expires\": \"2027-03-01\"\n"
     "      }\n"
     "    }",
     {INIT_SECRET}, INIT_SITE, NULL},
    {",\n"
     "    // the organisation: its directory and its audit log\n"
     "    \"admin\": {\n"
     "      \"url\": $,\n"
     "      \"organisation\": $,\n",
     {INIT_ORGANISATION_URL, INIT_ORGANISATION}, INIT_ORGANISATION, NULL},
    {"      \"auth\": {\n"
     "        \"type\": \"bearer\",\n"
     "        \"secret\": $\n"
     "        // , \"expires\": \"2027-03-01\"\n"
     "      }\n"
     "    }",
     {INIT_ORGANISATION_SECRET}, INIT_ORGANISATION, NULL},
    {"\n"
     "  },\n"
     "\n"
     "  // datasets: names of shipped mappings, or files of your own\n"
     "  \"mappings\": $,\n"
     "\n"
     "  // relative to the folder of this file\n",
     {INIT_MAPPING}, INIT_SITE, NULL},
    {"  \"output\": {\n"
     "    \"dir\": $,\n"
     "    \"formats\": $\n",
     {INIT_OUT, INIT_FORMATS}, INIT_SITE, NULL},
    {"    // PowerCenter's dialect of CSV\n"
     "    // , \"csv\": {\"preset\": \"powercenter\"}\n",
     {0}, INIT_FORMATS, "csv"},
    {"    // , \"layout\": \"flat\", \"compression\": \"gzip\", "
     "\"part_size\": \"200MiB\"\n"
     "  },\n"
     "\n"
     "  // what is known from run to run; may be deleted\n"
     "  \"state\": \"state/rollcall.db\"\n"
     "\n"
     "  // , \"events\": {\"lookback\": \"180d\", \"no_access\": \"fail\"}\n"
     "  // , \"limits\": {\"concurrency\": 4, \"rate\": {\"jira\": \"10/s\"},\n"
     "  //              \"retry_for\": \"15m\", \"run_for\": \"6h\"}\n"
     "  // , \"guards\": {\"min_users\": 1, \"max_new_inactive\": \"20%\",\n"
     "  //              \"zero_rows\": \"fail\"}\n"
     "}\n",
     {0}, INIT_SITE, NULL},
};

static void write_part(const struct part *part,
                       const struct init_answers *answers, struct buf *out)
{
    const enum init_question *hole = part->holes;

    for (const char *c = part->text; *c != '\0'; c++) {
        struct jsonw w;

        if (*c != '$') {
            buf_putc(out, *c);
            continue;
        }
        jsonw_init(&w, out, 0);
        writers[*hole](&w, answers->texts[*hole]);
        hole++;
    }
}

void init_job(const struct init_answers *answers, struct buf *out)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (init_answered(answers, parts[i].needs, parts[i].word))
            write_part(&parts[i], answers, out);
    }
}
