#!/bin/bash
# layers.sh [TREE]    fails on a folder or an include that layers.txt does not draw, on a library
# outside its door (doors.txt), and on a program that links HDF5 without being evenhand-data
set -u
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "${1:-$scripts/..}" || exit 1
bad=0
bin=${EVENHAND_BIN:-build/bin}

mapfile -t files < <(find proto crypto models node coordinator -name '*.[ch]' 2>/dev/null | sort)
if ((${#files[@]} == 0)); then
    echo "layers.sh: no sources in $PWD" >&2
    exit 1
fi
awk -f "$scripts/layers.awk" "$scripts/layers.txt" "${files[@]}" || bad=1

while IFS= read -r room; do
    if ! grep -q "^$room\( \|$\)" "$scripts/layers.txt"; then
        echo "$room: a folder of sources without a row in layers.txt"
        bad=1
    fi
done < <(printf '%s\n' "${files[@]%/*}" | sort -u)

while read -r header doors; do
    case $header in '' | '#'*) continue ;; esac
    while IFS=: read -r file line rest; do
        for door in $doors; do
            case $file in "$door" | "${door%/}"/*) continue 2 ;; esac
        done
        echo "$file:$line: ${rest#*include} belongs behind $doors"
        bad=1
    done < <(grep -nEH "^ *# *include *[<\"]($header)[>\"]" "${files[@]}")
done <"$scripts/doors.txt"

for program in evenhand evenhand-node evenhand-coordinator; do
    [ -e "$bin/$program" ] || continue
    if ldd "$bin/$program" | grep -q libhdf5; then
        echo "$bin/$program links HDF5; only evenhand-data may"
        bad=1
    fi
done
exit $bad
