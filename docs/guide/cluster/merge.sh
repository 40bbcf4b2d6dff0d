#!/bin/bash
#SBATCH --job-name=abtool-merge --cpus-per-task=2 --mem=16G --time=2:00:00
# Merges what all parts gathered. The new file replaces the old one when it is complete.
set -euo pipefail
files=(partials/part-*.gz)
parts=$(grep -c "" parts.txt)
if [ "${#files[@]}" != "$parts" ]; then
  echo "parts.txt names $parts parts, and partials has ${#files[@]} files" >&2
  exit 1
fi
trap 'rm -f stats.json.new' EXIT
abtool stats --merge --strict "${files[@]}" --json > stats.json.new
mv stats.json.new stats.json
