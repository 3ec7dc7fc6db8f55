#include "nearest.h"

#include <stdio.h>
#include <string.h>

enum {
    WORD_MAX = 64,  /* longer words are not compared */
    SHORT_WORD = 3, /* up to here only one edit is near */
    FAR = 1000,
    CUT_ROOM = 8 /* kept free in the list for ", …" */
};

void nearest_start(struct nearest *nearest, const char *word)
{
    memset(nearest, 0, sizeof(*nearest));
    nearest->word = word;
    nearest->distance = FAR;
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One row of the edit distance table from the two rows above it. */
static void next_row(size_t rows[3][WORD_MAX + 1], size_t i, const char *a,
                     const char *b)
{
    size_t *row = rows[i % 3], *up = rows[(i + 2) % 3];
    size_t *up2 = rows[(i + 1) % 3];
    size_t len = strlen(b);

    row[0] = i;
    for (size_t j = 1; j <= len; j++) {
        size_t cost = fold(a[i - 1]) == fold(b[j - 1]) ? 0 : 1;

        row[j] = least(least(up[j], row[j - 1]) + 1, up[j - 1] + cost);
        if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
            fold(a[i - 2]) == fold(b[j - 1]))
            row[j] = least(row[j], up2[j - 2] + 1);
    }
}

static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t a_len = strlen(a), b_len = strlen(b);

    if (a_len > WORD_MAX || b_len > WORD_MAX)
        return FAR;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++)
        next_row(rows, i, a, b);
    return rows[a_len % 3][b_len];
}

static void list(struct nearest *nearest, const char *known)
{
    const char *comma = nearest->used != 0 ? ", " : "";
    size_t need = strlen(comma) + strlen(known);
    char *end = nearest->known + nearest->used;

    if (nearest->used >= NEAREST_LIST_MAX)
        return;
    if (nearest->used + need + CUT_ROOM > NEAREST_LIST_MAX) {
        snprintf(end, NEAREST_LIST_MAX - nearest->used, "%s…", comma);
        nearest->used = NEAREST_LIST_MAX;
        return;
    }
    snprintf(end, NEAREST_LIST_MAX - nearest->used, "%s%s", comma, known);
    nearest->used += need;
}

void nearest_offer(struct nearest *nearest, const char *known)
{
    size_t distance = edit_distance(nearest->word, known);

    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->best = known;
    }
    list(nearest, known);
}

const char *nearest_word(const struct nearest *nearest)
{
    size_t limit = strlen(nearest->word) <= SHORT_WORD ? 1 : 2;

    return nearest->distance <= limit ? nearest->best : NULL;
}

void nearest_advice(const struct nearest *nearest, char *out, size_t size)
{
    const char *word = nearest_word(nearest);

    if (word != NULL)
        snprintf(out, size, "did you mean \"%s\"?", word);
    else if (nearest->used != 0)
        snprintf(out, size, "expected one of %s", nearest->known);
    else
        snprintf(out, size, "none is known here");
}
