/* Byte 0: what the rest is: the answer of a token endpoint, a token, or the
 * URL of a next page. */
#include "buf.h"
#include "expiry.h"
#include "fuzz.h"
#include "oauth.h"
#include "request.h"

static const struct endpoint endpoint = {.name = "jira",
                                         .url = "https://h.test"};

static void read_grant(const char *text, size_t len)
{
    struct oauth_grant grant = {0};
    struct error err = {0};
    int result = oauth_read(&endpoint, text, len, &grant, &err);

    require_error(result, &err);
    require(result != 0 || grant.access.text != NULL);
    require(grant.lifetime_ms >= 0);
    if (grant.scopes != NULL)
        oauth_covers(grant.scopes, (const char *const[]){"a", "b", NULL});
    oauth_grant_release(&grant);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned form = fuzz_byte(&data, &size) % 3;
    char *text = fuzz_text(data, size), told[EXPIRY_TEXT_MAX];
    struct buf value;

    buf_init(&value, REQUEST_BYTES_MAX);
    if (form == 0)
        read_grant(text, size);
    else if (form == 1 && expiry_of_jwt(text) != EXPIRY_UNKNOWN)
        expiry_text(expiry_of_jwt(text), 0, told);
    else if (form == 2 && request_query_value(text, "cursor", &value) == 0)
        require(!value.failed || value.full);
    buf_release(&value);
    free(text);
    return 0;
}
