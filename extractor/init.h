/*
 * init: what `rollcall init` asks, and the job file its answers make.
 *
 * Calling order: for each question in the order of the enumeration, while
 * init_asked() says that the answers before it call for it: an answer, taken
 * when init_problem() has nothing against it; then init_job(). Pure: whoever
 * asks, and who writes the file, is command_init.c.
 *
 * An answer is a text; a secret is a reference in one word, "env:NAME",
 * "file:PATH" or "command:PROGRAM ARGUMENT…" (parted at blanks). Lists are
 * parted by commas. Texts of answers are the caller's and stay so.
 */
#ifndef ROLLCALL_INIT_H
#define ROLLCALL_INIT_H

#include <stdbool.h>

#include "buf.h"

enum init_question {
    INIT_SITE,
    INIT_ACCESS,
    INIT_USER,
    INIT_COOKIE,
    INIT_TOKEN_URL,
    INIT_CLIENT_ID,
    INIT_REFRESH_TOKEN,
    INIT_SECRET,
    INIT_ORGANISATION,
    INIT_ORGANISATION_URL,
    INIT_ORGANISATION_SECRET,
    INIT_MAPPING,
    INIT_OUT,
    INIT_FORMATS,
    INIT_QUESTIONS
};

enum { INIT_ANSWER_MAX = 1000, INIT_JOB_MAX = 256 * 1024 };

/* NULL: not asked. */
struct init_answers {
    const char *texts[INIT_QUESTIONS];
};

/* The option that answers it, without "--". */
const char *init_name(enum init_question question);
/* For a person: a line or more of what is asked. */
const char *init_help(enum init_question question);
/* What is taken when nothing is said; NULL: there is none. */
const char *init_default(enum init_question question);
/* One that a person is not asked: its default is nearly always right. */
bool init_silent(enum init_question question);

bool init_asked(enum init_question question, const struct init_answers *answers);

/* NULL: the text is an answer. Otherwise what was expected; the text itself is
 * not repeated, for it may be a secret in the wrong place. */
const char *init_problem(enum init_question question, const char *text);

/* Appends the text of the job, with comments. */
void init_job(const struct init_answers *answers, struct buf *out);

/* For the files of this module: whether the answer to `question` begins with
 * `word`; with word NULL, whether there is one, and it is not "none". */
bool init_answered(const struct init_answers *answers,
                   enum init_question question, const char *word);

#endif
