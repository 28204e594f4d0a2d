#!/bin/bash
# README.md's first federation, as it stands there: its recipe, its five commands.
. tests/support/cli.sh
readme=$PWD/README.md
cd "$work" || exit 1
mkdir tables data

# 1,200 patients of three hospitals; the disease shows in f1 and f2, sex in f3, age in f4.
awk 'BEGIN {
    srand(11)
    split("A B C", hospital, " "); split("White Black Asian", race, " ")
    print "id,hospital,disease,sex,race,age,f1,f2,f3,f4,f5,f6"
    for (i = 1; i <= 1200; i++) {
        d = rand() < .3; s = rand() < .5; a = 50 + 30 * rand(); r = 1 + int(3 * rand())
        printf "p%d,%s,%d,%s,%s,%.1f", i, hospital[i % 3 + 1], d, s ? "f" : "m", race[r], a
        printf ",%.3f,%.3f,%.3f,%.3f,%.3f,%.3f\n", d + rand(), d + 2 * rand(), s + rand(), a / 10 + rand(),
            r + 3 * rand(), rand()
    }
}' >tables/patients.csv

sed -n '/^name = "mine";$/,/^```$/p' "$readme" | sed '$d' >data/mine.cfg
sed -n '/^```sh$/,/^```$/p' "$readme" | sed '1d; $d' >commands
check "there are five commands" test "$(grep -c '^evenhand ' commands)" = 5
check "there is a recipe" test "$(wc -l <data/mine.cfg)" -ge 8

# Fewer rounds of a smaller model than the plan has: the words are what is tested.
# shellcheck disable=SC2016
sed -i 's/^\(evenhand simulate run .*\)$/\1 --set rounds=2 --set model.hidden=16 --set model.latent=4/' commands
export PATH=$bin:$PATH
while read -r command; do
    status=0
    bash -c "$command" >"$out" 2>"$err" </dev/null || status=$?
    case $command in
    *"simulate run"*) check "$command: $status: $(cat "$err")" test $status -le 1 -a -s run/report.json ;;
    *) check "$command: $status: $(cat "$err")" test $status = 0 -a -s "$out" ;;
    esac
done <commands
check "the last one prints the report" grep -q '^Leakage, before and after' "$out"
check "three hospitals took part" grep -q '3 sites, 3 of them in every round' "$out"
finish
