#include <ctype.h>
#include <string.h>

#include "http.h"
#include "init.h"
#include "utf8.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { ENV_NAME_MAX = 64 };

typedef const char *problem_fn(const char *text);

/* Any text; what is common to all is checked in init_problem(). */
static const char *text_problem(const char *text)
{
    (void)text;
    return NULL;
}

/* A page of the site instead of its address is the common slip. */
static const char *site_problem(const char *text)
{
    static const char cloud[] = ".atlassian.net/";
    const char *host = strstr(text, cloud);

    if (http_url_allowed(text) == 0)
        return "expected the site's address, as https://NAME.atlassian.net, "
               "without user or query (http:// for loopback only)";
    if (host != NULL && host[sizeof(cloud) - 1] != '\0')
        return "expected the site's address alone, as "
               "https://NAME.atlassian.net, not one of its pages";
    return NULL;
}

static const char *url_problem(const char *text)
{
    return http_url_allowed(text) != 0
               ? NULL
               : "expected https://HOST or https://HOST/PATH without user or "
                 "query (http:// for loopback only)";
}

static const char *access_problem(const char *text)
{
    static const char *const words[] = {"basic", "bearer", "cookie",
                                        "oauth_client", "oauth_refresh"};

    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcmp(text, words[i]) == 0)
            return NULL;
    }
    return "expected basic, bearer, cookie, oauth_client or oauth_refresh";
}

static const char *user_problem(const char *text)
{
    return strchr(text, ':') == NULL
               ? NULL
               : "expected the account's e-mail address, without ':'";
}

static const char *cookie_problem(const char *text)
{
    for (; *text != '\0'; text++) {
        if (!isalnum((unsigned char)*text) &&
            strchr("!#$%&'*+-.^_`|~", *text) == NULL)
            return "expected the name of a cookie";
    }
    return NULL;
}

static bool is_variable(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > ENV_NAME_MAX || isdigit((unsigned char)*name))
        return false;
    for (; *name != '\0'; name++) {
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    }
    return true;
}

static const char *secret_problem(const char *text)
{
    if (strncmp(text, "env:", 4) == 0)
        return is_variable(text + 4)
                   ? NULL
                   : "expected the name of an environment variable behind "
                     "env:, not the secret itself";
    if (strncmp(text, "file:", 5) == 0 && text[5] != '\0')
        return NULL;
    if (strncmp(text, "command:", 8) == 0 && text[8 + strspn(text + 8, " ")])
        return NULL;
    return "expected env:NAME, file:PATH or command:PROGRAM, never the secret "
           "itself";
}

static const char *list_problem(const char *text)
{
    size_t len = strlen(text);

    if (text[0] == ',' || text[len - 1] == ',' || strstr(text, ",,") != NULL)
        return "expected names parted by commas";
    return NULL;
}

static const char *formats_problem(const char *text)
{
    static const char *const lists[] = {"csv", "jsonl", "csv,jsonl",
                                        "jsonl,csv"};

    for (size_t i = 0; i < COUNT(lists); i++) {
        if (strcmp(text, lists[i]) == 0)
            return NULL;
    }
    return "expected csv, jsonl or csv,jsonl";
}

