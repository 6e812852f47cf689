#!/usr/bin/env bash
# The second half of the seeds, as a process of its own: on two cores the halves run side by side.
set -euo pipefail
LOGLINE_SIM_SEED=501 exec "$LOGLINE_BIN/test_sim_node"
