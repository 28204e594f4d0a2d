#include "coordinator/report/asset.h"
#include "coordinator/report/html.h"
#include "coordinator/report/page.h"

static void write_asset(FILE *to, const char *element, const struct asset *asset)
{
    fprintf(to, "<%s>", element);
    fwrite(asset->bytes, 1, asset->len, to);
    fprintf(to, "</%s>\n", element);
}

void page_head(FILE *to, const char *plan)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", to);
    fprintf(to,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "style-src 'sha256-%s'; script-src 'sha256-%s' 'sha256-%s'; base-uri 'none'; "
            "form-action 'none'\">\n",
            asset_page_style.sha256, asset_chart.sha256, asset_page_script.sha256);
    fputs("<meta name=\"referrer\" content=\"no-referrer\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
          to);
    html_text(to, plan);
    fputs(" - Evenhand report</title>\n", to);
    write_asset(to, "style", &asset_page_style);
    fputs("</head>\n", to);
}

void page_scripts(FILE *to)
{
    write_asset(to, "script", &asset_chart);
    write_asset(to, "script", &asset_page_script);
}

void page_licences(FILE *to)
{
    static const char *const expat[] = {
        "Permission is hereby granted, free of charge, to any person obtaining a copy of this "
        "software and associated documentation files (the \"Software\"), to deal in the Software "
        "without restriction, including without limitation the rights to use, copy, modify, merge, "
        "publish, distribute, sublicense, and/or sell copies of the Software, and to permit "
        "persons "
        "to whom the Software is furnished to do so, subject to the following conditions:",
        "The above copyright notice and this permission notice shall be included in all copies or "
        "substantial portions of the Software.",
        "THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, "
        "INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR "
        "PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE "
        "FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR "
        "OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER "
        "DEALINGS IN THE SOFTWARE.",
    };
    fputs("<details><summary>Licence of the chart library in this page</summary>\n"
          "<p>Chart.js, copyright 2014-2022 Chart.js Contributors, and its colour library, "
          "copyright Jukka Kurkela. Released under the MIT licence:</p>\n",
          to);
    for (size_t i = 0; i < sizeof(expat) / sizeof(expat[0]); i++) {
        html_element(to, "p", NULL, expat[i]);
        fputc('\n', to);
    }
    fputs("</details>\n", to);
}
