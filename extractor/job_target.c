/* The keys of a target of "deliver", by its type. */
#include <ctype.h>
#include <string.h>

#include "http.h"
#include "job_read.h"
#include "secret_ref.h"

#define MULTIPART_LEAST INT64_C(5) * 1024 * 1024        /* what S3 allows */
#define MULTIPART_MOST  INT64_C(5) * 1024 * 1024 * 1024 /* one PUT */

enum {
    NAME_MAX_LENGTH = 64,
    BUCKET_LEAST = 3,
    BUCKET_MOST = 63,
    FINGERPRINT_LENGTH = 43 /* base64 of 32 bytes, without padding */
};

static const char *const types[] = {"s3", "azure", "sftp", "dir", NULL};

/* A path of the target's: no step upwards, no empty step, only placeholders
 * that are known. */
static bool place_is_good(struct spec *spec, const struct spec_node *node,
                          const char *text)
{
    const char *p = text;

    for (; (p = strpbrk(p, "{}")) != NULL; p += strcspn(p, "}") + 1) {
        if (strncmp(p, "{date}", 6) == 0 || strncmp(p, "{run}", 5) == 0)
            continue;
        spec_problem(spec, node, "expected no braces but {date} and {run}");
        return false;
    }
    for (p = text; *p != '\0'; p++) {
        if (iscntrl((unsigned char)*p)) {
            spec_problem(spec, node, "holds a control character");
            return false;
        }
    }
    for (p = text; p != NULL; p = strchr(p, '/')) {
        size_t len;

        p += *p == '/';
        len = strcspn(p, "/");
        if ((len == 1 && p[0] == '.') || (len == 2 && !memcmp(p, "..", 2)) ||
            (len == 0 && *p == '/')) {
            spec_problem(spec, node, "holds an empty step, \".\" or \"..\"");
            return false;
        }
    }
    return true;
}

/* A prefix is a folder to who reads the files, so it ends in '/'. */
static void read_prefix(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    const char *text = spec_any_text(spec, node);
    size_t len;

    if (text == NULL || !place_is_good(spec, node, text))
        return;
    len = strlen(text);
    if (text[0] == '/') {
        spec_problem(spec, node, "must not begin with '/'");
        return;
    }
    if (len > 0 && text[len - 1] != '/')
        text = arena_printf(spec->arena, "%s/", text);
    spec->no_memory |= text == NULL;
    *(const char **)out = text;
}

static void read_path(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    const char *text = spec_text(spec, node);

    if (text != NULL)
        *(const char **)out = spec_absolute(spec, text);
    if (text != NULL && strpbrk(text, "{}") != NULL)
        place_is_good(spec, node, text);
}

static void read_name(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    const char *name = spec_text(spec, node);

    if (name == NULL)
        return;
    *(const char **)out = name;
    for (const char *p = name; *p != '\0'; p++) {
        if (isgraph((unsigned char)*p) && p - name < NAME_MAX_LENGTH)
            continue;
        spec_problem(spec, node,
                     "a target's name is 1 to %d printable ASCII "
                     "characters without blanks",
                     NAME_MAX_LENGTH);
        return;
    }
}

static void read_secret(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    secret_ref_read(spec, node, true, out);
}

/* An access key is no secret, but temporary ones come with the secret. */
static void read_access_key(struct spec *spec, const struct spec_node *node,
                            void *out)
{
    struct job_target *target = out;
    const char *key;

    if (json_type(node->json) == JSON_OBJECT) {
        secret_ref_read(spec, node, true, &target->access_key_ref);
        return;
    }
    key = target->access_key = spec_text(spec, node);
    for (; key != NULL && *key != '\0'; key++) {
        if (isgraph((unsigned char)*key) && strchr("/,", *key) == NULL)
            continue;
        spec_problem(spec, node,
                     "expected an access key id, without blanks, '/' and ','");
        return;
    }
}

static void read_session_token(struct spec *spec, const struct spec_node *node,
                               void *out)
{
    struct job_target *target = out;

    target->has_session_token =
        secret_ref_read(spec, node, true, &target->session_token);
}

static void read_passphrase(struct spec *spec, const struct spec_node *node,
                            void *out)
{
    struct job_target *target = out;

    target->has_passphrase =
        secret_ref_read(spec, node, true, &target->passphrase);
}

static void read_bucket(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    const char *bucket = spec_text(spec, node);
    size_t len = bucket != NULL ? strlen(bucket) : 0;

    if (bucket == NULL)
        return;
    if (len < BUCKET_LEAST || len > BUCKET_MOST ||
        strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != len ||
        strchr(".-", bucket[0]) != NULL)
        spec_problem(spec, node,
                     "expected the name of a bucket, such as \"audit-logs\"");
    *(const char **)out = bucket;
}

