#!/bin/sh
# Checks every #include "…" of extractor/ and transforms/ against layers.txt.
set -u

awk '
# The module a file belongs to: itself, or the longest NAME of NAME_part.
function module(stem) {
    while (!(stem in level) && stem ~ /_/)
        sub(/_[^_]*$/, "", stem)
    return stem in level ? stem : ""
}

function complain(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    bad = 1
}

FILENAME ~ /layers\.txt$/ {
    sub(/#.*/, "")
    if ($1 == "pure")
        for (i = 2; i <= NF; i++)
            pure[$i] = 1
    else if (NF > 0) {
        level[$1] = $2
        for (i = 4; i <= NF; i++)
            also[$1, $i] = 1
    }
    next
}

FNR == 1 {
    split(FILENAME, part, /[\/.]/)
    from = module(part[2])
    transforms = part[1] == "transforms"
    if (from == "")
        complain("add module \"" part[2] "\" to .ci/layers.txt")
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    header = $0
    sub(/^[^"]*"/, "", header)
    sub(/".*/, "", header)
    stem = header
    sub(/\.h$/, "", stem)
    to = module(stem)
    if (from == "" || (to == from && to != ""))
        next
    if (to == "")
        complain("\"" header "\" belongs to no module of .ci/layers.txt")
    else if (to != stem)
        complain("\"" header "\" is private to module " to)
    else if (transforms && !(to in pure) && !(header in own))
        complain("transforms/ is pure and may not include \"" header "\"")
    else if (level[to] > level[from])
        complain(sprintf("%s (level %d) includes upwards: %s (level %d)",
            from, level[from], to, level[to]))
    else if (level[to] == level[from] && !((from, to) in also))
        complain(sprintf("%s includes %s of its own level %d without also:",
            from, to, level[from]))
}

BEGIN {
    for (i = 1; i < ARGC; i++)
        if (ARGV[i] ~ /^transforms\/.*\.h$/)
            own[substr(ARGV[i], length("transforms/") + 1)] = 1
}

END { exit bad }
' .ci/layers.txt extractor/*.[ch] transforms/*.[ch]
