#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "spec.h"
#include "temp_file.h"

struct sample {
    const char *text;
    const char *path;
    bool flag;
    int small;
    int64_t duration;
    int64_t share;
    uint64_t size;
    enum { SAMPLE_ONE, SAMPLE_TWO } word;
    const char *const *texts;
    int64_t inner;
};

static const char *const words[] = {"one", "two", NULL};

static const struct spec_field inner_fields[] = {
    {.key = "count",
     .kind = SPEC_INTEGER,
     .required = true,
     .offset = offsetof(struct sample, inner),
     .min = 1,
     .max = 9},
    {0},
};

static const struct spec_field fields[] = {
    {.key = "text", .kind = SPEC_TEXT, .offset = offsetof(struct sample, text)},
    {.key = "path", .kind = SPEC_PATH, .offset = offsetof(struct sample, path)},
    {.key = "flag", .kind = SPEC_BOOL, .offset = offsetof(struct sample, flag)},
    {.key = "small",
     .kind = SPEC_INT,
     .offset = offsetof(struct sample, small),
     .min = 1,
     .max = 32},
    {.key = "duration",
     .kind = SPEC_DURATION,
     .offset = offsetof(struct sample, duration),
     .max = 1000},
    {.key = "share",
     .kind = SPEC_PERCENT,
     .offset = offsetof(struct sample, share),
     .max = 1000000},
    {.key = "size",
     .kind = SPEC_SIZE,
     .offset = offsetof(struct sample, size),
     .max = 4096},
    {.key = "word",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct sample, word),
     .words = words},
    {.key = "texts",
     .kind = SPEC_TEXTS,
     .offset = offsetof(struct sample, texts),
     .min = 1},
    {.key = "inner", .kind = SPEC_OBJECT, .object = inner_fields},
    {0},
};

struct fixture {
    struct temp_folder folder;
    struct arena arena;
    struct sample sample;
    struct error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    temp_folder_make(&f->folder);
    arena_init(&f->arena);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    temp_folder_remove(&f->folder);
    arena_release(&f->arena);
    free(f);
    return 0;
}

static int load(struct fixture *f, const char *text)
{
    const char *path = temp_file(&f->folder, "sample.json", text);
    struct spec spec;
    struct spec_node root;

    memset(&f->sample, 0, sizeof(f->sample));
    error_clear(&f->err);
    if (spec_open(&spec, path, &f->arena, &f->err) != 0)
        return -1;
    root = spec_root(&spec);
    spec_object(&spec, &root, fields, &f->sample);
    return spec_close(&spec, &f->err);
}

static void refuses(struct fixture *f, const char *text, const char *expected)
{
    assert_int_equal(load(f, text), -1);
    assert_int_equal(f->err.kind, ERROR_CONFIG);
    if (strstr(f->err.text, expected) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", expected, f->err.text);
}

static void reads_every_kind(void **state)
{
    struct fixture *f = *state;
    char path[2 * PATH_MAX];

    assert_int_equal(
        load(f, "{/* c */ \"text\": \"t\", \"path\": \"./a/b\", "
                "\"flag\": true, \"small\": 32, \"duration\": \"1s\", "
                "\"share\": \"0.5%\", \"size\": \"4KiB\", \"word\": \"two\", "
                "\"texts\": [\"x\", \"y\"], \"inner\": {\"count\": 9}} // c"),
        0);
    snprintf(path, sizeof(path), "%s/a/b", f->folder.path);
    assert_string_equal(f->sample.text, "t");
    assert_string_equal(f->sample.path, path);
    assert_true(f->sample.flag);
    assert_int_equal(f->sample.small, 32);
    assert_int_equal(f->sample.duration, 1000);
    assert_int_equal(f->sample.share, 5000);
    assert_int_equal(f->sample.size, 4096);
    assert_int_equal(f->sample.word, SAMPLE_TWO);
    assert_string_equal(f->sample.texts[1], "y");
    assert_null(f->sample.texts[2]);
    assert_int_equal(f->sample.inner, 9);
}

static void keeps_absolute_paths(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load(f, "{\"path\": \"/a//b\"}"), 0);
    assert_string_equal(f->sample.path, "/a//b");
}

static void finds_the_folder_through_a_link(void **state)
{
    struct fixture *f = *state;
    struct arena arena;
    struct spec spec;
    char link_path[2 * PATH_MAX];

    temp_file(&f->folder, "sample.json", "{}");
    snprintf(link_path, sizeof(link_path), "%s.link", f->folder.path);
    assert_int_equal(symlink(f->folder.path, link_path), 0);
    strcat(link_path, "/sample.json");
    arena_init(&arena);
    assert_int_equal(spec_open(&spec, link_path, &arena, &f->err), 0);
    assert_string_equal(spec.folder, f->folder.path);
    assert_int_equal(spec_close(&spec, &f->err), 0);
    arena_release(&arena);
    *strrchr(link_path, '/') = '\0';
    unlink(link_path);
}

