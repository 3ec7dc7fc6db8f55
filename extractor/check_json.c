#include "check.h"

#include <string.h>

#include "expiry.h"
#include "jsonw.h"

static void put_texts(struct jsonw *w, const char *name,
                      const char *const *texts)
{
    jsonw_array(w, name);
    for (; texts != NULL && *texts != NULL; texts++)
        jsonw_text(w, NULL, *texts);
    jsonw_array_end(w);
}

static void put_answer(struct jsonw *w, const char *name,
                       enum check_answer answer)
{
    if (answer == CHECK_UNKNOWN)
        jsonw_null(w, name);
    else
        jsonw_bool(w, name, answer == CHECK_YES);
}

static void put_number(struct jsonw *w, const char *name, bool known,
                       int64_t value)
{
    if (known)
        jsonw_int(w, name, value);
    else
        jsonw_null(w, name);
}

static void put_time(struct jsonw *w, const char *name, bool known,
                     int64_t value)
{
    if (known)
        jsonw_instant(w, name, value);
    else
        jsonw_null(w, name);
}

static void put_needs(struct jsonw *w, const struct source *source)
{
    if (source == NULL) {
        jsonw_null(w, "needs");
        return;
    }
    jsonw_object(w, "needs");
    jsonw_text_or_null(w, "permission", source->needs_permission);
    put_texts(w, "scopes", source->needs_scopes);
    put_texts(w, "granular", source->needs_granular);
    jsonw_text_or_null(w, "how", source->needs_how);
    jsonw_object_end(w);
}

static void put_error(struct jsonw *w, const struct error *error)
{
    if (error->kind == ERROR_NONE) {
        jsonw_null(w, "error");
        return;
    }
    jsonw_object(w, "error");
    jsonw_text(w, "kind", error_kind_name(error->kind));
    jsonw_text(w, "message", error->text);
    jsonw_text_or_null(w, "hint", error->hint[0] != '\0' ? error->hint : NULL);
    jsonw_object_end(w);
}

static void put_row(struct jsonw *w, const struct check_row *row)
{
    jsonw_object(w, NULL);
    jsonw_text(w, "name", row->name);
    jsonw_text(w, "kind", row->kind);
    jsonw_text_or_null(w, "endpoint",
                       row->endpoint != NULL ? row->endpoint->name : NULL);
    jsonw_text_or_null(w, "url",
                       row->endpoint != NULL ? row->endpoint->url : NULL);
    jsonw_text(w, "verdict", check_verdict_word(row->verdict));
    put_answer(w, "reachable", row->reachable);
    put_answer(w, "permitted", row->permitted);
    put_number(w, "status", row->status != 0, row->status);
    put_number(w, "rows", row->has_rows, (int64_t)row->rows);
    put_time(w, "oldest", row->has_oldest, row->oldest);
    put_time(w, "newest", row->has_newest, row->newest);
    put_needs(w, row->source);
    if (row->scopes_known)
        put_texts(w, "lacks", row->lacks);
    else
        jsonw_null(w, "lacks");
    jsonw_text_or_null(w, "note", row->note[0] != '\0' ? row->note : NULL);
    put_error(w, &row->error);
    jsonw_object_end(w);
}

/* The parts of a text between blanks. */
static void put_words(struct jsonw *w, const char *name, const char *text)
{
    jsonw_array(w, name);
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        struct buf word;

        buf_init(&word, len);
        buf_append(&word, text, len);
        if (len > 0)
            jsonw_text(w, NULL, word.data);
        w->out->failed |= !buf_ok(&word);
        buf_release(&word);
        text += len;
        text += strspn(text, " ");
    }
    jsonw_array_end(w);
}

static void put_login(struct jsonw *w, const struct check *check,
                      const struct check_login *login)
{
    struct buf warning;

    buf_init(&warning, CHECK_NOTE_MAX);
    jsonw_object(w, NULL);
    jsonw_text(w, "endpoint", login->endpoint->name);
    jsonw_text(w, "url", login->endpoint->url);
    put_time(w, "expires", login->expiry != EXPIRY_UNKNOWN, login->expiry);
    if (login->scopes != NULL)
        put_words(w, "scopes", login->scopes);
    else
        jsonw_null(w, "scopes");
    jsonw_text_or_null(
        w, "warning",
        check_login_warning(check, login, &warning) ? warning.data : NULL);
    jsonw_object_end(w);
    w->out->failed |= buf_no_memory(&warning);
    buf_release(&warning);
}

void check_json(const struct check *check, struct buf *out)
{
    const struct setup *setup = check->setup;
    struct jsonw w;

    jsonw_init(&w, out, 2);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "job", setup->job.path);
    jsonw_text(&w, "verdict",
               check->first.kind == ERROR_NONE ? "ok" : "failed");
    jsonw_int(&w, "exit", error_exit_code(&check->first));
    jsonw_array(&w, "datasets");
    for (size_t i = 0; i < setup->mapping_count; i++) {
        jsonw_object(&w, NULL);
        jsonw_text(&w, "name", setup->mappings[i].rules.schema.name);
        jsonw_text(&w, "mapping", setup->mappings[i].path);
        jsonw_object_end(&w);
    }
    jsonw_array_end(&w);
    jsonw_array(&w, "sources");
    for (size_t i = 0; i < check->row_count; i++)
        put_row(&w, &check->rows[i]);
    jsonw_array_end(&w);
    jsonw_array(&w, "credentials");
    for (size_t i = 0; i < check->login_count; i++)
        put_login(&w, check, &check->logins[i]);
    jsonw_array_end(&w);
    jsonw_object_end(&w);
    buf_putc(out, '\n');
}
