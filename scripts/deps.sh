#!/bin/bash
# deps.sh build|test|page|dev    installs what a bare Debian 12 lacks; test holds build, and the
#                                 others hold test
#
# Silent when nothing is missing. As root it says what it installs; otherwise it prints the one
# line to run as root, and fails.
set -eu -o pipefail

build="gcc libc6-dev make pkg-config libconfig-dev libjansson-dev libsodium-dev libopenblas-dev
    libhdf5-dev zlib1g-dev libzmq3-dev protobuf-c-compiler libprotobuf-c-dev
    libsqlite3-dev libjs-chart.js"
test="libcmocka-dev"
page="chromium"
dev="git clang clang-format clang-tidy cppcheck libclang-rt-14-dev"

case "${1:-}" in
build) wanted=$build ;;
test) wanted="$build $test" ;;
page) wanted="$build $test $page" ;;
dev) wanted="$build $test $dev" ;;
*)
    echo "usage: deps.sh build|test|page|dev" >&2
    exit 2
    ;;
esac

missing=
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) || state=
    [ "${state% }" = ii ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
    echo "apt-get update && apt-get install -y --no-install-recommends$missing"
    exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
install() { apt-get update && apt-get install -y --no-install-recommends $missing; }
if ! install >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    echo "deps.sh: apt-get could not install:$missing" >&2
    exit 1
fi
