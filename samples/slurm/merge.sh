#!/bin/sh
#SBATCH --job-name=rollcall-merge
#SBATCH --output=log/%x-%j.log
#SBATCH --mem=512M
#SBATCH --time=01:00:00
# All sites are there: one run with a column "site".
set -eu

for site in $ROLLCALL_SITES; do
    set -- "$@" "out/$site/$ROLLCALL_RUN_ID"
done
exec rollcall merge "$@" --out out --run-id "$ROLLCALL_RUN_ID" --quiet
