#!/bin/bash
# 100,000 random tables up to 6 x 4, and as many runs of four releases with all their pairs, attacked by
# an exact reader: no range of a withheld count is narrower than min_cell. Half a minute on an idle core.
. tests/support/cli.sh
trials=${1:-100000}
says 0 "$trials tables|$trials runs|nothing was worked out" \
    "$EVENHAND_TOOLS/acceptance/release_tables" "$trials"
cat "$out"
finish
