#include "json_names.h"

/* No name has these bytes, because a name begins with a quote. */
static const char none[NAMES_BYTES];

static void forget(struct known_names *known)
{
    for (size_t i = 0; i < NAMES_OF_ONE + NAMES_AHEAD; i++)
        known->names[i] = (struct known_name){
            .text = none, .mask = UINT32_MAX, .len = NAMES_BYTES};
}

/* The place of that kind, or a free one for it; when all are taken, the first
 * that was looked at. */
static struct known_names *kind_of(struct names *names,
                                   const struct json_select *of, size_t depth)
{
    size_t home = names_home(of, depth);

    for (size_t i = 0; i < NAMES_KINDS; i++) {
        struct known_names *known = &names->kinds[(home + i) % NAMES_KINDS];

        if (known->depth == NAMES_FREE ||
            (known->depth == depth && known->of == of))
            return known;
    }
    return &names->kinds[home];
}

struct known_names *names_of_kind(struct names *names,
                                  const struct json_select *of, size_t depth)
{
    struct known_names *known = kind_of(names, of, depth);

    if (known->depth != depth || known->of != of) {
        known->of = of;
        known->depth = depth;
        forget(known);
    }
    return known;
}

void names_learn(struct known_names *known, size_t *place, const char *text,
                 size_t len, const struct json_select *select)
{
    const struct known_name learned = {
        .text = text,
        .mask = len < NAMES_BYTES ? (UINT32_C(1) << len) - 1 : UINT32_MAX,
        .len = (uint32_t)len,
        .select = select,
    };
    size_t ahead = 0;

    if (len > NAMES_BYTES || *place >= NAMES_OF_ONE)
        return;
    while (ahead < NAMES_AHEAD &&
           !names_same(&known->names[*place + ahead], text))
        ahead++;
    if (ahead == NAMES_AHEAD) {
        ahead = 0;
        known->names[*place] = learned;
    }
    *place += ahead + 1;
}
