#!/bin/bash
#SBATCH --job-name=abtool-merge --cpus-per-task=2 --mem=16G --time=2:00:00
# Merges what all parts gathered. The new file replaces the old one when it is complete.
set -euo pipefail
abtool stats --merge --strict partials/part-*.gz --json > stats.json.new
mv stats.json.new stats.json
