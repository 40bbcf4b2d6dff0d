#!/bin/bash
#SBATCH --job-name=abtool-part --cpus-per-task=2 --mem=4G --time=2:00:00
# A task of a job array: ingests the part that parts.txt names in its line, and gathers its statistics. What is
# complete is left alone, so that a job that was stopped can be submitted again.
set -euo pipefail
input=$(sed -n "${SLURM_ARRAY_TASK_ID}p" parts.txt)
if [ -z "$input" ]; then
  echo "parts.txt names no input in line $SLURM_ARRAY_TASK_ID" >&2
  exit 1
fi
name=$(printf 'part-%05d' "$SLURM_ARRAY_TASK_ID")
mkdir -p stores partials
if [ ! -e "stores/$name/store.json" ]; then
  echo "$input" > "stores/$name.input"
  # Exit code 3 says that records were rejected: store.json lists them.
  abtool ingest "$input" --boxes boxes.tar.gz --out "stores/$name" --quiet || [ $? = 3 ]
fi
if [ "$(cat "stores/$name.input")" != "$input" ]; then
  echo "stores/$name is of another input than line $SLURM_ARRAY_TASK_ID of parts.txt: work in a new folder, or remove it and partials/$name.gz" >&2
  exit 1
fi
abtool stats "stores/$name" --partial "partials/$name.gz" --quiet
