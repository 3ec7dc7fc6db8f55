#!/bin/sh
# unit.sh PROGRAM…: runs every test program, whatever became of the others.
#
# UNDER is put before each, e.g. valgrind. A program that fails without a
# failed test of its own (crash, leak, time out) gets a BROKEN line, which
# test.sh counts.
set -u

SECONDS_MAX=300
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0

for program in "$@"; do
    timeout "$SECONDS_MAX" ${UNDER:-} "$program" >"$log" 2>&1
    code=$?
    cat "$log"
    [ "$code" -eq 0 ] && continue
    status=1
    grep -q '^\[  FAILED  \] [0-9]* test(s)' "$log" ||
        echo "[  BROKEN  ] $program: exit $code"
done
exit "$status"
