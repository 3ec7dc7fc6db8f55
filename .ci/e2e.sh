#!/bin/sh
# e2e.sh: the modules of the end-to-end tests, as many at a time as there are
# cores, the largest first. What each printed is shown in one piece.
set -u

cd tests/e2e || exit 1
logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT
export logs

# shellcheck disable=SC2012 # names of ours, without blanks
ls -S test_*.py | sed 's/\.py$//' | xargs -P "$(nproc)" -I '{}' sh -c '
    python3 -m unittest -v "$1" >"$logs/$1.log" 2>&1 ||
        echo "$1" >"$logs/$1.failed"' sh '{}'
cat "$logs"/*.log
failed=$(cat "$logs"/*.failed 2>/dev/null)
[ -z "$failed" ] || echo "failed:" $failed
[ -z "$failed" ]
