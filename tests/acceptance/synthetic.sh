#!/bin/bash
# The synthetic cohort at full size, as `evenhand cohort` writes it, under the plan it writes: is
# what the debiaser shall lose lost, and what it shall keep kept? The truth is known: with rho_age 0
# removal is free, with .2 cancer and age share a direction. Means over cohorts; their intervals are
# of few patients of some races.
#
#   SEEDS="1 2 3 4 5"  cohorts; RHO="0 .2"; SCALE=1: a smaller one is printed and not judged
#   KEEP=DIR           keeps the reports; further arguments go to `simulate run`
. tests/support/cli.sh
. tests/support/report.sh
scale=${SCALE:-1}
seeds=${SEEDS:-1 2 3 4 5}
kept=${KEEP:-$work/kept}
mkdir -p "$kept"

one() { # SEED RHO ARGS...: cohort, run, report
    local seed=$1 rho=$2 status=0 cohort=$work/cohort
    shift 2
    "$bin/evenhand" cohort --preset nlst --scale "$scale" --sites 4 --seed "$seed" --rho-age "$rho" --out "$cohort" \
        >/dev/null 2>"$err" || { cat "$err"; return 1; }
    "$bin/evenhand" simulate run "$cohort/plan.cfg" --out "$work/run" "$@" >"$out" 2>"$err" || status=$?
    rm -rf "$cohort"
    test $status -eq 0 || { sed -n '/^Checks/,/^Privacy/p' "$out"; tail -4 "$err"; return 1; }
    mv "$work/run/report.json" "$kept/rho$rho-seed$seed.json"
    rm -rf "$work/run"
}

tell_cost() { # REPORT WHAT
    local train evaluate peak
    train=$(number train_s "$1") evaluate=$(number evaluate_s "$1") peak=$(number peak_bytes "$1")
    printf '%s: training %.0f s, evaluation %.0f s, at most %.2f GiB\n' "$2" "$train" "$evaluate" \
        "$(awk -v b="$peak" 'BEGIN { print b / 2 ^ 30 }')"
    check "training takes under 8 minutes" most "$train" 480
    check "evaluation takes under 5" most "$evaluate" 300
    check "in under 2 GiB" most "$peak" 2147483647
}

judge() { # RHO AGE_R2 LOSS REPORT...: limits on the debiased
    local rho=$1 age=$2 loss=$3
    shift 3
    for probe in linear mlp; do
        lost() { most "$(mean "$1" debiased $probe "${@:3}")" "$2"; }
        check "rho $rho: sex by $probe at most .60" lost sex .60 "$@"
        check "rho $rho: Black/White by $probe at most .60" lost race=Black/White .60 "$@"
        check "rho $rho: Asian/White by $probe at most .62" lost race=Asian/White .62 "$@"
        check "rho $rho: R2 of age by $probe at most $age" lost age "$age" "$@"
        check "rho $rho: cancer_2y by $probe at least the original's - $loss" least \
            "$(mean cancer_2y debiased $probe "$@")" \
            "$(awk -v v="$(mean cancer_2y original $probe "$@")" -v loss="$loss" 'BEGIN { print v - loss }')"
    done
}

for rho in ${RHO:-0 .2}; do
    reports=()
    for seed in $seeds; do
        check "rho_age $rho, cohort $seed runs, and its checks hold" one "$seed" "$rho" "$@"
        reports+=("$kept/rho$rho-seed$seed.json")
        tell_cost "${reports[-1]}" "rho_age $rho, cohort $seed"
    done
    print_means "rho_age $rho, cohorts $seeds" "sex race=Black/White race=Asian/White age cancer_2y cancer_1y" "${reports[@]}"
    if [ "$scale" = 1 ]; then
        case $rho in 0) judge "$rho" .05 .02 "${reports[@]}" ;; *) judge "$rho" .08 .04 "${reports[@]}" ;; esac
    fi
done
finish
