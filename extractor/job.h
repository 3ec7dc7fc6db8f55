/*
 * job: the job file, read strictly.
 *
 * job_load() reads FILE (JSON with comments), checks every key and value and
 * fills the struct, defaults included; all mistakes of the file are reported
 * in one error (ERROR_CONFIG, exit 78) that names file, path such as
 * "limits.rate.jira", and the nearest known key. Secrets are references only;
 * nothing is resolved here (see secret.h). Relative paths in the job are made
 * absolute against the job file's folder. job_free() releases everything.
 *
 * Several sites: "sites" lists them, each with a name and what is its own:
 * endpoints, files, mappings, events, keys, limits, guards, state, actions.
 * What a site does not say it has from the top of the job, key by key; but an
 * endpoint, "files" and "mappings" are taken whole or not at all, so that no
 * secret goes to an address it was not written beside. The rates at the top
 * are each site's own. Without "state" a site's is in a folder of its name
 * beside the job's; runs and deliveries of a site are in such a folder too.
 * job_load() checks all sites and gives the top; job_load_site() gives one
 * site's job, as if it had been written alone, and ERROR_USAGE when there is
 * no such site.
 */
#ifndef ROLLCALL_JOB_H
#define ROLLCALL_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "csv.h"
#include "error.h"

enum auth_type {
    AUTH_NONE,
    AUTH_BASIC,
    AUTH_BEARER,
    AUTH_COOKIE,
    AUTH_OAUTH_CLIENT, /* RFC 6749, 4.4: client credentials */
    AUTH_OAUTH_REFRESH /* RFC 6749, 6: a refresh token, rotated */
};
enum secret_kind { SECRET_ENV, SECRET_FILE, SECRET_COMMAND };

struct secret_ref {
    enum secret_kind kind;
    const char *name;         /* ENV: variable; FILE: absolute path */
    const char *const *argv;  /* COMMAND: NULL terminated */
};

/* Where access tokens come from. */
struct oauth_settings {
    const char *token_url;        /* https, or http on loopback */
    const char *client_id;
    const char *const *scopes;    /* NULL terminated, or NULL: all it has */
    const char *audience;         /* or NULL */
    struct secret_ref refresh;    /* AUTH_OAUTH_REFRESH: the first one */
    const char *token_file;       /* absolute; where the newest one is kept */
};

struct endpoint {
    const char *name;         /* "jira", "admin", "adminhub", or any word */
    const char *url;          /* no trailing '/'; https, or http on loopback */
    const char *organisation; /* for {organisation}; NULL when not given */
    const char *directory;    /* for {directory}; default "-" */
    const char *site;         /* for {site}; NULL when not given */
    const char *ca_file;      /* PEM bundle instead of the system's, or NULL */
    enum auth_type auth;
    const char *user;         /* AUTH_BASIC */
    const char *cookie;       /* AUTH_COOKIE: cookie name */
    struct secret_ref secret; /* all but AUTH_NONE; the client's with OAuth */
    struct oauth_settings oauth; /* AUTH_OAUTH_* */
    int64_t expires;          /* the day somebody noted on which the secret
                                 ends, an instant; 0: nobody did */
    int64_t rate_count;       /* requests per rate_per_ms; 0: no own limit */
    int64_t rate_per_ms;
};

/* Files that somebody exported by hand, for the sources that ask for `name`.
 * They are read in this order. */
struct job_file {
    const char *name;
    struct job_path {
        const char *given; /* as the job has it */
        const char *path;  /* absolute */
    } *paths;
    size_t count;
};

enum { JOB_TARGETS_MAX = 16 };

enum target_type { TARGET_S3, TARGET_AZURE, TARGET_SFTP, TARGET_DIR };

/* Where published runs are delivered to. prefix, url of SFTP and path may hold
 * {date}, the day of the as-of time (2026-11-23), and {run}. */
struct job_target {
    enum target_type type;
    const char *name;         /* own, or "deliver[0]" */
    const char *url;          /* S3: the endpoint, without bucket; Azure: of the
                                 container; SFTP: of a folder */
    const char *prefix;       /* S3, Azure: before every name; "" or ending in
                                 '/' */
    const char *ca_file;      /* S3, Azure; or NULL */
    const char *bucket, *region;
    bool path_style;          /* S3: bucket in the path, not in the host */
    const char *access_key;   /* S3: itself, or NULL: in access_key_ref */
    struct secret_ref access_key_ref, secret, session_token;
    bool has_session_token;
    uint64_t multipart_above; /* S3: bytes */
    struct secret_ref sas;    /* Azure */
    const char *user;         /* SFTP */
    const char *key_file, *known_hosts, *fingerprint; /* one of the last two */
    struct secret_ref passphrase;
    bool has_passphrase;
    const char *path;         /* dir: absolute */
};

