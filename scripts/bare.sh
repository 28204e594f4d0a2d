#!/bin/bash
# bare.sh [--keep] [GOAL...]    runs `make GOAL` (demo, test) where nothing is installed
#
# For each goal: a bare Debian 12 root, made once with mmdebstrap and copied, with a clean clone of
# the last commit in it and nothing beside it. First as nobody, which must name one line to run as
# root and stop, then as root, which must do all of its own set-up. The mirror and its settings are
# what apt uses on this machine. Root only. Ends with `N passed, N failed`.
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

keep=
if [ "${1:-}" = --keep ]; then
    keep=1
    shift
fi
(($# > 0)) || set -- demo test
if [ "$(id -u)" != 0 ]; then
    echo "bare.sh: chroot and mounts need root" >&2
    exit 1
fi
if ! command -v mmdebstrap git >/dev/null; then
    echo "bare.sh: needs mmdebstrap and git: apt-get install -y mmdebstrap git" >&2
    exit 1
fi
if [ -n "$(git status --porcelain)" ]; then
    echo "bare.sh: what is not committed is not in the clone" >&2
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/evenhand-bare.XXXXXX")
if [ -n "$keep" ]; then
    trap 'echo "bare.sh: kept in $work"' EXIT
else
    trap 'rm -rf --one-file-system "$work"' EXIT
fi

# Debian's own archives as this machine reaches them, and how it reaches them (proxies and such).
# shellcheck disable=SC2016 # $(...) is apt's
sources() {
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' 'Origin: Debian' | grep -E ' bookworm(-[a-z]+)? ' | sort -u
}
sources >"$work/sources.list" || { apt-get update -qq && sources >"$work/sources.list"; } || {
    echo "bare.sh: apt on this machine knows no archive of Debian bookworm" >&2
    exit 1
}
options=()
while IFS= read -r line; do options+=(--aptopt="$line"); done < <(
    apt-config dump | grep -E '^Acquire::(http|https|Check-|Retries|ForceIPv)[^ ]* "..*";$'
)
include="make"
if grep -q ' https:' "$work/sources.list"; then include="make,ca-certificates"; fi

from=$SECONDS
mmdebstrap --quiet --variant=minbase --include="$include" ${options[@]+"${options[@]}"} \
    bookworm "$work/root" "$work/sources.list"
git clone --quiet --no-hardlinks . "$work/root/evenhand"
git -C "$work/root/evenhand" remote remove origin
echo "bare.sh: a bare root in $((SECONDS - from)) s, $(du -sh "$work/root" | cut -f1)"

# inside ROOT USER GOAL: mounts and processes live in a namespace of their own and end with it.
# shellcheck disable=SC2016 # $1 is the inner shell's
inside() {
    unshare --mount --pid --fork --kill-child bash -eu -c '
        mount --make-rprivate /
        mount -t proc proc "$1/proc"
        mount -t tmpfs tmpfs "$1/dev/shm"
        exec chroot --userspec="$2" "$1" env -i \
            PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8 \
            ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
            sh -c "cd /evenhand && exec make $3"' - "$@" </dev/null
}

passed=0 failed=0
verdict() {
    if (($1 == 0)); then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    echo "bare.sh: $2: $( (($1 == 0)) && echo ok || echo failed), $((SECONDS - from)) s"
}

for goal; do
    cp -a "$work/root" "$work/$goal"

    printf '\n==== make %s, as nobody\n' "$goal"
    from=$SECONDS status=0
    inside "$work/$goal" nobody:nogroup "$goal" >"$work/said" 2>&1 && status=1
    cat "$work/said"
    (($(grep -c '^apt-get .*install ' "$work/said") == 1)) || status=1
    verdict $status "make $goal as nobody names the line to run and stops"

    printf '\n==== make %s, as root\n' "$goal"
    from=$SECONDS status=0
    inside "$work/$goal" root:root "$goal" || status=1
    verdict $status "make $goal as root"
    [ -n "$keep" ] || rm -rf --one-file-system "${work:?}/$goal"
done
echo "$passed passed, $failed failed"
((failed == 0))
