#!/usr/bin/env bash
# The whole of rollcall on one machine: a small fake site on loopback, one
# extract, its verification, its rows, the report. Called by `make demo`, which sets
# ROLLCALL and FAKESITE to the binaries and DEMO to the folder to work in.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
dir=$DEMO
site=
cleanup() {
    [ -z "$site" ] || kill "$site" 2>/dev/null || true
}
trap cleanup EXIT
rm -rf "$dir"
mkdir -p "$dir"

say() { printf '\n$ %s\n' "$*"; }
run() {
    say "rollcall $*"
    "$ROLLCALL" "$@"
}

export JIRA_API_TOKEN=demo-token
"$FAKESITE" --site "$here/site" --user svc@example.test \
    --token "$JIRA_API_TOKEN" >"$dir/url" &
site=$!
for _ in $(seq 100); do
    [ -s "$dir/url" ] && break
    sleep 0.05
done
[ -s "$dir/url" ] || { echo "the fake site did not start" >&2; exit 1; }

cat >"$dir/rollcall.json" <<JOB
{
  "endpoints": {
    "jira": {"url": "$(cat "$dir/url")",
             "auth": {"type": "basic", "user": "svc@example.test",
                      "secret": {"env": "JIRA_API_TOKEN"}}}
  },
  "mappings": ["inactive_users"],
  "output": {"dir": "out"}
}
JOB

echo "A fake Jira site answers on $(cat "$dir/url"). Its 50 accounts have names,"
echo "and a past, that are meant to be hard."
cd "$dir"
run check -c rollcall.json
run extract -c rollcall.json --as-of 2026-11-23T02:00:00Z
run verify out/latest

say "rollcall cat out/latest --format jsonl | ...   (12 rows, five of the 22 columns)"
text='("([^"\\]|\\.)*"|null)'
member() { printf '.*"%s":%s' "$1" "$text"; }
printf '%-24s %-24s %-10s %s\n' 'INACTIVE SINCE' 'LAST MODIFIED' 'KNOWN?' \
    'ACCOUNT, MODIFIED BY'
"$ROLLCALL" cat out/latest --format jsonl |
    sed -nE "s/^$(member display_name)$(member inactive_since)$(
        )$(member last_modified_at)$(member last_modified_by_name)$(
        )$(member last_modified_status).*$/\3|\5|\9|\1, \7/p" |
    sed -nE 's/\\"/”/g; s/"//g; s/(^|[|] ?|, )null/\1-/g; 1,12p' |
    while IFS='|' read -r since modified status names; do
        printf '%-24s %-24s %-10s %s\n' "$since" "$modified" "$status" \
            "$names"
    done
run report out/latest
say "ls . out out/latest/"
ls . out out/latest/
echo
echo "The report, for a browser:"
echo "    $(echo "$dir"/report-*.html)"
echo "Next, your own site (\"A real job\" in README.md):"
echo "    $ROLLCALL init"
