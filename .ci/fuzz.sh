#!/bin/sh
# fuzz.sh FOLDER SECONDS NAME…: runs FOLDER/fuzz_NAME for each NAME, as many at
# a time as there are cores, SECONDS in all of a core's time for each. What was
# learned is kept in FOLDER/corpus/NAME, what went wrong in FOLDER/findings.
#
# NAME: the part of a file tests/fuzz/fuzz_NAME.c; its seeds are in
# tests/fuzz/corpus/NAME. Findings become a file there, and a unit test.
set -u

folder=$1 seconds=$2
shift 2
mkdir -p "$folder/findings"
rm -f "$folder"/findings/* "$folder"/*.failed

# Member names and words: what a mapping may say is not found by chance.
grep -oha '"[A-Za-z_./]\{2,40\}"' mappings/*.json mappings/sources/*.json \
    samples/*.json tests/fuzz/corpus/*/* |
    LC_ALL=C sort -u | sed 's/^"\(.*\)"$/"\\"\1\\""/' >"$folder/words.dict"

export folder seconds
printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' sh -c '
    name=$1
    mkdir -p "$folder/corpus/$name"
    more=
    case $name in
    mapping) more=mappings ;;
    source) more=mappings/sources ;;
    job) more=samples ;;
    esac
    "$folder/fuzz_$name" -max_total_time="$seconds" -timeout=20 \
        -rss_limit_mb=2560 -max_len=20000 -print_final_stats=1 \
        -dict="$folder/words.dict" -artifact_prefix="$folder/findings/$name-" \
        "$folder/corpus/$name" "tests/fuzz/corpus/$name" $more \
        >"$folder/$name.log" 2>&1 || {
        touch "$folder/$name.failed"
        tail -n 60 "$folder/$name.log"
    }
    runs=$(sed -n "s/^stat::number_of_executed_units: //p" "$folder/$name.log")
    printf "%-10s %s runs, %s\n" "$name" "$runs" \
        "$(test -e "$folder/$name.failed" && echo FAILED || echo ok)"
    echo "AREA fuzzing: ${runs:-0} tried," \
        "$(ls "$folder/findings" | grep -c "^$name-") violations"' sh '{}'

! ls "$folder"/*.failed >/dev/null 2>&1
