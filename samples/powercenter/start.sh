#!/bin/sh
# start.sh WORKFLOW DATASET: starts a workflow with the newest run's parameter
# file ("companions": ["par"] in the job) and waits for its end. Where to, from
# the environment: IS, DOMAIN, PC_USER, PC_FOLDER and PC_PASSWORD, which pmcmd
# reads itself.
set -eu

workflow=$1 dataset=$2
out=${ROLLCALL_OUT:-/srv/rollcall/out}
run=$(readlink "$out/latest")
parameters=
for file in "$out/$dataset"_*_"$run".par; do
    parameters=$file
done
[ -f "$parameters" ] || {
    echo "$run has no parameter file of $dataset" >&2
    exit 66
}
exec pmcmd startworkflow -sv "$IS" -d "$DOMAIN" -u "$PC_USER" \
    -pv PC_PASSWORD -f "$PC_FOLDER" -paramfile "$parameters" -wait "$workflow"
