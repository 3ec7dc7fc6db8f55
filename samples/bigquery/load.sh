#!/bin/sh
# load.sh JOB OUT DATASET gs://BUCKET/FOLDER PROJECT:SET.TABLE
set -eu

job=$1 out=$2 dataset=$3 bucket=$4 table=$5
rollcall verify "$out" >/dev/null
run=$(readlink "$out/latest")
fields=$(mktemp)
trap 'rm -f "$fields"' EXIT
rollcall schema --format bigquery --part schema -c "$job" \
    --dataset "$dataset" >"$fields"

bq load --replace --source_format=NEWLINE_DELIMITED_JSON --max_bad_records=0 \
    "$table" "$bucket/$run/$dataset-*.jsonl.gz" "$fields"
