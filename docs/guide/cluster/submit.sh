#!/bin/bash
# Submits a task for each line of parts.txt, and the merge, which waits until all of them are done.
set -euo pipefail
cd "$(dirname "$0")"
parts=$(sbatch --parsable --array="1-$(grep -c "" parts.txt)" part.sh)
sbatch --parsable --dependency="afterok:$parts" merge.sh
