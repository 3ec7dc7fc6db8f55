/*
 * overview_page: style and script of the page, from extractor/overview_page/
 * in the order of their names. The Makefile makes the source of both.
 */
#ifndef ROLLCALL_OVERVIEW_PAGE_H
#define ROLLCALL_OVERVIEW_PAGE_H

extern const char overview_page_style[];
extern const char overview_page_script[];

#endif
