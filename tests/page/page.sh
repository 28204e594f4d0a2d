#!/bin/bash
# page.sh    report.html as headless Chromium has it, of a run that a search chose and of made reports with hostile names:
#            no error on its console, no request, tables as report.json, on a desk and on a phone
. "$(dirname "${BASH_SOURCE[0]}")/../support/cli.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
browser=$(command -v chromium) || { echo "no chromium: scripts/deps.sh page"; exit 1; }

# browse NAME URL [OPTION...]: the page as it is in the end, $work/NAME.dom; .err, .net besides.
# Whatever asks for the network asks a proxy that is not there.
browse() {
    local name=$1 url=$2
    shift 2
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
        --no-first-run --disable-background-networking --disable-component-update --disable-sync \
        --proxy-server=127.0.0.1:9 --proxy-bypass-list='<-loopback>' --enable-logging=stderr \
        --log-net-log="$work/$name.net" --virtual-time-budget=10000 "$@" --dump-dom "$url" \
        >"$work/$name.dom" 2>"$work/$name.err" </dev/null
}

# Hosts that were asked for, without those that the browser asks for by itself.
hosts() { grep -oE '"url":"(https?|wss?|ftp)://[^/"]*' "$work/$1.net" | sort -u; }
strangers() { comm -13 <(hosts blank) <(hosts "$1"); }
is_quiet() {
    ! grep -F ':CONSOLE' "$work/$1.err" && [ -z "$(strangers "$1")" ]
}

# A page of ours around the report, as wide as a screen; report.json and the check within.
wrap() {
    local folder=$1 width=$2
    printf '<!DOCTYPE html><meta charset="utf-8"><body><iframe width="%d" height="2000" ' "$width"
    printf 'src="report.html"></iframe><script type="application/json" id="report">'
    sed 's/</\\u003c/g' "$folder/report.json"
    printf '</script>\n<script>\n'
    cat "$here/check.js"
    printf '</script>\n'
}

# page FOLDER: the report in it, at both widths and by itself.
page() {
    local folder=$1 name=${1##*/} width
    for width in 1280 390; do
        wrap "$folder" "$width" >"$folder/wrap.html"
        check "$name is read at $width" browse "$name" "file://$folder/wrap.html" \
            --allow-file-access-from-files --window-size="1400,1000"
        check "$name at $width is what report.json says" says_so "$name"
        check "$name at $width asks for nothing and complains of nothing" is_quiet "$name"
    done
    check "$name opens by itself" browse "$name" "file://$folder/report.html" --window-size=1280,1000
    check "$name by itself asks for nothing and complains of nothing" is_quiet "$name"
    check "$name is at most 2 MB" test "$(stat -c %s "$folder/report.html")" -le 2000000
}

says_so() {
    grep -qE '^(<.*>)?[0-9]{2,} claims, 0 wrong' "$work/$1.dom" && return
    sed -n '/claims,/,$p' "$work/$1.dom"
    return 1
}

browse blank about:blank

# What the test would not see, it could not promise: two pages that misbehave.
printf '<!DOCTYPE html><img src="http://stranger.example/a.png">' >"$work/asks.html"
browse asks "file://$work/asks.html"
check "a request is seen" test "$(strangers asks)" = '"url":"http://stranger.example'
printf '<!DOCTYPE html><script>console.error("no")</script>' >"$work/complains.html"
browse complains "file://$work/complains.html"
check "a complaint is seen" grep -qF ':CONSOLE' "$work/complains.err"

mkdir "$work/calm" "$work/hostile" "$work/changed"
check "a report" "$tools/sample_page" "$work/calm" 1
check "a report with hostile names" "$tools/sample_page" "$work/hostile" 1 hostile
page "$work/calm"
page "$work/hostile"
sed "s/\.713/.714/g" "$work/calm/report.html" >"$work/changed/report.html"
cp "$work/calm/report.json" "$work/changed/"
wrap "$work/changed" 1280 >"$work/changed/wrap.html"
browse changed "file://$work/changed/wrap.html" --allow-file-access-from-files
check "a number that differs is seen" grep -qE 'claims, [1-9]' "$work/changed.dom"

small_cohort || exit 1
status=0
"$bin/evenhand" simulate sweep "$work/cohort/small.cfg" --over model.beta=0.1,1 --over seed=1,2 \
    --set privacy.min_cell=1 --set data.validation=0.5 --out "$work/search" >"$out" 2>"$err" || status=$?
check "a search, whatever the checks of its run say" test $status -le 1
page "$work/search/chosen"
finish