static void names_path_and_nearest_key(void **state)
{
    struct fixture *f = *state;

    refuses(f, "{\"durtaion\": \"1s\"}",
            "sample.json: unknown key \"durtaion\"; did you mean "
            "\"duration\"?");
    refuses(f, "{\"inner\": {\"zzz\": 1, \"count\": 1}}",
            "inner: unknown key \"zzz\"; expected one of count");
    refuses(f, "{\"inner\": {}}", "inner.count: missing");
    refuses(f, "{\"texts\": [\"a\", 7]}",
            "texts[1]: expected string, found number");
    refuses(f, "{\"word\": \"tow\"}",
            "word: unknown word \"tow\"; did you mean \"two\"?");
}

static void refuses_what_json_libraries_let_pass(void **state)
{
    struct fixture *f = *state;

    refuses(f, "{\"flag\": true, \"flag\": true}", "flag: given twice");
    refuses(f, "{\"Flag\": true}", "did you mean \"flag\"?");
    refuses(f, "{\"flag\": null}", "flag: expected boolean, found null");
    refuses(f, "{\"small\": \"4\"}", "small: expected number, found string");
    refuses(f, "{\"small\": 4.0}", "found 4.0");
    refuses(f, "{\"text\": \"\"}", "text: must not be empty");
    refuses(f, "{\"text\": \"\xff\"}", "not valid UTF-8");
    refuses(f, "{\"texts\": [\"a\", \"a\"]}", "texts[1]: given twice");
    refuses(f, "{\"texts\": []}", "texts: must not be empty");
    refuses(f, "[]", "expected object, found array");
}

static void keeps_ranges(void **state)
{
    struct fixture *f = *state;

    refuses(f, "{\"small\": 33}", "from 1 to 32, found 33");
    refuses(f, "{\"small\": 4294967297}", "found 4294967297");
    refuses(f, "{\"duration\": \"2s\"}", "0 to 1000 milliseconds");
    refuses(f, "{\"duration\": \"1 s\"}", "such as \"15m\"");
    refuses(f, "{\"share\": \"101%\"}", "out of range");
    refuses(f, "{\"size\": \"99999999999999TiB\"}", "such as \"200MiB\"");
}

static void tells_all_mistakes_at_once(void **state)
{
    struct fixture *f = *state;

    refuses(f, "{\"x\": 1, \"small\": 0, \"word\": 1}", "3 mistakes");
    assert_non_null(strstr(f->err.text, "unknown key \"x\""));
    assert_non_null(strstr(f->err.text, "small: "));
    assert_non_null(strstr(f->err.text, "word: "));
}

static void tells_missing_from_wrong(void **state)
{
    struct fixture *f = *state;
    struct spec spec;

    assert_int_equal(
        spec_open(&spec, "/nonexistent/x.json", &f->arena, &f->err), -1);
    assert_int_equal(f->err.kind, ERROR_NO_INPUT);
    refuses(f, "{\"a\": }", "sample.json");
}

static const char *near(const char *word, const char *known)
{
    struct nearest nearest;

    nearest_start(&nearest, word);
    nearest_offer(&nearest, "organisation");
    nearest_offer(&nearest, known);
    return nearest_word(&nearest);
}

static void finds_near_words(void **state)
{
    (void)state;
    assert_string_equal(near("lookbck", "lookback"), "lookback");
    assert_string_equal(near("LOOKBACK", "lookback"), "lookback");
    assert_string_equal(near("ulr", "url"), "url");
    assert_string_equal(near("organistaoin", "url"), "organisation");
    assert_null(near("uu", "url"));
    assert_null(near("lookkkkback", "lookback"));
    assert_null(near("", "url"));
}

static void cuts_long_lists(void **state)
{
    char advice[NEAREST_ADVICE_MAX];
    struct nearest nearest;

    (void)state;
    nearest_start(&nearest, "something");
    for (int i = 0; i < 100; i++)
        nearest_offer(&nearest, "a_rather_long_word");
    nearest_advice(&nearest, advice, sizeof(advice));
    assert_true(strlen(advice) < NEAREST_ADVICE_MAX - 1);
    assert_string_equal(advice + strlen(advice) - strlen(", …"), ", …");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_every_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_absolute_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_the_folder_through_a_link, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(names_path_and_nearest_key, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(refuses_what_json_libraries_let_pass,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_ranges, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_all_mistakes_at_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(tells_missing_from_wrong, setup,
                                        teardown),
        cmocka_unit_test(finds_near_words),
        cmocka_unit_test(cuts_long_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
