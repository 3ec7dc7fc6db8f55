/*
 * scenario: what shall go wrong. README.md has the file format.
 *
 * Everything but the counters is fixed after scenario_load(). An unknown
 * member is an error, so that a misspelt fault does not pass for a test.
 */
#ifndef FAKESITE_SCENARIO_H
#define FAKESITE_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct numbers {
    size_t *values;
    size_t count;
};

/* Accounts that go or come after so many user list requests. */
struct move {
    bool given;
    size_t requests;
    struct numbers indexes;
};

struct users_faults {
    size_t page_cap; /* 0: none */
    struct numbers drop;
    struct move delete_after;
    struct move add_after;
    bool shuffle;
};

enum audit_empty { AUDIT_EMPTY_NEVER, AUDIT_EMPTY_DATED, AUDIT_EMPTY_ALL };

struct audit_faults {
    size_t page_cap;
    bool total_lies;
    bool total_fixed;
    size_t total;
    size_t add_requests;
    size_t add_records;
    enum audit_empty empty;
    size_t repeat_border;
};

struct keys_faults {
    size_t page_cap;
    const cJSON *drop;    /* array of keys, or NULL */
    const cJSON *unknown; /* array of keys, or NULL */
};

enum stream_end {
    STREAM_END_NULL,  /* an empty page without a cursor */
    STREAM_END_SHORT, /* the last page has no cursor */
    STREAM_END_CURSOR /* a cursor for ever */
};

enum session_end { SESSION_END_401, SESSION_END_REDIRECT, SESSION_END_HTML };

enum org_log { ORG_LOG_OPEN, ORG_LOG_EMPTY, ORG_LOG_DENIED };

/* Of the organisation's interfaces. */
struct org_faults {
    bool old_site; /* knows no POST …/users/search */
    enum stream_end stream_end;
    enum session_end session_end;
    bool session_ends;
    size_t session_after; /* requests */
    enum org_log log;
    bool late;
    size_t late_after; /* requests for events */
    size_t page_cap;
    bool next_is_url;      /* in v2 too */
    const char *next_host; /* of full URLs, or NULL */
    bool flat_profile;
    unsigned write_status; /* 200 or 204 */
    int64_t minute_ms;
    const cJSON *per_minute; /* {route: requests}, or NULL */
};

/* Of the token endpoint and its tokens. */
struct oauth_faults {
    bool expires;
    size_t expires_after; /* requests */
    int64_t expires_in;   /* seconds, told and kept; 0: an hour is told */
    bool grace;           /* the refresh token before the newest still works */
    bool keeps;           /* refresh tokens do not rotate */
};

struct limit {
    double per_second; /* 0: none */
    const char *form;  /* of Retry-After */
    int retry_after;   /* seconds */
    size_t after;      /* requests that are free */
    double tokens;
    int64_t filled_at;
};

struct rule {
    const cJSON *json;
    size_t seen; /* requests that met path and query */
};

struct scenario {
    int latency_ms;
    bool keep;  /* pages are made once */
    bool plain; /* no answer is packed */
    struct users_faults users;
    struct audit_faults audit;
    struct keys_faults keys;
    struct limit limit;
    struct org_faults org;
    struct oauth_faults oauth;
    struct rule *rules;
    size_t rule_count;
    cJSON *json; /* owns every text above */
};

/* PATH may be NULL: nothing goes wrong. */
void scenario_load(struct scenario *scenario, const char *path);

void scenario_free(struct scenario *scenario);

const char *rule_text(const struct rule *rule, const char *name,
                      const char *otherwise);
double rule_number(const struct rule *rule, const char *name, double otherwise);

#endif
