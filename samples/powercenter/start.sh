#!/bin/sh
# start.sh WORKFLOW DATASET: starts a workflow with the newest run's row count.
# pmcmd takes service, domain, user, password and folder from the environment:
# IS, DOMAIN, PC_USER, PC_PASSWORD (named to -pv, not shown) and PC_FOLDER.
set -eu

workflow=$1 dataset=$2
out=${ROLLCALL_OUT:-/srv/rollcall/out}
run=$(readlink "$out/latest")
rows=$(sed -n 's/.*"rows":\([0-9]*\).*/\1/p' "$out/$dataset"_*_"$run".done)
parameters=$(mktemp)
trap 'rm -f "$parameters"' EXIT

cat >"$parameters" <<TEXT
[$PC_FOLDER.WF:$workflow]
\$\$RunId=$run
\$\$ExpectedRows=$rows
TEXT
pmcmd startworkflow -sv "$IS" -d "$DOMAIN" -u "$PC_USER" -pv PC_PASSWORD \
    -f "$PC_FOLDER" -paramfile "$parameters" -wait "$workflow"
