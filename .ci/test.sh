#!/bin/sh
# test.sh STAGE…: makes each stage, then says "N passed, N failed".
#
# Every stage runs, whatever became of the others; its output is in
# build/logs and is shown when it failed. The *-asan, *-valgrind and tsan stages
# repeat tests: only their failures count. A stage that fails without a failed
# test (a gate, a build) counts as one failure. The last line is also in
# build/logs/summary.
set -u

logs=build/logs
SHOWN_MAX=200 # lines of a failed stage's log
passed=0 failed=0 skipped=0
rm -rf "$logs"
mkdir -p "$logs"

case " ${MAKEFLAGS:-}" in
*j*) jobs= ;;
*) jobs=-j$(nproc) ;;
esac

# Prints "passed failed skipped" of a log: cmocka's and unittest's summaries.
count() {
    awk '
    /^\[  PASSED  \] [0-9]+ test\(s\)/ { passed += $4 }
    /^\[  FAILED  \] [0-9]+ test\(s\)/ { failed += $4 }
    /^\[  SKIPPED \] [0-9]+ test\(s\)/ { skipped += $4 }
    /^\[  BROKEN  \]/ { failed++ }
    /^Ran [0-9]+ tests? in / { ran = $2 }
    /^(OK|FAILED)( \(.*\))?$/ {
        bad = left_out = 0
        gsub(/unexpected successes/, "unexpected")
        gsub(/expected failures/, "expected")
        gsub(/[(),]/, " ")
        for (i = 2; i <= NF; i++) {
            split($i, part, "=")
            if (part[1] == "skipped")
                left_out += part[2]
            else if (part[1] != "expected")
                bad += part[2]
        }
        if (ran - bad - left_out > 0)
            passed += ran - bad - left_out
        failed += bad
        skipped += left_out
        ran = 0
    }
    END { print passed + 0, failed + 0, skipped + 0 }' "$1"
}

for stage in "$@"; do
    printf '%-14s ' "$stage"
    start=$(date +%s)
    ${MAKE:-make} $jobs "$stage" >"$logs/$stage.log" 2>&1
    code=$?
    took=$(($(date +%s) - start))
    set -- $(count "$logs/$stage.log")
    [ "$code" -eq 0 ] || [ "$2" -ne 0 ] || set -- "$1" 1 "$3"
    failed=$((failed + $2))
    case $stage in
    *-asan | *-valgrind | tsan) ;;
    *) passed=$((passed + $1)) skipped=$((skipped + $3)) ;;
    esac
    if [ "$code" -eq 0 ] && [ "$2" -eq 0 ]; then
        echo "ok (${took} s)"
    else
        echo "FAILED, $logs/$stage.log ends:"
        tail -n "$SHOWN_MAX" "$logs/$stage.log"
    fi
done

# What the suites' "AREA name: N tried, V violations" lines add up to. Repeated
# stages only add what went wrong.
areas() {
    awk '
    FNR == 1 { repeated = FILENAME ~ /-(asan|valgrind)\.log$/ }
    /^AREA .*: [0-9]+ tried, [0-9]+ violations$/ {
        name = $0
        sub(/^AREA /, "", name)
        sub(/: [0-9]+ tried, .*$/, "", name)
        if (!(name in tried))
            order[count++] = name
        tried[name] += repeated ? 0 : $(NF - 3)
        wrong[name] += $(NF - 1)
    }
    END {
        if (count > 0)
            printf "%-32s %12s %12s\n", "area", "tried", "violations"
        for (i = 0; i < count; i++)
            printf "%-32s %12d %12d\n", order[i], tried[order[i]],
                wrong[order[i]]
    }' "$logs"/*.log
}

areas
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed" | tee "$logs/summary"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
