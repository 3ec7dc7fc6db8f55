#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "html.h"

enum { TEXT_MAX = 1024 * 1024 };

struct stage {
    struct buf out;
    size_t writes, fail_at; /* 0: never */
    struct html html;
    struct error err;
};

static int take(void *context, const void *data, size_t len,
                struct error *err)
{
    struct stage *stage = context;

    if (++stage->writes == stage->fail_at)
        return error_set(err, ERROR_IO, "no room");
    return buf_append(&stage->out, data, len);
}

static int setup(void **state)
{
    struct stage *stage = test_calloc(1, sizeof(*stage));

    buf_init(&stage->out, TEXT_MAX);
    html_init(&stage->html, take, stage, &stage->err);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    buf_release(&stage->out);
    test_free(stage);
    return 0;
}

/* What was written since the last call. */
static void expect(struct stage *stage, const char *text)
{
    assert_int_equal(html_finish(&stage->html), 0);
    assert_string_equal(stage->out.data, text);
    buf_reset(&stage->out);
}

static void texts_are_no_markup(void **state)
{
    struct stage *stage = *state;

    html_text(&stage->html, "<b title=\"a\" o='1'>&amp;</b>");
    expect(stage, "&lt;b title=&quot;a&quot; o=&#39;1&#39;&gt;&amp;amp;"
                  "&lt;/b&gt;");
    html_text(&stage->html, "");
    expect(stage, "");
    html_text(&stage->html, "tab\tline\nbell\x07 del\x7f Zo\xc3\xab");
    expect(stage, "tab\tline\nbell\xef\xbf\xbd del\xef\xbf\xbd Zo\xc3\xab");
}

static void json_ends_no_script(void **state)
{
    struct stage *stage = *state;

    html_json(&stage->html, "</script><!-- & \"q\" \\ \n");
    expect(stage, "\"\\u003c/script\\u003e\\u003c!-- \\u0026 \\\"q\\\" \\\\ "
                  "\\u000a\"");
    html_json(&stage->html, "a\xe2\x80\xa8z\xe2\x80\xa9" "e\xe2\x80\xa6");
    expect(stage, "\"a\\u2028z\\u2029e\xe2\x80\xa6\"");
    html_json(&stage->html, "cut \xe2\x80");
    expect(stage, "\"cut \xe2\x80\"");
}

static void elements(void **state)
{
    struct stage *stage = *state;

    html_element(&stage->html, "td class=\"n\"", "1 < 2");
    expect(stage, "<td class=\"n\">1 &lt; 2</td>");
    html_format(&stage->html, "<p id=\"%s\">%d", "x", 7);
    expect(stage, "<p id=\"x\">7");
}

static void counts(void **state)
{
    static const struct {
        uint64_t count;
        const char *text;
    } cases[] = {{0, "0"},          {999, "999"},
                 {1000, "1,000"},   {1234567, "1,234,567"},
                 {200000, "200,000"},
                 {UINT64_MAX, "18,446,744,073,709,551,615"}};
    char text[HTML_COUNT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(html_count_text(cases[i].count, text),
                            cases[i].text);
}

/* Longer than a chunk, and pieces that end anywhere in it. */
static void long_documents(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 20000; i++)
        html_raw(&stage->html, "abcdefg");
    assert_int_equal(html_finish(&stage->html), 0);
    assert_int_equal(stage->out.len, 140000);
    assert_int_equal(stage->writes, 140000 / HTML_CHUNK + 1);
    for (size_t i = 0; i < stage->out.len; i++)
        assert_int_equal(stage->out.data[i], "abcdefg"[i % 7]);
}

static void first_failure_stays(void **state)
{
    struct stage *stage = *state;

    stage->fail_at = 2;
    for (int i = 0; i < 20000; i++)
        html_raw(&stage->html, "abcdefg");
    assert_int_equal(html_finish(&stage->html), -1);
    assert_int_equal(stage->writes, 2);
    assert_int_equal(stage->out.len, HTML_CHUNK);
    assert_string_equal(stage->err.text, "no room");
}

static void markup_is_never_cut(void **state)
{
    struct stage *stage = *state;
    char text[2000];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    html_format(&stage->html, "<%s>", text);
    assert_int_equal(html_finish(&stage->html), -1);
    assert_int_equal(stage->err.kind, ERROR_BUG);
    assert_int_equal(stage->out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_are_no_markup, setup, teardown),
        cmocka_unit_test_setup_teardown(json_ends_no_script, setup, teardown),
        cmocka_unit_test_setup_teardown(elements, setup, teardown),
        cmocka_unit_test(counts),
        cmocka_unit_test_setup_teardown(long_documents, setup, teardown),
        cmocka_unit_test_setup_teardown(first_failure_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(markup_is_never_cut, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
