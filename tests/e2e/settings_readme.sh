#!/bin/bash
# configs/README.md is what the program says about its settings, and nothing else.
. tests/support/cli.sh
says 0 "# The keys of a plan|# The keys of a node|# The keys of a coordinator|\`local.lr\`|\`policy.models\`|\`begin.sites\`|\`model.name = \"debias-vae\"\`" "$bin/evenhand" simulate settings
check "configs/README.md is \`evenhand simulate settings > configs/README.md\`" diff "$out" configs/README.md
finish
