#!/bin/sh
# coverage.sh BUILD: a table of the lines and branches that were run since
# BUILD's counts were cleared, all files of extractor/ and transforms/, the
# least covered first; fails for what is below its minimum in coverage.txt.
set -u

build=$1
gcovr --root . --object-directory "$build" --filter extractor \
    --filter transforms --exclude-unreachable-branches --gcov-ignore-parse-errors \
    --csv "$build/coverage.csv" "$build" || exit 1

# coverage.txt: FILE LINES BRANCHES WHY; "each" is every file without a line.
awk -F '[ ,]' '
function percent(part, whole) {
    return whole == 0 ? 100 : 100 * part / whole
}

function judge(name, lines, branches, least) {
    split(least, part, " ")
    low = lines < part[1] || branches < part[2]
    printf "%-34s %8.1f %10.1f%s\n", name, lines, branches,
        low ? "  below " part[1] " " part[2] : ""
    bad = bad || low
}

/^#/ || NF < 3 { next }
FILENAME ~ /coverage\.txt$/ { minimum[$1] = $2 " " $3; next }
$1 == "filename" { next }
{
    all_lines += $2; run_lines += $3
    all_branches += $5; run_branches += $6
    file[++count] = $1
    lines[$1] = percent($3, $2)
    branches[$1] = percent($6, $5)
}

END {
    for (i = 2; i <= count; i++) {
        name = file[i]
        for (j = i - 1; j > 0 && branches[file[j]] > branches[name]; j--)
            file[j + 1] = file[j]
        file[j + 1] = name
    }
    printf "%-34s %8s %10s\n", "covered, %", "lines", "branches"
    for (i = 1; i <= count; i++) {
        name = file[i]
        judge(name, lines[name], branches[name],
            name in minimum ? minimum[name] : minimum["each"])
    }
    judge("total", percent(run_lines, all_lines),
        percent(run_branches, all_branches), minimum["total"])
    exit bad
}' .ci/coverage.txt "$build/coverage.csv"
