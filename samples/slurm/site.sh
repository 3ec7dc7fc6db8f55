#!/bin/sh
#SBATCH --job-name=rollcall
#SBATCH --output=log/%x-%A_%a.log
#SBATCH --open-mode=append
#SBATCH --mem=512M
#SBATCH --time=07:00:00
#SBATCH --requeue
# One site of the job: the task's number says which.
set -eu

# shellcheck disable=SC2086 # the names are words
set -- $ROLLCALL_SITES
shift $((SLURM_ARRAY_TASK_ID - 1))

code=0
rollcall extract -c rollcall.json --site "$1" --quiet || code=$?
case $code in
69 | 75) # trying again helps, but not for ever
    if [ "${SLURM_RESTART_COUNT:-0}" -lt 6 ]; then
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
        sleep 60 # Slurm ends this try
    fi
    ;;
esac
exit "$code"
