#!/bin/sh
# load.sh JOB OUT DATASET: SQL for the newest run, on stdout. The stage that
# `rollcall schema --format snowflake` writes is at the bucket's folder of runs.
set -eu

job=$1 out=$2 dataset=$3
rollcall verify "$out" >/dev/null
run=$(readlink "$out/latest")
table=$(printf '%s' "$dataset" | tr '[:lower:]' '[:upper:]')
columns=$(rollcall schema --format snowflake -c "$job" --dataset "$dataset" \
    --location "s3://bucket/$run" --part load |
    sed -n 's/^COPY INTO [^(]*\((.*)\)$/\1/p')

files=
for part in "$out/$run/$dataset"-*.csv.gz; do
    files="$files${files:+, }'$run/${part##*/}'"
done
cat <<SQL
BEGIN;
DELETE FROM "$table";
COPY INTO "$table" $columns
    FROM @"${table}_STAGE"
    FILES = ($files)
    FILE_FORMAT = (FORMAT_NAME = "${table}_CSV")
    ON_ERROR = ABORT_STATEMENT;
COMMIT;
SQL
