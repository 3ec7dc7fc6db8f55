#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "http_internal.h"

static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789-._~";

static bool host_is_loopback(const char *host)
{
    char inner[INET6_ADDRSTRLEN];
    struct in6_addr six;
    struct in_addr four;
    size_t len = strlen(host);

    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    if (len < 2 || host[0] != '[' || len - 2 >= sizeof(inner))
        return false;
    memcpy(inner, host + 1, len - 2);
    inner[len - 2] = '\0';
    return inet_pton(AF_INET6, inner, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

struct url_facts {
    bool no_memory; /* and then nothing else */
    bool valid, https, http, loopback;
};

static struct url_facts url_facts(const char *text)
{
    struct url_facts facts = {0};
    char *scheme = NULL, *host = NULL;
    CURLU *url = curl_url();
    CURLUcode code = CURLUE_OUT_OF_MEMORY;

    if (url != NULL)
        code = curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    if (code == CURLUE_OK)
        code = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
    if (code == CURLUE_OK)
        code = curl_url_get(url, CURLUPART_HOST, &host, 0);
    facts.no_memory = code == CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK) {
        facts.valid = true;
        facts.https = strcmp(scheme, "https") == 0;
        facts.http = strcmp(scheme, "http") == 0;
        facts.loopback = host_is_loopback(host);
    }
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return facts;
}

int http_request_url_allowed(const char *url)
{
    struct url_facts facts = url_facts(url);

    if (facts.no_memory)
        return -1;
    return facts.valid && strchr(url, '#') == NULL &&
           (facts.https || (facts.http && facts.loopback));
}

/* '@' and '?' are looked for in the text itself, because the parser forgets
 * an empty user part and an empty query. */
int http_url_allowed(const char *url)
{
    return strpbrk(url, "@?\\") == NULL ? http_request_url_allowed(url) : 0;
}

/* In the host too, so that no command can hold anything else. */
int http_sftp_url_allowed(const char *url)
{
    static const char scheme[] = "sftp://";
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789"
                                "-._~/=+@,:[]";
    const char *host = url + strlen(scheme), *path;
    struct url_facts facts;

    if (strncmp(url, scheme, strlen(scheme)) != 0 ||
        host[strspn(host, plain)] != '\0')
        return 0;
    path = strchr(host, '/');
    if (path == NULL || memchr(host, '@', (size_t)(path - host)) != NULL ||
        strpbrk(path, "[]") != NULL)
        return 0;
    facts = url_facts(url);
    return facts.no_memory ? -1 : facts.valid;
}

int http_url_is_loopback(const char *url)
{
    struct url_facts facts = url_facts(url);

    return facts.no_memory ? -1 : facts.loopback;
}

void http_encode(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr(unreserved, *text) != NULL)
            buf_putc(out, *text);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
    }
}
