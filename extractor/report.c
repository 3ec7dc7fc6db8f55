#include "report.h"

#include <stdlib.h>

void source_report_release(struct source_report *report)
{
    free(report->windows);
    free(report->files);
    report->windows = NULL;
    report->files = NULL;
    report->window_count = report->file_count = 0;
}
