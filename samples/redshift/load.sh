#!/bin/sh
# load.sh JOB OUT DATASET URL: SQL for the newest run, on stdout. URL is the
# job's output.redshift_url.
set -eu

job=$1 out=$2 dataset=$3 url=$4
rollcall verify "$out" >/dev/null
run=$(readlink "$out/latest")
list=
for file in "$out/$dataset"_*_"$run".csv.manifest; do
    list=${file##*/}
done
[ -f "$out/$list" ] || {
    echo "no COPY manifest of $run: set output.redshift_url" >&2
    exit 66
}

# DELETE, because Redshift's TRUNCATE commits.
echo 'BEGIN;'
echo "DELETE FROM \"$dataset\";"
rollcall schema --format redshift --part load -c "$job" \
    --dataset "$dataset" --location "$url" |
    sed "s|^    FROM '.*'\$|    FROM '$url/$list'|"
echo 'COMMIT;'
