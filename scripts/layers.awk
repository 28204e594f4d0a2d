# awk -f scripts/layers.awk scripts/layers.txt FILE...    fails on an arrow the table does not draw
FNR == NR { if ($1 != "" && $1 !~ /^#/) { known[$1]; for (i = 2; i <= NF; i++) may[$1, $i]; may[$1, $1] } next }
function room(path,   dir) { dir = path; while (sub("/[^/]*$", "", dir)) if (dir in known) return dir; return "" }
match($0, /^#include "[^"]+"/) {
    header = substr($0, 11, RLENGTH - 11); from = room(FILENAME); to = room(header)
    if (from != "" && !((from, to) in may)) { printf "%s:%d: %s may not include %s\n", FILENAME, FNR, from, header; bad = 1 }
}
END { exit bad }
