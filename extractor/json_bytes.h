/*
 * json_bytes: where a string's plain part ends, sixteen bytes at a time where
 * the machine can. The text must be followed by sixteen bytes that can be read
 * and of which one is NUL, as a scan's copy is. Private to json*.c.
 */
#ifndef ROLLCALL_JSON_BYTES_H
#define ROLLCALL_JSON_BYTES_H

#ifdef __SSE2__
#include <emmintrin.h>

/* The closing quote and the control characters become the lowest of all values
 * by one exclusive or: '"' ^ 2 is a blank, and what is below a blank stays so.
 * Seen as signed, those beyond ASCII are below it too. */
enum { BYTES_QUOTE_FLIP = 2 };

static inline __m128i bytes_load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i bytes_flipped(__m128i bytes)
{
    return _mm_xor_si128(bytes, _mm_set1_epi8(BYTES_QUOTE_FLIP));
}

/* A bit for each of the sixteen bytes at p that is a quote, a backslash, a
 * control character or one beyond ASCII. */
static inline unsigned bytes_not_plain(const char *p)
{
    __m128i bytes = bytes_load(p);
    __m128i low =
        _mm_cmplt_epi8(bytes_flipped(bytes), _mm_set1_epi8(' ' + 1));
    __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, slash));
}

/* The same without those beyond ASCII. */
static inline unsigned bytes_not_text(const char *p)
{
    __m128i bytes = bytes_load(p), flipped = bytes_flipped(bytes);
    __m128i low = _mm_cmpeq_epi8(
        _mm_min_epu8(flipped, _mm_set1_epi8(' ')), flipped);
    __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, slash));
}
#endif

/* The first byte from p on that is a quote, a backslash, a control character
 * or one beyond ASCII. */
static inline char *bytes_plain(char *p)
{
#ifdef __SSE2__
    unsigned found;

    while ((found = bytes_not_plain(p)) == 0)
        p += sizeof(__m128i);
    return p + __builtin_ctz(found);
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
    unsigned found;

    while ((found = bytes_not_text(p)) == 0)
        p += sizeof(__m128i);
    return p + __builtin_ctz(found);
#else
    while ((unsigned char)*p >= ' ' && *p != '"' && *p != '\\')
        p++;
    return p;
#endif
}

#endif
