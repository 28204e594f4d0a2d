# report.sh - sourced after cli.sh: numbers out of report.json, and means over several reports.
#
#   records "LIST|..." "KEY..." FILE              each record of these lists a line; a.b: b of the object
#                                                 a; target: whatever it is about; null: it has none
#   rows FILE                                     each measure a line: target representation probe metric
#                                                 value lo hi patients, its change: value lo hi
#   number KEY FILE                               the first number of that name
#   mean TARGET REPRESENTATION PROBE FILE...      mean value over reports; nothing without one
#   print_means TITLE "TARGET..." FILE...         a table of them
#   most A B, least A B, between A LOW HIGH       comparisons; an empty A is never right
records() {
    awk -v lists="$1" -v keys="$2" '
        BEGIN { count = split(keys, key, " ") }
        /^  "[a-z_]+": \[/ { on = $0 ~ "^  \"(" lists ")\": " }
        /^  \]/ { on = 0 }
        !on { next }
        /^    \{/ { split("", v); inside = "" }
        /^ +"[a-z_]+": / {
            deep = /^        /
            name = $1; gsub(/[":]/, "", name)
            $1 = ""; gsub(/^ |[",]/, "")
            if (!deep) inside = $0 == "{" ? name "." : ""
            v[(deep ? inside : "") name] = $0
        }
        /^    \}/ {
            for (i = 1; i <= count; i++) {
                name = key[i] == "target" && "attribute" in v ? "attribute" : key[i] == "target" ? "task" : key[i]
                printf "%s%s", name in v ? v[name] : "null", i < count ? " " : "\n"
            }
        }' "$3"
}
rows() {
    records "utility|leakage" \
        "target representation probe metric value lo hi patients change.value change.lo change.hi" "$1"
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
