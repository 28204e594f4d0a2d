#!/bin/bash
# embed.sh NAME FILE    a file as C on stdout: `struct asset asset_NAME` (coordinator/report/asset.h)
#
# Refuses what could end the element that the page puts it into, or begin a comment there.
set -eu -o pipefail
name=$1 file=$2

if grep -qiE '</(script|style)|<!--' "$file"; then
    echo "embed.sh: $file would end its element on the page" >&2
    exit 1
fi
digest=$(sha256sum <"$file" | cut -c 1-64)
# shellcheck disable=SC2059 # the digest as bytes
base64=$(printf "$(printf '%s' "$digest" | sed 's/../\\x&/g')" | base64)

printf '/* Made by scripts/embed.sh from %s. */\n' "$file"
printf '#include "coordinator/report/asset.h"\n\n'
printf 'static const unsigned char bytes[] = {\n'
od -An -v -tu1 "$file" | sed 's/\([0-9][0-9]*\)/\1,/g'
printf '};\n\nconst struct asset asset_%s = {bytes, sizeof(bytes), "%s"};\n' "$name" "$base64"
