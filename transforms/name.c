#include "name.h"

#include <string.h>

enum { FORM_EMAIL = 0xFF, FORM_APP = 0xFE, HEX_ID_LEN = 24, UUID_LEN = 36 };

static const char hex_digits[] = "0123456789abcdefABCDEF";

bool name_is_address(const char *text)
{
    const char *at = strchr(text, '@');

    return at != NULL && at != text && at[1] != '\0';
}

static bool is_uuid(const char *id)
{
    if (strlen(id) != UUID_LEN)
        return false;
    for (size_t i = 0; i < UUID_LEN; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (hyphen ? id[i] != '-' : strchr(hex_digits, id[i]) == NULL)
            return false;
    }
    return true;
}

bool name_is_account_shaped(const char *id)
{
    size_t len = strlen(id);

    if (len == HEX_ID_LEN && strspn(id, hex_digits) == len)
        return true;
    return strchr(id, ':') != NULL || is_uuid(id);
}

static size_t make(int form, const char *text, char *out, size_t size)
{
    size_t len = strlen(text);

    if (len + 2 > size)
        return 0;
    out[0] = (char)form;
    memcpy(out + 1, text, len + 1);
    return len + 2;
}

size_t name_from_email(const char *address, char *out, size_t size)
{
    size_t used = make(FORM_EMAIL, address, out, size);

    for (size_t i = 1; i < used; i++) {
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] - 'A' + 'a');
    }
    return used;
}

size_t name_from_app(const char *id, char *out, size_t size)
{
    return make(FORM_APP, id, out, size);
}

bool name_is_email(const char *name)
{
    return (unsigned char)*name == FORM_EMAIL;
}

bool name_is_app(const char *name)
{
    return (unsigned char)*name == FORM_APP;
}

const char *name_id(const char *name)
{
    if (name_is_email(name))
        return NULL;
    return name_is_app(name) ? name + 1 : name;
}

const char *name_shown(const char *name)
{
    return name_is_email(name) || name_is_app(name) ? name + 1 : name;
}
