#!/bin/sh
# unit.sh PROGRAM…: runs every test program, as many at a time as there are
# cores, whatever became of the others. What each printed is shown in one piece.
#
# UNDER is put before each, e.g. valgrind. A program that fails without a
# failed test of its own (crash, leak, time out) gets a BROKEN line, which
# test.sh counts.
set -u

logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT
export logs

# shellcheck disable=SC2016 # the inner shell's
printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' sh -c '
    log=$logs/$(basename "$1").log
    timeout 300 ${UNDER:-} "$1" >"$log" 2>&1
    code=$?
    [ "$code" -ne 0 ] || exit 0
    echo "$1" >"$log.failed"
    grep -q "^\[  FAILED  \] [0-9]* test(s)" "$log" ||
        echo "[  BROKEN  ] $1: exit $code" >>"$log"' sh '{}'
cat "$logs"/*.log
failed=$(cat "$logs"/*.failed 2>/dev/null)
# shellcheck disable=SC2086 # one line of names
[ -z "$failed" ] || echo "failed:" $failed
[ -z "$failed" ]