static const struct {
    const char *name, *standard, *help;
    problem_fn *problem;
    const char *word; /* of the answer to `needs`; see init_answered() */
    enum init_question needs; /* itself: always asked */
    bool silent;
} questions[INIT_QUESTIONS] = {
    [INIT_SITE] = {"url", NULL,
                   "Address of the site, as https://NAME.atlassian.net. A "
                   "token with scopes, or OAuth,\nworks only at "
                   "https://api.atlassian.com/ex/jira/CLOUD_ID",
                   site_problem, NULL, INIT_SITE, false},
    [INIT_ACCESS] = {"access", "basic",
                     "How the site is entered: basic (API token of an "
                     "account), bearer (another token),\ncookie (a session), "
                     "oauth_client (service account), oauth_refresh (3LO app)",
                     access_problem, NULL, INIT_ACCESS, false},
    [INIT_USER] = {"user", NULL, "E-mail address of the token's account",
                   user_problem, "basic", INIT_ACCESS, false},
    [INIT_COOKIE] = {"cookie", "cloud.session.token", "Name of the cookie",
                     cookie_problem, "cookie", INIT_ACCESS, false},
    [INIT_TOKEN_URL] = {"token-url", "https://auth.atlassian.com/oauth/token",
                        "Where OAuth tokens are given out", url_problem,
                        "oauth_", INIT_ACCESS, true},
    [INIT_CLIENT_ID] = {"client-id", NULL, "OAuth client id", text_problem,
                        "oauth_", INIT_ACCESS, false},
    [INIT_REFRESH_TOKEN] = {"refresh-token", "env:JIRA_FIRST_REFRESH_TOKEN",
                            "Where the first refresh token is, as a secret "
                            "below",
                            secret_problem, "oauth_refresh", INIT_ACCESS,
                            false},
    [INIT_SECRET] = {"secret", "env:JIRA_API_TOKEN",
                     "Where the token, cookie or client secret is: env:NAME "
                     "(an environment variable),\nfile:PATH (readable by you "
                     "alone) or command:PROGRAM ARGUMENTS (what it prints).\n"
                     "Never the secret itself",
                     secret_problem, NULL, INIT_SECRET, false},
    [INIT_ORGANISATION] = {"organisation", "none",
                           "Id of the organisation, where you have an API key "
                           "of it: it knows more of its\naccounts and who "
                           "changed them; none: Jira alone",
                           text_problem, NULL, INIT_ORGANISATION, false},
    [INIT_ORGANISATION_URL] = {"organisation-url", "https://api.atlassian.com",
                               "Where the organisation is asked", url_problem,
                               NULL, INIT_ORGANISATION, true},
    [INIT_ORGANISATION_SECRET] = {"organisation-secret",
                                  "env:ATLASSIAN_ORG_KEY",
                                  "Where the organisation's API key is, in "
                                  "the same way",
                                  secret_problem, NULL, INIT_ORGANISATION,
                                  false},
    [INIT_MAPPING] = {"mapping", "inactive_users",
                      "Datasets: inactive_users, all_users, user_events, "
                      "access_changes; in a\njob of their own, with an "
                      "organisation: idle_users, inactive_users_org.\n"
                      "Several are parted by commas",
                      list_problem, NULL, INIT_MAPPING, false},
    [INIT_OUT] = {"out", "out", "Folder of the files, seen from the job file's",
                  text_problem, NULL, INIT_OUT, false},
    [INIT_FORMATS] = {"formats", "csv,jsonl",
                      "Formats: csv, jsonl or csv,jsonl", formats_problem,
                      NULL, INIT_FORMATS, false},
};

const char *init_name(enum init_question question)
{
    return questions[question].name;
}

const char *init_help(enum init_question question)
{
    return questions[question].help;
}

const char *init_default(enum init_question question)
{
    return questions[question].standard;
}

bool init_silent(enum init_question question)
{
    return questions[question].silent;
}

bool init_answered(const struct init_answers *answers,
                   enum init_question question, const char *word)
{
    const char *text = answers->texts[question];

    if (word == NULL)
        return text != NULL && strcmp(text, "none") != 0;
    return text != NULL && strncmp(text, word, strlen(word)) == 0;
}

bool init_asked(enum init_question question, const struct init_answers *answers)
{
    enum init_question needs = questions[question].needs;

    return needs == question ||
           init_answered(answers, needs, questions[question].word);
}

const char *init_problem(enum init_question question, const char *text)
{
    if (*text == '\0')
        return "expected an answer";
    if (strlen(text) > INIT_ANSWER_MAX)
        return "expected less text";
    if (!utf8_valid(text))
        return "expected UTF-8";
    for (const char *c = text; *c != '\0'; c++) {
        if (iscntrl((unsigned char)*c))
            return "expected text without control characters";
    }
    return questions[question].problem(text);
}
