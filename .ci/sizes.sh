#!/bin/sh
# Fails for a function above FUNCTION_MAX or a file above FILE_MAX lines. In
# code laid out by clang-format a body is what stands between a brace that
# opens and one that closes in the first column.
set -u

FUNCTION_MAX=80
FILE_MAX=500

awk -v function_max="$FUNCTION_MAX" -v file_max="$FILE_MAX" '
    FNR == 1 { start = 0 }
    /^[A-Za-z_].*\(/ { head = $0 }
    /^\{/ { start = FNR }
    /^\}/ {
        if (start && FNR - start - 1 > function_max) {
            printf "%s:%d: %d lines, at most %d: %s\n", FILENAME, start,
                FNR - start - 1, function_max, head
            bad = 1
        }
        start = 0
    }
    FNR == file_max + 1 {
        printf "%s: more than %d lines\n", FILENAME, file_max
        bad = 1
    }
    END { exit bad }
' extractor/*.[ch] transforms/*.[ch]
