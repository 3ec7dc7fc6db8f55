/* The page around its sections. */
#include <stdio.h>
#include <string.h>

#include "overview_page.h"
#include "overview_parts.h"

void overview_open_section(struct html *h, const char *id, const char *title,
                           const char *lead)
{
    html_format(h, "<section id=\"%s\" aria-labelledby=\"%s-head\">"
                "<h2 id=\"%s-head\">", id, id, id);
    html_text(h, title);
    html_raw(h, "</h2>");
    if (lead != NULL) {
        html_raw(h, "<p class=\"lead\">");
        html_text(h, lead);
        html_raw(h, "</p>");
    }
}

void overview_close_section(struct html *h)
{
    html_raw(h, "</section>\n");
}

static unsigned nibble(char digit)
{
    return digit <= '9' ? (unsigned)(digit - '0') : (unsigned)(digit - 'a') + 10;
}

/* As a policy names what it allows: base64 of the SHA-256. */
static int put_hash(struct html *h, const char *directive, const char *text,
                    struct error *err)
{
    char hex[DIGEST_HEX_SIZE], base64[DIGEST_BYTES * 2];
    unsigned char raw[DIGEST_BYTES];

    if (digest_hex(text, strlen(text), hex) != 0)
        return error_set(err, ERROR_BUG, "hashing failed, perhaps for want of "
                         "memory");
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        raw[i] = (unsigned char)(nibble(hex[2 * i]) << 4 |
                                 nibble(hex[2 * i + 1]));
    digest_put_base64(raw, DIGEST_BYTES, base64);
    html_format(h, "; %s 'sha256-%s'", directive, base64);
    return 0;
}

static void put_title(const struct overview *o, struct html *h)
{
    char title[OVERVIEW_TITLE_MAX];

    overview_title(o->dataset->name, title);
    html_text(h, o->options->title != NULL ? o->options->title : title);
}

static int put_head(const struct overview *o, struct html *h,
                    struct error *err)
{
    html_raw(h, "<!doctype html>\n<html lang=\"en\">\n<head>\n"
             "<meta charset=\"utf-8\">\n<meta "
             "http-equiv=\"Content-Security-Policy\" content=\""
             "default-src 'none'; base-uri 'none'; form-action 'none'");
    if (put_hash(h, "style-src", overview_page_style, err) != 0 ||
        put_hash(h, "script-src", overview_page_script, err) != 0)
        return -1;
    html_raw(h, "\">\n<meta name=\"viewport\" content=\"width=device-width, "
             "initial-scale=1\">\n<meta name=\"color-scheme\" "
             "content=\"light dark\">\n<meta name=\"referrer\" "
             "content=\"no-referrer\">\n<meta name=\"robots\" "
             "content=\"noindex\">\n<title>");
    put_title(o, h);
    html_format(h, " · %s</title>\n<style>", o->manifest.run_id);
    html_raw(h, overview_page_style);
    html_raw(h, "</style>\n</head>\n<body>\n"
             "<a class=\"skip\" href=\"#rows\">Skip to the table</a>\n");
    return 0;
}

static void put_header(const struct overview *o, struct html *h)
{
    html_raw(h, "<header><p class=\"brand\">rollcall</p><h1>");
    put_title(o, h);
    html_raw(h, "</h1><p class=\"as-of\"><span>As of ");
    overview_put_time(h, o->manifest.as_of);
    html_raw(h, " UTC</span> <span class=\"verdict\">complete</span> <span "
             "class=\"run-id\">run <code>");
    html_text(h, o->manifest.run_id);
    html_raw(h, "</code></span></p>");
    if (o->options->mask)
        html_raw(h, "<p class=\"masked\">People are masked: the same code is "
                 "the same person on this page, and on this page only.</p>");
    html_raw(h, "</header>\n");
}

void overview_put_link(struct html *h, const char *id, const char *text)
{
    html_format(h, "<li><a href=\"#%s\">%s</a></li>", id, text);
}

static void put_navigation(const struct overview *o, struct html *h)
{
    html_raw(h, "<nav aria-label=\"Sections\"><ul>");
    overview_put_month_links(o, h);
    if (overview_has_panels(o, PLACE_WHO))
        overview_put_link(h, "who", "By whom");
    overview_put_link(h, "known", "Known");
    overview_put_link(h, "changes", "Changes");
    overview_put_link(h, "rows", "Rows");
    overview_put_link(h, "run", "Run");
    html_raw(h, "</ul></nav>\n");
}

static void put_panels(struct overview *o, struct html *h)
{
    if (overview_has_panels(o, PLACE_WHO)) {
        overview_open_section(h, "who", "By whom", NULL);
        overview_put_panels(o, h, PLACE_WHO);
        overview_close_section(h);
    }
    if (overview_has_panels(o, PLACE_WHAT)) {
        overview_open_section(h, "what", "Status and kind", NULL);
        overview_put_panels(o, h, PLACE_WHAT);
        overview_close_section(h);
    }
}

/* The script puts the table here. */
static void put_table_place(const struct overview *o, struct html *h)
{
    overview_open_section(h, "rows", "Rows", NULL);
    if (o->rows > o->options->rows_max) {
        html_raw(h, "<p class=\"limited\">This page holds the first <strong>");
        html_count(h, o->options->rows_max);
        html_raw(h, "</strong> of <strong>");
        html_count(h, o->rows);
        html_raw(h, "</strong> rows, in the order of the run's files. The "
                 "figures above are of all rows.</p>");
    }
    html_raw(h, "<div id=\"table\"></div><noscript><p>The table needs "
             "scripts. The figures above and the run's files do not."
             "</p></noscript>");
    overview_close_section(h);
}

static void put_end(struct html *h)
{
    html_raw(h, "<script>");
    html_raw(h, overview_page_script);
    html_raw(h, "</script>\n</body>\n</html>\n");
}

int overview_write(struct overview *o, struct html *h, const char *base,
                   struct error *err)
{
    if (put_head(o, h, err) != 0)
        return -1;
    put_header(o, h);
    put_navigation(o, h);
    html_raw(h, "<main>\n");
    overview_put_figures(o, h);
    overview_put_months(o, h);
    put_panels(o, h);
    overview_put_doubts(o, h);
    if (overview_put_history(o, h, err) != 0)
        return -1;
    overview_put_logs(o, h);
    put_table_place(o, h);
    overview_put_facts(o, h, base);
    html_raw(h, "</main>\n<footer><p>Made by rollcall from a run that was "
             "complete when it was published; each file that was read was held "
             "against the hash in its manifest.</p></footer>\n");
    if (overview_put_rows(o, h, err) != 0)
        return -1;
    put_end(h);
    return html_finish(h);
}
