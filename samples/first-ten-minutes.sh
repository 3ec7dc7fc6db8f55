#!/usr/bin/env bash
# Makes first-ten-minutes.md: types what "A real job" of README.md tells a new
# user to type, and writes down what the program answers. A generated site on
# loopback stands in place of https://acme.atlassian.net; its address and the
# folders of the job and of the mappings are all that is altered in the answers.
# ROLLCALL and FAKESITE name the binaries:
#     ROLLCALL=build/rollcall FAKESITE=build/fakesite \
#         samples/first-ten-minutes.sh >samples/first-ten-minutes.md
set -euo pipefail

rollcall=$(realpath "${ROLLCALL:?the program}")
fakesite=$(realpath "${FAKESITE:?the fake site}")
mappings=$(realpath "$(dirname "$0")/../mappings")
dir=$(mktemp -d)
site=
cleanup() {
    [ -z "$site" ] || kill "$site" 2>/dev/null || true
    rm -rf "$dir"
}
trap cleanup EXIT

mkdir "$dir/bin" "$dir/home" "$dir/job"
ln -s "$rollcall" "$dir/bin/rollcall"
export PATH="$dir/bin:$PATH" HOME="$dir/home" ROLLCALL_MAPPINGS=$mappings
export ROLLCALL_AS_OF=2026-11-23T02:00:00Z LC_ALL=C.UTF-8

token=made-up-token
"$fakesite" --user svc-rollcall@acme.com --token "$token" --generate \
    users=3000,records=20000,seed=7,now=2026-11-23T02:00:00Z,keys=mixed \
    >"$dir/url" &
site=$!
for _ in $(seq 200); do
    [ -s "$dir/url" ] && break
    sleep 0.02
done
url=$(cat "$dir/url")
cd "$dir/job"

altered() {
    sed -e "s|$url|https://acme.atlassian.net|g" -e "s|$dir/job|/srv/acme|g" \
        -e "s|$mappings|/usr/local/share/rollcall/mappings|g"
}

say() { printf '\n%s\n' "$*"; }

# FIRST LAST: that many lines of the beginning and of the end, if there are
# more than two in between.
shorten() {
    awk -v first="$1" -v last="$2" '{ line[NR] = $0 }
        END {
            cut = NR - first - last
            for (i = 1; i <= NR; i++) {
                if (cut < 3 || i <= first || i > NR - last)
                    print line[i]
                else if (i == first + 1)
                    print "[… " cut " lines …]"
            }
        }'
}

# COMMAND [FIRST LAST]: as typed in README, answered, timed.
type_in() {
    local from to code=0

    from=$(date +%s%N)
    bash -c "${1//https:\/\/acme.atlassian.net/$url}" \
        >"$dir/answer" 2>&1 </dev/null || code=$?
    to=$(date +%s%N)
    printf '\n```\n$ %s\n' "$1"
    altered <"$dir/answer" | shorten "${2:-1000}" "${3:-0}"
    printf '```\n\nExit code %d after %d.%02d s.\n' "$code" \
        $(((to - from) / 1000000000)) $(((to - from) / 10000000 % 100))
}

cat <<'TEXT'
# The first ten minutes

What the commands of [README](../README.md#a-real-job) answer on a site with 3,000 accounts and an audit log of half a
year. This file is made by `samples/first-ten-minutes.sh`: the site is a generated one on this machine, so no answer has to
travel, and its time stands still, which is why `ROLLCALL_AS_OF=2026-11-23T02:00:00Z` is set; leave that out. Where lines were
left out, `[… N lines …]` says how many; the site's address is shown as `https://acme.atlassian.net`, the folder as `/srv/acme`, the
mappings where `make install` puts them, and nothing else is altered. Both streams went to a file: lines with a time are the log
on stderr, which on a terminal has no times and the [progress](../README.md#what-a-night-looks-like) below it.

## The demo

`make demo` in a fresh clone took 42 seconds, nearly all of them the compiler's. That was measured once, by hand, on two cores
that were not idle, with the packages already installed; how long those take is not in it. It ends with the path of a report for a browser.

## The job

`rollcall init` asks on a terminal; with options it needs none. The token is not exported yet, on purpose.
TEXT
type_in "rollcall init --url https://acme.atlassian.net --user svc-rollcall@acme.com"
say "The file has comments on what else could be set:"
type_in "cat rollcall.json" 14 4
say "What is missing has a cure:"
type_in "rollcall check"
say "A token that is mistyped, expired or another account's:"
export JIRA_API_TOKEN=mistyped
type_in "rollcall check" 14 6
export JIRA_API_TOKEN=$token
say "And the right one. \`skipped\` is what needs access of its own and may be left out:"
type_in "rollcall check"
say "## The run"
type_in "rollcall plan"
type_in "rollcall extract"
say "The last line, one JSON object, is all of it that goes to stdout. \`jira_users\` counts more items than there are accounts,"
echo "because each page repeats the last accounts of the page before it: so a gap between two pages would show."
type_in "rollcall verify out/latest"
type_in "rollcall cat out/latest | head -4"
say "The same run again is none; tomorrow's has another id:"
type_in "rollcall extract --quiet"
say "## The answers"
say "Why one of the rows says what it says:"
account=$(rollcall cat --no-header out/latest | sed -n 3p | cut -d, -f1)
type_in "rollcall explain $account --quiet" 34 28
type_in "rollcall explain nobody@acme.com --quiet"
type_in "rollcall report out/latest"
type_in "rollcall status"
type_in "ls -A . out out/latest/"
say "## Comfort"
say "\`make install\` has done this already; without it:"
type_in "rollcall completion bash >completion && . ./completion && complete -p rollcall"
type_in "rollcall help exit-codes"
say "A mistyped word is met with the nearest one:"
type_in "rollcall extrct"