static void read_region(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    const char *region = spec_text(spec, node);

    if (region != NULL &&
        region[strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
        spec_problem(spec, node, "expected a region, such as \"eu-central-1\"");
    *(const char **)out = region;
}

static void read_sftp_url(struct spec *spec, const struct spec_node *node,
                          void *out)
{
    const char *url = spec_text(spec, node);
    const char *path = url != NULL ? strstr(url, "://") : NULL;
    struct buf bare;
    int allowed;

    if (url == NULL)
        return;
    /* The braces of placeholders aside, which a URL must not hold. */
    buf_init(&bare, strlen(url));
    for (const char *p = url; *p != '\0'; p++)
        if (strchr("{}", *p) == NULL)
            buf_putc(&bare, *p);
    allowed = buf_ok(&bare) ? http_sftp_url_allowed(bare.data) : -1;
    buf_release(&bare);
    path = path != NULL ? strchr(path + 3, '/') : NULL;
    if (allowed < 0)
        spec->no_memory = true;
    else if (allowed == 0 || path == NULL)
        spec_problem(spec, node,
                     "expected sftp://HOST/PATH or "
                     "sftp://HOST:PORT/PATH without user (see \"user\"); the "
                     "path of letters, digits and /._~=+@,:- only");
    else if (place_is_good(spec, node, path + 1))
        *(const char **)out = url;
}

/* The key stays in its file, because that is how libssh2 takes it. */
static void read_key(struct spec *spec, const struct spec_node *node, void *out)
{
    struct secret_ref ref;

    if (!secret_ref_read(spec, node, false, &ref))
        return;
    if (ref.kind != SECRET_FILE)
        spec_problem(spec, node, "expected {\"file\": PATH} of a private key");
    else
        *(const char **)out = ref.name;
}

/* As `ssh-keygen -l` prints it. */
static void read_fingerprint(struct spec *spec, const struct spec_node *node,
                             void *out)
{
    static const char before[] = "SHA256:";
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *text = spec_text(spec, node);

    if (text == NULL)
        return;
    if (strncmp(text, before, strlen(before)) != 0 ||
        strlen(text) != strlen(before) + FINGERPRINT_LENGTH ||
        text[strlen(before) + strspn(text + strlen(before), base64)] != '\0') {
        spec_problem(spec, node,
                     "expected SHA256: and 43 more characters, as "
                     "ssh-keygen -l prints it");
        return;
    }
    *(const char **)out = text + strlen(before);
}

#define FIELD(key_, member, kind_, ...)                                        \
    {                                                                          \
        .key = key_, .kind = kind_,                                            \
        .offset = offsetof(struct job_target, member), __VA_ARGS__             \
    }
#define CUSTOM(key_, member, reader, ...)                                      \
    FIELD(key_, member, SPEC_CUSTOM, .read = reader, __VA_ARGS__)
/* A reader that sees the whole target. */
#define WHOLE(key_, reader, ...)                                               \
    {                                                                          \
        .key = key_, .kind = SPEC_CUSTOM, .read = reader, __VA_ARGS__          \
    }
#define NEEDED .required = true
#define ANY_TARGET                                                             \
    FIELD("type", type, SPEC_ENUM, NEEDED, .words = types,                     \
          .help = "kind of target"),                                           \
        CUSTOM("name", name, read_name, .type = "text",                        \
               .help = "of the target in reports", .fallback = "deliver[N]")

static const struct spec_field s3_fields[] = {
    ANY_TARGET,
    CUSTOM("bucket", bucket, read_bucket, NEEDED, .help = "of S3",
           .type = "text"),
    CUSTOM("prefix", prefix, read_prefix,
           .help = "before every name; {date} and {run} may stand in it",
           .fallback = "none", .type = "text"),
    CUSTOM("region", region, read_region, NEEDED, .help = "of the bucket",
           .type = "text"),
    CUSTOM("endpoint", url, job_read_url, .help = "another S3 than that of AWS",
           .type = "URL"),
    FIELD("ca_file", ca_file, SPEC_PATH,
          .help = "PEM bundle instead of the system's"),
    WHOLE("access_key", read_access_key, NEEDED, .help = "id of the key",
          .type = "text or secret"),
    CUSTOM("secret", secret, read_secret, NEEDED, .help = "of the key",
           .type = "secret"),
    WHOLE("session_token", read_session_token, .help = "of temporary keys",
          .type = "secret"),
    FIELD("multipart_above", multipart_above, SPEC_SIZE, .min = MULTIPART_LEAST,
          .max = MULTIPART_MOST, .help = "larger files go in pieces",
          .fallback = "1GiB"),
    {0},
};

static const struct spec_field azure_fields[] = {
    ANY_TARGET,
    CUSTOM("url", url, job_read_url, NEEDED, .help = "of the container",
           .type = "URL"),
    CUSTOM("prefix", prefix, read_prefix,
           .help = "before every name; {date} and {run} may stand in it",
           .fallback = "none", .type = "text"),
    FIELD("ca_file", ca_file, SPEC_PATH,
          .help = "PEM bundle instead of the system's"),
    CUSTOM("sas", sas, read_secret, NEEDED, .help = "shared access signature",
           .type = "secret"),
    {0},
};

static const struct spec_field sftp_fields[] = {
    ANY_TARGET,
    CUSTOM("url", url, read_sftp_url, NEEDED,
           .help = "of a folder; {date} and {run} may stand in it",
           .type = "sftp://HOST/PATH"),
    FIELD("user", user, SPEC_TEXT, NEEDED, .help = "to log in as"),
    CUSTOM("key", key_file, read_key, NEEDED,
           .help = "the private key, by file", .type = "secret"),
    WHOLE("passphrase", read_passphrase, .help = "of the key",
          .type = "secret"),
    FIELD("known_hosts", known_hosts, SPEC_PATH,
          .help = "file of host keys; or fingerprint"),
    CUSTOM("fingerprint", fingerprint, read_fingerprint,
           .help = "of the host key; or known_hosts", .type = "text"),
    {0},
};

static const struct spec_field dir_fields[] = {
    ANY_TARGET,
    CUSTOM("path", path, read_path, NEEDED,
           .help = "of a folder; {date} and {run} may stand in it",
           .type = "path"),
    {0},
};

const struct spec_field *const job_target_tables[] = {
    [TARGET_S3] = s3_fields,
    [TARGET_AZURE] = azure_fields,
    [TARGET_SFTP] = sftp_fields,
    [TARGET_DIR] = dir_fields,
    NULL,
};