enum no_access { NO_ACCESS_FAIL, NO_ACCESS_ALLOW };
enum zero_rows { ZERO_ROWS_FAIL, ZERO_ROWS_ALLOW };
enum layout { LAYOUT_FLAT, LAYOUT_HIVE };
enum compression { COMPRESSION_GZIP, COMPRESSION_NONE };

enum { JOB_SITES_MAX = 64, JOB_SITE_NAME_MAX = 32 };
enum site_failure { SITE_FAILURE_FAIL, SITE_FAILURE_PUBLISH_OTHERS };
enum sites_output { SITES_APART, SITES_TOGETHER };

/* Files for PowerCenter beside a dataset's done file; see
 * companion.h. */
struct companions {
    bool lst, par;
    const char *section; /* of the parameter files: "Global" */
};

struct job {
    const char *path;   /* as given */
    const char *folder; /* absolute folder of the file */
    char sha256[65];    /* of the file's bytes, for the manifest */
    struct endpoint *endpoints;
    size_t endpoint_count;
    struct job_file *files;
    size_t file_count;
    const char *const *mappings; /* names or files, NULL terminated */
    const char *const *sites;    /* names; NULL: the job has no "sites" */
    size_t site_count;
    const char *site;            /* whose job this is; NULL: the top */
    enum site_failure on_site_failure; /* "fail" */

    struct {
        int64_t lookback_ms;     /* "180d" */
        int64_t overlap_ms;      /* "24h" */
        int64_t settle_ms;       /* "5m": the newest records may still move */
        enum no_access no_access; /* "fail": the log must be readable */
    } events;
    struct {
        const char *map_file;    /* CSV user_key,account_id; NULL: none */
    } keys;
    struct {
        int concurrency;         /* 4; 1 to 32 */
        int64_t retry_for_ms;    /* "15m" */
        int64_t run_for_ms;      /* "6h" */
        int sites;               /* 4 at a time; 1 to JOB_SITES_MAX */
    } limits;
    struct {
        int64_t min_users;            /* 1 */
        int64_t max_new_inactive_ppm; /* "20%" of all users */
        int64_t max_placeholders_ppm; /* "20%" of all users: without a real
                                         id, or inactive and nameless */
        int64_t max_fewer_users_ppm;  /* "20%" of the users of the run
                                         published before */
        int64_t max_export_age_ms;    /* "48h": of a file at the as-of time */
        int64_t max_rejects;          /* 10 records refused by all sources */
        enum zero_rows zero_rows;     /* "fail" */
    } guards;
    struct {
        const char *dir;         /* "out" */
        bool csv, jsonl;         /* both */
        enum layout layout;      /* "flat" */
        enum sites_output sites; /* "apart" */
        enum compression compression; /* "gzip" */
        const char *redshift_url; /* s3://…, no trailing '/'; NULL: none */
        uint64_t part_size;      /* "200MiB" of compressed bytes */
        struct companions companions; /* none */
        mode_t file_mode;        /* "0600" */
        mode_t dir_mode;         /* "0700" */
        struct csv_dialect dialect; /* "csv": {"preset": …, own settings} */
    } output;
    const char *state;           /* "state/rollcall.db" */
    struct {
        const char *journal;     /* "journal.jsonl" in the folder of state */
    } actions;
    struct secret_ref sign;      /* the private key that signs manifests */
    bool has_sign;
    struct job_target *targets;  /* "deliver" */
    size_t target_count;
    struct arena arena;          /* owns every text above */
};

int job_load(struct job *job, const char *path, struct error *err);
/* site NULL: job_load(). */
int job_load_site(struct job *job, const char *path, const char *site,
                  struct error *err);
void job_free(struct job *job);

/* A key that a job file may have, from the tables of the reader. */
struct job_key {
    const char *path;     /* "endpoints.NAME.auth(basic).user" */
    const char *type;     /* "text", "fail or allow" */
    const char *fallback; /* or NULL */
    const char *help;
    bool required;        /* where what it stands in is there */
};
typedef void job_key_fn(const struct job_key *key, void *context);
/* Calls fn with every key, what a key holds right behind it. */
void job_describe(job_key_fn *fn, void *context);

/* NULL when the job has no endpoint of that name. */
const struct endpoint *job_endpoint(const struct job *job, const char *name);
/* Where its runs go: dir, or else output.dir; of a site the folder of its name
 * in there. NULL: memory is out. */
const char *job_out_dir(struct job *job, const char *dir);

/* [a-z0-9][a-z0-9_-]{0,31}, and not "latest". */
bool job_site_name_valid(const char *name);

/* NULL when the job names no files for it. */
const struct job_file *job_file(const struct job *job, const char *name);

#endif
