/*
 * json_bytes: where a string's plain part ends, sixteen bytes at a time where
 * the machine can. The text must be followed by sixteen bytes that can be read
 * and of which one is NUL, as a scan's copy is. Private to json*.c.
 */
#ifndef ROLLCALL_JSON_BYTES_H
#define ROLLCALL_JSON_BYTES_H

#ifdef __SSE2__
#include <emmintrin.h>

/* The first of sixteen bytes whose mask is set, seen from p; NULL: none. */
static inline char *bytes_first(char *p, __m128i found)
{
    int mask = _mm_movemask_epi8(found);

    return mask != 0 ? p + __builtin_ctz((unsigned)mask) : NULL;
}

static inline __m128i bytes_quoting(__m128i bytes)
{
    return _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                        _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
}

static inline __m128i bytes_load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}
#endif

/* The first byte from p on that is a quote, a backslash, a control character
 * or one beyond ASCII. */
static inline char *bytes_plain(char *p)
{
#ifdef __SSE2__
    for (;; p += sizeof(__m128i)) {
        __m128i bytes = bytes_load(p);
        /* Signed, so that 0x80 and above are below a blank as well. */
        __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
        char *first = bytes_first(p, _mm_or_si128(low, bytes_quoting(bytes)));

        if (first != NULL)
            return first;
    }
#else
    while ((unsigned char)*p >= ' ' && (unsigned char)*p < 0x80 && *p != '"' &&
           *p != '\\')
        p++;
    return p;
#endif
}

/* The first byte from p on that is a quote, a backslash or a control
 * character. */
static inline char *bytes_text(char *p)
{
#ifdef __SSE2__
    for (;; p += sizeof(__m128i)) {
        __m128i bytes = bytes_load(p);
        __m128i control = _mm_cmpeq_epi8(
            _mm_min_epu8(bytes, _mm_set1_epi8(' ' - 1)), bytes);
        char *first =
            bytes_first(p, _mm_or_si128(control, bytes_quoting(bytes)));

        if (first != NULL)
            return first;
    }
#else
    while ((unsigned char)*p >= ' ' && *p != '"' && *p != '\\')
        p++;
    return p;
#endif
}

#endif
