/*
 * asset.h - files that a page carries within itself, embedded when the program is built.
 *
 * scripts/embed.sh makes the C; the Makefile's ASSETS say from what. A page writes the bytes between
 * <script> or <style> and their ends exactly as they stand: its policy names their digest, and
 * nothing else on the page can take effect.
 */
#ifndef EVENHAND_ASSET_H
#define EVENHAND_ASSET_H

#include <stddef.h>

struct asset {
    const unsigned char *bytes;
    size_t len;
    const char *sha256; /* of the bytes, in base64, as a policy names it */
};

extern const struct asset asset_chart;       /* Chart.js, as Debian packages it */
extern const struct asset asset_page_script; /* page.js */
extern const struct asset asset_page_style;  /* page.css */

#endif
