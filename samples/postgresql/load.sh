#!/bin/sh
# load.sh JOB OUT DATASET: the newest published run's rows into PostgreSQL.
set -eu

job=$1 out=$2 dataset=$3

# Nothing is loaded from a run that is not what its manifest says.
rollcall verify "$out" >/dev/null

# The run is fixed here: another may be published while this one is loaded.
run=$(readlink "$out/latest")
rows=$(sed -n 's/.*"rows":\([0-9]*\).*/\1/p' "$out/$dataset"_*_"$run".done)

schema() {
    rollcall schema --format postgres -c "$job" --dataset "$dataset" "$@"
}
psql() {
    command psql -X -q -v ON_ERROR_STOP=1 "$@"
}

exists=$(psql -A -t -c "SELECT to_regclass('\"$dataset\"') IS NOT NULL")
{
    echo 'BEGIN;'
    [ "$exists" = t ] || schema --part table
    echo "TRUNCATE \"$dataset\";"
    schema --part load
    rollcall cat "$out/$run" --dataset "$dataset"
    echo '\.'
    cat <<SQL
DO \$check\$
BEGIN
    IF (SELECT count(*) FROM "$dataset") <> $rows THEN
        RAISE EXCEPTION 'run $run has $rows rows, not as many were loaded';
    END IF;
END
\$check\$;
COMMIT;
SQL
} | psql
echo "$dataset: $rows rows of run $run"
