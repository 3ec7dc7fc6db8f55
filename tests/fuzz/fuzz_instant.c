/* Byte 0: how the rest is read. An instant is the same in every writing. */
#include "fuzz.h"
#include "instant.h"

static void write_and_read(int64_t instant)
{
    char text[INSTANT_TEXT_MAX], compact[INSTANT_TEXT_MAX];
    int64_t again;

    instant_rfc3339(instant, text);
    require(instant_parse(text, INSTANT_ISO8601, &again) == 0);
    require(again == instant);
    instant_rfc3339_ms(instant, text);
    require(instant_parse(text, INSTANT_ISO8601, &again) == 0);
    require(again == instant);
    require(instant_parse_lenient(text, &again) == 0 && again == instant);
    instant_compact(instant, compact);
    require(strlen(compact) == strlen("20261123T020000Z"));
    require(instant_format(instant, "%Y-%m-%d %H:%M:%S.%f", 0, text,
                           sizeof(text)) == 0);
    require(instant_parse_format(text, "%Y-%m-%d %H:%M:%S.%f", &again) == 0);
    require(again == instant);
}

/* A format, a line end, and what is read by it. */
static void by_format(char *text)
{
    char *rest = strchr(text, '\n'), out[INSTANT_TEXT_MAX];
    int64_t instant;

    if (rest == NULL)
        return;
    *rest++ = '\0';
    if (instant_parse_format(rest, text, &instant) == 0 &&
        instant_format(instant, text, 0, out, sizeof(out)) == 0)
        write_and_read(instant);
    instant_format(1795399200123, text, 90, out, sizeof(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned form = fuzz_byte(&data, &size) % (INSTANT_FORMAT_COUNT + 2);
    char *text = fuzz_text(data, size);
    int64_t instant;
    int result = -1;

    if (form < INSTANT_FORMAT_COUNT)
        result = instant_parse(text, (enum instant_format)form, &instant);
    else if (form == INSTANT_FORMAT_COUNT)
        result = instant_parse_lenient(text, &instant);
    else
        by_format(text);
    if (result == 0)
        write_and_read(instant);
    free(text);
    return 0;
}
