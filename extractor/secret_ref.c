#include "secret_ref.h"

#include <ctype.h>
#include <string.h>

enum { ENV_NAME_MAX = 64 };

/* A token pasted in place of a name is caught here in most cases: it is
 * longer, or holds '-', '=', '.' or '/'. */
static bool env_name(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > ENV_NAME_MAX || isdigit((unsigned char)text[0]))
        return false;
    for (; *text != '\0'; text++) {
        if (!isalnum((unsigned char)*text) && *text != '_')
            return false;
    }
    return true;
}

static void read_env(struct spec *spec, const struct spec_node *node, void *out)
{
    struct secret_ref *ref = out;
    const char *name = spec_text(spec, node);

    if (name == NULL)
        return;
    if (!env_name(name)) {
        spec_problem(spec, node,
                     "is not the name of an environment variable; put the "
                     "secret into a variable and its name here");
        return;
    }
    ref->kind = SECRET_ENV;
    ref->name = name;
}

static void read_file(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct secret_ref *ref = out;

    ref->kind = SECRET_FILE;
    ref->name = spec_absolute(spec, spec_text(spec, node));
}

/* A program without '/' is looked up in PATH, as a shell would. */
static void read_command(struct spec *spec, const struct spec_node *node,
                         void *out)
{
    struct secret_ref *ref = out;
    const char **argv;
    size_t count = 0;

    if (!spec_is(spec, node, JSON_ARRAY))
        return;
    argv = spec_alloc(spec, json_size(node->json) + 1, sizeof(*argv));
    if (argv == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, count);

        argv[count] = spec_any_text(spec, &child);
        if (argv[count++] == NULL)
            return;
    }
    if (count == 0 || argv[0][0] == '\0') {
        spec_problem(spec, node, "expected [\"program\", \"argument\", …]");
        return;
    }
    if (strchr(argv[0], '/') != NULL)
        argv[0] = spec_absolute(spec, argv[0]);
    ref->kind = SECRET_COMMAND;
    ref->argv = argv;
}

static const struct spec_field with_command[] = {
    {.key = "env", .kind = SPEC_CUSTOM, .read = read_env},
    {.key = "file", .kind = SPEC_CUSTOM, .read = read_file},
    {.key = "command", .kind = SPEC_CUSTOM, .read = read_command},
    {0},
};

static const struct spec_field without_command[] = {
    {.key = "env", .kind = SPEC_CUSTOM, .read = read_env},
    {.key = "file", .kind = SPEC_CUSTOM, .read = read_file},
    {0},
};

bool secret_ref_read(struct spec *spec, const struct spec_node *node,
                     bool allow_command, struct secret_ref *out)
{
    const struct spec_field *fields =
        allow_command ? with_command : without_command;

    memset(out, 0, sizeof(*out));
    if (json_type(node->json) != JSON_OBJECT) {
        spec_problem(spec, node,
                     "a secret is never written into a file; put it into an "
                     "environment variable and write {\"env\": \"NAME\"}%s",
                     allow_command ? ", or use \"file\" or \"command\""
                                   : ", or use \"file\"");
        return false;
    }
    if (json_size(node->json) != 1) {
        spec_problem(spec, node, "expected exactly one of env, file%s",
                     allow_command ? ", command" : "");
        return false;
    }
    spec_object(spec, node, fields, out);
    return out->name != NULL || out->argv != NULL;
}
