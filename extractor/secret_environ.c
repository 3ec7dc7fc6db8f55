#include "secret_parts.h"

#include <stdlib.h>
#include <string.h>

extern char **environ;

static bool names(const struct secret_ref *ref, const char *variable)
{
    size_t len;

    if (ref->kind != SECRET_ENV || ref->name == NULL)
        return false;
    len = strlen(ref->name);
    return strncmp(variable, ref->name, len) == 0 && variable[len] == '=';
}

static bool is_secret(const struct job *job, const char *variable)
{
    if (job->has_sign && names(&job->sign, variable))
        return true;
    for (size_t i = 0; i < job->endpoint_count; i++) {
        const struct endpoint *endpoint = &job->endpoints[i];

        if (names(&endpoint->secret, variable) ||
            names(&endpoint->oauth.refresh, variable))
            return true;
    }
    return false;
}

char **secret_environ(const struct job *job)
{
    size_t count = 0, kept = 0;
    char **list;

    while (environ[count] != NULL)
        count++;
    list = malloc((count + 1) * sizeof(*list));
    if (list == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!is_secret(job, environ[i]))
            list[kept++] = environ[i];
    }
    list[kept] = NULL;
    return list;
}
