# report.sh - sourced after cli.sh: numbers out of report.json, and means over several reports.
#
#   rows FILE                                     each measure a line:
#                                                 target representation probe metric value lo hi
#   number KEY FILE                               the first number of that name
#   mean TARGET REPRESENTATION PROBE FILE...      mean value over reports; nothing without one
#   print_means TITLE "TARGET..." FILE...         a table of them
#   most A B, least A B, between A LOW HIGH       comparisons; an empty A is never right
rows() {
    awk '
        /^  "(utility|leakage)": \[/ { on = 1 }
        /^  \]/ { on = 0 }
        on && /^      "[a-z_]+": / { # deeper is the change from the original
            key = $1; gsub(/[":]/, "", key)
            $1 = ""; gsub(/^ |[",]/, ""); v[key] = $0
            if (key == "task" || key == "attribute") target = $0
            if (key == "why")
                print target, v["representation"], v["probe"], v["metric"], v["value"], v["lo"], v["hi"]
        }' "$1"
}
number() { sed -n "s/^ *\"$1\": \\([-0-9.e+]*\\),*\$/\\1/p" "$2" | head -1; }
# Of column 5, the value; 6 and 7 are the ends of its interval.
mean_of() {
    local column=$1 want="$2 $3 $4"
    shift 4
    for report in "$@"; do rows "$report"; done | awk -v want="$want" -v column="$column" '
        $1 " " $2 " " $3 == want && $column != "null" { sum += $column; n++ } END { if (n) printf "%.4f\n", sum / n }'
}
mean() { mean_of 5 "$@"; }
print_means() {
    local title=$1 targets=$2 of probe
    shift 2
    printf '\n%s: means, of the debiased with the mean ends of their 95 %% intervals\n' "$title"
    printf '  %-17s %-6s  %8s %8s %8s %-13s %6s\n' target probe original erasure debiased '' noise
    for of in $targets; do
        for probe in linear mlp; do
            printf '  %-17s %-6s  %8.3f %8.3f %8.3f [%.3f %.3f] %6.3f\n' "$of" $probe "$(mean "$of" original $probe "$@")" \
                "$(mean "$of" erasure $probe "$@")" "$(mean "$of" debiased $probe "$@")" \
                "$(mean_of 6 "$of" debiased $probe "$@")" "$(mean_of 7 "$of" debiased $probe "$@")" "$(mean "$of" noise $probe "$@")"
        done
    done
}
most() { awk -v a="$1" -v limit="$2" 'BEGIN { exit !(a != "" && a <= limit) }'; }
least() { awk -v a="$1" -v limit="$2" 'BEGIN { exit !(a != "" && a >= limit) }'; }
between() { awk -v a="$1" -v low="$2" -v high="$3" 'BEGIN { exit !(a != "" && a >= low && a <= high) }'; }
