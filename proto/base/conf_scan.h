/*
 * conf_scan.h - a first look at a settings file, for what libconfig passes over.
 *
 * libconfig cuts integers that do not fit, opens files named by @include, and
 * recurses as deep as a file nests. The scan refuses all three before it reads.
 */
#ifndef EVENHAND_CONF_SCAN_H
#define EVENHAND_CONF_SCAN_H

#include "proto/base/status.h"

#define CONF_DEPTH_MAX 16 /* groups and lists inside each other */

MUST_CHECK enum status conf_scan(const char *text, const char *name);

#endif
