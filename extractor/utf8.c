#include "utf8.h"

size_t utf8_length(const char *text)
{
    static const struct {
        unsigned char first, last, low, high; /* lead; bounds of the next */
        size_t length;
    } forms[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const unsigned char *p = (const unsigned char *)text;

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        size_t k = 2;

        if (p[0] < forms[i].first || p[0] > forms[i].last)
            continue;
        if (forms[i].length == 1)
            return 1;
        if (p[1] < forms[i].low || p[1] > forms[i].high)
            return 0;
        while (k < forms[i].length && (p[k] & 0xc0) == 0x80)
            k++;
        return k == forms[i].length ? k : 0;
    }
    return 0;
}

bool utf8_valid(const char *text)
{
    while (*text != '\0') {
        size_t length = utf8_length(text);

        if (length == 0)
            return false;
        text += length;
    }
    return true;
}
