#!/bin/sh
# One night: a task for each site, and when all are through, one run of all.
# Prints the id of the job that merges, for who waits for it.
set -eu

sites=${ROLLCALL_SITES:-acme beta gamma}
here=${ROLLCALL_HOME:-/srv/rollcall}
scripts=${ROLLCALL_SCRIPTS:-$here}
# shellcheck disable=SC2086 # the names are words
set -- $sites

# The same time for all, so that they are one run.
ROLLCALL_AS_OF=${ROLLCALL_AS_OF:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}
ROLLCALL_RUN_ID=$(printf %s "$ROLLCALL_AS_OF" | tr -d ':-')
export ROLLCALL_AS_OF ROLLCALL_RUN_ID ROLLCALL_SITES="$sites"

array=$(sbatch --parsable --chdir="$here" --array="1-$#%4" \
    "$scripts/site.sh")
sbatch --parsable --chdir="$here" --dependency="afterok:$array" \
    --kill-on-invalid-dep=yes "$scripts/merge.sh"
