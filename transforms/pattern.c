#include "pattern.h"

#include <errno.h>
#include <string.h>

/* Whether the expression has alternatives that stand in no group. In doubt,
 * which a bracket expression leaves, it has. */
static bool may_have_alternatives(const char *text)
{
    size_t depth = 0;

    for (; *text != '\0'; text++) {
        if (*text == '[' || (*text == '|' && depth == 0))
            return true;
        if (*text == '\\' && text[1] != '\0')
            text++;
        else if (*text == '(')
            depth++;
        else if (*text == ')' && depth > 0)
            depth--;
    }
    return false;
}

/* Bytes of a text beyond ASCII are left out: a character may be several. */
static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7F && strchr(".[]()*+?{}|^$\\", c) == NULL;
}

/* A quantifier is of the character before it, which then may be missing. */
static size_t start_length(const char *text)
{
    size_t len = 0;

    while (is_plain(text[len]))
        len++;
    return len > 0 && text[len] != '\0' && strchr("*+?{", text[len]) != NULL
               ? len - 1
               : len;
}

enum pattern_result pattern_compile(struct pattern *pattern, const char *text,
                                    char reason[PATTERN_REASON_MAX])
{
    int code = regcomp(&pattern->regex, text, REG_EXTENDED | REG_NOSUB);

    if (code == REG_ESPACE)
        return PATTERN_NO_MEMORY;
    if (code != 0) {
        regerror(code, &pattern->regex, reason, PATTERN_REASON_MAX);
        return PATTERN_WRONG;
    }
    pattern->compiled = true;
    if (*text == '^' && !may_have_alternatives(text)) {
        pattern->start = text + 1;
        pattern->start_len = start_length(text + 1);
    }
    return PATTERN_GOOD;
}

/* glibc's regexec() says REG_NOMATCH for a lack of memory too; only errno
 * tells them apart. */
bool pattern_matches(const struct pattern *pattern, const char *text,
                     bool *no_memory)
{
    int code;

    if (strncmp(text, pattern->start_len > 0 ? pattern->start : "",
                pattern->start_len) != 0)
        return false;
    errno = 0;
    code = regexec(&pattern->regex, text, 0, NULL, 0);
    if (code != 0 && errno == ENOMEM && no_memory != NULL)
        *no_memory = true;
    return code == 0;
}

void pattern_release(struct pattern *pattern)
{
    if (pattern->compiled)
        regfree(&pattern->regex);
    pattern->compiled = false;
}
