#!/bin/sh
# The join with jq, awk, sort and gzip: jq_peer.sh PAGES OUT.csv.gz
# jq turns pages into lines, two processes at a time; awk joins them; jq writes
# the CSV, because names hold quotes and line ends.
set -eu
export LC_ALL=C
pages=$1 out=$2
here=$(dirname "$0")
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT

find "$pages/audit" -name '*.json' | sort >"$work/all"
awk -v to="$work/part" '{ print > (to NR % 2) }' "$work/all"
for part in 0 1; do
    touch "$work/part$part"
    xargs jq -r '.records[]
        | ((.authorAccountId // .authorKey // "") as $author
        | if .authorKey and .authorAccountId
          then "K\t\(.authorKey)\t\(.authorAccountId)" else empty end,
          ((if .objectItem.typeName == "USER" then .objectItem
            elif .category == "group management"
            then .associatedItems[]? | select(.typeName == "USER")
            else empty end) as $item
           | "E\t\($item.id // $item.name)\t\(.created)\t\(.id)\t\($author)"))
        ' <"$work/part$part" >"$work/log$part" &
    eval "job$part=\$!"
done
wait "$job0"
wait "$job1"

find "$pages/users" -name '*.json' | sort | xargs jq -r '.[]
    | select(.accountId != "unknown")
    | "U\t\(.accountId)\t\(.active or .accountType == "app")\t\(
        .displayName | tojson)"' >"$work/users"
find "$pages/keys" -name '*.json' | sort | xargs jq -r '.[]
    | select(.accountId != "" and .accountId != "unknown")
    | "K\t\(.key)\t\(.accountId)"' >"$work/keys"

awk -F'\t' -f "$here/jq_peer.awk" "$work/users" "$work/keys" \
    "$work/log0" "$work/log1" | sort | jq -rR '
        split("\t") | [.[0], (.[1] | fromjson), .[2], .[3], .[4]] | @csv' |
    { echo 'account_id,display_name,last_modified_at,last_modified_by_id,last_modified_event' && cat; } |
    gzip -6 >"$out"
