#!/bin/bash
# The layers check fails on what it must fail on: a forbidden include, a library outside
# its door, a folder that is no room.
set -u
unset EVENHAND_BIN # the built programs are not the subject
top=$PWD
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
wrong=0

# verdict WANTED FILE INCLUDE: a tree with this one file is clean (0) or refused (1)
verdict() {
    local wanted=$1 file=$2 include=$3 got=0
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/$(dirname "$file")"
    printf '#include <stddef.h>\n#include %s\n' "$include" >"$tree/$file"
    "$top/scripts/layers.sh" "$tree" >"$tree/said" 2>&1 || got=1
    if ((got != wanted)); then
        echo "$file including $include: $got, not $wanted"
        cat "$tree/said"
        wrong=1
    elif ((wanted == 1)) && ! grep -q "^$file:2: " "$tree/said"; then
        echo "$file including $include: refused without its place"
        cat "$tree/said"
        wrong=1
    fi
}

#       file                        include
verdict 0 models/vae/vae.c          '"models/core/vec.h"'
verdict 0 models/vae/vae.c          '"models/vae/vae.h"'
verdict 1 models/vae/vae.c          '"models/stride/stride.h"'
verdict 1 models/core/vec.c         '"crypto/ring.h"'
verdict 1 proto/base/log.c          '"models/core/vec.h"'
verdict 1 node/train.c              '"coordinator/rounds.h"'
verdict 1 coordinator/rounds.c      '"node/train.h"'
verdict 1 coordinator/eval/gap.c    '"coordinator/rounds.h"'
verdict 0 coordinator/sim/sim.c     '"node/train.h"'
verdict 1 crypto/ring.c             '"ring.h"'
verdict 0 node/h5/read.c            '<hdf5.h>'
verdict 1 node/train.c              '<hdf5.h>'
verdict 0 models/core/blas.c        '<cblas.h>'
verdict 1 models/vae/vae.c          '<cblas.h>'
verdict 0 crypto/ring.c             '<sodium.h>'
verdict 1 node/train.c              '<sodium.h>'
verdict 1 node/train.c              '<sodium/crypto_hash.h>'
verdict 0 proto/base/json.c         '<jansson.h>'
verdict 1 proto/base/log.c          '<jansson.h>'
verdict 1 proto/base/json.h         '<jansson.h>'
verdict 1 proto/base/log.c          '<libconfig.h>'
verdict 1 node/train.c              '<zlib.h>'
verdict 1 proto/wire/frame.c        '<zmq.h>'
verdict 1 crypto/chain.c            '<sqlite3.h>'

rm -rf "${tree:?}"/*
mkdir -p "$tree/proto/attic"
echo 'int attic;' >"$tree/proto/attic/attic.c"
if "$top/scripts/layers.sh" "$tree" >/dev/null 2>&1; then
    echo "a folder that is no room was let through"
    wrong=1
fi
exit $wrong
